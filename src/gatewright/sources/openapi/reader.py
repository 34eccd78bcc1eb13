"""A specification from a file, a URL or bytes: documents read, references fetched, endpoints made."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

from gatewright.model.endpoint import Specification
from gatewright.model.errors import GatewrightError, SourceError, TargetError
from gatewright.sources import document as documents
from gatewright.sources.cut_off import sound_parts
from gatewright.sources.document import Document
from gatewright.sources.openapi.endpoints import Endpoints
from gatewright.sources.openapi.references import References, external, is_url, same_host
from gatewright.sources.openapi.schemas import Schemas
from gatewright.sources.openapi.security import schemes
from gatewright.sources.openapi.servers import servers, servers_v2
from gatewright.sources.problems import Problems

Fetch = Callable[[str], Awaitable[bytes]]
"""Gets the body of a URL through the gate; raises a GatewrightError."""

MOST_DOCUMENTS = 300
_NAMED = re.compile(rb"""(?:^|[{,\n])[ \t\r]*["']?(?:openapi|swagger)["']?\s*:\s*["']?\d""")
_SCRIPT = re.compile(rb"""["']?swaggerDoc["']?\s*:\s*\{""")
_VERSION = re.compile(r"\s*(\d+)\.(\d+)")


async def load(source: str, *, fetch: Fetch | None = None) -> Specification:
    """The specification at a file path or URL, JSON or YAML by its content, remote references included.

    References are read from the file system for a file, from the specification's own host for a URL; others are
    problems. Raises SourceError when nothing of it can be used.
    """
    problems = Problems()
    root = _document(await read(source, fetch=fetch), source, problems)
    _version(root)
    references = References(root, problems=problems)
    await _gather(root, references, fetch)
    return _specification(references, source)


def parse(data: bytes, *, source: str) -> Specification:
    """The specification in some bytes; references to other documents are problems. Raises SourceError."""
    problems = Problems()
    root = _document(data, source, problems)
    _version(root)
    return _specification(References(root, problems=problems), source)


def is_specification(data: bytes) -> bool:
    """Whether some bytes are an OpenAPI document, or a script that carries one."""
    if not _NAMED.search(data):
        return False
    try:
        _version(_document(data, "", Problems()))
    except SourceError:
        return False
    return True


async def read(source: str, *, fetch: Fetch | None) -> bytes:
    """The bytes of a file or URL. Raises SourceError."""
    if not is_url(source):
        try:
            return await asyncio.to_thread(Path(source).read_bytes)
        except (OSError, ValueError) as error:
            raise SourceError(
                f"cannot read the file: {getattr(error, 'strerror', None) or error}",
                code="GW-S001",
                where=source,
                help="give the path of a specification or traffic file, or a URL that begins with http",
            ) from error
    if fetch is None:
        raise SourceError("a URL cannot be fetched here", code="GW-S006", where=source, help="give a file instead")
    try:
        return await fetch(source)
    except (SourceError, TargetError):
        raise
    except GatewrightError as error:
        raise SourceError(
            f"cannot be fetched: {error.what}", code="GW-S006", where=source, help=error.help or "try it with curl"
        ) from error


def _document(data: bytes, uri: str, problems: Problems) -> Document:
    """The document. Swagger UI for Express publishes it within a script only: `"swaggerDoc": {…}`."""
    found = _SCRIPT.search(data)
    if found is None or data.lstrip()[:1] in (b"{", b"["):
        return _loaded(data, uri, problems)
    text = data[found.end() - 1 :].decode("utf-8", errors="replace")
    try:
        _, end = json.JSONDecoder(strict=False).raw_decode(text)
    except (ValueError, RecursionError):
        return documents.load(data, uri=uri, problems=problems)
    return documents.load(text[:end].encode(), uri=uri, problems=problems)


def _loaded(data: bytes, uri: str, problems: Problems) -> Document:
    """The document; of one that was cut off what came before, so that a broken download still shows its endpoints."""
    try:
        return documents.load(data, uri=uri, problems=problems)
    except SourceError as error:
        place = error.where.removeprefix(uri + ":").partition(":")[0]
        if error.code != "GW-S002" or not place.isdecimal():
            raise
        for part in sound_parts(data.decode("utf-8", errors="replace"), fault_line=int(place)):
            try:
                found = documents.load(part.encode(), uri=uri, problems=Problems())
            except SourceError:
                continue
            if not isinstance(found.root, dict) or not (found.root.get("paths") or found.root.get("webhooks")):
                continue
            problems.add(
                "GW-S052", f"the document is cut off here ({error.what}); what comes before is read", where=error.where
            )
            return found
        raise


async def _gather(root: Document, references: References, fetch: Fetch | None) -> None:
    """Reads every document that the root refers to, and those that they refer to."""
    waiting = list(external(root))
    seen = {root.uri, *waiting}
    for count, uri in enumerate(waiting):  # grows while it is walked
        why = _refusal(uri, root.uri)
        if count >= MOST_DOCUMENTS:
            why = f"only {MOST_DOCUMENTS} further documents are read"
        if why:
            references.refuse(uri, "GW-S042", why)
            continue
        try:
            data = await read(uri, fetch=fetch)
            found = documents.load(data, uri=uri, problems=references.problems)
        except (SourceError, TargetError) as error:
            references.refuse(uri, "GW-S041", error.what)
            continue
        references.add(found)
        new = [further for further in external(found) if further not in seen]
        seen.update(new)
        waiting += new


def _refusal(uri: str, root: str) -> str:
    """Why a document is not read; empty when it is."""
    if not is_url(root):
        return "" if "://" not in uri and not uri.startswith("file:") else "a file's references are not fetched"
    if not is_url(uri):
        return "only references to http and https are followed"
    return "" if same_host(uri, root) else "on another host than the specification; not fetched"


def _specification(references: References, source: str) -> Specification:
    root = references.root
    v2, dialect = _version(root.document)
    schemas = Schemas(references)
    if v2:
        schemas.declare(root.mapping("definitions"))
        known = schemes(root.mapping("securityDefinitions"), references)
        where = servers_v2(root, source=source)
    else:
        components = root.mapping("components")
        schemas.declare(components.mapping("schemas") if components is not None else None)
        known = schemes(components.mapping("securitySchemes") if components is not None else None, references)
        where = servers(root)
    with documents.uncollected():
        endpoints, callbacks = Endpoints(references, schemas, schemes=known, servers=where, source=source, v2=v2).read()
    info = root.mapping("info")
    return Specification(
        source=source,
        dialect=dialect,
        title=info.text("title") if info is not None else "",
        version=info.text("version") if info is not None else "",
        servers=where,
        endpoints=endpoints,
        callbacks=callbacks,
        schemes=known,
        schemas=schemas.table,
        problems=references.problems.all(),
    )


def _version(document: Document) -> tuple[bool, str]:
    """Whether it is 2.0, and the dialect (`openapi 3.1`). Raises SourceError for what is no OpenAPI document."""
    root = document.root
    said = (root.get("openapi") or root.get("swagger")) if isinstance(root, dict) else None
    if said is None or isinstance(said, (dict, list, bool)):
        raise SourceError(
            "not an OpenAPI document: no `openapi` or `swagger` at its top",
            code="GW-S003",
            where=document.uri,
            help="OpenAPI 2.0, 3.0 and 3.1 are read, and HAR files",
        )
    number = _VERSION.match(str(said) if "." in str(said) else f"{said}.0")
    major, minor = (int(number[1]), int(number[2])) if number else (0, 0)
    if (major, minor) == (2, 0):
        return True, "openapi 2.0"
    if major == 3:
        return False, f"openapi 3.{minor}"
    raise SourceError(
        f"OpenAPI version `{str(said)[:40]}` is not known",
        code="GW-S005",
        where=document.where(("openapi" if isinstance(root, dict) and "openapi" in root else "swagger",)),
        help="convert it to OpenAPI 3.0 or 3.1; Swagger 1.x is not read",
    )
