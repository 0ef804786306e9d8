"""Names and texts that were made to do harm, given to the tools by Galaxy: they arrive to the letter or are refused in one line,
and no shell, no Cheetah and no browser runs anything of them."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import bioblend
import h5py
import pytest
from galaxy.tool_util.parser import get_tool_source
from playwright.sync_api import expect

from . import archive as archives
from . import browser as browsers
from . import demo
from .browser import Browser
from .outputs import stored
from .server import ROOT, Galaxy

DATA = ROOT / "test-data"
# PROOF: a file that is there once one of them was run
NAMES = (
    "two words", "new\nline", "a'b\"c", "$(touch PROOF)", "`touch PROOF`", "; touch PROOF;", "'; touch PROOF; '",
    "|| touch PROOF", "../../up", "..", "-n", "--help", "$peaks ${peaks}", "#if True", "${open('PROOF', 'w')}", "\\", "*", "é☃",
    "a/b", "a_b", "&amp;&lt;", "<img src=x onerror='window.flag=1'>", "<script>window.flag=1</script>", "</title><b>bold</b>",
    "{{7*7}}", "%s%n", "=1+1",
)  # fmt: skip
TITLE = (
    "é☃ 'a' \"b\" `c` $(d) ${e} \\ <img src=x onerror='window.flag=1'><script>window.flag=1</script></title><b>f</b>"
)


@pytest.fixture(scope="module")
def proof(galaxy: Galaxy) -> Path:
    return galaxy.run / "proof"


@pytest.fixture(autouse=True)
def _nothing_was_run(proof: Path) -> Iterator[None]:
    yield
    assert not proof.exists()


@pytest.fixture(scope="module")
def names(proof: Path) -> list[str]:
    return [name.replace("PROOF", str(proof)) for name in NAMES]


def file(path: Path | str, filetype: str) -> dict[str, str]:
    return {"class": "File", "path": str(path), "filetype": filetype}


@pytest.fixture(scope="module")
def files(galaxy: Galaxy, names: list[str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A history, its datasets by name, and lists of one file under each of the names."""
    lines = (DATA / "steps" / "predictions.tsv").read_text().splitlines(keepends=True)
    cells = [line.split("\t") for line in lines]
    samples, genes = (dict.fromkeys(row[i] for row in cells[1:]) for i in (0, 1))
    called = dict(zip([*samples, *genes], [name.replace("\n", " ") for name in names], strict=False))
    table = tmp_path_factory.mktemp("hostile") / "predictions.tsv"
    renamed = [[called.get(row[0], row[0]), called.get(row[1], row[1]), *row[2:]] for row in cells]
    table.write_text("".join("\t".join(row) for row in renamed))
    history = demo.upload(
        galaxy,
        "Hostile names: <img src=x onerror='window.flag=1'>",
        {
            "Peaks": file("peaks/A1.narrowPeak", "encodepeak"),
            "Table": file("expression/A1.genes.results", "tabular"),
            "Sizes": file("genome.sizes", "tabular"),
            "<img src=x onerror='window.flag=1'>": file(table, "tabular"),
        },
        DATA,
    )
    demo.wait_for_history(galaxy, history)
    client = galaxy.client
    contents = {each["name"]: each["id"] for each in client.histories.show_history(history, contents=True)}
    found = {"history": history, **{name: {"src": "hda", "id": key} for name, key in contents.items()}}
    lists = {
        "Many": ("Peaks", names),
        "Few": ("Peaks", names[3:5]),
        "Tables": ("Table", names),
        "Bad": ("Peaks", ["a\tb"]),
    }
    for label, (source, held) in lists.items():
        elements = [{"name": name, "src": "hda", "id": contents[source]} for name in held]
        made = client.histories.create_dataset_collection(
            history, {"collection_type": "list", "name": label, "element_identifiers": elements}
        )
        found[label] = {"src": "hdca", "id": made["id"]}
    return found


