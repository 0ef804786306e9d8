"""train_model and predict_model on planted splice sites: what is planted is found, what is wrong is named."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import re
import subprocess
import sys

import h5py
import numpy as np
import polars as pl
import pytest
import torch

from genloom import console
from genloom.formats import modelfile
from genloom.formats.genome import Genome, reverse_complement
from genloom.learning import boundaries, content, scan, training

from . import planted_genes

SMALL = ("--context", 80, "--channels", 8, "--batch-size", 8)


def run(script, *args):
    """Run a script here: status and what it said."""
    module, said = importlib.import_module(script), io.StringIO()
    with contextlib.redirect_stderr(said):
        try:
            status = console.run(module.build_parser, module.main, list(map(str, args)))
        except SystemExit as stop:
            status = stop.code
    return status, said.getvalue()


def done(script, *args):
    status, said = run(script, *args)
    assert status == 0, said
    return said


def refused(folder, script, *args, words=()):
    """Status 2, one line with all the words, and no output."""
    before = sorted(folder.iterdir())
    status, said = run(script, *args)
    assert status == 2, said
    assert len(said.splitlines()) == 1, said
    for word in words:
        assert word in said
    assert sorted(folder.iterdir()) == before


def windows(folder, kind="boundaries", window=500, **planted):
    fasta, gtf = planted_genes.write(folder, **planted)
    done(
        "extract_windows",
        "--kind",
        kind,
        "--genome",
        fasta,
        "--annotation",
        gtf,
        "--window",
        window,
        "--context",
        80,
        "--output",
        folder / f"{kind}.h5",
    )
    done(
        "split_samples",
        "--windows",
        folder / f"{kind}.h5",
        "--method",
        "explicit",
        "--test-groups",
        "chr4",
        "--validation-groups",
        "chr3",
        "--output",
        folder / f"{kind}.tsv",
    )
    return folder


def train(folder, *more, task="boundaries", name="m", **files):
    given = {"windows": folder / f"{task}.h5", "split": folder / f"{task}.tsv", **files}
    return (
        "train_model",
        "--task",
        task,
        *SMALL,
        *(part for k, v in given.items() for part in (f"--{k}", v)),
        "--model",
        folder / f"{name}.safetensors",
        "--predictions",
        folder / f"{name}.p.tsv",
        *more,
    )


def table(path):
    return pl.read_csv(path, separator="\t")


def value(path, metric, model="network"):
    return table(path).filter((pl.col("metric") == metric) & (pl.col("model") == model))["value"][0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A planted genome, its windows, and a model of them."""
    path = windows(tmp_path_factory.mktemp("planted"))
    done(*train(path, "--epochs", 12, "--metrics", path / "m.m.tsv", "--history", path / "m.h.tsv"))
    return path


@pytest.fixture(scope="module")
def feeder(tmp_path_factory):
    """Trained on another genome with the same motifs."""
    path = windows(tmp_path_factory.mktemp("feeder"), "content", 250, genes=40, seed=2)
    done(*train(path, "--epochs", 10, "--metrics", path / "f.m.tsv", task="content", name="f"))
    return path / "f.safetensors"


@pytest.fixture
def model(folder):
    card, arrays = modelfile.read(folder / "m.safetensors")
    return boundaries.restore(card, arrays, "m")


def test_planted_sites_are_found(folder):
    metrics = table(folder / "m.m.tsv")
    assert metrics.columns == ["metric", "model", "value", "low", "high", "n"]
    assert set(metrics["model"]) == {"network", "bases", "dinucleotides", "weight-matrices"}
    for metric in ("f1", "f1.acceptor", "f1.donor", "top_k", "pr_auc", "gene_windows.f1"):
        assert value(folder / "m.m.tsv", metric) > 0.9
    assert value(folder / "m.m.tsv", "f1", "dinucleotides") < 0.1
    assert value(folder / "m.m.tsv", "gene_free.false_positives_per_mb") < 1000
    row = metrics.row(0, named=True)
    assert row["low"] <= row["value"] <= row["high"] and row["n"] == 56
    card, _ = modelfile.read(folder / "m.safetensors")
    assert card["classes"] == ["none", "acceptor", "donor"] and card["flank"] == "real" and card["window"] == 500
    assert card["metrics"]["f1"] == pytest.approx(value(folder / "m.m.tsv", "f1"), rel=1e-5)
    assert set(table(folder / "m.h.tsv")["part"]) == {"train", "validation"}


