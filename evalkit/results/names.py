"""What the name of a result file says: its kind, its sequence, and the tracker where the file names it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

SUFFIXES = frozenset({"txt", "mat", "json", "npy"})
"""Endings of results, in lower case."""
VALUE = "value"
"""Ending of vot-toolkit's files of one number a frame."""
_NAMES_TRACKERS = frozenset({"mat", "json"})
# What lies beside results and is none: seconds, confidences, visibility, further boxes, an attack's figures.
_BESIDE = re.compile(
    r".+_(times?|scores?|confidences?|conf|visible|fps|speed|object_presence_scores|all_boxes|all_scores|psnr|ssim|queries)",
    re.IGNORECASE,
)
_PERFMAT = "avesuccessrateplot_"
_OURS = frozenset({"run.json"})

Find = Callable[[str], str | None]


def is_result_name(name: str) -> bool:
    """The ending is that of a result, and it is no file of ours that has the same."""
    return name.rpartition(".")[2].lower() in SUFFIXES and name not in _OURS


def is_value_name(path: str) -> bool:
    """The ending is that of vot-toolkit's files of one number a frame."""
    return path.lower().endswith(f".{VALUE}")


def stem(path: str) -> str:
    """``Basketball`` of ``mine/Basketball.txt``; several times as fast as pathlib, which thousands of files feel."""
    name = path.rpartition("/")[2]
    before, dot, end = name.rpartition(".")
    return before if dot and end.lower() in SUFFIXES else name


def lies_beside(path: str) -> bool:
    """The file holds seconds or confidences, not boxes, by its name."""
    return _BESIDE.fullmatch(stem(path)) is not None


def is_perfmat(path: str) -> bool:
    """The file is called as perfMat files are."""
    return path.rpartition("/")[2].lower().startswith(_PERFMAT)


def sequence_and_tracker(file: str, find: Find) -> tuple[str | None, str]:
    """The sequence of a file, and its tracker where the file's name has it, as OTB's ``Biker_KCF.mat``.

    Args:
        find: the benchmark's own name of a sequence, or None.

    >>> sequence_and_tracker("Biker_KCF_GaussHog.mat", {"Biker": "Biker"}.get)
    ('Biker', 'KCF_GaussHog')
    """
    whole = stem(file)
    sequence = find(whole)
    if sequence is None and file.rpartition(".")[2].lower() in _NAMES_TRACKERS:
        parts = ((find(name), tracker) for name, tracker in _halves(whole))
        return next(((found, tracker) for found, tracker in parts if found is not None), (None, ""))
    return sequence, ""


def _halves(whole: str) -> Iterator[tuple[str, str]]:
    """Sequence and tracker, the longest sequence first: ``car1_1_KCF`` is of car1_1, ``KCF_car1`` of car1."""
    words = whole.split("_")
    for count in range(len(words) - 1, 0, -1):
        yield "_".join(words[:count]), "_".join(words[count:])
        yield "_".join(words[-count:]), "_".join(words[:-count])
