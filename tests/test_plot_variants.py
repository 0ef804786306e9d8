"""plot_results --task variants: every allele is counted once, with its strongest change or its reason; bad tables are named."""

from __future__ import annotations

import gzip
import itertools
import json
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import plot_results
from genloom import console
from genloom.formats import results
from genloom.learning import effects
from genloom.report import variants as report

from .test_plot_results import HOSTILE, Page
from .test_score_variants import World, world  # noqa: F401

STEPS = Path(__file__).parents[1] / "test-data" / "steps"
OUTSIDE, SYMBOLIC = "outside genes", "symbolic allele"


def plot(*words):
    return console.run(plot_results.build_parser, plot_results.main, ["--task", "variants", *map(str, words)])


def row(record, scores=(), places=(0, 0, 0, 0), reason="", **other):
    """A line of the table: scores of a gene, or a reason."""
    cells = dict.fromkeys(results.EFFECTS, "")
    cells |= {"record": record, "chrom": "chr1", "position": 100 * record, "id": ".", "ref": "A", "alt": "G"}
    cells |= {"gene": "GENE", "strand": "+"} if len(scores) else {"reason": reason}
    for kind, values in (("ds", scores), ("dp", places if len(scores) else ())):
        cells |= {f"{kind}_{change}": value for change, value in zip(results.CHANGES, values, strict=len(values) > 0)}
    return cells | other


def write(path, rows):
    lines = [results.EFFECTS, *([each[name] for name in results.EFFECTS] for each in rows)]
    text = "".join("\t".join(map(str, line)) + "\n" for line in lines)
    path.write_bytes(gzip.compress(text.encode(), mtime=0) if path.suffix == ".gz" else text.encode())
    return path


def counts(path):
    lines = [line.split("\t") for line in path.read_text().splitlines()[1:]]
    assert all(line[3:5] == ["", ""] for line in lines)
    return {name: (float(value), int(n)) for name, _, value, _, _, n in lines}


def header(path):
    text = path.read_text()
    return Page(text[text.index("<header>") : text.index("<nav ")]).text


def run(folder, rows, *words):
    """Report on rows; the counts, the table of the strongest, and the words at the head of the page."""
    path = write(folder / "scores.tsv", rows)
    out = {"report": "r.html", "metrics": "m.tsv", "variant-table": "v.tsv"}
    outputs = [word for flag, name in out.items() for word in (f"--{flag}", folder / name)]
    assert plot("--predictions", path, *outputs, *words) == 0
    kinds = dict.fromkeys(("chrom", "id", "ref", "alt", "gene", "note"), pl.String)
    table = pl.read_csv(folder / "v.tsv", separator="\t", schema_overrides=kinds)
    return counts(folder / "m.tsv"), table, header(folder / "r.html")


# ---------------------------------------------------------------- counts


def test_columns_are_those_of_score_variants():
    from genloom.learning import variants

    assert results.EFFECTS == variants.COLUMNS
    assert effects.ARTEFACT == variants.MOVED


def test_each_allele_counts_once_in_its_strongest_gene(tmp_path):
    rows = [
        row(1, (0.1, 0.3, 0.0, 0.0), (5, -7, 1, 2), gene="WEAK"),
        row(1, (0.0, 0.1, 0.9, 0.2), (5, -7, 12, 2), gene="STRONG", strand="-"),
        row(1, reason=SYMBOLIC, alt="<DEL>"),
        row(2, (0.01, 0.02, 0.0, 0.03)),
        row(3, reason=OUTSIDE),
        row(4, reason=OUTSIDE),
        row(5, (0.0, 0.6, 0.0, 0.0), note=effects.ARTEFACT),
    ]
    found, table, words = run(tmp_path, rows)
    assert found["records"] == (5, 5)
    assert found["records_missing"] == (0, 5) and found["alleles"] == (6, 6) and found["genes"] == (3, 3)
    assert found["scored"] == (3, 6)
    assert found["unscored.outside_genes"] == (2, 6) and found["unscored.symbolic_allele"] == (1, 6)
    assert [found[f"at_least_{cutoff}"] for cutoff in (0.2, 0.5, 0.8)] == [(2, 3), (2, 3), (1, 3)]
    assert found["donor_gain"] == (1, 2) and found["acceptor_loss"] == (1, 2) and found["donor_loss"] == (0, 2)
    assert found["insertion_artefacts"] == (1, 3) and found["insertion_artefacts_at_least_0.2"] == (1, 2)
    assert table["highest"].to_list() == [0.9, 0.6, 0.3, 0.03]
    first = table.row(0, named=True)
    assert (first["gene"], first["change"], first["distance"], first["site"]) == ("STRONG", "donor gain", 12, 112)
    assert "2 of the 3 alleles scored (66.7%) reach 0.2; 2 reach 0.5 and 1 reach 0.8." in words
    assert "the strongest is chr1:100 A>G in STRONG, donor gain of 0.90, 12 bases to its right;" in words
    assert "3 alleles were left unscored, most often (2): outside genes." in words


