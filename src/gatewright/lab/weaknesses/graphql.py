"""What only a GraphQL server can get wrong."""

from __future__ import annotations

from gatewright.lab.weaknesses.weakness import Weakness

_ONLY = ("graphql",)


def _costs(id_: str, title: str) -> Weakness:
    return Weakness(
        id=id_,
        threat="API4:2023",
        kind="unrestricted resource consumption",
        test="cost-graphql",
        endpoint="GET /me",
        title=title,
        dialects=_ONLY,
    )


ROWS: tuple[Weakness, ...] = (
    Weakness(
        id="node-read-by-id",
        threat="API1:2023",
        kind="object level authorization",
        test="object-access-read",
        endpoint="POST /graphql#query.node",
        parameter="body:variables.id",
        title="Whoever is logged in reads any object by its global name",
        dialects=_ONLY,
    ),
    _costs("query-aliases-unbounded", "One query calls a field as often as it likes, under aliases"),
    _costs("query-batches-unbounded", "One request brings as many queries as it likes"),
    _costs("query-depth-unbounded", "A query goes round a circle of types as often as it likes"),
)
