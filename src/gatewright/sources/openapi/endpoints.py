"""Paths, callbacks and webhooks → endpoints."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

from msgspec.structs import replace

from gatewright.model.endpoint import Answer, Body, Endpoint, Parameter, Scheme
from gatewright.model.json import Json
from gatewright.model.schema import Schema
from gatewright.sources.node import Node
from gatewright.sources.openapi.answers import answers, answers_v2
from gatewright.sources.openapi.parameters import bodies, bodies_v2, merged, parameter, parameter_v2
from gatewright.sources.openapi.references import References, is_url
from gatewright.sources.openapi.schemas import Schemas
from gatewright.sources.openapi.security import requirements
from gatewright.sources.openapi.servers import servers, split
from gatewright.sources.streams import stream_of

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
_BESIDE_METHODS = frozenset(("summary", "description", "servers", "parameters", "$ref"))
_IN_PATH = re.compile(r"\{([^{}/]+)\}")


class Endpoints:
    """Reads the endpoints of one document. `v2` says that it is OpenAPI 2.0."""

    def __init__(
        self,
        references: References,
        schemas: Schemas,
        *,
        schemes: dict[str, Scheme],
        servers: tuple[str, ...],
        source: str,
        v2: bool,
    ) -> None:
        self._references = references
        self._schemas = schemas
        self._schemes = schemes
        self._servers = servers
        self._source = source
        self._v2 = v2
        root = references.root
        self._security = requirements(root, schemes)
        self._consumes = root.texts("consumes") if v2 else ()
        self._produces = root.texts("produces") if v2 else ()

    def read(self) -> tuple[tuple[Endpoint, ...], tuple[Endpoint, ...]]:
        """The endpoints that the API offers, and those that it calls itself (callbacks, webhooks)."""
        root = self._references.root
        own: dict[str, Endpoint] = {}
        outward: list[Endpoint] = []
        for path, node in root.members("paths"):
            if path.startswith("x-"):
                continue
            if not path.startswith("/"):
                node.report("GW-S046", f"the path `{path}` does not begin with a slash; one was put before it")
            for operation, endpoint in self._path(path if path.startswith("/") else "/" + path, node):
                if endpoint.id in own:
                    operation.report("GW-S045", f"{endpoint.name} is described twice; the first counts")
                    continue
                own[endpoint.id] = endpoint
                for _, callback in operation.members("callbacks"):
                    outward += self._outward(callback)
        for key in ("webhooks", "x-webhooks"):
            webhooks = root.child(key)
            if webhooks is not None:
                outward += self._outward(webhooks)
        return tuple(own.values()), tuple(outward)

    def _outward(self, container: Node) -> list[Endpoint]:
        """Endpoints under expressions or names: where they go is known at run time only."""
        target = self._references.follow(container)
        found = []
        for name, node in target.members() if target is not None and target.is_object() else ():
            if not name.startswith("x-"):
                found += [replace(endpoint, origin="", base="") for _, endpoint in self._path(name, node, outward=True)]
        return found

    def _path(self, path: str, node: Node, *, outward: bool = False) -> list[tuple[Node, Endpoint]]:
        """Every operation of a path item with its endpoint. A `$ref` gives what the item does not have itself."""
        if not node.is_object():
            return []
        item = self._joined(node)
        found = []
        for key, operation in item.members():
            if key.lower() in METHODS:
                if operation.is_object():
                    found.append((operation, self._endpoint(key.upper(), path, item, operation, outward=outward)))
            elif key not in _BESIDE_METHODS and not key.startswith("x-"):
                operation.report("GW-S046", f"`{key}` is not a method; left out")
        return found

    def _joined(self, node: Node) -> Node:
        target = self._references.follow(node)
        if target is None or target is node or not target.is_object():
            return node
        beside = node.value if isinstance(node.value, dict) else {}
        if set(beside) == {"$ref"}:
            return target
        base = target.value if isinstance(target.value, dict) else {}
        value = {**base, **{key: item for key, item in beside.items() if key != "$ref"}}
        return Node(value, target.document, problems=target.problems, parent=target.parent, key=target.key)

    def _endpoint(self, method: str, path: str, item: Node, operation: Node, *, outward: bool) -> Endpoint:
        nodes = merged(item, operation, self._references)
        parameters = self._parameters(nodes)
        if not outward:
            path, fixed = _fixed_query(path, operation)
            parameters = _undeclared(path, parameters + fixed, operation)
        own = requirements(operation, self._schemes)
        origin, base, scheme = self._place(item, operation)
        answers, extensions = self._answers(operation), _extensions(item) | _extensions(operation)
        return Endpoint(
            method=method,
            path=path,
            origin=origin,
            base=base,
            parameters=parameters,
            bodies=self._bodies(nodes, operation),
            answers=answers,
            security=self._security if own is None else own,
            tags=operation.texts("tags"),
            operation=operation.text("operationId"),
            summary=operation.text("summary") or item.text("summary"),
            description=operation.text("description") or item.text("description"),
            deprecated=operation.flag("deprecated"),
            extensions=extensions,
            source=operation.line,
            stream=stream_of(method, answers, parameters, extensions, scheme),
        )

    def _parameters(self, nodes: list[Node]) -> tuple[Parameter, ...]:
        found = []
        for node in nodes:
            if self._v2 and node.text("in") in ("body", "formData"):
                continue
            one = parameter_v2(node, self._schemas) if self._v2 else parameter(node, self._schemas, self._references)
            if one is not None:
                found.append(one)
        return tuple(found)

    def _bodies(self, nodes: list[Node], operation: Node) -> tuple[Body, ...]:
        if not self._v2:
            return bodies(operation, self._schemas, self._references)
        consumes = operation.texts("consumes") if operation.has("consumes") else self._consumes
        return bodies_v2(nodes, consumes, self._schemas)

    def _answers(self, operation: Node) -> tuple[Answer, ...]:
        if not self._v2:
            return answers(operation, self._schemas, self._references)
        produces = operation.texts("produces") if operation.has("produces") else self._produces
        return answers_v2(operation, produces, self._schemas, self._references)

    def _place(self, item: Node, operation: Node) -> tuple[str, str, str]:
        """Origin, base path, and scheme as it is written: the first server of the operation, else of the path, else of the document."""
        found: tuple[str, ...] = ()
        if not self._v2:
            found = servers(operation) or servers(item)
        base = self._source if is_url(self._source) else ""
        first = (found or self._servers or ("/",))[0]
        return *(split(first, base=base) or ("", "")), first.partition(":")[0].lower()


def _fixed_query(path: str, operation: Node) -> tuple[str, tuple[Parameter, ...]]:
    """A path with a query or fragment, against the standard: the query becomes parameters with one value."""
    bare, _, query = path.partition("#")[0].partition("?")
    if bare == path:
        return path, ()
    operation.report("GW-S046", f"the path `{path}` has a query or fragment; read as `{bare}`")
    pairs = () if _IN_PATH.search(query) else parse_qsl(query, keep_blank_values=True)
    return bare, tuple(
        Parameter(name=name, within="query", required=True, schema=Schema(types=("string",), enum=(value,)))
        for name, value in pairs
    )


def _undeclared(path: str, declared: tuple[Parameter, ...], operation: Node) -> tuple[Parameter, ...]:
    """The parameters, with a string for each place of the path that nobody declared."""
    names = {one.name for one in declared if one.within == "path"}
    wanted = list(dict.fromkeys(_IN_PATH.findall(path)))
    missing = [name for name in wanted if name not in names]
    for name in missing:
        operation.report("GW-S044", f"{{{name}}} of the path is not declared as a parameter; read as a string")
    for name in sorted(names - set(wanted)):
        operation.report("GW-S044", f"path parameter {name} does not stand in the path `{path}`")
    return declared + tuple(
        Parameter(name=name, within="path", required=True, schema=Schema(types=("string",))) for name in missing
    )


def _extensions(node: Node) -> dict[str, Json]:
    value = node.value if isinstance(node.value, dict) else {}
    return {key: item for key, item in value.items() if key.startswith("x-")}
