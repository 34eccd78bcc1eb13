from __future__ import annotations

from scripts import recording

README = "a\n<!-- recording: gatewright demo -->\n```text\nold\n```\n<!-- end of recording -->\nb\n"


def test_the_output_takes_the_place_of_the_old_one() -> None:
    text = recording.inserted(README, "first \n\nlast\n")
    assert text == README.replace("old\n", "$ gatewright demo\nfirst\n\nlast\n")
    assert recording.inserted(text, "first \n\nlast\n") == text


def test_what_repeats_is_shortened() -> None:
    output = (
        "".join(f"▲ HIGH  x{n}\n" for n in range(20)) + "\nEndpoints without an accepted request (2)\n  a\n  b\n\nend\n"
    )
    lines = recording.shortened(output).splitlines()
    assert lines[11:] == ["▲ HIGH  x11", "…", "", "Endpoints without an accepted request (2)", "  …", "", "end"]
