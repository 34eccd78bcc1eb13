from __future__ import annotations

import pytest

from gatewright.access.located import located


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://id.test/token?x=1", ("https://id.test", "/token?x=1")),
        ("https://id.test", ("https://id.test", "/")),
        ("/token", ("http://api.test", "/token")),
        ("token", ("http://api.test", "/v1/token")),
    ],
)
def test_absolute_and_relative(url: str, found: tuple[str, str]) -> None:
    request = located(url, "http://api.test", "/v1")
    assert (request.origin, request.target) == found
