"""Scans of the lab by the command line, as a user would run them, and what must come out: used by tests and the matrix."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

READY = 30.0
"""Seconds until a lab must answer."""
LONGEST = 420.0
"""Seconds after which a scan is ended and counts as failed."""


@dataclass(frozen=True)
class Scan:
    """One finished scan: exit code, the JSON report (empty when none was written), what it printed, seconds."""

    code: int
    report: dict[str, Any]
    output: str
    seconds: float

    @property
    def findings(self) -> list[dict[str, Any]]:
        """The findings of the report."""
        found: list[dict[str, Any]] = self.report.get("findings", [])
        return found

    def proved(self) -> set[tuple[str, str]]:
        """Pairs of test and the endpoint of its finding, tests within another's finding as well.

        What a finding names further (`also`: the log-out that ends nothing) is no finding of its own.
        """
        return {(test, name_of(f)) for f in self.findings for test in (f["test"], *f["also_tests"])}


@dataclass(frozen=True)
class Lab:
    """A running lab, as it describes itself."""

    url: str
    spec: str
    accounts: dict[str, Any]
    weaknesses: list[str] = field(default_factory=list)
    hooks: dict[str, Any] = field(default_factory=dict)
    tls: dict[str, Any] = field(default_factory=dict)
    """How to trust it, where it has an authority of its own."""


def command(*arguments: str) -> list[str]:
    """The command line of this environment."""
    return [sys.executable, "-m", "gatewright", *arguments]


def name_of(finding: dict[str, Any]) -> str:
    """`GET /patients/{id}` of a finding."""
    return f"{finding['endpoint']['method']} {finding['endpoint']['path']}"


@contextlib.contextmanager
def lab(*arguments: str) -> Iterator[Lab]:
    """A lab in a process of its own; ended by SIGINT."""
    process = subprocess.Popen(
        command("lab", "up", "--json", *arguments), stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, env=environment()
    )
    try:
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        line = process.stdout.readline()
        if not line:
            raise RuntimeError("the lab did not start")
        told = json.loads(line)
        yield Lab(told["url"], told["spec"], told["accounts"], told["weaknesses"], told["hooks"], told.get("tls", {}))
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
        if process.stdout is not None:
            process.stdout.close()


def environment() -> dict[str, str]:
    """The environment of a scan: this one, with the checkout's sources first and no colours."""
    source = str(Path(__file__).resolve().parent.parent / "src")
    return {**os.environ, "PYTHONPATH": source, "NO_COLOR": "1"}


def configure(folder: Path, running: Lab, **more: Any) -> Path:
    """A `gatewright.yaml` (JSON is YAML) with the accounts that the lab printed."""
    path = folder / "gatewright.yaml"
    told = {"spec": running.spec, "accounts": running.accounts, "hooks": running.hooks, "tls": running.tls, **more}
    path.write_text(json.dumps(told), encoding="utf-8")
    return path


def scan(running: Lab, *arguments: str, folder: Path | None = None, accounts: bool = True, **more: Any) -> Scan:
    """Scan a lab with its printed accounts; `more` are further keys of the configuration."""
    with contextlib.ExitStack() as stack:
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if accounts:
            configure(folder, running, **more)
        target = [] if accounts else [running.spec]
        started = time.monotonic()
        done = subprocess.run(
            command("scan", *target, "--format", "json=report.json", "--fail-on", "low", *arguments),
            cwd=folder, env=environment(), capture_output=True, text=True, timeout=LONGEST, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        seconds = time.monotonic() - started
        path = folder / "report.json"
        report = json.loads(path.read_text("utf-8")) if path.exists() else {}
        return Scan(done.returncode, report, done.stdout + done.stderr, seconds)


def with_tokens(running: Lab, dialect: str = "bearer") -> Lab:
    """The lab with ready-made credentials for its accounts: the way in to a server that no log-in can prove."""
    accounts = {
        name: {"role": account.get("role", "user"), **_ready(dialect, f"token-of-{name}-{'x' * 16}")}
        for name, account in running.accounts.items()
    }
    return replace(running, accounts=accounts)


def _ready(dialect: str, token: str) -> dict[str, Any]:
    if dialect == "cookie":
        return {"cookie": {"session": token}, "headers": {"X-CSRF-Token": f"csrf-{token}"}}
    return {"bearer": token}


def weaknesses(dialect: str = "", *spelling: str) -> list[dict[str, Any]]:
    """The lab's table: id, threat, kind, test, endpoint, dialects, needs, title; of one dialect in its own spelling.

    `spelling` is `--scramble SEED` for the rows in made-up words.
    """
    chosen = [*(["--dialect", dialect] if dialect else []), *spelling]
    done = subprocess.run(
        command("lab", "list", "--json", *chosen), env=environment(), capture_output=True, text=True, check=True
    )
    listed: list[dict[str, Any]] = json.loads(done.stdout)
    return listed


def flags(weakness: dict[str, Any]) -> tuple[list[str], list[str]]:
    """What its `needs` ask of `lab up` and of `scan`."""
    needs = weakness.get("needs") or {}
    scan_flags = [word for key in ("mode", "patience") if key in needs for word in (f"--{key}", str(needs[key]))]
    return list(needs.get("lab", [])), [*scan_flags, *(["--exclusive"] if needs.get("exclusive") else [])]


def judge(weakness: dict[str, Any], done: Scan) -> tuple[bool, list[str]]:
    """Whether the weakness was found where it is, and what else was reported."""
    wanted = (weakness["test"], weakness["endpoint"])
    others = [f"{test} {name}" for test, name in sorted(done.proved() - {wanted})]
    return wanted in done.proved(), others


def shard(rows: Sequence[Any], part: str) -> list[Any]:
    """Part `2/6` of rows; everything for an empty part."""
    if not part:
        return list(rows)
    number, _, of = part.partition("/")
    return [row for index, row in enumerate(rows) if index % int(of) == int(number) - 1]
