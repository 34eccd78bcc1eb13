from __future__ import annotations

from gatewright.store.schema import metadata


def test_everything_of_a_run_goes_with_it() -> None:
    for table in metadata.tables.values():
        if "run" in table.columns:
            [key] = table.columns["run"].foreign_keys
            assert (key.column.table.name, key.ondelete) == ("runs", "CASCADE"), table.name
