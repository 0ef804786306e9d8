"""plot_results: the report says what the numbers say, in one safe and small page; bad input is named in one line."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest

import plot_results
from genloom import console
from genloom.formats import modelfile
from genloom.report import figures, look, page

NO_BETTER = "no better than the mean of the training samples"
HOSTILE = ["<script>alert(1)</script>", "\"quoted\" & 'single'", "$x^{$ \\alpha$", "-->]]><b onload=x>", "a" * 300]
SAMPLES = ["HSC", "B", "CD4", "NK", "Mono", "Ery"]
GROUPS = {"B": "lymphoid", "CD4": "lymphoid"}
VOID = {"meta", "link", "br", "img", "hr", "input"}


class Page(HTMLParser):
    """A page as a browser sees it: tags in order with their attributes, words, and whether all tags close."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.words, self.open, self.rows = [], [], [], []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag == "tr":
            self.rows.append([])
        if tag in ("th", "td"):
            self.rows[-1].append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.words.append(data)
        if {"th", "td"} & set(self.open):
            self.rows[-1][-1] += data

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


def make(folder, strength=0.6, genes=None, samples=SAMPLES, seed=1, baselines=("knn", "ridge")):
    """Predictions of leave-one-out folds, and beside them a split, permutations, curves and a model file."""
    random = np.random.default_rng(seed)
    genes = genes or [f"ENSG{g:05d}" for g in range(40)]
    observed = random.normal(5, 2, len(genes)) + random.normal(0, 1, (len(samples), len(genes)))
    lines = [
        "\t".join(
            [
                "id",
                "target",
                "fold",
                "part",
                "observed",
                "predicted",
                "predicted_mean",
                *(f"predicted_{b}" for b in baselines),
            ]
        )
    ]
    split = ["fold\tid\tgroup\tpart"]
    for s, sample in enumerate(samples):
        mean = np.delete(observed, s, axis=0).mean(0)
        columns = [mean + k * (observed[s] - mean) + random.normal(0, 0.2, len(genes)) for k in (strength, 0.2, 0.1)]
        values = np.array([observed[s], columns[0], mean, *columns[1 : len(baselines) + 1]])
        lines += [
            "\t".join([sample, gene, str(s + 1), "test", *(f"{v:.6g}" for v in values[:, g])])
            for g, gene in enumerate(genes)
        ]
        split += [
            f"{s + 1}\t{other}\t{GROUPS.get(other, '')}\t"
            f"{'test' if other == sample or GROUPS.get(other, 0) == GROUPS.get(sample) else 'train'}"
            for other in samples
        ]
    (folder / "predictions.tsv").write_text("\n".join(lines) + "\n")
    (folder / "split.tsv").write_text("\n".join(split) + "\n")
    null = "\n".join(f"{i + 1}\t{v:.4f}\t{0.4 + v:.4f}\t{v:.4f}" for i, v in enumerate(random.normal(-0.1, 0.05, 20)))
    (folder / "permutations.tsv").write_text(f"permutation\tskill\tshare_positive\tdelta_r\n0\t0.5\t0.9\t0.7\n{null}\n")
    curves = [
        f"{fold}\t{epoch}\t{part}\t{1 / (1 + epoch) + (part != 'train') * 0.1}"
        for fold in range(3)
        for epoch in range(10)
        for part in ("train", "validation")
    ]
    (folder / "history.tsv").write_text("fold\tepoch\tpart\tloss\n" + "\n".join(curves) + "\n")
    modelfile.write(
        folder / "model.safetensors",
        {"w": np.zeros(2)},
        {
            "task": "expression",
            "architecture": "mlp",
            "settings": {"hidden": [8, 4]},
            "features": {"settings": {}, "chromosomes": ["chr1"], "transform": "rank", "count": 9},
            "unit": "log2(TPM+1)",
            "seed": 1,
            "targets": {"names": genes, "symbols": [f"SYM{g}" for g in range(len(genes))]},
            "assembly": "hg19",
            "split": "0" * 64,
            "data": {"bins": "1" * 64},
            "versions": {"genloom": "0"},
            "licence": "MIT",
        },
    )
    return folder


