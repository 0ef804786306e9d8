"""Metrics of held-out predictions: equal to a plain computation, honest on noise, and exact about bad tables."""

from __future__ import annotations

import gzip
import math
from itertools import pairwise

import numpy as np
import pytest

from genloom.errors import InputError
from genloom.formats import results, split
from genloom.learning import metrics

SAMPLES = ["HSC", "B", "CD4", "CD8", "NK", "Mono", "Ery"]
GROUPS = {"HSC": "stem", **dict.fromkeys(("B", "CD4", "CD8", "NK"), "lymphoid"), "Mono": "myeloid", "Ery": "erythroid"}


def write_predictions(path, strength=0.7, noise=0.1, genes=12, repeats=1, seed=1, edit=lambda rows: rows):
    """Leave-one-out predictions that recover the share `strength` of each sample's difference from the mean."""
    random = np.random.default_rng(seed)
    observed = random.normal(5, 3, genes) + random.normal(0, 1, (len(SAMPLES), genes))
    rows = [["id", "target", "fold", "part", "observed", "predicted", "predicted_mean", "predicted_knn"]]
    for repeat in range(repeats):
        for s, sample in enumerate(SAMPLES):
            mean = np.delete(observed, s, axis=0).mean(0)
            model, knn = (mean + k * (observed[s] - mean) + random.normal(0, noise, genes) for k in (strength, 0.2))
            fold = f"{repeat + 1}.{s + 1}" if repeats > 1 else str(s + 1)
            rows += [
                [sample, f"G{g}", fold, "test", *(f"{v:.6g}" for v in (observed[s, g], model[g], mean[g], knn[g]))]
                for g in range(genes)
            ]
    path.write_text("\n".join("\t".join(row) for row in edit(rows)) + "\n")
    return path


def rows_of(path):
    header, *lines = (line.split("\t") for line in path.read_text().splitlines())
    return [dict(zip(header, line, strict=True)) for line in lines]


def pearson(x, y):
    mx, my = sum(x) / len(x), sum(y) / len(y)
    top = sum((a - mx) * (b - my) for a, b in zip(x, y, strict=True))
    return top / math.sqrt(sum((a - mx) ** 2 for a in x) * sum((b - my) ** 2 for b in y))


def naive(path, column):
    """Every measure by plain loops over the rows of a table without repeats."""
    texts = ("id", "target", "fold", "part")
    rows = [{k: v if k in texts else float(v) for k, v in row.items()} for row in rows_of(path)]
    of = {key: {} for key in ("id", "target")}
    for row in rows:
        for key in of:
            of[key].setdefault(row[key], []).append(row)

    def skill(some):
        return 1 - (
            sum((r[column] - r["observed"]) ** 2 for r in some)
            / sum((r["predicted_mean"] - r["observed"]) ** 2 for r in some)
        )

    by_gene = sorted(skill(some) for some in of["target"].values())
    half = len(by_gene) // 2
    return {
        "skill": skill(rows),
        "skill_median": (by_gene[half] + by_gene[-half - 1]) / 2,
        "delta_r": pearson(
            [r[column] - r["predicted_mean"] for r in rows], [r["observed"] - r["predicted_mean"] for r in rows]
        ),
        "share_positive": sum(s > 0 for s in by_gene) / len(by_gene),
        "mae": sum(abs(r[column] - r["observed"]) for r in rows) / len(rows),
        "across_gene_r": sum(
            pearson([r[column] for r in some], [r["observed"] for r in some]) for some in of["id"].values()
        )
        / len(of["id"]),
    }


@pytest.mark.parametrize(("column", "model"), [("predicted", "mlp"), ("predicted_knn", "knn")])
def test_metrics_equal_a_plain_computation(tmp_path, column, model):
    path = write_predictions(tmp_path / "p.tsv", genes=11)
    evaluation = metrics.evaluate(results.read_predictions(path, "mlp"), bootstrap=0)
    expected = naive(path, column)
    assert {name: evaluation.get(name, model).value for name in expected} == pytest.approx(expected)


