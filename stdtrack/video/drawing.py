"""What trackers found, drawn on the frame: boxes in each one's colour, and a legend with scores and speeds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as Pictures
from PIL import ImageDraw, ImageFont

from evalkit.shown import shortened
from evalkit.trackers.base import Prediction
from evalkit.types import Box, Image
from stdtrack.video.following import Followed, Found

Colour = tuple[int, int, int]
TEXT, SHADE, TRUTH = (255, 255, 255), (16, 18, 22), (255, 255, 255)
SHADE_SHARE = 0.62
"""How much of the ground under a legend is hidden."""


@dataclass(frozen=True)
class Look:
    """How a tracker is drawn: RGB, a pattern of pixels on and off (empty for a solid line), a thick line."""

    label: str
    colour: Colour
    dash: tuple[float, ...] = ()
    bold: bool = False


ANNOTATION = Look("annotation", TRUTH)


def overlaid(followed: Followed, looks: Mapping[str, Look], truth: Box | None = None) -> Image:
    """(H, W, 3) a copy of the frame with all trackers' boxes, and one legend.

    Args:
        looks: of each tracker, in the legend's order.
        truth: (4,) the annotated box, drawn in white beneath the others; NaN where the frame has none, None where
            nothing is annotated.
    """
    picture = np.ascontiguousarray(followed.frame.image).copy()
    _mark(picture, followed, looks, truth)
    rows = [(look, _figures(followed.found[name])) for name, look in looks.items()]
    return _with_legend(picture, rows if truth is None else [*rows, (ANNOTATION, ("", ""))])


def tiled(followed: Followed, looks: Mapping[str, Look], truth: Box | None = None) -> Image:
    """(rows x H, columns x W, 3) the frame once for each tracker, side by side; arguments as :func:`overlaid`'s.

    Tiles are scaled down, so that the picture is not much larger than two frames.
    """
    columns = math.ceil(math.sqrt(len(looks)))
    rows = math.ceil(len(looks) / columns)
    height, width = followed.frame.image.shape[:2]
    scale = min(1.0, 2.0 / columns)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    canvas = np.full((rows * size[1], columns * size[0], 3), SHADE, np.uint8)
    for place, (name, look) in enumerate(looks.items()):
        picture = np.ascontiguousarray(followed.frame.image).copy()
        _mark(picture, followed, {name: look}, truth)
        tile = _with_legend(_resized(picture, size), [(look, _figures(followed.found[name]))])
        top, left = (place // columns) * size[1], (place % columns) * size[0]
        canvas[top : top + size[1], left : left + size[0]] = tile
    return canvas


def _resized(picture: Image, size: tuple[int, int]) -> Image:
    if (picture.shape[1], picture.shape[0]) == size:
        return picture
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _mark(picture: Image, followed: Followed, looks: Mapping[str, Look], truth: Box | None) -> None:
    """Draw the boxes; the first tracker's lies on top."""
    thickness = max(1, round(min(picture.shape[:2]) / 300))
    if truth is not None and np.isfinite(truth).all():
        _outline(picture, truth, SHADE, (), thickness + 2)
        _outline(picture, truth, TRUTH, (), thickness)
    for name, look in reversed(list(looks.items())):
        line = thickness * 2 if look.bold else thickness + (truth is None)
        _outline(picture, followed.found[name].prediction.box, look.colour, look.dash, line)


def _outline(picture: Image, box: Box, colour: Colour, dash: Sequence[float], thickness: int) -> None:
    """Draw a rectangle's four sides, dashed where asked for; what lies outside is cut off."""
    reach = 4.0 * max(picture.shape[:2])
    x0, y0, x1, y1 = np.clip([*box[:2], *(box[:2] + box[2:])], -reach, reach).tolist()
    # A line's ends are round, and take a thickness off each gap.
    pattern = [(length + 2 * (at % 2)) * thickness for at, length in enumerate(dash)]
    for start, end in (((x0, y0), (x1, y0)), ((x1, y0), (x1, y1)), ((x1, y1), (x0, y1)), ((x0, y1), (x0, y0))):
        for first, last in _dashes(start, end, pattern):
            cv2.line(picture, first, last, colour, thickness, cv2.LINE_AA)