def run(folder, *options, **arguments):
    """plot_results in this process, all inputs given that lie in the folder; returns the exit status."""
    given = {"--predictions": "predictions.tsv", "--report": "report.html", "--bootstrap": "200", **arguments}
    words = [str(folder / v) if "." in str(v) else str(v) for pair in given.items() for v in pair]
    return console.run(plot_results.build_parser, plot_results.main, [*words, *map(str, options)])


def everything(folder):
    return [
        word
        for name, file in (
            ("--split", "split.tsv"),
            ("--permutations", "permutations.tsv"),
            ("--history", "history.tsv"),
            ("--model", "model.safetensors"),
        )
        for word in (name, folder / file)
    ]


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """A run with all inputs and all outputs, on genes with names that try to break out of the page."""
    folder = make(tmp_path_factory.mktemp("full"), genes=[*HOSTILE, *(f"ENSG{g:05d}" for g in range(40))])
    tables = {"--metrics": "m.tsv", "--metrics-json": "m.json", "--gene-table": "g.tsv", "--sample-table": "s.tsv"}
    assert (
        run(
            folder,
            *everything(folder),
            "--genes",
            *HOSTILE,
            "--title",
            HOSTILE[0],
            "--figures",
            folder / "figures",
            "--figure-format",
            "svg",
            "--model-name",
            "<i>net</i>",
            **tables,
        )
        == 0
    )
    return folder


def test_planted_signal_and_noise_are_told_apart(tmp_path):
    for strength, words in ((0.6, "less squared error than the mean"), (0.0, NO_BETTER)):
        folder = make(tmp_path, strength)
        assert run(folder, *everything(folder)) == 0
        text = (folder / "report.html").read_text()
        header = Page(text[text.index("<header>") : text.index("<nav ")]).text
        assert words in header
        assert (NO_BETTER in header) == (strength == 0)


def test_an_interval_that_holds_0_is_no_better(tmp_path):
    """Good in all samples but one: the skill is above 0 and its interval is not."""
    folder = make(tmp_path)
    rows = [line.split("\t") for line in (folder / "predictions.tsv").read_text().splitlines()]
    worse = [[*r[:5], str(2.2 * float(r[4]) - 1.2 * float(r[6])) if r[0] == "Ery" else r[6], *r[6:]] for r in rows[1:]]
    better = [[*r[:5], str(0.8 * float(r[6]) + 0.2 * float(r[4])) if r[0] != "Ery" else r[5], *r[6:]] for r in worse]
    (folder / "predictions.tsv").write_text("\n".join("\t".join(r) for r in [rows[0], *better]) + "\n")
    assert run(folder, "--metrics", folder / "m.tsv") == 0
    _, first, *_ = (line.split("\t") for line in (folder / "m.tsv").read_text().splitlines())
    assert first[:2] == ["skill", "model"] and float(first[3]) < 0 < float(first[2])
    assert NO_BETTER in (folder / "report.html").read_text()


def test_a_gain_that_permutations_share_is_not_credited_to_the_peaks(tmp_path):
    folder = make(tmp_path)
    (folder / "permutations.tsv").write_text(
        "permutation\tskill\tshare_positive\tdelta_r\n" + "".join(f"{i}\t0.{50 + i}\t0.9\t0.5\n" for i in range(20))
    )
    assert run(folder, *everything(folder)) == 0
    assert "paired at random it does as well (p = 1)" in Page((folder / "report.html").read_text()).text


def test_three_sentences_then_the_baselines(full):
    page_ = Page((full / "report.html").read_text())
    order = [
        "The question: how well does",
        "less squared error",
        "Compared by skill",
        "All models on the same held-out samples",
        "All genes together",
        "Gene by gene",
        "Sample by sample",
        "Samples in the parts of each fold",
        "genloom-plot-results",
    ]
    places = [page_.text.rindex(words) if i > 2 else page_.text.index(words) for i, words in enumerate(order)]
    assert places == sorted(places)
    header, chosen, *_ = page_.rows
    assert [h.strip() for h in header] == [
        "Model",
        "Skill",
        "Median gene skill",
        "Delta-r",
        "Genes better than the mean",
        "MAE",
        "r across genes",
    ]
    assert chosen[0].strip() == "<i>net</i>"


