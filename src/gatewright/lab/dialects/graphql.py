"""GraphQL: one address, a field per endpoint, global object names, errors with status 200 and a code.

Introspection is on unless `--no-introspection` is given; errors suggest names in any case. Without weaknesses a document may nest 8 levels, call 10 fields, and come in company of 4 others.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import orjson
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLArgument,
    GraphQLError,
    GraphQLField,
    GraphQLID,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSyntaxError,
    InlineFragmentNode,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    SelectionSetNode,
    execute_sync,
    parse,
    specified_rules,
    validate,
)
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from gatewright.lab.dialects.dialect import Dialect
from gatewright.lab.dialects.graphql_types import (
    FLAT,
    NODE_ID,
    UNPACKED,
    Shapes,
    argument_name,
    field_name,
    kind_of,
    roots,
    subscriptions,
)
from gatewright.lab.dialects.subscriptions import Talk
from gatewright.lab.dialects.web import received
from gatewright.lab.door import BearerDoor, Door
from gatewright.lab.endpoint import Call, Clinic, Endpoint, Refused, Schema
from gatewright.lab.live import Live, told
from gatewright.lab.scramble import Names
from gatewright.lab.tables import Row
from gatewright.lab.weaknesses import Weakness

PATH = "/graphql"
DEEPEST, MOST_FIELDS, MOST_TOGETHER = 8, 10, 5
"""Of one document: levels, calls of fields at its root; documents in one request."""
_MOST_TOKENS = 20_000
_KEPT = 500
"""Documents that are remembered."""
_HOLE = re.compile(r"\{(\w+)\}")
_CODES = {
    400: "BAD_REQUEST",
    401: "UNAUTHENTICATED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    409: "CONFLICT",
    413: "TOO_LARGE",
    415: "UNSUPPORTED_TYPE",
    422: "BAD_USER_INPUT",
    429: "TOO_MANY_REQUESTS",
}


class GraphQL(Dialect):
    """The clothes of a GraphQL server."""

    name = "graphql"
    specification = PATH

    def __init__(self, clinic: Clinic, names: Names) -> None:
        super().__init__(clinic, names)
        self._documents: dict[str, tuple[DocumentNode | None, list[Row]]] = {}
        self._nodes = self._find_nodes()
        shapes = Shapes(self.schemas, names)
        shapes.nodes = set(self._nodes)
        self._relate(shapes)
        query, mutation = roots(self.table, shapes, names, self._resolver)
        query["node"] = GraphQLField(
            shapes.node, args={"id": GraphQLArgument(GraphQLNonNull(GraphQLID))}, resolve=self._node
        )
        shapes.node.resolve_type = lambda value, _info, _type: value["__typename"]
        self.schema = GraphQLSchema(
            GraphQLObjectType("Query", query),
            GraphQLObjectType("Mutation", mutation),
            GraphQLObjectType("Subscription", subscriptions(self.table, shapes, names, self._subscriber)),
            types=[shapes.output(n) for n in self._nodes],
        )

    def door(self) -> Door:
        """Tokens."""
        return BearerDoor()

    @classmethod
    def listed(cls, weakness: Weakness, *, scramble: int | None = None) -> Weakness:
        """`POST /graphql#query.appointment`, `body:variables.appointment_id`."""
        names = cls.spelling(scramble)
        table = {endpoint.id: endpoint for endpoint in _table()}
        endpoint = table.get(weakness.endpoint)
        if endpoint is None:
            return weakness
        name = f"{'GET' if endpoint.live else 'POST'} {PATH}#{kind_of(endpoint)}.{field_name(endpoint, names, table)}"
        within, _, parameter = (weakness.parameter or "").partition(":")
        place = weakness.parameter
        if parameter:
            wrapped = within == "body" and endpoint.path not in FLAT
            place = f"body:variables.{'input.' if wrapped else ''}{argument_name(parameter, names)}"
        return replace(weakness, endpoint=name, parameter=place)

    def routes(self) -> list[BaseRoute]:
        """The one address."""
        socket = Talk(lambda query: self._read(query), self.schema).over
        return [Route(PATH, self._serve, methods=["POST"]), WebSocketRoute(PATH, socket)]

    def document(self) -> dict[str, Any] | None:
        """Nothing: the schema is asked for."""
        return None

    def lost(self, status: int, request: Request) -> Response:
        """Plain errors outside GraphQL."""
        detail = "no such page" if status == 404 else "POST a query"
        headers = {"Allow": "POST"} if status == 405 else None
        return Response(orjson.dumps({"errors": [{"message": detail}]}), status, headers, "application/json")

    # requests

    async def _serve(self, request: Request) -> Response:
        request.state.account, request.state.quota = "anon", {}
        try:
            asked = await self._asked(request)
        except Refused as refused:
            return Response(orjson.dumps({"errors": [_error(refused)]}), refused.status, None, "application/json")
        answers = [self._run(one, request) for one in asked] if isinstance(asked, list) else self._run(asked, request)
        headers = {"Cache-Control": "no-store", **request.state.quota}
        return Response(orjson.dumps(answers), 200, headers, "application/json")

    async def _asked(self, request: Request) -> Any:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Refused(415, "send application/json")
        try:
            asked = json.loads(await received(request))
        except (ValueError, RecursionError):
            raise Refused(400, "the body is not JSON") from None
        many = isinstance(asked, list)
        if not all(isinstance(one, dict) and isinstance(one.get("query"), str) for one in (asked if many else [asked])):
            raise Refused(400, "the body holds no query")
        if many and len(asked) > MOST_TOGETHER and "query-batches-unbounded" not in self.clinic.weak:
            raise Refused(400, f"at most {MOST_TOGETHER} operations together")
        return asked

    def _read(self, query: str) -> tuple[DocumentNode | None, list[Row]]:
        """The document of a query, or what is wrong with it; the same text is read once."""
        if query not in self._documents:
            if len(self._documents) > _KEPT:
                self._documents.clear()
            self._documents[query] = self._read_anew(query)
        return self._documents[query]

    def _read_anew(self, query: str) -> tuple[DocumentNode | None, list[Row]]:
        try:
            document = parse(query, max_tokens=_MOST_TOKENS)
        except (GraphQLSyntaxError, RecursionError) as error:
            return None, [{"message": str(error), "extensions": {"code": "GRAPHQL_PARSE_FAILED"}}]
        rules = specified_rules if self.introspection else [*specified_rules, NoSchemaIntrospectionCustomRule]
        errors = validate(self.schema, document, rules) or self._too_much(document)
        code = {"code": "GRAPHQL_VALIDATION_FAILED"}
        return document, [{**one.formatted, "extensions": {**code, **(one.extensions or {})}} for one in errors]

    def _run(self, asked: Row, request: Request) -> Row:
        document, errors = self._read(asked["query"])
        if document is None or errors:
            return {"errors": errors}
        variables = asked.get("variables")
        result = execute_sync(
            self.schema,
            document,
            context_value=request,
            variable_values=variables if isinstance(variables, dict) else None,
            operation_name=asked.get("operationName"),
        )
        return dict(result.formatted)

    def _too_much(self, document: DocumentNode) -> list[GraphQLError]:
        """Why a document costs too much; introspection may go deeper."""
        weak, measure = self.clinic.weak, _Measure(document)
        found = []
        if measure.deepest > DEEPEST and "query-depth-unbounded" not in weak:
            found.append(f"the query is {measure.deepest} levels deep; at most {DEEPEST} are allowed")
        if measure.calls > MOST_FIELDS and "query-aliases-unbounded" not in weak:
            found.append(f"the query calls {measure.calls} fields; at most {MOST_FIELDS} are allowed")
        return [GraphQLError(text, extensions={"code": "QUERY_TOO_COMPLEX"}) for text in found]

    # fields

    def _resolver(self, endpoint: Endpoint) -> Any:
        def resolve(_source: Any, info: Any, **given: Any) -> Any:
            request = info.context
            try:
                user, _ = self.known(endpoint, request.headers, endpoint.access)
                request.state.quota = self.quotas.take(endpoint, user["username"] if user else "anon")
                return self._call(endpoint, request, given)
            except Refused as refused:
                error = _error(refused, self.names)
                raise GraphQLError(error["message"], extensions=error["extensions"]) from None

        return resolve

    def _subscriber(self, endpoint: Endpoint) -> Any:
        async def subscribe(_source: Any, info: Any, **given: Any) -> AsyncIterator[Any]:
            try:
                live = self._call(endpoint, info.context, given)
            except Refused as refused:
                error = _error(refused, self.names)
                raise GraphQLError(error["message"], extensions=error["extensions"]) from None
            return self._events(live, endpoint)

        return subscribe

    async def _events(self, live: Live, endpoint: Endpoint) -> AsyncIterator[Any]:
        async for event in told(live, self.clinic.hub):
            if event is not None:
                yield self._shown(event, endpoint.answer)

    def _call(self, endpoint: Endpoint, request: Any, given: Row, *, user: Row | None = None) -> Any:
        """What the handler of an endpoint answers to these arguments, in the names on the wire."""
        names = self.names
        known, claims = self.known(endpoint, request.headers, endpoint.access)
        known = user or known
        request.state.account = known["username"] if known else request.state.account
        path = {name: given[argument_name(name, names)] for name in _HOLE.findall(endpoint.path)}
        values = [(p, given.get(argument_name(p.name, names))) for p in endpoint.parameters]
        flat = given if endpoint.path in FLAT else {}
        body = _typed(names.body(flat or given.get("input") or {}), self._body_schema(endpoint))
        call = Call(
            clinic=self.clinic,
            endpoint=endpoint,
            user=known,
            claims=claims,
            path={name: str(value) for name, value in path.items()},
            query={p.name: _text(v) for p, v in values if p.within == "query" and v is not None},
            headers={names.word(p.name): _text(v) for p, v in values if p.within == "header" and v is not None},
            body=body,
        )
        answer = self.run(call).body
        if isinstance(answer, Live):
            return answer
        if endpoint.answer in UNPACKED and isinstance(answer, dict):
            answer = answer.get("data")
        return True if answer is None and not endpoint.answer else self._shown(answer, endpoint.answer)

    def _body_schema(self, endpoint: Endpoint) -> Schema:
        if not endpoint.body:
            return {"type": "object"}
        schema, assigned = self.schemas[endpoint.body], endpoint.assigns[0]
        if not assigned:
            return schema
        return {
            **schema,
            "properties": {**schema["properties"], assigned: self.schemas[endpoint.answer]["properties"][assigned]},
        }

    def _shown(self, answer: Any, name: str) -> Any:
        """An answer in the names on the wire, its objects with their global names."""
        return self.names.body(self._named(answer, {"$ref": UNPACKED.get(name.strip("[]"), name.strip("[]"))}))

    def _named(self, value: Any, schema: Schema) -> Any:
        name = schema["$ref"].rpartition("/")[2] if "$ref" in schema else ""
        schema = self.schemas.get(name, schema)
        if isinstance(value, list):
            return [self._named(one, schema.get("items", {"$ref": name} if name else schema)) for one in value]
        if not isinstance(value, dict):
            return value
        inner = schema.get("properties", {})
        found = {key: self._named(one, inner.get(key, {})) for key, one in value.items()}
        key = value.get(self._nodes[name][1]) if name in self._nodes else None
        return {**found, NODE_ID: _global(self.names.word(name), key)} if key is not None else found

    # objects by their global names

    def _find_nodes(self) -> dict[str, tuple[Endpoint, str]]:
        """Schema → the endpoint that shows one, and the property that names it: where one parameter is enough."""
        found: dict[str, tuple[Endpoint, str]] = {}
        for endpoint in self.table.values():
            answer = UNPACKED.get(endpoint.answer, endpoint.answer)
            holes = _HOLE.findall(endpoint.path)
            if endpoint.method != "GET" or len(holes) != 1 or not endpoint.path.endswith("}"):
                continue
            properties = self.schemas.get(answer, {}).get("properties", {})
            key = next((name for name in ("id", holes[0]) if name in properties), "")
            if key and answer not in found:
                found[answer] = (endpoint, key)
        return found

    def _node(self, _source: Any, info: Any, **given: Any) -> Any:
        """An object by its global name: as its own field shows it."""
        kind, _, key = _decoded(given["id"]).partition(":")
        name = next((name for name in self._nodes if self.names.word(name) == kind), "")
        if not name:
            return None
        endpoint = self._nodes[name][0]
        argument = argument_name(_HOLE.findall(endpoint.path)[0], self.names)
        owner = self._owner(endpoint, key) if "node-read-by-id" in self.clinic.weak else None
        try:
            known, _ = self.known(endpoint, info.context.headers, endpoint.access)
            found = self._call(endpoint, info.context, {argument: key}, user=owner if known else None)
        except Refused as refused:
            error = _error(refused)
            raise GraphQLError(error["message"], extensions=error["extensions"]) from None
        return {**found, "__typename": kind} if isinstance(found, dict) else None

    def _owner(self, endpoint: Endpoint, key: str) -> Row | None:
        """Whose an object is, for the weakness that asks as its owner."""
        table = endpoint.path.split("/")[1].replace("-", "_")
        try:
            row = self.clinic.tables.get(table, int(key) if key.isdigit() else key)
        except KeyError:
            return None
        owner = (row or {}).get("patient_id")
        return self.clinic.tables.get("users", owner) if owner is not None else None

    def _relate(self, shapes: Shapes) -> None:
        """An order has its invoice, an invoice its order: a circle."""
        word = self.names.word

        def follow(endpoint: Endpoint, key: str) -> Any:
            def resolve(source: Row, info: Any) -> Any:
                try:
                    return self._call(endpoint, info.context, {word(key): source[word(key)]})
                except Refused:
                    return None

            return resolve

        invoice = follow(self.table["GET /invoices/detail"], "invoice_id")
        order = follow(self.table["GET /orders/{order_id}"], "order_id")
        shapes.more["Order"] = {word("invoice"): GraphQLField(shapes.output("Invoice"), resolve=invoice)}
        shapes.more["Invoice"] = {word("order"): GraphQLField(shapes.output("Order"), resolve=order)}


class _Measure:
    """How deep a document goes, and how many fields it calls at its root, fragments followed."""

    def __init__(self, document: DocumentNode) -> None:
        self._fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
        operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
        self.deepest = max((self._depth(one.selection_set, ()) for one in operations), default=0)
        self.calls = max((self._calls(one.selection_set, ()) for one in operations), default=0)

    def _parts(
        self, selection: SelectionSetNode, above: tuple[str, ...]
    ) -> list[tuple[SelectionSetNode, tuple[str, ...]]]:
        """Selections of fragments within a selection."""
        found = []
        for node in selection.selections:
            if isinstance(node, FragmentSpreadNode):
                name = node.name.value
                if name not in above and name in self._fragments:
                    found.append((self._fragments[name].selection_set, (*above, name)))
            elif isinstance(node, InlineFragmentNode):
                found.append((node.selection_set, above))
        return found

    def _depth(self, selection: SelectionSetNode, above: tuple[str, ...]) -> int:
        deepest = 0
        for node in selection.selections:
            if isinstance(node, FieldNode) and not node.name.value.startswith("__"):
                inner = self._depth(node.selection_set, above) if node.selection_set else 0
                deepest = max(deepest, 1 + inner)
        return max([deepest, *(self._depth(part, inside) for part, inside in self._parts(selection, above))])

    def _calls(self, selection: SelectionSetNode, above: tuple[str, ...]) -> int:
        fields = sum(isinstance(node, FieldNode) for node in selection.selections)
        return fields + sum(self._calls(part, inside) for part, inside in self._parts(selection, above))


def _table() -> list[Endpoint]:
    from gatewright.lab.routes import endpoints

    return list(endpoints(GraphQL.name))


def _error(refused: Refused, names: Names | None = None) -> Row:
    extensions: Row = {"code": _CODES.get(refused.status, "REFUSED")}
    if refused.errors:
        word = names.word if names else str
        extensions["errors"] = [{"field": word(name), "message": text} for name, text in refused.errors.items()]
    return {"message": refused.detail, "extensions": extensions}


def _typed(value: Any, schema: Schema) -> Any:
    """A value with numbers where its schema has them: ids come as text."""
    if isinstance(value, dict):
        inner = schema.get("properties", {})
        return {key: _typed(one, inner.get(key, {})) for key, one in value.items()}
    if isinstance(value, list):
        return [_typed(one, schema.get("items", {})) for one in value]
    number = schema.get("type") == "integer" and isinstance(value, str)
    return int(value) if number and value.isascii() and value.isdigit() and len(value) < 16 else value


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _global(kind: str, key: Any) -> str:
    return b64encode(f"{kind}:{key}".encode()).decode()


def _decoded(name: str) -> str:
    try:
        return b64decode(name, validate=True).decode()
    except (Error, ValueError):
        return ""
