from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.model.access import Row
from gatewright.model.errors import UsageError
from gatewright.settings.access import read_access, written
from gatewright.settings.flags import Flags
from gatewright.settings.load import load

WORDS = st.sampled_from(["allow", "deny"])
COLUMNS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=8)
PATTERNS = st.builds(
    "{} /{}".format,
    st.sampled_from(["GET", "*", "DELETE"]),
    st.text("abz{}*/-_.~:#'\"\\", max_size=20),
)


def read(folder: Path, text: str, *columns: str) -> tuple[Row, ...]:
    (folder / "access.yaml").write_text(text, encoding="utf-8")
    return read_access(folder, folder, columns, {})


def test_rows_are_read_and_null_expects_nothing(tmp_path: Path) -> None:
    rows = read(
        tmp_path, 'GET /a/{id}: {owner: allow, user: deny, admin: }\n"* /b/*": {anon: allow}\n', "user", "admin"
    )
    assert rows == (Row("GET /a/{id}", {"owner": "allow", "user": "deny"}), Row("* /b/*", {"anon": "allow"}))


def test_no_file_no_rows(tmp_path: Path) -> None:
    assert read_access(tmp_path, tmp_path, (), {}) == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("GET /a: {usr: deny}", "unknown key `usr`"),
        ("GET /a: {user: no}", "`no` is not possible here"),
        ("invoices: {user: deny}", "`invoices` is no endpoint"),
        ("GET a: {user: deny}", "`GET a` is no endpoint"),
        ("- 1", "expected keys with values"),
        ("GET /a: [user]", "expected keys with values"),
        ("GET /a: {user: deny", "expected"),
    ],
)
def test_a_mistake_says_where_it_is(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(tmp_path, text, "user")
    assert said in caught.value.what
    assert caught.value.where.startswith("access.yaml:1:")


@given(st.dictionaries(PATTERNS, st.dictionaries(COLUMNS, WORDS, min_size=1, max_size=3), max_size=4))
def test_what_is_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, rows: dict[str, dict[str, str]]
) -> None:
    kept = tuple(Row(pattern, dict(cells)) for pattern, cells in rows.items())  # type: ignore[arg-type]
    folder = tmp_path_factory.mktemp("access")
    columns = [column for cells in rows.values() for column in cells]
    assert read(folder, written(kept), *columns) == kept


def test_it_stands_beside_the_configuration(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "gatewright.yaml").write_text("roles: [guest, boss]\naccounts: {ann: {bearer: x}}\n", encoding="utf-8")
    (tmp_path / "access.yaml").write_text("GET /a: {guest: deny, ann: allow}\n", encoding="utf-8")
    settings = load(config=None, directory=inner, flags=Flags(), environ={})
    assert settings.access == (Row("GET /a", {"guest": "deny", "ann": "allow"}),)
