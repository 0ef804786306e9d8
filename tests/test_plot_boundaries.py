"""Reports on windows: probabilities that can be believed, errors by distance, and pages that say what the numbers say."""

from __future__ import annotations

import json
import re

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import precision_recall_curve

import plot_results
from genloom import console
from genloom.formats import modelfile, tables
from genloom.learning import calibration, confusion, content, sites
from genloom.report import content as content_report

from .test_boundaries import done, train, windows
from .test_plot_results import HOSTILE, Page

COUNT, WINDOW = 120, 200
GENES = np.array([f"g{i // 3}" if i % 3 else "" for i in range(COUNT)])
LIMITS = {"acceptor": 0.5, "donor": 0.4}
COMMON = {"settings": {}, "members": 1, "flank": "real", "assembly": "", "metrics": {}}  # of the cards
BETTER, NO_BETTER = "finds donors and acceptors better than weight matrices", "is no better than"

# ---------------------------------------------------------------- reliability


def test_calibrated_probabilities_have_no_error_and_shifted_ones_have():
    random = np.random.default_rng(1)
    score = random.random(20_000)
    truth, unit = random.random(20_000) < score, np.arange(20_000) // 10
    bins = calibration.reliability(score, truth, unit)
    assert bins.error[0] < 0.015 and bins.count.sum() == 20_000
    assert np.mean((bins.low <= bins.predicted) & (bins.predicted <= bins.high)) > 0.7
    shifted = calibration.reliability(np.clip(score - 0.2, 0, 1), truth, unit)
    assert shifted.error[0] == pytest.approx(0.2 * 0.8 + 0.02, abs=0.015)  # what is below 0.2 can fall less
    assert 0.15 < shifted.error[1] < shifted.error[0] < shifted.error[2]
    assert (shifted.low[2:8] > shifted.predicted[2:8]).all()


def test_bins_are_plain_shares():
    score = np.array([0.005, 0.05, 0.1, 0.1999, 0.95, 1.0])
    truth = np.array([1, 0, 1, 0, 1, 1]) > 0
    bins = calibration.reliability(score, truth, np.arange(6), least=0.01, draws=0)
    assert bins.lower[0] == 0.01 and bins.count.tolist() == [1, 2, 0, 0, 0, 0, 0, 0, 0, 2]
    assert bins.observed[[0, 1, 9]].tolist() == [0, 0.5, 1] and np.isnan(bins.observed[2:9]).all()
    wanted = (0.05 + abs(1 - 0.2999) + abs(2 - 1.95)) / 5
    assert bins.error[0] == pytest.approx(wanted) and np.isnan([*bins.error[1:], *bins.low]).all()


def test_nothing_above_the_least_is_no_error():
    bins = calibration.reliability(np.array([0.001]), np.array([True]), np.array([3]), least=0.01)
    assert bins.count.sum() == 0 and np.isnan(bins.error).all()


def test_intervals_are_wider_where_genes_decide():
    random = np.random.default_rng(2)
    unit = np.repeat(np.arange(40), 50)
    truth = np.repeat(random.random(40) < 0.5, 50)  # all of a gene, or none
    score = np.full(2000, 0.55)
    by_gene, by_base = (calibration.reliability(score, truth, u) for u in (unit, np.arange(2000)))
    assert by_gene.observed[5] == by_base.observed[5] == truth.mean()
    assert by_gene.high[5] - by_gene.low[5] > 4 * (by_base.high[5] - by_base.low[5])


def test_windows_without_a_gene_are_units_of_their_own():
    window, gene = np.array(["a", "a", "b", "c", "d", "e"]), np.array(["", "", "", "x", "x,y", "y"])
    unit = calibration.units(window, gene)
    assert unit[0] == unit[1] != unit[2] and unit[3] == unit[4] == unit[5] != unit[2]


def test_curve_is_that_of_scikit_learn():
    random = np.random.default_rng(3)
    truth = random.random(300) < 0.3
    score = np.round(random.random(300) * 0.5 + truth * 0.3, 2)
    limit, recall, precision = sites.curve(score, truth, 0.2)
    p, r, t = precision_recall_curve(truth, score)
    kept = t >= 0.2
    assert limit.tolist() == t[kept][::-1].tolist()
    assert recall == pytest.approx(r[:-1][kept][::-1]) and precision == pytest.approx(p[:-1][kept][::-1])


