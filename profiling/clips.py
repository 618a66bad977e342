"""What trackers are timed on: the beginnings of real sequences, or a made-up one where there are no data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evalkit.benchmarks.base import Benchmark
from evalkit.benchmarks.registry import open_benchmark, recognise
from evalkit.errors import InputError
from evalkit.sequence import Frames
from evalkit.types import Boxes, Image

MOST_FRAMES = 300
MOST_CLIPS = 10
SYNTHETIC = "synthetic"


@dataclass(frozen=True)
class ClipName:
    """Where a clip comes from; small enough to be sent to a worker, which opens it itself."""

    benchmark: str
    data: Path | None
    sequence: str
    frames: int


@dataclass(frozen=True)
class Clip:
    """Frames with ground truth: ``boxes`` is (N, 4) xywh, 0-based, NaN where there is no annotation."""

    name: str
    frames: Frames
    boxes: Boxes


def choose_clips(data: Path | None, shortest: int, benchmarks: Sequence[str] = ()) -> tuple[ClipName, ...]:
    """At most ten clips of at most 300 frames, spread evenly over the sequences under ``data``.

    Raises:
        InputError: nothing to track, or a sequence has fewer than ``shortest`` frames, which the warm-up needs.
    """
    if data is None:
        return (ClipName(SYNTHETIC, None, "square", SyntheticFrames.LENGTH),)
    opened = [open_benchmark(name, data=data) for name in benchmarks] if benchmarks else list(recognise(data))
    names = [(benchmark, name) for benchmark in opened for name in benchmark.inventory().present]
    if not names:
        raise InputError("no sequence of a known benchmark", path=data, hint="see 'stdtrack data'")
    picked = [names[index] for index in sorted({round(i) for i in np.linspace(0, len(names) - 1, MOST_CLIPS)})]
    return tuple(_checked_clip(benchmark, data, name, shortest) for benchmark, name in picked)


def _checked_clip(benchmark: Benchmark, data: Path, name: str, shortest: int) -> ClipName:
    frames = min(len(benchmark.sequence(name)), MOST_FRAMES)
    if frames < shortest:
        raise InputError(
            f"{benchmark.key}: {name} has {frames} frames, but the warm-up needs {shortest}",
            hint="choose other benchmarks with --on",
        )
    query = "&".join(f"{key}={value}" for key, value in benchmark.options.items())
    return ClipName(f"{benchmark.name}?{query}" if query else benchmark.name, data, name, frames)


def open_clip(name: ClipName) -> Clip:
    """Open a clip's frames and annotation; raises InputError where there are no images."""
    if name.data is None:
        frames = SyntheticFrames()
        return Clip(name.sequence, frames, frames.boxes)
    sequence = open_benchmark(name.benchmark, data=name.data).sequence(name.sequence)
    if sequence.frames is None:
        raise InputError(f"{name.benchmark}: {name.sequence} has annotations but no images", path=name.data)
    return Clip(name.sequence, _Beginning(sequence.frames, name.frames), sequence.ground_truth[: name.frames])


@dataclass(frozen=True)
class _Beginning:
    """The first ``length`` frames of others."""

    frames: Frames
    length: int

    def __len__(self) -> int:
        return self.length

    def read(self, index: int) -> Image:
        return self.frames.read(index)

    def name(self, index: int) -> str:
        return self.frames.name(index)


class SyntheticFrames:
    """A textured square on a circle over a textured ground, 640 x 360, encoded as JPEG so that decoding costs time."""

    LENGTH = 120
    _WIDTH, _HEIGHT, _SIDE, _RADIUS = 640, 360, 48, 90.0

    def __init__(self) -> None:
        import cv2

        rng = np.random.default_rng(0)
        ground = rng.integers(60, 150, (self._HEIGHT // 20, self._WIDTH // 20, 3), dtype=np.uint8)
        ground = np.asarray(cv2.resize(ground, (self._WIDTH, self._HEIGHT), interpolation=cv2.INTER_CUBIC))
        target = rng.integers(0, 255, (6, 6, 3), dtype=np.uint8)
        target = np.asarray(cv2.resize(target, (self._SIDE, self._SIDE), interpolation=cv2.INTER_CUBIC))
        angles = np.linspace(0.0, 2 * np.pi, self.LENGTH, endpoint=False)
        lefts = np.rint(self._WIDTH / 2 - self._SIDE / 2 + self._RADIUS * np.cos(angles))
        tops = np.rint(self._HEIGHT / 2 - self._SIDE / 2 + self._RADIUS * np.sin(angles))
        sides = np.full(self.LENGTH, float(self._SIDE))
        self.boxes: Boxes = np.column_stack([lefts, tops, sides, sides])
        corners = zip(lefts.astype(int), tops.astype(int), strict=True)
        self._encoded = [self._encode(ground, target, left, top) for left, top in corners]

    def _encode(self, ground: Image, target: Image, left: int, top: int) -> Image:
        import cv2

        image = ground.copy()
        image[top : top + self._SIDE, left : left + self._SIDE] = target
        return np.asarray(cv2.imencode(".jpg", image)[1], dtype=np.uint8)

    def __len__(self) -> int:
        return self.LENGTH

    def read(self, index: int) -> Image:
        """Decode frame ``index`` as RGB."""
        import cv2

        return np.ascontiguousarray(np.asarray(cv2.imdecode(self._encoded[index], cv2.IMREAD_COLOR))[:, :, ::-1])

    def name(self, index: int) -> str:
        """For messages."""
        return f"{SYNTHETIC} frame {index}"