def test_counts_add_up_whatever_the_table(tmp_path):
    """Planted scores and reasons at random: all counts are those of a plain count."""
    random = np.random.default_rng(1)
    rows, best, why = [], [], []
    for record in range(1, 400):
        if random.random() < 0.3:
            why.append(str(random.choice([OUTSIDE, SYMBOLIC])))
            rows.append(row(record, reason=why[-1]))
        else:
            scores, places = random.beta(0.2, 2, 4).astype(np.float32), random.integers(-50, 51, 4)
            best.append((float(f"{scores.max():.2f}"), int(scores.argmax())))
            rows.append(row(record, scores, places))
    found, table, _ = run(tmp_path, rows)
    for cutoff in (0.2, 0.5, 0.8):
        assert found[f"at_least_{cutoff}"] == (sum(score >= cutoff for score, _ in best), len(best))
    names = ["acceptor_gain", "acceptor_loss", "donor_gain", "donor_loss"]
    for place, name in enumerate(names):
        assert found[name][0] == sum(score >= 0.2 and leading == place for score, leading in best)
    assert found["unscored.outside_genes"][0] == why.count(OUTSIDE)
    assert found["scored"][0] + sum(n for key, (n, _) in found.items() if key.startswith("unscored.")) == 399
    assert table["highest"].to_list() == sorted(table["highest"], reverse=True) and len(table) == len(best)
    assert (table["site"] == table["position"] + table["distance"]).all()


def test_scores_count_as_they_stand_in_the_vcf(tmp_path):
    """0.196 is 0.20 there, 0.1949 is 0.19, and 0.195 is one of them."""
    steps = np.arange(-20, 21) * 1e-3
    scores = np.concatenate([[0.195, 0.495, 0.795], *(cutoff + steps for cutoff in (0.2, 0.5, 0.8))]).astype(np.float32)
    found, _, _ = run(tmp_path, [row(i, (0, score, 0, 0)) for i, score in enumerate(scores, 1)])
    for cutoff in (0.2, 0.5, 0.8):
        wanted = sum(float(f"{score:.2f}") >= cutoff for score in scores)
        assert found[f"at_least_{cutoff}"] == (wanted, len(scores)) and 0 < wanted < len(scores)


def test_records_that_were_filtered_away_are_told(tmp_path):
    found, _, words = run(tmp_path, [row(2, (0.5, 0, 0, 0)), row(7, reason=OUTSIDE)])
    assert found["records"] == (2, 7) and found["records_missing"] == (5, 7)
    assert "the table lacks 5 records: its rows were chosen from a longer one." in words


def test_what_score_variants_writes_is_read(world, tmp_path):  # noqa: F811
    """Through both scripts: what the one has scored or left, the other counts."""
    rows = world.draw_alleles(40)
    _, table = world.run(world.write(rows))
    out = tmp_path / "m.tsv"
    assert plot("--predictions", world.folder / "out.tsv", "--model", world.model, "--metrics", out) == 0
    found = counts(out)
    assert found["records"] == (40, 40)
    assert found["scored"][0] == len({(each["record"], each["alt"]) for each in table if each["ds_ag"]}) > 20
    assert found["alleles"][0] == sum(len(each[3].split(",")) for each in rows)


