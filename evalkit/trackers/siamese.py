"""What Siamese trackers share: the search window, and the choice of one box from a grid of candidates."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from evalkit.types import Box, Image

Grid = NDArray[np.float64]
Pair = tuple[float, float]

Tensor = NDArray[np.float32]

SMALLEST_SIDE = 10.0
IMAGENET_MEAN = np.array((0.485, 0.456, 0.406), dtype=np.float32)[:, None, None]
IMAGENET_STD = np.array((0.229, 0.224, 0.225), dtype=np.float32)[:, None, None]
CONTEXT = 0.5
"""Of a box's width and height together, added to its sides by :func:`context_extent`."""


@dataclass(frozen=True)
class Choice:
    """How candidates are weighted (names as in SiamRPN).

    Attributes:
        penalty: against changes of size and aspect ratio.
        window: share of the cosine window, against jumps.
        rate: how fast the size follows, times the candidate's penalised score.
    """

    penalty: float
    window: float
    rate: float


@dataclass(frozen=True)
class Target:
    """Where the target was seen last: centre and size in image pixels."""

    centre: Pair
    size: Pair

    @classmethod
    def of_box(cls, box: Box) -> Target:
        """From xywh."""
        x, y, w, h = (float(value) for value in box)
        return cls((x + w / 2, y + h / 2), (w, h))

    def bounded(self, image: Image) -> Target:
        """The centre moved into the image, the size between :data:`SMALLEST_SIDE` and the image's."""
        limits = image.shape[1], image.shape[0]
        centre = [min(max(self.centre[i], 0.0), float(limits[i])) for i in (0, 1)]
        size = [min(max(self.size[i], SMALLEST_SIDE), float(limits[i])) for i in (0, 1)]
        return Target((centre[0], centre[1]), (size[0], size[1]))

    @property
    def box(self) -> Box:
        """As xywh."""
        (x, y), (w, h) = self.centre, self.size
        return np.array([x - w / 2, y - h / 2, w, h])


def context_extent(size: Pair, scale: float = 1.0) -> Pair:
    """The square around a box of this size with half its mean side added on each side, times ``scale``.

    >>> context_extent((10.0, 10.0), 2.0)
    (40.0, 40.0)
    """
    margin = CONTEXT * (size[0] + size[1])
    side = scale * float(np.sqrt((size[0] + margin) * (size[1] + margin)))
    return side, side


def enlarged(size: Pair, margin: float) -> Pair:
    """A box's size with ``margin`` times its width and height added on each side: the aspect stays."""
    return size[0] * (1 + 2 * margin), size[1] * (1 + 2 * margin)


def crop_around(
    image: Image, centre: Pair, extent: Pair, size: int, border: tuple[float, float, float] | None = None
) -> Image:
    """Cut ``extent`` (width, height) around ``centre``, continuous coordinates, and resize it to ``size`` squared.

    What lies outside the image is filled with ``border``, or the image's mean colour.
    """
    scale = size / np.array(extent)
    corner = np.array(centre) - np.array(extent) / 2
    # Pixel i covers [i, i + 1) in continuous coordinates; warpAffine puts whole numbers at pixel centres.
    matrix = np.column_stack([np.diag(scale), -scale * corner + (scale - 1) / 2])
    colour = cv2.mean(image)[:3] if border is None else border
    crop = cv2.warpAffine(
        image, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=colour
    )
    return np.asarray(crop, dtype=np.uint8)


def planes(crop: Image) -> Tensor:
    """(1, 3, H, W) float32, the crop's channels as they are, 0 to 255."""
    return np.ascontiguousarray(crop.transpose(2, 0, 1)[None], dtype=np.float32)


def imagenet(planes_13HW: Tensor) -> Tensor:
    """Channels 0 to 255, less the mean and over the deviation of ImageNet's red, green and blue, in this order."""
    return (planes_13HW / np.float32(255) - IMAGENET_MEAN) / IMAGENET_STD


def cosine_window(size: int) -> Grid:
    """(size, size) outer product of two Hanning windows."""
    window = np.hanning(size)
    return np.outer(window, window)


def sigmoid(logits: NDArray[np.floating]) -> Grid:
    """Probability in double precision, without overflow.

    >>> sigmoid(np.array([-1e4, 0.0, 1e4])).round(3).tolist()
    [0.0, 0.5, 1.0]
    """
    result: Grid = 1.0 / (1.0 + np.exp(-np.clip(logits.astype(np.float64), -50.0, 50.0)))
    return result


def grid_boxes(distances: NDArray[np.floating], stride: int) -> Grid:
    """(4, G, G) left, top, right, bottom relative to the crop's centre, from distances to the grid's points."""
    size = distances.shape[-1]
    points = (np.arange(size) - size // 2) * float(stride)
    x, y = points[None, :], points[:, None]
    return np.stack([x - distances[0], y - distances[1], x + distances[2], y + distances[3]])


def follow(
    target: Target, scores: Grid, boxes: Grid, scale: Pair, window: Grid, choice: Choice, image: Image
) -> tuple[Target, float]:
    """The next target and its score, chosen from a grid of candidates.

    Args:
        scores: (G, G) probability of the target.
        boxes: (4, G, G) from :func:`grid_boxes`, in crop pixels.
        scale: crop pixels an image pixel, horizontally and vertically.
        window: (G, G) from :func:`cosine_window`.
        image: bounds the result, see :meth:`Target.bounded`.
    """
    width, height = np.maximum(boxes[2] - boxes[0], 1e-3), np.maximum(boxes[3] - boxes[1], 1e-3)
    last = (target.size[0] * scale[0], target.size[1] * scale[1])
    size_change = _change(_padded_size(width, height) / _padded_size(*last))
    ratio_change = _change((last[0] / last[1]) / (width / height))
    penalty = np.exp(-(size_change * ratio_change - 1) * choice.penalty)
    best = int((penalty * scores * (1 - choice.window) + window * choice.window).argmax())
    score = float(scores.flat[best])
    rate = float(penalty.flat[best]) * score * choice.rate
    left, top, right, bottom = boxes.reshape(4, -1)[:, best] / np.tile(scale, 2)
    shift, found = ((left + right) / 2, (top + bottom) / 2), (right - left, bottom - top)
    centre = target.centre[0] + float(shift[0]), target.centre[1] + float(shift[1])
    blended = [target.size[i] * (1 - rate) + float(found[i]) * rate for i in (0, 1)]
    return Target(centre, (blended[0], blended[1])).bounded(image), score


def _padded_size(width: Grid | float, height: Grid | float) -> Grid:
    padding = (width + height) * 0.5
    area: Grid = np.asarray((width + padding) * (height + padding))
    return np.sqrt(area)


def _change(ratio: Grid) -> Grid:
    return np.maximum(ratio, 1.0 / ratio)
