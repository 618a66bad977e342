"""Checkpoints: whole or not there, the last few kept, and refused by another config."""

from __future__ import annotations

import dataclasses
import errno
import os
from pathlib import Path

import pytest
import torch

from evalkit.errors import InputError
from stdtrack.training.checkpoint import list_checkpoints, load_checkpoint, save_checkpoint
from stdtrack.training.config import OptimConfig, SourceConfig, StageConfig, TrainConfig

CONFIG = TrainConfig("nano", (StageConfig(4), StageConfig(6, frames=3)), (SourceConfig("procedural"),))


def state(step: int, config: TrainConfig = CONFIG) -> dict[str, object]:
    return {"step": step, "config": dataclasses.asdict(config), "model": {"w": torch.ones(3)}}


def test_the_last_ones_are_kept_in_order(tmp_path: Path) -> None:
    for step in (2, 10, 9):
        save_checkpoint(tmp_path, step, state(step), keep=2)
    assert [path.name for path in list_checkpoints(tmp_path)] == ["step-00000009.pt", "step-00000010.pt"]
    loaded = load_checkpoint(list_checkpoints(tmp_path)[-1], CONFIG)
    assert loaded["step"] == 10
    torch.testing.assert_close(loaded["model"]["w"], torch.ones(3))


def test_a_full_disk_leaves_the_older_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_checkpoint(tmp_path, 1, state(1), keep=1)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match=r"No space left on device.*--resume"):
        save_checkpoint(tmp_path, 2, state(2), keep=1)
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000001.pt"]
    assert load_checkpoint(tmp_path / "step-00000001.pt", CONFIG)["step"] == 1


def test_an_unfinished_file_is_no_checkpoint(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, 1, state(1), keep=2)
    (tmp_path / ".step-00000002.pt.1.tmp").write_bytes(b"half")
    assert len(list_checkpoints(tmp_path)) == 1
    (tmp_path / "step-00000003.pt").write_bytes(b"PK\x03\x04 torn")
    with pytest.raises(InputError, match=r"not a readable checkpoint.*delete it"):
        load_checkpoint(list_checkpoints(tmp_path)[-1], CONFIG)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"variant": "base"}, "'variant' was nano, now base"),
        ({"seed": 2}, "'seed' was 1, now 2"),
        ({"optim": OptimConfig(ema=0.5)}, "'optim' was"),
        ({"stages": (StageConfig(5), CONFIG.stages[1])}, "the first 1 stages were"),
    ],
)
def test_another_config_is_refused(tmp_path: Path, changed: dict[str, object], message: str) -> None:
    path = save_checkpoint(tmp_path, 3, state(3), keep=1)
    with pytest.raises(InputError, match="checkpoint of another config") as caught:
        load_checkpoint(path, dataclasses.replace(CONFIG, **changed))  # type: ignore[arg-type]
    assert message in str(caught.value)


def test_what_changes_no_number_may_differ_and_later_stages_too(tmp_path: Path) -> None:
    path = save_checkpoint(tmp_path, 3, state(3), keep=1)
    longer = dataclasses.replace(CONFIG, threads=7, out="x", stages=(CONFIG.stages[0], StageConfig(99), StageConfig(9)))
    assert load_checkpoint(path, longer)["step"] == 3


def test_stages_are_told_apart_by_their_place_and_begin_with_their_first_step(tmp_path: Path) -> None:
    one, other = CONFIG.stages
    again = dataclasses.replace(CONFIG, stages=(one, other, one))
    path = save_checkpoint(tmp_path, 12, state(12, again), keep=1)
    with pytest.raises(InputError, match="the first 3 stages were"):
        load_checkpoint(path, dataclasses.replace(again, stages=(one, StageConfig(6, frames=9), one)))
    path = save_checkpoint(tmp_path, one.steps, state(one.steps), keep=2)
    load_checkpoint(path, dataclasses.replace(CONFIG, stages=(one, StageConfig(9))))
    path = save_checkpoint(tmp_path, one.steps + 1, state(one.steps + 1), keep=3)
    with pytest.raises(InputError, match="the first 2 stages were"):
        load_checkpoint(path, dataclasses.replace(CONFIG, stages=(one, StageConfig(9))))


def test_a_checkpoint_from_before_a_setting_existed_still_fits(tmp_path: Path) -> None:
    old = state(3)
    del old["config"]["clips"]["surroundings"]  # type: ignore[attr-defined, index]
    path = save_checkpoint(tmp_path, 3, old, keep=1)
    assert load_checkpoint(path, CONFIG)["step"] == 3
