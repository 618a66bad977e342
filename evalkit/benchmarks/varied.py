"""A benchmark under a variation: any benchmark's class, with its sequences changed as they are loaded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from importlib.resources.abc import Traversable
from typing import ClassVar

from evalkit.benchmarks.attributes import Attributes
from evalkit.benchmarks.base import Benchmark, Source
from evalkit.benchmarks.inventory import Inventory
from evalkit.benchmarks.layout import plain
from evalkit.benchmarks.variations import MARK, RUN_MARK, Setting, Variation
from evalkit.errors import InputError
from evalkit.sequences.sequence import Sequence

SEED = "seed"
_LARGEST_SEED = 1 << 32


class Varied(Benchmark):
    """``otb100+fog@3``: the benchmark below it is asked for everything, and the variation changes what it gives.

    Its own option is ``seed``: ``otb100+fog@3?seed=1``.

    Class attributes:
        base: the benchmark below, which may be varied itself.
        variation, level: what is done to it.
    """

    base: ClassVar[type[Benchmark]]
    variation: ClassVar[Variation]
    level: ClassVar[int]

    def __init_subclass__(cls) -> None:
        """Nothing of what the base does with subclasses of its own, such as VOT's years."""

    def __init__(self, root: Traversable, options: Mapping[str, str] | None = None) -> None:
        given = dict(options or {})
        seeded = {SEED: given.pop(SEED)} if SEED in given else {}
        nested = seeded if issubclass(self.base, Varied) else {}
        self.inner = self.base(root, {**given, **nested})
        self.root, self.options = self.inner.root, {**self.inner.options, **seeded}
        self.seed = _seed(seeded.get(SEED, "0"))

    def __reduce__(self) -> tuple[object, ...]:
        return _restored, (self.name, self.__dict__)  # its class is made when it is asked for

    def discover(self) -> Mapping[str, Source]:
        """The runs on every sequence of the benchmark below."""
        return {run: source for name, source in self.inner.sources.items() for run in self._runs((name,))}

    def official_names(self) -> tuple[str, ...] | None:
        """The runs on every official sequence."""
        names = self.inner.official_names()
        return None if names is None else self._runs(names)

    def inventory(self) -> Inventory:
        """The same of the benchmark below, in runs."""
        below = self.inner.inventory()
        present, missing, excluded = map(self._runs, (below.present, below.missing, below.excluded))
        return replace(below, present=present, missing=missing, excluded=excluded)

    def shortcoming(self) -> str | None:
        """The same of the benchmark below."""
        return self.inner.shortcoming()

    def list_is_official(self) -> bool:
        """The same of the benchmark below."""
        return self.inner.list_is_official()

    def not_run(self) -> str:
        """Why no tracker is run on it: its results, or those of the benchmark below, are replayed."""
        if self.variation.replayed:
            return f"results on {self.name} are replayed from those on {self.inner.name}"
        return self.inner.not_run()

    def official_length(self, name: str) -> int | None:
        """The same of the clip; None where runs begin within it."""
        return None if self.variation.runs else self.inner.official_length(self._parted(name)[0])

    @cached_property
    def attributes(self) -> Attributes:
        """The same of the clips."""
        known = self.inner.attributes
        by_name = {run: known.of(name) for name in known.by_name for run in self._runs((name,))}
        return Attributes(by_name, known.source)

    def sequence(self, name: str) -> Sequence:
        """Load a sequence and change it; raises InputError as the benchmark below does."""
        below, run = self._parted(name)
        if name not in self.sources:
            return super().sequence(name)  # says what was meant
        sequence = self.variation.apply(self.inner.sequence(below), Setting(self.level, self.seed, run))
        return replace(sequence, name=name, benchmark=self.name)

    def files(self, name: str) -> tuple[Traversable, ...]:
        """The same of the clip."""
        return self.inner.files(self._parted(name)[0])

    @classmethod
    def clip_of(cls, name: str) -> str:
        """The sequence of the unvaried benchmark."""
        return cls.base.clip_of(cls._parted(name)[0])

    def _runs(self, names: Iterable[str]) -> tuple[str, ...]:
        runs = self.variation.runs
        return tuple(f"{name}{RUN_MARK}{run}" for name in names for run in runs) if runs else tuple(names)

    @classmethod
    def _parted(cls, name: str) -> tuple[str, str]:
        """The sequence of the benchmark below, and the run."""
        if not cls.variation.runs:
            return name, ""
        below, _, run = name.rpartition(RUN_MARK)
        return below, run


def varied(base: type[Benchmark], variation: Variation, level: int) -> type[Benchmark]:
    """The class of a benchmark under a variation; its folders among results are its own, its data's the base's."""
    name = f"{base.name}{MARK}{variation.spelled(level)}"
    facts = {
        "__module__": base.__module__,  # where the base's lists lie
        "__doc__": f"{base.title}: {variation.sentence}",
        "name": name,
        "title": f"{base.title} + {variation.spelled(level)}",
        "base": base,
        "variation": variation,
        "level": level,
        "folders": (plain(name),),
        "data_folders": (*base.folders, *base.data_folders),
        "spellings": {},
        "published": False,
    }
    return type(name, (base,) if issubclass(base, Varied) else (Varied, base), facts)


def _seed(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 11 and int(text) < _LARGEST_SEED):
        raise InputError(f"'{text}' is no seed", hint=f"a whole number below {_LARGEST_SEED}")
    return int(text)


def _restored(name: str, state: Mapping[str, object]) -> Varied:
    from evalkit.benchmarks.installed import BENCHMARKS

    kind = BENCHMARKS[name]
    assert issubclass(kind, Varied)
    benchmark: Varied = object.__new__(kind)
    benchmark.__dict__.update(state)
    return benchmark
