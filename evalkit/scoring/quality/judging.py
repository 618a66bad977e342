"""From results with confidences to what they are worth, a tracker at a time."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from evalkit.errors import InputError
from evalkit.results.tracker_results import TrackerResults
from evalkit.scoring.longterm.runs import LongTermRun, load_run
from evalkit.scoring.opening import Annotation
from evalkit.scoring.protocols import LONG_TERM_BOXES
from evalkit.scoring.quality.calibration import Reliability, reliability
from evalkit.scoring.quality.ranking import auroc, average_precision, rank_correlation
from evalkit.scoring.quality.results import LOST, Quality
from evalkit.scoring.quality.selective import risk_coverage
from evalkit.types import Flags, Vector

SILENT = "the results have no confidences"


def quality_of(results: TrackerResults, annotation: Annotation) -> Quality:
    """Judge one tracker's confidences; results without any, or that are of no single pass, are told in ``note``."""
    benchmark = annotation.benchmark.key
    names = [name for name in annotation.inventory.present if name in results.confidences and name in results.files]
    if not names:
        return Quality(results.tracker, benchmark, note=SILENT)
    try:
        runs = [run for name in names for run in _runs(results, annotation, name)]
    except InputError as error:
        return Quality(results.tracker, benchmark, note=f"not judged: {error}")
    return judge(runs, results.tracker, benchmark, _unsaid(len(names), len(results.files)))


def _runs(results: TrackerResults, annotation: Annotation, name: str) -> Iterable[LongTermRun]:
    """Those repetitions on a sequence that have confidences."""
    for index, file in enumerate(results.confidences[name]):
        if file is not None:
            yield load_run(results, index, annotation.sequence(name), LONG_TERM_BOXES)


def judge(runs: Iterable[LongTermRun], tracker: str = "", benchmark: str = "", note: str = "") -> Quality:
    """The figures of runs with confidences, all their frames together, the first of each left out."""
    parts = [(run.confidence[1:], run.overlaps[1:], run.present[1:]) for run in runs]
    confidence, overlap = (np.concatenate([part[at] for part in parts]) for at in (0, 1))
    present: Flags = np.concatenate([part[2] for part in parts])
    known = ~np.isnan(confidence)
    notes = [note, f"{int((~known).sum())} frames without a confidence are left out" if not known.all() else ""]
    confidence, overlap, present = confidence[known], overlap[known], present[known]
    sure, iou = confidence[present], overlap[present]
    if not len(sure):
        return Quality(tracker, benchmark, note=_joined([*notes, "no frame has both a target and a confidence"]))
    bins, why = _calibration(sure, iou)
    curve, lost = risk_coverage(sure, iou), iou < LOST
    figures = {
        "ece": None if bins is None else bins.error,
        "aurc": curve.area,
        "lost_auroc": auroc(lost, -sure),
        "lost_ap": average_precision(lost, -sure),
        "absence_auroc": auroc(~present, -confidence),
        "absence_ap": average_precision(~present, -confidence),
        "spearman": rank_correlation(sure, iou),
    }
    counts = (len(sure), int(lost.sum()), int((~present).sum()))
    return Quality(tracker, benchmark, *counts, figures, bins, curve, _joined([*notes, why, _constant(sure)]))


def _calibration(confidence: Vector, overlap: Vector) -> tuple[Reliability | None, str]:
    """The reliability; None, and why, where confidences are no probabilities."""
    low, high = float(confidence.min()), float(confidence.max())
    if low < 0 or high > 1:
        return None, f"confidences from {low:g} to {high:g} are no probabilities: no calibration"
    return reliability(confidence, overlap), ""


def _constant(confidence: Vector) -> str:
    return "" if np.ptp(confidence) else f"the confidence is {confidence[0]:g} in every frame with a target"


def _unsaid(having: int, total: int) -> str:
    return "" if having == total else f"confidences of {having} of {total} sequences"


def _joined(notes: Iterable[str]) -> str:
    return "; ".join(filter(None, notes))
