from __future__ import annotations

from gatewright.explore.ledger import Entry
from gatewright.model.account import Account, Credential, Login, Step
from gatewright.model.call import Call
from gatewright.model.events import VerdictReached
from gatewright.model.finding import Cell
from gatewright.model.http import Exchange, Request, Response
from gatewright.model.knowledge import Knowledge, Sample
from gatewright.model.mask import Mask
from gatewright.model.secret import Secret
from gatewright.model.settings import Settings
from gatewright.model.verdict import conclude
from gatewright.store.journal import (
    judged,
    masked_entry,
    masked_knowledge,
    settings_without_secrets,
    usable,
    without_secrets,
)

MASK = Mask(b"k")


def test_an_account_keeps_its_name_and_loses_its_secrets() -> None:
    step = Step(method="POST", path="/l", json={"password": "p"})
    account = Account(
        name="a",
        role="r",
        username="u",
        password=Secret("p"),
        credentials=(Credential(within="header", name="X", value=Secret("v")),),
        oauth2={"client_secret": "s", "client_id": "i", "grant": "password"},
        login=Login(steps=(step,)),
        identity=("u@x",),
        private=("123",),
    )
    assert without_secrets(account) == Account(
        name="a", role="r", username="u", oauth2={"grant": "password"}, identity=("u@x",)
    )


def test_settings_keep_what_decides_the_plan() -> None:
    settings = Settings(
        target=("http://h/?token=abcdef12",),
        headers=(("X-API-Key", "k-123456789"), ("X-Client", "gw")),
        proxy="http://u:p@h:1",
        seed=4,
        policy={"/a": "private"},
    )
    found = settings_without_secrets(settings, MASK)
    assert found.headers[1] == ("X-Client", "gw")
    assert "k-123456789" not in repr(found)
    assert "abcdef12" not in repr(found)
    assert (found.proxy, found.seed, found.policy) == ("http://h:1", 4, {"/a": "private"})


def test_what_a_budget_an_interruption_or_the_plan_settled_is_judged_anew() -> None:
    def reached(reason: str) -> VerdictReached:
        return VerdictReached(cell=Cell("GET http://h/a", "t", "bob"), verdict=conclude(reason, "why"))

    assert judged(reached("denied"), attempted=True)
    assert judged(reached("denied"), attempted=False)  # by what another cell had asked
    assert judged(reached("baseline_broken"), attempted=True)
    assert not judged(reached("baseline_broken"), attempted=False)
    assert not judged(reached("no_such_function"), attempted=False)
    assert not judged(reached("budget"), attempted=True)
    assert not judged(reached("stopped"), attempted=True)


def _sample(name: str, call: Call, answer: str) -> Sample:
    body, lines = answer.encode(), (("Content-Type", "application/json"),)
    exchange = Exchange(
        number=1, request=Request("GET", "http://h", "/"), response=Response(200, headers=lines, body=body)
    )
    return Sample(endpoint=name, account="bob", call=call, exchange=exchange)


def test_a_request_that_a_mask_made_useless_is_sampled_again_with_the_answer_that_told_its_value() -> None:
    link = "Zk3mQ0vB1nXr8aLw5tYc2g"
    samples = (
        _sample("POST /share", Call(endpoint="POST /share"), f'{{"link_token": "{link}"}}'),
        _sample("GET /shared/{t}", Call(endpoint="GET /shared/{t}", path={"t": link}), '{"id": 7}'),
        _sample("GET /keys", Call(endpoint="GET /keys"), '{"api_key": "another-Value-9981"}'),
    )
    kept = usable(masked_knowledge(Knowledge(samples=samples), MASK))
    assert link not in repr(kept)
    assert [sample.endpoint for sample in kept.samples] == ["GET /keys"]


def test_of_a_file_that_was_sent_the_ledger_keeps_where_and_not_what() -> None:
    for body in ({"raw": b"x" * 70_000, "content_type": "image/png"}, {"body": {"file": "x" * 70_000}}):
        sent = Call(endpoint="POST http://h/files", path={"id": 7}, **body)  # type: ignore[arg-type]
        entry = Entry(
            number=1, kind="object", account="a", what="a file", create=sent, remove=Call(endpoint="DELETE x")
        )
        kept = masked_entry(entry, MASK)
        assert kept.create == Call(endpoint="POST http://h/files", path={"id": 7}) and kept.remove == entry.remove
