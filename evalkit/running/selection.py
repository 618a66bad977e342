"""Which sequences of a benchmark are to be run, checked before anything starts."""

from __future__ import annotations

from collections.abc import Sequence as Many
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from evalkit.benchmarks.base import Benchmark
from evalkit.benchmarks.checking import check_start
from evalkit.benchmarks.inventory import without
from evalkit.errors import InputError
from evalkit.sequences.sequence import Sequence
from evalkit.shown import counted
from evalkit.suggestions import some, suggestion


@dataclass(frozen=True)
class Selection:
    """Sequences of one benchmark.

    Attributes:
        absent: how many official ones are not on the disk.
        excluded: names that the user leaves out.
    """

    benchmark: Benchmark
    sequences: tuple[Sequence, ...]
    absent: int
    excluded: tuple[str, ...] = ()

    @property
    def caveats(self) -> tuple[str, ...]:
        """What is left out, in one line each."""
        key, lines = self.benchmark.key, []
        if self.absent:
            lines.append(f"{key}: {counted(len(self.sequences))}; {self.absent} are absent")
        if self.excluded:
            lines.append(f"{key}: {counted(len(self.excluded))} excluded: {some(self.excluded)}")
        return tuple(lines)


def select(
    benchmarks: Many[Benchmark], globs: Many[str] = (), shard: tuple[int, int] = (1, 1), exclude: Many[str] = ()
) -> tuple[Selection, ...]:
    """Load the sequences that are present and match any of ``globs`` (all, if there are none).

    Args:
        benchmarks: opened benchmarks.
        globs: shell patterns on sequence names.
        shard: ``(i, n)``: the i-th (1-based) of n parts with about as many frames each, dealt out before any sequence
            is left out as finished, so that n machines share the work without a word.
        exclude: shell patterns on names of sequences that are left out.

    Raises:
        InputError: a glob matches nothing, an annotation or image is broken, or a first box cannot be tracked.
    """
    index, count = shard
    for benchmark in benchmarks:
        if why := benchmark.not_run():
            raise InputError(why, hint="stdtrack robustness does so")
    present = [without(benchmark.inventory(), exclude, benchmark.clip_of) for benchmark in benchmarks]
    pairs = tuple(zip(benchmarks, present, strict=True))
    matching = [each.names_like(inventory.present, globs or ("*",)) for each, inventory in pairs]
    there = {glob: [each.names_like(inventory.present, (glob,)) for each, inventory in pairs] for glob in globs}
    there |= {glob: [each.names_like(inventory.excluded, (glob,)) for each, inventory in pairs] for glob in exclude}
    for glob, names in there.items():
        if not any(names):
            keys = ", ".join(benchmark.key for benchmark in benchmarks)
            hint = suggestion(glob, [name for inventory in present for name in inventory.present])
            raise InputError(f"no sequence of {keys} is named like '{glob}'", hint=hint)
    loaded = [
        [benchmark.sequence(name) for name in names] for benchmark, names in zip(benchmarks, matching, strict=True)
    ]
    parts = iter(deal([len(sequence) for sequences in loaded for sequence in sequences], count))
    selections = []
    for benchmark, inventory, every in zip(benchmarks, present, loaded, strict=True):
        sequences = tuple(sequence for sequence in every if next(parts) == index - 1)
        with ThreadPoolExecutor() as pool:
            tuple(pool.map(check_start, sequences))
        selections.append(Selection(benchmark, sequences, len(inventory.missing), inventory.excluded))
    return tuple(selections)


def deal(lengths: Many[int], parts: int) -> list[int]:
    """The part (0-based) of each sequence: the longest first, each to the part with the fewest frames so far.

    >>> deal([5, 9, 4, 3], 2)
    [1, 0, 1, 0]
    """
    frames, part = [0] * parts, [0] * len(lengths)
    for index in sorted(range(len(lengths)), key=lambda index: -lengths[index]):
        part[index] = frames.index(min(frames))
        frames[part[index]] += lengths[index]
    return part
