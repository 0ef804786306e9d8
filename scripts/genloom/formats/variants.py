"""Variants in VCF and BCF, read record by record; what is not asked for stays as it is, to the letter.

Format: VCFv4.x (https://samtools.github.io/hts-specs/). Scores of splicing are written as SpliceAI 1.3.1 writes them.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from ..console import blaming
from ..errors import InputError
from . import parts, text
from .parts import Part

RECORDS = 200  # scored at once; a part holds whole batches, for what is scored at once shares its rounding
KEY = "SpliceAI"
SCORES_LINE = (
    f'##INFO=<ID={KEY},Number=.,Type=String,Description="SpliceAIv1.3.1 variant annotation. These include delta scores '
    "(DS) and delta positions (DP) for acceptor gain (AG), acceptor loss (AL), donor gain (DG), and donor loss (DL). "
    'Format: ALLELE|SYMBOL|DS_AG|DS_AL|DS_DG|DS_DL|DP_AG|DP_AL|DP_DG|DP_DL">'
)
_END = f"{parts.COMMENT}end"
_PART = f"##{parts.KEY}="
# As htslib adds it to every header that lacks it.
_PASS = '##FILTER=<ID=PASS,Description="All filters passed">'
_COLUMNS = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"
_CURE = "give a VCF or BCF with its header"
_PART_CURE = "give what split_variants made, or what score_variants made of it"


class Record(NamedTuple):
    """A line of a VCF.

    number : of the record in its file, from 1; of a part, in the whole
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
    part : which part of a VCF it is, if it is one; `header` does not tell

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
        self.part = self._part()
        self.scored = any(line.startswith(f"##INFO=<ID={KEY},") for line in self.header)

    def __iter__(self) -> Iterator[Record]:
        """The records in the order of the file.

        Raises
        ------
        InputError : a line that is no record, with its number
        """
        columns = len(self.header[-1].split("\t"))
        first = self.part.facts["first"] if self.part else 1
        for number, (line, where) in enumerate(self._bcf() if self._binary else self._vcf(), first):
            fields = line.split("\t")
            if len(fields) != columns:
                raise InputError(f"has {len(fields)} columns, the header {columns}", where, "is the file whole?")
            chrom, position, name, ref, alts = fields[:5]
            if (place := text.whole(position)) is None:
                raise InputError(f"position {position[:20]!r} is no number", where, "POS counts from 1")
            if not chrom or not ref or not alts:
                raise InputError(
                    "has an empty CHROM, REF or ALT", where, "REF holds a base at least; of a missing ALT it is ."
                )
            alleles = () if alts == "." else tuple(alts.split(","))
            yield Record(number, chrom, place - 1, name, ref, alleles, fields)

    def _part(self) -> Part | None:
        for line in self.header:
            if line.startswith(_PART):
                self.header = [each for each in self.header if each != line]
                part = Part.read(line.removeprefix(_PART), self.path)
                part.require({"first": int, "records": int, "chroms": [str]}, self.path)
                return part
        return None

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


def with_part(header: Sequence[str], part: Part | None) -> list[str]:
    """A header that tells which part of a VCF this is."""
    return [*header] if part is None else [*header[:-1], f"{_PART}{part.text}", header[-1]]


def divide(variants: Variants, count: int, folder: Path) -> int:
    """Write a VCF as at most `count` parts in its order, named by their numbers. Returns how many there are.

    Raises
    ------
    InputError : a line that is no record, or a part of a VCF
    """
    if variants.part:
        raise parts.refuse(variants.path, variants.part)
    state, chroms, total = hashlib.sha256("\n".join(variants.header).encode()), dict[str, None](), 0
    for record in variants:
        state.update("\t".join(record.fields).encode() + b"\n")
        chroms[record.chrom] = None
        total += 1
    batches = max(-(-total // RECORDS), 1)
    count = min(count, batches)
    ends = [min(batches * number // count * RECORDS, total) for number in range(count + 1)]
    records, digits, whole = iter(variants), len(str(count)), state.hexdigest()[:16]
    for number in range(1, count + 1):
        first, last = ends[number - 1 : number + 1]
        facts = {"first": first + 1, "records": last - first, "chroms": [*chroms]}
        part = Part((number,), count, whole, facts=facts)
        with (folder / f"part_{number:0{digits}}.vcf").open("w", encoding="utf-8", newline="") as file:
            file.writelines(f"{line}\n" for line in with_part(variants.header, part))
            file.writelines("\t".join(record.fields) + "\n" for record in islice(records, last - first))
    return count


def join(paths: Sequence[str | Path], output: Path) -> int:
    """Write a VCF from its parts in any order: the header once. Returns the number of records.

    Raises
    ------
    InputError : a file that is no part, or is cut off, or parts that do not make a whole
    """
    found, headers = [], []
    for path in paths:
        piece = Variants(path)
        if piece.part is None:
            raise InputError("is no part of a VCF", path, _PART_CURE)
        found.append((path, piece.part))
        headers.append(piece.header)
        if piece.header != headers[0]:
            raise InputError(f"has another header than {paths[0]}", path, "treat all parts alike")
    total = 0
    with output.open("w", encoding="utf-8", newline="") as file:
        file.writelines(f"{line}\n" for line in headers[0])
        for index in parts.in_order(found):
            path, part = found[index]
            count = 0
            for record in Variants(path):
                file.write("\t".join(record.fields) + "\n")
                count += 1
            if count != part.facts["records"]:
                raise InputError(f"has {count} of its {part.facts['records']} records", path, "is it cut off?")
            total += count
    return total


def part_marks(part: Part) -> tuple[str, str]:
    """The first and the last line of the table of a part."""
    return parts.COMMENT + part.text, _END


def join_tables(paths: Sequence[str | Path], output: Path) -> int:
    """Write the table of all variants from those of parts in any order. Returns the number of rows.

    Raises
    ------
    InputError : a file that is no table of a part, or is cut off, or parts that do not make a whole
    """
    found, headers = [], []
    for path in paths:
        with text.opened(path) as stream:
            line, header = (stream.readline().decode("utf-8", "replace").rstrip("\r\n") for _ in range(2))
        part = Part.read(line.removeprefix(parts.COMMENT), f"{path}:1")
        if "records" not in part.facts:
            raise InputError("is no table of scores", path, _PART_CURE)
        part.require({"records": int}, path)
        found.append((path, part))
        headers.append(header)
        if header != headers[0]:
            raise InputError(f"has other columns than {paths[0]}", f"{path}:2", "treat all parts alike")
    total = 0
    with output.open("wb") as file:
        file.write(headers[0].encode() + b"\n")
        for index in parts.in_order(found):
            for row in _rows(found[index][0], headers[0].count("\t")):
                file.write(row)
                total += 1
    return total


def _rows(path: str | Path, tabs: int) -> Iterator[bytes]:
    """The rows of the table of a part. What goes wrong where they are used is not taken for a fault of the part."""
    row = b""
    with text.opened(path) as stream:
        for number, row in enumerate(islice(stream, 2, None), 3):
            if not row.startswith(b"#"):
                if row.count(b"\t") != tabs:
                    raise InputError("has more or fewer columns than the header", f"{path}:{number}", "make it again")
                yield row
    if row.rstrip(b"\r\n") != _END.encode():
        raise InputError("has no last line of a part", path, "is it cut off?")
