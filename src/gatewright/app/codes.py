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
    "GW-S001": Code(
        "A file cannot be read",
        "The path of a specification or traffic file does not exist, is a folder, or may not be read.",
        "Give the path of the file, or a URL that begins with `http`.",
    ),
    "GW-S002": Code(
        "Neither JSON nor YAML",
        "The input is binary, a web page, damaged, or nested beyond all reason; the message names line and column.",
        "Mend it there, or give the address of the specification itself instead of its documentation page.",
    ),
    "GW-S003": Code(
        "No known format",
        "The document is sound, but is neither OpenAPI (no `openapi` or `swagger` at its top) nor HAR (no list `log.entries`).",
        "Give an OpenAPI 2.0, 3.0 or 3.1 document or a HAR 1.2 file.",
    ),
    "GW-S004": Code(
        "The input is too large",
        "A single document is larger than what is read at once.",
        "Split it, or leave out bodies when recording traffic.",
    ),
    "GW-S005": Code(
        "A version of OpenAPI that is not known",
        "The document says another version than 2.0 or 3.x.",
        "Convert it to OpenAPI 3.0 or 3.1; Swagger 1.x is not read.",
    ),
    "GW-S006": Code(
        "A URL cannot be fetched",
        "The host of a specification does not answer, or its answer cannot be used.",
        "See whether the API runs, and whether curl gets the document.",
    ),
    "GW-S007": Code(
        "No specification at this address",
        "Neither the page, nor what it links to, nor the usual places of the frameworks hold one; the message lists what was tried.",
        "Give the specification itself, as a file or URL.",
    ),
    "GW-S040": Code(
        "A value of the wrong type",
        "A part of a specification or traffic file is not what its format says; it is left out, what is around it is used.",
        "Mend the line that the message names.",
    ),
    "GW-S041": Code(
        "A reference that leads nowhere",
        "A `$ref` (or YAML alias, or link) points to nothing, to itself, or to a document that cannot be read.",
        "Mend the reference; until then the place that it stands for allows anything.",
    ),
    "GW-S042": Code(
        "A reference that is not fetched",
        "A `$ref` points to another host than the specification's, or from a file to the network. Only the specification's own host is asked.",
        "Download the document beside the specification and refer to it by a relative path.",
    ),
    "GW-S043": Code(
        "A key given twice",
        "An object has the same key twice; the last one counts.",
        "Remove one of them.",
    ),
    "GW-S044": Code(
        "Path and parameters disagree",
        "A `{name}` of the path is not declared as a parameter (it is read as a string), or a declared one is not in the path.",
        "Declare it, or mend the spelling.",
    ),
    "GW-S045": Code(
        "One endpoint described twice",
        "The same method and path appears twice in a specification; the first counts.",
        "Remove one of them.",
    ),
    "GW-S046": Code(
        "A method or path that cannot be",
        "A key of a path item is no HTTP method, or a path lacks its slash or carries a query or fragment.",
        "Mend the line that the message names.",
    ),
    "GW-S047": Code(
        "A security scheme that is not declared",
        "A requirement names a scheme that the document lacks, or a scheme is of a kind that is not known.",
        "Declare it under `components.securitySchemes` (2.0: `securityDefinitions`).",
    ),
    "GW-S048": Code(
        "A value that JSON cannot hold",
        "NaN, an infinite number, or one with hundreds of digits; it is read as null.",
        "Write a number that a double holds, or a string.",
    ),
    "GW-S049": Code(
        "Text against its syntax",
        "Tabs that indent YAML, JSON with comments or trailing commas, bytes that are not UTF-8; it was read all the same.",
        "Mend it: other tools will refuse the file.",
    ),
    "GW-S050": Code(
        "A server that cannot be used",
        "A server's URL is none, lacks the value of a variable, or has another scheme than http and https; it is left out.",
        "Mend it, or name the target with `--target URL`.",
    ),
    "GW-S052": Code(
        "A document that is cut off",
        "A specification ends in the middle, as a broken download or a full disk leaves it; what comes before is read.",
        "Fetch it again: endpoints and components after the cut are missing.",
    ),
    "GW-S051": Code(
        "Traffic that cannot be used",
        "An entry of a traffic file lacks its request, or an endpoint of it is none (pages, preflights, 404 only); it is left out and counted.",
        "Nothing, when it is expected; else record the traffic again.",
    ),
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
