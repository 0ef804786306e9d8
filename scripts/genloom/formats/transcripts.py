"""Transcripts with their exons and coding sequence, from a GTF or a GFF3, as arrays.

Positions are 0-based with exclusive ends. A file is parsed in pieces: all lines of a piece are cut at their tabs at
once, and only the attributes of exon and CDS lines are read, so that a GENCODE GTF takes seconds and little memory.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple, NoReturn
from urllib.parse import unquote

import numpy as np

from ..errors import InputError, named, nearest
from . import dialect, text

CHUNK = 1 << 22  # bytes of text held at a time
CHOICES = ("canonical", "longest", "all")

_CACHED = 1 << 18  # bytes that stay in the processor's cache while they are worked on
_LINE = np.frombuffer(b"\t" * 8 + b"\n", np.uint8)  # what stands between and after nine columns

_EXON, _CDS, _OTHER, _PROTEIN = 1, 2, 3, 4
_SPLICED, _SPLICING = -1, b"trans-splicing"  # a transcript in pieces, on both strands
_FEATURES = {"CDS": _CDS, "protein": _PROTEIN, "polypeptide": _PROTEIN} | dict.fromkeys(dialect.INSIDE, 0)
_SYMBOL = {
    "gtf": re.compile(rb'\b(?:gene_name|gene_symbol|gene) "([^"]+)"'),
    "gff3": re.compile(rb"[;\t] *(?:gene_name|gene|locus|Name)=([^;]+)"),
}
_TYPE = {
    "gtf": re.compile(rb'\bgene_(?:bio)?type "([^"]+)"'),
    "gff3": re.compile(rb"[;\t] *(?:gene_biotype|gene_type|biotype|locus_type)=([^;]+)"),
}
_ID, _PARENT = (re.compile(rb"[;\t] *%s=([^;]+)" % name) for name in (b"ID", b"Parent"))
_GENE_ID, _TRANSCRIPT_ID = (
    re.compile(rb'%s "?([^";]+)' % name) for name in (b"gene_id", b"transcript_id")
)  # come first
_ROW = np.dtype([("owner", "i4"), ("chrom", "i4"), ("strand", "i1"), ("start", "i4"), ("end", "i4"), ("line", "i4")])
_VERSION = re.compile(dialect.VERSION)
_CURE = "give a GTF or GFF3 with exon lines"


class Parts(NamedTuple):
    """The stretches of transcripts, in order of position: those of transcript `i` are offsets[i]:offsets[i + 1]."""

    start: np.ndarray
    end: np.ndarray
    offsets: np.ndarray

    def of(self, transcript: int) -> slice:
        return slice(int(self.offsets[transcript]), int(self.offsets[transcript + 1]))

    def lengths(self) -> np.ndarray:
        """Bases of each transcript, (transcripts,) int64."""
        total = np.concatenate([[0], np.cumsum(self.end - self.start)])
        return total[self.offsets[1:]] - total[self.offsets[:-1]]

    def owners(self) -> np.ndarray:
        """The transcript of each stretch."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))

    def take(self, chosen: np.ndarray) -> Parts:
        """The stretches of some transcripts, whose indices ascend."""
        counts = np.diff(self.offsets)[chosen]
        kept = np.zeros(len(self.offsets) - 1, bool)
        kept[chosen] = True
        rows = np.repeat(kept, np.diff(self.offsets))
        return Parts(self.start[rows], self.end[rows], np.concatenate([[0], np.cumsum(counts)]))


class Gene(NamedTuple):
    id: str
    symbol: str
    kind: str  # protein_coding, lncRNA, …


