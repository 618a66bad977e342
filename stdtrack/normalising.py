"""A crop's pixels as the network takes them."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor

from evalkit.types import Image
from stdtrack.configs import ModelConfig


class Normaliser:
    """(pixel / 255 - mean) / std of each channel, as one product and one sum.

    Attributes:
        planar: lay the channels out as planes, which is how an exported graph takes an image; else pixel by pixel
            ("channels last"), which is how torch's convolutions read it without a copy. The numbers are the same.
    """

    def __init__(self, config: ModelConfig, device: torch.device) -> None:
        self.planar = False
        self._device = device
        mean, std = (torch.tensor(value, device=device) for value in (config.mean, config.std))
        scale, shift = 1.0 / (255.0 * std), -mean / std
        self._scale_311, self._shift_311 = scale[:, None, None], shift[:, None, None]
        # As long as a row of the larger crop: three numbers a pixel are too short a run for vector instructions.
        pixels = max(config.template_size, config.search_size)
        self._scale_R, self._shift_R = scale.repeat(pixels), shift.repeat(pixels)

    def __call__(self, crop: Image) -> Tensor:
        """H x W x 3 uint8 -> (1, 3, H, W)."""
        return self._planes(crop) if self.planar else self._rows(crop)

    def _planes(self, crop: Image) -> Tensor:
        planes_3HW = np.empty((3, *crop.shape[:2]), dtype=np.uint8)
        cv2.split(crop, list(planes_3HW))
        return self._float(planes_3HW).mul_(self._scale_311).add_(self._shift_311)[None]

    def _rows(self, crop: Image) -> Tensor:
        rows_HR = self._float(crop).flatten(1)
        R = rows_HR.shape[1]
        return rows_HR.mul_(self._scale_R[:R]).add_(self._shift_R[:R]).view(crop.shape).permute(2, 0, 1)[None]

    def _float(self, pixels: Image) -> Tensor:
        return torch.from_numpy(pixels).to(self._device, torch.float32)
