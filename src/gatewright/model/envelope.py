"""Envelopes: answers that say in their body how it went, whatever their status says.

`{"success": false, "error": {"code": "NOT_FOUND"}}`, `{"code": 40100, "msg": "…", "data": null}` and their like, with
status 200. Only what is nothing but an envelope counts: an object of the API that has a `status` or a `code` of its own
has other properties as well.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from http import HTTPStatus

from gatewright.model.json import Json

LONGEST = 8192
"""Bytes of a body that is looked at: refusals are short."""
_MARK = re.compile(
    rb'"(?:is_?)?(?:success|succeeded|ok|err|error|errors|failed|status|result|(?:err|error|status|result)?_?(?:code|no))'
    rb'(?:ful)?"\s*:',
    re.IGNORECASE,
)
_GOOD = frozenset({"success", "ok", "succeeded", "successful", "issuccess", "issuccessful", "isok"})
_BAD = frozenset({"error", "errors", "err", "failed", "haserror", "iserror"})
_CODES = frozenset({"errcode", "errorcode", "errno", "errorno", "resultcode"})
"""Numbers that are 0 when all is well."""
_STATUSES = frozenset({"code", "status", "statuscode", "httpstatus", "httpstatuscode"})
"""Numbers that may be 0, 1, 200 or 20000 when all is well."""
_WORDS = frozenset({"error", "fail", "failed", "failure", "ko", "nok"})
_TEXTS = frozenset(
    {"message", "msg", "errmsg", "errormsg", "errormessage", "detail", "details", "reason", "title", "type"}
)
_PAYLOADS = frozenset({"data", "result", "results", "payload", "content", "body", "response", "items", "records"})
_BESIDE = frozenset(
    {"timestamp", "time", "ts", "path", "url", "instance", "method", "requestid", "traceid", "correlationid", "id"}
) | {"version", "apiversion", "meta", "fields", "hint", "help", "locale", "lang"}
_KNOWN = _GOOD | _BAD | _CODES | _STATUSES | _TEXTS | _PAYLOADS | _BESIDE

_REGISTERED = frozenset(status.value for status in HTTPStatus if status >= 400)

_MEANT: tuple[tuple[int, re.Pattern[str]], ...] = tuple(
    (status, re.compile(pattern))
    for status, pattern in (
        (404, r"NOT_?FOUND|NO_SUCH|UNKNOWN|DOES_NOT_EXIST|NOT_EXIST"),
        (
            401,
            r"UNAUTHENTICATED|UNAUTHORI[SZ]ED|NOT_(LOGGED|SIGNED)|LOG_?IN|(TOKEN|SESSION)_|AUTHENTICATION|CREDENTIAL",
        ),
        (403, r"FORBIDDEN|DENIED|NOT_ALLOWED|PERMISSION|CSRF|PRIVILEGE|NOT_OWNER|ACCESS"),
        (409, r"CONFLICT|DUPLICATE|TAKEN|ALREADY|EXISTS"),
        (429, r"TOO_?MANY|RATE_?LIMIT|THROTTLE"),
        (415, r"UNSUPPORTED"),
        (422, r"INVALID|VALIDATION|UNPROCESSABLE|MISSING|REQUIRED"),
        (500, r"INTERNAL|SERVER_ERROR"),
    )
)


def refusal(body: bytes) -> int:
    """The status that an envelope without content stands for when it says that the request failed; else 0.

    The status is that of its code, where that is one of HTTP or in words; else 400.
    """
    return _refusal(body) if len(body) <= LONGEST and _MARK.search(body) else 0


@lru_cache(maxsize=512)
def _refusal(body: bytes) -> int:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return 0
    return judged(answer) if isinstance(answer, dict) and answer else 0


def judged(answer: dict[str, Json]) -> int:
    """The status that a decoded envelope stands for when it says that the request failed; else 0."""
    said = {_plain(name): value for name, value in answer.items()}
    if set(said) - _KNOWN or any(_full(said[name]) for name in _PAYLOADS & said.keys()):
        return 0
    return (_status(said) or 400) if _fails(said) else 0


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


def _full(value: Json) -> bool:
    """Whether a payload holds anything: a word such as `result: "error"` is none."""
    return value not in (None, "", False, 0) and value not in ([], {}) and not _word(value)


def _word(value: Json) -> bool:
    return isinstance(value, str) and value.lower() in _WORDS


def _fails(said: dict[str, Json]) -> bool:
    if any(said[name] is False or said[name] in ("false", "no") for name in _GOOD & said.keys()):
        return True
    if any(said[name] is True for name in _GOOD & said.keys()):
        return False
    explained = any(said.get(name) for name in _TEXTS | _BAD)
    if any(said[name] not in (None, "", False, 0) and said[name] not in ([], {}) for name in _BAD & said.keys()):
        return True
    if not explained:
        return False
    if any(_word(said.get(name)) for name in ("status", "result", "code")):
        return True
    numbers = [value for name in _CODES & said.keys() if (value := _number(said[name])) is not None]
    return any(number != 0 for number in numbers) or any(_http(said[name]) for name in _STATUSES & said.keys())


def _status(said: dict[str, Json]) -> int:
    """The status that codes name: numbers as those of HTTP (`40100` too), then words."""
    values = [said[name] for name in (_STATUSES | _CODES | _BAD | {"type"}) & said.keys()]
    inner = [value for value in values if isinstance(value, dict)]
    values += [value for one in inner for name, value in one.items() if _plain(name) in _STATUSES | _CODES | {"type"}]
    for value in values:
        if number := _http(value):
            return number
    for value in values:
        if isinstance(value, str) and (status := meant(value)):
            return status
    return 0


def meant(code: str) -> int:
    """The status that a code in words stands for: `NOT_FOUND`, `order.notFound`, `ForbiddenError`; 0 for other texts."""
    if not re.fullmatch(r"[A-Za-z][\w.-]{2,60}", code):
        return 0
    text = re.sub(r"(?<=[a-z])(?=[A-Z])|[.-]", "_", code).upper()
    return next((status for status, pattern in _MEANT if pattern.search(text)), 0)


def _number(value: Json) -> int | None:
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,9}", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _http(value: Json) -> int:
    """A status of 400 to 599, alone or before two or three digits of the API's own; else 0.

    Six digits as a text are a code that somebody is to type in.
    """
    number = _number(value)
    if number is None or number < 400 or (isinstance(value, str) and len(value) > 5):
        return 0
    first = int(str(number)[:3])
    return first if len(str(number)) in (3, 5, 6) and first in _REGISTERED else 0
