"""Clips in which a target leaves and comes back elsewhere, cut and pasted from a real clip; a seed decides everything.

First the clip is as it was. Then the target is erased for some frames. Then it is erased where it is and pasted at
another place, perhaps smaller, where it goes on moving as it did. A look-alike, a mirrored copy of another tint, may
stand elsewhere all the while. The annotation is exact, up to the background that a pasted box brings with it. Frames
of other sizes than the first, as of clips that were cut out around their target, are scaled to its size.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from evalkit.benchmarks.synthetic.erasing import erased
from evalkit.boxes import text_rows
from evalkit.errors import InputError
from evalkit.files import write_atomic
from evalkit.sequences.sequence import Frames, Sequence
from evalkit.types import Box, Boxes, Flags, Image

LARGEST = 0.15
"""Part of the image that a target may cover to be put elsewhere."""
SMALLEST = 12.0
"""Pixels that its shorter side must have, after it was scaled."""
LEAST_FRAMES = 30
_BACKGROUNDS = 8
_TRIES = 200
_QUALITY = 95


@dataclass(frozen=True)
class Plan:
    """What is done to a clip of N frames.

    Attributes:
        leaves, returns: numbers of the first frame without the target, and of the first with it again.
        scale: of the returning target's sides.
        boxes: (N, 4) the target's place in the made clip, x, y, w, h, 0-based; NaN while it is away.
        look_alike: (4,) box of the copy that stays; None without one.
    """

    leaves: int
    returns: int
    scale: float
    boxes: Boxes
    look_alike: Box | None = None

    @property
    def absent(self) -> Flags:
        """(N,) the target is away."""
        frames = np.arange(len(self.boxes))
        return (frames >= self.leaves) & (frames < self.returns)


def plan(boxes: Boxes, size: tuple[int, int], seed: int, *, smaller: bool = False, look_alike: bool = False) -> Plan:
    """Decide when the target leaves, for how long, and where it comes back.

    It leaves after a quarter to two fifths of the clip, for a fifth to two fifths of it, and comes back at least a
    quarter of the image's diagonal away from where it was last, if there is such a place.

    Args:
        boxes: (N, 4) the target's in the real clip, 0-based, all of them in the image.
        size: (width, height) of the image.
        smaller: it comes back with 0.5 to 0.8 of its size; otherwise with its own.
        look_alike: something like it stands elsewhere from the first frame on.

    Raises:
        InputError: the clip is too short, the target is not in every frame, or too large or too small.
    """
    count = len(boxes)
    _require_usable(boxes, size)
    stream = np.random.default_rng([seed, count])
    leaves = int(stream.integers(count // 4, 2 * count // 5 + 1))
    returns = leaves + int(stream.integers(count // 5, 2 * count // 5 + 1))
    scale = float(stream.uniform(0.5, 0.8)) if smaller else 1.0
    if scale * boxes[returns:, 2:].min() < SMALLEST:
        raise InputError(f"a target of less than {SMALLEST:g} pixels when it returns", hint="take a larger one")
    sides = boxes[:, 2:] * scale
    centers = boxes[:, :2] + boxes[:, 2:] / 2
    start = _far_place(stream, sides[returns], size, centers[[leaves - 1]])
    path = start + centers - centers[returns]
    path = np.clip(path, sides / 2, np.array(size) - sides / 2)
    made = boxes.copy()
    made[leaves:returns] = np.nan
    made[returns:] = np.hstack([path - sides / 2, sides])[returns:]
    stays = None
    if look_alike:
        place = _far_place(stream, boxes[0, 2:], size, np.vstack([centers[:leaves], path[returns:]]))
        stays = np.concatenate([place - boxes[0, 2:] / 2, boxes[0, 2:]])
    return Plan(leaves, returns, scale, made, stays)


def _inside(boxes: Boxes, size: tuple[int, int]) -> Boxes:
    """The parts of the boxes within the image."""
    start, end = np.clip(boxes[:, :2], 0, size), np.clip(boxes[:, :2] + boxes[:, 2:], 0, size)
    return np.hstack([start, end - start])


def _require_usable(boxes: Boxes, size: tuple[int, int]) -> None:
    if len(boxes) < LEAST_FRAMES:
        raise InputError(f"a clip of {len(boxes)} frames is too short to leave it", hint=f"{LEAST_FRAMES} or more")
    if not (np.isfinite(boxes).all() and (boxes[:, 2:] > 0).all()):
        raise InputError("the target is not in every frame of the clip", hint="take a part of it in which it is")
    share = float((boxes[:, 2] * boxes[:, 3]).max() / (size[0] * size[1]))
    if share > LARGEST:
        raise InputError(f"the target covers {share:.0%} of the image", hint=f"at most {LARGEST:.0%} can be moved")


def _far_place(
    stream: np.random.Generator, sides: NDArray[np.float64], size: tuple[int, int], taken: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(2,) a centre where the whole box is in the image, far from all (K, 2) centres that are taken.

    The first of several random ones that is a quarter of the diagonal away; else the farthest of them.
    """
    span = np.array(size) - sides
    places = sides / 2 + stream.random((_TRIES, 2)) * np.maximum(span, 0)
    distances = np.linalg.norm(places[:, None] - taken[None], axis=2).min(axis=1)
    enough = np.flatnonzero(distances >= 0.25 * np.hypot(*size))
    chosen: NDArray[np.float64] = places[enough[0] if len(enough) else int(np.argmax(distances))]
    return chosen


