"""Variants of a VCF scored for what they do to splicing, gene by gene, with a reason for each that is not."""

from __future__ import annotations

import hashlib
import io
import itertools
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np

from .. import __version__
from ..console import progress, say
from ..errors import InputError
from ..formats import chromosomes, genome, modelfile
from ..formats.genebodies import Genes
from ..formats.genome import Genome
from ..formats.variants import RECORDS, Record, Variants, part_marks, with_part
from ..models import deltas, splice
from .boundaries import Model

_GAP = 6_000  # bases between variants from which on two references cost less than one
_STRETCH = 50_000  # bases of a reference at the most: its activations are some 4 kB a base
_ROUND = 100  # references have few lengths, for which the machine code is made once

COLUMNS = (
    *("record", "chrom", "position", "id", "ref", "alt", "gene", "strand"),
    *("ds_ag", "ds_al", "ds_dg", "ds_dl", "dp_ag", "dp_al", "dp_dg", "dp_dl"),
    *("reason", "note"),
)

# Why a record or an allele is not scored.
NO_ALTERNATE = "no alternate allele"
NO_SEQUENCE = "chromosome not in the FASTA"
LOWER_CASE = "reference allele in lower case"
DIFFERS = "reference differs from the FASTA"
OUTSIDE = "outside genes"
NEAR_END = "too near the end of the chromosome"
TOO_LONG = "reference longer than twice the distance"
SPANNING = "spanning deletion"
SYMBOLIC = "symbolic allele"
MISSING = "missing allele"
SEVERAL = "several bases replaced by several"
BREAKEND = "breakend"
NO_BASES = "letters that are no bases"

MOVED = "insertion-artefact"
_LETTERS = frozenset("ACGTNacgtn")


@dataclass(frozen=True)
class Options:
    """distance : bases to look at on either side. mask : no gains at annotated sites, no losses at others. transcripts : the
    one of a gene that is taken from the annotation."""

    distance: int = 50
    mask: bool = False
    transcripts: str = "canonical"


class Task(NamedTuple):
    """An alternate allele of a record, in one gene."""

    record: Record
    allele: int
    gene: int
    chrom: str  # as the FASTA has it


class Scored(NamedTuple):
    """What is told of a task or, without a gene, of an allele or a whole record."""

    allele: int
    gene: int | None
    reason: str
    task: int | None = None
    note: str = ""


@dataclass
class _Places:
    """A genome with the genes on it. `chroms`: the names in the VCF → those of the FASTA."""

    genome: Genome
    genes: Genes
    genes_of: Mapping[str, str]  # FASTA → annotation
    chroms: Mapping[str, str]
    half: int  # of the context and the distance together
    options: Options

    def judge(self, record: Record) -> tuple[list[Task], list[Scored]]:
        """What there is to score of a record, and what is told of each of its alleles in each gene."""
        reason, note, genes = self._unscored(record)
        tasks: list[Task] = []
        if reason:
            count = max(len(record.alts), 1)
            return tasks, [Scored(allele, None, reason, note=note) for allele in range(count)]
        told = []
        for allele, alt in enumerate(record.alts):
            why = unscored(record.ref, alt)
            for gene in genes:
                told.append(Scored(allele, gene, why, None if why else len(tasks)))
                if not why:
                    tasks.append(Task(record, allele, gene, self.chroms[record.chrom]))
        return tasks, told

    def _unscored(self, record: Record) -> tuple[str, str, list[int]]:
        """Why no allele of a record is scored, a note to that, and the genes it is in."""
        if not record.alts:
            return NO_ALTERNATE, "", []
        chrom, ref = self.chroms.get(record.chrom, ""), record.ref
        reason, found = misplaced(record, chrom, self.genome)
        if reason:
            return reason, f"FASTA: {found[:20]}{'…' if len(found) > 20 else ''}" if found else "", []
        size = self.genome.sizes[chrom]
        genes = self.genes.at(self.genes_of[chrom], record.position) if chrom in self.genes_of else []
        if not genes:
            return OUTSIDE, "", []
        if ref != ref.upper():
            return LOWER_CASE, "", []
        if record.position < self.half or record.position + self.half >= size:
            return NEAR_END, "", []
        if len(ref) > 2 * self.options.distance:
            return TOO_LONG, "", []
        return "", "", genes


def misplaced(record: Record, chrom: str, fasta: Genome) -> tuple[str, str]:
    """Why the genome does not hold the reference of a record, and what it has in its place; empty where it does.

    chrom : as the genome names it, empty where it has none of the record's name
    """
    if not chrom:
        return NO_SEQUENCE, ""
    size = fasta.sizes[chrom]
    if not 0 <= record.position < size:
        return NEAR_END, ""
    found = genome.decode(fasta.fetch(chrom, record.position, min(record.position + len(record.ref), size)))
    return (DIFFERS, found) if found != record.ref.upper() else ("", "")


