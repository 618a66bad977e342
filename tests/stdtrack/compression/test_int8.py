"""Eight bits from a tracker's own frames: the folder, what stays in float, and what it says of itself."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from evalkit.trackers.spec import load_tracker
from profiling.backends import onnx, onnx_int8
from profiling.latency.clips import Clip
from stdtrack import factory
from stdtrack.checkpoints import save_model
from stdtrack.compression import int8
from stdtrack.compression.subjects import OwnSubject, subject_of
from stdtrack.inference.eager import eager_tracker
from stdtrack.inference.exporting import export
from stdtrack.tracker import STDTracker
from tests.stdtrack.compression.test_agreement import Noise
from tests.stdtrack.tiny import TINY_HYBRID, make

pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")


@pytest.fixture(autouse=True)
def tiny_variants(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(factory, "VARIANTS", {"tiny-hybrid": TINY_HYBRID})


@pytest.fixture
def clips() -> list[Clip]:
    return [Clip("noise", Noise(), np.tile([30.0, 20.0, 24.0, 16.0], (len(Noise()), 1)))]


def spec_of(folder: Path) -> str:
    """Weights of a tiny network as a spec."""
    save_model(folder / "tiny.safetensors", make(TINY_HYBRID))
    return f"stdtrack:tiny-hybrid?weights={folder / 'tiny.safetensors'}"


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny network's graphs: exporting them takes long."""
    folder = tmp_path_factory.mktemp("exported") / "float"
    export(STDTracker(make(TINY_HYBRID)), "onnx", folder)
    return folder


class Exported(OwnSubject):
    """A subject whose graphs are at hand."""

    def write(self, folder: Path) -> None:
        shutil.copytree(self.folder, folder)


@pytest.fixture
def quantised(
    exported: Path, clips: list[Clip], tmp_path: Path
) -> Callable[[float], tuple[Path, int8.Quantised, list[str]]]:
    """Quantises the tiny network until boxes agree so well."""
    own = subject_of(spec_of(tmp_path))
    assert isinstance(own, OwnSubject)
    subject = Exported(own.spec, own.tracker)
    object.__setattr__(subject, "folder", exported)

    def quantise(agreement: float) -> tuple[Path, int8.Quantised, list[str]]:
        told: list[str] = []
        (tmp_path / "work").mkdir()
        target = tmp_path / "made"
        made = int8.quantise(subject, clips, target, tmp_path / "work", agreement=agreement, tell=told.append)
        return target, made, told

    return quantise


def test_the_folder_is_a_tracker_like_any_other(quantised, tmp_path: Path, clips: list[Clip]) -> None:
    folder, made, told = quantised(0.01)
    assert set(made.layers) == {"step.onnx"}, "the template's network runs once and stays in float"
    assert min(made.layers.values()) > 20
    assert sum(map(len, made.in_float.values())) == 0
    tracker = load_tracker(f"stdtrack:tiny-hybrid?path={folder}")
    facts = tracker.describe()
    assert facts["note"] == int8.NOTE
    assert facts["weights_sha256"] == json.loads((folder / "stdtrack.json").read_text())["facts"]["weights_sha256"]
    tracker.init(clips[0].frames.read(0), clips[0].boxes[0])
    assert np.isfinite(tracker.update(clips[0].frames.read(1)).box).all()
    float_size = (tmp_path / "work" / "float" / "step.onnx").stat().st_size
    assert (folder / "step.onnx").stat().st_size < 0.5 * float_size
    assert len(told) == 1


def test_layers_stay_in_float_until_boxes_agree(quantised, monkeypatch: pytest.MonkeyPatch) -> None:
    reached = iter([0.5, 0.6, 0.9, 0.99])
    monkeypatch.setattr(int8, "mean_agreement", lambda *_: next(reached))
    monkeypatch.setattr(
        int8, "ranking", lambda quantisers, _: [("step.onnx", n) for n in quantisers["step.onnx"].layers]
    )
    folder, made, told = quantised(0.95)
    assert made.agreement == 0.99
    assert len(made.in_float["step.onnx"]) == 4
    assert any("each layer alone" in line for line in told)
    assert load_tracker(f"stdtrack:tiny-hybrid?path={folder}")
    assert "in float stayed" in made.described()


def test_the_best_trial_is_kept_where_none_suffices(quantised, monkeypatch: pytest.MonkeyPatch) -> None:
    reached = iter([0.5, 0.8, 0.6, *[0.1] * 9])
    monkeypatch.setattr(int8, "mean_agreement", lambda *_: next(reached))
    monkeypatch.setattr(
        int8, "ranking", lambda quantisers, _: [("step.onnx", n) for n in quantisers["step.onnx"].layers]
    )
    _, made, _ = quantised(0.95)
    assert made.agreement == 0.8
    assert len(made.in_float["step.onnx"]) == 1


class Sensitive(torch.nn.Module):
    """Two linear maps; the second reads one input that is far larger than the others, so that these are rounded off."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = torch.nn.Linear(4, 4), torch.nn.Linear(5, 4, bias=False)
        self.second.weight.data[:, 4] = 0.0

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        large = torch.full((2, 1), 1e3)
        return (self.second(torch.cat((torch.tanh(self.first(x)), large), dim=1)),)


def test_the_most_sensitive_layer_comes_first(tmp_path: Path) -> None:
    torch.manual_seed(0)
    random = np.random.default_rng(0)
    onnx.export(Sensitive(), (torch.zeros(2, 4),), tmp_path / "net.onnx", ("x",), ("y",))
    samples = [{"x": random.normal(size=(2, 4)).astype(np.float32)} for _ in range(8)]
    quantiser = onnx_int8.Quantiser.of(tmp_path / "net.onnx", samples, tmp_path)
    (_, first), (_, second) = int8.ranking({"net.onnx": quantiser}, tmp_path)
    assert (first, second) == (quantiser.layers[1], quantiser.layers[0])


def test_samples_are_spread() -> None:
    assert int8.spread([{"x": np.array(index)} for index in range(5)], 3) == [{"x": 0}, {"x": 2}, {"x": 4}]
    assert len(int8.spread([{}, {}], 128)) == 2


def test_eager_is_what_compression_begins_with(tmp_path: Path) -> None:
    assert eager_tracker(spec_of(tmp_path)).describe()["backend"] == "eager"
