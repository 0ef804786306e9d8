"""Variants in VCF and BCF, read record by record; what is not asked for stays as it is, to the letter.

Format: VCFv4.x (https://samtools.github.io/hts-specs/). Scores of splicing are written as SpliceAI 1.3.1 writes them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ..console import blaming
from ..errors import InputError
from . import text

KEY = "SpliceAI"
SCORES_LINE = (
    f'##INFO=<ID={KEY},Number=.,Type=String,Description="SpliceAIv1.3.1 variant annotation. These include delta scores '
    "(DS) and delta positions (DP) for acceptor gain (AG), acceptor loss (AL), donor gain (DG), and donor loss (DL). "
    'Format: ALLELE|SYMBOL|DS_AG|DS_AL|DS_DG|DS_DL|DP_AG|DP_AL|DP_DG|DP_DL">'
)
# As htslib adds it to every header that lacks it.
_PASS = '##FILTER=<ID=PASS,Description="All filters passed">'
_COLUMNS = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"
_CURE = "give a VCF or BCF with its header"


class Record(NamedTuple):
    """A line of a VCF.

    number : of the record in its file, from 1
    position : of the first base of `ref`, from 0
    alts : the alternate alleles; none for '.'
    fields : all columns as they stand there
    """

    number: int
    chrom: str
    position: int
    id: str
    ref: str
    alts: tuple[str, ...]
    fields: list[str]

    def annotated(self, values: Sequence[str]) -> str:
        """The line with these values as INFO/SpliceAI, in place of any that were there."""
        kept = [each for each in self.fields[7].split(";") if each not in (".", "") and each.split("=")[0] != KEY]
        told = [f"{KEY}={','.join(values)}"] if values else []
        return "\t".join([*self.fields[:7], ";".join(kept + told) or ".", *self.fields[8:]])


class Variants:
    """A VCF, plain or packed with gzip or bgzip, or a BCF: which one shows in its first bytes.

    Attributes
    ----------
    header : the lines of the header, the one that names the columns last
    scored : there are values of INFO/SpliceAI of an earlier run

    Raises
    ------
    InputError : no such file, no VCF, or one without a header
    """

    def __init__(self, path: str | Path):
        self.path = path
        with text.opened(path) as stream:
            start = stream.read(13)
        if not start:
            raise InputError("is empty", path, _CURE)
        self._binary = start.startswith(b"BCF")
        self.header = self._bcf_header() if self._binary else self._vcf_header()
        self.scored = any(line.startswith(f"##INFO=<ID={KEY},") for line in self.header)

    def __iter__(self) -> Iterator[Record]:
        """The records in the order of the file.

        Raises
        ------
        InputError : a line that is no record, with its number
        """
        columns = len(self.header[-1].split("\t"))
        for number, (line, where) in enumerate(self._bcf() if self._binary else self._vcf(), 1):
            fields = line.split("\t")
            if len(fields) != columns:
                raise InputError(f"has {len(fields)} columns, the header {columns}", where, "is the file whole?")
            chrom, position, name, ref, alts = fields[:5]
            if not position.isdigit():
                raise InputError(f"position {position[:20]!r} is no number", where, "POS counts from 1")
            if not chrom or not ref or not alts:
                raise InputError(
                    "has an empty CHROM, REF or ALT", where, "REF holds a base at least; of a missing ALT it is ."
                )
            alleles = () if alts == "." else tuple(alts.split(","))
            yield Record(number, chrom, int(position) - 1, name, ref, alleles, fields)

    def header_scored(self) -> list[str]:
        """The header with the line of INFO/SpliceAI."""
        lines = [line for line in self.header if not line.startswith(f"##INFO=<ID={KEY},")]
        if not any(line.startswith("##FILTER=<ID=PASS,") for line in lines):
            lines.insert(1, _PASS)
        return [*lines[:-1], SCORES_LINE, lines[-1]]

    def _vcf_header(self) -> list[str]:
        lines: list[str] = []
        with text.opened(self.path) as stream:
            for number, line in enumerate(stream, 1):
                if number == 1 and not line.startswith(b"##fileformat=VCF"):
                    raise InputError("has no header of a VCF", f"{self.path}:1", f"{_CURE}: ##fileformat=VCFv4.2, …")
                if not line.startswith(b"#"):
                    break
                lines.append(line.decode().rstrip("\r\n"))
                if not line.startswith(b"##"):
                    break
        where = f"{self.path}:{len(lines)}"
        if not lines[-1].startswith(_COLUMNS):
            raise InputError("has a header that does not end with the line of columns", where, f"{_COLUMNS[:16]}…")
        return lines

    def _vcf(self) -> Iterator[tuple[str, str]]:
        with text.opened(self.path) as stream:
            for number, line in enumerate(stream, 1):
                if not line.startswith(b"#") and line.strip():
                    yield line.decode().rstrip("\r\n"), f"{self.path}:{number}"

    @contextlib.contextmanager
    def _opened(self) -> Iterator:
        import pysam

        told = pysam.set_verbosity(0)
        try:
            with blaming(self.path, _CURE), pysam.VariantFile(str(self.path)) as file:
                yield file
        except ValueError as error:
            raise InputError(f"cannot be read as BCF: {error}", self.path, _CURE) from None
        finally:
            pysam.set_verbosity(told)

    def _bcf_header(self) -> list[str]:
        with self._opened() as file:
            return str(file.header).rstrip("\n").split("\n")

    def _bcf(self) -> Iterator[tuple[str, str]]:
        with self._opened() as file:
            for number, record in enumerate(file, 1):
                yield str(record).rstrip("\n"), f"{self.path}, record {number}"
