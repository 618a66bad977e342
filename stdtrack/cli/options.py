"""Options that several commands share."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from evalkit.running.heartbeat import FRAME_TIMEOUT
from evalkit.suggestions import nearest
from stdtrack.cli.completion import Offer, benchmarks, offered_last

Function = TypeVar("Function", bound=Callable[..., Any])

PROTOCOLS = ("official", "pytracking", "ostrack", "pysot", "pysot-toolkit", "got10k", "vot-toolkit", "long-term")
"""Rules to score by, see :mod:`evalkit.scoring.protocols`; ``vot-toolkit`` is for VOT's experiments alone."""


def find_own_modules(specs: Iterable[str]) -> None:
    """Let a typed ``module:factory`` lie in the working folder, as with ``python -m``; no other spec looks there."""
    from evalkit.trackers.spec import names_module

    if any(names_module(spec) for spec in specs) and os.getcwd() not in sys.path:
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


class Word(click.Choice[str]):
    """One of a few words, in any case; a mistyped one is answered with the nearest."""

    def __init__(self, *words: str) -> None:
        super().__init__(words, case_sensitive=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Add what was meant to click's message."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            near = nearest(str(value), self.choices)
            hint = f" (did you mean '{near}'?)" if near else ""
            self.fail(f"{error.message.rstrip('.')}{hint}", param, ctx)


class CommaList(click.ParamType[tuple[str, ...]]):
    """``a,b`` given once or repeated: flattened by :func:`flatten` into one tuple.

    Args:
        words: names that are taken in any case; others are left to the command.
        offer: what a shell is offered, the words by default.
    """

    name = "NAME[,NAME...]"

    def __init__(self, words: Iterable[str] = (), offer: Offer | None = None) -> None:
        self._words = {word.lower(): word for word in words}
        self._offer = offer or (lambda begun: self._words.values())

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """What may stand behind the last comma."""
        return offered_last(incomplete, self._offer)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Split one occurrence at its commas."""
        if isinstance(value, tuple):
            return value
        named = (part.strip() for part in str(value).split(",") if part.strip())
        parts = tuple(self._words.get(part.lower(), part) for part in named)
        if not parts:
            self.fail(f"'{value}' names nothing", param, ctx)
        return parts


def flatten(ctx: click.Context, param: click.Parameter, value: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """Join the occurrences of a repeated comma list, keeping the order and dropping repeats."""
    return tuple(dict.fromkeys(part for occurrence in value for part in occurrence))


def comma_list(
    *names: str, words: Iterable[str] = (), offer: Offer | None = None, **attributes: Any
) -> Callable[[Function], Function]:
    """A click option that takes a comma list and may be repeated; the command gets ``tuple[str, ...]``."""
    return click.option(*names, type=CommaList(words, offer), multiple=True, callback=flatten, **attributes)


def benchmark_option(text: str, *, required: bool = False) -> Callable[[Function], Function]:
    """``--on``; the command gets ``benchmarks``."""
    return comma_list("--on", "benchmarks", offer=benchmarks, required=required, metavar="BENCHMARK[,...]", help=text)


def protocol_option(text: str) -> Callable[[Function], Function]:
    """``--protocol``, in any case; the command gets ``protocols``."""
    return comma_list("--protocol", "protocols", words=PROTOCOLS, metavar="NAME[,...]", help=text)


def exclude_option(command: Function) -> Function:
    """``--exclude``: sequences that are left out; every figure says so."""
    text = "Leave out sequences with such names; may be repeated, and every figure says so."
    return comma_list("--exclude", metavar="GLOB[,...]", help=text)(command)


def running_options(command: Function) -> Function:
    """Which sequences run, in how many processes and threads, and what becomes of failures."""
    options = (
        comma_list("--sequences", metavar="GLOB[,...]", help="Only sequences with such names."),
        exclude_option,
        click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Processes at once."),
        click.option("--threads", type=click.IntRange(1), default=1, show_default=True,
                     help="Threads of each process."),
        click.option("--timeout", type=Positive(), default=FRAME_TIMEOUT, show_default=True,
                     help="Seconds a frame may take."),
        click.option("--max-failures", type=click.IntRange(0), help="Stop when more sequences have failed."),
        click.option("--retry-failed", is_flag=True, help="Run again what failed before."),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def untrained_option(command: Function) -> Function:
    """``--allow-untrained``: see :func:`stdtrack.cli.run.refuse_random_weights`."""
    text = "Run published networks without their weights, too."
    return click.option("--allow-untrained", is_flag=True, help=text)(command)


def data_options(command: Function) -> Function:
    """``--data`` and ``--annotations``: where benchmarks lie; the default is the root recorded in run.json."""
    path = click.Path(path_type=Path)
    command = click.option(
        "--annotations", type=path, help="Annotations without images: a bundle, or a flat folder of <sequence>.txt."
    )(command)
    return click.option(
        "--data", type=path, envvar="STDTRACK_DATA", help="Root of several benchmarks, or of one. [STDTRACK_DATA]"
    )(command)


def no_cache_option(command: Function) -> Function:
    """``--no-cache``: score anew, and keep nothing."""
    return click.option("--no-cache", is_flag=True, help="Score anew, and keep no scores for the next time.")(command)


def log_option(command: Function) -> Function:
    """``--log``: where figures are logged; the command gets ``log``."""
    text = "Also log to mlflow, tensorboard or wandb; options as in 'mlflow?experiment=NAME'."
    return comma_list("--log", metavar="LOGGER[,...]", help=text)(command)
