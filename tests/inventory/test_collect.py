from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.inventory import collect as module
from gatewright.inventory.collect import Inventory, collect, merge
from gatewright.model.http import Exchange, Request, Response

EXCHANGES = st.builds(
    lambda method, path, status: Exchange(1, Request(method, "http://a.test", path), Response(status)),
    st.sampled_from(["GET", "POST"]),
    st.sampled_from(["/a", "/a/1", "/a/2", "/a/1?x=1", "/b/c", "/b/1b4e28ba-2fa1-11d2-883f-0016d3cca427"]),
    st.sampled_from([200, 404]),
)


@given(st.lists(EXCHANGES, max_size=12), st.integers(0, 12), st.randoms())
def test_any_split_in_any_order_gives_the_same(exchanges: list[Exchange], cut: int, random: object) -> None:
    whole = collect(exchanges)
    left, right = collect(exchanges[:cut]), collect(exchanges[cut:])
    assert merge(left, right) == merge(right, left) == whole == collect(reversed(exchanges))
    assert whole.exchanges == len(exchanges) == sum(seen.count for seen in whole.endpoints.values())


@given(st.lists(EXCHANGES, max_size=6), st.lists(EXCHANGES, max_size=6), st.lists(EXCHANGES, max_size=6))
def test_merge_is_associative(a: list[Exchange], b: list[Exchange], c: list[Exchange]) -> None:
    one, two, three = collect(a), collect(b), collect(c)
    assert merge(merge(one, two), three) == merge(one, merge(two, three))
    assert merge(Inventory(), one) == one


def test_free_text_in_paths_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_ENDPOINTS", 50)
    words = [f"/w/{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(600)]
    made = [Exchange(1, Request("GET", "http://a.test", word), None) for word in words]
    assert len(collect(made).endpoints) == 50
    assert collect(made).endpoints == merge(collect(made[:300]), collect(made[300:])).endpoints
