"""From whole images to a training clip: place the windows, crop, disturb, augment."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from evalkit.types import Box, Boxes, Image
from stdtrack.configs import ModelConfig
from stdtrack.crops import crop_window, sample_crop, to_crop
from stdtrack.training.augmentation import augment_clip, paste, soft_shape
from stdtrack.training.config import AugmentConfig, ClipConfig
from stdtrack.training.frame_sampling import Shots

TEMPLATE_JITTER = 0.04
"""The first box is given by a person: its window is off by little."""
CLOSE = 0.12
"""Standard deviation of a window's offset in target sizes, as in tracking."""


@dataclass(frozen=True)
class Clip:
    """What one item of a batch holds.

    Attributes:
        templates: (K, Ht, Ht, 3) uint8 RGB.
        searches: (T, Hs, Hs, 3) uint8 RGB.
        boxes: (T, 4) float32 centre x, centre y, width, height in units of the search crop.
        visible: (T,) the target's centre lies inside the crop, and it is there to be found.
        template_boxes: (K, 4) the target in the templates, in units of the crop.
    """

    templates: np.ndarray
    searches: np.ndarray
    boxes: np.ndarray
    visible: np.ndarray
    template_boxes: np.ndarray


@dataclass(frozen=True)
class Geometry:
    """Sizes and factors of the crops, from the network's config; ``margin`` enlarges search crops for roll-outs."""

    template_size: int
    template_factor: float
    search_size: int
    search_factor: float
    margin: float = 1.0

    @classmethod
    def of(cls, config: ModelConfig, margin: float = 1.0) -> Geometry:
        """The geometry of a network."""
        return cls(config.template_size, config.template_factor, config.search_size, config.search_factor, margin)


def jitter_box(box: Box, shift: np.ndarray, log_scale: float) -> Box:
    """Move a box by ``shift`` (2,) target sizes and scale it by ``exp(log_scale)`` about its centre.

    >>> jitter_box(np.array([0.0, 0.0, 10.0, 10.0]), np.array([0.5, 0.0]), 0.0).tolist()
    [5.0, 0.0, 10.0, 10.0]
    """
    size = box[2:] * np.exp(log_scale)
    centre = box[:2] + box[2:] / 2 + shift * np.sqrt(box[2] * box[3])
    return np.concatenate([centre - size / 2, size])


def place(current: Box, previous: Box, config: ClipConfig, rng: np.random.Generator) -> Box:
    """The box that a search window is centred on.

    Either anywhere near the target, so that the network learns no bias towards the centre, or where tracking would
    place it: at the previous frame's box with a small error.
    """
    log_scale = rng.normal(0, config.scale)
    if rng.random() < config.wide:
        return jitter_box(current, rng.uniform(-config.shift, config.shift, size=2), log_scale)
    return jitter_box(previous, rng.normal(0, CLOSE, size=2), log_scale)


def step_away(box: Box, factor: float, rng: np.random.Generator) -> Box:
    """A box so far from ``box`` that its window does not contain the target: the target has left."""
    angle, beyond = rng.uniform(0, 2 * np.pi), rng.uniform(0.2, 1.4)
    direction = np.array([np.cos(angle), np.sin(angle)])
    # A square window is left where the larger of both offsets says so, and by the target's whole extent.
    extent = box[2:].max() / (2 * np.sqrt(box[2] * box[3]))
    return jitter_box(box, (factor / 2 + extent + beyond) * direction / np.abs(direction).max(), 0.0)


def vanishing(frames: int, share: float, rng: np.random.Generator) -> np.ndarray:
    """(T,) true where the target is out of the window: one run of frames, never the first, in ``share`` of clips."""
    gone = np.zeros(frames, dtype=bool)
    if frames > 2 and rng.random() < share:
        start = rng.integers(1, frames)
        gone[start : start + rng.integers(1, frames)] = True
    return gone


def crop_searches(
    shots: Shots, geometry: Geometry, config: ClipConfig, outside: Image | None, rng: np.random.Generator
) -> tuple[list[Image], np.ndarray, np.ndarray]:
    """Search crops (T of Hs x Hs x 3), boxes (T, 4) in crop units and visibility (T,).

    ``outside`` is shown where a window leaves the image; without it the mean colour, as in tracking.
    """
    size = int(geometry.search_size * geometry.margin)
    images, truth = shots.images[shots.templates :], shots.boxes[shots.templates :]
    anchors = np.stack(place_all(truth, geometry, config, rng))
    windows = crop_window(anchors, geometry.search_factor * geometry.margin)
    crops = []
    for image, window in zip(images, windows, strict=True):
        crop = sample_crop(image, window, size)
        if outside is not None:
            surround(crop, window, image.shape, outside)
        crops.append(crop)
    boxes = to_crop(truth, windows)
    inside = ((boxes[:, :2] > 0) & (boxes[:, :2] < 1)).all(axis=1)
    return crops, boxes, shots.visible[shots.templates :] & inside


def place_all(truth: Boxes, geometry: Geometry, config: ClipConfig, rng: np.random.Generator) -> list[Box]:
    """The boxes that the windows of T search frames are centred on, from the true ones (T, 4).

    Crops with a margin share one window, in which smaller ones move later; the others are placed frame by frame.
    """
    if geometry.margin > 1:
        return [truth[0]] * len(truth)
    gone = vanishing(len(truth), config.vanish, rng)
    return [
        step_away(box, geometry.search_factor, rng) if away else place(box, truth[max(index - 1, 0)], config, rng)
        for index, (box, away) in enumerate(zip(truth, gone, strict=True))
    ]


