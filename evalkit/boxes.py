"""Geometry of boxes: overlaps and centre errors, in the variants that the evaluation toolkits compute.

Boxes are (N, 4) float64 ``x, y, w, h`` with the top-left corner, prediction first, ground truth second. Variants that
are equal in exact arithmetic differ in the last bit, and a frame on a threshold then falls on the other side of it, so
each function keeps the order of operations of the code named in its docstring. Undefined values are NaN; none of these
functions warns.
"""

from __future__ import annotations

import numpy as np

from evalkit.types import Box, Boxes, Flags, Vector

_SAME, _OTHER = 0.7, 0.4
"""IoU above which two boxes are the same target a frame later, and below which they are not."""
_EPS = float(np.finfo(np.float64).eps)


def are_boxes(rows: Boxes) -> Flags:
    """(N,) the row x, y, w, h is finite and has a size.

    >>> are_boxes(np.array([[1.0, 2, 3, 4], [1, 2, 0, 4], [np.nan, 2, 3, 4]])).tolist()
    [True, False, False]
    """
    flags: Flags = np.logical_and.reduce([*np.isfinite(rows).T, *(rows[:, 2:] > 0).T])
    return flags


def text_rows(boxes: Boxes) -> str:
    """(N, 4) boxes as a file has them: a row ``x,y,w,h`` each, every number as Python writes it, never rounded.

    >>> text_rows(np.array([[1.0, 2.0, 0.1, np.nan]]))
    '1.0,2.0,0.1,nan\\n'
    """
    return "".join(",".join(map(repr, row)) + "\n" for row in boxes.tolist())


def starting_problem(box: Box, width: int, height: int) -> str:
    """Why no tracker can be started on a box (x, y, w, h, 0-based) in an image of that size; empty if one can.

    A box may reach out of the image; some of it must be inside.

    >>> [starting_problem(np.array([x, 10.0, 30, 30]), 100, 50) for x in (90, 100)]
    ['', 'lies wholly outside the 100x50 image']
    """
    if box.shape != (4,) or not np.isfinite(box).all():
        return f"is not four finite numbers x, y, w, h, in a {width}x{height} image"
    if (box[2:] <= 0).any():
        return f"has no area, in a {width}x{height} image"
    if box[0] >= width or box[1] >= height or (box[:2] + box[2:] <= 0).any():
        return f"lies wholly outside the {width}x{height} image"
    return ""


def look_like_corners(boxes: Boxes) -> bool:
    """Whether a tracker's answers look like x1, y1, x2, y2 instead of x, y, w, h.

    A target hardly moves in one frame: then the first answer, read as corners, lies on the given box, and read as
    x, y, w, h it does not; and all answers can be corners.

    Args:
        boxes: (N, 4) the given box first, then the answers.

    >>> given, corners = [50.0, 40, 20, 10], [51.0, 40, 71, 50]
    >>> look_like_corners(np.array([given, corners])), look_like_corners(np.array([given, given]))
    (True, False)
    """
    if len(boxes) < 2:
        return False
    given, answers = boxes[:1], boxes[1:]
    as_boxes = np.concatenate([answers[:, :2], answers[:, 2:] - answers[:, :2]], axis=1)
    fits = iou_continuous(as_boxes[:1], given)[0] > _SAME and iou_continuous(answers[:1], given)[0] < _OTHER
    return bool(fits and (as_boxes[:, 2:] > 0).all())


def iou_inclusive(prediction: Boxes, truth: Boxes) -> Vector:
    """(N,) IoU with the last pixel counted as part of the box: right = x + w - 1, extent = right - left + 1.

    A NaN coordinate does not take part in ``min`` and ``max``, as in MATLAB and pandas; a NaN width or height makes
    the IoU NaN. Source of the rule: ``calcRectInt.m`` of the OTB benchmark; LaSOT, TNL2K, pytracking and the
    TrackingNet devkit compute the same.

    >>> iou_inclusive(np.array([[0.0, 0, 10, 10]]), np.array([[5.0, 0, 10, 10]])).round(6).tolist()
    [0.333333]
    """
    with np.errstate(all="ignore"):
        low = np.fmax(prediction[:, :2], truth[:, :2])
        high = np.fmin(prediction[:, :2] + prediction[:, 2:] - 1.0, truth[:, :2] + truth[:, 2:] - 1.0)
        extent = np.fmax(0.0, high - low + 1.0)
        inter = extent[:, 0] * extent[:, 1]
        union = prediction[:, 2] * prediction[:, 3] + truth[:, 2] * truth[:, 3] - inter
        iou: Vector = inter / union
    return iou


