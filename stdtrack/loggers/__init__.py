"""Where training and scores are logged beside our own files: MLflow, TensorBoard, Weights & Biases.

Every service is one file with a ``LOGGER``, and one line among the entry points of the group ``stdtrack.loggers``;
another package brings one the same way. A user writes ``mlflow`` or ``mlflow?experiment=otb``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qsl

from evalkit.entry_points import Registry
from evalkit.errors import InputError, one_line
from evalkit.imports import is_installed
from evalkit.suggestions import as_names
from evalkit.trackers.options import convert_options

GROUP = "stdtrack.loggers"


@dataclass(frozen=True)
class LoggedRun:
    """What is logged as one run.

    Attributes:
        name: of the run: a tracker, or a training run's folder.
        folder: where a service that keeps files may put them.
        step: the training step where the run goes on, 0 at the start.
    """

    name: str
    folder: Path
    step: int = 0


class Log(Protocol):
    """One open run of one service."""

    def settings(self, values: Mapping[str, str]) -> None:
        """What the run was made with; called once, first."""

    def metrics(self, values: Mapping[str, float], step: int) -> None:
        """Finite figures at a step; those of scores are at step 0."""

    def file(self, path: Path) -> None:
        """A file that belongs to the run."""

    def close(self, *, failed: bool) -> None:
        """The run is over; nothing else is called afterwards."""


@dataclass(frozen=True)
class Logger:
    """A service.

    Attributes:
        open: ``(run, **options)`` begins a run; its keyword arguments are what may stand behind ``?``.
        needs: the module that must be installed.
        extra: the extra of this project that installs it, None where that is no extra of ours.
    """

    open: Callable[..., Log]
    needs: str
    extra: str | None = None


LOGGERS: Registry[Logger] = Registry(
    GROUP, "logger", "stdtrack.loggers.Logger", lambda _, logger: isinstance(logger, Logger)
)
"""Every logger of every installed package, by the name that users write."""


class Logs:
    """Several open runs as one; none at all takes everything and does nothing."""

    def __init__(self, logs: Iterable[Log] = ()) -> None:
        self._logs = tuple(logs)

    def settings(self, values: Mapping[str, str]) -> None:
        """Tell each."""
        for log in self._logs:
            log.settings(values)

    def metrics(self, values: Mapping[str, float], step: int) -> None:
        """Tell each; a figure that is no finite number is not logged."""
        finite = {name: value for name, value in values.items() if math.isfinite(value)}
        for log in self._logs:
            log.metrics(finite, step)

    def file(self, path: Path) -> None:
        """Tell each."""
        for log in self._logs:
            log.file(path)


def check(specs: str | Iterable[str]) -> tuple[Callable[[LoggedRun], Log], ...]:
    """How to begin a run of each logger, with its options, before anything is computed.

    Raises:
        InputError: no such logger or option, or what it needs is not installed.
    """
    return tuple(_opening(spec) for spec in as_names(specs))


def _opening(spec: str) -> Callable[[LoggedRun], Log]:
    name, mark, query = spec.partition("?")
    logger = LOGGERS.find(name)
    if not is_installed(logger.needs):
        hint = f"pip install '.[{logger.extra}]'" if logger.extra else f"pip install {logger.needs}"
        raise InputError(f"logger '{name}' needs {logger.needs}, which is not installed", hint=hint)
    try:
        options = dict(parse_qsl(query, strict_parsing=True, keep_blank_values=True)) if mark else {}
    except ValueError as error:
        raise InputError(f"options of '{spec}' are not NAME=VALUE&NAME=VALUE", hint=str(error)) from error
    nowhere = LoggedRun("", Path())
    return partial(_opened, name, logger, convert_options(partial(logger.open, nowhere), options, name))


def _opened(name: str, logger: Logger, options: Mapping[str, object], run: LoggedRun) -> Log:
    try:
        return logger.open(run, **options)
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"logger '{name}' cannot begin a run: {one_line(error)}") from error


@contextmanager
def open_logs(openings: Iterable[Callable[[LoggedRun], Log]], run: LoggedRun) -> Iterator[Logs]:
    """Begin a run of each logger and end it with the block, as failed where the block raises.

    Args:
        openings: what :func:`check` gave.
    """
    with ExitStack() as stack:
        logs: list[Log] = []
        for opening in openings:
            log = opening(run)
            stack.push(partial(_close, log))
            logs.append(log)
        yield Logs(logs)


def flat(values: Mapping[Any, object], before: str = "") -> dict[str, str]:
    """Nested settings as one level of text, the names of the levels joined by points.

    >>> flat({"optim": {"ema": 0.99}, "stages": [{"steps": 5}]})
    {'optim.ema': '0.99', 'stages.0.steps': '5'}
    """
    found: dict[str, str] = {}
    for name, value in values.items():
        inner = dict(enumerate(value)) if isinstance(value, list | tuple) else value
        found |= flat(inner, f"{before}{name}.") if isinstance(inner, Mapping) else {f"{before}{name}": str(inner)}
    return found


def _close(log: Log, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
    log.close(failed=kind is not None)