def test_page_is_alone_small_and_without_script(full):
    text = (full / "report.html").read_text()
    page_ = Page(text)
    assert text.startswith("<!doctype html>") and len(text.encode()) < 3_000_000
    assert not [tag for tag, _ in page_.tags if tag in ("script", "iframe", "object", "img", "style", "form", "base")]
    for tag, attributes in page_.tags:
        assert not [name for name in attributes if name.startswith("on")], tag
        for name in ("href", "src", "xlink:href"):
            assert attributes.get(name, "#").startswith(("#", "data:text/css;base64,")), (tag, attributes)
    assert not re.search(r"https?:|url\((?!#)|@import|javascript:", text)
    assert "/tmp" not in text and str(full) not in text


def test_no_sheet_address_in_the_style():
    assert not re.search(r"https?:|url\(|@import", (page.HERE / "page.css").read_text())


def test_names_of_users_are_text(full):
    text = (full / "report.html").read_text()
    assert "<script" not in text and "<b onload" not in text and "<i>net" not in text
    words = Page(text).text
    for name in HOSTILE:
        assert name in words
    for path in (full / "figures").iterdir():
        drawn = {element.tag.rpartition("}")[2] for element in ElementTree.parse(path).iter()}
        assert not drawn & {"script", "b", "a", "i", "foreignObject"} and "path" in drawn


def test_every_figure_has_words_and_its_own_ids(full):
    page_ = Page((full / "report.html").read_text())
    pictures = [a for tag, a in page_.tags if tag == "div" and a.get("role") == "img"]
    drawings = [a for tag, a in page_.tags if tag == "svg"]
    assert len(pictures) == len(drawings) == 6 + len(HOSTILE)
    assert all(len(a["aria-label"]) > 20 for a in pictures)
    assert all("viewbox" in a and "width" not in a for a in drawings)
    ids = [a["id"] for _, a in page_.tags if "id" in a]
    assert len(ids) == len(set(ids))
    known = {f"#{i}" for i in ids}
    used = [a["href"] for tag, a in page_.tags if tag in ("use", "a")]
    assert used and set(used) <= known
    clips = re.findall(r"url\((#[^)]*)\)", (full / "report.html").read_text())
    assert clips and set(clips) <= known


def test_tables_hold_what_is_drawn(full):
    metrics = [line.split("\t") for line in (full / "m.tsv").read_text().splitlines()]
    assert metrics[0] == ["metric", "model", "value", "low", "high", "n"]
    assert [tuple(m[:2]) for m in metrics[1:3]] == [("skill", "<i>net</i>"), ("skill", "mean")]
    assert metrics[-1][0] == "across_gene_r"
    listed = json.loads((full / "m.json").read_text())
    assert [[e["metric"], e["model"], *(e[k] for k in ("value", "low", "high", "n"))] for e in listed] == [
        [*m[:2], *(float(v) if v else None for v in m[2:])] for m in metrics[1:]
    ]
    genes = [line.split("\t") for line in (full / "g.tsv").read_text().splitlines()]
    assert genes[0] == ["target", "n", "skill", "r", "mae", "mae_mean"]
    assert [g[0] for g in genes[1:6]] == HOSTILE and len(genes) == 46
    samples = [line.split("\t") for line in (full / "s.tsv").read_text().splitlines()]
    assert samples[0] == ["id", "group", "skill", "mae", "mae_mean", "across_gene_r"]
    assert [s[:2] for s in samples[1:4]] == [["HSC", ""], ["B", "lymphoid"], ["CD4", "lymphoid"]]


def test_groups_of_the_split_are_drawn(full):
    text = Page((full / "report.html").read_text()).text
    assert "6 samples from 5 groups" in text and "200 draws of 5 groups" in text
    assert "another one than the split given here" in text  # the card names another split's digest


