"""From a genome and its annotation to a file of windows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .. import console
from ..errors import InputError, named
from . import chromosomes, division, mrna, promoters, tiles, transcripts, windows
from .choices import Options, Tally
from .genome import Genome
from .transcripts import Transcripts
from .windows import Writer


def extract(
    genome_path: str | Path,
    annotation_path: str | Path | None,
    tss_path: str | Path | None,
    options: Options,
    output: str | Path,
    part_path: str | Path | None = None,
) -> tuple[int, Tally]:
    """Write the windows of a genome, or of a part of its chromosomes.

    Returns
    -------
    the number of windows, and what was left out or is worth knowing

    Raises
    ------
    InputError : bad files, files that do not fit each other, or options that leave no windows
    """
    if annotation_path is None and (options.tiled or tss_path is None):
        raise InputError("no --annotation", None, "give a GTF or GFF3; promoters may come from --tss instead")
    if tss_path is not None and options.tiled:
        raise InputError(f"--tss has no meaning for {options.kind}", None, "leave it out, or choose --kind promoters")
    if annotation_path is None and (options.half_life or options.gene_type):
        raise InputError("--half-life and --gene-type need --annotation", None, "give the GTF or GFF3, too")
    account = Account()
    with Genome(genome_path) as genome:
        regions = chromosomes.merge([chromosomes.parse_region(r, genome.sizes) for r in options.region], genome.sizes)
        part, own = (None, regions) if part_path is None else division.read(part_path, regions)
        models = None if annotation_path is None else _models(annotation_path, genome, options, account.files)
        sources = {"genome": genome.digest} | ({} if models is None else {"annotation": models.digest})
        common: dict[str, Any] = {
            "settings": options.settings(),
            "sources": sources,
            "assembly": options.assembly,
            "compress": options.compress,
        }
        if options.tiled:
            assert models is not None
            with Writer(output, options.kind, options.window, options.context, **common) as writer:
                tiler = tiles.Tiler(genome, models, options, account.windows)
                tiler.write(own, writer)
                account.introns.update(tiler.dinucleotides)
        else:
            sites = (
                promoters.starts(models, options)
                if tss_path is None
                else promoters.given(tss_path, genome, options, sources)
            )
            features = mrna.FEATURES if options.half_life else ()
            length, chroms = options.upstream + options.downstream, {region.chrom for region in own}
            with Writer(output, options.kind, length, 0, features, **common) as writer:
                promoters.write(genome, models, sites, regions, options, account.files, account.windows, writer, chroms)
        account.bases.update(genome.read)
    if part is None:
        account.refuse_none(writer.count, annotation_path or tss_path)
    else:
        windows.mark(output, part, account.record())
    return writer.count, account.tally(warn=part is None)


def join(paths: Sequence[str | Path], output: str | Path) -> tuple[int, Tally]:
    """Write the windows of a genome from parts of them in any order, and return their number and tally.

    Raises
    ------
    InputError : a file that is no part of a file of windows, or parts that do not make a whole
    """
    count, records = windows.join(paths, output, FACTS)
    account = Account()
    account.files.update(records[0]["files"])
    for record in records:
        account.windows.update(record["windows"])
        account.introns.update(record["introns"])
        account.bases.update(record["bases"])
    account.refuse_none(count, "parts")
    return count, account.tally()


_ROWS = [(str, str, str, int, str)]
FACTS = {"files": _ROWS, "windows": _ROWS, "introns": {str: int}, "bases": {str: int}}  # of an Account's record


@dataclass
class Account:
    """What was left out or is worth knowing: of the files, of the windows cut, the ends of introns, the bases read."""

    files: Tally = field(default_factory=Tally)
    windows: Tally = field(default_factory=Tally)
    introns: Counter[str] = field(default_factory=Counter)
    bases: Counter[str] = field(default_factory=Counter)

    def record(self) -> dict[str, Any]:
        """What a part tells of itself."""
        rows = {"files": self.files.listed(), "windows": self.windows.listed()}
        return {**rows, "introns": dict(self.introns), "bases": dict(self.bases)}

    def tally(self, warn: bool = True) -> Tally:
        """All of it as one."""
        whole = Tally()
        for each in (self.files, self.windows):
            whole.update(each.listed())
        for pair, count in sorted(self.introns.items(), key=lambda each: (-each[1], each[0])):
            whole.add("intron", pair, "kept", count)
        total, usual = sum(self.introns.values()), self.introns["GT-AG"]
        if warn and total >= 20 and usual < total / 2:
            console.say(f"only {usual} of {total} introns are GT-AG: are annotation and FASTA of the same assembly?")
        for name, count in self.bases.items():
            whole.add("base", name, "kept" if name == "lower case" else "as N", count)
        return whole

    def refuse_none(self, count: int, where: object) -> None:
        if not count:
            rows = [*self.files.listed(), *self.windows.listed()]
            reasons = [f"{times} {item}s skipped: {why}" for item, why, action, times, _ in rows if action == "skipped"]
            raise InputError("no windows are left", where, "; ".join(reasons) or "choose other regions or gene types")


def _models(path: str | Path, genome: Genome, options: Options, tally: Tally) -> Transcripts:
    """The chosen transcripts, their chromosomes named and numbered as in the genome."""
    models = transcripts.read(path)
    for reason, count in models.skipped.items():
        tally.add("annotation", reason, "kept" if "joined" in reason or "taken" in reason else "skipped", count)
    match = chromosomes.match(models.chroms, genome.sizes, path, partial=True)
    alone = [name for name in models.chroms if name not in match]
    tally.add("chromosome", "in the annotation alone", "skipped", len(alone), named(alone))
    numbers = {name: number for number, name in enumerate(genome.sizes)}
    known = np.array([numbers.get(match.get(name, ""), -1) for name in models.chroms])[models.chrom]
    models = models.take(known >= 0)
    models.chroms, models.chrom = list(genome.sizes), known[known >= 0]
    sizes = np.array(list(genome.sizes.values()))[models.chrom]
    if (outside := models.end > sizes).any():
        at = int(outside.argmax())
        chrom = models.chroms[models.chrom[at]]
        raise InputError(
            f"transcript {models.ids[at]!r} ends at {models.end[at]}, {chrom} has {sizes[at]} bases",
            f"{path}:{models.line[at]}",
            "give the FASTA of the annotation's assembly",
        )
    if options.gene_type:
        before = len(set(models.gene.tolist()))
        models = models.of_kinds(options.gene_type)
        tally.add("gene", "of other types", "skipped", before - len(set(models.gene.tolist())))
    before, models = len(models), models.choose(options.transcripts)
    tally.add("transcript", f"not the {options.transcripts} one of its gene", "skipped", before - len(models))
    if options.transcripts == "canonical":
        tally.add(
            "gene",
            "no transcript tagged MANE Select or canonical: the longest taken",
            "kept",
            int((models.rank == 0).sum()),
        )
    return models
