"""Calls of the other packages that return more here: the parameters and the text stand where the call is defined."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import wraps
from inspect import signature
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
Extended = TypeVar("Extended")


def returning(extended: type[Extended]) -> Callable[[Callable[P, Any]], Callable[P, Extended]]:
    """A decorator: the same call, whose result becomes ``extended``, a subclass of the dataclass that it returns.

    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Size:
    ...     value: int
    >>> class Shown(Size):
    ...     def __str__(self):
    ...         return f"{self.value} px"
    >>> str(returning(Shown)(Size)(3))
    '3 px'
    """

    def decorate(call: Callable[P, Any]) -> Callable[P, Extended]:
        @wraps(call)
        def extended_call(*args: P.args, **kwargs: P.kwargs) -> Extended:
            result = call(*args, **kwargs)
            return extended(**{field.name: getattr(result, field.name) for field in fields(result)})

        told = signature(call).replace(return_annotation=extended.__name__)
        extended_call.__signature__ = told  # type: ignore[attr-defined]
        extended_call.__module__ = extended.__module__  # where the call stands, so that it can be pickled
        return extended_call

    return decorate
