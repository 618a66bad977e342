"""Thousands of sequences, a clock that was turned back, frames of 4K."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

import evalkit
from evalkit import Prediction
from evalkit.results.manifest import read_manifest


class Still:
    """Stays where it was; knows how large the frames were."""

    shape: tuple[int, ...] = ()

    def init(self, image, box):
        self.box, self.shape = box, image.shape

    def update(self, image):
        assert image.shape == self.shape
        return Prediction(self.box, 1.0)


def write(root: Path, sequences: int, size: tuple[int, int] = (24, 32), frames: int = 2) -> Path:
    """Sequences of the layout ``folder`` that share one image by hard links."""
    root.mkdir()
    image = root / "image.jpg"
    cv2.imwrite(str(image), np.full((*size, 3), 90, np.uint8))
    for number in range(sequences):
        folder = root / "data" / f"s{number:04d}" / "img"
        folder.mkdir(parents=True)
        for frame in range(1, frames + 1):
            os.link(image, folder / f"{frame:04d}.jpg")
        folder.with_name("groundtruth.txt").write_text("3,4,10,8\n" * frames)
    return root / "data"


@pytest.mark.slow
def test_five_thousand_sequences_are_resumed(tmp_path: Path) -> None:
    """Only what is missing is run again; the others' files stay as they are."""
    data, out = write(tmp_path / "many", 5000), tmp_path / "runs"
    summary = evalkit.run({"still": Still()}, on="folder", data=data, out=out)
    assert (summary.finished, summary.resumed, summary.failures) == (5000, 0, [])
    for name in ("s0000", "s2500", "s4999"):
        (out / "still" / "folder" / f"{name}.txt").unlink()
    before = {path: path.stat().st_mtime_ns for path in out.rglob("s1*.txt")}
    summary = evalkit.run({"still": Still()}, on="folder", data=data, out=out)
    assert (summary.finished, summary.resumed, summary.failures) == (3, 4997, [])
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert evalkit.score(out, on="folder", data=data, cache=False).scores[0].sequences_scored == 5000


def test_a_clock_that_was_turned_back_changes_no_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of the future are finished ones, and a run that ends before it began says it took no time."""
    data, out = write(tmp_path / "few", 3), tmp_path / "runs"
    clock = iter(["2030-01-01T00:00:00+00:00", "2020-01-01T00:00:00+00:00", *["2019-01-01T00:00:00+00:00"] * 9])
    for module in ("runner", "provenance"):
        monkeypatch.setattr(f"evalkit.running.{module}.now", lambda: next(clock))
    evalkit.run({"still": Still()}, on="folder", data=data, out=out)
    manifest = read_manifest(out / "still" / "folder")
    assert manifest is not None
    assert manifest.finished == manifest.started == "2030-01-01T00:00:00+00:00"
    first = evalkit.score(out, on="folder", data=data, cache=False).scores[0].metrics
    for path in [*out.rglob("*"), *data.rglob("*")]:
        os.utime(path, (4e9, 4e9))
    (out / "still" / "folder" / "s0001.txt").unlink()
    summary = evalkit.run({"still": Still()}, on="folder", data=data, out=out)
    assert (summary.finished, summary.resumed, summary.failures) == (1, 2, [])
    assert evalkit.score(out, on="folder", data=data, cache=False).scores[0].metrics == first


def test_frames_of_4k(tmp_path: Path) -> None:
    data, tracker = write(tmp_path / "large", 1, size=(2160, 3840), frames=3), Still()
    summary = evalkit.run({"still": tracker}, on="folder", data=data, out=tmp_path / "runs")
    assert (summary.finished, summary.failures) == (1, [])
    assert tracker.shape == (2160, 3840, 3)
    assert evalkit.score(tmp_path / "runs", on="folder", data=data, cache=False).scores[0].metrics["ao"] == 1
