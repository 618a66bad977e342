"""Self-assessment: does the tracker still have its target?

A logistic model, fitted on tracks in which it is known whether the target was lost, turns the running mean of each
frame's cues (:mod:`stdtrack.cues`) into the probability that it is, and that into the IoU to be expected, which is what
a tracker says as its score (:class:`Calibration`); hysteresis turns probabilities into ``present``, ``uncertain`` or
``lost`` (:func:`next_status`). *Ours* throughout: the paper names self-assessment as future work.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from evalkit.errors import InputError
from stdtrack.cues import Cues

Status = Literal["present", "uncertain", "lost"]

FACT = "assessment"
"""Where a checkpoint's metadata hold the calibration."""
AGAIN = "stdtrack calibrate makes one"
KEPT = 0.5
"""Share of the running mean of the cues that is kept from one frame to the next."""
CONFIRMING = 3
"""Frames in a row up to ``Limits.present`` that a lost target needs to be present again."""


class Limits(NamedTuple):
    """Probabilities of being lost at which the status changes.

    Attributes:
        present: up to it an uncertain or lost target is present again.
        uncertain, lost: from them on a present target is uncertain, and lost.
    """

    present: float
    uncertain: float
    lost: float


@dataclass(frozen=True)
class Calibration:
    """The logistic model: log-odds of "lost" are ``bias`` plus the sum of ``weights * (cues - means)``.

    Attributes:
        bias: at the mean of all cues.
        means, weights: of each cue.
        overlap: mean IoU of frames in which the target is not lost.
        limits: of the status.
        data: what it was fitted on, and how well it does elsewhere: texts by name.
    """

    bias: float
    means: Cues
    weights: Cues
    overlap: float
    limits: Limits
    data: Mapping[str, str] = field(default_factory=dict)

    def lost(self, cues: Cues) -> float:
        """The probability that the target is lost.

        >>> by_quality = Calibration(0.0, Cues(0.0, 0.0), Cues(-1.0, 0.0), 0.8, Limits(0.2, 0.35, 0.5))
        >>> by_quality.lost(Cues(2.0, 0.5)).__round__(3)
        0.119
        """
        odds = self.bias
        for cue, mean, weight in zip(cues, self.means, self.weights, strict=True):
            odds += weight * (cue - mean)
        return 1.0 / (1.0 + math.exp(-min(max(odds, -30.0), 30.0)))

    def score(self, lost: float) -> float:
        """The IoU to be expected of a target that is lost with this probability."""
        return self.overlap * (1.0 - lost)


def as_text(calibration: Calibration) -> str:
    """As JSON, for a checkpoint's metadata."""
    cues = zip(Cues._fields, calibration.means, calibration.weights, strict=True)
    content = {
        "bias": calibration.bias,
        "cues": {name: {"mean": mean, "weight": weight} for name, mean, weight in cues},
        "overlap": calibration.overlap,
        "limits": calibration.limits._asdict(),
        "data": dict(calibration.data),
    }
    return json.dumps(content)


def from_text(text: str, path: Path | None = None) -> Calibration:
    """What :func:`as_text` wrote; ``path`` is for the message.

    Raises:
        InputError: it is no JSON of a calibration, or a number is not finite.
    """
    try:
        content = json.loads(text)
        cues = [content["cues"][name] for name in Cues._fields]
        means, weights = (Cues._make(float(cue[key]) for cue in cues) for key in ("mean", "weight"))
        data = {str(key): str(value) for key, value in content["data"].items()}
        limits = Limits._make(float(content["limits"][name]) for name in Limits._fields)
        bias, overlap = float(content["bias"]), float(content["overlap"])
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError, OverflowError) as error:
        raise InputError("its calibration of the assessment is damaged", path=path, hint=AGAIN) from error
    if not all(map(math.isfinite, (bias, overlap, *means, *weights))):
        raise InputError("its calibration of the assessment holds a number that is not finite", path=path, hint=AGAIN)
    if not 0.0 <= limits.present <= limits.uncertain <= limits.lost <= 1.0:
        raise InputError("its calibration of the assessment has limits out of order", path=path, hint=AGAIN)
    return Calibration(bias, means, weights, overlap, limits, data)


@dataclass(frozen=True, slots=True)
class Assessment:
    """What is thought of the target after a frame.

    Attributes:
        cues: their running mean.
        lost: probability that it is lost.
        status: by hysteresis.
        confirmed: frames in a row in which a lost target seemed present.
    """

    cues: Cues
    lost: float
    status: Status
    confirmed: int = 0


def assess(before: Assessment | None, cues: Cues, calibration: Calibration) -> Assessment:
    """The assessment after a frame, from that of the frame before; None after the first frame."""
    if before is None:
        lost = calibration.lost(cues)
        return Assessment(cues, lost, *next_status("present", 0, lost, calibration.limits))
    mean = Cues._make(KEPT * old + (1.0 - KEPT) * new for old, new in zip(before.cues, cues, strict=True))
    lost = calibration.lost(mean)
    return Assessment(mean, lost, *next_status(before.status, before.confirmed, lost, calibration.limits))


def next_status(status: Status, confirmed: int, lost: float, limits: Limits) -> tuple[Status, int]:
    """Hysteresis: one status is left at another probability than the other.

    Args:
        status: of the frame before.
        confirmed: frames in a row, up to that one, in which a lost target seemed present.
        lost: probability of being lost.

    >>> limits = Limits(present=0.2, uncertain=0.35, lost=0.5)
    >>> [next_status(status, 0, 0.3, limits) for status in ("present", "uncertain", "lost")]
    [('present', 0), ('uncertain', 0), ('lost', 0)]
    >>> next_status("present", 0, 0.5, limits), next_status("lost", 1, 0.2, limits), next_status("lost", 2, 0.2, limits)
    (('lost', 0), ('lost', 2), ('present', 0))
    """
    if status == "lost":
        confirmed = confirmed + 1 if lost <= limits.present else 0
        return ("present", 0) if confirmed >= CONFIRMING else ("lost", confirmed)
    if lost >= limits.lost:
        return "lost", 0
    certain = lost <= limits.present or (status == "present" and lost < limits.uncertain)
    return "present" if certain else "uncertain", 0
