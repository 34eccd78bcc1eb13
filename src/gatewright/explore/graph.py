"""The dependency graph of a specification: resources, what makes them, and which places name them. Pure.

Structure is asked before words: `/xs` and `/xs/{…}` are one resource whatever they are called; a place stands for the
resource whose path parameter has its name; only then its words count (checks-1-5.md 1.5).
"""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec
from msgspec import Struct

from gatewright.explore import schemas
from gatewright.explore.words import Vocabulary, is_version, noun, same, vocabulary, words
from gatewright.model.endpoint import Endpoint, Place, Specification
from gatewright.model.schema import Schema

_NAMED = 0.65
"""How much it says that a place bears the very name of a resource."""
TEXTUAL = frozenset({"slug", "key", "handle", "code", "name", "alias"})
"""Words of the parameters that name objects by a text that a person can read."""
_NEVER = frozenset({"date", "date-time", "email", "password", "uri", "binary", "byte"})
_PARAMETER = re.compile(r"\{([^}]*)\}")


class Resource(Struct, frozen=True, kw_only=True):
    """One kind of object. Endpoints are `Endpoint.id`; empty: there is none."""

    name: str
    collection: str
    """Its key: origin, base and path template with `{}` for parameters, `http://h/orders/{}/items`."""
    parent: str = ""
    """Key of the resource that its path stands under."""
    creators: tuple[str, ...] = ()
    """Endpoints that may make one, best first."""
    lists: tuple[str, ...] = ()
    read: str = ""
    update: str = ""
    replace: str = ""
    delete: str = ""
    named: bool = False
    """Some place of some endpoint names one of these."""
    acted: bool = False
    """Some endpoint below its path changes one: `/orders/{}/cancel`."""

    def slots(self) -> tuple[str, ...]:
        """What objects of it are kept for: no more are made than some endpoint has a use for."""
        wanted = ["read"]
        if self.update or self.replace or self.acted:
            wanted.append("change")
        if self.delete:
            wanted.append("delete")
        return (*wanted, "spare") if len(wanted) > 1 else tuple(wanted)

    def purposes(self) -> dict[str, str]:
        """Purpose → endpoint, as `Knowledge.resources` keeps it."""
        pairs = {
            "create": self.creators[0] if self.creators else "",
            "read": self.read,
            "list": self.lists[0] if self.lists else "",
            "update": self.update,
            "replace": self.replace,
            "delete": self.delete,
        }
        return {purpose: endpoint for purpose, endpoint in pairs.items() if endpoint}


class Hole(Struct, frozen=True, kw_only=True):
    """A place of an endpoint that names an object, with the resources it may mean, best first."""

    place: Place
    key: str
    """The parameter's or property's own name."""
    schema: Schema
    required: bool
    guesses: tuple[tuple[str, float], ...]
    """Pairs of resource key and score. Empty: a value that may name the caller, if anything."""
    chain: tuple[str, ...] = ()
    """Path places only: keys of the resources that stand before it in the path."""
    leaf: str = ""
    """The property of an object whose value names it here, where that is none of its usual ids."""


