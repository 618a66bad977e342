"""What trackers are timed on: the beginnings of real sequences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evalkit.benchmarks.base import Benchmark
from evalkit.benchmarks.registry import canonical_specs, open_benchmark, recognise
from evalkit.errors import InputError
from evalkit.sequences.sequence import Frames
from evalkit.types import Boxes, Image

MOST_FRAMES = 150
MOST_CLIPS = 10


@dataclass(frozen=True)
class ClipName:
    """Where a clip comes from; small enough to be sent to a worker, which opens it itself."""

    benchmark: str
    data: Path
    sequence: str
    frames: int

    @property
    def name(self) -> str:
        """``otb100/Basketball``: other benchmarks, and the same one under a variation, have sequences of this name."""
        return f"{self.benchmark}/{self.sequence}"


@dataclass(frozen=True)
class Clip:
    """Frames with ground truth.

    Attributes:
        name: see :attr:`ClipName.name`; clips of one run have different names.
        boxes: (N, 4) xywh, 0-based, NaN where there is no annotation.
    """

    name: str
    frames: Frames
    boxes: Boxes


def choose_clips(data: Path, shortest: int, benchmarks: Sequence[str] = ()) -> tuple[ClipName, ...]:
    """At most ten clips of at most 150 frames, spread evenly over the sequences under ``data``.

    Raises:
        InputError: nothing to track, or a sequence has fewer than ``shortest`` frames, which the warm-up needs.
    """
    asked = tuple(open_benchmark(name, data=data) for name in canonical_specs(benchmarks))
    opened = asked or recognise(data)
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
    return ClipName(benchmark.spec, data.absolute(), name, frames)  # a tracker may change the working folder


def open_clip(name: ClipName) -> Clip:
    """Open a clip's frames and annotation; raises InputError where there are no images."""
    sequence = open_benchmark(name.benchmark, data=name.data).sequence(name.sequence)
    if sequence.frames is None:
        raise InputError(f"{name.benchmark}: {name.sequence} has annotations but no images", path=name.data)
    return Clip(name.name, _Beginning(sequence.frames, name.frames), sequence.ground_truth[: name.frames])


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
