"""Render the demo's benchmarks to disk."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil
from pathlib import Path

import cv2
import numpy as np

from evalkit.benchmarks.synthetic import film, returns
from evalkit.benchmarks.synthetic.film import SIZE
from evalkit.benchmarks.synthetic.returns import RETURNS
from evalkit.benchmarks.synthetic.scenes import FRAMES, SCENES
from evalkit.boxes import text_rows
from evalkit.files import write_atomic
from evalkit.types import Box, Image

_JPEG_QUALITY = 92
EDITION = 2
"""Of the demo's looks, part of every stream of random numbers: another one moves every box, so that a run on the scenes
of one edition is never taken up on those of another."""
_FIRST_RETURN = 1000
"""Added to the number of a long-term scene, so that no other has its stream of random numbers."""


def render(root: str | Path, seed: int = 0, frames: int = FRAMES) -> Path:
    """Render every scene of the demo to ``root/demo/val/<sequence>/`` and return ``root/demo``.

    The same seed gives the same bytes (with the same OpenCV), another one other things, colours, shaking and boxes.

    Raises:
        InputError: the folder cannot be written.
    """
    streams = (np.random.default_rng([EDITION, seed, index]) for index in range(len(SCENES)))
    clips = ((scene.name, film.draw(scene, rng, frames)) for scene, rng in zip(SCENES, streams, strict=True))
    return _write(Path(root) / "demo", clips)


def render_long_term(root: str | Path, seed: int = 0, frames: int = FRAMES) -> Path:
    """The same of the scenes in which the target leaves, in ``root/demo_lt``."""
    streams = (np.random.default_rng([seed, _FIRST_RETURN + index]) for index in range(len(RETURNS)))
    clips = ((scene.name, returns.draw(scene, rng, frames)) for scene, rng in zip(RETURNS, streams, strict=True))
    return _write(Path(root) / "demo_lt", clips)


Drawn = list[tuple[Image, Box, float]]


def _write(folder: Path, clips: Iterable[tuple[str, Drawn]]) -> Path:
    split, names = folder / "val", []
    for name, drawn in clips:
        _write_sequence(split / name, drawn)
        names.append(name)
    write_atomic(split / "list.txt", "".join(f"{name}\n" for name in names))
    return folder


def _write_sequence(folder: Path, drawn: Drawn) -> None:
    for number, (image, _, _) in enumerate(drawn, start=1):
        _, encoded = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
        write_atomic(folder / f"{number:08d}.jpg", encoded.tobytes())
    boxes, visible = [box for _, box, _ in drawn], [share for _, _, share in drawn]
    cover = [ceil(8 * share) if share > 0.0 else 0 for share in visible]
    cut = [int(_is_cut(box)) for box in boxes]
    labels = {"absence": [int(share == 0.0) for share in visible], "cover": cover, "cut_by_image": cut}
    for label, values in labels.items():
        write_atomic(folder / f"{label}.label", "".join(f"{value}\n" for value in values))
    write_atomic(folder / "groundtruth.txt", text_rows(np.array(boxes)))
    width, height = SIZE
    write_atomic(folder / "meta_info.ini", f"[METAINFO]\nresolution: ({width}, {height})\nanno_fps: 30Hz\n")


def _is_cut(box: Box) -> bool:
    touches = (box[:2] <= 0.0) | (box[:2] + box[2:] >= np.array(SIZE))
    return bool(touches.any())