class Graph(Struct, frozen=True, kw_only=True):
    """What the specification alone tells about dependencies."""

    endpoints: dict[str, Endpoint]
    resources: dict[str, Resource]
    holes: dict[str, tuple[Hole, ...]]
    links: dict[tuple[str, Place], tuple[str, str]]
    """OpenAPI links: consumer and place → producer and leaf."""
    vocabulary: Vocabulary

    def learn(self, endpoint: Endpoint, place: Place) -> Hole:
        """The hole at a place, also of one that the specification does not know: then it is kept from now on."""
        holes = self.holes.get(endpoint.id, ())
        found = next((hole for hole in holes if hole.place == place), None)
        if found is not None:
            return found
        key = re.sub(r"\[\d*\]$", "", place.name).rpartition(".")[2]
        known = Specification(source="", dialect="", endpoints=tuple(self.endpoints.values()))
        finder = _Holes(self.resources, known, self.vocabulary)
        hole = finder.named(Place("query", place.name), key, Schema(), True, endpoint)  # it asked for a name: no prose
        hole = msgspec.structs.replace(hole, place=place)
        if hole.guesses and hole.guesses[0][1] >= _NAMED:  # `code` alone may name anything
            self.holes[endpoint.id] = (*holes, hole)
        return hole

    def levels(self) -> list[list[str]]:
        """Resource keys that can be made, those first that others need; cycles are cut. Chains end at depth 5."""
        depth: dict[str, int] = {}
        for key in self.resources:
            self._depth(key, depth, ())
        found: dict[int, list[str]] = {}
        for key, level in depth.items():
            if self.resources[key].creators:
                found.setdefault(level, []).append(key)
        return [found[level] for level in sorted(found)]

    def _depth(self, key: str, known: dict[str, int], above: tuple[str, ...]) -> int:
        if key in known:
            return known[key]
        if key in above or len(above) > 4 or key not in self.resources:
            return 0
        needs = self.needs(key)
        level = 1 + max((self._depth(need, known, (*above, key)) for need in needs), default=0)
        known[key] = level
        return level

    def needs(self, key: str) -> list[str]:
        """Resources that must exist before one of this kind can be made."""
        resource = self.resources[key]
        found = [resource.parent] if resource.parent else []
        holes = [hole for creator in resource.creators[:1] for hole in self.holes[creator] if hole.required]
        for hole in holes:
            likely = [guess for guess, score in hole.guesses if score >= 0.6]
            made = [
                guess for guess in likely if self.resources[guess].creators
            ]  # `/tasks/{}` made below `/projects/{}`
            found += made[:1] if likely and not self.resources[likely[0]].creators else likely[:1]
        return [need for need in dict.fromkeys(found) if need != key]

    def naming(self, key: str) -> list[tuple[Endpoint, Hole]]:
        """Every endpoint and place that may name an object of the resource, by a guess of 0.6 or better."""
        return [
            (self.endpoints[endpoint], hole)
            for endpoint, holes in self.holes.items()
            for hole in holes
            if any(guess == key and score >= 0.6 for guess, score in hole.guesses)
        ]


def build(specification: Specification, ways_in: frozenset[str] = frozenset()) -> Graph:
    """The graph of a specification. `ways_in` are endpoints of log-in, sign-up and the like: they make no objects."""
    endpoints = {endpoint.id: endpoint for endpoint in specification.endpoints}
    shapes = {id_: shape(endpoint) for id_, endpoint in endpoints.items()}
    resources = _resources(endpoints, shapes, specification, ways_in)
    named_by = vocabulary((name, _last(key)) for endpoint in endpoints.values() for name, key in path_keys(endpoint))
    finder = _Holes(resources, specification, named_by)
    holes = {id_: () if id_ in ways_in else finder.of(endpoint) for id_, endpoint in endpoints.items()}
    named = {guess for found in holes.values() for hole in found for guess, score in hole.guesses if score >= 0.6}
    changing = [shapes[id_] for id_, endpoint in endpoints.items() if endpoint.method not in ("GET", "HEAD", "OPTIONS")]
    marked = {
        key: msgspec.structs.replace(
            resource, named=key in named, acted=any(one.startswith(key + "/{}/") for one in changing)
        )
        for key, resource in resources.items()
    }
    return Graph(endpoints=endpoints, resources=marked, holes=holes, links=_links(endpoints), vocabulary=named_by)


def shape(endpoint: Endpoint) -> str:
    """The endpoint's place in the tree: `http://h/v1/orders/{}`; a trailing slash does not count."""
    return _shape(endpoint.origin, endpoint.base + endpoint.path)


@lru_cache(maxsize=8192)
def _shape(origin: str, path: str) -> str:
    return origin + _PARAMETER.sub("{}", path).rstrip("/")


