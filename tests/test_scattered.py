"""Workflows that spread their work over jobs give what one job gives, to the byte; when one job fails there is no result."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

import bin_peaks
import extract_windows
import predict_model
import score_variants
from genloom.formats import modelfile, studylog

from .test_cwl import DATA, ROOT, absolute, cwltool, file, load
from .test_merge_parts import FEEDER, GENES, GENOME, MODEL, content, run

__all__ = ["cwltool"]  # a fixture


def scattered(cwltool, name: str, folder: Path, **more: object):
    where = ROOT / "workflows" / f"{name}-scattered"
    folder.mkdir()
    done, outputs = cwltool(where / f"{name}-scattered.cwl", absolute(load(where / "job.yml"), where) | more, folder)
    if done.returncode == 0:
        assert outputs.keys() == load(where / f"{name}-scattered.cwl")["outputs"].keys()
    return done, outputs


def test_samples(cwltool, tmp_path):
    done, outputs = scattered(cwltool, "bin-peaks", tmp_path / "parts")
    assert done.returncode == 0, done.stderr
    job = load(ROOT / "workflows" / "bin-peaks-scattered" / "job.yml")
    peaks = [DATA / "peaks" / Path(each["path"]).name for each in job["peaks"]]
    words = ["--peaks", *peaks, "--names", *job["peak_names"], "--sheet", DATA / "samples.tsv"]
    words += ["--sizes", DATA / "genome.sizes", "--value", "max-signal", "--normalise", "quantile"]
    run(bin_peaks, *words, "--output", tmp_path / "w.h5ad", "--summary", tmp_path / "w.tsv")
    assert content(outputs["bins"]) == content(tmp_path / "w.h5ad")
    assert outputs["peak_summary"].read_bytes() == (tmp_path / "w.tsv").read_bytes()


def test_when_one_sample_fails_there_is_no_matrix(cwltool, tmp_path):
    bad = tmp_path / "bad.narrowPeak"
    bad.write_text("chr1\t20\t10\tx\t0\t.\t1\t1\t1\t5\n")
    job = load(ROOT / "workflows" / "bin-peaks-scattered" / "job.yml")
    peaks = [file(DATA / "peaks" / Path(each["path"]).name, 3003) for each in job["peaks"]]
    peaks[2] = file(bad, 3003)
    done, outputs = scattered(cwltool, "bin-peaks", tmp_path / "parts", peaks=peaks)
    assert done.returncode != 0 and not outputs
    assert "genloom-bin-peaks: error:" in done.stderr and not list((tmp_path / "parts").glob("*.h5ad"))
    assert "[step join] start" not in done.stderr


def test_chromosomes_cut_into_windows(cwltool, tmp_path):
    done, outputs = scattered(cwltool, "extract-windows", tmp_path / "parts")
    assert done.returncode == 0, done.stderr
    words = ["--genome", GENOME, "--annotation", GENES, "--window", 250, "--context", 80, "--empty-share", 0.5]
    run(extract_windows, *words, "--output", tmp_path / "w.h5", "--summary", tmp_path / "w.tsv")
    assert content(outputs["windows"]) == content(tmp_path / "w.h5")
    assert outputs["summary"].read_bytes() == (tmp_path / "w.tsv").read_bytes()


def test_chromosomes_predicted(cwltool, tmp_path):
    done, outputs = scattered(cwltool, "annotate-boundaries", tmp_path / "parts")
    assert done.returncode == 0, done.stderr
    names = {"sites": "s.bed", "introns": "i.gff3", "tracks": "t", "summary": "s.tsv"}
    words = [word for name, path in names.items() for word in (f"--{name}", tmp_path / path)]
    words += ["--model", MODEL, "--feeder", FEEDER, "--genome", GENOME, "--track-format", "bigwig"]
    run(predict_model, *words)
    for name, path in names.items():
        whole = sorted((tmp_path / path).iterdir()) if name == "tracks" else [tmp_path / path]
        parts = sorted(outputs[name].iterdir()) if name == "tracks" else [outputs[name]]
        assert len(whole) == (4 if name == "tracks" else 1)
        assert [each.read_bytes() for each in parts] == [each.read_bytes() for each in whole], name


def test_variants(cwltool, tmp_path):
    done, outputs = scattered(cwltool, "variant-splicing", tmp_path / "parts")
    assert done.returncode == 0, done.stderr
    words = ["--genome", GENOME, "--annotation", GENES, "--model", outputs["model"]]
    words += ["--variants", DATA / "sequence" / "many.vcf"]
    run(score_variants, *words, "--output", tmp_path / "w.vcf", "--table", tmp_path / "w.tsv")
    assert outputs["scored_variants"].read_bytes() == (tmp_path / "w.vcf").read_bytes()
    assert outputs["scores"].read_bytes() == (tmp_path / "w.tsv").read_bytes()
    assert json.loads(outputs["metrics_json"].read_text())


def test_trials(cwltool, tmp_path):
    """What tells of the trials is the same but for seconds and megabytes; no trial is run again to be judged."""
    done, outputs = scattered(cwltool, "tune-and-judge", tmp_path / "parts")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("finished, pr_auc.boundary") == 2 and "2 trials are in the log" in done.stderr
    folder = ROOT / "workflows" / "tune-and-judge"
    (tmp_path / "whole").mkdir()
    job = absolute(load(folder / "job.yml"), folder)
    done, whole = cwltool(folder / "tune-and-judge.cwl", job, tmp_path / "whole")
    assert done.returncode == 0, done.stderr
    assert set(whole) == set(load(folder / "tune-and-judge.cwl")["outputs"])
    assert whole["findings"].read_text().count("\n") == 1
    for name in ("model", "predictions", "metrics"):
        assert outputs[name].read_bytes() == whole[name].read_bytes(), name
    assert modelfile.read(whole["model"], "content")[0]["study"]["of"] == 2
    facts = [studylog.read(each["log"]).trials for each in (outputs, whole)]
    timeless = [[replace(one[number], seconds=0, memory_mb=0, digests={}) for number in (0, 1)] for one in facts]
    assert timeless[0] == timeless[1]
    assert "Does a higher step size help a feeder" in whole["report"].read_text()


@pytest.mark.parametrize(
    "name", ["bin-peaks", "extract-windows", "annotate-boundaries", "variant-splicing", "tune-and-judge"]
)
def test_every_path_to_a_result_goes_through_a_merge(name):
    """No output comes from a scattered step itself, and none of what is scattered may be left out in silence."""
    steps = load(ROOT / "workflows" / f"{name}-scattered" / f"{name}-scattered.cwl")["steps"]
    scattered = {step for step, facts in steps.items() if "scatter" in facts}
    assert scattered and not [facts for facts in steps.values() if "when" in facts]
    for facts in steps.values():
        sources = [each if isinstance(each, str) else each.get("source", "") for each in facts["in"].values()]
        sources = [each for source in sources for each in (source if isinstance(source, list) else [source])]
        if any(source.split("/")[0] in scattered for source in sources):
            assert Path(facts["run"]).stem.startswith("merge_") or "resume" in facts["in"]
