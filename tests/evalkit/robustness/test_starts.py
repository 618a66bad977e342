"""Perturbed starts against expectations worked out by hand from OTB's definition."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evalkit import InputError, open_benchmark, run, score
from evalkit.benchmarks.variations import VARIATIONS, Setting
from evalkit.boxes import iou_continuous
from evalkit.reading.tables import read_boxes
from evalkit.robustness.starts import SRE_STARTS, hand_drawn, spatial_start, temporal_starts
from evalkit.scoring.aggregation import combine
from evalkit.scoring.protocols import rules_for
from evalkit.scoring.scores import SequenceScore
from evalkit.sequences.sequence import Sequence
from tests.evalkit.robustness.conftest import true_boxes, write_clips

BOX = np.array([100.0, 50.0, 41.0, 30.0])
BY_HAND = {
    "left": [95, 50, 41, 30],  # a tenth of 41, rounded up: 5
    "right": [105, 50, 41, 30],
    "up": [100, 47, 41, 30],
    "down": [100, 53, 41, 30],
    "topLeft": [96, 47, 45, 33],  # 95.9 -> 96; the last pixel, 140, stays
    "topRight": [100, 47, 45, 33],  # 144.1 -> 144
    "bottomLeft": [96, 50, 45, 33],
    "bottomRight": [100, 50, 45, 33],
    "scale_8": [104, 53, 33, 24],  # about (120.5, 65)
    "scale_9": [102, 52, 37, 27],  # 51.5 -> 52
    "scale_11": [98, 49, 45, 33],  # 48.5 -> 49
    "scale_12": [96, 47, 49, 36],
}


def test_order_of_the_twelve() -> None:
    assert list(BY_HAND) == list(SRE_STARTS) == list(VARIATIONS["sre"].runs)


@pytest.mark.parametrize("start", SRE_STARTS)
def test_spatial(start: str) -> None:
    assert spatial_start(BOX, start, 640, 480).tolist() == BY_HAND[start]


@pytest.mark.parametrize(
    ("start", "box", "size", "expected"),
    [
        ("left", [1, 1, 20, 20], (30, 25), [1, 1, 20, 20]),
        ("scale_12", [1, 1, 20, 20], (30, 25), [1, 1, 24, 24]),  # the corner moves to 1, the size stays
        ("bottomRight", [1, 1, 20, 20], (21, 25), [1, 1, 21, 22]),
        ("right", [11, 3, 20, 20], (30, 25), [13, 3, 18, 20]),
        ("down", [11, 5, 20, 20], (30, 25), [11, 7, 20, 19]),
    ],
)
def test_spatial_at_the_border(start: str, box: list[float], size: tuple[int, int], expected: list[float]) -> None:
    assert spatial_start(np.array(box, dtype=np.float64), start, *size).tolist() == expected


def test_temporal() -> None:
    # 60 frames: the last start is frame 41; steps of 41 / 19 from frame 1, rounded down.
    counted = [1, 3, 5, 7, 9, 11, 13, 16, 18, 20, 22, 24, 26, 29, 31, 33, 35, 37, 39, 41]
    assert (temporal_starts(np.ones((60, 4))) + 1).tolist() == counted


def test_temporal_starts_on_frames_with_a_target_alone() -> None:
    boxes = np.ones((60, 4))
    boxes[:10] = 0.0  # frames 1 to 10
    boxes[30, 2] = np.nan  # and 31
    valid = [n for n in range(11, 61) if n != 31]
    last = valid.index(41) + 1  # the 30th of them
    expected = [valid[int(np.floor(1 + k * last / 19)) - 1] for k in range(19)] + [41]
    assert (temporal_starts(boxes) + 1).tolist() == expected
    assert temporal_starts(np.ones((5, 4))).tolist() == [0] * 20
    with pytest.raises(InputError, match="no frame has a box"):
        temporal_starts(np.zeros((30, 4)))


def test_coordinates_from_zero_are_those_of_otb_less_one(clips: Path) -> None:
    benchmark = open_benchmark("folder+sre", data=clips)  # the first box is 10,12,20,20; from one 11,13,20,20
    assert benchmark.sequence("one@left").initial_box.tolist() == [8, 12, 20, 20]
    assert benchmark.sequence("one@topLeft").initial_box.tolist() == [8, 10, 22, 22]
    assert benchmark.sequence("one@left").native.tolist() == true_boxes().tolist()


def test_the_picture_is_read_by_those_who_start_a_tracker_alone(tmp_path: Path) -> None:
    clips, bundle, out = write_clips(tmp_path / "clips", ("one",)), tmp_path / "bundle", tmp_path / "runs"
    bundle.mkdir()
    (bundle / "one.txt").write_text((clips / "one" / "groundtruth.txt").read_text())
    names = ("folder+sre", "folder+sre+shake@3")
    run("pixel_trackers:Bright", on=names, data=clips, out=out)
    still, shaken = (open_benchmark(name, data=clips).sequence("one@right") for name in names)
    assert still.initial_box.tolist() == [12, 12, 20, 20]
    assert shaken.initial_box == pytest.approx([12, 12, 20, 20] + shaken.native[0] - true_boxes()[0])
    assert (shaken.native[0] != true_boxes()[0]).any()
    for image in (clips / "one" / "img").iterdir():
        image.write_bytes(b"")
    for name in names:
        there, bare = open_benchmark(name, data=clips), open_benchmark(name, annotations=bundle)
        assert there.fingerprint(["one@right"]) == bare.fingerprint(["one@right"])
        assert there.fingerprint(["one@right"]) != there.fingerprint(["one@left"])
        assert score(out, on=name, data=clips, cache=False).scores[0].sequences_scored == 12
        with pytest.raises(InputError, match=r"0001\.png"):
            _ = there.sequence("one@right").initial_box


def test_segments_last_to_the_end(clips: Path) -> None:
    benchmark = open_benchmark("folder+tre", data=clips)  # 30 frames, the last start on frame 11
    lengths = [len(benchmark.sequence(f"one@{n:02}")) for n in range(1, 21)]
    starts = [int(np.floor(1 + k * 11 / 19)) for k in range(19)] + [11]
    assert lengths == [31 - start for start in starts]
    last = benchmark.sequence("one@20")
    assert last.frames is not None
    assert (last.frames.read(0)[22:42, 30:50] == 235).all()
    assert last.initial_box.tolist() == true_boxes()[10].tolist()


def test_boxes_of_later_first_frames_are_shifted_themselves(clips: Path) -> None:
    benchmark = open_benchmark("folder+tre+sre", data=clips)
    later = benchmark.sequence("one@20@left")  # frame 10, a tenth of a width of 20 to the left
    assert later.initial_box.tolist() == (true_boxes()[10] - [2, 0, 0, 0]).tolist()
    assert later.native.tolist() == true_boxes()[10:].tolist()


def test_results_begin_with_the_box_that_was_given(clips: Path, tmp_path: Path) -> None:
    run("pixel_trackers:Bright", on="folder+sre", data=clips, out=tmp_path, sequences="one")
    (folder,) = tmp_path.glob("*/folder+sre")
    assert read_boxes(folder / "one@left.txt")[0].tolist() == [8, 12, 20, 20]
    assert len(list(folder.glob("one@*_time.txt"))) == 12


def test_frames_of_all_runs_on_a_clip_are_counted_together() -> None:
    """OTB's genPerfMat.m adds up hits and frames of the runs, then averages over clips."""
    rules = rules_for("official", "otb")

    def scored(name: str, frames: int, share: float) -> SequenceScore:
        curves = {"success": np.full(21, share), "precision": np.full(51, share)}
        return SequenceScore(name, frames, {}, curves, np.empty(0), np.empty(0))

    runs = [scored("a@01", 40, 0.5), scored("a@02", 10, 1.0), scored("b@01", 20, 0.25), scored("b@02", 5, 0.25)]
    found = combine(
        runs, rules, tracker="t", benchmark="otb100+tre", protocol="official", total=4,
        clip_of=lambda name: name.partition("@")[0],
    )  # fmt: skip
    assert found.metrics["auc"] == pytest.approx(((20 + 10) / 50 + 0.25) / 2)
    plain = combine(runs, rules, tracker="t", benchmark="otb100", protocol="official", total=4)
    assert plain.metrics["auc"] == pytest.approx(0.5)


def test_hand_drawn_boxes_agree_as_people_do() -> None:
    rng = np.random.default_rng(0)
    drawn = np.stack([hand_drawn(BOX, rng) for _ in range(4000)])
    assert iou_continuous(drawn, np.broadcast_to(BOX, drawn.shape)).mean() == pytest.approx(0.88, abs=0.01)
    assert drawn[:, :2].mean(axis=0) == pytest.approx(BOX[:2], abs=0.2)


def test_hand_drawn_boxes_differ_by_run_and_seed_alone() -> None:
    sequence, apply = Sequence("s", "folder", true_boxes(), 0), VARIATIONS["hand_drawn"].apply
    boxes = {apply(sequence, Setting(0, seed, run)).initial_box.tobytes() for seed in (0, 1) for run in "12345"}
    assert len(boxes) == 10
    same = [apply(sequence, Setting(0, 3, "2")).initial_box.tolist() for _ in range(2)]
    assert same[0] == same[1]
