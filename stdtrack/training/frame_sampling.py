"""Which frames make a clip: dense and sparse sampling, as pure functions on indices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evalkit.types import Boxes, Flags, Image
from stdtrack.training.annotated_video import Footage
from stdtrack.training.config import ClipConfig

Indices = np.ndarray
"""(M,) int64 frame numbers."""


@dataclass(frozen=True)
class Shots:
    """Whole images of one target, before they are cropped: K templates, then T search frames in order.

    Attributes:
        images: K + T images, uint8 RGB; they may share memory with a cache and must not be written to.
        boxes: (K + T, 4) 0-based x, y, w, h; rows of invisible frames repeat the last visible one.
        visible: (K + T,) the target is there to be found; always true for templates.
        templates: K.
    """

    images: tuple[Image, ...]
    boxes: Boxes
    visible: Flags
    templates: int


def dense_indices(visible: Flags, templates: int, frames: int, config: ClipConfig, rng: np.random.Generator) -> Indices:
    """K templates, then T ordered search frames at small gaps: (K + T,) increasing frame numbers.

    Templates and the first search frame are visible ones; where the sequence is too short for the gaps drawn, they
    shrink in proportion, so that any sequence with two visible frames can be used.
    """
    gaps = rng.integers(1, config.max_gap + 1, size=frames)
    gaps[0] = rng.integers(1, config.template_gap + 1)
    offsets = np.cumsum(gaps)
    shown = np.flatnonzero(visible)
    room = len(visible) - 1 - shown[0]
    if offsets[-1] > room:
        offsets = -(-offsets * room // offsets[-1])
    last_template = rng.choice(shown[shown + offsets[-1] <= len(visible) - 1])
    searches = last_template + offsets
    searches[0] = _nearest(shown[(shown >= last_template) & (shown <= searches[-1])], searches[0])
    earlier = last_template - rng.integers(0, config.template_gap + 1, size=templates - 1)
    others = [_nearest(shown[shown <= last_template], index) for index in np.sort(earlier)]
    return np.array([*others, last_template, *np.maximum.accumulate(searches)], dtype=np.int64)


def sparse_indices(visible: Flags, templates: int, frames: int, rng: np.random.Generator) -> Indices:
    """K templates and T search frames from anywhere in the sequence, in no order: (K + T,) visible frames."""
    return rng.choice(np.flatnonzero(visible), size=templates + frames)


def _nearest(candidates: Indices, index: int) -> int:
    """The candidate closest to ``index``."""
    return int(candidates[np.argmin(np.abs(candidates - index))])


def carry_boxes(boxes: Boxes, visible: Flags) -> Boxes:
    """Rows of invisible frames replaced by the last visible one before them; the first row must be visible."""
    last = np.maximum.accumulate(np.where(visible, np.arange(len(boxes)), 0))
    return boxes[last]


def draw_shots(footage: Footage, frames: int, config: ClipConfig, reverse: float, rng: np.random.Generator) -> Shots:
    """One clip from a sequence; with chance ``reverse`` it runs backwards. Raises InputError on an unreadable image."""
    order = np.arange(len(footage))
    if rng.random() < reverse:
        order = order[::-1]
    visible = footage.visible[order]
    if config.sampling == "dense":
        chosen = order[dense_indices(visible, config.templates, frames, config, rng)]
    else:
        chosen = order[sparse_indices(visible, config.templates, frames, rng)]
    shown = footage.visible[chosen]
    images = tuple(footage.frames.read(int(index)) for index in chosen)
    return Shots(images, carry_boxes(footage.boxes[chosen], shown), shown, config.templates)


def without_target(shots: Shots, other: Shots) -> Shots:
    """The templates of one target with the search frames of another: nothing to be found."""
    count = shots.templates
    return Shots(
        shots.images[:count] + other.images[other.templates :],
        np.concatenate([shots.boxes[:count], other.boxes[other.templates :]]),
        np.concatenate([shots.visible[:count], np.zeros(len(other.images) - other.templates, dtype=bool)]),
        count,
    )
