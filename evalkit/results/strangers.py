"""Why a tree holds no results on a benchmark, or fewer than it should: what its other files are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from evalkit.benchmarks.aliases import canonical_name
from evalkit.benchmarks.registry import BENCHMARKS
from evalkit.errors import InputError
from evalkit.listing import some
from evalkit.results.files import EXPECTED, Listing
from evalkit.results.layout import benchmark_named, is_no_result_folder, likely_benchmark
from evalkit.results.names import is_perfmat, lies_beside, stem


def likely_other(benchmark: str, paths: Iterable[str], *, at_least: int = 0) -> str | None:
    """Another benchmark that files of these paths look like results of; None if they are fewer than ``at_least``."""
    stems = [stem(path) for path in paths]
    others = {name: partial(canonical_name, name) for name in BENCHMARKS if name != benchmark}
    return likely_benchmark(stems, others) if len(stems) >= at_least else None


def strays(benchmark: str, paths: Iterable[str]) -> list[str]:
    """Those of the paths, which are no results on the benchmark, that no folder's or file's name explains."""
    return [path for path in paths if not lies_beside(path) and not _is_explained(path, benchmark)]


def _is_explained(path: str, benchmark: str) -> bool:
    folders = path.split("/")[:-1]
    return is_no_result_folder(folders) or benchmark_named(folders, benchmark) is not None


def unread_note(listing: Listing) -> str:
    """How many files of a kind that is not read lie in a tree; empty if none does."""
    unread = listing.unread
    return f"{len(unread)} files of other kinds are not read, such as {some(unread)}" if unread else ""


def nothing_found(root: Path, benchmark: str, listing: Listing, find: Callable[[str], str | None]) -> InputError:
    """The error of a tree without a result on the benchmark.

    Args:
        listing: what lies in it.
        find: the benchmark's own name of a sequence, or None.
    """
    error = _nothing_found(root, benchmark, list(listing.files), find)
    note = unread_note(listing)
    hint = "; ".join(filter(None, (note, error.hint)))
    return InputError(error.problem, path=error.path, hint=hint)


def _nothing_found(root: Path, benchmark: str, paths: list[str], find: Callable[[str], str | None]) -> InputError:
    if not paths:
        return InputError("holds no result files", path=root, hint=f"results are {EXPECTED}")
    problem = f"none of {len(paths)} files, such as {some(paths)}, is a result on {benchmark}"
    fitting = [path for path in paths if find(stem(path)) is not None]
    named = Counter(other for path in fitting if (other := benchmark_named(path.split("/")[:-1], benchmark)))
    if named:
        ((other, count),) = named.most_common(1)
        hint = f"{count} files have names of its sequences, but lie in a folder named after the benchmark {other}"
        return InputError(problem, path=root, hint=hint)
    if any(map(is_perfmat, paths)):
        return InputError(problem, path=root, hint="curves without boxes (perfMat) are for `stdtrack report`")
    likely = likely_other(benchmark, paths)
    hint = f"they look like results of {likely}" if likely else f"{benchmark} has no sequence of such names"
    return InputError(problem, path=root, hint=hint)
