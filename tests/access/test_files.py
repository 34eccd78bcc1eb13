from __future__ import annotations

import base64
import re
import struct
import zlib

import pytest

from gatewright.access.files import content_of, kinds, part

MARKER = "gwabcdefghij234567"


@pytest.mark.parametrize("kind", ["txt", "csv", "json", "xml", "svg", "html", "png", "jpg", "gif", "pdf"])
def test_every_kind_carries_its_marker(kind: str) -> None:
    assert MARKER.encode() in content_of(kind, MARKER)


def test_a_png_has_sound_chunks() -> None:
    data = content_of("png", MARKER)
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    at, names = 8, []
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        name, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length : at + 12 + length])[0] == zlib.crc32(name + body)
        names.append(name)
        at += 12 + length
    assert names == [b"IHDR", b"tEXt", b"IDAT", b"IEND"]


def test_a_pdf_counts_its_offsets() -> None:
    data = content_of("pdf", MARKER)
    start = int(re.findall(rb"startxref\n(\d+)", data)[0])
    assert data[start:].startswith(b"xref")
    offsets = [int(row) for row in re.findall(rb"(\d{10}) 00000 n", data)]
    assert [data[at:].split(b" ")[0] for at in offsets] == [b"1", b"2", b"3"]


def test_a_jpeg_begins_and_ends_as_one() -> None:
    data = content_of("jpg", MARKER)
    assert (data[:2], data[-2:]) == (b"\xff\xd8", b"\xff\xd9")


@pytest.mark.parametrize(
    ("name", "said", "media", "first"),
    [
        ("file", "", "", "txt"),
        ("avatar", "", "", "png"),
        ("file", "a PDF document", "", "pdf"),
        ("file", "File extension “txt” is not allowed. Allowed extensions are: pdf.", "", "pdf"),
        ("image", "must be image/jpeg", "", "jpg"),
        ("file", "", "text/csv", "csv"),
        ("upload", "Only images are accepted", "", "png"),
    ],
)
def test_the_kind_is_read_from_what_is_known(name: str, said: str, media: str, first: str) -> None:
    assert kinds(name, said, media=media)[0] == first


def test_bytes_that_are_no_text_are_coded() -> None:
    made = part("png", MARKER, "stem")
    assert isinstance(made, dict)
    assert made["filename"] == "stem.png"
    assert base64.b64decode(str(made["content_base64"])) == content_of("png", MARKER)
    assert part("txt", MARKER, "a") == {"filename": "a.txt", "content_type": "text/plain", "content": MARKER}


def test_what_is_said_of_the_request_counts_before_names_do() -> None:
    about = "Attach screenshots (PNG or JPEG), 500 KB at most each. Answers JSON."
    assert kinds("files", "", about=about)[:2] == ["png", "jpg"]
    assert kinds("document", "A PDF", about=about)[0] == "pdf"
    assert kinds("notes", "", about="Answers JSON or plain text")[0] == "txt"
