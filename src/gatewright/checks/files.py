"""Files in requests: which field of an endpoint is one, how a call carries another, and where it comes back (checks-1-5.md 5.3)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from gatewright.explore.words import words
from gatewright.model.call import Call
from gatewright.model.endpoint import Endpoint, Place
from gatewright.model.http import Exchange, Response
from gatewright.model.json import Json
from gatewright.model.schema import Schema
from gatewright.model.test import Probe
from gatewright.proof.denied import says_no
from gatewright.proof.leaves import Answer, Leaf, as_text, read

_BOUNDARY = "gatewright-9f2c7d51"
_NAMES = {
    "file",
    "image",
    "avatar",
    "photo",
    "picture",
    "document",
    "attachment",
    "upload",
    "logo",
    "icon",
    "scan",
    "media",
}
_SIZES = {"size", "length", "bytes", "filesize", "contentlength"}
_IDS = {"id", "uuid", "guid", "key", "slug", "name", "filename", "fileid", "uid"}
_HOLE = re.compile(r"\{([^}]+)\}")
_LOOKS = 4
"""Places in which a stored file is looked for."""


class File(Struct, frozen=True):
    """A file as it is sent: its name, its declared type, its bytes."""

    name: str
    kind: str
    content: bytes


class Field(Struct, frozen=True):
    """The field of an endpoint that takes a file. A raw body has no name."""

    how: Literal["multipart", "base64", "raw"]
    name: str
    file: File
    """What its accepted request carries."""
    schema: Schema = Schema()

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place("body", self.name or "file")


class Seen(Struct, frozen=True):
    """A stored file as another request shows it: its bytes, or no more than its size."""

    exchange: Exchange
    endpoint: str
    exact: bool
    """The same bytes came back."""

    @property
    def response(self) -> Response:
        """The answer that shows it."""
        return self.exchange.response or Response(0)


def field_of(probe: Probe, call: Call) -> Field | None:
    """The field of the cell's endpoint that takes a file; None when there is none."""
    if probe.endpoint.method not in ("POST", "PUT", "PATCH"):
        return None
    body, media = call.body, call.content_type.partition(";")[0].strip().lower()
    if media.startswith("image/") or media == "application/octet-stream":
        content = call.raw if call.raw is not None else as_text(body).encode()
        return Field("raw", "", File("gw.bin", media, content))
    if not isinstance(body, dict):
        return None
    for name, value in body.items():
        schema = _schema(probe, name, media)
        part = _content(value) if media == "multipart/form-data" else None
        if part is not None and isinstance(value, dict):
            kind = as_text(value.get("content_type") or "text/plain")
            return Field("multipart", name, File(as_text(value["filename"]), kind, part), schema)
        if isinstance(value, str) and "json" in media and _is_base64(name, value, schema):
            return Field("base64", name, File("gw.txt", "text/plain", _decoded(value)), schema)
    return None


def _content(value: Json) -> bytes | None:
    """The bytes of a file part of a call's body (`model.call.encode`); None for anything else."""
    if not isinstance(value, dict) or "filename" not in value:
        return None
    if "content_base64" in value:
        return _decoded(as_text(value["content_base64"]))
    return as_text(value["content"]).encode() if "content" in value else None


def _schema(probe: Probe, name: str, media: str) -> Schema:
    body = next((b for b in probe.endpoint.bodies if b.content_type.partition(";")[0].strip().lower() == media), None)
    properties = probe.specification.resolve(body.schema).properties if body else {}
    return probe.specification.resolve(properties.get(name, Schema()))


def _is_base64(name: str, value: str, schema: Schema) -> bool:
    if schema.format in ("byte", "base64", "binary"):
        return True
    return bool(set(words(name)) & _NAMES) and len(value) >= 8 and _decoded(value) != b""


def _decoded(value: str) -> bytes:
    try:
        return base64.b64decode(value.rpartition(",")[2] if value.startswith("data:") else value, validate=True)
    except (binascii.Error, ValueError):
        return b""


