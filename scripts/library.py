"""`make test-library`: every weakness alone, all together, none, scrambled, the yes-server; writes docs/detection.md.

Resumable: rows that are in build/detection.json already are not scanned again. `--shard 2/6` does a part of the rows.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scripts.detection import Scan, judge, lab, scan, shard, weaknesses, with_tokens

STATE = Path("build/detection.json")
PAGE = Path("docs/detection.md")
WHOLE = {
    "all on": (),
    "all on, scrambled 1": ("--scramble", "1"),
    "all on, scrambled 2": ("--scramble", "2"),
    "all on, scrambled 3": ("--scramble", "3"),
    "all on, 5 s tokens": ("--token-ttl", "5"),
    "fixed": ("--fixed",),
    "fixed, scrambled 1": ("--fixed", "--scramble", "1"),
    "yes-server, tokens given": ("--yes-server",),
}
"""Scans of the whole lab: name → arguments of `lab up`."""


def main() -> int:
    """Run the missing rows and write the page; 1 when a weakness was missed or something false was reported."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shard", default="")
    parser.add_argument("--fresh", action="store_true", help="forget earlier rows")
    options = parser.parse_args()
    rows: dict[str, Any] = {}
    if STATE.exists() and not options.fresh:
        rows = json.loads(STATE.read_text("utf-8"))
    table = weaknesses()
    for weakness in shard(table, options.shard):
        if weakness["id"] not in rows:
            _keep(rows, weakness["id"], _alone(weakness))
    for name, arguments in shard(list(WHOLE.items()), options.shard):
        if name not in rows:
            _keep(rows, name, _whole(table, arguments))
    PAGE.write_text(page(table, rows), encoding="utf-8")
    bad = [key for key, row in rows.items() if row["missed"] or row["others"]]
    print(f"{len(rows) - len(bad)} passed, {len(bad)} failed")
    return 1 if bad else 0


def _keep(rows: dict[str, Any], key: str, row: dict[str, Any]) -> None:
    rows[key] = row
    STATE.parent.mkdir(exist_ok=True)
    STATE.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    state = "ok" if not row["missed"] and not row["others"] else f"missed {row['missed']}, others {row['others']}"
    print(f"{key}: {state} ({row['requests']} requests, {row['seconds']} s)", flush=True)


def _row(done: Scan, missed: list[str], others: list[str]) -> dict[str, Any]:
    run = done.report.get("run", {})
    return {
        "missed": missed,
        "others": others,
        "requests": run.get("requests", 0),
        "seconds": round(done.seconds, 1),
        "exercised": done.report.get("inventory", {}).get("with_2xx_sample", 0),
        "endpoints": done.report.get("inventory", {}).get("endpoints", 0),
    }


def _alone(weakness: dict[str, Any]) -> dict[str, Any]:
    with lab("--only", weakness["id"]) as running:
        done = scan(running)
    found, others = judge(weakness, done)
    return _row(done, [] if found else [weakness["id"]], others)


def _whole(table: list[dict[str, Any]], arguments: tuple[str, ...]) -> dict[str, Any]:
    with lab(*arguments) as running:
        done = scan(with_tokens(running) if "--yes-server" in arguments else running)
        on = set() if "--yes-server" in arguments else set(running.weaknesses)
    scrambled = "--scramble" in arguments
    wanted = [w for w in table if w["id"] in on]
    if scrambled:  # endpoints have made-up names: tests are counted instead
        left = [test for f in done.findings for test in (f["test"], *f["also_tests"])]
        missed = []
        for weakness in sorted(wanted, key=lambda w: bool(w.get("words"))):  # words alone give no proof when scrambled
            if weakness["test"] in left:
                left.remove(weakness["test"])
            elif not weakness.get("words"):
                missed.append(weakness["id"])
        return _row(done, missed, left)
    pairs = {(w["test"], w["endpoint"]) for w in wanted}
    missed = [w["id"] for w in wanted if (w["test"], w["endpoint"]) not in done.proved()]
    return _row(done, missed, [f"{test} {name}" for test, name in sorted(done.proved() - pairs)])


def page(table: list[dict[str, Any]], rows: dict[str, Any]) -> str:
    """docs/detection.md."""
    lines = [
        "# Detection",
        "",
        "Each weakness of the lab switched on alone, scanned with default options and the printed accounts; then the whole",
        "lab. Made by `make test-library`"
        f" on {datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {platform.system()}.",
        "",
        "| weakness | test | endpoint | found | alone | requests | seconds |",
        "|---|---|---|---|---|---|---|",
    ]
    for weakness in table:
        row = rows.get(weakness["id"])
        if row is None:
            continue
        lines.append(
            f"| {weakness['id']} | {weakness['test']} | `{weakness['endpoint']}` | {'no' if row['missed'] else 'yes'} "
            f"| {'no: ' + ', '.join(row['others']) if row['others'] else 'yes'} | {row['requests']} | {row['seconds']} |"
        )
    lines += [
        "",
        "| whole lab | missed | reported beside | endpoints with a 2xx sample | requests | seconds |",
        "|---|---|---|---|---|---|",
    ]
    for name in WHOLE:
        row = rows.get(name)
        if row is not None:
            lines.append(
                f"| {name} | {', '.join(row['missed']) or 'none'} | {', '.join(row['others']) or 'nothing'} "
                f"| {row['exercised']} of {row['endpoints']} | {row['requests']} | {row['seconds']} |"
            )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
