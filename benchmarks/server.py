"""The server that all clients are measured on: one small JSON answer, as fast as Python can give it, in its own process.

It counts request heads and does not parse them, so that the client is the limit for as long as possible.
"""

from __future__ import annotations

import asyncio
import sys

import uvloop

BODY = b'{"id": 4711, "name": "alice", "roles": ["user"], "created": "2026-01-02T03:04:05Z", "balance": 12.5}'
ANSWER = (
    b"HTTP/1.1 200 OK\r\n"
    b"Date: Fri, 02 Jan 2026 03:04:05 GMT\r\n"
    b"Server: bench\r\n"
    b"Content-Type: application/json\r\n"
    b"Cache-Control: no-store\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
)


class Answering(asyncio.Protocol):
    """Answers every request head (requests are assumed to have no body)."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client came."""
        self.write = transport.write
        self.rest = b""

    def data_received(self, data: bytes) -> None:
        """Requests came."""
        if data.endswith(b"\r\n\r\n") and not self.rest:
            count = data.count(b"\r\n\r\n")
        else:
            *whole, self.rest = (self.rest + data).split(b"\r\n\r\n")
            count = len(whole)
        self.write(ANSWER if count == 1 else ANSWER * count)


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
