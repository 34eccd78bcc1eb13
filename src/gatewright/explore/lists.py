"""What lists show: items to borrow ids from, and objects that only one account sees."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from gatewright.explore import answers
from gatewright.explore.answers import Reply
from gatewright.explore.graph import Graph, Resource
from gatewright.explore.memory import Memory, Thing, id_candidates, leaves_of
from gatewright.model.endpoint import Endpoint
from gatewright.model.json import Json

_LEARNED = 3


class Lists:
    """Keeps the items of list answers by resource and account."""

    def __init__(self, graph: Graph, memory: Memory) -> None:
        self._graph = graph
        self._memory = memory
        self._of: dict[str, list[Resource]] = {}
        for resource in graph.resources.values():
            for endpoint in resource.lists:
                self._of.setdefault(endpoint, []).append(resource)
        self._items = {
            key: re.compile(re.escape(urlsplit(key).path + "/{}").replace(r"\{\}", "([^/]+)"))
            for key, resource in graph.resources.items()
            if resource.read and "{}" not in key
        }
        self._whole: dict[tuple[str, str], set[str]] = {}
        """(resource, account) → every id its lists showed."""
        self._partial: set[tuple[str, str]] = set()

    def see(self, endpoint: Endpoint, account: str, reply: Reply) -> None:
        """Keep the items of one list answer."""
        for resource in self._of.get(endpoint.id, []):
            if not answers.is_list(reply.body):
                continue
            found = answers.items(reply.body)
            things = [t for t in (self._thing(resource, account, endpoint, reply, item) for item in found) if t]
            self._adopt(resource, account, reply, things)
            self._memory.see(resource.collection, account, things)
            whole = self._whole.setdefault((resource.collection, account), set())
            whole.update(str(thing.id) for thing in things)
            if partial(reply.body, len(found)):
                self._partial.add((resource.collection, account))

    def unfinished(self, accounts: tuple[str, ...]) -> list[tuple[str, str]]:
        """Lists of nameable things, by endpoint and account, that said that they hold more."""
        return [
            (endpoint, account)
            for endpoint, resources in self._of.items()
            for account in accounts
            if any(r.named and (r.collection, account) in self._partial for r in resources)
        ]

    def see_more(self, endpoint: Endpoint, account: str, reply: Reply) -> bool:
        """Keep the items of a further page; False when that was the last, and the list is known to its end."""
        going_on = False
        for resource in self._of.get(endpoint.id, []):
            found = answers.items(reply.body)
            things = [t for t in (self._thing(resource, account, endpoint, reply, item) for item in found) if t]
            whole = self._whole.setdefault((resource.collection, account), set())
            before = len(whole)
            whole.update(str(thing.id) for thing in things)
            self._memory.see(resource.collection, account, things)
            if len(whole) > before and partial(reply.body, len(whole)):
                going_on = True
            else:
                self._partial.discard((resource.collection, account))
        return going_on

    def _adopt(self, resource: Resource, account: str, reply: Reply, things: list[Thing]) -> None:
        """Items below an object that we made came with it: they are ours, where nothing else makes such items."""
        if set(resource.creators) - {resource.replace} or "/{}/" not in resource.collection:
            return
        path = urlsplit(reply.exchange.request.url).path.rstrip("/")
        pattern = re.escape(urlsplit(resource.collection).path).replace(r"\{\}", "([^/]+)")
        match = re.fullmatch(pattern, path)
        if match is None:
            return
        parent = next(
            (
                t
                for t in self._memory.owned(account, resource.parent)
                if t.origin == "created" and str(t.id) == unquote(match.groups()[-1])
            ),
            None,
        )
        known = {
            str(t.id) for t in self._memory.owned(account, resource.collection) if parent and t.parent == parent.key
        }
        for number, thing in enumerate(things[:3] if parent else ()):
            if parent is not None and str(thing.id) not in known:
                thing.key = f"{account}/{resource.name}/{parent.key.rpartition('/')[2]}-{number + 1}"
                thing.origin, thing.slot, thing.parent = "created", "change", parent.key
                thing.chain = {**parent.chain, **thing.chain}
                thing.entry = parent.entry
                self._memory.add(thing)

    def harvest(self, account: str, reply: Reply) -> None:
        """Keep what the links of any answer point to, by the path that they match: to be read, never to be changed."""
        for link in answers.links(reply.body):
            path = urlsplit(link).path.rstrip("/")
            for key, pattern in self._items.items():
                match = pattern.fullmatch(path)
                if match:
                    value = unquote(match.groups()[-1])
                    resource = self._graph.resources[key]
                    thing = Thing(f"{account}/{resource.name}/seen-{value}", key, account, "learned", "read", value)
                    thing.chain = {key: value}
                    self._memory.see(key, account, [thing])

    def _thing(
        self, resource: Resource, account: str, endpoint: Endpoint, reply: Reply, item: dict[str, Json]
    ) -> Thing | None:
        parameter = next(
            (
                re.findall(r"\{([^}]*)\}", self._graph.endpoints[id_].path)[-1]
                for id_ in (resource.read, resource.update, resource.delete)
                if id_
            ),
            "",
        )
        scored = id_candidates(item, parameter, resource.name, self._graph.vocabulary)
        if not scored or scored[0][0] < 0.35:
            return None
        value = scored[0][2]
        chain: dict[str, Json] = {resource.collection: value}
        key = f"{account}/{resource.name}/seen-{value}"
        return Thing(key, resource.collection, account, "learned", "read", value, leaves_of(item), chain)

    def learned(self, owner: str, others: tuple[str, ...]) -> list[Thing]:
        """Items in the owner's lists that stand in no other account's list, each read to the end; at most 3 per resource."""
        found: list[Thing] = []
        for (resource, account), things in self._memory.seen.items():
            if account != owner or (resource, owner) in self._partial:
                continue
            lists = [self._whole.get((resource, other)) for other in others]
            if not others or any((resource, other) in self._partial for other in others) or lists[0] is None:
                continue
            foreign = set().union(*[ids for ids in lists if ids])
            ours = {str(t.id) for t in self._memory.things.values() if t.resource == resource and t.origin == "created"}
            alone = [t for t in things if str(t.id) not in foreign and str(t.id) not in ours]
            found += alone[:_LEARNED]
        return found


def partial(body: Json, count: int) -> bool:
    """Whether a list answer says that there is more: a next link, or a total above what it holds."""
    if not isinstance(body, dict):
        return False
    for name, key, _, value in answers.scalars({k: v for k, v in body.items() if not isinstance(v, list)}):
        if key.lower() in ("next", "next_page", "nextpage", "next_cursor", "nextcursor", "nextlink") and value:
            return True
        if key.lower() in ("hasmore", "has_more", "hasnext", "has_next") and value is True:
            return True
        totals = ("total", "totalcount", "total_count", "totalelements", "totalitems")
        if key.lower() in totals and isinstance(value, int) and value > count and "[" not in name:
            return True
    return False
