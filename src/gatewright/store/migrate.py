"""Opens the database and brings its schema to the newest revision."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, create_engine, event, text
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from gatewright.model.errors import StoreError
from gatewright.store.schema import metadata

NEWEST = "0002"
"""The revision of `schema`; where the store has it already, Alembic is not even imported."""
PRAGMAS = ("busy_timeout=10000", "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON")


def connect(path: Path) -> Engine:
    """The engine on an up-to-date database. Raises StoreError when the file is none, or from a newer version."""
    engine = create_engine(URL.create("sqlite", database=str(path)))
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    try:
        _upgrade(engine, path)
    except SQLAlchemyError as error:
        engine.dispose()
        what = str(getattr(error, "orig", error))
        raise StoreError(
            f"the store cannot be used: {what}",
            code="GW-D004",
            where=str(path),
            help="move it away, or give another with --store FILE",
        ) from None
    except BaseException:
        engine.dispose()
        raise
    return engine


def _configure(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the driver would leave CREATE TABLE outside of transactions
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("immediate")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _upgrade(engine: Engine, path: Path) -> None:
    """All or nothing, and one process at a time: the second finds it done."""
    with engine.connect() as connection:
        if _revision(connection, path) == NEWEST:
            return
    with engine.connect().execution_options(immediate=True) as connection, connection.begin():
        if _revision(connection, path) == NEWEST:
            return
        if connection.execute(text("SELECT count(*) FROM sqlite_master")).scalar() == 0:
            _create(connection)
        else:
            migrate(connection)


def _create(connection: Connection) -> None:
    """A new store at once: to import Alembic and go through every revision takes ten times as long."""
    metadata.create_all(connection, checkfirst=False)
    version = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))
    version.create(connection)
    connection.execute(version.insert().values(version_num=NEWEST))


def migrate(connection: Connection, revision: str = "head") -> None:
    """Goes through the revisions up to one."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _revision(connection: Connection, path: Path) -> str | None:
    """The revision of the store; None for a new one. Raises StoreError for one that is newer than this version."""
    if connection.execute(text("SELECT name FROM sqlite_master WHERE name = 'alembic_version'")).first() is None:
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if found is not None and found > NEWEST:
        raise StoreError(
            f"the store was written by a newer version of Gatewright (schema {found}, this one knows {NEWEST})",
            code="GW-D005",
            where=str(path),
            help="install that version, or give another store with --store FILE",
        )
    return found
