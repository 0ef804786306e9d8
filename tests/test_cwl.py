"""The CWL tools: valid, complete, equal to the scripts they call, and running on the planted data."""

from __future__ import annotations

import argparse
import csv
import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from galaxy.tool_util.parser.yaml import to_test_assert_list
from galaxy.tool_util.verify.asserts import verify_assertions

from genloom import __version__, console
from genloom.formats import matrix, modelfile

from .wrappers import SCRIPT, WRAPPERS, default_of

ROOT = Path(__file__).parents[1]
DATA = ROOT / "test-data"
TOOLS = sorted((ROOT / "tools").glob("*.cwl"))
TESTS = sorted((ROOT / "tools").glob("*-tests.yml"))
WORKFLOWS = sorted((ROOT / "workflows").glob("*/*.cwl"))
EDAM = "http://edamontology.org/"
FILE_METAVARS = {"YAML", "JSONL", "FILE", "TSV", "H5AD", "H5", "SAFETENSORS", "FASTA", "BED", "VCF"}


def load(path: Path) -> dict:
    return yaml.safe_load(path.read_text())


def options(name: str) -> dict[str, argparse.Action]:
    """The options of a script: name → action."""
    parser = importlib.import_module(name).build_parser()
    return {a.dest: a for a in parser._actions if a.dest not in ("help", "version")}


def fixed(tool: dict) -> dict[str, str]:
    """The options that the tool itself sets, which are the names of outputs: flag → name."""
    words: list[str] = []
    for argument in tool.get("arguments", []):
        words += [argument] if isinstance(argument, str) else [argument["prefix"], argument["valueFrom"]]
    return dict(zip(words[::2], words[1::2], strict=True))


def names_of_outputs(tool: dict) -> set[str]:
    """The inputs that name an output which is not always made."""
    globs = (str(output["outputBinding"]["glob"]) for output in tool["outputs"].values())
    return {name for glob in globs for name in re.findall(r"^\$\(inputs\.(\w+)\)$", glob)}


def described(tool: dict, action: argparse.Action) -> dict:
    """What the CWL of an option should say: its type, whether it may be absent, its default and its bounds."""
    if action.nargs == 0:
        return {"type": "boolean", "optional": False, "default": False}
    if action.choices and action.nargs != "+":
        kind = list(action.choices)
    elif isinstance(action.type, console.Range):
        wide = (action.type.maximum or 0) > 2**31 - 1
        kind = "double" if action.type.kind is float else "long" if wide else "int"
    else:
        is_file = action.metavar in FILE_METAVARS and action.dest not in names_of_outputs(tool)
        kind = "File" if is_file else "string"
    if action.nargs == "+":
        kind += "[]"
    default = default_of(tool["id"], action.dest, action.default)
    return {"type": kind, "optional": not action.required and default is None, "default": default}


def said(port: dict) -> dict:
    """What the CWL of an input says of the same."""
    kind, optional = port["type"], False
    if isinstance(kind, list):
        kind, optional = next(each for each in kind if each != "null"), True
    if isinstance(kind, dict):
        kind = kind["symbols"]
    elif kind.endswith("?"):
        kind, optional = kind.removesuffix("?"), True
    return {"type": kind, "optional": optional, "default": port.get("default")}


