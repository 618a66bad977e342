"""Sequences as footage: what is visible, and what is skipped and named."""

from __future__ import annotations

import traceback
from pathlib import Path

import numpy as np
import pytest

from evalkit.benchmarks.registry import open_benchmark
from evalkit.errors import InputError
from evalkit.sequences.sequence import Sequence
from stdtrack.training.annotated_video import CachedFrames, from_sequence, load_footage


def annotation(boxes: list[list[float]], **fields: object) -> Sequence:
    class Blank:
        def __len__(self) -> int:
            return len(boxes)

        def read(self, index: int) -> np.ndarray:
            return np.zeros((8, 8, 3), np.uint8)

        def name(self, index: int) -> str:
            return f"{index}.jpg"

    return Sequence("s", "folder", np.array(boxes), 1, Blank(), **fields)  # type: ignore[arg-type]


def test_visible_means_annotated_present_and_of_some_size() -> None:
    nan = float("nan")
    boxes = [[5.0, 5, 9, 9], [nan] * 4, [5, 5, 1, 9], [5, 5, 9, 9], [5, 5, 9, 9], [5, 5, 9, 9]]
    absent = np.array([False, False, False, True, False, False])
    hidden = np.array([0, 0, 0, 0, 1, 0])
    footage = from_sequence(annotation(boxes, absent=absent, flags={"full_occlusion": hidden}), cache=False)
    assert footage.visible.tolist() == [True, False, False, False, False, True]
    assert footage.boxes[0].tolist() == [4, 4, 9, 9], "0-based"
    assert np.isfinite(footage.boxes).all()


def test_a_clip_with_one_visible_frame_is_skipped_and_named() -> None:
    loaded = load_footage([annotation([[5, 5, 9, 9], [5, 5, 0, 0]]), annotation([[5, 5, 9, 9]] * 2)], cache=True)
    assert len(loaded.footage) == 1
    assert loaded.skipped == ("sequence s has 1 visible frame(s) (a clip needs at least two)",)


def test_annotations_without_images_cannot_be_trained_on() -> None:
    with pytest.raises(InputError, match="no images"):
        from_sequence(Sequence("s", "folder", np.ones((3, 4)), 0), cache=False)


def test_unreadable_frames_are_named_and_raise_when_asked_for(tiny: Path) -> None:
    bad = tiny / "got10k" / "train" / "a" / "00000003.jpg"
    bad.write_bytes(b"broken")
    benchmark = open_benchmark("got10k?split=train", data=tiny / "got10k")
    loaded = load_footage([benchmark.sequence("a")], cache=True)
    assert len(loaded.skipped) == 1
    assert str(bad) in loaded.skipped[0]
    frames = loaded.footage[0].frames
    assert isinstance(frames, CachedFrames)
    assert frames.read(0) is frames.read(0)
    depths = set()
    for _ in range(3):
        with pytest.raises(InputError, match="00000003") as caught:
            frames.read(2)
        depths.add(len(traceback.extract_tb(caught.value.__traceback__)))
    assert len(depths) == 1, "an error that is raised again and again keeps every stack"
