"""HAR 1.2 (HTTP Archive) → exchanges. Browsers, proxies and test tools all write it, each a little differently.

Entries are tolerated without most of what the format demands; what cannot be used is a problem with its entry's number.
A file that was cut off while it was written gives the entries before the cut.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import quote, urlencode, urlsplit

from gatewright.model.errors import SourceError
from gatewright.model.http import Exchange, Headers, Request, Response, Timing
from gatewright.model.json import Json
from gatewright.sources import document as documents
from gatewright.sources.document import Document
from gatewright.sources.node import Node
from gatewright.sources.problems import Problems

_START = re.compile(rb'\s*\{\s*"log"\s*:\s*\{')
_METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BOUNDARY = "gatewright-har-part"
_PORTS = {"http": 80, "https": 443}


def is_har(data: bytes) -> bool:
    """Whether bytes begin as a HAR file does."""
    return _START.match(data.removeprefix(b"\xef\xbb\xbf")[:4096]) is not None


def exchanges(data: bytes, *, source: str, problems: Problems) -> Iterator[Exchange]:
    """The exchanges of a HAR file in its order, numbered from 1; unusable entries are added to `problems`.

    Raises SourceError at the first step when it is no HAR file.
    """
    root = _root(data, source, problems)
    log = root.mapping("log")
    if log is None or not isinstance(log.value, dict) or not isinstance(log.value.get("entries"), list):
        raise SourceError(
            "not a HAR file: no list `log.entries`", code="GW-S003", where=source, help="save it again as HAR 1.2"
        )
    number = 0
    for entry in log.items("entries"):
        exchange = _exchange(entry, number + 1)
        if exchange is not None:
            number += 1
            yield exchange


def _root(data: bytes, source: str, problems: Problems) -> Node:
    try:
        document = documents.load(data, uri=source, problems=problems)
    except SourceError as error:
        entries = _before_the_cut(data) if error.code == "GW-S002" and is_har(data) else []
        if not entries:
            raise
        problems.add("GW-S051", f"the file is cut off after entry {len(entries)}: {error.what}", where=error.where)
        document = Document(source, {"log": {"entries": entries}}, lambda path: (0, 0))
    return Node(document.root, document, problems=problems)


def _before_the_cut(data: bytes) -> list[Json]:
    """The whole entries at the head of a damaged file."""
    text = data.decode("utf-8", errors="replace")
    position = text.find("[", text.find('"entries"'))
    decoder = json.JSONDecoder(strict=False)
    found: list[Json] = []
    while position > 0:
        start = text.find("{", position)
        if start < 0 or text[position + 1 : start].strip(" \t\r\n,"):
            break
        try:
            entry, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            break
        found.append(entry)
        position = end - 1
    return found


def _exchange(entry: Node, number: int) -> Exchange | None:
    request = entry.mapping("request") if entry.is_object() else None
    made = _request(request) if request is not None else None
    if made is None:
        entry.report("GW-S051", f"entry {entry.key}: no usable request; left out")
        return None
    response = entry.mapping("response")
    return Exchange(
        number=number,
        request=made,
        response=_response(response, entry) if response is not None else None,
        purpose="traffic",
        error=_error(response),
        at=_at(entry),
    )


def _request(node: Node) -> Request | None:
    method = node.text("method").strip()
    url = node.text("url").strip()
    try:
        parts = urlsplit(url)
        host, port, scheme = parts.hostname, parts.port, parts.scheme.lower()
    except ValueError:
        return None
    if not host or not _METHOD.fullmatch(method) or scheme not in ("http", "https", "ws", "wss"):
        return None
    scheme = {"ws": "http", "wss": "https"}.get(scheme, scheme)
    name = f"[{host}]" if ":" in host else host
    origin = f"{scheme}://{name}" + (f":{port}" if port and port != _PORTS[scheme] else "")
    rest = url[url.index("//") + 2 :].partition("#")[0]
    start = min((rest.index(mark) for mark in "/?" if mark in rest), default=len(rest))
    target = rest[start:] if rest[start:].startswith("/") else "/" + rest[start:]
    headers = _headers(node)
    body, kind = _body(node)
    if kind:
        headers = (*(line for line in headers if line[0].lower() != "content-type"), ("Content-Type", kind))
    return Request(method, origin, quote(target, safe="!#$%&'()*+,/:;=?@[]~\\^`{|}\"<>"), headers, body)


def _body(node: Node) -> tuple[bytes, str]:
    """The body, and the content type that it was given here (empty: the headers' own holds)."""
    post = node.mapping("postData")
    if post is None:
        return b"", ""
    text = post.text("text")
    mime = post.text("mimeType")
    if text:
        return _bytes(text, post.text("encoding") or post.text("_encoding"), mime, post), ""
    fields = [(item.text("name"), item.text("value"), item) for item in post.items("params") if item.is_object()]
    if not fields:
        return b"", ""
    if mime.lower().startswith("multipart/"):
        return _multipart(fields), f"{mime.partition(';')[0]}; boundary={_BOUNDARY}"
    return urlencode([(name, value) for name, value, _ in fields]).encode(), ""


def _multipart(fields: list[tuple[str, str, Node]]) -> bytes:
    """A multipart body (RFC 7578) from its fields: HAR keeps these and loses the bytes."""
    parts = []
    for name, value, item in fields:
        disposition = f'form-data; name="{_quoted(name)}"'
        if item.has("fileName"):
            disposition += f'; filename="{_quoted(item.text("fileName"))}"'
        head = f"Content-Disposition: {disposition}\r\n"
        if kind := item.text("contentType"):
            head += f"Content-Type: {_line(kind)}\r\n"
        parts.append(f"--{_BOUNDARY}\r\n{head}\r\n{value}\r\n")
    return ("".join(parts) + f"--{_BOUNDARY}--\r\n").encode("utf-8", errors="surrogatepass")


def _response(node: Node, entry: Node) -> Response | None:
    status = node.number("status")
    if status is None or not 100 <= status <= 999:
        return None
    content = node.mapping("content")
    text = content.text("text") if content is not None else ""
    body = _bytes(text, content.text("encoding"), content.text("mimeType"), content) if content is not None else b""
    told = content.number("size") if content is not None else None
    received = node.number("bodySize")
    return Response(
        status=int(status),
        headers=_headers(node),
        body=body,
        reason=_line(node.text("statusText")),
        version=_version(node.text("httpVersion")),
        truncated=bool(told and told > 0 and not text),
        size=int(received) if received is not None and received > 0 else len(body),
        timing=_timing(entry),
    )


def _bytes(text: str, encoding: str, mime: str, node: Node) -> bytes:
    if encoding.lower() == "base64":
        try:
            return base64.b64decode(re.sub(r"\s", "", text), validate=True)
        except (binascii.Error, ValueError):
            node.report("GW-S051", "a body that says base64 and is not; read as text")
    charset = re.search(r"charset=\"?([\w-]+)", mime)
    if charset and charset[1].lower() in ("iso-8859-1", "latin1", "windows-1252"):
        try:
            return text.encode(charset[1])
        except (UnicodeEncodeError, LookupError):
            pass
    return text.encode("utf-8", errors="surrogatepass")


def _headers(node: Node) -> Headers:
    """Header lines without the pseudo headers of HTTP/2, characters as Latin-1 code points of their bytes."""
    found = []
    for item in node.items("headers"):
        name = item.text("name") if item.is_object() else ""
        if name and not name.startswith(":"):
            found.append((_line(name), _line(item.text("value"))))
    return tuple(found)


def _line(text: str) -> str:
    """Text that can stand in a header line: no line breaks, nothing beyond Latin-1."""
    flat = re.sub(r"[\r\n\0]+", " ", text)
    try:
        flat.encode("latin-1")
    except UnicodeEncodeError:
        return flat.encode("utf-8", errors="replace").decode("latin-1")
    return flat


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _error(response: Node | None) -> str:
    """Why there is no answer, in the words of the exchange's `error`; empty when there is one."""
    if response is None:
        return "not-recorded: the file has no response"
    status = response.number("status")
    if status is None or not 100 <= status <= 999:
        return f"not-recorded: {response.text('_error') or response.text('statusText') or 'the response has no status'}"
    return ""


def _version(text: str) -> str:
    word = text.lower().removeprefix("http/").strip()
    return {"h2": "2", "2.0": "2", "h3": "3", "3.0": "3", "": "1.1"}.get(word, word)


def _timing(entry: Node) -> Timing:
    """Seconds from the file's milliseconds; its -1 means that a step did not happen."""
    timings = entry.mapping("timings")

    def of(node: Node | None, key: str) -> float:
        value = node.number(key) if node is not None else None
        return max(value or 0.0, 0.0) / 1000

    connect = of(timings, "connect")
    return Timing(connect, of(timings, "send") + of(timings, "wait"), of(entry, "time"), reused=connect == 0.0)


def _at(entry: Node) -> float:
    try:
        moment = datetime.fromisoformat(entry.text("startedDateTime"))
    except ValueError:
        return 0.0
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
