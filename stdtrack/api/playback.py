"""Which frames the report's page plays: those whose boxes it holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evalkit.scoring.scores import BenchmarkScore
    from reports.inputs import StripFrame

MOST_BOXES = 200_000
"""In a page, over all trackers: about half a megabyte."""


def played_frames(
    scores: Iterable[BenchmarkScore], strips: Mapping[tuple[str, str], Sequence[StripFrame]]
) -> dict[tuple[str, str], list[int]]:
    """Frames by (benchmark, sequence): all, or every n-th where all would be more boxes than :data:`MOST_BOXES`.

    Args:
        scores: whose frames were kept.
        strips: the frames that the page has pictures of, all of which are played.
    """
    lengths: dict[tuple[str, str], int] = {}
    boxes = 0
    for score in scores:
        for each in score.sequences:
            if each.detail is not None:
                lengths[score.benchmark, each.sequence] = len(each.detail.prediction)
                boxes += len(each.detail.prediction)
    step = -(-boxes // MOST_BOXES) or 1
    return {
        place: sorted({*range(0, length, step), length - 1, *(each.frame for each in strips.get(place, ()))})
        for place, length in lengths.items()
    }
