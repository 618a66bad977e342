"""``stdtrack:NAME?keep=0.7``: the option, what a run says of it, files, backends, and what does not go with it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from evalkit.errors import InputError
from evalkit.trackers.spec import load_tracker
from profiling.backends import BACKENDS
from profiling.complexity.count import count
from stdtrack import checkpoints, factory
from stdtrack import tracker as trackers
from stdtrack.checkpoints import (
    config_as_mapping,
    config_from_mapping,
    load_model,
    save_model,
    sha256,
    with_keep,
    without_blocks,
)
from stdtrack.compression.exit_training import taught
from stdtrack.compression.subjects import OwnSubject, subject_of
from stdtrack.configs import NANO
from stdtrack.inference.differences import TOLERANCE
from stdtrack.inference.early_exit import Exit, save_exit
from stdtrack.inference.exporting import verified_export
from stdtrack.model.early_exit import EarlyExit
from stdtrack.redetection.own import RedetectingSTDTracker
from stdtrack.tracker import KEEP_NOTE, STDTracker
from stdtrack.training.config import SourceConfig, StageConfig, TrainConfig
from tests.stdtrack.tiny import TINY_HYBRID, clip, make

BOX = np.array([30.0, 20.0, 24.0, 16.0])
FEWER = replace(TINY_HYBRID, keep=0.5)


@pytest.fixture(autouse=True)
def tiny_variants(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (factory, trackers, checkpoints):
        monkeypatch.setattr(module, "VARIANTS", {"tiny-hybrid": TINY_HYBRID, "nano": NANO})


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.safetensors"
    save_model(path, make(TINY_HYBRID))
    return path


def frames(number: int) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [random.integers(0, 256, (90, 120, 3), dtype=np.uint8) for _ in range(number)]


def track(weights: Path, **options: str) -> tuple[np.ndarray, Mapping[str, str]]:
    """Boxes of a few frames, and what the tracker says of itself."""
    tracker = load_tracker(spec_of(weights, options))
    assert isinstance(tracker, STDTracker)
    tracker.init(frames(1)[0], BOX)
    return np.array([tracker.update(image).box for image in frames(5)]), tracker.describe()


def spec_of(weights: Path, options: Mapping[str, str]) -> str:
    return "&".join([f"stdtrack:tiny-hybrid?weights={weights}", *(f"{key}={value}" for key, value in options.items())])


def test_a_run_says_what_is_left_out_and_without_it_no_bit_changes(weights: Path) -> None:
    plain, facts = track(weights)
    same, same_facts = track(weights, keep="1")
    assert np.array_equal(plain, same)
    assert facts == same_facts
    assert "keep" not in facts
    fewer, fewer_facts = track(weights, keep="0.5")
    assert not np.array_equal(plain, fewer)
    assert fewer_facts == {**facts, "keep": "0.5", "note": KEEP_NOTE}


def test_the_tracker_is_the_network_that_leaves_tokens_out(weights: Path) -> None:
    """Eager's own arrangement beside the module, in fp32."""
    tracker = load_tracker(spec_of(weights, {"keep": "0.5"}))
    assert isinstance(tracker, STDTracker)
    model = make(FEWER).fold()
    templates, searches = clip(FEWER, batch=1, frames=3)
    with torch.inference_mode():
        expected = model.forward_clip(templates, searches).score
        state = tracker.network.init_state(templates[:, 0])
        for index in range(3):
            output, state = tracker.network.step(state, searches[:, index])
            torch.testing.assert_close(output.score, expected[:, index], rtol=0, atol=1e-5)


@pytest.mark.parametrize("backend", ["openvino", "torch-export"])
def test_backends_leave_the_same_tokens_out(backend: str, weights: Path) -> None:
    for needed in BACKENDS[backend].needs:
        pytest.importorskip(needed)
    expected, _ = track(weights, keep="0.5")
    found, facts = track(weights, keep="0.5", backend=backend)
    np.testing.assert_allclose(found, expected, atol=1e-2)
    assert facts["note"] == KEEP_NOTE


@pytest.mark.parametrize(
    ("keep", "problem"),
    [
        ("half", r"stdtrack:tiny-hybrid: option keep=half is no number"),
        ("0", r"keep is 0, no share above 0"),
        ("1.5", r"keep is 1\.5, no share"),
        ("nan", "keep is nan"),
    ],
)
def test_what_is_no_share_is_refused(keep: str, problem: str, weights: Path) -> None:
    with pytest.raises(InputError, match=problem):
        track(weights, keep=keep)