# ---------------------------------------------------------------- confusion


def confused(rows, **more):
    """The counts above 0 of rows (class, truth, called, strand, position)."""
    target, truth, called, strand, position = (np.array(column) for column in zip(*rows, strict=True))
    given = (target, truth > 0, called > 0, strand, position, np.arange(len(rows)))
    table = confusion.confusion(("acceptor", "donor"), *given, **more)
    some = table.filter(pl.col("n") > 0)
    return table, {row[:4]: row[4] for row in some.iter_rows()}


def test_confusion_by_hand():
    table, counts = confused(
        [
            (0, 1, 1, 7, 1000),  # found
            (1, 1, 0, 7, 2000),  # missed: the acceptor called on it is the nearest
            (0, 0, 1, 7, 2000),  # called on the donor
            (1, 0, 1, 7, 1001),  # a donor one beside the acceptor
            (0, 0, 1, 7, 1500),  # far, an acceptor is as near as a donor
            (0, 0, 1, 7, 990),  # ten beside
            (0, 0, 1, 8, 1000),  # no site on this strand
            (1, 1, 0, 9, 1000),  # missed, nothing called on this strand
            (0, 1, 0, 7, 1103),  # missed; the nearest call is the donor at 1001, 102 away
            (0, 0, 0, 7, 5),  # neither called nor a site
        ]
    )
    assert counts == {
        ("false call", "acceptor", "donor", "0"): 1,
        ("false call", "acceptor", "acceptor", "3-10"): 1,
        ("false call", "acceptor", "acceptor", ">100"): 1,
        ("false call", "acceptor", "", "none"): 1,
        ("false call", "donor", "acceptor", "1"): 1,
        ("missed site", "donor", "acceptor", "0"): 1,
        ("missed site", "donor", "", "none"): 1,
        ("missed site", "acceptor", "donor", ">100"): 1,
    }
    shares = table.group_by("kind", "target", maintain_order=True).agg(pl.col("share").sum())["share"]
    assert shares.to_list() == pytest.approx([1, 1, 1, 1])
    row = table.filter(
        (pl.col("target") == "acceptor") & (pl.col("distance") == "0") & (pl.col("kind") == "false call")
    )
    assert row["share"][0] == 0.25 and 0 <= row["low"][0] < 0.25 < row["high"][0] <= 1


@pytest.mark.parametrize(
    ("away", "bin_"), [(1, "1"), (2, "2"), (3, "3-10"), (10, "3-10"), (11, "11-100"), (100, "11-100"), (101, ">100")]
)
def test_edges_of_distances(away, bin_):
    for sign in (1, -1):
        _, counts = confused([(0, 1, 1, 0, 5000), (0, 0, 1, 0, 5000 + sign * away)])
        assert counts == {("false call", "acceptor", "acceptor", bin_): 1}


def test_no_errors_are_no_shares():
    table, counts = confused([(0, 1, 1, 0, 5), (1, 1, 1, 0, 9)], draws=10)
    assert counts == {} and table["share"].is_nan().all() and table["low"].is_nan().all()


# ---------------------------------------------------------------- the tables of one run


def about(rows):
    start = np.arange(rows) * WINDOW
    return {
        "chrom": np.full(rows, "chr1"),
        "start": start,
        "end": start + WINDOW,
        "strand": np.array(["+-"[i % 2] for i in range(rows)]),
        "gene": GENES[:rows],
        "name": np.array([f"chr1:{a}-{a + WINDOW}:{'+-'[i % 2]}" for i, a in enumerate(start)]),
    }


