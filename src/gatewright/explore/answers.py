"""Answers as exploration needs them: decoded once, accepted or not, the object or the list in them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
from msgspec import Struct

from gatewright.model.http import Exchange
from gatewright.model.json import Json

_ERRORS = frozenset({"error", "errors", "message", "detail", "code", "status", "title", "type", "msg", "reason"})
_MOST_ITEMS = 500


class Reply(Struct, frozen=True):
    """One exchange with its decoded answer. `accepted`: a 2xx that does not say itself that it failed."""

    exchange: Exchange
    body: Json
    accepted: bool

    @property
    def status(self) -> int:
        """Status of the answer, as it is meant; 0 without one."""
        return self.exchange.response.meaning if self.exchange.response else 0

    @property
    def refused(self) -> bool:
        """Whether the answer says that this account may not."""
        return self.status in (401, 403)

    @property
    def refuses(self) -> bool:
        """Whether it is sure that the request had no effect: an answer that is a refusal, and no failure of the server."""
        return not self.accepted and 200 <= self.status < 500

    def says(self, text: str) -> bool:
        """Whether the text stands in the answer's body or Location."""
        response = self.exchange.response
        if response is None or not text:
            return False
        return text.encode() in response.body or text in (response.header("location") or "")


def read(exchange: Exchange) -> Reply:
    """Decode an answer. What is not JSON is None."""
    response = exchange.response
    if response is None:
        return Reply(exchange, None, False)
    body: Json = None
    if response.body[:64].lstrip()[:1] in (b"{", b"[", b'"') or "json" in (response.header("content-type") or ""):
        try:
            body = msgspec.json.decode(response.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            body = None
    return Reply(exchange, body, response.ok and not says_no(body))


def says_no(body: Json) -> bool:
    """A refusal with a good status: `success: false`, a failed `status`, `errors` without data, or only error words."""
    if not isinstance(body, dict):
        return False
    lowered = {str(key).lower(): value for key, value in body.items()}
    if lowered.get("success") is False or lowered.get("ok") is False:
        return True
    if str(lowered.get("status", "")).lower() in ("fail", "failed", "failure", "error"):
        return True
    wrong = lowered.get("error") or lowered.get("errors")
    return bool(wrong) and (lowered.get("data") is None) and (set(lowered) - {"data"} <= _ERRORS)


def summary(exchange: Exchange, most: int = 120) -> str:
    """What the API answered, in a few words: `400 {"detail":"title is required"}`."""
    if exchange.response is None:
        return exchange.error or "no answer"
    text = re.sub(r"\s+", " ", exchange.response.body[: most * 4].decode("utf-8", "replace")).strip()
    return f"{exchange.response.status} {text[:most]}".strip()


def items(body: Json) -> list[dict[str, Json]]:
    """The objects of a list answer, `{"data": {"items": […]}}` unwrapped; at most 500. Empty when there is no list."""
    found = _list_in(body, 0)
    return [item for item in (found or [])[:_MOST_ITEMS] if isinstance(item, dict)]


def is_list(body: Json) -> bool:
    """Whether the answer is a list, an empty one included."""
    return _list_in(body, 0) is not None


def _list_in(body: Json, depth: int) -> list[Json] | None:
    if isinstance(body, list):
        return body
    if not isinstance(body, dict) or depth > 3:
        return None
    lists = [value for value in body.values() if isinstance(value, list)]
    if lists and depth + len(body) <= 8:
        return max(lists, key=len)
    for value in body.values():
        inner = _list_in(value, depth + 1) if isinstance(value, dict) and len(body) <= 8 else None
        if inner is not None:
            return inner
    return None


def scalars(body: Json, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, str, int, Json]]:
    """Scalars of an object: place name, own key, depth, value; lists only by their first element; 6 levels deep."""
    if depth > 6:
        return
    if isinstance(body, dict):
        for key, value in body.items():
            yield from _scalar(value, f"{prefix}.{key}" if prefix else str(key), str(key), depth)
    elif isinstance(body, list) and body:
        yield from scalars(body[0], f"{prefix}[0]", depth + 1)


def _scalar(value: Json, name: str, key: str, depth: int) -> Iterator[tuple[str, str, int, Json]]:
    if isinstance(value, (dict, list)):
        yield from scalars(value, name, depth + 1)
    elif value is not None:
        yield name, key, depth, value


def texts(body: Json, most: int = 20_000) -> set[str]:
    """Every scalar of an answer as text, all items of its lists; at most 20,000 values are looked at."""
    found: set[str] = set()
    stack: list[Json] = [body]
    for _ in range(most):
        if not stack:
            break
        value = stack.pop()
        if isinstance(value, dict):
            stack.extend(value.values())
        elif isinstance(value, list):
            stack.extend(value)
        else:
            found.add(str(value))
    return found


def links(body: Json, location: str = "") -> list[str]:
    """URLs and paths that an answer points to: Location first, then every value that is one, whatever its name."""
    found = [location] if location else []
    for _, key, _, value in scalars(body):
        if not isinstance(value, str) or not value or " " in value:
            continue
        telling = key.lower().endswith(("href", "url", "uri")) or key.lower() in ("self", "link", "location")
        if telling or value.startswith(("/", "http://", "https://")):
            found.append(value)
    return found
