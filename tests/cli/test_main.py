from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator

import click
import pytest

from gatewright.cli.main import COMMANDS, main

Gatewright = Callable[..., tuple[int, str, str]]


def _walk(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from _walk(command, (*path, name))


EVERY = dict(_walk(main))


@pytest.mark.parametrize("path", [path for path in EVERY if path != ("version",)], ids=" ".join)
def test_every_help_has_two_or_three_real_examples(path: tuple[str, ...]) -> None:
    examples = re.findall(r"^ +gatewright .*$", EVERY[path].help or "", flags=re.MULTILINE)
    assert 2 <= len(examples) <= 3
    for example in examples:
        command, words = main, example.split("#")[0].split()[1:]
        context = click.Context(main)
        while words and isinstance(command, click.Group) and not words[0].startswith("-"):
            found = command.get_command(context, words.pop(0))
            assert found is not None, example
            command = found
        options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
        typed = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert typed <= options | {"--help"}, example


@pytest.mark.parametrize("path", [path for path in EVERY if path[-1] in ("list", "show", "doctor")], ids=" ".join)
def test_every_listing_has_json(path: tuple[str, ...]) -> None:
    assert "--json" in {name for parameter in EVERY[path].params for name in parameter.opts}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["vresion"], "did you mean `version`?"),
        (["tests", "lst"], "did you mean `list`?"),
        (["zzzz"], "there are: "),
        (["tests", "list", "--jsn"], "did you mean '--json'?"),
        (["tests"], "`gatewright tests --help` lists what there is"),
    ],
)
def test_unknown_names_get_a_hint(gatewright: Gatewright, typed: list[str], said: str) -> None:
    code, out, err = gatewright(*typed)
    assert (code, out) == (2, "")
    assert err.startswith("GW-U001  ")
    assert said in err


def test_without_a_word_it_prints_its_help(gatewright: Gatewright) -> None:
    code, out, err = gatewright()
    assert (code, err) == (0, "")
    assert all(name in out for name in COMMANDS)


def test_the_installed_command_answers() -> None:
    done = subprocess.run([sys.executable, "-m", "gatewright", "--version"], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"gatewright \d+\.\d+\.\d+\n", done.stdout)


def test_completion_of_the_shell() -> None:
    environ = os.environ | {"_GATEWRIGHT_COMPLETE": "bash_complete", "COMP_WORDS": "gatewright ver", "COMP_CWORD": "1"}
    command = [sys.executable, "-c", "from gatewright.__main__ import main; main()"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    assert done.stdout == "plain,version\n"
