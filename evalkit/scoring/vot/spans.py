"""Regions as runs of pixels: the scan conversion that vot-toolkit and pysot count overlaps with.

A row of pixels belongs to a polygon between pairs of the points where it meets the edges, both ends included. The two
toolkits differ in horizontal edges (vot-toolkit counts one as a point, pysot as none) and in equal points.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_FAR = np.iinfo(np.int64).max // 4


@dataclass(frozen=True)
class Raster:
    """The rows of N small images, one a frame, one after the other.

    Attributes:
        frame, row: (R,) which frame a row belongs to, and its number in it.
        width: (R,) columns of that frame's image.
    """

    frame: NDArray[np.int64]
    row: NDArray[np.int64]
    width: NDArray[np.int64]

    @classmethod
    def of(cls, width: NDArray[np.int64], height: NDArray[np.int64]) -> Raster:
        """Rows of images of these (N,) sizes."""
        frame = np.repeat(np.arange(len(height)), height)
        row = np.arange(len(frame)) - np.repeat(height.cumsum() - height, height)
        return cls(frame, row, width[frame])


@dataclass(frozen=True)
class Spans:
    """Runs of pixels of N regions.

    Attributes:
        raster: the rows.
        first, last: (R, S) first and last column of each run in each row; a run with last < first is empty. The runs
            of a row do not overlap.
    """

    raster: Raster
    first: NDArray[np.int64]
    last: NDArray[np.int64]

    def count(self) -> NDArray[np.int64]:
        """(N,) pixels of each region."""
        return self._by_frame(np.maximum(self.last - self.first + 1, 0).sum(axis=1))

    def common(self, other: Spans) -> NDArray[np.int64]:
        """(N,) pixels that lie in both regions."""
        first = np.maximum(self.first[:, :, None], other.first[:, None, :])
        last = np.minimum(self.last[:, :, None], other.last[:, None, :])
        return self._by_frame(np.maximum(last - first + 1, 0).sum(axis=(1, 2)))

    def _by_frame(self, pixels: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.bincount(self.raster.frame, weights=pixels).astype(np.int64)


def rectangle_spans(corners: NDArray[np.float64], raster: Raster) -> Spans:
    """Runs of rectangles.

    Args:
        corners: (N, 4, 2) whole pixels relative to the raster; the third corner is the last pixel inside.
    """
    left, top, right, bottom = corners[raster.frame][:, [0, 2]].reshape(-1, 4).astype(np.int64).T
    first = np.maximum(left, 0)
    inside = (raster.row >= top) & (raster.row <= bottom)
    last = np.where(inside, np.minimum(right, raster.width - 1), first - 1)
    return Spans(raster, first[:, None], last[:, None])


def polygon_spans(corners: NDArray[np.float64], raster: Raster, *, horizontal_edges: bool) -> Spans:
    """Runs of polygons.

    Args:
        corners: (N, V, 2) whole pixels relative to the raster.
        horizontal_edges: a horizontal edge in the row is a point, and equal points at the row's end are a run
            (vot-toolkit); otherwise neither is (pysot).
    """
    crossings, count = _crossings(corners, raster, horizontal_edges=horizontal_edges)
    final = crossings.shape[1] - 1
    rows = np.arange(len(crossings))
    position = np.zeros(len(crossings), dtype=np.int64)
    covered = np.full(len(crossings), -1, dtype=np.int64)
    firsts, lasts = [], []
    for _ in range(final):
        left, right = crossings[rows, position], crossings[rows, np.minimum(position + 1, final)]
        active = (position < count - 1) & (left < raster.width)
        skipped = active & (left == right)
        if horizontal_edges:
            skipped &= position < count - 2
        filled = active & ~skipped
        first = np.maximum(left, covered + 1)  # runs may touch in one pixel, which counts once
        last = np.where(filled, np.minimum(right, raster.width - 1), first - 1)
        covered = np.where(filled, np.maximum(covered, last), covered)
        firsts.append(first)
        lasts.append(last)
        position = np.minimum(position + np.where(filled, 2, 1), final)
    return Spans(raster, np.stack(firsts, axis=1), np.stack(lasts, axis=1))


def _crossings(
    corners: NDArray[np.float64], raster: Raster, *, horizontal_edges: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(R, V) columns where each row meets an edge, in increasing order, and (R,) how many there are."""
    x, y = np.moveaxis(corners, 2, 0)
    other_x, other_y = np.roll(x, 1, axis=1), np.roll(y, 1, axis=1)
    flat = other_y == y
    run, rise = np.where(flat, 0.0, other_x - x), np.where(flat, 1.0, other_y - y)
    row, frame = raster.row[:, None], raster.frame
    meets = (np.minimum(y, other_y)[frame] <= row) & (row <= np.maximum(y, other_y)[frame])
    if not horizontal_edges:
        meets &= ~flat[frame]
    column = x[frame] + (row - y[frame]) / rise[frame] * run[frame]  # in this order, as truncation follows
    crossings = np.where(meets, np.trunc(column), _FAR).astype(np.int64)
    crossings.sort(axis=1)
    return crossings, meets.sum(axis=1)
