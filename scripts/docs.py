"""`make docs` writes the generated pages anew; `make docs-check` (`--check --run`) fails on anything stale, missing or broken."""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gatewright.model.settings import Tls
from gatewright.settings.accounts import KEYS as ACCOUNT_KEYS
from gatewright.settings.load import KEYS, LIMITS
from scripts import docs_blocks, docs_links, docs_pages

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
WRITTEN = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")
SETTINGS = {
    "Keys": KEYS,
    "Accounts": ACCOUNT_KEYS,
    "Limits": LIMITS,
    "TLS": Tls.__struct_fields__,
}
"""Heading of docs/reference/configuration.md → the keys that have their rows there."""
_CODE = re.compile(r"GW-[A-Z]\d{3}")


def everything() -> list[Path]:
    """Every page of the documentation."""
    return [ROOT / name for name in WRITTEN] + sorted(DOCS.rglob("*.md"))


def stale(generated: dict[str, str], folder: Path) -> list[str]:
    """Generated pages that are not on disk as they should be, and pages of tests that are gone."""
    found = []
    for name, text in generated.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            found.append(f"docs/{name} is stale: make docs")
    gone = {f"tests/{p.name}" for p in (folder / "tests").glob("*.md")} - set(generated)
    return found + [f"docs/{name}: no such test any more, delete it" for name in sorted(gone)]


def write(generated: dict[str, str], folder: Path) -> None:
    """Writes the generated pages and removes those of tests that are gone."""
    for path in (folder / "tests").glob("*.md"):
        path.unlink()
    for name, text in generated.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def code_complaints(sources: dict[str, str], explained: set[str]) -> list[str]:
    """Codes that stand in the source without an explanation, and explanations of codes that nothing uses."""
    used = {code: name for name, text in sources.items() for code in _CODE.findall(text)}
    found = [f"{used[code]}: {code} has no explanation in app/codes.toml" for code in sorted(set(used) - explained)]
    return found + [f"app/codes.toml: nothing uses {code}" for code in sorted(explained - set(used))]


def setting_complaints(page: str, keys: dict[str, tuple[str, ...]]) -> list[str]:
    """Keys of the configuration that lack their row under their heading, and rows of keys that do not exist."""
    found = []
    for heading, known in keys.items():
        section = page.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
        rows = re.findall(r"^\| `([a-z_0-9]+)` \|", section, flags=re.MULTILINE)
        found += [f"configuration.md: `{key}` has no row under {heading}" for key in known if key not in rows]
        found += [f"configuration.md: there is no key `{row}` under {heading}" for row in rows if row not in known]
    return found


def makefile_complaints(page: Path, targets: set[str]) -> list[str]:
    """`make` commands of a page that the Makefile does not have."""
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"(?:`|^\$ |^)make ([a-z-]+)", text, flags=re.MULTILINE))
    return [f"{page.name}: no `make {name}`" for name in sorted(named - targets)]


def check() -> list[str]:
    """Everything that can be told without running a command."""
    found = stale(docs_pages.pages(), DOCS)
    explained = set(docs_pages.codes())
    sources = {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted((ROOT / "src").rglob("*.py"))
    }
    found += code_complaints(sources, explained)
    settings_page = (DOCS / "reference" / "configuration.md").read_text(encoding="utf-8")
    found += setting_complaints(settings_page, SETTINGS)
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    for page in everything():
        found += [complaint for block in docs_blocks.blocks(page) if (complaint := docs_blocks.load(block))]
        found += docs_links.complaints(page, ROOT)
        found += makefile_complaints(page, targets)
    return found


def run() -> list[str]:
    """Runs the console and Python blocks of every written page, against the lab."""
    found = []
    with tempfile.TemporaryDirectory() as home:
        environ = docs_blocks.surroundings(Path(home))
        for page in everything():
            if any(block.language in ("console", "python") for block in docs_blocks.blocks(page)):
                with lab(environ) as url:
                    found += docs_blocks.run_page(page, environ=environ, lab=url)
    return found


@contextmanager
def lab(environ: dict[str, str]) -> Iterator[str]:
    """The lab with everything on, fresh for one page; its URL."""
    command = [sys.executable, "-m", "gatewright", "lab", "up", "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environ, text=True
    ) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            yield str(json.loads(line)["url"])
        finally:
            process.terminate()
            process.wait(10)


def main(arguments: list[str]) -> int:
    """Writes the pages, or checks (`--check`) and runs (`--run`) them; 1 when something is wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--run", action="store_true")
    options = parser.parse_args(arguments)
    if not options.check and not options.run:
        write(docs_pages.pages(), DOCS)
        return 0
    found = (check() if options.check else []) + (run() if options.run else [])
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
