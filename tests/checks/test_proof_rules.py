"""Each rule of the proofs, broken: at least one case then comes out wrong. A rule that no case needs would be none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from gatewright.app.tests import library
from gatewright.checks.jwt_secret import Guess
from gatewright.engine.replay import load, path_of, run
from gatewright.proof.denied import DeniedFamily
from gatewright.proof.leaves import Answer
from gatewright.proof.witness import Witness

READ, CHANGE, DELETE = "object-access-read", "object-access-change", "object-access-delete"


def one_weak_is_enough(found: tuple[Witness, ...], answer: Answer, *, sent: str = "") -> tuple[Witness, ...]:
    return tuple(w for w in found if w.value not in sent and any(w.value == leaf.value for leaf in answer.leaves))


RULES: list[tuple[str, str, Any, str, str]] = [
    ("a marker alone proves", "gatewright.proof.witness.is_strong", lambda value: False, READ, "bob reads alice's note by its id"),
    ("one weak value does not", "gatewright.checks.reading.shown", one_weak_is_enough, READ, "one common word"),
    ("a refusal is learnt, not a status", "gatewright.proof.denied.DeniedFamily.denied", lambda self, answer, references=(): answer.status >= 400, READ, "status 200 with an error"),
    ("status alone refuses nothing that leaks", "gatewright.checks.reading.shown", lambda found, answer, sent="": () if answer.status >= 300 else found, READ, "a redirect that carries"),
    ("baselines must agree", "gatewright.checks.controls.consistent", lambda answers: True, READ, "the owner's own answers differ"),
    ("evidence makes private", "gatewright.checks.evidence.is_private", lambda evidence, action, resource: (False, ""), READ, "bob reads alice's note by its id"),
    ("without evidence nothing is private", "gatewright.checks.evidence.is_private", lambda evidence, action, resource: (True, ""), READ, "nothing says that the wiki page is private"),
    ("lists apart are evidence", "gatewright.checks.evidence._apart", lambda own, attackers, id_: False, READ, "what nobody could make on purpose"),
    ("a page is no whole list", "gatewright.checks.evidence._whole", lambda answer: True, READ, "the lists name a next page"),
    ("a change is seen by its owner", "gatewright.checks.changing.holds_value", lambda answer, value: False, CHANGE, "bob writes into alice's note"),
    ("only what is seen has changed", "gatewright.checks.changing.seen", None, CHANGE, "204 to everything"),
    ("gone means gone for its owner", "gatewright.checks.object_access_delete.gone", lambda answer: False, DELETE, "bob deletes alice's note"),
    ("204 deletes nothing", "gatewright.checks.object_access_delete.gone", None, DELETE, "an idempotent deletion"),
    ("a hash is known by its form", "gatewright.checks.exposed.classify", lambda path, value, **_: "", "data-exposure", "the directory holds password hashes"),
    ("a token counts where it names its account", "gatewright.checks.forging.accepted", lambda gate, exchange: exchange.response.status == 200, "jwt-none", "a forged token gets 200"),
    ("a cut credential counts where it names its account", "gatewright.checks.auth_credential._accepted", lambda gate, exchange: exchange.response.status == 200, "auth-truncated", "a part gets 200"),
    ("no word fits until one does", "gatewright.checks.jwt_secret._guess", lambda token, own: Guess(None, 0), "jwt-weak-secret", "the secret is a common word"),
    ("an end is an end within a month", "gatewright.checks.token_life._endless", lambda token: True, "jwt-no-expiry", "tokens end within the hour"),
    ("only the flags that are there", "gatewright.checks.session_exposed._lacking", lambda line, scheme, host: ["without all"], "session-cookie-flags", "the cookie has its guards"),
    ("what moved is what was sent", "gatewright.checks.mass_assignment.as_text", lambda value: "always", "mass-assignment", "an update stores the balance"),
]  # fmt: skip


async def always_seen(*arguments: Any, **named: Any) -> Answer:
    return Answer(200, "json", (), "", ())


def broken(rule: str, replacement: Any) -> Callable[..., Any]:
    """The replacement; two rules need one that is made here."""
    if replacement is not None:
        return replacement  # type: ignore[no-any-return]
    if rule.endswith(".seen"):
        return always_seen
    states = iter([False, False, False])  # there before, twin there, there after the random id: then gone
    return lambda answer: next(states, True)


@pytest.mark.parametrize(("rule", "target", "replacement", "test", "title"), RULES, ids=[row[0] for row in RULES])
def test_a_broken_rule_fails_a_case(
    monkeypatch: pytest.MonkeyPatch, rule: str, target: str, replacement: Any, test: str, title: str
) -> None:
    check = library()[test]
    cases = [c for c in load(path_of(check)) if title in (c.fires or c.quiet or c.skipped)]
    assert len(cases) == 1, [c.fires or c.quiet for c in cases]
    assert not asyncio.run(run(check, cases[0])).problem
    monkeypatch.setattr(target, broken(target, replacement))
    assert asyncio.run(run(check, cases[0])).problem, f"{rule}: broken, and the case did not notice"


def test_the_family_itself_is_asked() -> None:
    assert not DeniedFamily().denied(Answer(200, "json", (), "{}", ()))
