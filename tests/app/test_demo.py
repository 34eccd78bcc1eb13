from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from gatewright.app.demo import Lab as Running
from gatewright.app.demo import lab, missed, prepare, settings_for
from gatewright.model.errors import GatewrightError
from gatewright.model.finding import Finding, Report, Run
from gatewright.model.settings import Settings

RUN = Run(id="r", target=(), started="s", seconds=1.0, requests=1, mode="full", seed=1, complete=True)


def test_a_lab_runs_as_long_as_the_block() -> None:
    async def scenario() -> tuple[list[str], bool]:
        async with lab("--fixed") as running:
            port = int(running.url.rpartition(":")[2])
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
        try:
            await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return running.weaknesses, False
        return running.weaknesses, True

    assert asyncio.run(scenario()) == ([], False)


def test_a_lab_that_does_not_start_is_told() -> None:
    async def scenario() -> None:
        async with lab("--only", "no-such-weakness"):
            pass

    with pytest.raises(GatewrightError, match="did not start"):
        asyncio.run(scenario())


def test_the_folder_is_emptied(tmp_path: Path) -> None:
    folder = tmp_path / "gatewright-demo"
    for _ in range(2):
        prepare(folder)
        assert list(folder.iterdir()) == []
        (folder / "old").mkdir()


def test_the_lab_is_ours_so_everything_is_allowed(tmp_path: Path) -> None:
    running = Running(
        url="http://127.0.0.1:1", spec="http://127.0.0.1:1/openapi.json", accounts={}, hooks={}, weaknesses=[]
    )
    settings = settings_for(running, Settings(sign_up=2), tmp_path)
    assert (settings.spec, settings.sign_up, settings.fail_on) == ((running.spec,), 2, "never")
    assert (settings.limits.mode, settings.limits.exclusive, settings.limits.patience) == ("full", True, "short")
    assert settings.store == str(tmp_path / ".gatewright" / "gatewright.db")


def test_a_weakness_is_found_by_its_test_at_its_endpoint_alone_or_within_another(one_finding: Finding) -> None:
    merged = msgspec.structs.replace(one_finding, also_tests=("auth-missing",), also=("GET /b",))
    report = Report(run=RUN, findings=(merged,))
    table = [
        {"id": "a", "test": "object-access-read", "endpoint": "GET /notes/{id}"},
        {"id": "b", "test": "auth-missing", "endpoint": "GET /notes/{id}"},
        {"id": "c", "test": "object-access-read", "endpoint": "GET /b"},
        {"id": "d", "test": "object-access-read", "endpoint": "PUT /notes/{id}"},
        {"id": "e", "test": "cors", "endpoint": "GET /notes/{id}"},
        {"id": "off", "test": "cors", "endpoint": "GET /c"},
    ]
    assert [weakness.id for weakness in missed(report, table, ["a", "b", "c", "d", "e"])] == ["d", "e"]
