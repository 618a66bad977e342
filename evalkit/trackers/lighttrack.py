"""LightTrack-Mobile (CVPR 2021, arXiv 2104.14545): its networks as ONNX; the code around them is ours.

A backbone shared by template and search, and a head that correlates the two; post-processing as in SiamRPN.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from evalkit.trackers.siamese import Choice, Grid, Tensor, context_extent, imagenet, planes, sigmoid
from evalkit.trackers.siamese_tracker import BackboneHead, Design, Graphs, SiameseTracker
from evalkit.types import Image

EXEMPLAR, SEARCH, STRIDE, GRID = 127, 288, 16, 18
CHOICE = Choice(penalty=0.007, window=0.225, rate=0.616)


def lighttrack(folder: Path, threads: int) -> SiameseTracker:
    """Build LightTrack-Mobile from the folder of its two files."""
    wider = partial(context_extent, scale=SEARCH / EXEMPLAR)
    design = Design(EXEMPLAR, SEARCH, context_extent, wider, to_tensor, STRIDE, GRID, CHOICE)
    graphs = Graphs("image", "template", "search", 96, (8, GRID), _probabilities)
    return SiameseTracker(design, BackboneHead(design, graphs, folder, threads))


def to_tensor(crop: Image) -> Tensor:
    """(1, 3, H, W) of an RGB crop, each colour less its mean and over its deviation."""
    return imagenet(planes(crop))


def _probabilities(logits: Tensor) -> Grid:
    """(1, 1, G, G) -> (G, G)."""
    return sigmoid(logits[0, 0])