@pytest.mark.parametrize("path", [*TOOLS, *WORKFLOWS], ids=lambda p: p.name)
def test_cwltool_finds_it_valid(path):
    done = subprocess.run(
        [Path(sys.executable).with_name("cwltool"), "--validate", path],
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr  # it warns on the one or the other
    assert done.returncode == 0 and "WARNING" not in said, said


@pytest.mark.parametrize("path", TOOLS, ids=lambda p: p.stem)
def test_a_tool_says_what_its_script_says(path):
    """That every option is in a tool, test_parity.py knows; where a script has several tools, each shows some options, may
    require what the script does not, and may offer a part of the choices."""
    tool, own = load(path), options(SCRIPT[path.stem])
    assert tool["id"] == path.stem
    shared = len(WRAPPERS[SCRIPT[path.stem]]) > 1
    for name, port in tool["inputs"].items():
        if name == "memory":  # the engine's, as the threads are
            assert tool["hints"]["ResourceRequirement"]["ramMin"] == "$(inputs.memory)" and port["default"] >= 512
            continue
        if "inputBinding" not in port:  # no option: what the names of outputs begin with
            assert all(f"$(inputs.{name})." in output["outputBinding"]["glob"] for output in tool["outputs"].values())
            continue
        action = own[name]
        assert port["inputBinding"]["prefix"] == action.option_strings[-1]
        says, wanted = said(port), described(tool, action)
        if shared and not says["optional"] and says["default"] is None:
            wanted |= {"optional": False, "default": None}
        if shared and wanted["type"] == f"{says['type']}[]":  # one where the script takes many
            wanted["type"] = says["type"]
        if shared and action.choices and action.nargs != "+":
            assert set(says["type"]) <= set(wanted.pop("type"))
            del says["type"]
        assert says == wanted, name
        if isinstance(action.type, console.Range) and action.type.maximum is not None:
            assert f"({action.type.minimum} to {action.type.maximum})" in port["doc"]
    flags = {action.option_strings[-1] for action in own.values()}
    shown = {port["inputBinding"]["prefix"] for port in tool["inputs"].values() if "inputBinding" in port}
    assert set(fixed(tool)) <= flags - shown


@pytest.mark.parametrize("path", [*TOOLS, *WORKFLOWS], ids=lambda p: p.name)
def test_it_is_complete(path):
    tool = load(path)
    assert tool["cwlVersion"] == "v1.2"
    assert tool["label"] and tool["doc"]
    assert tool["s:license"] == "https://spdx.org/licenses/MIT"
    assert tool.get("requirements", {}).keys() <= {
        "NetworkAccess",
        "ScatterFeatureRequirement",
        "MultipleInputFeatureRequirement",
        "StepInputExpressionRequirement",
    }  # above all no JavaScript
    for port in [*tool["inputs"].values(), *tool["outputs"].values()]:
        assert port["doc"]
        if str(port["type"]).startswith("File"):
            assert port["format"]
    if tool["class"] == "CommandLineTool":
        assert tool["requirements"]["NetworkAccess"] == {"networkAccess": False}
        assert tool["hints"]["SoftwareRequirement"]["packages"] == {"genloom": {"version": [__version__]}}
        needs = tool["hints"]["ResourceRequirement"]
        assert needs.keys() == {"coresMin", "ramMin"}
        assert needs["ramMin"] == "$(inputs.memory)" or 512 <= needs["ramMin"] <= 4096
        if threads := tool["inputs"].get("threads"):  # as many as the engine gives, however it came to give them
            assert threads["inputBinding"] == {"prefix": "--threads", "valueFrom": "$(runtime.cores)"}
        assert needs["coresMin"] == ("$(inputs.threads)" if threads else 1)


def test_every_format_named_is_in_the_excerpt_of_edam():
    root = ElementTree.parse(ROOT / "tools" / "edam_excerpt.owl").getroot()
    about = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
    known = {e.get(about) for e in root.iter() if "format_" in (e.get(about) or "")}
    named = {name for path in [*TOOLS, *WORKFLOWS] for name in re.findall(r"edam:(format_\d+)", path.read_text())}
    assert named <= known


# A workflow is for reading: logarithms, a p-value, tracks that are quick to look at, promoters that are quick to learn.
OTHER_DEFAULTS = {
    "log2",
    "permutations",
    "track_format",
    "upstream",
    "downstream",
    "half_life",
    "validation_share",
    "test_share",
    "memory",
}


def test_a_graphics_card_is_asked_for_where_a_tool_can_use_it(tmp_path):
    """And refused where there is none: a tool that asked by itself, as a hint or not, would not start there."""
    asked = load(ROOT / "tools" / "cuda.yml")["cwltool:overrides"]
    assert list(asked) == [f"../../tools/{p.name}#{p.stem}" for p in TOOLS if "device" in load(p)["inputs"]]
    overrides = tmp_path / "cuda.yml"
    overrides.write_text((ROOT / "tools" / "cuda.yml").read_text().replace("../../tools/", ""))
    job, bin = tmp_path / "job.json", Path(sys.executable).parent
    job.write_text(json.dumps({"model": file(ROOT / "CITATION.cff", 2333), "device": "cuda"}))
    command = [bin / "cwltool", "--enable-ext", "--no-container", "--outdir", tmp_path / "out", "--overrides"]
    command += [overrides, ROOT / "tools" / "predict_sequence_model.cwl", job]
    card = "<nvidia><attached_gpus>1</attached_gpus><cuda_version>12.4</cuda_version></nvidia>"
    for status, told in ((1, "Could not satisfy CUDARequirement"), (0, "is not a whole .safetensors file")):
        fake = tmp_path / "nvidia-smi"
        fake.write_text(f"#!/bin/sh\necho '{card}'\nexit {status}\n")
        fake.chmod(0o755)
        path = f"{tmp_path}:{bin}:{os.environ['PATH']}"
        done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PATH": path}, check=False)
        assert told in done.stderr


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.name)
def test_an_input_of_a_workflow_is_as_that_of_its_tool(path):
    workflow = load(path)
    inputs = workflow["inputs"]
    for step in workflow["steps"].values():
        assert step["label"] and step["doc"]
        tool = load(path.parent / step["run"])
        for name, source in step["in"].items():
            if isinstance(source, dict) or "/" in source:
                continue
            own, called = inputs[source], tool["inputs"][name]
            assert own["label"]
            says, tool_says = said(own), said(called)
            if source == "method":  # the method explicit needs names of its own: it is for the tool alone
                assert {*says["type"], "explicit"} == set(tool_says["type"])
            else:
                many = name in (scatter if isinstance(scatter := step.get("scatter"), list) else [scatter])
                assert says["type"] == (f"{tool_says['type']}[]" if many else tool_says["type"]), source
            # a workflow may require what the tool can do without, and knows the task that a default depends on
            assert says["optional"] <= tool_says["optional"], source
            if source not in OTHER_DEFAULTS and says["default"] is not None and tool_says["default"] is not None:
                assert says["default"] == tool_says["default"], source
            assert own.get("format") == called.get("format"), source


