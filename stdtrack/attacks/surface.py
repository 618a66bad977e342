"""What an attack with gradients needs of a tracker: the way from a crop's pixels to scores and boxes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from torch import Tensor

from evalkit.types import Box, Image


@dataclass(frozen=True)
class Answers:
    """What a network says of the N places where it looks for the target.

    Attributes:
        score_N: logarithms of what the places are ranked by.
        box_N4: x, y, w, h of each in image coordinates.
        place_N2: middle of each in image coordinates.
    """

    score_N: Tensor
    box_N4: Tensor
    place_N2: Tensor


@runtime_checkable
class Differentiable(Protocol):
    """A tracker whose network can be attacked; it is left as it is.

    Pixels are (1, 3, H, W) float32, 0 to 255, of a part of the frame whose left upper corner is ``corner`` (x, y).
    """

    def search_part(self, image: Image) -> tuple[int, int, int, int]:
        """x0, y0, x1, y1 of the pixels that the next ``update`` looks at."""

    def template_part(self, image: Image, box: Box) -> tuple[int, int, int, int]:
        """The same of an ``init`` with this box."""

    def answers(self, part_13HW: Tensor, corner: tuple[int, int]) -> Answers:
        """What the network would say of the next frame with these pixels, with gradients."""

    def answers_after(self, part_13HW: Tensor, corner: tuple[int, int], image: Image, box: Box) -> Answers:
        """What it would say of ``image`` after an ``init`` on these pixels with this box, with gradients."""


@runtime_checkable
class Attackable(Protocol):
    """A tracker that lends its network to attacks."""

    def differentiable(self) -> Differentiable | None:
        """Its way from pixels to answers; None where there is no module behind it."""
