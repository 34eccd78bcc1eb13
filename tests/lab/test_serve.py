"""The real thing: `lab up` as a process with a port."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from gatewright.lab.serve import Options, accounts, line, serve
from gatewright.lab.weaknesses import IDS


@contextmanager
def running(*arguments: str) -> Iterator[tuple[dict[str, Any], subprocess.Popen[str]]]:
    command = [sys.executable, "-m", "gatewright", "lab", "up", "--json", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline()), process
        finally:
            process.kill()


def get(url: str, method: str = "GET", body: dict[str, Any] | None = None) -> tuple[int, Any]:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=5)
    content = json.dumps(body) if body else None
    connection.request(method, parts.path, content, {"Content-Type": "application/json"} if body else {})
    answer = connection.getresponse()
    found = answer.status, json.loads(answer.read())
    connection.close()
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_line_then_service_then_a_quiet_end(number: signal.Signals, tmp_path: Path) -> None:
    log = tmp_path / "requests.log"
    with running("--only", "order-total", "--log", str(log), "--seed", "4") as (facts, process):
        assert facts.keys() == {"url", "spec", "accounts", "hooks", "weaknesses"}
        assert facts["weaknesses"] == ["order-total"]
        mailbox = facts["hooks"]["mail"]["request"].removeprefix("GET ").replace("{address}", "nora@example.com")
        assert get(mailbox) == (200, {"mails": []})
        assert facts["accounts"] == accounts(Options(weak=frozenset({"order-total"}), seed=4))
        status, specification = get(facts["spec"])
        assert (status, specification["openapi"]) == (200, "3.1.0")
        alice = {name: facts["accounts"]["alice"][name] for name in ("username", "password")}
        status, token = get(facts["url"] + "/auth/login", "POST", alice)
        assert (status, token["expires_in"]) == (200, 3600)
        assert log.read_text(encoding="utf-8").splitlines() == [
            "GET /openapi.json 200 anon",
            "POST /auth/login 200 anon",
        ]
        process.send_signal(number)
        assert process.wait(5) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_options_that_only_the_process_has() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with running("--port", str(port), "--yes-server", "--scramble", "3") as (facts, _):
        assert facts["url"] == f"http://127.0.0.1:{port}"
        assert facts["weaknesses"] == []
        assert get(facts["url"] + "/no/where")[0] == 200


def test_accounts_are_those_of_a_configuration() -> None:
    printed = accounts(Options())
    assert list(printed) == ["alice", "bob", "sam", "root"]
    assert {name: row.keys() - {"role", "username", "password"} for name, row in printed.items() if len(row) != 3} == {
        "sam": {"signing_key"}
    }
    assert "signing_key" not in accounts(Options(dialect="cookie"))["sam"]
    assert [row["role"] for row in printed.values()] == ["patient", "patient", "staff", "admin"]


def test_one_line_is_one_line() -> None:
    assert "\n" not in line({"a": "b\nc", "ö": sorted(IDS)})


def test_a_taken_port_is_an_error(visit: Callable[..., Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        serve(Options(port=taken.getsockname()[1]), lambda facts: None)
