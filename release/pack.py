"""Packed CWL: each workflow with its tools in one file that needs nothing beside it. `make packed`."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import cwltool.main
from rdflib import RDFS, Graph, URIRef

from . import ROOT


def workflows(root: Path = ROOT) -> list[Path]:
    """Every CWL workflow, also those that stand beside the one that a folder is named for."""
    return sorted(root.glob("workflows/*/*.cwl"))


def name(workflow: Path) -> str:
    """What a workflow is called where there are no folders: as its own, with its folder's before it where they differ."""
    folder = workflow.parent.name
    return folder if workflow.stem == folder else f"{folder}-{workflow.stem}"


def packed(workflow: Path) -> str:
    """The text of a workflow and its tools as one document."""
    out = io.StringIO()
    if cwltool.main.main(["--quiet", "--pack", str(workflow)], stdout=out, stderr=sys.stderr):
        raise SystemExit(f"cwltool could not pack {workflow}")
    document = json.loads(out.getvalue())
    ontology = Graph()
    for place in document.pop("$schemas", []):
        ontology.parse(place, format="xml")
    for process in document["$graph"]:
        for port in process["inputs"]:
            if "format" in port:
                port["format"] = _with_subclasses(port["format"], ontology)
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _with_subclasses(formats: str | list[str], ontology: Graph) -> list[str]:
    """What may be given: the formats and all that are kinds of them. With these named, an engine needs no ontology, which
    could only be a file beside the document or an address."""
    named = [formats] if isinstance(formats, str) else formats
    kinds = {str(kind) for each in named for kind in ontology.transitive_subjects(RDFS.subClassOf, URIRef(each))}
    return sorted(kinds)


def write(folder: Path) -> list[Path]:
    """Write <workflow>.packed.cwl of every workflow into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for workflow in workflows():
        made.append(folder / f"{name(workflow)}.packed.cwl")
        made[-1].write_text(packed(workflow))
    return made


if __name__ == "__main__":
    write(Path(sys.argv[1]))
