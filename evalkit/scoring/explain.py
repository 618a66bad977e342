"""Why two protocols give different figures for the same boxes: each rule in which they differ, with what it changes.

One rule after the other is switched from the first protocol to the second and the tracker scored again, so that the
reasons are measured on the data at hand instead of told in general, and add up to the whole difference.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from evalkit.errors import InputError
from evalkit.results.tracker_results import TrackerResults
from evalkit.scoring.metrics import label_of
from evalkit.scoring.opening import Annotation
from evalkit.scoring.protocols import rules_for
from evalkit.scoring.rules import CurveRule, differences
from evalkit.scoring.scores import VISIBLE, BenchmarkScore
from evalkit.scoring.tracker import LoadedResults, load_results, score_tracker

LONG_TERM = "long-term"
_LONG_TERM_REASONS = ("measures: those of long-term tracking are other figures than success and precision",)
# Settings that make no sense apart: curves and the errors that they count, frames without a target and their errors.
_GROUPS = (("normalized_error", "normalized", "metrics"), ("absent", "invalid_error", "invalid_normalized"))
# What stands behind the sentences of these rules.
_SUBJECTS = {
    "invalid_error": "the centre error in a frame without a valid target",
    "invalid_normalized": "the normalised error in a frame without a valid target",
    "success": "success",
    "precision": "precision",
    "normalized": "normalised precision",
    "nan_truth_refused": "ground truth with NaN refused",
    "missing_is_zero": "missing results scored as zero boxes",
    "omitted_rows": "frames scored that the official evaluation omits",
    "cut_anyway": "sequences whose longer results are cut",
    "metrics": "reported figures",
}


@dataclass(frozen=True)
class Reason:
    """One rule in which two protocols differ.

    Attributes:
        rule: name of the knob.
        first, second: what each protocol does.
        changes: figure -> difference that this rule makes, after those before it.
        refused: with this rule, scoring ends in this error; those after it are measured without it.
    """

    rule: str
    first: str
    second: str
    changes: Mapping[str, float]
    refused: str | None = None

    def __str__(self) -> str:
        effect = ", ".join(f"{label_of(name)} {change:+.4f}" for name, change in self.changes.items())
        return f"{self.rule}: {self.second}, instead of: {self.first} [{self.refused or effect}]"


@dataclass(frozen=True)
class Difference:
    """Why a tracker's figures under one protocol are not those under the first.

    Attributes:
        reasons: a :class:`Reason` each, or a sentence where the rules are not told one by one.
    """

    tracker: str
    benchmark: str
    protocol: str
    first: str
    reasons: tuple[Reason | str, ...]

    def lines(self) -> list[str]:
        """The reasons below a heading; a line that a terminal of 80 columns breaks has breaks of its own in it."""
        heading = f"{self.tracker} on {self.benchmark}: {self.protocol} differs from {self.first} by"
        reasons = [f"  {reason}" for reason in self.reasons] or ["  nothing that shows on these results"]
        return [_wrapped(line) for line in (heading, *reasons)]

    def __str__(self) -> str:
        return "\n".join(self.lines())


def explain_differences(
    trackers: Sequence[TrackerResults], annotation: Annotation, scores: Sequence[BenchmarkScore]
) -> list[Difference]:
    """For each tracker and protocol after the first, the rules by which its figures are others.

    Args:
        scores: of these trackers, each under the same protocols.
    """
    from evalkit.scoring.vot.scoring import REASONS  # other benchmarks do without

    explained = []
    for tracker in trackers:
        first, *others = (score for score in scores if score.tracker == tracker.tracker)
        loaded = None if not others or first.experiment != "ope" else load_results(tracker)
        for other in others:
            reasons: Sequence[Reason | str]
            if LONG_TERM in (first.experiment, other.experiment):
                reasons = _LONG_TERM_REASONS if other.metrics != first.metrics else ()
            elif loaded is not None:
                reasons = explain(loaded, annotation, first, other.protocol)
            else:  # two names of the same supervised rules give the same figures
                reasons = REASONS if other.metrics != first.metrics else ()
            names = (tracker.tracker, first.benchmark, other.protocol, first.protocol)
            explained.append(Difference(*names, tuple(reasons)))
    return explained


def _wrapped(line: str) -> str:
    """A line of prose that a terminal of 80 columns need not break, its continuation indented."""
    indent = " " * (len(line) - len(line.lstrip()))
    return textwrap.fill(line, 80, subsequent_indent=indent + "  ", break_long_words=False, break_on_hyphens=False)


def explain(results: LoadedResults, annotation: Annotation, score: BenchmarkScore, other: str) -> list[Reason]:
    """The rules that make ``other`` differ from ``score`` on these results, without those that change nothing visible.

    Args:
        score: of the same tracker, under the protocol to compare with.
        other: the second protocol's name.
    """
    rules, second = (rules_for(name, annotation.family) for name in (score.protocol, other))
    figures = score.metrics
    reasons = []
    for names in _grouped(differences(rules, second)):
        switched = replace(rules, **{name: getattr(second, name) for name in names})
        texts = [" and ".join(_text(name, getattr(each, name)) for name in names) for each in (rules, second)]
        try:
            found = score_tracker(results, annotation, score.protocol, rules=switched).metrics
        except InputError as error:
            reasons.append(Reason(names[0], texts[0], texts[1], {}, f"refused: {error.problem}"))
            continue
        changes = _changes(figures, found)
        if changes:
            reasons.append(Reason(names[0], texts[0], texts[1], changes))
        rules, figures = switched, found
    return reasons


def _changes(before: Mapping[str, float | None], after: Mapping[str, float | None]) -> dict[str, float]:
    pairs = {name: (old, after.get(name)) for name, old in before.items()}
    changes = {name: new - old for name, (old, new) in pairs.items() if old is not None and new is not None}
    return {name: change for name, change in changes.items() if abs(change) >= VISIBLE}


def _grouped(names: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The names in their order, those that belong together in one tuple at the place of the first."""
    groups = (next((group for group in _GROUPS if name in group), (name,)) for name in names)
    return [tuple(name for name in names if name in group) for group in dict.fromkeys(groups)]


def _text(name: str, value: object) -> str:
    if value is None:
        said = "none"
    elif isinstance(value, CurveRule):
        said = value.value
    elif isinstance(value, bool):
        said = "yes" if value else "no"
    elif isinstance(value, tuple | frozenset):
        said = ", ".join(sorted(map(str, value))) or "none"
    else:
        said = str(getattr(value, "value", value))
    return f"{_SUBJECTS[name]}: {said}" if name in _SUBJECTS else said
