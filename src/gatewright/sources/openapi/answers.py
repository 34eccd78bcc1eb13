"""Documented answers of an endpoint and their links."""

from __future__ import annotations

from urllib.parse import unquote

from gatewright.model.endpoint import Answer, Link
from gatewright.model.schema import Schema
from gatewright.sources.node import Node
from gatewright.sources.openapi.parameters import media_examples, with_examples
from gatewright.sources.openapi.references import References
from gatewright.sources.openapi.schemas import Schemas


def answers(operation: Node, schemas: Schemas, references: References) -> tuple[Answer, ...]:
    """One answer for each status and content type of OpenAPI 3; without content one with no content type."""
    found: list[Answer] = []
    for status, node in _responses(operation, references):
        headers = tuple(name for name, _ in node.members("headers"))
        links = tuple(_links(node, references))
        description = node.text("description")
        contents = [(kind, media) for kind, media in node.members("content") if media.is_object()]
        for content_type, media in contents:
            schema = schemas.convert(media.child("schema")) if media.has("schema") else None
            values = media_examples(media, references)
            if values:
                schema = with_examples(schema or Schema(), values)
            found.append(
                Answer(
                    status=status,
                    description=description,
                    content_type=content_type,
                    schema=schema,
                    headers=headers,
                    links=links,
                )
            )
        if not contents:
            found.append(Answer(status=status, description=description, headers=headers, links=links))
    return tuple(found)


def answers_v2(
    operation: Node, produces: tuple[str, ...], schemas: Schemas, references: References
) -> tuple[Answer, ...]:
    """The same for 2.0: one answer for each status and type that the operation produces."""
    found: list[Answer] = []
    for status, node in _responses(operation, references):
        schema = schemas.convert(node.child("schema")) if node.has("schema") else None
        values = dict(node.members("examples"))
        types = (produces or tuple(values) or ("application/json",)) if schema is not None else ("",)
        for content_type in types:
            value = values.get(content_type)
            found.append(
                Answer(
                    status=status,
                    description=node.text("description"),
                    content_type=content_type,
                    schema=with_examples(schema, [value.value]) if schema is not None and value is not None else schema,
                    headers=tuple(name for name, _ in node.members("headers")),
                )
            )
    return tuple(found)


def _responses(operation: Node, references: References) -> list[tuple[str, Node]]:
    found = []
    for status, node in operation.members("responses"):
        if status.startswith("x-"):
            continue
        target = references.follow(node)
        if target is None or not target.is_object():
            continue
        if not (
            status == "default"
            or (len(status) == 3 and status[0] in "12345" and status[1:].upper().strip("X0123456789") == "")
        ):
            node.report("GW-S040", f"`{status}` is not a status; left out")
            continue
        found.append((status if status == "default" else status.upper(), target))
    return found


def _links(node: Node, references: References) -> list[Link]:
    found = []
    for _, item in node.members("links"):
        link = references.follow(item)
        if link is None or not link.is_object():
            continue
        operation = link.text("operationId") or _operation(link.text("operationRef"))
        if not operation:
            link.report("GW-S041", "a link that names no operation; left out")
            continue
        values = {name: str(value.value) for name, value in link.members("parameters")}
        found.append(Link(operation=operation, parameters=values))
    return found


def _operation(reference: str) -> str:
    """`#/paths/~1users~1{id}/get` → `GET /users/{id}`; empty when it is not of this form."""
    parts = reference.partition("#")[2].split("/")
    if len(parts) != 4 or parts[1] != "paths":
        return ""
    return f"{parts[3].upper()} " + unquote(parts[2]).replace("~1", "/").replace("~0", "~")
