"""The one registry of metrics: how each figure is named, printed, ranked and explained, wherever it is shown.

Tables, plots, the page and the methods read :data:`METRICS` when they are made, so that a further metric is one entry:
its formula stands in it where every protocol with the curve reports it, else in the code of the rules that report it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from evalkit.types import Vector

Experiment = Literal["ope", "supervised", "long-term"]
"""How a tracker was run: one pass over each sequence, restarted after failures (VOT), one pass that may lose the target
and report so (VOT-LT)."""


@dataclass(frozen=True)
class Metric:
    """One metric.

    Attributes:
        name: in JSON, CSV, baselines and Python.
        label: as papers print it.
        experiment: whose figure it is.
        curve: the curve whose values it is made of; None for a figure of its own.
        digits: decimals in a report.
        percent: printed as a percentage, else as a fraction.
        higher_is_better: the direction that trackers are ranked in.
        sentence: what it is, for people who read a report.
        stated: every score of the experiment states it, as null where the protocol has none; otherwise it is told only
            where it was computed.
        formula: (thresholds, values) of the curve -> fraction, for a metric that every protocol with this curve has;
            None where the protocols' rules say how it is computed.
    """

    name: str
    label: str
    experiment: Experiment
    curve: str | None
    digits: int
    percent: bool
    higher_is_better: bool
    sentence: str
    stated: bool = True
    formula: Callable[[Vector, Vector], float] | None = None

    def of_curve(self, thresholds: Vector, values: Vector) -> float | None:
        """The figure that the metric's own formula makes of its curve; None where it has no formula."""
        return None if self.formula is None else float(self.formula(thresholds, values))


@dataclass(frozen=True)
class CurveKind:
    """A curve: its title, what its axes say, and the metrics that can stand for it in a legend, the first one first."""

    name: str
    title: str
    xlabel: str
    ylabel: str
    metrics: tuple[str, ...]


_OVERLAP = "Share of frames with an IoU above"

METRICS: Mapping[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric(
            *("auc", "AUC", "ope", "success", 1, True, True),
            "Area under the success curve: the mean over its thresholds of the share of frames whose IoU exceeds them.",
        ),
        Metric(
            *("precision", "P", "ope", "precision", 1, True, True),
            "Precision: the share of frames whose centre error is at most 20 pixels, or the protocol's own summary.",
        ),
        Metric(
            *("normalized_precision", "P_Norm", "ope", "normalized_precision", 1, True, True),
            "Normalised precision: the same with the error divided by the target's size, at 0.2.",
        ),
        Metric("ao", "AO", "ope", None, 1, True, True, "Average overlap: the mean IoU of the frames."),
        Metric("sr50", "SR0.5", "ope", "success", 1, True, True, f"{_OVERLAP} 0.5."),
        Metric("sr75", "SR0.75", "ope", "success", 1, True, True, f"{_OVERLAP} 0.75."),
        Metric(
            *("coverage", "coverage", "ope", None, 1, True, True),
            "Share of frames with a predicted box, as TrackingNet's server counts them.",
            stated=False,
        ),
        Metric(
            *("accuracy", "A", "supervised", None, 3, False, True),
            "Accuracy: the mean overlap while the tracker follows the target.",
        ),
        Metric(
            *("robustness", "R", "supervised", None, 3, False, False),
            "Robustness: failures, in the unit of the protocol's toolkit; fewer are better.",
        ),
        Metric(
            *("eao", "EAO", "supervised", "eao", 3, False, True),
            "Expected average overlap: the mean overlap that sequences of the benchmark's typical lengths give.",
        ),
        Metric(
            *("failures", "failures", "supervised", None, 3, False, False),
            "How often the tracker lost the target and was started again.",
            stated=False,
        ),
        Metric(
            *("f_score", "F", "long-term", "f_score", 3, False, True),
            "F: harmonic mean of tracking precision and recall at the confidence threshold that makes it greatest.",
        ),
        Metric(
            *("lt_precision", "Pr", "long-term", None, 3, False, True),
            "Tracking precision at that threshold: the mean overlap of the frames that are reported.",
        ),
        Metric(
            *("lt_recall", "Re", "long-term", None, 3, False, True),
            "Tracking recall at that threshold: the sum of their overlaps over the number of frames with a target.",
        ),
        Metric(
            *("tpr", "TPR", "long-term", None, 3, False, True),
            "True positive rate: the share of frames with a target where it is reported with an IoU of at least 0.5.",
        ),
        Metric(
            *("tnr", "TNR", "long-term", None, 3, False, True),
            "True negative rate: the share of frames without a target where the tracker says so.",
        ),
        Metric(*("gm", "GM", "long-term", None, 3, False, True), "Geometric mean of TPR and TNR."),
        Metric(
            *("maxgm", "MaxGM", "long-term", None, 3, False, True),
            "The greatest GM of the tracker when it reports absence at random in some share of the frames as well.",
        ),
        Metric(
            *("absence_auc", "AUC_abs", "long-term", "absence_success", 1, True, True),
            "Area under the success curve over all frames, in which a frame without the target is a success where the "
            "tracker says so and a failure where it gives a box.",
        ),
        Metric(
            *("redetected", "found", "long-term", None, 1, True, True),
            "Share of the target's returns after which the tracker finds it (IoU above 0.5) before it leaves again.",
        ),
        Metric(
            *("redetected_soon", "found_30", "long-term", None, 1, True, True),
            "Share of the target's returns after which the tracker finds it within 30 frames.",
        ),
        Metric(
            *("redetection_delay", "delay", "long-term", None, 1, False, False),
            "Mean number of frames from the target's return to the first IoU above 0.5, where it is found.",
        ),
    )
}
"""Metrics by name, in the order in which they are printed."""

