"""Subscriptions of the clinic: who hears what over graphql-transport-ws, weak and sound."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from gatewright.lab.dialects.subscriptions import PROTOCOL

INIT = '{"type":"connection_init"}'
DOCUMENTS = {
    "appointment": "subscription($id: ID!) { appointmentEvents(appointment_id: $id) { reason } }",
    "messages": "subscription { messagesLive { text } }",
}


def subscribe(document: str, **variables: Any) -> str:
    return json.dumps({"type": "subscribe", "id": "1", "payload": {"query": document, "variables": variables}})


def mutate(visitor: Any, document: str, account: str, **variables: Any) -> Any:
    answer = visitor.send("POST", "/graphql", account, body={"query": document, "variables": variables}).json
    assert "errors" not in answer, answer
    return next(iter(answer["data"].values()))


@pytest.fixture
def clinic(visit: Callable[..., Any]) -> Callable[..., Any]:
    """The clinic in these clothes; its people have their tokens from the log-in mutation."""

    def opened(*weak: str) -> Any:
        visitor = visit(*weak, dialect="graphql")
        for account in ("alice", "bob"):
            document = "mutation($u: String!, $p: String!) { login(username: $u, password: $p) { access_token } }"
            made = mutate(visitor, document, "", u=account, p=visitor.passwords[account])
            visitor._tokens[account] = made["access_token"]
        return visitor

    return opened


def watched(visitor: Any, account: str, *say: str, header: bool = True) -> bytes:
    """What is told while alice books, changes her mind and writes."""
    book = 'mutation { createAppointment(input: {slot_id: 5001, reason: "A reason"}) { id } }'
    key = mutate(visitor, book, "alice")["id"]

    def doing() -> None:
        change = (
            "mutation($id: ID!, $r: String!) { updateAppointment(appointment_id: $id, input: {reason: $r}) { id } }"
        )
        mutate(visitor, change, "alice", id=str(key), r="Secret reason")
        write = 'mutation { createMessage(input: {recipient: "sam", subject: "Hi", text: "Secret text"}) { id } }'
        mutate(visitor, write, "alice")

    said = tuple(text.replace("KEY", str(key)) for text in say)
    return visitor.watch("/graphql", account if header else "", doing, socket=True, say=said, protocol=PROTOCOL)


@pytest.mark.parametrize(
    ("weak", "account", "document", "heard"),
    [
        ((), "alice", "appointment", b"Secret reason"),
        ((), "bob", "appointment", b"FORBIDDEN"),
        (("appointment-events-by-id",), "bob", "appointment", b"Secret reason"),
        ((), "", "appointment", b"UNAUTHENTICATED"),
        ((), "alice", "messages", b"Secret text"),
        (("live-messages-of-all",), "bob", "messages", b"Secret text"),
    ],
)
def test_who_hears_what(
    clinic: Callable[..., Any], weak: tuple[str, ...], account: str, document: str, heard: bytes
) -> None:
    told = watched(clinic(*weak), account, INIT, subscribe(DOCUMENTS[document], id="KEY"))
    assert b"connection_ack" in told and heard in told


def test_ones_own_is_not_told_to_others(clinic: Callable[..., Any]) -> None:
    assert b"Secret text" not in watched(clinic(), "bob", INIT, subscribe(DOCUMENTS["messages"]))


def test_the_greeting_may_carry_the_token(clinic: Callable[..., Any]) -> None:
    visitor = clinic()
    token = {"Authorization": f"Bearer {visitor.token('alice')}"}
    greeting = json.dumps({"type": "connection_init", "payload": token})
    assert b"Secret text" in watched(visitor, "alice", greeting, subscribe(DOCUMENTS["messages"]), header=False)


@pytest.mark.parametrize(
    ("say", "answer"),
    [
        ((subscribe(DOCUMENTS["messages"]),), b"4401"),
        ((INIT, "{"), b"4400"),
        ((INIT, subscribe("subscription { nothing }")), b"GRAPHQL_VALIDATION_FAILED"),
    ],
)
def test_what_is_not_spoken(clinic: Callable[..., Any], say: tuple[str, ...], answer: bytes) -> None:
    assert answer in watched(clinic(), "alice", *say)
