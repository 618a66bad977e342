"""What stands in the messages of TraX: regions and confidences, as libtrax gives and takes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from evalkit.errors import InputError
from evalkit.imports import optional_module
from evalkit.types import Box

MASK_LIMIT = 1 << 27
"""Pixels of a mask that are taken: 134 million."""
SHOWN = 200
"""Characters of a message that are shown where it is wrong."""

_MASK_MARK = "mask:"
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_SPECIAL, _RECTANGLE = r"-?\d+", rf"{_NUMBER}(?:,{_NUMBER}){{3}}"
_POLYGON = rf"{_NUMBER},{_NUMBER}(?:,{_NUMBER},{_NUMBER}){{2,}}"
_MASK = r"mask:(?:-?\d{1,9},){2}\d{1,9}(?:,\d{1,9}){2,}"
_MASKS = re.compile(rb'(?<=[\s"])\\*mask:[^"\s]*', re.IGNORECASE)
_REGION = re.compile("|".join([_SPECIAL, _RECTANGLE, _POLYGON, _MASK]))
_STATE = re.compile(r'@@TRAX:state +(?:"([^"]*)"|(\S*))')


def import_trax() -> Any:
    """The library, which is an extra."""
    try:
        return optional_module("trax")
    except ImportError as error:
        raise InputError("TraX needs the package vot-trax", hint="pip install 'stdtrack[trax]'") from error


def initial_region(formats: list[str], box: Box, place: str) -> Any:
    """The box (4,) as the most exact kind of region that the server takes; a mask has whole pixels."""
    trax = import_trax()
    x, y, w, h = (float(value) for value in box)
    if "rectangle" in formats:
        return trax.Rectangle.create(x, y, w, h)
    if "polygon" in formats:
        return trax.Polygon.create([(x, y), (x + w, y), (x + w, y + h), (x, y + h)])
    if "mask" in formats:
        left, top = max(round(x), 0), max(round(y), 0)
        size = max(round(y + h) - top, 1), max(round(x + w) - left, 1)
        return trax.Mask.create(np.ones(size, dtype=np.uint8), left, top)
    raise InputError("the tracker takes no kind of region that is known here", path=place)


def check_state(message: str, place: str) -> None:
    """Check the region in the line of an answer, as libtrax makes zeros of what it cannot read in one.

    Args:
        message: the line.

    Raises:
        InputError: there is no answer, or its region is no rectangle, polygon, mask or special code.
    """
    match = _STATE.search(message)
    region = "" if match is None else match[1] or match[2] or ""
    if not _REGION.fullmatch(region):
        raise InputError(f"'{region[:SHOWN]}' is no region", path=place)


def mask_problem(message: bytes) -> str:
    """What is wrong with a mask in a message; empty if nothing is.

    To be asked before libtrax reads the message: it crashes on one mask, and takes memory of any size for another.
    """
    masks = (text.decode(errors="backslashreplace") for text in _MASKS.findall(message))
    wrong = next((mask for mask in masks if not re.fullmatch(_MASK, mask) or not _fits(mask)), None)
    return "" if wrong is None else f"'{wrong[:SHOWN]}' is no region"


def _fits(mask: str) -> bool:
    """``mask:X,Y,WIDTH,HEIGHT`` and runs of pixels that fit into it."""
    _, _, width, height, *runs = (int(number) for number in mask.removeprefix(_MASK_MARK).split(","))
    return width * height <= MASK_LIMIT and sum(runs) <= width * height


def region_box(region: Any, place: str) -> Box:
    """(4,) the bounding box of a libtrax region, xywh.

    Raises:
        InputError: it is no region, an empty mask, or has infinite coordinates.
    """
    match region.type:
        case "rectangle":
            box = np.array(region.bounds(), dtype=np.float64)
        case "polygon":
            points = np.array([region.get(index) for index in range(region.size())], dtype=np.float64)
            box = np.concatenate([points.min(axis=0), np.ptp(points, axis=0)])
        case "mask":
            rows, columns = np.nonzero(region.array())
            if not len(rows):
                raise InputError("the tracker answers with an empty mask", path=place)
            left, top = region.offset()
            corner = left + columns.min(), top + rows.min()
            box = np.array([*corner, np.ptp(columns) + 1, np.ptp(rows) + 1], dtype=np.float64)
        case _:
            raise InputError("the tracker's answer is no region", path=place)
    if not np.isfinite(box).all():
        raise InputError(f"the tracker's answer is {box.tolist()}, not four finite numbers", path=place)
    return box


def confidence(properties: Mapping[str, str], place: str) -> float:
    """The property ``confidence`` as a number; 1 where it is absent."""
    text = properties.get("confidence", "1")
    try:
        return float(text)
    except ValueError as error:
        raise InputError(f"confidence '{text[:SHOWN]}' is no number", path=place) from error
