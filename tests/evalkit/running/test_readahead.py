"""Read-ahead: the same frames in the same order, few in memory, errors in their place."""

from __future__ import annotations

import threading
import time
from contextlib import closing

import numpy as np
import pytest

from evalkit.errors import InputError
from evalkit.running.tracking import read_ahead


class Counted:
    """Frames that know how many were decoded; frame ``broken`` cannot be."""

    def __init__(self, length: int, broken: int | None = None) -> None:
        self.length, self.broken, self.decoded = length, broken, 0

    def __len__(self) -> int:
        return self.length

    def name(self, index: int) -> str:
        return str(index)

    def read(self, index: int) -> np.ndarray:
        self.decoded += 1
        if index == self.broken:
            raise InputError("is no image", path=self.name(index))
        return np.full((2, 2, 3), index, np.uint8)


@pytest.mark.parametrize("depth", [0, 1, 4, 50])
@pytest.mark.parametrize("length", [0, 1, 3, 20])
def test_every_frame_comes_once_and_in_order(length, depth):
    assert [int(image[0, 0, 0]) for image in read_ahead(Counted(length), depth)] == list(range(length))


@pytest.mark.parametrize("depth", [0, 1, 4])
def test_no_more_than_depth_frames_wait(depth):
    frames = Counted(100)
    with closing(read_ahead(frames, depth)) as images:
        for taken in range(1, 11):
            next(images)
            time.sleep(0.01)
            assert frames.decoded <= taken + depth


@pytest.mark.parametrize("depth", [0, 1, 4])
def test_an_error_is_raised_when_its_turn_comes(depth):
    images = read_ahead(Counted(10, broken=5), depth)
    assert [int(next(images)[0, 0, 0]) for _ in range(5)] == list(range(5))
    with pytest.raises(InputError, match="5: is no image"):
        next(images)


def test_no_thread_stays_behind():
    before = threading.active_count()
    for broken in (None, 3):
        with closing(read_ahead(Counted(10, broken), 4)) as images:
            next(images)
    assert threading.active_count() == before


def test_decoding_goes_on_while_the_tracker_works():
    frames = Counted(20)
    with closing(read_ahead(frames, 4)) as images:
        for taken in range(1, 4):
            next(images)
            deadline = time.monotonic() + 600
            while frames.decoded < taken + 4:  # nobody asks for a frame meanwhile
                assert time.monotonic() < deadline
                time.sleep(0.001)
