"""Prints the `dev` group of pyproject.toml as requirements: the pip of Python 3.11 knows no `--group`."""

from __future__ import annotations

import tomllib
from pathlib import Path


def requirements(pyproject: Path) -> list[str]:
    """The requirements of the group, in the order of the file."""
    with pyproject.open("rb") as file:
        return list(tomllib.load(file)["dependency-groups"]["dev"])


if __name__ == "__main__":
    print("\n".join(requirements(Path(__file__).parent.parent / "pyproject.toml")))
