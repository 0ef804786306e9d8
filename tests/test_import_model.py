"""import_model: every layout becomes a model that computes the same; what is no such file is named, and never run."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import runpy
import sys
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

from genloom.formats import modelfile
from genloom.formats.genome import Genome
from genloom.learning import activity, boundaries, sequences
from genloom.models.splice import Splice
from genloom.pretrained import importing, keras, known
from genloom.pretrained.releases import RELEASES, Release

from . import planted_genes, published
from .test_boundaries import done, refused, run, table, value

MAKE = runpy.run_path(str(Path(__file__).parents[1] / "test-data" / "make_weights.py"))


def imported(tmp_path, *weights, **options):
    """Import, and read what was written: the card, the model restored from it, what was said."""
    out = tmp_path / "m.safetensors"
    more = [part for name, value in options.items() for part in (f"--{name}", value)]
    said = done("import_model", "--weights", *weights, "--model", out, *more)
    card, arrays = modelfile.read(out)
    restore = {boundaries.TASK: boundaries, activity.TASK: activity}[card["task"]].restore
    return card, restore(card, arrays, out), said


# ---------------------------------------------------------------- what is imported computes the same


@pytest.mark.parametrize("groups", [1, 2, 3])
def test_spliceai_of_every_context(tmp_path, groups):
    MAKE["spliceai"](tmp_path / "w.h5", groups)
    card, model, said = imported(tmp_path, tmp_path / "w.h5")
    assert card["settings"] == {
        "context": MAKE["CONTEXTS"][groups - 1],
        "channels": 4,
        "heads": [3],
        "slope": 0.0,
        "eps": 1e-3,
    }
    assert card["source"]["kind"] == "spliceai" and card["source"]["files"][0]["release"] is None
    assert "no release that genloom knows" in said and "mean of 5 networks; this model has 1" in said
    codes = known.sequence(model.context + 150, 7)[None]
    graph = keras.read(tmp_path / "w.h5")
    wanted = graph.run({"input_1": torch.from_numpy(np.eye(5, 4, dtype=np.float32)[codes])}).numpy()
    assert wanted.std(1).min() > 1e-3  # the networks say something
    np.testing.assert_allclose(model.scores(codes), wanted, atol=1e-5)


def test_layers_are_found_by_name_whatever_their_order(tmp_path):
    """As attributes that are bytes, and in the order of names that HDF5 lists: 1, 10, 11, …, 2."""
    MAKE["spliceai"](tmp_path / "a.h5", 2)
    with h5py.File(tmp_path / "a.h5") as old, h5py.File(tmp_path / "b.h5", "w") as new:
        config = json.loads(old.attrs["model_config"])
        config["config"]["layers"].sort(key=lambda layer: layer["name"])
        new.attrs["model_config"] = np.bytes_(json.dumps(config).encode())
        old.copy("model_weights", new)
    first, second = (imported(tmp_path, tmp_path / name) for name in ("a.h5", "b.h5"))
    assert first[0]["parity"] == second[0]["parity"]


def test_the_epsilon_of_the_file_counts(tmp_path):
    answers = []
    for eps in (1e-3, 1e-5):
        MAKE["spliceai"](tmp_path / f"{eps}.h5", eps=eps)
        _, model, _ = imported(tmp_path, tmp_path / f"{eps}.h5")
        assert model.networks[0].settings["eps"] == eps
        answers.append(model.scores(known.sequence(480)[None]))
    assert np.abs(answers[0] - answers[1]).max() > 1e-3  # so that a wrong one could not pass as equal


@pytest.mark.parametrize("groups", [1, 2, 3])
def test_openspliceai_of_every_context(tmp_path, groups):
    state = MAKE["openspliceai"](tmp_path / "w.pt", groups)
    card, model, _ = imported(tmp_path, tmp_path / "w.pt")
    assert (card["settings"]["context"], card["settings"]["slope"]) == (MAKE["CONTEXTS"][groups - 1], 0.1)
    network = model.networks[0]
    np.testing.assert_array_equal(network.first.weight.detach(), state["initial_conv.weight"][..., 0])
    skip = state[f"residual_units.{5 * groups - 1}.conv.weight"][..., 0]
    np.testing.assert_array_equal(network.skips[groups].weight.detach(), skip)
    assert card["parity"]["difference"] < 1e-5


def test_several_files_are_one_ensemble(tmp_path):
    for number in (1, 2):
        MAKE["spliceai"](tmp_path / f"{number}.h5", seed=number)
    alone = [imported(tmp_path, tmp_path / f"{number}.h5")[1] for number in (1, 2)]
    card, both, _ = imported(tmp_path, tmp_path / "1.h5", tmp_path / "2.h5")
    codes = known.sequence(480, 3)[None]
    assert card["members"] == len(card["source"]["files"]) == 2
    np.testing.assert_allclose(both.scores(codes), np.mean([each.scores(codes) for each in alone], 0), atol=1e-6)


def test_the_card_tells_all_and_answers_for_itself(tmp_path):
    MAKE["spliceai"](tmp_path / "w.h5")
    card, model, said = imported(tmp_path, tmp_path / "w.h5", source="spliceai")
    source = card["source"]
    assert source["licence"].startswith("CC BY-NC 4.0") and source["doi"] == "10.1016/j.cell.2018.12.015"
    assert "not for commercial use" in said and source["doi"] in said
    assert len(source["files"][0]["sha256"]) == 64
    assert (card["task"], card["flank"], card["window"], card["decode"]) == ("boundaries", "N", 5000, "bases")
    assert model.thresholds == {"acceptor": 0.5, "donor": 0.5} and "convention" in card["notes"][0]
    assert str(tmp_path) not in json.dumps(card)
    parity = card["parity"]
    codes = known.codes(parity["input"][0])[None]
    scores = model.scores(codes)
    for place, answer in parity["output"].items():
        site, base = place.split(" ")
        assert scores[0, int(base), boundaries.CLASSES.index(site)] == pytest.approx(answer, abs=1e-5)
    _, arrays = modelfile.read(tmp_path / "m.safetensors")
    assert importing.check(card, arrays) < 1e-5
    arrays["member1.last.bias"] = arrays["member1.last.bias"] + np.float32([0, 0.1, 0])
    with pytest.raises(RuntimeError, match="differs by"):
        importing.check(card, arrays)


def test_the_same_input_gives_the_same_bytes(tmp_path):
    MAKE["xpresso"](tmp_path / "w.h5")
    files = []
    for _ in range(2):
        imported(tmp_path, tmp_path / "w.h5", export=tmp_path / "m.onnx")
        files.append([(tmp_path / name).read_bytes() for name in ("m.safetensors", "m.onnx")])
    assert files[0] == files[1]


def test_known_sequences_are_always_the_same():
    text = known.letters(known.sequence(10_400))
    assert hashlib.sha256(text.encode()).hexdigest().startswith("953425037ef3efbb")
    assert known.letters(known.sequence(300)) == text[:300] and (known.codes(text) < 4).all()


def test_the_weights_of_the_tools_tests_are_those_that_are_made(tmp_path):
    for path in sorted((Path(__file__).parents[1] / "test-data" / "weights").glob("spliceai*")):
        MAKE["spliceai"](tmp_path / path.name, seed=int(path.stem[-1]))
        there, made = keras.read(path), keras.read(tmp_path / path.name)
        assert there.layers.keys() == made.layers.keys()
        for name, layer in made.layers.items():
            for weight, values in layer.weights.items():
                np.testing.assert_array_equal(there.layers[name].weights[weight], values)


# ---------------------------------------------------------------- and is used like any model


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """A planted genome with its windows, and an imported model of 80 bases."""
    folder = tmp_path_factory.mktemp("imported")
    fasta, gtf = planted_genes.write(folder)
    MAKE["spliceai"](folder / "w.h5")
    imported(folder, folder / "w.h5")
    for flank in ("real", "N"):
        done(
            *("extract_windows", "--genome", fasta, "--annotation", gtf, "--assembly", "planted", "--window", 500),
            *("--context", 80, "--flank", flank, "--output", folder / f"{flank}.h5"),
        )
    return folder


def test_imported_models_predict_windows_and_genomes(planted, tmp_path):
    predict = ("predict_model", "--model", planted / "m.safetensors")
    out = ("--predictions", tmp_path / "p.tsv", "--metrics", tmp_path / "m.tsv")
    said = done(*predict, "--windows", planted / "real.h5", *out)
    assert "shows flanks as real, the model was trained with N" in said  # said, not refused
    assert len(table(tmp_path / "p.tsv")) > 100 and "f1" in set(table(tmp_path / "m.tsv")["metric"])
    assert "shows flanks" not in done(*predict, "--windows", planted / "N.h5", *out[:2])
    tracks = ("--tracks", tmp_path / "tracks", "--sites", tmp_path / "s.bed")
    said = done(*predict, "--genome", planted / "genome.fa", "--region", "chr1:1001-1600", *tracks)
    assert "outside genes shown as N" in said
    card, arrays = modelfile.read(planted / "m.safetensors")
    with Genome(planted / "genome.fa") as genome:
        codes = genome.fetch("chr1", 1000 - 40, 1600 + 40)
    scores = boundaries.restore(card, arrays, "m").scores(codes[None])[0, :, 1]
    lines = [line.split("\t") for line in (tmp_path / "tracks" / "acceptor_plus.bedgraph").read_text().splitlines()]
    seen = np.zeros(1600)
    for _, start, end, score in lines:
        seen[int(start) : int(end)] = float(score)
    assert scores.std() > 1e-3 and np.abs(seen[1000:] - scores).max() < 1e-2


def test_training_starts_from_imported_weights_with_their_epsilon(planted):
    card, arrays = modelfile.read(planted / "m.safetensors")
    network = Splice(80, 4)
    assert network.settings["eps"] != card["settings"]["eps"]
    sequences.started(network, card, arrays, 0)
    codes = known.sequence(480)[None]
    scores = boundaries.Model([network.eval()]).scores(codes)
    np.testing.assert_allclose(scores, boundaries.restore(card, arrays, "m").scores(codes), atol=1e-6)
    assert network.settings["eps"] == card["settings"]["eps"]


# ---------------------------------------------------------------- ONNX


@pytest.mark.parametrize("kind", ["spliceai", "openspliceai", "xpresso"])
def test_export_computes_the_same_for_any_batch_and_length(tmp_path, kind):
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: pip install 'genloom[onnx]'")
    onnx = pytest.importorskip("onnx", reason="onnx is not installed: pip install 'genloom[onnx]'")
    MAKE[kind](tmp_path / "w")
    card, model, said = imported(tmp_path, tmp_path / "w", export=tmp_path / "m.onnx")
    assert "opset 17" in said
    file = onnx.load(tmp_path / "m.onnx")
    assert [each.version for each in file.opset_import if not each.domain] == [17]
    told = json.loads({each.key: each.value for each in file.metadata_props}["genloom"])
    assert told["source"] == card["source"]
    session = runtime.InferenceSession(tmp_path / "m.onnx", providers=["CPUExecutionProvider"])
    for batch, length in ((1, 10_500), (3, 10_500)) if kind == "xpresso" else ((1, 81), (3, 333), (2, 1000)):
        codes = np.stack([known.sequence(length, number) for number in range(batch)])
        found = session.run(None, {"sequence": np.eye(5, 4, dtype=np.float32)[codes]})[0]
        wanted = model.predict(codes) if kind == "xpresso" else model.scores(codes)
        np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_export_without_its_packages_says_what_is_missing(tmp_path, monkeypatch):
    MAKE["spliceai"](tmp_path / "w.h5")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    args = ("--weights", tmp_path / "w.h5", "--model", tmp_path / "m", "--export", tmp_path / "o")
    status, said = run("import_model", *args)
    assert status == 2 and "pip install 'genloom[onnx]'" in said.splitlines()[-1]
    assert [path.name for path in tmp_path.iterdir()] == ["w.h5"]


# ---------------------------------------------------------------- what is refused


class Payload:
    """Runs a command when it is unpickled."""

    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return os.system, (f"touch {self.target}",)


@pytest.mark.parametrize("place", ["bare", "alone", "among weights", "as dict key"])
def test_a_malicious_pickle_is_refused_and_not_run(tmp_path, place):
    target, path = tmp_path / "ran", tmp_path / "m.pt"
    payload = Payload(target)
    if place == "bare":
        path.write_bytes(pickle.dumps(payload))
    else:
        state = MAKE["openspliceai"](path)
        held = {"alone": payload, "among weights": {**state, "x": payload}, "as dict key": {(payload,): 1}}
        torch.save(held[place], path)
    before = sorted(tmp_path.iterdir())
    words = ["not opened"] if place == "bare" else ["system", "nothing of it was run"]
    refused(tmp_path, "import_model", "--weights", path, "--model", tmp_path / "m.safetensors", words=words)
    assert not target.exists() and sorted(tmp_path.iterdir()) == before
    pickle.loads(path.read_bytes()) if place == "bare" else torch.load(path, weights_only=False)
    assert target.exists()  # it would have run


def test_a_whole_pickled_network_is_refused(tmp_path):
    torch.save(Splice(80, 4), tmp_path / "m.pt")
    words = ["genloom.models.splice.Splice", "nothing of it was run"]
    refused(tmp_path, "import_model", "--weights", tmp_path / "m.pt", "--model", tmp_path / "m", words=words)


def changed(path, change):
    """Change the JSON of a Keras file in place."""
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        file.attrs["model_config"] = json.dumps(change(config) or config)


def bad_keras(path, case):
    make = MAKE["xpresso" if case.startswith("xpresso") else "spliceai"]
    make(path, window=5000) if case == "xpresso window" else make(path)
    layers = "model_weights/conv1d_7/conv1d_7"
    if case == "truncated":
        path.write_bytes(path.read_bytes()[:-3000])
    elif case == "xpresso truncated":
        path.write_bytes(path.read_bytes()[:900])
    elif case == "weights alone":
        with h5py.File(path, "r+") as file:
            del file.attrs["model_config"]
    elif case == "not JSON":
        with h5py.File(path, "r+") as file:
            file.attrs["model_config"] = "{"
    elif case == "lambda":
        changed(path, lambda config: config["config"]["layers"][3].update(class_name="Lambda"))
    elif case == "other activation":
        changed(path, lambda config: config["config"]["layers"][4]["config"].update(activation="linear"))
    elif case == "unknown activation":
        changed(path, lambda config: config["config"]["layers"][4]["config"].update(activation="mish"))
    elif case == "a layer less":
        with h5py.File(path, "r+") as file:
            del file["model_weights/conv1d_7"]
    elif case == "other shape":
        with h5py.File(path, "r+") as file:
            del file[f"{layers}/kernel:0"]
            file[f"{layers}/kernel:0"] = np.zeros((11, 4, 5), np.float32)
    elif case == "not finite":
        with h5py.File(path, "r+") as file:
            file[f"{layers}/bias:0"][0] = np.nan
    elif case == "vast":
        with h5py.File(path, "r+") as file:
            del file[f"{layers}/bias:0"]
            file[layers].create_dataset("bias:0", (1 << 40,), np.float32, chunks=(1 << 16,))
    elif case == "elsewhere":
        with h5py.File(path, "r+") as file:
            del file[f"{layers}/bias:0"]
            file[f"{layers}/bias:0"] = h5py.ExternalLink("/etc/passwd", "x")
    elif case == "other model":
        model = MAKE["Keras"](1)
        given = model.add("InputLayer", batch_input_shape=[None, 10], name="x")
        model.write(path, [given], model.dense(given, 10, 1))
    elif case == "ten convolutions":
        model = MAKE["Keras"](1)
        x = given = model.add("InputLayer", batch_input_shape=[None, None, 4], name="x")
        for before in (4, *[3] * 9):
            x = model.convolution(model.normalisation(x, before, 1e-3), 3, before, 3)
        x = model.add("Add", x, x)
        model.write(path, [given], model.convolution(model.add("Cropping1D", x, cropping=[1, 1]), 1, 3, 3))


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("truncated", ["cut off or damaged"]),
        ("xpresso truncated", ["cut off or damaged"]),
        ("weights alone", ["no whole model of Keras"]),
        ("not JSON", ["cannot be read"]),
        ("lambda", ["'Lambda'", "no known network has"]),
        ("other activation", ["computes something else than a network of SpliceAI"]),
        ("unknown activation", ["activation_1", "cannot be run"]),
        ("a layer less", ["conv1d_7"]),
        ("other shape", ["conv1d_7", "11×4×5", "11×4×4"]),
        ("not finite", ["conv1d_7", "not finite"]),
        ("vast", ["conv1d_7", "declares 4,398"]),
        ("elsewhere", ["conv1d_7", "not followed"]),
        ("other model", ["Dense × 1", "no network of SpliceAI, OpenSpliceAI, Xpresso"]),
        ("ten convolutions", ["has 11 convolutions", "12, 21, 30 or 39"]),
        ("xpresso window", ["reads 5000 bases", "10500"]),
    ],
)
def test_files_of_keras_that_are_no_such_network(tmp_path, case, words):
    path = tmp_path / "w.h5"
    bad_keras(path, case)
    refused(tmp_path, "import_model", "--weights", path, "--model", tmp_path / "m", words=["w.h5", *words])


def bad_torch(path, case):
    state = MAKE["openspliceai"](path)
    if case == "truncated":
        path.write_bytes(path.read_bytes()[:-500])
    elif case == "list":
        torch.save(list(state.values()), path)
    elif case == "other names":
        torch.save({f"module.{name}": value for name, value in state.items()}, path)
    elif case == "a unit less":
        torch.save({name: value for name, value in state.items() if not name.startswith("residual_units.3.")}, path)
    elif case == "an array less":
        torch.save({name: value for name, value in state.items() if name != "residual_units.2.conv1.bias"}, path)
    elif case == "an array more":
        torch.save({**state, "attention.weight": torch.zeros(3)}, path)
    elif case == "other width":
        torch.save({**state, "residual_units.2.conv1.weight": torch.zeros(4, 4, 21)}, path)
    elif case == "not finite":
        torch.save({**state, "final_conv.bias": torch.full((3,), torch.nan)}, path)
    elif case == "scripted":
        torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), path)
    elif case == "other zip":
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("word/document.xml", "<x/>")


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("truncated", ["cut off or damaged"]),
        ("list", ["something else than a state dict"]),
        ("other names", ["module.initial_conv.weight", "no network of"]),
        ("a unit less", ["4 units and skips", "5, 10, 15 or 20"]),
        ("an array less", ["lacks residual_units.2.conv1.bias"]),
        ("an array more", ["attention.weight"]),
        ("other width", ["4×4×1×21", "4×4×1×11"]),
        ("not finite", ["final_conv.bias", "not finite"]),
        ("scripted", ["without weights of PyTorch"]),
        ("other zip", ["without weights of PyTorch"]),
    ],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_files_of_pytorch_that_are_no_such_network(tmp_path, case, words):
    path = tmp_path / "w.pt"
    bad_torch(path, case)
    refused(tmp_path, "import_model", "--weights", path, "--model", tmp_path / "m", words=["w.pt", *words])


def test_files_that_do_not_fit(tmp_path):
    for number in (1, 2):
        MAKE["spliceai"](tmp_path / f"{number}.h5", number)
    MAKE["openspliceai"](tmp_path / "o.pt")
    (tmp_path / "text").write_text("hello\n" * 9)
    (tmp_path / "empty").write_text("")
    imported(tmp_path, tmp_path / "1.h5")
    cases = {
        "no such file": ["nothing.h5"],
        "is a folder": ["."],
        "is empty": ["empty"],
        "neither HDF5 (.h5) nor a PyTorch file (.pt)": ["text"],
        "needs no import": ["m.safetensors"],
        "given twice": ["1.h5", "1.h5"],
        "2.h5: is a network with context 400": ["1.h5", "2.h5"],
        "holds OpenSpliceAI": ["1.h5", "o.pt"],
        "--source is xpresso": ["1.h5", "--source", "xpresso"],
    }
    for words, weights in cases.items():
        paths = [each if each.startswith("--") or each == "xpresso" else tmp_path / each for each in weights]
        refused(tmp_path, "import_model", "--model", tmp_path / "new", "--weights", *paths, words=[words])


def test_as_a_user_runs_it(tmp_path, run_script, assert_one_line_error):
    MAKE["spliceai"](tmp_path / "w.h5")
    assert run_script("import_model", "--weights", "w.h5", "--model", "m.safetensors", cwd=tmp_path).returncode == 0
    (tmp_path / "w.pt").write_bytes(pickle.dumps(Payload(tmp_path / "ran")))
    result = run_script("import_model", "--weights", "w.pt", "--model", "n.safetensors", cwd=tmp_path)
    assert_one_line_error(result, "w.pt", "bare pickle", "not opened")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.safetensors", "w.h5", "w.pt"]
    result = run_script("import_model", "--weights", "w.h5", cwd=tmp_path)
    assert_one_line_error(result, "--model")


# ---------------------------------------------------------------- the published files


def test_spliceai_equals_its_authors_software(tmp_path):
    """Each network against TensorFlow, whose answers stand in releases.py."""
    paths = published.spliceai()
    card, _, said = imported(tmp_path, *paths)
    assert [each["release"] for each in card["source"]["files"]] == [path.name for path in paths]
    assert any("tensorflow" in software for software in card["parity"]["against"])
    assert card["parity"]["difference"] <= 1e-5 and "no release" not in said
    assert card["settings"]["context"] == 10_000 and card["members"] == 5


def test_a_release_that_computes_something_else_is_not_passed_over(tmp_path, monkeypatch):
    MAKE["spliceai"](tmp_path / "w.h5")
    card, _, _ = imported(tmp_path, tmp_path / "w.h5")
    ((place, answer), *_) = card["parity"]["output"].items()
    digest = card["source"]["files"][0]["sha256"]
    for shift, fits in ((0, True), (2e-4, False)):
        monkeypatch.setitem(RELEASES, digest, Release("made up", "software 1", {place: answer + shift}))
        if fits:
            assert imported(tmp_path, tmp_path / "w.h5")[0]["source"]["files"][0]["release"] == "made up"
        else:
            with pytest.raises(RuntimeError, match=r"made up differs by 0\.0002 from what software 1 computes"):
                imported(tmp_path, tmp_path / "w.h5")


@pytest.mark.parametrize("context", [80, 400, 10_000])
def test_openspliceai_equals_its_package(tmp_path, real_data, context):
    """On 6,000 bases of a human gene, with the package's own function of prediction."""
    path = real_data(f"pretrained/openspliceai/model_{context}nt_rs10.pt")
    theirs = pytest.importorskip(
        "openspliceai.predict.predict", reason="openspliceai is not here: pip install --no-deps openspliceai pyfaidx"
    )
    card, model, _ = imported(tmp_path, path)
    assert card["source"]["files"][0]["release"] == path.name
    assert "openspliceai 0.0.7" in card["parity"]["against"] and card["parity"]["difference"] < 1e-5
    with Genome(real_data("splice_human/hg38_chr2_0_2333275.fa.gz")) as genome:
        chrom = next(iter(genome.sizes))
        codes = genome.fetch(chrom, 264_000, 270_000)
    wanted = theirs.predict(known.letters(codes), str(path), context).numpy()
    shown = np.pad(codes, context // 2, constant_values=4)  # as the package does
    found = model.scores(shown[None])[0]
    assert found[:, 1:].max() > 0.1
    assert np.abs(found - wanted).max() < 1e-5


def test_spliceai_finds_the_sites_of_a_human_gene(tmp_path, real_data):
    """Through the scripts, one network of the five, on real flanks: SH3YL1, on the minus strand, with 11 introns."""
    imported(tmp_path, published.spliceai()[0])
    piece = real_data("splice_human/hg38_chr2_0_2333275.fa.gz")
    done(
        *("extract_windows", "--genome", piece, "--annotation", piece.with_name("hg38_chr2_0_2333275.gtf.gz")),
        *("--region", "hg38_chr2_0_2333275:215001-265000", "--strand", "gene", "--without-stop", "keep"),
        *("--empty-share", 0, "--output", tmp_path / "w.h5"),
    )
    out = ("--predictions", tmp_path / "p.tsv", "--metrics", tmp_path / "m.tsv")
    done("predict_model", "--model", tmp_path / "m.safetensors", "--windows", tmp_path / "w.h5", *out)
    assert value(tmp_path / "m.tsv", "top_k") > 0.7
