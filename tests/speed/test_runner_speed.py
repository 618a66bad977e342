"""What a run costs beside the tracker: the runner's own work, decoding, a second worker.

The goal of the runner's own work is one of processor time, which a busy machine keeps too. The others are ratios of
elapsed times taken in turns, on a machine with nothing else to do: on any other they are skipped, with what was found.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from evalkit.benchmarks.registry import open_benchmark
from evalkit.running.pool import WorkerPool
from evalkit.running.runner import RunOptions, run
from evalkit.running.selection import Selection, select
from evalkit.running.tracking import track
from evalkit.sequences.frames import ImageFolder
from evalkit.trackers.base import Prediction
from evalkit.trackers.live import named_trackers
from evalkit.types import Box, Image
from tests.speed.suites import cpu_seconds

SEQUENCES, FRAMES, SECONDS = 8, 50, 0.002
LONG = 590
"""Frames of a sequence of OTB100, on average."""
ROUNDS = 7
BOX = np.array([100.0, 100.0, 50.0, 50.0])
KERNEL = np.ones((3, 3), np.float32)

two_processors = pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one CPU")


class Filtering:
    """Filters, outside the interpreter lock, a number of times a frame."""

    def __init__(self, times: int) -> None:
        self.times = times

    def init(self, image: Image, box: Box) -> None:
        self.box = box

    def update(self, image: Image) -> Prediction:
        for _ in range(self.times):
            cv2.filter2D(image[:100, :100], -1, KERNEL)
        return Prediction(self.box, 1.0)


def idle_tracker() -> Filtering:
    """One that does nothing."""
    return Filtering(0)


class Decoded:
    """The same images, decoded before, again and again."""

    def __init__(self, frames: ImageFolder, length: int = FRAMES) -> None:
        self.images, self.length = [frames.read(index) for index in range(FRAMES)], length

    def __len__(self) -> int:
        return self.length

    def name(self, index: int) -> str:
        return str(index)

    def read(self, index: int) -> Image:
        return self.images[index % FRAMES]


class Silent:
    """A progress that nobody sees."""

    def remark(self, *arguments: object) -> None:
        pass

    def begin(self, *arguments: object, **counts: object) -> None:
        pass

    def advance(self, *arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sequences of 640x480 JPEG, 0.22 bytes a pixel as OTB100's, in the layout ``folder``; all of the same pictures."""
    root = tmp_path_factory.mktemp("data")
    pictures = root / ".pictures"
    pictures.mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (600, 700, 3), dtype=np.uint8)
    picture = cv2.GaussianBlur(noise, (0, 0), 2.5)
    for index in range(FRAMES):
        cv2.imwrite(str(pictures / f"{index}.jpg"), picture[index : index + 480, index : index + 640])
    for name in (f"s{number}" for number in range(SEQUENCES)):
        (root / name / "img").mkdir(parents=True)
        for index in range(FRAMES):
            (root / name / "img" / f"{index + 1:05d}.jpg").symlink_to(pictures / f"{index}.jpg")
        (root / name / "groundtruth.txt").write_text("100,100,50,50\n" * FRAMES)
    return root


@pytest.fixture(scope="module")
def frames(data: Path) -> ImageFolder:
    return ImageFolder(data / ".pictures", FRAMES)


@pytest.fixture(scope="module")
def filtering(frames: ImageFolder) -> Filtering:
    """A tracker of 2 ms."""
    image, tracker = frames.read(0), Filtering(100)
    tracker.init(image, BOX)
    once = min(measured(lambda: tracker.update(image), time.thread_time) for _ in range(50))
    return Filtering(round(100 * SECONDS / once))


def measured(work: Callable[[], object], clock: Callable[[], float]) -> float:
    begin = clock()
    work()
    return clock() - begin


