from __future__ import annotations

import asyncio
import json
import re
from typing import Any

from starlette.types import ASGIApp

from gatewright.lab.mailbox import MOST, Mailbox, beside, hook


def ask(app: ASGIApp, path: str, port: int = 25) -> tuple[int, Any]:
    """One request straight into an application."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope: Any = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"",
        "headers": [], "server": ("127.0.0.1", port), "root_path": "", "http_version": "1.1", "scheme": "http",
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]
    return sent[0]["status"], b"".join(m.get("body", b"") for m in sent[1:])


def test_mails_come_newest_first_and_each_to_its_address() -> None:
    box = Mailbox()
    box.deliver("Nora@example.com", "Hello", "code 111111.")
    box.deliver("nora@example.com", "Hello again", "code 222222.")
    status, body = ask(box.application(), "/mail/nora@EXAMPLE.com")
    assert status == 200
    assert [mail["subject"] for mail in json.loads(body)["mails"]] == ["Hello again", "Hello"]
    assert ask(box.application(), "/mail/else@example.com") == (200, b'{"mails":[]}')
    for _ in range(MOST + 5):
        box.deliver("nora@example.com", "", "")
    assert len(box.mails["nora@example.com"]) == MOST


def test_the_hook_finds_the_newest_code_or_link() -> None:
    box = Mailbox()
    rule = hook(8025)["mail"]["extract"].removeprefix("regex:")
    box.deliver("a@b.cd", "Welcome", "Follow the link http://127.0.0.1:1/confirm?token=aB-9_x. It ends soon")
    found = re.search(rule, ask(box.application(), "/mail/a@b.cd")[1].decode())
    assert found is not None
    assert found[1] == "http://127.0.0.1:1/confirm?token=aB-9_x"
    box.deliver("a@b.cd", "Code", "Enter the code 123456.")
    found = re.search(rule, ask(box.application(), "/mail/a@b.cd")[1].decode())
    assert found is not None
    assert found[1] == "123456"


def test_two_ports_two_applications() -> None:
    box = Mailbox()
    both = beside(Mailbox().application(), box.application(), 25)
    box.deliver("a@b.cd", "s", "t")
    assert json.loads(ask(both, "/mail/a@b.cd", 25)[1])["mails"]
    assert not json.loads(ask(both, "/mail/a@b.cd", 80)[1])["mails"]