def test_a_file_says_what_it_was_trained_with_and_the_option_is_stronger(tmp_path: Path) -> None:
    path = tmp_path / "fewer.safetensors"
    save_model(path, make(FEWER))
    assert load_model(path, TINY_HYBRID).config.keep == 0.5
    assert track(path)[1]["keep"] == "0.5"
    assert track(path, keep="0.7")[1]["keep"] == "0.7"
    assert "keep" not in track(path, keep="1")[1]


def test_older_files_leave_nothing_out_and_new_ones_say_nothing_of_it() -> None:
    assert "keep" not in config_as_mapping(TINY_HYBRID)
    assert config_from_mapping(config_as_mapping(TINY_HYBRID)) == TINY_HYBRID
    assert config_from_mapping(json.loads(json.dumps(config_as_mapping(FEWER)))) == FEWER
    for keep, problem in ((0, r"a\.safetensors: config key keep is 0"), ("x", "config key 'keep' is 'x'")):
        with pytest.raises(InputError, match=problem):
            config_from_mapping({**config_as_mapping(FEWER), "keep": keep}, Path("a.safetensors"))


def test_weights_stay_when_the_share_changes() -> None:
    model = make(TINY_HYBRID)
    changed = with_keep(model, 0.5)
    assert changed.config == FEWER
    assert not changed.training
    pairs = zip(model.state_dict().values(), changed.state_dict().values(), strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)
    assert with_keep(model, 1.0) is model
    with pytest.raises(InputError, match="and the network has one block"):
        with_keep(without_blocks(model, [0]), 0.5)


def test_an_exported_folder_keeps_its_share(tmp_path: Path) -> None:
    pytest.importorskip("onnxscript")
    pytest.importorskip("onnxruntime")
    folder = tmp_path / "exported"
    tracker = STDTracker(make(FEWER))
    assert max(verified_export(tracker, "onnx", folder, frames(6), BOX).values()) <= TOLERANCE
    for options in ({}, {"keep": "0.5"}):
        facts = factory.create("tiny-hybrid", {"path": str(folder), **options}).describe()
        assert (facts["keep"], facts["note"]) == ("0.5", KEEP_NOTE)
    for keep in ("0.7", "1"):
        with pytest.raises(InputError, match=rf"exported: holds a network with keep=0\.5, not {keep}"):
            factory.create("tiny-hybrid", {"path": str(folder), "keep": keep})


def test_eight_bits_come_in_its_place(weights: Path, tmp_path: Path) -> None:
    subject = subject_of(spec_of(weights, {"keep": "0.5"}))
    assert isinstance(subject, OwnSubject)
    assert subject.tracker.config.keep == 0.5
    assert subject.spec_on(tmp_path / "made") == f"stdtrack:tiny-hybrid?path={tmp_path / 'made'}"


def test_an_early_exit_does_not_go_with_it(weights: Path, tmp_path: Path) -> None:
    path = tmp_path / "exit.safetensors"
    save_exit(path, Exit(EarlyExit(TINY_HYBRID.dim), 1, 0.5), sha256(weights), {})
    track(weights, exit=str(path))
    with pytest.raises(InputError, match=r"an early exit does not go with keep=0\.5"):
        track(weights, exit=str(path), keep="0.5")
    config = TrainConfig("tiny-hybrid", (StageConfig(steps=1),), (SourceConfig(kind="procedural"),))
    with pytest.raises(InputError, match=r"an early exit does not go with keep=0\.5"):
        taught(make(FEWER), 1, config, print)


def test_complexity_and_gradients_are_those_of_fewer_tokens(weights: Path) -> None:
    whole, fewer = (load_tracker(spec_of(weights, {"keep": keep})) for keep in ("1", "0.5"))
    assert isinstance(whole, STDTracker)
    assert isinstance(fewer, STDTracker)
    macs = [count(*one.complexity_parts()["frame"]).macs for one in (whole, fewer)]
    assert macs[1] < macs[0]
    fewer.init(frames(1)[0], BOX)
    attacked = fewer.differentiable()
    assert attacked is not None
    image = frames(1)[0]
    x0, y0, x1, y1 = attacked.search_part(image)
    pixels = torch.tensor(image[y0:y1, x0:x1]).permute(2, 0, 1)[None].float().requires_grad_()
    attacked.answers(pixels, (x0, y0)).score_N.max().backward()
    assert pixels.grad is not None
    assert pixels.grad.abs().max() > 0


def test_it_goes_with_the_search_for_a_lost_target() -> None:
    """With nano's own weights, whose calibration the search needs."""
    tracker = factory.create("nano", {"keep": "0.7", "redetect": "true", "backend": "eager"})
    assert isinstance(tracker, RedetectingSTDTracker)
    assert tracker.model.config.keep == 0.7
    tracker.init(frames(1)[0], BOX)
    assert np.isfinite([tracker.update(image).box for image in frames(12)]).all()
    assert tracker.describe()["note"] == KEEP_NOTE
