"""``stdtrack train`` on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from stdtrack.cli.main import main
from stdtrack.cli.train import train


def test_wrong_input_is_one_line_and_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["train", "nano-cpu", "--set", "optim.emma=1"])
    assert exit_.value.code == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "unknown key 'emma' (nearest known key: 'ema')" in error
    with pytest.raises(SystemExit):
        main(["train", "nano-gpu"])
    assert "nearest known one: " in capsys.readouterr().err


def test_the_data_that_is_missing_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["train", "nano-cpu", "--set", f"data_root={tmp_path}", "--set", f"out={tmp_path / 'run'}"])
    assert exit_.value.code == 2
    assert str(tmp_path / "train") in capsys.readouterr().err


def test_help_names_the_shipped_configs() -> None:
    assert "nano-cpu" in CliRunner().invoke(train, ["--help"]).output
