"""An early exit: how it is taught, from when it is trusted, and the file that a tracker takes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evalkit.errors import InputError
from evalkit.trackers.spec import load_tracker
from profiling.latency.clips import Clip
from stdtrack import checkpoints, factory, tracker
from stdtrack.checkpoints import save_model, sha256
from stdtrack.compression import exit_file
from stdtrack.compression.exit_file import make_exit, share_of_early_ends
from stdtrack.compression.exit_threshold import choose_threshold, lowest_threshold
from stdtrack.compression.exit_training import exit_config, taught
from stdtrack.compression.steps import Steps
from stdtrack.configs import NANO, ModelConfig
from stdtrack.inference.early_exit import Beginning, Exit, LateEnding, exiting, load_exit, save_exit
from stdtrack.inference.networks import on_backend
from stdtrack.inference.prepared import step_digest
from stdtrack.model.early_exit import EarlyExit
from stdtrack.tracker import STDTracker
from stdtrack.training.config import SourceConfig, StageConfig, TrainConfig
from tests.stdtrack.compression.test_agreement import Noise
from tests.stdtrack.tiny import TINY, TINY_HYBRID, make

CONFIGS = {
    "patch": TINY,
    "hybrid": TINY_HYBRID,
    "no token": replace(TINY, token=False, fusion=False, memory="none"),
    "no STM": replace(TINY, memory="none"),
}
UNITS = st.floats(0.0, 1.0, width=32)


@pytest.fixture
def clips() -> list[Clip]:
    return [Clip("noise", Noise(), np.tile([30.0, 20.0, 24.0, 16.0], (len(Noise()), 1)))]


def test_kept_steps_of_other_exits_are_told_apart() -> None:
    model = make(replace(TINY, depth=3))
    module = EarlyExit(model.config.dim)
    for part in (Beginning, LateEnding):
        digests = {step_digest(part(model, Exit(module, after)), ()) for after in (1, 2)}
        assert len(digests) == 2


def random_exit(config: ModelConfig, threshold: float = 1.0) -> Exit:
    torch.manual_seed(0)
    module = EarlyExit(config.dim)
    torch.nn.init.normal_(module.mlp[-1].weight, std=0.1)  # type: ignore[arg-type]  # of a Sequential any module
    return Exit(module.eval(), 1, threshold)


@pytest.mark.parametrize(
    ("name", "backend"), [*((name, "eager") for name in CONFIGS), ("hybrid", "onnx"), ("no token", "onnx")]
)
def test_a_frame_that_does_not_end_early_is_the_full_networks(name: str, backend: str) -> None:
    if backend == "onnx":
        pytest.importorskip("onnxscript")
    config = CONFIGS[name]
    model = make(config).fold()
    full, both = on_backend(model, "eager"), exiting(model, random_exit(config), backend)
    template, search = torch.rand(1, 3, 32, 32), torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        state = full.init_state(template)
        (one, after), (other, later) = full.step(state, search), both.step(state, search)
        torch.testing.assert_close(vars(other), vars(one), rtol=0, atol=1e-5)
        torch.testing.assert_close(later.frame_B, after.frame_B)
        early, _ = replace(both, way_out=replace(both.way_out, threshold=0.0)).step(state, search)
    assert not torch.allclose(early.score, one.score, atol=1e-4)
    assert (both.steps, both.early_steps) == (1, 0)


def test_an_exit_begins_as_if_the_other_blocks_did_nothing() -> None:
    x_BNC = torch.rand(2, 5, 32)
    assert torch.equal(EarlyExit(32)(x_BNC), x_BNC)


@given(st.data(), st.floats(0.0, 0.5))
def test_the_threshold_is_the_lowest_one_that_keeps_the_loss(data: st.DataObject, loss: float) -> None:
    frames = data.draw(st.integers(1, 12))
    confidence, overlap = (data.draw(arrays(np.float64, frames, elements=UNITS)) for _ in range(2))
    threshold = lowest_threshold(confidence, overlap, loss)

    def cost(limit: float) -> float:
        return float(np.where(confidence > limit, 1.0 - overlap, 0.0).sum())

    assert cost(threshold) <= loss * frames
    lower = [limit for limit in (0.0, *confidence) if limit < threshold]
    assert all(cost(limit) > loss * frames for limit in lower)


def procedural(config: ModelConfig, steps: int) -> TrainConfig:
    stage = StageConfig(steps=steps, frames=2, batch=4, learning_rate=3e-3, warmup=5)
    return TrainConfig("tiny-hybrid", (stage,), (SourceConfig(kind="procedural", limit=20),), workers=0, log_every=10)


def test_it_learns_what_the_other_blocks_do_and_leaves_them_alone() -> None:
    model = make(TINY_HYBRID)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    told: list[str] = []
    taught(model, 1, procedural(TINY_HYBRID, 60), told.append)
    first, *_, last = (float(line.split("tokens ")[1].split()[0]) for line in told)
    assert last < 0.6 * first
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert all(parameter.requires_grad for parameter in model.parameters())
    with pytest.raises(InputError, match="after 2 blocks: the network has 2"):
        taught(model, 2, procedural(TINY_HYBRID, 1), told.append)


def test_the_config_is_that_of_training_without_teachers() -> None:
    config = exit_config("nano-cpu", ["stages=[{steps=3,frames=2,batch=4,predicted=0.5}]"], NANO.name)
    assert config.teachers == ()
    assert config.stages[0].predicted == 0.0
    with pytest.raises(InputError, match="trains 'nano', not 'base'"):
        exit_config("nano-cpu", [], "base")


def test_all_or_no_frames_end_early_at_the_extremes(clips: list[Clip]) -> None:
    model = make(TINY)
    assert choose_threshold(model, random_exit(TINY), clips, 1.0) == (0.0, 1.0)
    threshold, share = choose_threshold(model, random_exit(TINY), clips, 0.0)
    assert share < 1.0
    assert threshold > 0.0


@pytest.fixture
def made(tmp_path: Path, clips: list[Clip], monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Weights and their exit, by which every frame ends early."""
    for module in (factory, tracker, checkpoints, exit_file):
        monkeypatch.setattr(module, "VARIANTS", {"tiny-hybrid": TINY_HYBRID})
    monkeypatch.setattr(exit_file, "exit_config", lambda *_: procedural(TINY_HYBRID, 2))
    weights, target = tmp_path / "tiny.safetensors", tmp_path / "exit.safetensors"
    save_model(weights, make(TINY_HYBRID))
    steps = Steps(exit_after=1, exit_loss=1.0, finetune="procedural")
    found = make_exit("tiny-hybrid", weights, target, steps, clips, print)
    assert (found.after, found.blocks, found.share) == (1, 2, 1.0)
    assert found.macs[0] < found.macs[1]
    assert "after block 1 of 2" in found.described()
    return weights, target


