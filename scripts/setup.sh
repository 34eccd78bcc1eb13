#!/bin/sh
# usage: setup.sh VENV   makes the environment: Python 3.11 or newer, `pip install -e .`, the dev group of pyproject.toml
set -eu
venv=$1

fits() { # a Python that starts and is 3.11 to 3.14
    command -v "$1" >/dev/null 2>&1 && "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' >/dev/null 2>&1
}

python=
for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11 python3.14 python; do
    if fits "$candidate"; then python=$candidate; break; fi
done
if [ -z "$python" ]; then
    echo "make setup: no Python 3.11, 3.12, 3.13 or 3.14 found." >&2
    echo "  Tried: ${PYTHON:-} python3 python3.13 python3.12 python3.11 python3.14 python" >&2
    echo "  Install one (Debian, Ubuntu: apt install python3 python3-venv; macOS: brew install python@3.13)," >&2
    echo "  or name yours: make setup PYTHON=/path/to/python3.12" >&2
    exit 2
fi
if ! "$python" -c 'import venv, ensurepip' >/dev/null 2>&1; then
    echo "make setup: $("$python" --version) has no venv module." >&2
    echo "  Debian, Ubuntu: apt install python3-venv. Or name another Python: make setup PYTHON=…" >&2
    exit 2
fi

# An environment that was copied, moved or made by another Python is made again.
if ! "$venv/bin/python" -c "import sys; sys.exit(sys.prefix != '$(pwd)/$venv')" >/dev/null 2>&1; then
    echo "making $venv with $("$python" --version)"
    rm -rf "$venv"
    "$python" -m venv "$venv"
fi
echo "installing Gatewright and its development tools into $venv (once; some minutes on a slow line)"
if ! "$venv/bin/python" scripts/dev_group.py | "$venv/bin/python" -m pip install --quiet --quiet --disable-pip-version-check -e . -r /dev/stdin; then
    echo "make setup: the installation failed; what pip said stands above." >&2
    echo "  Without a network? Set PIP_INDEX_URL or PIP_FIND_LINKS to a mirror and try again." >&2
    exit 2
fi