CURVES: Mapping[str, CurveKind] = {
    kind.name: kind
    for kind in (
        CurveKind("success", "Success", "overlap threshold", "success rate", ("auc", "ao")),
        CurveKind("precision", "Precision", "location error threshold [px]", "precision", ("precision",)),
        CurveKind(
            *("normalized_precision", "Normalised precision", "normalised location error threshold", "precision"),
            ("normalized_precision",),
        ),
        CurveKind("f_score", "F-score", "normalised confidence threshold, falling", "F", ("f_score",)),
        CurveKind(
            *("absence_success", "Success with absence", "overlap threshold", "success rate", ("absence_auc",)),
        ),
    )
}
"""The curves over thresholds by name, in the order in which they are drawn."""

HEADLINES = ("eao", "f_score", "maxgm", "auc", "ao", "accuracy")
"""The figure that a benchmark ranks by: the first of these that it has."""
_RANKED_BY_OVERLAP = "got10k"


def stated_metrics(experiment: Experiment) -> tuple[str, ...]:
    """Names of the metrics that every score of an experiment states.

    >>> stated_metrics("supervised")
    ('accuracy', 'robustness', 'eao')
    """
    return tuple(name for name, metric in METRICS.items() if metric.experiment == experiment and metric.stated)


def computed_from(curve: str) -> tuple[Metric, ...]:
    """The metrics that every protocol with this curve has, by their own formula."""
    return tuple(metric for metric in METRICS.values() if metric.curve == curve and metric.formula is not None)


def metric_of(name: str) -> Metric:
    """The metric of this name; one that nothing is known of is called by its name and printed in percent."""
    return METRICS.get(name) or Metric(name, name, "ope", None, 1, True, True, "")


def label_of(name: str) -> str:
    """A metric's label.

    >>> label_of("normalized_precision"), label_of("sr50")
    ('P_Norm', 'SR0.5')
    """
    return metric_of(name).label


def ranking_metric(names: Collection[str], benchmark: str) -> str | None:
    """The metric that a benchmark ranks by, of those given; None where it ranks by none of them.

    >>> ranking_metric(("sr50", "ao"), "otb100"), ranking_metric(("sr50", "sr75"), "otb100")
    ('ao', None)
    """
    wanted = ("ao", *HEADLINES) if benchmark.startswith(_RANKED_BY_OVERLAP) else HEADLINES
    return next((name for name in wanted if name in names), None)


def headline_of(names: Collection[str], benchmark: str) -> str | None:
    """The metric that a benchmark ranks by, of those that it has; the first of them where none is known to rank.

    >>> headline_of(("auc", "ao"), "otb100"), headline_of(("auc", "ao"), "got10k")
    ('auc', 'ao')
    """
    return ranking_metric(names, benchmark) or next(iter(names), None)
