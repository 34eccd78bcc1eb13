"""The clinic's database: SQLite in memory, one connection, and the few statements that the routes need."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import orjson

Row = dict[str, Any]

COLUMNS: dict[str, str] = {
    "users": "id username email password_hash full_name phone date_of_birth role city bio position contract salary balance "
    "language newsletter delivery_note loyalty_points created_at name_key mail_key second_factor suspended",
    "records": "id patient_id kind title summary created_at",
    "slots": "id doctor starts_at free_places",
    "appointments": "id patient_id companion_id slot_id reason status created_at",
    "documents": "id patient_id title content visibility metadata created_at",
    "scans": "id patient_id label name kind size content",
    "messages": "id sender_id recipient_id subject text sent_at",
    "prescriptions": "id patient_id medicine dosage note status created_at",
    "products": "id name description category price stock ean serial purchase_cost supplier_note",
    "reviews": "id product_id patient_id rating text created_at",
    "orders": "id patient_id items note total status refunded invoice_id created_at",
    "invoices": "id order_id patient_id billing_name memo amount issued_at",
    "coupons": "id code percent ends_on",
    "claims": "id patient_id title amount note status created_at",
    "measurements": "id patient_id kind reading remark created_at",
    "addresses": "id patient_id label street city postcode country",
    "payment_methods": "id patient_id label holder card expires",
    "webhooks": "id patient_id url event created_at",
    "wiki": "slug title text revision",
    "questions": "id title answer",
    "news": "id title text published_at",
    "audit_log": "id at actor action detail trace",
    "refunds": "id order_id amount reason created_at",
    "links": "id document_id expires_at",
    "revoked": "id",
    "refreshes": "id user_id family used",
    "codes": "id user_id purpose code expires",
    "sessions": "id user_id csrf expires",
}
"""Table → columns, the key first."""

FIRST_ID: dict[str, int] = {
    "users": 1041,
    "records": 2301,
    "slots": 5001,
    "appointments": 3101,
    "messages": 6201,
    "prescriptions": 7301,
    "products": 401,
    "reviews": 8401,
    "orders": 9501,
    "invoices": 20101,
    "coupons": 601,
    "questions": 711,
    "claims": 22301,
    "measurements": 23301,
    "addresses": 15301,
    "payment_methods": 2701,
    "webhooks": 17301,
    "news": 301,
    "audit_log": 51,
    "refunds": 881,
}
"""Where the numbers of each table begin; the other tables bring their own keys."""

_JSON = frozenset({"metadata", "items"})


@cache
def _statement(verb: str, table: str, columns: tuple[str, ...]) -> str:
    """SQL made of names from COLUMNS alone; values always travel as parameters."""
    known = COLUMNS[table].split()
    if unknown := set(columns) - set(known):
        raise KeyError(f"{table} has no {sorted(unknown)}")
    if verb == "insert":
        marks = ",".join("?" * len(columns))
        return " ".join(["INSERT INTO", table, "(", ",".join(columns), ") VALUES (", marks, ")"])
    tests = " AND ".join(f"{column}=?" for column in columns) or "1"
    if verb == "select":
        return " ".join(["SELECT * FROM", table, "WHERE", tests, "ORDER BY rowid"])
    if verb == "delete":
        return " ".join(["DELETE FROM", table, "WHERE", tests])
    changes = ",".join(f"{column}=?" for column in columns)
    return " ".join(["UPDATE", table, "SET", changes, "WHERE", f"{known[0]}=?"])


def _packed(row: Row) -> list[Any]:
    return [orjson.dumps(value) if column in _JSON else value for column, value in row.items()]


class Tables:
    """Rows in and out as dictionaries. Not for threads: the server is one loop, and each request runs to its end."""

    def __init__(self) -> None:
        self.told: Callable[[str, Row], None] = lambda table, row: None
        """Is told of each row that is added or changed."""
        self._db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        for table, columns in COLUMNS.items():
            key, *others = columns.split()
            kind = "INTEGER PRIMARY KEY AUTOINCREMENT" if table in FIRST_ID else "TEXT PRIMARY KEY"
            self._db.execute(" ".join(["CREATE TABLE", table, "(", ",".join([f"{key} {kind}", *others]), ")"]))
            if "patient_id" in others:
                self._db.execute(" ".join(["CREATE INDEX", f"{table}_patient", "ON", table, "(patient_id)"]))
        for table, first in FIRST_ID.items():
            self._db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, first - 1))
        self._db.execute("CREATE UNIQUE INDEX users_username ON users (username)")
        self._db.execute("CREATE UNIQUE INDEX users_email ON users (email)")

    def close(self) -> None:
        """Forget everything."""
        self._db.close()

    def add(self, table: str, **row: Any) -> Row:
        """Insert a row and return it as stored; sqlite3.IntegrityError when a unique value is taken."""
        cursor = self._write(_statement("insert", table, tuple(row)), _packed(row))
        if table in FIRST_ID:
            stored = self.get(table, cursor.lastrowid)
        else:
            stored = self.get(table, row[COLUMNS[table].split()[0]])
        self.told(table, stored or {})
        return stored or {}

    def get(self, table: str, key: int | str | None) -> Row | None:
        """The row with this key."""
        return self.first(table, **{COLUMNS[table].split(maxsplit=1)[0]: key})

    def first(self, table: str, **where: Any) -> Row | None:
        """The first row whose columns have these values."""
        rows = self.find(table, **where)
        return rows[0] if rows else None

    def find(self, table: str, **where: Any) -> list[Row]:
        """All rows whose columns have these values, oldest first."""
        cursor = self._reader(table).execute(_statement("select", table, tuple(where)), tuple(where.values()))
        names = [column[0] for column in cursor.description]
        return [
            {
                name: orjson.loads(value) if name in _JSON and value else value
                for name, value in zip(names, row, strict=True)
            }
            for row in cursor
        ]

    def change(self, table: str, key: int | str, **values: Any) -> Row:
        """Write columns of one row and return it."""
        if values:
            self._write(_statement("update", table, tuple(values)), [*_packed(values), key])
        row = self.get(table, key) or {}
        if values and row:
            self.told(table, row)
        return row

    def remove(self, table: str, **where: Any) -> int:
        """Delete rows and say how many there were. At least one column must be named."""
        if not where:
            raise ValueError("remove needs a column")
        return self._write(_statement("delete", table, tuple(where)), tuple(where.values())).rowcount

    def _write(self, statement: str, values: Iterable[Any]) -> sqlite3.Cursor:
        """Every change goes through here."""
        return self._db.execute(statement, tuple(values))

    def _reader(self, table: str) -> sqlite3.Connection:
        """Where rows of a table are read."""
        return self._db