def test_predictions_name_every_site_of_the_test_part(folder):
    rows = table(folder / "m.p.tsv")
    assert rows.columns[:6] == ["id", "target", "fold", "part", "observed", "predicted"]
    planted = planted_genes.sites(folder / "genes.gtf")
    for target, places in planted.items():
        found = rows.filter((pl.col("target") == target) & (pl.col("observed") == 1))["id"].to_list()
        assert set(found) == {f"{c}:{p}:{s}" for c, p, s in places if c == "chr4"}


def test_sites_elsewhere_than_the_motifs_are_not_found(tmp_path):
    windows(tmp_path, planted=False)
    done(*train(tmp_path, "--epochs", 6, "--metrics", tmp_path / "x.tsv"))
    assert value(tmp_path / "x.tsv", "f1") < 0.4
    assert value(tmp_path / "x.tsv", "pr_auc") < 0.3


def test_same_in_same_out_and_checkpoints_of_the_same_run_are_taken_up(folder, tmp_path):
    files = []
    for name, more in (("a", ()), ("b", ("--checkpoint", tmp_path / "c")), ("c", ("--checkpoint", tmp_path / "c"))):
        given = ("--model", tmp_path / f"{name}.safetensors", "--predictions", tmp_path / f"{name}.tsv")
        done(*train(folder, "--epochs", 1, "--ensemble", 2, *given, *more))
        files.append((tmp_path / f"{name}.safetensors").read_bytes())
    assert files[0] == files[1] == files[2]
    assert len(list((tmp_path / "c").rglob("finished"))) == 2
    card, arrays = modelfile.read(tmp_path / "a.safetensors")
    assert card["members"] == 2 and not np.array_equal(arrays["member1.last.weight"], arrays["member2.last.weight"])