def test_same_bytes_again(full, tmp_path):
    for name in ("predictions.tsv", "split.tsv", "permutations.tsv", "history.tsv", "model.safetensors"):
        (tmp_path / name).write_bytes((full / name).read_bytes())
    assert (
        run(
            tmp_path,
            *everything(tmp_path),
            "--genes",
            *HOSTILE,
            "--title",
            HOSTILE[0],
            "--figures",
            tmp_path / "f",
            "--figure-format",
            "svg",
            "--model-name",
            "<i>net</i>",
        )
        == 0
    )
    assert (tmp_path / "report.html").read_bytes() == (full / "report.html").read_bytes()
    for path in (full / "figures").iterdir():
        assert (tmp_path / "f" / path.name).read_bytes() == path.read_bytes()


@pytest.mark.parametrize(("kind", "magic"), [("png", b"\x89PNG"), ("pdf", b"%PDF"), ("svg", b"<?xml")])
def test_figure_formats(tmp_path, kind, magic):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        drawn = figures.panel(np.arange(4.0), np.arange(4.0) + 1, np.ones(4), title="$a < b$ & \u6f22")
        look.save(drawn, tmp_path / name / f"gene.{kind}", kind)
    first, second = ((tmp_path / name / f"gene.{kind}").read_bytes() for name in ("one", "two"))
    assert first.startswith(magic) and first == second


def test_users_own_matplotlib_settings_change_nothing():
    import matplotlib

    drawn = [look.svg(figures.bars(["a", "b"], np.array([0.1, -0.2]), "skill", "samples"), "x")]
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red", "svg.fonttype": "none"}):
        drawn.append(look.svg(figures.bars(["a", "b"], np.array([0.1, -0.2]), "skill", "samples"), "x"))
    assert drawn[0] == drawn[1]


def test_large_tables_stay_small(tmp_path):
    folder = make(tmp_path, genes=[f"ENSG{g:05d}" for g in range(130)], samples=[f"sample {s}" for s in range(80)])
    assert run(folder, *everything(folder), "--max-panels", 60, "--sample-table", folder / "s.tsv") == 0
    text = (folder / "report.html").read_text()
    assert len(text.encode()) < 3_000_000 and text.count('role="img"') == 66
    assert "The first 60 of 80 samples." in text and len((folder / "s.tsv").read_text().splitlines()) == 81


def test_best_median_and_worst_genes_are_shown(tmp_path):
    folder = make(tmp_path)
    assert run(folder, "--gene-table", folder / "g.tsv", "--max-panels", 3) == 0
    table = [line.split("\t") for line in (folder / "g.tsv").read_text().splitlines()[1:]]
    lively = sorted(table, key=lambda g: float(g[5]))[20:]
    ranked = [g[0] for g in sorted(lively, key=lambda g: -float(g[2]))]
    shown = re.findall(r"<h4>(ENSG\d+)</h4>", (folder / "report.html").read_text())
    assert len(shown) == 3 and (shown[0], shown[2]) == (ranked[0], ranked[-1]) and shown[1] in ranked[8:12]


def test_genes_by_symbol(tmp_path):
    folder = make(tmp_path)
    assert run(folder, *everything(folder), "--genes", "SYM3", "ENSG00003", "SYM7") == 0
    assert re.findall(r"<h4>(SYM\d+ \(ENSG\d+\))</h4>", (folder / "report.html").read_text()) == [
        "SYM3 (ENSG00003)",
        "SYM7 (ENSG00007)",
    ]


@pytest.mark.parametrize("baselines", [(), ("knn",)])
@pytest.mark.parametrize("samples", [["only"], ["one", "two"]])
def test_least_input_gives_a_page(tmp_path, capsys, samples, baselines):
    """One sample, one gene, a model that is the mean itself, no panels: a page without a warning on the way."""
    folder = make(tmp_path, genes=["G1"], samples=[*samples, "spare"], baselines=baselines)
    rows = [line.split("\t") for line in (folder / "predictions.tsv").read_text().splitlines()]
    kept = [rows[0], *([*r[:5], r[6], *r[6:]] for r in rows[1:] if r[0] != "spare")]
    (folder / "predictions.tsv").write_text("\n".join("\t".join(r) for r in kept) + "\n")
    assert run(folder, "--max-panels", 0) == 0
    assert NO_BETTER in (folder / "report.html").read_text()
    assert capsys.readouterr().err == ""


