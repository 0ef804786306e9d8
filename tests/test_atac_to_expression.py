"""The main job from files to verdict: on the planted demo, with its pairing permuted, and on real blood populations."""

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DEMO, BLOOD = ROOT / "test-data", ROOT / "workflows" / "atac-to-expression"


@pytest.fixture(scope="module")
def run(run_script):
    def checked(name, *arguments):
        result = run_script(name, *arguments)
        assert result.returncode == 0, result.stderr
        return result

    return checked


@pytest.fixture(scope="module")
def demo(run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    run(
        "bin_peaks",
        "--peaks",
        *sorted((DEMO / "peaks").iterdir()),
        "--sizes",
        DEMO / "genome.sizes",
        "--value",
        "max-signal",
        "--output",
        folder / "bins.h5ad",
    )
    run(
        "split_samples",
        "--samples",
        DEMO / "samples.tsv",
        "--group",
        "donor",
        "--method",
        "leave-one-group-out",
        "--validation-share",
        0.2,
        "--output",
        folder / "split.tsv",
    )
    run(
        "assemble_expression",
        "--tables",
        *sorted((DEMO / "expression").iterdir()),
        "--annotation",
        DEMO / "genes.gtf",
        "--log2",
        "--output",
        folder / "true.h5ad",
    )
    run(
        "assemble_expression",
        "--matrix",
        DEMO / "expression_permuted.tsv",
        "--unit",
        "TPM",
        "--annotation",
        DEMO / "genes.gtf",
        "--log2",
        "--output",
        folder / "permuted.h5ad",
    )
    return folder


def judge(run, folder, expression, *options):
    """Train, write the report, and return metric → model → value with the report's text."""
    run(
        "train_model",
        "--bins",
        folder / "bins.h5ad",
        "--expression",
        folder / expression,
        "--split",
        folder / "split.tsv",
        "--transform",
        "log",
        "--model",
        folder / "model.safetensors",
        "--predictions",
        folder / "predictions.tsv",
        "--permutations",
        40,
        "--permutation-table",
        folder / "permutations.tsv",
        *options,
    )
    run(
        "plot_results",
        "--predictions",
        folder / "predictions.tsv",
        "--permutations",
        folder / "permutations.tsv",
        "--split",
        folder / "split.tsv",
        "--model",
        folder / "model.safetensors",
        "--report",
        folder / "report.html",
        "--metrics-json",
        folder / "metrics.json",
        "--bootstrap",
        200,
    )
    values = {}
    for row in json.loads((folder / "metrics.json").read_text()):
        values.setdefault(row["metric"], {})[row["model"]] = row
    return values, (folder / "report.html").read_text()


def test_planted_relation_is_found(run, demo):
    values, page = judge(run, demo, "true.h5ad", "--architecture", "gene-centred", "--compare", "mlp")
    for model in ("gene-centred", "ridge", "mlp"):
        assert values["skill"][model]["value"] > 0.3, model
        assert values["skill"][model]["low"] > 0, model
    assert values["skill_p"]["gene-centred"]["value"] < 0.05
    assert "no better than the mean of the training samples" not in page


@pytest.mark.parametrize("architecture", ["gene-centred", "ridge"])
def test_permuted_pairing_is_no_better_than_the_mean(run, demo, architecture):
    values, page = judge(run, demo, "permuted.h5ad", "--architecture", architecture)
    assert values["skill"][architecture]["value"] < 0.1
    assert values["skill_p"][architecture]["value"] > 0.05
    assert "no better than the mean of the training samples" in page


@pytest.mark.parametrize(("method", "skill"), [("lineage", 0.15), ("leave-one-out", 0.40)])
def test_blood_populations(run, real_data, tmp_path, method, skill):
    """The figures that the README of the workflow promises, with a bootstrap bound above 0 and ahead of the baselines."""
    data = real_data("atac_blood")
    run(
        "bin_peaks",
        "--peaks",
        *sorted((data / "peaks").iterdir()),
        "--sizes",
        BLOOD / "hg19.sizes",
        "--assign",
        "summit",
        "--value",
        "max-signal",
        "--output",
        tmp_path / "bins.h5ad",
    )
    run(
        "assemble_expression",
        "--matrix",
        data / "rna_counts.tsv.gz",
        "--sheet",
        BLOOD / "blood.tsv",
        "--unlisted",
        "drop",
        "--annotation",
        data / "refGene_hg19_TSS.bed.gz",
        "--scale",
        "cpm",
        "--log2",
        "--min-max",
        1,
        "--duplicates",
        "sum",
        "--output",
        tmp_path / "expression.h5ad",
    )
    how = ["leave-one-group-out", "--group", "lineage"] if method == "lineage" else [method]
    run("split_samples", "--samples", BLOOD / "blood.tsv", "--method", *how, "--output", tmp_path / "split.tsv")
    run(
        "train_model",
        "--bins",
        tmp_path / "bins.h5ad",
        "--expression",
        tmp_path / "expression.h5ad",
        "--split",
        tmp_path / "split.tsv",
        "--model",
        tmp_path / "model.safetensors",
        "--predictions",
        tmp_path / "predictions.tsv",
    )
    run(
        "plot_results",
        "--predictions",
        tmp_path / "predictions.tsv",
        "--split",
        tmp_path / "split.tsv",
        "--metrics-json",
        tmp_path / "metrics.json",
        "--model-name",
        "gene-centred",
    )
    rows = {(row["metric"], row["model"]): row for row in json.loads((tmp_path / "metrics.json").read_text())}
    assert rows["skill", "gene-centred"]["value"] >= skill
    assert rows["skill", "gene-centred"]["low"] > 0
    for baseline in ("knn", "kernel-ridge"):
        assert rows["skill", "gene-centred"]["value"] > rows["skill", baseline]["value"]
