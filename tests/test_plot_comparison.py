"""plot_results --task comparison: what two tables share is found, and said as it is; bad input is named in one line."""

from __future__ import annotations

import gzip
import itertools
import json
import re
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import plot_results
from genloom import console
from genloom.formats import values
from genloom.formats.values import Columns
from genloom.learning import comparison

from .test_plot_results import HOSTILE, Page

DATA = Path(__file__).parents[1] / "test-data" / "comparison"
PLANTED = ["--predictions", DATA / "predictions.tsv", "--compare", DATA / "observed.tsv"]
HEADERLESS = ["--compare-id-column", "1", "--compare-value-column", "3"]


def plot(*words):
    return console.run(plot_results.build_parser, plot_results.main, ["--task", "comparison", *map(str, words)])


def table(path, columns, separator="\t", header=True):
    rows = [list(columns)] * header + [list(row) for row in zip(*columns.values(), strict=True)]
    text = "".join(separator.join(map(str, row)) + "\n" for row in rows)
    path.write_bytes(gzip.compress(text.encode(), mtime=0) if path.suffix == ".gz" else text.encode())
    return path


def rows_of(path):
    return [line.split("\t") for line in path.read_text().splitlines()]


def metrics_of(path):
    """(metric, model) → value, low, high, n; NaN for none."""
    return {(name, model): [float(v or "nan") for v in rest] for name, model, *rest in rows_of(path)[1:]}


def header(path):
    text = path.read_text()
    return Page(text[text.index("<header>") : text.index("<nav ")]).text


def two(folder, own, other, ids=None):
    """Two tables of the same ids, and the words to compare them."""
    ids = ids or [f"g{i}" for i in range(len(own))]
    one = table(folder / "a.tsv", {"id": ids, "predicted": own})
    second = table(folder / "b.tsv", {"id": ids, "observed": other})
    return ["--predictions", one, "--compare", second, "--report", folder / "r.html", "--metrics", folder / "m.tsv"]


# ---------------------------------------------------------------- what is planted is found


def test_measures_are_those_of_scipy(tmp_path):
    random = np.random.default_rng(1)
    x = random.normal(0, 1, 300).round(1)  # with ties
    y = 0.6 * x + random.normal(0.5, 1, 300).round(1)
    assert plot(*two(tmp_path, y, x)) == 0
    found = metrics_of(tmp_path / "m.tsv")
    r = stats.pearsonr(x, y)
    own = {name: row for (name, model), row in found.items() if model == "predicted"}
    assert own["r"][0] == pytest.approx(r[0], rel=1e-5) and own["r2"][0] == pytest.approx(r[0] ** 2, rel=1e-5)
    assert own["spearman"][0] == pytest.approx(stats.spearmanr(x, y)[0], rel=1e-5)
    assert own["mean_difference"][0] == pytest.approx((y - x).mean(), rel=1e-5)
    assert own["mean_absolute_difference"][0] == pytest.approx(np.abs(y - x).mean(), rel=1e-5)
    assert own["largest_difference"][0] == pytest.approx(np.abs(y - x).max(), rel=1e-5)
    interval = r.confidence_interval()  # Fisher's, which holds for normal values
    assert own["r"][1:3] == pytest.approx([interval.low, interval.high], abs=0.03)
    half = 1.96 * np.std(y - x, ddof=1) / np.sqrt(300)
    assert own["mean_difference"][1:3] == pytest.approx([(y - x).mean() - half, (y - x).mean() + half], abs=0.03)
    assert own["r2"][1:3] == pytest.approx([own["r"][1] ** 2, own["r"][2] ** 2], rel=1e-4)


def test_ranks_of_a_draw_are_those_of_its_values():
    random = np.random.default_rng(2)
    values_, weight = random.integers(0, 6, 40), random.integers(0, 4, 40)
    ranks = comparison._ranks(np.unique(values_, return_inverse=True)[1], weight)
    there = np.repeat(np.arange(40), weight)
    assert ranks[there] == pytest.approx(stats.rankdata(values_[there]))


