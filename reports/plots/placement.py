"""Where to write names beside points so that they cover neither each other nor the points."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

DIRECTIONS = 16
RINGS = 14
GAP = 5.0  # between a disc and its label


def place_labels(
    points: NDArray[np.float64], radii: NDArray[np.float64], sizes: NDArray[np.float64], area: tuple[float, float]
) -> NDArray[np.float64]:
    """Lower left corners of labels, greedily: the nearest free place on rings around each point.

    Args:
        points: (N, 2) centres in display units, inside ``area``.
        radii: (N,) of the points' discs.
        sizes: (N, 2) width and height of the labels.
        area: width and height of the region that labels must stay in, its origin at (0, 0).

    Returns:
        (N, 2). A label for which no ring has room gets the candidate that overlaps least.

    >>> place_labels(np.array([[50.0, 50.0]]), np.array([5.0]), np.array([[20.0, 10.0]]), (100, 100)).tolist()
    [[60.0, 45.0]]
    """
    discs = np.concatenate([points - radii[:, None], points + radii[:, None]], axis=1)
    taken = discs.copy()
    corners = np.zeros_like(points)
    for index in np.argsort(-points[:, 1], kind="stable"):
        candidates = _candidates(points[index], radii[index], sizes[index])
        inside = (candidates >= 0).all(1) & (candidates + sizes[index] <= np.asarray(area)).all(1)
        candidates = candidates[inside] if inside.any() else candidates
        boxes = np.concatenate([candidates, candidates + sizes[index]], axis=1)
        overlap = _overlap(boxes, taken)
        corners[index] = candidates[int(np.argmin(overlap))]  # the first, so the nearest, of the least
        taken = np.concatenate([taken, [[*corners[index], *(corners[index] + sizes[index])]]])
    return corners


def _candidates(point: NDArray[np.float64], radius: float, size: NDArray[np.float64]) -> NDArray[np.float64]:
    angles = 2 * np.pi * np.arange(DIRECTIONS) / DIRECTIONS
    angles = angles[np.argsort(np.abs(np.sin(angles)), kind="stable")]  # right and left first
    found = []
    for ring in range(RINGS):
        distance = radius + GAP + ring * 0.8 * size[1]
        anchors = point + distance * np.stack([np.cos(angles), np.sin(angles)], axis=1)
        # The label's corner or edge nearest to the point lies on the anchor.
        shift = np.stack([np.where(np.cos(angles) < -0.1, 1.0, 0.0), 0.5 - 0.5 * np.sin(angles)], axis=1)
        shift[:, 0] = np.where(np.abs(np.cos(angles)) <= 0.1, 0.5, shift[:, 0])
        found.append(anchors - shift * size)
    return np.concatenate(found)


def _overlap(boxes: NDArray[np.float64], taken: NDArray[np.float64]) -> NDArray[np.float64]:
    low = np.maximum(boxes[:, None, :2], taken[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], taken[None, :, 2:])
    shared: NDArray[np.float64] = np.clip(high - low, 0, None).prod(axis=2).sum(axis=1)
    return shared
