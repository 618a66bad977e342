"""Checkpoints: whole or not there, the last few kept, and refused by another config."""

from __future__ import annotations

import dataclasses
import errno
import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from evalkit.errors import InputError
from stdtrack.checkpoints import load_model
from stdtrack.training.checkpoint import FORMAT, list_checkpoints, load_checkpoint, save_checkpoint
from stdtrack.training.config import OptimConfig, SourceConfig, StageConfig, TrainConfig

CONFIG = TrainConfig("nano", (StageConfig(4), StageConfig(6, frames=3)), (SourceConfig("procedural"),))


def state(step: int, config: TrainConfig = CONFIG) -> dict[str, object]:
    return {"step": step, "config": dataclasses.asdict(config), "model": {"w": torch.ones(3)}}


def test_the_last_ones_are_kept_in_order(tmp_path: Path) -> None:
    for step in (2, 10, 9):
        save_checkpoint(tmp_path, step, state(step), keep=2)
    assert [path.stem for path in list_checkpoints(tmp_path)] == ["step-00000009", "step-00000010"]
    loaded = load_checkpoint(list_checkpoints(tmp_path)[-1], CONFIG)
    assert loaded["step"] == 10
    torch.testing.assert_close(loaded["model"]["w"], torch.ones(3))


def test_no_tracker_takes_it_for_weights(tmp_path: Path) -> None:
    saved = save_checkpoint(tmp_path, 1, state(1), keep=1)
    with pytest.raises(InputError, match=r"step-00000001\.safetensors: holds a run of training.*best\.safetensors"):
        load_model(saved)


def test_a_full_disk_leaves_the_older_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_checkpoint(tmp_path, 1, state(1), keep=1)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match=r"No space left on device.*--resume"):
        save_checkpoint(tmp_path, 2, state(2), keep=1)
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000001.safetensors"]
    assert load_checkpoint(tmp_path / "step-00000001.safetensors", CONFIG)["step"] == 1


def test_an_unfinished_file_is_no_checkpoint(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, 1, state(1), keep=2)
    (tmp_path / ".step-00000002.safetensors.1.tmp").write_bytes(b"half")
    assert len(list_checkpoints(tmp_path)) == 1
    (tmp_path / "step-00000003.safetensors").write_bytes(b"PK\x03\x04 torn")
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


def test_everything_comes_back_to_the_bit_and_the_stride(tmp_path: Path) -> None:
    weights = torch.randn(4, 3, 2, 2).to(memory_format=torch.channels_last)
    nested = {"a": (1, 2.5, None, True), "b": [weights, {3: torch.arange(2)}], "c": torch.tensor(0.1), "d": "text"}
    path = save_checkpoint(tmp_path, 3, {**state(3), "rest": nested}, keep=1)
    found = load_checkpoint(path, CONFIG)["rest"]
    assert found["a"] == nested["a"]
    assert torch.equal(found["b"][0], weights)
    assert found["b"][0].stride() == weights.stride()
    assert found["b"][1][3].tolist() == [0, 1]
    assert found["c"].item() == torch.tensor(0.1).item()
    assert found["c"].shape == ()


class Runs:
    """A pickle that writes a file when it is read."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> object:
        return Path.touch, (self.target,)


def test_an_older_checkpoint_is_read_without_running_it(tmp_path: Path) -> None:
    torch.save(state(3), tmp_path / "step-00000003.pt")
    assert load_checkpoint(list_checkpoints(tmp_path)[-1], CONFIG)["step"] == 3
    ran = tmp_path / "ran"
    torch.save({**state(4), "extra": Runs(ran)}, tmp_path / "step-00000004.pt")
    with pytest.raises(InputError, match="not a readable checkpoint"):
        load_checkpoint(list_checkpoints(tmp_path)[-1], CONFIG)
    assert not ran.exists()
    (tmp_path / "step-00000005.safetensors").write_bytes((tmp_path / "step-00000004.pt").read_bytes())
    with pytest.raises(InputError, match="is a pickle"):
        load_checkpoint(list_checkpoints(tmp_path)[-1], CONFIG)
    assert not ran.exists()


@pytest.mark.parametrize(
    "tree",
    [
        *("{", "[" * 100_000, "3", "null", "[]", '{"items": 3}', '{"items": [[1]]}', '{"items": [[[1], 2]]}', "{}"),
        *('{"tensor": "9", "axes": []}', '{"tensor": "0", "axes": [5]}', '{"items": [["step", true], ["config", 1]]}'),
        *('{"items": [["step", -1], ["config", {"items": []}]]}', '{"items": [["step", 1], ["config", []]]}'),
    ],
)
def test_a_forged_tree_is_no_checkpoint(tmp_path: Path, tree: str) -> None:
    path = tmp_path / "step-00000001.safetensors"
    save_file({"0": torch.ones(2)}, path, {"format": FORMAT, "state": tree})
    with pytest.raises(InputError, match=r"not a readable checkpoint.*delete it") as caught:
        load_checkpoint(path, CONFIG)
    assert "\n" not in str(caught.value)