def test_identical_tables_are_the_same(tmp_path):
    x = np.random.default_rng(3).normal(0, 1, 50)
    assert plot(*two(tmp_path, x, x)) == 0
    found = metrics_of(tmp_path / "m.tsv")
    assert found["r2", "predicted"] == found["spearman", "predicted"] == [1, 1, 1, 50]
    assert found["largest_difference", "predicted"][0] == found["mean_difference", "predicted"][0] == 0
    words = header(tmp_path / "r.html")
    assert "They are the same in every id" in words and "there is no difference" in words


def test_the_same_but_for_rounding_is_said(tmp_path):
    x = np.random.default_rng(3).normal(0, 1, 50)
    assert plot(*two(tmp_path, x, x + 1e-6)) == 0
    assert "They are the same to 1.00e-06 in every id" in header(tmp_path / "r.html").replace("\N{MINUS SIGN}", "-")


def test_permuted_values_have_no_relation(tmp_path):
    random = np.random.default_rng(4)
    x = random.normal(0, 1, 200)
    assert plot(*two(tmp_path, random.permutation(x), x)) == 0
    found = metrics_of(tmp_path / "m.tsv")
    assert found["r2", "predicted"][1] == 0 and found["r", "predicted"][1] < 0 < found["r", "predicted"][2]
    text = (tmp_path / "r.html").read_text()
    assert "No relation between predicted and observed can be told" in header(tmp_path / "r.html")
    assert 'class="found good"' not in text


@pytest.mark.parametrize(
    ("slope", "noise", "words"),
    [
        (1, 0.05, "nearly the same but for scale"),
        (1, 0.7, "They are much alike"),
        (1, 2, "They are somewhat alike"),
        (-1, 1, "They run against each other"),
    ],
)
def test_words_say_how_alike(tmp_path, slope, noise, words):
    random = np.random.default_rng(5)
    x = random.normal(0, 1, 400)
    assert plot(*two(tmp_path, slope * x + noise * random.normal(0, 1, 400), x)) == 0
    assert words in header(tmp_path / "r.html")
    assert ('class="found good"' in (tmp_path / "r.html").read_text()) == (slope > 0)


def test_chance_is_the_mean_of_all_pairings(tmp_path):
    """Beside the measures stand those of ids paired at random; counted here over all 120 pairings of five."""
    random = np.random.default_rng(8)
    x, y = random.normal(0, 1, 5), random.normal(1, 2, 5)
    assert plot(*two(tmp_path, x, y)) == 0
    pairings = [y[list(order)] for order in itertools.permutations(range(5))]
    r2 = np.mean([np.corrcoef(x, each)[0, 1] ** 2 for each in pairings])
    away = np.mean([np.abs(x - each).mean() for each in pairings])
    rows = {cells[0]: cells for cells in Page((tmp_path / "r.html").read_text()).rows}
    assert float(rows["r²"][3]) == pytest.approx(r2, abs=1e-4) and r2 == pytest.approx(0.25)
    assert float(rows["Mean absolute difference"][3]) == pytest.approx(away, rel=0.01)
    assert "with ids paired at random r² would be 0.250 on average" in header(tmp_path / "r.html").lower()


def test_a_shift_that_correlation_does_not_see_is_said(tmp_path):
    x = np.random.default_rng(6).normal(0, 1, 80)
    assert plot(*two(tmp_path, x + 3, x)) == 0
    words = header(tmp_path / "r.html")
    assert "predicted lies 3.00 above observed on average" in words and "the same in every id" not in words


def test_without_draws_there_are_no_intervals(tmp_path):
    x = np.random.default_rng(6).normal(0, 1, 80)
    assert plot(*two(tmp_path, 2 * x, x), "--bootstrap", 0) == 0
    assert np.isnan([row[1:3] for row in metrics_of(tmp_path / "m.tsv").values()]).all()
    assert "no interval" in header(tmp_path / "r.html")


def test_three_ids_are_enough(tmp_path, capsys):
    assert plot(*two(tmp_path, [1, 2, 4], [1, 3, 2])) == 0
    assert capsys.readouterr().err == ""