def path_keys(endpoint: Endpoint) -> list[tuple[str, str]]:
    """For each path parameter in order: its name, and the key of the resource that it names (what stands before it)."""
    full = endpoint.base + endpoint.path
    return [
        (match.group(1), endpoint.origin + _PARAMETER.sub("{}", full[: match.start()]).rstrip("/"))
        for match in _PARAMETER.finditer(full)
    ]


def _resources(
    endpoints: dict[str, Endpoint], shapes: dict[str, str], specification: Specification, ways_in: frozenset[str]
) -> dict[str, Resource]:
    keys = _keys(endpoints, shapes, specification, ways_in)
    by_shape: dict[str, dict[str, str]] = {}
    for id_, endpoint in endpoints.items():
        by_shape.setdefault(shapes[id_], {})[endpoint.method] = id_
    names = _names(keys)
    components = {id_: schemas.answer_component(endpoint, specification) for id_, endpoint in endpoints.items()}
    found = {}
    for key in keys:
        item, plain = by_shape.get(key + "/{}", {}), by_shape.get(key, {})
        found[key] = Resource(
            name=names[key],
            collection=key,
            parent=_parent(key),
            creators=_creators(key, item, plain, by_shape, components, ways_in),
            lists=_lists(key, plain, by_shape, endpoints, specification),
            read=item.get("GET", ""),
            update=item.get("PATCH", ""),
            replace=item.get("PUT", ""),
            delete=item.get("DELETE", ""),
        )
    return found


def _keys(
    endpoints: dict[str, Endpoint], shapes: dict[str, str], specification: Specification, ways_in: frozenset[str]
) -> list[str]:
    """Collections that a path parameter names; then those that are only posted to or listed.

    Of the latter none that is one of the former under another path: `/products/{}/reviews` beside `/reviews/{}`.
    """
    named = list(dict.fromkeys(key for endpoint in endpoints.values() for _, key in path_keys(endpoint)))
    words_of = {_last(key) for key in named}
    plain: dict[str, None] = {}
    for id_, endpoint in endpoints.items():
        if id_ in ways_in or shapes[id_].endswith("}") or _last(shapes[id_]) in words_of:
            continue
        if endpoint.method == "POST" or (endpoint.method == "GET" and schemas.answers_list(endpoint, specification)):
            plain.setdefault(shapes[id_])
    return [*named, *plain]


def _creators(
    key: str,
    item: dict[str, str],
    plain: dict[str, str],
    by_shape: dict[str, dict[str, str]],
    components: dict[str, str],
    ways_in: frozenset[str],
) -> tuple[str, ...]:
    """Endpoints that may make one.

    POST on the collection; else a POST that makes nothing else, under the same last word, below the collection, or that
    shows the same component; else PUT on a key of ours.
    """
    if "POST" in plain and plain["POST"] not in ways_in:
        return (plain["POST"],)
    if not item:
        return ()
    component = components.get(item.get("GET", ""), "")
    ranked: list[tuple[float, str]] = []
    for other, methods in by_shape.items():
        post = methods.get("POST", "")
        if (
            not post
            or post in ways_in
            or other.endswith("}")
            or other.startswith(key + "/{}")
            or other + "/{}" in by_shape
        ):
            continue
        score = 0.6 if component and components[post] == component else 0.0
        score += 0.5 if _last(other) == _last(key) else 0.0
        score += 0.4 if other.rpartition("/")[0] == key else 0.0
        if score:
            ranked.append((-score, post))
    return tuple([post for _, post in sorted(ranked)[:3]] + [put for put in (item.get("PUT", ""),) if put])


def _lists(
    key: str,
    plain: dict[str, str],
    by_shape: dict[str, dict[str, str]],
    endpoints: dict[str, Endpoint],
    specification: Specification,
) -> tuple[str, ...]:
    found = [plain["GET"]] if "GET" in plain else []
    for other, methods in by_shape.items():
        get = methods.get("GET", "")
        if get and other != key and not other.endswith("}") and _last(other) == _last(key):
            found.append(get)
        elif get and other.rpartition("/")[0] == key and schemas.answers_list(endpoints[get], specification):
            found.append(get)  # `/orders/mine`, `/books/v1/all`
    return tuple(dict.fromkeys(found))


