"""Whether a crate keeps to RO-Crate 1.1, Workflow RO-Crate 1.0 and Workflow Testing RO-Crate 0.1, without a network."""

from __future__ import annotations

import importlib.resources
import io
import json
from pathlib import Path
from typing import Any

import requests
from rocrate_validator import models, services
from rocrate_validator.utils.http import HttpRequester

TEST = "https://w3id.org/ro/terms/test"
TERMS = (
    "TestSuite",
    "TestInstance",
    "TestService",
    "TestDefinition",
    "instance",
    "runsOn",
    "definition",
    "engineVersion",
)
RENAMED = ("ComputationalWorkflow", "FormalParameter", "input", "output")
LEFT = (  # what should be and is not
    "The organization SHOULD have a URL.",  # as soon as the project has one
    'property "mentions" SHOULD be represented as a single value',  # ro-crate-py finds tests in a list alone
)


class Contexts(requests.adapters.BaseAdapter):
    """Answers for the addresses of the contexts; there is no other place to reach."""

    def __init__(self) -> None:
        super().__init__()
        # ro-crate-py brings the context of a later RO-Crate, which renamed some terms
        crate = json.loads((importlib.resources.files("rocrate") / "data" / "ro-crate.jsonld").read_text())
        crate["@context"] |= {term: f"https://bioschemas.org/{term}" for term in RENAMED}
        tests = {"@context": {term: f"{TEST}#{term}" for term in TERMS}}
        self.texts = {"https://w3id.org/ro/crate/1.1/context": json.dumps(crate), TEST: json.dumps(tests)}

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """The answer to a request for a context."""
        if request.url not in self.texts:
            raise requests.ConnectionError(f"{request.url} is not looked up")
        response = requests.Response()
        response.status_code, response.url, response.request = 200, request.url, request
        response.headers["Content-Type"] = "application/ld+json"
        response.raw = io.BytesIO(self.texts[request.url].encode())
        return response

    def close(self) -> None:
        """Nothing is open."""


def faults(crate: Path) -> list[str]:
    """What the validator says against a crate, zipped or not: of what must and of what should be."""
    settings = services.ValidationSettings(
        rocrate_uri=str(crate),
        profile_identifier="workflow-testing-ro-crate",
        requirement_severity=models.Severity.RECOMMENDED,
        no_cache=True,
    )
    for scheme in ("https://", "http://"):
        HttpRequester().session.mount(scheme, Contexts())
    told = {(issue.violatingEntity, issue.message or "") for issue in services.validate(settings).get_issues()}
    return sorted(
        f"{crate.name}: {entity or 'crate'}: {message}"
        for entity, message in told
        if not any(each in message for each in LEFT)
    )