# ---------------------------------------------------------------- tables as they come


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    folder = tmp_path_factory.mktemp("full")
    out = ["--report", folder / "r.html", "--metrics", folder / "m.tsv", "--metrics-json", folder / "m.json"]
    out += ["--pair-table", folder / "p.tsv", "--figures", folder / "f", "--figure-format", "svg"]
    names = ["--title", HOSTILE[0], "--compare-name", HOSTILE[3], "--genes", "KERATIN 4", "plt1", "ENSG99000000002"]
    assert plot(*PLANTED, *HEADERLESS, *names, *out) == 0
    return folder


def test_versions_and_unmatched_ids(full):
    found = metrics_of(full / "m.tsv")
    assert found["r2", "predicted"][3] == 57 and 0.6 < found["r2", "predicted"][0] < 0.95
    assert found["ids_unmatched", "predicted"][0] == 3 and found["ids_unmatched", HOSTILE[3]][0] == 5
    words = Page((full / "r.html").read_text()).text
    assert "57 ids that both tables have" in words
    assert "3 ids are in the predictions alone, 5 in the other table alone" in words
    assert "ENSG99000000008, ENSG99000000022, ENSG99000000041" in words


def test_pairs_and_marks(full):
    head, *rows = rows_of(full / "p.tsv")
    assert head == ["id", "name", "value", "compared", "difference", "marked"] and len(rows) == 57
    own = {r[0].split(".")[0]: float(r[3]) for r in rows_of(DATA / "predictions.tsv")[1:]}
    other = {r[0]: float(r[2]) for r in rows_of(DATA / "observed.tsv")}
    for name, _, value, compared, difference, _ in rows:
        assert float(value) == own[name] and float(compared) == other[name]
        assert float(difference) == pytest.approx(own[name] - other[name], abs=1e-5)
    # 4, 40 (lost), 44, 48 … hold the text "keratin 4"; the first is it exactly, which is enough
    assert [row[1] for row in rows if row[5] == "1"] == ["PLT1", "PLT2", "PLT4"]


def test_text_of_a_description_marks_all_that_hold_it(tmp_path):
    assert plot(*PLANTED, *HEADERLESS, "--genes", "keratin 1", "--pair-table", tmp_path / "p.tsv") == 0
    assert [row[1] for row in rows_of(tmp_path / "p.tsv")[1:] if row[5] == "1"] == ["PLT12", "PLT16"]


def test_metrics_json_holds_the_same(full):
    listed = json.loads((full / "m.json").read_text())
    assert {(e["metric"], e["model"]): e["value"] for e in listed} == {
        key: row[0] for key, row in metrics_of(full / "m.tsv").items()
    }


def test_page_is_alone_and_names_are_text(full):
    text = (full / "r.html").read_text()
    page = Page(text)
    assert "<script" not in text and HOSTILE[0] in page.text and "<b onload" not in text and HOSTILE[3] in page.text
    assert not re.search(r"https?:|url\((?!#)|@import|javascript:", text) and str(full) not in text
    ids = [a["id"] for _, a in page.tags if "id" in a]
    assert len(ids) == len(set(ids)) and [p.name for p in (full / "f").iterdir()] == ["pairs.svg"]
    assert next(a for _, a in page.tags if a.get("role") == "img")["aria-label"].count("57 ids") == 1


def test_same_bytes_again(full, tmp_path):
    names = ["--title", HOSTILE[0], "--compare-name", HOSTILE[3], "--genes", "KERATIN 4", "plt1", "ENSG99000000002"]
    assert plot(*PLANTED, *HEADERLESS, *names, "--report", tmp_path / "r.html", "--metrics", tmp_path / "m.tsv") == 0
    for name in ("r.html", "m.tsv"):
        assert (tmp_path / name).read_bytes() == (full / name).read_bytes()


def test_many_ids_are_counted_in_hexagons(tmp_path):
    random = np.random.default_rng(7)
    x = random.normal(0, 1, 5000)
    assert plot(*two(tmp_path, 100 * x + random.normal(0, 9, 5000), x), "--bootstrap", 20) == 0
    assert (tmp_path / "r.html").stat().st_size < 500_000


