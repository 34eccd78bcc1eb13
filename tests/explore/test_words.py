from __future__ import annotations

import pytest

from gatewright.explore.words import Vocabulary, is_version, noun, same, singular, vocabulary, words


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("orderId", ["order", "id"]),
        ("order_id", ["order", "id"]),
        ("Order-ID", ["order", "id"]),
        ("X-Patient-Id", ["x", "patient", "id"]),
        ("HTTPServer2", ["http", "server", "2"]),
        ("_id", ["id"]),
        ("", []),
    ],
)
def test_words(name, split):
    assert words(name) == split


@pytest.mark.parametrize(
    ("many", "one"),
    [("orders", "order"), ("categories", "category"), ("boxes", "box"), ("addresses", "address"), ("status", "status")],
)
def test_singular(many, one):
    assert singular(many) == one
    assert noun(f"line_{many}") == f"line_{one}"


def test_prefix_and_generic_follow_the_vocabulary():
    usual = Vocabulary()
    assert usual.prefix("productIds") == "product"
    assert usual.prefix("title") == ""
    assert usual.generic("uuid")
    assert not usual.generic("order_id")
    assert usual.plain_id("_id")
    assert not usual.plain_id("code")


def test_an_api_teaches_its_own_word_for_id():
    learnt = vocabulary([("seidrek_beilur", "seidreks"), ("tablein", "stovads")])
    assert learnt.prefix("glugex_beilur") == "glugex"
    assert learnt.generic("beilur")
    assert not learnt.generic("tablein")


def test_a_word_that_stands_alone_under_two_collections_means_id():
    learnt = vocabulary([("vop", "flims"), ("vop", "grabs")])
    assert learnt.prefix("flim_vop") == "flim"


def test_versions_and_spellings():
    assert is_version("v1.2")
    assert not is_version("orders")
    assert same("userId", "USER_ID")
