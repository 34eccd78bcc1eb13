"""An inventory of traffic as a `Specification`, so that a HAR file alone can be scanned."""

from __future__ import annotations

import re
from collections import Counter

import msgspec
from msgspec.structs import replace

from gatewright.inventory.collect import Inventory, collect
from gatewright.inventory.observed import Observed
from gatewright.inventory.shape import schema
from gatewright.model.endpoint import Answer, Body, Endpoint, In, Parameter, Problem, Requirement, Scheme, Specification
from gatewright.model.schema import Schema
from gatewright.sources.har import exchanges
from gatewright.sources.problems import Problems
from gatewright.sources.streams import stream_of

_STATIC = re.compile(
    r"\.(?:js|mjs|css|map|png|jpe?g|gif|svg|ico|webp|avif|woff2?|ttf|eot|otf|mp4|webm|html?)$", re.IGNORECASE
)
_STATIC_TYPES = re.compile(
    r"image/|font/|video/|audio/|text/(?:css|html|javascript)|application/(?:javascript|x-javascript|font)"
)
_NOTHING = frozenset(("0", "404", "405", "501"))
_PLACES: tuple[In, ...] = ("path", "query", "header")


def to_specification(inventory: Inventory, *, source: str) -> Specification:
    """What traffic shows, as a specification. `servers` are the origins, the most used first; so are the endpoints.

    Left out, and counted as problems: files of pages, preflights, endpoints that never answered but with 404, 405, 501.
    """
    kept, dropped = [], Counter[str]()
    for seen in inventory.endpoints.values():
        why = _why_not(seen)
        if why:
            dropped[why] += 1
        else:
            kept.append(seen)
    names = sorted({name for seen in kept for name in seen.credentials if name != "none"})
    schemes = {scheme.name: scheme for scheme in map(_scheme, names)}
    origins = Counter[str]()
    for seen in kept:
        origins[seen.origin] += seen.count
    servers = sorted(origins, key=lambda origin: (-origins[origin], origin))
    kept.sort(key=lambda seen: (servers.index(seen.origin), seen.path, seen.method))
    return Specification(
        source=source,
        dialect="har",
        servers=tuple(servers),
        endpoints=tuple(to_endpoint(seen, source=source) for seen in kept),
        schemes=schemes,
        problems=tuple(
            Problem(code="GW-S051", message=f"{count} endpoints {why} are left out", where=source)
            for why, count in sorted(dropped.items())
        ),
    )


def from_har(data: bytes, *, source: str) -> Specification:
    """The specification that a HAR file alone amounts to. Raises SourceError when it is none."""
    problems = Problems()
    made = to_specification(collect(exchanges(data, source=source, problems=problems)), source=source)
    return replace(made, problems=problems.all() + made.problems)


def to_endpoint(seen: Observed, *, source: str) -> Endpoint:
    """One endpoint as traffic shows it. A credential that all accepted requests carried is required."""
    upgraded = (Answer(status="101"),) if "101" in seen.statuses else ()
    made = Endpoint(
        method=seen.method,
        path=seen.path,
        origin=seen.origin,
        parameters=tuple(
            Parameter(
                name=name,
                within=within,
                required=within == "path" or found.count == seen.count,
                schema=schema(found),
            )
            for within in _PLACES
            for name, found in sorted(seen.parameters.get(within, {}).items())
        ),
        bodies=tuple(_body(seen, kind) for kind in sorted(seen.bodies)),
        answers=upgraded
        + tuple(
            Answer(status=status, content_type=kind, schema=schema(found) if found.kinds else None)
            for status, kinds in sorted(seen.answers.items())
            for kind, found in sorted(kinds.items())
        ),
        security=_security(seen),
        source=source,
    )
    return replace(made, stream=stream_of(made.method, made.answers, made.parameters, {}))


def _body(seen: Observed, kind: str) -> Body:
    found = schema(seen.bodies[kind])
    if kind in seen.samples:
        found = replace(found, examples=(msgspec.json.decode(seen.samples[kind][1]),))
    everywhere = sum(shape.count for shape in seen.bodies.values()) >= seen.count
    return Body(content_type=kind, schema=found if found.types else Schema(), required=everywhere)


def _security(seen: Observed) -> tuple[Requirement, ...] | None:
    """The credentials seen as alternatives; anonymous is one when a request without any was accepted."""
    accepted = sum(count for status, count in seen.statuses.items() if status.startswith("2"))
    if not accepted:
        return None
    names = sorted(name for name in seen.credentials if name != "none")
    always = tuple(name for name in names if seen.credentials[name] == accepted)
    if always:
        return (Requirement(tuple((_scheme(name).name, ()) for name in always)),)
    found = tuple(Requirement(((_scheme(name).name, ()),)) for name in names)
    return (*found, Requirement()) if "none" in seen.credentials else found


def _scheme(credential: str) -> Scheme:
    kind, _, name = credential.partition(" ")
    if kind in ("bearer", "basic"):
        return Scheme(name=kind, kind="http", scheme=kind)
    return Scheme(name=f"{kind}-{name}", kind="apiKey", within=kind, parameter=name)


def _why_not(seen: Observed) -> str:
    if seen.method == "OPTIONS":
        return "that only ask what is allowed (OPTIONS)"
    if set(seen.statuses) <= _NOTHING:
        return "that do not exist (404, 405, 501 or no answer)"
    kinds = {kind for kinds in seen.answers.values() for kind in kinds}
    if seen.method in ("GET", "HEAD") and (
        _STATIC.search(seen.path) or (kinds and all(_STATIC_TYPES.match(kind) for kind in kinds if kind) and any(kinds))
    ):
        return "of pages and their files"
    return ""