def test_the_file_is_an_option_of_a_tracker_like_any_other(made: tuple[Path, Path], clips: list[Clip]) -> None:
    weights, path = made
    follower = load_tracker(f"stdtrack:tiny-hybrid?weights={weights}&exit={path}")
    assert isinstance(follower, STDTracker)
    facts = follower.describe()
    assert facts["exit_sha256"] == sha256(path)
    assert "ends easy frames early" in facts["note"]
    assert follower.differentiable() is None

    def follow() -> None:
        follower.init(clips[0].frames.read(0), clips[0].boxes[0])
        assert np.isfinite(follower.update(clips[0].frames.read(1)).box).all()

    assert share_of_early_ends(follower, follow) == 1.0
    plain = load_tracker(f"stdtrack:tiny-hybrid?weights={weights}&backend=eager")
    assert isinstance(plain, STDTracker)
    parameters = [sum(p.numel() for p in one.complexity_parts()["frame"][0].parameters()) for one in (plain, follower)]
    assert parameters[0] < parameters[1]


def test_an_exit_of_other_weights_is_refused(made: tuple[Path, Path], tmp_path: Path) -> None:
    weights, path = made
    other = tmp_path / "other.safetensors"
    save_model(other, make(TINY_HYBRID, seed=1))
    with pytest.raises(InputError, match="was made for other weights"):
        load_tracker(f"stdtrack:tiny-hybrid?weights={other}&exit={path}")
    with pytest.raises(InputError, match="was made for other weights"):
        load_tracker(f"stdtrack:tiny-hybrid?exit={path}")
    with pytest.raises(InputError, match="is no early exit"):
        load_tracker(f"stdtrack:tiny-hybrid?weights={weights}&exit={weights}")


def test_a_damaged_exit_is_refused(tmp_path: Path) -> None:
    model, path = make(TINY), tmp_path / "exit.safetensors"
    save_exit(path, replace(random_exit(TINY), after=2), "digest", {})
    with pytest.raises(InputError, match="ends after 2 blocks, and the network has 2"):
        load_exit(path, model, "digest")
    save_exit(path, random_exit(replace(TINY, dim=64)), "digest", {})
    with pytest.raises(InputError, match="has shape"):
        load_exit(path, model, "digest")
    save_exit(path, random_exit(TINY, 0.5), "digest", {})
    assert load_exit(path, model, "digest").threshold == 0.5


@pytest.mark.parametrize(
    ("steps", "problem"),
    [
        (Steps(exit_after=1), "has to be trained"),
        (Steps(exit_after=1, finetune="nano-cpu", int8=True), "does not go with int8"),
        (Steps(exit_after=1, finetune="nano-cpu", exit_loss=1.5), "exit_loss is 1.5"),
        (Steps(int8=True, finetune="nano-cpu"), "nothing to train"),
        (Steps(), "nothing is asked for"),
    ],
)
def test_what_cannot_be_done_is_said_first(steps: Steps, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        steps.check()
