from __future__ import annotations

import pytest

from gatewright.model import errors


@pytest.mark.parametrize(
    ("where", "help_", "text"),
    [
        ("", "", "GW-U001  no command `x`"),
        ("a.yaml:3:1", "", "GW-U001  no command `x`\n  a.yaml:3:1"),
        ("", "try y", "GW-U001  no command `x`\nhelp: try y"),
        ("a.yaml:3:1", "try y", "GW-U001  no command `x`\n  a.yaml:3:1\nhelp: try y"),
    ],
)
def test_what_where_and_what_to_do(where: str, help_: str, text: str) -> None:
    error = errors.UsageError("no command `x`", code="GW-U001", where=where, help=help_)
    assert str(error) == text
    assert (error.what, error.code) == ("no command `x`", "GW-U001")


def test_one_tree_with_the_exit_codes_of_the_interface() -> None:
    kinds = {
        name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)
    }
    assert all(issubclass(kind, errors.GatewrightError) for kind in kinds.values())
    assert {name: kind.exit_code for name, kind in kinds.items() if kind.exit_code != 4} == {
        "UsageError": 2,
        "SourceError": 2,
        "TargetError": 3,
    }
    assert all(name in (errors.__doc__ or "") for name in kinds)