@pytest.fixture(scope="module")
def cwltool(tmp_path_factory):
    """`cwltool(cwl, job, folder)` runs a job with this checkout's scripts on PATH; it returns process and outputs."""
    commands = tmp_path_factory.mktemp("bin")
    for path in (ROOT / "scripts").glob("*.py"):
        (commands / f"genloom-{path.stem.replace('_', '-')}").symlink_to(path)
    venv = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{commands}:{venv}:{os.environ['PATH']}"}

    def run(cwl: Path, job: dict | Path, folder: Path) -> tuple[subprocess.CompletedProcess, dict[str, Path]]:
        if isinstance(job, dict):
            path = folder / "job.json"
            path.write_text(json.dumps(job))
            job = path
        done = subprocess.run(
            [venv / "cwltool", "--no-container", "--outdir", folder, cwl, job],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        outputs = json.loads(done.stdout or "{}")
        return done, {
            name: [Path(each["path"]) for each in value] if isinstance(value, list) else Path(value["path"])
            for name, value in outputs.items()
            if value
        }

    return run


def file(path: Path, edam: int) -> dict[str, str]:
    return {"class": "File", "path": str(path), "format": f"{EDAM}format_{edam}"}


def absolute(value, folder: Path):
    """A job with the paths of its files made absolute, and formats written out."""
    if isinstance(value, list):
        return [absolute(v, folder) for v in value]
    if not isinstance(value, dict):
        return value
    if value.get("class") == "File":
        path = (folder / value["path"]).resolve()
        return {"class": "File", "path": str(path), "format": value["format"].replace("edam:", EDAM)}
    return {k: absolute(v, folder) for k, v in value.items() if not k.startswith("$")}


@pytest.fixture(scope="module")
def demo(cwltool, tmp_path_factory) -> dict[str, Path]:
    """The outputs of the demo."""
    folder = ROOT / "workflows" / "atac-to-expression"
    done, outputs = cwltool(folder / "atac-to-expression.cwl", folder / "job.yml", tmp_path_factory.mktemp("demo"))
    assert done.returncode == 0, done.stderr
    return outputs


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines(), delimiter="\t"))


def test_the_demo_finds_what_is_planted(demo):
    skill = {row["model"]: float(row["value"]) for row in rows(demo["metrics"]) if row["metric"] == "skill"}
    assert skill["gene-centred"] > 0.4
    assert skill["ridge"] > 0.4
    assert skill["mlp"] > 0.25
    assert skill["mean"] == 0
    scores = [float(row["skill"]) for row in rows(demo["permutation_scores"])]
    assert scores[0] > max(scores[1:])
    assert {row["id"][0] for row in rows(demo["predictions"])} == set("ABCDEF")


