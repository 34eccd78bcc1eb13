"""Small specifications as their authors would write them, and what is read of each, as golden summaries."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from gatewright.model.endpoint import Endpoint, Specification
from gatewright.model.schema import Schema
from gatewright.sources.openapi import load

SPECS = Path(__file__).parent / "specs"


def summary(spec: Specification) -> str:
    """What a person would want to see of a specification."""
    lines = [f"{spec.dialect}: {spec.title or '(no title)'} {spec.version}".rstrip()]
    lines += [f"server {url}" for url in spec.servers]
    for scheme in spec.schemes.values():
        details = " ".join(
            part for part in (scheme.scheme, scheme.within, scheme.parameter, scheme.bearer_format) if part
        )
        lines.append(
            f"scheme {scheme.name}: {scheme.kind} {details}".rstrip()
            + "".join(f" {name}{flow}" for name, flow in scheme.flows.items())
        )
    for word, endpoints in (("", spec.endpoints), ("calls ", spec.callbacks)):
        lines += [line for endpoint in endpoints for line in described(endpoint, word)]
    lines += [f"schema {name}: {short(schema)}" for name, schema in spec.schemas.items()]
    lines += [f"{problem.code} {problem.where.rpartition('/')[2]}  {problem.message}" for problem in spec.problems]
    # Python's own words for broken JSON, and the place it gives, differ between its versions
    text = "\n".join(lines) + "\n"
    return re.sub(r":\d+:\d+  not quite JSON \([^)]*\)", "  not quite JSON (…)", text)


def described(endpoint: Endpoint, word: str) -> list[str]:
    security = (
        "unsaid"
        if endpoint.security is None
        else " or ".join("+".join(f"{n}{list(s) or ''}" for n, s in r.schemes) or "nobody" for r in endpoint.security)
        or "none"
    )
    lines = [
        f"{word}{endpoint.id}  [{endpoint.operation}] line {endpoint.source.rpartition(':')[2]}, security: {security}"
        + (" deprecated" if endpoint.deprecated else "")
    ]
    lines += [
        f"    {p.place}{'' if p.required else '?'}: {short(p.schema)} {p.style}".rstrip() for p in endpoint.parameters
    ]
    lines += [f"    body{'' if b.required else '?'} {b.content_type}: {short(b.schema)}" for b in endpoint.bodies]
    for answer in endpoint.answers:
        links = "".join(f" → {link.operation} {link.parameters}" for link in answer.links)
        lines.append(
            f"    {answer.status} {answer.content_type}: {short(answer.schema) if answer.schema else '-'} {' '.join(answer.headers)}{links}".rstrip()
        )
    return lines


def short(schema: Schema, depth: int = 0) -> str:
    """A schema in one line."""
    parts = [schema.ref and f"<{schema.ref}>", "|".join(schema.types), schema.format]
    if schema == Schema(ref=schema.ref) or depth > 3:
        return parts[0] or "any"
    if depth == 0 or not schema.ref:
        inner = [
            f"{name}{'' if name in schema.required else '?'}: {short(item, depth + 1)}"
            for name, item in schema.properties.items()
        ]
        parts += [
            "{" + ", ".join(inner) + "}" if inner else "",
            f"[{short(schema.items, depth + 1)}]" if schema.items else "",
        ]
        parts += [
            "one of (" + ", ".join(short(item, depth + 1) for item in schema.any_of) + ")" if schema.any_of else ""
        ]
        parts += [
            f"={list(schema.enum)}" if schema.enum else "",
            f"e.g. {schema.examples[0]}" if schema.examples else "",
        ]
        parts += [
            word
            for word, on in (
                ("null", schema.nullable),
                ("closed", schema.closed),
                ("open", schema.open),
                ("read-only", schema.read_only),
                ("write-only", schema.write_only),
            )
            if on
        ]
        bounds = [
            f"{low}..{high}"
            for low, high in ((schema.minimum, schema.maximum), (schema.exclusive_minimum, schema.exclusive_maximum))
            if (low, high) != (None, None)
        ]
        parts += bounds
    return " ".join(part for part in parts if part) or "any"


@pytest.mark.parametrize("name", sorted(path.name for path in SPECS.iterdir()))
def test_what_is_read_of_a_specification(name: str, golden: Callable[[str, str], None]) -> None:
    spec = asyncio.run(load(str(SPECS / name)))
    golden(f"sources/{name}.txt", summary(spec).replace(str(SPECS) + "/", ""))
    assert bool(spec.problems) is name.startswith("broken")
