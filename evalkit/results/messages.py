"""How a results tree was read, told to its user in a line each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from evalkit.benchmarks.aliases import own_name
from evalkit.benchmarks.installed import all_benchmarks
from evalkit.errors import InputError
from evalkit.results.files import EXPECTED, Listing
from evalkit.results.layout import Located, benchmark_named, is_no_result_folder, likely_benchmark
from evalkit.results.names import is_perfmat, lies_beside, stem
from evalkit.suggestions import some


def reading_notes(located: Sequence[Located], counts: Mapping[str, int], copies: Sequence[str]) -> tuple[str, ...]:
    """What was found and what was made of it, for one tracker.

    Args:
        located: the files that are results.
        counts: repetitions of each sequence.
        copies: files that hold what another of the same sequence holds.
    """
    layouts = sorted({place.layout for place, _ in located})
    return (
        f"{sum(counts.values())} files of {len(counts)} sequences, {' and '.join(layouts)}",
        *_of_repetitions(counts),
        *_of_run_folders(located),
        *_of_names(located),
        *([f"{len(copies)} files are copies of others for the same sequence, such as {copies[0]}"] if copies else []),
    )


def joined_notes(tree: Sequence[str], content: Sequence[str]) -> tuple[str, ...]:
    """How a tree was read, and what its files' content told; the first of both is one line.

    >>> joined_notes(("2 files of 2 sequences",), ("delimiter: comma", "1 row is no box"))
    ('2 files of 2 sequences, delimiter: comma', '1 row is no box')
    """
    if not (tree and content):
        return (*tree, *content)
    return (f"{tree[0]}, {content[0]}", *tree[1:], *content[1:])


def left_out_note(located: Sequence[Located], chosen: Sequence[Located], benchmark: str) -> str:
    """How many of a tracker's files that look like results were left out, and why; empty if none was."""
    kept = {path for _, path in chosen}
    paths = sorted(path for _, path in located if path not in kept)
    if not paths:
        return ""
    by_folder = any(place.in_own_folder for place, _ in chosen)
    reason = f"outside of the folder of {benchmark}" if by_folder else "named as another benchmark's sequences"
    return f"{len(paths)} files are of another benchmark, such as {paths[0]}: {reason}"


def strays_note(paths: Sequence[str], benchmark: str) -> str:
    """How many files have the name of no sequence, and which; empty if none has."""
    return f"{len(paths)} files are of no sequence of {benchmark}, such as {some(paths)}" if paths else ""


def _of_repetitions(counts: Mapping[str, int]) -> list[str]:
    fewest, most = min(counts.values(), default=1), max(counts.values(), default=1)
    if most == 1:
        return []
    if fewest == most:
        return [f"{most} repetitions, averaged"]
    fewer = [sequence for sequence, count in counts.items() if count < most]
    such_as = f"such as {fewer[0]}: {counts[fewer[0]]}"
    return [f"{most} repetitions, averaged, but fewer of {len(fewer)} sequences, {such_as}"]


def _of_run_folders(located: Sequence[Located]) -> list[str]:
    runs = sorted({place.run_folder for place, _ in located if place.run_folder})
    if len(runs) < 2:
        return []
    return [
        f"WARNING: {some(runs)} are taken as runs of one tracker, as pytracking numbers them; "
        "if they are different trackers, rename them or score each folder by itself"
    ]


def _of_names(located: Sequence[Located]) -> list[str]:
    renamed = [(stem(path), place.sequence) for place, path in located if not place.repetition]
    aliases = [f"{theirs} = {ours}" for theirs, ours in renamed if theirs != ours]
    return [f"names matched: {some(aliases)}"] if aliases else []


def likely_other(benchmark: str, paths: Iterable[str], *, at_least: int = 0) -> str | None:
    """Another benchmark that files of these paths look like results of; None if they are fewer than ``at_least``."""
    stems = [stem(path) for path in paths]
    others = {kind.name: partial(own_name, kind) for kind in all_benchmarks() if kind.name != benchmark}
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
