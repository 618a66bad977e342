"""Trackers by name: specs and live instances beside each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from evalkit.errors import InputError
from evalkit.trackers.adapters import adapt, require_tracker
from evalkit.trackers.base import Tracker
from evalkit.trackers.spec import load_tracker

Source = str | object
"""A tracker's spec, or a live instance in any style that :mod:`evalkit.trackers.adapters` knows."""


@dataclass(frozen=True)
class NamedTracker:
    """A tracker and what it is called in results.

    Attributes:
        name: names the folder of its results.
        source: the spec that workers load, or the instance, which runs in the calling process.
    """

    name: str
    source: Source

    @property
    def is_live(self) -> bool:
        """An instance, which cannot be sent to another process."""
        return not isinstance(self.source, str)

    @property
    def facts(self) -> dict[str, str]:
        """What stands behind the name, for the run manifest; nothing where the name is the spec."""
        if isinstance(self.source, str):
            return {} if self.source == self.name else {"source": self.source}
        kind = type(self.source)
        return {"source": f"{kind.__module__}.{kind.__qualname__}, an instance in the calling process"}

    def load(self) -> Tracker:
        """The tracker, behind our protocol; raises InputError where there is none."""
        return as_tracker(self.source, self.name)


def as_tracker(source: Source, name: str = "") -> Tracker:
    """The tracker that a spec names, or a live one behind our protocol.

    Raises:
        InputError: the spec is wrong, or the object is no tracker of a known style.
    """
    if isinstance(source, str):
        return load_tracker(source)
    name = name or type(source).__name__
    if isinstance(source, type):
        raise InputError(f"'{source.__name__}' is a class", hint=f"give an instance: {source.__name__}(...)")
    if type(source).__module__.partition(".")[0] == "cv2":
        hint = "give a spec, such as opencv:csrt, or the module:factory that makes yours"
        raise InputError(f"'{name}' is a tracker of cv2, which takes one sequence only", hint=hint)
    return require_tracker(adapt(lambda: source, name), name)


def named_trackers(trackers: Source | Iterable[Source] | Mapping[str, Source]) -> tuple[NamedTracker, ...]:
    """Names for one tracker or several: a mapping's keys, a spec itself, an instance's class.

    Raises:
        InputError: there is none, a name is empty or no text, or two instances have the same one.
    """
    if isinstance(trackers, Mapping):
        pairs = list(trackers.items())
    else:
        sources = list(trackers) if isinstance(trackers, list | tuple | set | frozenset) else [trackers]
        sources = [source for index, source in enumerate(sources) if source not in sources[:index]]
        pairs = [(source if isinstance(source, str) else class_name(source), source) for source in sources]
    if not pairs:
        raise InputError("there is no tracker to run")
    name, count = Counter(name for name, _ in pairs).most_common(1)[0]
    if count > 1:
        raise InputError(f"{count} trackers are called '{name}'", hint="name them: {'first': ..., 'second': ...}")
    for name, _ in pairs:
        if not (isinstance(name, str) and name):
            raise InputError(f"{name!r} is no name of a tracker", hint="a mapping's keys are texts")
    return tuple(NamedTracker(name, source) for name, source in pairs)


def class_name(source: object) -> str:
    """The class of an instance, or a class itself, by name."""
    return source.__name__ if isinstance(source, type) else type(source).__name__
