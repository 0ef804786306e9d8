"""What the site of docs/ takes from the rest of the checkout, so that each fact has one place.

A line that is nothing but a link to a Markdown file outside docs/ becomes its text: up to the first section, or all of it
(`#top`). A heading that is such a link to a section becomes that section, at the level of the heading. A link to any other
file of the checkout leads to a copy of it in the site.
"""

from __future__ import annotations

import logging
import os
import re
from pathlib import Path

from properdocs.config.defaults import ProperDocsConfig
from properdocs.structure.files import File, Files
from properdocs.structure.pages import Page

log = logging.getLogger("properdocs.hooks.site")
DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
INCLUDED = re.compile(r"(?P<level>#+ )?\[[^]]*\]\((?P<path>(?:\.\./)+\S*?\.md)(?P<section>#\S+)?\)")
LINK = re.compile(r"(?<=\]\()([^)#\s]+)(#[^)\s]*)?(?=\))")


def pages() -> dict[Path, str]:
    """A file outside docs/ → the page that takes its beginning or all of it, or else a section of it."""
    begun: dict[Path, str] = {}
    taken: dict[Path, str] = {}
    for page in sorted(DOCS.rglob("*.md")):
        for match in filter(None, map(INCLUDED.fullmatch, page.read_text().splitlines())):
            found = begun if match["section"] in (None, "#top") else taken
            found.setdefault((page.parent / match["path"]).resolve(), page.relative_to(DOCS).as_posix())
    return taken | begun


def on_page_markdown(markdown: str, page: Page, config: ProperDocsConfig, files: Files) -> str:
    here = (DOCS / page.file.src_uri).parent
    lines: list[str] = []
    code = False
    for line in markdown.splitlines():
        code ^= line.startswith("```")
        match = None if code else INCLUDED.fullmatch(line)
        path = (here / match["path"]).resolve() if match else here
        if match and path.is_file() and not path.is_relative_to(DOCS):
            deeper = "#" * (len(match["level"] or "## ") - 3)
            for each in part(path.read_text(), match["section"]):
                moved = deeper + each if each.startswith("#") else each
                lines.append(_linked(moved, path.parent, page, config, files))
        else:
            lines.append(line if code else _linked(line, here, page, config, files))
    return "\n".join(lines)


def part(text: str, name: str | None) -> list[str]:
    """Lines of a Markdown file without its title: up to its first section (None), a section by its anchor, or all (`#top`)."""
    kept: list[str] = []
    code, now = False, None
    for line in text.splitlines()[1:]:
        code ^= line.startswith("```")
        if not code and line.startswith("## "):
            now = "#" + anchor(line)
        if now == name or name == "#top":
            kept.append(line)
    if not any(kept):
        log.warning("there is no section %s to take", name)
    return kept


def anchor(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lstrip("# ").lower()).replace(" ", "-")


def _linked(line: str, folder: Path, page: Page, config: ProperDocsConfig, files: Files) -> str:
    """The line with its links as they are from the page; those that leave docs/ lead to the page of what they name, or to a
    copy."""

    def link(match: re.Match[str]) -> str:
        if "://" in match[0]:
            return match[0]
        place, where = (folder / match[1]).resolve(), match[2] or ""
        if place.is_relative_to(DOCS):
            uri = place.relative_to(DOCS).as_posix()
        elif place in PAGES or place / "README.md" in PAGES:
            uri = PAGES.get(place) or PAGES[place / "README.md"]
        elif place.is_file() and place.is_relative_to(ROOT) and place.suffix != ".md":
            uri, where = f"files/{place.relative_to(ROOT).as_posix()}", ""
            if uri not in files.src_uris:
                files.append(File.generated(config, uri, abs_src_path=str(place)))
        else:
            log.warning("%s: the site has nothing of %s", page.file.src_uri, place)
            return match[0]
        return os.path.relpath(uri, Path(page.file.src_uri).parent) + where

    return LINK.sub(link, line)


PAGES = pages()
