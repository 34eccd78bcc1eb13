from __future__ import annotations

import stat
from pathlib import Path

import pytest

from gatewright.model.errors import StoreError
from gatewright.store.files import KEY_BYTES, located, prepare, read_key


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_folder_is_closed_and_ignored(tmp_path: Path) -> None:
    path = tmp_path / "a" / ".gatewright" / "gatewright.db"
    prepare(path)
    key = read_key(path)
    assert len(key) == KEY_BYTES
    assert read_key(path) == key
    assert (mode(path.parent), mode(path), mode(path.parent / "key")) == (0o700, 0o600, 0o600)
    assert (path.parent / ".gitignore").read_text(encoding="utf-8") == "*\n"


def test_a_folder_of_the_users_stays_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    prepare(tmp_path / "s.db")
    assert mode(tmp_path) == 0o755
    assert not (tmp_path / ".gitignore").exists()


def test_our_own_folder_is_closed_again(tmp_path: Path) -> None:
    folder = tmp_path / ".gatewright"
    folder.mkdir(mode=0o755)
    prepare(folder / "s.db")
    assert mode(folder) == 0o700
    assert (folder / ".gitignore").exists()


def test_places(tmp_path: Path) -> None:
    assert located("x/y.db") == Path("x/y.db")
    assert located("sqlite:///x/y%20z.db") == Path("x/y z.db")
    assert located("sqlite:////x/y.db") == Path("/x/y.db")
    with pytest.raises(StoreError, match="GW-D001"):
        located("postgresql://h/d")


def test_what_cannot_be_used_is_said(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("", encoding="utf-8")
    with pytest.raises(StoreError, match="GW-D002"):
        prepare(file / "s.db")
    (tmp_path / "key").write_bytes(b"short")
    with pytest.raises(StoreError, match="5 bytes instead of 32"):
        read_key(tmp_path / "s.db")
    (tmp_path / "key").unlink()
    (tmp_path / "key").mkdir()
    with pytest.raises(StoreError, match="GW-D003"):
        read_key(tmp_path / "s.db")
