"""Options that several commands share."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])

FRAME_TIMEOUT = 300.0
"""Seconds that a frame may take unless --timeout says otherwise."""


def find_own_modules() -> None:
    """Let ``module:factory`` lie in the working folder, as with ``python -m``."""
    sys.path.append(os.getcwd())


class Positive(click.FloatRange):
    """A finite number above 0."""

    def __init__(self) -> None:
        super().__init__(0, min_open=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Refuse what Python reads as a number and no clock can reach."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value} is no finite number", param, ctx)
        return number


class CommaList(click.ParamType[tuple[str, ...]]):
    """``a,b`` given once or repeated: flattened by :func:`flatten` into one tuple."""

    name = "NAME[,NAME...]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Split one occurrence at its commas."""
        if isinstance(value, tuple):
            return value
        parts = tuple(part.strip() for part in str(value).split(",") if part.strip())
        if not parts:
            self.fail(f"'{value}' names nothing", param, ctx)
        return parts


def flatten(ctx: click.Context, param: click.Parameter, value: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """Join the occurrences of a repeated comma list, keeping the order and dropping repeats."""
    return tuple(dict.fromkeys(part for occurrence in value for part in occurrence))


def comma_list(*names: str, **attributes: Any) -> Callable[[Function], Function]:
    """A click option that takes a comma list and may be repeated; the command gets ``tuple[str, ...]``."""
    return click.option(*names, type=CommaList(), multiple=True, callback=flatten, **attributes)


def data_options(command: Function) -> Function:
    """``--data`` and ``--annotations``: where benchmarks lie; the default is the root recorded in run.json."""
    path = click.Path(path_type=Path)
    command = click.option(
        "--annotations", type=path, help="Annotations without images: a bundle, or a flat folder of <sequence>.txt."
    )(command)
    return click.option(
        "--data", type=path, envvar="STDTRACK_DATA", help="Root of several benchmarks, or of one. [STDTRACK_DATA]"
    )(command)
