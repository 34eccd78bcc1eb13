from __future__ import annotations

from datetime import UTC, datetime

from gatewright.explore.compose import Composer
from gatewright.model.call import Call, encode, leaves
from gatewright.model.endpoint import Body, Endpoint, Parameter, Place, Specification
from gatewright.model.schema import Schema
from gatewright.model.secret import Keyring

TEXT = Schema(types=("string",))
WHOLE = Schema(types=("integer",))
NOW = datetime(2026, 1, 15, tzinfo=UTC)
COMPOSER = Composer(Specification(source="t", dialect="d"), Keyring(b"k" * 32, "r"), NOW)


def _endpoint(required=(), media="application/json", **properties):
    schema = Schema(types=("object",), properties=properties, required=tuple(required))
    body = Body(content_type=media, schema=schema)
    return Endpoint(method="POST", path="/orders", origin="http://h", bodies=(body,))


def test_references_go_in_and_unknown_ones_stay_out():
    endpoint = _endpoint(("note",), note=TEXT, order_id=WHOLE, user_id=WHOLE)
    known, unknown = Place("body", "order_id"), frozenset({Place("body", "user_id")})
    composed = COMPOSER.compose(endpoint, "a", references={known: 7}, unknown=unknown)
    assert composed.call.body["order_id"] == 7
    assert "user_id" not in composed.call.body


def test_a_marker_is_planted_where_text_is_free():
    endpoint = _endpoint(("count",), count=WHOLE, kind=Schema(types=("string",), enum=("a",)), note=TEXT)
    composed = COMPOSER.compose(endpoint, "a", references={})
    assert composed.markers
    assert composed.call.body["note"] == composed.markers[0]
    plain = COMPOSER.compose(endpoint, "a", references={}, plant=False)
    assert plain.markers == ()


def test_what_is_named_by_its_title_gets_a_second_marker():
    endpoint = _endpoint(("title",), title=TEXT, count=WHOLE, about=TEXT)
    once = COMPOSER.compose(endpoint, "a", references={})
    assert "about" not in once.call.body
    twice = COMPOSER.compose(endpoint, "a", references={}, twice=True)
    assert twice.call.body["title"] == once.call.body["title"] != twice.call.body["about"]
    assert set(twice.markers) == {twice.call.body["title"], twice.call.body["about"]}


def test_the_same_label_gives_the_same_call_and_another_one_another():
    endpoint = _endpoint(("note", "email"), note=TEXT, email=Schema(types=("string",), format="email"))
    first = COMPOSER.compose(endpoint, "a", references={}).call
    assert COMPOSER.compose(endpoint, "a", references={}).call == first
    assert not set(dict(leaves(COMPOSER.compose(endpoint, "b", references={}).call.body)).values()) & set(
        first.body.values()
    )


def test_a_recipe_keeps_what_was_chosen_and_renews_what_must_be_new():
    endpoint = _endpoint(("note", "kind", "user_id"), note=TEXT, kind=TEXT, user_id=WHOLE)
    place = Place("body", "user_id")
    composed = COMPOSER.compose(endpoint, "a", references={place: 7})
    accepted = composed.call.with_value(Place("body", "kind"), "soft").with_value(Place("body", "region"), "north")
    recipe = COMPOSER.recipe(endpoint, composed, accepted)
    again = COMPOSER.compose(endpoint, "b", references={place: 9}, recipe=recipe)
    assert again.call.body["kind"] == "soft"
    assert again.call.body["region"] == "north"
    assert again.call.body["user_id"] == 9
    assert again.call.body["note"] != accepted.body["note"]
    assert again.markers


def test_a_recipe_renews_the_spelling_that_was_accepted():
    endpoint = _endpoint(("phone",), phone=TEXT)
    composed = COMPOSER.compose(endpoint, "a", references={})
    spelled = composed.values.spellings(TEXT, "phone")[0]
    recipe = COMPOSER.recipe(endpoint, composed, composed.call.with_value(Place("body", "phone"), spelled))
    again = COMPOSER.compose(endpoint, "b", references={}, recipe=recipe).call.body["phone"]
    assert again != spelled
    assert len(again) == len(spelled)


def test_parameters_and_forms():
    endpoint = Endpoint(
        method="POST",
        path="/x/{id}",
        origin="http://h",
        parameters=(
            Parameter(name="id", within="path", required=True, schema=WHOLE),
            Parameter(name="q", within="query"),
        ),
        bodies=(Body(content_type="application/x-www-form-urlencoded", schema=Schema(properties={"a": TEXT})),),
    )
    call = COMPOSER.compose(endpoint, "a", references={}).call
    assert set(call.path) == {"id"}
    assert call.query == {}
    assert encode(call.body, call.content_type).startswith(b"a=gw")


def test_files_go_into_multipart_bodies():
    endpoint = _endpoint((), "multipart/form-data", title=TEXT, file=Schema(types=("string",), format="binary"))
    call = COMPOSER.compose(endpoint, "a", references={}).call
    raw = encode(call.body, call.content_type)
    assert raw.count(b"--gatewright\r\n") == 2
    assert b'name="file"; filename="' in raw
    assert raw.endswith(b"--gatewright--\r\n")


def test_no_body_no_content_type():
    call = COMPOSER.compose(Endpoint(method="GET", path="/x", origin="http://h"), "a", references={}).call
    assert call == Call(endpoint="GET http://h/x")
