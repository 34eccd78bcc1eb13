"""The generated pages of the reference: commands, error codes, events and tests, each made from its declaration."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator, Mapping

import click
import msgspec

from gatewright.app.codes import codes
from gatewright.app.tests import list_tests, show_test
from gatewright.cli.main import main
from gatewright.model import events
from gatewright.model.json import Json
from gatewright.report.json import schema as report_schema

NOTE = "<!-- Made by `make docs` from {source}: edit that. -->\n"


def pages() -> dict[str, str]:
    """Path below docs/ → text of every generated page."""
    return {
        "reference/commands.md": commands_page(),
        "reference/errors.md": errors_page(),
        "reference/events.md": events_page(),
        "reference/report.md": report_page(),
        "tests/README.md": tests_index(),
        **{f"tests/{row.id}.md": test_page(row.id) for row in list_tests()},
    }


def commands_page() -> str:
    """Every command with the text of its `--help`."""
    parts = [NOTE.format(source="src/gatewright/cli"), "# Commands\n"]
    parts.append("The exit codes are those of [exit codes](exit-codes.md). Every listing has `--json`.\n")
    for path, command in walk():
        context = click.Context(command, info_name=path, terminal_width=100, max_content_width=100)
        parts.append(f"## {path}\n\n```text\n{command.get_help(context)}\n```\n")
    return "\n".join(parts)


def walk() -> Iterator[tuple[str, click.Command]]:
    """Every command with its whole name, groups first."""
    yield "gatewright", main
    yield from _below("gatewright", main)


def errors_page() -> str:
    """Every code with its explanation."""
    parts = [NOTE.format(source="src/gatewright/app/codes.toml"), "# Error and warning codes\n"]
    parts.append("`gatewright doctor CODE` prints the same.\n")
    parts += [f"## {code}\n\n**{c.title}.** {c.cause}\n\n{c.remedy}\n" for code, c in codes().items()]
    return "\n".join(parts)


def events_page() -> str:
    """Every event of the stream with its fields, from the structs and the docstrings under their fields."""
    parts = [NOTE.format(source="src/gatewright/model/events.py"), "# Events\n"]
    parts.append(
        "`gatewright scan --events FILE` writes one JSON object a line (`-` is stdout); `type` names the event, `at` is\n"
        f"seconds since the run began. This is version {events.VERSION}, which the first event carries.\n"
    )
    for event in event_types():
        parts.append(f"## {event.__name__}\n\n{inspect.getdoc(event)}\n")
        rows = [
            f"| `{field.name}` | `{_type(field.type)}` | {'' if field.required else _default(field)} |"
            for field in msgspec.structs.fields(event)
            if field.name != "at"
        ]
        parts.append("| field | type | default |\n|---|---|---|\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def event_types() -> list[type[msgspec.Struct]]:
    """The events in the order of their file."""
    tree = ast.parse(inspect.getsource(events))
    names = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
    classes = [getattr(events, name) for name in names]
    return [c for c in classes if issubclass(c, events.Event) and c is not events.Event]


def report_page() -> str:
    """Every field of the JSON report, from its JSON Schema."""
    parts = [NOTE.format(source="src/gatewright/report/schema.json"), "# JSON report\n"]
    parts.append(
        "`gatewright scan --format json=FILE` writes it; `schema` is 1, and fields are only ever added. The words of `verdict` are\n"
        "explained in [verdicts and controls](../explanation/verdicts-and-controls.md). The JSON Schema itself is in the package:\n"
        "`gatewright/report/schema.json`.\n"
    )
    parts.append("| field | type | |\n|---|---|---|")
    parts += [f"| `{path}` | {kind} | {text} |" for path, kind, text in fields(report_schema())]
    return "\n".join(parts) + "\n"


def fields(
    schema: Mapping[str, Json], prefix: str = "", root: Mapping[str, Json] | None = None
) -> Iterator[tuple[str, str, str]]:
    """Path, type and description of every property of a JSON Schema, `[]` for the elements of a list."""
    root = schema if root is None else root
    properties = schema.get("properties")
    for name, value in properties.items() if isinstance(properties, dict) else ():
        part = _resolved(value, root)
        path = f"{prefix}.{name}" if prefix else name
        yield path, _kind(part), str(part.get("description", ""))
        items = part.get("items")
        if isinstance(items, dict):
            yield from fields(_resolved(items, root), f"{path}[]", root)
        else:
            yield from fields(part, path, root)


def tests_index() -> str:
    """The table of all tests."""
    parts = [NOTE.format(source="src/gatewright/checks"), "# Tests\n"]
    parts.append("| test | threat | severity | CWE | requests a cell |\n|---|---|---|---|---|")
    parts += [
        f"| [{row.id}]({row.id}.md) | {row.threat} | {row.severity} | {', '.join(row.cwe)} | {row.requests} |"
        for row in list_tests()
    ]
    return "\n".join(parts) + "\n"


def test_page(id: str) -> str:  # noqa: A002
    """The page of one test, from its docstring."""
    page = show_test(id)
    row = page.test
    parts = [NOTE.format(source=row.source), f"# {row.id}\n", f"**{row.title}.** {row.threat} {page.threat_title}.\n"]
    parts.append(
        f"| severity | CWE | requests a cell | runs in | may leave changed |\n|---|---|---|---|---|\n"
        f"| {row.severity} | {', '.join(row.cwe)} | at most {row.requests} | {row.phase} | {page.effect} |\n"
    )
    parts.append("It needs:\n\n" + "\n".join(f"- {need}" for need in page.needs) + "\n")
    parts += [f"## {heading}\n\n{text}\n" for heading, text in page.sections.items()]
    return "\n".join(parts)


def _below(path: str, group: click.Group) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group, info_name=path)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None:
            raise LookupError(f"{path} {name} cannot be loaded")
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from _below(f"{path} {name}", command)


def _resolved(value: Json, root: Mapping[str, Json]) -> dict[str, Json]:
    part: Json = value
    if isinstance(part, dict) and isinstance(part.get("$ref"), str):
        found: Json = dict(root)
        for key in str(part["$ref"]).removeprefix("#/").split("/"):
            found = found[key] if isinstance(found, dict) else None
        part = {**(found if isinstance(found, dict) else {}), **{k: v for k, v in part.items() if k != "$ref"}}
    return part if isinstance(part, dict) else {}


def _kind(part: Mapping[str, Json]) -> str:
    if "enum" in part:
        words = part["enum"]
        return " or ".join(f"`{word}`" for word in words) if isinstance(words, list) else ""
    if "const" in part:
        return f"`{part['const']}`"
    kind = part.get("type", "any")
    return " or ".join(map(str, kind)) if isinstance(kind, list) else str(kind)


def _type(annotation: object) -> str:
    text = (
        annotation.__name__ if isinstance(annotation, type) and not hasattr(annotation, "__args__") else str(annotation)
    )
    for module in sorted(name for name in sys.modules if name.startswith("gatewright.")):
        text = text.replace(f"{module}.", "")
    return text.replace("typing.", "").replace("|", "\\|")


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.default_factory is not msgspec.NODEFAULT:
        return f"`{field.default_factory()}`"
    return f"`{field.default!r}`"
