#!/usr/bin/env python3
"""The results with published weights: GENLOOM_TEST_DATA=FOLDER make results-variant-splicing.

Judges SpliceAI's weights on the human pieces (FOLDER/splice_human), holds OpenSpliceAI's (FOLDER/pretrained) against the
authors' own package and Xpresso's (FOLDER/xpresso) against the published predictions, and writes results.json and the
tables of the README. The agreement of variant scores with the package `spliceai`, and how much faster they come, are the
entries of `make benchmarks-score-variants`. `GENLOOM_RESULTS=FOLDER` keeps what is made.
"""

from __future__ import annotations

import gzip
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
RESULTS = HERE / "results.json"
sys.path[:0] = [str(ROOT / "benchmarks"), str(ROOT / "scripts"), str(ROOT)]
import publish  # noqa: E402

COMMAND = "make results-variant-splicing"
CUTS = 50_000  # bases of each piece that OpenSpliceAI is run on, both strands
# the pieces of chromosomes → what SpliceAI's authors did with that chromosome
PIECES = {
    "hg19_chr3_41999999": ("chr3", "tested on"),
    "hg38_chr2_0_2333275": ("chr2", "trained on"),
    "hg19_chr4_102999999": ("chr4", "trained on"),
    "hg19_chr22_20000000": ("chr22", "trained on"),
}
MEASURES = {"topk": "top_k", "pr_auc": "pr_auc"}


class Work:
    """A folder of intermediate files."""

    def __init__(self, folder: Path, data: Path):
        self.folder, self.data = folder, data

    def model(self, name: str, *weights: Path) -> Path:
        path = self.folder / f"{name}.safetensors"
        publish.run("import_model", "--weights", *weights, "--model", path)
        return path

    def joined(self, kind: str) -> Path:
        """The human pieces as one genome (fa) or one annotation (gtf)."""
        path = self.folder / f"human.{kind}"
        with path.open("wb") as out:
            for piece in sorted((self.data / "splice_human").glob(f"*.{kind}.gz")):
                out.write(gzip.decompress(piece.read_bytes()))
        return path


def spliceai(work: Work) -> Iterator[publish.Entry]:
    """The five networks on the windows with a gene, bases outside genes shown as N, as the authors had it; and the same
    in 8-bit integers."""
    import numpy as np

    from genloom.formats import modelfile
    from genloom.formats.windows import Windows
    from genloom.learning import boundaries, sites

    path, windows_path = work.model("spliceai", *_weights()), work.folder / "human.h5"
    cut = ("--context", 10_000, "--strand", "gene", "--flank", "N")
    files = ("--genome", work.joined("fa"), "--annotation", work.joined("gtf"), "--output", windows_path)
    publish.run("extract_windows", *cut, *files)
    card, arrays = modelfile.read(path)
    model = boundaries.restore(card, arrays, path)
    with Windows(windows_path, "boundaries") as windows:
        rounded = model.rounded(boundaries.spread(windows, model.context))
        every = np.arange(len(windows))
        judged = {
            name: boundaries.judge({name: each}, windows, every)[name]
            for name, each in (("network", model), ("int8", rounded))
        }
        chroms, genes = windows.table["chrom"], windows.table["gene"].tolist()
        parts = {"": ("network", every), ".int8": ("int8", every)}
        parts |= {f".{name}": ("network", np.flatnonzero(chroms == piece)) for piece, (name, _) in PIECES.items()}
        for suffix, (name, rows) in parts.items():
            some = {site: each.of(np.isin(every, rows)) for site, each in judged[name].items()}
            metrics = sites.measure(name, some, model.thresholds or {}, rows, genes, windows.window)
            for measure, metric in MEASURES.items():
                m = next(each for each in metrics if each.metric == metric)
                yield publish.entry(f"spliceai.human.{measure}{suffix}", m.value, m.low, m.high, m.n, "", COMMAND)


