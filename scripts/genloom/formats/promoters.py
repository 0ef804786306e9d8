"""Promoters: the sequence around transcription start sites, each at the same place of its window."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .. import console
from ..errors import InputError
from . import chromosomes, mrna
from .choices import Options, Tally
from .chromosomes import Region
from .genome import Genome, N, reverse_complement
from .transcripts import Transcripts
from .windows import Writer

_BATCH = 1 << 24  # bytes of windows in memory at once
_SENSE = {1: "+", -1: "-"}


class Start(NamedTuple):
    """A transcription start site: the promoter's gene and the number of its transcript, -1 if unknown."""

    chrom: str
    site: int
    sign: int
    gene: str
    symbol: str
    transcript: int
    name: str


def starts(models: Transcripts | None, options: Options) -> list[Start]:
    """The starts of the chosen transcripts."""
    assert models is not None
    site = np.where(models.strand > 0, models.start, models.end - 1).tolist()
    found = []
    for number, (chrom, sign) in enumerate(zip(models.chrom.tolist(), models.strand.tolist(), strict=True)):
        gene = models.genes[models.gene[number]]
        name = models.ids[number] if options.transcripts == "all" else gene.id
        found.append(Start(models.chroms[chrom], site[number], sign, gene.id, gene.symbol, number, name))
    return found


def given(path: str | Path, genome: Genome, options: Options, sources: dict[str, str]) -> list[Start]:
    """The starts that a BED gives; intervals that are all as long as a promoter are the promoters themselves."""
    from . import annotation  # with polars, which nothing else here needs

    given = annotation.read(path)
    sources["tss"] = given.digest
    table = given.transcripts
    symbols = dict(zip(given.genes["id"], given.genes["symbol"], strict=True))
    match = chromosomes.match(table["chrom"].unique(maintain_order=True), genome.sizes, path, partial=True)
    whole = ((table["end"] - table["start"]) == options.upstream + options.downstream).all()
    found = []
    for name, gene, chrom, start, end, strand in table.iter_rows():
        if strand not in ("+", "-"):
            raise InputError(f"{gene!r} has no strand", path, "write + or - into column 6")
        shift = options.upstream if whole else 0
        found.append(
            Start(
                match.get(chrom, chrom),
                start + shift if strand == "+" else end - 1 - shift,
                1 if strand == "+" else -1,
                gene,
                symbols.get(gene, gene),
                -1,
                name,
            )
        )
    return found


def write(
    genome: Genome,
    models: Transcripts | None,
    sites: list[Start],
    regions: list[Region],
    options: Options,
    tally: Tally,
    left_out: Tally,
    writer: Writer,
    chroms: Container[str] | None = None,
) -> None:
    """Write the promoters that lie in the regions, or in those of some chromosomes alone.

    tally : for what shows in the files, whatever chromosomes are written
    left_out : for what shows when promoters are written
    """
    length = options.upstream + options.downstream
    order = {chrom: rank for rank, chrom in enumerate(genome.sizes)}
    sites = list(_within(sites, regions, genome, options, tally))
    sites = _annotated(sites, models, tally) if models is not None else sites
    sites = sorted(sites, key=lambda each: (order[each.chrom], each.site, each.sign, each.name))
    names = Counter(each.name for each in sites)
    sites = [each for each in sites if chroms is None or each.chrom in chroms]
    batch: list[tuple[np.ndarray, Start, int, list[float]]] = []
    for each in console.progress(sites, len(sites), "promoters"):
        facts: list[float] = []
        if options.half_life:
            assert models is not None
            message = mrna.splice(models, each.transcript, genome.fetch)
            if message is None:
                left_out.add("gene", "no coding sequence for the half-life features", "skipped", 1, each.gene)
                continue
            if not message.stop and options.without_stop == "skip":
                left_out.add("transcript", "coding sequence without a stop codon in the FASTA", "skipped", 1, each.name)
                continue
            facts = message.half_life()
        start = each.site - (options.upstream if each.sign > 0 else options.downstream - 1)
        codes = genome.fetch(each.chrom, start, start + length)
        if np.count_nonzero(codes == N) > options.max_n * length:
            left_out.add("window", f"more than {options.max_n:g} of its bases are N", "skipped", 1, each.name)
            continue
        if names[each.name] > 1:  # a gene at several places
            each = each._replace(name=f"{each.name}:{each.chrom}:{each.site}:{_SENSE[each.sign]}")
        batch.append((codes if each.sign > 0 else reverse_complement(codes), each, start, facts))
        if len(batch) * length > _BATCH:
            _flush(batch, length, writer)
    _flush(batch, length, writer)


def _flush(batch: list[tuple[np.ndarray, Start, int, list[float]]], length: int, writer: Writer) -> None:
    if batch:
        codes, sites, starts, facts = zip(*batch, strict=True)
        columns = ("chrom", "gene", "name", "symbol")
        table = {name: np.array([getattr(each, name) for each in sites]) for name in columns}
        table |= {
            "start": np.array(starts),
            "end": np.array(starts) + length,
            "strand": np.array([_SENSE[each.sign] for each in sites]),
        }
        writer.add(np.stack(codes), table, features=np.array(facts, np.float32))
        batch.clear()


def _within(
    sites: list[Start], regions: list[Region], genome: Genome, options: Options, tally: Tally
) -> Iterator[Start]:
    """The sites that lie in the regions. One outside its chromosome is of another assembly."""
    by_chrom: dict[str, list[Region]] = {}
    for region in regions:
        by_chrom.setdefault(region.chrom, []).append(region)
    for each in sites:
        if each.chrom not in genome.sizes:
            tally.add("gene", "start site on a chromosome that the FASTA does not hold", "skipped", 1, each.chrom)
        elif any(region.start <= each.site < region.end for region in by_chrom.get(each.chrom, ())):
            yield each
        elif options.region:
            tally.add("gene", "start site outside the regions", "skipped", 1, each.gene)
        else:
            size = genome.sizes[each.chrom]
            raise InputError(
                f"the start site of {each.gene} is {each.chrom}:{each.site + 1}, outside its {size} bases",
                genome.path,
                "give the FASTA of the same assembly, or choose a --region",
            )


def _annotated(sites: list[Start], models: Transcripts, tally: Tally) -> list[Start]:
    """Give each site of a BED its transcript, by the id or the symbol of its gene."""
    if all(each.transcript >= 0 for each in sites):
        return sites
    known: dict[str, int] = {}
    for key in ("symbol", "id"):  # ids overrule symbols
        for number in reversed(range(len(models))):
            known[getattr(models.genes[models.gene[number]], key)] = number
    found = []
    for each in sites:
        number = known.get(each.gene, known.get(each.symbol, -1))
        if number < 0:
            tally.add("gene", "start site of a gene that the annotation does not hold", "skipped", 1, each.gene)
        else:
            gene = models.genes[models.gene[number]]
            found.append(each._replace(transcript=number, symbol=gene.symbol))
    return found
