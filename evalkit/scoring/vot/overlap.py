"""Overlap of regions in counted pixels, by vot-toolkit and by pysot."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from evalkit.scoring.vot.spans import Raster, Spans, polygon_spans, rectangle_spans
from evalkit.scoring.vot.trajectory import Trajectory
from evalkit.types import Flags, Vector


def uncut_regions(sizes: Iterable[tuple[int, int] | None]) -> str:
    """What the overlaps lack where the size of an image is unknown; empty where all are known."""
    unknown = sum(size is None for size in sizes)
    return f"image size of {unknown} sequences unknown: regions are not cut at the border" if unknown else ""


def toolkit_overlaps(prediction: Trajectory, truth: Trajectory, size: tuple[int, int] | None) -> Vector:
    """(N,) overlaps as ``vot/region/raster.py`` counts them; 0 where the prediction is a code.

    Coordinates are rounded half to even in single precision; the raster is the joint bounding box within the image. Two
    regions whose joint box is at most a pixel wide or high are equal; two that lie outside of the image have nothing in
    common (run on 6,000 pairs of rectangles against vot-toolkit 0.9.0).
    """
    overlaps = np.zeros(len(prediction))
    chosen = prediction.has_region
    first, second = _rounded(prediction, chosen), _rounded(truth, chosen)
    bounds = [_bounds(points, each.is_rectangle[chosen]) for each, points in ((prediction, first), (truth, second))]
    low, high = np.minimum(bounds[0][0], bounds[1][0]), np.maximum(bounds[0][1], bounds[1][1])
    degenerate = (low >= high).any(axis=1)
    if size is not None:
        low, high = np.maximum(low, 0), np.minimum(high, np.array(size) - 1)
    seen = (low < high).all(axis=1)
    found = np.where(degenerate, 1.0, 0.0)
    if seen.any():
        width, height = ((high - low)[seen].astype(np.int64) + 1).T
        raster = Raster.of(width, height)
        masks = [
            _toolkit_spans(points[seen] - low[seen, None], trajectory.is_rectangle[chosen][seen], raster)
            for trajectory, points in ((prediction, first), (truth, second))
        ]
        found[seen] = _ratio(*masks, empty=0.0)
    overlaps[chosen] = found
    return overlaps


def toolkit_overlaps_with_codes(prediction: Trajectory, truth: Trajectory, size: tuple[int, int] | None) -> Vector:
    """(N,) the same where either may be a code, an empty region at the image's corner.

    vot-toolkit 0.9.0 calls two regions equal whose joint bounding box is at most a pixel wide or high, hence two codes,
    and a code and a region without a size in that corner; a code and any other region have nothing in common.
    """
    both = prediction.has_region & truth.has_region
    overlaps = np.zeros(len(prediction))
    overlaps[both] = toolkit_overlaps(prediction.chosen(both), truth.chosen(both), size)
    low, high = np.zeros((2, len(prediction), 2))
    for trajectory in (prediction, truth):
        chosen = trajectory.has_region
        first, last = _bounds(_rounded(trajectory, chosen), trajectory.is_rectangle[chosen])
        low[chosen], high[chosen] = np.minimum(low[chosen], first), np.maximum(high[chosen], last)
    overlaps[~both & (low >= high).any(axis=1)] = 1.0
    return overlaps


def pysot_overlaps(prediction: Trajectory, truth: Trajectory, bounds: tuple[int, int] | None) -> Vector:
    """(N,) overlaps as pysot's compiled ``region`` counts them; NaN where the prediction is a code.

    A rectangle is the polygon of its four corners; each bounding box is cut by ``bounds`` (right, bottom), corners are
    rounded half away from zero after they were moved to the raster.
    """
    overlaps = np.full(len(prediction), np.nan)
    chosen = prediction.has_region
    first, second = (each.corners(last_pixel=False)[chosen].astype(np.float32) for each in (prediction, truth))
    boxes = [_pysot_bounds(points, bounds) for points in (first, second)]
    low = np.minimum(boxes[0][:, :2], boxes[1][:, :2])
    extent = np.trunc(np.maximum(boxes[0][:, 2:], boxes[1][:, 2:]) - low).astype(np.int64) + 1
    areas = [(box[:, 2:] - box[:, :2]).prod(axis=1) for box in boxes]
    common = np.minimum(boxes[0][:, 2:], boxes[1][:, 2:]) - np.maximum(boxes[0][:, :2], boxes[1][:, :2])
    with np.errstate(all="ignore"):
        comparable = (areas[0] / areas[1] >= 1e-10) & (areas[1] / areas[0] >= 1e-10) & (extent >= 1).all(axis=1)
        touch = common.prod(axis=1) / (areas[0] + areas[1] - common.prod(axis=1)) > 0
    seen = comparable & touch
    found = np.zeros(len(first))
    if seen.any():
        raster = Raster.of(*extent[seen].T)
        moved = (_half_away(points[seen] - low[seen, None]) for points in (first, second))
        masks = [polygon_spans(points, raster, horizontal_edges=False) for points in moved]
        found[seen] = _ratio(*masks, empty=np.nan)
    overlaps[chosen] = found
    return overlaps


def _bounds(corners: NDArray[np.float64], rectangle: Flags) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(K, 2) first and last pixels; a rectangle without a size ends before it begins."""
    plain = rectangle[:, None]
    first, last = (
        np.where(plain, corners[:, 0], corners.min(axis=1)),
        np.where(plain, corners[:, 2], corners.max(axis=1)),
    )
    return first, last


def _rounded(trajectory: Trajectory, chosen: Flags) -> NDArray[np.float64]:
    """(K, 4, 2) whole corners; a rectangle's x, y, w and h are rounded, then its last pixels follow."""
    numbers = np.round(trajectory.numbers.astype(np.float32)).astype(np.float64)
    return Trajectory(trajectory.codes, numbers).corners(last_pixel=True)[chosen]


def _toolkit_spans(corners: NDArray[np.float64], rectangle: Flags, raster: Raster) -> Spans:
    """Runs of the regions, of which some are rectangles."""
    boxes = rectangle_spans(corners, raster)
    if rectangle.all():
        return boxes
    spans = polygon_spans(corners, raster, horizontal_edges=True)
    plain = rectangle[raster.frame, None]
    empty = np.zeros_like(spans.first)
    empty[:, 0] = 1
    return Spans(
        raster,
        np.where(plain, np.where(empty, boxes.first, 0), spans.first),
        np.where(plain, np.where(empty, boxes.last, -1), spans.last),
    )


def _ratio(first: Spans, second: Spans, *, empty: float) -> Vector:
    common = first.common(second)
    union = first.count() + second.count() - common
    return np.where(union > 0, common / np.maximum(union, 1), empty)


def _pysot_bounds(points: NDArray[np.float32], bounds: tuple[int, int] | None) -> NDArray[np.float64]:
    """(K, 4) left, top, right, bottom in whole pixels, cut by the image."""
    low, high = np.floor(points.min(axis=1)), np.ceil(points.max(axis=1))
    if bounds is not None:
        low, high = np.maximum(low, 0), np.minimum(high, np.array(bounds, dtype=np.float32))
    return np.concatenate([low, high], axis=1).astype(np.float64)


def _half_away(values: NDArray[np.float64]) -> NDArray[np.float64]:
    single = values.astype(np.float32)
    rounded: NDArray[np.float64] = (np.sign(single) * np.floor(np.abs(single) + np.float32(0.5))).astype(np.float64)
    return rounded