def carrying(call: Call, field: Field, file: File) -> Call:
    """The call with another file in the field."""
    if field.how == "raw":
        return msgspec.structs.replace(call, raw=file.content, content_type=file.kind)
    if field.how == "base64":
        old, text = as_text(call.get(field.place)), base64.b64encode(file.content).decode()
        return call.with_value(field.place, f"data:{file.kind};base64,{text}" if old.startswith("data:") else text)
    line = f"--{_BOUNDARY}\r\n".encode()
    parts = []
    for name, value in call.body.items() if isinstance(call.body, dict) else ():
        if name == field.name:
            head = f'name="{name}"; filename="{file.name}"\r\nContent-Type: {file.kind}'
            parts.append(f"Content-Disposition: form-data; {head}\r\n\r\n".encode() + file.content + b"\r\n")
        else:
            parts.append(f'Content-Disposition: form-data; name="{name}"\r\n\r\n{as_text(value)}\r\n'.encode())
    raw = b"".join(line + part for part in parts) + f"--{_BOUNDARY}--\r\n".encode()
    return msgspec.structs.replace(call, raw=raw, content_type=f"multipart/form-data; boundary={_BOUNDARY}")


def accepted(exchange: Exchange) -> bool:
    """Whether an upload was not refused. That alone proves nothing."""
    return exchange.response is not None and exchange.response.ok and not says_no(read(exchange.response))


async def store(probe: Probe, call: Call, field: Field, file: File, *, purpose: str) -> Exchange:
    """Send a file. What is accepted is taken back when the cell ends, or listed where that is not known how."""
    sent = carrying(call, field, file)
    exchange = await probe.send(sent, purpose=purpose)
    if not accepted(exchange):
        return exchange
    if probe.endpoint.method != "POST":
        probe.undo(f"the file of {probe.account} as it was", call, as_=probe.account, endpoint=probe.endpoint)
        return exchange
    remover = next(
        (
            e
            for e in probe.knowledge.endpoints.values()
            if e.method == "DELETE" and _is_item(e, probe.endpoint) and e.origin == probe.endpoint.origin
        ),
        None,
    )
    value = next(iter(_ids(exchange, remover)), None) if remover else None
    what = f"a file of {len(file.content)} bytes that {probe.account} sent to {probe.endpoint.name}"
    if remover is None or value is None:
        small = msgspec.structs.replace(file, content=file.content[:64])
        probe.leave(what, carrying(call, field, small), endpoint=probe.endpoint)
    else:
        probe.undo(what, _item_call(remover, call, value), as_=probe.account, endpoint=remover)
    return exchange


def _is_item(endpoint: Endpoint, collection: Endpoint) -> bool:
    """Whether a path is that of a collection with one parameter more."""
    rest = endpoint.path.removeprefix(collection.path.rstrip("/"))
    return endpoint.path != rest and bool(re.fullmatch(r"/\{[^}]+\}", rest))


def _item_call(endpoint: Endpoint, upload: Call, value: Json) -> Call:
    """A call of an endpoint below the upload's: the same parents, and one new value."""
    call = Call(endpoint=endpoint.id)
    for name in _HOLE.findall(endpoint.path):
        call = call.with_value(Place("path", name), upload.path.get(name, value))
    return call


def _ids(exchange: Exchange, item: Endpoint) -> list[str]:
    """Values of an answer that may name the new file in the path of one file, the likeliest first: at most two.

    What that path calls its last word for it, an API may call the whole of it: `{paper_beilur}` is the answer's `beilur`.
    """
    answer = read(exchange.response)
    location = (exchange.response.header("location") or "") if exchange.response else ""
    hole = _HOLE.findall(item.path)[-1]
    own = {hole.lower(), *words(hole)[-1:]}

    def name(leaf: Leaf) -> str:
        return leaf.path.rpartition(".")[2].lower().strip("_[]")

    found = [leaf for leaf in answer.leaves if name(leaf) in _IDS | own]
    ranked = sorted(found, key=lambda x: (name(x) not in ("id", "uuid"), name(x) not in own, x.path.count(".")))
    values = [location.rstrip("/").rpartition("/")[2]] if location else []
    return list(dict.fromkeys([*values, *[leaf.value for leaf in ranked]]))[:2]


