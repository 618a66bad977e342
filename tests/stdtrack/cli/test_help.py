"""Help: every command under one heading, with a call of it that it takes."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from stdtrack.cli.main import COMMANDS, GROUPS, cli


def test_every_command_stands_under_one_heading() -> None:
    assert sorted(name for names in GROUPS.values() for name in names) == sorted(COMMANDS)


@pytest.mark.parametrize("width", [60, 80, 200])
def test_the_list_of_commands_fits(width: int) -> None:
    output = CliRunner().invoke(cli, ["--help"], terminal_width=width).output
    assert max(map(len, output.splitlines())) <= width
    for title in GROUPS:
        assert f"\n{title}:\n" in output


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


@pytest.mark.parametrize(("path", "command"), [pytest.param(*each, id=" ".join(each[0])) for each in commands(cli)])
def test_the_example_of_a_command_is_one_that_it_takes(
    path: tuple[str, ...], command: click.Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert command.epilog is not None
    assert command.epilog.startswith("\b\nExample:\n  stdtrack ")
    program, *words = shlex.split(command.epilog.splitlines()[-1])
    assert (program, tuple(words[: len(path)])) == ("stdtrack", path)
    given = words[len(path) :]
    unknown = [word for word in given if word.startswith("--") and word not in options(command)]
    assert not unknown
    (tmp_path / "runs").mkdir()  # what has to be there
    (tmp_path / "got10k.zip").touch()
    monkeypatch.chdir(tmp_path)
    command.make_context(" ".join(path), given)


def options(command: click.Command) -> set[str]:
    return {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
