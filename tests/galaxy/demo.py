"""`make galaxy`: a local Galaxy with the suite, its workflows and tours, and the demo data ready in a history."""

from __future__ import annotations

import re
import shutil
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

import requests
import yaml

from . import archive as archives
from .server import HOME, ROOT, Galaxy

WORKFLOWS = ROOT / "workflows"
FIRST = "atac-to-expression"  # the workflow whose data a newcomer sees


def workflows() -> list[Path]:
    """The generated workflows that Galaxy can import."""
    return sorted(WORKFLOWS.glob("*/*.ga"))


def job(workflow: Path) -> dict[str, Any]:
    """The inputs of a workflow's first test: name → File or Collection, as planemo writes them."""
    return yaml.safe_load(workflow.with_name(f"{workflow.stem}-tests.yml").read_text())[0]["job"]


def add_tours(galaxy: Galaxy) -> None:
    """Give Galaxy the tours that lie beside the workflows. Before it starts."""
    for path in WORKFLOWS.glob("*/*.tour.yml"):
        shutil.copy(path, galaxy.run / "tours" / f"{path.name.removesuffix('.tour.yml')}.yml")


def upload(galaxy: Galaxy, name: str, inputs: dict[str, Any], folder: Path) -> str:
    """Make a history of the files and collections in `inputs`, whose paths start from `folder`; its id."""
    history = galaxy.client.histories.create_history(name)["id"]
    targets = []
    for label, value in inputs.items():
        if not isinstance(value, dict):
            continue  # a number or a text of the form
        if value["class"] == "Collection":
            elements = [_element(each, each["identifier"], folder) for each in value["elements"]]
            targets.append(
                {
                    "destination": {"type": "hdca"},
                    "collection_type": value["collection_type"],
                    "name": label,
                    "elements": elements,
                    "auto_decompress": True,
                }
            )
        else:
            targets.append(
                {"destination": {"type": "hdas"}, "elements": [_element(value, label, folder)], "auto_decompress": True}
            )
    client = galaxy.client
    client.make_post_request(f"{client.url}/tools/fetch", {"history_id": history, "targets": targets})
    return history


def wait_for_history(galaxy: Galaxy, history: str, seconds: float = 300) -> None:
    """Wait until all of a history is uploaded; fail where something of it did not work."""
    limit = time.monotonic() + seconds
    while (state := galaxy.client.histories.show_history(history)["state"]) not in ("ok", "error"):
        if time.monotonic() > limit:
            raise RuntimeError(f"the demo data are not there after {seconds:.0f} s")
        time.sleep(0.5)
    if state != "ok":
        raise RuntimeError(f"the history of the demo data is {state}")


def open_at_login(galaxy: Galaxy, history: str) -> None:
    """Let the next login show a history: it goes on with that of the last session, and else with an empty one."""
    with requests.Session() as session:
        page = session.get(f"{galaxy.url}/login/start", timeout=60).text
        token = re.search(r'session_csrf_token = "(\w+)"', page)
        assert token, page
        given = {"login": galaxy.email, "password": galaxy.password, "session_csrf_token": token[1]}
        session.post(f"{galaxy.url}/user/login", json=given, timeout=60).raise_for_status()
        chosen = session.put(f"{galaxy.url}/history/set_as_current", params={"id": history}, timeout=60)
        chosen.raise_for_status()


def _element(value: dict[str, Any], name: str, folder: Path) -> dict[str, Any]:
    return {
        "src": "path",
        "path": str((folder / value["path"]).resolve()),
        "name": name,
        "ext": value.get("filetype", "auto"),
    }


def main() -> None:
    (HOME / "runs").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="demo-", dir=HOME / "runs") as folder:
        run = Path(folder)
        galaxy = Galaxy(run / "galaxy", archives.tools(archives.build(run / "archive")["genloom"]), ROOT / ".venv")
        add_tours(galaxy)
        print("Galaxy starts, this takes about a minute", flush=True)
        with galaxy:
            histories = {}
            for path in workflows():
                galaxy.client.workflows.import_workflow_from_local_path(str(path))
                histories[path.stem] = upload(galaxy, f"genloom demo: {path.stem}", job(path), path.parent)
                wait_for_history(galaxy, histories[path.stem])
            open_at_login(galaxy, histories[FIRST])
            print(
                f"""
Galaxy:    {galaxy.url}
log in as: {galaxy.email}
password:  {galaxy.password}

The tools are in the section genloom; the workflows under Workflows. Your history holds the demo data of {FIRST};
under Histories is one for each of the other workflows.
A tour: {galaxy.url}/tours/
Ctrl-C stops Galaxy; its histories go with it.
""",
                flush=True,
            )
            signal.pause()


def stop(*_) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, stop)
    try:
        main()
    except KeyboardInterrupt:
        print("Galaxy has stopped", flush=True)
