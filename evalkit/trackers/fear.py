"""FEAR-XS without its dual-template update (PinataFarms/FEARTracker, MIT): its ONNX networks; the code is ours."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from evalkit.trackers.onnx import OnnxNetwork, Session, facts, network_file
from evalkit.trackers.siamese import Choice, Grid, Tensor, enlarged, planes, sigmoid
from evalkit.trackers.siamese_tracker import Design, SiameseTracker

EXEMPLAR, SEARCH, STRIDE, GRID = 128, 256, 16, 16
# The box is enlarged by these shares of its size on every side.
TEMPLATE_MARGIN, SEARCH_MARGIN = 0.2, 2.0
CHOICE = Choice(penalty=0.062, window=0.38, rate=0.765)
DESIGN = Design(
    EXEMPLAR,
    SEARCH,
    partial(enlarged, margin=TEMPLATE_MARGIN),
    partial(enlarged, margin=SEARCH_MARGIN),
    planes,
    STRIDE,
    GRID,
    CHOICE,
)


class FearNetworks:
    """One graph for the template, one for search crop and template features together."""

    def __init__(self, folder: Path, threads: int) -> None:
        self._template_file = network_file(folder, "*template*.onnx")
        self._track_file = network_file(folder, "*track*.onnx")
        self._encode = Session(self._template_file, threads)
        self._track = Session(self._track_file, threads)

    @property
    def sessions(self) -> tuple[Session, ...]:
        """The template's network and the frame's."""
        return self._encode, self._track

    def encode(self, template: Tensor) -> Tensor:
        """The template's features."""
        return self._encode(image=template)[0]

    def match(self, template: Tensor, search: Tensor) -> tuple[Grid, Tensor]:
        """Probability (G, G) and distances (4, G, G), from the template's features."""
        outputs = self._track.by_name(image=search, template_features=template)
        return sigmoid(outputs["cls"][0, 0]), outputs["bbox"][0]

    def describe(self) -> Mapping[str, str]:
        """Facts for the run manifest."""
        return facts(self._template_file, self._track_file)

    def complexity_parts(self) -> Mapping[str, tuple[OnnxNetwork, ...]]:
        """The networks that run at initialisation and in every frame."""
        search = {"image": (1, 3, SEARCH, SEARCH), "template_features": (1, 256, 8, 8)}
        return {
            "init": (OnnxNetwork(self._template_file, {"image": (1, 3, EXEMPLAR, EXEMPLAR)}),),
            "frame": (OnnxNetwork(self._track_file, search),),
        }


def fear_xs(folder: Path, threads: int) -> SiameseTracker:
    """Build FEAR-XS from the folder of its two files."""
    return SiameseTracker(DESIGN, FearNetworks(folder, threads))
