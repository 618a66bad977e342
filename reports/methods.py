"""How every figure of a report was made, in a sentence each."""

from __future__ import annotations

from collections.abc import Mapping

METHODS: Mapping[str, str] = {
    "AUC": "Area under the success curve: the mean over its thresholds of the share of frames whose IoU exceeds them.",
    "P": "Precision: the share of frames whose centre error is at most 20 pixels, or the protocol's own summary.",
    "P_Norm": "Normalised precision: the same with the error divided by the target's size, at 0.2.",
    "AO, SR0.5, SR0.75": "Mean overlap, and the share of frames with an IoU above 0.5 and 0.75.",
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
