"""Writes a picture of every corruption in three severities: ``corruption_sheet.py BENCHMARK DATA SEQUENCE OUT.jpg``."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np

from evalkit.benchmarks.registry import open_benchmark
from evalkit.robustness.suites import variations_of

WIDTH, SEVERITIES, COLUMNS = 130, (1, 3, 5), 4


def tile(benchmark: str, data: Path, sequence: str, name: str) -> np.ndarray:
    """One frame at three severities beside each other, with the name above."""
    pictures = []
    for severity in SEVERITIES:
        clip = open_benchmark(f"{benchmark}+{name}@{severity}", data=data).sequence(sequence)
        assert clip.frames is not None
        image = clip.frames.read(len(clip) // 2)
        size = (WIDTH, round(WIDTH * image.shape[0] / image.shape[1]))
        pictures.append(cv2.resize(image, size, interpolation=cv2.INTER_AREA))
    row = np.hstack(pictures)
    title = np.full((16, row.shape[1], 3), 255, np.uint8)
    cv2.putText(title, name, (3, 12), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (0, 0, 0), 1, cv2.LINE_AA)
    return cv2.copyMakeBorder(np.vstack([title, row]), 0, 4, 0, 4, cv2.BORDER_CONSTANT, value=(255, 255, 255))


def main(benchmark: str, data: str, sequence: str, out: str) -> None:
    """All corruptions, four in a row."""
    tiles = [tile(benchmark, Path(data), sequence, each.name) for each in variations_of(["corruptions"])]
    rows = [np.hstack(tiles[start : start + COLUMNS]) for start in range(0, len(tiles), COLUMNS)]
    sheet = cv2.cvtColor(np.vstack(rows).astype(np.uint8), cv2.COLOR_RGB2BGR)
    cv2.imwrite(out, sheet, [cv2.IMWRITE_JPEG_QUALITY, 82])


if __name__ == "__main__":
    main(*sys.argv[1:])
