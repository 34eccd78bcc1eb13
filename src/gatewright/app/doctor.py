"""What is missing or misconfigured on this machine, and how to mend it."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Literal

from msgspec import Struct

from gatewright.app.target import origin_of
from gatewright.model.errors import GatewrightError
from gatewright.model.http import Request
from gatewright.model.settings import Settings
from gatewright.settings import Flags, load
from gatewright.wire.gate import Gate

State = Literal["ok", "optional", "bad"]
OLDEST, NEWEST = (3, 11), (3, 14)


class Fact(Struct, frozen=True, kw_only=True):
    """One thing that was looked at. `bad` makes the doctor say no; `optional` is missing but not needed to scan."""

    what: str
    state: State
    found: str
    mend: str = ""


async def examine(*, directory: Path, config: str | None, environ: Mapping[str, str]) -> list[Fact]:
    """Looks at Python, the dependencies, the tools that tests use, the configuration, the store and the targets.

    One GET is sent to each configured target, through the gate; nothing else.
    """
    facts = [python(sys.version_info[:3]), *dependencies(), *tools()]
    try:
        settings = load(config=config, directory=directory, flags=Flags(), environ=environ)
    except GatewrightError as error:
        return [*facts, Fact(what="configuration", state="bad", found=str(error), mend=error.help)]
    return [
        *facts,
        *configuration(settings),
        store(settings.store),
        *[await target(url, settings) for url in settings.target],
    ]


def python(version: tuple[int, ...]) -> Fact:
    """Whether this Python is one that Gatewright is tested with."""
    text = "Python " + ".".join(map(str, version))
    if OLDEST <= version[:2] <= NEWEST:
        return Fact(what="python", state="ok", found=text)
    return Fact(what="python", state="bad", found=text, mend="install Gatewright under Python 3.11 to 3.14")


def dependencies() -> Iterator[Fact]:
    """Every package that the installed distribution asks for on this platform."""
    try:
        wanted = metadata.requires("gatewright") or []
    except metadata.PackageNotFoundError:
        mend = "pip install -e . in the checkout, or pip install gatewright"
        yield Fact(what="gatewright", state="bad", found="runs from its source, not installed", mend=mend)
        return
    for line in wanted:
        requirement, _, marker = line.partition(";")
        name = re.split(r"[<>=!~\[ ]", requirement.strip(), maxsplit=1)[0]
        if not _applies(marker):
            continue
        try:
            yield Fact(what=name, state="ok", found=metadata.version(name))
        except metadata.PackageNotFoundError:
            yield Fact(what=name, state="bad", found="missing", mend=f"pip install '{requirement.strip()}'")


def tools() -> Iterator[Fact]:
    """Programs that only tests and benchmarks use."""
    for name, names, use in (
        ("wrk", ("wrk",), "`make bench` compares with it"),
        ("chromium", ("chromium", "chromium-browser", "google-chrome"), "browser tests draw the HTML report with it"),
    ):
        path = next((found for found in map(shutil.which, names) if found), None)
        if path:
            yield Fact(what=name, state="ok", found=path)
        else:
            yield Fact(what=name, state="optional", found="missing; not needed to scan", mend=use)


def configuration(settings: Settings) -> Iterator[Fact]:
    """What the configuration says, in one line, and its warnings."""
    target = ", ".join(settings.target) or "no target"
    names = ", ".join(account.name for account in settings.accounts) or "none"
    found = f"{target}; accounts: {names}; mode {settings.limits.mode}"
    yield Fact(what="configuration", state="ok", found=found)
    for warning in settings.warnings:
        yield Fact(what="configuration", state="optional", found=warning)


def store(place: str) -> Fact:
    """Whether the store's folder can be written."""
    path = Path(place)
    folder = next(parent for parent in (path.parent, *path.parent.resolve().parents) if parent.exists())
    writable = os.access(path, os.W_OK) if path.exists() else os.access(folder, os.W_OK | os.X_OK)
    if writable:
        return Fact(
            what="store", state="ok", found=f"{place} ({'exists' if path.exists() else 'made by the first scan'})"
        )
    return Fact(what="store", state="bad", found=f"{place} cannot be written", mend="choose another: --store FILE")


async def target(url: str, settings: Settings) -> Fact:
    """Whether a target answers at all; any status will do."""
    origin = origin_of(url)
    try:
        async with Gate(settings, run="doctor", targets=[url]) as gate:
            exchange = await gate.send(Request("GET", origin, url[len(origin) :] or "/"), purpose="doctor")
    except GatewrightError as error:
        return Fact(what="target", state="bad", found=f"{url}: {error.what}", mend=error.help)
    if exchange.response is None:
        mend = "is it running, and is this its address? --proxy and tls.ca may be needed"
        return Fact(what="target", state="bad", found=f"{url}: {exchange.error}", mend=mend)
    return Fact(what="target", state="ok", found=f"{url} answers {exchange.response.status}")


def _applies(marker: str) -> bool:
    """Whether a requirement's marker holds here; extras never do."""
    marker = marker.strip().replace('"', "'")
    if "extra" in marker:
        return False
    if "python_version < '3.14'" in marker:
        return sys.version_info < (3, 14)
    if "sys_platform != 'win32'" in marker:
        return sys.platform != "win32"
    return True
