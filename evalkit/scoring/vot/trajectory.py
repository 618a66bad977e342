"""Supervised results: a region a frame, or a code that says why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan

import numpy as np
from numpy.typing import NDArray

from evalkit.errors import InputError
from evalkit.reading.hints import hint_of_commas
from evalkit.reading.tables import parse_line
from evalkit.reading.text import without_mark
from evalkit.types import Flags

UNKNOWN, INIT, FAILURE = 0, 1, 2
_CODES = (UNKNOWN, INIT, FAILURE)
_REGION = -1
_RECTANGLE, _POLYGON = 4, 8
_LIMIT = 1e9  # beyond it, single precision and pixel counts have no meaning


@dataclass(frozen=True)
class Trajectory:
    """Regions of N frames.

    Attributes:
        codes: (N,) :data:`INIT`, :data:`FAILURE`, :data:`UNKNOWN` (skipped), or -1 where there is a region.
        numbers: (N, 8) a rectangle's x, y, w, h and NaN, or a polygon's x1, y1, ... y4; NaN where there is a code.
    """

    codes: NDArray[np.int64]
    numbers: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.codes)

    def chosen(self, frames: Flags) -> Trajectory:
        """The trajectory of some of its frames alone."""
        return Trajectory(self.codes[frames], self.numbers[frames])

    @property
    def has_region(self) -> Flags:
        """(N,) the frame has a region."""
        return np.asarray(self.codes == _REGION)

    @property
    def is_rectangle(self) -> Flags:
        """(N,) the region is an axis-aligned rectangle."""
        return self.has_region & np.isnan(self.numbers[:, _RECTANGLE])

    def corners(self, *, last_pixel: bool) -> NDArray[np.float64]:
        """(N, 4, 2) corners; a rectangle ends at x + w, or with ``last_pixel`` at x + w - 1."""
        points = self.numbers.reshape(-1, 4, 2).copy()
        rectangle = self.is_rectangle
        x, y, w, h = (self.numbers[rectangle, column] for column in range(4))
        right, bottom = x + w - last_pixel, y + h - last_pixel
        points[rectangle] = np.stack([x, y, right, y, right, bottom, x, bottom], axis=1).reshape(-1, 4, 2)
        return points


def restarted_without_code(trajectory: Trajectory) -> int | None:
    """Index of the first region after a failure that no initialisation comes before; None if there is none.

    >>> restarted_without_code(parse_trajectory(b"1\\n1,2,3,4\\n2\\n0\\n1,2,3,4\\n", "a.txt"))
    4
    """
    failed = False
    for index, code in enumerate(trajectory.codes.tolist()):
        if failed and code == _REGION:
            return index
        failed = code == FAILURE or (failed and code != INIT)
    return None


def is_supervised(content: bytes) -> bool:
    """The result is of a supervised run: its first line is the code of an initialisation, not a region."""
    first = without_mark(content).lstrip().partition(b"\n")[0].strip(b" \t\r,;")
    try:
        return float(first) == INIT
    except ValueError:
        return False


def parse_trajectory(content: bytes, place: str, *, nan_is_unknown: bool = True) -> Trajectory:
    """Read a result file, whatever its delimiter.

    Args:
        content: of the file.
        place: named in errors.
        nan_is_unknown: a region with NaN is :data:`UNKNOWN`, as vot-toolkit reads it; otherwise it is refused.

    Raises:
        InputError: with file and row.

    >>> parse_trajectory(b"1\\n10,20,30,40\\n2\\n0\\n", "a.txt").codes.tolist()
    [1, -1, 2, 0]
    """
    lines = without_mark(content).replace(b"\r", b"").rstrip().split(b"\n")
    codes = np.full(len(lines), _REGION)
    numbers = np.full((len(lines), _POLYGON), np.nan)
    for index, line in enumerate(lines):
        if line.startswith(b"m"):
            hint = "masks are of VOT2020 and later, whose experiments are not scored"
            raise InputError("a mask is no rectangle or polygon", path=place, row=index + 1, hint=hint)
        values = parse_line(line, index + 1, place, _RECTANGLE)
        if len(values) == 1 and values[0] in _CODES:
            codes[index] = int(values[0])
        elif len(values) not in (_RECTANGLE, _POLYGON):
            problem = f"{values[0]:g} is no code" if len(values) == 1 else f"{len(values)} numbers are no region"
            hint = "1, 2 or 0, a rectangle of 4 numbers or a polygon of 8"
            raise InputError(problem, path=place, row=index + 1, hint=hint)
        elif len(values) == _POLYGON and (commas := hint_of_commas(line.decode("ascii"), _RECTANGLE)):
            raise InputError("may be 4 numbers or 8", path=place, row=index + 1, hint=commas)
        elif nan_is_unknown and any(map(isnan, values)):
            codes[index] = UNKNOWN
        elif all(abs(value) <= _LIMIT for value in values):
            numbers[index, : len(values)] = values
        else:
            problem = f"a region with NaN, infinity or a coordinate beyond {_LIMIT:g}"
            raise InputError(problem, path=place, row=index + 1)
    return Trajectory(codes, numbers)


def from_regions(native: NDArray[np.float64], polygons: NDArray[np.float64] | None) -> Trajectory:
    """The ground truth as a trajectory: (N, 8) polygons where there are any, else (N, 4) rectangles."""
    numbers = np.full((len(native), _POLYGON), np.nan)
    if polygons is None:
        numbers[:, :_RECTANGLE] = native
    else:
        numbers[:] = polygons
    return Trajectory(np.full(len(native), _REGION), numbers)


def without_nan(trajectory: Trajectory) -> Trajectory:
    """The same with :data:`UNKNOWN` where a rectangle's numbers are NaN, as vot-toolkit reads ground truth."""
    lost = trajectory.has_region & np.isnan(trajectory.numbers[:, :_RECTANGLE]).any(axis=1)
    return Trajectory(np.where(lost, UNKNOWN, trajectory.codes), trajectory.numbers)
