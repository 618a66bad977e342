"""Why a tree holds no results on a benchmark, or fewer than it should: what its other files are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from evalkit.benchmarks.aliases import canonical_name
from evalkit.benchmarks.registry import BENCHMARKS
from evalkit.errors import InputError
from evalkit.importers.choice import stem
from evalkit.importers.files import EXPECTED, unread_files
from evalkit.importers.layout import benchmark_named, likely_benchmark


def likely_other(benchmark: str, paths: Iterable[str], *, at_least: int = 0) -> str | None:
    """Another benchmark that files of these paths look like results of; None if they are fewer than ``at_least``."""
    stems = [stem(path) for path in paths]
    others = {name: partial(canonical_name, name) for name in BENCHMARKS if name != benchmark}
    return likely_benchmark(stems, others) if len(stems) >= at_least else None


def unread_note(root: Path) -> str:
    """How many files of a kind that is not read lie in a tree; empty if none does."""
    unread = unread_files(root)
    return f"{len(unread)} files of other kinds are not read, such as {unread[0]}" if unread else ""


def nothing_found(root: Path, benchmark: str, paths: list[str], find: Callable[[str], str | None]) -> InputError:
    """The error of a tree without a result on the benchmark.

    Args:
        paths: its text files.
        find: the benchmark's own name of a sequence, or None.
    """
    if not paths:
        note = unread_note(root)
        hint = f"{note}; results are {EXPECTED}" if note else f"results are {EXPECTED}"
        return InputError("holds no result files (*.txt)", path=root, hint=hint)
    problem = f"none of {len(paths)} files, such as {paths[0]}, is a result on {benchmark}"
    fitting = [path for path in paths if find(stem(path)) is not None]
    named = Counter(other for path in fitting if (other := benchmark_named(path.split("/")[:-1], benchmark)))
    if named:
        ((other, count),) = named.most_common(1)
        hint = f"{count} files have names of its sequences, but lie in a folder named after the benchmark {other}"
        return InputError(problem, path=root, hint=hint)
    likely = likely_other(benchmark, paths)
    hint = f"they look like results of {likely}" if likely else f"{benchmark} has no sequence of such names"
    return InputError(problem, path=root, hint=hint)
