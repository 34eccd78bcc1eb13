from __future__ import annotations

import asyncio
import json
from pathlib import Path

import msgspec
import pytest

from gatewright.app.plan import Plan, compose, plan
from gatewright.app.tests import library
from gatewright.model.account import Account
from gatewright.model.endpoint import Body, Endpoint, Specification
from gatewright.model.errors import UsageError
from gatewright.model.schema import Schema
from gatewright.model.settings import Choice, Limits, Settings

ORIGIN = "http://127.0.0.1:8000"
TEXT = Schema(types=("string",))
SIGN_UP = Endpoint(
    method="POST",
    path="/auth/register",
    origin=ORIGIN,
    bodies=(Body(content_type="application/json", schema=Schema(properties={"email": TEXT, "password": TEXT})),),
)
NOTES = Endpoint(method="GET", path="/notes", origin=ORIGIN)
NOTE = Endpoint(method="GET", path="/notes/{id}", origin=ORIGIN)
SPECIFICATION = Specification(source="openapi.json", dialect="openapi 3.1", endpoints=(SIGN_UP, NOTES, NOTE))
TWO = Settings(accounts=(Account(name="alice"), Account(name="bob")))


def _plan(settings: Settings, specification: Specification = SPECIFICATION) -> Plan:
    return compose(specification, settings, targets=(ORIGIN,))


def _row(found: Plan, test: str) -> tuple[int, int, str]:
    row = next(row for row in found.rows if row.test == test)
    return row.cells, row.settled, row.why


def test_every_test_has_a_row_and_the_requests_add_up() -> None:
    found = _plan(TWO)
    assert [row.test for row in found.rows] == sorted(library())
    assert found.most == sum(row.cells * library()[row.test].requests for row in found.rows)
    assert (found.endpoints, found.creating, found.limit) == (3, 1, 20_000)


def test_what_exploration_may_still_settle_counts_as_a_cell() -> None:
    assert _row(_plan(TWO), "object-access-read")[0] == 2


def test_without_a_second_account_it_says_what_to_add() -> None:
    found = _plan(Settings(accounts=(Account(name="alice"),), sign_up=0))
    cells, settled, why = _row(found, "object-access-read")
    assert (cells, settled) == (0, 3)
    assert "two accounts of equal rank" in why


def test_signed_up_accounts_are_expected() -> None:
    assert _plan(Settings(sign_up=2)).accounts[:2] == ("signed-up-1", "signed-up-2")
    assert _plan(Settings()).accounts == ("throw-away-1", "throw-away-2")
    assert _plan(Settings(sign_up=0)).accounts == ()
    assert _plan(Settings(sign_up=2), msgspec.structs.replace(SPECIFICATION, endpoints=(NOTES, NOTE))).accounts == ()


def test_read_only_makes_nothing_and_changes_nothing() -> None:
    settings = msgspec.structs.replace(TWO, limits=Limits(mode="read-only"), sign_up=2)
    found = _plan(settings)
    assert (found.creating, found.accounts) == (0, ("alice", "bob"))
    cells, _, why = _row(found, "object-access-delete")
    assert (cells, "read-only" in why) == (0, True)


def test_what_is_left_out_says_so() -> None:
    found = _plan(msgspec.structs.replace(TWO, choice=Choice(only=("object-access-read", "GET /notes/*"))))
    assert _row(found, "object-access-read")[0] == 1
    assert _row(found, "cors")[0] == 0


def test_it_loads_and_places_the_specification(tmp_path: Path) -> None:
    path = tmp_path / "openapi.json"
    paths = {"/notes": {"get": {"responses": {"200": {"description": "ok"}}}}}
    path.write_text(json.dumps({"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": paths}), "utf-8")
    found = asyncio.run(plan(Settings(spec=(str(path),), target=(ORIGIN,))))
    assert (found.target, found.endpoints) == ((ORIGIN,), 1)
    with pytest.raises(UsageError):
        asyncio.run(plan(Settings()))
