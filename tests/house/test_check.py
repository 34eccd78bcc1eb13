from __future__ import annotations

import sys
from pathlib import Path

from scripts import check


def test_a_failing_step_is_shown_and_fails() -> None:
    good = check.run(check.Step("good", (sys.executable, "-c", "print('fine')")))
    bad = check.run(check.Step("bad", (sys.executable, "-c", "raise SystemExit('broken thing')")))
    assert (good.code, bad.code) == (0, 1)
    assert "broken thing" in bad.output


def test_every_step_of_the_whole_project() -> None:
    names = [step.name for step in check.steps(None)]
    assert names == ["lengths", "format", "lint", "types", "layers", "mirror", "docs"]


def test_one_file_gets_what_can_judge_it() -> None:
    assert [step.name for step in check.steps("src/gatewright/model/json.py")] == ["lengths", "format", "lint", "types"]


def test_steps_name_files_that_exist() -> None:
    for step in (*check.steps(None), check.START):
        for word in step.command:
            if word.startswith("scripts/"):
                assert Path(check.ROOT, word).exists(), word


def test_an_unknown_file_is_a_usage_error() -> None:
    assert check.main(["src/none.py"]) == 2
