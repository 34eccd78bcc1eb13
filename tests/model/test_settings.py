from __future__ import annotations

from gatewright.model.settings import Limits, Settings


def test_the_defaults_are_those_of_the_interface() -> None:
    """interface.md section 3: other people's pipelines rest on them."""
    limits = Limits()
    assert (limits.requests, limits.time, limits.rate, limits.concurrency) == (20_000, 600.0, None, 16)
    assert (limits.body, limits.sent, limits.mode, limits.patience) == (5 << 20, 64 << 20, "safe", "normal")
    assert (limits.connect, limits.first_byte, limits.total) == (5.0, 15.0, 30.0)
    settings = Settings()
    assert (settings.fail_on, settings.seed, settings.store) == ("high", 1, ".gatewright/gatewright.db")
    assert (settings.sign_up, settings.tls.insecure, settings.show_secrets) == (None, False, False)
    assert settings.disabled_controls == frozenset()