def make(
    folder, strength=0.7, baseline=0.1, names=("network", "bases", "dinucleotides", "weight-matrices"), permuted=False
):
    """What train_model --task boundaries leaves behind: sites in windows with a gene, scores by strength."""
    random = np.random.default_rng(1)
    labels = np.zeros((COUNT, WINDOW), np.uint8)
    for row in np.flatnonzero(GENES != ""):
        labels[row, random.choice(WINDOW, 4, replace=False)] = [1, 2, 1, 2]
    found = {}
    for name in names:
        own = strength if name in names[:2] else baseline
        scores = np.zeros((COUNT, WINDOW, 3), np.float32)
        for index in (1, 2):
            noise = random.random(labels.shape) ** 12 * 0.6
            scores[..., index] = np.clip(noise + own * random.random(labels.shape) ** 0.3 * (labels == index), 0, 1)
        collector = sites.Collector()
        collector.add(scores, np.roll(labels, 37, axis=1) if permuted else labels, np.arange(COUNT))
        found[name] = collector.candidates()
    table = about(COUNT)
    tables.write(sites.predictions(found, table, WINDOW, "1", "test"), folder / "p.tsv")
    rows, genes = np.arange(COUNT), GENES.tolist()
    metrics = [m for name in found for m in sites.measure(name, found[name], LIMITS, rows, genes, WINDOW, draws=50)]
    tables.write(sites.table(metrics), folder / "s.tsv")
    history = "".join(
        f"1.{m}\t{e}\t{p}\t{1 / (1 + e + m)}\n" for m in (1, 2) for e in (1, 2) for p in ("train", "validation")
    )
    (folder / "h.tsv").write_text("fold\tepoch\tpart\tloss\n" + history)
    card = {"task": "boundaries", "architecture": "splice", "classes": list(sites.CLASSES), "window": WINDOW}
    card |= {"thresholds": LIMITS, "temperature": 0.9, "decode": "pairs", "rules": {}, **COMMON}
    modelfile.write(folder / "m.safetensors", {"w": np.zeros(1)}, card)
    return folder


def make_content(folder, strength=0.6):
    """The same of --task content."""
    random = np.random.default_rng(1)
    labels = (random.random((COUNT, 3)) < (GENES != "")[:, None] * 0.7).astype(np.uint8)
    scores = {
        name: np.clip(random.random((COUNT, 3)) * 0.5 + own * labels, 0, 1).astype(np.float32)
        for name, own in (("network", strength), ("kmers", 0.05))
    }
    genes = GENES.tolist()
    tables.write(content.table(about(COUNT)["name"], genes, scores, labels, "1", "test"), folder / "p.tsv")
    metrics = [m for name, each in scores.items() for m in content.measure(name, each, labels, 0.3, genes, draws=20)]
    tables.write(sites.table(metrics), folder / "s.tsv")
    card = {"task": "content", "architecture": "feeder", "window": WINDOW, "gate": 0.3, "gate_recall": 0.995}
    modelfile.write(folder / "m.safetensors", {"w": np.zeros(1)}, card | {"classes": content_report.TARGETS, **COMMON})
    return folder


def given(folder, task="boundaries", **changes):
    names = {
        "predictions": "p.tsv",
        "scores": "s.tsv",
        "model": "m.safetensors",
        "report": "r.html",
        "bootstrap": "100",
    }
    words = ["--task", task]
    for name, value in (names | changes).items():
        if value is not None:
            words += [f"--{name}", str(folder / value) if "." in value else value]
    return words


def plot(folder, *more, task="boundaries", **changes):
    words = [*given(folder, task, **changes), *map(str, more)]
    return console.run(plot_results.build_parser, plot_results.main, words)


def rows_of(path):
    return [line.split("\t") for line in path.read_text().splitlines()]


def header(folder):
    text = (folder / "r.html").read_text()
    return Page(text[text.index("<header>") : text.index("<nav ")]).text


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    folder = make(tmp_path_factory.mktemp("full"))
    out = {
        "metrics": "o.tsv",
        "metrics-json": "o.json",
        "reliability": "b.tsv",
        "confusion": "c.tsv",
        "history": "h.tsv",
    }
    assert plot(folder, "--figures", folder / "f", "--figure-format", "svg", "--title", HOSTILE[0], **out) == 0
    return folder


# ---------------------------------------------------------------- the report


def test_signal_and_noise_are_told_apart(tmp_path):
    for strength, words, other in ((0.7, BETTER, NO_BETTER), (0.1, NO_BETTER, BETTER)):
        assert plot(make(tmp_path, strength)) == 0
        assert words in header(tmp_path) and other not in header(tmp_path)
        assert ('class="found good"' in (tmp_path / "r.html").read_text()) == (words == BETTER)


