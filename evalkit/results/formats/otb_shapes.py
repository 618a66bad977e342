"""Boxes out of the parameters that trackers of OTB's MATLAB toolkit wrote: affine transforms and corners.

The rules are those of ``rstEval/calcRectCenter.m``, ``calcCenter_L1.m``, ``getLKcorner.m`` and ``corner2rect.m`` of the
toolkit. Boxes are x, y, w, h, 1-based, as it has them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from evalkit.types import Boxes

Numbers = NDArray[np.float64]
Size = tuple[float, float]


def boxes_of(kind: str, parameters: Numbers, template: Size | None) -> Boxes:
    """(N, 4) boxes.

    Args:
        kind: the toolkit's name of the type: one of :data:`KINDS`, in any case.
        parameters: the rows of ``res``, two a frame for the types of :data:`TWO_ROWS`.
        template: ``tmplsize``, for the types that move a template.

    Raises:
        ValueError: an unknown type, or rows that are not of this type.
    """
    known = KINDS.get(kind.lower())
    if known is None:
        raise ValueError(f"the type '{kind[:40]}' is unknown, known are {', '.join(KINDS)}")
    columns, needs_template, convert = known
    if parameters.ndim != 2 or parameters.shape[1] not in columns or not len(parameters):
        shape = " x ".join(map(str, parameters.shape))
        raise ValueError(f"'res' is {shape}, but the type '{kind}' has {' or '.join(map(str, columns))} columns")
    if needs_template and template is None:
        raise ValueError(f"the type '{kind}' needs 'tmplsize', two numbers")
    if kind.lower() in TWO_ROWS and len(parameters) % 2:
        raise ValueError(f"the type '{kind}' has two rows a frame, but 'res' has {len(parameters)}")
    return convert(parameters, template or (0.0, 0.0))


def _rect(parameters: Numbers, template: Size) -> Boxes:
    return parameters


def _ivt(parameters: Numbers, template: Size) -> Boxes:
    """The corners of a centred template of width x height, floored; rotation and skew are dropped.

    >>> _ivt(np.array([[270, 107, 0.5, 0, 0, 0.8125]]), (32, 32))
    array([[262.,  94.,  16.,  26.]])
    """
    half = np.array(template) / 2.0
    step = np.stack([parameters[:, 2:4] @ half, parameters[:, 4:6] @ half], axis=1)
    low, high = np.floor(parameters[:, :2] - step), np.floor(parameters[:, :2] + step)
    return np.hstack([low, high - low])


def _l1(parameters: Numbers, template: Size) -> Boxes:
    """The first and last point of a template of rows x columns, rounded."""
    first, last = (
        _rounded(
            np.stack(
                [
                    parameters[:, 0] * row + parameters[:, 1] * column + parameters[:, 4],
                    parameters[:, 2] * row + parameters[:, 3] * column + parameters[:, 5],
                ],
                axis=1,
            )
        )
        for row, column in ((1.0, 1.0), template)
    )
    return np.hstack([first[:, ::-1], (last - first)[:, ::-1] + 1.0])


def _lucas_kanade(parameters: Numbers, template: Size) -> Boxes:
    """Warps without their identity, [a c tx; b d ty]."""
    return _warped(parameters.reshape(-1, 2, 3) + np.eye(2, 3), template)


def _similarity(parameters: Numbers, template: Size) -> Boxes:
    """Scale, angle and translation."""
    scale, angle, x, y = parameters.T
    cosine, sine = scale * np.cos(angle), scale * np.sin(angle)
    warps = np.stack([np.stack([cosine, -sine, x], axis=1), np.stack([sine, cosine, y], axis=1)], axis=1)
    return _warped(warps, template)


def _warped(warps: Numbers, template: Size) -> Boxes:
    """(N, 4) boxes around the corners of a template of rows x columns under (N, 2, 3) warps."""
    rows, columns = template
    corners = np.array([[1, 1, columns, columns], [1, rows, rows, 1], [1, 1, 1, 1]], dtype=np.float64)
    return _around(warps @ corners)


def _corners(parameters: Numbers, template: Size) -> Boxes:
    return _around(parameters.reshape(-1, 2, parameters.shape[1]))


def _around(points: Numbers) -> Boxes:
    """(N, 4) boxes around (N, 2, P) points, both edges included, rounded."""
    low, high = points.min(axis=2), points.max(axis=2)
    return _rounded(np.hstack([low, high - low + 1.0]))


def _rounded(values: Numbers) -> Numbers:
    """MATLAB's ``round``: halves away from zero."""
    rounded: Numbers = np.copysign(np.floor(np.abs(values) + 0.5), values)
    return rounded


_Convert = Callable[[Numbers, Size], Boxes]
KINDS: Mapping[str, tuple[tuple[int, ...], bool, _Convert]] = {
    "rect": ((4,), False, _rect),
    "ivtaff": ((6,), True, _ivt),
    "affine_ivt": ((6,), True, _ivt),
    "l1aff": ((6,), True, _l1),
    "affine_l1": ((6,), True, _l1),
    "lk_aff": ((3,), True, _lucas_kanade),
    "affine_lk": ((3,), True, _lucas_kanade),
    "4corner": ((4, 5), False, _corners),
    "affine": ((4, 5), False, _corners),
    "similarity": ((4,), True, _similarity),
}
"""By type in lower case: columns of ``res``, whether it needs ``tmplsize``, and how its boxes are made."""
TWO_ROWS = frozenset({"lk_aff", "affine_lk", "4corner", "affine"})
