"""A scan that is killed, interrupted or out of budget goes on where it was: real processes, the clinic's own request log.

Moments are seeded: so many attempts after a phase has begun, read from the event lines of the running scan.
"""

from __future__ import annotations

import contextlib
import json
import random
import re
import signal
import sqlite3
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.detection import Lab, command, configure, environment, lab

pytestmark = pytest.mark.slow
LIMIT = 180.0
"""Seconds after which a scan that does not come to the moment is ended, and the test fails."""
ALL = ("--patience", "short", "--fail-on", "low", "--format", "json=report.json")
OPTIONS = ("--only", "API1", *ALL)
UNTIMED = ("--skip", "API4", "--skip", "user-enumeration-timing", *ALL)
"""All tests that do not measure time: what two scans of a busy machine measure is not the same."""
MARKER = re.compile(r"gw[a-z2-7]{16}")
AT_ONCE = 16
"""Requests that may be under way when a process is killed."""


class Range:
    """A clinic, a folder with its configuration, and what both wrote."""

    def __init__(self, running: Lab, folder: Path) -> None:
        self.running = running
        self.folder = folder
        configure(folder, running)

    @property
    def log(self) -> list[str]:
        """Requests that the clinic has answered, without those for its specification."""
        lines = (self.folder / "lab.log").read_text("utf-8").splitlines()
        return [line for line in lines if not line.startswith("GET /openapi.json")]

    @property
    def report(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "report.json").read_text("utf-8"))
        return found

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of the store."""
        with contextlib.closing(sqlite3.connect(self.folder / ".gatewright" / "gatewright.db")) as store:
            return store.execute(query, values).fetchall()

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command(*arguments), cwd=self.folder, env=environment(), capture_output=True, text=True, timeout=LIMIT,
            check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def until(self, phase: str, attempts: int, *signals: int, options: tuple[str, ...] = OPTIONS) -> tuple[int, str]:
        """Scan, and send the signals so many attempts after the phase began, each once the one before was said to be heard."""
        scan = subprocess.Popen(
            command("scan", *options, "--events", "-"), cwd=self.folder, env=environment(), text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        watch = threading.Timer(LIMIT, scan.kill)
        watch.start()
        try:
            assert scan.stdout is not None
            assert scan.stderr is not None
            said: list[str] = []
            for line in moment(scan.stdout, phase, attempts):
                scan.send_signal(signals[0])
                rest = threading.Thread(target=lambda: said.append(line + scan.stdout.read()))  # type: ignore[union-attr] # noqa: B023
                rest.start()
                for number in signals[1:]:
                    assert any("stopping" in heard for heard in iter(scan.stderr.readline, ""))
                    scan.send_signal(number)
                errors = scan.stderr.read()
                rest.join(LIMIT)
                return scan.wait(LIMIT), errors
            raise AssertionError(f"{phase} never had {attempts} attempts")
        finally:
            watch.cancel()
            scan.kill()
            scan.communicate()

    def markers(self, *accounts: str) -> dict[str, str]:
        """Path → a marker of ours that the account still reads there."""
        found = {}
        with urllib.request.urlopen(self.running.spec, timeout=10) as answer:
            paths = json.load(answer)["paths"]
        for account in accounts:
            told = {"username": account, "password": self.running.accounts[account]["password"]}
            token = json.loads(self._ask("/auth/login", body=json.dumps(told).encode()))["access_token"]
            for path in (p for p, item in paths.items() if "{" not in p and ends(item.get("get"))):
                marker = MARKER.search(self._ask(path, token=token))
                if marker:
                    found[f"{account} {path}"] = marker[0]
        return found

    def _ask(self, path: str, *, token: str = "", body: bytes | None = None) -> str:
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        request = urllib.request.Request(self.running.url.rstrip("/") + path, body, headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                text: str = answer.read().decode()
                return text
        except urllib.error.HTTPError:
            return ""


def ends(operation: dict[str, Any] | None) -> bool:
    """Whether there is a GET whose answer ends: a stream would be read for ever."""
    answers = operation["responses"] if operation else {"101": {}}
    return "101" not in answers and "text/event-stream" not in json.dumps(answers)


def moment(lines: Iterator[str], phase: str, attempts: int) -> Iterator[str]:
    """The line of the attempt at which something is to happen; nothing when it never comes."""
    begun = 0
    for line in lines:
        event = json.loads(line)
        if event["type"] == "PhaseChanged" and event["phase"].startswith(phase):
            begun = 1
        elif begun and event["type"] == "AttemptSent":
            begun += 1
            if begun > attempts:
                yield line
                return


@contextlib.contextmanager
def clinic(folder: Path) -> Iterator[Range]:
    with lab("--log", str(folder / "lab.log")) as running:
        yield Range(running, folder)


def objects_left(report: dict[str, Any]) -> list[str]:
    """What is left of it, without the accounts, which nothing can remove."""
    return [left["what"] for left in report["leftovers"] if not left["what"].startswith("the account ")]


def proved(report: dict[str, Any]) -> set[tuple[str, ...]]:
    """Test, endpoint and parameter of every finding."""
    return {
        (f["test"], f["endpoint"]["method"], f["endpoint"]["path"], json.dumps(f["parameter"]))
        for f in report["findings"]
    }


def verdicts(report: dict[str, Any]) -> dict[tuple[str, ...], str]:
    return {(c["endpoint"], c["test"], c["account"]): c["verdict"] for c in report["coverage"]}


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], set[str]]:
    """The report of a scan that nothing interrupts, and where traces of it stay (an audit log keeps them)."""
    with clinic(tmp_path_factory.mktemp("whole")) as place:
        done = place.run("scan", *OPTIONS)
        assert done.returncode == 1, done.stdout + done.stderr
        return place.report, set(place.markers("alice", "bob"))


@pytest.fixture(scope="module")
def whole(untouched: tuple[dict[str, Any], set[str]]) -> dict[str, Any]:
    return untouched[0]


@pytest.fixture(scope="module")
def traces(untouched: tuple[dict[str, Any], set[str]]) -> set[str]:
    return untouched[1]


MOMENTS = [
    (phase, random.Random(f"moment {seed}").randint(*span))
    for seed, (phase, span) in enumerate(
        (("log-in", (2, 25)), ("explore", (50, 700)), ("P2", (20, 90)), ("P3", (20, 120)), ("P4", (5, 30)))
    )
]


@pytest.mark.parametrize(("phase", "attempts"), MOMENTS, ids=[f"{phase}+{attempts}" for phase, attempts in MOMENTS])
def test_a_killed_scan_goes_on(
    tmp_path: Path, whole: dict[str, Any], traces: set[str], phase: str, attempts: int
) -> None:
    with clinic(tmp_path) as place:
        assert place.until(phase, attempts, signal.SIGKILL)[0] == -signal.SIGKILL
        sent = len(place.log)
        judged = {tuple(row) for row in place.rows("SELECT endpoint, test, account FROM cells WHERE data IS NOT NULL")}
        last = place.rows("SELECT coalesce(max(seq), 0) FROM exchanges")[0][0]
        done = place.run("runs", "resume", "last", "--format", "json=report.json")
        assert done.returncode == 1, done.stdout + done.stderr

        assert proved(place.report) == proved(whole)
        assert verdicts(place.report) == verdicts(whole)
        assert place.report["run"]["complete"] is True

        later = place.rows("SELECT endpoint, test, attacker FROM exchanges WHERE seq > ?", last)
        assert not judged & {tuple(row) for row in later if row[0] is not None}
        assert len(later) <= len(place.log) - sent <= len(later) + AT_ONCE  # the clinic saw what the store tells
        again = "SELECT account FROM exchanges WHERE seq > ? AND purpose = 'sign-up' AND account IN (?, ?)"
        assert phase == "log-in" or not place.rows(again, last, "gw-victim", "gw-subject")
        assert set(place.markers("alice", "bob")) <= traces


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The report of a scan with all tests but those of time that nothing interrupts."""
    with clinic(tmp_path_factory.mktemp("all")) as place:
        done = place.run("scan", *UNTIMED)
        assert done.returncode == 1, done.stdout + done.stderr
        return place.report


