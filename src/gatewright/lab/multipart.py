"""Bodies with files (RFC 7578), as far as the clinic takes them: read, and for its own sample requests written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from gatewright.lab.endpoint import Refused, Upload

BOUNDARY = "clinic-boundary"
_MOST = 20
"""Parts of a body."""
_PARAMETER = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Form:
    """The parts of a body: texts and files by the name of their field."""

    texts: dict[str, str]
    files: dict[str, Upload]


def read(content: bytes, content_type: str) -> Form:
    """The parts of a body. Raises Refused 400 for what is none, and 415 for another content type."""
    kind, _, parameters = content_type.partition(";")
    if kind.strip().lower() != "multipart/form-data":
        raise Refused(415, "send multipart/form-data")
    found = re.search(r'boundary="?([^";,]{1,70})', parameters)
    pieces = content.split(b"--" + found[1].encode()) if found else []
    if not 3 <= len(pieces) <= _MOST + 2 or not pieces[-1].startswith(b"--"):
        raise Refused(400, "the body is not multipart/form-data")
    form = Form({}, {})
    for piece in pieces[1:-1]:
        head, split, value = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        if not split or not value.endswith(b"\r\n"):
            raise Refused(400, "a part of the body is broken")
        lines = dict(line.partition(":")[::2] for line in head.decode("utf-8", "replace").lower().split("\r\n"))
        named = dict(_PARAMETER.findall(head.decode("utf-8", "replace")))
        name, data = named.get("name", ""), value.removesuffix(b"\r\n")
        if "filename" in named:
            form.files[name] = Upload(named["filename"], lines.get("content-type", "").strip(), data)
        else:
            form.texts[name] = data.decode("utf-8", "replace")
    return form


def written(texts: Mapping[str, str], files: Mapping[str, Upload]) -> bytes:
    """A body of these parts, with `BOUNDARY` between them."""
    parts = [f'name="{name}"\r\n\r\n'.encode() + value.encode() for name, value in texts.items()]
    parts += [
        f'name="{name}"; filename="{one.filename}"\r\nContent-Type: {one.kind}\r\n\r\n'.encode() + one.content
        for name, one in files.items()
    ]
    line = f"--{BOUNDARY}\r\nContent-Disposition: form-data; ".encode()
    return b"".join(line + part + b"\r\n" for part in parts) + f"--{BOUNDARY}--\r\n".encode()