def start(galaxy: Galaxy, files: dict[str, Any], tool: str, **inputs: Any) -> dict[str, Any]:
    return galaxy.client.tools.run_tool(files["history"], f"genloom_{tool}", inputs)


@pytest.fixture(scope="module")
def runs(galaxy: Galaxy, files: dict[str, Any], names: list[str]) -> dict[str, dict[str, Any]]:
    """What Galaxy answered when the tools were started, all at once."""
    bins = {"sizes": files["Sizes"], "bin_size": 100_000}
    each = {"batch": True, "values": [files["Few"]]}
    report = {"predictions": files["<img src=x onerror='window.flag=1'>"], "title": TITLE}
    return {
        "bin_peaks": start(galaxy, files, "bin_peaks", peaks=files["Many"], **bins),
        "assemble_expression": start(galaxy, files, "assemble_expression", tables=files["Tables"]),
        "refused": start(galaxy, files, "bin_peaks", peaks=files["Bad"], **bins),
        "bin_sample": start(galaxy, files, "bin_sample", peaks=each, whole=files["Few"], **bins),
        "plot_results": start(galaxy, files, "plot_results", **report),
    }


def over(galaxy: Galaxy, job: dict[str, Any]) -> dict[str, Any]:
    """What Galaxy tells of a job when it is over."""
    galaxy.client.jobs.wait_for_job(job["id"], maxwait=300, interval=0.5, check=False)
    return galaxy.client.jobs.show_job(job["id"], full_details=True)


def ended(galaxy: Galaxy, run: dict[str, Any]) -> dict[str, bytes]:
    """The outputs of a run by name, when its jobs are over and well."""
    for job in run["jobs"]:
        told = over(galaxy, job)
        assert told["state"] == "ok", told["tool_stderr"]
    return {each["output_name"]: stored(galaxy, each["id"]) for each in run["outputs"]}


def samples(matrix: bytes) -> list[str]:
    with h5py.File(io.BytesIO(matrix)) as opened:
        return [name.decode() for name in opened["obs"][opened["obs"].attrs["_index"]]]


@pytest.mark.parametrize("tool", ["bin_peaks", "assemble_expression"])
def test_names_of_a_list_arrive(galaxy: Galaxy, runs: dict, names: list[str], tool: str):
    """To the letter, but that Galaxy makes a space of a newline in a command."""
    made, expected = ended(galaxy, runs[tool]), [name.replace("\n", " ") for name in names]
    assert samples(made["output"]) == expected
    assert [row.split("\t")[0] for row in made["summary"].decode().splitlines()[1:]] == expected


def test_a_name_that_no_table_can_hold_is_refused_in_one_line(galaxy: Galaxy, runs: dict):
    (job,) = runs["refused"]["jobs"]
    told = over(galaxy, job)
    assert (told["state"], told["exit_code"]) == ("error", 2)
    assert (
        told["tool_stderr"].strip()
        == "bin_peaks.py: error: peaks/a_b: 'a\\tb' is no name for a sample; name it with --names"
    )


def test_names_of_jobs_beside_each_other_arrive(galaxy: Galaxy, runs: dict, names: list[str]):
    assert len(runs["bin_sample"]["jobs"]) == 2
    ended(galaxy, runs["bin_sample"])
    (parts,) = runs["bin_sample"]["implicit_collections"]
    elements = galaxy.client.dataset_collections.show_dataset_collection(parts["id"])["elements"]
    assert [each["element_identifier"] for each in elements] == names[3:5]
    assert [samples(stored(galaxy, each["object"]["id"])) for each in elements] == [[name] for name in names[3:5]]


def called(part: Element) -> str:
    return part.get("name") or part.get("argument", "").lstrip("-").replace("-", "_")


