"""The pytest of a finding: fails while the hole is there, passes once it is closed, is skipped when that cannot be told.

It makes the objects again that the attack names (`Finding.setup`), with new unique values, sends the attack as the
attacker, reads back where the proof did, and looks for the witnesses. Only the standard library is needed to run it.
"""

from __future__ import annotations

import json
import re
from urllib.parse import unquote

from gatewright.model.account import ANON
from gatewright.model.call import leaves
from gatewright.model.creation import belongs, called, decoded, mentioned, names, where
from gatewright.model.finding import Finding
from gatewright.model.http import Exchange
from gatewright.model.mask import MASKED
from gatewright.report.placeholders import Template, said, template
from gatewright.report.runtime import modules, runtime

_MARKER = re.compile(r"\bgw[a-z2-7]{16}\b")


def pytest(finding: Finding) -> str:
    """The source of a test file; empty when the finding has no attack that could be sent again."""
    attack = _attack(finding)
    if attack is None:
        return ""
    setup = list(finding.setup)
    read_back = _read_back(finding, attack)
    witness = [] if _gone(read_back) else _stated(finding, attack) or _witnesses(finding, attack, read_back)
    baseline = None if setup else _baseline(finding, attack, read_back)
    trigger = told(finding, attack)
    if trigger is not None:
        witness = [text for text in finding.witness if text in _spelled(trigger)]
        baseline, read_back = None, None
    check = next(
        (
            e
            for e in finding.exchanges
            if e.request.listen is None
            and e.account == attack.account != ANON
            and _reads(e)
            and _ok(e)
            and e.number not in finding.attacks
        ),
        None,
    )
    listens = attack.request.listen is not None
    signs = any(template(one).signing is not None for one in (*setup, attack, *([trigger] if trigger else [])))
    lines = [
        _title(finding),
        "",
        *[f"import {module}" for module in modules(listens=listens, signs=signs)],
        "",
        f"TARGET = {attack.request.origin!r}",
        "# method, target, headers, body; «…» is filled in when the test runs",
        f"SETUP = [{''.join(chr(10) + '    ' + _step(made, setup) + ',  # as ' + made.account for made in setup)}{chr(10) if setup else ''}]",
        f"BASELINE = {_step(baseline, setup) if baseline else None}",
        f"ATTACK = {_step(attack, setup, test=finding.test)}  # as {attack.account}",
        *(
            [f"TRIGGER = {_step(trigger, [*setup, attack])}  # as {trigger.account}, while it listens"]
            if trigger
            else []
        ),
        *([f"SAY = {list(said(attack))!r}  # once it is open"] if listens else []),
        f"READ_BACK = {_step(read_back, [*setup, attack]) if read_back else None}",
        f"SESSION = {_step(check, setup) if check else None}",
        f"WITNESS = {[_parametrised(text, '', '', setup) for text in witness]!r}",
        f"SEEN = {_seen(read_back if _gone(read_back) and read_back else attack)!r}  # status, and names of all that the answer held",
        f"ACCEPTED = {attack.response is not None and _status(attack) < 400}  # the attack was",
        f"GONE = {_gone(read_back)!r}  # the proof was that the owner's object had disappeared",
        "",
    ]
    name = re.sub(r"\W+", "_", finding.test)
    return "\n".join(lines) + runtime(
        f"{name}_{finding.id}",
        listens=listens,
        signs=signs,
    )


def told(finding: Finding, attack: Exchange) -> Exchange | None:
    """What the victim did while the attack listened to a stream: the first such request that carries a witness."""
    if attack.request.listen is None:
        return None
    after = [e for e in finding.exchanges if e.number > attack.number and e.account == finding.victim]
    return next((e for e in after if any(text in _spelled(e) for text in finding.witness)), None)


