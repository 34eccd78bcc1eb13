"""Subscriptions over WebSocket, in the sub-protocol graphql-transport-ws: greeting, one subscription, what it tells."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from graphql import DocumentNode, ExecutionResult, GraphQLSchema, subscribe
from starlette.websockets import WebSocket, WebSocketDisconnect

from gatewright.lab.tables import Row

PROTOCOL = "graphql-transport-ws"


@dataclass(slots=True)
class Caller:
    """Who subscribes: the headers of the handshake, and what the greeting adds to them, since pages cannot set headers."""

    headers: Mapping[str, str]
    state: Any


class Talk:
    """Speaks with one caller after the other. `read` gives a document, and what is wrong with it."""

    def __init__(self, read: Callable[[str], tuple[DocumentNode | None, list[Row]]], schema: GraphQLSchema) -> None:
        self._read, self._schema = read, schema

    async def over(self, socket: WebSocket) -> None:
        """From the handshake to the end."""
        socket.state.account, socket.state.quota = "anon", {}
        if PROTOCOL not in socket.scope.get("subprotocols", ()):
            await socket.close(4406)
            return
        await socket.accept(PROTOCOL)
        with suppress(WebSocketDisconnect, RuntimeError):
            greeting = await self._message(socket)
            if greeting.get("type") != "connection_init":
                await socket.close(4401, "greet first")
                return
            payload = greeting.get("payload")
            added = {str(k).lower(): str(v) for k, v in payload.items()} if isinstance(payload, dict) else {}
            await socket.send_text('{"type":"connection_ack"}')
            await self._one(socket, Caller({**socket.headers, **added}, socket.state))

    async def _message(self, socket: WebSocket) -> Row:
        try:
            found = json.loads(await socket.receive_text())
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    async def _one(self, socket: WebSocket, caller: Caller) -> None:
        """The first subscription of the connection, until the caller has gone."""
        asked = await self._message(socket)
        payload = asked.get("payload")
        if asked.get("type") != "subscribe" or not isinstance(payload, dict):
            await socket.close(4400, "subscribe to something")
            return
        number = str(asked.get("id", ""))
        document, errors = self._read(str(payload.get("query")))
        result: Any = None
        if document is not None and not errors:
            variables = payload.get("variables")
            result = subscribe(
                self._schema,
                document,
                context_value=caller,
                variable_values=variables if isinstance(variables, dict) else None,
            )
            result = await result if inspect.isawaitable(result) else result
        if result is None or isinstance(result, ExecutionResult):
            wrong = [dict(one.formatted) for one in result.errors or ()] if result is not None else errors
            await socket.send_text(json.dumps({"id": number, "type": "error", "payload": wrong}))
            return
        async with asyncio.TaskGroup() as tasks:
            gone = tasks.create_task(self._gone(socket))
            async for told in result:
                if gone.done():
                    break
                await socket.send_text(json.dumps({"id": number, "type": "next", "payload": told.formatted}))
            gone.cancel()

    async def _gone(self, socket: WebSocket) -> None:
        with suppress(WebSocketDisconnect, RuntimeError):
            while True:
                await socket.receive_text()
