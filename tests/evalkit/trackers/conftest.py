"""A target that moves over noise, and the command of our own interpreter."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass

import cv2
import numpy as np
import pytest

from evalkit.types import Box, Image


@dataclass(frozen=True)
class Moving:
    """Windows of one picture, shifted by 3 and 2 pixels a frame."""

    picture: Image
    length: int = 8

    def __len__(self) -> int:
        return self.length

    def name(self, index: int) -> str:
        return f"frame {index}"

    def read(self, index: int) -> Image:
        return np.ascontiguousarray(self.picture[2 * index : 2 * index + 120, 3 * index : 3 * index + 160])


@pytest.fixture
def frames() -> Moving:
    noise = np.random.default_rng(0).integers(0, 256, (160, 240, 3), dtype=np.uint8)
    return Moving(np.asarray(cv2.GaussianBlur(noise, (0, 0), 2), dtype=np.uint8))


@pytest.fixture
def box() -> Box:
    return np.array([60.3, 50.7, 30.2, 28.8])


@pytest.fixture(scope="session")
def python() -> str:
    return shlex.quote(sys.executable)