def _title(finding: Finding) -> str:
    text = f"{finding.summary or finding.title}\n\n{finding.endpoint.name} · {finding.test} · Gatewright finding {finding.id}"
    text = text.replace("\\", "/").replace('"""', "'''")
    return f'"""{text}.\n\nFails while the hole is there, passes once it is closed, is skipped when that cannot be told.\nGW_TARGET: another address of the same API. Tokens: gatewright login --export.\n"""'


def _attack(finding: Finding) -> Exchange | None:
    return next((e for e in finding.exchanges if e.number in finding.attacks), None)


def _reads(exchange: Exchange) -> bool:
    """Whether a request changes nothing: a GET, or a query of GraphQL."""
    return exchange.request.method == "GET" or exchange.request.body.startswith(b'{"query": "query ')


def _status(exchange: Exchange) -> int:
    """The status of an answer as the test file will see it: of GraphQL the one that its body stands for."""
    if exchange.response is None:
        return 0
    return exchange.response.meaning if called(exchange.request.body) else exchange.response.status


def _ok(exchange: Exchange) -> bool:
    return exchange.response is not None and exchange.response.ok


def _text(exchange: Exchange | None) -> str:
    """Body and header values of an answer, JSON also decoded."""
    if exchange is None or exchange.response is None:
        return ""
    body = exchange.response.body.decode("utf-8", "replace")
    values = [str(value) for _, value in leaves(decoded(exchange.response.body))]
    headers = (f"{name}: {value}" for name, value in exchange.response.headers)
    return "\n".join([body, json.dumps(decoded(exchange.response.body), ensure_ascii=False), *values, *headers])


def _stated(finding: Finding, attack: Exchange) -> tuple[str, ...]:
    """What the kind itself says must not be seen: the property that was set, the origin that was allowed."""
    if finding.test == "mass-assignment" and finding.place is not None:
        sent = dict(leaves(decoded(attack.request.body)))
        place = finding.endpoint.shown_place(finding.place).name
        if place in sent:
            name = re.split(r"[.\]]", place)[-1]
            return (json.dumps({name: sent[place]}, ensure_ascii=False)[1:-1],)
    if finding.test == "cors" and attack.response is not None:
        lines = [line for line in attack.response.headers if line[0].lower() == "access-control-allow-origin"]
        return tuple(f"{name}: {value}" for name, value in lines)
    return ()


def _read_back(finding: Finding, attack: Exchange) -> Exchange | None:
    """The first read-back after the attack that shows a witness, or that the object is gone."""
    after = [e for e in finding.exchanges if e.number > attack.number and e.purpose.startswith("read-back")]
    known = _stated(finding, attack) or finding.witness
    showing = next((e for e in after if any(text in _text(e) for text in known)), None)
    if showing is not None or known:
        return showing
    if attack.request.method == "DELETE" or finding.test == "object-access-delete":
        return next((e for e in after if _is_gone(e)), None)
    return None


def _gone(read_back: Exchange | None) -> bool:
    return read_back is not None and _is_gone(read_back)


def _is_gone(exchange: Exchange) -> bool:
    status = _status(exchange)
    return status in (404, 410) or (bool(called(exchange.request.body)) and status == 400)


def _baseline(finding: Finding, attack: Exchange, read_back: Exchange | None) -> Exchange | None:
    """The victim's own read of the same object: while it fails, nothing can be told."""
    asked = {(one.request.target, one.request.body) for one in (attack, read_back) if one is not None}
    targets = {target for target, body in asked if not called(body)}
    victim = finding.victim or (read_back.account if read_back else "")
    return next(
        (
            e
            for e in finding.exchanges
            if e.account == victim != attack.account
            and _reads(e)
            and (e.request.target in targets or (e.request.target, e.request.body) in asked)
            and _ok(e)
        ),
        None,
    )


