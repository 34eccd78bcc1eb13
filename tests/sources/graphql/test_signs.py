from __future__ import annotations

import subprocess
import sys

import pytest

from gatewright.sources.graphql.signs import is_schema, says_graphql


@pytest.mark.parametrize(
    ("data", "source", "yes"),
    [
        (b"anything", "a/schema.graphqls", True),
        (b"# shop\ntype Query {\n a: Int }", "schema.txt", True),
        (b'{"data": {"__schema": {"queryType": {"name": "Q"}}}}', "x.json", True),
        (b'{"openapi": "3.0.0", "paths": {}}', "x.json", False),
        (b"openapi: 3.0.0\ninfo:\n  title: type Query {", "x.yaml", False),
        (b"", "x", False),
    ],
)
def test_what_is_a_schema(data: bytes, source: str, yes: bool) -> None:
    assert is_schema(data, source=source) is yes


@pytest.mark.parametrize(("url", "yes"), [("/graphql", True), ("/api/GraphQL/", True), ("/query", False), ("", False)])
def test_addresses_that_say_it(url: str, yes: bool) -> None:
    assert says_graphql("http://api.test" + url) is yes


def test_a_scan_of_another_specification_does_not_load_the_library() -> None:
    code = "import sys, gatewright.app.scan; print('graphql' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert found.stdout == "False\n"
