"""What a peer's network is to the online tracker, to counters and to exporters."""

from __future__ import annotations

import copy
from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from stdtrack.configs import IMAGENET_MEAN, IMAGENET_STD
from stdtrack.peers.folding import fold_batch_norms

Tensors = tuple[Tensor, ...]
Vector = NDArray[np.float32]


@dataclass(frozen=True)
class PeerConfig:
    """What every peer has; a family adds its own fields.

    Attributes:
        template_size, search_size: pixels of the two crops.
        template_factor, search_factor: a crop's side over the square root of the box's area.
        mean, std: of a pixel's red, green and blue, on the scale 0 to 1.
    """

    template_size: int = 128
    search_size: int = 256
    template_factor: float = 2.0
    search_factor: float = 4.0
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD


@dataclass(frozen=True)
class Answer:
    """One frame's answer.

    Attributes:
        box: (4,) float32 cx, cy, w, h in fractions of the search crop.
        score: 0 to 1; 1 of trackers that have no score of their own.
    """

    box: Vector
    score: float


class PeerNetwork(nn.Module):
    """A network whose work is split in what the template needs and what a frame needs.

    Names of parameters and buffers are the official state dict's. The constructor runs under ``torch.device("meta")``:
    tables that no checkpoint holds are made by numpy and ``torch.from_numpy``, which stay real.

    Attributes:
        cached: keep all that depends on the template alone; else keep what the official tracker keeps, and compute
            the rest with every frame. Both give the same answers.
        output_names: of what :meth:`forward` returns.
    """

    cached: bool = True
    output_names: tuple[str, ...] = ()

    @abstractmethod
    def encode_template(self, *template: Tensor) -> Tensors:
        """All that depends on the template alone.

        Args:
            template: the normalised crop (1, 3, H, W), and what else the family's tracker gives.
        """

    @abstractmethod
    def forward_search(self, search_B3HW: Tensor, *encoded: Tensor) -> Tensors:
        """Predictions on a normalised search crop, given what :meth:`encode_template` returned."""

    @abstractmethod
    def decode(self, outputs: Tensors) -> Answer:
        """The outputs of :meth:`forward` as one box, with the tracker's window where it has one."""

    def candidates(self, outputs: Tensors) -> tuple[Tensor, Tensor]:
        """What :meth:`decode` chooses from, in torch: the one box of a network without maps here.

        Returns:
            (N,) logarithms of what the boxes are ranked by, and (N, 4) cx, cy, w, h in fractions of the search crop.
        """
        return outputs[0].new_zeros(1), outputs[0]

    def remember(self, *template: Tensor) -> Tensors:
        """What is kept from the first frame on: everything when :attr:`cached`, else the template itself."""
        return self.encode_template(*template) if self.cached else template

    def forward(self, search_B3HW: Tensor, *memory: Tensor) -> Tensors:
        """One frame's work, flat tensors in and out, given what :meth:`remember` returned."""
        return self.forward_search(search_B3HW, *(memory if self.cached else self.encode_template(*memory)))

    def fold(self) -> PeerNetwork:
        """A copy in the form of deployment: batch norms folded into the convolutions before them."""
        return fold_batch_norms(copy.deepcopy(self))


class TemplateGraph(nn.Module):
    """:meth:`PeerNetwork.remember` as a module, for exporters and counters."""

    def __init__(self, network: PeerNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, *template: Tensor) -> Tensors:
        """What the template needs, flat tensors in and out."""
        return self.network.remember(*template)
