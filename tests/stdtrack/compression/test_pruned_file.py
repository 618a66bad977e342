"""A pruned network as a file: what it says of itself, and what loads it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evalkit.errors import InputError
from evalkit.trackers.spec import load_tracker
from profiling.latency.clips import Clip
from stdtrack import checkpoints, factory
from stdtrack.checkpoints import load_model, save_model
from stdtrack.compression import pruned_file
from stdtrack.compression.pruned_file import prune_file, pruned_by, source_of
from stdtrack.compression.pruning import Pruned
from tests.stdtrack.compression.test_agreement import Noise
from tests.stdtrack.compression.test_pruning import WIDER
from tests.stdtrack.tiny import make

VARIANTS = {"wider": WIDER}


@pytest.fixture(autouse=True)
def wider_variants(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (factory, checkpoints, pruned_file):
        monkeypatch.setattr(module, "VARIANTS", VARIANTS)


@pytest.fixture
def clips() -> list[Clip]:
    return [Clip("noise", Noise(), np.tile([30.0, 20.0, 24.0, 16.0], (len(Noise()), 1)))]


def test_the_file_is_weights_like_any_other(tmp_path: Path, clips: list[Clip]) -> None:
    source, target = tmp_path / "source.safetensors", tmp_path / "pruned.safetensors"
    save_model(source, make(WIDER))
    pruned = prune_file("wider", source, target, 0.2, 0, clips, print)
    assert pruned_by(target) == pruned
    follower = load_tracker(f"stdtrack:wider?weights={target}&backend=eager")
    follower.init(clips[0].frames.read(0), clips[0].boxes[0])
    assert np.isfinite(follower.update(clips[0].frames.read(1)).box).all()
    assert load_model(target).config.widths != WIDER.widths
    with pytest.raises(InputError, match="does not say what was pruned"):
        pruned_by(source)


def test_a_file_is_taken_again_for_the_same_request_alone(
    tmp_path: Path, clips: list[Clip], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruned_file, "prune", lambda model, *_, **__: (model, Pruned([], {"head": (8, 4)}, (2, 1))))
    source, target = tmp_path / "source.safetensors", tmp_path / "pruned.safetensors"
    save_model(source, make(WIDER))
    pruned = prune_file("wider", source, target, 0.2, 0, clips, print)
    written = target.read_bytes()
    told: list[str] = []
    assert prune_file("wider", source, target, 0.2, 0, clips, told.append) == pruned
    assert told == [f"going on with {target}"]
    other = tmp_path / "other.safetensors"
    save_model(other, make(WIDER, seed=1))
    moved = [Clip("noise", Noise(), clips[0].boxes + 1.0)]
    for asked, named in (
        ((source, target, 0.9, 0, clips), "share 0.2, not 0.9"),
        ((source, target, 0.2, 1, clips), "blocks 0, not 1"),
        ((other, target, 0.2, 0, clips), "source "),
        ((source, target, 0.2, 0, moved), "clips "),
    ):
        with pytest.raises(InputError, match=f"was pruned with {named}"):
            prune_file("wider", *asked, told.append)
    assert target.read_bytes() == written
    save_model(target, make(WIDER))
    with pytest.raises(InputError, match="does not say what it was pruned for"):
        prune_file("wider", source, target, 0.2, 0, clips, told.append)


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ("opencv:mosse", "cannot be pruned"),
        ("stdtrack:wider?backend=onnx", "cannot be pruned"),
        ("stdtrack:wider", "has no weights"),
    ],
)
def test_what_cannot_be_pruned(spec: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        source_of(spec)


def test_given_weights_are_the_source() -> None:
    assert source_of("stdtrack:wider?weights=a.safetensors") == ("wider", Path("a.safetensors"))
