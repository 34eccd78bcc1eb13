from __future__ import annotations

import ast
import sys
import unittest
from datetime import UTC, datetime
from typing import Any

import pytest

from gatewright.access.signature import signed
from gatewright.model.account import Credential
from gatewright.model.http import Request
from gatewright.model.secret import Secret
from gatewright.report.runtime import RUNTIME, modules, runtime

HEAD = "import http.client, json, os, re, secrets, ssl, unittest, urllib.parse\n"


def test_old_pythons_can_read_it_and_it_needs_only_the_standard_library() -> None:
    tree = ast.parse(HEAD + RUNTIME, feature_version=(3, 9))
    names = [
        alias.name.partition(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    ]
    assert set(names) <= sys.stdlib_module_names


def test_values_of_answers_are_picked_by_leaf() -> None:
    found: dict[str, object] = {}
    exec(HEAD + RUNTIME, found)  # noqa: S102
    pick = found["pick"]
    assert callable(pick)
    text = '{"a": {"b": [{"id": 7}]}}\n{}\nlocation: /x/41?y\n'
    assert pick(text, "a.b[0].id") == "7"
    assert pick(text, "@location") == "41"


def test_forged_tokens_are_made_of_the_present_one(monkeypatch: pytest.MonkeyPatch) -> None:
    found: dict[str, object] = {}
    exec(HEAD + RUNTIME, found)  # noqa: S102
    fill = found["fill"]
    assert callable(fill)
    monkeypatch.setenv("GW_TOKEN_BOB", "aa.bb.cc")
    assert fill("Bearer «jwt GW_TOKEN_BOB|eyJx|.»") == "Bearer eyJx.bb."
    assert fill("Bearer «jwt GW_TOKEN_BOB||.AAA»") == "Bearer aa.bb.AAA"
    with pytest.raises(unittest.SkipTest):
        fill("«jwt GW_TOKEN_EVE||»")


def test_names_at_any_depth() -> None:
    found: dict[str, object] = {}
    exec(HEAD + RUNTIME, found)  # noqa: S102
    names = found["names"]
    assert callable(names)
    assert names({"a": [{"b": 1}, {"c": {}}], "d": None}) == {"a", "b", "c"}
    assert names([]) == names("x") == set()


def test_an_answer_of_graphql_without_data_is_a_refusal() -> None:
    found: dict[str, object] = {}
    exec(HEAD + RUNTIME, found)  # noqa: S102
    meant = found["meant"]
    assert callable(meant)
    refused = {"errors": [{"message": "no", "extensions": {"code": "UNAUTHENTICATED"}}], "data": None}
    answers = [{"data": {"order": None}}, refused, {"data": {"order": {"id": 7}, "more": None}}, None]
    assert [meant(200, answer) for answer in answers] == [404, 401, 200, 404]
    assert meant(500, None) == 500


@pytest.mark.parametrize("listens", [False, True])
@pytest.mark.parametrize("signs", [False, True])
def test_what_signs_or_listens_comes_along_where_it_is_needed(listens: bool, signs: bool) -> None:
    head = "\n".join(f"import {name}" for name in modules(listens=listens, signs=signs))
    tree = ast.parse(head + runtime("x", listens=listens, signs=signs), feature_version=(3, 9))
    defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert ("listen" in defined, "signed" in defined, "test_x" in defined) == (listens, signs, True)
    assert set(modules(listens=listens, signs=signs)) - {"urllib.parse", "http.client"} <= sys.stdlib_module_names


@pytest.mark.parametrize("service", ["clinic", "s3"])
def test_requests_are_signed_as_the_scan_signed_them(monkeypatch: pytest.MonkeyPatch, service: str) -> None:
    found: dict[str, Any] = {}
    exec("\n".join(f"import {name}" for name in modules(signs=True)) + runtime("x", signs=True), found)  # noqa: S102
    monkeypatch.setenv("GW_TOKEN_BOB", "secret-key")
    lines = [("Authorization", f"«sigv4 GW_TOKEN_BOB|AKBOB|eu-north-1|{service}»"), ("X", "y")]
    got = found["signed"]("POST", "/a b/%7E?b=2&a=x%20y", lines, b"{}", "h.test:81")
    moment = dict(got)["X-Amz-Date"]
    credential = Credential(
        within="signature", name="SigV4", value=Secret("secret-key"), scope=f"AKBOB/eu-north-1/{service}"
    )
    request = Request("POST", "http://h.test:81", "/a b/%7E?b=2&a=x%20y", (("X", "y"),), b"{}")
    when = datetime.strptime(moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    assert dict(got) == dict(signed(request, credential, when).headers)