def unscored(ref: str, alt: str) -> str:
    """Why an allele is not scored; empty where it is."""
    if "*" in alt:
        return SPANNING
    if "<" in alt or ">" in alt:
        return SYMBOLIC
    if alt in (".", "-", ""):
        return MISSING
    if "." in alt or "[" in alt or "]" in alt:
        return BREAKEND
    if "-" in alt or not _LETTERS.issuperset(alt):
        return NO_BASES
    return SEVERAL if len(ref) > 1 and len(alt) > 1 else ""


def score(
    variants: Variants,
    fasta: Genome,
    genes: Genes,
    model: Model,
    masked_flanks: bool,
    options: Options,
    output: Path,
    table: Path | None = None,
    folder: Path | None = None,
) -> Counter[str]:
    """Score all records in their order, and write them with their scores, and a row for each allele and gene.

    Parameters
    ----------
    masked_flanks : show bases outside the transcript as N, as SpliceAI was trained
    folder : where scores are kept batch by batch, and taken from if they are there

    Returns
    -------
    How many alleles, each in each gene, were scored ("scored") or not (the reason)

    Raises
    ------
    InputError : a damaged VCF, or files of different genomes
    """
    part = variants.part
    counts = Counter(record.chrom for record in variants)
    chroms = matched(part.facts["chroms"] if part else counts, fasta, variants.path)
    genes_of = {known: own for own, known in matched(genes.chroms, fasta, genes.path).items()}
    half = (model.context + 2 * options.distance + 1) // 2
    places = _Places(fasta, genes, genes_of, chroms, half, options)
    runner = _Runner(places, model, masked_flanks, folder, cast(Any, progress((), counts.total(), "variants")))
    tally: Counter[str] = Counter()
    with output.open("w") as vcf, (table or Path(os.devnull)).open("w") as rows:
        vcf.writelines(f"{line}\n" for line in with_part(variants.header_scored(), part))
        first, last = part_marks(part) if part else ("", "")
        rows.write(f"{first}\n" if part else "")
        print(*COLUMNS, sep="\t", file=rows)
        for record, told, found in runner.scored(variants):
            values = []
            for each in told:
                value, row = _values(each, record, found, places)
                values += [value] if value else []
                print(*row, sep="\t", file=rows)
                tally[each.reason or "scored"] += 1
            vcf.write(record.annotated(values) + "\n")
        rows.write(f"{last}\n" if part else "")
    runner.bar.close()
    if variants.scored:
        say(f"{variants.path}: INFO/SpliceAI of an earlier run is replaced")
    return tally


def tell(tally: Mapping[str, int]) -> None:
    """Say how much was scored, and why the rest was not."""
    scored = tally.get("scored", 0)
    left = sorted(((count, why) for why, count in tally.items() if why != "scored"), reverse=True)
    rest = "".join(f"; {count} {why}" for count, why in left)
    say(f"{scored} alleles scored, each in each of its genes{rest}")


def made(model: str | Path, fasta: Genome, genes: Genes, options: Options) -> dict[str, Any]:
    """What scores depend on beside the variants: parts that are to be joined have the same."""
    files = {"the genome": fasta.digest, "the annotation": genes.digest, **modelfile.digests(model=model)}
    return {**vars(options), **files}


def folder(
    base: str | None, vcf: str | Path, model: str | Path, fasta: Genome, genes: Genes, options: Options
) -> Path | None:
    """Where the scores of this run are kept: other variants, genes, models or distances have another folder."""
    if base is None:
        return None
    if Path(base).exists() and not Path(base).is_dir():
        raise InputError("is a file, a folder is wanted", base)
    state = hashlib.sha256(
        repr((__version__, options.distance, options.transcripts, genes.digest, fasta.digest)).encode()
    )
    for path in (vcf, model):
        with Path(path).open("rb") as file:
            state.update(hashlib.file_digest(file, "sha256").digest())
    return Path(base, state.hexdigest()[:12])


def matched(names: Iterable[str], fasta: Genome, where: object) -> dict[str, str]:
    """Name → name in the FASTA, of those it has: a file may have more, scaffolds say, but not none at all."""
    found: dict[str, str] = {}
    names = list(dict.fromkeys(names))
    for name in names:
        try:
            found |= chromosomes.match([name], fasta.sizes, where)
        except InputError:
            continue
    chromosomes.match(found or names, fasta.sizes, where)
    return found


