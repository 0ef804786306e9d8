"""What a workflow made in Galaxy, held against what cwltool makes of the same."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

import h5py
import numpy as np

from . import processes
from .server import ROOT, Galaxy


def by_cwltool(workflow: Path, folder: Path) -> subprocess.Popen:
    """Start cwltool on the small job of the CWL file beside a workflow; what it makes goes into `folder`."""
    command = [ROOT / ".venv" / "bin" / "cwltool", "--quiet", "--no-container", "--outdir", folder]
    return subprocess.Popen(
        [*command, workflow.with_suffix(".cwl"), workflow.with_name("job.yml")],
        env=processes.plain_environment(ROOT / ".venv" / "bin"),
        stdout=subprocess.PIPE,
    )


def differing(galaxy: Galaxy, invocation: str, reference: subprocess.Popen, names: Mapping[str, str]) -> list[str]:
    """The labels of a workflow's outputs that do not hold what cwltool made.

    names : Galaxy's label of each output → its name in the CWL workflow
    """
    by_cwl = json.loads(reference.communicate()[0])
    made = galaxy.client.invocations.show_invocation(invocation)["outputs"]
    assert names.keys() <= made.keys()
    return [
        label
        for label, name in names.items()
        if content(stored(galaxy, made[label]["id"])) != content(Path(by_cwl[name]["path"]).read_bytes())
    ]


def stored(galaxy: Galaxy, dataset: str) -> bytes:
    """A dataset as it is; a download would pack an HTML page into an archive."""
    client = galaxy.client
    return client.make_get_request(f"{client.url}/datasets/{dataset}/display", params={"raw": "true"}).content


def content(data: bytes) -> object:
    """What a file holds: of HDF5 its datasets and attributes, of all else its bytes."""
    if not data.startswith(b"\x89HDF"):
        return data
    found: dict[str, object] = {}

    def visit(name: str, item: h5py.Dataset | h5py.Group) -> None:
        value = np.asarray(item[()]).tolist() if isinstance(item, h5py.Dataset) else None
        found[name] = (value, {key: str(attribute) for key, attribute in item.attrs.items()})

    with h5py.File(io.BytesIO(data)) as file:
        file.visititems(visit)
    return found