def _names(keys: list[str]) -> dict[str, str]:
    names: dict[str, str] = {}
    for key in keys:
        name = noun(_last(key)) or "object"
        taken = set(names.values())
        if name in taken:
            above = _parent(key)
            name = f"{noun(_last(above))}_{name}" if above else name
        number, plain = 2, name
        while name in taken:
            name, number = f"{plain}_{number}", number + 1
        names[key] = name
    return names


@lru_cache(maxsize=8192)
def _last(key: str) -> str:
    """The last segment that says what stands there, versions and parameters skipped."""
    path = key.partition("://")[2].partition("/")[2] if "://" in key else key
    segments = [segment for segment in path.split("/") if "{" not in segment and segment]
    telling = [segment for segment in segments if not is_version(segment)]
    return telling[-1] if telling else (segments[-1] if segments else "")


def _parent(key: str) -> str:
    """Key of the resource above: what stands before the last parameter."""
    return key.rpartition("/{}")[0] if "/{}" in key else ""


class _Holes:
    """Finds the places of endpoints that name objects."""

    def __init__(self, resources: dict[str, Resource], specification: Specification, named_by: Vocabulary) -> None:
        endpoints = {endpoint.id: endpoint for endpoint in specification.endpoints}
        self._resources = resources
        self._specification = specification
        self._vocabulary = named_by
        self._components = {id_: schemas.answer_component(one, specification) for id_, one in endpoints.items()}
        self._parameters = {key: _parameter_of(resource, endpoints) for key, resource in resources.items()}

    def of(self, endpoint: Endpoint) -> tuple[Hole, ...]:
        """Places of one endpoint that may name something, in the order path, other parameters, body."""
        found = self._path(endpoint)
        found += [
            self.named(parameter.place, parameter.name, parameter.schema, parameter.required, endpoint)
            for parameter in endpoint.parameters
            if parameter.within != "path"
        ]
        body = schemas.body_of(endpoint)
        for field in schemas.fields(body.schema, self._specification) if body else []:
            if field.name:
                found.append(self.named(Place("body", field.name), field.key, field.schema, field.required, endpoint))
        return tuple(hole for hole in found if hole.guesses or _may_name(hole.schema))

    def _path(self, endpoint: Endpoint) -> list[Hole]:
        found: list[Hole] = []
        chain: list[str] = []
        declared = {parameter.place: parameter.schema for parameter in endpoint.parameters}
        for name, key in path_keys(endpoint):
            place = Place("path", name)
            schema = declared.get(place, Schema())
            guesses = dict(self._guesses(name, schema, endpoint, "path"))
            guesses |= {other: 0.6 for other in self._resources if _last(other) == _last(key) and other not in guesses}
            guesses[key] = max(0.95, guesses.get(key, 0.0))
            if endpoint.field is not None and endpoint.field.kinds:
                guesses = {**dict.fromkeys(self._shown_as(endpoint.field.kinds), 0.8), key: 0.5}
            found.append(
                Hole(
                    place=place,
                    key=name,
                    leaf=endpoint.field.key if endpoint.field else "",
                    schema=schema,
                    required=True,
                    guesses=tuple(sorted(guesses.items(), key=lambda guess: -guess[1])),
                    chain=tuple(chain),
                )
            )
            chain.append(key)
        return found

    def _shown_as(self, kinds: tuple[str, ...]) -> list[str]:
        """Resources whose objects are of these components."""
        read = {key: resource.read or (*resource.creators, "")[0] for key, resource in self._resources.items()}
        return [key for key, id_ in read.items() if id_ and self._components.get(id_, "") in kinds]

    def named(self, place: Place, key: str, schema: Schema, required: bool, endpoint: Endpoint) -> Hole:
        """The hole of one place, by its own name."""
        guesses = tuple(self._guesses(key, schema, endpoint, place.within))
        return Hole(place=place, key=key, schema=schema, required=required, guesses=guesses)

    def _guesses(self, name: str, schema: Schema, endpoint: Endpoint, within: str) -> list[tuple[str, float]]:
        """Resources that a name may mean, best first; at most three."""
        if not _may_name(schema):
            return []
        where = shape(endpoint)
        scores: dict[str, float] = {}
        for key, resource in self._resources.items():
            if endpoint.id in resource.creators and endpoint.id != resource.replace:
                continue  # the new object's own key, not a reference
            score = self._score(name, schema, key, where, within)
            if score:
                scores[key] = score
        return sorted(
            scores.items(), key=lambda pair: (-pair[1], -len(pair[0]) if where.startswith(pair[0]) else 0, pair[0])
        )[:3]

    def _score(self, name: str, schema: Schema, key: str, where: str, within: str) -> float:
        """How much a name at an endpoint of the shape `where` speaks for a resource."""
        resource, target = self._resources[key], self._vocabulary.prefix(name)
        if target and (resource.name == target or resource.name.endswith("_" + target)):
            return 0.9
        if self._vocabulary.generic(name):
            alike = bool(self._parameters[key]) and _last(key) == _last(where)
            return 0.6 if where == key or where.startswith(key + "/") or alike else 0.0
        if self._parameters[key] and same(self._parameters[key], name):
            return 0.85
        if target and target.endswith("_" + resource.name):
            return 0.7
        if _bare(name) != resource.name:
            return 0.0
        return _NAMED if _is_key(schema) or self._by_text(resource) or within in ("header", "query") else 0.0

    def _by_text(self, resource: Resource) -> bool:
        """Whether its objects are named by a text that says so: `/workspaces/{slug}`; other text of that name may be prose."""
        return bool(set(words(self._parameters[resource.collection])) & TEXTUAL)


