"""The demonstration: a lab of our own, scanned in full (interface.md section 1)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from gatewright.model.errors import GatewrightError
from gatewright.model.finding import Report
from gatewright.model.json import Json
from gatewright.model.settings import Limits, Settings

FOLDER = "gatewright-demo"
_READY = 20.0
"""Seconds until the lab must answer."""


class Lab(Struct, frozen=True):
    """A running lab, as `gatewright lab up --json` describes it."""

    url: str
    spec: str
    accounts: dict[str, Json]
    hooks: dict[str, Json]
    weaknesses: list[str]


class Missed(Struct, frozen=True):
    """A weakness that the lab has on, and that the scan should have proved and did not."""

    id: str
    test: str
    endpoint: str


@contextlib.asynccontextmanager
async def lab(*arguments: str) -> AsyncIterator[Lab]:
    """A lab in a process of its own, ended when the block ends. Raises GatewrightError when it does not start."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gatewright", "lab", "up", "--json", *arguments,
        stdout=asyncio.subprocess.PIPE, stdin=asyncio.subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None  # noqa: S101  (a pipe was asked for)
        line = await asyncio.wait_for(process.stdout.readline(), _READY)
        if not line:
            raise GatewrightError("the lab did not start", code="GW-L001", help="try `gatewright lab up` to see why")
        yield msgspec.convert(json.loads(line), Lab)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
            try:
                await asyncio.wait_for(process.wait(), 5)
            except TimeoutError:
                process.kill()
                await process.wait()


def prepare(folder: Path) -> None:
    """Empty the folder of the demonstration."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)


def settings_for(running: Lab, accounts: Settings, folder: Path) -> Settings:
    """Full mode, exclusive, short patience: the lab is ours. `accounts` are settings that hold the lab's accounts."""
    return msgspec.structs.replace(
        accounts,
        spec=(running.spec,),
        store=str(folder / ".gatewright" / "gatewright.db"),
        limits=Limits(mode="full", exclusive=True, patience="short"),
        fail_on="never",
    )


def missed(report: Report, weaknesses: Sequence[dict[str, str]], on: Sequence[str]) -> list[Missed]:
    """The weaknesses that are on and were not proved at their endpoint by their test, alone or within another's finding."""
    proved = {
        (test, name)
        for finding in report.findings
        for test in (finding.test, *finding.also_tests)
        for name in (finding.endpoint.name, *finding.also)
    }
    return [
        Missed(w["id"], w["test"], w["endpoint"])
        for w in weaknesses
        if w["id"] in on and (w["test"], w["endpoint"]) not in proved
    ]
