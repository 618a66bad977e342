"""The face of the program: help without heavy imports, one clear line for wrong input."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest

from evalkit.errors import InputError
from stdtrack.cli.main import COMMANDS, cli, main

HEAVY = {"torch", "cv2", "pandas", "matplotlib", "numpy"}


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom click.testing import CliRunner\nfrom stdtrack.cli.main import cli\n"
        "print(CliRunner().invoke(cli, ['--help']).output)\n"
        "print('heavy:', *sorted(set(sys.modules) & set(sys.argv[1:])))"
    )
    done = subprocess.run([sys.executable, "-c", code, *HEAVY], capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().endswith("heavy:")
    assert all(name in done.stdout for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_of_the_table_exists(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    assert command.help


def test_wrong_input_is_one_line_and_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["score", "/nowhere", "--on", "otb100", "--data", "/nowhere"])
    assert stop.value.code == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("stdtrack: /nowhere")
    assert printed.err.count("\n") == 1


@pytest.mark.parametrize("place", [0, 5])
def test_debug_shows_the_traceback_at_any_place(place: int) -> None:
    arguments = ["score", "/nowhere", "--on", "otb100", "--data", "/nowhere"]
    with pytest.raises(InputError):
        main([*arguments[:place], "--debug", *arguments[place:]])


@pytest.mark.parametrize(
    "arguments", [("score", "runz", "--on", "otb100"), ("report", "runz", "--out", "r"), ("compare", "runz", "A", "B")]
)
def test_results_that_are_not_there_are_told_before_anything_else(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert capsys.readouterr().err.startswith("stdtrack: runz: there is no such folder of results")


def test_a_video_is_not_written_over_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    video = tmp_path / "walk.mp4"
    video.write_bytes(b"a video")
    with pytest.raises(SystemExit) as stop:
        main(["track", str(video), "--box", "1,2,3,4", "--out", str(tmp_path / "." / "walk.mp4")])
    assert stop.value.code == 2
    assert "would overwrite" in capsys.readouterr().err
    assert video.read_bytes() == b"a video"
