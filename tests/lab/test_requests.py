"""One working request per endpoint."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from gatewright.lab.requests import samples
from gatewright.lab.routes import endpoints
from gatewright.lab.weaknesses import IDS, WEAKNESSES


@pytest.mark.parametrize("weak", [(), tuple(IDS)], ids=["fixed", "all on"])
@pytest.mark.parametrize("options", [{}, {"scramble": 11}, {"seed": 9}], ids=str)
def test_every_endpoint_answers_2xx(visit: Callable[..., Any], weak: tuple[str, ...], options: dict[str, int]) -> None:
    visitor = visit(*weak, **options)
    seen = set()
    for sample in samples(visitor.clinic, visitor.names, options.get("seed", 1)):
        answer = visitor.send(
            sample.endpoint.method,
            sample.path,
            sample.account,
            query=sample.query,
            headers=sample.headers,
            body=sample.body,
        )
        assert answer.status == sample.endpoint.status, (sample, answer.content)
        seen.add(sample.endpoint.id)
    assert seen == {
        endpoint.id for endpoint in endpoints() if not (endpoint.undocumented or endpoint.hidden or endpoint.live)
    }


@pytest.mark.parametrize("weak", [False, True], ids=["fixed", "all on"])
@pytest.mark.parametrize("options", [{}, {"scramble": 11}, {"seed": 9}], ids=str)
def test_every_endpoint_answers_with_success_in_envelopes(
    visit: Callable[..., Any], weak: bool, options: dict[str, int]
) -> None:
    on = [one.id for one in WEAKNESSES if weak and "cookie" in one.dialects]
    visitor = visit(*on, dialect="cookie", **options)
    seen = set()
    for sample in samples(visitor.clinic, visitor.names, options.get("seed", 1), dialect=visitor.dialect):
        answer = visitor.send(
            sample.endpoint.method,
            sample.path,
            sample.account,
            query=sample.query,
            headers=sample.headers,
            body=sample.body,
        )
        assert answer.status == 200, (sample, answer.content)
        assert sample.endpoint.answer == "html" or answer.json["success"], (sample, answer.content)
        seen.add(sample.endpoint.id)
        numbers = re.findall(rb'"\w*(?:[iI]d|participants)":\[?\d+', answer.content)
        assert options.get("scramble") or not numbers, (sample, answer.content)
    assert seen == {
        one.id for one in visitor.dialect.table.values() if not (one.undocumented or one.hidden or one.live)
    }


def test_without_a_token_only_what_is_public_answers(visit: Callable[..., Any]) -> None:
    visitor = visit()
    for sample in samples(visitor.clinic, visitor.names, 1):
        answer = visitor.send(
            sample.endpoint.method, sample.path, query=sample.query, headers=sample.headers, body=sample.body
        )
        assert (answer.status == 401) == bool(sample.account and sample.endpoint.access.name != "OPTIONAL"), sample


def test_a_403_is_documented_where_a_stranger_gets_one(visit: Callable[..., Any]) -> None:
    visitor = visit()
    documented = visitor.send("GET", "/openapi.json").json["paths"]
    for sample in samples(visitor.clinic, visitor.names, 1):
        answer = visitor.send(
            sample.endpoint.method, sample.path, "bob", query=sample.query, headers=sample.headers, body=sample.body
        )
        responses = documented[sample.endpoint.path][sample.endpoint.method.lower()]["responses"]
        assert (answer.status == 403) == ("403" in responses), sample
        assert str(answer.status) in responses, sample
