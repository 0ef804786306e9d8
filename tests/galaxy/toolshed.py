"""A Tool Shed on 127.0.0.1: publish the suite to it and install from it."""

from __future__ import annotations

import base64
import json
import secrets
import subprocess
import urllib.request
from pathlib import Path

import yaml
from bioblend.toolshed import ToolShedInstance

from . import planemo, processes
from .server import HOME, ROOT, SECTION, Galaxy

OWNER = "genloom"  # as in shed/.shed.yml

CONFIG = """\
tool_shed:
  database_connection: sqlite:///{run}/community.sqlite?isolation_level=IMMEDIATE
  data_dir: {run}
  file_path: {run}/files
  new_file_path: {run}/tmp
  hgweb_config_dir: {run}/hgweb
  whoosh_index_dir: {run}/whoosh
  model_cache_dir: {run}/model_cache
  template_cache_path: {run}/templates
  tool_shed_url: {url}
  config_hg_for_dev: true
  id_secret: {secret}
  admin_users: {email}
  bootstrap_admin_api_key: {bootstrap}
  toolshed_search_on: true
  email_from: nobody@example.org
"""


class ToolShed:
    """One Tool Shed with its own folder, port and user, who owns the repositories."""

    email = "genloom@example.org"

    def __init__(self, run: Path):
        self.run = run.resolve()
        self.url = f"http://127.0.0.1:{processes.free_port()}"
        self.password, self.bootstrap_key = secrets.token_urlsafe(9), secrets.token_hex(16)
        self.key = ""
        self._process: subprocess.Popen | None = None

    def start(self) -> ToolShed:
        for name in ("hgweb", "files", "tmp", "whoosh", "model_cache", "templates"):
            (self.run / name).mkdir(parents=True, exist_ok=True)
        config, log = self.run / "tool_shed.yml", self.run / "shed.log"
        config.write_text(
            CONFIG.format(
                run=self.run, url=self.url, secret=secrets.token_hex(16), email=self.email, bootstrap=self.bootstrap_key
            )
        )
        binaries = HOME / "galaxy" / "bin"
        command = [
            binaries / "python",
            "-m",
            "uvicorn",
            "--host",
            "127.0.0.1",
            "--port",
            self.url.rsplit(":")[-1],
            "--factory",
            "tool_shed.webapp.fast_factory:factory",
        ]
        self._process = processes.launch(
            command, log, cwd=self.run, env=processes.plain_environment(binaries, TOOL_SHED_CONFIG_FILE=str(config))
        )
        return self

    def wait(self) -> ToolShed:
        """Wait until the shed answers, then make its user and the categories."""
        assert self._process is not None
        processes.wait_for(lambda: processes.answers(f"{self.url}/api/version"), self._process, self.run / "shed.log")
        self._post(
            "/api/users",
            {"x-api-key": self.bootstrap_key},
            {"username": OWNER, "email": self.email, "password": self.password},
        )
        login = base64.b64encode(f"{self.email}:{self.password}".encode()).decode()
        with urllib.request.urlopen(
            urllib.request.Request(
                f"{self.url}/api/authenticate/baseauth", headers={"Authorization": f"Basic {login}"}
            ),
            timeout=60,
        ) as answer:
            self.key = json.load(answer)["api_key"]
        for name in yaml.safe_load((ROOT / "shed" / ".shed.yml").read_text())["categories"]:
            self._post("/api/categories", {"x-api-key": self.key}, {"name": name, "description": name})
        return self

    def _post(self, path: str, headers: dict[str, str], body: dict) -> None:
        request = urllib.request.Request(
            self.url + path, json.dumps(body).encode(), {**headers, "Content-Type": "application/json"}
        )
        urllib.request.urlopen(request, timeout=60).close()

    def publish(self) -> None:
        """Create the repositories of shed/ and upload them."""
        planemo.check("shed_create", "--shed_target", self.url, "--shed_key", self.key, ROOT / "shed")

    def install(self, galaxy: Galaxy, name: str) -> dict[str, str]:
        """Install a repository and what it depends on: name → status of each of the shed's repositories in Galaxy."""
        revision = ToolShedInstance(self.url).repositories.get_ordered_installable_revisions(name, OWNER)[-1]
        galaxy.client.toolshed.install_repository_revision(
            self.url,
            name,
            OWNER,
            revision,
            install_tool_dependencies=False,
            install_repository_dependencies=True,
            install_resolver_dependencies=False,
            new_tool_panel_section_label=f"{SECTION} from the Tool Shed",
        )
        return {
            each["name"]: each["status"] for each in galaxy.client.toolshed.get_repositories() if not each["deleted"]
        }

    def stop(self) -> None:
        if self._process:
            processes.end([self._process])
        self._process = None
