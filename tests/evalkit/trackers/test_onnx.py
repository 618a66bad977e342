"""The published peers: they track real sequences as well as reported, and say clearly what they need."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from evalkit.benchmarks.registry import open_benchmark
from evalkit.boxes import iou_continuous
from evalkit.errors import InputError
from evalkit.running.tracking import track
from evalkit.trackers import vittrack
from evalkit.trackers.siamese import SMALLEST_SIDE, Target, context_extent, crop_around, enlarged
from evalkit.trackers.spec import load_tracker
from evalkit.trackers.stages import STAGES

EASY = {"nanotrack_v2": 0.7, "nanotrack_v3": 0.7, "fear_xs": 0.7, "lighttrack": 0.7, "vittrack": 0.6}
"""What the peers surpass on two sequences: a network fed in the wrong order of colours or scale is far below."""
REPORTED = {"nanotrack_v2": 0.70, "nanotrack_v3": 0.70, "fear_xs": 0.70, "lighttrack": 0.744, "vittrack": 0.669}
"""Mean IoU on the seven targets of OTB100 that lie in ../shared: what was reported with the last two files; the class
of the others. Crops are placed to the fraction of a pixel here, which gave 0.756 and 0.672 with those two.
"""


def spec_of(peer: str, shared: Path) -> str:
    pytest.importorskip("onnxruntime")  # not in the scoring set
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


@pytest.mark.parametrize("peer", EASY)
def test_tracks_real_sequences(peer: str, shared: Path) -> None:
    assert mean_overlap(peer, shared, "otb100", ["Crossing", "Man"]) > EASY[peer]


@pytest.mark.slow
@pytest.mark.parametrize("peer", REPORTED)
def test_reaches_the_reported_overlap(peer: str, shared: Path) -> None:
    tolerance = 0.02 if peer in ("lighttrack", "vittrack") else 0.1
    assert mean_overlap(peer, shared, "otb100") == pytest.approx(REPORTED[peer], abs=tolerance)


@pytest.mark.parametrize("peer", EASY)
def test_shows_its_stages_in_order(peer: str, shared: Path) -> None:
    from contextlib import nullcontext

    tracker = load_tracker(spec_of(peer, shared))
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


def test_a_border_may_have_a_colour() -> None:
    image = np.full((20, 30, 3), 200, dtype=np.uint8)
    crop = crop_around(image, (0.0, 10.0), (20.0, 20.0), 20, (1.0, 2.0, 3.0))
    np.testing.assert_array_equal(crop[:, :9], np.broadcast_to((1, 2, 3), (20, 9, 3)))
    np.testing.assert_array_equal(crop[:, 11:], np.full((20, 9, 3), 200))


def test_extents_of_the_windows() -> None:
    # Context: half of width and height together, on both sides of each: (10 + 25) * (40 + 25) is the square's area.
    assert context_extent((10.0, 40.0)) == (pytest.approx(np.sqrt(35 * 65)),) * 2
    assert enlarged((10.0, 40.0), 0.2) == pytest.approx((14.0, 56.0))
    # sqrt(10 * 41) * 4 = 80.99..., in whole pixels.
    assert vittrack.square((10.0, 41.0), 4.0) == (81.0, 81.0)


def test_vittracks_cell_is_read_from_the_crop() -> None:
    confidence, size, offset = (np.zeros((1, channels, 16, 16), np.float32) for channels in (1, 2, 2))
    confidence[0, 0, 3, 12], confidence[0, 0, 8, 8] = 0.9, 0.5
    size[0, :, 3, 12], offset[0, :, 3, 12] = (0.25, 0.125), (0.5, 0.75)
    target, score = vittrack.decode([confidence, size, offset], np.ones((16, 16)), (100.0, 50.0), 160.0)
    # Cells are 10 pixels wide and begin at (20, -30).
    assert target == Target((20.0 + 125.0, -30.0 + 37.5), (40.0, 20.0))
    assert score == pytest.approx(0.9)
    window = np.full((16, 16), 0.1)
    window[8, 8] = 1.0
    assert vittrack.decode([confidence, size, offset], window, (100.0, 50.0), 160.0)[1] == pytest.approx(0.5)


@pytest.mark.parametrize(("name", "order"), [("lighttrack", (0, 1, 2)), ("vittrack", (2, 1, 0))])
def test_pixels_are_normalised_by_their_own_colours_mean(name: str, order: tuple[int, ...]) -> None:
    crop = np.broadcast_to(np.array((255, 0, 51), np.uint8), (2, 3, 3))
    tensor = import_module(f"evalkit.trackers.{name}").to_tensor(crop)
    wanted = [(1 - 0.485) / 0.229, -0.456 / 0.224, (0.2 - 0.406) / 0.225]
    assert (tensor.shape, tensor.dtype) == ((1, 3, 2, 3), np.float32)
    np.testing.assert_allclose(tensor[0, :, 1, 1], [wanted[index] for index in order], rtol=1e-6)


def test_a_target_stays_in_the_image_and_keeps_a_size() -> None:
    image = np.zeros((50, 80, 3), np.uint8)
    assert Target((-5.0, 60.0), (3.0, 200.0)).bounded(image) == Target((0.0, 50.0), (SMALLEST_SIDE, 50.0))