def test_forms_of_tables(tmp_path):
    """Commas and quotes, gzip, comments before the table, blank lines, CRLF, unknown values, repeated rows, by number."""
    ids, x = [f"g{i}" for i in range(6)], [1.0, 2.5, 3, 4, 5, 6]
    forms = {
        "plain.tsv": "id\tpredicted\n" + "".join(f"{a}\t{b}\n" for a, b in zip(ids, x, strict=True)),
        "commas.csv": '"id","what","predicted"\r\n'
        + "".join(f'"{a}","a, b","{b}"\r\n' for a, b in zip(ids, x, strict=True)),
        "comments.tsv": "## made by hand\n# a note\n\n#id\tpredicted\n"
        + "".join(f"{a}\t{b}\n\n" for a, b in zip(ids, x, strict=True)),
        "unknown.tsv": "id\tpredicted\nempty\t\nna\tNA\n\t5\ng0\t1.0\n"
        + "".join(f"{a}\t{b}\n" for a, b in zip(ids, x, strict=True)),
    }
    for name, text in forms.items():
        path = tmp_path / name
        path.write_text(text, newline="")
        found = values.read(path, Columns())
        assert (found.ids, found.values.tolist(), found.value_column) == (ids, x, "predicted"), name
        by_number = values.read(path, Columns("1", "3" if "commas" in name else "2"))
        assert (by_number.ids, by_number.value_column) == (ids, "predicted")
        path.with_suffix(".gz").write_bytes(gzip.compress(text.encode()))
        packed = values.read(path.with_suffix(".gz"), Columns())
        assert (packed.ids, packed.digest) == (found.ids, found.digest)
    assert found.left_out == {"without an id": 1, "without a value": 2, "the same id and value again": 1}
    path.write_text("g1\tx\t7\ng2\tx\t8\n")
    found = values.read(path, Columns("1", "3"))
    assert (found.ids, found.values.tolist(), found.value_column) == (["g1", "g2"], [7, 8], "column 3")


@pytest.mark.parametrize(
    ("text", "columns", "wanted"),
    [
        ("g1\t7\ng2\t8\n", Columns("1"), (["g1", "g2"], [7, 8], "column 2")),
        ("g1\tNA\ng2\t8\n", Columns("1", "2"), (["g2"], [8], "column 2")),
        ("a\tb\ng1\t7\n", Columns("1"), (["g1"], [7], "b")),
        ("a\tb\tpredicted\ng1\t7\t8\n", Columns("1"), (["g1"], [8], "predicted")),
        ("a\tb\tc\ng1\t7\t8\n", Columns("1", "c"), (["g1"], [8], "c")),
        ("a\t2\t3\ng1\t7\t8\n", Columns("a", "2"), (["g1"], [7], "2")),  # years as names
    ],
)
def test_a_header_is_told_from_values(tmp_path, text, columns, wanted):
    path = tmp_path / "a.tsv"
    path.write_text(text)
    found = values.read(path, columns)
    assert (found.ids, found.values.tolist(), found.value_column) == wanted


def test_symbols_in_any_case(tmp_path, capsys):
    one = table(tmp_path / "a.tsv", {"symbol": ["Tp53", "Myc", "Actb"], "v": [1, 2, 3]})
    other = table(tmp_path / "b.csv.gz", {"n": [1, 2, 3], "gene": ["TP53", "ACTB", "MYC"], "v": [1, 3, 2]}, ",")
    words = ["--predictions", one, "--compare", other, "--id-column", "symbol", "--compare-id-column", "gene"]
    words += ["--compare-value-column", "v", "--pair-table", tmp_path / "p.tsv"]
    assert plot(*words) == 2
    err = capsys.readouterr().err
    assert "TP53, ACTB, MYC in gene" in err and "Tp53, Myc, Actb in symbol" in err and "try --ignore-case" in err
    assert plot(*words, "--ignore-case") == 0
    assert [row[4] for row in rows_of(tmp_path / "p.tsv")[1:]] == ["0.0"] * 3