@dataclass
class _Runner:
    """Scores records batch by batch. `bar` goes on by the records that are done."""

    places: _Places
    model: Model
    masked: bool
    folder: Path | None
    bar: Any

    def scored(self, records: Iterable[Record]) -> Iterator[tuple[Record, list[Scored], Sequence[deltas.Delta]]]:
        """Each record, what is told of its alleles, and the deltas of its tasks."""
        for number, chunk in enumerate(_chunks(records), 1):
            judged = [self.places.judge(record) for record in chunk]
            tasks = [task for own, _ in judged for task in own]
            kept = self.folder / f"batch-{number:06d}.npy" if self.folder else None
            found = _read(kept, len(tasks)) if kept else None
            before = self.bar.n
            if found is None:
                found = self._run(tasks, len(chunk))
                if kept:
                    _write(kept, found)
            self.bar.update(before + len(chunk) - self.bar.n)
            at = 0
            for record, (own, told) in zip(chunk, judged, strict=True):
                yield record, told, found[at : at + len(own)]
                at += len(own)

    def _run(self, tasks: Sequence[Task], records: int) -> list[deltas.Delta]:
        """The deltas of tasks, those of one gene in as few references as they lie in."""
        found: dict[int, deltas.Delta] = {}
        distance, before = self.places.options.distance, self.bar.n
        variants = [
            deltas.Variant(task.record.position, len(task.record.ref), genome.encode(task.record.alts[task.allele]))
            for task in tasks
        ]
        order = sorted(range(len(tasks)), key=lambda row: (tasks[row].gene, tasks[row].record.position))
        for gene, some in itertools.groupby(order, key=lambda row: tasks[row].gene):
            minus = bool(self.places.genes.strand[gene] < 0)
            for start, end, rows in _stretches(list(some), variants, distance):
                codes = self._sequence(gene, tasks[rows[0]].chrom, start, end)
                placed = [variants[row]._replace(at=variants[row].at - start) for row in rows]
                scored = deltas.score(self.model.ready, codes, placed, distance, minus, self.model.temperature)
                found.update(zip(rows, scored, strict=True))
                self.bar.update(before + records * len(found) // len(tasks) - self.bar.n)
        return [found[row] for row in range(len(tasks))]

    def _sequence(self, gene: int, chrom: str, start: int, end: int) -> np.ndarray:
        """The bases of a stretch with its context; outside the transcript N where the model was trained so."""
        margin, genes = self.model.context // 2, self.places.genes
        first, last = start - margin, end + margin
        codes = self.places.genome.fetch(chrom, first, last)
        if self.masked:
            codes[: max(int(genes.start[gene]) - first, 0)] = splice.UNKNOWN
            codes[max(int(genes.end[gene]) - first, 0) :] = splice.UNKNOWN
        return codes


def _chunks(records: Iterable[Record]) -> Iterator[list[Record]]:
    each = iter(records)
    while chunk := list(itertools.islice(each, RECORDS)):
        yield chunk


def _read(path: Path, count: int) -> list[deltas.Delta] | None:
    """The deltas of an earlier run, if they are there and whole."""
    try:
        table = np.load(path)
    except (OSError, ValueError, EOFError):
        return None
    if table.shape != (count, 9):
        return None
    return [deltas.Delta(row[:4].astype(np.float32), row[4:8].astype(np.int64), bool(row[8])) for row in table]


def _write(path: Path, found: Sequence[deltas.Delta]) -> None:
    rows = [np.concatenate([each.scores, each.offsets, [each.moved]]) for each in found]
    packed = io.BytesIO()  # written in one piece: NumPy tells of a full disk without its error number
    np.save(packed, np.array(rows, np.float64).reshape(-1, 9))
    beside = path.with_suffix(f".{os.getpid()}.tmp")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        beside.write_bytes(packed.getbuffer())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _stretches(
    rows: Sequence[int], variants: Sequence[deltas.Variant], distance: int
) -> Iterator[tuple[int, int, list[int]]]:
    """Start, end and variants of the stretches to score, from variants in order of position."""
    start = end = 0
    held: list[int] = []
    for row in rows:
        variant = variants[row]
        reach = deltas.reach(variant, distance)
        low, high = variant.at - reach, variant.at + reach + 1
        if held and (low > end + _GAP or max(end, high) - min(start, low) > _STRETCH):
            yield start, end + (start - end) % _ROUND, held
            held = []
        start, end = (min(start, low), max(end, high)) if held else (low, high)
        held.append(row)
    if held:
        yield start, end + (start - end) % _ROUND, held


def _values(
    told: Scored, record: Record, found: Sequence[deltas.Delta], places: _Places
) -> tuple[str, tuple[object, ...]]:
    """The value of INFO/SpliceAI, empty where SpliceAI has none, and the row of the table."""
    alt = record.alts[told.allele] if record.alts else "."
    name = strand = value = ""
    scores: list[str] = [""] * 8
    note = told.note
    if told.gene is not None:
        name, strand = places.genes.names[told.gene], "+-"[int(places.genes.strand[told.gene] < 0)]
    if told.task is not None and told.gene is not None:
        delta = found[told.task]
        shares = _shares(delta, told.gene, record.position, places)
        value = "|".join([alt, name, *(f"{share:.2f}" for share in shares), *map(str, delta.offsets)])
        scores = [*map(str, shares), *map(str, delta.offsets)]
        note = MOVED if delta.moved else ""
    elif told.reason == SEVERAL:
        value = "|".join([alt, name, *"........"])
    row = (record.number, record.chrom, record.position + 1, record.id, record.ref, alt, name, strand)
    return value, (*row, *scores, told.reason, note)


def _shares(delta: deltas.Delta, gene: int, position: int, places: _Places) -> list[np.float32]:
    """The scores; masked, a gain at an annotated site and a loss anywhere else are none."""
    if not places.options.mask:
        return list(delta.scores)
    annotated = delta.offsets == places.genes.to_boundary(gene, position)
    kept = [annotated[i] != (sign > 0) for i, (_, sign) in enumerate(deltas.KINDS)]
    return list(delta.scores * np.array(kept, np.float32))
