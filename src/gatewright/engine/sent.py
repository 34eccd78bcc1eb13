"""The file that a request carries, as a case's server keeps it."""

from __future__ import annotations

import re

from gatewright.model.http import Request

_PRODUCT = re.compile(r"(\d+)\*(\d+)")
_BOUNDARY = re.compile(r'boundary="?([^";]+)')


def file_of(request: Request) -> bytes:
    """The bytes of the first file of a multipart body, or the whole of one that is an image or octets; empty: there is none."""
    kind = request.header("content-type") or ""
    if kind.startswith(("image/", "application/octet-stream")):
        return request.body
    found = _BOUNDARY.search(kind)
    for part in request.body.split(b"--" + found[1].encode()) if found else ():
        head, _, content = part.partition(b"\r\n\r\n")
        if b"filename=" in head:
            return content.removesuffix(b"\r\n")
    return b""


def product_of(text: str) -> str:
    """The product of the two numbers of a program that multiplies them; empty: it does not."""
    found = _PRODUCT.search(text)
    return str(int(found[1]) * int(found[2])) if found else ""
