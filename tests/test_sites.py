"""Measures of splice sites against a plain reading of their definitions; tracks against what was put in."""

from __future__ import annotations

import numpy as np
import pyBigWig
import pytest
from sklearn.metrics import average_precision_score, f1_score

from genloom.formats import tracks
from genloom.learning import decoding, sites

WINDOW, COUNT = 200, 40
GENES = [f"g{i // 2}" if i % 4 else "" for i in range(COUNT)]


@pytest.fixture(scope="module")
def data():
    """Scores (windows, bases, 3) of two decimals, so that many are equal, and labels that go with them."""
    random = np.random.default_rng(1)
    labels = np.zeros((COUNT, WINDOW), np.uint8)
    labels[random.random(labels.shape) < 0.01] = 1
    labels[random.random(labels.shape) < 0.01] = 2
    scores = np.zeros((COUNT, WINDOW, 3), np.float32)
    for index in (1, 2):
        scores[..., index] = np.round(random.random(labels.shape) ** 8 * 0.7 + 0.3 * (labels == index), 2)
    return scores, labels


def found(scores, labels, rows=None):
    collector = sites.Collector()
    for row in range(len(scores)) if rows is None else rows:
        collector.add(scores[row : row + 1], labels[row : row + 1], np.array([row]))
    return collector.candidates()


def measured(scores, labels, thresholds, **more):
    rows = np.arange(COUNT)
    return {m.metric: m for m in sites.measure("x", found(scores, labels), thresholds, rows, GENES, WINDOW, **more)}


def test_measures_agree_with_scikit_learn(data):
    scores, labels = data
    thresholds = {"acceptor": 0.42, "donor": 0.55}
    got = measured(scores, labels, thresholds)
    for name, index in sites.SITES.items():
        truth, score = labels.ravel() == index, scores[..., index].ravel()
        assert got[f"pr_auc.{name}"].value == pytest.approx(average_precision_score(truth, score), abs=2e-3)
        assert got[f"f1.{name}"].value == pytest.approx(f1_score(truth, score >= thresholds[name]))
        assert got[f"f1.{name}"].n == truth.sum()
        k = truth.sum()
        limit = np.sort(score)[-k]
        sure, tied = truth[score > limit].sum(), truth[score == limit].mean()
        assert got[f"top_k.{name}"].value == pytest.approx((sure + tied * (k - (score > limit).sum())) / k)
    assert got["f1"].value == pytest.approx((got["f1.acceptor"].value + got["f1.donor"].value) / 2)
    false = sum(((scores[..., i] >= thresholds[n]) & (labels != i)).sum() for n, i in sites.SITES.items())
    assert got["false_positives_per_mb"].value == pytest.approx(1e6 * false / (COUNT * WINDOW))
    free = np.array([not gene for gene in GENES])
    false = sum(((scores[free, :, i] >= thresholds[n]) & (labels[free] != i)).sum() for n, i in sites.SITES.items())
    assert got["gene_free.false_positives_per_mb"].value == pytest.approx(1e6 * false / (free.sum() * WINDOW))
    assert got["gene_windows.f1.donor"].value == pytest.approx(
        f1_score(labels[~free].ravel() == 2, scores[~free, :, 2].ravel() >= 0.55)
    )


def test_intervals_hold_the_value_and_grow_with_what_genes_share(data):
    scores, labels = data
    thresholds = {"acceptor": 0.42, "donor": 0.55}
    few, many = measured(scores, labels, thresholds), None
    for metric in few.values():
        assert not metric.low > metric.value and not metric.high < metric.value, metric
    rows = np.arange(COUNT)
    one = ["all"] * COUNT
    many = sites.measure("x", found(scores, labels), thresholds, rows, one, WINDOW)
    assert many[0].low == many[0].high == many[0].value  # a single gene: nothing to draw


def test_windows_of_one_gene_are_one_unit():
    unit = sites.units(["a", "a,b", "b", "", "", "c"])
    assert unit[0] == unit[1] == unit[2]
    assert len(set(unit.tolist())) == 4


def test_the_threshold_is_where_f1_is_best(data):
    scores, labels = data
    for name, index in sites.SITES.items():
        limit, best = sites.threshold(found(scores, labels)[name])
        truth, score = labels.ravel() == index, scores[..., index].ravel()
        tried = [f1_score(truth, score >= t) for t in np.unique(score)]
        assert best == pytest.approx(max(tried))
        assert f1_score(truth, score >= limit) == pytest.approx(best)


