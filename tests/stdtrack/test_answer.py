"""One answer in plain numbers, bit for bit beside the network's decoding of batches and the same rules on arrays."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from stdtrack.answer import next_box, on_host, peak_box, visible_part
from stdtrack.configs import OnlineConfig
from stdtrack.model import FrameOutput, STDTrack

SIDES = st.integers(1, 4000)
NUMBERS = st.one_of(st.floats(-1e4, 1e4), st.just(float("nan")))
BOXES = st.lists(NUMBERS, min_size=4, max_size=4).map(np.array)


def answer(side: int, seed: int) -> FrameOutput:
    generator = torch.Generator().manual_seed(seed)
    score, offset, size = (torch.randn(1, maps, side, side, generator=generator) for maps in (1, 2, 2))
    return FrameOutput(4 * score - 4, 3 * offset.sigmoid() - 1, size.sigmoid(), torch.randn(1, generator=generator))


@pytest.mark.parametrize("side", [3, 13, 16])
def test_the_peaks_box_is_that_of_the_network(side: int) -> None:
    window = torch.rand(side, side, generator=torch.Generator().manual_seed(1))
    for seed in range(50):
        output = answer(side, seed)
        boxes, _ = STDTrack.decode(output, window)
        np.testing.assert_array_equal(peak_box(output, window), boxes[0].double().numpy())


def test_of_equal_peaks_the_first_is_taken_as_the_network_does() -> None:
    output = FrameOutput(torch.zeros(1, 1, 4, 4), torch.rand(1, 2, 4, 4), torch.rand(1, 2, 4, 4), torch.zeros(1))
    boxes, _ = STDTrack.decode(output, torch.ones(4, 4))
    np.testing.assert_array_equal(peak_box(output, torch.ones(4, 4)), boxes[0].double().numpy())


def test_an_answer_on_the_host_is_left_as_it_is() -> None:
    output = answer(4, 0)
    assert on_host(output) is output


def test_an_answer_elsewhere_is_copied_at_once() -> None:
    class Elsewhere(torch.Tensor):
        """What seems to lie on a device."""

        copies = 0

        @property
        def device(self) -> torch.device:  # type: ignore[override]
            return torch.device("cuda")

        def cpu(self) -> torch.Tensor:
            Elsewhere.copies += 1
            return self.as_subclass(torch.Tensor)

    here = answer(4, 0)
    there = FrameOutput(*(tensor.as_subclass(Elsewhere) for tensor in vars(here).values()))
    copied = on_host(there)
    assert Elsewhere.copies == 1
    assert all(torch.equal(one, other) for one, other in zip(vars(here).values(), vars(copied).values(), strict=True))


def on_arrays(last: np.ndarray, found: np.ndarray, quality: float, image: np.ndarray, smoothing: float) -> np.ndarray:
    rate = (1.0 - smoothing) * quality
    limits = np.array(image.shape[1::-1], dtype=np.float64)
    size = np.clip((1.0 - rate) * last[2:] + rate * found[2:], 1.0, limits)
    centre = np.clip(found[:2] + found[2:] / 2, 0.0, limits)
    return np.concatenate((centre - size / 2, size))


def cut_on_arrays(box: np.ndarray, image: np.ndarray) -> np.ndarray:
    limits = np.array(image.shape[1::-1], dtype=np.float64)
    corner = np.clip(box[:2], 0.0, limits - 1.0)
    end = np.clip(box[:2] + box[2:], corner + 1.0, limits)
    return np.concatenate((corner, end - corner))


@given(SIDES, SIDES, BOXES, BOXES, st.floats(0, 1), st.floats(0, 1))
def test_the_next_box(
    height: int, width: int, last: np.ndarray, found: np.ndarray, quality: float, smoothing: float
) -> None:
    image = np.broadcast_to(np.uint8(0), (height, width, 3))
    box = next_box(last, found, quality, image, OnlineConfig(size_smoothing=smoothing))
    np.testing.assert_array_equal(box, on_arrays(last, found, quality, image, smoothing))
    assert box.dtype == np.float64


@given(SIDES, SIDES, BOXES)
def test_the_visible_part(height: int, width: int, box: np.ndarray) -> None:
    image = np.broadcast_to(np.uint8(0), (height, width, 3))
    part = visible_part(box, image)
    np.testing.assert_array_equal(part, cut_on_arrays(box, image))
    assert part.dtype == np.float64


def test_a_lost_answer_moves_nothing() -> None:
    last, image = np.array([1.0, 2, 3, 4]), np.zeros((9, 9, 3), np.uint8)
    assert next_box(last, last + 5, 0.1, image, OnlineConfig(lost_quality=0.2)) is last
