"""How every figure of a report was made, in a sentence each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from evalkit.scoring.metrics import METRICS

METHODS: Mapping[str, str] = {
    "Parts": "A benchmark of which only a part was run is marked, such as '5 of 100 sequences'; such figures cannot be "
    "compared with those of the whole benchmark.",
    "Intervals": "95 % percentile bootstrap with {resamples} resamples of the sequences, fixed seed; it says how much "
    "the choice of sequences matters, nothing else.",
    "Speed": "FPS (1/median) is one over the median time of a frame, FPS (n/total) frames over their total time. Scope "
    "'track' is the tracker's update alone, the first frame left out. Runs with several workers give no speeds.",
    "Colours": "Colour and marker follow from a tracker's name alone and are the same in every report.",
    "Time lines": "Overlap and score of each frame, by the first protocol given, in 254 steps; gaps are frames that "
    "the protocol does not score.",
    "Frames": "Evenly spaced frames, reduced to at most 320 pixels in width; boxes are drawn from the raw results.",
}
"""Sentence by topic; ``Intervals`` takes the number of resamples."""


def metric_methods(names: Iterable[str]) -> dict[str, str]:
    """What the metrics of these names are, by label, in the order in which they are printed.

    >>> list(metric_methods(["sr50", "auc"]))
    ['AUC', 'SR0.5']
    """
    known = set(names)
    return {metric.label: metric.sentence for name, metric in METRICS.items() if name in known}