@dataclass
class Transcripts:
    """Transcripts in the order of the file.

    Attributes
    ----------
    ids : their names
    genes : the genes, `gene` (n,) is an index into them
    chroms : the chromosomes, `chrom` (n,) is an index into them
    strand : (n,) int8, 1 or -1
    rank : (n,) uint8; 2 MANE Select, 1 Ensembl canonical, 0 neither
    exons : touching ones are joined
    coding : the coding sequence, nothing where there is none; with or without its stop codon, as the file has it
    line : (n,) the number of a line of each
    digest : SHA-256 of the unpacked file
    skipped : reason → number of what was left out or mended while reading
    """

    path: str | Path
    ids: list[str]
    genes: list[Gene]
    chroms: list[str]
    gene: np.ndarray
    chrom: np.ndarray
    strand: np.ndarray
    rank: np.ndarray
    exons: Parts
    coding: Parts
    line: np.ndarray
    digest: str
    skipped: Counter[str] = field(default_factory=Counter)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def start(self) -> np.ndarray:
        return self.exons.start[self.exons.offsets[:-1]]

    @property
    def end(self) -> np.ndarray:
        return self.exons.end[self.exons.offsets[1:] - 1]

    def take(self, chosen: np.ndarray) -> Transcripts:
        """Some of the transcripts, by a mask or by ascending indices."""
        chosen = np.flatnonzero(chosen) if chosen.dtype == bool else chosen
        return replace(
            self,
            ids=[self.ids[i] for i in chosen.tolist()],
            gene=self.gene[chosen],
            chrom=self.chrom[chosen],
            strand=self.strand[chosen],
            rank=self.rank[chosen],
            exons=self.exons.take(chosen),
            coding=self.coding.take(chosen),
            line=self.line[chosen],
        )

    def of_kinds(self, kinds: Iterable[str]) -> Transcripts:
        """Those of genes of some types, such as protein_coding."""
        known = Counter(gene.kind for gene in self.genes)
        for kind in kinds:
            if kind not in known:
                cure = (
                    nearest(kind, known) or f"there are {named(sorted(filter(None, known)))}"
                    if any(known)
                    else ("the file tells no types: leave them out")
                )
                raise InputError(f"has no gene of type {kind!r}", self.path, cure)
        wanted = np.array([gene.kind in set(kinds) for gene in self.genes], bool)
        return self.take(wanted[self.gene])

    def choose(self, how: str) -> Transcripts:
        """One transcript a gene, or all.

        "longest": the longest coding sequence, then the most exonic bases, then the first in the file. "canonical":
        MANE Select, else Ensembl's canonical one, else the longest. A gene at several places counts as several.
        """
        if how == "all" or not len(self):
            return self
        rank = self.rank if how == "canonical" else np.zeros_like(self.rank)
        order = np.lexsort(
            (
                np.arange(len(self)),
                -self.exons.lengths(),
                -self.coding.lengths(),
                -rank.astype(int),
                self.strand,
                self.chrom,
                self.gene,
            )
        )
        place = np.stack([self.gene, self.chrom, self.strand])[:, order]
        first = np.ones(len(self), bool)
        first[1:] = (place[:, 1:] != place[:, :-1]).any(0)
        return self.take(np.sort(order[first]))

    def introns(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Start, end and transcript of every intron."""
        owner = self.exons.owners()
        within = owner[1:] == owner[:-1]
        return self.exons.end[:-1][within], self.exons.start[1:][within], owner[1:][within]


def read(path: str | Path) -> Transcripts:
    """Read the transcripts of a GTF or GFF3, plain or gzipped.

    In a file, or a transcript, without exons the coding sequence stands for them. A gene without a type is
    protein_coding if it has a coding sequence.

    Raises
    ------
    InputError : another format; no exons; with its line, too few columns, a bad position, an exon without a transcript,
        a transcript on both strands
    """
    kind, _ = dialect.sniff(path)
    if kind == "bed":
        raise InputError("is a BED, which tells no exons", path, _CURE)
    state = hashlib.sha256()
    reader = _Gtf(path) if kind == "gtf" else _Gff3(path)
    number = 1
    for block in _blocks(path, state):
        number += reader.add(block, number)
    return reader.finish(state.hexdigest())


def _blocks(path: str | Path, state) -> Iterator[bytes]:
    """Whole lines of a file, some megabytes at a time, up to the sequence that a GFF3 may hold, too."""
    ended = False
    with text.opened(path) as stream:
        while block := stream.read(CHUNK) + stream.readline():
            state.update(block)
            if not ended:
                if b"#" in block and (at := (b"\n" + block).find(b"\n##FASTA")) >= 0:
                    block, ended = block[:at], True
                yield block


def _cut(block: bytes) -> np.ndarray | None:
    """Where the eight tabs and the end of each line are, (lines, 9); None if some line is not as it should be."""
    raw = np.frombuffer(block, np.uint8)
    pieces = (slice(at, at + _CACHED) for at in range(0, len(raw), _CACHED))
    found = [np.flatnonzero(raw[piece] - np.uint8(9) < 2) + piece.start for piece in pieces]  # tabs and newlines
    marks = np.concatenate([np.zeros(0, np.int64), *found])
    if len(marks) % 9 or (len(marks) and not block.endswith(b"\n")):
        return None
    cuts = marks.reshape(-1, 9)
    ends = cuts[:, 8]
    regular = (raw[cuts] == _LINE).all() and (raw[ends - 1] != ord("\r")).all()
    return cuts if regular and not block.startswith(b"#") and (raw[ends[:-1] + 1] != ord("#")).all() else None


def _rank(attributes: bytes) -> int:
    if b"MANE" in attributes and (b"MANE_Select" in attributes or b"MANE Select" in attributes):
        return 2
    return int(b"Ensembl_canonical" in attributes)


class _Reader:
    """What both formats share: the lines of a block cut into columns, and stretches gathered by transcript."""

    kind = ""

    def __init__(self, path: str | Path):
        self.path = path
        self.codes: dict[bytes, int] = {}  # name of a transcript → its number
        self.chroms: dict[bytes, int] = {}
        self.genes: dict[bytes, list[bytes]] = {}  # id → [id, symbol, type]
        self.rows: dict[int, list[np.ndarray]] = {_EXON: [np.zeros(0, _ROW)], _CDS: [np.zeros(0, _ROW)]}
        self.skipped: Counter[str] = Counter()

    def add(self, block: bytes, number: int) -> int:
        """Take in whole lines, the first of which has this number. Returns how many there were."""
        cuts = _cut(block)
        if cuts is None:  # comments, empty lines, carriage returns; or bad lines
            every = block.splitlines()
            kept = [at for at, line in enumerate(every) if line.strip() and not line.startswith(b"#")]
            block = b"".join(every[at] + b"\n" for at in kept)
            lines, count = np.array(kept, int) + number, len(every)
            cuts = _cut(block)
            if cuts is None:
                self._refuse(block, lines)
        else:
            lines, count = np.arange(number, number + len(cuts)), len(cuts)
        if len(lines):
            self._add(block, cuts, lines)
        return count

    def _add(self, block: bytes, cuts: np.ndarray, lines: np.ndarray) -> None:
        raw = np.frombuffer(block, np.uint8)
        begin = np.concatenate([[0], cuts[:-1, 8] + 1])
        feature = self._features(block, raw, cuts[:, 1] + 1, cuts[:, 2])
        rows = np.flatnonzero(feature)
        if not len(rows):
            return
        cuts, begin, lines, feature = cuts[rows], begin[rows], lines[rows], feature[rows]
        start, end = (self._integers(raw, cuts[:, i] + 1, cuts[:, i + 1]) for i in (2, 3))
        if (bad := (start < 1) | (end < start)).any():
            at = int(bad.argmax())
            self._refuse(block[begin[at] : cuts[at, 8]] + b"\n", lines[at:])
        sign = raw[cuts[:, 5] + 1]
        strand = np.where(sign == ord("+"), 1, np.where(sign == ord("-"), -1, 0)).astype(np.int8)
        chrom = self._chromosomes(block, raw, begin, cuts[:, 0])
        owner, row = (np.array(each, np.int64) for each in self._owners(block, feature, cuts, lines))
        spliced = owner == _SPLICED
        unstranded = (strand[row] == 0) & ~spliced
        self.skipped["lines of trans-spliced transcripts"] += int(spliced.sum())
        self.skipped["exons and CDS without a strand"] += int(unstranded.sum())
        table = np.empty(len(row), _ROW)
        table["owner"], table["chrom"], table["strand"] = owner, chrom[row], strand[row]
        table["start"], table["end"], table["line"] = start[row] - 1, end[row], lines[row]
        for kind, parts in self.rows.items():
            parts.append(table[(feature[row] == kind) & ~unstranded & ~spliced])

    def _owners(self, block: bytes, feature: np.ndarray, cuts: np.ndarray, lines: np.ndarray) -> tuple[Any, Any]:
        """The number of each stretch's transcript, or _SPLICED, and its row: one row of a GFF3 may belong to several."""
        raise NotImplementedError

    def _tell(self, name: bytes) -> tuple[list[bytes], int] | None:
        """The gene, [id, symbol, type], and the rank of the transcript `name`; None if it is no transcript."""
        raise NotImplementedError

    def _refuse(self, block: bytes, lines: np.ndarray) -> NoReturn:
        for line, number in zip(block.splitlines(), lines.tolist(), strict=False):
            dialect.check(line.decode(errors="replace").split("\t"), f"{self.path}:{number}", self.kind)
        raise InputError(f"cannot be read as {self.kind.upper()}", self.path, _CURE)

    def _features(self, block: bytes, raw: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """What each line is: _EXON, _CDS, _OTHER, or 0 if it tells nothing more."""
        letters = raw[np.minimum(start[:, None] + np.arange(8), len(raw) - 1)]
        letters[np.arange(8) >= (end - start)[:, None]] = 0
        keys = letters.view("<u8").ravel() + (end - start).astype(np.uint64)  # first letters and length tell them apart
        _, rows, which = np.unique(keys, return_index=True, return_inverse=True)
        names = [block[start[i] : end[i]].decode(errors="replace") for i in rows.tolist()]
        return np.array([self._class(name) for name in names], np.int8)[which]

    def _class(self, feature: str) -> int:
        return _FEATURES.get(feature, _EXON if feature.endswith("exon") else _OTHER)

    def _chromosomes(self, block: bytes, raw: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        edges = np.ones(len(start), bool)  # lines of one chromosome mostly stand together
        longest = int((end - start).max())
        names = raw[np.minimum(start[:, None] + np.arange(longest), len(raw) - 1)]
        names[np.arange(longest) >= (end - start)[:, None]] = 0
        edges[1:] = (names[1:] != names[:-1]).any(1)
        heads = np.flatnonzero(edges).tolist()
        codes = [self.chroms.setdefault(block[start[i] : end[i]], len(self.chroms)) for i in heads]
        return np.array(codes)[np.cumsum(edges) - 1]

    def _integers(self, raw: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Numbers of up to nine digits; -1 for what is none."""
        length = end - start
        value, wrong = np.zeros(len(start), np.int64), (length < 1) | (length > 9)
        for place in range(min(int(length.max(initial=0)), 9), 0, -1):
            digit = raw[np.maximum(end - place, 0)] - np.uint8(ord("0"))
            used = length >= place
            wrong |= used & (digit > 9)
            value = 10 * value + np.where(used, digit, 0)
        return np.where(wrong, -1, value)

    def _gene(self, name: bytes, attributes: bytes, own: bool = False) -> list[bytes]:
        """Note the symbol and the type that a line tells of a gene: the gene's first line, and its `own`."""
        gene = self.genes.get(name)
        if gene is None:
            gene, own = self.genes.setdefault(name, [name, b"", b""]), True
        for at, pattern in ((1, _SYMBOL), (2, _TYPE)) if own else ():
            if not gene[at] and (match := pattern[self.kind].search(attributes)):
                gene[at] = match[1]
        return gene

    def finish(self, digest: str) -> Transcripts:
        exon, cds = (np.concatenate(self.rows.pop(kind)) for kind in (_EXON, _CDS))
        if not len(exon) and not len(cds):
            raise InputError("holds no exons", self.path, _CURE)
        names = list(self.codes)
        told: list[Any] = [self._tell(name) for name in names]
        if None in told:
            used = np.array([each is not None for each in told])
            exon, cds = exon[used[exon["owner"]]], cds[used[cds["owner"]]]
        bare = ~_marked(exon["owner"], len(names))[cds["owner"]]  # coding sequence without exons stands for them
        if bare.any():
            self.skipped["transcripts with CDS lines alone, taken for exons"] += len(np.unique(cds["owner"][bare]))
            exon = np.concatenate([exon, cds[bare]])
        cds, names, told = self._parted(exon, cds, names, told)
        strand, line = (_first(exon, name, len(names)) for name in ("strand", "line"))
        for part in (exon, cds):
            if (mixed := part["strand"] != strand[part["owner"]]).any():
                row = part[mixed.argmax()]
                name = self._label(names[row["owner"]])
                raise InputError(
                    f"transcript {name!r} is on both strands",
                    f"{self.path}:{row['line']}",
                    f"line {line[row['owner']]} has the other strand: correct one of them",
                )
        kept = np.flatnonzero(_marked(exon["owner"], len(names)))
        chrom = _first(exon, "chrom", len(names))[kept]
        parts, _ = _parts(cds, kept)
        exons, joined = _parts(exon, kept)
        self.skipped["exons that touch another of their transcript, joined"] += joined
        mine = [told[i] for i in kept.tolist()]
        genes = list({id(gene): gene for gene, _ in mine}.values())
        numbers = {id(gene): number for number, gene in enumerate(genes)}
        # in a GFF3 lines of chromosomes stand where those of genes do, but tell no type of gene
        bare_genes = [
            each for each in self.genes.values() if id(each) not in numbers and (self.kind == "gtf" or each[2])
        ]
        self.skipped["genes without exons"] += len(bare_genes)
        gene = np.array([numbers[id(gene)] for gene, _ in mine])
        protein = _marked(gene[np.diff(parts.offsets) > 0], len(genes)).tolist()
        return Transcripts(
            self.path,
            [self._label(names[i]) for i in kept.tolist()],
            [self._finished(*each) for each in zip(genes, protein, strict=True)],
            [each.decode(errors="replace") for each in self.chroms],
            gene,
            chrom,
            strand[kept],
            np.array([rank for _, rank in mine], np.uint8),
            exons,
            parts,
            line[kept],
            digest,
            +self.skipped,
        )

    def _parted(self, exon: np.ndarray, cds: np.ndarray, names: list, told: list) -> tuple[np.ndarray, list, list]:
        """Make a name that occurs on two chromosomes, as those of pseudoautosomal genes do, two transcripts."""
        chrom = _first(exon, "chrom", len(names))
        moved = exon["chrom"] != chrom[exon["owner"]]
        strays = cds["chrom"] != chrom[cds["owner"]]
        if moved.any() or strays.any():
            pairs, number = np.unique(exon[["owner", "chrom"]][moved], return_inverse=True)
            exon["owner"][moved] = len(names) + number
            known = {pair: len(names) + at for at, pair in enumerate(pairs.tolist())}
            found = [known.get(pair, -1) for pair in cds[["owner", "chrom"]][strays].tolist()]
            cds["owner"][strays] = found
            self.skipped["CDS on another chromosome than its exons"] += found.count(-1)
            cds = cds[cds["owner"] >= 0]
            owners = pairs["owner"].tolist()
            names, told = names + [names[i] for i in owners], told + [told[i] for i in owners]
        return cds, names, told

    def _finished(self, gene: list[bytes], protein: bool) -> Gene:
        label = self._label(gene[0])
        label = _VERSION.sub(r"\1\2", label) if "." in label else label
        symbol, kind = (unquote(each.decode(errors="replace")).strip() for each in gene[1:])
        return Gene(label, symbol or label, kind or ("protein_coding" if protein else ""))

    def _label(self, name: bytes) -> str:
        return name.decode(errors="replace")


class _Gtf(_Reader):
    kind = "gtf"

    def __init__(self, path: str | Path):
        super().__init__(path)
        self.told: dict[bytes, tuple[list[bytes], int]] = {}
        self.width = 64  # bytes of attributes that hold the ids

    def _class(self, feature: str) -> int:
        return {"exon": _EXON, "CDS": _CDS, "gene": _OTHER}.get(feature, 0)

    def _owners(self, block: bytes, feature: np.ndarray, cuts: np.ndarray, lines: np.ndarray) -> tuple[Any, Any]:
        for row in np.flatnonzero(feature == _OTHER).tolist():
            if match := _GENE_ID.search(block, *cuts[row, 7:].tolist()):
                self._gene(match[1], block[slice(*cuts[row, 7:])], own=True)
        rows = np.flatnonzero(feature != _OTHER)
        if not len(rows):
            return [], []
        starts, ends = cuts[rows, 7], cuts[rows, 8]
        enough = False
        while not enough:  # the first bytes that are compared are to hold the id
            changed = _changes(block, starts, self.width)
            bounds = list(zip(starts[changed].tolist(), ends[changed].tolist(), strict=True))
            found = [match for each in bounds if (match := _TRANSCRIPT_ID.search(block, *each))]
            if len(found) < len(bounds):
                lacking = next(at for at, each in enumerate(bounds) if not _TRANSCRIPT_ID.search(block, *each))
                line = lines[rows[changed[lacking]]]
                raise InputError("exon without a transcript_id", f"{self.path}:{line}", _CURE)
            longest = max(each.end() + 1 - start for each, (start, _) in zip(found, bounds, strict=True))
            enough = longest <= self.width
            self.width = max(self.width, longest)
        codes = [self._code(each[1], block[slice(*at)]) for each, at in zip(found, bounds, strict=True)]
        return np.repeat(codes, np.diff(changed, append=len(rows))), rows

    def _code(self, name: bytes, attributes: bytes) -> int:
        if _SPLICING in attributes:
            return _SPLICED
        code = self.codes.get(name)
        if code is None:
            code = self.codes[name] = len(self.codes)
            gene = _GENE_ID.search(attributes)
            self.told[name] = self._gene(gene[1] if gene else name, attributes), _rank(attributes)
        return code

    def _tell(self, name: bytes) -> tuple[list[bytes], int] | None:
        return self.told[name]


class _Gff3(_Reader):
    kind = "gff3"

    def __init__(self, path: str | Path):
        super().__init__(path)
        self.parents: dict[bytes, bytes] = {}
        self.ranks: dict[bytes, int] = {}
        self.proteins: set[bytes] = set()

    def _owners(self, block: bytes, feature: np.ndarray, cuts: np.ndarray, lines: np.ndarray) -> tuple[Any, Any]:
        codes, rows = [], []
        some = _SPLICING in block
        for row, (kind, s, e) in enumerate(zip(feature.tolist(), *cuts[:, 7:].T.tolist(), strict=True)):
            if some and _SPLICING in block[s:e]:
                codes.append(_SPLICED)
                rows.append(row)
                continue
            parent = _PARENT.search(block, s, e)
            if kind in (_EXON, _CDS):
                if not parent:
                    raise InputError("exon without a Parent", f"{self.path}:{lines[row]}", _CURE)
                for name in parent[1].rstrip().split(b","):
                    codes.append(self.codes.setdefault(name, len(self.codes)))
                    rows.append(row)
            elif match := _ID.search(block, s, e):
                self._node(match[1].rstrip(), kind, parent, block[s:e])
        return codes, rows

    def _node(self, name: bytes, kind: int, parent: re.Match | None, attributes: bytes) -> None:
        if kind == _PROTEIN:
            self.proteins.add(name)
        elif parent:
            self.parents[name] = parent[1].rstrip().partition(b",")[0]
            if rank := _rank(attributes):
                self.ranks[name] = rank
        else:
            self._gene(name, attributes, own=True)

    def _tell(self, name: bytes) -> tuple[list[bytes], int] | None:
        if name in self.proteins:
            return None
        gene = name
        for _ in range(9):  # a line that is its own ancestor would never end
            gene = self.parents.get(gene, gene)
        return self._gene(gene, b""), self.ranks.get(name, 0)

    def _label(self, name: bytes) -> str:
        return re.sub(r"^([Gg]ene|[Tt]ranscript|rna)[:-]", "", super()._label(name))


def _changes(block: bytes, starts: np.ndarray, width: int) -> np.ndarray:
    """The lines whose `width` bytes from `starts` on differ from those of the line before, the first one among them."""
    words = -(-width // 8)
    whole = int(np.searchsorted(starts, len(block) - 8 * words, "right"))  # those further on may have fewer bytes
    heads = np.ndarray(max(len(block) - 8 * words + 1, 0), f"V{8 * words}", block, strides=(1,))[starts[:whole]]
    heads = heads.view("<u8").reshape(whole, words)
    same = np.zeros(len(starts), bool)
    same[1:whole] = (heads[1:] == heads[:-1]).all(1)
    return np.flatnonzero(~same)


def _marked(which: np.ndarray, count: int) -> np.ndarray:
    """(count,) bool, true where an index is."""
    marks = np.zeros(count, bool)
    marks[which] = True
    return marks


def _first(rows: np.ndarray, column: str, count: int) -> np.ndarray:
    """(count,) the value in the first row of each owner."""
    values = np.zeros(count, rows.dtype[column])
    values[rows["owner"][::-1]] = rows[column][::-1]
    return values


def _parts(rows: np.ndarray, kept: np.ndarray) -> tuple[Parts, int]:
    """The stretches of the kept owners in order, those that touch or overlap joined, and how many that were."""
    key = rows["owner"].astype(np.int64) << 32 | rows["start"]  # one owner after another, so that none touches the next
    order = np.argsort(key, kind="stable")
    key = key[order]
    reach = (key >> 32 << 32) + rows["end"][order]
    np.maximum.accumulate(reach, out=reach)
    heads = np.flatnonzero(np.append(True, key[1:] > reach[:-1])[: len(key)])
    owner, start = key[heads] >> 32, key[heads] & 0xFFFFFFFF
    end = reach[np.append(heads[1:], len(key))[: len(heads)] - 1] & 0xFFFFFFFF
    offsets = np.append(np.searchsorted(owner, kept), len(owner))
    return Parts(start, end, offsets), len(key) - len(heads)