def openspliceai(work: Work) -> Iterator[publish.Entry]:
    """predict_model beside the authors' own function, on the same bases of each piece, for each of the three contexts."""
    from genloom.formats.genome import Genome

    worst = bases = 0
    genome_path = work.joined("fa")
    for weights in sorted((work.data / "pretrained" / "openspliceai").glob("*.pt")):
        context = int(weights.name.split("_")[1].removesuffix("nt"))
        model = work.model(f"openspliceai_{context}", weights)
        with Genome(genome_path) as genome:
            for chrom, start in _stretches(work):
                ours = _predicted(work, model, genome_path, chrom, start)
                for strand in "+-":
                    gap, count = _apart(
                        ours, _theirs(genome, weights, context, chrom, start, strand), chrom, start, strand
                    )
                    worst, bases = max(worst, gap), bases + count
    yield publish.entry("openspliceai.max_difference", worst, None, None, bases, "probability", COMMAND)


def _stretches(work: Work) -> Iterator[tuple[str, int]]:
    """Of each piece, where the gene with the most exons begins."""
    from genloom.formats import genebodies

    for piece in PIECES:
        genes = genebodies.read(work.data / "splice_human" / f"{piece}.gtf.gz")
        most = max(range(len(genes.names)), key=lambda i: len(genes.exons[i]))
        yield genes.chroms[most], int(genes.start[most])


def _predicted(work: Work, model: Path, genome: Path, chrom: str, start: int) -> dict[tuple[str, str], float]:
    """(place, class) → probability, of all bases that predict_model writes."""
    import csv

    windows, table = work.folder / "stretch.h5", work.folder / "stretch.tsv"
    region = ("--region", f"{chrom}:{start + 1}-{start + CUTS}", "--annotation", work.joined("gtf"))
    publish.run("extract_windows", "--genome", genome, *region, "--max-n", 1, "--output", windows)
    publish.run("predict_model", "--model", model, "--windows", windows, "--predictions", table)
    with table.open() as file:
        return {(row["id"], row["target"]): float(row["predicted"]) for row in csv.DictReader(file, delimiter="\t")}