def test_two_columns_of_one_table(tmp_path):
    path = table(tmp_path / "a.tsv", {"id": list("abcd"), "observed": [1, 2, 3, 5], "predicted": [2, 2, 4, 4]})
    words = ["--predictions", path, "--compare", path, "--compare-value-column", "observed"]
    assert plot(*words, "--metrics", tmp_path / "m.tsv") == 0
    assert metrics_of(tmp_path / "m.tsv")["mean_difference", "predicted"][0] == 0.25


# ---------------------------------------------------------------- ids of several columns, and names of places


def places(tmp_path):
    """Values at places, as Xpresso's table has them; a BED that names most of them, two of them twice; values of genes."""
    x = np.random.default_rng(6).normal(0, 1, 12)
    at = {"chr": ["chr1"] * 12, "end": range(1100, 2300, 100), "id": range(12), "start": range(1000, 2200, 100)}
    strands = ["+", "-"] * 6
    published = table(tmp_path / "published.tsv", {**at, "strand": strands, "preds/value": x})
    rows = [["chr1", 1000 + 100 * i, 1100 + 100 * i, f"g{i}", ".", strands[i]] for i in range(10)]
    rows += [["chr1", 1000, 1100, "twin", ".", "+"], ["chr1", 1100, 1200, "other strand", ".", "+"]]
    bed = tmp_path / "places.bed"
    bed.write_text("track name=promoters\n" + "".join("\t".join(map(str, row)) + "\n" for row in rows))
    names = [*(f"g{i}" for i in range(10)), "twin"]
    observed = table(tmp_path / "observed.tsv", {"gene": names, "observed": [*x[:10], x[0]]})
    words = ["--predictions", published, "--id-column", "chr,start,end,strand", "--value-column", "preds/value"]
    return x, [*words, "--bootstrap", 20], bed, observed


def test_places_are_named_by_a_bed(tmp_path):
    _, words, bed, observed = places(tmp_path)
    out = ["--pair-table", tmp_path / "p.tsv", "--metrics", tmp_path / "m.tsv", "--report", tmp_path / "r.html"]
    assert plot(*words, "--places", bed, "--compare", observed, *out) == 0
    rows = {row[0]: row[1:] for row in rows_of(tmp_path / "p.tsv")[1:]}
    assert set(rows) == {*(f"g{i}" for i in range(10)), "twin"}  # not "other strand"
    assert {row[3] for row in rows.values()} == {"0.0"} and rows["twin"][1] == rows["g0"][1]
    found = metrics_of(tmp_path / "m.tsv")
    assert found["r2", "preds/value"][0] == 1 and found["r2", "preds/value"][3] == 11
    assert found["rows_without_name", "preds/value"][::3] == [2, 12]
    text = (tmp_path / "r.html").read_text()
    assert (
        "Places are named by a BED" in text and "--places places.bed" in text and "at a place that has no name" in text
    )


def test_ids_of_several_columns_on_both_sides(tmp_path):
    """Own and published predictions are joined by their places; the pairs then lead from places to genes."""
    x, words, _, observed = places(tmp_path)
    own = {"id": [f"t{i}" for i in range(12)], "predicted": x + 0.25, "gene": [f"g{i}" for i in range(12)]}
    own |= {
        "chrom": ["chr1"] * 12,
        "start": range(1000, 2200, 100),
        "end": range(1100, 2300, 100),
        "strand": ["+", "-"] * 6,
    }
    own = table(tmp_path / "own.tsv.gz", own)
    pairs = tmp_path / "p.tsv"
    both = ["--predictions", own, "--id-column", "chrom,start,end,strand", "--compare", tmp_path / "published.tsv"]
    both += ["--compare-id-column", "1,4,2,5", "--compare-value-column", "6", "--name-columns", "gene"]
    assert plot(*both, "--bootstrap", 0, "--pair-table", pairs) == 0
    rows = rows_of(pairs)
    assert rows[1][:2] == ["chr1:1000:1100:+", "g0"] and {round(float(row[4]), 5) for row in rows[1:]} == {0.25}
    words = ["--predictions", pairs, "--id-column", "name", "--value-column", "compared", "--compare", observed]
    assert plot(*words, "--bootstrap", 0, "--metrics", tmp_path / "m.tsv") == 0
    assert metrics_of(tmp_path / "m.tsv")["largest_difference", "compared"][::3] == [pytest.approx(0, abs=1e-5), 10]


