"""Small files that are what they say: an upload must survive a look at its content, and still carry a marker.

Formats: PNG (W3C PNG, third edition: a `tEXt` chunk holds the marker), JPEG (ITU T.81: a COM segment), GIF89a (a comment
extension), PDF (ISO 32000: a comment line and an exact cross-reference table), and the texts.
"""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Callable

from gatewright.access.words import words
from gatewright.model.json import Json

_ORDER = ("txt", "png", "pdf", "csv", "jpg", "json")
"""What is tried where nothing says which kind is wanted."""
_WORDS = {
    "pdf": "pdf", "document": "pdf", "invoice": "pdf", "contract": "pdf", "cv": "pdf", "resume": "pdf",
    "png": "png", "image": "png", "img": "png", "photo": "png", "picture": "png", "avatar": "png", "cover": "png",
    "logo": "png", "icon": "png", "thumbnail": "png", "banner": "png", "jpg": "jpg", "jpeg": "jpg", "gif": "gif",
    "csv": "csv", "spreadsheet": "csv", "import": "csv", "json": "json", "xml": "xml", "svg": "svg", "txt": "txt",
    "text": "txt", "html": "html",
}  # fmt: skip
_SAID = ("pdf", "png", "jpg", "jpeg", "gif", "csv", "json", "xml", "svg", "txt")
"""Kinds that count before all others when a text names them."""
_FILES = ("pdf", "png", "jpg", "jpeg", "gif", "csv", "svg")
"""Kinds that are files wherever they are named: JSON, XML and text are said of answers as well."""
_TYPES = {
    "txt": "text/plain", "png": "image/png", "jpg": "image/jpeg", "gif": "image/gif", "pdf": "application/pdf",
    "csv": "text/csv", "json": "application/json", "xml": "application/xml", "svg": "image/svg+xml", "html": "text/html",
}  # fmt: skip


def kinds(name: str, described: str, *, media: str = "", about: str = "") -> list[str]:
    """Kinds of file that a place may want, the likeliest first: by content type, by what is said of it, by its name.

    `about` is what is said of the whole request: a kind that it names comes before what is guessed from a name.
    """
    found = [kind for kind, type_ in _TYPES.items() if media and type_ == media.partition(";")[0]]
    refused = _refused(described)
    said = [word for word in words(described.replace(".", " ").replace("/", " ")) if word not in refused]
    found += [_WORDS[word] for word in said if word in _SAID]
    found += [_WORDS[word] for word in words(about.replace(".", " ").replace("/", " ")) if word in _FILES]
    found += [_WORDS[word] for word in (*said, *words(name)) if word in _WORDS]
    return list(dict.fromkeys([*found, *_ORDER]))


def _refused(described: str) -> set[str]:
    """The kind that a complaint says was sent: `extension txt is not allowed`."""
    parts = words(described.replace("“", " ").replace("”", " "))
    at = parts.index("not") if "not" in parts else 0
    return {part for part in parts[:at] if part in _SAID} if "allowed" in parts or "supported" in parts else set()


def part(kind: str, marker: str, stem: str) -> Json:
    """A file part of a multipart body, as `model.call.encode` takes it."""
    content = content_of(kind, marker)
    made: dict[str, Json] = {"filename": f"{stem}.{kind}", "content_type": _TYPES[kind]}
    try:
        return {**made, "content": content.decode()}
    except UnicodeDecodeError:
        return {**made, "content_base64": base64.b64encode(content).decode()}


def coded(kind: str, marker: str) -> str:
    """The bytes of a small file of a kind in base64."""
    return base64.b64encode(content_of(kind, marker)).decode()


def content_of(kind: str, marker: str) -> bytes:
    """The bytes of a small file of a kind, with a marker in it."""
    return _MAKERS[kind](marker)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _png(marker: str) -> bytes:
    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    text = b"Comment\0" + marker.encode("latin-1", "replace")
    pixels = zlib.compress(b"\0\x80", 9)
    chunks = _chunk(b"IHDR", header) + _chunk(b"tEXt", text) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def _segment(name: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, name, len(data) + 2) + data


def _jpeg(marker: str) -> bytes:
    """One grey pixel, both Huffman tables with a single code."""
    table = bytes([1] + [0] * 15) + b"\0"
    parts = [
        _segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"),
        _segment(0xFE, marker.encode()),
        _segment(0xDB, b"\0" + b"\x01" * 64),
        _segment(0xC0, b"\x08\0\x01\0\x01\x01\x01\x11\0"),
        _segment(0xC4, b"\x00" + table),
        _segment(0xC4, b"\x10" + table),
        _segment(0xDA, b"\x01\x01\x00\x00\x3f\x00"),
    ]
    return b"\xff\xd8" + b"".join(parts) + b"\x3f\xff\xd9"


def _gif(marker: str) -> bytes:
    head = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    said = marker.encode()[:255]
    image = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\0"
    return head + b"!\xfe" + bytes([len(said)]) + said + b"\0" + image + b";"


def _pdf(marker: str) -> bytes:
    """One empty page; offsets are counted, as strict readers check them."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 72 72] >>",
    ]
    text = b"%PDF-1.4\n% " + marker.encode() + b"\n"
    offsets = []
    for number, one in enumerate(objects, 1):
        offsets.append(len(text))
        text += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    start = len(text)
    rows = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    table = b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, rows)
    return text + table + b"trailer\n<< /Size 4 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start


_MAKERS: dict[str, Callable[[str], bytes]] = {
    "txt": lambda marker: marker.encode(),
    "csv": lambda marker: f"name,note\n{marker},1\n".encode(),
    "json": lambda marker: f'{{"note": "{marker}"}}'.encode(),
    "xml": lambda marker: f'<?xml version="1.0"?>\n<note>{marker}</note>\n'.encode(),
    "svg": lambda marker: (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"><desc>{marker}</desc></svg>'.encode()
    ),
    "html": lambda marker: f"<!doctype html><title>{marker}</title>".encode(),
    "png": _png,
    "jpg": _jpeg,
    "gif": _gif,
    "pdf": _pdf,
}
