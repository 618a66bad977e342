"""What we write is read by the tools' own libraries, and says the same there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evalkit.results.exchange.clip import Clip, Track
from evalkit.results.exchange.formats import writer

BOXES = np.array([[0.0, 1.5, 20.25, 30.125], [np.nan] * 4, [1 / 3, 0.1, 7.7, 2 / 3]])
SCORES = np.array([1.0, np.nan, 0.25])


@pytest.fixture
def clip() -> Clip:
    tracks = (Track("car", BOXES), Track("opencv:csrt", BOXES + 1, SCORES, truth=False))
    return Clip("street", 3, tracks, (64, 48))


def test_pycocotools_reads_annotation_and_results(clip: Clip, tmp_path: Path) -> None:
    coco = pytest.importorskip("pycocotools.coco", reason="an environment made before it was needed: make .venv/.test")
    writer("coco")([clip], tmp_path)
    for name, boxes in (("ground_truth", BOXES), ("opencv%3Acsrt", BOXES + 1)):
        read = coco.COCO(str(tmp_path / f"{name}.json"))
        rows = {read.loadImgs(one["image_id"])[0]["frame_id"]: one for one in read.loadAnns(read.getAnnIds())}
        assert sorted(rows) == [0, 2]
        np.testing.assert_array_equal([rows[frame]["bbox"] for frame in (0, 2)], boxes[[0, 2]])
        assert read.loadCats(rows[0]["category_id"])[0]["name"] == {"ground_truth": "car"}.get(name, "opencv:csrt")
    assert [rows[frame]["score"] for frame in (0, 2)] == [1.0, 0.25]


@pytest.mark.filterwarnings("ignore")  # its last release is of 2022
def test_motmetrics_counts_as_we_do(clip: Clip, tmp_path: Path) -> None:
    motmetrics = pytest.importorskip("motmetrics", reason="no part of the development environment")
    writer("mot")([clip], tmp_path)
    for file, boxes in (("gt/street/gt/gt.txt", BOXES), ("trackers/opencv%3Acsrt/street.txt", BOXES + 1)):
        table = motmetrics.io.loadtxt(str(tmp_path / file), fmt="mot15-2D")
        assert table.index.get_level_values("FrameId").tolist() == [1, 3]
        np.testing.assert_allclose(table[["X", "Y", "Width", "Height"]].to_numpy(), boxes[[0, 2]], rtol=1e-14)
