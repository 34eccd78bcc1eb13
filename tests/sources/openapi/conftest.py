"""What the tests of the parts of an OpenAPI reader share."""

from __future__ import annotations

import json
from typing import Any, Protocol

import pytest

from gatewright.model.endpoint import Specification
from gatewright.sources.openapi import parse


class Read(Protocol):
    """Reads one document; unless told otherwise it must have no problem."""

    def __call__(self, document: dict[str, Any], *, problems: int = 0) -> Specification:
        """The specification."""


@pytest.fixture
def read() -> Read:
    """Completes a document to OpenAPI 3.1 (or what it says itself) and reads it."""

    def run(document: dict[str, Any], *, problems: int = 0) -> Specification:
        version = {} if "swagger" in document else {"openapi": "3.1.0"}
        spec = parse(json.dumps({**version, **document}, indent=1).encode(), source="x.json")
        assert len(spec.problems) == problems, spec.problems
        return spec

    return run
