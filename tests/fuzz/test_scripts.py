"""The same through whole scripts: exit 0 with all outputs, or exit 2 with one line and nothing written."""

from __future__ import annotations

import io
import runpy
from contextlib import redirect_stderr
from pathlib import Path

import pytest
from hypothesis import given, settings

from genloom import console

from . import strategies
from .readers import DATA, READERS, STEPS

SCRIPTS = Path(__file__).parents[2] / "scripts"
MADE = {reader.name: reader.made for reader in READERS}
_SEQUENCE = ["--genome", DATA / "sequence/genome.fa"]
_GENES = ["--annotation", DATA / "sequence/genes.gtf"]
_MODELS = {name: STEPS / f"{name}.safetensors" for name in ("boundaries", "model", "classes", "landmarks")}


def _model(name: str):
    return lambda: strategies.model([_MODELS[name].read_bytes()])


# what is bad, how it is made, the script, its arguments with "BAD" for the bad file, and its outputs
RUNS = (
    (
        "peaks",
        MADE["peaks"],
        "bin_peaks",
        ["--peaks", "BAD", "--names", "a", "--sizes", DATA / "genome.sizes", "--bin-size", 100000],
        ("output", "summary"),
    ),
    (
        "sizes",
        MADE["sizes"],
        "bin_peaks",
        ["--peaks", DATA / "peaks/A1.narrowPeak", "--sizes", "BAD", "--bin-size", 100000],
        ("output", "summary"),
    ),
    (
        "quantifications",
        MADE["quantifications"],
        "assemble_expression",
        ["--tables", "BAD", "--names", "a"],
        ("output", "table"),
    ),
    ("tsv", MADE["tsv"], "assemble_expression", ["--matrix", "BAD", "--unit", "x"], ("output", "summary", "gct")),
    ("xlsx", MADE["xlsx"], "assemble_expression", ["--matrix", "BAD", "--unit", "x"], ("output",)),
    (
        "gtf",
        MADE["transcripts-gtf"],
        "extract_windows",
        [*_SEQUENCE, "--annotation", "BAD", "--window", 500, "--context", 80],
        ("output", "summary"),
    ),
    (
        "fasta",
        MADE["fasta"],
        "extract_windows",
        ["--genome", "BAD", *_GENES, "--window", 500, "--context", 80],
        ("output",),
    ),
    ("sheet", MADE["sheet"], "split_samples", ["--samples", "BAD", "--folds", 2], ("output",)),
    ("split", MADE["split"], "audit_split", ["--split", "BAD", "--matrix", STEPS / "bins.h5ad"], ("findings",)),
    ("h5ad", MADE["h5ad"], "split_samples", ["--matrix", "BAD", "--folds", 2], ("output",)),
    ("windows", MADE["windows"], "split_samples", ["--windows", "BAD", "--folds", 2], ("output",)),
    (
        "vcf",
        MADE["vcf"],
        "score_variants",
        ["--variants", "BAD", *_SEQUENCE, *_GENES, "--model", _MODELS["boundaries"]],
        ("output", "table"),
    ),
    (
        "model of expression",
        _model("model"),
        "predict_model",
        ["--model", "BAD", "--bins", STEPS / "new_bins.h5ad"],
        ("predictions",),
    ),
    (
        "model of classes",
        _model("classes"),
        "predict_model",
        ["--model", "BAD", "--matrix", STEPS / "new_classes.h5ad"],
        ("predictions",),
    ),
    (
        "model of targets",
        _model("landmarks"),
        "predict_model",
        ["--model", "BAD", "--landmarks", STEPS / "new_landmarks.h5ad"],
        ("predictions",),
    ),
    (
        "model of boundaries",
        _model("boundaries"),
        "predict_model",
        ["--model", "BAD", "--windows", STEPS / "boundaries.h5"],
        ("predictions",),
    ),
    ("weights", MADE["keras"], "import_model", ["--weights", "BAD"], ("model",)),
)


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run[0])
def test_a_script_ends_well_or_in_one_line(run, tmp_path, in_time):
    _, made, name, arguments, outputs = run
    script = runpy.run_path(str(SCRIPTS / f"{name}.py"))
    bad, out = tmp_path / "bad", tmp_path / "out"
    out.mkdir()
    words = [str(bad) if word == "BAD" else str(word) for word in arguments]
    words += [word for option in outputs for word in (f"--{option}", str(out / option))]

    @settings(max_examples=max(5, settings.default.max_examples // 20))
    @given(made())
    def one(content):
        bad.unlink(missing_ok=True)  # HDF5 takes a file that it has open for the same
        bad.write_bytes(content)
        said = io.StringIO()
        with in_time(), redirect_stderr(said):
            status = console.run(script["build_parser"], script["main"], words)
        written = sorted(path.name for path in out.iterdir())
        for path in out.iterdir():
            path.unlink()
        if status:
            assert status == 2 and len(said.getvalue().splitlines()) == 1, said.getvalue()
            assert not written
        else:
            assert written == sorted(outputs)

    one()
