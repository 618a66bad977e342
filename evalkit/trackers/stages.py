"""The stages of one step, so that a profiler can time them without knowing the tracker."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol, runtime_checkable

STAGES = ("crop", "normalise", "forward", "decode")
"""Names in use: cut and resize the window; make the tensor; run the network; turn its output into a box."""

StageTimer = Callable[[str], AbstractContextManager[object]]


@runtime_checkable
class Staged(Protocol):
    """A tracker whose ``update`` wraps its parts in ``with self.stage("crop"):`` and so on.

    ``stage`` starts as :func:`untimed`; a profiler puts its own timer there. Stages do not nest. What ``forward``
    spans is the scope ``model``: tensors in, tensors out.
    """

    stage: StageTimer


_NOTHING = nullcontext()


def untimed(name: str) -> AbstractContextManager[object]:
    """Time nothing, at the cost of one call."""
    return _NOTHING
