from __future__ import annotations

from collections.abc import Callable

from gatewright import __version__


def test_version(gatewright: Callable[..., tuple[int, str, str]]) -> None:
    assert gatewright("version") == (0, f"gatewright {__version__}\n", "")
