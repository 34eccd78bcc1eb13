"""The envelope that answers put around an object: what a caller may set is sent without it."""

from __future__ import annotations

from gatewright.checks.mass_assignment import _prefix
from gatewright.model.http import Response
from gatewright.proof.leaves import read


def prefix(body: str, *names: str) -> str:
    headers = (("Content-Type", "application/json"),)
    return _prefix(read(Response(200, headers, body.encode())), set(names))


def test_an_envelope_is_known_by_a_documented_property() -> None:
    assert prefix('{"status": "success", "data": {"login": "ann", "is_admin": false}}', "login", "password") == "data."


def test_a_property_at_the_top_means_that_there_is_no_envelope() -> None:
    assert prefix('{"login": "ann", "role": "user", "friend": {"login": "bob"}}', "login") == ""


def test_without_a_common_property_nothing_is_taken_off() -> None:
    assert prefix('{"data": {"is_admin": false}}', "login") == ""
