"""GraphQL servers of other styles, which no test was tuned to: what is weak there is found, and nothing where it is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from scripts.detection import Lab, scan
from tests.styles.relay import PEOPLE as PLANNERS
from tests.styles.relay import WEAKNESSES as PLANNER
from tests.styles.relay import Planner
from tests.styles.serving import served
from tests.styles.session import PEOPLE as DRIVERS
from tests.styles.session import WEAKNESSES as FLEET
from tests.styles.session import Fleet

KINDS = (
    "object-access-*",
    "data-exposure",
    "function-access",
    "csrf-*",
    "auth-*",
    "mass-assignment",
    "account-*",
    "login-no-lockout",
)


@dataclass(frozen=True)
class Style:
    """A server, its accounts, and those of its weaknesses that a scan proves one by one."""

    api: Any
    table: dict[str, tuple[str, str]]
    accounts: dict[str, Any]
    serving: dict[str, bool]
    roles: list[str]
    found: tuple[str, ...]
    true: frozenset[str] = frozenset()
    """Tests that rightly find something in any case."""


RELAY = Style(
    api=Planner,
    table=PLANNER,
    accounts={name.partition("@")[0]: {"username": name, "password": secret} for name, secret in PLANNERS.items()},
    serving={},
    roles=["user"],
    found=("node-any", "task-update", "task-delete", "author-phone", "batched-sign-in"),
)
SESSION = Style(
    api=Fleet,
    table=FLEET,
    accounts={name: {"username": name, "password": secret, "role": role} for name, (secret, role) in DRIVERS.items()},
    serving={"bad_request": True},
    roles=["user", "chief"],
    found=("vehicle-read", "trip-in-anothers", "form-mutation"),
    true=frozenset({"account-change-without-reauth", "login-no-lockout"}),
)
STYLES = {"relay": RELAY, "session": SESSION}


def proved(style: Style, *weak: str) -> set[tuple[str, str]]:
    """Tests and endpoints that a scan of the server with these weaknesses proves."""
    forms = {"forms": True} if "form-mutation" in weak else {}
    with served(style.api(frozenset(weak)), **style.serving, **forms) as url:
        only = [word for kind in KINDS for word in ("--only", kind)]
        done = scan(Lab(url.rpartition("/")[0], url, style.accounts), *only, "--patience", "short", roles=style.roles)
    assert done.report, done.output
    return {(test, name) for test, name in done.proved() if test not in style.true}


@pytest.mark.slow
@pytest.mark.parametrize("name", STYLES)
def test_a_sound_server_of_another_style_has_no_finding(name: str) -> None:
    assert proved(STYLES[name]) == set()


@pytest.mark.slow
@pytest.mark.parametrize(("name", "weak"), [(name, weak) for name, style in STYLES.items() for weak in style.found])
def test_a_weakness_in_another_style_is_found_alone(name: str, weak: str) -> None:
    found = proved(STYLES[name], weak)
    assert STYLES[name].table[weak] in found
    assert {test for test, _ in found} == {STYLES[name].table[weak][0]}
