"""One input file: bytes → values, told JSON or YAML by their content, with line and column of each on demand."""

from __future__ import annotations

import codecs
import functools
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gatewright.model.errors import SourceError
from gatewright.model.json import Json
from gatewright.sources import syntax_json, syntax_yaml
from gatewright.sources.problems import Problems
from gatewright.sources.syntax_json import Path, UnreadableError

LARGEST = 256 * 1024 * 1024
"""Bytes of one input that are read."""
LOCATED = 32 * 1024 * 1024
"""Characters of a JSON text whose values are located, and that is tried as YAML: beyond, it takes too long."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class Document:
    """A decoded input. `uri` is the file or URL it came from, `root` its value."""

    def __init__(self, uri: str, root: Json, find: Callable[[Path], tuple[int, int]]) -> None:
        self.uri = uri
        self.root = root
        self._find = find

    def line(self, path: Path) -> str:
        """`openapi.yaml:17`."""
        line = self._find(path)[0]
        return f"{self.uri}:{line}" if line else self.uri

    def where(self, path: Path) -> str:
        """`openapi.yaml:17:7`: the key (or item) at a path, or the nearest that exists above it."""
        line, column = self._find(path)
        return f"{self.uri}:{line}:{column}" if line else self.uri


@contextmanager
def uncollected() -> Iterator[None]:
    """Keeps the garbage collector off while very many small objects are made: YAML is read in a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def load(data: bytes, *, uri: str, problems: Problems) -> Document:
    """Reads JSON or YAML. What is odd is added to `problems`; raises SourceError when nothing can be read."""
    if len(data) > LARGEST:
        raise SourceError(
            f"the input has {len(data)} bytes",
            code="GW-S004",
            where=uri,
            help=f"at most {LARGEST} bytes are read; split the document",
        )
    text = _text(data, uri, problems)

    def report(code: str, message: str, line: int, column: int) -> None:
        problems.add(code, message, where=f"{uri}:{line}:{column}" if line else uri)

    with uncollected():
        if text.lstrip()[:1] in ("{", "["):
            return _json(text, uri, report)
        try:
            return _yaml(text, uri, report)
        except UnreadableError as fault:
            raise _unreadable(fault, uri, text) from fault


def _json(text: str, uri: str, report: syntax_json.Report) -> Document:
    """JSON, or what only looks like it: trailing commas, comments and single quotes are YAML's."""

    @functools.cache
    def places() -> tuple[dict[Path, int], Callable[[int], tuple[int, int]]]:
        return syntax_json.places(text)[0], syntax_json.lines(text)

    def find(path: Path) -> tuple[int, int]:
        if len(text) > LOCATED:
            return 0, 0
        offsets, line_column = places()
        while path and path not in offsets:
            path = path[:-1]
        return line_column(offsets.get(path, 0))

    try:
        return Document(uri, syntax_json.decode(text, report), find)
    except UnreadableError as fault:
        if len(text) > LOCATED:
            raise _unreadable(fault, uri, text) from fault
        try:
            document = _yaml(text, uri, report)
        except UnreadableError:
            raise _unreadable(fault, uri, text) from fault
        report("GW-S049", f"not quite JSON ({fault.message}); read as YAML", fault.line, fault.column)
        return document


def _yaml(text: str, uri: str, report: syntax_json.Report) -> Document:
    node = syntax_yaml.compose(text, report)
    root = syntax_yaml.Builder(report).build(node)

    index: syntax_yaml.Index = {}

    def find(path: Path) -> tuple[int, int]:
        return syntax_yaml.place(syntax_yaml.find(node, path, index))

    return Document(uri, root, find)


def _text(data: bytes, uri: str, problems: Problems) -> str:
    """The characters. A byte order mark decides the encoding; without one UTF-16 is known by its zero bytes."""
    mark, encoding = next(((mark, name) for mark, name in _BOMS if data.startswith(mark)), (b"", ""))
    if not encoding:
        pair = data[:4]
        even, odd = pair[0:4:2].count(0), pair[1:4:2].count(0)
        encoding = "utf-16-le" if odd == 2 and not even else "utf-16-be" if even == 2 and not odd else "utf-8"
    body = data[len(mark) :]
    try:
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        if b"\0" in data[:1024]:
            raise SourceError(
                "the input is binary, not text",
                code="GW-S002",
                where=uri,
                help="give a JSON or YAML document (OpenAPI 2.0, 3.0, 3.1) or a HAR file",
            ) from error
        problems.add("GW-S049", f"a byte that is not {encoding.upper()}; read as �", where=f"{uri}:{line}")
        return body.decode(encoding, errors="replace")


def _unreadable(fault: UnreadableError, uri: str, text: str) -> SourceError:
    where = f"{uri}:{fault.line}:{fault.column}" if fault.line else uri
    if text.lstrip()[:1] == "<":
        return SourceError(
            "a web page or XML document, neither JSON nor YAML",
            code="GW-S002",
            where=uri,
            help="give the address of the specification itself; documentation pages link to it",
        )
    return SourceError(
        f"neither JSON nor YAML: {fault.message}",
        code="GW-S002",
        where=where,
        help="the document may be cut short or damaged there; mend it and try again",
    )
