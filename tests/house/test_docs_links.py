from __future__ import annotations

from pathlib import Path

from scripts import docs_links


def test_links_and_anchors(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# First `code` heading\n\n```\n# no heading\n```\n", encoding="utf-8")
    page = tmp_path / "page.md"
    page.write_text(
        "[a](other.md) [b](other.md#first-code-heading) [c](#here) [d](https://example.org/none)\n# Here\n"
        "[e](gone.md) [f](other.md#no-heading) ![g](gone.png) `[h](code.md)`\n",
        encoding="utf-8",
    )
    assert docs_links.complaints(page, tmp_path) == [
        "page.md: no file gone.md",
        "page.md: no heading #no-heading in other.md",
        "page.md: no file gone.png",
    ]
