"""The specification of a run: files, URLs, or just the address of an API (interface.md section 2, SPEC_OR_URL)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from gatewright.inventory.collect import Inventory, collect, merge
from gatewright.inventory.drift import with_traffic
from gatewright.inventory.specification import from_har, to_specification
from gatewright.model.endpoint import Specification
from gatewright.model.errors import SourceError, UsageError
from gatewright.model.settings import Settings
from gatewright.sources.discover import discover
from gatewright.sources.graphql.signs import SUFFIXES, is_schema, says_graphql
from gatewright.sources.har import exchanges, is_har
from gatewright.sources.openapi import load
from gatewright.sources.openapi.reader import read
from gatewright.sources.problems import Problems
from gatewright.wire.documents import Documents

_DOCUMENTS = (".json", ".yaml", ".yml", ".har", *SUFFIXES)


async def load_specification(settings: Settings) -> Specification:
    """All documents of the settings as one. Raises UsageError when none is named, SourceError when one cannot be used."""
    if not settings.spec:
        raise UsageError(
            "nothing to scan: no specification is named",
            code="GW-U012",
            help="gatewright scan http://127.0.0.1:8000/openapi.json, or `gatewright demo` to see it work",
        )
    documents, traffic = [], Inventory()
    for source in _files(settings.spec):
        data = b"" if _is_url(source) else await read(source, fetch=None)
        if is_har(data):
            documents.append(from_har(data, source=source))
            traffic = merge(traffic, collect(exchanges(data, source=source, problems=Problems())))
        else:
            documents.append(await _one(source, settings))
    described = [document for document in documents if document.dialect != "har"]
    if not traffic.exchanges:
        return _together(documents)
    if not described:
        whole = to_specification(traffic, source=documents[0].source)
        return msgspec.structs.replace(whole, problems=tuple(problem for d in documents for problem in d.problems))
    return with_traffic(_together(described), traffic)


def _files(sources: Sequence[str]) -> list[str]:
    """The sources, and of a folder every document in it, by name. Raises UsageError for a folder that has none."""
    found: list[str] = []
    for source in sources:
        if _is_url(source) or not Path(source).is_dir():
            found.append(source)
            continue
        inside = [str(path) for path in sorted(Path(source).iterdir()) if path.suffix.lower() in _DOCUMENTS]
        if not inside:
            raise UsageError(
                "the folder holds no specification or recording",
                code="GW-U015",
                where=source,
                help=f"documents end in {', '.join(_DOCUMENTS)}",
            )
        found += inside
    return found


def _together(documents: list[Specification]) -> Specification:
    """Several documents as one: of an endpoint that two describe, the first counts."""
    first = documents[0]
    if len(documents) == 1:
        return first
    known: dict[str, None] = {}
    endpoints = [e for d in documents for e in d.endpoints if e.name not in known and not known.update({e.name: None})]
    return msgspec.structs.replace(
        first,
        endpoints=tuple(endpoints),
        schemes={name: scheme for d in reversed(documents) for name, scheme in d.schemes.items()},
        schemas={name: schema for d in reversed(documents) for name, schema in d.schemas.items()},
        problems=tuple(problem for d in documents for problem in d.problems),
    )


def _is_url(source: str) -> bool:
    return source.startswith(("http://", "https://"))


async def _one(source: str, settings: Settings) -> Specification:
    if not _is_url(source):
        data = await read(source, fetch=None)
        return _schema(data, source) if is_schema(data, source=source) else await load(source)
    async with Documents(settings, run="specification", url=source) as fetch:
        found = await _asked(source, fetch, at_once=True) if says_graphql(source) else None
        if found is not None:
            return found
        try:
            return await load(await discover(source, fetch=fetch), fetch=fetch)
        except SourceError as error:
            if error.code != "GW-S007":
                raise
            found = await _asked(source, fetch)
            if found is None:
                raise
            return found


def _schema(data: bytes, source: str) -> Specification:
    from gatewright.sources.graphql.reader import (
        parse,
    )  # the library takes a fifth of a second: only where it is wanted

    return parse(data, source=source)


async def _asked(source: str, fetch: Documents, *, at_once: bool = False) -> Specification | None:
    """The GraphQL schema served at an address, or else (not `at_once`) at the usual places of its host."""
    from gatewright.sources.graphql.introspection import find, introspect

    return await (introspect if at_once else find)(source, ask=fetch.post)
