"""Where genes are transcribed, and where their exons end: from a GTF, a GFF3, or the table that SpliceAI takes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from ..errors import InputError
from . import dialect, text, transcripts

COLUMNS = ("#NAME", "CHROM", "STRAND", "TX_START", "TX_END", "EXON_START", "EXON_END")
_CURE = f"a table of SpliceAI has the columns {' '.join(COLUMNS)}, exons separated by commas"


@dataclass
class Genes:
    """One transcript of each gene, in the order of the file. Positions are 0-based with exclusive ends.

    Attributes
    ----------
    names, chroms : (n,) symbols and chromosomes
    strand : (n,) int8, 1 or -1
    start, end : (n,) int64
    exons : for each, (k, 2) int64 starts and ends
    digest : SHA-256 of the unpacked file
    """

    path: str | Path
    names: list[str]
    chroms: list[str]
    strand: np.ndarray
    start: np.ndarray
    end: np.ndarray
    exons: list[np.ndarray]
    digest: str

    @cached_property
    def _places(self) -> dict[str, np.ndarray]:
        chroms = np.array(self.chroms, object)
        return {chrom: np.flatnonzero(chroms == chrom) for chrom in dict.fromkeys(self.chroms)}

    def at(self, chrom: str, position: int) -> list[int]:
        """The genes that are transcribed across a base, in their order."""
        rows = self._places.get(chrom)
        if rows is None:
            return []
        return rows[(self.start[rows] <= position) & (position < self.end[rows])].tolist()

    def to_boundary(self, gene: int, position: int) -> int:
        """Bases from `position` to the nearest first or last base of an exon; of two as near, to the left one."""
        starts, ends = self.exons[gene].T
        distances = np.union1d(starts, ends - 1) - position
        return int(distances[np.abs(distances).argmin()])


def read(path: str | Path, choose: str = "canonical") -> Genes:
    """Read an annotation, plain or gzipped; which format it has shows in its first line.

    Parameters
    ----------
    choose : of a GTF or GFF3, the transcript of each gene: "canonical" or "longest", as `Transcripts.choose` has it

    Raises
    ------
    InputError : another format, no genes, or a line that cannot be read, with its number
    """
    with text.opened(path) as stream:
        head = stream.read(len(COLUMNS[0]) + 1)
    if head[: len(COLUMNS[0])].upper() == COLUMNS[0].encode():
        return _table(path)
    chosen = transcripts.read(path).choose(choose)
    return Genes(
        path,
        [chosen.genes[gene].symbol for gene in chosen.gene.tolist()],
        [chosen.chroms[chrom] for chrom in chosen.chrom.tolist()],
        chosen.strand,
        chosen.start.astype(np.int64),
        chosen.end.astype(np.int64),
        [
            np.stack([chosen.exons.start[part], chosen.exons.end[part]], 1).astype(np.int64)
            for part in map(chosen.exons.of, range(len(chosen)))
        ],
        chosen.digest,
    )


def _table(path: str | Path) -> Genes:
    content = text.read(path)
    lines = content.decode(errors="replace").splitlines()
    header = lines[0].split("\t")
    if lacking := [name for name in COLUMNS if name not in header]:
        raise InputError(f"has no column {lacking[0]}", f"{path}:1", _CURE)
    columns = [header.index(name) for name in COLUMNS]
    names, chroms, exons = [], [], []
    rows = []
    for number, line in enumerate(lines[1:], 2):
        if not line.strip():
            continue
        fields = line.split("\t")
        try:
            name, chrom, strand, start, end, starts, ends = (fields[column] for column in columns)
            parts = np.array([[_position(each) for each in listed.split(",") if each] for listed in (starts, ends)]).T
            row = {"+": 1, "-": -1}[strand], _position(start), _position(end)
            if parts.ndim != 2 or not len(parts) or not (parts[:, 0] < parts[:, 1]).all() or not row[1] < row[2]:
                raise ValueError
        except (IndexError, KeyError, ValueError):
            raise InputError("is no line of a gene with its exons", f"{path}:{number}", _CURE) from None
        names.append(name)
        chroms.append(chrom)
        exons.append(parts.astype(np.int64))
        rows.append(row)
    if not rows:
        raise InputError("holds no genes", path, _CURE)
    strands, start, end = np.array(rows, np.int64).T
    return Genes(path, names, chroms, strands.astype(np.int8), start, end, exons, text.digest(content))


def _position(field: str) -> int:
    number = text.whole(field.strip())
    if number is None or number > dialect.LARGEST:
        raise ValueError
    return number