class CutAndPasted:
    """The frames of a clip after a :class:`Plan`, made when they are asked for.

    Args:
        frames: of the real clip.
        boxes: (N, 4) the target's in it, 0-based, in frames of that size.
        size: (width, height) of all made frames.
        made: what is done to it.
    """

    def __init__(self, frames: Frames, boxes: Boxes, size: tuple[int, int], made: Plan) -> None:
        self.frames, self.boxes, self.size, self.plan = frames, boxes, size, made
        self._background = lru_cache(maxsize=_BACKGROUNDS)(self._scaled)

    def __len__(self) -> int:
        return len(self.plan.boxes)

    def name(self, index: int) -> str:
        """The real frame's file."""
        return self.frames.name(index)

    def read(self, index: int) -> Image:
        """Frame ``index``, uint8 RGB."""
        image = self._scaled(index)
        result = image.copy()
        if index >= self.plan.leaves:
            result = erased(image, self.boxes[index], self._others())
        if self.plan.look_alike is not None:
            first = self._background(0)
            paste(result, look_alike(cut(first, self.boxes[0])), self.plan.look_alike)
        if index >= self.plan.returns:
            paste(result, cut(image, self.boxes[index]), self.plan.boxes[index])
        return result

    def _scaled(self, index: int) -> Image:
        image = self.frames.read(index)
        if (image.shape[1], image.shape[0]) == self.size:
            return image
        return np.asarray(cv2.resize(image, self.size, interpolation=cv2.INTER_AREA), dtype=np.uint8)

    def _others(self) -> list[tuple[Image, Box]]:
        """Frames spread over the clip, with the target's box in each."""
        chosen = np.unique(np.linspace(0, len(self) - 1, _BACKGROUNDS).astype(int))
        return [(self._background(int(index)), self.boxes[index]) for index in chosen]


