from __future__ import annotations

from pathlib import Path

import pytest

from scripts import docs


def test_writing_makes_it_fresh_and_removes_what_is_gone(tmp_path: Path) -> None:
    generated = {"tests/cors.md": "# cors\n", "reference/errors.md": "# codes\n"}
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "old.md").write_text("# old\n", encoding="utf-8")
    assert docs.stale(generated, tmp_path) == [
        "docs/tests/cors.md is stale: make docs",
        "docs/reference/errors.md is stale: make docs",
        "docs/tests/old.md: no such test any more, delete it",
    ]
    docs.write(generated, tmp_path)
    assert docs.stale(generated, tmp_path) == []


def test_codes_without_explanation_and_explanations_without_code() -> None:
    found = docs.code_complaints({"a.py": 'code="GW-U001"', "b.py": 'code="GW-S900"'}, {"GW-U001", "GW-U777"})
    assert found == [
        "b.py: GW-S900 has no explanation in app/codes.toml",
        "app/codes.toml: nothing uses GW-U777",
    ]


def test_keys_without_a_row_and_rows_without_a_key() -> None:
    page = "\n## Keys\n\n| key | value |\n|---|---|\n| `target` | x |\n| `gone` | x |\n\n## TLS\n| `ca` | x |\n"
    assert docs.setting_complaints(page, {"Keys": ("target", "spec"), "TLS": ("ca",)}) == [
        "configuration.md: `spec` has no row under Keys",
        "configuration.md: there is no key `gone` under Keys",
    ]


def test_make_commands_of_a_page_exist(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("Run `make test`, then\n```sh\nmake demmo\n```\nand make sure.\n", encoding="utf-8")
    assert docs.makefile_complaints(page, {"test", "demo"}) == ["page.md: no `make demmo`"]


@pytest.mark.slow
def test_every_command_in_the_documentation_prints_what_the_page_says() -> None:
    assert docs.run() == []
