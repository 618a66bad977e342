"""Small data sets on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np
import pytest

WriteRows = Callable[[Path, int], Path]
WriteImages = Callable[[Path, Iterable[str]], Path]


@pytest.fixture
def write_rows() -> WriteRows:
    """``write_rows(file, n)``: n rows of ground truth, row k being k, 2, 3, 4."""

    def write(file: Path, count: int) -> Path:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f"{row},2,3,4\n" for row in range(1, count + 1)))
        return file

    return write


@pytest.fixture
def write_images() -> WriteImages:
    """``write_images(folder, names)``: tiny images; the red value of the k-th is k, modulo 256."""

    def write(folder: Path, names: Iterable[str]) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for index, name in enumerate(names):
            bgr = np.zeros((6, 8, 3), np.uint8)
            bgr[:, :, 2] = index % 256
            (folder / name).write_bytes(cv2.imencode(".png", bgr)[1].tobytes())
        return folder

    return write
