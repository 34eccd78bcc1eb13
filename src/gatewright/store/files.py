"""The folder of a store: closed to others, ignored by git, with the key that everything secret derives from."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from pathlib import Path
from urllib.parse import unquote

from gatewright.model.errors import StoreError

FOLDER = ".gatewright"
KEY_BYTES = 32


def located(where: str) -> Path:
    """The file of a store. Raises StoreError for a URL of another kind."""
    scheme, colon, rest = where.partition("://")
    if not colon:
        return Path(where)
    if scheme != "sqlite" or not rest.startswith("/"):
        raise StoreError(
            f"this version keeps its store in SQLite only, not in {scheme}",
            code="GW-D001",
            help="give a file, or sqlite:///file",
        )
    return Path(unquote(rest[1:]))


def prepare(path: Path) -> None:
    """Makes the folder (mode 0700, with a .gitignore of its own) and the file (0600). A folder that was there stays as it is."""
    folder = path.parent
    try:
        if not folder.exists():
            folder.mkdir(parents=True, mode=0o700, exist_ok=True)
            folder.chmod(0o700)
            (folder / ".gitignore").write_text("*\n", encoding="utf-8")
        elif folder.name == FOLDER:
            folder.chmod(0o700)
            if not (folder / ".gitignore").exists():
                (folder / ".gitignore").write_text("*\n", encoding="utf-8")
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise StoreError(
            f"the store cannot be opened: {error.strerror}",
            code="GW-D002",
            where=str(path),
            help="give another place with --store FILE",
        ) from None


def read_key(path: Path) -> bytes:
    """The 32 bytes of the file `key` beside the store, made on first use (mode 0600), by whichever process comes first."""
    file = path.parent / "key"
    try:
        if not file.exists():
            _make_key(file)
    except OSError as error:
        raise StoreError(f"the key cannot be written: {error.strerror}", code="GW-D003", where=str(file)) from None
    try:
        key = file.read_bytes()
    except OSError as error:
        raise StoreError(f"the key cannot be read: {error.strerror}", code="GW-D003", where=str(file)) from None
    if len(key) != KEY_BYTES:
        raise StoreError(
            f"the key has {len(key)} bytes instead of {KEY_BYTES}",
            code="GW-D003",
            where=str(file),
            help="remove it and a new one is made; accounts of unfinished runs cannot log in any more then",
        )
    return key


def _make_key(file: Path) -> None:
    """Writes a whole key under another name first: nobody ever reads half a one, and the first of two processes wins."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix="key-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(secrets.token_bytes(KEY_BYTES))
        with contextlib.suppress(FileExistsError):
            os.link(name, file)
    finally:
        Path(name).unlink()