@pytest.mark.parametrize("steps", range(1, 40))
def test_the_learning_rate_rises_and_falls_whatever_the_number_of_steps(steps):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1)
    cycle, rates = training.one_cycle(optimizer, 0.01, steps), []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if len(rates) < max(steps, 2):
            cycle.step()
    assert all(0 < rate <= 0.01 for rate in rates) and np.argmax(rates) <= max(steps // 5, 1)


def test_fine_tuning_goes_on_from_the_model(folder, tmp_path):
    out = ("--model", tmp_path / "n.safetensors", "--predictions", tmp_path / "p.tsv", "--metrics", tmp_path / "m.tsv")
    done(*train(folder, "--epochs", 1, "--start", folder / "m.safetensors", *out))
    assert value(tmp_path / "m.tsv", "pr_auc") > 0.9
    assert modelfile.read(tmp_path / "n.safetensors")[0]["training"]["rate"] == pytest.approx(3e-4)
    done(*train(folder, "--epochs", 1, *out))  # as short a training from nothing does not get there
    assert value(tmp_path / "m.tsv", "pr_auc", "bases") < 0.5


def predicted(folder, out, *more):
    out.mkdir()
    files = ("--sites", out / "s.bed", "--introns", out / "i.gff3", "--tracks", out / "t", "--summary", out / "u.tsv")
    said = done("predict_model", "--model", folder / "m.safetensors", "--genome", folder / "genome.fa", *files, *more)
    return said, {path.name: path.read_text() for path in out.rglob("*.*")}


def test_a_genome_is_predicted_on_both_strands_whatever_the_tiles(folder, tmp_path):
    made = [predicted(folder, tmp_path / str(tile), "--tile", tile)[1] for tile in (1000, 100_000)]
    assert made[0] == made[1] and len(made[0]) == 7
    found = {tuple(line.split("\t")[i] for i in (3, 0, 1, 5)) for line in made[0]["s.bed"].splitlines()}
    wanted = {
        (site, c, str(p), s) for site, places in planted_genes.sites(folder / "genes.gtf").items() for c, p, s in places
    }
    assert len(found & wanted) > 0.95 * len(wanted) and len(found - wanted) < 0.05 * len(wanted)
    introns = [line.split("\t") for line in made[0]["i.gff3"].splitlines() if line[0] != "#"]
    assert len(introns) > 0.95 * len(wanted) / 2
    assert {int(line[4]) - int(line[3]) + 1 for line in introns} == {planted_genes.INTRON}
    assert table(tmp_path / "1000" / "u.tsv").row(0) == ("bases", 2 * 4 * 10_500)


def test_a_region_is_predicted_as_the_whole(folder, tmp_path):
    whole, part = tmp_path / "whole", tmp_path / "part"
    for out, more in ((whole, ()), (part, ("--region", "chr2:2001-7000"))):
        done(
            "predict_model",
            "--model",
            folder / "m.safetensors",
            "--genome",
            folder / "genome.fa",
            "--tracks",
            out,
            *more,
        )
    for path in sorted(whole.iterdir()):
        lines = [line for line in path.read_text().splitlines() if line.startswith("chr2\t")]
        inside = [line for line in lines if int(line.split("\t")[1]) >= 2000 and int(line.split("\t")[2]) <= 7000]
        assert inside and (part / path.name).read_text().splitlines() == inside


def test_integers_find_the_same_sites_and_tell_how_far_they_are(folder, tmp_path):
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: pip install 'genloom[onnx]'")
    _, single = predicted(folder, tmp_path / "single")
    said, whole = predicted(folder, tmp_path / "whole", "--precision", "int8")
    _, tiled = predicted(folder, tmp_path / "tiled", "--precision", "int8", "--tile", 1000)
    assert whole == tiled and len(whole) == 7
    assert 0 < float(re.search(r"probabilities within (\S+) of single precision on 40,000 bases", said)[1]) < 0.2
    places = [
        {tuple(line.split("\t")[i] for i in (0, 1, 3, 5)) for line in made["s.bed"].splitlines()}
        for made in (single, whole)
    ]
    assert len(places[0] ^ places[1]) <= 0.01 * len(places[0])
    assert single["s.bed"] != whole["s.bed"]  # they do round
    out = ("--windows", folder / "boundaries.h5", "--metrics")
    for precision in ("single", "int8"):
        done(
            "predict_model",
            "--model",
            folder / "m.safetensors",
            *out,
            tmp_path / f"{precision}.tsv",
            "--precision",
            precision,
        )
    assert abs(value(tmp_path / "int8.tsv", "pr_auc") - value(tmp_path / "single.tsv", "pr_auc")) < 0.01


def test_integers_where_they_have_no_place(folder, feeder, tmp_path, monkeypatch):
    out, given = ("--sites", tmp_path / "s.bed", "--precision", "int8"), ("--genome", folder / "genome.fa")
    predict = ("predict_model", "--model", folder / "m.safetensors", *given, *out)
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "onnxruntime", None)
        refused(tmp_path, *predict, words=["--precision int8 needs", "onnxruntime", "pip install 'genloom[onnx]'"])
    content = ("--windows", feeder.parent / "content.h5", "--metrics", tmp_path / "m.tsv", "--precision", "int8")
    refused(tmp_path, "predict_model", "--model", feeder, *content, words=["no meaning", "'content'"])
    monkeypatch.setattr(boundaries, "MOVED", 1e-9)
    refused(tmp_path, *predict, words=["move probabilities by up to 0.", "leave --precision int8 out"])


