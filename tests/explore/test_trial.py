from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

from gatewright.explore.compose import Composer
from gatewright.explore.courier import Courier
from gatewright.explore.memory import ROUNDS
from gatewright.explore.trial import attempt
from gatewright.model.endpoint import Body, Endpoint, Place, Specification
from gatewright.model.http import Exchange, Response
from gatewright.model.schema import Schema
from gatewright.model.secret import Keyring

TEXT = Schema(types=("string",))
WHOLE = Schema(types=("integer",))


class Server:
    """Answers by a function of the body."""

    def __init__(self, decide):
        self.decide = decide
        self.bodies = []

    async def send(self, request, *, as_, purpose="", cell=None, credentials=None):
        body = json.loads(request.body)
        self.bodies.append(body)
        status, answer = self.decide(body)
        return Exchange(len(self.bodies), request, Response(status, (), json.dumps(answer).encode()), account=as_)


def _try(server, endpoint, *, produce=None, references=None):
    composer = Composer(
        Specification(source="t", dialect="d"), Keyring(b"k" * 32, "r"), datetime(2026, 1, 1, tzinfo=UTC)
    )
    courier = Courier(server, requests=100, seconds=9.0, width=1)

    async def nothing(place, tried, form):
        return None

    composed = composer.compose(endpoint, "a", references=references or {})
    return asyncio.run(attempt(courier, endpoint, composed, as_="alice", produce=produce or nothing))


def _endpoint(required, **properties):
    schema = Schema(types=("object",), properties=properties, required=tuple(required))
    return Endpoint(
        method="POST", path="/x", origin="http://h", bodies=(Body(content_type="application/json", schema=schema),)
    )


def test_a_missing_property_is_added_and_a_choice_taken():
    def decide(body):
        if "size" not in body:
            return 400, {"detail": [{"loc": ["body", "size"], "msg": "field required"}]}
        return (200, {}) if body["kind"] == "a" else (422, {"errors": {"kind": ["must be one of: a, b"]}})

    trial = _try(Server(decide), _endpoint(("kind",), kind=TEXT))
    assert trial.accepted
    assert trial.tries == 3


def test_a_refusal_that_never_ends_is_given_up():
    server = Server(lambda body: (400, {"errors": [{"field": f"f{len(body)}", "message": "is required"}]}))
    trial = _try(server, _endpoint(("a",), a=TEXT))
    assert not trial.accepted
    assert len(server.bodies) == ROUNDS + 1
    assert trial.why.startswith(f"{ROUNDS + 1} bodies as alice; the API answered 400")


def test_the_same_body_is_not_sent_twice():
    server = Server(lambda body: (400, {"error": "no"}))
    trial = _try(server, _endpoint(("a",), a=TEXT))
    assert len(server.bodies) == len({json.dumps(body, sort_keys=True) for body in server.bodies})
    assert not trial.accepted


def test_a_role_that_may_not_is_told_at_once():
    server = Server(lambda body: (403, {"error": "forbidden"}))
    trial = _try(server, _endpoint(("a",), a=TEXT))
    assert trial.higher
    assert len(server.bodies) == 1


def test_something_that_exists_is_asked_for():
    server = Server(lambda body: (201, {}) if body["order_id"] == 7 else (404, {"error": "order_id not found"}))
    asked = []

    async def produce(place, tried, form):
        asked.append((place, list(tried)))
        return {1: 5, 2: 7}.get(len(asked))

    place = Place("body", "order_id")
    trial = _try(server, _endpoint(("order_id",), order_id=WHOLE), produce=produce, references={place: 3})
    assert trial.accepted
    assert trial.references == {place: 7}
    assert asked == [(place, [3]), (place, [3, 5])]


def test_an_optional_reference_that_cannot_be_had_is_dropped():
    server = Server(lambda body: (404, {"error": "order_id not found"}) if "order_id" in body else (201, {}))
    trial = _try(server, _endpoint(("a",), a=TEXT, order_id=WHOLE), references={Place("body", "order_id"): 3})
    assert trial.accepted
    assert "order_id" not in trial.call.body
