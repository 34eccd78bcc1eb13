from __future__ import annotations

from graphql import build_schema

from gatewright.sources.graphql.learnt import Learnt, bare


def test_names_within_types() -> None:
    assert [bare(one) for one in ("[User!]!", "ID", "")] == ["User", "ID", ""]


def test_a_field_of_which_nobody_told_the_type_is_left_out() -> None:
    known = Learnt()
    known.add("Query", "me", "User")
    known.add("Query", "unknown")
    known.add("Query", "empty", "Nothing")
    known.add("User", "id", "ID!")
    known.add("User", "hole")
    found = build_schema(known.sdl())
    assert set(found.query_type.fields) == {"me"}
    assert set(found.type_map["User"].fields) == {"id"}


def test_the_type_with_its_lists_wins() -> None:
    known = Learnt()
    known.add("Query", "users", "User", firm=False)
    known.add("Query", "users", "[User!]!")
    known.add("Query", "users", "User", firm=False)
    assert known.fields("Query")["users"].type == "[User!]!"


def test_arguments_of_unknown_types_are_guessed() -> None:
    known = Learnt()
    known.add("Query", "name", "String")
    known.scalars.add("When")
    known.argument("Query", "name", "ownerId", "")
    known.argument("Query", "name", "at", "When!")
    known.argument("Query", "name", "title", "")
    known.argument("Query", "nobody", "id", "ID")
    args = build_schema(known.sdl()).query_type.fields["name"].args
    assert {name: str(one.type) for name, one in args.items()} == {"ownerId": "ID", "at": "When!", "title": "String"}


def test_words_that_are_no_names_are_not_taken() -> None:
    known = Learnt()
    known.add("Query", "user { ... }", "User")
    known.add("Query", "__schema", "X")
    assert not known.fields("Query")
