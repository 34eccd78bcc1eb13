from __future__ import annotations

import pytest

from gatewright.explore.harm import ends, of_accounts, sets_a_state
from gatewright.model.endpoint import Endpoint


def post(path, operation=""):
    return Endpoint(method="POST", path=path, origin="http://h", operation=operation)


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("/users/{id}/suspension", "suspension"),
        ("/Account/CloseAccount", "close"),
        ("/me/2fa", "two factor"),
        ("/me/second-factor", "two factor"),
        ("/keys/{id}/regenerate", "regenerate"),
        ("/clocks", ""),
        ("/blocks", ""),
        ("/closest", ""),
        ("/banks", ""),
        ("/users/{suspended_id}", ""),
        ("/suspended/{id}/notes", ""),
    ],
)
def test_what_a_path_says_it_ends(path, word):
    assert ends(post(path)) == word


def test_the_name_of_the_operation_counts_as_well():
    assert ends(post("/actions", "banMember")) == "ban"


def test_paths_of_accounts_and_of_their_states():
    assert of_accounts(post("/organisations/{id}/leave"))
    assert not of_accounts(post("/parcels/{account}/weigh"))
    assert sets_a_state(post("/users/{id}/status"))
    assert not sets_a_state(post("/parcels/{id}/status"))
