"""`upload-size` and `upload-type`: files that are too large, or not what they should be, are kept."""

from __future__ import annotations

import asyncio
import re

import msgspec
from msgspec import Struct

from gatewright.checks.controls import call_of
from gatewright.checks.files import Field, File, accepted, carrying, field_of
from gatewright.checks.promised import promised
from gatewright.checks.stored import Seen, look, store
from gatewright.explore.words import words
from gatewright.model.account import ANON
from gatewright.model.call import Call, render
from gatewright.model.http import Exchange, Request, Response
from gatewright.model.names import singular
from gatewright.model.test import Attacker, Effect, Phase, Probe, check
from gatewright.model.verdict import Severity, Verdict, conclude, proved

SAFE_BYTES = 1024 * 1024
"""Of a body, in any mode but full."""
_SIZES = tuple(n * 1024 * 1024 for n in (1, 5, 11, 26))
_ANNOUNCED = 10 * 1024**3
"""Bytes that are announced and never sent."""
_ROOM = 64 * 1024
"""Bytes beyond a documented maximum that are announced: a body is larger than the file in it."""
_CHUNK = 64 * 1024
_PATIENCE = 2.0
"""Seconds for an answer to the announcement."""
_AMOUNT = r"(\d[\d,_']{0,11}(?:\.\d)?)\s?(bytes?|octets|[kmg]i?b(?:ytes?)?\b|kilobytes?|megabytes?|gigabytes?)"
_MOST = r"max\w*|at most|limit\w*|up to|exceed\w*|(?:must|should|may) (?:not )?be \w*\s?\w*"
_MORE = r"larger than|bigger than|greater than|more than|over|above"
_LIMITS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?:\b(?:{_MOST})|≤|<)\D{{0,30}}?{_AMOUNT}",
        rf"{_AMOUNT}(?:\s?\([^)]{{0,30}}\))?,?\s(?:max|at most|limit|or less|or smaller|and smaller|allowed)",
        rf"(?:refuse|reject|fail|error|413)\w*\W[^.]{{0,60}}?\b(?:{_MORE})\D{{0,20}}?{_AMOUNT}",
        rf"\b(?:{_MORE})\D{{0,20}}?{_AMOUNT}[^.]{{0,40}}?\b(?:refuse|reject|fail|error|413|not )",
    )
)
"""Texts that say how large a file may be, and the amount: `at most 512 KiB`, `1 MiB (1048576 bytes) at most`."""
_LEAST, _LEAST_OF_ALL = 1024, 8 * 1024
"""Bytes of a limit that the text about a file, or about the whole request, is believed to set for the file.

Less is said of names and titles, and of messages that a file goes with.
"""
_UNITS = {"k": 1024, "m": 1024**2, "g": 1024**3}
_ACTIVE = {"text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "application/xml"}
_MEANT = {
    "image": ("image", "avatar", "photo", "picture", "logo", "icon", "thumbnail", "portrait"),
    "PDF file": ("pdf",),
    "video": ("video", "movie"),
}
_PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\x06\0\0\0\x1f\x15\xc4\x89"


@check(
    "upload-size",
    threat="API4:2023",
    title="A file of any size is kept",
    severity="medium",
    cwe=(770, 400),
    attacker=Attacker.OWNER,
    needs=(),
    phase=Phase.LADDERS,
    effect=Effect.OWN,
    requests=24,
)
async def upload_size(probe: Probe) -> Verdict:
    """Send files that are larger than they may be, and see whether they are kept.

    ## What it does
    One byte more than the documented maximum, where that is not more than 1 MiB, and in chunks where it is refused; else an announcement of more, or of
    10 GiB, of which nothing is sent; in full mode also files of 1, 5, 11 and 26 MiB. What was kept is removed afterwards.

    ## Why it matters
    Files without a limit fill disks and memory, and keep the server busy, for the price of an upload.

    ## How it is proved
    A small file is kept: another request shows its bytes or its size. Then the same holds for a file of the
    documented maximum and one byte, twice, or for one of 26 MiB. An answer of 201 alone proves nothing, nor does the
    `100 Continue` that many servers send blindly.

    ## When it is wrong
    When files of that size are wanted, and the documentation is not up to date.

    ## Remedy
    Set a limit where the request enters, and refuse with 413 before the body is read. Count the bytes that come, not
    those that are announced.

    ## References
    - https://cwe.mitre.org/data/definitions/770.html
    """
    found = await _control(probe)
    if isinstance(found, Verdict):
        return found
    call, field = found
    documented = _documented(probe, field)
    most = _SIZES[-1] if probe.settings.limits.mode == "full" else SAFE_BYTES
    if documented and (documented + 1) * (4 if field.how == "base64" else 3) // 3 <= most:
        return await _beyond(probe, call, field, documented)
    announced = documented + _ROOM if documented and probe.settings.limits.mode != "full" else _ANNOUNCED
    refusal = await _announce(probe, call, field, announced)
    if refusal:
        return conclude("protected", f"{announced} bytes were announced and refused: {refusal}", place=field.place)
    if probe.settings.limits.mode != "full":
        told = f"a limit of {documented} bytes is documented" if documented else "no limit is documented"
        why = f"{told}, and only --mode full sends files of more than 1 MiB to see where it ends"
        return conclude("mode", why, place=field.place)
    if documented:
        why = f"the documented maximum of {documented} bytes is more than the 26 MiB that are sent at most"
        return conclude("too_small", why, place=field.place)
    return await _real(probe, call, field)


async def _control(probe: Probe) -> tuple[Call, Field] | Verdict:
    """The field, and a small file that is seen to be kept."""
    call = call_of(probe, probe.account)
    field = field_of(probe, call) if call is not None else None
    if call is None or field is None:
        return conclude("no_such_function", "it takes no file")
    small = _filled(field, probe.marker().encode())
    sent = await store(probe, call, field, small, purpose="control: a small file")
    if not accepted(sent):
        return conclude(
            "baseline_broken", "a small file like that of the accepted request is refused now", place=field.place
        )
    seen = await look(probe, call, sent, small)
    kept = seen is not None
    if not probe.control(
        "kept",
        "a small file, asked for by another request",
        expected="its bytes or its size",
        observed=f"seen at {seen.endpoint}" if seen else "nowhere",
        holds=kept,
    ):
        return conclude(
            "not_visible", "a small file was accepted, and no other request shows it again", place=field.place
        )
    return call, msgspec.structs.replace(field, way=seen.way if seen else "")


def _filled(field: Field, content: bytes) -> File:
    """The file of the accepted request with more at its end, by which no kind of file is made another."""
    name, kind, old = field.file.name, field.file.kind, field.file.content
    marked = old.lstrip()[:1] in (b"{", b"[", b"<")  # JSON and XML end with blanks at most
    return File(name, kind, old + (b" " * len(content) if marked else content))


def _documented(probe: Probe, field: Field) -> int:
    """The greatest number of bytes that the specification allows; 0 where it says nothing."""
    most = field.schema.max_length
    if most:
        return most * 3 // 4 if field.how == "base64" else most
    bodies = [probe.specification.resolve(body.schema).description for body in probe.endpoint.bodies]
    refused = [
        f"413: {answer.description}" for answer in probe.endpoint.answers if answer.status in ("413", "400", "422")
    ]
    own = limit_of(field.schema.description)
    texts = (*bodies, probe.endpoint.description, probe.endpoint.summary, *refused)
    return own or next((amount for text in texts if (amount := limit_of(text, least=_LEAST_OF_ALL))), 0)


def limit_of(text: str, *, least: int = _LEAST) -> int:
    """The most bytes that a text says a file may have; of several amounts the largest, 0 when it says none."""
    amounts = [0]
    for number, unit in (found for limit in _LIMITS for found in limit.findall(text)):
        amounts.append(int(float(re.sub(r"[,_']", "", number)) * _UNITS.get(unit[0].lower(), 1)))
    return max(amounts) if max(amounts) >= least else 0


async def _beyond(probe: Probe, call: Call, field: Field, documented: int) -> Verdict:
    """The documented maximum and one byte, twice; where it is refused, in chunks as well, whose length no header tells."""
    verdict = await _twice(probe, call, field, documented)
    if verdict.reason != "protected":
        return verdict
    chunked = await _twice(probe, call, field, documented, chunked=True)
    return chunked if chunked.outcome == "vulnerable" else verdict


async def _twice(probe: Probe, call: Call, field: Field, documented: int, *, chunked: bool = False) -> Verdict:
    kept: list[tuple[Exchange, Seen]] = []
    form = " in chunks" if chunked else ""
    for again in ("", ", confirmed"):
        large = _filled(field, b"a" * (documented + 1 - len(_filled(field, b"").content)))
        purpose = f"attack: one byte too many{form}{again}"
        sent = await store(probe, call, field, large, purpose=purpose, edit=_in_chunks if chunked else None)
        if not accepted(sent):
            status = sent.response.status if sent.response else 0
            why = f"one byte more than the documented {documented} was refused{form}: status {status}"
            return conclude("protected", why, place=field.place)
        seen = await look(probe, call, sent, large, way=field.way)
        if seen is None:
            return conclude(
                "no_effect", f"{documented + 1} bytes were accepted, and are not kept as they were", place=field.place
            )
        kept.append((sent, seen))
    told = ", which is kept only where the length is told before" if chunked else ""
    return _too_large(probe, field, kept, documented + 1, f"the documented maximum is {documented}{told}")


def _in_chunks(request: Request) -> Request:
    """The same request in chunks (RFC 9112, 7.1), on a connection of its own: who cannot read them may leave some behind."""
    lines = [line for line in request.headers if line[0].lower() not in ("content-length", "connection")]
    lines += [("Host", request.origin.partition("://")[2]), ("Transfer-Encoding", "chunked"), ("Connection", "close")]
    body = request.body
    parts = [body[at : at + _CHUNK] for at in range(0, len(body), _CHUNK)]
    coded = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    return Request(request.method, request.origin, request.target, tuple(lines), coded, "exact")


async def _announce(probe: Probe, call: Call, field: Field, size: int) -> str:
    """How an announcement of so many bytes is refused; empty where nothing is said, or only that it may come."""

    def announced(request: Request) -> Request:
        small = render(probe.endpoint, carrying(call, field, field.file))
        lines = [line for line in request.headers if line[0].lower() not in ("content-length", "content-type")]
        lines += [("Host", request.origin.partition("://")[2]), ("Content-Type", small.header("content-type") or "")]
        lines += [("Content-Length", str(size)), ("Expect", "100-continue"), ("Connection", "close")]
        return Request(request.method, request.origin, request.target, tuple(lines), b"", "exact")

    try:
        exchange = await asyncio.wait_for(
            probe.send(call, purpose=f"attack: {size} bytes announced, none sent", edit=announced, burst=True),
            _PATIENCE,
        )
    except TimeoutError:
        return ""
    status = exchange.response.status if exchange.response else 0
    return f"status {status}" if status in (400, 411, 413, 417) else ""


async def _real(probe: Probe, call: Call, field: Field) -> Verdict:
    """1, 5, 11 and 26 MiB, until one is refused."""
    kept: list[tuple[Exchange, Seen]] = []
    for size in _SIZES:
        large = _filled(field, b"a" * (size - len(_filled(field, b"").content)))
        sent = await store(probe, call, field, large, purpose=f"attack: {size // 1024**2} MiB")
        if not accepted(sent):
            status = f"status {sent.response.status}" if sent.response else "the connection was closed"
            return conclude("protected", f"{size // 1024**2} MiB were refused: {status}", place=field.place)
        seen = await look(probe, call, sent, large, way=field.way)
        if seen is None:
            return conclude(
                "no_effect", f"{size // 1024**2} MiB were accepted, and are not kept as they were", place=field.place
            )
        kept = [(sent, seen)]
    return _too_large(probe, field, kept, _SIZES[-1], "no limit was met below")


def _too_large(probe: Probe, field: Field, kept: list[tuple[Exchange, Seen]], size: int, why: str) -> Verdict:
    where = " and ".join(dict.fromkeys(seen.endpoint for _, seen in kept))
    return proved(
        summary=f"{probe.account} had a file of {size} bytes kept at {probe.endpoint.name}: {why}.",
        proof=(
            "a small file is kept, and shown by another request",
            f"a file of {size} bytes is accepted: {why}",
            f"{where} shows all {size} of them" + (", and those of a second one" if len(kept) > 1 else ""),
        ),
        attacks=tuple(sent.number for sent, _ in kept),
        place=field.place,
    )


class _Trick(Struct, frozen=True):
    """One file that is not what it should be. `computes`: a text that comes back only if it was run."""

    what: str
    file: File
    computes: bytes = b""
    plain: bool = False
    """Nothing in it is of another type: neither an image, nor one that begins like one."""


@check(
    "upload-type",
    threat="API4:2023",
    title="A file is kept whatever it is",
    severity="medium",
    cwe=(434,),
    attacker=Attacker.OWNER,
    needs=(),
    phase=Phase.LADDERS,
    effect=Effect.OWN,
    requests=60,
)
async def upload_type(probe: Probe) -> Verdict:
    """Send files that are not what they should be: pages, drawings with scripts, programs, under names of all kinds.

    ## What it does
    HTML behind the first bytes of a PNG, also said to be a PNG, an SVG with a script, HTML that calls itself a PNG, two endings, small PHP, JSP and
    ASPX programs that multiply two numbers, a name that climbs a directory up. What was kept is removed afterwards.

    ## Why it matters
    A page that the API gives back from its own address acts there in the name of whoever opens it; a program that the
    server runs is the end of it.

    ## How it is proved
    A small file is kept and comes back. Then the same bytes come back from the API's own address as HTML, SVG or XML and
    not as a download; or what comes back is the product of the program's numbers; or the field is meant for images,
    PDF or video by its name, and HTML that does not even begin like one comes back unchanged; or the specification
    limits the kinds (`PDF, PNG or JPEG`), and what says itself that it is HTML comes back unchanged, as a download
    perhaps. Each is done twice. An answer of 201 proves nothing.

    ## When it is wrong
    When the API is meant to publish pages that its users write.

    ## Remedy
    Look at the bytes, not at the name or the declared type. Give files back with
    `Content-Disposition: attachment`, `X-Content-Type-Options: nosniff` and a type of your own, best from another host, under names of your own.

    ## References
    - https://cwe.mitre.org/data/definitions/434.html
    - https://cheatsheetseries.owasp.org/cheatsheets/File_Upload_Cheat_Sheet.html
    """
    found = await _control(probe)
    if isinstance(found, Verdict):
        return found
    call, field = found
    refused: list[str] = []
    kept: list[str] = []
    for index in range(len(_tricks(b"gw", 1, 1))):
        first = await _try(probe, call, field, index)
        if first is None:
            refused.append(_tricks(b"gw", 1, 1)[index].what)
            continue
        kept.append(first[0].what)
        proof = _proof(probe, field, *first)
        second = await _try(probe, call, field, index) if proof else None
        if proof and second is not None and _proof(probe, field, *second) == proof:
            return await _active(probe, field, (first, second), proof)
    if kept:
        return conclude(
            "no_effect",
            f"{len(kept)} of {len(kept) + len(refused)} odd files were accepted; none comes back as what it is",
            place=field.place,
        )
    return conclude(
        "protected", f"all {len(refused)} files that are not what they should be were refused", place=field.place
    )


def _tricks(marker: bytes, a: int, b: int) -> list[_Trick]:
    """The files, the plainest first, with a marker in each and two numbers to multiply in the programs."""
    page = b"<html><body><script>/*%b*/</script></body></html>" % marker
    drawing = b'<svg xmlns="http://www.w3.org/2000/svg"><script>/*%b*/</script></svg>' % marker
    php, product = b"<?php echo %d*%d; /*%b*/ ?>" % (a, b, marker), str(a * b).encode()
    return [
        _Trick("HTML behind the first bytes of a PNG", File("gw.html", "text/html", _PNG + page)),
        _Trick("HTML under its own name that says it is a PNG", File("gw.html", "image/png", _PNG + page)),
        _Trick("SVG with a script", File("gw.svg", "image/svg+xml", drawing)),
        _Trick("HTML that calls itself a PNG", File("gw.png", "image/png", page), plain=True),
        _Trick("HTML with two endings", File("gw.png.html", "text/html", page), plain=True),
        _Trick("a PHP program", File("gw.php", "application/x-php", php), product),
        _Trick(
            "a JSP program", File("gw.jsp", "text/plain", b"<%%= %d*%d %%><%%-- %b --%%>" % (a, b, marker)), product
        ),
        _Trick(
            "an ASPX program", File("gw.aspx", "text/plain", b"<%%= %d*%d %%><%%-- %b --%%>" % (a, b, marker)), product
        ),
        _Trick("a name that climbs up", File("../gw.html", "text/html", page), plain=True),
    ]


async def _try(probe: Probe, call: Call, field: Field, index: int) -> tuple[_Trick, Exchange, Seen | None] | None:
    """One odd file with a new marker; None when it was refused."""
    numbers = probe.random.randrange(10_000, 99_999), probe.random.randrange(10_000, 99_999)
    trick = _tricks(probe.marker().encode(), *numbers)[index]
    sent = await store(probe, call, field, trick.file, purpose=f"attack: {trick.what}")
    if not accepted(sent):
        return None
    back = await look(probe, call, sent, trick.file, exact=True, computed=trick.computes, way=field.way)
    return trick, sent, back


def _proof(probe: Probe, field: Field, trick: _Trick, sent: Exchange, seen: Seen | None) -> str:
    """What a kept file proves: `active`, `run`, `meant`, `promised` or nothing."""
    if seen is not None and _ran(seen.response, trick):
        return "run"
    if seen is None or not seen.exact:
        return ""
    if _is_active(seen.response):
        return "active"
    if trick.plain and _meant(probe, field):
        return "meant"
    return "promised" if trick.plain and trick.file.kind == "text/html" and promised(probe, field) else ""


def _ran(response: Response, trick: _Trick) -> bool:
    return bool(trick.computes) and trick.computes in response.body and trick.file.content[:5] not in response.body


def _media(response: Response) -> str:
    return (response.header("content-type") or "").partition(";")[0].strip().lower()


def _shown_in_place(response: Response) -> bool:
    """Whether an answer is no download."""
    return not (response.header("content-disposition") or "").strip().lower().startswith("attachment")


def _is_active(response: Response) -> bool:
    """Whether a browser that opens the address would run what is in it."""
    caged = "sandbox" in (response.header("content-security-policy") or "").lower()
    return _media(response) in _ACTIVE and _shown_in_place(response) and not caged


def _meant(probe: Probe, field: Field) -> str:
    """What the field is meant for, by its name, the end of its path or its type; empty where that is not said."""
    if field.how == "raw" and field.file.kind.startswith(("image/", "video/")):
        return field.file.kind.partition("/")[0]
    last = next((part for part in reversed(probe.endpoint.path.split("/")) if part and "{" not in part), "")
    said = {singular(word) for word in (*words(field.name), *words(last))}
    return next((kind for kind, names in _MEANT.items() if said & set(names)), "")


async def _active(
    probe: Probe, field: Field, both: tuple[tuple[_Trick, Exchange, Seen | None], ...], proof: str
) -> Verdict:
    (trick, sent, _), (_, confirmed, seen) = both
    where = seen.endpoint if seen else ""
    severity: Severity = "medium"
    if proof == "run":
        severity, told = "critical", f"{where} gave back the product of its two numbers: the server ran it"
    elif proof == "active" and seen is not None:
        open_ = await _opened_by_itself(probe, seen)
        severity = "high" if open_ else "medium"
        told = f"{where} gave back the same bytes as {_media(seen.response)}, not as a download" + (
            ", to a browser that sends no header of its own" if open_ else ", to who sends the account's token"
        )
    elif proof == "promised":
        severity = "low" if seen and not _shown_in_place(seen.response) else "medium"
        told = f"the specification says that it takes {promised(probe, field)}, and {where} gave back the same bytes"
    else:
        told = f"the field is meant for an {_meant(probe, field)}, and {where} gave back the same bytes"
    return proved(
        title="A file is kept and given back as what it is: " + trick.what,
        summary=f"{probe.account} sent {trick.what} to {probe.endpoint.name}, and {where} gave it back.",
        proof=(
            "a small file is kept, and shown by another request",
            f"{trick.what} was accepted; {told}",
            "the same a second time",
        ),
        attacks=(sent.number, confirmed.number),
        place=field.place,
        severity=severity,
    )


async def _opened_by_itself(probe: Probe, seen: Seen) -> bool:
    """Whether a browser gets it without a header that only a script can set: by cookies, or as nobody."""
    credentials = await probe.credentials(probe.account)
    if credentials and all(c.within == "cookie" for c in credentials):
        return True
    names = {c.name.lower() for c in credentials}

    def as_it_was(request: Request) -> Request:
        lines = tuple(line for line in seen.exchange.request.headers if line[0].lower() not in names)
        return Request("GET", request.origin, seen.exchange.request.target, lines)

    again = await probe.send(
        Call(endpoint=probe.endpoint.id), as_=ANON, purpose="control: no credential", credentials=(), edit=as_it_was
    )
    return again.response is not None and again.response.ok and again.response.body == seen.response.body
