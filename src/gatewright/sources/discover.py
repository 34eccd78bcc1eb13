"""From the address of an API or its documentation page to the address of its specification.

The page itself is looked at first, then what it and its documentation link to, then the usual places of the frameworks.
Only the host of the address is asked.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from urllib.parse import urldefrag, urljoin, urlsplit

from gatewright.model.errors import GatewrightError, SourceError, TargetError, WireError
from gatewright.sources.openapi.reader import Fetch, is_specification
from gatewright.sources.openapi.references import same_host

MOST_LINKS = 20
MOST_PLACES = 20
_READ = 2_000_000
"""Characters of a page that are looked at."""

PLACES = (
    "/openapi.json",
    "/swagger.json",
    "/v3/api-docs",
    "/openapi.yaml",
    "/api/openapi.json",
    "/swagger/v1/swagger.json",
    "/v2/api-docs",
    "/docs/openapi.json",
    "/api/v1/openapi.json",
    "/api/swagger.json",
    "/api-docs",
    "/docs-json",
    "/api-json",
    "/swagger/doc.json",
    "/api/schema/",
    "/schema/openapi.json",
    "/apispec_1.json",
    "/q/openapi",
    "/swagger.yaml",
    "/api-docs.json",
)
"""Where common frameworks publish it by default."""

_CLEAR = re.compile(
    r"""(?:spec-url|data-url|data-spec-url|apiDescriptionUrl)\s*=\s*["']([^"'<>]+)["']"""
    r"""|\b(?:url|configUrl|specUrl|spec_url|openapi_url|swaggerUrl)["']?\s*[:=]\s*["'`]([^"'`<>\s]+)["'`]""",
    re.IGNORECASE,
)
"""How Redoc, Scalar, RapiDoc, Elements and Swagger UI are told where the document is."""
_LINK = re.compile(r"""\b(?:href|src)\s*=\s*["']([^"'<>]+)["']""", re.IGNORECASE)
_HINT = re.compile(
    r"openapi|swagger|api-?docs?|redoc|\bui\b|\bdocs?\b|\bspec|schema|initiali[sz]er|\.json$|\.ya?ml$", re.IGNORECASE
)
_USELESS = re.compile(
    r"\.(?:css|png|svg|ico|jpe?g|gif|woff2?|map)$|(?:bundle|preset|standalone)[\w.-]*\.js$", re.IGNORECASE
)


async def discover(url: str, *, fetch: Fetch) -> str:
    """The URL of the specification behind an address, which may be that very address.

    Raises SourceError with every address tried when there is none. A host that does not answer is asked once: the
    TargetError of `fetch` passes, a WireError becomes a SourceError.
    """
    tried: list[str] = []
    try:
        page = await fetch(url)
    except WireError as error:
        raise SourceError(
            f"cannot be fetched: {error.what}", code="GW-S006", where=url, help=error.help or "is the API running?"
        ) from error
    except TargetError:
        raise
    except GatewrightError:
        page = b""
    tried.append(url)
    if is_specification(page):
        return url
    waiting = list(_links(page, url))
    for candidate in waiting:  # grows: a documentation page leads to its configuration, that to the document
        if len(tried) > MOST_LINKS:
            break
        if candidate in tried:
            continue
        found = await _try(candidate, fetch, tried)
        if is_specification(found):
            return candidate
        waiting += [link for link in _links(found, candidate) if link not in waiting]
    for candidate in _places(url):
        if candidate not in tried and is_specification(await _try(candidate, fetch, tried)):
            return candidate
    raise SourceError(
        "no specification found at this address, in its links or in the usual places",
        code="GW-S007",
        where=url,
        help="give the specification itself, as a file or URL; tried:\n  " + "\n  ".join(tried),
    )


async def _try(url: str, fetch: Fetch, tried: list[str]) -> bytes:
    tried.append(url)
    try:
        return await fetch(url)
    except GatewrightError:
        return b""


def _links(page: bytes, base: str) -> Iterator[str]:
    """Addresses on the same host that a page, script or configuration names: the clear ones first."""
    text = page[:_READ].decode("utf-8", errors="replace")
    found: dict[str, None] = {}
    clear = [first or second for first, second in _CLEAR.findall(text)]
    links = [link for link in _LINK.findall(text) if _HINT.search(link) and not _USELESS.search(link.partition("?")[0])]
    for link in clear + links:
        for start in _bases(base):
            try:
                address = urldefrag(urljoin(start, html.unescape(link).strip()))[0]
            except ValueError:
                continue
            if same_host(address, base) and address != base:
                found[address] = None
    return iter(found)


def _bases(url: str) -> tuple[str, ...]:
    """What links of a page may be relative to: `/docs` is often answered by a redirect to `/docs/`, unseen here."""
    name = urlsplit(url).path.rpartition("/")[2]
    return (url, url + "/") if name and "." not in name and "?" not in url else (url,)


def _places(url: str) -> list[str]:
    """At most `MOST_PLACES` usual places: beside the address first, then those of the host."""
    parts = urlsplit(url)
    root = f"{parts.scheme}://{parts.netloc}"
    folder = parts.path.rpartition("/")[0]
    beside = [
        f"{root}{base}/{name}"
        for base in dict.fromkeys((parts.path.rstrip("/"), folder))
        if base
        for name in ("openapi.json", "swagger.json")
    ]
    return list(dict.fromkeys([*beside, *(root + place for place in PLACES)]))[:MOST_PLACES]
