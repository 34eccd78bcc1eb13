from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

import gatewright.store.migrate as migrate
from gatewright.model.errors import StoreError
from gatewright.store.schema import metadata


def of_the_first_schema(path: Path) -> None:
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        migrate.migrate(connection, "0001")
    engine.dispose()


def schema_of(path: Path) -> list[tuple[str, str]]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name, coalesce(sql, '') FROM sqlite_master WHERE type = 'index'").fetchall()
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for kind in ("table_info", "foreign_key_list"):
                rows += [(table, str(row[1:])) for row in connection.execute(f"PRAGMA {kind}({table})").fetchall()]
    return sorted(rows)


@pytest.mark.parametrize("new", [True, False])
def test_a_new_store_and_the_migrations_have_the_schema(tmp_path: Path, new: bool) -> None:
    if not new:
        of_the_first_schema(tmp_path / "s.db")
    engine = migrate.connect(tmp_path / "s.db")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == migrate.NEWEST
    engine.dispose()
    scripts = ScriptDirectory(str(Path(migrate.__file__).parent / "migrations"))
    assert scripts.get_current_head() == migrate.NEWEST


def test_a_new_store_is_what_the_migrations_make(tmp_path: Path) -> None:
    of_the_first_schema(tmp_path / "old.db")
    for name in ("old.db", "new.db"):
        migrate.connect(tmp_path / name).dispose()
    assert schema_of(tmp_path / "new.db") == schema_of(tmp_path / "old.db")


def test_a_store_is_made_and_opened_without_alembic(tmp_path: Path) -> None:
    code = "import sys; from gatewright.store import open_store; open_store(sys.argv[1]).close(); print('alembic' in sys.modules)"
    for _ in range(2):
        found = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "s.db")], capture_output=True, text=True, timeout=60, check=True
        )
        assert found.stdout == "False\n"


def test_importing_the_package_imports_no_database() -> None:
    code = "import sys, gatewright.store; print('sqlalchemy' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert found.stdout == "False\n"


def test_two_processes_may_open_a_new_store_at_once(tmp_path: Path) -> None:
    code = "import sys; from gatewright.store import open_store; s = open_store(sys.argv[1]); print(s.key.hex()); s.close()"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "x" / "s.db")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=60) for process in started]
    assert [error for _, error in outputs] == ["", ""]
    assert outputs[0][0] == outputs[1][0]


def test_a_newer_store_is_refused(tmp_path: Path) -> None:
    migrate.connect(tmp_path / "s.db").dispose()
    with contextlib.closing(sqlite3.connect(tmp_path / "s.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(StoreError, match="GW-D005"):
        migrate.connect(tmp_path / "s.db")


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s.db").write_bytes(b"this is no database, however long it may be" * 50)
    with pytest.raises(StoreError, match="GW-D004"):
        migrate.connect(tmp_path / "s.db")


def test_a_migration_that_breaks_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import alembic.op

    def refuse(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("disk full")

    of_the_first_schema(tmp_path / "s.db")
    with monkeypatch.context() as patch:
        patch.setattr(alembic.op, "drop_column", refuse)
        with pytest.raises(sqlite3.OperationalError):
            migrate.connect(tmp_path / "s.db")
    with contextlib.closing(sqlite3.connect(tmp_path / "s.db")) as connection, connection:
        assert connection.execute("SELECT name FROM sqlite_master WHERE name = 'explorations'").fetchall() == []
    connection.close()
    migrate.connect(tmp_path / "s.db").dispose()


def test_a_store_of_the_first_schema_keeps_what_it_knew(tmp_path: Path) -> None:
    of_the_first_schema(tmp_path / "s.db")
    with contextlib.closing(sqlite3.connect(tmp_path / "s.db")) as connection, connection:
        connection.execute("INSERT INTO runs (id, started, begun, knowledge) VALUES ('r', '', x'', x'7b7d')")
        connection.execute("INSERT INTO runs (id, started, begun) VALUES ('q', '', x'')")
    connection.close()
    migrate.connect(tmp_path / "s.db").dispose()
    with contextlib.closing(sqlite3.connect(tmp_path / "s.db")) as connection, connection:
        assert connection.execute("SELECT run, data FROM explorations").fetchall() == [("r", b"{}")]
        assert connection.execute("SELECT count(*) FROM runs").fetchall() == [(2,)]
    connection.close()
