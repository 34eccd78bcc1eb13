"""A schema asked of the server that has it: at the address given, else at the usual places of its host."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import msgspec
from graphql import get_introspection_query

from gatewright.model.endpoint import Specification
from gatewright.model.errors import GatewrightError, SourceError
from gatewright.model.json import Json
from gatewright.sources.graphql.learning import Learner
from gatewright.sources.graphql.reader import parse
from gatewright.sources.problems import Problems

Ask = Callable[[str, bytes], Awaitable[bytes]]
"""Posts a JSON body to a URL through the gate and gives the answer's body, whatever its status; raises a GatewrightError."""

PLACES = (
    "/graphql",
    "/api/graphql",
    "/v1/graphql",
    "/graphql/v1",
    "/api/v1/graphql",
    "/query",
    "/gql",
    "/api",
)
"""Where common servers have it by default."""
_ALIVE = b'{"query": "{ __typename }"}'


async def find(url: str, *, ask: Ask) -> Specification | None:
    """The schema served at an address or at the usual places of its host; None when no GraphQL is there."""
    parts = urlsplit(url)
    root = f"{parts.scheme}://{parts.netloc}"
    for place in dict.fromkeys((url, *(root + place for place in PLACES))):
        found = await introspect(place, ask=ask)
        if found is not None:
            return found
    return None


async def introspect(url: str, *, ask: Ask) -> Specification | None:
    """The schema served at one address; None: no GraphQL is there.

    Where introspection is off, its errors are read. Raises SourceError when they tell nothing either.
    """
    if _data(await _asked(url, _ALIVE, ask)).get("__typename") is None and not await _speaks(url, ask):
        return None
    query = json.dumps({"query": get_introspection_query(), "operationName": "IntrospectionQuery"}).encode()
    answer = await _asked(url, query, ask)
    path = urlsplit(url).path or "/"
    parts = urlsplit(url)
    if isinstance(_data(answer).get("__schema"), dict):
        found = parse(json.dumps(answer).encode(), source=url, path=path)
    else:
        found = await _learnt(url, path, ask)
    return msgspec.structs.replace(found, servers=(f"{parts.scheme}://{parts.netloc}",))


async def _learnt(url: str, path: str, ask: Ask) -> Specification:
    """The schema as the errors of a server tell it that hides it. Raises SourceError when they do not."""

    async def post(document: str) -> Json:
        return await _asked(url, json.dumps({"query": document}).encode(), ask)

    learner = Learner(post)
    known = await learner.learn()
    if known is None:
        raise SourceError(
            "introspection is off there, and the errors tell no names",
            code="GW-S054",
            where=url,
            help=f"give the schema as a file: gatewright scan schema.graphql --target {url}",
        )
    found = parse(known.sdl().encode(), source=url, path=path)
    problems = Problems()
    text = f"introspection is off: {len(found.endpoints)} fields were learnt from error messages with {learner.sent} requests"
    problems.add("GW-S055", f"{text}; others may be there", where=url)
    return msgspec.structs.replace(found, problems=(*found.problems, *problems.all()))


async def _speaks(url: str, ask: Ask) -> bool:
    """Whether an address that refuses `__typename` refuses it as GraphQL does."""
    answer = await _asked(url, b'{"query": "{ gatewrightasks }"}', ask)
    errors = answer.get("errors") if isinstance(answer, dict) else None
    messages = [str(e.get("message", "")) for e in errors if isinstance(e, dict)] if isinstance(errors, list) else []
    return any("gatewrightasks" in message or "GraphQL" in message for message in messages)


async def _asked(url: str, body: bytes, ask: Ask) -> Json:
    try:
        answer: Json = json.loads(await ask(url, body))
    except (GatewrightError, ValueError, RecursionError):
        return None
    return answer


def _data(answer: Json) -> dict[str, Json]:
    data = answer.get("data") if isinstance(answer, dict) else None
    return data if isinstance(data, dict) else {}
