from __future__ import annotations

from graphql import GraphQLSchema, build_schema, parse, validate

from gatewright.sources.graphql.selection import WIDEST, Selector, loop


def test_every_document_is_valid(schema: GraphQLSchema) -> None:
    for kind, root in (("query", schema.query_type), ("mutation", schema.mutation_type)):
        for name, field in root.fields.items():
            document = Selector(schema).document(kind, name, field)
            assert validate(schema, parse(document)) == [], document


def test_leaves_to_a_depth_cycles_cut_and_what_needs_arguments_left_out(schema: GraphQLSchema) -> None:
    document = Selector(schema).document("query", "order", schema.query_type.fields["order"])
    assert document == ("query order($id: ID!) { order(id: $id) { id state at owner { id name password } } }")


def test_wrappers_do_not_count_as_depth(schema: GraphQLSchema) -> None:
    document = Selector(schema).document("query", "orders", schema.query_type.fields["orders"])
    assert "edges { cursor node { id state at owner { id name password } } }" in document


def test_names_that_mean_two_types_get_an_alias(schema: GraphQLSchema) -> None:
    document = Selector(schema).document("query", "search", schema.query_type.fields["search"])
    assert "... on Product { id title price }" in document
    assert "Review_title: title" in document


def test_a_document_is_bounded() -> None:
    schema = build_schema(f"type Query {{ a: A }} type A {{ {' '.join(f'f{n}: Int' for n in range(400))} }}")
    document = Selector(schema).document("query", "a", schema.query_type.fields["a"])
    assert document.count("f") == WIDEST


def test_the_way_back_to_a_type(schema: GraphQLSchema) -> None:
    fields = schema.query_type.fields
    assert loop(fields["me"].type) == ("orders", "owner")
    assert loop(fields["order"].type) == ("owner", "orders")
    assert loop(fields["product"].type) == ()
    assert loop(fields["node"].type) == ()
