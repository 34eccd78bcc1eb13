"""Forged tokens that bring their own key along, or say where it is to be fetched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import orjson
from msgspec import Struct
from msgspec.structs import replace

from gatewright.checks.forging import Form, gate_of, judged, token_of
from gatewright.checks.own_key import OwnKey, own_keys
from gatewright.model.json import Json
from gatewright.model.test import Attacker, Listener, Need, Phase, Probe, check
from gatewright.model.verdict import Verdict, conclude
from gatewright.proof import jwt
from gatewright.proof.der import pem

_KID = "gw-own-key"


@check(
    "jwt-embedded-key",
    threat="API2:2023",
    title="The key that stands in the token itself is believed",
    severity="high",
    cwe=(347, 345),
    attacker=Attacker.HOST,
    needs=(Need.SESSION, Need.JWT),
    phase=Phase.LIFE_CYCLE,
    requests=24,
    tags=("jwt",),
)
async def jwt_embedded_key(probe: Probe) -> Verdict:
    """Sign a token with a key of our own and put its public half into the token's header.

    ## What it does
    Makes a key pair, signs the account's own claims with it by RS256, and puts the public key into the header as `jwk`,
    or a certificate of it as `x5c`; with the token's own key id and with another.

    ## Why it matters
    A server that verifies a token with the key that the token brings along finds every token right: anybody writes
    tokens.

    ## How it is proved
    The good token is accepted and the same token with one bit of its signature turned over is refused. The token with
    the key in it is accepted twice: the answer names the account. Its twin, which brings the same key and is signed with
    another, is refused. With another account's claims it then shows that account; that makes the finding critical.

    ## When it is wrong
    No case is known.

    ## Remedy
    Verify with keys that the server knows beforehand; ignore `jwk` and `x5c` in a token, or check the certificate's chain
    against the one authority that may sign tokens.

    ## References
    - https://www.rfc-editor.org/rfc/rfc7515#section-4.1.3
    - https://nvd.nist.gov/vuln/detail/CVE-2018-0114
    """
    gate = await gate_of(probe)
    if gate.stop is not None:
        return gate.stop
    token = await token_of(probe, gate.account)
    own, other = await own_keys(probe)
    kids: list[Json] = [token.header.get("kid") if token else None, _KID]
    forms: list[Form] = []
    for kid in kids:
        named = "the token's own kid" if kid != _KID else "another kid"
        key: dict[str, Json] = {**own.jwk, **({"kid": kid} if kid else {})}
        chain: list[Json] = [own.certificate]
        places: dict[str, Json] = {"jwk": key, "x5c": chain}
        for place, value in places.items():
            header: dict[str, Json] = {place: value, "kid": kid}
            forms.append(_form(f"our key as {place} in its header, {named}", own, other, header))
    return (await judged(probe, forms)).verdict


@check(
    "jwt-key-url",
    threat="API2:2023",
    title="The token says from where its key is fetched",
    severity="high",
    cwe=(347, 918),
    attacker=Attacker.HOST,
    needs=(Need.SESSION, Need.JWT),
    phase=Phase.LIFE_CYCLE,
    requests=40,
    tags=("jwt",),
)
async def jwt_key_url(probe: Probe) -> Verdict:
    """Sign a token with a key of our own and let its header say that the key is to be fetched from us.

    ## What it does
    Publishes a key of our own at our listener (a key set, and a certificate), signs the account's own claims with it and
    names that address in the header as `jku` or `x5u`; also spelled so that a careless comparison takes it for an
    address of the API. Only the target fetches it: we do not.

    ## Why it matters
    A server that fetches the key from wherever the token says believes every token, and can be made to call any address.

    ## How it is proved
    The good token is accepted and the same token with one bit of its signature turned over is refused. The listener sees
    the target fetch the key, and the token is accepted twice: the answer names the account. Its twin, signed with another
    key than the published one, is refused. With another account's claims it then shows that account; that makes the
    finding critical. A key that is fetched and a token that is still refused is told, not reported.

    ## When it is wrong
    No case is known.

    ## Remedy
    Fetch keys from one configured address; compare `jku` with it whole and exactly, or ignore it.

    ## References
    - https://www.rfc-editor.org/rfc/rfc8725#section-3.10
    - https://www.rfc-editor.org/rfc/rfc7515#section-4.1.2
    """
    gate = await gate_of(probe)
    if gate.stop is not None:
        return gate.stop
    listener = await probe.listener()
    if listener is None:
        return conclude("needs_configuration", "needs a listener that the target can reach: it is on another machine")
    own, other = await own_keys(probe)
    hosted = _hosted(listener, own)
    trusted = urlsplit(gate.endpoint.origin).netloc
    result = await judged(probe, [_form(name, own, other, header) for name, header in hosted.forms(trusted)])
    fetched = [place for place, url in hosted.urls.items() if listener.visits(url)]
    verdict = result.verdict
    if verdict.outcome == "vulnerable":
        seen = f"our listener saw the target fetch the key ({', '.join(fetched)})"
        return replace(verdict, proof=(*verdict.proof, seen))
    if fetched and verdict.reason == "denied":
        return conclude("denied", f"the key was fetched from us ({', '.join(fetched)}), and the token refused")
    return verdict


class _Hosted(Struct, frozen=True):
    """Where our key stands: header member → address."""

    urls: dict[str, str]

    def forms(self, trusted: str) -> list[tuple[str, Mapping[str, Json]]]:
        """What the header says: our addresses as they are, then dressed up as the trusted host's."""
        rows: list[tuple[str, Mapping[str, Json]]] = [
            (f"our address as {place}", {place: url, "kid": _KID}) for place, url in self.urls.items()
        ]
        plain = self.urls["jku"]
        scheme, _, rest = plain.partition("://")
        dressed = {
            "the trusted host as user": f"{scheme}://{trusted}@{rest}",
            "the trusted host as fragment": f"{plain}#{trusted}",
            "the trusted host as query": f"{plain}?{trusted}",
        }
        return rows + [(f"our address as jku, {name}", {"jku": url, "kid": _KID}) for name, url in dressed.items()]


def _hosted(listener: Listener, own: OwnKey) -> _Hosted:
    keys = orjson.dumps({"keys": [{**own.jwk, "kid": _KID}]})
    certificate = pem("CERTIFICATE", jwt.unb64(own.certificate.replace("+", "-").replace("/", "_").rstrip("=")))
    return _Hosted({"jku": listener.offer(keys), "x5u": listener.offer(certificate.encode(), "application/x-pem-file")})


def _form(name: str, own: OwnKey, other: OwnKey, header: Mapping[str, Json]) -> Form:
    def signed(key: OwnKey) -> Callable[[jwt.Token], str]:
        return lambda token: key.signed(token, header)

    return Form(name, signed(own), "the same, signed with another key", signed(other))