def test_permuted_labels_are_no_better_than_motifs(tmp_path):
    """A good network, held against sites that were put elsewhere, finds what the weight matrices find: nothing."""
    assert plot(make(tmp_path, permuted=True)) == 0
    assert NO_BETTER in header(tmp_path) and BETTER not in header(tmp_path)


def test_without_baselines_none_is_claimed(tmp_path):
    assert plot(make(tmp_path, names=("network", "bases"))) == 0
    assert "No baseline was measured beside it" in header(tmp_path)
    assert plot(make_content(tmp_path), task="content") == 0
    assert "better than kmers do" in header(tmp_path)


def test_the_order_of_the_page(full):
    words = Page((full / "r.html").read_text()).text
    titles = [
        "The question: how well does the network find 160 acceptors and 160 donors in 120 windows of 200 bases",
        BETTER,
        "false sites per Mb of sequence",
        "Mean of acceptor and donor Model F1 Top-k PR-AUC Precision Recall network",
        "F1 of each model",
        "Acceptor Model F1",
        "Donor Model F1",
        "Called sites, and the false ones among them",
        "Precision and recall: acceptor",
        "Precision and recall: donor",
        "Reliability of the probabilities",
        "Distance of errors to the nearest",
        "Nearest true site of a false call, nearest call of a missed site",
        "Training curves",
        "Units of the bootstrap",
        "--task boundaries",
    ]
    places = [words.index(title) for title in titles]
    assert places == sorted(places)


def test_page_is_alone_and_names_are_text(full):
    text = (full / "r.html").read_text()
    page = Page(text)
    assert len(text) < 1_000_000 and "<script" not in text and HOSTILE[0] in page.text
    assert not re.search(r"https?:|url\((?!#)|@import|javascript:", text) and str(full) not in text
    pictures = [a for tag, a in page.tags if tag == "div" and a.get("role") == "img"]
    assert len(pictures) == 6 and all(len(a["aria-label"]) > 20 for a in pictures)
    ids = [a["id"] for _, a in page.tags if "id" in a]
    assert len(ids) == len(set(ids))
    assert {path.name for path in (full / "f").iterdir()} == {
        f"{name}.svg"
        for name in (
            "f1",
            "precision-recall-acceptor",
            "precision-recall-donor",
            "reliability",
            "confusion",
            "training",
        )
    }


def test_tables_hold_what_is_drawn(full):
    rows, words = Page((full / "r.html").read_text()).rows, Page((full / "r.html").read_text()).text
    cells = {" ".join(cell.split()) for row in rows for cell in row}
    score = {(m, model): [float(v or "nan") for v in v] for m, model, *v in rows_of(full / "s.tsv")[1:]}
    for model in ("network", "bases", "dinucleotides", "weight-matrices"):
        for name in ("f1", "f1.donor", "recall.acceptor", "pr_auc", "gene_windows.top_k"):
            value, low, high, _ = score[name, model]
            assert f"{value:.3f} {low:.3f} to {high:.3f}" in cells
    for target, model, low, high, n, predicted, observed, *_ in rows_of(full / "b.tsv")[1:]:
        assert (target, model) in (("acceptor", "network"), ("donor", "network"))
        if int(n):
            assert any(
                f"{float(low):g} to {float(high):g}" in row[0] and f"{int(n):,}" in row[1] + row[4] for row in rows
            )
            assert f"{float(predicted):.3f}" in cells and f"{float(observed):.3f}" in words
    errors = rows_of(full / "c.tsv")
    assert errors[0] == ["kind", "target", "nearest", "distance", "n", "share", "low", "high"]
    called = rows_of(full / "p.tsv")
    wrong = [r for r in called[1:] if r[4] == "0" and float(r[5]) >= LIMITS[r[1]]]
    assert sum(int(row[4]) for row in errors[1:] if row[0] == "false call") == len(wrong) > 0
    assert f"Of {len(wrong):,} false calls" in words


def test_metrics_are_the_scores_and_the_calibration_error(full):
    before, after = rows_of(full / "s.tsv"), rows_of(full / "o.tsv")
    assert after[: len(before)] == before
    assert [row[:2] for row in after[len(before) :]] == [["ece.acceptor", "network"], ["ece.donor", "network"]]
    for _, _, value, low, high, n in after[len(before) :]:
        assert float(low) <= float(value) <= float(high) and int(n) > 100
    listed = json.loads((full / "o.json").read_text())
    assert [[e["metric"], e["model"], str(e["n"])] for e in listed] == [[*row[:2], row[5]] for row in after[1:]]