def test_strands_trade_places_in_the_reverse_complement(folder, model):
    with Genome(folder / "genome.fa") as genome:
        codes = genome.fetch("chr1")
    forward = np.concatenate([s for _, _, s in scan._tiles(codes, 0, len(codes), "+", model, 3000)])
    other = reverse_complement(codes)
    backward = np.concatenate([s for _, _, s in scan._tiles(other, 0, len(codes), "-", model, 3000)])
    assert np.abs(forward - backward[::-1]).max() < 1e-5
    same = np.concatenate([s for _, _, s in scan._tiles(codes, 0, len(codes), "-", model, 3000)])
    assert np.abs(forward - same).max() > 0.9  # a site is one on its own strand alone


def test_windows_are_judged_again_with_the_same_result(folder, tmp_path):
    said = done(
        "predict_model",
        "--model",
        folder / "m.safetensors",
        "--windows",
        folder / "boundaries.h5",
        "--predictions",
        tmp_path / "p.tsv",
        "--metrics",
        tmp_path / "m.tsv",
    )
    assert "F1" in said and value(tmp_path / "m.tsv", "f1") > 0.9
    again = table(tmp_path / "p.tsv").select("id", "target", "predicted").filter(pl.col("id").str.starts_with("chr4"))
    first = table(folder / "m.p.tsv").select("id", "target", "predicted")
    both = first.join(again, on=("id", "target"), how="full")
    assert both["predicted"].null_count() == both["predicted_right"].null_count() == 0
    assert (both["predicted"] - both["predicted_right"]).abs().max() < 1e-4


def test_a_feeder_keeps_what_it_says_and_tells_its_cost(folder, feeder, tmp_path):
    metrics = feeder.with_name("f.m.tsv")
    recall, spared = (value(metrics, name) for name in ("recall.boundary", "spared"))
    assert recall > 0.9 and spared > 0.2
    assert value(metrics, "pr_auc.boundary") > 0.85
    assert set(table(metrics)["model"]) == {"network", "kmers"}
    said = done(
        "predict_model",
        "--model",
        folder / "m.safetensors",
        "--genome",
        folder / "genome.fa",
        "--feeder",
        feeder,
        "--sites",
        tmp_path / "s.bed",
        "--summary",
        tmp_path / "u.tsv",
    )
    assert f"it lost {100 * (1 - recall):.2g}%" in said
    told = dict(table(tmp_path / "u.tsv").iter_rows())
    assert told["feeder.recall"] == pytest.approx(recall, abs=1e-5) and told["spared"] > 0.2
    wanted = sum(map(len, planted_genes.sites(folder / "genes.gtf").values()))
    assert told["sites"] > 0.85 * wanted
    done(
        "predict_model",
        "--model",
        feeder,
        "--windows",
        feeder.with_name("content.h5"),
        "--predictions",
        tmp_path / "p.tsv",
    )
    assert set(table(tmp_path / "p.tsv")["target"]) == {"exon", "intron", "boundary"}


@pytest.mark.parametrize("recall", [0.5, 0.9, 0.995, 1])
def test_the_gate_is_the_highest_that_keeps_the_recall(recall):
    scores = np.random.default_rng(1).permutation(1000) / 1000
    truth = np.arange(1000) % 2 == 0
    gate = content.gate(scores, truth, recall)
    assert (scores[truth] >= gate).mean() >= recall > (scores[truth] > gate).mean() - 1e-9


