"""NanoTrack v2 and v3 (HonglinChu/NanoTrack, Apache-2.0): their ONNX networks; the code around them is ours.

A backbone shared by template and search, and a head that correlates the two; post-processing as in SiamRPN.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from evalkit.trackers.siamese import Choice, Grid, Tensor, context_extent, planes, sigmoid
from evalkit.trackers.siamese_tracker import BackboneHead, Design, Graphs, SiameseTracker
from evalkit.types import Image

EXEMPLAR, SEARCH, STRIDE = 127, 255, 16


def nanotrack_v2(folder: Path, threads: int) -> SiameseTracker:
    """Build version 2 from the folder of its two files."""
    return _nanotrack(48, 16, Choice(penalty=0.150, window=0.490, rate=0.385), folder, threads)


def nanotrack_v3(folder: Path, threads: int) -> SiameseTracker:
    """Build version 3 from the folder of its two files."""
    return _nanotrack(96, 15, Choice(penalty=0.138, window=0.455, rate=0.348), folder, threads)


def probabilities(logits: Tensor) -> Grid:
    """(1, 2, G, G) of background and target -> (G, G): their softmax is the sigmoid of the difference."""
    return sigmoid(logits[0, 1] - logits[0, 0])


def blue_green_red(crop: Image) -> Tensor:
    """(1, 3, H, W), 0 to 255, of an RGB crop."""
    return planes(crop[:, :, ::-1])


def _nanotrack(channels: int, grid: int, choice: Choice, folder: Path, threads: int) -> SiameseTracker:
    wider = partial(context_extent, scale=SEARCH / EXEMPLAR)
    design = Design(EXEMPLAR, SEARCH, context_extent, wider, blue_green_red, STRIDE, grid, choice)
    graphs = Graphs("input", "input1", "input2", channels, (8, 16), probabilities)
    return SiameseTracker(design, BackboneHead(design, graphs, folder, threads))
