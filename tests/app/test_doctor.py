from __future__ import annotations

import asyncio
import os
from importlib import metadata
from pathlib import Path

import pytest

from gatewright.app import doctor
from gatewright.model.settings import Settings


@pytest.mark.parametrize(
    ("version", "state"), [((3, 10, 9), "bad"), ((3, 11, 0), "ok"), ((3, 14, 2), "ok"), ((3, 15, 0), "bad")]
)
def test_which_pythons_are_supported(version: tuple[int, ...], state: str) -> None:
    assert doctor.python(version).state == state


def test_a_missing_dependency_comes_with_the_line_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = ["click>=8.1", "no-such-package>=2 ; sys_platform != 'win32'", "rich ; extra == 'x'"]
    monkeypatch.setattr(metadata, "requires", lambda name: wanted)
    facts = list(doctor.dependencies())
    assert [(fact.what, fact.state) for fact in facts] == [("click", "ok"), ("no-such-package", "bad")]
    assert facts[1].mend == "pip install 'no-such-package>=2'"


def test_a_store_in_a_folder_that_does_not_exist_yet(tmp_path: Path) -> None:
    fact = doctor.store(str(tmp_path / "a" / "b" / "gatewright.db"))
    assert fact.state == "ok"
    assert "made by the first scan" in fact.found


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_store_that_cannot_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert doctor.store(str(tmp_path / "gatewright.db")).state == "bad"


def test_the_configuration_in_one_line(tmp_path: Path) -> None:
    text = "target: http://127.0.0.1:1\naccounts: {alice: {bearer: '${TOKEN}'}}\n"
    (tmp_path / "gatewright.yaml").write_text(text, encoding="utf-8")
    facts = asyncio.run(doctor.examine(directory=tmp_path, config=None, environ={"TOKEN": "s3cr3t-canary"}))
    assert [fact.found for fact in facts if fact.what == "configuration"] == [
        "http://127.0.0.1:1; accounts: alice; mode safe"
    ]
    assert "s3cr3t-canary" not in str(facts)


def test_a_target_that_answers_and_one_that_does_not() -> None:
    async def scenario() -> list[doctor.Fact]:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            urls = (f"http://127.0.0.1:{port}/api", "http://127.0.0.1:1")
            return [await doctor.target(url, Settings()) for url in urls]

    good, bad = asyncio.run(scenario())
    assert (good.state, good.found.endswith("/api answers 404")) == ("ok", True)
    assert (bad.state, "connect" in bad.found) == ("bad", True)
