from __future__ import annotations

import asyncio

from gatewright.access.discovery import Server, discover
from gatewright.model.http import Exchange, Request, Response


def test_the_first_document_that_names_a_token_endpoint() -> None:
    answers = {
        "/none": Response(404),
        "/text": Response(200, (), b"<html>"),
        "/other": Response(200, (), b'{"a": 1}'),
        "/right": Response(200, (), b'{"token_endpoint": "https://id/t", "grant_types_supported": ["password"]}'),
    }
    asked: list[str] = []

    async def ask(request: Request, account: str, purpose: str) -> Exchange:
        asked.append(request.target)
        return Exchange(1, request, answers.get(request.target))

    urls = [f"http://a.test{path}" for path in ("/gone", *answers)]
    assert asyncio.run(discover(ask, urls)) == Server(token="https://id/t", grants=("password",))
    assert asked == ["/gone", *answers]
    assert asyncio.run(discover(ask, urls[:3])) is None
