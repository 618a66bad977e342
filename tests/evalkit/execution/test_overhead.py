"""What the loop itself costs: at most 3 % of a tracker that takes 2 ms a frame, decoding aside."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from evalkit.execution.heartbeat import Heartbeat
from evalkit.execution.tracking import Track, track
from evalkit.results import write_result
from evalkit.trackers.base import Prediction

FRAMES = 2000
BOX = np.array([10.0, 20.0, 30.0, 40.0])
LIMIT = 0.03 * 0.002


class Decoded:
    """Frames that cost nothing to read."""

    picture = np.zeros((480, 640, 3), np.uint8)

    def __len__(self) -> int:
        return FRAMES

    def name(self, index: int) -> str:
        return str(index)

    def read(self, index: int) -> np.ndarray:
        return self.picture


class Idle:
    """A tracker that costs nothing."""

    def init(self, image: np.ndarray, box: np.ndarray) -> None:
        self.prediction = Prediction(box, 1.0)

    def update(self, image: np.ndarray) -> Prediction:
        return self.prediction


def cpu_seconds_a_frame(work: Callable[[], object]) -> float:
    """Processor time of all threads, the least of five tries: other programs do not count."""

    def once() -> float:
        begin = time.process_time()
        work()
        return time.process_time() - begin

    return min(once() for _ in range(5)) / FRAMES


def test_a_frame_costs_little(tmp_path: Path):
    with tempfile.TemporaryFile() as file:
        file.truncate(Heartbeat.SIZE)
        heartbeat = Heartbeat(file.fileno())
        loop = cpu_seconds_a_frame(lambda: track(Idle(), Decoded(), BOX, on_frame=heartbeat.beat))
        assert heartbeat.count() == 5 * FRAMES
        heartbeat.close()
    found = Track(np.random.default_rng(0).normal(100, 30, (FRAMES, 4)), np.ones(FRAMES), np.ones(FRAMES))
    files = cpu_seconds_a_frame(lambda: write_result(tmp_path, "one", found, BOX, 1))
    assert loop + files < LIMIT
