"""Questions to a tracker that leave it as it is: where would you see the target in this frame?"""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Iterator
from typing import Any

from evalkit.errors import InputError
from evalkit.running.in_process import random_states_kept
from evalkit.trackers.answers import read_answer
from evalkit.trackers.base import Tracker
from evalkit.types import Box, Image

_DEEPEST = 4


class Probe:
    """Asks a copy of the tracker; where it cannot be copied, another one, started on the last frame and answer.

    Networks are shared between the copies: what a tracker learns while it runs must not lie in a module of torch.

    Args:
        tracker: the one that runs.
        spare: loads another; None where there is none.
    """

    def __init__(self, tracker: Tracker, spare: Callable[[], Tracker] | None) -> None:
        self._tracker, self._spare = tracker, spare
        self._other: Tracker | None = None
        self._last: tuple[Image, Box] | None = None

    def seen(self, image: Image, box: Box) -> None:
        """The last frame that the tracker was given, and its answer (4,) xywh."""
        self._last = image, box

    def ask(self, image: Image) -> Box:
        """(4,) xywh, the answer on a frame.

        Raises:
            InputError: the tracker can be neither copied nor loaded again.
        """
        with random_states_kept():
            return read_answer(self._fresh().update(image)).box

    def _fresh(self) -> Tracker:
        if self._other is None:
            try:
                return copied(self._tracker)
            except Exception as error:  # noqa: BLE001 - whatever keeps it from being copied
                self._other = self._loaded(error)
        assert self._last is not None  # told before the first question
        self._other.init(*self._last)
        return self._other

    def _loaded(self, error: Exception) -> Tracker:
        if self._spare is None:
            problem = f"a {type(self._tracker).__name__} can be neither copied nor loaded again, so nothing can ask it"
            raise InputError(problem, hint="give a spec instead of an instance, or let it support copy.deepcopy")
        return self._spare()


def copied(tracker: Tracker) -> Tracker:
    """A deep copy that shares networks; raises whatever copying raises."""
    memo: dict[int, Any] = {id(module): module for module in _networks(tracker, _DEEPEST)}
    return copy.deepcopy(tracker, memo)


def _networks(owner: object, depth: int) -> Iterator[object]:
    """Modules of torch among the attributes of an object, and theirs."""
    torch: Any = sys.modules.get("torch")
    for value in vars(owner).values() if torch and hasattr(owner, "__dict__") else ():
        if isinstance(value, torch.nn.Module):
            yield value
        elif depth and hasattr(value, "__dict__") and not isinstance(value, type | torch.Tensor):
            yield from _networks(value, depth - 1)
