from __future__ import annotations

import threading
import time

import pytest

from gatewright.store.turns import Turns


def test_who_waits_comes_in_before_who_asks_again() -> None:
    turns, inside, over = Turns(), threading.Event(), threading.Event()
    taken = 0

    def write() -> None:
        nonlocal taken
        while not over.is_set():
            with turns:
                taken += 1
                inside.set()
                time.sleep(0.005)  # a transaction

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(20):
            inside.clear()
            assert inside.wait(10)
            before = taken
            with turns:
                assert taken - before <= 1, "the writer went on while another waited"
    finally:
        over.set()
        writer.join()


def test_a_turn_ends_with_an_error_too() -> None:
    turns = Turns()
    with pytest.raises(ValueError, match="broke"), turns:
        raise ValueError("broke")
    with turns:
        pass