def _bare(name: str) -> str:
    """The noun that a name is, without the `X-` of headers: `X-Workspace` → `workspace`."""
    found = noun(name)
    return found.removeprefix("x_") if name[:2].lower() == "x-" else found


def _is_key(schema: Schema) -> bool:
    """Whether a value is an id by its type: `product: 7`, `owner: uuid`, or a list of them; text may be just text."""
    inner = schema.items if schema.items is not None and not schema.properties else schema
    return "integer" in inner.types or inner.format in ("uuid", "id")


def _may_name(schema: Schema) -> bool:
    """Whether a value of the schema can name anything."""
    return not schema.enum and not set(schema.types) & {"boolean", "object"} and schema.format not in _NEVER


def _parameter_of(resource: Resource, endpoints: dict[str, Endpoint]) -> str:
    """The name that the resource's own path parameter has in the endpoint that reads, changes or deletes one."""
    for id_ in (resource.read, resource.update, resource.replace, resource.delete):
        if id_:
            return str(_PARAMETER.findall(endpoints[id_].path)[-1])
    return ""


def _links(endpoints: dict[str, Endpoint]) -> dict[tuple[str, Place], tuple[str, str]]:
    found: dict[tuple[str, Place], tuple[str, str]] = {}
    operations = {endpoint.operation: endpoint for endpoint in endpoints.values() if endpoint.operation}
    operations.update({endpoint.name: endpoint for endpoint in endpoints.values()})
    for producer in endpoints.values():
        for link in (link for answer in producer.answers for link in answer.links):
            consumer = operations.get(link.operation)
            for parameter, expression in link.parameters.items() if consumer else ():
                within, _, name = parameter.rpartition(".")
                place = (
                    next((p.place for p in consumer.parameters if p.name == name and within in ("", p.within)), None)
                    if consumer
                    else None
                )
                leaf = expression.partition("$response.body#/")[2].replace("/", ".")
                if place and leaf and consumer:
                    found[consumer.id, place] = (producer.id, leaf)
    return found
