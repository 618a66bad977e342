"""Text as a value of an annotated type: what an option in a spec can be."""

from __future__ import annotations

from collections import abc
from collections.abc import Callable, Mapping
from enum import Enum
from inspect import isclass
from os import PathLike
from pathlib import Path, PurePath
from types import GenericAlias, NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import numpy as np

TRUE, FALSE, NONE = ("true", "yes", "on", "1"), ("false", "no", "off", "0"), ("none", "null")
_SEVERAL = (list, tuple, set, frozenset, abc.Sequence, abc.Iterable, abc.Collection, abc.Set)
_TEXT = (str, Any, object)


class ConversionError(ValueError):
    """The text is no such value.

    Attributes:
        hint: how such a value is written; may be empty.
    """

    def __init__(self, hint: str = "") -> None:
        super().__init__(hint)
        self.hint = hint


def convert(text: str, kind: Any) -> object:
    """The text as a ``kind``: a class or anything that stands in an annotation.

    ``bool`` reads true, yes, on, 1 and their opposites in any case; ``int`` and ``float`` what Python reads; an enum a
    member's name or value; a union the first of its members that fits, text last; a list or tuple its parts between
    commas; any other class is called with the text.

    >>> convert("False", bool), convert("none", int | None), convert("0.5,2", tuple[float, ...])
    (False, None, (0.5, 2.0))

    Raises:
        ConversionError: it is none, or a spec cannot say what one is.
    """
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return _literal(text, arguments)
    if origin in (Union, UnionType):
        return _member(text, arguments)
    if (origin or kind) in _SEVERAL:
        return _parts(text, origin or kind, arguments)
    if kind in (None, NoneType):
        return _one_of(text, dict.fromkeys(NONE))
    if isclass(kind) and issubclass(kind, Enum):
        return _enum(text, kind)
    # typing.NewType, and a name for a type from Python 3.12 on
    behind = getattr(kind, "__supertype__", None) or getattr(kind, "__value__", None)
    return _scalar(text, kind) if behind is None else convert(text, behind)


def kind_of_default(default: object) -> Any:
    """The type that an option without annotation takes from its default; text where that says nothing.

    >>> kind_of_default(False), kind_of_default((0.9, 1.1)), kind_of_default(None)
    (<class 'bool'>, tuple[float, ...], <class 'str'>)
    """
    if isinstance(default, list | tuple) and default:
        each: Any = kind_of_default(default[0])
        return GenericAlias(list, each) if isinstance(default, list) else GenericAlias(tuple, (each, ...))
    if isinstance(default, np.generic):
        return kind_of_default(default.item())
    return type(default) if isinstance(default, bool | int | float | Enum | PurePath) else str


def name_of(kind: Any) -> str:
    """A type as one writes it.

    >>> name_of(float), name_of(int | None), name_of(Literal["a", "b"])
    ('float', 'int | None', "Literal['a', 'b']")
    """
    return kind.__name__ if isclass(kind) and not get_args(kind) else str(kind).replace("typing.", "")


def _scalar(text: str, kind: Any) -> object:
    if kind in _TEXT or isinstance(kind, TypeVar):
        return text
    if kind in (bool, np.bool_):  # numpy's own takes any text for true
        return _one_of(text, {**dict.fromkeys(TRUE, True), **dict.fromkeys(FALSE, False)}, "write true or false")
    if not isclass(kind):
        raise ConversionError("a spec cannot say what one is")
    read: Callable[[str], object] = Path if kind is PathLike else kind
    try:
        return read(text)
    except Exception as error:
        raise ConversionError from error


def _one_of(text: str, values: Mapping[str, object], hint: str = "") -> object:
    try:
        return values[text.strip().lower()]
    except KeyError:
        raise ConversionError(hint) from None


def _literal(text: str, values: tuple[Any, ...]) -> object:
    for value in values:
        try:
            if convert(text, type(value)) == value:
                return value
        except ConversionError:
            continue
    raise ConversionError(f"there are: {', '.join(_written(value) for value in values)}")


def _enum(text: str, kind: type[Enum]) -> Enum:
    for member in kind:
        if text in (member.name, str(member.value)):
            return member
    raise ConversionError(f"there are: {', '.join(kind.__members__)}")


def _written(value: Any) -> str:
    return value.name if isinstance(value, Enum) else str(value)


def _rank(kind: Any) -> int:
    """Members of a union that read less come first, and text, which reads everything, last."""
    order = [NoneType, int, float, bool]
    return order.index(kind) if kind in order else len(order) + (kind is str)


def _member(text: str, kinds: tuple[Any, ...]) -> object:
    for kind in sorted(kinds, key=_rank):
        try:
            return convert(text, kind)
        except ConversionError:
            continue
    raise ConversionError


def _parts(text: str, kind: type, arguments: tuple[Any, ...]) -> object:
    """``a,b,c`` as a collection; ``tuple[int, float]`` says what each is, the others have one type for all."""
    parts = text.split(",") if text else []
    if issubclass(kind, tuple) and arguments and arguments[-1] is not Ellipsis:
        if len(parts) != len(arguments):
            raise ConversionError(f"write {len(arguments)} values with commas between them")
        return tuple(convert(part, each) for part, each in zip(parts, arguments, strict=True))
    every = [convert(part, arguments[0] if arguments else str) for part in parts]
    return kind(every) if kind in (list, set, frozenset) else tuple(every)
