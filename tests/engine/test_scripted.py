from __future__ import annotations

import asyncio

import msgspec
import pytest

from gatewright.engine.scripted import Rule, ScriptedIdentities, Server, with_credentials
from gatewright.engine.scripted_tokens import KEY
from gatewright.model.account import Account, Credential
from gatewright.model.http import Request
from gatewright.model.json import Json
from gatewright.model.secret import Secret
from gatewright.proof import jwt

ORIGIN = "http://api.test"
TOKEN = jwt.signed({"sub": "7"}, KEY)
CREDENTIALS = {
    "alice": (Credential(within="header", name="Authorization", prefix="Bearer ", value=Secret(TOKEN)),),
    "bob": (Credential(within="cookie", name="sid", value=Secret("b0b")),),
    "carol": (Credential(within="query", name="key", value=Secret("c4r0l")),),
}


def server(*rules: dict[str, Json]) -> Server:
    return Server([msgspec.convert(rule, Rule) for rule in rules], CREDENTIALS)


def ask(method: str = "GET", target: str = "/", *lines: tuple[str, str], body: bytes = b"") -> Request:
    return Request(method, ORIGIN, target, lines, body)


@pytest.mark.parametrize(
    ("request_", "who"),
    [
        (ask(), "anon"),
        (with_credentials(ask(), CREDENTIALS["alice"]), "alice"),
        (with_credentials(ask(), CREDENTIALS["bob"]), "bob"),
        (with_credentials(ask(target="/?x=1"), CREDENTIALS["carol"]), "carol"),
        (ask("GET", "/", ("authorization", "Bearer nonsense")), "garbage"),
        (ask("GET", "/", ("Cookie", "sid=other")), "garbage"),
        (ask("GET", "/", ("Authorization", "Bearer " + jwt.signed({"sub": "7", "exp": 9}, KEY))), "alice"),
        (ask("GET", "/", ("Authorization", "Bearer " + jwt.signed({"sub": "7"}, b"other key"))), "garbage"),
    ],
)
def test_it_knows_who_asks_by_what_was_sent(request_: Request, who: str) -> None:
    assert server({"response": "<as>"}).answer(request_).body == who.encode()


@pytest.mark.parametrize(
    ("when", "request_", "matches"),
    [
        ({"path": "/notes/{id}"}, ask(target="/notes/7"), True),
        ({"path": "/notes/{id}"}, ask(target="/notes/7/x"), False),
        ({"path": "/notes/*"}, ask(target="/notes/7/x?y=1"), True),
        ({"method": ["PUT", "PATCH"]}, ask("PATCH"), True),
        ({"method": "PUT"}, ask("PATCH"), False),
        ({"query": {"id": 7}}, ask(target="/?id=7&x=1"), True),
        ({"query": {"id": None}}, ask(target="/?id=7"), False),
        ({"headers": {"Origin": "https://*"}}, ask("GET", "/", ("origin", "https://a.b")), True),
        ({"headers": {"Origin": None}}, ask("GET", "/", ("origin", "https://a.b")), False),
        ({"body": {"a": {"b": 1}}}, ask("POST", body=b'{"a": {"b": 1, "c": 2}}'), True),
        ({"body": {"a": {"b": 2}}}, ask("POST", body=b'{"a": {"b": 1, "c": 2}}'), False),
        ({"body": {"a": "1"}}, ask("POST", body=b"a=1&b=2"), True),
        ({"jwt": {"alg": "HS256", "signature": "valid"}}, with_credentials(ask(), CREDENTIALS["alice"]), True),
        ({"jwt": {"signature": "missing"}}, ask("GET", "/", ("Authorization", TOKEN.rpartition(".")[0])), True),
        ({"jwt": {"signature": "valid"}}, ask("GET", "/", ("Authorization", TOKEN.rpartition(".")[0])), False),
        ({"jwt": {"alg": "HS256"}}, ask(), False),
    ],
)
def test_a_rule_answers_what_it_matches(when: dict[str, Json], request_: Request, matches: bool) -> None:
    assert (server({"when": when}).answer(request_).status == 200) is matches