def cut_and_paste(
    clip: Sequence, seed: int, *, smaller: bool = False, look_alike: bool = False, most: int = 150
) -> Sequence:
    """A sequence in which the target of a real one leaves and comes back elsewhere; see :func:`plan`.

    Args:
        clip: with frames; the target must be in all of them.
        most: frames of it that are taken, from its beginning.

    Raises:
        InputError: the clip has no frames, or cannot be used.
    """
    if clip.frames is None:
        raise InputError(f"{clip.name} has no frames", path=clip.source or None)
    truth = clip.ground_truth[:most]
    sizes = np.array([clip.frames.read(index).shape[1::-1] for index in range(len(truth))], dtype=np.float64)
    size = (int(sizes[0, 0]), int(sizes[0, 1]))
    boxes = _inside(truth * np.tile(size / sizes, 2), size)
    made = plan(boxes, size, seed, smaller=smaller, look_alike=look_alike)
    name = f"{clip.name}-{seed}" + ("-smaller" if smaller else "") + ("-alike" if look_alike else "")
    return replace(
        clip,
        name=name,
        native=made.boxes,
        origin=0,
        frames=CutAndPasted(clip.frames, boxes, size, made),
        absent=made.absent,
        flags={},
        size=size,
        polygons=None,
        omitted=np.empty((0, 4)),
        skipped=0,
        offsets={},
    )


def write_sequence(root: str | Path, sequence: Sequence) -> Path:
    """Write a made sequence into ``root/<name>`` as benchmark ``folder`` reads it; returns that folder.

    Absent frames have rows of ``nan``. Images are JPEG files.

    Raises:
        InputError: the folder cannot be written, or a frame cannot be read.
    """
    assert sequence.frames is not None
    folder = Path(root) / sequence.name
    for index in range(len(sequence)):
        image = sequence.frames.read(index)
        _, encoded = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        write_atomic(folder / "img" / f"{index + 1:08d}.jpg", encoded.tobytes())
    write_atomic(folder / "groundtruth.txt", text_rows(sequence.native))
    return folder


def cut(image: Image, box: Box) -> Image:
    """(h, w, 3) what is in the box, rounded to whole pixels, at least one, and cut at the border."""
    x, y, w, h = box.tolist()
    left, top = min(max(round(x), 0), image.shape[1] - 1), min(max(round(y), 0), image.shape[0] - 1)
    right, bottom = max(min(round(x + w), image.shape[1]), left + 1), max(min(round(y + h), image.shape[0]), top + 1)
    return image[top:bottom, left:right].copy()


def look_alike(patch: Image) -> Image:
    """The patch mirrored, with its colours moved a third of the way to their opposites' order (red for blue)."""
    mirrored = patch[:, ::-1].astype(np.float64)
    tinted: Image = np.rint(2 / 3 * mirrored + 1 / 3 * mirrored[..., ::-1]).astype(np.uint8)
    return tinted


def paste(canvas: Image, patch: Image, box: Box) -> None:
    """Put a patch where the box is, in place, scaled to it; its corners are rounded and its edge is soft."""
    x, y, w, h = box.tolist()
    left, top, right, bottom = int(np.floor(x)), int(np.floor(y)), int(np.ceil(x + w)), int(np.ceil(y + h))
    left, top = max(left, 0), max(top, 0)
    right, bottom = min(right, canvas.shape[1]), min(bottom, canvas.shape[0])
    if left >= right or top >= bottom:
        return
    rows, columns = np.mgrid[top:bottom, left:right] + 0.5
    u, v = (columns - x) / w, (rows - y) / h
    map_x = (u * patch.shape[1] - 0.5).astype(np.float32)
    map_y = (v * patch.shape[0] - 0.5).astype(np.float32)
    smooth = patch if w >= patch.shape[1] else cv2.GaussianBlur(patch, (0, 0), 0.4 * patch.shape[1] / w)
    colours = cv2.remap(smooth, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    radius = (np.abs(2 * u - 1) ** 6 + np.abs(2 * v - 1) ** 6) ** (1 / 6)  # 1 on a box with rounded corners
    alpha = np.clip((1.0 - radius) * min(w, h) / 4, 0.0, 1.0)[..., None]
    part = canvas[top:bottom, left:right]
    part[:] = np.rint(part + alpha * (colours.astype(np.float64) - part)).astype(np.uint8)
