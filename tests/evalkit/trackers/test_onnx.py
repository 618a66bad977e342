"""The published peers: they track real sequences as well as reported, and say clearly what they need."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from evalkit.benchmarks.registry import open_benchmark
from evalkit.boxes import iou_continuous
from evalkit.errors import InputError
from evalkit.running.tracking import track
from evalkit.trackers.siamese import SMALLEST_SIDE, Target, crop_around
from evalkit.trackers.spec import load_tracker
from evalkit.trackers.stages import STAGES

PEERS = ("nanotrack_v2", "nanotrack_v3", "fear_xs")


def spec_of(peer: str, shared: Path) -> str:
    return f"onnx:{peer}?weights={shared / 'weights' / peer}"


def mean_overlap(peer: str, shared: Path, benchmark: str, names: list[str] | None = None) -> float:
    """Mean over sequences of the mean IoU, first frame left out."""
    opened = open_benchmark(benchmark, data=shared / "benchmarks")
    tracker = load_tracker(spec_of(peer, shared))
    overlaps = []
    for name in names or opened.inventory().present:
        sequence = opened.sequence(name)
        assert sequence.frames is not None
        result = track(tracker, sequence.frames, sequence.initial_box)
        overlaps.append(np.nanmean(iou_continuous(result.boxes, sequence.ground_truth)[1:]))
    return float(np.mean(overlaps))


@pytest.mark.parametrize("peer", PEERS)
def test_tracks_real_sequences(peer: str, shared: Path) -> None:
    assert mean_overlap(peer, shared, "otb100", ["Crossing", "Man"]) > 0.7


@pytest.mark.slow
@pytest.mark.parametrize("peer", PEERS)
def test_reaches_the_reported_class(peer: str, shared: Path) -> None:
    assert 0.6 < mean_overlap(peer, shared, "otb100") < 0.8


def test_shows_its_stages_in_order(shared: Path) -> None:
    from contextlib import nullcontext

    tracker = load_tracker(spec_of("nanotrack_v2", shared))
    seen: list[str] = []
    tracker.stage = lambda name: (seen.append(name), nullcontext())[1]  # type: ignore[attr-defined]
    image = np.random.default_rng(0).integers(0, 255, (120, 160, 3), dtype=np.uint8)
    tracker.init(image, np.array([40.0, 30.0, 30.0, 40.0]))
    box = tracker.update(image).box
    assert tuple(seen) == STAGES
    assert box.dtype == np.float64
    assert (box[2:] >= SMALLEST_SIDE).all()


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ("onnx:siamfc?weights=.", "no ONNX tracker 'siamfc'"),
        ("onnx:fear_xs", "needs its network files"),
        ("onnx:fear_xs?weights=nowhere", "no such folder"),
        ("onnx:fear_xs?weight=.", "no option 'weight'"),
        ("onnx:fear_xs?weights=.&threads=0", "no positive number"),
    ],
)
def test_wrong_spec_is_one_clear_line(spec: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        load_tracker(spec)


def test_folder_without_the_files_names_what_is_looked_for(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no file \*backbone\*\.onnx"):
        load_tracker(f"onnx:nanotrack_v2?weights={tmp_path}")


def test_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x_template.onnx").touch()
    (tmp_path / "x_track.onnx").touch()
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(InputError, match=r"stdtrack\[export\]"):
        load_tracker(f"onnx:fear_xs?weights={tmp_path}")


def test_crop_of_the_whole_image_is_the_image() -> None:
    image = np.random.default_rng(1).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    np.testing.assert_array_equal(crop_around(image, (32.0, 32.0), (64.0, 64.0), 64), image)


def test_crop_outside_the_image_is_its_mean_colour() -> None:
    image = np.full((20, 30, 3), (10, 100, 200), dtype=np.uint8)
    image[:, :15] = (30, 120, 220)
    np.testing.assert_array_equal(
        crop_around(image, (-100.0, -100.0), (20.0, 20.0), 8), np.full((8, 8, 3), (20, 110, 210))
    )


def test_target_is_its_box() -> None:
    box = np.array([-3.5, 2.25, 10.0, 7.0])
    np.testing.assert_array_equal(Target.of_box(box).box, box)
