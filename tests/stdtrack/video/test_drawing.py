"""What is drawn: the boxes where they are, in their colours, and nothing on the frame itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.shown import one_line
from evalkit.trackers.base import Prediction
from stdtrack.video.drawing import Look, overlaid, tiled
from stdtrack.video.following import Followed, Found
from stdtrack.video.footage import Frame

GREEN, RED = (40, 220, 90), (230, 40, 40)


def followed(*boxes: tuple[float, ...], shape: tuple[int, int] = (480, 640)) -> Followed:
    found = {str(index): Found(Prediction(np.array(box), 0.5), 30.0) for index, box in enumerate(boxes)}
    return Followed(Frame(np.zeros((*shape, 3), np.uint8), 0.0), found)


def test_drawing_leaves_the_frame_alone() -> None:
    at = followed((300.0, 200, 100, 80))
    picture = overlaid(at, {"0": Look("tracker", GREEN)})
    assert not at.frame.image.any()
    assert tuple(picture[240, 300]) == GREEN
    assert not picture[240, 340].any()


def test_each_tracker_has_its_colour_and_the_first_is_on_top() -> None:
    at = followed((300.0, 200, 100, 80), (300.0, 200, 100, 120))
    picture = overlaid(at, {"0": Look("a", GREEN), "1": Look("b", RED)})
    assert tuple(picture[240, 300]) == GREEN
    assert tuple(picture[310, 300]) == RED


def test_a_dashed_line_has_gaps() -> None:
    at = followed((300.0, 200, 200, 200))
    solid, dashed = (overlaid(at, {"0": Look("a", GREEN, dash)})[200, 300:500, 1] for dash in ((), (6, 2)))
    assert (solid > 200).all()
    assert 0.5 < (dashed > 100).mean() < 0.95


def test_the_annotation_is_white_beneath() -> None:
    at = followed((300.0, 200, 100, 80))
    picture = overlaid(at, {"0": Look("a", GREEN)}, np.array([320.0, 300, 50, 50]))
    assert tuple(picture[325, 320]) == (255, 255, 255)


@pytest.mark.parametrize(("count", "shape"), [(1, (480, 640)), (2, (480, 1280)), (3, (960, 1280)), (5, (640, 1281))])
def test_tiles_show_each_tracker_alone(count: int, shape: tuple[int, int]) -> None:
    colours = [(40 * index + 60, 250, 10) for index in range(count)]
    at = followed(*[(300.0, 200, 100, 80)] * count)
    picture = tiled(at, {str(index): Look(f"t{index}", colours[index]) for index in range(count)})
    assert picture.shape[:2] == shape
    for colour in colours:
        assert (np.abs(picture.astype(int) - colour).sum(axis=2) < 40).any()


numbers = st.floats(-1e6, 1e6)


@given(st.tuples(numbers, numbers, numbers, numbers), st.text(max_size=60), st.integers(1, 90), st.integers(1, 90))
def test_anything_can_be_drawn_on_any_frame(box: tuple[float, ...], label: str, width: int, height: int) -> None:
    at = followed(box, shape=(height, width))
    for draw in (overlaid, tiled):
        assert draw(at, {"0": Look(one_line(label), GREEN, (6, 2))}).shape == (height, width, 3)
