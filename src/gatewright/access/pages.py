"""Log-in and consent pages: their forms, and what a person would fill in. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin

from gatewright.access.words import words

_OTP = frozenset({"otp", "totp", "mfa", "2fa", "fa", "code", "passcode"})
_IDENTITY = frozenset({"user", "username", "email", "mail", "login", "identifier", "account", "phone", "name"})
_YES = frozenset(
    {"allow", "approve", "accept", "authorize", "authorise", "yes", "continue", "grant", "confirm", "agree"}
)
_NO = frozenset({"deny", "cancel", "no", "reject", "decline", "abort", "back", "register", "forgot"})
_TEXT = ("text", "email", "tel", "number", "search", "")


@dataclass
class Field:
    """An input of a form."""

    name: str
    kind: str
    value: str = ""
    about: str = ""
    """Its `autocomplete`, id and placeholder, for what its name does not say."""

    @property
    def is_code(self) -> bool:
        """Whether it takes a one-time code."""
        return self.kind in (*_TEXT, "password") and (
            "one-time-code" in self.about or bool(_OTP & set(words(self.name)))
        )


@dataclass
class Form:
    """A form of a page."""

    action: str
    method: str
    fields: list[Field] = field(default_factory=list)
    buttons: list[Field] = field(default_factory=list)

    @property
    def password(self) -> Field | None:
        """The input that takes the password."""
        return next((f for f in self.fields if f.kind == "password" and not f.is_code), None)

    @property
    def code(self) -> Field | None:
        """The input that takes a one-time code."""
        return next((f for f in self.fields if f.is_code), None)

    @property
    def identity(self) -> Field | None:
        """The input that takes the name of the account."""
        texts = [f for f in self.fields if f.kind in _TEXT and not f.is_code and f.name]
        named = [f for f in texts if f.kind == "email" or _IDENTITY & set(words(f.name))]
        return next(iter(named or (texts if self.password else [])), None)

    def filled(self, values: dict[str, str]) -> list[tuple[str, str]]:
        """Names and values as a browser sends them: those given, what the page preset, and the button that agrees."""
        pairs = [
            (f.name, values.get(f.name, f.value))
            for f in self.fields
            if f.name and (f.name in values or f.kind not in ("checkbox", "radio") or f.value)
        ]
        named = [button for button in self.buttons if button.name]
        told = [(button, set(words(f"{button.name} {button.value} {button.about}"))) for button in named]
        chosen = next((b for b, w in told if w & _YES and not w & _NO), None)
        chosen = chosen or next((b for b, w in told if not w & _NO), None)
        return pairs + ([(chosen.name, chosen.value)] if chosen else [])

    def submission(self, page: str, values: dict[str, str]) -> tuple[str, str, bytes]:
        """Method, absolute URL and form body (empty for GET) of the filled form on a page."""
        url, body = urljoin(page, self.action or page), urlencode(self.filled(values))
        if self.method == "POST":
            return "POST", url, body.encode()
        return "GET", url.partition("?")[0] + "?" + body, b""


def forms(text: str) -> list[Form]:
    """The forms of an HTML page, in order; damaged pages give what can be read."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader.forms


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._open: Form | None = None
        self._button: Field | None = None
        self._select: Field | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(told.get("action", ""), told.get("method", "get").upper())
            self.forms.append(self._open)
        if self._open is None:
            return
        about = " ".join(told.get(name, "") for name in ("autocomplete", "id", "placeholder", "aria-label"))
        made = Field(told.get("name", ""), told.get("type", "").lower(), told.get("value", ""), about)
        if tag == "input" and made.kind in ("submit", "image", "button"):
            self._open.buttons.append(made)
        elif tag == "input" and made.kind in ("checkbox", "radio"):
            if "checked" in told or "required" in told:
                made.value = made.value or "on"
                self._open.fields.append(made)
        elif tag in ("input", "textarea"):
            self._open.fields.append(made)
        elif tag == "select":
            self._select = made
            self._open.fields.append(made)
        elif tag == "option" and self._select is not None and ("selected" in told or not self._select.value):
            self._select.value = told.get("value", "")
        elif tag == "button" and made.kind in ("", "submit"):
            self._button = made
            self._open.buttons.append(made)

    def handle_data(self, data: str) -> None:
        if self._button is not None:
            self._button.about += " " + data.strip()

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "button":
            self._button = None
        elif tag == "select":
            self._select = None
