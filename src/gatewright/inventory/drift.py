"""A specification and traffic together: what is offered and not documented is added."""

from __future__ import annotations

import re
from urllib.parse import unquote

from msgspec.structs import replace

from gatewright.inventory.collect import Inventory
from gatewright.inventory.specification import to_specification
from gatewright.model.endpoint import Endpoint, Specification

SOURCE = "traffic"
_PARAMETER = re.compile(r"\{[^{}/]+\}")


def with_traffic(specification: Specification, inventory: Inventory) -> Specification:
    """The specification with every endpoint that traffic shows and it does not document, `source` "traffic".

    A path that differs from a documented one in the values of its parameters only takes that one's template, so that
    an undocumented method stands on the documented path. Where the document names no origin, any origin is its own.
    """
    known = [(endpoint, _pattern(endpoint.base + endpoint.path)) for endpoint in specification.endpoints]
    seen = to_specification(inventory, source=SOURCE)
    documented = {endpoint.id for endpoint in specification.endpoints}
    added: dict[str, Endpoint] = {}
    for endpoint in seen.endpoints:
        asked = inventory.endpoints[endpoint.id].paths
        matches = [
            (other, pattern)
            for other, pattern in known
            if other.origin in ("", endpoint.origin) and _matches(pattern, endpoint.path, asked)
        ]
        if any(other.method == endpoint.method for other, _ in matches):
            continue
        if matches:
            endpoint = _renamed(endpoint, min((other for other, _ in matches), key=_generality))
        if endpoint.id not in documented:
            added.setdefault(endpoint.id, endpoint)
    names = {name for endpoint in added.values() for need in endpoint.security or () for name, _ in need.schemes}
    return replace(
        specification,
        endpoints=specification.endpoints + tuple(added.values()),
        schemes={**{name: seen.schemes[name] for name in sorted(names)}, **specification.schemes},
    )


def _pattern(path: str) -> re.Pattern[str]:
    parts = _PARAMETER.split(path)
    return re.compile("[^/]+".join(re.escape(unquote(part)) for part in parts) + "/?")


def _matches(pattern: re.Pattern[str], path: str, asked: tuple[str, ...]) -> bool:
    return pattern.fullmatch(unquote(path)) is not None or any(pattern.fullmatch(unquote(one)) for one in asked)


def _generality(endpoint: Endpoint) -> tuple[int, str]:
    """Fewest parameters first: `/users/me` before `/users/{id}`."""
    return len(_PARAMETER.findall(endpoint.path)), endpoint.path


def _renamed(endpoint: Endpoint, like: Endpoint) -> Endpoint:
    """The endpoint on the documented path, with the path parameters documented there."""
    others = tuple(one for one in endpoint.parameters if one.within != "path")
    path = tuple(one for one in like.parameters if one.within == "path")
    return replace(endpoint, path=like.path, base=like.base, origin=like.origin, parameters=path + others)
