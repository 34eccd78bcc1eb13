"""`gatewright doctor`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from gatewright.cli.table import print_json, print_rows


@click.command(short_help="What is missing here; what a code means.")
@click.argument("code", required=False)
@click.option("--config", metavar="FILE", help="Configuration to look at. Default: the nearest gatewright.yaml.")
@click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")
def doctor(code: str | None, config: str | None, as_json: bool) -> int:
    """Tell what is missing here; explain a CODE.

    Exits 1 when something that a scan needs is missing. With a CODE of an error or a warning: what it means and what to do.

    \b
    Examples:
      gatewright doctor
      gatewright doctor GW-U001
      gatewright doctor --json
    """
    if code is not None:
        from gatewright.app.codes import explain

        name, explanation = explain(code)
        if as_json:
            print_json({"code": name, **{key: getattr(explanation, key) for key in ("title", "cause", "remedy")}})
        else:
            click.echo(f"{name}  {explanation.title}\n\n{explanation.cause}\n\n{explanation.remedy}")
        return 0
    import asyncio

    from gatewright.app.doctor import examine

    facts = asyncio.run(examine(directory=Path.cwd(), config=config, environ=os.environ))
    print_rows(facts, {"": "state", "WHAT": "what", "FOUND": "found", "MEND": "mend"}, as_json=as_json, empty="")
    return 1 if any(fact.state == "bad" for fact in facts) else 0