def test_same_bytes_again(full, tmp_path):
    for name in ("p.tsv", "s.tsv", "h.tsv", "m.safetensors"):
        (tmp_path / name).write_bytes((full / name).read_bytes())
    out = {"metrics": "o.tsv", "reliability": "b.tsv", "confusion": "c.tsv", "history": "h.tsv"}
    assert plot(tmp_path, "--title", HOSTILE[0], **out) == 0
    for name in ("r.html", "o.tsv", "b.tsv", "c.tsv"):
        assert (tmp_path / name).read_bytes() == (full / name).read_bytes()


def test_a_threshold_below_the_table_is_said(tmp_path):
    make(tmp_path)
    card, arrays = modelfile.read(tmp_path / "m.safetensors")
    modelfile.write(tmp_path / "m.safetensors", arrays, card | {"thresholds": {"acceptor": 0.5, "donor": 0.002}})
    assert plot(tmp_path) == 0
    assert "The threshold of donor is below 0.01" in Page((tmp_path / "r.html").read_text()).text


def test_no_draws_no_intervals(tmp_path):
    assert plot(make(tmp_path), bootstrap="0", reliability="b.tsv", confusion="c.tsv") == 0
    assert all(row[7:] == ["", ""] for row in rows_of(tmp_path / "b.tsv")[1:])
    assert "no interval" in Page((tmp_path / "r.html").read_text()).text


def test_the_report_on_content(tmp_path):
    make_content(tmp_path)
    assert plot(tmp_path, "--figures", tmp_path / "f", task="content", metrics="o.tsv", reliability="b.tsv") == 0
    words = Page((tmp_path / "r.html").read_text()).text
    for title in ("Recall at the gate", "PR-AUC, intron", "Precision and recall: boundary", "Reliability: exon"):
        assert title in words
    assert "better than kmers do" in header(tmp_path) and "of the windows with boundaries and spares" in header(
        tmp_path
    )
    assert len(list((tmp_path / "f").iterdir())) == 7
    assert {tuple(row[:2]) for row in rows_of(tmp_path / "b.tsv")[1:]} == {
        (target, model) for target in ("exon", "intron", "boundary") for model in ("network", "kmers")
    }
    extra = rows_of(tmp_path / "o.tsv")[len(rows_of(tmp_path / "s.tsv")) :]
    assert len(extra) == 6 and all(int(row[5]) == COUNT for row in extra)
    assert plot(make_content(tmp_path, strength=0.05), task="content") == 0
    assert "no better than kmers do" in header(tmp_path)


@pytest.mark.parametrize(("task", "window"), [("boundaries", 500), ("content", 250)])
def test_from_training_to_the_page(tmp_path, task, window):
    """The tables of a real run are taken as they are; new predictions, without baselines, too."""
    windows(tmp_path, task, window, genes=8)
    more = ("--epochs", 1, "--metrics", tmp_path / "s.tsv", "--history", tmp_path / "h.tsv")
    done(*train(tmp_path, *more, task=task))
    (tmp_path / "m.p.tsv").rename(tmp_path / "p.tsv")
    columns = rows_of(tmp_path / "p.tsv")[0]
    assert columns[-2:] == ["window", "gene"] if task == "boundaries" else columns[-1] == "gene"
    assert any(row[-1].startswith("chr4g") for row in rows_of(tmp_path / "p.tsv")[1:])
    assert plot(tmp_path, task=task, history="h.tsv", reliability="b.tsv") == 0
    assert "Training curves" in (tmp_path / "r.html").read_text()
    again = ("--predictions", tmp_path / "p.tsv", "--metrics", tmp_path / "s.tsv")
    given_again = ("--model", tmp_path / "m.safetensors", "--windows", tmp_path / f"{task}.h5")
    done("predict_model", *given_again, *again)
    assert plot(tmp_path, task=task) == 0
    assert "No baseline was measured beside it" in header(tmp_path)


# ---------------------------------------------------------------- bad input


