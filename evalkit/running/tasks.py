"""Calls that may fail in any way, and failures that cross process borders."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

from evalkit.errors import InputError
from evalkit.trackers.answers import NonsenseError


class TaskError(Exception):
    """A call failed in a worker.

    Args:
        summary: one line: the exception, or how the worker died.
        detail: the traceback and what the worker wrote last, as text.
    """

    def __init__(self, summary: str, detail: str = "") -> None:
        super().__init__(summary, detail)
        self.summary, self.detail = summary, detail

    def __str__(self) -> str:
        return self.summary


class LostClusterError(Exception):
    """Whoever carried out the calls is gone, through no fault of a tracker: what is unfinished is run again."""


class OtherCodeError(InputError):
    """A machine of the cluster runs other code than this one: its results would be no part of this run."""


def perform(
    function: Callable[..., Any], arguments: tuple[Any, ...], through: tuple[type[BaseException], ...] = ()
) -> tuple[bool, Any]:
    """Call; ``(True, result)``, or ``(False, error)`` where anything but InputError has become a TaskError.

    A tracker's own exceptions may not survive pickling, and their classes may not exist in the parent.

    Args:
        through: what is raised as it is.
    """
    try:
        return True, function(*arguments)
    except through:
        raise
    except InputError as error:
        return False, error
    except NonsenseError as error:
        return False, TaskError(str(error), traceback.format_exc())
    except BaseException as error:  # noqa: BLE001 - whatever a tracker raises is a result here, sys.exit() too
        lines = "".join(traceback.format_exception_only(error)).strip().splitlines()
        return False, TaskError(lines[-1 if isinstance(error, SyntaxError) else 0], traceback.format_exc())