def test_every_output_of_the_demo_is_there(demo):
    outputs = load(ROOT / "workflows" / "atac-to-expression" / "atac-to-expression.cwl")["outputs"]
    assert demo.keys() == outputs.keys()
    assert all(path.is_dir() or path.stat().st_size > 20 for path in demo.values())
    assert list(demo["figures"].glob("*.png"))
    assert "<script" not in demo["report"].read_text()


def test_the_shell_gives_the_same_bytes(demo, run_script, tmp_path):
    """The demo's commands typed by hand: every output is that of cwltool, matrices by content."""
    data, out = ROOT / "test-data", {name: tmp_path / path.name for name, path in demo.items()}

    def run(script, *arguments):
        done = run_script(script, *arguments)
        assert done.returncode == 0, done.stderr

    common = ("--sheet", data / "samples.tsv", "--assembly", "planted")
    run("bin_peaks", "--peaks", *sorted((data / "peaks").iterdir()), "--sizes", data / "genome.sizes", "--value",
        "max-signal", "--normalise", "depth", "--output", out["bins"], *common)  # fmt: skip
    run("assemble_expression", "--tables", *sorted((data / "expression").iterdir()), "--annotation",
        data / "genes.gtf", "--log2", "--output", out["expression"], *common)  # fmt: skip
    run("split_samples", "--matrix", out["bins"], "--group", "donor", "--method", "leave-one-group-out",
        "--validation-share", 0.2, "--output", out["split"])  # fmt: skip
    run("train_model", "--bins", out["bins"], "--expression", out["expression"], "--split", out["split"], "--compare",
        "mlp", "--transform", "log", "--permutations", 100, "--permutation-table", tmp_path / "permutations.tsv",
        "--model", out["model"], "--predictions", out["predictions"], "--history", out["history"])  # fmt: skip
    run("plot_results", "--predictions", out["predictions"], "--permutations", tmp_path / "permutations.tsv", "--history",
        out["history"], "--split", out["split"], "--model", out["model"], "--title", "Expression predicted from planted peaks",
        "--report", out["report"], "--metrics", out["metrics"])  # fmt: skip
    for name in ("bins", "expression"):
        assert matrix.digest(matrix.read(out[name])) == matrix.digest(matrix.read(demo[name])), name
    for name in ("split", "model", "predictions", "history", "report", "metrics"):
        assert out[name].read_bytes() == demo[name].read_bytes(), name


def test_the_shell_gives_the_same_bytes_of_sequence(cwltool, run_script, tmp_path):
    """Windows, a network and its tracks: the commands typed by hand give what the CWL tools give."""
    genome, genes = DATA / "sequence" / "genome.fa", DATA / "sequence" / "genes.gtf"
    windows, split = DATA / "steps" / "boundaries.h5", DATA / "steps" / "boundaries_split.tsv"
    model, feeder = DATA / "steps" / "boundaries.safetensors", DATA / "steps" / "content.safetensors"
    cut = {"window": 500, "context": 80, "kind": "content", "assembly": "planted"}
    network = {"task": "boundaries", "context": "80", "channels": 8, "epochs": 1}
    scan = {"region": ["chr4"], "track_format": "bigwig", "tracks": "tracks", "sites": "sites.bed"}
    typed = {
        "extract_windows": {
            **cut,
            "genome": genome,
            "annotation": genes,
            "output": "windows.h5",
            "summary": "windows.tsv",
        },
        "train_sequence_model": {**network, "windows": windows, "split": split, "annotation": genes}
        | {name: f"boundaries.{name}.tsv" for name in ("predictions", "metrics", "history")}
        | {"model": "boundaries.safetensors"},
        "predict_sequence_model": {
            **scan,
            "model": model,
            "genome": genome,
            "feeder": feeder,
            "introns": "introns.gff3",
        },
    }
    jobs = {
        "extract_windows": {**cut, "genome": file(genome, 1929), "annotation": file(genes, 2306)},
        "train_sequence_model": {**network, "windows": file(windows, 3590), "split": file(split, 3475)}
        | {"annotation": file(genes, 2306)},
        "predict_sequence_model": {**scan, "model": file(model, 2333), "genome": file(genome, 1929)}
        | {"feeder": file(feeder, 2333), "introns": "introns.gff3"},
    }
    for tool, arguments in typed.items():
        shell, engine = tmp_path / f"{tool}-shell", tmp_path / f"{tool}-cwl"
        shell.mkdir()
        engine.mkdir()
        words = [
            word
            for name, value in arguments.items()
            for word in (f"--{name.replace('_', '-')}", *(value if isinstance(value, list) else [value]))
        ]
        done = run_script(SCRIPT[tool], *words, cwd=shell)
        assert done.returncode == 0, done.stderr
        done, outputs = cwltool(ROOT / "tools" / f"{tool}.cwl", jobs[tool], engine)
        assert done.returncode == 0, done.stderr
        made = {path.relative_to(shell): path.read_bytes() for path in shell.rglob("*") if path.is_file()}
        assert len(outputs) >= 2 and {path.parts[0] for path in made} == {path.name for path in outputs.values()}
        assert made == {path: (engine / path).read_bytes() for path in made}, tool


