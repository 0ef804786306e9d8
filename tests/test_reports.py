"""All kinds of reports on one page: the same sections in the same order, alone, small, legible, and safe from names."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import explain_model
import plot_results
import tune_model
from genloom import console
from genloom.formats import modelfile
from genloom.report import figures, look, page, parts
from genloom.report.page import Code, Facts, Part, Picture, Pictures, Report, Table, Text

DATA = Path(__file__).parents[1] / "test-data"
STEPS = DATA / "steps"
VOID = {"meta", "link", "br"}
HOSTILE = [
    "<script>alert(1)</script>",
    "\"quoted\" & 'single' </td></table>",
    "{{ report }} {% raw %} &lt;b&gt;",
    "\N{ARABIC LETTER ALEF}\N{HEBREW LETTER ALEF} gene",
    "long" * 200,
    "javascript:alert(1)",
]

# kind → the script, and how it makes the report from the kept files
KINDS = {
    "expression": (
        plot_results,
        "--task expression --predictions predictions.tsv --split split.tsv --permutations permutations.tsv "
        "--model model.safetensors --bootstrap 50",
    ),
    "comparison": (
        plot_results,
        "--task comparison --predictions ../comparison/predictions.tsv --compare ../comparison/observed.tsv "
        "--compare-id-column 1 --compare-value-column 3 --name-columns symbol --genes PLT1 --bootstrap 50",
    ),
    "boundaries": (
        plot_results,
        "--task boundaries --predictions boundaries_predictions.tsv --scores boundaries_metrics.tsv "
        "--model boundaries.safetensors --history boundaries_history.tsv --bootstrap 50",
    ),
    "content": (
        plot_results,
        "--task content --predictions content_predictions.tsv --scores content_metrics.tsv --model content.safetensors "
        "--history content_history.tsv --bootstrap 50",
    ),
    "activity": (
        plot_results,
        "--task activity --predictions promoters_predictions.tsv --scores promoters_metrics.tsv "
        "--model promoters.safetensors --history promoters_history.tsv --compare promoters_random_metrics.tsv --bootstrap 50",
    ),
    "variants": (
        plot_results,
        "--task variants --predictions variant_scores.tsv --model boundaries.safetensors",
    ),
    "classes": (
        plot_results,
        "--task classes --predictions classes_predictions.tsv --model classes.safetensors --split classes_split.tsv "
        "--permutations classes_permutations.tsv --features classes_features.tsv --samples classes_samples.tsv --bootstrap 50",
    ),
    "targets": (
        plot_results,
        "--task targets --predictions landmarks_predictions.h5ad --model landmarks.safetensors --bootstrap 50",
    ),
    "study": (
        tune_model,
        "--plan ../plans/expression.yml --bins bins.h5ad --expression expression.h5ad --split split.tsv "
        "--resume ../plans/study.jsonl",
    ),
    "mutagenesis": (
        explain_model,
        "--model boundaries.safetensors --windows boundaries.h5 --count 10 --reach 40",
    ),
    "alleles": (
        explain_model,
        "--model boundaries.safetensors --genome ../sequence/genome.fa --variants ../sequence/variants.vcf --count 4 --reach 30",
    ),
    "coefficients": (
        explain_model,
        "--model model.safetensors --method coefficients --top 5",
    ),
    "permutation": (
        explain_model,
        "--model model.safetensors --method permutation --bins bins.h5ad --expression expression.h5ad --split split.tsv "
        "--top 5 --repeats 2 --bootstrap 50",
    ),
}


class Node:
    """An element with what is in it."""

    def __init__(self, tag: str, facts: dict[str, str | None]):
        self.tag, self.facts, self.inside = tag, {name: value or "" for name, value in facts.items()}, []

    @property
    def text(self) -> str:
        return "".join(each if isinstance(each, str) else each.text for each in self.inside)

    def all(self, *tags: str, **facts: str) -> list[Node]:
        """Elements inside, in their order."""
        own = [each for each in self.inside if isinstance(each, Node)]
        found = []
        for each in own:
            if (not tags or each.tag in tags) and facts.items() <= each.facts.items():
                found.append(each)
            found += each.all(*tags, **facts)
        return found


class Tree(HTMLParser):
    """A page as elements; all of them are closed."""

    def __init__(self, text: str):
        super().__init__()
        self.root = Node("", {})
        self.open = [self.root]
        self.feed(text)
        self.close()
        assert self.open == [self.root]

    def handle_starttag(self, tag, attributes):
        node = Node(tag, dict(attributes))
        self.open[-1].inside.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_startendtag(self, tag, attributes):
        self.open[-1].inside.append(Node(tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop().tag == tag

    def handle_data(self, data):
        self.open[-1].inside.append(data)


def make(kind: str, folder: Path, *more: object) -> str:
    """The text of a report of a kind."""
    script, words = KINDS[kind]
    given = [str(STEPS / word) if (STEPS / word).is_file() else word for word in words.split()]
    given += ["--log", str(folder / "log.jsonl")] if script is tune_model else []
    given += [*map(str, more), "--report", str(folder / "report.html")]
    assert console.run(script.build_parser, script.main, given) == 0
    return (folder / "report.html").read_text()


@pytest.fixture(scope="module")
def texts(tmp_path_factory) -> dict[str, str]:
    return {kind: make(kind, tmp_path_factory.mktemp(kind)) for kind in KINDS}


@pytest.fixture(params=KINDS)
def text(request, texts) -> str:
    return texts[request.param]


@pytest.fixture
def root(text) -> Node:
    return Tree(text).root


def section(root: Node, name: str) -> Node:
    (found,) = root.all("section", id=name)
    return found


# ---------------------------------------------------------------- the order of the page


def test_three_sentences_open_the_page(root):
    header = root.all("header")[0]
    asked, found, compared = (each.text for each in header.all("p") if each.facts.get("class") != "bare")
    assert asked.startswith("The question: ")
    for said in (asked, found, compared):
        assert said == said.strip() and said[-1] in ".?" and len(said) < 500
        told = re.sub("\N{LEFT DOUBLE QUOTATION MARK}.*?\N{RIGHT DOUBLE QUOTATION MARK}", "it", said)
        assert not re.search(r"[.?!]\s", told), f"more than a sentence: {said}"
        assert " nan" not in said and "None" not in said
    assert [each.tag for each in header.inside if isinstance(each, Node)] == ["h1", "p", "p", "p", "p", "dl"]
    assert all(each.text.strip() for each in header.all("dt", "strong"))


def test_sections_are_the_same_on_every_page(root):
    named = [(each.facts["id"], each.all("h2")[0].text) for each in root.all("section")]
    assert named == [(name, title) for name, (title, _) in page.SECTIONS.items()]
    assert [each.facts["href"] for each in root.all("nav")[0].all("a")] == [f"#{name}" for name in page.SECTIONS]
    for each in root.all("section"):
        inside = [node for node in each.inside if isinstance(node, Node)]
        assert len(inside) > 1 and each.text.replace(inside[0].text, "").strip(), "a section that says nothing"
    assert section(root, "baselines").all("table", "p") and section(root, "figures").all("svg")


def test_headings_do_not_jump(root):
    levels = [int(each.tag[1]) for each in root.all("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels[0] == 1 and levels.count(1) == 1 and levels.count(2) == len(page.SECTIONS)
    assert all(deeper <= level + 1 for level, deeper in pairwise(levels))
    assert all(each.text.strip() for each in root.all("h1", "h2", "h3", "h4"))


def test_it_says_how_to_make_it_again(root, text):
    again, data = section(root, "again"), section(root, "data")
    (first, *_) = again.all("pre")
    assert first.text.startswith("genloom-") and "--report report.html" in first.text
    words = re.sub(r"\\\n\s*", "", first.text).split()[1:]
    script = {"plot": plot_results, "tune": tune_model, "explain": explain_model}[first.text[8:].partition("-")[0]]
    taken = script.build_parser().parse_args(words)  # the command is one that the script takes
    assert taken.report == "report.html"
    facts = {each.all("dt")[0].text: each.all("dd")[0].text for each in again.all("dl")[0].all("div")}
    digests = [value for name, value in facts.items() if name.startswith("SHA-256 of ")]
    assert digests and all(re.fullmatch("[0-9a-f]{64}", each) for each in digests)
    assert facts["Versions"].startswith("genloom ") and "numpy " in facts["Versions"]
    card = section(root, "model").text
    assert "audit" in data.text.lower() or "none" in card, "a model is told of, and no audit of its split"
    assert str(DATA) not in text and "/tmp" not in text


# ---------------------------------------------------------------- alone and small


def test_the_page_is_alone(root, text):
    assert text.startswith("<!doctype html>") and len(text.encode()) < 3_000_000
    known = (
        "html head meta title link body header nav main section footer div figure figcaption h1 h2 h3 h4 p ul li a dl dt dd "
        "strong small pre code table thead tbody tr th td svg g path use defs clippath rect pattern"
    )
    assert {each.tag for each in root.all()} <= set(known.split())
    for each in root.all():
        assert not [name for name in each.facts if name.startswith("on")]
        for name in ("href", "src", "xlink:href"):
            assert each.facts.get(name, "#").startswith(("#", "data:text/css;base64,")), each.facts
    assert not re.search(r"https?:|url\((?!#)|@import", text)
    (html,) = root.all("html")
    assert html.facts["lang"] == "en" and root.all("meta", name="viewport")


def test_names_of_places_are_their_own(root):
    ids = [each.facts["id"] for each in root.all() if "id" in each.facts]
    assert len(ids) == len(set(ids))
    used = {each.facts["href"] for each in root.all("a", "use")}
    used |= {f"#{each.facts[name]}" for each in root.all() for name in ("aria-labelledby",) if name in each.facts}
    assert used <= {f"#{name}" for name in ids}


@pytest.mark.parametrize("kind", ["expression", "activity", "classes", "targets", "permutation"])
def test_the_same_bytes_again(texts, kind, tmp_path):
    assert make(kind, tmp_path) == texts[kind]


# ---------------------------------------------------------------- for every reader


def test_figures_have_words(root):
    pictures = root.all("div", role="img")
    assert len(pictures) == len(root.all("svg")) > 0
    for each in pictures:
        assert len(each.facts["aria-label"]) > 20 and "nan" not in each.facts["aria-label"].split()
        (drawing,) = each.all("svg")
        assert drawing.facts["aria-hidden"] == "true" and "viewbox" in drawing.facts and "width" not in drawing.facts
    for each in root.all("figure"):
        assert each.all("h3", "h4") and each.all("figcaption")[0].text.strip()


def test_tables_have_heads(root):
    for each in root.all("table"):
        head, *rows = each.all("tr")
        names = head.all("th")
        assert all(name.facts["scope"] == "col" and name.text.strip() for name in names), each.text
        assert rows
        for row in rows:
            cells = row.all("th", "td")
            assert [cell.tag for cell in cells] == ["th"] + ["td"] * (len(names) - 1)
            assert cells[0].facts["scope"] == "row" and cells[0].text.strip()
            assert len(rows) <= parts.ROWS
    for each in root.all("div", role="region"):
        assert each.facts["tabindex"] == "0" and len(each.all("table")) == 1
        assert each.facts["aria-labelledby"] == each.all("table")[0].facts["aria-labelledby"]


def over_white(colour: str, opacity: float) -> str:
    mixed = (round(opacity * int(colour[i : i + 2], 16) + (1 - opacity) * 255) for i in (1, 3, 5))
    return "#" + "".join(f"{each:02x}" for each in mixed)


def colours(element: ElementTree.Element, inherited: dict[str, str], where: str = "") -> Iterator[tuple[str, str, str]]:
    """(where: text, shade or mark; fill or stroke; colour over white) of all that is drawn."""
    name = element.get("id", "").rpartition("-")[2]
    where = "text" if name.startswith("text_") else "shade" if name == look.SHADE else where
    own = dict(part.strip().split(": ") for part in element.get("style", "").rstrip("; ").split(";") if ":" in part)
    style = inherited | own
    drawn = element.tag.rpartition("}")[2] in ("path", "use", "rect") and not where.startswith("clip")
    for kind in ("fill", "stroke"):
        colour = style.get(kind, "none")
        if drawn and colour.startswith("#"):
            opacity = float(style.get("opacity", 1)) * float(style.get(f"{kind}-opacity", 1))
            yield where or "mark", kind, over_white(colour, opacity)
    for each in element:
        if each.tag.rpartition("}")[2] != "clipPath":
            yield from colours(each, style, where)


def test_what_is_drawn_stands_out_from_the_paper(text):
    for drawing in re.findall(r"<svg.*?</svg>", text, re.DOTALL):
        found = set(colours(ElementTree.fromstring(drawing), {}))
        assert len(found) > 2
        for where, kind, colour in found:
            if where == "shade" or colour == "#ffffff" or (kind == "stroke" and colour == look.FAINT):
                continue
            least = 4.5 if where == "text" else 3
            assert look.contrast(colour) >= least, (where, kind, colour, look.contrast(colour))


def test_every_colour_of_the_figures_stands_out():
    for colour in figures.CLASSES:
        assert look.contrast(over_white(colour, 0.9)) >= 3  # as `places` draws them
    for share in np.linspace(0, 1, 20):
        red, green, blue, _ = look.DENSITY(share)
        assert look.contrast("#" + "".join(f"{round(255 * each):02x}" for each in (red, green, blue))) >= 3
    assert look.contrast("#000000") == pytest.approx(21) and look.contrast("#767676") == pytest.approx(4.54, abs=0.01)


def test_words_stand_out_from_every_ground_of_the_page():
    style = (page.HERE / "page.css").read_text()
    names = dict(re.findall(r"--(\w+): (#\w+)", style))

    def colour(code: str) -> str:
        code = names[code[6:-1]] if code.startswith("var") else code
        return code if len(code) == 7 else "#" + "".join(2 * each for each in code[1:])

    text = {colour(code) for code in re.findall(r"[{;\s]color: (#\w+|var\(--\w+\))", style)}
    ground = {colour(code) for code in re.findall(r"background: (#\w+|var\(--\w+\))", style)}
    assert len(text) == 3 and len(ground) >= 4
    for one in text:
        for other in ground:
            assert look.contrast(one, other) >= 4.5, (one, other)
    for code in re.findall(r"border-(?:left|color): (?:\d+px solid )?(var\(--\w+\))", style):
        assert look.contrast(colour(code)) >= 3, code
    assert not re.search(r"https?:|url\(|@import", style)


def test_a_page_for_paper_and_for_phones():
    style = (page.HERE / "page.css").read_text()
    paper = style[style.index("@media print") :]
    for rule in ("nav { display: none", "overflow: visible", "break-inside: avoid", "position: static"):
        assert rule in paper
    assert "@media (max-width" in style and "overflow-x: auto" in style and "overflow-wrap: anywhere" in style


# ---------------------------------------------------------------- what users write


def hostile() -> Report:
    """A report that has a hostile name wherever there may be one."""
    name, markup, template, turned, long, address = HOSTILE
    drawn = look.svg(figures.bars(HOSTILE, np.linspace(-1, 1, len(HOSTILE)), name, markup), "bars")
    picture = Picture(drawn, name, markup, f"{template} {name} {markup} in words that are long enough")
    table = Table(long, [name, markup, long], [[(name, markup), (template, long), turned]], note=address, strong=0)
    return Report(
        title=name,
        asked=f"The question: {markup}?",
        found=f"{name} is {template}.",
        compared=f"{turned} and {long}.",
        good=True,
        numbers=[(name, markup, template)],
        baselines=[table, Text([name])],
        figures=[Part(markup, [Pictures([picture], caption=name)]), Part("", [table])],
        reading={name: markup},
        data=[Facts({template: long})],
        model=parts.card_facts({"task": name, "settings": {markup: [template]}, name: address}),
        again=[Code(f"genloom {name} {markup}")],
    )


def test_names_are_text_wherever_they_stand():
    text = page.render(hostile())
    root = Tree(text).root
    assert not root.all("script", "b") and "<script" not in text and len(root.all("table")) == 2
    assert not [each for each in root.all() if any(name.startswith("on") for name in each.facts)]
    for name in HOSTILE:
        assert name in root.text
    assert root.all("div", role="img")[0].facts["aria-label"].startswith(HOSTILE[2])
    assert [each.facts["href"] for each in root.all("a")] == [f"#{name}" for name in page.SECTIONS]


def test_marks_that_no_reader_sees_are_seen():
    turned = "\N{RIGHT-TO-LEFT OVERRIDE}evil\N{LEFT-TO-RIGHT ISOLATE}\x07"
    text = page.render(replace(hostile(), title=turned))
    assert not page.UNSEEN.search(text) and "\N{REPLACEMENT CHARACTER}evil" in text


def test_a_section_without_blocks_says_so():
    empty = replace(hostile(), baselines=[], figures=[Part("nothing", [])], reading={}, data=[], model=[], again=[])
    root = Tree(page.render(empty)).root
    for name, (title, nothing) in page.SECTIONS.items():
        assert section(root, name).text.split("\n") == ["", title, nothing, ""]


# ---------------------------------------------------------------- the audit


def test_the_audit_and_the_reason_of_a_leak_are_told(tmp_path):
    card, arrays = modelfile.read(STEPS / "model.safetensors")
    said = [f"error: fold 1: 4 values of {HOSTILE[0]} are in several parts", "warning: 2 features are constant"]
    modelfile.write(tmp_path / "m.safetensors", arrays, card | {"audit": {"findings": said, "allowed": HOSTILE[1]}})
    data = section(Tree(make("expression", tmp_path, "--model", tmp_path / "m.safetensors")).root, "data")
    rows = [[cell.text for cell in row.all("th", "td")] for row in data.all("tr")]
    assert ["error", f"fold 1: 4 values of {HOSTILE[0]} are in several parts"] in rows
    assert ["warning", "2 features are constant"] in rows
    assert "2 findings" in data.text and HOSTILE[1] in data.text
    assert card["data"]["bins"] in data.text and card["split"] in data.text


def test_without_a_model_its_place_says_so(tmp_path):
    words = ["--predictions", str(STEPS / "predictions.tsv"), "--bootstrap", "0", "--report", str(tmp_path / "r.html")]
    assert console.run(plot_results.build_parser, plot_results.main, words) == 0
    root = Tree((tmp_path / "r.html").read_text()).root
    assert page.SECTIONS["model"][1] in section(root, "model").text
    assert "--bootstrap 0" in section(root, "again").text


def test_the_style_is_in_the_page(text):
    (style,) = re.findall(r'href="data:text/css;base64,([^"]*)"', text)
    assert base64.b64decode(style) == (page.HERE / "page.css").read_bytes()
