"""The curl line of an exchange: the same bytes, quoted for a POSIX shell, with variables instead of secrets."""

from __future__ import annotations

import re

from gatewright.model.http import Exchange
from gatewright.report.placeholders import VARIABLE, template

_PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")


def curl(exchange: Exchange, *, test: str = "", meanwhile: Exchange | None = None) -> str:
    """One line; `test` for the attack of a finding. A body with bytes that no shell argument can hold goes through printf.

    A stream is listened to for ten seconds, and `meanwhile` sent after the first.
    """
    found = template(exchange, test=test)
    words = ["curl", "-i", "--path-as-is", "-g"]
    body, pipe = found.body, ""
    if found.method == "HEAD":
        words.append("--head")
    elif found.method != ("POST" if body else "GET"):
        words += ["-X", quoted(found.method)]
    if exchange.request.listen is not None:
        words += ["-N", "--http1.1", "--max-time", "10"]
    if found.signing is not None:
        sign = found.signing
        words += ["--aws-sigv4", quoted(f"aws:amz:{sign.region}:{sign.service}")]
        words += ["--user", quoted(f"{sign.key}:«{sign.variable}»")]
    if found.certificate:
        words += ["--cert", quoted(f"«{found.certificate}»")]
    words.append(quoted(found.origin + found.target))
    for name, value in found.headers:
        words += ["-H", quoted(f"{name}: {value}" if value else f"{name};")]
    if body:
        if not any(name.lower() == "content-type" for name, _ in found.headers):
            words += ["-H", "'Content-Type:'"]
        if isinstance(body, bytes) or "\0" in body:
            data = body if isinstance(body, bytes) else body.encode()
            octal = "".join(f"\\{byte:03o}" for byte in data)
            pipe = f"printf '{octal}' | "
            words += ["--data-binary", "@-"]
        else:
            words += ["--data-raw", quoted(body)]
    line = pipe + " ".join(words)
    return f"(sleep 1; {curl(meanwhile)}) & {line}" if meanwhile is not None else line


def quoted(text: str) -> str:
    """One shell word: literal parts in single quotes, variables in double quotes between them."""
    parts = VARIABLE.split(text)
    words = []
    for index, part in enumerate(parts):
        if index % 2:
            words.append(_expanded(part))
        elif part:
            words.append(part if _PLAIN.fullmatch(part) else "'" + part.replace("'", "'\\''") + "'")
    return "".join(words) or "''"


def _expanded(name: str) -> str:
    """A variable, or a token forged from one: `jwt NAME|HEADER|TAIL`."""
    word, _, rest = name.partition(" ")
    if word != "jwt":
        return f'"${name}"'
    variable, header, tail = rest.split("|")
    claims = f'"$(printf %s "${variable}" | cut -d. -f2)"'
    head = header or f'"$(printf %s "${variable}" | cut -d. -f1)"'
    return f"{head}.{claims}{tail}"
