"""`make test` and `make test-slow`: pytest in parallel, in random order by a printed seed, with the coverage floors.

The seed follows from the commit, so that a failure repeats: `make test SEED=N` takes another. `coverage.txt` holds the
floor of each pure package (percent of lines and branches together); it is raised when more is reached, never lowered.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent


def seed_of_commit() -> int:
    """A number that is the same for the same commit; 1 where there is no repository."""
    git = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return int(git.stdout[:6], 16) if git.returncode == 0 else 1


def floors(listing: Path) -> dict[str, float]:
    """Package → the least percentage."""
    lines = [line.split() for line in listing.read_text(encoding="utf-8").splitlines() if line[:1] not in ("", "#")]
    return {package: float(percent) for package, percent in lines}


def reached(report: Mapping[str, dict[str, dict[str, dict[str, int]]]]) -> dict[str, float]:
    """Package → percentage of lines and branches that ran, from coverage's JSON report."""
    sums: dict[str, list[int]] = {}
    for name, data in report["files"].items():
        package = name.replace("\\", "/").partition("gatewright/")[2].partition("/")[0]
        summary = data["summary"]
        pair = sums.setdefault(package, [0, 0])
        pair[0] += summary["covered_lines"] + summary["covered_branches"]
        pair[1] += summary["num_statements"] + summary["num_branches"]
    return {package: 100.0 * hit / total if total else 100.0 for package, (hit, total) in sums.items()}


def complaints(found: Mapping[str, float], least: Mapping[str, float]) -> list[str]:
    """Packages under their floor, a sentence each."""
    return [
        f"coverage of {package}: {found.get(package, 0.0):.1f} %, the floor is {floor:.1f} %"
        for package, floor in least.items()
        if found.get(package, 0.0) < floor
    ]


def main(arguments: list[str]) -> int:
    """Runs pytest; its exit code, or 1 when a floor is missed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--slow", action="store_true")
    parser.add_argument("--jobs", default="auto")
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args(arguments)
    seed = seed_of_commit() if options.seed is None else options.seed
    print(f"random order, seed {seed}", flush=True)
    command = [sys.executable, "-m", "pytest", "-p", "randomly", f"--randomly-seed={seed}", "-n", options.jobs]
    if options.slow:
        # by groups: what looks at one scan (test_pairs) runs in the process that made it
        return subprocess.run([*command, "-m", "slow", "--dist", "loadgroup"], cwd=ROOT, check=False).returncode
    least = floors(ROOT / "scripts" / "coverage.txt")
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "coverage.json")
        measure = [f"--cov=gatewright.{package}" for package in least]
        command += [*measure, "--cov-branch", f"--cov-report=json:{report}"]
        code = subprocess.run(command, cwd=ROOT, check=False).returncode
        found = reached(json.loads(report.read_text(encoding="utf-8"))) if report.exists() else {}
    print("coverage  " + "  ".join(f"{package} {found.get(package, 0.0):.1f} %" for package in least))
    missed = complaints(found, least)
    print("\n".join(missed), end="\n" if missed else "")
    return code or (1 if missed else 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