@pytest.mark.parametrize(
    ("edit", "options", "words"),
    [
        (
            lambda text: text.replace("chr1\t", "1\t"),
            [],
            ["none of the 11 places of the BED", "chr1:1000:1100:+", "1:1000"],
        ),
        (lambda text: text.replace("\t.\t+", ""), [], ["places.bed:2"]),
        (lambda text: text, ["--id-column", "id"], ["no table has places", "--places"]),
        (lambda text: text, ["--id-column", "chr,from"], ["lacks the column 'from'"]),
        (lambda text: text, ["--id-column", "chr,preds/value"], ["'preds/value' is both id and value"]),
        (lambda text: 'chr1\tx\tgene\t1\t9\t.\t+\t.\tgene_id "a";\n', [], ["is GTF, not BED"]),
    ],
)
def test_bad_places(tmp_path, capsys, edit, options, words):
    _, given, bed, observed = places(tmp_path)
    bed.write_text(edit(bed.read_text()))
    out = ["--metrics", tmp_path / "m.tsv"]
    assert plot(*given, "--places", bed, "--compare", observed, *out, *options) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and [word for word in words if word not in err] == []
    assert not (tmp_path / "m.tsv").exists()


def test_ids_of_another_column_are_told(tmp_path, capsys):
    one = table(tmp_path / "a.tsv", {"id": ["E1", "E2", "E3"], "predicted": [1, 2, 3], "symbol": ["A", "B", "C"]})
    other = table(tmp_path / "b.tsv", {"gene": ["A", "B", "D"], "observed": [1, 2, 3]})
    assert plot("--predictions", one, "--compare", other, "--metrics", tmp_path / "m.tsv") == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and "2 of 3 are in the column 'symbol'" in err and "--id-column symbol" in err
    assert plot("--predictions", other, "--compare", one, "--metrics", tmp_path / "m.tsv") == 2
    assert "--compare-id-column symbol" in capsys.readouterr().err


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("id\tobserved\na\t1\nb\t2,5\nc\t3\n", [], ["b.tsv:3", "observed of b holds '2,5'", "not a finite number"]),
        ("id\tobserved\na\t1\nb\tinf\nc\t3\n", [], ["b.tsv:3", "observed of b holds 'inf'"]),
        ("id\tobserved\na\t1\nb\t2\nz\t3\n", [], ["shares 2 of its 3 ids with the 5", "at least 3"]),
        ("id\tobserved\nx\t1\ny\t2\nz\t3\n", [], ["has none of the ids", "x, y, z in id", "a, b, c, d, e in id"]),
        (
            "id\tvalues\nq\t1\n",
            ["--compare-value-column", "value"],
            ["lacks the column 'value'", "did you mean 'values'?"],
        ),
        ("id\tx\ty\na\t1\t2\n", [], ["has none of the columns predicted, observed, value", "--compare-value-column"]),
        ("id\tobserved\na\t1\n", ["--compare-value-column", "7"], ["has 2 columns, --compare-value-column is 7"]),
        ("id\tobserved\na\t1\nb\t2\na\t3\n", [], ["b.tsv:4", "id 'a' has the value 3, and 1 in line 2"]),
        ("id\tobserved\nENSG00000000001.1\t1\nENSG00000000001.2\t3\n", [], ["b.tsv:3", "id 'ENSG00000000001' has"]),
        ("id\tobserved\na\t1\nb\n", [], ["b.tsv:3", "has 1 columns, the first line 2"]),
        ("id\tobserved\tobserved\na\t1\t1\n", [], ["has the column 'observed' twice"]),
        ("id\tobserved\na\t4\nb\t4\nc\t4\nd\t4\n", [], ["observed is 4 in each of the 4 ids"]),
        ("id\tobserved\n", [], ["holds no rows under its header"]),
        ("word\nanother\n", [], ["b.tsv:1", "has one column"]),
        ("", [], ["b.tsv", "is empty"]),
        (None, [], ["b.tsv", "no such file"]),
        ("id\tobserved\na\t1\nb\t2\nc\t3\n", ["--genes", "nobody"], ["'nobody' is none of the 3", "--genes"]),
        ("id\tobserved\na\t1\nb\t2\nc\t3\n", ["--name-columns", "alias"], ["neither table has the column alias"]),
        ("id\tobserved\na\t1\nA\t2\nc\t3\n", ["--ignore-case"], ["'a' and 'A' are the same without case"]),
        ("id\tobserved\na\t1\nb\t2\nc\t3\n", ["--value-column", "id"], ["'id' is both id and value"]),
        (
            "id\tobserved\na\t1\nb\t2\nc\t3\n",
            ["--history", "h.tsv"],
            ["--history has no meaning for --task comparison"],
        ),
    ],
)
def test_bad_input_is_one_line(tmp_path, capsys, text, options, words):
    one = table(tmp_path / "a.tsv", {"id": list("abcde"), "predicted": [1, 2, 3, 5, 4]})
    path = tmp_path / "b.tsv"
    if text is not None:
        path.write_text(text)
    before = {p.name for p in tmp_path.iterdir()}
    out = ["--report", tmp_path / "r.html", "--metrics", tmp_path / "m.tsv", "--figures", tmp_path / "f"]
    assert plot("--predictions", one, "--compare", path, *options, *out) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and "error:" in err and [word for word in words if word not in err] == []
    assert {p.name for p in tmp_path.iterdir()} == before


