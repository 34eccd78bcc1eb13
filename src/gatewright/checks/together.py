"""Many log-ins in one request: a mutation of a GraphQL schema called under aliases, where a limit may count requests."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable

import msgspec
from msgspec import Struct

from gatewright.access.tokens import garbage
from gatewright.model.http import Exchange, Request
from gatewright.model.json import Json
from gatewright.model.test import Probe

MORE = 3
"""Wrong passwords above those that the limit lets through one by one."""
_DOCUMENT = re.compile(r"mutation \w+(?P<declared>\(.*?\)) \{ (?P<call>\w+\(.*?\))(?P<inner>.*) \}", re.DOTALL)
"""As `Field.document` is composed."""


class Together(Struct, frozen=True):
    """What one request with many log-ins came to."""

    wrong: int
    exchange: Exchange
    accepted: bool


async def in_one_request(probe: Probe, count: int) -> Together | None:
    """More wrong passwords than the limit allows and the right one after them, in one request, for a new account.

    None where the log-in is no GraphQL mutation or no account could be made.
    """
    if probe.endpoint.field is None:
        return None
    made = await probe.register({})
    account = made.account
    if not made.logged_in or account is None or account.password is None:
        return None
    call = probe.whoami(made.name)
    endpoint = probe.knowledge.endpoints.get(call.endpoint) if call else None
    if call is not None and endpoint is not None:
        probe.leave(f"the account {account.username} ({made.name}), tried passwords on", call, endpoint=endpoint)
    wrong = count + MORE
    edit = aliases(account.password.reveal(), wrong, probe.random)
    tried = await probe.try_log_in(
        made.name, purpose=f"attack: {wrong + 1} log-ins in one request", edit=edit, burst=True
    )
    if tried.exchange is None:
        return None
    return Together(wrong, tried.exchange, tried.accepted and _all_tried(tried.exchange, wrong))


def aliases(secret: str, wrong: int, source: random.Random) -> Callable[[Request], Request]:
    """The edit that calls the mutation so many times with wrong passwords first, and then as it is."""

    def edit(request: Request) -> Request:
        try:
            asked = json.loads(request.body)
        except ValueError:
            return request
        found = _DOCUMENT.fullmatch(str(asked.get("query"))) if isinstance(asked, dict) else None
        if found is None:
            return request
        variables: dict[str, Json] = asked.get("variables") or {}
        holder = next((name for name, value in variables.items() if secret in _texts(value)), "")
        type_ = re.search(rf"\${holder}: ([^,)]+)", found["declared"]) if holder else None
        if type_ is None:
            return request
        given = {f"w{n}": _replaced(variables[holder], secret, garbage(secret, source)) for n in range(wrong)}
        declared = found["declared"][:-1] + "".join(f", ${name}: {type_[1]}" for name in given) + ")"
        calls = [f"{name}: " + re.sub(rf"\${holder}\b", f"${name}", found["call"]) + found["inner"] for name in given]
        document = f"mutation many{declared} {{ {' '.join(calls)} {found['call']}{found['inner']} }}"
        body = {**asked, "query": document, "variables": {**variables, **given}}
        body.pop("operationName", None)
        return msgspec.structs.replace(request, body=json.dumps(body, ensure_ascii=False).encode())

    return edit


def _all_tried(exchange: Exchange, wrong: int) -> bool:
    """Whether the answer has a place for each of the wrong ones: none was left out."""
    try:
        answer = json.loads(exchange.response.body) if exchange.response is not None else None
    except ValueError:
        return False
    data = answer.get("data") if isinstance(answer, dict) else None
    return isinstance(data, dict) and all(f"w{n}" in data for n in range(wrong))


def _texts(value: Json) -> list[Json]:
    return list(value.values()) if isinstance(value, dict) else [value]


def _replaced(value: Json, old: str, new: str) -> Json:
    return {k: new if v == old else v for k, v in value.items()} if isinstance(value, dict) else new
