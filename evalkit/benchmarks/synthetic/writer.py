"""Render the demo benchmark to disk."""

from __future__ import annotations

from math import ceil
from pathlib import Path

import cv2
import numpy as np

from evalkit.benchmarks.synthetic.rendering import noise_texture, paint
from evalkit.benchmarks.synthetic.scenes import FRAMES, RETURNS, SCENES, SIZE, Scene, area, bounding_box
from evalkit.files import write_atomic
from evalkit.types import Box, Image

_JPEG_QUALITY = 92


_FIRST_RETURN = 1000
"""Added to the number of a long-term scene, so that no other has its stream of random numbers."""


def render(root: str | Path, seed: int = 0, frames: int = FRAMES) -> Path:
    """Render every scene of the demo to ``root/demo/val/<sequence>/`` and return ``root/demo``.

    The same seed gives the same bytes (with the same JPEG encoder).

    Raises:
        InputError: the folder cannot be written.
    """
    return _render(Path(root) / "demo", SCENES, seed, frames)


def render_long_term(root: str | Path, seed: int = 0, frames: int = FRAMES) -> Path:
    """The same of the scenes in which the target leaves, in ``root/demo_lt``."""
    return _render(Path(root) / "demo_lt", RETURNS, seed, frames, first=_FIRST_RETURN)


def _render(folder: Path, scenes: tuple[Scene, ...], seed: int, frames: int, first: int = 0) -> Path:
    split = folder / "val"
    for index, scene in enumerate(scenes, start=first):
        _write_sequence(split / scene.name, scene, np.random.default_rng([seed, index]), frames)
    write_atomic(split / "list.txt", "".join(f"{scene.name}\n" for scene in scenes))
    return folder


def _write_sequence(folder: Path, scene: Scene, rng: np.random.Generator, frames: int) -> None:
    boxes, visible = [], []
    for number, (image, box, share) in enumerate(draw(scene, rng, frames), start=1):
        _, encoded = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
        write_atomic(folder / f"{number:08d}.jpg", encoded.tobytes())
        boxes.append(box)
        visible.append(share)
    cover = [ceil(8 * share) if share > 0.0 else 0 for share in visible]
    cut = [int(_is_cut(box)) for box in boxes]
    labels = {"absence": [int(share == 0.0) for share in visible], "cover": cover, "cut_by_image": cut}
    for label, values in labels.items():
        write_atomic(folder / f"{label}.label", "".join(f"{value}\n" for value in values))
    rows = (",".join(map(repr, box.tolist())) + "\n" for box in boxes)
    write_atomic(folder / "groundtruth.txt", "".join(rows))
    width, height = SIZE
    write_atomic(folder / "meta_info.ini", f"[METAINFO]\nresolution: ({width}, {height})\nanno_fps: 30Hz\n")


def draw(scene: Scene, rng: np.random.Generator, frames: int) -> list[tuple[Image, Box, float]]:
    """Picture, box and visible share of the target, for every frame.

    The box is that of the part inside the picture, hidden or not; zeros when the target cannot be seen at all.
    """
    width, height = SIZE
    margin_x, margin_y = (ceil(abs(shift)) for shift in scene.pan)
    background = noise_texture(rng, width + 2 * margin_x, height + 2 * margin_y, 48, contrast=0.7)
    texture = noise_texture(rng, 64, 64, 24, contrast=1.6)
    curtain = noise_texture(rng, 64, 256, 8, contrast=0.4)
    times = np.linspace(0.0, 1.0, frames)
    targets, others = scene.target(times), [distractor(times) for distractor in scene.distractors]
    drawn = []
    for index, time in enumerate(times):
        x, y = (round(margin + shift * time) for margin, shift in zip((margin_x, margin_y), scene.pan, strict=True))
        image = background[y : y + height, x : x + width].copy()
        for other in others:
            paint(image, texture, other[index], ellipse=scene.ellipse)
        pose = targets[index]
        seen = paint(image, texture, pose, ellipse=scene.ellipse)
        if scene.occluder is not None:
            seen *= 1.0 - paint(image, curtain, scene.occluder, ellipse=False)
        share = min(float(seen.sum()) / area(pose, ellipse=scene.ellipse), 1.0)
        box = _inside(bounding_box(pose, ellipse=scene.ellipse)) if share > 0.0 else np.zeros(4)
        drawn.append((image, box, share))
    return drawn


def _inside(box: Box) -> Box:
    start = np.clip(box[:2], 0.0, SIZE)
    return np.concatenate([start, np.clip(box[:2] + box[2:], 0.0, SIZE) - start])


def _is_cut(box: Box) -> bool:
    touches = (box[:2] <= 0.0) | (box[:2] + box[2:] >= np.array(SIZE))
    return bool(touches.any())
