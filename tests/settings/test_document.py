from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.model.errors import UsageError
from gatewright.settings.document import Node, parse


def read(text: str, **environ: str) -> Node:
    return parse(text, file="f.yaml", environ=environ)


def test_values_keep_their_spelling_and_their_place() -> None:
    found = read("a: 0123\nb:\n  - 1:30\n  - yes\n").mapping()
    assert found["a"].text() == "0123"
    assert found["a"].where == "f.yaml:1:4"
    assert found["b"].texts() == ("1:30", "yes")
    assert found["b"].items[1].where == "f.yaml:4:5"


def test_json_has_the_yaml_types() -> None:
    text = "a: 1\nb: 1.5\nc: true\nd: null\ne: [x, '2']\nf: {g: 1:30}\nh: ${N}\n"
    value = read(text, N="7").json()
    assert value == {"a": 1, "b": 1.5, "c": True, "d": None, "e": ["x", "2"], "f": {"g": "1:30"}, "h": "7"}


def test_environment_variables_are_filled_in_and_missing_ones_named() -> None:
    assert read("a: x-${A}-${B}", A="1", B="2").mapping()["a"].text() == "x-1-2"
    with pytest.raises(UsageError, match="GW-C005") as caught:
        read("a:\n  b: ${SECRET_TOKEN}").mapping()["a"].mapping()["b"].text()
    assert caught.value.where == "f.yaml:2:6"
    assert "SECRET_TOKEN" in caught.value.what


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("a: [1", "f.yaml:1:"),
        ("a: 1\nb: 2\na: 3\n", "f.yaml:3:1"),
        ("a: &x [*x]\n", "f.yaml:1:"),
        ("? [1, 2]\n: 3\n", "f.yaml:1:3"),
        ("a: 1\n---\nb: 2\n", "f.yaml:2:"),
        ("a: \x00", "f.yaml"),
        ("\ta: 1", "f.yaml:1:"),
        ("[" * 3000, "f.yaml"),
    ],
)
def test_broken_documents_say_where(text: str, where: str) -> None:
    with pytest.raises(UsageError, match="GW-C002") as caught:
        read(text)
    assert caught.value.where.startswith(where)


def test_aliases_that_double_do_not_fill_the_memory() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 30)]
    with pytest.raises(UsageError, match="too deep or too large"):
        read("\n".join(lines))


@pytest.mark.parametrize(
    ("text", "reader"),
    [
        ("[1]", "text"),
        ("", "text"),
        ("maybe", "boolean"),
        ("-1", "integer"),
        ("x", "integer"),
        ("0", "number"),
        ("ten", "seconds"),
        ("0", "size"),
        ("x", "mapping"),
        ("x", "sequence"),
        ("[{a: b}]", "texts"),
    ],
)
def test_a_value_of_the_wrong_kind_is_an_error_with_its_place(text: str, reader: str) -> None:
    node = read(f"k: {text}").mapping()["k"]
    with pytest.raises(UsageError, match="GW-C004") as caught:
        getattr(node, reader)()
    assert caught.value.where.startswith("f.yaml:1:")


def test_no_secret_of_the_environment_stands_in_an_error() -> None:
    for reader in ("boolean", "integer", "number", "seconds", "size"):
        with pytest.raises(UsageError) as caught:
            getattr(read("k: ${T}", T="s3cr3t").mapping()["k"], reader)()
        assert "s3cr3t" not in str(caught.value)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_with_a_word(text: str) -> None:
    try:
        read(text)
    except UsageError as error:
        assert error.code == "GW-C002"
