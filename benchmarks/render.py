#!/usr/bin/env python3
"""Put the table of results.json into the README here."""

from __future__ import annotations

from pathlib import Path

import publish

HERE = Path(__file__).resolve().parent
# name → (what it says, what it should reach)
ROWS = {
    "bin_peaks.vs.bedtools_intersect": ("bin_peaks: times faster than `bedtools intersect -c`", "≥ 40"),
    "bin_peaks.vs.bedtools_map": ("times faster than `bedtools map`", "≥ 50"),
    "bin_peaks_overlap.vs.bedtools_intersect": (
        "the same with `--assign overlap --value count`, bedtools' own task",
        "–",
    ),
    "bin_peaks.vs.polars_parse": ("polars' parse of all columns over bin_peaks", "≥ 0.5"),
    "bin_peaks.of_limit": ("bin_peaks over `cat` of the files", "≤ 20"),
    "bin_peaks.peak_mb": ("bin_peaks: peak memory, MiB", "≤ 477"),
    "assemble_expression.vs.pandas_concat": ("assemble_expression: times faster than pandas concat", "≥ 10"),
    "assemble_expression.vs.pandas_usecols": ("the same, pandas reading two columns", "≥ 4"),
    "assemble_expression.of_limit": ("assemble_expression over `cat` of the files", "≤ 20"),
    "assemble_expression.peak_mb": ("assemble_expression: peak memory, MiB", "≤ 286"),
    "exon_table.vs.pandas": ("GTF to exon table: times faster than pandas", "≥ 3"),
    "exon_table.vs.pyranges": ("the same, pyranges reading it", "≥ 10"),
    "exon_table.peak_mb": ("the same: peak memory, MiB", "≤ 286"),
    "exon_table.of_limit": ("the same over `cat` of the file", "≤ 10"),
    "extract_windows.vs.openspliceai": ("extract_windows: times faster than OpenSpliceAI's data step", "≥ 100"),
    "extract_windows.peak_mb": ("extract_windows of a chromosome of 250 Mb: peak memory, MiB", "–"),
    "codes.of_limit": ("FASTA to base codes over reading it", "≤ 4"),
    "one_hot.of_limit": ("one-hot over copying as many bytes", "≤ 1.5"),
    **{
        name: row
        for context in ("400", "2000", "10000")
        for name, row in {
            f"train_{context}.of_sgemm": (f"training step, {context} of context: share of the matrix product", "≥ 0.4"),
            f"predict_{context}.of_sgemm": ("prediction of a chromosome by it: the same share", "≥ 0.5"),
            f"predict_{context}.int8": ("the same in 8-bit integers: times faster than in single precision", "≥ 1.5"),
            f"train_{context}.loading": ("share of its training step that goes into the batch", "≤ 0.05"),
        }.items()
    },
    "landmarks.vs.linear_regression": (
        "ridge of 9,520 genes on 943 landmarks, 20,000 samples: times faster than scikit-learn's LinearRegression gene by gene",
        "≥ 20",
    ),
    "landmarks.over_solver": ("the same, penalty chosen, over SciPy's one factorisation without a choice", "≤ 1.2"),
    "train_targets_20k.peak_mb": ("train_model --task targets on 20,000 samples: peak memory, MiB", "–"),
    "train_targets_20k.seconds": ("the same: seconds", "–"),
    "extract_promoters.seconds": ("20,000 promoters of 10,500 bases from an indexed genome: seconds", "≤ 10"),
    "extract_promoters.peak_mb": ("the same: peak memory, MiB", "–"),
    "predict_promoters.of_sgemm": ("scoring them with Xpresso's network: share of the matrix product", "≥ 0.5"),
    "train_promoters.of_sgemm": ("training step of that network: the same share", "≥ 0.4"),
    "train_promoters.loading": ("share of its training step that goes into the batch", "≤ 0.05"),
    "bigwig.of_limit": ("bigWig over pyBigWig alone", "≤ 1.2"),
    "bigwig_dense.of_limit": ("the same where no base is zero", "≤ 1.2"),
    "bedgraph.vs.formatting": ("bedGraph: times faster than a loop that formats lines", "≥ 5"),
    "bedgraph_dense.vs.formatting": ("the same where no base is zero", "≥ 5"),
    "predict_chromosome.peak_mb": ("predict_model on 250 Mb: peak memory, MiB", "≤ 1907"),
    "predict_chromosome.seconds": ("the same: seconds", "–"),
    "score_variants.vs.spliceai": ("score_variants, one variant a kb: times faster than SpliceAI's own", "≥ 5"),
    "score_variants.per_hour": ("the same: alleles an hour on one core", "–"),
    "score_variants.peak_mb": ("the same: peak memory, MiB", "≤ 1907"),
    "score_variants_spread.vs.spliceai": ("the same, variants far apart: times faster", "≥ 5"),
    "score_variants_spread.per_hour": ("the same: alleles an hour on one core", "–"),
    "score_variants_spread.peak_mb": ("the same: peak memory, MiB", "≤ 1907"),
    "mutagenesis_10000.vs.one_by_one": (
        "mutagenesis of 10 kb around a splice site: times faster than one by one",
        "≥ 20",
    ),
    "mutagenesis_10000.difference": ("the same: largest difference of a score", "≤ 1e-05"),
    "mutagenesis_promoter.vs.one_by_one": ("mutagenesis of a promoter of 10,500 bases: times faster", "–"),
    "mutagenesis_promoter.difference": ("the same: largest difference of a score", "≤ 1e-05"),
}


def render() -> dict[Path, str]:
    """The README with the tables of results.json: path → text."""
    results = publish.read(HERE / "results.json")
    rows = [
        [text, f"{r['value']:g} ({r['low']:g} to {r['high']:g})" if (r := results.get(name)) else "–", aim]
        for name, (text, aim) in ROWS.items()
    ]
    whole = [name.removesuffix(".peak_mb") for name in results if name.endswith(".peak_mb")]
    growth = [
        [
            name.partition(".")[2],
            f"{r['value']:.2f}" if (r := results.get(name)) else "–",
            f"{results[f'{name}.peak_mb']['value']:.0f}",
        ]
        for name in whole
        if name.startswith("growth.")
    ]
    largest = [
        [name.partition(".")[2], *(f"{results[f'{name}.{each}']['value']:g}" for each in ("peak_mb", "seconds"))]
        for name in whole
        if name.startswith("out_of_core.")
    ]
    blocks = {
        "out_of_core": publish.table(["work", "peak memory, MiB", "processor seconds"], largest),
        "results": publish.table(["", "measured", "aim"], rows),
        "growth": publish.table(["work", "exponent", "MiB at ×16"], growth),
    }
    return {HERE / "README.md": publish.insert(HERE / "README.md", blocks)}


if __name__ == "__main__":
    for path, text in render().items():
        path.write_text(text)
