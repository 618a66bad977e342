"""Synthetic clips: cut-outs that move, turn and scale over backgrounds, among look-alikes and occluders."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from evalkit.types import Box, Image
from stdtrack.training.augmentation import apply_colour, as_image, draw_colour, motion_kernel, paste, soft_shape
from stdtrack.training.frame_sampling import Shots

CANVAS = 224
"""Side of a synthetic frame in pixels: a search window of a target of the usual size fits into it."""
TARGET = (26, 60)
"""Smallest and largest geometric mean of a target's sides at the start, in pixels."""
LONGEST = 64
"""Longer side of a cut-out in pixels, at most."""
WHITE = 240
"""A pixel all of whose channels are above this is white paper."""
COVERED = 0.6
"""A target of which occluders hide more than this share does not count as visible."""


@dataclass(frozen=True)
class CutOut:
    """A target without its surroundings: ``patch`` (h, w, 3) and ``alpha`` (h, w) in [0, 1]."""

    patch: Image
    alpha: np.ndarray


@dataclass(frozen=True)
class Path:
    """Smooth motion: ``centre`` (N, 2) pixels, ``scale`` (N,) and ``angle`` (N,) radians."""

    centre: np.ndarray
    scale: np.ndarray
    angle: np.ndarray


def smooth_walk(frames: int, step: float, dims: int, rng: np.random.Generator) -> np.ndarray:
    """(N, D) positions of a walk with inertia: the velocity changes slowly, its size is about ``step`` a frame."""
    velocity = np.zeros((frames, dims))
    velocity[0] = rng.normal(0, step, size=dims)
    for index in range(1, frames):
        velocity[index] = 0.8 * velocity[index - 1] + rng.normal(0, 0.6 * step, size=dims)
    return np.cumsum(velocity, axis=0)


def draw_path(frames: int, size: float, rng: np.random.Generator) -> Path:
    """A path inside the canvas for a target of ``size`` pixels; it bounces off the border."""
    start = rng.uniform(0.2, 0.8, size=2) * CANVAS
    centre = start + smooth_walk(frames, size * rng.uniform(0.02, 0.3), 2, rng)
    centre = CANVAS - np.abs(CANVAS - np.abs(centre) % (2 * CANVAS))
    scale = np.exp(np.clip(smooth_walk(frames, 0.025, 1, rng)[:, 0], -0.6, 0.6))
    return Path(centre, scale, np.clip(smooth_walk(frames, 0.04, 1, rng)[:, 0], -0.8, 0.8))


def crossing_path(own: Path, first: int, size: float, rng: np.random.Generator) -> Path:
    """A straight path that meets ``own`` in some frame from ``first`` on."""
    count = len(own.scale)
    meeting, angle = rng.integers(first, count), rng.uniform(0, 2 * np.pi)
    step = size * rng.uniform(0.1, 0.6) * np.array([np.cos(angle), np.sin(angle)])
    centre = own.centre[meeting] + (np.arange(count) - meeting)[:, None] * step
    return Path(centre, np.ones(count), np.full(count, rng.uniform(-0.5, 0.5)))