def test_the_first_rule_wins_and_none_is_404() -> None:
    one = server({"when": {"path": "/a"}, "status": 201}, {"when": {"path": "/*"}, "times": 1, "status": 202})
    assert [one.answer(ask(target=t)).status for t in ("/a", "/b", "/b")] == [201, 202, 404]


def test_after_remembers_what_was_written() -> None:
    one = server({"when": {"method": "GET", "after": {"method": "PUT"}}, "response": {"text": "<after.text>"}})
    assert one.answer(ask()).status == 404
    one.answer(ask("PUT", body=b'{"text": "new"}'))
    assert one.answer(ask()).body == b'{"text":"new"}'
    one.forget()
    assert one.answer(ask()).status == 404


def test_placeholders_keep_the_type_of_a_whole_value() -> None:
    one = server(
        {"when": {"path": "/n/{id}"}, "response": {"b": "<body.n>", "s": "no <body.n> of <path.id>", "t": "<jwt.sub>"}}
    )
    answer = one.answer(ask("POST", "/n/4", ("Authorization", f"Bearer {TOKEN}"), body=b'{"n": 3}'))
    assert msgspec.json.decode(answer.body) == {"b": 3, "s": "no 3 of 4", "t": "7"}


def test_log_ins_and_sign_ups_are_asked_of_the_rules() -> None:
    async def go() -> None:
        rules = server(
            {"when": {"path": "/log-in", "body": {"password": "own"}}, "response": {"token": "session-of-alice-2"}},
            {"when": {"path": "/log-in"}, "status": 401},
            {"when": {"path": "/sign-up", "body": {"password": "12345"}}, "status": 422},
            {"when": {"path": "/sign-up"}, "status": 201, "response": {"id": 3}},
            {"when": {"as": "alice"}, "response": {"name": "alice"}},
        )
        alice = Account(name="alice", credentials=CREDENTIALS["alice"])
        new = {"nora": Account(name="nora")}
        people = ScriptedIdentities(rules, {"alice": alice}, ranks={}, probes={}, newcomers=new)
        assert not (await people.try_log_in("alice", "wrong")).accepted
        further = (await people.try_log_in("alice")).credentials
        assert further != CREDENTIALS["alice"]
        seen = await people.send(ask(), as_="anon", credentials=further)
        assert seen.response is not None
        assert seen.response.ok
        refused = await people.register({}, password="12345")
        assert (refused.name, refused.exchange is None) == ("", False)
        assert (await people.register({"email": "x"})).name == "nora"
        assert (await people.register({})).why == "no further account can be signed up"

    asyncio.run(go())


def test_mails_come_one_after_the_other() -> None:
    identities = ScriptedIdentities(Server([], {}), {}, ranks={}, probes={}, mails={"alice": ["1", "2"]})

    async def go() -> list[str | None]:
        first = await identities.mail("alice")
        second = await identities.mail("alice", other_than=first)
        return [first, second, await identities.mail("alice", other_than=second), await identities.mail("bob")]

    assert asyncio.run(go()) == ["1", "2", None, None]


def test_a_list_is_as_long_as_asked_and_a_slow_answer_as_slow() -> None:
    answer = server({"response": {"items": "<many.3>"}}).answer(ask())
    assert msgspec.json.decode(answer.body) == {"items": [{"id": 0}, {"id": 1}, {"id": 2}]}
    slow: Json = {"of": "<query.q>", "like": "^a", "seconds": 0.5, "at": 2, "base": 3.0}
    doubling = server({"slow": slow, "response": 1})
    seconds = [doubling.answer(ask(target=f"/?q={q}")).timing.total for q in ("aa", "aaa", "ba")]
    assert seconds == [0.5, 1.5, 0.002]


def test_what_is_sent_twice_is_told_apart_by_the_bytes() -> None:
    scripted = server({"when": {"target": "/x?id=8&id=*", "raw": '{"a":1,"a":*}'}, "status": 201}, {"status": 200})

    def status(target: str, body: bytes) -> int:
        return scripted.answer(ask("POST", target, body=body)).status

    assert status("/x?id=8&id=7", b'{"a":1,"a":2}') == 201
    assert status("/x?id=7&id=8", b'{"a":1,"a":2}') == 200
    assert status("/x?id=8&id=7", b'{"a":2}') == 200