# ---------------------------------------------------------------- the page


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    folder = tmp_path_factory.mktemp("full")
    random = np.random.default_rng(2)
    hostile = itertools.cycle(HOSTILE)
    rows = [
        row(
            i,
            random.beta(0.1, 3, 4),
            random.integers(-50, 51, 4),
            gene=next(hostile),
            id=next(hostile),
            chrom=next(hostile),
        )
        for i in range(1, 120)
    ]
    rows += [row(i, reason=OUTSIDE) for i in range(120, 140)] + [row(140, (0, 1, 0, 0), ref="A" * 90)]
    path = write(folder / "scores.tsv.gz", rows)
    words = ["--report", folder / "r.html", "--metrics-json", folder / "m.json", "--title", HOSTILE[0]]
    words += ["--figures", folder / "f", "--figure-format", "svg", "--model", STEPS / "boundaries.safetensors"]
    assert plot("--predictions", path, *words) == 0
    return folder


def test_the_page_needs_nothing_but_itself(full):
    text = (full / "r.html").read_text()
    page = Page(text)
    assert "<script" not in text and "http" not in re.sub(r"data:text/css[^\"]*|http://www.w3.org/2000/svg", "", text)
    assert "doi:10.1016/j.cell.2018.12.015" in page.text and "the strongest is chr1:14,000 (90 bases)>G" in page.text
    assert HOSTILE[0] in page.text
    strong = sum(float(cells[2]) for cells in page.rows if cells[0] == "0.2" and len(cells) == 5)
    assert 10 < strong < 60 and f"The first {strong:.0f} of 120 alleles; the table of variants has all." in page.text
    assert {path.stem for path in (full / "f").iterdir()} == {"reasons", "scores", "changes", "distances"}
    pictures = [facts["aria-label"] for tag, facts in page.tags if tag == "div" and facts.get("role") == "img"]
    assert len(pictures) == 4 and any("outside genes 20" in words for words in pictures)
    assert ["outside genes", "20", "14.3%"] in page.rows


def test_tables_of_the_page_agree_with_each_other(full):
    page = Page((full / "r.html").read_text())
    listed = {entry["metric"]: int(entry["value"]) for entry in json.loads((full / "m.json").read_text())}
    all_of = {cells[0]: cells for cells in page.rows}
    assert int(all_of["0.5"][2]) == listed["at_least_0.5"] and all_of["0.5"][1] == "recommended"
    by_change = [int(all_of[name][-1]) for name in effects.NAMES.values()]
    by_distance = [int(all_of[name][-1]) for name in report.DISTANCES]
    assert sum(by_change) == sum(by_distance) == listed["at_least_0.2"]


def test_the_same_table_gives_the_same_bytes(tmp_path):
    path = write(tmp_path / "s.tsv", [row(1, (0.5, 0, 0, 0)), row(2, reason=OUTSIDE)])
    pages = []
    for _ in range(2):
        assert plot("--predictions", path, "--report", tmp_path / "r.html") == 0
        pages.append((tmp_path / "r.html").read_bytes())
    packed = tmp_path / "packed"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert plot("--predictions", packed, "--report", tmp_path / "r.html") == 0
    assert pages[0] == pages[1] == (tmp_path / "r.html").read_bytes()


def test_nothing_scored_is_a_report_too(tmp_path):
    found, table, words = run(tmp_path, [row(1, reason=OUTSIDE), row(2, reason=OUTSIDE)], "--figures", tmp_path / "f")
    assert found["scored"] == (0, 2) and found["at_least_0.2"] == (0, 0) and len(table) == 0
    assert "No allele could be scored. 2 alleles were left unscored, all of them: outside genes." in words
    assert [path.stem for path in (tmp_path / "f").iterdir()] == ["reasons"]


def test_no_effect_is_said(tmp_path):
    found, _, words = run(tmp_path, [row(1, (0.1, 0, 0, 0)), row(2, (0, 0, 0, 0))], "--figures", tmp_path / "f")
    assert "None of the 2 alleles scored reaches 0.2" in words and "no allele was left unscored." in words
    assert found["acceptor_gain"] == (0, 0)
    assert {path.stem for path in (tmp_path / "f").iterdir()} == {"reasons", "scores"}


def test_a_strongest_allele_that_may_be_an_artefact_is_said(tmp_path):
    _, _, words = run(tmp_path, [row(1, (0.9, 0.9, 0, 0), (0, 4, 0, 0), alt="AGG", note=effects.ARTEFACT)])
    assert "acceptor gain of 0.90, at the variant itself, which may be an artefact of the insertion;" in words