def test_coding_heads_and_the_decode_in_one_reading_frame(tmp_path):
    """Genes of three exons in one frame: 60 bases each, ATG first and a stop codon last, which the GTF leaves out."""
    windows(tmp_path, genes=6)
    letters = {}
    for record in (tmp_path / "genome.fa").read_text().split(">")[1:]:
        name, sequence = record.split("\n", 1)
        letters[name] = list(sequence.strip())
    lines = []
    for line in (tmp_path / "genes.gtf").read_text().splitlines():
        fields = line.split("\t")
        start, end = int(fields[3]) - 1, int(fields[4])
        exon = "".join(letters[fields[0]][start:end])
        exon = exon if fields[6] == "+" else planted_genes.flip(exon)
        exon = "".join(
            c if c not in ("TAA", "TAG", "TGA") else "GCC" for c in map("".join, zip(*[iter(exon)] * 3, strict=True))
        )
        number = sum(fields[8] in other for other in lines) // 2
        exon = "ATG" + exon[3:] if number == 0 else exon[:-3] + "TAA" if number == 2 else exon
        letters[fields[0]][start:end] = exon if fields[6] == "+" else planted_genes.flip(exon)
        coding = list(fields)
        coding[2] = "CDS"
        if number == 2:
            coding[3:5] = (fields[3], str(end - 3)) if fields[6] == "+" else (str(start + 4), fields[4])
        lines += [line, "\t".join(coding)]
    (tmp_path / "genome.fa").write_text("".join(f">{name}\n{''.join(s)}\n" for name, s in letters.items()))
    (tmp_path / "genes.gtf").write_text("\n".join(lines) + "\n")
    args = (
        "--genome",
        tmp_path / "genome.fa",
        "--annotation",
        tmp_path / "genes.gtf",
        "--window",
        500,
        "--context",
        80,
    )
    done("extract_windows", *args, "--output", tmp_path / "boundaries.h5", "--without-stop", "keep")
    from genloom.formats.windows import Windows
    from genloom.learning import coding as labels

    with Windows(tmp_path / "boundaries.h5") as found:
        rows = np.arange(len(found))
        made, codes, sites = labels.labels(found, rows, tmp_path / "genes.gtf"), found.codes(context=0), found.dense()
    state, edge = made[:, 0], made[:, 1]
    assert (state[sites > 0] >= labels.CODON).all()
    row, at = np.nonzero(edge == labels.START)
    assert len(row) >= 20 and (codes[row, at] == 0).all() and (state[row, at] == labels.CODON).all()
    row, at = np.nonzero(edge == labels.STOP)
    assert len(row) >= 20 and (codes[row, at] == 0).all() and (state[row, at] == labels.CODON + 2).all()
    done(*train(tmp_path, "--epochs", 4, "--annotation", tmp_path / "genes.gtf"))
    card, arrays = modelfile.read(tmp_path / "m.safetensors")
    assert card["settings"]["heads"] == [3, 5, 3] and arrays["member1.last.weight"].shape[0] == 11
    assert any(name.startswith("genes") for name in card["validation"])
    refused(tmp_path, *train(tmp_path, "--annotation", planted_genes.write(tmp_path)[1]), words=["not the annotation"])


def rewritten(source, path, **changes):
    from safetensors.numpy import save_file

    card, arrays = modelfile.read(source)
    save_file(arrays, path, metadata={"genloom": json.dumps(card | changes)})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"classes": ["none", "donor", "acceptor"]}, ["none, donor, acceptor", "none, acceptor, donor"]),
        (
            {"settings": {"context": 400, "channels": 8, "heads": [3], "slope": 0.0, "eps": 1e-5}},
            ["do not fit the network"],
        ),
        ({"settings": {"context": 123}}, ["context 123"]),
        ({"architecture": "oracle"}, ["oracle", "newer genloom"]),
        ({"members": 2}, ["do not fit the network"]),
        ({"thresholds": {}}, ["damaged card"]),
        ({"decode": "genes"}, ["no heads for the decode"]),
        ({"flank": "N"}, ["flanks as real", "--flank N"]),
        ({"task": "weather"}, ["'weather'"]),
    ],
)
def test_models_that_do_not_fit(folder, tmp_path, changes, words):
    rewritten(folder / "m.safetensors", tmp_path / "bad.safetensors", **changes)
    refused(
        tmp_path,
        "predict_model",
        "--model",
        tmp_path / "bad.safetensors",
        "--windows",
        folder / "boundaries.h5",
        "--predictions",
        tmp_path / "p.tsv",
        words=words,
    )


