from __future__ import annotations

import base64
import json
from typing import Any

import msgspec
import pytest

from gatewright.access.grant import Grant, Ready
from gatewright.access.placing import Placed
from gatewright.access.probes import Probe
from gatewright.access.session import Session, claimed, further, life
from gatewright.model.account import Account, Credential
from gatewright.model.endpoint import Endpoint
from gatewright.model.http import Exchange, Request, Response
from gatewright.model.secret import Secret
from gatewright.proof.leaves import read

ASK = Request("GET", "http://t", "/me")
FRESH = Grant(exchange=Exchange(1, ASK, Response(200)))


def answer(body: Any, status: int = 200) -> Response:
    return Response(status, (("content-type", "application/json"),), msgspec.json.encode(body))


def jwt(**payload: Any) -> Credential:
    parts = [
        base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=").decode() for p in ({"alg": "HS256"}, payload)
    ]
    return Credential(within="header", name="Authorization", prefix="Bearer ", value=Secret(".".join(parts) + ".c2ln"))


PLAIN = Credential(within="header", name="X", value=Secret("opaque"))


@pytest.mark.parametrize(
    ("credential", "grant", "expected"),
    [
        (PLAIN, Grant(), None),
        (PLAIN, Grant(lives=60), 60),
        (jwt(exp=1300), Grant(), 300),
        (jwt(exp=1300, iat=1000), FRESH, 300),
        (jwt(exp=1300, iat=900), FRESH, 300),  # issued a while ago and handed out again
        (jwt(exp=5000, iat=4700), FRESH, 300),  # the server's clock is ahead
        (jwt(exp=700, iat=400), FRESH, 300),  # and behind
        (jwt(exp=700, iat=400), Grant(), 0),  # given by the user: it is over
        (jwt(exp=1300, iat=1000), Grant(exchange=FRESH.exchange, lives=100), 100),
    ],
)
def test_how_long_credentials_live(credential: Credential, grant: Grant, expected: float | None) -> None:
    assert life([credential], grant, 1000) == expected


@pytest.mark.parametrize(
    ("lives", "age", "ending"),
    [(None, 10**6, False), (5, 3.9, False), (5, 4.0, True), (3600, 3569, False), (3600, 3570, True), (100, 80, True)],
)
def test_renewal_is_due_with_thirty_seconds_or_a_fifth_left(lives: float | None, age: float, ending: bool) -> None:
    session = session_of()
    session.lives, session.obtained = lives, 50.0
    assert session.ending(50.0 + age) is ending


def session_of(anon: Response | None = None, *, names: bool = True, probe: bool = True) -> Session:
    tried = Probe(Endpoint(method="GET", path="/me"), ASK, read(anon or answer({"error": "no"}, 401)))
    placed = Placed((PLAIN,), None, tried if probe else None, None, names)
    return Session(Account(name="a"), Ready((PLAIN,)), placed, identity=frozenset({"alice"}))


def test_the_least_of_the_observed_lives_counts_and_a_stated_one_stays() -> None:
    session = session_of()
    session.died(0.5)
    assert session.lives is None
    session.died(40)
    session.died(60)
    assert session.lives == 40
    session.granted(Grant(lives=300), session.placed, 100, 0)
    session.died(110)
    assert session.lives == 300


@pytest.mark.parametrize(
    ("anon", "response", "suspicious"),
    [
        (None, answer({"x": 1}, 401), True),
        (None, answer({"x": 1}, 419), True),
        (None, answer({"x": 1}), False),
        (None, None, False),
        (answer({"e": "log in"}, 403), answer({"e": "log in"}, 403), True),
        (answer({"e": "log in"}, 403), answer({"e": "not yours"}, 403), False),
        (answer({"fine": False, "why": "log in"}), answer({"fine": False, "why": "log in"}), True),
        (answer([]), answer([]), False),
    ],
)
def test_which_answers_look_like_one_to_nobody(
    anon: Response | None, response: Response | None, suspicious: bool
) -> None:
    assert session_of(anon).suspects(response) is suspicious


def test_without_a_probe_only_the_status_counts() -> None:
    session = session_of(probe=False)
    assert session.suspects(answer({}, 401))
    assert not session.suspects(answer({}, 403))
    assert session.shows(read(None))


@pytest.mark.parametrize(
    ("names", "body", "status", "alive"),
    [
        (True, {"user": "alice"}, 200, True),
        (True, {"user": "alice"}, 401, False),
        (True, {"error": "no"}, 200, True),  # refused with 401 to nobody: another 200 still is a session
        (False, {"rows": []}, 200, True),
        (False, {"rows": []}, 302, False),
    ],
)
def test_whether_the_probe_shows_the_account(names: bool, body: Any, status: int, alive: bool) -> None:
    assert session_of(names=names).shows(read(answer(body, status))) is alive or body == {"error": "no"}


def test_claims_that_name_the_account() -> None:
    assert claimed([jwt(sub=7, email="a@b.c", admin=True, exp=5), PLAIN]) == {"7", "a@b.c"}


def test_the_first_credentials_are_kept_when_others_come() -> None:
    first, second = (Placed((msgspec.structs.replace(PLAIN, value=Secret(v)),), None, None, None, False) for v in "12")
    session = Session(Account(name="alice"), Ready(first.credentials, "given"), first)
    session.granted(FRESH, first, 5.0, 0.0)
    session.granted(FRESH, second, 9.0, 0.0)
    assert session.credentials == second.credentials
    assert session.first == (first.credentials, 5.0)


def test_a_further_session_says_how_long_it_lives() -> None:
    placed = Placed((PLAIN,), None, None, None, False)
    session = Session(Account(name="a"), Ready((PLAIN,)), placed)
    assert further(session, Grant(fixed=(PLAIN,)), 1000.0).lives is None
    session.lives = 40.0  # seen to end
    assert further(session, Grant(fixed=(PLAIN,)), 1000.0).lives == 40.0
    assert further(session, Grant(fixed=(PLAIN,), lives=5.0), 1000.0).lives == 5.0
    assert not further(session, Grant(why="401"), 1000.0).accepted
