"""How a results tree was read, told to its user in a line each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evalkit.listing import some
from evalkit.results.choice import Located
from evalkit.results.names import stem


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
