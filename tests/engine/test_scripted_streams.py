from __future__ import annotations

import asyncio

from gatewright.engine.scripted import Rule, Server, When
from gatewright.engine.scripted_streams import heard
from gatewright.model.call import opened
from gatewright.model.http import Request, Response
from gatewright.model.stream import EAR, Ear


def listened(rules: list[Rule]) -> tuple[Response, list[str]]:
    server = Server(rules, {})
    done: list[str] = []

    async def meanwhile() -> None:
        done.append("made")
        server.answer(Request("POST", "http://api.test", "/notes", body=b'{"text": "new"}'))

    async def main() -> Response:
        EAR.set(Ear(meanwhile))
        return await heard(server, opened(Request("GET", "http://api.test", "/live"), "events"))

    return asyncio.run(main()), done


def test_what_happens_meanwhile_is_told() -> None:
    told = Rule(when=When(path="/live", after=When(path="/notes")), response=["<after.text>"])
    answer, done = listened([told, Rule(response=[])])
    assert answer.body == b'["new"]' and done == ["made"]


def test_nothing_happens_where_it_is_refused() -> None:
    answer, done = listened([Rule(when=When(path="/live"), status=403)])
    assert answer.status == 403 and not done
