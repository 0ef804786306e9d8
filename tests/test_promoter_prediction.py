"""promoter-prediction: what an author would have published is found again, and observations go with it, unless permuted."""

from __future__ import annotations

import runpy

import numpy as np
import pytest

from .test_cwl import DATA, ROOT, absolute, cwltool, file, load, rows  # noqa: F401

FOLDER = ROOT / "workflows" / "promoter-prediction"
PUBLISHED = DATA / "published"


@pytest.fixture(scope="module")
def demo(cwltool, tmp_path_factory):  # noqa: F811
    """The outputs of the demo."""
    done, outputs = cwltool(FOLDER / "promoter-prediction.cwl", FOLDER / "job.yml", tmp_path_factory.mktemp("demo"))
    assert done.returncode == 0, done.stderr
    return outputs


def measured(path):
    return {row["metric"]: row for row in reversed(rows(path))}


def test_every_output_is_there(demo):
    outputs = load(FOLDER / "promoter-prediction.cwl")["outputs"]
    assert demo.keys() == outputs.keys()
    assert len({path.name for path in demo.values()}) == len(outputs)
    assert "<script" not in demo["observed_report"].read_text()


def test_published_predictions_are_found_again(demo):
    found = measured(demo["published_metrics"])
    assert float(found["r2"]["value"]) > 0.999999 and found["r2"]["n"] == "48"
    assert float(found["largest_difference"]["value"]) < 1e-6
    assert float(found["ids_unmatched"]["value"]) == 0
    pairs = rows(demo["published_pairs"])
    assert pairs[0]["id"] == "chr1:900:11400:-" and pairs[0]["name"] == "ENSG99000000002"
    assert [row["name"] for row in pairs if row["marked"] == "1"] == ["ENSG99000000005"]


def test_observations_go_with_both(demo):
    own, theirs = measured(demo["observed_metrics"]), measured(demo["both_metrics"])
    assert own["r2"]["value"] == theirs["r2"]["value"] and own["r2"]["n"] == theirs["r2"]["n"] == "42"
    assert float(own["r2"]["low"]) > 0.6
    observed = {row["id"]: float(row["compared"]) for row in rows(demo["observed_pairs"])}
    values = {
        name.partition(".")[0]: float(value)
        for name, value in (line.split("\t") for line in (PUBLISHED / "observed.tsv").read_text().splitlines()[1:])
    }
    assert observed == pytest.approx(values, abs=1e-5)


def test_permuted_observations_do_not(demo, tmp_path, run_script):
    header, *lines = (line.split("\t") for line in (PUBLISHED / "observed.tsv").read_text().splitlines())
    values = np.random.default_rng(1).permutation([value for _, value in lines])
    table = [header, *([name, value] for (name, _), value in zip(lines, values, strict=True))]
    (tmp_path / "o.tsv").write_text("".join("\t".join(row) + "\n" for row in table))
    words = ["--predictions", demo["predictions"], "--compare", tmp_path / "o.tsv", "--compare-value-column", "median"]
    done = run_script("plot_results", "--task", "comparison", *words, "--metrics", tmp_path / "m.tsv")
    assert done.returncode == 0, done.stderr
    found = measured(tmp_path / "m.tsv")
    assert float(found["r"]["low"]) < 0 < float(found["r"]["high"]) and float(found["r2"]["value"]) < 0.2


def test_tables_of_another_genome_are_refused(cwltool, tmp_path):  # noqa: F811
    job = absolute(load(FOLDER / "job.yml"), FOLDER)
    lines = (PUBLISHED / "predictions.tsv").read_text().replace("\nchr", "\nscaffold")
    (tmp_path / "p.tsv").write_text(lines)
    done, outputs = cwltool(
        FOLDER / "promoter-prediction.cwl", job | {"published": file(tmp_path / "p.tsv", 3475)}, tmp_path
    )
    assert done.returncode != 0 and "has none of the ids" in done.stderr and "scaffold1:900:11400:-" in done.stderr
    assert "published_report" not in outputs


def test_the_genome_is_made_again_the_same():
    made = runpy.run_path(str(DATA / "make_published.py"))
    fasta, bed = made["genome"](np.random.RandomState(7))
    assert (PUBLISHED / "genome.fa").read_text() == fasta and (PUBLISHED / "promoters.bed").read_text() == bed