def changed(path, old, new, count=1):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, count))


BAD = {
    "no gene": (lambda f: changed(f / "p.tsv", "\tgene\n", "\tgenes\n"), ["lacks the column gene", "train_model"]),
    "value": (
        lambda f: changed(f / "p.tsv", "\ttest\t1\t0.", "\ttest\t1\t7."),
        ["p.tsv:", "predicted holds 7.", "0 to 1"],
    ),
    "observed": (lambda f: changed(f / "p.tsv", "\ttest\t1\t", "\ttest\t2\t"), ["observed holds 2", "0 or 1"]),
    "nan": (lambda f: changed(f / "p.tsv", "\ttest\t1\t", "\ttest\t1\tnan"), ["p.tsv:", "not a number"]),
    "place": (lambda f: changed(f / "p.tsv", "\nchr1:", "\nchr1_"), ["p.tsv:2", "is no base, such as chr1:1234:+"]),
    "class": (lambda f: changed(f / "p.tsv", "\tdonor\t", "\tpromoter\t"), ["predicts promoter", "acceptor and donor"]),
    "folds": (lambda f: changed(f / "p.tsv", "\t1\ttest\t", "\t2\ttest\t"), ["holds the folds 2, 1", "by itself"]),
    "parts": (lambda f: changed(f / "p.tsv", "\ttest\t", "\ttrain\t", -1), ["no row of the part 'test'"]),
    "empty": (lambda f: (f / "p.tsv").write_text(""), ["p.tsv", "is empty"]),
    "other run": (
        lambda f: changed(f / "s.tsv", "\t160\n", "\t161\n", -1),
        ["f1.acceptor is of 161", "hold 160", "one run"],
    ),
    "twice": (lambda f: changed(f / "s.tsv", "\nf1.donor\tnet", "\nf1\tnet"), ["holds f1 of network twice"]),
    "other table": (lambda f: changed(f / "s.tsv", "\nf1\tnet", "\nf2\tnet"), ["lacks f1 of network", "--task"]),
    "no table": (lambda f: (f / "s.tsv").write_text("a\tb\n1\t2\n"), ["lacks the column metric", "--metrics"]),
    "card": (
        lambda f: modelfile.write(
            f / "m.safetensors",
            {"w": np.zeros(1)},
            {
                key: value
                for key, value in modelfile.read(f / "m.safetensors")[0].items()
                if key not in ("format", "thresholds")
            },
        ),
        ["m.safetensors", "without thresholds", "train it again"],
    ),
    "content": (make_content, ["is a model of task 'content', 'boundaries' is wanted"]),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_named(tmp_path, capsys, name):
    break_, words = BAD[name]
    break_(make(tmp_path))
    before = sorted(tmp_path.iterdir())
    assert plot(tmp_path, "--figures", tmp_path / "f", metrics="o.tsv", confusion="c.tsv") == 2
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1, said
    for word in words:
        assert word in said
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("task", "changes", "words"),
    [
        ("boundaries", {"scores": None}, "--task boundaries needs --scores"),
        ("content", {"model": None}, "--task content needs --model"),
        ("boundaries", {"genes": "TP53"}, "--genes has no meaning for --task boundaries"),
        ("boundaries", {"split": "x.tsv"}, "--split has no meaning for --task boundaries"),
        ("content", {"confusion": "c.tsv"}, "--confusion has no meaning for --task content"),
        ("expression", {}, "--scores has no meaning for --task expression"),
        ("expression", {"scores": None, "reliability": "b.tsv"}, "--reliability has no meaning for --task expression"),
        ("boundaries", {"report": None}, "there is no output to write"),
    ],
)
def test_options_without_meaning_are_refused(tmp_path, capsys, task, changes, words):
    assert plot(tmp_path, task=task, **changes) == 2  # before any file is looked for
    said = capsys.readouterr().err
    assert words in said and len(said.splitlines()) == 1


def test_a_user_sees_one_line(tmp_path, run_script, assert_one_line_error):
    make(tmp_path)
    changed(tmp_path / "p.tsv", "\tgene\n", "\tgenes\n")
    assert_one_line_error(run_script("plot_results", *given(tmp_path)), tmp_path / "p.tsv", "lacks the column gene")
