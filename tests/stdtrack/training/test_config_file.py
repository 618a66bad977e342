"""Configs: every key, type, range and choice is checked, and the message names the way out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from evalkit.errors import InputError
from stdtrack.configs import VARIANTS
from stdtrack.training.config_file import load_config, shipped_config

MINIMAL = 'variant = "nano"\n[[stages]]\nsteps = 5\n[[sources]]\nkind = "procedural"\n'


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "my-validation.toml"  # a file's name must not decide what is valid
    path.write_text(text)
    return path


def test_defaults_and_overrides(tmp_path: Path) -> None:
    path = written(tmp_path, MINIMAL)
    config = load_config(
        path, ["optim.ema=0.5", "stages.0.steps=7", "data_root=/some/where", "clips.sampling='sparse'"]
    )
    assert config.optim.ema == 0.5
    assert config.total_steps == 7
    assert config.data_root == "/some/where"
    assert config.clips.sampling == "sparse"
    assert config.loss.giou == 2
    assert config.loss.l1 == 5


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("optim.weigth_decay=1", "unknown key 'weigth_decay' (did you mean 'weight_decay'?)"),
        ("sede=1", "unknown key 'sede' (did you mean 'seed'?)"),
        ("optim.ema=1.5", "between 0 and 1"),
        ("optim.precision='bfloat61'", "did you mean 'bfloat16'"),
        ("stages.0.steps='many'", "must be a whole number"),
        ("stages.0.steps=0", "at least 1"),
        ("stages.0.frames=0", "at least 1"),
        ("stages.0.predicted=1.5", "between 0 and 1"),
        ("stages.0.learning_rate=nan", "at least 0"),
        ("clips.max_gap=0", "at least 1"),
        ("sources.0.weight=-1", "at least 0"),
        ("sources.0.kind='video,'", "did you mean 'video'"),
        ("stages.3.steps=1", "no position of a list of 1"),
        ("seed=true", "must be a whole number"),
        ("clips=3", "must be a table"),
        ("stages=[]", "no stage to train"),
        ("sources=[]", "no source of clips"),
        ("nothing", "needs key=value"),
        ("variant.name=1", "is no table"),
    ],
)
def test_wrong_settings_are_named(tmp_path: Path, override: str, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        load_config(written(tmp_path, MINIMAL), [override])


def test_all_frames_of_a_left_out_sequence_are_none_in_particular(tmp_path: Path) -> None:
    assert load_config(written(tmp_path, MINIMAL), ["validation.frames=0"]).validation.frames == 0


def test_missing_and_broken_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="missing key 'variant'"):
        load_config(written(tmp_path, MINIMAL.split("\n", 1)[1]))
    with pytest.raises(InputError, match="not valid TOML"):
        load_config(written(tmp_path, "variant = \n"))
    with pytest.raises(InputError, match="cannot be read"):
        load_config(tmp_path / "none.toml")
    with pytest.raises(InputError, match="did you mean 'nano-cpu'"):
        shipped_config("nano")


@pytest.mark.parametrize("name", ["nano-cpu", "base-gpu"])
def test_shipped_configs_load(name: str) -> None:
    config = load_config(shipped_config(name))
    assert config.variant in VARIANTS
    assert len(config.validation.names) >= 8