async def look(
    probe: Probe, upload: Call, sent: Exchange, file: File, *, exact: bool = False, computed: bytes = b""
) -> Seen | None:
    """The file as another request shows it; None when it is seen nowhere.

    `exact`: its bytes are wanted, not its size; an answer with what it `computed` will do as well.
    """
    seen: Seen | None = None
    for endpoint, call in _ways_back(probe, upload, sent)[:_LOOKS]:
        exchange = await probe.send(call, purpose="read-back", endpoint=endpoint)
        response = exchange.response
        if response is None or not response.ok:
            continue
        if response.body == file.content or (response.truncated and response.size == len(file.content)):
            return Seen(exchange, endpoint.name, True)
        if computed and computed in response.body:
            return Seen(exchange, endpoint.name, False)
        if _tells(read(response), file):
            seen = seen or Seen(exchange, endpoint.name, False)
            if not exact:
                return seen
    return seen


def _tells(answer: Answer, file: File) -> bool:
    """Whether an answer gives the size of the file under such a name, or its hash."""
    hashes = {hashlib.sha256(file.content).hexdigest(), hashlib.md5(file.content, usedforsecurity=False).hexdigest()}
    size = str(len(file.content))
    return any(
        leaf.value.lower() in hashes
        or (leaf.value == size and re.sub(r"[^a-z]", "", leaf.path.rpartition(".")[2].lower()) in _SIZES)
        for leaf in answer.leaves
    )


def _ways_back(probe: Probe, upload: Call, sent: Exchange) -> list[tuple[Endpoint, Call]]:
    """Requests that may show a stored file: what the answer links to, what stands below the upload's path, the path itself."""
    here, ways = probe.endpoint, [_linked(probe, link) for link in _links(sent)]
    below = [
        e
        for e in probe.knowledge.endpoints.values()
        if e.method == "GET" and e.origin == here.origin and e.path.startswith(here.path.rstrip("/") + "/{")
    ]
    holes = set(_HOLE.findall(here.path))
    for endpoint in sorted(below, key=lambda e: (-e.path.count("/"), e.path)):
        if len(set(_HOLE.findall(endpoint.path)) - holes) == 1:
            ways += [(endpoint, _item_call(endpoint, upload, value)) for value in _ids(sent, endpoint)[:1]]
    same = next(
        (e for e in probe.knowledge.endpoints.values() if e.name == f"GET {here.path}" and e.origin == here.origin),
        None,
    )
    if same is not None and here.method != "POST":
        ways.append((same, _item_call(same, upload, None)))
    return ways


def _links(sent: Exchange) -> list[str]:
    """Addresses of the same host in an answer, as request targets."""
    found = []
    for leaf in read(sent.response).leaves:
        parts = urlsplit(leaf.value) if leaf.value.startswith(("http://", "https://", "/")) else None
        if parts is None or not re.fullmatch(r"/[\w/.~%+@:=&?-]+", parts.path):
            continue
        if parts.netloc and f"{parts.scheme}://{parts.netloc}" != sent.request.origin:
            continue
        found.append(parts.path + (f"?{parts.query}" if parts.query else ""))
    return list(dict.fromkeys(found))[:2]


def _linked(probe: Probe, target: str) -> tuple[Endpoint, Call]:
    path, _, query = target.partition("?")
    endpoint = Endpoint(method="GET", path=path, origin=probe.endpoint.origin)
    pairs = dict(pair.partition("=")[::2] for pair in query.split("&")) if query else {}
    return endpoint, Call(endpoint=endpoint.id, query=dict(pairs))
