"""How long the parts of a whole run take: `python -m benchmarks.whole [ROUNDS]`. Best of the rounds; the scan runs once.

- **plan**: 1,000 endpoints with three samples and three objects each, all tests of the library.
- **store**: exchanges with a small JSON body through the writer, masked, until they are on the disk.
- **leaves**: the one walk over bodies that every proof compares by, on a list of objects.
- **start**: a command as a ratio to a bare `python -c pass`, and in milliseconds beyond it.
- **scan**: the lab with all weaknesses and the fixed one, default settings, as `gatewright scan` runs it.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from benchmarks.sources import specification as document
from gatewright.access.classify import auth_endpoints
from gatewright.app.plan import Expected
from gatewright.app.tests import library
from gatewright.engine.plan import Situation, plan
from gatewright.model.account import Account
from gatewright.model.call import Call
from gatewright.model.events import AttemptSent, RunStarted
from gatewright.model.finding import Cell
from gatewright.model.http import Exchange, Request, Response
from gatewright.model.knowledge import Knowledge, OwnedObject, Reference, Sample
from gatewright.model.settings import Settings
from gatewright.proof.leaves import json_leaves
from gatewright.sources.openapi import parse
from gatewright.store import open_store
from scripts.detection import lab

ENDPOINTS, EXCHANGES = 1_000, 10_000
NAMES = ("alice", "bob", "root")
TOKEN = "Bearer " + "x" * 40


def best(rounds: int, run: Callable[[], float]) -> float:
    return min(run() for _ in range(rounds))


def exchange(number: int, body: bytes) -> Exchange:
    headers = (("Accept", "application/json"), ("Authorization", TOKEN))
    request = Request("GET", "http://127.0.0.1:5000", f"/users/{number}?page=1", headers)
    response = Response(200, (("Content-Type", "application/json"), ("Content-Length", str(len(body)))), body)
    sent = f"GET {request.target} HTTP/1.1\r\nHost: h\r\nAuthorization: {TOKEN}\r\n\r\n".encode()
    received = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + body
    return Exchange(number, request, response, "alice", "attack", "", 0.0, sent, received)


def items(count: int) -> bytes:
    one = {"name": "Ada Byron", "email": "ada@example.com", "tags": ["a", "b"], "address": {"city": "Bath", "zip": "1"}}
    return json.dumps([{"id": number, **one} for number in range(count)]).encode()


def planning() -> float:
    read = parse(json.dumps(document(ENDPOINTS)).encode(), source="x")
    answer = exchange(1, items(1))
    samples, objects = [], []
    for endpoint in read.endpoints:
        place = endpoint.parameters[0].place
        for number, name in enumerate(NAMES):
            call = Call(endpoint=endpoint.id).with_value(place, number)
            samples.append(Sample(endpoint=endpoint.id, account=name, call=call, exchange=answer))
            reference = Reference(endpoint=endpoint.id, place=place, values=((place, number),))
            key = f"{name}/{endpoint.path}"
            objects.append(
                OwnedObject(key=key, resource="thing", owner=name, origin="created", references=(reference,))
            )
    settings = Settings(roles=("user", "admin"), accounts=tuple(
        Account(name=name, role="admin" if name == "root" else "user") for name in NAMES
    ))  # fmt: skip
    knowledge = Knowledge(
        endpoints={one.id: one for one in read.endpoints}, samples=tuple(samples), objects=tuple(objects)
    )
    begun = time.perf_counter()
    jobs = plan(library().values(), Situation(
        knowledge=knowledge, identities=Expected(read, settings), settings=settings, auth_endpoints=auth_endpoints(read)
    ))  # fmt: skip
    seconds = time.perf_counter() - begun
    assert len(jobs) >= ENDPOINTS
    return seconds


def storing() -> float:
    body = items(12)
    exchanges = [exchange(number + 1, body) for number in range(EXCHANGES)]
    cell = Cell("GET /users/{id}", "object-access-read", "alice")
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(str(Path(folder, "store.db")))
        writer = store.consumer("r")
        begun = time.perf_counter()
        writer.start()
        writer.on(RunStarted(run="r", target=("http://h",), mode="safe", seed=1, started="2026-01-01T00:00:00Z"))
        for one in exchanges:
            writer.on(AttemptSent(exchange=one, cell=cell))
        writer.stop()
        seconds = time.perf_counter() - begun
        assert store.runs()[0].requests == EXCHANGES
        store.close()
    return seconds


def walking(body: bytes) -> float:
    """Seconds for decoded JSON; `read` would answer the second time from its cache."""
    value = json.loads(body)
    begun = time.perf_counter()
    json_leaves(value)
    return time.perf_counter() - begun


def starting(*command: str) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, *command], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begun


class Scanned(Struct, frozen=True):
    """A whole scan: seconds, those of CPU of the scan and of the lab, and requests."""

    seconds: float
    cpu: float
    lab: float
    requests: int

    @property
    def waited(self) -> float:
        """The share of the time in which neither can have worked, however well both were side by side; 0.0 to 1.0."""
        return max(self.seconds - self.cpu - self.lab, 0.0) / self.seconds


def children() -> float:
    """Seconds of CPU of all processes that were begun here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def scanning(*arguments: str) -> Scanned:
    """One scan of the lab, as `gatewright scan` runs it."""
    before = children()
    with lab(*arguments) as running, tempfile.TemporaryDirectory() as folder:
        started = children()  # `lab list` and the like
        Path(folder, "gatewright.yaml").write_text(json.dumps({"spec": running.spec, "accounts": running.accounts}))
        report = Path(folder, "report.json")
        command = [sys.executable, "-m", "gatewright", "scan", "-q", "--fail-on", "never", "--format", f"json={report}"]
        path = os.pathsep.join(str(Path(one).resolve()) for one in sys.path if one)
        begun = time.perf_counter()
        subprocess.run(
            command, cwd=folder, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": path}
        )
        seconds, cpu = time.perf_counter() - begun, children() - started
        requests = json.loads(report.read_text())["run"]["requests"]
    return Scanned(seconds, cpu, children() - before - cpu, requests)


