from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest
from starlette.requests import Request as Incoming
from starlette.responses import JSONResponse, Response

from gatewright.access.refresh import refresher
from gatewright.model.http import Request

if TYPE_CHECKING:
    from conftest import Api, Play, World


@pytest.mark.parametrize("name", ["refreshToken", "token"])
def test_a_session_that_only_the_sign_up_gave_lives_on_by_its_refresh_token(api: Api, play: Play, name: str) -> None:
    tokens: dict[str, str] = {}
    refreshes: dict[str, str] = {}

    def issue(user: str) -> dict[str, str]:
        token, refresh = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        tokens[token], refreshes[refresh] = user, user
        return {"accessToken": token, "refreshToken": refresh}

    async def register(request: Incoming) -> Response:
        return JSONResponse(issue((await request.json())["email"]), 201)

    async def refresh(request: Incoming) -> Response:
        user = refreshes.pop((await request.json())[name], None)
        return JSONResponse(issue(user)) if user else JSONResponse({"error": "no"}, 401)

    async def me(request: Incoming) -> Response:
        user = tokens.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        return JSONResponse({"email": user} if user else {"error": "no"}, 200 if user else 401)

    api.on("POST /auth/register", register, body=["email", "password"])
    api.on("POST /auth/refresh", refresh, body=[name])
    api.on("GET /me", me)

    async def scenario(world: World) -> None:
        assert refresher(world.specification, world.gate.send) is not None  # type: ignore[arg-type]
        sessions = world.sessions(sign_up=1)
        await sessions.open()
        for _ in range(3):
            tokens.clear()
            world.now += 1
            exchange = await sessions.send(Request("GET", world.url, "/me"), as_="user1")
            assert exchange.response is not None
            assert exchange.response.status == 200
        refreshes.clear()
        world.now += 1
        assert not await sessions.renew("user1")
        assert world.warnings == ["GW-A001 user1 could not log in again: sign-up answer: it cannot be renewed"]

    play(api, scenario)


def test_without_an_endpoint_there_is_no_refresher(api: Api, play: Play) -> None:
    async def scenario(world: World) -> None:
        assert refresher(world.specification, world.gate.send) is None  # type: ignore[arg-type]

    play(api, scenario)
