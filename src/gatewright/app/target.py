"""Which servers are tested: `--target`, the configuration, or what the specification names (interface.md section 2)."""

from __future__ import annotations

import ipaddress
from urllib.parse import urljoin, urlsplit

import msgspec
from msgspec import Struct

from gatewright.model.endpoint import Endpoint, Specification
from gatewright.model.errors import UsageError
from gatewright.model.settings import Settings


class Placed(Struct, frozen=True):
    """The targets of a run, and the specification with every endpoint at its origin."""

    targets: tuple[str, ...]
    specification: Specification
    note: str = ""
    """What was decided without being asked, for the user."""


def place(specification: Specification, settings: Settings) -> Placed:
    """Decide the targets and put the endpoints there. Raises UsageError with the line to type."""
    if settings.target:
        return Placed(
            settings.target, _moved(specification, settings.target[0], keep_base=not _path(settings.target[0]))
        )
    remote = specification.source.startswith(("http://", "https://"))
    servers = [urljoin(specification.source, s) if remote else s for s in specification.servers]
    absolute = [s for s in servers if s.startswith(("http://", "https://"))]
    if not absolute and remote:
        absolute = ["{0.scheme}://{0.netloc}".format(urlsplit(specification.source))]
    if not absolute:
        raise UsageError(
            "the specification names no server",
            code="GW-U010",
            where=specification.source,
            help=f"gatewright scan {specification.source} --target http://127.0.0.1:8000",
        )
    first = absolute[0]
    host = urlsplit(first).hostname or ""
    if not (is_loopback(host) or (remote and host == urlsplit(specification.source).hostname)):
        raise UsageError(
            f"only the specification names {origin_of(first)}; say that you may test it",
            code="GW-U011",
            where=specification.source,
            help=f"gatewright scan {specification.source} --target {first}",
        )
    note = f"{len(absolute)} servers are named; the first is tested: {first}" if len(absolute) > 1 else ""
    return Placed((first,), _moved(specification, first, keep_base=False), note)


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only be this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _path(url: str) -> str:
    return urlsplit(url).path.rstrip("/")


def _moved(specification: Specification, target: str, *, keep_base: bool) -> Specification:
    """The specification with the endpoints of its first server at the target; those of other servers stay where they are."""
    origin, base = origin_of(target), _path(target)
    first = next((e.origin for e in specification.endpoints if e.origin), "")

    def at_target(endpoint: Endpoint) -> Endpoint:
        if endpoint.origin and endpoint.origin != first and endpoint.origin != origin:
            return endpoint
        if endpoint.field is not None and base:  # the target's path is where the schema is served
            return msgspec.structs.replace(
                endpoint, origin=origin, field=msgspec.structs.replace(endpoint.field, path=base)
            )
        return msgspec.structs.replace(endpoint, origin=origin, base=endpoint.base if keep_base or not base else base)

    return msgspec.structs.replace(specification, endpoints=tuple(at_target(e) for e in specification.endpoints))
