"""Files in requests: which field of an endpoint is one, and how a call carries another (checks-1-5.md 5.3)."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Literal

import msgspec
from msgspec import Struct

from gatewright.explore.words import words
from gatewright.model.call import Call
from gatewright.model.endpoint import Place
from gatewright.model.http import Exchange
from gatewright.model.json import Json
from gatewright.model.names import singular
from gatewright.model.schema import Schema
from gatewright.model.test import Probe
from gatewright.proof.denied import says_no
from gatewright.proof.leaves import as_text, read

_BOUNDARY = "gatewright-9f2c7d51"
_NAMES = {
    *(
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
    ),
    *(
        "thumbnail",
        "banner",
        "cover",
        "resume",
        "cv",
        "receipt",
        "invoice",
        "contract",
        "certificate",
        "passport",
        "selfie",
    ),
    *(
        "pdf",
        "csv",
        "spreadsheet",
        "video",
        "audio",
        "recording",
        "signature",
        "screenshot",
        "portrait",
        "blob",
        "binary",
    ),
}
_INSIDE = {"content", "contents", "data", "bytes", "body", "payload"}
"""Names that are a file's where what they stand in, or the path, is named like one."""
_RAW = ("image/", "video/", "audio/", "font/")
_RAW_KINDS = {
    *("application/octet-stream", "application/pdf", "application/zip", "application/gzip", "text/csv"),
    *("application/msword", "application/vnd.ms-excel"),
}


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
    way: str = ""
    """How a file was seen again that was sent in it, for `stored.look`."""

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place("body", self.name or "file")


def field_of(probe: Probe, call: Call) -> Field | None:
    """The field of the cell's endpoint that takes a file; None when there is none."""
    if probe.endpoint.method not in ("POST", "PUT", "PATCH"):
        return None
    body, media = call.body, call.content_type.partition(";")[0].strip().lower()
    if media.startswith(_RAW) or media in _RAW_KINDS:
        content = call.raw if call.raw is not None else as_text(body).encode()
        return Field("raw", "", File("gw.bin", media, content))
    if media == "multipart/form-data" and isinstance(body, dict):
        return _part(probe, body)
    if "json" not in media:
        return None
    for place in call.places():
        value = call.get(place)
        schema = _schema(probe, place.name, media)
        if place.within == "body" and isinstance(value, str) and _is_base64(probe, place.name, value, schema):
            return Field("base64", place.name, File("gw.txt", _declared(value), _decoded(value)), schema)
    return None


def _part(probe: Probe, body: dict[str, Json]) -> Field | None:
    """The first file part of a multipart body; of a list of files the first."""
    for name, value in body.items():
        one = value[0] if isinstance(value, list) and value else value
        content = _content(one)
        if content is not None and isinstance(one, dict):
            kind = as_text(one.get("content_type") or "text/plain")
            file = File(as_text(one["filename"]), kind, content)
            return Field("multipart", name, file, _schema(probe, name, "multipart/form-data"))
    return None


def _content(value: Json) -> bytes | None:
    """The bytes of a file part of a call's body (`model.call.encode`); None for anything else."""
    if not isinstance(value, dict) or "filename" not in value:
        return None
    if "content_base64" in value:
        return _decoded(as_text(value["content_base64"]))
    return as_text(value["content"]).encode() if "content" in value else None


def _schema(probe: Probe, name: str, media: str) -> Schema:
    """What the specification says of a field, by the names on the way to it."""
    body = next((b for b in probe.endpoint.bodies if b.content_type.partition(";")[0].strip().lower() == media), None)
    schema = probe.specification.resolve(body.schema) if body else Schema()
    for key in re.sub(r"\[\d*\]", "", name).split("."):
        schema = probe.specification.resolve(schema.properties.get(key, Schema()))
        if schema.items is not None:
            inner = probe.specification.resolve(schema.items)
            described = inner.description or schema.description
            schema = msgspec.structs.replace(inner, description=described)
    return schema


def _is_base64(probe: Probe, name: str, value: str, schema: Schema) -> bool:
    if schema.format in ("byte", "base64", "binary"):
        return True
    if len(value) < 8 or not _decoded(value):
        return False
    *around, last = re.sub(r"\[\d*\]", "", name).split(".")
    plain = re.sub(r"[^a-z0-9]", "", last.lower())
    if set(words(last)) & _NAMES or "base64" in plain or plain.endswith("b64"):
        return True
    outer = {word for part in (*around, *probe.endpoint.path.split("/")) for word in words(part)}
    return bool(set(words(last)) & _INSIDE) and bool({singular(word) for word in outer} & _NAMES)


def _declared(value: str) -> str:
    """The type that a data URL names; text for anything else."""
    found = re.match(r"data:([\w.+/-]+)", value)
    return found[1] if found else "text/plain"


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
        if name == field.name:  # of a list of files one is enough
            head = f'name="{name}"; filename="{file.name}"\r\nContent-Type: {file.kind}'
            parts.append(f"Content-Disposition: form-data; {head}\r\n\r\n".encode() + file.content + b"\r\n")
        else:
            parts.append(f'Content-Disposition: form-data; name="{name}"\r\n\r\n{as_text(value)}\r\n'.encode())
    raw = b"".join(line + part for part in parts) + f"--{_BOUNDARY}--\r\n".encode()
    return msgspec.structs.replace(call, raw=raw, content_type=f"multipart/form-data; boundary={_BOUNDARY}")


def accepted(exchange: Exchange) -> bool:
    """Whether an upload was not refused. That alone proves nothing."""
    return exchange.response is not None and exchange.response.ok and not says_no(read(exchange.response))
