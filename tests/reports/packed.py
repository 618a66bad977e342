"""Reads what the page holds of frames, by the description in ``reports.page.frames`` alone."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reports.page.frames import MISSING, NO_BOX, PARTS_OF_A_PIXEL, STEPS


@dataclass(frozen=True)
class Unpacked:
    """Lines by (kind, tracker), numbers of the played frames, (N, 4) boxes by tracker; NaN where there is nothing."""

    lines: Mapping[tuple[str, int], NDArray[np.float64]]
    played: list[int]
    boxes: Mapping[int, NDArray[np.float64]]


def unpacked(packed: Mapping[str, Any]) -> Unpacked:
    """A sequence's part of the page's data."""
    content = zlib.decompress(base64.b64decode(packed["bytes"]))
    length, lines = packed["length"], {}
    for kind, tracker, low, high in packed["lines"]:
        steps, content = np.cumsum(np.frombuffer(content[:length], dtype=np.uint8), dtype=np.uint8), content[length:]
        lines[kind, tracker] = np.where(steps == MISSING, np.nan, low + steps / STEPS * (high - low))
    size = 4 * packed["played"]
    numbers = [summed(content[at : at + size]) for at in range(0, len(content), size or 1)]
    boxes = {}
    for at, tracker in enumerate(packed["boxes"]):
        corners = np.stack(numbers[1 + 4 * at : 5 + 4 * at], axis=1).astype(np.float64)
        boxes[tracker] = np.where(corners == NO_BOX, np.nan, corners / PARTS_OF_A_PIXEL)
    return Unpacked(lines, numbers[0] if numbers else [], boxes)


def summed(planes: bytes) -> list[int]:
    """The numbers that :func:`reports.page.frames.differences` packed."""
    columns = np.frombuffer(planes, dtype=np.uint8).reshape(4, -1).astype(np.int64)
    folded = columns[0] + (columns[1] << 8) + (columns[2] << 16) + (columns[3] << 24)
    steps = np.where(folded % 2, -(folded + 1) // 2, folded // 2)
    return [int(value) for value in np.cumsum(steps)]
