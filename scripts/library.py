"""`make test-library`: every weakness alone in every dialect, all together, none, scrambled, the yes-server; writes docs/detection.md.

Resumable: rows that are in build/detection.json already are not scanned again. `--shard 2/6` does a part of the rows,
`--dialect NAME` those of one dialect, `--jobs 2` two at a time (seconds are then those of a busy machine).
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from gatewright.lab.doors import DOORS
from scripts.detection import Scan, flags, judge, lab, scan, shard, weaknesses, with_tokens

STATE = Path("build/detection.json")
PAGE = Path("docs/detection.md")
NOISE = {
    **{kind: (kind,) for kind in ("jitter", "rotate", "errors", "lag", "limit")},
    "all at once": ("jitter", "rotate", "errors", "lag", "limit"),
}
"""Kinds of noise, each alone and all at once."""
BEARABLE = 0.1
"""Share of the weaknesses that may be missed under noise."""
BEHIND = ("appointment-read-by-id", "audit-log-for-patients")
"""Weaknesses behind the doors: one takes two accounts of a rank, one two ranks."""
WHOLE = {
    "all on": (),
    "all on, scrambled 1": ("--scramble", "1"),
    "all on, scrambled 2": ("--scramble", "2"),
    "all on, scrambled 3": ("--scramble", "3"),
    "all on, 5 s tokens": ("--token-ttl", "5"),
    "fixed": ("--fixed",),
    "fixed, seed 2": ("--fixed", "--seed", "2"),
    "fixed, seed 3": ("--fixed", "--seed", "3"),
    "fixed, scrambled 1": ("--fixed", "--scramble", "1"),
    "fixed, scrambled 2": ("--fixed", "--scramble", "2"),
    "fixed, scrambled 3": ("--fixed", "--scramble", "3"),
    "yes-server, tokens given": ("--yes-server",),
    **{
        f"{state}, noise: {name}": (*arguments, *(word for kind in kinds for word in ("--noise", kind)))
        for name, kinds in NOISE.items()
        for state, arguments in (("fixed", ("--fixed",)), ("all on", ()))
    },
}
"""Scans of the whole lab in each dialect: name → arguments of `lab up`."""

Row = dict[str, Any]
_WRITING = Lock()


def main() -> int:
    """Run the missing rows and write the page; 1 when a weakness was missed or something false was reported."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shard", default="")
    parser.add_argument("--dialect", default="", help="only this one")
    parser.add_argument("--jobs", type=int, default=1, help="scans at a time")
    parser.add_argument("--fresh", action="store_true", help="forget earlier rows")
    options = parser.parse_args()
    rows: dict[str, Row] = {}
    if STATE.exists() and not options.fresh:
        rows = json.loads(STATE.read_text("utf-8"))
    tables = {name: weaknesses(name) for name in dialects() if options.dialect in ("", name)}
    missing = [row for row in shard(list(_wanted(tables)), options.shard) if row[0] not in rows]

    def one(key: str, dialect: str, weakness: Row | None, arguments: tuple[str, ...]) -> None:
        row = _whole(dialect, tables[dialect], arguments) if weakness is None else _alone(dialect, weakness)
        _keep(rows, key, row)

    with ThreadPoolExecutor(options.jobs) as pool:
        for done in [pool.submit(one, *row) for row in missing]:
            done.result()
    PAGE.write_text(page({name: weaknesses(name) for name in dialects()}, rows), encoding="utf-8")
    bad = [key for key, row in rows.items() if row["others"] or len(row["missed"]) > _bearable(key, tables)]
    print(f"{len(rows) - len(bad)} passed, {len(bad)} failed")
    return 1 if bad else 0


def _bearable(key: str, tables: dict[str, list[Row]]) -> float:
    """How many weaknesses may be missed in a row: some where the lab was noisy."""
    return BEARABLE * len(tables.get(key.partition(":")[0], ())) if "noise:" in key else 0


def dialects() -> list[str]:
    """Those that a weakness can exist in, in the order of the lab."""
    return list(dict.fromkeys(name for weakness in weaknesses() for name in weakness["dialects"]))


def _wanted(tables: dict[str, list[Row]]) -> Iterator[tuple[str, str, Row | None, tuple[str, ...]]]:
    """Key, dialect, and the weakness that is to be alone, or the arguments of the lab for a scan of the whole."""
    for dialect, table in tables.items():
        for weakness in table:
            yield f"{dialect}: {weakness['id']}", dialect, weakness, ()
        whole = {**WHOLE, **(_doors() if dialect == "bearer" else {})}
        for name, arguments in whole.items():
            yield f"{dialect}: {name}", dialect, None, arguments