def test_new_samples_are_predicted_with_the_demo_s_model(cwltool, demo, tmp_path):
    peaks = [file(path, 3613) for path in sorted((DATA / "new" / "peaks").iterdir())]
    job = {
        "model": file(demo["model"], 2333),
        "peaks": peaks,
        "sizes": file(DATA / "genome.sizes", 3475),
        "value": "max-signal",
        "normalise": "depth",
        "assembly": "planted",
    }
    workflow = ROOT / "workflows" / "atac-to-expression" / "predict-new-samples.cwl"
    done, outputs = cwltool(workflow, job, tmp_path)
    assert done.returncode == 0, done.stderr
    predicted = rows(outputs["predictions"])
    assert {row["id"] for row in predicted} == {"G1", "G2"}
    assert len(predicted) == 2 * 64
    done, outputs = cwltool(workflow, {**job, "value": "binary"}, tmp_path)
    assert done.returncode == 1 and "predictions" not in outputs
    assert "genloom-predict-model: error:" in done.stderr and "max-signal" in done.stderr


def test_permuted_expression_is_not_predicted(cwltool, tmp_path):
    folder = ROOT / "workflows" / "atac-to-expression"
    job = absolute(load(folder / "job.yml"), folder)
    del job["tables"], job["compare"]
    job |= {"expression_matrix": file(DATA / "expression_permuted.tsv", 3475), "permutations": 19}
    done, outputs = cwltool(folder / "atac-to-expression.cwl", job, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "no better than the mean" in outputs["report"].read_text()


def test_the_set_up_of_the_seed_runs(cwltool, tmp_path):
    """Its job file, with the planted data in place of the user's files and fewer permutations."""
    folder = ROOT / "workflows" / "atac-to-expression"
    demo, job = (absolute(load(folder / name), folder) for name in ("job.yml", "job-seed.yml"))
    files = {name: demo[name] for name in ("peaks", "tables", "sheet", "sizes", "annotation")}
    job |= {**files, "group": "donor", "permutations": 1}
    done, outputs = cwltool(folder / "atac-to-expression.cwl", job, tmp_path)
    assert done.returncode == 0, done.stderr
    settings = matrix.about(matrix.read(outputs["bins"]))["settings"]
    assert (settings["bin_size"], settings["assign"], settings["value"]) == (1000, "midpoint", "binary")
    summary = rows(outputs["peak_summary"])
    assert sum(int(row["low_score"]) for row in summary) > 0
    assert sum(int(row["outside_regions"]) for row in summary) > 0
    assert matrix.read(outputs["expression"], "genes").n_vars == 60
    assert modelfile.read(outputs["model"])[0]["architecture"] == "mlp"


def test_real_blood_data_are_where_the_job_expects_them(real_data):
    folder = ROOT / "workflows" / "atac-to-expression"
    job = load(folder / "job-blood.yml")
    named = [f["path"] for f in (*job["peaks"], job["expression_matrix"], job["annotation"])]
    assert len(job["peaks"]) == 14
    for path in named:
        assert path.startswith("../../data/")
        real_data(path.removeprefix("../../data/"))
    names = {Path(f["path"]).name.removesuffix("_peaks.narrowPeak.gz") for f in job["peaks"]}
    assert names == {row["sample"] for row in rows(folder / "blood.tsv")}


@pytest.mark.parametrize("path", sorted((ROOT / "workflows").glob("*/job*.yml")), ids=lambda p: p.name)
def test_a_job_names_inputs_of_its_workflow(path):
    job = load(path)
    own = path.with_name(f"{path.stem.removeprefix('job-')}.cwl")  # job-NAME.yml may be of NAME.cwl
    inputs = load(own if own.exists() else path.parent / f"{path.parent.name}.cwl")["inputs"]
    assert job.keys() - {"$namespaces"} <= inputs.keys()


@pytest.mark.parametrize(
    ("path", "number"),
    [(path, i) for path in TESTS for i in range(len(load(path)))],
    ids=lambda value: getattr(value, "stem", value),
)
def test_a_tool_does_what_its_test_file_says(cwltool, tmp_path, path, number):
    """The test files beside the tools, in planemo's format."""
    test = load(path)[number]
    tool = path.with_name(path.name.replace("-tests.yml", ".cwl"))
    done, outputs = cwltool(tool, absolute(test["job"], path.parent), tmp_path)
    if test.get("expect_failure"):
        assert done.returncode == 1 and not outputs
        lines = [line for line in done.stderr.splitlines() if line.startswith(load(tool)["baseCommand"] + ": error:")]
        assert len(lines) == 1, done.stderr
        assert test["stderr"] in lines[0]
        assert "Traceback" not in done.stderr
        return
    assert done.returncode == 0, done.stderr
    for name, expected in test["outputs"].items():
        many = "elements" in expected
        found, wanted = (outputs[name], expected["elements"]) if many else ([outputs[name]], [expected])
        for path, each in zip(found, wanted, strict=True):
            verify_assertions(path.read_bytes(), to_test_assert_list(each["asserts"]))


def test_every_tool_has_a_test_that_works_and_one_that_fails():
    for tool in TOOLS:
        tests = load(tool.with_name(f"{tool.stem}-tests.yml"))
        assert {bool(test.get("expect_failure")) for test in tests} == {True, False}


def test_a_file_of_another_format_is_refused(cwltool, tmp_path):
    job = {"samples": file(DATA / "samples.tsv", 3590), "group": "donor"}
    done, outputs = cwltool(ROOT / "tools" / "split_samples.cwl", job, tmp_path)
    assert done.returncode != 0 and not outputs
    assert "format" in done.stderr


@pytest.fixture(scope="module")
def boundaries(cwltool, tmp_path_factory) -> dict[str, Path]:
    """The outputs of the demo of splice-boundaries."""
    folder = ROOT / "workflows" / "splice-boundaries"
    done, outputs = cwltool(folder / "splice-boundaries.cwl", folder / "job.yml", tmp_path_factory.mktemp("boundaries"))
    assert done.returncode == 0, done.stderr
    return outputs


def test_planted_boundaries_are_found_on_a_chromosome_held_out(boundaries):
    outputs = load(ROOT / "workflows" / "splice-boundaries" / "splice-boundaries.cwl")["outputs"]
    assert boundaries.keys() == outputs.keys()
    assert len({path.name for path in boundaries.values()}) == len(outputs)
    found = {(row["metric"], row["model"]): float(row["value"] or "nan") for row in rows(boundaries["metrics"])}
    assert found["f1", "network"] > 0.8 > found["f1", "dinucleotides"]
    feeder = {(row["metric"], row["model"]): float(row["value"]) for row in rows(boundaries["feeder_metrics"])}
    assert feeder["recall.boundary", "network"] > 0.9 and feeder["spared", "network"] > 0.2
    assert {row["part"] for row in rows(boundaries["predictions"])} == {"test"}
    assert {row["id"].split(":")[0] for row in rows(boundaries["predictions"])} == {"chr4"}
    assert "<script" not in boundaries["report"].read_text()


def test_models_of_the_demo_annotate_a_genome(cwltool, boundaries, tmp_path):
    folder = ROOT / "workflows" / "annotate-boundaries"
    job = absolute(load(folder / "job.yml"), folder)
    job |= {"model": file(boundaries["model"], 2333), "feeder": file(boundaries["feeder"], 2333)}
    done, outputs = cwltool(folder / "annotate-boundaries.cwl", job, tmp_path)
    assert done.returncode == 0, done.stderr
    genes = [line.split("\t") for line in (DATA / "sequence" / "genes.gtf").read_text().splitlines()[1:]]
    exons: dict[str, list[tuple[int, int]]] = {}
    for chrom, _, kind, start, end, _, _, _, facts in genes:
        if chrom == "chr4" and kind == "exon":
            exons.setdefault(facts, []).append((int(start), int(end)))
    true = {
        (before[1] + 1, after[0] - 1)
        for each in exons.values()
        for before, after in zip(sorted(each), sorted(each)[1:], strict=False)
    }
    lines = [line.split("\t") for line in outputs["introns"].read_text().splitlines() if not line.startswith("#")]
    found = {(int(line[3]), int(line[4])) for line in lines}
    assert len(found & true) >= 0.75 * len(true)
    assert len(found - true) <= 0.25 * len(true)
    assert {path.name for path in outputs["tracks"].iterdir()} == {
        f"{site}_{strand}.bw" for site in ("donor", "acceptor") for strand in ("plus", "minus")
    }
    assert {row["measure"] for row in rows(outputs["summary"])} >= {"spared", "feeder.recall"}


def test_variants_of_the_demo_are_scored_by_imported_weights(cwltool, tmp_path):
    """Every output of variant-splicing is there, and the report accounts for every allele of the VCF."""
    folder = ROOT / "workflows" / "variant-splicing"
    done, outputs = cwltool(folder / "variant-splicing.cwl", folder / "job.yml", tmp_path)
    assert done.returncode == 0, done.stderr
    assert outputs.keys() == load(folder / "variant-splicing.cwl")["outputs"].keys()
    lines = (DATA / "sequence" / "variants.vcf").read_text().splitlines()
    variants = [line.split("\t") for line in lines if not line.startswith("#")]
    scored = [line.split("\t") for line in outputs["scored_variants"].read_text().splitlines() if line[0] != "#"]
    assert [each[:5] for each in scored] == [each[:5] for each in variants]
    counts = {row["metric"]: float(row["value"]) for row in rows(outputs["metrics"])}
    assert counts["records"] == len(variants)
    assert counts["alleles"] == sum(len(each[4].split(",")) for each in variants)
    left = sum(count for name, count in counts.items() if name.startswith("unscored."))
    assert counts["scored"] + left == counts["alleles"] and counts["scored"] > 5
    strongest = rows(outputs["strongest"])
    assert [row["alt"] for row in rows(outputs["scores"]) if row["reason"] == "symbolic allele"] == ["<DEL>"]
    assert float(strongest[0]["highest"]) > 0.2 and "insertion-artefact" in {row["note"] for row in strongest}
    report = outputs["report"].read_text()
    assert "by the scores of SpliceAI" in report and "CC BY-NC 4.0" in report
    assert len(list(outputs["figures"].glob("*.png"))) == 4


@pytest.mark.parametrize(("column", "found"), [("TPM", True), ("permuted", False)])
def test_planted_motifs_tell_expression_and_no_others(cwltool, tmp_path, column, found):
    """Of the demo, on a chromosome held out and on genes at random; with expression in another order, there is nothing."""
    folder = ROOT / "workflows" / "promoter-expression"
    job = absolute(load(folder / "job.yml"), folder)
    job |= {"value_column": column, **({} if found else {"shuffled": False, "epochs": 12})}
    done, outputs = cwltool(folder / "promoter-expression.cwl", job, tmp_path)
    assert done.returncode == 0, done.stderr
    assert outputs.keys() == load(folder / "promoter-expression.cwl")["outputs"].keys()
    assert len({path.name for path in outputs.values()}) == len(outputs)
    report = outputs["report"].read_text()
    assert ("better than the mean of the training genes and than network-shuffled, kmers" in report) == found
    assert ("no better than the mean of the training genes" in report) != found
    skill = {
        name: {(row["metric"], row["model"]): row for row in rows(outputs[name])}
        for name in ("metrics", "random_metrics")
    }
    for each in skill.values():
        assert (float(each["skill", "network"]["low"]) > 0.4) == found
        assert float(each["skill", "kmers"]["value"]) < 0.3
    assert {row["part"] for row in rows(outputs["predictions"])} == {"test"}
    assert {row["chrom"] for row in rows(outputs["predictions"])} == {"chr5"}
    assert "<script" not in report


def test_planted_kinds_are_told_and_new_samples_called(cwltool, tmp_path):
    folder = ROOT / "workflows" / "sample-classification"
    job = absolute(load(folder / "job.yml"), folder)
    done, outputs = cwltool(folder / "sample-classification.cwl", job, tmp_path)
    assert done.returncode == 0, done.stderr
    assert outputs.keys() == load(folder / "sample-classification.cwl")["outputs"].keys()
    assert len({path.name for path in outputs.values()}) == len(outputs)
    found = {(row["metric"], row["model"]): float(row["value"] or "nan") for row in rows(outputs["metrics"])}
    assert found["balanced_accuracy", "discriminant"] > 0.85 > 0.5 > found["balanced_accuracy_permuted", "discriminant"]
    text = outputs["report"].read_text()
    assert "better than majority" in text and "<script" not in text
    new = tmp_path / "new"
    new.mkdir()
    job = {"model": file(outputs["model"], 2333), "matrix": file(DATA / "classes" / "new.csv", 3752)}
    done, outputs = cwltool(folder / "predict-new-samples.cwl", {**job, "orientation": "samples-in-rows"}, new)
    assert done.returncode == 0, done.stderr
    calls = {row["id"]: row["called"] for row in rows(outputs["calls"])}
    assert calls == {"N1": "kind A", "N2": "kind B", "N3": "kind C", "N4": ""}


def test_the_tutorial_reads_numerals(cwltool, tmp_path):
    folder = ROOT / "workflows" / "numerals-tutorial"
    job = {"images": file(DATA / "classes" / "numerals.csv", 3752), "channels": 8, "epochs": 12}
    done, outputs = cwltool(folder / "numerals-tutorial.cwl", job, tmp_path)
    assert done.returncode == 0, done.stderr
    assert outputs.keys() == load(folder / "numerals-tutorial.cwl")["outputs"].keys()
    found = {(row["metric"], row["model"]): float(row["value"] or "nan") for row in rows(outputs["metrics"])}
    assert found["balanced_accuracy", "cnn"] > 0.8 > 0.4 > found["balanced_accuracy", "majority"]
    assert "<script" not in outputs["report"].read_text()
    assert len(rows(outputs["history"])) > 20


def test_kinds_given_at_random_are_not_told(cwltool, tmp_path):
    folder = ROOT / "workflows" / "sample-classification"
    job = absolute(load(folder / "job.yml"), folder)
    job |= {"matrix": file(DATA / "classes" / "kinds_permuted.csv", 3752), "architecture": "centroids", "compare": []}
    done, outputs = cwltool(folder / "sample-classification.cwl", job, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "no better than chance" in outputs["report"].read_text()


def test_planted_programs_are_inferred_and_not_at_random(cwltool, tmp_path):
    folder = ROOT / "workflows" / "landmark-inference"
    job = absolute(load(folder / "job.yml"), folder)
    done, outputs = cwltool(folder / "landmark-inference.cwl", job, tmp_path)
    assert done.returncode == 0, done.stderr
    assert outputs.keys() == load(folder / "landmark-inference.cwl")["outputs"].keys()
    assert len({path.name for path in outputs.values()}) == len(outputs)
    found = {(row["metric"], row["model"]): float(row["value"]) for row in rows(outputs["metrics"])}
    assert found["mae", "stack"] < 0.6 * found["mae", "mean"] and found["mae_reduction", "stack"] > 0.3
    assert "less than linear regression" in outputs["report"].read_text()
    assert outputs["inferred_gct"].read_text().startswith("#1.3\n60\t3\t1\t0\n")
    other = tmp_path / "permuted"
    other.mkdir()
    job |= {"matrix": file(DATA / "landmarks" / "permuted.gct", 3709), "architecture": "kriging"}
    done, outputs = cwltool(folder / "landmark-inference.cwl", job, other)
    assert done.returncode == 0, done.stderr
    assert "no better than the mean of the training samples" in outputs["report"].read_text()
