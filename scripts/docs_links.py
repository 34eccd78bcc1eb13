"""Links of the documentation: every relative one points to a file that exists, every anchor to a heading."""

from __future__ import annotations

import re
from pathlib import Path

_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"^( *)(`{3,}).*?^\1\2[ \t]*$|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as the usual hosts make them."""
    prose = re.sub(r"^( *)(`{3,}).*?^\1\2[ \t]*$", "", text, flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#{1,6} +(.+?)\s*$", prose, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).replace(" ", "-") for heading in headings}


def complaints(page: Path, root: Path) -> list[str]:
    """Links of one page that lead nowhere. Addresses with a scheme are not followed."""
    found = []
    prose = _CODE.sub("", page.read_text(encoding="utf-8"))
    for match in _LINK.finditer(prose):
        target = match[1] or match[2]
        if "://" in target or target.startswith("mailto:"):
            continue
        name, _, anchor = target.partition("#")
        other = (page.parent / name).resolve() if name else page
        if not other.exists():
            found.append(f"{page.relative_to(root)}: no file {target}")
        elif anchor and other.suffix == ".md" and anchor not in anchors(other.read_text(encoding="utf-8")):
            found.append(f"{page.relative_to(root)}: no heading #{anchor} in {other.relative_to(root)}")
    return found
