"""SHA-256 of values of every kind that a score depends on; values that differ have different encodings."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum

import numpy as np


def digest_of(*values: object) -> bytes:
    """SHA-256 over the values in their order, each with its type and length.

    Taken are None, truth values, numbers, text, bytes, enumerations, numpy arrays, frozen sets, sequences, mappings and
    dataclasses of these. The order of a mapping counts, that of a set does not.

    Raises:
        TypeError: for any other type, a path included: what it stands for is not part of it.

    >>> digest_of("ab", "c") == digest_of("a", "bc"), digest_of(1) == digest_of(1.0)
    (False, False)
    """
    digest = hashlib.sha256()
    for value in values:
        for part in _encoded(value):
            digest.update(part)
    return digest.digest()


def _encoded(value: object) -> Iterable[bytes]:
    kind = type(value).__name__
    if isinstance(value, Enum):
        return _framed(f"enum {kind}", value.name.encode())
    if value is None or isinstance(value, bool | int | float | np.generic):
        return _framed(kind, repr(value).encode())
    if isinstance(value, str):
        return _framed("str", value.encode("utf-8", "surrogatepass"))
    if isinstance(value, bytes):
        return _framed("bytes", value)
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        return _framed(f"array {value.dtype.str} {value.shape}", np.ascontiguousarray(value).tobytes())
    if isinstance(value, frozenset):
        return _framed("set", b"".join(sorted(map(digest_of, value))))
    if isinstance(value, Mapping):
        return _framed("mapping", digest_of(*(part for pair in value.items() for part in pair)))
    if isinstance(value, tuple | list):
        return _framed("sequence", digest_of(*value))
    if is_dataclass(value):
        return _framed(f"fields of {kind}", digest_of({item.name: getattr(value, item.name) for item in fields(value)}))
    raise TypeError(f"a digest of {kind} is not defined")


def _framed(kind: str, body: bytes) -> tuple[bytes, bytes]:
    return f"{kind} {len(body)} ".encode(), body
