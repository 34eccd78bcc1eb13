from __future__ import annotations

import os
from pathlib import Path

import pytest

from scripts import docs_blocks


@pytest.fixture
def page(tmp_path: Path) -> Path:
    return tmp_path / "page.md"


def test_blocks_know_their_language_and_line(page: Path) -> None:
    page.write_text("# A\n\n```yaml\na: 1\n```\n\n- item\n  ```python title\n  x = 1\n  ```\n", encoding="utf-8")
    found = [(block.language, block.line, block.text) for block in docs_blocks.blocks(page)]
    assert found == [("yaml", 4, "a: 1\n"), ("python", 9, "x = 1\n")]


@pytest.mark.parametrize(
    ("language", "good", "bad"),
    [
        ("yaml", "a: [1]", "a: [1"),
        ("toml", "a = 1", "a = "),
        ("json", '{"a": 1}', "{a: 1}"),
        ("python", "x = 1", "x = "),
    ],
)
def test_data_and_python_must_load(page: Path, language: str, good: str, bad: str) -> None:
    assert docs_blocks.load(docs_blocks.Block(page, 3, language, good)) == ""
    assert f"page.md:3: the {language} block" in docs_blocks.load(docs_blocks.Block(page, 3, language, bad))


def test_text_may_be_anything(page: Path) -> None:
    assert docs_blocks.load(docs_blocks.Block(page, 1, "text", "a: [1")) == ""


def test_commands_with_their_output() -> None:
    text = "$ echo one \\\n>   two\none two\n$ true\n$ echo\n\n"
    assert docs_blocks.commands(text) == [("echo one \\\n  two", "one two\n"), ("true", ""), ("echo", "\n")]


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [
        ("a b\n", "a b\n", True),
        ("a b\n", "a c\n", False),
        ("a … c\n", "a 12 b c\n", True),
        ("a …\n", "a b\nc\n", False),
        ("a\n…\nz\n", "a\nb\nc\nz\n", True),
        ("a\n…\nz\n", "a\nz\n", True),
        ("…\n", "anything\nat all\n", True),
        ("", "something\n", False),
        ("a\n", "a  \n\n", True),
        ("1 (+2)\n", "1 (+2)\n", True),
    ],
)
def test_what_agrees(expected: str, printed: str, same: bool) -> None:
    assert docs_blocks.agrees(expected, printed) is same


def test_a_page_runs_in_one_folder_in_order_with_the_lab_behind_its_address(page: Path) -> None:
    page.write_text(
        "```console\n$ echo http://127.0.0.1:8000/x > f\n$ cat f\nhttp://127.0.0.1:8000/x\n$ grep -c 9999 f\n1\n```\n"
        "```python\nassert open('f').read()\n```\n",
        encoding="utf-8",
    )
    assert docs_blocks.run_page(page, environ=os.environ, lab="http://127.0.0.1:9999") == []


def test_a_page_that_is_not_true_is_shown(page: Path) -> None:
    page.write_text("```console\n$ echo new\nold\n```\n```python\nraise SystemExit(1)\n```\n", encoding="utf-8")
    found = docs_blocks.run_page(page, environ=os.environ, lab="http://127.0.0.1:9999")
    assert len(found) == 2
    assert "page.md:2: `echo new` printed\nnew" in found[0]
    assert "page.md:6: the Python block fails" in found[1]


def test_the_command_of_the_pages_is_that_of_this_checkout(page: Path, tmp_path: Path) -> None:
    page.write_text("```console\n$ gatewright --version\ngatewright …\n```\n", encoding="utf-8")
    environ = docs_blocks.surroundings(tmp_path)
    assert docs_blocks.run_page(page, environ=environ, lab="http://127.0.0.1:9999") == []