def _theirs(genome, weights: Path, context: int, chrom: str, start: int, strand: str):
    """(bases, 3) probabilities of the package's function, in the order of the strand; its flanks are real."""
    import contextlib

    from openspliceai.predict.predict import predict

    from genloom.formats.genome import decode
    from genloom.models import splice

    codes = genome.fetch(chrom, start - context // 2, start + CUTS + context // 2)
    codes = codes if strand == "+" else splice.reverse_complement(codes)
    with contextlib.redirect_stdout(sys.stderr):
        found = predict(decode(codes), str(weights), context).numpy()
    return found[context // 2 : context // 2 + CUTS]


def _apart(ours: dict[tuple[str, str], float], theirs, chrom: str, start: int, strand: str) -> tuple[float, int]:
    """The largest difference, and over how many bases; a base that predict_model leaves out has less than 0.01."""
    from genloom.learning import sites

    worst, bases = 0.0, 0
    for site, column in sites.SITES.items():
        for at, probability in enumerate(theirs[:, column].tolist()):
            base = start + at if strand == "+" else start + CUTS - 1 - at
            own = ours.get((f"{chrom}:{base}:{strand}", site))
            bases += own is not None
            worst = max(worst, max(probability - sites.LEAST, 0) if own is None else abs(own - probability))
    return worst, bases


def xpresso(work: Work) -> Iterator[publish.Entry]:
    """predict_model beside the published predictions, of every promoter that lies whole in the piece of hg38."""
    import polars as pl

    piece = work.data / "splice_human" / "hg38_chr2_0_2333275.fa.gz"  # from the first base of chr2 on
    genome, windows, table = (work.folder / name for name in ("chr2.fa", "promoters.h5", "promoters.tsv"))
    _, _, sequence = gzip.decompress(piece.read_bytes()).partition(b"\n")
    genome.write_bytes(b">chr2\n" + sequence)
    model = work.model("xpresso", *(work.data / "xpresso").glob("*.h5"))
    bed = work.data / "xpresso" / "hg38_promoters_10500.bed.gz"
    cut = ("--kind", "promoters", "--genome", genome, "--tss", bed, "--region", "chr2", "--max-n", 0)
    publish.run("extract_windows", *cut, "--output", windows)
    publish.run("predict_model", "--model", model, "--windows", windows, "--predictions", table)
    place = ["chrom", "start", "end", "strand"]
    header = ["chrom", "start", "end", "id", "score", "strand"]
    promoters = pl.read_csv(bed, separator="\t", has_header=False, new_columns=header)
    published = pl.read_csv(work.data / "xpresso" / "published_predictions.tsv.gz", separator="\t")
    names = {f"metadata/ranges/{'chr' if name == 'chrom' else name}": name for name in place}
    published = published.rename({**names, "preds/expression_pred": "published"}).unique(place)
    both = pl.read_csv(table, separator="\t").join(promoters, on="id").join(published, on=place)
    gap = (both["predicted"] - both["published"]).abs().max()
    yield publish.entry("xpresso.max_difference", float(gap), None, None, len(both), "standardised log10 RPKM", COMMAND)  # type: ignore[arg-type]


def _weights() -> list[Path]:
    """SpliceAI's five files."""
    import pytest
    from tests import published

    try:
        return published.spliceai()
    except pytest.skip.Exception as missing:
        raise SystemExit(str(missing)) from None


def merged(entries: list[publish.Entry], known: list[publish.Entry]) -> list[publish.Entry]:
    """The entries of this command, with those of others that the file holds."""
    return [*entries, *(each for each in known if each["command"] != COMMAND)]


def blocks(results: dict[str, publish.Entry]) -> dict[str, str]:
    """The tables of the README."""
    human = [["all four pieces", *_human(results, "")], ["the same in 8-bit integers", *_human(results, ".int8")]]
    human += [[f"{name}, {what} by its authors", *_human(results, f".{name}")] for name, what in PIECES.values()]
    human += [["published, genes of chr1, 3, 5, 7, 9", "", "0.95", "0.98"]]
    agreement = results.get("spliceai.agreement")
    share = f"{100 * agreement['value']:.4g}% equal" if agreement else "–"
    parity = [
        ["SpliceAI", "variants: four scores to 0.01, four positions", share, _n(agreement), "100%"],
        ["OpenSpliceAI", "bases: the authors' own function", *_gap(results.get("openspliceai.max_difference"))],
        ["Xpresso", "promoters: the published predictions", *_gap(results.get("xpresso.max_difference"))],
    ]
    return {
        "human": publish.table(["windows of", "sites", "top-k", "PR-AUC"], human),
        "parity": publish.table(["weights", "held against", "largest difference", "number", "aim"], parity),
    }


def _human(results: dict[str, publish.Entry], suffix: str) -> list[str]:
    found = [results.get(f"spliceai.human.{name}{suffix}") for name in MEASURES]
    return [_n(found[0]), *(publish.cell(each) for each in found)]


def _gap(entry: publish.Entry | None) -> list[str]:
    return [f"{entry['value']:.1e}" if entry else "–", _n(entry), "1e-4"]


def _n(entry: publish.Entry | None) -> str:
    return f"{entry['n']:,}" if entry else "–"


def render() -> dict[Path, str]:
    """The README with the tables of results.json: path → text."""
    results = publish.read(RESULTS) if RESULTS.exists() else {}
    readme = HERE / "README.md"
    return {readme: publish.insert(readme, blocks(results))}


def main() -> None:
    data = Path(os.environ.get("GENLOOM_TEST_DATA", ""))
    if missing := [
        name for name in ("splice_human", "pretrained/openspliceai", "xpresso") if not (data / name).is_dir()
    ]:
        raise SystemExit(
            f"set GENLOOM_TEST_DATA to a folder that holds {', '.join(missing)}; see the README of this workflow"
        )
    from genloom import console

    console.limit_threads(1)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(os.environ.get("GENLOOM_RESULTS") or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        work = Work(folder, data)
        entries = [entry for task in (xpresso, openspliceai, spliceai) for entry in task(work)]
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else []
    publish.write(merged(entries, known), RESULTS)
    for path, text in render().items():
        path.write_text(text)


if __name__ == "__main__":
    main()
