from __future__ import annotations

import base64
import json
from typing import Any

import msgspec

from gatewright.access.grant import Ready
from gatewright.access.placing import Placed
from gatewright.access.principals import same_principal
from gatewright.access.probes import Probe
from gatewright.access.session import Session
from gatewright.model.account import Account, Credential
from gatewright.model.endpoint import Endpoint
from gatewright.model.http import Request, Response
from gatewright.model.secret import Secret
from gatewright.proof.leaves import read


def session(value: str, body: Any = None, path: str = "/me", identity: str = "") -> Session:
    credential = Credential(within="header", name="Authorization", value=Secret(value))
    answer = read(Response(200, (("content-type", "application/json"),), msgspec.json.encode(body))) if body else None
    probe = Probe(Endpoint(method="GET", path=path), Request("GET", "http://t", path)) if body else None
    placed = Placed((credential,), None, probe, answer, True)
    return Session(Account(name="x"), Ready((credential,)), placed, identity=frozenset({identity} - {""}))


def jwt(**payload: Any) -> str:
    parts = [
        base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=").decode() for p in ({"alg": "HS256"}, payload)
    ]
    return ".".join(parts) + ".c2ln"


def test_the_same_credential_is_the_same_account() -> None:
    assert same_principal(session("t1"), session("t1"))
    assert not same_principal(session("t1"), session("t2"))


def test_subjects_decide_where_there_are_any() -> None:
    me = {"email": "shared@example.com"}
    assert same_principal(session(jwt(sub="7", iat=1)), session(jwt(sub="7", iat=2)))
    assert not same_principal(session(jwt(sub="7"), me), session(jwt(sub="8"), me))
    assert not same_principal(session(jwt(sub="7", iss="a")), session(jwt(sub="7", iss="b")))


def test_else_what_the_probe_names() -> None:
    alice, bob = {"id": 7, "tenantId": 1, "rows": [{"id": 1}]}, {"id": 8, "tenantId": 1, "rows": [{"id": 1}]}
    assert same_principal(session("a", alice), session("b", alice))
    assert not same_principal(session("a", alice), session("b", bob))
    assert not same_principal(session("a", alice), session("b", alice, path="/other"))
    assert not same_principal(session("a", {"rows": []}), session("b", {"rows": []}))
    scrambled = {"blim": "alice", "zub": 3}
    assert same_principal(session("a", scrambled, identity="alice"), session("b", scrambled, identity="alice"))
