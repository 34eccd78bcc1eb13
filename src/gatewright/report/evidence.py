"""An exchange and an explanation as the HTML report draws them: cut, cleaned, with the witnesses marked."""

from __future__ import annotations

import hashlib
import inspect
import json
import re

from msgspec import Struct

from gatewright.model.http import Exchange, Headers
from gatewright.model.test import sections
from gatewright.report.text import block, clean

MOST_BODY = 4_096
"""Bytes of a body that are drawn; the rest is told by length and hash."""
MOST_HEAD = 8_192

Block = tuple[str, list[tuple[bool, str]]]
"""(`p` or `li`, pieces of text, True: code)."""


class Message(Struct, frozen=True, kw_only=True):
    """A request or a response: head, body in pieces (True: a witness), and what was cut."""

    head: str
    body: list[tuple[bool, str]]
    cut: str


class Shown(Struct, frozen=True, kw_only=True):
    """One exchange."""

    label: str
    line: str
    account: str
    status: str
    attack: bool
    open: bool
    request: Message
    response: Message

    @property
    def size(self) -> int:
        """Characters, nearly."""
        messages = (self.request, self.response)
        return 400 + sum(len(m.head) + sum(len(text) for _, text in m.body) for m in messages)


def shown(exchange: Exchange, *, attacks: tuple[int, ...], witness: tuple[str, ...]) -> Shown:
    """The exchange as it is drawn; the first attack stands open."""
    request, response = exchange.request, exchange.response
    attack = exchange.number in attacks
    if response is None:
        answer = Message(head=clean(exchange.error or "no answer"), body=[], cut="")
        status = "no answer"
    else:
        status = f"{response.status} {response.reason}".strip()
        answer = _message(
            f"HTTP/{response.version} {status}", response.headers, response.body, witness, response.truncated
        )
    return Shown(
        label=exchange.purpose or "request",
        line=f"{request.method} {request.target[:200]}",
        account=exchange.account,
        status=status,
        attack=attack,
        open=attack and exchange.number == attacks[0],
        request=_message(f"{request.method} {request.target}", request.headers, request.content, witness, False),
        response=answer,
    )


def section(doc: str, heading: str) -> str:
    """One section of a check's docstring; empty when there is none."""
    return sections(doc).get(heading, "")


def prose(text: str) -> list[Block]:
    """Paragraphs and list items of a little Markdown: `code` is kept as a mark, the stars of *emphasis* go."""
    blocks: list[Block] = []
    for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(text)):
        items = re.split(r"^\s*[-*] +", paragraph, flags=re.MULTILINE)
        for index, item in enumerate(items):
            words = re.sub(r"(?<!\w)(\*{1,2})(\S(?:[^*`]*\S)?)\1(?!\w)", r"\2", " ".join(item.split()))
            if words:
                pieces = re.split(r"`+([^`]+)`+", words)
                blocks.append(
                    ("li" if index else "p", [(bool(i % 2), piece) for i, piece in enumerate(pieces) if piece])
                )
    return blocks


def _message(first: str, headers: Headers, body: bytes, witness: tuple[str, ...], truncated: bool) -> Message:
    head = "\n".join([clean(first), *(clean(f"{name}: {value}") for name, value in headers)])
    if len(head) > MOST_HEAD:
        head = head[:MOST_HEAD] + "…"
    return Message(head=head, body=_marked(_readable(body), witness) if body else [], cut=_cut(body, truncated))


def _readable(body: bytes) -> str:
    """Text as it is, JSON indented; bytes that are no text by their count."""
    part = body[:MOST_BODY]
    if len(body) <= MOST_BODY:
        try:
            return block(json.dumps(json.loads(body), ensure_ascii=False, indent=2))
        except (ValueError, RecursionError):
            pass
    text = part.decode("utf-8", "replace")
    if text.count("\ufffd") * 5 > len(text):
        return f"{len(body)} bytes that are no text"
    return block(text)


def _cut(body: bytes, truncated: bool) -> str:
    if len(body) <= MOST_BODY and not truncated:
        return ""
    kept = (
        f"The first {MOST_BODY:,} of {len(body):,} bytes" if len(body) > MOST_BODY else f"{len(body):,} bytes were kept"
    )
    return f"{kept}, SHA-256 {hashlib.sha256(body).hexdigest()}" + (
        ", cut at the limit of the run." if truncated else "."
    )


def _marked(text: str, witness: tuple[str, ...]) -> list[tuple[bool, str]]:
    needles = sorted({block(value) for value in witness if len(value) >= 3}, key=len, reverse=True)
    if not needles:
        return [(False, text)]
    pieces = re.split("(" + "|".join(map(re.escape, needles)) + ")", text)
    return [(bool(index % 2), piece) for index, piece in enumerate(pieces) if piece]
