"""Fixtures of the tracker's tests."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Small tensors gain nothing from threads, and other tests run beside these."""
    torch.set_num_threads(1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six grey pictures of 64 x 48 pixels, ever brighter: 0, 40, ... 200."""
    images = tmp_path / "images"
    images.mkdir()
    for index in range(6):
        cv2.imwrite(str(images / f"{index}.png"), np.full((48, 64, 3), 40 * index, np.uint8))
    return images