@pytest.fixture
def idle_run(data: Path, frames: ImageFolder, tmp_path: Path) -> Callable[[], int]:
    """Finishes a run of a tracker that does nothing, with read-ahead, records and files, over two sequences."""
    decoded, native = Decoded(frames, LONG), np.tile(BOX, (LONG, 1))
    (found,) = select([open_benchmark("folder", data=data)], ["s0", "s1"])
    long = tuple(replace(each, frames=decoded, native=native) for each in found.sequences)
    selection = replace(found, sequences=long)

    def whole() -> int:
        with ThreadPoolExecutor(1) as executor:
            return run(
                named_trackers(f"{__name__}:idle_tracker"),
                [selection],
                executor,
                RunOptions(tmp_path, fresh=True),
                Silent(),
            ).finished

    return whole


def test_run_of_an_idle_tracker(benchmark: BenchmarkFixture, idle_run: Callable[[], int]) -> None:
    assert benchmark.pedantic(idle_run, rounds=4 * ROUNDS, warmup_rounds=1) == 2


@pytest.mark.goal
def test_overhead(benchmark: BenchmarkFixture, idle_run: Callable[[], int]) -> None:
    """A run takes at most 3 % of a 2 ms tracker's processor time for itself."""
    share = min(measured(idle_run, time.process_time) for _ in range(ROUNDS)) / (2 * LONG * SECONDS)
    benchmark.extra_info["share of a 2 ms tracker"] = share
    benchmark.pedantic(idle_run, rounds=1)
    assert share <= 0.03


@pytest.mark.goal
@two_processors
def test_read_ahead(benchmark: BenchmarkFixture, idle: bool, frames: ImageFolder, filtering: Filtering) -> None:
    """Reading ahead hides at least 80 % of decoding, which takes less than the tracker's 2 ms here."""
    decoded = Decoded(frames)
    cases = {"hidden": (frames, 4), "decoding": (frames, 0), "tracking": (decoded, 0)}
    times: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(ROUNDS):
        for name, (source, depth) in cases.items():
            times[name].append(measured(lambda s=source, d=depth: track(filtering, s, BOX, depth=d), time.perf_counter))  # type: ignore[misc]
    hidden, decoding, tracking = (min(values) for values in times.values())
    share = (decoding - hidden) / (decoding - tracking)
    benchmark.extra_info |= {"hidden share": share, "decoding / tracking": decoding / tracking - 1}
    benchmark.pedantic(track, (filtering, frames, BOX), rounds=1)
    if not idle:
        pytest.skip(f"other work runs here: {share:.2f} is no measure")
    assert share >= 0.8


@pytest.mark.goal
@two_processors
def test_two_workers(benchmark: BenchmarkFixture, idle: bool, data: Path, tmp_path: Path) -> None:
    """Two workers have at least 1.7 times the throughput of one on CSRT, and need hardly more processor time."""
    selections = select([open_benchmark("folder", data=data)])
    csrt: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
    for _ in range(3):
        for workers, times in csrt.items():
            processor, begin = cpu_seconds(), time.perf_counter()
            run_csrt(selections, tmp_path / str(workers), workers)
            times.append((time.perf_counter() - begin, cpu_seconds() - processor))
    (one, one_processor), (two, two_processor) = (np.min(times, axis=0) for times in csrt.values())
    benchmark.extra_info |= {"one worker / two": one / two, "processor time, two / one": two_processor / one_processor}
    benchmark.pedantic(run_csrt, (selections, tmp_path / "2", 2), rounds=1)
    assert two_processor / one_processor <= 1.15
    if not idle:
        pytest.skip(f"other work runs here: {one / two:.2f} is no measure")
    assert one / two >= 1.7


def run_csrt(selections: tuple[Selection, ...], out: Path, workers: int) -> None:
    with WorkerPool(workers, timeout=60) as pool:
        summary = run(
            named_trackers("opencv:csrt"), selections, pool, RunOptions(out, fresh=True, workers=workers), Silent()
        )
    assert summary.finished == SEQUENCES
