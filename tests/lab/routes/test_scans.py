from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gatewright.lab.routes.scans import MOST
from tests.lab.api4_exploits import stored

Visit = Callable[..., Any]
PNG = b"\x89PNG\r\n\x1a\n"


def test_a_scan_comes_back_as_a_download_to_its_owner_alone(visit: Visit) -> None:
    visitor = visit()
    made = stored(visitor, b"Dear colleague").json
    assert (made["size"], made["kind"], made["name"]) == (14, "text/plain", "letter.txt")
    path = f"/scans/{made['id']}"
    file = visitor.send("GET", f"{path}/content", "alice")
    assert file.content == b"Dear colleague"
    assert file.headers["content-disposition"] == "attachment"
    assert file.headers["x-content-type-options"] == "nosniff"
    assert made in visitor.send("GET", "/scans", "alice").json["items"]
    assert made == visitor.send("GET", path, "alice").json
    for where in (path, f"{path}/content"):
        assert visitor.send("GET", where, "bob").status == 404
    assert visitor.send("DELETE", path, "bob").status == 404
    assert visitor.send("DELETE", path, "alice").status == 204
    assert visitor.send("GET", path, "alice").status == 404


@pytest.mark.parametrize(
    ("content", "filename", "kind", "status"),
    [
        (PNG, "a.png", "image/png", 201),
        (b"\xff\xd8\xff\xe0", "a.jpg", "image/jpeg", 201),
        (b"%PDF-1.7", "a.PDF", "application/pdf", 201),
        (PNG, "a.html", "text/html", 415),
        (PNG, "a.png", "text/html", 415),
        (b"<svg/>", "a.svg", "image/svg+xml", 415),
        (b"<script>", "a.png", "image/png", 415),
        (PNG, "a.html.png", "image/png", 415),
        (PNG, "../a.png", "image/png", 415),
        (b"a\0b", "a.txt", "text/plain", 415),
        (b"a" * MOST, "a.txt", "text/plain", 201),
        (b"a" * (MOST + 1), "a.txt", "text/plain", 413),
        (b"a" * 2 * MOST, "a.txt", "text/plain", 413),
    ],
)
def test_only_harmless_files_of_a_size_are_kept(
    visit: Visit, content: bytes, filename: str, kind: str, status: int
) -> None:
    assert stored(visit(), content, filename, kind).status == status