def test_order_is_skill_first_and_across_gene_r_last(tmp_path):
    evaluation = metrics.evaluate(results.read_predictions(write_predictions(tmp_path / "p.tsv")), bootstrap=20)
    names = list(dict.fromkeys(m.metric for m in evaluation.metrics))
    assert names == [
        "skill",
        "skill_difference",
        "skill_median",
        "delta_r",
        "share_positive",
        "mae",
        "mae_difference",
        "across_gene_r",
    ]
    assert evaluation.get("across_gene_r", "mean") is not None


def test_the_training_mean_has_skill_0_and_scores_high_across_genes(tmp_path):
    evaluation = metrics.evaluate(results.read_predictions(write_predictions(tmp_path / "p.tsv", genes=200)))
    for name in ("skill", "skill_median", "share_positive"):
        metric = evaluation.get(name, "mean")
        assert (metric.value, metric.low, metric.high) == (0, 0, 0)
    assert math.isnan(evaluation.get("delta_r", "mean").value)
    assert evaluation.get("across_gene_r", "mean").value > 0.9


def test_planted_signal_is_found_and_noise_is_not(tmp_path):
    planted = metrics.evaluate(results.read_predictions(write_predictions(tmp_path / "p.tsv", 0.7, genes=100)))
    noise = metrics.evaluate(results.read_predictions(write_predictions(tmp_path / "n.tsv", 0.0, noise=0.3, genes=100)))
    assert planted.beats_mean and planted.get("skill").low > 0.8 and planted.get("delta_r").low > 0.9
    assert not noise.beats_mean and noise.get("skill").value < 0
    assert noise.get("delta_r").low < 0 < noise.get("delta_r").high


def test_intervals_hold_their_value_and_pair_the_models(tmp_path):
    evaluation = metrics.evaluate(results.read_predictions(write_predictions(tmp_path / "p.tsv", genes=60)))
    for metric in evaluation.metrics:
        if metric.model != "mean" or metric.metric not in ("delta_r",):
            assert metric.low <= metric.value <= metric.high, metric
    apart = evaluation.get("mae_difference", "knn")
    unpaired = [
        evaluation.get("mae").low - evaluation.get("mae", "knn").high,
        evaluation.get("mae").high - evaluation.get("mae", "knn").low,
    ]
    assert apart.high < 0
    assert apart.high - apart.low < unpaired[1] - unpaired[0]


def test_bootstrap_equals_drawing_the_samples_again(tmp_path):
    """Sums of what each unit contributes give what a table of the drawn samples would."""
    path = write_predictions(tmp_path / "p.tsv", genes=9)
    evaluation = metrics.evaluate(results.read_predictions(path), bootstrap=40, seed=5)
    draws = np.random.default_rng(5).multinomial(len(SAMPLES), [1 / len(SAMPLES)] * len(SAMPLES), 40)
    rows = rows_of(path)
    skills = []
    for draw in draws:
        weight = dict(zip(SAMPLES, draw, strict=True))
        error, reference = (
            sum(weight[r["id"]] * (float(r[c]) - float(r["observed"])) ** 2 for r in rows)
            for c in ("predicted", "predicted_mean")
        )
        skills.append(1 - error / reference)
    low, high = np.percentile(skills, [2.5, 97.5])
    assert (evaluation.get("skill").low, evaluation.get("skill").high) == pytest.approx((low, high))


def test_groups_are_drawn_whole(tmp_path):
    predictions = results.read_predictions(write_predictions(tmp_path / "p.tsv"))
    single, grouped = metrics.evaluate(predictions), metrics.evaluate(predictions, GROUPS)
    assert (single.unit, single.units, grouped.unit, grouped.units) == ("sample", 7, "group", 4)
    assert grouped.get("skill").value == single.get("skill").value
    assert grouped.get("skill").low != single.get("skill").low
    own = metrics.evaluate(predictions, dict.fromkeys(SAMPLES, ""))
    assert own.get("skill") == single.get("skill")


