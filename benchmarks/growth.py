#!/usr/bin/env python3
"""How the time of each tool grows with its input: the same work on 1, 4 and 16 times as much.

Time is taken to be t = a + b nᵖ, with a for the start of Python and what a tool does once. Then
(t16 - t4) / (t4 - t1) = 4ᵖ, whatever a and b are: that p is the exponent, of the least processor seconds of all rounds.
Everything is generated, with signal planted in it; each tool reads what the tools before it wrote.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import genomes
import measure

COMMAND = "make benchmarks"
SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"
SIZES = (1, 4, 16)
TOLD = 1.2  # times the time of the first size
GENES, CHROMOSOMES = 4000, 6  # of the samples' genome
PARTS = 4  # of what is merged
PLAN = """\
question: Which of two models?
task: expression
data: {bins: generated, expression: generated}
split: {fold: "1", inner-folds: 2}
search: {architecture: [ridge, pls]}
metric: skill
budget: {trials: 2}
sampler: quasi-random
pruning: false
"""
Step = tuple[str, list[object]]


def script(name: str, *words: object, **options: object) -> list[object]:
    """A command line; an option of None is left out, one of a list has several words."""
    line: list[object] = [sys.executable, SCRIPTS / f"{name}.py", *words]
    for option, value in options.items():
        values = value if isinstance(value, list) else [value]
        line += [] if value is None else [f"--{option.replace('_', '-')}", *values]
    return line


def generate(folder: Path, n: int) -> None:
    """The inputs of size n."""
    import numpy as np
    import polars as pl

    rng = np.random.default_rng(n)
    some = list(genomes.genes(GENES, CHROMOSOMES, isoforms=1, intron=1000))
    sizes = genomes.write_gff3(folder / "genes.gff3", some)
    (folder / "sizes").write_text("".join(f"{name}\t{size}\n" for name, size in sizes.items()))
    names = list(sizes)
    starts = np.array([models[0][0][0] for _, _, _, models in some])
    chroms = np.array([names.index(chrom) for _, chrom, _, _ in some])
    for sample in range(8 * n):
        is_open = rng.random(GENES) < 0.5
        level = np.exp2(3 + 2 * is_open + rng.normal(size=GENES))
        table = {"gene_id": [f"gene{i}" for i in range(GENES)], "TPM": level * 1e6 / level.sum()}
        pl.DataFrame(table).write_csv(folder / f"{sample}.tsv", separator="\t")
        at = np.flatnonzero(is_open).repeat(10)
        start = np.maximum(starts[at] + rng.integers(-20_000, 20_000, len(at)), 0)
        order = np.lexsort((start, chroms[at]))
        peaks = {"chrom": pl.Series(names)[chroms[at][order]], "start": start[order], "end": start[order] + 300}
        pl.DataFrame(peaks).write_csv(folder / f"{sample}.bed", separator="\t", include_header=False)

    some = list(genomes.genes(1000 * n, CHROMOSOMES, seed=3, isoforms=1, gap=5000, intron=1000))
    sizes = genomes.write_gff3(folder / "large.gff3", some)
    genomes.write_genome(folder / "large.fa", sizes, index=True)
    some = list(genomes.genes(60 * n, CHROMOSOMES, seed=2, isoforms=1, gap=5000, intron=1000))
    sizes = genomes.write_gff3(folder / "models.gff3", some)
    genomes.write_genome(folder / "genome.fa", sizes, index=True, motifs=genomes.planted(some))
    with (folder / "variants.vcf").open("w") as file:
        file.write("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n")
        for _, chrom, _, (exons, *_) in some:
            file.write(f"{chrom}\t{exons[0][1] + 1}\t.\tG\tA\t.\t.\t.\n")
    sys.path.insert(0, str(SCRIPTS.parent / "test-data"))
    import make_weights

    for i in range(n):
        make_weights.spliceai(folder / f"network{i}.h5", channels=32, seed=i)
    (folder / "plan.yml").write_text(PLAN)
    values = {f"gene{i}": rng.normal(8, 1, 200 * n).round(3) for i in range(GENES // 2)}
    pl.DataFrame({"id": [f"gene{i}" for i in range(1000 * n)], "value": rng.normal(size=1000 * n)}).write_csv(
        folder / "levels.tsv", separator="\t"
    )
    kind = rng.integers(0, 3, 200 * n)
    for i in range(30):
        values[f"gene{i}"] = (values[f"gene{i}"] + (kind == i % 3)).round(3)
    head = {"id": [f"s{i}" for i in range(200 * n)], "kind": pl.Series(["a", "b", "c"])[kind]}
    pl.DataFrame(head | values).write_csv(folder / "kinds.csv")
    (folder / "landmarks.txt").write_text("".join(f"gene{i}\n" for i in range(200)))


def steps(folder: Path, n: int) -> Iterator[Step]:
    """What is measured, one after the other."""

    def at(name: str) -> Path:
        return folder / name

    def many(kind: str) -> list[Path]:
        return [at(f"{i}.{kind}") for i in range(8 * n)]

    trained = {"model": at("m.safetensors"), "predictions": at("p.tsv")}
    judged = trained | {"metrics": at("metrics.tsv")}
    yield "bin_peaks", script("bin_peaks", peaks=many("bed"), sizes=at("sizes"), output=at("bins.h5ad"))
    tables = {"tables": many("tsv"), "annotation": at("genes.gff3"), "output": at("rna.h5ad")}
    yield "assemble_expression", script("assemble_expression", "--log2", **tables)
    folds = {"method": "k-fold", "folds": 3, "output": at("folds.tsv")}
    yield "split_samples", script("split_samples", matrix=at("rna.h5ad"), **folds)
    both = {"bins": at("bins.h5ad"), "expression": at("rna.h5ad")}
    yield "train_model --task expression", script("train_model", split=at("folds.tsv"), **both, **trained)
    new = {"bins": at("bins.h5ad"), "predictions": at("new.tsv")}
    yield "predict_model of samples", script("predict_model", model=at("m.safetensors"), **new)
    at("study.jsonl").unlink(missing_ok=True)  # a log would be gone on with
    study = {"plan": at("plan.yml"), "log": at("study.jsonl"), "trials": at("trials.tsv")}
    yield "tune_model", script("tune_model", split=at("folds.tsv"), **both, **study)
    each, pieces = 8 * n // PARTS, [at(f"part{i}.h5ad") for i in range(PARTS)]
    for i, piece in enumerate(pieces):
        these: dict[str, object] = {
            "peaks": many("bed")[i * each : (i + 1) * each],
            "whole": [path.stem for path in many("bed")],
        }
        yield "", script("bin_peaks", **these, sizes=at("sizes"), output=piece)
    yield "merge_parts of a matrix", script("merge_parts", parts=pieces, output=at("merged.h5ad"))
    yield "plot_results of samples", script("plot_results", predictions=at("p.tsv"), report=at("report.html"))

    facts = {"matrix": at("kinds.csv"), "fact_columns": "kind", "orientation": "samples-in-rows", "unit": "log2"}
    yield "assemble_expression of a matrix", script("assemble_expression", **facts, output=at("kinds.h5ad"))
    part = {"method": "hold-out", "test_share": 0.25, "output": at("split.tsv")}
    yield "", script("split_samples", matrix=at("kinds.h5ad"), **part)
    audited = {"matrix": at("kinds.h5ad"), "split": at("split.tsv"), "findings": at("findings.tsv")}
    yield "audit_split of samples", script("audit_split", **audited, label="kind")
    own = {"task": "classes", "label": "kind", "split": at("split.tsv"), "matrix": at("kinds.h5ad")}
    yield "train_model --task classes", script("train_model", **own, **trained)
    new = {"model": at("m.safetensors"), "matrix": at("kinds.h5ad"), "predictions": at("new.tsv")}
    yield "predict_model of classes", script("predict_model", **new)
    yield (
        "plot_results of classes",
        script("plot_results", task="classes", predictions=at("p.tsv"), report=at("report.html")),
    )
    own = {
        "task": "targets",
        "expression": at("kinds.h5ad"),
        "landmarks": at("landmarks.txt"),
        "split": at("split.tsv"),
    }
    inferred = {"model": at("m.safetensors"), "predictions": at("p.h5ad"), "architecture": "ridge"}
    yield "train_model --task targets", script("train_model", **own, **inferred)
    new = {"model": at("m.safetensors"), "landmarks": at("kinds.h5ad"), "inferred": at("inferred.h5ad")}
    yield "predict_model of genes", script("predict_model", **new)
    report = {"predictions": at("p.h5ad"), "report": at("report.html")}
    yield "plot_results of genes", script("plot_results", task="targets", **report)

    cut: dict[str, object] = {"genome": at("large.fa"), "annotation": at("large.gff3"), "output": at("w.h5")}
    yield "extract_windows", script("extract_windows", **cut, strand="gene")
    yield "", script("split_genome", sizes=at("large.fa"), parts=PARTS, output=at("beds"))
    pieces = []
    for bed in sorted(at("beds").glob("*.bed")):
        pieces.append(bed.with_suffix(".h5"))
        yield "", script("extract_windows", **cut | {"output": pieces[-1]}, strand="gene", part=bed)
    yield "merge_parts of windows", script("merge_parts", parts=pieces, output=at("w.h5"))
    cut |= {"kind": "promoters", "output": at("promoters.h5"), "upstream": 1000, "downstream": 200}
    yield "extract_windows of promoters", script("extract_windows", **cut)
    cut = {"genome": at("genome.fa"), "annotation": at("models.gff3"), "output": at("w.h5")}
    yield "", script("extract_windows", **cut, strand="gene", context=80)
    parts = {"method": "explicit", "test_groups": "chr3", "validation_groups": "chr2", "output": at("split.tsv")}
    yield "split_samples of windows", script("split_samples", windows=at("w.h5"), **parts)
    audited = {"windows": at("w.h5"), "split": at("split.tsv"), "findings": at("findings.tsv")}
    yield "audit_split of windows", script("audit_split", **audited)
    splice = judged | {"model": at("splice.safetensors")}
    network = {"task": "boundaries", "context": 80, "channels": 8, "epochs": 1, "windows": at("w.h5")}
    yield "train_model --task boundaries", script("train_model", split=at("split.tsv"), **network, **splice)
    first = folder.with_name("x1") / "splice.safetensors"  # of another, more or fewer bases would be candidates
    whole = {"model": first, "genome": at("genome.fa")}
    wanted = {"tracks": at("tracks"), "sites": at("s.bed")}
    yield "predict_model of a genome, with tracks", script("predict_model", **whole, **wanted)
    yield "", script("split_genome", sizes=at("genome.fa"), parts=PARTS, output=at("stretches"))
    pieces = []
    for bed in sorted(at("stretches").glob("*.bed")):
        pieces.append(bed.with_suffix(".h5"))
        yield "", script("predict_model", **whole, part=bed, found=pieces[-1])
    yield "merge_parts of a prediction, with tracks", script("merge_parts", parts=pieces, **wanted)
    networks = [at(f"network{i}.h5") for i in range(n)]
    yield "import_model", script("import_model", weights=networks, model=at("imported.safetensors"))
    report = {"predictions": at("p.tsv"), "model": at("splice.safetensors"), "scores": at("metrics.tsv")}
    yield "plot_results of boundaries", script("plot_results", task="boundaries", **report, report=at("report.html"))
    scored = {"variants": at("variants.vcf"), "genome": at("genome.fa"), "annotation": at("models.gff3")}
    scored |= {"output": at("scored.vcf"), "table": at("scores.tsv")}
    yield "score_variants", script("score_variants", **scored, model=first)
    report = {"predictions": at("scores.tsv"), "report": at("report.html")}
    yield "plot_results of variants", script("plot_results", task="variants", **report)
    explained = {"windows": at("w.h5"), "count": 8 * n, "attributions": at("a.tsv"), "class": "donor"}
    yield "explain_model", script("explain_model", model=first, **explained)

    yield "", script("split_samples", windows=at("promoters.h5"), **parts)
    own = {"task": "activity", "windows": at("promoters.h5"), "expression": at("levels.tsv"), "epochs": 2}
    columns = {"id_column": "id", "value_column": "value"}
    yield "train_model --task activity", script("train_model", **own, **columns, split=at("split.tsv"), **judged)
    new = {"model": at("m.safetensors"), "windows": at("promoters.h5"), "predictions": at("new.tsv")}
    yield "predict_model of promoters", script("predict_model", **new)
    report = {"model": at("m.safetensors"), "predictions": at("p.tsv"), "scores": at("metrics.tsv")}
    yield "plot_results of promoters", script("plot_results", task="activity", **report, report=at("report.html"))


def exponent(costs: list[measure.Cost]) -> float:
    """Of the costs at the three sizes; nan where four times the input takes so little more that chance would tell it."""
    one, four, sixteen = (cost.seconds for cost in costs)
    told = four > TOLD * one and sixteen > TOLD * four
    return math.log((sixteen - four) / (four - one), 4) if told else math.nan


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="keep the generated files here, and use those that are here")
    parser.add_argument("--only", default="", help="measure steps whose names hold this; the others only run")
    args = parser.parse_args()
    costs: dict[str, list[list[measure.Cost]]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        for number in range(args.rounds):
            for n in SIZES:
                folder = (args.folder or Path(temporary)) / f"x{n}"
                if not folder.exists():
                    folder.mkdir(parents=True)
                    generate(folder, n)
                for name, command in steps(folder, n):
                    cost = measure.run(command)
                    if name and args.only in name:
                        costs.setdefault(name, [[] for _ in range(args.rounds)])[number].append(cost)
                        print(f"x{n:<3} {name:<36} {cost.seconds:8.2f} s {cost.megabytes:8.0f} MB", flush=True)
    for name, rounds in costs.items():
        entries = [measure.entry(f"growth.{name}.peak_mb", [each[-1].megabytes for each in rounds], "MB", COMMAND)]
        least = [min(each) for each in zip(*rounds, strict=True)]  # of each size: others on the machine only add to it
        if not math.isnan(power := exponent(least)):
            entries.append(measure.entry(f"growth.{name}", [power], "exponent", COMMAND) | {"n": args.rounds})
        measure.record(entries, stale=[f"growth.{name}"])


if __name__ == "__main__":
    main()