def test_predictions_name_the_window_and_its_genes(data):
    scores, labels = data
    start = np.arange(COUNT) * WINDOW
    strand = np.array(["+-"[i % 2] for i in range(COUNT)])
    about = {"chrom": np.full(COUNT, "c"), "start": start, "end": start + WINDOW, "strand": strand}
    about |= {"gene": np.array(GENES), "name": np.array([f"w{i}" for i in range(COUNT)])}
    rows = sites.predictions({"x": found(scores, labels), "y": found(1 - scores, labels)}, about, WINDOW, "1", "test")
    first = ["id", "target", "fold", "part", "observed", "predicted", "predicted_y", "window", "gene"]
    assert rows.columns == first and rows["observed"].sum() == (labels > 0).sum()
    for place, window, gene, score in rows.select("id", "window", "gene", "predicted").sample(50, seed=1).iter_rows():
        chrom, base, sense = place.split(":")
        at = int(window[1:])
        inside = int(base) - start[at] if sense == "+" else start[at] + WINDOW - 1 - int(base)
        assert (chrom, sense, gene) == ("c", strand[at], GENES[at]) and 0 <= inside < WINDOW
        assert score in scores[at, inside, 1:]


def test_nothing_found_is_no_error():
    scores, labels = np.zeros((COUNT, WINDOW, 3), np.float32), np.zeros((COUNT, WINDOW), np.uint8)
    labels[3, 5], labels[9, 5] = 1, 2
    assert sites.threshold(found(scores, labels)["donor"]) == (0.5, 0.0)
    got = measured(scores, labels, {"acceptor": 0.5, "donor": 0.5})
    assert got["f1"].value == got["top_k"].value == got["pr_auc"].value == got["false_positives_per_mb"].value == 0


def test_runs_follow_each_other_in_the_direction_of_the_strand():
    table = {
        "chrom": np.array(["a"] * 6 + ["b"]),
        "strand": np.array(list("+++---+")),
        "start": np.array([0, 10, 30, 0, 10, 20, 40]),
        "end": np.array([10, 20, 40, 10, 20, 30, 50]),
    }
    runs = [run.tolist() for run in decoding.runs(table, np.arange(7), 10)]
    assert sorted(runs) == [[0, 1], [2], [5, 4, 3], [6]]
    assert sorted(map(len, decoding.runs(table, np.arange(7), 2))) == [1, 1, 1, 2, 2]


def test_intron_lengths_are_those_of_training():
    run = np.zeros(5000, np.uint8)
    for start, length in ((100, 70), (400, 300), (1000, 120)):
        run[start], run[start + length + 1] = 2, 1
    run[4900] = 2  # without its acceptor
    assert decoding.intron_lengths([run]) == {"minimum": 70, "maximum": 300}


def dense(lines, size):
    out = np.zeros(size)
    for _, start, end, value in lines:
        out[int(start) : int(end)] = float(value)
    return out


@pytest.mark.parametrize("kind", ["bedgraph", "bigwig"])
def test_tracks_hold_what_was_put_in(tmp_path, kind):
    values = np.repeat(np.random.default_rng(2).random(60), 5) * (np.arange(300) % 50 < 30)
    path = tmp_path / "track"
    track = tracks.FORMATS[kind](path, {"chr1": 300, "chr2": 100})
    for start in (0, 120):
        track.add("chr1", start, values[start : start + (120 if not start else 180)])
    track.add("chr2", 10, np.full(20, 0.5))
    track.add("chr2", 60, np.full(20, 1e-5))  # nothing, rounded
    track.close()
    if kind == "bedgraph":
        lines = [line.split("\t") for line in path.read_text().splitlines()]
        assert [line for line in lines if line[0] == "chr2"] == [["chr2", "10", "30", "0.5"]]
        assert len(lines) < 60
        got = dense([line for line in lines if line[0] == "chr1"], 300)
    else:
        with pyBigWig.open(str(path)) as file:
            assert file.chroms() == {"chr1": 300, "chr2": 100}
            assert file.intervals("chr2") == ((10, 30, 0.5),)
            got = np.nan_to_num(file.values("chr1", 0, 300))
    assert np.abs(got - values).max() < 6e-4


def test_a_bigwig_of_nothing_can_be_read(tmp_path):
    track = tracks.BigWig(tmp_path / "t.bw", {"chr1": 300})
    track.add("chr1", 0, np.zeros(300))
    track.close()
    with pyBigWig.open(str(tmp_path / "t.bw")) as file:
        assert np.nansum(file.values("chr1", 0, 300)) == 0


def test_bed_and_gff3(tmp_path):
    tracks.write_sites(
        [{"chrom": "chr1", "start": 9, "name": "donor", "strand": "-", "probability": 0.87654}], tmp_path / "b"
    )
    assert (tmp_path / "b").read_text() == "chr1\t9\t10\tdonor\t877\t-\t0.8765\n"
    tracks.write_introns(
        [{"chrom": "c 1", "start": 10, "end": 80, "strand": "+", "probability": 0.5}], {"c 1": 100}, tmp_path / "g"
    )
    assert (tmp_path / "g").read_text().splitlines()[1:] == [
        "##sequence-region c%201 1 100",
        "c%201\tgenloom\tintron\t11\t80\t0.5\t+\t.\tID=intron1",
    ]
    tracks.write_sites([], tmp_path / "none")
    assert (tmp_path / "none").read_text() == ""
