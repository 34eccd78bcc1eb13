from __future__ import annotations

from pathlib import Path

from scripts import lengths


def _source(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_long_function_is_named_with_its_class(tmp_path: Path) -> None:
    body = "        x = 1\n" * 60
    path = _source(tmp_path, "a.py", f"class A:\n    def long(self):\n{body}\n    def short(self):\n        x = 1\n")
    assert lengths.measure(tmp_path, [path]) == {"a.py:A.long": 61}


def test_a_function_of_exactly_the_limit_passes(tmp_path: Path) -> None:
    path = _source(tmp_path, "a.py", "def long():\n" + "    x = 1\n" * 59)
    assert lengths.measure(tmp_path, [path]) == {}


def test_a_long_file(tmp_path: Path) -> None:
    path = _source(tmp_path, "a.py", "x = 1\n" * 501)
    assert lengths.measure(tmp_path, [path]) == {"a.py": 501}


def test_exceptions_may_only_shrink() -> None:
    over = {"a.py": 510, "b.py": 520, "c.py:f": 70, "d.py": 600}
    found = lengths.complaints(over, {"a.py": 510, "b.py": 519, "c.py:f": 71, "gone.py": 700})
    assert [line.partition(":")[0] for line in found] == ["b.py", "c.py", "d.py", "gone.py"]
    assert "may only shrink" in found[0]
    assert "lower its exception" in found[1]
    assert "split" in found[2]
    assert "no exception is needed" in found[3]


def test_one_file_says_nothing_of_the_others_exceptions() -> None:
    assert lengths.complaints({}, {"gone.py": 700}, whole=False) == []


def test_the_list_is_read(tmp_path: Path) -> None:
    listing = _source(tmp_path, "lengths.txt", "# comment\n\nsrc/a.py:A.f 71\nsrc/b.py 510\n")
    assert lengths.allowed(listing) == {"src/a.py:A.f": 71, "src/b.py": 510}
    assert lengths.allowed(tmp_path / "none.txt") == {}
