from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest


@pytest.mark.slow
def test_it_proves_what_the_lab_has_on_in_under_a_minute(tmp_path: Path) -> None:
    start = time.monotonic()
    command = [sys.executable, "-m", "gatewright", "demo", "--no-open"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "NO_COLOR": "1"},
    )
    seconds = time.monotonic() - start
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert seconds < 60
    folder = tmp_path / "gatewright-demo"
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert report["run"]["complete"] is True
    assert (folder / "report.html").stat().st_size > 10_000
    listed = subprocess.run(
        [sys.executable, "-m", "gatewright", "findings", "list", "--json"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(json.loads(listed.stdout)) == len(report["findings"])
