"""`gatewright lab`: the range to try things on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

_DIALECTS = ["bearer", "cookie", "graphql"]
"""As in lab.dialects.DIALECTS, which is not imported for a `--help`; a test holds both together."""
_NOISE = ["jitter", "rotate", "errors", "lag", "limit"]
"""As in lab.noise.KINDS; the same test holds both together."""


_DOORS = (
    "json", "form", "basic", "api-key", "cookie", "token-in-query", "token-in-body", "bound-header", "single-session",
    "oauth2", "oauth2-password", "client-credentials", "oidc", "totp", "mail-code", "mail-confirm", "sigv4", "mtls",
)  # fmt: skip
"""`DOORS` of the lab, written down so that `--help` imports none of it; a test holds them equal."""


@click.group()
def lab() -> None:
    """Start a deliberately weak API on this machine, or list its weaknesses.

    \b
    Examples:
      gatewright lab up --only order-read-by-body
      gatewright lab list
    """


@lab.command()
@click.option("--fixed", is_flag=True, help="Without any weakness.")
@click.option("--only", multiple=True, metavar="ID", help="With this weakness alone; repeatable.")
@click.option("--dialect", type=click.Choice(_DIALECTS), default="bearer", help="The clothes it wears.")
@click.option("--login", type=click.Choice(_DOORS), default="json", help="The way in.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Default: a free one.")
@click.option("--token-ttl", type=click.IntRange(1), default=3600, metavar="SECONDS", help="Life of the tokens.")
@click.option("--scramble", type=int, metavar="SEED", help="Made-up words for all names outside sign-up and log-in.")
@click.option("--noise", multiple=True, type=click.Choice(_NOISE), help="Make it a worse neighbour; repeatable.")
@click.option("--seed", type=int, default=1, help="Same seed, same data.")
@click.option("--log", type=click.Path(dir_okay=False, path_type=Path), help="Write a line per request to this file.")
@click.option("--yes-server", is_flag=True, help="Same specification, but 200 to everything, and an echo as answer.")
@click.option("--no-introspection", is_flag=True, help="Hide the schema; the dialect graphql alone has one to hide.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON when ready.")
def up(
    fixed: bool,
    only: tuple[str, ...],
    dialect: str,
    login: str,
    port: int,
    token_ttl: int,
    scramble: int | None,
    noise: tuple[str, ...],
    seed: int,
    log: Path | None,
    yes_server: bool,
    no_introspection: bool,
    as_json: bool,
) -> None:
    """Serve the range on loopback until Ctrl-C.

    \b
    Examples:
      gatewright lab up
      gatewright lab up --fixed --noise lag --noise errors
      gatewright lab up --only order-read-by-body --login oauth2
    """
    from gatewright.lab.serve import Options, line, serve
    from gatewright.lab.weaknesses import chosen

    if login != "json" and dialect != "bearer":
        raise click.BadParameter(
            f"the dialect {dialect} has its own way in; doors stand before bearer", param_hint="--login"
        )
    if no_introspection and dialect != "graphql":
        raise click.BadParameter("only the dialect graphql has introspection", param_hint="--no-introspection")
    try:
        weak = chosen(only, fixed=fixed, dialect=dialect)
    except KeyError as unknown:
        raise click.BadParameter(_unknown(str(unknown.args[0]), dialect), param_hint="--only") from None
    options = Options(
        weak=weak,
        dialect=dialect,
        login=login,
        port=port,
        token_ttl=token_ttl,
        scramble=scramble,
        noise=noise,
        seed=seed,
        log=log,
        yes=yes_server,
        introspection=not no_introspection,
    )

    def ready(facts: dict[str, Any]) -> None:
        click.echo(line(facts) if as_json else _greeting(facts))

    serve(options, ready)


@lab.command("list")
@click.option("--dialect", type=click.Choice(_DIALECTS), help="Those of this dialect, in its spelling.")
@click.option("--scramble", type=int, metavar="SEED", help="In the made-up words of this seed.")
@click.option("--json", "as_json", is_flag=True, help="As a JSON array.")
def list_(dialect: str | None, scramble: int | None, as_json: bool) -> None:
    """List the weaknesses: id, the test that proves it, where.

    \b
    Examples:
      gatewright lab list
      gatewright lab list --json
    """
    from gatewright.lab.dialects import DIALECTS
    from gatewright.lab.weaknesses import WEAKNESSES

    there = [weakness for weakness in WEAKNESSES if dialect is None or dialect in weakness.dialects]
    rows = [DIALECTS[dialect or weakness.dialects[0]].listed(weakness, scramble=scramble) for weakness in there]
    if as_json:
        click.echo(json.dumps([weakness.listed() for weakness in rows], ensure_ascii=False, indent=2))
        return
    for weakness in rows:
        click.echo(f"{weakness.id:34} {weakness.test:24} {weakness.endpoint:52} {weakness.title}")


def _greeting(facts: dict[str, Any]) -> str:
    lines = [f"The clinic listens on {facts['url']} (specification: {facts['spec']})"]
    lines += [f"  {name} ({row['role']}): {row['password']}" for name, row in facts["accounts"].items()]
    return "\n".join([*lines, f"  weaknesses on: {len(facts['weaknesses'])}. Ctrl-C stops it."])


def _unknown(name: str, dialect: str) -> str:
    from difflib import get_close_matches

    from gatewright.lab.weaknesses import IDS, WEAKNESSES

    if name in IDS:
        where = next(weakness.dialects for weakness in WEAKNESSES if weakness.id == name)
        return f"{name!r} cannot exist in the dialect {dialect}; it is in {', '.join(where)}"
    near = get_close_matches(name, IDS, n=1)
    return f"no weakness is called {name!r}" + (
        f"; did you mean {near[0]!r}?" if near else "; see `gatewright lab list`"
    )
