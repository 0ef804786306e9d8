"""From a genome and its annotation to a file of windows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError, named
from . import chromosomes, mrna, promoters, tiles, transcripts
from .choices import Options, Tally
from .genome import Genome
from .transcripts import Transcripts
from .windows import Writer


def extract(genome_path: str | Path, annotation_path: str | Path | None, tss_path: str | Path | None, options: Options,
            output: str | Path) -> tuple[int, Tally]:
    """Write the windows of a genome.

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
    tally = Tally()
    with Genome(genome_path) as genome:
        regions = chromosomes.merge([chromosomes.parse_region(r, genome.sizes) for r in options.region], genome.sizes)
        models = None if annotation_path is None else _models(annotation_path, genome, options, tally)
        sources = {"genome": genome.digest} | ({} if models is None else {"annotation": models.digest})
        common: dict[str, Any] = {"settings": options.settings(), "sources": sources, "assembly": options.assembly,
                  "compress": options.compress}
        if options.tiled:
            assert models is not None
            with Writer(output, options.kind, options.window, options.context, **common) as writer:
                tiles.Tiler(genome, models, options, tally).write(regions, writer)
        else:
            sites = (promoters.starts(models, options) if tss_path is None else
                     promoters.given(tss_path, genome, options, sources))
            features = mrna.FEATURES if options.half_life else ()
            with Writer(output, options.kind, options.upstream + options.downstream, 0, features, **common) as writer:
                promoters.write(genome, models, sites, regions, options, tally, writer)
        for name, count in genome.read.items():
            tally.add("base", name, "kept" if name == "lower case" else "as N", count)
    if not writer.count:
        raise InputError("no windows are left", annotation_path or tss_path, "; ".join(
            f"{count} {item}s skipped: {reason}" for (item, reason, action), (count, _) in tally.rows.items()
            if action == "skipped") or "choose other regions or gene types")
    return writer.count, tally


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
        raise InputError(f"transcript {models.ids[at]!r} ends at {models.end[at]}, {chrom} has {sizes[at]} bases",
                         f"{path}:{models.line[at]}", "give the FASTA of the annotation's assembly")
    if options.gene_type:
        before = len(set(models.gene.tolist()))
        models = models.of_kinds(options.gene_type)
        tally.add("gene", "of other types", "skipped", before - len(set(models.gene.tolist())))
    before, models = len(models), models.choose(options.transcripts)
    tally.add("transcript", f"not the {options.transcripts} one of its gene", "skipped", before - len(models))
    if options.transcripts == "canonical":
        tally.add("gene", "no transcript tagged MANE Select or canonical: the longest taken", "kept",
                  int((models.rank == 0).sum()))
    return models
