"""Fixtures for every package's tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("house", deadline=None)  # the machine is shared: what is slow is measured, not timed here
settings.load_profile("house")


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Folder of real inputs: `GATEWRIGHT_CORPUS`, else `../shared/corpus` beside the repository."""
    root = Path(__file__).resolve().parents[1]
    given = os.environ.get("GATEWRIGHT_CORPUS")
    folder = (
        Path(given)
        if given
        else next(
            (base / "shared" / "corpus" for base in root.parents if (base / "shared" / "corpus").is_dir()),
            root / "absent",
        )
    )
    if not folder.is_dir():
        pytest.skip("no corpus of real inputs beside the repository (set GATEWRIGHT_CORPUS)")
    return folder
