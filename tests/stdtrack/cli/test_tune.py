"""``stdtrack tune`` on the command line; what it chooses is tested beside the training package."""

from __future__ import annotations

from pathlib import Path

import pytest

from stdtrack.checkpoints import save_model
from stdtrack.cli.main import main
from tests.stdtrack.tiny import TINY, make


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nano-cpu", "none.safetensors"], "none.safetensors: cannot read the checkpoint"),
        (["nano-cqu", "tiny.safetensors"], "did you mean 'nano-cpu'?"),
        (["nano-cpu", "tiny.safetensors", "--set", "optim.emma=1"], "unknown key 'emma'"),
        (["nano-cpu", "tiny.safetensors", "--window", "1.5"], "'--window': 1.5 is not in the range"),
    ],
)
def test_wrong_input_has_exit_code_2(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    save_model(tmp_path / "tiny.safetensors", make(TINY))
    with pytest.raises(SystemExit) as exit_:
        main(["tune", *arguments])
    assert exit_.value.code == 2
    assert message in capsys.readouterr().err
