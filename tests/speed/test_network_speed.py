"""How fast a step is, in units of one matrix product (:mod:`tests.speed.floor`) timed in turns with it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import numpy as np
import psutil
import pytest
import torch

from evalkit.boxes import iou_continuous
from evalkit.results.latencies import summarise
from evalkit.running.tracking import track
from profiling.complexity.count import count
from profiling.latency.clips import ClipName, open_clip
from stdtrack.factory import create
from stdtrack.inference.networks import Network, precision_note
from stdtrack.model import FrameOutput, STDTrack, TrackState
from stdtrack.tracker import STDTracker
from tests.speed.floor import FLOOR_FLOPS, floor, interleaved, two_threads

MEASURED = (("onnx", "fp32"), ("openvino", "fp32"), ("onnx", "int8"), ("openvino", "bf16"))


@pytest.fixture(autouse=True)
def on_two_threads() -> Iterator[None]:
    with two_threads():
        yield


def moving_noise(frames: int, seed: int = 0) -> list[np.ndarray]:
    """A textured square that wanders over a textured background."""
    random = np.random.default_rng(seed)
    background = random.integers(0, 256, (60, 80, 3), dtype=np.uint8).repeat(8, axis=0).repeat(8, axis=1)
    target = random.integers(0, 256, (12, 12, 3), dtype=np.uint8).repeat(5, axis=0).repeat(5, axis=1)
    images = []
    for index in range(frames):
        image = background.copy()
        x, y = 200 + round(60 * np.sin(index / 9)), 180 + round(40 * np.cos(index / 7))
        image[y : y + 60, x : x + 60] = target
        images.append(image)
    return images


FIRST_BOX = np.array([200.0, 220.0, 60.0, 60.0])


def step_of(tracker: STDTracker) -> Callable[[], object]:
    size = tracker.config.search_size
    image = moving_noise(1)[0]
    tracker.init(image, FIRST_BOX)
    state = tracker._state
    with torch.inference_mode():
        search = tracker._tensor(np.ascontiguousarray(image[:size, :size]))
    return lambda: tracker.network.step(state, search)


def update_of(tracker: STDTracker) -> Callable[[], object]:
    images = moving_noise(40)
    tracker.init(images[0], FIRST_BOX)
    turn = iter(range(10**9))
    return lambda: tracker.update(images[next(turn) % len(images)])


@pytest.mark.slow
def test_base_against_the_floor(capsys: pytest.CaptureFixture[str]) -> None:
    """Goals of ``base``: efficiency, the cost of what surrounds the step, units of the floor's best time."""
    eager = create("base", {})
    functions = {"floor": floor(), "step": step_of(eager), "update": update_of(create("base", {}))}
    backends = {f"{name} {precision}": {"backend": name, "precision": precision} for name, precision in MEASURED}
    functions |= {name: step_of(create("base", options)) for name, options in backends.items()}
    load = os.getloadavg()[0]
    seconds = interleaved(functions, rounds=40)
    best = min(seconds["floor"])
    module, inputs = eager.complexity_parts()["frame"]
    flops = count(module, inputs).flops
    with capsys.disabled():
        print(f"\nload {load:.2f}, floor {1e3 * best:.3f} ms = {FLOOR_FLOPS / best / 1e9:.0f} GFLOP/s")  # noqa: T201
        for name, values in seconds.items():
            middle, least = median(values), min(values)
            print(  # noqa: T201
                f"{name:14s} median {1e3 * middle:7.2f} ms = {middle / best:6.1f} units, best {1e3 * least:7.2f} ms = "
                f"{least / best:6.1f} units"
            )
    efficiency = (flops / min(seconds["step"])) / (FLOOR_FLOPS / best)
    surroundings = min(seconds["update"]) / min(seconds["step"]) - 1.0
    assert efficiency >= 0.70
    assert surroundings <= 0.12
    assert min(seconds["step"]) / best <= 70
    assert min(min(seconds[name]) for name in backends) / best <= 45


class Beside:
    """Eager runs; another network answers the same crops from the same state, and both answers are kept as boxes.

    Left to itself each would cut its next window out of its last answer, and differences in the last digits end in
    different pixels: over a sequence that measures the loop, not the backend.
    """

    def __init__(self, eager: Network, other: Network) -> None:
        self.eager, self.other = eager, other
        self.boxes: list[tuple[np.ndarray, np.ndarray]] = []

    def init_state(self, templates: torch.Tensor) -> TrackState:
        return self.eager.init_state(templates)

    def step(self, state: TrackState, search: torch.Tensor) -> tuple[FrameOutput, TrackState]:
        output, after = self.eager.step(state, search)
        other, _ = self.other.step(state, search)
        self.boxes.append((corner_box(output), corner_box(other)))
        return output, after

    def overlap(self) -> float:
        one, other = (np.array(boxes) for boxes in zip(*self.boxes, strict=True))
        return float(iou_continuous(one, other).mean())


def corner_box(output: FrameOutput) -> np.ndarray:
    cx, cy, w, h = STDTrack.decode(output)[0][0].tolist()
    return np.array([cx - w / 2, cy - h / 2, w, h])


@pytest.mark.slow
@pytest.mark.parametrize("sequence", ["Crossing", "Couple", "Man"])
@pytest.mark.parametrize(("backend", "precision"), [*MEASURED, ("eager", "bf16")])
def test_backends_give_the_same_boxes(
    backend: str, precision: str, sequence: str, shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Mean IoU with eager's boxes over a real sequence: 0.99, or 0.95 and a note that says so in every run.

    An untrained ``base`` has no peak that this could judge.
    """
    clip = open_clip(ClipName("otb100", shared / "benchmarks", sequence, 100))
    tracker = create("nano", {})
    beside = Beside(tracker.network, create("nano", {"backend": backend, "precision": precision}).network)
    tracker.use(beside)
    track(tracker, clip.frames, clip.boxes[0], depth=0)
    with capsys.disabled():
        print(f"\n{backend} {precision} on {sequence}: {beside.overlap():.4f}")  # noqa: T201
    assert beside.overlap() >= (0.95 if precision_note(backend, precision) else 0.99)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["nano", "base"])
def test_ten_thousand_updates(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Memory stays within 10 MB of what it was after the first 100 updates, and p99 within twice the median."""
    update, process = update_of(create(name, {})), psutil.Process()
    for _ in range(100):
        update()
    before, seconds = process.memory_info().rss, []
    for _ in range(9_900):
        start = time.perf_counter()
        update()
        seconds.append(time.perf_counter() - start)
    growth = process.memory_info().rss - before
    summary = summarise(np.array(seconds))
    middle, late = summary.p50, summary.p99
    with capsys.disabled():
        print(f"\n{name}: growth {growth / 1e6:.1f} MB, p50 {1e3 * middle:.2f} ms, p99 {1e3 * late:.2f} ms")  # noqa: T201
    assert growth < 10e6
    assert late <= 2.0 * middle
