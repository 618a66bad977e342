"""Other boxes and other frames to start on: OTB's spatial and temporal robustness, and boxes as people draw them.

OTB's rules are those of ``shiftInitBB.m`` and ``splitSeqTRE.m`` (zhangzheng0131/Tracker_Benchmark_tb100), in 1-based
coordinates. Its ``genPerfMat.m`` counts the frames of all runs on a clip together; see ``clip_of`` in
:mod:`evalkit.scoring.aggregation`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from evalkit.benchmarks.variations import Setting, Variation
from evalkit.errors import InputError
from evalkit.sequences.later import from_frame
from evalkit.sequences.sequence import Sequence
from evalkit.types import Box, Boxes

SCALES: Mapping[str, float] = {"scale_8": 0.8, "scale_9": 0.9, "scale_11": 1.1, "scale_12": 1.2}
SHIFTS: Mapping[str, tuple[int, int]] = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
CORNERS: Mapping[str, tuple[int, int]] = {
    "topLeft": (-1, -1), "topRight": (1, -1), "bottomLeft": (-1, 1), "bottomRight": (1, 1),
}  # fmt: skip
SRE_STARTS = (*SHIFTS, *CORNERS, *SCALES)
"""OTB's twelve, in its order."""
TRE_SEGMENTS, TRE_SHORTEST = 20, 20
HAND_DRAWN_SIDE = 0.0375
"""Standard deviation of each side's place, in widths or heights: a mean IoU of about 0.88 with the annotation, which is
how well people's boxes agree (Papadopoulos et al., Extreme clicking, ICCV 2017)."""
HAND_DRAWN_BOXES = 5


def spatial_start(box: Box, start: str, width: int, height: int) -> Box:
    """OTB's shifted or scaled first box.

    Shifts move by a tenth of the size, rounded up; corners pull one corner out by a tenth and keep the opposite one;
    scales keep the centre. Then the box is cut to the image.

    Args:
        box: (4,) x, y, w, h, 1-based.
        start: one of :data:`SRE_STARTS`.
        width, height: of the image.

    >>> spatial_start(np.array([100.0, 50, 41, 30]), "left", 640, 480).tolist()
    [95.0, 50.0, 41.0, 30.0]
    >>> spatial_start(np.array([100.0, 50, 41, 30]), "topLeft", 640, 480).tolist()
    [96.0, 47.0, 45.0, 33.0]
    """
    x, y, w, h = box.tolist()
    if start in SCALES:
        scaled_w, scaled_h = SCALES[start] * w, SCALES[start] * h
        corner = (x + w / 2 - scaled_w / 2, y + h / 2 - scaled_h / 2)
        x, y, w, h = (_round(value) for value in (*corner, scaled_w, scaled_h))
    elif start in SHIFTS:
        across, down = SHIFTS[start]
        x, y = x + across * math.ceil(0.1 * w), y + down * math.ceil(0.1 * h)
    else:
        x, y, w, h = _pulled(x, y, w, h, *CORNERS[start])
    x, y = max(x, 1.0), max(y, 1.0)
    w = width - x + 1 if x + w - 1 > width else w
    h = height - y + 1 if y + h - 1 > height else h
    return np.array([x, y, w, h], dtype=np.float64)


def _pulled(x: float, y: float, w: float, h: float, across: int, down: int) -> tuple[float, float, float, float]:
    right, bottom = x + w - 1, y + h - 1
    if across < 0:
        x = _round(x - 0.1 * w)
    else:
        right = _round(right + 0.1 * w)
    if down < 0:
        y = _round(y - 0.1 * h)
    else:
        bottom = _round(bottom + 0.1 * h)
    return x, y, right - x + 1, bottom - y + 1


def _round(value: float) -> float:
    """MATLAB's: halves away from zero."""
    return math.copysign(math.floor(abs(value) + 0.5), value)


