"""What each stable error and warning code means: shown by `gatewright doctor CODE`, written into docs/reference/errors.md."""

from __future__ import annotations

import difflib

from msgspec import Struct

from gatewright.model.errors import UsageError


class Code(Struct, frozen=True):
    """One code: its name in words, what brings it about, and what to do."""

    title: str
    cause: str
    remedy: str


CODES: dict[str, Code] = {
    "GW-U001": Code(
        "The command line cannot be understood",
        "A command, option or argument is unknown, missing, or has a value that is not possible.",
        "Read the help line of the message: it names the nearest known word. `--help` after any command lists what there is.",
    ),
    "GW-U002": Code(
        "No test has this name",
        "A test id on the command line is not in the library.",
        "`gatewright tests list WORD` finds tests by word, threat, CWE or severity.",
    ),
    "GW-U003": Code(
        "No explanation for this code",
        "`gatewright doctor CODE` was asked for a code that this version does not know.",
        "Codes look like GW-U001. docs/reference/errors.md lists all of them.",
    ),
    "GW-U004": Code(
        "A test cannot have this name",
        "`gatewright tests new NAME` was given a name that is taken, that is not in small letters, digits and hyphens, or whose files are there already.",
        "Choose another name. It names the flaw (`cookie-without-flags`), not the remedy.",
    ),
    "GW-U005": Code(
        "The file holds no check",
        "`gatewright tests try FILE.py` was given a file that does not exist, or in which nothing is decorated with `@check`.",
        "`gatewright tests new NAME` writes one that works, to begin from.",
    ),
    "GW-A001": Code(
        "An account could not log in again in the middle of a run",
        "Its session ended (expired, logged out, password changed) and the log-in that had worked was refused.",
        "What that account had proved stands; what it was still to do is `error: session_lost`. Look at the log-in's answer in the message.",
    ),
    "GW-U006": Code(
        "There is a configuration already",
        "`gatewright init` writes a gatewright.yaml and overwrites none.",
        "Rename or delete the old one, or run it in another folder.",
    ),
    "GW-U007": Code(
        "No specification stands here",
        "`gatewright init` was given none, and this folder has none under the usual names (openapi.json, swagger.yaml, docs/openapi.yaml, …).",
        "Name it: `gatewright init FILE`, or the URL of one.",
    ),
    "GW-U008": Code(
        "No such account",
        "A command was given the name of an account that the configuration does not have, or there is no account at all.",
        "`accounts` in gatewright.yaml, or `--account NAME=USER:PASSWORD`; see docs/how-to/accounts.md.",
    ),
    "GW-U009": Code(
        "Two outputs want stdout",
        "`json`, `sarif` and `--events -` each take stdout when they have no path, and only one can have it.",
        "Give all but one a path: `--format json=report.json`.",
    ),
    "GW-U013": Code(
        "A file cannot be written",
        "A report or the event file could not be opened for writing.",
        "Choose a folder that exists and that you may write to; `gatewright doctor` looks at the store's.",
    ),
    "GW-U014": Code(
        "The baseline cannot be used",
        "`--baseline` was given a file that does not exist or is no JSON report.",
        "Give a report that `gatewright scan --format json=FILE` wrote.",
    ),
    "GW-X001": Code(
        "Gatewright itself failed",
        "An error that nobody foresaw: a fault of Gatewright, not of your API. What had been found is saved.",
        "The message names a file with the traceback: please report it. `gatewright runs resume ID` goes on from there.",
    ),
}
"""Code → its explanation, in the order of the page."""


def explain(code: str) -> tuple[str, Code]:
    """The code as it is written and its explanation. Raises UsageError GW-U003 for an unknown one."""
    wanted = code.upper() if code.upper().startswith("GW-") else f"GW-{code.upper()}"
    if wanted not in CODES:
        near = difflib.get_close_matches(wanted, CODES, n=1)
        hint = f"did you mean {near[0]}?" if near else "codes look like GW-U001"
        raise UsageError(f"no code {code}", code="GW-U003", help=hint)
    return wanted, CODES[wanted]
