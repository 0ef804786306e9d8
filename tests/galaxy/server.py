"""A Galaxy on 127.0.0.1: web server, Celery worker and Redis, with the tools it is given."""

from __future__ import annotations

import re
import secrets
import shlex
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping
from pathlib import Path

from bioblend.galaxy import GalaxyInstance

from . import processes

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / ".galaxy"
SECTION = "genloom"
# tools whose HTML is shown as such, not as text; reports carry no scripts
REPORTING = (
    "genloom_plot_results",
    "genloom_plot_sequence_results",
    "genloom_plot_promoter_results",
    "genloom_compare_results",
    "genloom_plot_variant_scores",
    "genloom_plot_class_results",
    "genloom_plot_inference_results",
    "genloom_tune_model",
    "genloom_explain_model",
    "genloom_explain_sequence_model",
)

CONFIG = """\
galaxy:
  config_dir: {conf}
  data_dir: {data}
  database_connection: sqlite:///{data}/universe.sqlite?isolation_level=IMMEDIATE
  tool_config_file: {conf}/tool_conf.xml
  shed_tool_config_file: {conf}/shed_tool_conf.xml
  tool_sheds_config_file: {conf}/tool_sheds_conf.xml
  tool_dependency_dir: {run}/dependencies
  dependency_resolvers_config_file: {conf}/dependency_resolvers_conf.xml
  tool_data_table_config_path: {conf}/tool_data_table_conf.xml
  galaxy_data_manager_data_path: {data}/tool-data
  tour_config_dir: {run}/tours
  static_dir: {run}/static
  job_config_file: {conf}/job_conf.yml
  job_metrics_config_file: {conf}/job_metrics_conf.yml
  conda_auto_init: false
  conda_auto_install: false
  admin_users: {email}
  bootstrap_admin_api_key: {bootstrap}
  id_secret: {secret}
  brand: genloom
  sanitize_allowlist_file: {conf}/sanitize_allowlist.txt
  watch_tools: "false"
  check_upload_content: false
  allow_path_paste: true
  fetch_url_allowlist: 127.0.0.0/8
  galaxy_infrastructure_url: {url}
  enable_tool_shed_check: false
  enable_celery_tasks: true
  metadata_strategy: directory_celery
  celery_conf:
    broker_url: redis://127.0.0.1:{redis}/0
    result_backend: redis://127.0.0.1:{redis}/1
    task_routes:
      galaxy.fetch_data: galaxy.external
      galaxy.set_job_metadata: galaxy.external
  job_handler_monitor_sleep: 0.2
  job_runner_monitor_sleep: 0.2
  workflow_monitor_sleep: 0.2
  log_level: INFO
"""

JOBS = """\
runners:
  local:
    load: galaxy.jobs.runners.local:LocalJobRunner
    workers: 2
execution:
  default: local
  environments:
    local:
      runner: local
      require_container: false
"""


