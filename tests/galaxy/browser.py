"""A person at Galaxy's web client: Chromium without a window, driven by Playwright."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import FrameLocator, Locator, Page, expect, sync_playwright

from .server import Galaxy

WAIT = 90_000  # ms
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]  # nothing but this machine


class Browser:
    """One page of a logged-in user. `pictures` is where screenshots go; without it none are made."""

    def __init__(self, page: Page, galaxy: Galaxy, pictures: Path | None):
        self.page, self.galaxy, self.pictures = page, galaxy, pictures

    def login(self) -> None:
        self.page.goto(f"{self.galaxy.url}/login/start")
        self.page.fill("input[name=login]", self.galaxy.email)
        self.page.fill("input[name=password]", self.galaxy.password)
        self.page.click("button[name=login]")
        self.page.wait_for_selector("#current-history-panel")

    def open_history(self, history: str) -> None:
        """Make a history the current one."""
        answer = self.page.request.put(f"{self.galaxy.url}/history/set_as_current?id={history}")
        assert answer.ok, answer.text()
        self.page.goto(self.galaxy.url)
        self.page.wait_for_selector("#current-history-panel")

    def find_tool(self, words: str, tool_id: str) -> None:
        """Search the tool panel and open the tool."""
        search = self.page.locator(".toolbox-panel input, #toolbox-panel input, .tool-search input").first
        search.fill(words)
        self.page.locator(f"a[data-tool-id^='{tool_id}'], a[href*='{tool_id}']").first.click()
        self.page.wait_for_selector("#execute")

    def field(self, name: str) -> Locator:
        """The part of a tool's form that belongs to one parameter, such as `advanced|seed`."""
        return self.page.locator(f"[id='form-element-{name}']")

    def fill(self, name: str, value: object) -> None:
        self.field(name).locator("input").first.fill(str(value))

    def choose(self, name: str, text: str) -> None:
        """Choose in a drop-down list what holds `text`."""
        box = self.field(name).locator(".multiselect").first
        box.click()
        box.locator(".multiselect__element", has_text=text).first.click()

    def run(self) -> None:
        """Press the form's button."""
        self.page.locator("#execute").first.click()

    def choose_input(self, label: str, text: str) -> None:
        """In a workflow's form, choose for the input `label` the dataset that holds `text`."""
        box = self.page.locator(f"[data-label='{label}'] .multiselect").first
        box.click()
        box.locator(".multiselect__element", has_text=text).first.click()

    def fill_input(self, label: str, value: object) -> None:
        """In a workflow's form, fill in a text or number."""
        self.page.locator(f"[data-label='{label}'] input").first.fill(str(value))

    def show(self, name: str) -> FrameLocator:
        """Open the newest dataset whose name ends in `: name`; what is shown of it."""
        item = self.datasets("ok").filter(has_text=f": {name}").first
        item.locator(".display-btn").first.click()
        return self.page.frame_locator("#frame")

    def datasets(self, state: str | None = None) -> Locator:
        items = self.page.locator("#current-history-panel .content-item")
        return items if state is None else items.and_(self.page.locator(f"[data-state={state}]"))

    def picture(self, name: str) -> None:
        if self.pictures:
            self.page.wait_for_timeout(700)  # let transitions end
            self.pictures.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=self.pictures / f"{name}.png")


@contextmanager
def opened(galaxy: Galaxy, pictures: Path | None = None) -> Iterator[Browser]:
    """A browser, logged in."""
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=shutil.which("chromium"),
            headless=True,
            args=ARGUMENTS,
            viewport={"width": 1400, "height": 900},
        )
        try:
            context.set_default_timeout(WAIT)
            expect.set_options(timeout=WAIT)
            browser = Browser(context.pages[0], galaxy, pictures)
            browser.login()
            yield browser
        finally:
            context.close()