def test_binary_and_too_many_marks(tmp_path, capsys, run_script, assert_one_line_error):
    path = tmp_path / "b.tsv"
    path.write_bytes(b"id\tobserved\n\xff\xfe\t1\n")
    common = (
        "plot_results",
        "--task",
        "comparison",
        "--predictions",
        DATA / "predictions.tsv",
        "--metrics",
        tmp_path / "m",
    )
    assert_one_line_error(run_script(*common, "--compare", path), path, "is not text in UTF-8")
    assert_one_line_error(run_script(*common), "--task comparison needs --compare")
    assert plot(*PLANTED, *HEADERLESS, "--genes", "PLT", "--metrics", tmp_path / "m") == 2
    assert "matches 57, at most 20 can be marked" in capsys.readouterr().err
    words = ["--predictions", DATA / "predictions.tsv", "--compare", path, "--metrics", str(tmp_path / "m")]
    assert console.run(plot_results.build_parser, plot_results.main, list(map(str, words))) == 2
    assert "--compare has no meaning for --task expression" in capsys.readouterr().err


# ---------------------------------------------------------------- real data


def test_published_predictions_of_xpresso_against_observations(real_data, tmp_path):
    """The authors report r² 0.5 or so on all genes; their table knows places, the promoters' BED the genes."""
    place = ",".join(f"metadata/ranges/{name}" for name in ("chr", "start", "end", "strand"))
    words = ["--predictions", real_data("xpresso/published_predictions.tsv.gz"), "--id-column", place]
    words += ["--value-column", "preds/expression_pred", "--places", real_data("xpresso/hg38_promoters_10500.bed.gz")]
    words += ["--compare", real_data("xpresso/orthologs_observed_expression.tsv.gz")]
    words += ["--compare-id-column", "1", "--compare-value-column", "4", "--bootstrap", "100"]
    assert plot(*words, "--metrics", tmp_path / "m.tsv", "--report", tmp_path / "r.html") == 0
    value, low, high, n = metrics_of(tmp_path / "m.tsv")["r2", "preds/expression_pred"]
    assert n == 15_348 and 0.47 < low < value < high < 0.52
