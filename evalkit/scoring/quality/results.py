"""What judging a confidence gives, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from evalkit.scoring.quality.calibration import Reliability
from evalkit.scoring.quality.selective import RiskCoverage

LOST = 0.1
"""A target that is there counts as lost at an IoU below this."""


@dataclass(frozen=True)
class Measure:
    """One figure of a confidence's worth: its label, its direction, and a sentence that says what it is."""

    name: str
    label: str
    higher_is_better: bool
    sentence: str


MEASURES: Mapping[str, Measure] = {
    measure.name: measure
    for measure in (
        Measure("ece", "ECE", False, "Expected calibration error of the confidence against the IoU, over 10 bins."),
        Measure("aurc", "AURC", False, "Mean of 1 - IoU of the surest frames, over all shares of the frames."),
        Measure(
            *("lost_auroc", "ROC lost", True),
            f"AUROC: the chance that a lost frame's confidence (IoU below {LOST}) is below that of one that is not "
            "lost.",
        ),
        Measure(
            *("lost_ap", "AP lost", True),
            "Average precision of telling lost frames by a low confidence; by chance their share.",
        ),
        Measure(
            *("absence_auroc", "ROC absent", True),
            "AUROC: the chance that the confidence in a frame without the target is below that in one with it.",
        ),
        Measure(
            *("absence_ap", "AP absent", True),
            "Average precision of telling frames without the target by a low confidence; by chance their share.",
        ),
        Measure("spearman", "Spearman", True, "Rank correlation of the confidence with the IoU."),
    )
}
"""By name, in the order in which they are printed."""


@dataclass(frozen=True)
class Quality:
    """What one tracker's confidence is worth on one benchmark.

    Attributes:
        frames: with a target and a confidence, over all repetitions, the first frames left out.
        lost: how many of them have an IoU below :data:`LOST`.
        absent: annotated frames without the target that have a confidence.
        measures: by the names of :data:`MEASURES`; None where a figure has no meaning, and ``note`` may say why.
        reliability, risk: the curves; None where there is none.
        note: what the user should know; empty if there is nothing.
    """

    tracker: str
    benchmark: str
    frames: int = 0
    lost: int = 0
    absent: int = 0
    measures: Mapping[str, float | None] = field(default_factory=lambda: dict.fromkeys(MEASURES))
    reliability: Reliability | None = None
    risk: RiskCoverage | None = None
    note: str = ""
