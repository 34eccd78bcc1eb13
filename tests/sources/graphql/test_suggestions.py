from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.sources.graphql.suggestions import Told, told


def one(message: str, *lines: int) -> Told:
    found = told({"errors": [{"message": message, "locations": [{"line": line, "column": 1} for line in lines]}]})
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("message", "type_", "suggested"),
    [
        ('Cannot query field "usr" on type "Query". Did you mean "user" or "users"?', "Query", ("user", "users")),
        ("Cannot query field 'usr' on type 'Query'. Did you mean 'user', 'users', or 'usage'?", "Query", ("user", "users", "usage")),
        ('Unknown field "usr" on type "Query". Did you mean "user", "users"?', "Query", ("user", "users")),
        ("Field 'usr' doesn't exist on type 'Query' (Did you mean `user` or `users`?)", "Query", ("user", "users")),
        ("Validation error (FieldUndefined@[usr]) : Field 'usr' in type 'Query' is undefined", "Query", ()),
        ("The field `usr` does not exist on the type `Query`.", "Query", ()),
        ("field 'usr' not found in type: 'query_root'", "query_root", ()),
    ],
)  # fmt: skip
def test_a_field_that_is_not_there(message: str, type_: str, suggested: tuple[str, ...]) -> None:
    found = one(message, 3)
    assert (found.kind, found.name, found.type, found.suggested, found.line) == ("field-unknown", "usr", type_, suggested, 3)  # fmt: skip


@pytest.mark.parametrize(
    "message",
    [
        'Field "user" of type "[User!]!" must have a selection of subfields. Did you mean "user { ... }"?',
        "Field 'user' of type '[User!]!' must have a sub selection.",
        "Validation error (SubselectionRequired@[user]) : Subselection required for type '[User!]!' of field 'user'",
        "Field must have selections (field 'user' returns [User!]! but has no selections. Did you mean 'user { ... }'?)",
    ],
)
def test_an_object_says_its_type_and_suggests_no_shape(message: str) -> None:
    found = one(message)
    assert (found.kind, found.name, found.type, found.suggested) == ("needs-selection", "user", "[User!]!", ())


@pytest.mark.parametrize(
    ("message", "kind", "name", "type_", "above"),
    [
        ('Field "id" must not have a selection since type "ID!" has no subfields.', "is-leaf", "id", "ID!", ""),
        ("Selections can't be made on scalars (field 'id' returns ID but has selections [\"gwx\"])", "is-leaf", "id", "ID", ""),
        ('Field "user" argument "id" of type "ID!" is required, but it was not provided.', "argument-missing", "id", "ID!", "user"),
        ("Argument 'Query.user(id:)' of type 'ID!' is required, but it was not provided.", "argument-missing", "id", "ID!", "user"),
        ("Validation error (MissingFieldArgument@[user]) : Missing field argument 'id'", "argument-missing", "id", "", ""),
        ("Field 'user' is missing required arguments: id", "argument-missing", "id", "", "user"),
        ('In argument "id": Expected type "ID!", found null.', "argument-missing", "id", "ID!", ""),
        ('Unknown argument "idd" on field "Query.user". Did you mean "id"?', "argument-unknown", "idd", "", "user"),
        ('Unknown argument "idd" on field "user" of type "Query". Did you mean "id"?', "argument-unknown", "idd", "", "user"),
        ("Field 'user' doesn't accept argument 'idd' (Did you mean `id`?)", "argument-unknown", "idd", "", "user"),
        ('Variable "$gw" of type "Boolean" used in position expecting type "ID!".', "position", "", "ID!", ""),
        ("Type mismatch on variable $gw and argument id (Boolean / ID!)", "position", "id", "ID!", ""),
        ('Field "nte" is not defined by type "OrderInput". Did you mean "note"?', "input-unknown", "nte", "OrderInput", ""),
        ("Expected value of type 'OrderInput' not to include unknown field 'nte'. Did you mean 'note'?", "input-unknown", "nte", "OrderInput", ""),
        ("InputObject 'OrderInput' doesn't accept argument 'nte'", "input-unknown", "nte", "OrderInput", ""),
        ('Field "OrderInput.note" of required type "String!" was not provided.', "input-missing", "note", "String!", "OrderInput"),
        ("Expected value of type 'OrderInput' to include required field 'note', found: {  }.", "input-missing", "note", "", "OrderInput"),
        ('Value "opn" does not exist in "State" enum. Did you mean the enum value "OPEN"?', "enum-unknown", "opn", "State", ""),
        ("Schema is not configured to execute mutation operation.", "no-root", "", "", ""),
        ("Too many validation errors, error limit reached. Validation aborted.", "truncated", "", "", ""),
        ("something else went wrong", "other", "", "", ""),
    ],
)  # fmt: skip
def test_other_misuse(message: str, kind: str, name: str, type_: str, above: str) -> None:
    found = one(message)
    assert (found.kind, found.name, found.type, found.above) == (kind, name, type_, above)


def test_types_behind_an_interface() -> None:
    text = 'Cannot query field "x" on type "Node". Did you mean to use an inline fragment on "User" or "Order"?'
    assert (one(text).fragments, one(text).suggested) == (("User", "Order"), ())


def test_the_last_line_counts() -> None:
    assert one("x", 1, 7).line == 7
    assert one("x").line == 0


@given(st.recursive(st.none() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["errors", "message", "locations", "line"]), inner)))  # fmt: skip
def test_any_answer_is_read(answer: object) -> None:
    assert isinstance(told(answer), list)