def texts(parts: Element, before: str = "", given: dict[str, str] | None = None) -> Iterator[tuple[str, Element, dict]]:
    """The text parameters of a form: full name, parameter, and what has to be chosen for it to be there."""
    given = given or {}
    for part in parts:
        name = before + called(part)
        if part.tag == "param" and part.get("type") == "text":
            yield name, part, given
        elif part.tag == "section":
            yield from texts(part, f"{name}|", given)
        elif part.tag == "conditional":
            choice = f"{name}|{called(part.find('param'))}"
            for when in part.iterfind("when"):
                yield from texts(when, f"{name}|", {**given, choice: when.get("value")})


FORMS = {path.stem: get_tool_source(path).root for path in archives.tools(ROOT / "tools")}
WITH_TEXTS = [tool for tool, form in FORMS.items() if any(texts(form.find("inputs")))]


def free(param: Element) -> bool:
    """Whether it takes any text."""
    return param.find("sanitizer") is not None and param.find("sanitizer").get("sanitize") == "false"


@pytest.mark.parametrize("tool", WITH_TEXTS)
def test_a_text_is_quoted_or_of_harmless_letters(tool: str):
    """Free text goes through a function that quotes; any other has a pattern, which lets nothing through that ends a quote."""
    command = FORMS[tool].find("command").text
    for name, param, _ in texts(FORMS[tool].find("inputs")):
        if free(param):
            word = f"${name.replace('|', '.')}"
            lines = [line for line in command.splitlines() if word in line and "#if" not in line]
            assert lines and all(f"${{shlex.quote(str({word}))}}" in line for line in lines)
        else:
            (pattern,) = (each.text for each in param.iter("validator") if each.get("type") == "regex")
            passed = {chr(i) for i in range(256) if re.match(pattern, f"a{chr(i)}1")}
            assert not passed & set("'\"\\$`#;&|<>*?{}[]!~\0\r\n\t"), (name, passed)


@pytest.fixture(scope="module")
def empty(galaxy: Galaxy) -> dict[str, str]:
    """A history without anything to choose: no form can be sent off."""
    return {"history": galaxy.client.histories.create_history("Hostile texts")["id"]}


@pytest.mark.parametrize("tool", WITH_TEXTS)
def test_a_text_of_harm_is_refused_by_the_form(galaxy: Galaxy, empty: dict[str, str], tool: str):
    """All but titles, which are given to a job above."""
    for name, param, given in texts(FORMS[tool].find("inputs")):
        with pytest.raises(bioblend.ConnectionError) as refused:
            start(galaxy, empty, tool, **given, **{name: "$(touch proof)"})
        told = json.loads(refused.value.body)["err_data"]
        assert told and (name not in told) == free(param), (name, told)


@pytest.fixture(scope="module")
def browser(galaxy: Galaxy) -> Iterator[Browser]:
    with browsers.opened(galaxy) as opened:
        yield opened


def was_run(browser: Browser) -> bool:
    """Whether one of the names was run, in the page or a page in it."""
    return any(frame.evaluate("'flag' in window") for frame in browser.page.frames)


def test_what_is_run_in_a_page_is_seen(browser: Browser):
    browser.page.goto("about:blank")
    browser.page.set_content("""<iframe srcdoc="<img src=x onerror='window.flag=1'>"></iframe>""")
    browser.page.wait_for_function("'flag' in window.frames[0]")
    assert was_run(browser)


def test_a_report_shows_names_as_text(
    galaxy: Galaxy, files: dict, runs: dict, names: list[str], browser: Browser, tmp_path: Path
):
    """To a user of Galaxy, and to who was sent the file."""
    report = ended(galaxy, runs["plot_results"])["report"]
    browser.open_history(files["history"])
    frame = browser.show("report")
    expect(frame.locator("h1")).to_have_text(TITLE)
    assert not was_run(browser)
    (tmp_path / "report.html").write_bytes(report)
    browser.page.goto((tmp_path / "report.html").as_uri())
    expect(browser.page.locator("h1")).to_have_text(TITLE)
    assert not was_run(browser)
    browser.page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    text = browser.page.locator("body").inner_text()
    assert [name for name in names[:24] if name.replace("\n", " ") not in text] == []  # as many as there are samples
