"""The tracker's crop as torch computes it: :func:`stdtrack.crops.sample_crop` with gradients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from stdtrack.crops import BORDER_RGB, Window

_MARGIN = 2


@dataclass(frozen=True)
class CropPlan:
    """How a window of an image becomes a crop.

    Attributes:
        part: x0, y0, x1, y1 of the pixels of the image that the crop is made of; whole blocks, at least one.
        block: pixels that are averaged first.
        scale, left, top: of the window, in blocks from the part's corner.
        size: side of the crop in pixels.
    """

    part: tuple[int, int, int, int]
    block: int
    scale: float
    left: float
    top: float
    size: int

    @classmethod
    def of(cls, window: Window, size: int, width: int, height: int) -> CropPlan:
        """The plan for a window (cx, cy, side) in an image of this size."""
        cx, cy, side = (float(value) for value in window)
        scale, left, top = side / size, cx - side / 2, cy - side / 2
        block = max(1, int(scale))
        x0, x1 = _reach(left, side, block, width)
        y0, y1 = _reach(top, side, block, height)
        return cls((x0, y0, x1, y1), block, scale / block, (left - x0) / block, (top - y0) / block, size)

    def crop(self, part_13HW: Tensor) -> Tensor:
        """(1, 3, H, W) pixels of the part, 0 to 255 -> (1, 3, S, S); outside the image the mean colour."""
        border_3 = torch.tensor(BORDER_RGB, dtype=part_13HW.dtype, device=part_13HW.device)[None, :, None, None]
        x_13HW = F.avg_pool2d(part_13HW, self.block) if self.block > 1 else part_13HW
        H, W = x_13HW.shape[-2:]
        steps = torch.arange(self.size, dtype=torch.float64) + 0.5
        grid = torch.stack(
            torch.meshgrid(
                2 * (self.left + self.scale * steps) / W - 1, 2 * (self.top + self.scale * steps) / H - 1, indexing="xy"
            ),
            dim=-1,
        )
        grid_1SS2 = grid[None].to(x_13HW)
        return F.grid_sample(x_13HW - border_3, grid_1SS2, align_corners=False) + border_3


def _reach(start: float, side: float, block: int, limit: int) -> tuple[int, int]:
    margin = _MARGIN * block
    low = int(np.clip(start - margin, 0, max(0, limit - block)))
    high = int(np.clip(start + side + margin, low, limit))
    return low, low + max(1, (high - low) // block) * block if limit >= block else limit
