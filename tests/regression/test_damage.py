"""Planted damage is found, and another machine's float noise is not.

The tracker is a small one that needs what is to be damaged: it matches colours, and its template follows a target that
changes slowly, beside a distractor that looks like the target with red and blue swapped.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from evalkit.benchmarks.folder import Folder
from evalkit.files import write_atomic
from evalkit.regression.compare import compare
from evalkit.regression.file import Record
from evalkit.regression.from_scores import record_results
from evalkit.regression.verdicts import Limits, Verdict
from evalkit.running.tracking import track
from evalkit.scoring.opening import Annotation
from evalkit.scoring.tracker import LoadedResults
from evalkit.trackers.base import Prediction
from evalkit.types import Box, Boxes, Image

SEQUENCES, FRAMES = 20, 24
HEIGHT, WIDTH, SIDE = 72, 96, 18
REACH = 7


@dataclass
class Matcher:
    """Normalised colour matching around the last box; each field is one kind of damage."""

    shift: float = 0.0
    swap_channels: bool = False
    update_template: bool = True
    one_frame_late: bool = False

    def init(self, image: Image, box: Box) -> None:
        """Cut the template out."""
        self._x, self._y = (round(value) for value in box[:2])
        self._template = self._patch(image).astype(np.float32)
        self._previous = image

    def update(self, image: Image) -> Prediction:
        """Search around the last place, then let the template follow."""
        seen, self._previous = (self._previous if self.one_frame_late else image), image
        if self.swap_channels:
            seen = np.ascontiguousarray(seen[..., ::-1])
        left, top = max(self._x - REACH, 0), max(self._y - REACH, 0)
        window = seen[top : self._y + SIDE + REACH, left : self._x + SIDE + REACH].astype(np.float32)
        score = cv2.matchTemplate(window, self._template, cv2.TM_SQDIFF)
        row, column = np.unravel_index(int(np.argmin(score)), score.shape)
        self._x, self._y = left + int(column), top + int(row)
        if self.update_template:
            self._template = (0.5 * self._template + 0.5 * self._patch(seen)).astype(np.float32)
        return Prediction(np.array([self._x + self.shift, self._y + self.shift, SIDE, SIDE], dtype=np.float64), 1.0)

    def _patch(self, image: Image) -> Image:
        return image[self._y : self._y + SIDE, self._x : self._x + SIDE]


@pytest.fixture(scope="module")
def benchmark_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sequences of a target that turns into another one, with a distractor of swapped colours at its side."""
    root = tmp_path_factory.mktemp("changing")
    for number in range(SEQUENCES):
        _write_sequence(root / f"s{number:02d}", np.random.default_rng(number))
    return root


def _write_sequence(folder: Path, rng: np.random.Generator) -> None:
    background = _texture(rng, HEIGHT, WIDTH)
    first, last = _texture(rng, SIDE, SIDE), _texture(rng, SIDE, SIDE)
    step = rng.uniform(-1.2, 1.2, 2)
    rows = []
    for frame in range(FRAMES):
        share = frame / (FRAMES - 1)
        target = ((1 - share) * first + share * last).astype(np.uint8)
        x, y = (np.array([WIDTH, HEIGHT]) / 2 - SIDE / 2 + step * (frame - FRAMES / 2)).round().astype(int)
        image = background.copy()
        image[y - SIDE // 3 : y - SIDE // 3 + SIDE, x + SIDE + 2 : x + 2 * SIDE + 2] = target[..., ::-1]
        image[y : y + SIDE, x : x + SIDE] = target
        _, encoded = cv2.imencode(".png", image)
        write_atomic(folder / f"{frame:04d}.png", encoded.tobytes())
        rows.append(f"{x},{y},{SIDE},{SIDE}\n")
    write_atomic(folder / "groundtruth.txt", "".join(rows))


def _texture(rng: np.random.Generator, height: int, width: int) -> Image:
    coarse = rng.integers(0, 256, (height // 6, width // 6, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


def _boxes(tracker: Matcher, root: Path) -> dict[str, Boxes]:
    benchmark = Folder(root)
    found = {}
    for name in benchmark.inventory().present:
        sequence = benchmark.sequence(name)
        assert sequence.frames is not None
        found[name] = track(tracker, sequence.frames, sequence.initial_box).boxes
    return found


def _record(boxes: dict[str, Boxes], root: Path) -> Record:
    results = LoadedResults("matcher", {name: ((rows, ""),) for name, rows in boxes.items()})
    return record_results(results, Annotation(Folder(root)), "official")


@pytest.fixture(scope="module")
def healthy(benchmark_folder: Path) -> dict[str, Boxes]:
    """Boxes of the tracker as it should be."""
    return _boxes(Matcher(), benchmark_folder)


def test_the_healthy_tracker_tracks(healthy: dict[str, Boxes], benchmark_folder: Path) -> None:
    record = _record(healthy, benchmark_folder)
    auc = record.metrics["auc"]
    assert auc is not None
    assert auc > 0.8


@pytest.mark.parametrize(
    "damaged",
    [Matcher(shift=3.0), Matcher(swap_channels=True), Matcher(update_template=False), Matcher(one_frame_late=True)],
    ids=["boxes shifted by 3 px", "channels swapped", "template not updated", "one frame late"],
)
def test_damage_is_found(damaged: Matcher, healthy: dict[str, Boxes], benchmark_folder: Path) -> None:
    before = _record(healthy, benchmark_folder)
    after = _record(_boxes(damaged, benchmark_folder), benchmark_folder)
    comparison = compare(before, after, Limits())
    assert comparison.verdict is Verdict.WORSE, comparison


def test_running_again_is_recognised_bit_by_bit(healthy: dict[str, Boxes], benchmark_folder: Path) -> None:
    again = _record(_boxes(Matcher(), benchmark_folder), benchmark_folder)
    assert compare(_record(healthy, benchmark_folder), again, Limits()).identical == SEQUENCES


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("size", [1e-12, 1e-6, 1e-3])
def test_float_noise_is_left_alone(healthy: dict[str, Boxes], benchmark_folder: Path, size: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    noisy = {name: boxes * (1 + rng.normal(0, size, boxes.shape)) for name, boxes in healthy.items()}
    for name, boxes in healthy.items():
        noisy[name][0] = boxes[0]
    comparison = compare(_record(healthy, benchmark_folder), _record(noisy, benchmark_folder), Limits())
    assert comparison.verdict is Verdict.SAME, comparison
    assert comparison.identical == 0
