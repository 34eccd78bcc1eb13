"""Addresses as people write them, absolute or relative to the API, as requests. Pure."""

from __future__ import annotations

from urllib.parse import urlsplit

from gatewright.model.http import Request

FORM = "application/x-www-form-urlencoded"


def located(url: str, origin: str, base: str = "") -> Request:
    """A GET of an absolute URL, or of one relative to the API's origin (and base path)."""
    parts = urlsplit(url)
    if parts.scheme in ("http", "https") and parts.netloc:
        query = f"?{parts.query}" if parts.query else ""
        return Request("GET", f"{parts.scheme}://{parts.netloc}", (parts.path or "/") + query)
    path = url if url.startswith("/") else f"{base}/{url}"
    return Request("GET", origin, path)
