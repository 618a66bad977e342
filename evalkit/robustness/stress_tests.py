"""What real videos hold sooner or later, each as a test of a tracker's class: frames, boxes, starts, memory."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import psutil

from evalkit.robustness.columns import STRESS_FRAMES
from evalkit.running.heartbeat import current_heartbeat
from evalkit.running.jobs import seed_everything
from evalkit.trackers.answers import naming_frame, read_answer
from evalkit.trackers.base import Tracker
from evalkit.trackers.spec import load_tracker
from evalkit.types import Box, Boxes, Image

WIDTH, HEIGHT = 320, 240
SHORT = 12
ALLOWED_GROWTH = 40.0
"""MiB over the second half of the long test: more is a leak."""
BOX = np.array([140.0, 100.0, 40.0, 30.0])


def scene(box: Box, width: int = WIDTH, height: int = HEIGHT) -> Image:
    """(H, W, 3) a textured target on a textured ground; the box may lie outside."""
    y, x = np.mgrid[:height, :width]
    ground = (90 + 40 * np.sin(x / 9.0) * np.cos(y / 7.0)).astype(np.uint8)
    image = np.stack([ground, ground // 2 + 60, 200 - ground], axis=2)
    x0, y0, x1, y1 = (int(value) for value in np.rint([box[0], box[1], box[0] + box[2], box[1] + box[3]]))
    part = image[max(0, y0) : max(0, y1), max(0, x0) : max(0, x1)]
    rows, columns = np.mgrid[: part.shape[0], : part.shape[1]]
    part[:] = np.where(((rows // 4 + columns // 4) % 2 == 0)[..., None], (250, 220, 40), (20, 30, 190))
    return image


def moving(frames: int) -> Boxes:
    """(N, 4) a target that goes round."""
    angle = np.arange(frames) * 0.1
    places = BOX[:2] + np.stack([50 * np.sin(angle), 40 * (np.cos(angle) - 1)], axis=1)
    return np.concatenate([places, np.broadcast_to(BOX[2:], (frames, 2))], axis=1)


def _follow(tracker: Tracker, images: list[Image], box: Box) -> Boxes:
    """(N, 4) the answers, the given box first; raises what the tracker raises, and NonsenseError for no box."""
    tracker.init(images[0], box.copy())
    answers = [box]
    for index, image in enumerate(images[1:], 1):
        with naming_frame(index, tracker):
            answers.append(read_answer(tracker.update(image)).box)
        _beat()
    return np.stack(answers)


def _beat() -> None:
    heartbeat = current_heartbeat.get()
    if heartbeat is not None:
        heartbeat.beat()


def _flat(spec: str, value: int) -> str:
    return _answers(spec, [scene(BOX)] + [np.full((HEIGHT, WIDTH, 3), value, np.uint8)] * SHORT, BOX)


def _from_flat(spec: str, value: int) -> str:
    return _answers(spec, [np.full((HEIGHT, WIDTH, 3), value, np.uint8)] * SHORT, BOX)


def _answers(spec: str, images: list[Image], box: Box) -> str:
    _follow(load_tracker(spec), images, box)
    return ""


def _small(spec: str) -> str:
    return _answers(spec, [scene(box) for box in moving(SHORT)], np.array([150.0, 110.0, 1.0, 1.0]))


def _huge(spec: str) -> str:
    return _answers(spec, [scene(box) for box in moving(SHORT)], np.array([-40.0, -40.0, 400.0, 320.0]))


def _border(spec: str) -> str:
    return _answers(spec, [scene(box) for box in moving(SHORT)], np.array([WIDTH - 12.0, HEIGHT - 9.0, 40.0, 30.0]))


def _leaves(spec: str) -> str:
    boxes = np.stack([BOX + np.array([25.0 * step, 0, 0, 0]) for step in range(SHORT)])
    answers = _follow(load_tracker(spec), [scene(box) for box in [*boxes, *boxes[::-1]]], BOX)
    outside = ((answers[:, 0] > WIDTH) | (answers[:, 0] + answers[:, 2] < 0)).sum()
    return f"{outside} answers wholly outside the picture" if outside else ""


def _resized(spec: str) -> str:
    images = [scene(box) for box in moving(SHORT)]
    images += [scene(BOX, 200, 160)] * 3 + [scene(BOX, 401, 303)] * 3
    return _answers(spec, images, BOX)


def _channels(spec: str, channels: int) -> str:
    images = [scene(box) for box in moving(SHORT)]
    grey = [np.ascontiguousarray(image[:, :, 1]) for image in images]
    filled = [np.dstack([image, np.full(image.shape[:2], 255, np.uint8)]) for image in images]
    return _answers(spec, grey if channels == 1 else filled, BOX)


def _determined(spec: str) -> str:
    images = [scene(box) for box in moving(3 * SHORT)]
    seed_everything(7)
    first = _follow(load_tracker(spec), images, BOX)
    seed_everything(7)
    return _equal(first, _follow(load_tracker(spec), images, BOX), "two runs with the same seed")


def _started_again(spec: str) -> str:
    images, tracker = [scene(box) for box in moving(2 * SHORT)], load_tracker(spec)
    seed_everything(7)
    fresh = _follow(tracker, images, BOX)
    _follow(tracker, [scene(box) for box in moving(SHORT)[::-1]], BOX + np.array([10.0, 5, 8, 8]))
    seed_everything(7)
    return _equal(fresh, _follow(tracker, images, BOX), "init() after another sequence")


def _two_at_once(spec: str) -> str:
    first, second = ([scene(box) for box in moving(SHORT)] for _ in range(2))
    seed_everything(7)
    alone = _follow(load_tracker(spec), first, BOX)
    one, two = load_tracker(spec), load_tracker(spec)
    seed_everything(7)
    one.init(first[0], BOX.copy())
    two.init(second[0], BOX + np.array([15.0, 10, 0, 0]))
    answers = [BOX]
    for image, other in zip(first[1:], second[:0:-1], strict=True):
        answers.append(read_answer(one.update(image)).box)
        two.update(other)
        _beat()
    return _equal(alone, np.stack(answers), "beside a second instance")


def _equal(first: Boxes, second: Boxes, what: str) -> str:
    difference = float(np.abs(first - second).max())
    if difference == 0:
        return ""
    frame = int((first != second).any(axis=1).argmax())
    raise AssertionError(f"{what}: answers differ from frame {frame} on, by up to {difference:.3g} pixels")


def _written_on(spec: str) -> str:
    tracker = load_tracker(spec)
    for index, box in enumerate(moving(SHORT)):
        image, given = scene(box), BOX.copy()
        kept = image.copy()
        tracker.update(image) if index else tracker.init(image, given)
        if not np.array_equal(image, kept) or not np.array_equal(given, BOX):
            raise AssertionError(
                f"it writes into the {'image' if np.array_equal(given, BOX) else 'box'} that it is given"
            )
    return ""


def _read_only(spec: str) -> str:
    images = [scene(box) for box in moving(SHORT)]
    for image in images:
        image.setflags(write=False)
    return _answers(spec, images, BOX)


def _leak(spec: str, frames: int) -> str:
    tracker, process = load_tracker(spec), psutil.Process()
    images = [scene(box) for box in moving(63)]
    tracker.init(images[0], BOX.copy())
    half = 0.0
    for index in range(1, frames):
        tracker.update(images[index % len(images)])
        _beat()
        if index == frames // 2:
            gc.collect()
            half = _mebibytes(process)
    gc.collect()
    grown = _mebibytes(process) - half
    if grown > ALLOWED_GROWTH:
        raise AssertionError(f"{grown:.0f} MiB more after {frames} frames than after {frames // 2}")
    return f"{max(grown, 0.0):.1f} MiB more in the second half of {frames} frames"


def _mebibytes(process: psutil.Process) -> float:
    """Of the process and of what it has started."""
    family = [process, *process.children(recursive=True)]
    return sum(float(each.memory_info().rss) for each in family) / 2**20


Check = Callable[[str], str]
"""Runs a tracker by its spec; returns what is to be noted and raises where it fails."""


def checks(frames: int = STRESS_FRAMES) -> Mapping[str, tuple[Check, bool]]:
    """Tests by name, each with whether runs need it; the longest last.

    Args:
        frames: of the test for leaks.
    """
    return {
        "black frames": (partial(_flat, value=0), True),
        "white frames": (partial(_flat, value=255), True),
        "start on black": (partial(_from_flat, value=0), True),
        "one-pixel box": (_small, True),
        "box larger than the frame": (_huge, True),
        "box across the border": (_border, True),
        "target that leaves": (_leaves, True),
        "frames that change their size": (_resized, True),
        "grey frames": (partial(_channels, channels=1), False),
        "four channels": (partial(_channels, channels=4), False),
        "frames that cannot be written to": (_read_only, False),
        "leaves its input alone": (_written_on, True),
        "same answers twice": (_determined, True),
        "started again": (_started_again, True),
        "two instances": (_two_at_once, True),
        "no leak": (partial(_leak, frames=frames), True),
    }