def test_input_that_does_not_fit(folder, feeder, tmp_path):
    model, good, out = folder / "m.safetensors", folder / "boundaries.h5", ("--predictions", tmp_path / "p.tsv")
    predict = ("predict_model", "--model", model)
    refused(
        tmp_path,
        *predict,
        "--windows",
        feeder.with_name("content.h5"),
        *out,
        words=["holds content, boundaries are wanted"],
    )
    refused(tmp_path, *predict, "--bins", good, *out, words=["'boundaries'", "--bins is for 'expression'"])
    refused(tmp_path, *predict, *out, words=["--windows or --genome"])
    refused(tmp_path, *predict, "--windows", good, words=["no output is named", "--predictions"])
    refused(tmp_path, *predict, "--windows", good, *out, "--sites", tmp_path / "s", words=["--sites has no meaning"])
    refused(tmp_path, *predict, "--genome", folder / "genes.gtf", "--sites", tmp_path / "s", words=["genes.gtf"])
    refused(
        tmp_path,
        *predict,
        "--genome",
        folder / "genome.fa",
        "--region",
        "chr9",
        "--sites",
        tmp_path / "s",
        words=["chr9"],
    )
    refused(
        tmp_path,
        *predict,
        "--genome",
        folder / "genome.fa",
        "--feeder",
        model,
        "--sites",
        tmp_path / "s",
        words=["'boundaries'", "'content' is wanted"],
    )
    refused(
        tmp_path,
        "predict_model",
        "--model",
        feeder,
        "--genome",
        folder / "genome.fa",
        "--sites",
        tmp_path / "s",
        words=["'content'", "--windows"],
    )
    out = ("--model", tmp_path / "m", "--predictions", tmp_path / "p.tsv")
    refused(tmp_path, *train(folder, *out, "--context", 400), words=["holds 80 bases of context, 400 are wanted"])
    refused(tmp_path, *train(folder, *out, "--start", model, "--channels", 16), words=["channels 8", "--channels"])
    refused(tmp_path, *train(folder, *out, "--start", feeder), words=["'content'"])
    refused(tmp_path, *train(folder, *out, "--bins", good), words=["--bins has no meaning for --task boundaries"])
    refused(tmp_path, *train(folder, *out, windows=feeder.with_name("content.h5")), words=["boundaries are wanted"])
    refused(
        tmp_path, "train_model", "--split", folder / "boundaries.tsv", *out, words=["--task expression needs --bins"]
    )
    refused(tmp_path, *train(folder, *out, "--device", "cuda"), words=["no such device"])


def split(path, parts):
    rows = [f"{fold}\t{name}\t\t{part}" for fold, name, part in parts]
    path.write_text("\n".join(["fold\tid\tgroup\tpart", *rows]) + "\n")
    return path


def test_splits_that_do_not_fit(folder, tmp_path):
    with h5py.File(folder / "boundaries.h5") as file:
        names = [name.decode() for name in file["table/name"][:]]
        bare = {name for name, gene in zip(names, file["table/gene"][:], strict=True) if not gene}
    out = (
        "--model",
        tmp_path / "m",
        "--predictions",
        tmp_path / "p.tsv",
        "--allow-leak",
        "other faults are looked for",
    )
    half = ["train" if i % 2 else "test" for i in range(len(names))]
    one = split(tmp_path / "1.tsv", [(1, n, p) for n, p in zip(names, half, strict=True)])
    refused(tmp_path, *train(folder, *out, split=one), words=["no validation part", "--validation-groups"])
    two = split(tmp_path / "2.tsv", [(f, n, p) for f in (1, 2) for n, p in zip(names, half, strict=True)])
    refused(tmp_path, *train(folder, *out, split=two), words=["2 folds", "--fold 1"])
    refused(tmp_path, *train(folder, *out, "--fold", 3, split=two), words=["no fold '3'"])
    other = split(tmp_path / "3.tsv", [(1, "a", "train"), (1, "b", "test")])
    refused(tmp_path, *train(folder, *out, split=other), words=["windows", "does not hold", "a, b"])
    empty = split(
        tmp_path / "4.tsv", [(1, n, "validation" if n in bare else p) for n, p in zip(names, half, strict=True)]
    )
    refused(tmp_path, *train(folder, *out, split=empty), words=["the validation part has no"])


def test_prediction_does_without_the_training_loop():
    code = "import sys; import genloom.learning.scan, genloom.learning.variants; sys.exit('lightning' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
