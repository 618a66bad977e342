"""What is written in the form of a tool is read again as it was: frames, boxes to the last bit, names, confidences."""

from __future__ import annotations

import tempfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.results.exchange.clip import Clip, Track
from evalkit.results.exchange.formats import FORMATS, read_clips, writer

SIZE = (64, 48)
PIXELS = st.just(0.0) | st.floats(1e-3, 1e5) | st.floats(-1e5, -1e-3)
SIDES = st.floats(1e-3, 1e5)
NAMES_KEPT = ("coco", "cvat", "label_studio", "yolo")
SCORES_KEPT = ("coco", "label_studio", "mot", "yolo")
BOTH = [name for name, form in FORMATS.items() if form.read is not None and form.write is not None]


@st.composite
def tracks(draw: st.DrawFn, length: int, name: str, *, truth: bool) -> Track:
    """A track with a box in some frames, at least in one."""
    present = draw(st.lists(st.booleans(), min_size=length, max_size=length).filter(any))
    rows = draw(st.lists(st.tuples(PIXELS, PIXELS, SIDES, SIDES), min_size=length, max_size=length))
    scores = draw(st.lists(st.floats(1e-3, 1), min_size=length, max_size=length))
    boxes = np.where(np.array(present)[:, None], np.array(rows), np.nan)
    return Track(name, boxes, None if truth else np.where(present, scores, np.nan), truth)


@st.composite
def clips(draw: st.DrawFn, frames: Path, length: int = 5) -> Clip:
    """A clip of five frames with one or two targets and up to two trackers."""
    annotated = [draw(tracks(length, name, truth=True)) for name in ("car", "dog & <cat>")[: draw(st.integers(1, 2))]]
    others = [draw(tracks(length, name, truth=False)) for name in ("opencv:csrt", "o w/n")[: draw(st.integers(0, 2))]]
    images = tuple(path.name for path in sorted(frames.iterdir()))
    return Clip("a clip", length, (*annotated, *others), SIZE, frames, images)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("frames") / "a clip"
    folder.mkdir()
    for number in range(5):
        cv2.imwrite(str(folder / f"{number:04d}.png"), np.zeros((SIZE[1], SIZE[0], 3), np.uint8))
    return folder


def through(name: str, clip: Clip, folder: Path) -> tuple[Clip, ...]:
    """The clip after it was written and read again."""
    writer(name)([clip], folder)
    place = folder / "gt" if name == "mot" else folder
    return read_clips(place, name, None if name == "folder" else clip.frames)


@pytest.mark.parametrize("name", BOTH)
@settings(max_examples=25)
@given(data=st.data())
def test_boxes_come_back_to_the_last_bit(name: str, images: Path, data: st.DataObject) -> None:
    clip = data.draw(clips(images))
    with tempfile.TemporaryDirectory() as folder:
        found = through(name, clip, Path(folder))
    read = [track for one in found for track in one.tracks]
    wanted = clip.tracks if name not in ("mot", "folder") else tuple(track for track in clip.tracks if track.truth)
    assert [one.length for one in found] == [clip.length] * len(found)
    assert len(read) == len(wanted)
    by_name = {track.name: track for track in read} if name in NAMES_KEPT else None
    for index, track in enumerate(wanted):
        same = read[index] if by_name is None else by_name[track.name]
        np.testing.assert_array_equal(same.boxes, track.boxes)
        assert same.truth == track.truth
        if name in SCORES_KEPT and track.scores is not None:
            assert same.scores is not None
            np.testing.assert_array_equal(same.scores, track.scores)


@settings(max_examples=25)
@given(data=st.data())
def test_mot_results_of_a_tracker(images: Path, data: st.DataObject) -> None:
    clip = data.draw(clips(images).filter(lambda clip: any(not track.truth for track in clip.tracks)))
    track = next(track for track in clip.tracks if not track.truth)
    with tempfile.TemporaryDirectory() as folder:
        writer("mot")([clip], Path(folder))
        (found,) = read_clips(Path(folder) / "trackers" / "opencv%3Acsrt", "mot", images)
    np.testing.assert_array_equal(found.tracks[0].boxes, track.boxes)
    np.testing.assert_array_equal(found.tracks[0].scores, track.scores)
    assert not found.tracks[0].truth
