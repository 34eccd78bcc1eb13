"""A first `gatewright.yaml` from what the specification shows: servers, security schemes, log-in and sign-up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from gatewright.access.classify import candidates
from gatewright.app.document import load_specification
from gatewright.app.target import place
from gatewright.model.endpoint import Scheme, Specification
from gatewright.model.errors import UsageError
from gatewright.model.settings import Settings

FILE = "gatewright.yaml"
USUAL = ("openapi", "swagger", "api-docs", "spec")
"""Names that a specification usually has, without their ends."""
ENDS = (".json", ".yaml", ".yml")
FOLDERS = (".", "docs", "api", "spec")


class Written(Struct, frozen=True, kw_only=True):
    """What `init` wrote, what it rests on, and what is still missing, a sentence each."""

    path: Path
    found: tuple[str, ...]
    missing: tuple[str, ...]


async def init(spec: str | None, *, directory: Path, settings: Settings) -> Written:
    """Write the file into the directory. Raises UsageError GW-U006 when there is one, GW-U007 without a specification."""
    path = directory / FILE
    if path.exists():
        raise UsageError(
            f"there is a {FILE} already", code="GW-U006", where=str(path), help="delete or rename it first"
        )
    source = spec or look(directory)
    specification = await load_specification(msgspec.structs.replace(settings, spec=(source,)))
    target, note = _target(specification, settings)
    target = target.rstrip("/")
    text, found, missing = compose(specification, source=source, target=target)
    path.write_text(text, encoding="utf-8")
    return Written(path=path, found=found, missing=(*((note,) if note else ()), *missing))


def look(directory: Path) -> str:
    """The specification file of a folder by its usual names. Raises UsageError GW-U007 when there is none."""
    paths = (directory / folder / f"{name}{end}" for folder in FOLDERS for name in USUAL for end in ENDS)
    found = next((path for path in paths if path.is_file()), None)
    if found is None:
        help_ = "gatewright init openapi.yaml, or gatewright init http://127.0.0.1:8000/openapi.json"
        raise UsageError("no specification stands here", code="GW-U007", where=str(directory), help=help_)
    return found.relative_to(directory).as_posix()


def compose(specification: Specification, *, source: str, target: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """The text of the file, what was found, and what is missing."""
    logins = [candidate.endpoint.name for candidate in candidates(specification, "login")]
    sign_ups = [candidate.endpoint.name for candidate in candidates(specification, "register")]
    schemes = list(specification.schemes.values())
    form = _form(schemes, logs_in=bool(logins))
    found = (
        f"{len(specification.endpoints)} endpoints in {source} ({specification.dialect})",
        f"log-in: {' or '.join(logins) or 'none that the names show'}",
        f"sign-up: {' or '.join(sign_ups) or 'none that the names show'}",
        f"security schemes: {', '.join(f'{s.name} ({s.kind})' for s in schemes) or 'none'}",
    )
    missing = []
    if sign_ups:
        missing.append("nothing for a first scan: two accounts are signed up; give accounts of your own for roles")
    else:
        missing.append(f"the secrets of two accounts, in the environment: {', '.join(variables(form))}")
    missing.append("an account of a higher role, if there is one: without it functions of that role are not tested")
    return _text(specification, source=source, target=target, form=form, signs_up=bool(sign_ups)), found, tuple(missing)


def variables(form: Mapping[str, str]) -> list[str]:
    """The environment variables that two accounts of a form need."""
    names = [part.partition("}")[0] for value in form.values() for part in value.split("${")[1:]]
    return [name.replace("<WHO>", who) for who in ("ALICE", "BOB") for name in names]


def _target(specification: Specification, settings: Settings) -> tuple[str, str]:
    """The target to write; empty with the reason when the user has to say it."""
    try:
        return place(specification, settings).targets[0], ""
    except UsageError as error:
        return "", f"the target: {error.what}"


def _form(schemes: Iterable[Scheme], *, logs_in: bool) -> dict[str, str]:
    """The keys of one account; `<who>` stands for its name, `<WHO>` for that in capitals."""
    if logs_in:
        return {"username": "<who>", "password": '"${<WHO>_PASSWORD}"'}
    for scheme in schemes:
        if scheme.kind == "http" and scheme.scheme.lower() == "basic":
            return {"basic": '"<who>:${<WHO>_PASSWORD}"'}
        if scheme.kind == "apiKey":
            return {"api_key": f'{{in: {scheme.within}, name: {scheme.parameter}, value: "${{<WHO>_KEY}}"}}'}
        if scheme.kind == "oauth2" and "clientCredentials" in scheme.flows:
            return {"oauth2": '{grant: client_credentials, client_id: <who>, client_secret: "${<WHO>_SECRET}"}'}
    return {"bearer": '"${<WHO>_TOKEN}"'}


def _text(specification: Specification, *, source: str, target: str, form: Mapping[str, str], signs_up: bool) -> str:
    title = f"{specification.title} {specification.version}".strip() or source
    mark = "# " if signs_up else ""
    lines = [
        f"# Gatewright for {_one_line(title)}. Every key: docs/reference/configuration.md.",
        f"target: {target}" if target else "# target: http://127.0.0.1:8000    # the address to test: needed",
        f"spec: {_quoted(source)}",
        "",
        "# Who we are. Two accounts of the same role make object-level tests possible, one of a higher role those of functions.",
        "# Secrets come from the environment, so that none stands here.",
        f"{mark}roles: [user, admin]    # lowest to highest",
        f"{mark}accounts:",
    ]
    for name, role in (("alice", "user"), ("bob", "user")):
        lines.append(f"{mark}  {name}: {{role: {role}, {_filled(form, name)}}}")
    lines.append(f"#   root: {{role: admin, {_filled(form, 'root')}}}")
    lines += [
        "",
        "# Accounts made through the API's own sign-up. 0: not even throw-away ones.",
        "sign_up: 2" if signs_up else "# sign_up: 2",
        "",
        "# safe changes only what the run itself made; read-only is for production.",
        "limits: {mode: safe, requests: 20000, time: 10m}",
        "",
        "# Your answers to the questions of a report:",
        '# policy: {"/notes/{id}": private, "/catalogue/*": public}',
    ]
    return "\n".join(lines) + "\n"


def _filled(form: Mapping[str, str], name: str) -> str:
    return (
        ", ".join(f"{key}: {value}" for key, value in form.items())
        .replace("<WHO>", name.upper())
        .replace("<who>", name)
    )


def _quoted(source: str) -> str:
    return source if all(c.isalnum() or c in "/._-:~" for c in source) else '"' + source.replace('"', '\\"') + '"'


def _one_line(text: str) -> str:
    return " ".join(text.split())