def surround(crop: Image, window: np.ndarray, shape: tuple[int, ...], outside: Image) -> None:
    """Show ``outside`` (stretched over the crop) wherever the window lies outside an image of ``shape``; in place."""
    size, scale = len(crop), len(crop) / window[2]
    edges = (np.array([0, 0, shape[1], shape[0]]) - np.tile(window[:2] - window[2] / 2, 2)) * scale
    x0, y0, x1, y1 = np.clip(np.rint(edges), 0, size).astype(int)
    if x1 - x0 == size and y1 - y0 == size:
        return
    inside = crop[y0:y1, x0:x1].copy()
    crop[:] = cv2.resize(outside, (size, size), interpolation=cv2.INTER_AREA)
    crop[y0:y1, x0:x1] = inside


def crop_templates(shots: Shots, geometry: Geometry, rng: np.random.Generator) -> tuple[list[Image], np.ndarray]:
    """Template crops (K of Ht x Ht x 3) with the small error of a given box, and the boxes (K, 4) in crop units."""
    crops, boxes = [], []
    for image, truth in zip(shots.images[: shots.templates], shots.boxes, strict=False):
        box = jitter_box(truth, rng.normal(0, TEMPLATE_JITTER, size=2), rng.normal(0, TEMPLATE_JITTER))
        window = crop_window(box, geometry.template_factor)
        crops.append(sample_crop(image, window, geometry.template_size))
        boxes.append(to_crop(truth, window))
    return crops, np.stack(boxes)


def target_patch(shots: Shots, size: int) -> Image:
    """The target alone, from its first template, with its longer side ``size`` pixels: to be pasted elsewhere."""
    width, height = shots.boxes[0][2:]
    crop = sample_crop(shots.images[0], crop_window(shots.boxes[0], 1.0), max(size, 8))
    # crop_window makes a square of the box's area: cut the box's shape out of it, as far as it is inside.
    ratio = float(np.sqrt(min(width / height, height / width)))
    narrow = max(4, round(len(crop) * ratio))
    start = (len(crop) - narrow) // 2
    return crop[:, start : start + narrow] if width < height else crop[start : start + narrow]


def paste_moving(
    crops: list[Image], patch: Image, boxes: np.ndarray, reach: tuple[float, float], rng: np.random.Generator
) -> None:
    """Blend a patch into every crop, at ``reach`` target sizes from the target and drifting; in place.

    With a reach around 0 it occludes the target, with a larger one it distracts from it.
    """
    alpha = soft_shape(patch.shape[1], patch.shape[0], rng)
    angle, drift = rng.uniform(0, 2 * np.pi), rng.uniform(-0.5, 0.5, size=2)
    distance = rng.uniform(*reach)
    for index, crop in enumerate(crops):
        size = np.sqrt(boxes[index, 2] * boxes[index, 3])
        offset = distance * np.array([np.cos(angle), np.sin(angle)]) + drift * index / len(crops)
        centre = (boxes[index, :2] + offset * size) * len(crop)
        paste(crop, patch, alpha, int(centre[0] - patch.shape[1] / 2), int(centre[1] - patch.shape[0] / 2))


def disturb(crops: list[Image], boxes: np.ndarray, other: Shots, config: ClipConfig, rng: np.random.Generator) -> None:
    """Paste a distractor beside the target or let an occluder pass over a part of it; crops change in place."""
    size = float(np.sqrt(max(boxes[0, 2] * boxes[0, 3], 1e-4))) * len(crops[0])
    if rng.random() < config.distractors:
        patch = target_patch(other, int(size * rng.uniform(0.7, 1.5)))
        paste_moving(crops, patch, boxes, (1.1, 2.2), rng)
    if rng.random() < config.occluders:
        patch = target_patch(other, int(size * rng.uniform(0.3, 0.7)))
        paste_moving(crops, patch, boxes, (0.15, 0.6), rng)


def make_clip(
    shots: Shots, other: Shots, geometry: Geometry, config: ClipConfig, augment: AugmentConfig, rng: np.random.Generator
) -> Clip:
    """Crop, disturb and augment one clip.

    Args:
        shots: the target.
        other: another target: what distractors and occluders are cut from, and what may lie outside the image.
    """
    templates, template_boxes = crop_templates(shots, geometry, rng)
    outside = other.images[-1] if rng.random() < config.surroundings else None
    crops, boxes, visible = crop_searches(shots, geometry, config, outside, rng)
    disturb(crops, boxes, other, config, rng)
    images = augment_clip(templates + crops, augment, rng)
    stack_templates, stack_searches = np.stack(images[: len(templates)]), np.stack(images[len(templates) :])
    if rng.random() < augment.flip:
        stack_templates, stack_searches = stack_templates[:, :, ::-1], stack_searches[:, :, ::-1]
        boxes[:, 0], template_boxes[:, 0] = 1 - boxes[:, 0], 1 - template_boxes[:, 0]
    return Clip(
        np.ascontiguousarray(stack_templates),
        np.ascontiguousarray(stack_searches),
        boxes.astype(np.float32),
        visible,
        template_boxes,
    )
