"""TIFF's tags: what every page of a TIFF file states, and where Exif says how a picture of another type is turned.

Sources: TIFF 6.0 and BigTIFF; Exif 2.3 for the orientation, which is TIFF's tag 274 in all image files.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from mmap import mmap

ORIENTATION = 274
OUTSIDE = (struct.error, IndexError, OverflowError)
"""Raised where a header points at what the file does not have."""

_TIFF_TYPES: Mapping[int, str] = {1: "B", 3: "H", 4: "I", 16: "Q"}
_PAGES = 64  # of a TIFF file that are looked at


def tag_pages(content: bytes | mmap) -> Iterator[Mapping[int, int]]:
    """First value of every numeric tag, page after page."""
    order = "<" if content[:2] == b"II" else ">"
    big = struct.unpack_from(order + "H", content, 2)[0] == 43
    pointer, count_of, step, inline = ("Q", "Q", 20, 12) if big else ("I", "H", 12, 8)
    offset = struct.unpack_from(order + pointer, content, 8 if big else 4)[0]
    for _ in range(_PAGES):
        count = struct.unpack_from(order + count_of, content, offset)[0]
        start = offset + struct.calcsize(count_of)
        tags = {}
        for entry in range(start, min(start + count * step, len(content)), step):
            tag, kind, values = struct.unpack_from(order + "HH" + pointer, content, entry)
            if form := _TIFF_TYPES.get(kind):
                fits = values * struct.calcsize(form) <= struct.calcsize(pointer)
                at = entry + inline if fits else struct.unpack_from(order + pointer, content, entry + inline)[0]
                tags[tag] = struct.unpack_from(order + form, content, at)[0]
        yield tags
        offset = struct.unpack_from(order + pointer, content, start + count * step)[0]
        if offset == 0:
            return


def exif_orientation(exif: bytes) -> int:
    """1 where it is absent, damaged or no orientation."""
    try:
        return valid_orientation(next(tag_pages(exif)).get(ORIENTATION, 1))
    except (*OUTSIDE, StopIteration):
        return 1


def valid_orientation(value: int) -> int:
    """1, as stored, for a number that is none of the eight."""
    return value if 1 <= value <= 8 else 1
