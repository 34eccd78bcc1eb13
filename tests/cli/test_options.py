from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from gatewright.cli.options import Typed, flags_of, resume_options, run_options, scan_options, settings_of
from gatewright.settings import Flags


@click.command()
@run_options
@scan_options
def everything(config: str | None, **typed: Typed) -> None:
    click.echo(repr(flags_of(typed)))


@click.command()
@resume_options
def resume(config: str | None, **typed: Typed) -> None:
    click.echo(repr(flags_of(typed)))


def test_every_option_is_a_field_of_the_flags() -> None:
    for command in (everything, resume):
        names = {parameter.name for parameter in command.params} - {"config"}
        assert names <= set(Flags.__struct_fields__)
    left = set(Flags.__struct_fields__) - {parameter.name for parameter in everything.params}
    assert left == {"callback"}  # a feature that does not exist yet


def test_what_is_not_typed_is_not_given() -> None:
    assert CliRunner().invoke(everything, []).output == repr(Flags()) + "\n"
    typed = CliRunner().invoke(everything, ["--sign-up", "0", "--only", "API1", "--only", "cors", "--rate", "2.5"])
    assert typed.output == repr(Flags(sign_up=0, only=("API1", "cors"), rate=2.5)) + "\n"


def test_settings_come_from_the_nearest_file_and_what_was_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gatewright.yaml").write_text("target: http://127.0.0.1:1\nlimits: {requests: 7}\n", encoding="utf-8")
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    settings = settings_of(None, {"max_requests": 9, "seed": None, "only": ()})
    assert settings.target == ("http://127.0.0.1:1",)
    assert settings.limits.requests == 9