def _doors() -> dict[str, tuple[str, ...]]:
    """A scan through every other way of logging in, with two weaknesses behind it and with none."""
    weak = tuple(word for name in BEHIND for word in ("--only", name))
    rows = {}
    for door in DOORS:
        rows[f"door {door}, two weaknesses"] = ("--login", door, *weak)
        rows[f"door {door}, fixed"] = ("--login", door, "--fixed")
    return rows


def _keep(rows: dict[str, Row], key: str, row: Row) -> None:
    with _WRITING:
        rows[key] = row
        STATE.parent.mkdir(exist_ok=True)
        STATE.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    state = "ok" if not row["missed"] and not row["others"] else f"missed {row['missed']}, others {row['others']}"
    print(f"{key}: {state} ({row['requests']} requests, {row['seconds']} s)", flush=True)


def _row(done: Scan, missed: list[str], others: list[str]) -> Row:
    run, inventory = done.report.get("run", {}), done.report.get("inventory", {})
    return {
        "missed": missed,
        "others": others,
        "requests": run.get("requests", 0),
        "seconds": round(done.seconds, 1),
        "exercised": inventory.get("with_2xx_sample", 0),
        "endpoints": inventory.get("endpoints", 0),
    }


def _alone(dialect: str, weakness: Row) -> Row:
    of_lab, of_scan = flags(weakness)
    with lab("--dialect", dialect, "--only", weakness["id"], *of_lab) as running:
        done = scan(running, *of_scan)
    found, others = judge(weakness, done)
    return _row(done, [] if found else [weakness["id"]], others)


def _whole(dialect: str, table: list[Row], arguments: tuple[str, ...]) -> Row:
    yes = "--yes-server" in arguments
    with lab("--dialect", dialect, *arguments) as running:
        done = scan(with_tokens(running, dialect) if yes else running)
        on = set() if yes else set(running.weaknesses)
    scrambled = "--scramble" in arguments
    if scrambled:  # the endpoints have made-up names, which the lab lists
        table = weaknesses(dialect, *arguments[(at := arguments.index("--scramble")) : at + 2])
    wanted = [w for w in table if w["id"] in on and not w["needs"] and not (scrambled and w["words"])]
    known = {(w["test"], w["endpoint"]) for w in table if w["id"] in on}
    missed = [w["id"] for w in wanted if (w["test"], w["endpoint"]) not in done.proved()]
    return _row(done, missed, [f"{test} {name}" for test, name in sorted(done.proved() - known)])


def page(tables: dict[str, list[Row]], rows: dict[str, Row]) -> str:
    """docs/detection.md."""
    lines = [
        "# Detection",
        "",
        "Each weakness of the lab switched on alone, in each dialect that it can exist in, scanned with default options (or",
        "those that its `needs` name) and the printed accounts; then the whole lab. Made by `make test-library` on",
        f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {platform.system()}.",
        "",
        "| weakness | test | dialect | endpoint | found | alone | requests | seconds |",
        "|---|---|---|---|---|---|---|---|",
    ]
    written = {weakness["id"]: weakness for table in reversed(tables.values()) for weakness in table}
    for id_ in dict.fromkeys(weakness["id"] for table in tables.values() for weakness in table):
        for dialect, table in tables.items():
            weakness = next((one for one in table if one["id"] == id_), None)
            row = rows.get(f"{dialect}: {id_}")
            if weakness is None or row is None:
                continue
            others = "no: " + ", ".join(row["others"]) if row["others"] else "yes"
            lines.append(
                f"| {id_} | {written[id_]['test']} | {dialect} | `{weakness['endpoint']}` "
                f"| {'no' if row['missed'] else 'yes'} | {others} | {row['requests']} | {row['seconds']} |"
            )
    lines += [
        "",
        "| dialect | whole lab | missed | false findings | endpoints with a 2xx sample | requests | seconds |",
        "|---|---|---|---|---|---|---|",
    ]
    for dialect in tables:
        for name in [*WHOLE, *(_doors() if dialect == "bearer" else ())]:
            row = rows.get(f"{dialect}: {name}")
            if row is not None:
                lines.append(
                    f"| {dialect} | {name} | {', '.join(row['missed']) or 'none'} | {', '.join(row['others']) or 'none'} "
                    f"| {row['exercised']} of {row['endpoints']} | {row['requests']} | {row['seconds']} |"
                )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
