"""One file of the caller that a PUT replaces, such as a picture: sampled where what was there can be put back.

Nothing of it is JSON, so that no value of the account can be written into it. What stands at the path before is kept as bytes
and sent again at clean-up; where nothing stood there, the API must be able to remove it.
"""

from __future__ import annotations

import base64

from gatewright.explore import schemas
from gatewright.explore.answers import Reply
from gatewright.model.call import Call
from gatewright.model.endpoint import Body, Endpoint, Specification
from gatewright.model.json import Json

_MOST = 1024 * 1024
"""Bytes of a file that is put back: more is not sent in any mode but full."""


def replaces(endpoint: Endpoint, specification: Specification) -> bool:
    """Whether the endpoint puts one file in the place of another, at a path without parameters."""
    if endpoint.method != "PUT" or "{" in endpoint.path:
        return False
    body = schemas.body_of(endpoint)
    return body is not None and (_raw(body, specification) or bool(_parts(body, specification)))


def beside(endpoint: Endpoint, method: str, endpoints: list[Endpoint]) -> Endpoint | None:
    """The endpoint of another method at the same path."""
    where = (endpoint.origin, endpoint.base, endpoint.path.rstrip("/"))
    return next((e for e in endpoints if e.method == method and (e.origin, e.base, e.path.rstrip("/")) == where), None)


def put_back(endpoint: Endpoint, before: Reply, removal: Endpoint | None, specification: Specification) -> Call | None:
    """The call by which the path shows again what it showed before; None where there is none."""
    response = before.exchange.response
    body = schemas.body_of(endpoint)
    if response is None or body is None:
        return None
    if not response.ok or not response.body:
        nothing = response.status in (204, 404) or response.ok
        return Call(endpoint=removal.id) if removal is not None and nothing else None
    if response.truncated or len(response.body) > _MOST:
        return None
    kind = (response.header("content-type") or "application/octet-stream").partition(";")[0].strip()
    if _raw(body, specification):
        return Call(endpoint=endpoint.id, raw=response.body, content_type=kind)
    names = _parts(body, specification)
    if len(names) != 1:
        return None
    part: Json = {
        "filename": f"before.{kind.rpartition('/')[2]}",
        "content_type": kind,
        "content_base64": base64.b64encode(response.body).decode(),
    }
    return Call(endpoint=endpoint.id, body={names[0]: part}, content_type="multipart/form-data; boundary=gatewright")


def _raw(body: Body, specification: Specification) -> bool:
    """Whether the body is the file itself."""
    media = body.content_type.partition(";")[0].strip().lower()
    if media.startswith(("image/", "audio/", "video/")) or media in ("application/octet-stream", "application/pdf"):
        return True
    return specification.resolve(body.schema).format == "binary" and "multipart" not in media


def _parts(body: Body, specification: Specification) -> list[str]:
    """Names of the files of a multipart body that holds nothing else; empty for another."""
    if "multipart/form-data" not in body.content_type:
        return []
    fields = schemas.fields(body.schema, specification)
    return [field.name for field in fields] if all(field.schema.format == "binary" for field in fields) else []