def _dashes(
    start: tuple[float, float], end: tuple[float, float], pattern: Sequence[float]
) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """The drawn pieces of a side, corners rounded to whole pixels."""
    length = math.dist(start, end)
    at, drawn, step = 0.0, True, 0
    while at < length or not step:
        upto = min(length, at + pattern[step % len(pattern)]) if pattern else length
        if drawn:
            yield _between(start, end, at / (length or 1.0)), _between(start, end, upto / (length or 1.0))
        at, drawn, step = upto, not drawn, step + 1


def _between(start: tuple[float, float], end: tuple[float, float], share: float) -> tuple[int, int]:
    return round(start[0] + share * (end[0] - start[0])), round(start[1] + share * (end[1] - start[1]))


def _figures(found: Found) -> tuple[str, str]:
    """Score and speed in words, the speed empty where none was measured yet."""
    return _score(found.prediction), f"{found.rate:.0f} FPS" if found.rate else ""


def _score(prediction: Prediction) -> str:
    return "lost" if prediction.visible is False else f"{prediction.score:.2f}"


def _with_legend(picture: Image, rows: Sequence[tuple[Look, tuple[str, str]]]) -> Image:
    """The picture with a shaded panel in its corner: a line in the tracker's colour, its label, score and speed."""
    size = max(10, round(min(picture.shape[:2]) / 24))
    font, pad = _font(size, "".join(look.label for look, _ in rows)), size // 2
    fitted = [_fitted(look.label, font, picture.shape[1] - 13 * size) for look, _ in rows]
    name = max(math.ceil(font.getlength(text)) for text in fitted)
    score, speed = (
        max(math.ceil(font.getlength(text)) for text in texts) for texts in (("0.00", "lost"), ("0000 FPS",))
    )
    swatch, height = 2 * size, round(1.45 * size)
    width = min(picture.shape[1], swatch + name + score + speed + 5 * pad)
    bottom = min(picture.shape[0], height * len(rows) + 2 * pad)
    ground = picture[:bottom, :width]
    ground[:] = np.rint(ground * (1.0 - SHADE_SHARE) + np.array(SHADE) * SHADE_SHARE).astype(np.uint8)
    panel = Pictures.fromarray(ground)
    draw = ImageDraw.Draw(panel)
    for row, ((look, (told, rate)), label) in enumerate(zip(rows, fitted, strict=True)):
        middle = pad + row * height + height // 2
        _swatch(draw, look, (pad, middle, pad + swatch - pad, max(2, size // 5)))
        left = pad + swatch
        draw.text((left, middle), label, font=font, fill=TEXT, anchor="lm")
        draw.text((left + name + 2 * pad + score, middle), told, font=font, fill=TEXT, anchor="rm")
        draw.text((left + name + 3 * pad + score + speed, middle), rate, font=font, fill=TEXT, anchor="rm")
    ground[:] = np.asarray(panel)
    return picture


def _swatch(draw: ImageDraw.ImageDraw, look: Look, place: tuple[int, int, int, int]) -> None:
    """A piece of the tracker's line: ``place`` is left, middle, right and thickness."""
    left, middle, right, thick = place
    for (first, _), (last, _) in _dashes((left, middle), (right, middle), [length * thick / 2 for length in look.dash]):
        draw.line((first, middle, last, middle), fill=look.colour, width=thick)


def _fitted(label: str, font: ImageFont.FreeTypeFont, width: float) -> str:
    """The label, shortened in its middle where it is wider."""
    kept = len(label)
    while kept > 5 and font.getlength(shortened(label, kept)) > width:
        kept -= 1
    return shortened(label, kept)


@lru_cache(maxsize=16)
def _font(size: int, letters: str) -> ImageFont.FreeTypeFont:
    """The plots' own font, or the installed one that has letters which it lacks."""
    from matplotlib import font_manager, get_data_path

    from reports.plots.fonts import fallbacks

    families = fallbacks([letters])[0]
    own = Path(get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    path = font_manager.findfont(families[0]) if families else own
    return ImageFont.truetype(str(path), size)
