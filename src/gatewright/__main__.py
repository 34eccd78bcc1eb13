"""`python -m gatewright` and the `gatewright` command."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line. The import is here so that importing this module costs nothing."""
    from gatewright.cli.main import run

    sys.exit(run())


if __name__ == "__main__":
    main()
