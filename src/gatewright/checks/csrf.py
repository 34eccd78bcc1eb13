"""The `csrf-*` family: changes that another site makes a logged-in browser send (checks-1-5.md 3.3)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import msgspec

from gatewright.access.tokens import garbage
from gatewright.checks.disguises import methods, types
from gatewright.checks.forgery import (
    Edit,
    Gate,
    carried_by,
    feasible,
    foreign,
    gate,
    same_site,
    spelled,
    stored,
    with_token,
    without_tokens,
)
from gatewright.model.account import Credential
from gatewright.model.call import Call
from gatewright.model.http import Exchange
from gatewright.model.secret import Secret
from gatewright.model.test import Attacker, Effect, Need, Phase, Probe, check
from gatewright.model.verdict import Verdict, conclude, proved

Check = Callable[[Probe], Awaitable[Verdict]]


async def _twice(
    probe: Probe,
    opened: Gate,
    credentials: Sequence[Credential],
    *,
    what: str,
    call: Callable[[Call], Call] | None = None,
    then: Edit | None = None,
) -> list[Exchange]:
    """The exchanges of a forged change that was stored, and of a second one with another marker; empty when either was not."""
    sent: list[Exchange] = []
    assert opened.change is not None  # noqa: S101 - a gate without a verdict has a change
    for again in ("", ", confirmed"):
        kept = await stored(
            probe,
            opened.change,
            credentials,
            purpose=f"attack: {what}{again}",
            edit=foreign(probe, then),
            call=call,
            sent=sent,
        )
        if not kept:
            return []
    return sent


async def _refused(
    probe: Probe,
    opened: Gate,
    credentials: Sequence[Credential],
    *,
    name: str,
    call: Callable[[Call], Call] | None = None,
) -> bool:
    """The control of a kind: whether the next simpler forgery is refused. Where it is not, another test judges."""
    assert opened.change is not None  # noqa: S101 - a gate without a verdict has a change
    kept = await stored(probe, opened.change, credentials, purpose=f"control: {name}", edit=foreign(probe), call=call)
    return not kept


async def _proved(probe: Probe, opened: Gate, sent: list[Exchange], *, title: str, said: str) -> Verdict:
    """The finding: medium where a browser would send it today, else low."""
    request = sent[0].request
    cookie = await same_site(probe, opened.change.account if opened.change else probe.account)
    able, why = feasible(request.method, request.header("content-type") or "", cookie)
    return proved(
        title=title,
        summary=f"A page of another site can make {opened.change.account if opened.change else 'a user'}'s browser change data at {probe.endpoint.name}: {said}.",
        proof=(
            "with the session cookie and its token the change is stored, without the cookie it is not",
            f"{said}: sent as from another site (Origin {request.header('origin')}), the change was stored and read back",
            "the same with a second marker",
            why,
        ),
        attacks=tuple(exchange.number for exchange in sent),
        severity="medium" if able else "low",
        cvss="CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:A/VC:N/VI:L/VA:N/SC:N/SI:N/SA:N" if able else "",
        victim=opened.change.account if opened.change else "",
    )


def _refuses(said: str) -> Verdict:
    return conclude("protected", said)


def _family(title: str, name: str, requests: int) -> Callable[[Check], Check]:
    return check(
        name,
        threat="API2:2023",
        title=title,
        severity="medium",
        cwe=(352,),
        attacker=Attacker.OWNER,
        needs=(Need.ORDINARY, Need.CHANGES, Need.SAMPLE),
        phase=Phase.CHANGES,
        effect=Effect.OWN,
        requests=requests,
        tags=("csrf",),
    )


@_family("A change is accepted without its CSRF token", "csrf-removed", 24)
async def csrf_removed(probe: Probe) -> Verdict:
    """Send a change as another site would, with its CSRF token left out.

    ## What it does
    Drops the token from header, form and query, then its copy in the cookie as well.

    ## Why it matters
    Any page that a logged-in user visits can then act in the user's name, unseen.

    ## How it is proved
    The change is one of the run's own objects, or of a throw-away account. With cookie and token it is stored and
    read back; without the cookie it is not. The forged request names another site in Origin and Referer, carries
    a marker of its own, and the marker must be read back, twice. Whether a browser would send it today (method,
    content type, SameSite) decides between medium and low.

    ## When it is wrong
    When something in front of the API refuses such requests from real browsers, such as a gateway that checks
    Sec- Fetch-Site.

    ## Remedy
    Compare the token of every change, in constant time, with the one of the session, and refuse the change when
    it is missing, empty or another. Mark the session cookie SameSite=Lax or Strict as well.

    ## References
    - https://owasp.org/www-community/attacks/csrf
    - https://cwe.mitre.org/data/definitions/352.html
    """
    opened = await gate(probe)
    if opened.verdict is not None:
        return opened.verdict
    if not opened.tokened or spelled(probe):
        return conclude("no_such_function", "no CSRF token goes with it: csrf-none judges that")
    taken = without_tokens(opened.token_places)
    cookies = opened.carried.cookies
    for credentials in dict.fromkeys([(*cookies, *opened.carried.copies), cookies]):
        sent = await _twice(probe, opened, credentials, what="token removed", call=taken)
        if sent:
            return await _proved(
                probe, opened, sent, title="A change is accepted without its CSRF token", said="the token was left out"
            )
    return _refuses("without its token the change is refused")


@_family("A change is accepted with an invalid CSRF token", "csrf-invalid", 30)
async def csrf_invalid(probe: Probe) -> Verdict:
    """Send a change as another site would, with a CSRF token that nobody was given.

    ## What it does
    Replaces the token by a random one of the same shape, by nothing, and by itself with one character changed.

    ## Why it matters
    A token that is only looked for guards nothing: whoever forges a request sends any.

    ## How it is proved
    The change is one of the run's own objects, or of a throw-away account. With cookie and token it is stored and
    read back; without the cookie it is not. The forged request names another site in Origin and Referer, carries
    a marker of its own, and the marker must be read back, twice. Whether a browser would send it today (method,
    content type, SameSite) decides between medium and low.

    ## When it is wrong
    When something in front of the API refuses such requests from real browsers, such as a gateway that checks
    Sec- Fetch-Site.

    ## Remedy
    Compare the token of every change, in constant time, with the one of the session, and refuse the change when
    it is missing, empty or another. Mark the session cookie SameSite=Lax or Strict as well.

    ## References
    - https://owasp.org/www-community/attacks/csrf
    - https://cwe.mitre.org/data/definitions/352.html
    """
    opened = await gate(probe)
    if opened.verdict is not None:
        return opened.verdict
    if not opened.tokened or spelled(probe):
        return conclude("no_such_function", "no CSRF token goes with it: csrf-none judges that")
    bare, taken = (*opened.carried.cookies, *opened.carried.copies), without_tokens(opened.token_places)
    for what, wrong in _invalid(probe, opened):
        if not wrong and not await _refused(probe, opened, bare, name="no token", call=taken):
            continue  # an empty one is then none: csrf-removed judges that
        sent = await _twice(
            probe,
            opened,
            (*opened.carried.cookies, *opened.carried.copies, *_replaced(opened.carried.headers, wrong)),
            what=what,
            call=with_token(opened.token_places, wrong),
        )
        if sent:
            return await _proved(
                probe,
                opened,
                sent,
                title="A change is accepted with an invalid CSRF token",
                said=f"the token was {what}",
            )
    return _refuses("a token that is random, empty or changed by one character is refused")


@_family("A change is accepted with the CSRF token of another session", "csrf-foreign", 24)
async def csrf_foreign(probe: Probe) -> Verdict:
    """Send a change as another site would, with the CSRF token of somebody else's session.

    ## What it does
    Replaces the token by the valid one of another account. A random token must be refused, else csrf-invalid
    judges.

    ## Why it matters
    Whoever has an account of their own has a valid token, and can put it into a forged request.

    ## How it is proved
    The change is one of the run's own objects, or of a throw-away account. With cookie and token it is stored and
    read back; without the cookie it is not. The forged request names another site in Origin and Referer, carries
    a marker of its own, and the marker must be read back, twice. Whether a browser would send it today (method,
    content type, SameSite) decides between medium and low.

    ## When it is wrong
    When something in front of the API refuses such requests from real browsers, such as a gateway that checks
    Sec- Fetch-Site.

    ## Remedy
    Compare the token of every change, in constant time, with the one of the session, and refuse the change when
    it is missing, empty or another. Mark the session cookie SameSite=Lax or Strict as well.

    ## References
    - https://owasp.org/www-community/attacks/csrf
    - https://cwe.mitre.org/data/definitions/352.html
    """
    opened = await gate(probe)
    if opened.verdict is not None:
        return opened.verdict
    if not opened.tokened or spelled(probe):
        return conclude("no_such_function", "no CSRF token goes with it: csrf-none judges that")
    account = opened.change.account if opened.change else probe.account
    theirs = [t for n in probe.accounts if n != account for t in (await carried_by(probe, n)).headers]
    if not theirs:
        return conclude("needs_configuration", "needs a second account, whose token can be tried")
    value, wrong = theirs[0].value.reveal(), garbage(theirs[0].value.reveal(), probe.random)
    places, carried = opened.token_places, opened.carried
    kept = (*carried.cookies, *carried.copies)
    random_ = (*kept, *_replaced(carried.headers, wrong))
    if not await _refused(probe, opened, random_, name="random token", call=with_token(places, wrong)):
        return conclude("no_effect", "any token is accepted: csrf-invalid judges that")
    held = (*kept, *_replaced(carried.headers, value))
    title, said = "A change is accepted with the CSRF token of another session", "the token was that of another account"
    sent = await _twice(probe, opened, held, what="token of another session", call=with_token(places, value))
    if sent:
        return await _proved(probe, opened, sent, title=title, said=said)
    return _refuses("the token of another session is refused")


@_family("A CSRF token is only compared with its own copy", "csrf-double-submit", 24)
async def csrf_double_submit(probe: Probe) -> Verdict:
    """Send a change with a CSRF token of our own in both places, header and cookie.

    ## What it does
    Where the token is compared with a copy in a cookie, replaces both by the same random value.

    ## Why it matters
    Whoever can set a cookie for the site, from a sibling domain say, chooses both copies.

    ## How it is proved
    The change is one of the run's own objects, or of a throw-away account. With cookie and token it is stored and
    read back; without the cookie it is not. The forged request names another site in Origin and Referer, carries
    a marker of its own, and the marker must be read back, twice. The same random value in the header alone must
    be refused. It is low: a cookie has to be planted first.

    ## When it is wrong
    When no other host of the domain can set cookies for this one.

    ## Remedy
    Bind the token to the session: derive it from the session id with a key, or keep it on the server.

    ## References
    - https://owasp.org/www-community/attacks/csrf
    - https://cwe.mitre.org/data/definitions/352.html
    """
    opened = await gate(probe)
    if opened.verdict is not None:
        return opened.verdict
    if not opened.carried.copies or not opened.carried.headers:
        return conclude("no_such_function", "no cookie repeats the token")
    ours = garbage(opened.carried.headers[0].value.reveal(), probe.random)
    headers = _replaced(opened.carried.headers, ours)
    alone = (*opened.carried.cookies, *opened.carried.copies, *headers)
    if not await _refused(probe, opened, alone, name="header alone"):
        return conclude("no_effect", "any token is accepted: csrf-invalid judges that")
    held = (*opened.carried.cookies, *_replaced(opened.carried.copies, ours), *headers)
    sent = await _twice(probe, opened, held, what="both copies ours")
    if not sent:
        return _refuses("a token that is not the session's is refused, also when its cookie repeats it")
    verdict = await _proved(
        probe,
        opened,
        sent,
        title="A CSRF token is only compared with its own copy",
        said="header and cookie held a value of ours",
    )
    return msgspec.structs.replace(verdict, severity="low", cvss="")


@_family("A change has no CSRF token at all", "csrf-none", 20)
async def csrf_none(probe: Probe) -> Verdict:
    """Send a change that never had a CSRF token as another site would.

    ## What it does
    Sends the accepted request with its cookie, as from another site.

    ## Why it matters
    Any page that a logged-in user visits can then act in the user's name, unseen.

    ## How it is proved
    The change is one of the run's own objects, or of a throw-away account. With cookie and token it is stored and
    read back; without the cookie it is not. The forged request names another site in Origin and Referer, carries
    a marker of its own, and the marker must be read back, twice. Where the API guards its other changes by a
    token, this one was forgotten: reported even where browsers would not send it today, as low. Where there are
    no tokens at all, only what a browser would send counts.

    ## When it is wrong
    When something in front of the API refuses such requests from real browsers, such as a gateway that checks
    Sec- Fetch-Site.

    ## Remedy
    Compare the token of every change, in constant time, with the one of the session, and refuse the change when
    it is missing, empty or another. Mark the session cookie SameSite=Lax or Strict as well.

    ## References
    - https://owasp.org/www-community/attacks/csrf
    - https://cwe.mitre.org/data/definitions/352.html
    """
    opened = await gate(probe)
    if opened.verdict is not None:
        return opened.verdict
    forgotten = spelled(probe)
    bare, taken = opened.carried.cookies, without_tokens(opened.token_places)
    if opened.tokened and not forgotten:
        if await _refused(probe, opened, bare, name="without its token", call=taken):
            return _refuses("a CSRF token goes with it, and without one it is refused")
        return conclude("no_effect", "a CSRF token goes with it, and is not asked for: csrf-removed judges that")
    sent = await _twice(probe, opened, bare, what="as it is", call=taken)
    if not sent:
        return _refuses("another site's request without a token is refused")
    verdict = await _proved(probe, opened, sent, title="A change has no CSRF token at all", said="it asks for no token")
    if verdict.severity == "low" and not forgotten:
        return _refuses(verdict.proof[-1])
    return verdict


@_family("A change is accepted by another method without its CSRF token", "csrf-method", 30)
async def csrf_method(probe: Probe) -> Verdict:
    """Send a change as a GET, or as a POST that names its method, without the CSRF token.

    ## What it does
    Moves the body into the query of a GET, and into a POST with `_method`, both without token.

    ## Why it matters
    A link or an image is enough for a GET, and SameSite=Lax lets it pass.

    ## How it is proved
    The change is one of the run's own objects, or of a throw-away account. With cookie and token it is stored and
    read back; without the cookie it is not. The forged request names another site in Origin and Referer, carries
    a marker of its own, and the marker must be read back, twice. Whether a browser would send it today (method,
    content type, SameSite) decides between medium and low.

    ## When it is wrong
    When something in front of the API refuses such requests from real browsers, such as a gateway that checks
    Sec- Fetch-Site.

    ## Remedy
    Change nothing on GET. Take the method of a request from its first line alone, or check the token after it is
    known.

    ## References
    - https://owasp.org/www-community/attacks/csrf
    - https://cwe.mitre.org/data/definitions/352.html
    """
    opened = await gate(probe)
    if opened.verdict is not None:
        return opened.verdict
    cookies = (*opened.carried.cookies, *opened.carried.copies)
    taken = without_tokens(opened.token_places)
    if opened.tokened and not await _refused(probe, opened, cookies, name="its own method", call=taken):
        return conclude("no_effect", "as it is it is accepted without a token too: csrf-removed judges that")
    for what, then in methods(probe.endpoint):
        sent = await _twice(probe, opened, cookies, what=what, call=taken, then=then)
        if sent:
            return await _proved(
                probe,
                opened,
                sent,
                title="A change is accepted by another method without its CSRF token",
                said=f"sent as {what}, without a token",
            )
    return _refuses("as GET, and as POST with `_method`, the change is refused")


@_family("A change is accepted as a form without its CSRF token", "csrf-content-type", 36)
async def csrf_content_type(probe: Probe) -> Verdict:
    """Send the JSON of a change in the clothes of a form, without the CSRF token.

    ## What it does
    Sends the same JSON as text/plain, as a form whose name and value make up the JSON, as multipart, and without
    a type; a GraphQL document also as a form with its query and variables.

    ## Why it matters
    A browser asks before it sends JSON to another site, and does not ask before a form: an API that trusts in
    that must look at the type.

    ## How it is proved
    The change is one of the run's own objects, or of a throw-away account. With cookie and token it is stored and
    read back; without the cookie it is not. The forged request names another site in Origin and Referer, carries
    a marker of its own, and the marker must be read back, twice. The plain change without a token must be
    refused, where there is a token. Whether a browser would send it today (method, content type, SameSite)
    decides between medium and low.

    ## When it is wrong
    When something in front of the API refuses such requests from real browsers, such as a gateway that checks
    Sec- Fetch-Site.

    ## Remedy
    Refuse every content type but the documented one (415), and check the token whatever the type.

    ## References
    - https://owasp.org/www-community/attacks/csrf
    - https://cwe.mitre.org/data/definitions/352.html
    """
    opened = await gate(probe)
    if opened.verdict is not None:
        return opened.verdict
    json = probe.endpoint.field is not None or (opened.change and "json" in opened.change.call.content_type)
    if opened.change is None or not json:
        return conclude("no_such_function", "its body is no JSON")
    cookies = (*opened.carried.cookies, *opened.carried.copies)
    taken = without_tokens(opened.token_places)
    if opened.tokened and not await _refused(probe, opened, cookies, name="as JSON", call=taken):
        return conclude("no_effect", "as JSON it is accepted without a token too: csrf-removed judges that")
    for what, then in types(probe.endpoint):
        sent = await _twice(probe, opened, cookies, what=what, call=taken, then=then)
        if sent:
            return await _proved(
                probe,
                opened,
                sent,
                title="A change is accepted as a form without its CSRF token",
                said=f"its JSON was sent {what}",
            )
    return _refuses("its JSON is accepted under its own content type alone")


def _invalid(probe: Probe, opened: Gate) -> list[tuple[str, str]]:
    """Wrong tokens: what they are, and their value."""
    change = opened.change
    held = [c.value.reveal() for c in opened.carried.headers]
    held += [str(change.call.get(place) or "") for place in opened.token_places] if change else []
    token = next((value for value in held if value), "")
    changeable = [index for index, character in enumerate(token) if character.isalnum()]
    at = changeable[len(changeable) // 2] if changeable else 0
    other = token[:at] + garbage(token[at : at + 1], probe.random) + token[at + 1 :]
    found = [("random", garbage(token, probe.random)), ("empty", ""), ("changed by one character", other)]
    return [(what, value) for what, value in found if value != token]


def _replaced(credentials: Sequence[Credential], value: str) -> tuple[Credential, ...]:
    """The credentials with another value."""
    return tuple(msgspec.structs.replace(c, value=Secret(value)) for c in credentials)
