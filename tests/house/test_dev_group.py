from __future__ import annotations

from scripts import dev_group


def test_the_group_is_printed_as_requirements() -> None:
    found = dev_group.requirements(dev_group.Path(__file__).parents[2] / "pyproject.toml")
    assert any(line.startswith("pytest>=") for line in found)
    assert any(line.startswith("ruff") for line in found)