def _witnesses(finding: Finding, attack: Exchange, read_back: Exchange | None) -> list[str]:
    """Texts to look for. Those that a new object would not have are left out: they stand in no request."""
    proving = _text(read_back or attack)
    sent = "\n".join(_spelled(e) for e in (*finding.setup, attack))
    texts = [text for text in finding.witness if text in proving and not MASKED.search(text)]
    if not texts and read_back is None:
        theirs = [e for e in finding.exchanges if e.account == finding.victim != attack.account]
        own = "\n".join(_text(e) for e in finding.exchanges if e not in theirs and e.number not in finding.attacks)
        answered = leaves(decoded(attack.response.body)) if attack.response else []
        values = [str(value) for _, value in answered if isinstance(value, (str, int)) and len(str(value)) >= 6]
        texts = [
            value
            for value in values
            if not MASKED.search(value)
            and value not in own
            and value not in _spelled(attack)
            and any(value in _text(e) for e in theirs)
        ][:5]
    if finding.setup:
        texts = [text for text in texts if text in sent or _made(text, "", "", list(finding.setup))]
    return texts


def _spelled(exchange: Exchange) -> str:
    body = exchange.request.body.decode("utf-8", "replace")
    values = [str(value) for _, value in leaves(decoded(exchange.request.body))]
    return "\n".join([unquote(exchange.request.target), body, *values])


def _seen(exchange: Exchange) -> tuple[int, list[str]]:
    if exchange.response is None:
        return 0, []
    names = {
        name
        for leaf, value in leaves(decoded(exchange.response.body))
        if value is not None
        for name in re.findall(r"[^.\[\]]+", re.sub(r"\[\d+\]", "", leaf))
    }
    return _status(exchange), sorted(names)


def _step(exchange: Exchange, setup: list[Exchange], *, test: str = "") -> str:
    """One request as Python source, with its variables, fresh markers and values of objects made before."""
    found: Template = template(exchange, test=test)
    earlier = [made for made in setup if made.number < exchange.number]
    path, mark, query = found.target.partition("?")
    segments = [_parametrised(segment, "", path, earlier) for segment in path.split("/")]
    pairs = []
    for pair in query.split("&"):
        name, equals, value = pair.partition("=")
        pairs.append(name + equals + _parametrised(value, name, path, earlier))
    target = "/".join(segments) + mark + "&".join(pairs)
    headers = [(name, _markers(value)) for name, value in found.headers]
    if found.signing is not None:
        sign = found.signing
        headers.append(("Authorization", f"«sigv4 {sign.variable}|{sign.key}|{sign.region}|{sign.service}»"))
    if found.certificate:
        headers.append((":certificate", f"«{found.certificate}»"))
    body = (
        found.body if isinstance(found.body, bytes) else _body(exchange, _markers(found.body), where(exchange), earlier)
    )
    return repr((found.method, target, headers, body))


def _body(exchange: Exchange, text: str, path: str, earlier: list[Exchange]) -> str:
    for name, value in mentioned(exchange):
        made = _made(value, name, path, earlier) if name else ""
        if made:
            literal = re.escape(json.dumps(value)) if not value.isdigit() else rf'"?(?<![\w.-]){value}(?![\w.-])"?'
            replaced = f"«{made}»"
            text = re.sub(literal, lambda found, r=replaced: f'"{r}"' if found[0][0] == '"' else r, text)  # type: ignore[misc]
    return text


def _parametrised(text: str, name: str, path: str, earlier: list[Exchange]) -> str:
    made = _made(unquote(text), name, path, earlier)
    return f"«{made}»" if made else _markers(text)


def _markers(text: str) -> str:
    return _MARKER.sub(lambda found: f"«fresh {found[0]}»", text)


def _made(value: str, name: str, path: str, earlier: list[Exchange]) -> str:
    """`made 0 id`: the step of the set-up and the leaf of its answer that give this value; else empty."""
    for index, made in reversed(list(enumerate(earlier))):
        if not _MARKER.fullmatch(value) and belongs(made, value, name=name, path=path):
            leaf = next((leaf for leaf, given in names(made).items() if given == value), "")
            if leaf:
                return f"made {index} {leaf}"
    return ""