def cut_out(image: Image, box: Box, rng: np.random.Generator) -> CutOut:
    """Cut a target out of an image: by GrabCut where that gives a plausible outline, else by a soft shape."""
    height, width = image.shape[:2]
    x0, y0 = np.maximum(np.floor(box[:2]).astype(int), 0)
    x1, y1 = np.minimum(np.ceil(box[:2] + box[2:]).astype(int), [width, height])
    scale = min(1.0, LONGEST / max(x1 - x0, y1 - y0, 1))
    margin = int(max(3, 0.15 * max(x1 - x0, y1 - y0)))
    left, top = max(x0 - margin, 0), max(y0 - margin, 0)
    region = image[top : y1 + margin, left : x1 + margin]
    region = as_image(cv2.resize(region, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    inner = np.rint(np.array([x0 - left, y0 - top, x1 - x0, y1 - y0]) * scale).astype(int)
    alpha = _grab_cut(region, inner)
    x, y, w, h = inner[0], inner[1], max(inner[2], 4), max(inner[3], 4)
    patch = np.ascontiguousarray(region[y : y + h, x : x + w])
    cut = alpha[y : y + h, x : x + w]
    if not 0.25 < cut.mean() < 0.95:
        cut = soft_shape(patch.shape[1], patch.shape[0], rng)
    return CutOut(patch, cv2.GaussianBlur(cut.astype(np.float32), (0, 0), 0.7))


def cut_from_white(image: Image, box: Box) -> CutOut | None:
    """Cut a thing out of a picture in which it stands alone on white; None where hardly anything is, or is not, white.

    White that the thing encloses belongs to it, and so does a dark background: what counts is what is connected to the
    picture's border.
    """
    height, width = image.shape[:2]
    white = np.pad((image.min(axis=2) > WHITE).astype(np.uint8), 1, constant_values=1)
    cv2.floodFill(white, None, (0, 0), 2)
    x0, y0 = np.maximum(np.floor(box[:2]).astype(int), 0)
    x1, y1 = np.minimum(np.ceil(box[:2] + box[2:]).astype(int), [width, height])
    alpha = (white[1:-1, 1:-1] != 2).astype(np.float32)[y0:y1, x0:x1]
    if min(alpha.shape) < 8 or not 0.1 < alpha.mean() < 0.98:
        return None
    scale = min(1.0, LONGEST / max(alpha.shape))
    patch = as_image(cv2.resize(image[y0:y1, x0:x1], None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    small = cv2.resize(alpha, patch.shape[1::-1], interpolation=cv2.INTER_AREA).astype(np.float32)
    # The rim's pixels are half white: a little of it goes.
    return CutOut(patch, np.clip(cv2.GaussianBlur(small, (0, 0), 0.7) * 2 - 1, 0, 1))


def _grab_cut(region: Image, inner: np.ndarray) -> np.ndarray:
    """(H, W) mask in {0, 1} of the foreground inside a rectangle; zeros where there is too little around it."""
    mask = np.zeros(region.shape[:2], dtype=np.uint8)
    around = mask.size - inner[2] * inner[3]
    if min(inner[2], inner[3]) < 8 or around < 64:
        return mask
    cv2.setRNGSeed(0)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(region, mask, inner.tolist(), *models, 2, cv2.GC_INIT_WITH_RECT)
    return np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)


def put(canvas: Image, cut: CutOut, size: float, path: Path, index: int) -> tuple[Box, np.ndarray]:
    """Draw a cut-out at its place in frame ``index``, in place.

    Returns:
        its box, and its alpha on the whole canvas (CANVAS, CANVAS).
    """
    height, width = cut.alpha.shape
    zoom = size / np.sqrt(height * width) * path.scale[index]
    sine, cosine = np.sin(path.angle[index]) * zoom, np.cos(path.angle[index]) * zoom
    linear = np.array([[cosine, -sine], [sine, cosine]])
    matrix = np.column_stack([linear, path.centre[index] - linear @ [(width - 1) / 2, (height - 1) / 2]])
    reach = int(np.ceil(np.hypot(width, height) * zoom / 2)) + 2
    left, top = (path.centre[index] - reach).astype(int)
    matrix[:, 2] -= [left, top]
    side = (2 * reach, 2 * reach)
    patch = cv2.warpAffine(cut.patch, matrix, side, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    alpha = cv2.warpAffine(cut.alpha, matrix, side, flags=cv2.INTER_LINEAR)
    paste(canvas, as_image(patch), alpha, left, top)
    rows, columns = np.flatnonzero((alpha > 0.4).any(1)), np.flatnonzero((alpha > 0.4).any(0))
    if not len(rows):
        rows = columns = np.array([reach, reach])
    box = np.array([left + columns[0], top + rows[0], columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1.0])
    shown = np.zeros(canvas.shape[:2], dtype=np.float32)
    paste_alpha(shown, alpha, left, top)
    return box, shown


def paste_alpha(canvas: np.ndarray, alpha: np.ndarray, left: int, top: int) -> None:
    """Write ``alpha`` into ``canvas`` (H, W) at a place, dropping what lies outside; in place."""
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + alpha.shape[1], canvas.shape[1]), min(top + alpha.shape[0], canvas.shape[0])
    if x0 < x1 and y0 < y1:
        canvas[y0:y1, x0:x1] = alpha[y0 - top : y1 - top, x0 - left : x1 - left]


def look_alike(cut: CutOut, rng: np.random.Generator) -> CutOut:
    """The same thing, but another: mirrored at times, in other colours."""
    patch = apply_colour(cut.patch, draw_colour(0.35, rng))
    if rng.random() < 0.5:
        return CutOut(np.ascontiguousarray(patch[:, ::-1]), np.ascontiguousarray(cut.alpha[:, ::-1]))
    return CutOut(patch, cut.alpha)


def background_views(image: Image, frames: int, rng: np.random.Generator) -> list[Image]:
    """(N of CANVAS x CANVAS x 3) views of a picture under a slowly panning and zooming camera."""
    height, width = image.shape[:2]
    zoom = CANVAS / (min(height, width) * rng.uniform(0.5, 0.95))
    drift = smooth_walk(frames, 2.0 * rng.random(), 2, rng)
    middle = np.array([width, height]) / 2 + rng.uniform(-0.15, 0.15, size=2) * [width, height]
    views = []
    for shift in drift:
        matrix = np.column_stack([np.diag([zoom, zoom]), CANVAS / 2 - zoom * middle + shift])
        view = cv2.warpAffine(image, matrix, (CANVAS, CANVAS), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        views.append(as_image(view))
    return views


def compose(
    background: Image, target: CutOut, other: CutOut, templates: int, frames: int, rng: np.random.Generator
) -> Shots:
    """Render one clip of templates + frames views.

    Up to two distractors (look-alikes of the target or another thing) pass under it; in some clips an occluder
    passes over it, and frames in which that hides most of it count as absent.
    """
    count = templates + frames
    size = float(np.exp(rng.uniform(*np.log(TARGET))))
    own = draw_path(count, size, rng)
    actors = [
        (
            look_alike(target, rng) if rng.random() < 0.6 else other,
            size * rng.uniform(0.75, 1.3),
            draw_path(count, size, rng),
        )
        for _ in range(rng.integers(0, 3))
    ]
    cover = (
        (other, size * rng.uniform(0.6, 1.3), crossing_path(own, templates, size, rng)) if rng.random() < 0.3 else None
    )
    kernel = motion_kernel(int(rng.integers(3, 8)), rng.uniform(0, np.pi)) if rng.random() < 0.15 else None
    images, boxes, visible = [], [], []
    for index, canvas in enumerate(background_views(background, count, rng)):
        for actor in actors:
            put(canvas, *actor, index)
        box, alpha = put(canvas, target, size, own, index)
        hidden = 0.0
        if cover is not None and index >= templates:
            _, over = put(canvas, *cover, index)
            hidden = float((alpha * over).sum() / max(alpha.sum(), 1.0))
        images.append(canvas if kernel is None else as_image(cv2.filter2D(canvas, -1, kernel)))
        boxes.append(box)
        visible.append(hidden < COVERED)
    return Shots(tuple(images), np.stack(boxes), np.array(visible), templates)


def texture(height: int, width: int, rng: np.random.Generator) -> Image:
    """A procedural picture: coloured noise of several octaves with a few flat shapes."""
    image = np.zeros((height, width, 3), dtype=np.float32)
    for cells in (2, 4, 8, 16, 32):
        coarse = rng.uniform(-1, 1, size=(cells, cells, 3)).astype(np.float32)
        image += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC) * (50.0 / np.sqrt(cells))
    image += rng.uniform(60, 190, size=3).astype(np.float32)
    for _ in range(rng.integers(0, 8)):
        x, y = rng.integers(0, width), rng.integers(0, height)
        corner = (int(x + rng.integers(4, width // 2)), int(y + rng.integers(4, height // 2)))
        cv2.rectangle(image, (int(x), int(y)), corner, rng.uniform(0, 255, size=3).tolist(), -1)
    return np.clip(image, 0, 255).astype(np.uint8)


def procedural_cut_out(rng: np.random.Generator) -> CutOut:
    """A textured blob of a random shape."""
    height, width = rng.integers(24, 64, size=2)
    return CutOut(texture(int(height), int(width), rng), soft_shape(int(width), int(height), rng))
