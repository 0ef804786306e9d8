"""A person at the web client: search a tool, fill its form, run it, read the report; run the workflow; meet errors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import expect

from . import browser as browsers
from . import demo, outputs
from .browser import Browser
from .server import ROOT, Galaxy

DATA = ROOT / "test-data"
LONG = 400_000  # ms, for a whole workflow


@pytest.fixture(scope="module")
def browser(galaxy: Galaxy, request: pytest.FixtureRequest) -> Iterator[Browser]:
    pictures = request.config.getoption("--screenshots")
    with browsers.opened(galaxy, Path(pictures) if pictures else None) as opened:
        yield opened


def file(path: str, filetype: str) -> dict:
    return {"class": "File", "path": path, "filetype": filetype}


def peaks(**files: str) -> dict:
    """A list of peak files by sample."""
    return {
        "class": "Collection",
        "collection_type": "list",
        "elements": [{**file(path, "encodepeak"), "identifier": name} for name, path in files.items()],
    }


def test_tool_from_search_to_green(browser: Browser, galaxy: Galaxy):
    """Bin peaks, found by search; a value out of range is refused before any job starts."""
    inputs = {
        "Peaks": peaks(A1="peaks/A1.narrowPeak", E1="peaks/E1.narrowPeak.gz"),
        "Chromosome sizes": file("genome.sizes", "tabular"),
    }
    history = demo.upload(galaxy, "Browser: a tool", inputs, DATA)
    browser.open_history(history)
    expect(browser.datasets("ok")).to_have_count(2)
    browser.find_tool("bin peaks", "genloom_bin_peaks")
    picture = browser.page.locator("img[src*='bin_peaks.png']")
    picture.scroll_into_view_if_needed()
    expect(picture).not_to_have_js_property("naturalWidth", 0)

    browser.fill("bin_size", 0)
    browser.page.keyboard.press("Tab")
    expect(browser.field("bin_size")).to_contain_text("0 is out of range! (0 < 1)")
    browser.fill("bin_size", 2000)
    browser.fill("region", "chr1;chr2")
    browser.run()
    expect(browser.field("region")).to_contain_text("Parameter 'region': Regions such as chr1")
    assert galaxy.client.jobs.get_jobs(history_id=history, tool_id="genloom_bin_peaks") == []

    browser.fill("region", "chr1")
    expect(browser.field("region")).not_to_contain_text("Parameter 'region'")
    browser.picture("tool-form")
    browser.run()
    expect(browser.datasets("ok")).to_have_count(4)
    (job,) = galaxy.client.jobs.get_jobs(history_id=history, tool_id="genloom_bin_peaks")
    parameters = galaxy.client.jobs.show_job(job["id"])["params"]
    assert (parameters["bin_size"], parameters["region"]) == ('"2000"', '"chr1"')


def test_report(browser: Browser, galaxy: Galaxy):
    """The HTML report is shown as a page with figures, not as text."""
    browser.open_history(
        demo.upload(galaxy, "Browser: a report", {"Predictions": file("steps/predictions.tsv", "tabular")}, DATA)
    )
    expect(browser.datasets("ok")).to_have_count(1)
    browser.find_tool("report", "genloom_plot_results")
    browser.fill("title", "Donors' expression")
    browser.run()
    expect(browser.datasets("ok")).to_have_count(6)
    report = browser.show("report")
    expect(report.locator("h1")).to_have_text("Donors' expression")
    figures = report.locator("svg, img")
    assert figures.count() >= 3
    figures.first.scroll_into_view_if_needed()
    box = figures.first.bounding_box()
    assert box and box["width"] > 200 and box["height"] > 100, box


def test_bad_file_is_red_and_says_why(browser: Browser, galaxy: Galaxy):
    """The error text of a red dataset is the script's one line, and names the sample."""
    inputs = {
        "Peaks": peaks(A1="peaks/A1.narrowPeak", Mono="genome.sizes"),
        "Chromosome sizes": file("genome.sizes", "tabular"),
    }
    browser.open_history(demo.upload(galaxy, "Browser: a bad file", inputs, DATA))
    expect(browser.datasets("ok")).to_have_count(2)
    browser.find_tool("bin peaks", "genloom_bin_peaks")
    browser.run()
    expect(browser.datasets("error")).to_have_count(2)
    red = browser.datasets("error").first
    red.locator(".content-title").first.click()
    expect(red).to_contain_text("bin_peaks.py: error: peaks/Mono:1: has too few columns: 2; at least 3 are needed")
    assert "Traceback" not in red.inner_text()


# Galaxy's label → the name in the CWL workflow
OUTPUTS = {
    "Report": "report",
    "Metrics": "metrics",
    "Metrics as JSON": "metrics_json",
    "Genes": "gene_table",
    "Samples": "sample_table",
    "Trained model": "model",
    "Predictions": "predictions",
    "Training curves": "history",
    "Permutation scores": "permutation_scores",
    "Split": "split",
    "Bins": "bins",
    "Peaks kept": "peak_summary",
    "Expression": "expression",
    "Rows kept": "expression_summary",
}


def test_tour(browser: Browser, galaxy: Galaxy):
    """The tour goes from its first step to its last; a step whose element is not there would stop it."""
    path = ROOT / "workflows" / "atac-to-expression" / "atac-to-expression.tour.yml"
    steps = yaml.safe_load(path.read_text())["steps"]
    inputs = {"Peaks": peaks(A1="peaks/A1.narrowPeak"), "Chromosome sizes": file("genome.sizes", "tabular")}
    browser.open_history(demo.upload(galaxy, "Browser: the tour", inputs, DATA))
    expect(browser.datasets("ok")).to_have_count(2)
    browser.page.goto(f"{galaxy.url}/tours/atac-to-expression")
    for number, step in enumerate(steps, 1):
        expect(browser.page.locator(".tour-title")).to_have_text(step["title"])
        if element := step.get("element"):
            expect(browser.page.locator(element).first).to_be_visible()
        browser.page.locator(".tour-next" if number < len(steps) else ".tour-end").click()
    expect(browser.page.locator(".tour-element")).to_have_count(0)


def test_workflow(browser: Browser, galaxy: Galaxy, tmp_path: Path):
    """The demo workflow from its form to the report; its outputs are those of cwltool, byte by byte."""
    path = ROOT / "workflows" / "atac-to-expression" / "atac-to-expression.ga"
    reference = outputs.by_cwltool(path, tmp_path)
    inputs = demo.job(path)
    history = demo.upload(galaxy, "Browser: the workflow", inputs, path.parent)
    workflow = galaxy.client.workflows.import_workflow_from_local_path(str(path))["id"]
    browser.open_history(history)
    files = [name for name, value in inputs.items() if isinstance(value, dict)]
    expect(browser.datasets("ok")).to_have_count(len(files))
    browser.page.goto(f"{galaxy.url}/workflows/run?id={workflow}")
    for name, value in inputs.items():
        (browser.choose_input if name in files else browser.fill_input)(name, name if name in files else value)
    browser.page.locator("[data-label='Peaks']").scroll_into_view_if_needed()
    browser.picture("workflow-form")
    browser.page.locator("#run-workflow").first.click()
    expect(browser.datasets("ok")).to_have_count(len(files) + len(OUTPUTS), timeout=LONG)
    report = browser.show("report")
    expect(report.locator("h1")).to_have_text(inputs["Title of the report"])
    browser.picture("workflow-report")

    (invocation,) = galaxy.client.invocations.get_invocations(history_id=history)
    assert outputs.differing(galaxy, invocation["id"], reference, OUTPUTS) == []