def test_a_sanitised_page_still_reads(full):
    """Galaxy shows pages of tools it does not trust without style and figures: no style may spill into the text."""
    sanitizer = pytest.importorskip("galaxy.util.sanitize_html", reason="galaxy-util is not installed")
    bare = sanitizer.sanitize_html((full / "report.html").read_text())
    assert "<svg" not in bare and "<path" not in bare and len(bare) < 40_000
    assert "border-collapse" not in bare and "This viewer shows the page without its figures" in bare
    assert "<th>Median gene skill</th>" in re.sub(r" scope=\"\w+\"", "", bare)


def test_errors_are_one_line_and_leave_nothing(tmp_path, run_script, assert_one_line_error):
    folder = make(tmp_path)
    text = (folder / "predictions.tsv").read_text()
    bad = {
        "nan": text.replace("\ttest\t", "\ttest\tnan", 1),
        "column": text.replace("predicted_mean", "mean", 1),
        "empty": "",
        "rows": text.splitlines()[0] + "\n",
    }
    words = {
        "nan": (":2", "not a number"),
        "column": ("lacks the column predicted_mean", "train_model"),
        "empty": ("is empty",),
        "rows": ("holds no rows",),
    }
    for name, content in bad.items():
        path = folder / f"{name}.tsv"
        path.write_text(content)
        before = {p.name for p in folder.iterdir()}
        result = run_script(
            "plot_results",
            "--predictions",
            path,
            "--report",
            folder / "report.html",
            "--metrics",
            folder / "m.tsv",
            "--figures",
            folder / "figures",
        )
        assert_one_line_error(result, path, *words[name])
        assert {p.name for p in folder.iterdir()} == before


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--genes", "ENSG0001"], ("ENSG0001: not among the predicted genes", "did you mean 'ENSG000")),
        (["--genes", "ENSG00001", "ENSG00002", "--max-panels", "1"], ("names 2 genes, --max-panels is 1",)),
        (["--split", "{other}"], ("other.tsv: does not hold sample 'HSC' in fold '1'",)),
        (["--model", "{predictions}"], ("is not a whole .safetensors file",)),
        (["--model", "{splice}"], ("is a model of task 'splice', 'expression' is wanted",)),
        (["--history", "{predictions}"], ("lacks the column epoch, loss",)),
        (["--permutations", "{predictions}"], ("lacks the column permutation",)),
        (["--predictions", "{absent}"], ("absent.tsv: no such file",)),
    ],
)
def test_bad_options_are_named(tmp_path, capsys, options, words):
    folder = make(tmp_path)
    (folder / "other.tsv").write_text("fold\tid\tgroup\tpart\n1\tX\t\ttrain\n1\tY\t\ttest\n")
    modelfile.write(folder / "splice.safetensors", {"w": np.zeros(1)}, {"task": "splice", "architecture": "x"})
    places = {name: folder / f"{name}.tsv" for name in ("predictions", "other", "absent")}
    places["splice"] = folder / "splice.safetensors"
    assert run(folder, *(o.format(**places) for o in options)) == 2
    error = capsys.readouterr().err
    assert len(error.splitlines()) == 1
    for word in words:
        assert word in error
    assert not (folder / "report.html").exists()


def test_an_output_is_needed(tmp_path, capsys):
    folder = make(tmp_path)
    options = ["--predictions", str(folder / "predictions.tsv")]
    assert console.run(plot_results.build_parser, plot_results.main, options) == 2
    assert "give --report" in capsys.readouterr().err


def test_formats_of_the_script_are_those_of_the_figures():
    assert plot_results.FORMATS == look.FORMATS


def test_numbers_for_the_eye():
    assert page.number(-0.123) == "\N{MINUS SIGN}0.12" and page.number(-0.0001) == "0.00"
    assert page.number(float("nan")) == "\N{EN DASH}"
    assert page.plain(list(range(20)), 3) == "20: 0, 1, 2, \N{HORIZONTAL ELLIPSIS}"
    assert page.plain({"a": {"b": [1, 2]}, "c": None}) == "a (b 1, 2); c none"
    assert len(page.plain("x" * 10_000)) == 300
