from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gatewright.access.pages import forms

LOGIN = """<html><form action="/search"><input name=q></form>
<form method="post" action="login?next=%2Fa"><input type="hidden" name="_csrf" value="t&amp;1">
<input type="text" name="who" autocomplete="username"><input type=password name="pw">
<input type=checkbox name=remember><input type=checkbox name=terms required>
<select name=lang><option value=en>English<option value=de selected>Deutsch</select>
<button name=go value=1>Log in</button></form>"""


def test_a_log_in_form_is_filled_as_a_person_would() -> None:
    search, form = forms(LOGIN)
    assert search.password is None
    assert (form.identity and form.identity.name, form.password and form.password.name) == ("who", "pw")
    method, url, body = form.submission("http://a.test/x/enter?y", {"who": "al ice", "pw": "s&cret"})
    assert (method, url) == ("POST", "http://a.test/x/login?next=%2Fa")
    assert body == b"_csrf=t%261&who=al+ice&pw=s%26cret&terms=on&lang=de&go=1"


def test_consent_takes_the_button_that_agrees() -> None:
    (form,) = forms(
        "<form method=post><button name=c value=deny>No</button><button name=c value=1>Allow</button></form>"
    )
    assert form.filled({}) == [("c", "1")]
    (form,) = forms("<form method=post><input type=submit name=cancel value=Cancel><input type=submit name=ok></form>")
    assert form.filled({}) == [("ok", "")]


def test_a_code_is_no_password() -> None:
    (form,) = forms(
        '<form method=post><input name="pin" autocomplete="one-time-code"><input type=password name=otp></form>'
    )
    assert form.code is not None
    assert form.code.name == "pin"
    assert form.password is None


def test_a_form_that_is_fetched() -> None:
    (form,) = forms("<form action='/a?old=1'><input name=email></form>")
    assert form.submission("http://a.test/", {"email": "a@b"}) == ("GET", "http://a.test/a?email=a%40b", b"")


@given(st.text(max_size=300))
def test_any_page_can_be_read(text: str) -> None:
    for form in forms(text + "<form><input name=a type=password>" + text):
        form.submission("http://a.test/", {})