def test_the_split_must_have_held_the_samples_out(tmp_path):
    predictions = results.read_predictions(write_predictions(tmp_path / "p.tsv"))
    table = [
        (str(s + 1), i, GROUPS[i], "test" if GROUPS[i] == GROUPS[sample] else "train")
        for s, sample in enumerate(SAMPLES)
        for i in SAMPLES
    ]

    def read(rows):
        (tmp_path / "s.tsv").write_text("fold\tid\tgroup\tpart\n" + "\n".join("\t".join(r) for r in rows) + "\n")
        return split.read(tmp_path / "s.tsv")

    assert metrics.groups_of(predictions, read(table)) == GROUPS
    swapped = [
        (f, i, "", {"test": "train", "train": "test"}[part]) if f == "3" else (f, i, g, part)
        for f, i, g, part in [(f, i, "", p) for f, i, _, p in table]
    ]
    with pytest.raises(InputError, match="'CD4' is not in the test part of fold 3, and yet among its predictions"):
        metrics.groups_of(predictions, read(swapped))
    with pytest.raises(InputError, match="does not hold sample 'Ery' in fold '7'"):
        metrics.groups_of(predictions, read([r for r in table if r[0] != "7"]))


def test_repeated_folds_average_errors_and_count_a_sample_once(tmp_path):
    path = write_predictions(tmp_path / "p.tsv", repeats=3)
    lines = path.read_text().splitlines()
    values = []
    for repeat in "123":
        one = tmp_path / f"{repeat}.tsv"
        one.write_text("\n".join([lines[0], *(x for x in lines[1:] if x.split("\t")[2].startswith(repeat))]) + "\n")
        values.append(naive(one, "predicted"))
    evaluation = metrics.evaluate(results.read_predictions(path), bootstrap=0)
    assert evaluation.get("skill").value == pytest.approx(np.mean([v["skill"] for v in values]), abs=1e-6)
    assert evaluation.get("mae").value == pytest.approx(np.mean([v["mae"] for v in values]))
    assert evaluation.get("across_gene_r").value == pytest.approx(np.mean([v["across_gene_r"] for v in values]))
    assert evaluation.get("skill").n == len(SAMPLES) and set(evaluation.counts) == {len(SAMPLES)}

    # A sample held out once in one more fold must not weigh more than the others.
    extra = tmp_path / "extra.tsv"
    first = tmp_path / "1.tsv"
    again = [line.replace("\t1.1\t", "\t9\t") for line in first.read_text().splitlines() if "\t1.1\t" in line]
    extra.write_text(first.read_text() + "\n".join(again) + "\n")
    assert metrics.evaluate(results.read_predictions(extra), bootstrap=0).get("skill").value == pytest.approx(
        values[0]["skill"]
    )


def test_order_of_rows_does_not_matter_to_values(tmp_path):
    plain = write_predictions(tmp_path / "p.tsv")
    mixed = write_predictions(tmp_path / "m.tsv", edit=lambda rows: rows[:1] + rows[:0:-1])
    one, other = (metrics.evaluate(results.read_predictions(p), bootstrap=0) for p in (plain, mixed))
    assert [m.value for m in one.metrics] == pytest.approx([m.value for m in other.metrics], nan_ok=True)


def test_a_gene_without_error_of_the_mean_has_no_skill(tmp_path):
    def silence(rows):
        return [rows[0], *([*r[:4], "0", "0.1", "0", "0.2"] if r[1] == "G3" else r for r in rows[1:])]

    evaluation = metrics.evaluate(results.read_predictions(write_predictions(tmp_path / "p.tsv", edit=silence)))
    assert np.isnan(evaluation.target["skill"][0, 3]) and np.isfinite(np.delete(evaluation.target["skill"][0], 3)).all()
    assert evaluation.get("share_positive").n == 11
    assert np.isfinite(evaluation.get("skill_median").low)


def test_a_perfect_mean_is_refused(tmp_path):
    path = write_predictions(tmp_path / "p.tsv", edit=lambda rows: [rows[0], *([*r[:6], r[4], r[7]] for r in rows[1:])])
    with pytest.raises(InputError, match="observed equals predicted_mean in every row"):
        metrics.evaluate(results.read_predictions(path))


def test_scores_of_arrays_equal_the_table(tmp_path):
    path = write_predictions(tmp_path / "p.tsv")
    arrays = [
        np.array([float(r[c]) for r in rows_of(path)]).reshape(len(SAMPLES), -1)
        for c in ("observed", "predicted", "predicted_mean")
    ]
    expected = naive(path, "predicted")
    assert metrics.scores(*arrays) == pytest.approx({k: expected[k] for k in ("skill", "share_positive", "delta_r")})
    assert math.isnan(metrics.scores(arrays[0], arrays[2], arrays[2])["delta_r"])


