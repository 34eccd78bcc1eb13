"""Where an authorization server has its endpoints, as it says itself (OpenID Connect Discovery 1.0, RFC 8414)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from gatewright.access.grant import Ask
from gatewright.access.located import located
from gatewright.model.account import ANON
from gatewright.model.json import Json

PATHS = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")


class Server(Struct, frozen=True, kw_only=True):
    """The endpoints of an authorization server; empty: it has none."""

    authorize: str = ""
    token: str = ""
    grants: tuple[str, ...] = ()
    """What it supports; empty: it does not say."""


async def discover(ask: Ask, urls: Sequence[str]) -> Server | None:
    """What the first of these addresses that answers says; None when none does."""
    for url in urls:
        exchange = await ask(located(url, ""), ANON, "log-in")
        if exchange.response is None or not exchange.response.ok:
            continue
        try:
            told: Json = msgspec.json.decode(exchange.response.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        if isinstance(told, dict) and isinstance(told.get("token_endpoint"), str):
            grants = told.get("grant_types_supported")
            return Server(
                authorize=str(told.get("authorization_endpoint") or ""),
                token=str(told["token_endpoint"]),
                grants=tuple(map(str, grants)) if isinstance(grants, list) else (),
            )
    return None