class Galaxy:
    """One Galaxy with its own folder, ports, database and user. `start` returns at once, `wait` when it is up.

    As a context manager it waits at the door and is ended at the exit.
    """

    email, name = "biologist@example.org", "biologist"
    jobs = JOBS
    settings: Mapping[str, str] = {}  # of its environment

    def __init__(
        self, run: Path, tools: Iterable[Path], tool_env: Path, hidden: Iterable[Path] = (), shed_url: str | None = None
    ):
        self.run = run.resolve()
        self.conf, self.log = self.run / "config", self.run / "log"
        self.port, self.redis_port = processes.free_port(), processes.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.password, self.bootstrap_key = secrets.token_urlsafe(9), secrets.token_hex(16)
        self.key = ""
        self._running = []
        self._configure(list(tools), list(hidden), tool_env, shed_url)

    def _configure(self, tools: list[Path], hidden: list[Path], tool_env: Path, shed_url: str | None) -> None:
        for folder in ("config", "data", "log", "bin", "tours", "shed_tools"):
            (self.run / folder).mkdir(parents=True, exist_ok=True)
        toolbox = ET.Element("toolbox", tool_path=str(self.run))
        section = ET.SubElement(toolbox, "section", id=SECTION, name=SECTION)
        for path in tools:
            ET.SubElement(section, "tool", file=str(path.resolve()))
        for path in hidden:
            ET.SubElement(toolbox, "tool", file=str(path.resolve()), hidden="true")
        self._write("tool_conf.xml", ET.tostring(toolbox, encoding="unicode"))
        self._write("shed_tool_conf.xml", f'<toolbox tool_path="{self.run}/shed_tools"/>')
        shed = f'<tool_shed name="Local Tool Shed" url="{shed_url}/"/>' if shed_url else ""
        self._write("tool_sheds_conf.xml", f"<tool_sheds>{shed}</tool_sheds>")
        self._write("dependency_resolvers_conf.xml", "<dependency_resolvers><galaxy_packages/></dependency_resolvers>")
        self._write("tool_data_table_conf.xml", "<tables/>")
        self._write("sanitize_allowlist.txt", "\n".join(REPORTING))
        self._write("job_conf.yml", self.jobs)
        self._write("job_metrics_conf.yml", "- type: core\n")
        self._write(
            "galaxy.yml",
            CONFIG.format(
                run=self.run,
                conf=self.conf,
                data=self.run / "data",
                url=self.url,
                redis=self.redis_port,
                email=self.email,
                bootstrap=self.bootstrap_key,
                secret=secrets.token_hex(16),
            ),
        )
        self._serve_pictures({each.parent for each in tools})
        self._resolve_requirements({each.parent for each in [*tools, *hidden]}, tool_env)
        (self.run / "bin" / "hg").unlink(missing_ok=True)  # Galaxy clones with it what it installs from a Tool Shed
        (self.run / "bin" / "hg").symlink_to(HOME / "galaxy" / "bin" / "hg")

    def _write(self, name: str, text: str) -> None:
        (self.conf / name).write_text(text)

    def _serve_pictures(self, folders: Iterable[Path]) -> None:
        """Give the tools' help its pictures, which Galaxy serves by itself only for tools from a Tool Shed."""
        static = next((HOME / "galaxy").glob("lib/python3*/site-packages/galaxy/webapps/base/static"))
        shutil.copytree(static, self.run / "static")
        for folder in folders:
            shutil.copytree(folder / "static" / "images", self.run / "static" / "images", dirs_exist_ok=True)

    def _resolve_requirements(self, folders: Iterable[Path], tool_env: Path) -> None:
        """Let every package that a tool declares be found in one environment, in place of conda's."""
        activate = f'export PATH={shlex.quote(str(tool_env / "bin"))}:"$PATH"; unset PYTHONPATH PYTHONHOME\n'
        for path in (path for folder in folders for path in folder.glob("*.xml")):
            for requirement in ET.parse(path).getroot().iter("requirement"):
                name, version = (requirement.text or "").strip(), requirement.get("version", "default")
                folder = self.run / "dependencies" / re.sub(r"\s", "", name) / version
                folder.mkdir(parents=True, exist_ok=True)
                (folder / "env.sh").write_text(activate)

    def start(self) -> Galaxy:
        python = HOME / "galaxy" / "bin"
        environment = processes.plain_environment(
            self.run / "bin", GALAXY_CONFIG_FILE=str(self.conf / "galaxy.yml"), **self.settings
        )
        redis = [
            shutil.which("redis-server"),
            "--bind",
            "127.0.0.1",
            "--port",
            self.redis_port,
            "--save",
            "",
            "--appendonly",
            "no",
            "--dir",
            self.run / "data",
        ]
        celery = [
            python / "celery",
            "--app",
            "galaxy.celery",
            "worker",
            "--pool",
            "threads",
            "--concurrency",
            "2",
            "--loglevel",
            "INFO",
            "--without-gossip",
            "--without-mingle",
            "--queues",
            "celery,galaxy.internal,galaxy.external",
        ]
        web = [python / "galaxy-web", "--bind", f"127.0.0.1:{self.port}"]
        for name, command in ("redis", redis), ("web", web), ("celery", celery):
            self._running.append(processes.launch(command, self.log / f"{name}.log", cwd=self.run, env=environment))
        return self

    def wait(self) -> Galaxy:
        """Wait until Galaxy answers, then make the user, who is an administrator too."""
        web = self._running[1]
        processes.wait_for(lambda: processes.answers(f"{self.url}/api/version"), web, self.log / "web.log")
        users = GalaxyInstance(self.url, self.bootstrap_key).users
        self.key = users.create_user_apikey(users.create_local_user(self.name, self.email, self.password)["id"])
        return self

    @property
    def client(self) -> GalaxyInstance:
        """Galaxy's API in the user's name."""
        return GalaxyInstance(self.url, self.key)

    def stop(self) -> None:
        processes.end(self._running)
        self._running = []

    def __enter__(self) -> Galaxy:
        try:
            return self.wait() if self._running else self.start().wait()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_) -> None:
        self.stop()