@pytest.mark.parametrize("furthest", [10, 20, 21, 50, 333, 4999])
def test_bins_of_distances_hold_all_and_have_0_in_the_middle(furthest):
    edges = report._edges(furthest)
    assert (edges == -edges[::-1]).all() and len(set(np.diff(edges))) == 1
    assert edges[-1] > furthest and 10 < len(edges) <= 50
    assert np.abs(edges).min() == np.diff(edges)[0] / 2 and (edges % 1 == 0.5).all()


# ---------------------------------------------------------------- bad input

LINE = row(1, (0.5, 0, 0, 0))


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], ["holds no rows under its header"]),
        ([LINE, row(2, (0.5, 0, 0, "x"))], [":3", "ds_dl", "'x'", "not a number"]),
        ([row(1, (0.5, 0, 0, 1.5))], [":2", "beyond -1 and 1", "give the table of one run of score_variants"]),
        ([row(1, (0.5, 0, 0, "nan"))], [":2", "ds_dl", "not a finite number"]),
        ([LINE, row(2, (0.5, 0, 0, ""))], [":3", "neither all eight scores nor a reason"]),
        ([LINE, row(2)], [":3", "neither all eight scores nor a reason"]),
        ([LINE | {"reason": OUTSIDE}], [":2", "scores and a reason"]),
        ([LINE | {"gene": ""}], [":2", "no gene"]),
        ([LINE | {"position": "1.5"}], [":2", "no whole number"]),
        ([LINE | {"record": 0}], [":2", "below 1"]),
        ([LINE | {"record": ""}], [":2", "record has no value"]),
        ([LINE, row(1, (0.5, 0, 0, 0), chrom="chr2")], [":2", "is of a record that other rows have elsewhere"]),
        ([LINE, dict(zip(results.EFFECTS, results.EFFECTS, strict=True))], [":3", "record holds 'record'"]),
    ],
)
def test_bad_tables_are_one_line(tmp_path, capsys, rows, words):
    path = write(tmp_path / "s.tsv", rows)
    assert plot("--predictions", path, "--report", tmp_path / "r.html") == 2
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    for each in ["s.tsv", *words]:
        assert each in said
    assert [each.name for each in tmp_path.iterdir()] == ["s.tsv"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ["is empty"]),
        (b"##fileformat=VCFv4.2\n#CHROM\tPOS\n", ["lacks the column chrom, id, ref", "it has ##fileformat=VCFv4.2"]),
        (b"id\tvalue\na\t1\n", ["lacks the column", "give the table of one run of score_variants"]),
        (b"\x89PNG\r\n\x1a\n\x00\xff", ["s.tsv"]),
        (None, ["no such file"]),
    ],
)
def test_files_that_are_no_such_table(tmp_path, capsys, content, words):
    path = tmp_path / "s.tsv"
    if content is not None:
        path.write_bytes(content)
    assert plot("--predictions", path, "--report", tmp_path / "r.html") == 2
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    for each in words:
        assert each in said


def test_options_of_other_tasks_and_models_are_refused(tmp_path, capsys):
    path = write(tmp_path / "s.tsv", [LINE])
    cases = {
        "--history has no meaning for --task variants": ["--history", path, "--report", tmp_path / "r.html"],
        "there is no output to write": [],
        "is a model of task": ["--model", STEPS / "content.safetensors", "--report", tmp_path / "r.html"],
    }
    for words, given in cases.items():
        assert plot("--predictions", path, *given) == 2
        said = capsys.readouterr().err
        assert words in said and len(said.splitlines()) == 1
    compare = ["--task", "comparison", "--predictions", path, "--compare", path, "--variant-table", tmp_path / "v"]
    assert console.run(plot_results.build_parser, plot_results.main, list(map(str, compare))) == 2
    assert "--variant-table has no meaning for --task comparison" in capsys.readouterr().err


def test_as_a_user_runs_it(tmp_path, run_script, assert_one_line_error):
    words = ("--task", "variants", "--predictions", STEPS / "variant_scores.tsv")
    done = run_script("plot_results", *words, "--report", "r.html", "--variant-table", "v.tsv", cwd=tmp_path)
    assert done.returncode == 0 and done.stderr == ""
    assert "5 of the 9 alleles scored (55.6%) reach 0.2" in header(tmp_path / "r.html")
    done = run_script("plot_results", *words[:3], STEPS / "split.tsv", "--report", "n.html", cwd=tmp_path)
    assert_one_line_error(done, "split.tsv", "lacks the column")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["r.html", "v.tsv"]