def iou_continuous(prediction: Boxes, truth: Boxes, *, eps: float = 0.0) -> Vector:
    """(N,) plain IoU of continuous rectangles, clipped to [0, 1]; NaN where the union is 0 and ``eps`` is 0.

    Source of the rule: ``overlap_ratio`` of pysot and pysot-toolkit (``eps`` 0), ``rect_iou`` of got10k
    (:func:`iou_got10k`).
    """
    with np.errstate(all="ignore"):
        low = np.maximum(prediction[:, :2], truth[:, :2])
        high = np.minimum(prediction[:, :2] + prediction[:, 2:], truth[:, :2] + truth[:, 2:])
        extent = np.maximum(0.0, high - low)
        inter = extent[:, 0] * extent[:, 1]
        union = truth[:, 2] * truth[:, 3] + prediction[:, 2] * prediction[:, 3] - inter
        iou: Vector = np.clip(inter / (union + eps), 0.0, 1.0)
    return iou


def iou_got10k(prediction: Boxes, truth: Boxes) -> Vector:
    """(N,) :func:`iou_continuous` with the float64 epsilon added to the union (``got10k/utils/metrics.py``)."""
    return iou_continuous(prediction, truth, eps=_EPS)


def shift_into_image(boxes: Boxes, size: tuple[int, int]) -> Boxes:
    """Boxes moved into a ``(width, height)`` image as got10k's ``rect_iou(bound=...)`` does.

    A box that begins left of the image is *shifted*, not cut: x becomes 0 and the width stays. Only the far side is
    cut. Coordinates count from 0.

    >>> shift_into_image(np.array([[-5.0, 2, 20, 10]]), (100, 8)).tolist()
    [[0.0, 2.0, 20.0, 6.0]]
    """
    bound = np.asarray(size, dtype=np.float64)
    corner = np.clip(boxes[:, :2], 0.0, bound)
    extent = np.clip(boxes[:, 2:], 0.0, bound - corner)
    moved: Boxes = np.concatenate([corner, extent], axis=1)
    return moved


def centers(boxes: Boxes) -> Boxes:
    """(N, 2) pixel centres x + (w - 1) / 2, y + (h - 1) / 2, the same in every toolkit up to a constant."""
    with np.errstate(invalid="ignore"):  # infinite coordinates
        middle: Boxes = boxes[:, :2] + (boxes[:, 2:] - 1.0) / 2.0
    return middle


def distance(first: Boxes, second: Boxes) -> Vector:
    """(N,) Euclidean distance of (N, 2) points."""
    with np.errstate(all="ignore"):
        delta = first - second
        length: Vector = np.sqrt(delta[:, 0] ** 2 + delta[:, 1] ** 2)
    return length


def center_error(prediction: Boxes, truth: Boxes) -> Vector:
    """(N,) centre distance in pixels."""
    return distance(centers(prediction), centers(truth))


def normalized_points(boxes: Boxes, truth: Boxes, *, eps: float = 0.0) -> Boxes:
    """(N, 2) centres divided by the ground truth's width and height (plus ``eps``); infinite or NaN for size 0."""
    with np.errstate(all="ignore"):
        points: Boxes = centers(boxes) / (truth[:, 2:] + eps)
    return points


def normalized_error(prediction: Boxes, truth: Boxes, *, eps: float = 0.0) -> Vector:
    """(N,) centre distance in units of the target's size: both centres are divided, then subtracted.

    Source of the rule: LaSOT's and TNL2K's ``calc_seq_err_robust.m``, pytracking (``eps`` 0), pysot (``eps`` 1e-16).
    """
    return distance(normalized_points(prediction, truth, eps=eps), normalized_points(truth, truth, eps=eps))


def normalized_error_subtract_first(prediction: Boxes, truth: Boxes, *, at_least: float = 0.0) -> Vector:
    """(N,) as :func:`normalized_error`, but subtracted first, then divided by max(``at_least``, size).

    Source of the rule: ``normalized_center_error`` of got10k (``at_least`` 1), ``metrics.py`` of the TrackingNet
    devkit (``at_least`` 0).
    """
    with np.errstate(all="ignore"):
        scaled = (centers(prediction) - centers(truth)) / np.maximum(at_least, truth[:, 2:])
        length: Vector = np.sqrt(scaled[:, 0] ** 2 + scaled[:, 1] ** 2)
    return length
