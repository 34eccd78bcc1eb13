"""Security schemes and requirements (OpenAPI 3.1 sections 4.8.27 and 4.8.30; 2.0 securityDefinitions)."""

from __future__ import annotations

from gatewright.model.endpoint import Requirement, Scheme
from gatewright.sources.node import Node
from gatewright.sources.openapi.references import References

_KINDS = {kind.lower(): kind for kind in ("http", "apiKey", "oauth2", "openIdConnect", "mutualTLS")}
_FLOWS_V2 = {
    "implicit": "implicit",
    "password": "password",
    "application": "clientCredentials",
    "accessCode": "authorizationCode",
}
_URLS = ("tokenUrl", "authorizationUrl", "refreshUrl")


def schemes(container: Node | None, references: References) -> dict[str, Scheme]:
    """Every usable scheme by name."""
    found: dict[str, Scheme] = {}
    for name, node in container.members() if container is not None else ():
        target = references.follow(node)
        if target is None or not target.is_object():
            continue
        kind = target.text("type")
        if kind.lower() == "basic":
            found[name] = Scheme(name=name, kind="http", scheme="basic", description=target.text("description"))
        elif kind.lower() in _KINDS:
            found[name] = Scheme(
                name=name,
                kind=_KINDS[kind.lower()],
                scheme=target.text("scheme").lower(),
                within=target.text("in").lower() if kind.lower() == "apikey" else "",
                parameter=target.text("name") if kind.lower() == "apikey" else "",
                bearer_format=target.text("bearerFormat"),
                flows=_flows(target),
                url=target.text("openIdConnectUrl"),
                description=target.text("description"),
            )
        else:
            target.report("GW-S047", f"security scheme {name}: `type: {kind}` is not known; left out")
    return found


def requirements(node: Node, known: dict[str, Scheme]) -> tuple[Requirement, ...] | None:
    """The alternatives that a document or operation asks for; None when it says nothing."""
    if not isinstance(node.value, dict) or node.value.get("security") is None:
        return None
    found = []
    for item in node.items("security"):
        if not item.is_object():
            continue
        pairs = []
        for name in item.value if isinstance(item.value, dict) else ():
            if name not in known:
                item.report("GW-S047", f"security scheme {name} is not declared")
            pairs.append((name, item.texts(name)))
        found.append(Requirement(tuple(pairs)))
    return tuple(found)


def _flows(node: Node) -> dict[str, dict[str, str]]:
    flows = {_FLOWS_V2.get(name, name): _flow(flow) for name, flow in node.members("flows") if flow.is_object()}
    if node.has("flow"):
        name = node.text("flow")
        flows[_FLOWS_V2.get(name, name)] = _flow(node)
    return flows


def _flow(node: Node) -> dict[str, str]:
    found = {key: node.text(key) for key in _URLS if node.has(key)}
    found["scopes"] = " ".join(name for name, _ in node.members("scopes"))
    return found
