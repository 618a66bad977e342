"""MATLAB 5 files in memory: numbers, texts, cells and structs, as far as OTB's results are made of them.

By our own hand, because scipy's reader is compiled code that ends the whole process on many a damaged file.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from evalkit.errors import InputError
from evalkit.reading.text import text_limit

HEADER = b"MATLAB 5.0 MAT-file"
_HDF = (b"MATLAB 7.3 MAT-file", b"\x89HDF")
_PREAMBLE = 128
_DEPTH = 16
"""Levels of cells and structs; OTB's results have four."""
_MOST_PARTS = 1_000_000
"""Elements of a file; saved workspaces have thousands."""
_MATRIX, _COMPRESSED = 14, 15
_NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_TEXTS = {1: "latin-1", 2: "latin-1", 4: "utf-16", 16: "utf-8", 17: "utf-16", 18: "utf-32"}
_CELL, _STRUCT, _CHAR, _NUMERIC = 1, 2, 4, range(6, 16)
_OPAQUE = 17  # of a class written in MATLAB, such as string and table: it has no shape


class _DamagedError(Exception):
    """What is wrong with a file."""


def read_mat(content: bytes, place: str) -> Mapping[str, Any]:
    """Variables by name.

    Returns:
        Arrays of numbers in their own type, texts as ``str``, a cell array as the list of what it holds, a struct array
        as the list of its structs, each a dict; None for whatever else a workspace may hold.

    Raises:
        InputError: it is no MATLAB 5 file, is damaged, or unpacks to more than :func:`evalkit.reading.text.text_limit`.
    """
    hint = "save it in MATLAB with -v7 or -v6"
    if content.startswith(_HDF):
        raise InputError("is a MATLAB 7.3 file (HDF5), which is not read", path=place, hint=hint)
    if not content.startswith(HEADER):
        raise InputError("is no MATLAB 5 file, the only kind of .mat that is read", path=place, hint=hint)
    try:
        return _Reader(content).variables()
    except (_DamagedError, zlib.error, struct.error, UnicodeDecodeError) as error:
        raise InputError(f"is a damaged MATLAB file: {error}", path=place) from error


@dataclass
class _Reader:
    """The elements of one file, counted."""

    content: bytes
    parts: int = 0
    order: str = field(init=False)

    def __post_init__(self) -> None:
        order = {b"IM": "<", b"MI": ">"}.get(self.content[126:_PREAMBLE])
        if order is None:
            raise _DamagedError("its header is cut or changed")
        self.order = order

    def variables(self) -> dict[str, Any]:
        """Every variable of the file."""
        by_name = {}
        left = text_limit()
        for kind, element in self._elements(self.content[_PREAMBLE:], padded=False):
            if kind == _COMPRESSED:
                element = _unpacked(element, left)
                left -= len(element)
                ((kind, element),) = list(self._elements(element))[:1] or [(0, b"")]
            if kind == _MATRIX:
                name, value = self._matrix(element, 0)
                by_name[name] = value
        return by_name

    def _elements(self, data: bytes, *, padded: bool = True) -> Iterator[tuple[int, bytes]]:
        """Kind and content of each element that stands in ``data``, one after the other.

        Args:
            padded: elements other than matrices end at multiples of 8 bytes.
        """
        position = 0
        while position + 8 <= len(data):
            self.parts += 1
            if self.parts > _MOST_PARTS:
                raise _DamagedError(f"more than {_MOST_PARTS} parts")
            kind, size = struct.unpack_from(f"{self.order}II", data, position)
            if kind >> 16:  # a small element: kind and size in four bytes, up to four bytes of content
                kind, size, start, end = kind & 0xFFFF, kind >> 16, position + 4, position + 8
                if size > 4:
                    raise _DamagedError("a small element of more than four bytes")
            else:
                start = position + 8
                end = start + size + (-size % 8 if padded and kind != _MATRIX else 0)
            if start + size > len(data):
                raise _DamagedError("it ends early")
            yield kind, data[start : start + size]
            position = end
        if position < len(data):
            raise _DamagedError("it ends early")

    def _matrix(self, data: bytes, depth: int) -> tuple[str, Any]:
        """Name and value of a matrix element."""
        if not data:
            return "", np.empty((0, 0))
        if depth > _DEPTH:
            raise _DamagedError(f"nested more than {_DEPTH} deep")
        parts = self._elements(data)
        flags = self._integers(_next(parts), "u4")
        if flags and flags[0] & 0xFF == _OPAQUE:
            return _next(parts)[1].decode("latin-1"), None
        shape = tuple(self._integers(_next(parts), "i4"))
        name = _next(parts)[1].decode("latin-1")
        if not flags or min(shape, default=-1) < 0 or len(shape) > 8:
            raise _DamagedError("a matrix without a type or a shape")
        kind, count = flags[0] & 0xFF, math.prod(shape)
        if kind in _NUMERIC:
            return name, self._array(_next(parts), shape)
        if kind == _CHAR:
            return name, self._text(_next(parts)) if count else ""
        if kind == _CELL:
            return name, [self._nested(parts, depth) for _ in range(count)]
        if kind == _STRUCT:
            return name, self._structs(parts, count, depth)
        return name, None

    def _structs(self, parts: Iterator[tuple[int, bytes]], count: int, depth: int) -> list[dict[str, Any]]:
        (width, *_) = self._integers(_next(parts), "i4") or [0]
        joined = _next(parts)[1]
        if width <= 0:
            raise _DamagedError("a struct without names")
        names = [joined[at : at + width].partition(b"\0")[0].decode("latin-1") for at in range(0, len(joined), width)]
        return [{name: self._nested(parts, depth) for name in names} for _ in range(count if names else 0)]

    def _nested(self, parts: Iterator[tuple[int, bytes]], depth: int) -> Any:
        kind, data = _next(parts)
        if kind != _MATRIX:
            raise _DamagedError("a cell or field that is no matrix")
        return self._matrix(data, depth + 1)[1]

    def _integers(self, part: tuple[int, bytes], kind: str) -> list[int]:
        data = part[1]
        return [int(value) for value in np.frombuffer(data[: len(data) // 4 * 4], f"{self.order}{kind}")]

    def _array(self, part: tuple[int, bytes], shape: tuple[int, ...]) -> Any:
        kind = _NUMBERS.get(part[0])
        if kind is None:
            raise _DamagedError("numbers of an unknown type")
        stored = np.dtype(f"{self.order}{kind}")
        if len(part[1]) != math.prod(shape) * stored.itemsize:
            raise _DamagedError("numbers that do not fill their shape")
        return np.frombuffer(part[1], stored).reshape(shape, order="F")

    def _text(self, part: tuple[int, bytes]) -> str:
        encoding = _TEXTS.get(part[0])
        if encoding is None:
            raise _DamagedError("a text of an unknown type")
        wide = encoding in ("utf-16", "utf-32")
        return part[1].decode(encoding + {"<": "-le", ">": "-be"}[self.order] if wide else encoding)


def _next(parts: Iterator[tuple[int, bytes]]) -> tuple[int, bytes]:
    part = next(parts, None)
    if part is None:
        raise _DamagedError("a part is missing")
    return part


def _unpacked(element: bytes, limit: int) -> bytes:
    unpacked = zlib.decompressobj().decompress(element, max(limit, 0) + 1)
    if len(unpacked) > limit:
        raise _DamagedError("it unpacks to more than is read as text (STDTRACK_TEXT_LIMIT=SIZE raises the limit)")
    return unpacked