def temporal_starts(boxes: Boxes) -> NDArray[np.intp]:
    """(20,) the frames, 0-based, on which OTB's temporal runs start; each lasts to the end of the clip.

    Of the frames with x, y, w and h above 0 those up to the last that leaves 20 frames are parted evenly. OTB's formula
    gives fewer starts where there are fewer than 19 such frames; here the last one is then repeated.

    Args:
        boxes: (N, 4) annotation, 1-based; frames that OTB's ``initOmit`` leaves out are no part of it.

    Raises:
        InputError: no frame can be started on.

    >>> temporal_starts(np.ones((115, 4)))[[0, 1, 2, 18, 19]].tolist()
    [0, 5, 10, 90, 95]
    """
    valid = np.flatnonzero((boxes > 0).all(axis=1))  # false for NaN
    if not len(valid):
        raise InputError("no frame has a box with x, y, w and h above 0, on which OTB's temporal runs could start")
    early = np.flatnonzero(len(boxes) - valid >= TRE_SHORTEST)
    last = int(early[-1]) + 1 if len(early) else 1  # counted from 1, as the formula
    step = last / (TRE_SEGMENTS - 1)
    counted = [min(math.floor(1 + k * step), last) for k in range(TRE_SEGMENTS - 1)]
    starts: NDArray[np.intp] = valid[np.array([*counted, last]) - 1]
    return starts


def hand_drawn(box: Box, rng: np.random.Generator) -> Box:
    """A box as somebody draws it: each side somewhat off.

    Args:
        box: (4,) x, y, w, h.
    """
    low, high = box[:2], box[:2] + box[2:]
    low, high = (side + HAND_DRAWN_SIDE * box[2:] * rng.standard_normal(2) for side in (low, high))
    drawn: Box = np.concatenate([low, np.maximum(high - low, 1.0)])
    return drawn


def _sre(sequence: Sequence, setting: Setting) -> Sequence:
    return sequence if sequence.frames is None else replace(sequence, start=SpatialStart(sequence, setting.run))


@dataclass(frozen=True, eq=False)
class SpatialStart:
    """One of OTB's shifted or scaled first boxes of a sequence; the image that it is cut to is read when asked."""

    sequence: Sequence
    run: str

    def __call__(self) -> Box:
        """(4,) native coordinates; raises InputError where there is no image, or it cannot be read."""
        return self._box.copy()

    @cached_property
    def _box(self) -> Box:
        width, height = self._size
        corner = np.array([1 - self.sequence.origin, 1 - self.sequence.origin, 0, 0], dtype=np.float64)
        box: Box = spatial_start(self.sequence.given + corner, self.run, width, height) - corner
        return box

    @property
    def _size(self) -> tuple[int, int]:
        if self.sequence.size is not None:
            return self.sequence.size
        assert self.sequence.frames is not None  # else there is no such start
        height, width = self.sequence.frames.read(0).shape[:2]
        return width, height


def _tre(sequence: Sequence, setting: Setting) -> Sequence:
    corner = np.array([1 - sequence.origin, 1 - sequence.origin, 0, 0], dtype=np.float64)
    first = int(temporal_starts(sequence.native + corner)[int(setting.run) - 1])
    return from_frame(sequence, first)


def _hand_drawn(sequence: Sequence, setting: Setting) -> Sequence:
    rng = np.random.default_rng([setting.seed, crc32(sequence.name.encode()), int(setting.run)])
    return replace(sequence, start=hand_drawn(sequence.given, rng))


SRE = Variation("sre", "starts", "OTB's 12 shifted and scaled first boxes", _sre, runs=SRE_STARTS, begins="box")
TRE = Variation(
    "tre", "starts", "OTB's 20 later first frames", _tre,
    runs=tuple(f"{n:02}" for n in range(1, TRE_SEGMENTS + 1)), begins="frame",
)  # fmt: skip
HAND_DRAWN = Variation(
    "hand_drawn", "starts", "first boxes as people draw them", _hand_drawn,
    runs=tuple(map(str, range(1, HAND_DRAWN_BOXES + 1))), begins="box",
)  # fmt: skip