@pytest.mark.parametrize(("phase", "attempts"), [("P3", random.Random("all").randint(50, 400))])
def test_a_killed_scan_with_all_tests_goes_on(
    tmp_path: Path, everything: dict[str, Any], phase: str, attempts: int
) -> None:
    with clinic(tmp_path) as place:
        assert place.until(phase, attempts, signal.SIGKILL, options=UNTIMED)[0] == -signal.SIGKILL
        done = place.run("runs", "resume", "last", "--format", "json=report.json")
        assert done.returncode == 1, done.stdout + done.stderr
        assert proved(place.report) == proved(everything)
        assert place.report["run"]["complete"] is True


def test_a_budget_of_requests_ends_a_scan_early_and_the_run_goes_on(
    tmp_path: Path, whole: dict[str, Any], traces: set[str]
) -> None:
    most = 900  # a third for exploration, and less than these tests need
    with clinic(tmp_path) as place:
        more = (option for chosen in ("API3", "API5", "auth-*") for option in ("--only", chosen))
        done = place.run("scan", *OPTIONS, *more, "--max-requests", str(most))
        assert done.returncode in (0, 1), done.stdout + done.stderr
        first = place.report
        assert (first["run"]["complete"], first["run"]["stopped_because"]) == (
            False,
            "the budget of requests was spent",
        )
        assert first["run"]["requests"] <= most
        assert any((cell["verdict"], cell["reason"]) == ("skipped", "budget") for cell in first["coverage"])
        assert all(cell["verdict"] for cell in first["coverage"])
        signed_up = {
            f"{name} {path}" for name in ("alice", "bob") for path in ("/staff", "/people")
        }  # an account made by API3 itself, which nothing can remove
        assert set(place.markers("alice", "bob")) <= traces | signed_up
        assert len(objects_left(first)) < 5

        done = place.run("runs", "resume", "last", "--format", "json=report.json", "--max-requests", "20000")
        assert done.returncode == 1, done.stdout + done.stderr
        report = place.report
        assert proved(report) >= proved(first)
        assert proved(report) >= proved(whole)
        assert report["run"]["complete"] is True
        assert not any(cell["reason"] == "budget" for cell in report["coverage"])


