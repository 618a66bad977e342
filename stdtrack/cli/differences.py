"""Why protocols come to different figures, as ``stdtrack score`` tells it below its table."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from evalkit.results.trees import TrackerResults
from evalkit.scoring.explain import explain
from evalkit.scoring.scores import BenchmarkScore
from evalkit.scoring.tracker import Annotation, load_results
from evalkit.scoring.vot.scoring import REASONS


def differences(
    trackers: Sequence[TrackerResults], annotation: Annotation, scores: Sequence[BenchmarkScore]
) -> list[str]:
    """Lines that say by which rules the protocols come to other figures than the first one."""
    lines = []
    for tracker in trackers:
        first, *others = (each for each in scores if each.tracker == tracker.tracker)
        supervised = first.experiment == "supervised"
        loaded = None if supervised else load_results(tracker)
        for other in others:
            lines.append(f"{tracker.tracker} on {first.benchmark}: {other.protocol} differs from {first.protocol} by")
            if loaded is not None:
                reasons: Sequence[object] = explain(loaded, annotation, first, other.protocol)
            else:  # two names of the same supervised rules give the same figures
                reasons = REASONS if other.metrics != first.metrics else ()
            lines += [f"  {reason}" for reason in reasons] or ["  nothing that shows on these results"]
    return [_wrapped(line) for line in lines]


def _wrapped(line: str) -> str:
    """A line of prose that a terminal of 80 columns need not break, its continuation indented."""
    indent = " " * (len(line) - len(line.lstrip()))
    return textwrap.fill(line, 80, subsequent_indent=indent + "  ", break_long_words=False, break_on_hyphens=False)