def test_permutation_p():
    null = np.array([0.1, 0.2, 0.3])
    assert [metrics.p_value(t, null) for t in (0.4, 0.3, 0.25, 0.0)] == [1 / 4, 2 / 4, 2 / 4, 4 / 4]
    assert metrics.p_value(0.5, np.array([0.1, np.nan])) == 1 / 3  # not defined: the mean itself, no relation
    assert metrics.p_value(-0.1, np.array([np.nan])) == 1
    assert metrics.p_value(math.nan, null) == 1


def test_permutations_enter_the_metrics(tmp_path):
    table = tmp_path / "perm.tsv"
    table.write_text(
        "permutation\tskill\tshare_positive\tdelta_r\n2\t0.1\t0.4\t\n0\t0.5\t0.9\t0.6\n1\t-0.2\t0.3\t0.1\n"
    )
    permutations = results.read_permutations(table)
    assert permutations["skill"].tolist() == [0.5, 0.1, -0.2]
    evaluation = metrics.evaluate(
        results.read_predictions(write_predictions(tmp_path / "p.tsv")), bootstrap=10, permutations=permutations
    )
    assert evaluation.get("share_positive_p").value == pytest.approx(1 / 3) and evaluation.get("skill_p").n == 2
    assert evaluation.get("delta_r_p").value == pytest.approx(1 / 3)
    assert evaluation.get("skill_permuted").value == pytest.approx(-0.05)


def test_same_seed_same_numbers(tmp_path):
    predictions = results.read_predictions(write_predictions(tmp_path / "p.tsv"))
    tables = []
    for seed in (1, 1, 2):
        metrics.write_table(metrics.evaluate(predictions, bootstrap=100, seed=seed).metrics, tmp_path / "m.tsv")
        tables.append((tmp_path / "m.tsv").read_bytes())
    assert tables[0] == tables[1] != tables[2]


@pytest.mark.parametrize("samples", [1, 2])
def test_few_samples(tmp_path, samples):
    keep = {"HSC", "B"} if samples == 2 else {"HSC"}
    path = write_predictions(tmp_path / "p.tsv", edit=lambda rows: [r for r in rows if r[0] in {*keep, "id"}])
    evaluation = metrics.evaluate(results.read_predictions(path))
    assert evaluation.beats_mean
    assert np.isfinite(evaluation.get("skill").low) == (samples > 1)


def test_rows_that_are_not_judged_are_counted(tmp_path):
    def mark(rows):
        rows[1][3], rows[2][3], rows[3][4] = "train", "validation", ""
        rows[4][3] = ""
        return rows

    predictions = results.read_predictions(write_predictions(tmp_path / "p.tsv", edit=mark))
    assert predictions.left_out == {"in the training or validation part": 2, "without an observed value": 1}
    assert len(predictions.observed) == 7 * 12 - 3


def test_chosen_model_among_the_baselines(tmp_path):
    path = write_predictions(tmp_path / "p.tsv")
    assert results.read_predictions(path, "knn").models == ["knn (chosen)", "mean", "knn"]

    def as_column(k):
        return lambda rows: [rows[0], *([*r[:5], r[k], *r[6:]] for r in rows[1:])]

    same = write_predictions(tmp_path / "s.tsv", edit=as_column(7))
    assert results.read_predictions(same, "knn").models == ["knn", "mean"]
    mean = write_predictions(tmp_path / "m.tsv", edit=as_column(6))
    evaluation = metrics.evaluate(results.read_predictions(mean, "mean"))
    assert evaluation.models == ["mean", "knn"] and evaluation.get("skill").value == 0 and not evaluation.beats_mean


def test_gzip_crlf_and_byte_order_mark_read_alike(tmp_path):
    plain = write_predictions(tmp_path / "p.tsv")
    expected = results.read_predictions(plain)
    packed, windows = tmp_path / "dataset_1.dat", tmp_path / "dataset_2.dat"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    windows.write_bytes(b"\xef\xbb\xbf" + plain.read_bytes().replace(b"\n", b"\r\n"))
    for path in (packed, windows):
        found = results.read_predictions(path)
        assert found.targets == expected.targets and found.models == expected.models
        assert np.array_equal(found.predicted, expected.predicted)
    assert results.digest(packed) == results.digest(plain) != results.digest(windows)