def told(scanned: Scanned) -> str:
    """One scan, for people."""
    return (
        f"{scanned.seconds:.1f} s, {scanned.cpu:.1f} s of CPU and {scanned.lab:.1f} of the lab, "
        f"waited {scanned.waited:.0%}, {scanned.requests:,} requests"
    )


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    print(f"best of {rounds}, Python {platform.python_version()}, {os.cpu_count()} cores, ", end="")
    print(f"load {os.getloadavg()[0]:.1f}\n")
    print("| what | result | limit |\n|---|---|---|")
    print(f"| plan of {ENDPOINTS:,} endpoints | {best(rounds, planning):.2f} s | 5 s |")
    stored = best(rounds, storing)
    print(f"| {EXCHANGES:,} exchanges into the store | {stored:.2f} s, {EXCHANGES / stored:,.0f} a second | |")
    body = items(5_000)
    print(f"| leaves of JSON bodies | {len(body) / best(rounds, lambda: walking(body)) / 1e6:.0f} MB/s | |")
    bare = best(2 * rounds, lambda: starting("-c", "pass"))
    for option in ("--version", "--help"):
        ours = best(2 * rounds, lambda option=option: starting("-m", "gatewright", option))
        more = f"{(ours - bare) * 1000:.0f} ms more than bare Python's {bare * 1000:.0f}"
        print(f"| `gatewright {option}` | {ours / bare:.1f} x, {more} | 150 ms |")
    print(f"| default scan of the lab, all weaknesses | {told(scanning())} | 20 s |")
    print(f"| default scan of the fixed lab | {told(scanning('--fixed'))} | 8 s |")


if __name__ == "__main__":
    main()
