"""SHA-256 of values of every kind that a score depends on; values that differ have different encodings."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
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
    for part in _parts(values):
        digest.update(part)
    return digest.digest()


def _parts(value: object) -> Iterator[bytes]:
    """The encoding of a value, in pieces: its type, its length, and that many bytes or values."""
    kind = type(value).__name__
    if isinstance(value, Enum):
        yield from _framed(f"enum {kind}", value.name.encode())
    elif isinstance(value, str):
        yield from _framed("str", value.encode("utf-8", "surrogatepass"))
    elif isinstance(value, bytes):
        yield from _framed("bytes", value)
    elif value is None or isinstance(value, bool | int | float | np.generic):
        yield from _framed(kind, repr(value).encode())
    elif isinstance(value, np.ndarray) and not value.dtype.hasobject:
        yield from _framed(f"array {value.dtype.str} {value.shape}", value.tobytes())
    elif isinstance(value, frozenset):
        yield from _framed("set", b"".join(sorted(digest_of(item) for item in value)))
    elif isinstance(value, Mapping):
        yield from _nested("mapping", [part for pair in value.items() for part in pair])
    elif isinstance(value, tuple | list):
        yield from _nested("sequence", value)
    elif is_dataclass(value):
        yield from _nested(kind, [part for item in fields(value) for part in (item.name, getattr(value, item.name))])
    else:
        raise TypeError(f"a digest of {kind} is not defined")


def _framed(kind: str, body: bytes) -> tuple[bytes, bytes]:
    return f"{kind} {len(body)} ".encode(), body


def _nested(kind: str, values: Sequence[object]) -> Iterator[bytes]:
    yield f"{kind} {len(values)} ".encode()
    for value in values:
        yield from _parts(value)