def test_a_budget_of_time_ends_a_scan_early(tmp_path: Path, traces: set[str]) -> None:
    with clinic(tmp_path) as place:
        done = place.run("scan", *OPTIONS, "--max-time", "2s")
        assert done.returncode in (0, 1), done.stdout + done.stderr
        run = place.report["run"]
        assert (run["complete"], run["stopped_because"]) == (False, "the budget of time was spent")
        assert all(cell["verdict"] for cell in place.report["coverage"])
        assert set(place.markers("alice", "bob")) <= traces


@pytest.mark.parametrize(("number", "phase"), [(signal.SIGINT, "P2"), (signal.SIGTERM, "explore")])
def test_once_ends_it_well(tmp_path: Path, whole: dict[str, Any], traces: set[str], number: int, phase: str) -> None:
    with clinic(tmp_path) as place:
        code, said = place.until(phase, 40, number)
        assert code == 130, said
        report = place.report
        assert (report["run"]["complete"], report["run"]["stopped_because"]) == (False, "interrupted")
        assert set(place.markers("alice", "bob")) <= traces
        done = place.run("runs", "resume", "last", "--format", "json=report.json")
        assert done.returncode == 1, done.stdout + done.stderr
        assert proved(place.report) == proved(whole)


def test_twice_ends_it_at_once_and_clean_removes_the_rest(tmp_path: Path, traces: set[str]) -> None:
    with clinic(tmp_path) as place:
        code, said = place.until("P2", 40, signal.SIGINT, signal.SIGINT)
        assert code == 130, said
        assert set(place.markers("alice")) - traces
        assert len(place.report["leftovers"]) > 20
        done = place.run("runs", "resume", "last", "--clean")
        assert "removed" in done.stdout, done.stderr
        assert set(place.markers("alice", "bob")) <= traces
        left = objects_left(json.loads(place.run("runs", "show", "last", "--json").stdout))
        assert len(left) < 5
