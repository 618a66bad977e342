"""``.npy`` files: numbers alone, never a pickle."""

from __future__ import annotations

import io
import tokenize
import warnings

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from evalkit.errors import InputError

_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
_WRONG = (
    ValueError,
    TypeError,
    OverflowError,
    SyntaxError,
    MemoryError,
    RecursionError,
    KeyError,
    IndexError,
    tokenize.TokenError,
)


def read_array(content: bytes, place: str, columns: range) -> NDArray[np.float64]:
    """(N, C) numbers, C in ``columns``; the header is checked against the file's size before anything is made of it.

    Raises:
        InputError: it is no such array.
    """
    stream = io.BytesIO(content)
    try:
        version = npy.read_magic(stream)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            shape, fortran, kind = _HEADERS[version](stream)
    except _WRONG as error:
        raise InputError(f"is no numpy array: {str(error)[:100]}", path=place) from error
    if kind.kind not in "iuf":
        hint = "save numbers: numpy.save(file, boxes.astype(float))"
        raise InputError(f"is an array of {kind.name[:20]}, not of numbers", path=place, hint=hint)
    if len(shape) != 2 or shape[1] not in columns or shape[0] < 1:
        raise InputError(f"is an array of shape {str(shape)[:60]}, expected (N, {columns[0]})", path=place)
    data = content[stream.tell() :]
    if len(data) != shape[0] * shape[1] * kind.itemsize:
        raise InputError("is a damaged numpy array: its size is not what its header says", path=place)
    order = "F" if fortran else "C"
    with np.errstate(all="ignore"):  # half and long doubles beyond a double
        return np.ascontiguousarray(np.frombuffer(data, kind).reshape(shape, order=order), dtype=np.float64)  # type: ignore[call-overload]
