"""``stdtrack train`` on the command line."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from stdtrack.cli.main import main
from stdtrack.cli.train import train
from stdtrack.cli.train_progress import training_progress
from stdtrack.training.loop import TrainingProgress


def test_wrong_input_is_one_line_and_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["train", "nano-cpu", "--set", "optim.emma=1"])
    assert exit_.value.code == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "unknown key 'emma' (did you mean 'ema'?)" in error
    with pytest.raises(SystemExit):
        main(["train", "nano-gpu"])
    assert "did you mean " in capsys.readouterr().err


def test_the_data_that_is_missing_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["train", "nano-cpu", "--set", f"data_root={tmp_path}", "--set", f"out={tmp_path / 'run'}"])
    assert exit_.value.code == 2
    assert str(tmp_path / "train") in capsys.readouterr().err


def test_help_names_the_shipped_configs() -> None:
    assert "nano-cpu" in CliRunner().invoke(train, ["--help"]).output


@pytest.mark.parametrize("terminal", [False, True])
def test_a_terminal_sees_a_bar_and_a_file_sees_lines(
    terminal: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    losses = dict.fromkeys(("total", "score", "giou", "l1", "quality", "iou"), 0.5)
    with training_progress() as tell:
        for event in ("resumed at step 2", TrainingProgress(5, 20, 7.5, 61.0, losses)):
            tell(event)
    shown = capsys.readouterr().err
    for text in ("resumed at step 2", "5/20", "7.5 clips/s 0:01:01 left", "0.500"):
        assert text in shown
    assert ("steps" in shown) == terminal