def cell(row, column, value):
    def edit(rows):
        rows[row][column] = value
        return rows

    return edit


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (cell(0, 5, "prediction"), "lacks the column predicted; .*did you mean 'prediction'"),
        (cell(0, 6, "predicted_average"), "lacks the column predicted_mean; .*train_model"),
        (cell(0, 7, "predicted_mean"), "has the column 'predicted_mean' twice"),
        (cell(5, 5, "NaN"), "p.tsv:6: column predicted holds nan, not a finite number"),
        (cell(5, 4, "inf"), "p.tsv:6: column observed holds inf, not a finite number"),
        (cell(5, 7, "high"), "p.tsv:6: column predicted_knn holds 'high', not a number"),
        (cell(5, 5, ""), "p.tsv:6: column predicted has no value"),
        (cell(5, 0, ""), "p.tsv:6: column id has no value"),
        (lambda rows: rows[:1], "holds no rows"),
        (lambda rows: [*rows, rows[3]], "id 'HSC' and target 'G2' are in fold 1 twice"),
        (lambda rows: [*rows[:4], [*rows[4], "1"], *rows[5:]], "not a table separated by tabs"),
        (lambda rows: [*rows[:4], rows[4][:3], *rows[5:]], "p.tsv:5: column predicted has no value"),
        (
            lambda rows: [[*r[:3], "train", *r[4:]] if i else r for i, r in enumerate(rows)],
            "none is of the part 'test'",
        ),
        (
            lambda rows: [[*r[:4], "", *r[5:]] if i else r for i, r in enumerate(rows)],
            "all are without an observed value",
        ),
        (lambda rows: [[" ".join(r)] for r in rows], "lacks the column"),
    ],
)
def test_bad_predictions_are_named(tmp_path, edit, message):
    path = write_predictions(tmp_path / "p.tsv", edit=edit)
    with pytest.raises(InputError, match=message) as error:
        results.read_predictions(path)
    assert "\n" not in str(error.value)


def test_a_model_name_that_would_break_the_table_is_refused(tmp_path):
    with pytest.raises(InputError, match="--model-name"):
        results.read_predictions(write_predictions(tmp_path / "p.tsv"), "a\tb")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\x89PNG\r\n\x1a\n\x00\xff\xfe", "not text in UTF-8"),
        (gzip.compress(b"id\ttarget\n" * 5000, mtime=0)[:-20], "cannot be read|lacks the column"),
        (
            b"id\ttarget\tfold\tpart\tobserved\tpredicted\tpredicted_mean\nA\t\xff\xfe\t1\ttest\t1\t1\t1\n",
            "not text in UTF-8",
        ),
    ],
)
def test_bad_files_are_named(tmp_path, content, message):
    path = tmp_path / "p.tsv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        results.read_predictions(path)


def test_truncated_gzip_is_named(tmp_path):
    path = write_predictions(tmp_path / "p.tsv", genes=400)
    path.write_bytes(gzip.compress(path.read_bytes())[:-2000])
    with pytest.raises(InputError):
        results.read_predictions(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("permutation\tskill\tdelta_r\n0\t1\t1\n", "lacks the column share_positive"),
        ("permutation\tskill\tshare_positive\tdelta_r\n1\t1\t1\t1\n", "0 rows of permutation 0"),
        ("permutation\tskill\tshare_positive\tdelta_r\n0\t1\t1\t1\n", "the true pairing alone"),
        ("permutation\tskill\tshare_positive\tdelta_r\n0\tx\t1\t1\n", "t.tsv:2: column skill holds 'x'"),
    ],
)
def test_bad_permutations_are_named(tmp_path, text, message):
    path = tmp_path / "t.tsv"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        results.read_permutations(path)


def test_history_is_sorted_by_part_and_epoch(tmp_path):
    path = tmp_path / "h.tsv"
    path.write_text("fold\tepoch\tpart\tloss\n1\t1\tvalidation\t3\n1\t0\tvalidation\t4\n1\t0\ttrain\t2\n")
    history = results.read_history(path)
    assert list(history) == ["train", "validation"]
    epochs, losses = history["validation"]["1"]
    assert all(a < b for a, b in pairwise(epochs)) and losses.tolist() == [4, 3]
    path.write_text("fold\tepoch\tpart\tloss\n")
    assert results.read_history(path) == {}
