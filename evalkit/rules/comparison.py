"""Why two protocols give different figures for the same boxes: each rule in which they differ, with what it changes.

One rule at a time is switched from the first protocol to the second and the tracker scored again, so that the reasons
are measured on the data at hand instead of told in general.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from evalkit.errors import InputError
from evalkit.protocols import rules_for
from evalkit.rules.knobs import CurveRule, Rules, differences
from evalkit.score_formats import VISIBLE
from evalkit.scores import BenchmarkScore
from evalkit.scoring import Annotation, LoadedResults, score_tracker

# Settings that make no sense apart.
_GROUPS = (("normalized_error", "normalized", "metrics"),)
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
        changes: figure -> difference that this rule alone makes, from the first protocol's value.
        refused: with this rule alone, scoring ends in this error.
    """

    rule: str
    first: str
    second: str
    changes: Mapping[str, float]
    refused: str | None = None

    def __str__(self) -> str:
        effect = ", ".join(f"{name} {change:+.4f}" for name, change in self.changes.items())
        return f"{self.rule}: {self.second}, instead of: {self.first} [{self.refused or effect}]"


def explain(results: LoadedResults, annotation: Annotation, score: BenchmarkScore, other: str) -> list[Reason]:
    """The rules that make ``other`` differ from ``score`` on these results, without those that change nothing visible.

    Args:
        score: of the same tracker, under the protocol to compare with.
        other: the second protocol's name.
    """
    first, second = (rules_for(name, annotation.family) for name in (score.protocol, other))
    reasons = []
    for names in _grouped(differences(first, second)):
        switched = replace(first, **{name: getattr(second, name) for name in names})
        changes, refused = _effect(results, annotation, score, switched)
        texts = [" and ".join(_text(name, getattr(rules, name)) for name in names) for rules in (first, second)]
        if changes or refused:
            reasons.append(Reason(names[0], texts[0], texts[1], changes, refused))
    return reasons


def _effect(
    results: LoadedResults, annotation: Annotation, score: BenchmarkScore, rules: Rules
) -> tuple[dict[str, float], str | None]:
    try:
        found = score_tracker(results, annotation, score.protocol, rules=rules).metrics
    except InputError as error:
        return {}, f"refused: {error.problem}"
    pairs = {name: (value, found.get(name)) for name, value in score.metrics.items()}
    changes = {name: new - old for name, (old, new) in pairs.items() if old is not None and new is not None}
    return {name: change for name, change in changes.items() if abs(change) >= VISIBLE}, None


def _grouped(names: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Names that belong together in one tuple, the others alone."""
    grouped = []
    for group in _GROUPS:
        together = tuple(name for name in group if name in names)
        if together:
            grouped.append(together)
    taken = {name for group in grouped for name in group}
    return grouped + [(name,) for name in names if name not in taken]


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
