"""The published trackers' networks as attacks see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor

from evalkit.types import Box, Image
from stdtrack.attacks.surface import Answers
from stdtrack.peers.geometry import placed_window, shown_part
from stdtrack.peers.network import Tensors

if TYPE_CHECKING:
    from stdtrack.peers.online import PeerTracker


class OnPeer:
    """The folded network with the state that its tracker has now.

    Args:
        tracker: its network, state and window are read.
        memory: what it keeps of the template; None before ``init``.
    """

    def __init__(self, tracker: PeerTracker[Any], memory: Tensors | None) -> None:
        self.tracker, self.config, self.network = tracker, tracker.config, tracker.network
        self.memory = memory

    def search_part(self, image: Image) -> tuple[int, int, int, int]:
        """Pixels of the next search window."""
        return _part(self._search_window(self.tracker.box), image)

    def template_part(self, image: Image, box: Box) -> tuple[int, int, int, int]:
        """Pixels of the template."""
        return _part(placed_window(box, self.config.template_factor), image)

    def answers(self, part_13HW: Tensor, corner: tuple[int, int]) -> Answers:
        """The next frame's boxes."""
        assert self.memory is not None
        # Gradients may not pass the tensors of inference mode.
        memory = tuple(tensor.clone() for tensor in self.memory)
        return self._frame(memory, part_13HW, corner, self.tracker.box)

    def answers_after(self, part_13HW: Tensor, corner: tuple[int, int], image: Image, box: Box) -> Answers:
        """The boxes on the first frame itself, after a start on these pixels."""
        window = placed_window(box, self.config.template_factor)
        crop = self._normalised(_crop(part_13HW, corner, window, self.config.template_size))
        memory = self.network.remember(*self.tracker.template_of(crop, box))
        x0, y0, x1, y1 = _part(self._search_window(box), image)
        pixels = torch.tensor(image[y0:y1, x0:x1]).permute(2, 0, 1)[None].to(part_13HW)
        return self._frame(memory, pixels, (x0, y0), box)

    def _frame(self, memory: Tensors, part_13HW: Tensor, corner: tuple[int, int], box: Box) -> Answers:
        left, top, side = window = self._search_window(box)
        crop = self._normalised(_crop(part_13HW, corner, window, self.config.search_size))
        score_N, box_N4 = self.network.candidates(self.network(crop, *memory))
        in_image_N4 = torch.cat((box_N4[:, :2] - box_N4[:, 2:] / 2, box_N4[:, 2:]), dim=1) * side
        first_4 = torch.tensor([left, top, 0, 0]).to(in_image_N4)
        middle_N2 = box_N4[:, :2].detach() * side + first_4[:2]
        return Answers(score_N, in_image_N4 + first_4, middle_N2)

    def _search_window(self, box: Box) -> tuple[int, int, int]:
        return placed_window(box, self.config.search_factor)

    def _normalised(self, crop_13SS: Tensor) -> Tensor:
        mean, std = (
            torch.tensor(values).to(crop_13SS)[None, :, None, None] for values in (self.config.mean, self.config.std)
        )
        return (crop_13SS / 255.0 - mean) / std


def _part(window: tuple[int, int, int], image: Image) -> tuple[int, int, int, int]:
    """The pixels that a window shows, at least one: a window may lie beside the image."""
    height, width = image.shape[:2]
    x0, y0, x1, y1 = shown_part(window, width, height)
    x0, y0 = min(max(x0, 0), width - 1), min(max(y0, 0), height - 1)
    return x0, y0, max(x1, x0 + 1), max(y1, y0 + 1)


def _crop(part_13HW: Tensor, corner: tuple[int, int], window: tuple[int, int, int], size: int) -> Tensor:
    """:func:`~stdtrack.peers.geometry.cut_window` with gradients.

    Args:
        part_13HW: pixels of the image from ``corner`` (x, y) on; the rest of the window (left, top, side) is black.

    Returns:
        (1, 3, size, size).
    """
    left, top, side = window
    H, W = part_13HW.shape[-2:]
    x, y = corner[0] - left, corner[1] - top
    inside = part_13HW[:, :, max(-y, 0) : max(side - y, 0), max(-x, 0) : max(side - x, 0)]
    patch = part_13HW.new_zeros(1, 3, side, side)
    patch[:, :, max(y, 0) : max(y + H, 0), max(x, 0) : max(x + W, 0)] = inside
    return F.interpolate(patch, (size, size), mode="bilinear", align_corners=False)
