from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import textwrap

import pytest

from gatewright.cli.interrupt import run_interruptible


def test_it_returns_what_the_work_returns_and_restores_the_handlers() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]

    async def work(stop: asyncio.Event) -> str:
        return "done" if not stop.is_set() else "stopped"

    assert run_interruptible(work) == "done"
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_once_sets_the_event_and_lets_the_work_end(number: signal.Signals, capsys: pytest.CaptureFixture[str]) -> None:
    async def work(stop: asyncio.Event) -> str:
        signal.raise_signal(number)
        async with asyncio.timeout(5):
            await stop.wait()
        return "cleaned up"

    assert run_interruptible(work) == "cleaned up"
    assert "stopping" in capsys.readouterr().err


def test_twice_ends_at_once() -> None:
    async def work(stop: asyncio.Event) -> None:
        signal.raise_signal(signal.SIGINT)
        async with asyncio.timeout(5):
            await stop.wait()
            signal.raise_signal(signal.SIGINT)
            await asyncio.Event().wait()

    with pytest.raises(KeyboardInterrupt):
        run_interruptible(work)


def test_the_process_exits_with_130() -> None:
    script = textwrap.dedent("""
        import asyncio, sys
        from gatewright.cli.failure import report_failure
        from gatewright.cli.interrupt import run_interruptible
        async def work(stop):
            print("ready", flush=True)
            await stop.wait()
            print("stopped", flush=True)
            await asyncio.Event().wait()
        try:
            run_interruptible(work)
        except KeyboardInterrupt as error:
            sys.exit(report_failure(error))
    """)
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        for line in (b"ready\n", b"stopped\n"):
            assert process.stdout.readline() == line
            process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
