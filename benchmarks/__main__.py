"""`python -m benchmarks [SECONDS] [ROUNDS]`: our gate against aiohttp, httpx and wrk on one loopback server.

All clients keep the same number of requests under way. The rounds are interleaved, so that what else runs on the machine
hits all of them; the table shows medians. wrk is the limit of the machine and is left out where it is not installed.
"""

from __future__ import annotations

import json
import os
import platform
import re
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version

from benchmarks.clients import CLIENTS

CONNECTIONS = 50


@contextmanager
def server() -> Iterator[str]:
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.server"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}/users/1"
    finally:
        process.terminate()
        process.wait()


def ours(name: str, url: str, seconds: float) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.clients", name, url, str(seconds), str(CONNECTIONS)]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout)


def wrk(url: str, seconds: float) -> dict[str, float]:
    """One thread, so one core; CPU from the children's usage, which a short process adds only itself to."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{max(int(seconds), 1)}s", "-H", "Accept: application/json"]
    command += ["-H", "Authorization: Bearer " + "x" * 40, f"{url}?n=1"]
    out = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    match = re.search(r"(\d+) requests in", out)
    assert match is not None, out
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"answers": int(match[1]), "seconds": time.perf_counter() - begun, "cpu": cpu}


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 3.0
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    names = [*(["wrk"] if shutil.which("wrk") else []), *CLIENTS]
    results: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    with server() as url:
        for _ in range(rounds):
            for name in names:
                results[name].append(wrk(url, seconds) if name == "wrk" else ours(name, url, seconds))
    print(f"{rounds} rounds of {seconds:g} s, {CONNECTIONS} connections, Python {platform.python_version()}, ", end="")
    print(f"{os.cpu_count()} cores with a load of {os.getloadavg()[0]:.1f}, ", end="")
    print(f"aiohttp {version('aiohttp')}, httpx {version('httpx')}")
    per_core = {n: [r["answers"] / r["cpu"] for r in rs] for n, rs in results.items()}
    rate = {n: [r["answers"] / r["seconds"] for r in rs] for n, rs in results.items()}
    print(
        "| client | answers/s | answers per second of its CPU | x aiohttp, per s | x aiohttp, per CPU s | x wrk, per CPU s |"
    )
    print("|---|---|---|---|---|---|")
    for name in names:
        cells = [f"{statistics.median(rate[name]):,.0f}", f"{statistics.median(per_core[name]):,.0f}"]
        for table, other in ((rate, "aiohttp"), (per_core, "aiohttp"), (per_core, "wrk")):
            pairs = zip(table[name], table.get(other, []), strict=False)
            ratios = [mine / theirs for mine, theirs in pairs]
            cells.append(f"{statistics.median(ratios):.2f}" if ratios else "-")
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
