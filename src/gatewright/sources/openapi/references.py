"""Following `$ref` (RFC 6901 pointers in RFC 3986 fragments) within a document and across documents."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from gatewright.model.json import Json
from gatewright.sources.document import Document
from gatewright.sources.node import Node
from gatewright.sources.problems import Problems

LONGEST_CHAIN = 50
"""References that may follow each other before one is taken for a circle."""
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


def is_url(uri: str) -> bool:
    """Whether something is fetched from the network: `http:` or `https:`."""
    return uri[:8].lower().startswith(("http://", "https://"))


def target_of(reference: str, base: str) -> tuple[str, str]:
    """The document (URL or file path) that a reference in document `base` leads to, and its fragment, undecoded."""
    address, fragment = urldefrag(reference)
    if not address:
        return base, fragment
    if is_url(base) or _SCHEME.match(address):
        try:
            return urljoin(base, address) if is_url(base) else address, fragment
        except ValueError:
            return address, fragment
    folder = base.rpartition("/")[0]
    return _tidy(
        f"{folder}/{unquote(address)}" if folder and not address.startswith("/") else unquote(address)
    ), fragment


def same_host(one: str, other: str) -> bool:
    """Whether two URLs have scheme, host and port in common."""
    try:
        first, second = urlsplit(one), urlsplit(other)
        return (first.scheme.lower(), first.hostname, first.port) == (
            second.scheme.lower(),
            second.hostname,
            second.port,
        )
    except ValueError:
        return False


def external(document: Document) -> Iterator[str]:
    """Other documents that a document refers to, each once."""
    seen: set[str] = set()
    stack: list[Json] = [document.root]
    walked: set[int] = set()
    while stack:
        value = stack.pop()
        if isinstance(value, (dict, list)):
            if id(value) in walked:
                continue
            walked.add(id(value))
        if isinstance(value, dict):
            reference = value.get("$ref")
            if isinstance(reference, str) and not reference.startswith("#"):
                uri = target_of(reference, document.uri)[0]
                if uri != document.uri and uri not in seen:
                    seen.add(uri)
                    yield uri
            stack.extend(reversed(value.values()))
        elif isinstance(value, list):
            stack.extend(reversed(value))


class References:
    """All documents of one specification, by URI. `refused` says why others were not read."""

    def __init__(self, root: Document, *, problems: Problems) -> None:
        self.root = Node(root.root, root, problems=problems)
        self.problems = problems
        self._roots = {root.uri: self.root}
        self._refused: dict[str, tuple[str, str]] = {}
        self._anchors: dict[str, dict[str, Node]] = {}

    def add(self, document: Document) -> None:
        """Makes a further document known."""
        self._roots[document.uri] = Node(document.root, document, problems=self.problems)

    def refuse(self, uri: str, code: str, why: str) -> None:
        """Notes why a document is not there; told wherever it is referred to."""
        self._refused[uri] = (code, why)

    def follow(self, node: Node) -> Node | None:
        """The node itself, or what its `$ref` leads to in the end; None (and a problem) when that is nothing."""
        start = node
        for _ in range(LONGEST_CHAIN):
            reference = node.value.get("$ref") if isinstance(node.value, dict) else None
            if reference is None:
                return node
            if not isinstance(reference, str):
                node.report("GW-S041", "`$ref` is not a string; left out")
                return None
            found = self._lookup(reference, node)
            if found is None:
                return None
            node = found
        start.report(
            "GW-S041", f"`$ref: {start.value['$ref']}` goes round in a circle" if isinstance(start.value, dict) else ""
        )
        return None

    def _lookup(self, reference: str, node: Node) -> Node | None:
        uri, fragment = target_of(reference, node.document.uri)
        root = self._roots.get(uri)
        if root is None:
            code, why = self._refused.get(uri, ("GW-S042", "other documents are not read here"))
            node.report(code, f"`$ref: {reference}`: {why}")
            return None
        if fragment and not fragment.startswith("/"):
            found = self._anchor(root, unquote(fragment))
        else:
            found = _descend(root, fragment)
        if found is None:
            node.report("GW-S041", f"`$ref: {reference}` leads to nothing")
        return found

    def _anchor(self, root: Node, name: str) -> Node | None:
        """The node with `$anchor` or `$id: "#name"` (JSON Schema 2020-12 8.2.2); found by one walk per document."""
        uri = root.document.uri
        if uri not in self._anchors:
            found: dict[str, Node] = {}
            stack, walked = [root], set[int]()
            while stack:
                node = stack.pop()
                if id(node.value) in walked:
                    continue
                if isinstance(node.value, (dict, list)):
                    walked.add(id(node.value))
                if isinstance(node.value, dict):
                    for key in ("$anchor", "$dynamicAnchor", "$id"):
                        anchor = node.value.get(key)
                        if isinstance(anchor, str) and (key != "$id" or anchor.startswith("#")):
                            found.setdefault(anchor.removeprefix("#"), node)
                keys = (
                    node.value
                    if isinstance(node.value, dict)
                    else range(len(node.value) if isinstance(node.value, list) else 0)
                )
                stack.extend(child for key in keys if (child := node.child(key)) is not None)
            self._anchors[uri] = found
        return self._anchors[uri].get(name)


def _descend(root: Node, pointer: str) -> Node | None:
    node: Node | None = root
    for part in pointer.split("/")[1:]:
        if node is None:
            return None
        key = unquote(part).replace("~1", "/").replace("~0", "~")
        if isinstance(node.value, list):
            node = node.child(int(key)) if key.isascii() and key.isdigit() and len(key) < 9 else None
        else:
            node = node.child(key)
    return node


def _tidy(path: str) -> str:
    """`a/./b/../c` → `a/c`, without looking at the disk."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == ".." and parts and parts[-1] not in ("..", ""):
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)
