"""Text files of other people: bounded, of whatever encoding a mark at their beginning names, JSON of a bounded depth.

Every reader of text in this package comes here, so that a device, a file of 20 GB or a byte order mark is the same to
all of them.
"""

from __future__ import annotations

import codecs
import json
import math
import os
import re
import stat
from decimal import Decimal
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, NoReturn

from evalkit.errors import InputError

LIMIT_VARIABLE = "STDTRACK_TEXT_LIMIT"
_LIMIT = 1 << 30
"""Bytes of one text file, or of all that an archive unpacks to: annotation and results are a few megabytes."""
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_DEPTH = 64
"""Levels of a JSON file; those of this project have six."""
# That of UTF-32 begins as that of UTF-16 does.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HALF_PAIR = re.compile(r"\\u[dD][89a-fA-F]")
_FIRST_BYTES = (b"\xef\xbb", b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe")
_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def text_limit() -> int:
    """The most bytes of text that are read at once: STDTRACK_TEXT_LIMIT, such as ``4G``, else a gibibyte.

    Raises:
        InputError: the variable is no size.
    """
    return size_limit(LIMIT_VARIABLE, _LIMIT)


def size_limit(variable: str, default: int) -> int:
    """A limit that an environment variable sets, such as ``4G``; raises InputError where it is no size."""
    named = os.environ.get(variable)
    if not named:
        return default
    match = re.fullmatch(r"([0-9]{1,15})\s*([KMGT]?)(i?B)?", named.strip(), re.IGNORECASE)
    if match is None:
        raise InputError(f"{variable}={named[:40]} is no size", hint="a number, or such as 500M or 4G")
    return int(match[1]) * _UNITS[match[2].upper()]


def read_bytes(file: Traversable) -> bytes:
    """Content of a regular file.

    Raises:
        InputError: it cannot be read, is a pipe, socket, device or folder, or is larger than :func:`text_limit`.
    """
    try:
        if isinstance(file, Path):
            refuse_large(regular_size(file), file)
        return file.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = error.strerror if isinstance(error, OSError) else None
        raise InputError(f"cannot be read: {reason or error}", path=str(file)) from error


def is_there(path: Path) -> bool:
    """A file or folder of this path exists; raises InputError where the path can be none, such as of 5,000 letters."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError) as error:  # too long, a loop of links, no permission, a NUL in the name
        reason = error.strerror if isinstance(error, OSError) else None
        raise InputError(f"cannot be read: {reason or error}", path=path) from error
    return True


def regular_size(path: Path) -> int:
    """Bytes of a file, asked before it is opened: a pipe without a writer would be waited for, a device has no end.

    Raises:
        InputError: it is a pipe, a socket or a device.
        OSError: it is not there.
    """
    facts = path.stat()
    kind = _KINDS.get(stat.S_IFMT(facts.st_mode))
    if kind is not None:
        raise InputError(f"is {kind}, not a file", path=path)
    return facts.st_size


def refuse_large(size: int, path: Path, what: str = "is larger") -> None:
    """Raise InputError if ``size`` bytes are more than :func:`text_limit`."""
    limit = text_limit()
    if size > limit:
        hint = f"{LIMIT_VARIABLE}=SIZE raises the limit"
        raise InputError(f"{what} than {limit / (1 << 30):.4g} GiB of text", path=path, hint=hint)


def printable(name: str) -> str:
    r"""The name of a file, whose bytes outside of UTF-8 are written as ``\xff``."""
    return name if name.isascii() else os.fsencode(name).decode("utf-8", "backslashreplace")


def without_mark(content: bytes) -> bytes:
    """The text in UTF-8 without a byte order mark; what has none is returned as it is.

    >>> without_mark("1,2".encode("utf-16")), without_mark(b"1,2")
    (b'1,2', b'1,2')
    """
    encoding = _marked_encoding(content)
    return content if encoding is None else content.decode(encoding, "replace").encode()


def _marked_encoding(content: bytes) -> str | None:
    if not content.startswith(_FIRST_BYTES):
        return None
    return next((name for mark, name in _MARKS if content.startswith(mark)), None)


def decode(content: bytes, path: str | Path) -> str:
    """The text of a file, UTF-8 or what its byte order mark says.

    Raises:
        InputError: it is no such text.
    """
    try:
        return content.decode(_marked_encoding(content) or "utf-8")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        hint = "save it as UTF-8, or as UTF-16 with its byte order mark"
        raise InputError("is neither UTF-8 nor marked UTF-16 text", path=path, row=row, hint=hint) from error


def read_text(file: Traversable) -> str:
    """Text of a file; raises InputError, see :func:`read_bytes` and :func:`decode`."""
    return decode(read_bytes(file), str(file))


def read_names(file: Traversable) -> tuple[str, ...]:
    """Names between white space, as in ``list.txt``; raises InputError."""
    return tuple(read_text(file).split())


def read_json(file: Traversable, *, exact: bool = False) -> Any:
    """The value of a JSON file; raises InputError, see :func:`parse_json`."""
    return parse_json(read_text(file), str(file), exact=exact)


def parse_json(text: str, path: str | Path, *, nan: bool = False, exact: bool = False) -> Any:
    """The value of a JSON text, without what nobody can print, store or walk through.

    Args:
        nan: take the constants NaN and Infinity, which Python writes and JSON does not have.
        exact: give numbers with a point or an exponent as the Decimal of their text.

    Raises:
        InputError: it is no JSON, has NaN or infinity, half a surrogate pair, a number of thousands of digits, or is
            nested more than 64 deep.
    """
    try:
        value = json.loads(
            text, parse_constant=float if nan else _refuse_constant, parse_float=_exact if exact else _finite
        )
    except RecursionError as error:
        raise InputError(f"is nested more than {_DEPTH} deep", path=path) from error
    except ValueError as error:
        row = error.lineno if isinstance(error, json.JSONDecodeError) else None
        said = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise InputError(f"is no JSON: {said.rstrip(';').partition(';')[0]}", path=path, row=row) from error
    if _is_deep(value):
        raise InputError(f"is nested more than {_DEPTH} deep", path=path)
    if _HALF_PAIR.search(text) and not _is_printable(value):
        raise InputError("holds half a surrogate pair, which is no character", path=path)
    return value


def _is_deep(value: object) -> bool:
    level = [value]
    for _ in range(_DEPTH + 1):
        values = (each.values() if isinstance(each, dict) else each for each in level if isinstance(each, list | dict))
        level = [inner for each in values for inner in each if isinstance(inner, list | dict)]
        if not level:
            return False
    return True


def _is_printable(value: object) -> bool:
    try:
        json.dumps(value, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        return False
    return True


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _exact(text: str) -> Decimal:
    _finite(text)
    return Decimal(text)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:20]} is beyond every number")
    return number
