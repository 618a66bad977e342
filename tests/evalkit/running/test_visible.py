"""What a tracker says of its target's visibility: taken in every style, stored, merged, read again."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import evalkit
from evalkit.errors import InputError
from evalkit.results.store import MEASURES, RawResult, read_scores, read_visible, write_result
from evalkit.running.merging import finished_sequences, merge
from evalkit.running.tracking import track
from evalkit.trackers.answers import NonsenseError, read_answer, read_mapping
from evalkit.trackers.base import Prediction
from evalkit.trackers.process import prediction_of
from evalkit.types import Box, Image

BOX = np.array([10.0, 12.0, 20.5, 16.0])


class Says:
    """Stays where it is, and says of each frame after the first what it was told to say."""

    def __init__(self, said: list[Any]) -> None:
        self.said = said

    def init(self, image: Image, box: Box) -> None:
        self.box, self.left = box, list(self.said)

    def update(self, image: Image) -> Prediction:
        return Prediction(self.box, 0.5, self.left.pop(0))


class Frames:
    """Six black frames."""

    def __len__(self) -> int:
        return 6

    def read(self, index: int) -> Image:
        return np.zeros((4, 4, 3), np.uint8)

    def name(self, index: int) -> str:
        return str(index)


def test_a_tracker_need_not_say() -> None:
    assert Prediction(BOX, 0.5).visible is None
    assert track(Says([None] * 5), Frames(), BOX).visible is None


def test_what_is_said_is_kept_by_frame() -> None:
    found = track(Says([True, None, False, np.bool_(True), None]), Frames(), BOX).visible
    np.testing.assert_array_equal(found, [1, 1, np.nan, 0, 1, np.nan])


def test_every_run_stores_it(data: Path, tmp_path: Path) -> None:
    trackers = {"says": Says([True, None, False, False, True]), "silent": Says([None] * 5)}
    evalkit.run(trackers, on="folder", data=data, out=tmp_path / "runs")
    said, silent = (tmp_path / "runs" / name / "folder" for name in ("says", "silent"))
    assert (said / "alpha_visible.txt").read_text() == "1\n1\nnan\n0\n0\n1\n"
    np.testing.assert_array_equal(read_visible(said, "beta"), [1, 1, np.nan, 0, 0, 1])
    np.testing.assert_array_equal(read_scores(said, "beta"), [1, 0.5, 0.5, 0.5, 0.5, 0.5])
    assert read_visible(silent, "alpha") is None
    assert not list(silent.glob("*_visible.txt"))
    scores = evalkit.score(tmp_path / "runs", on="folder", data=data, keep_frames=True)
    for score in scores:
        detail = score.sequences[0].detail
        assert detail is not None
        expected = [1, 1, np.nan, 0, 0, 1] if score.tracker == "says" else [np.nan] * 6
        np.testing.assert_array_equal(detail.visible, expected)


def test_a_later_run_that_says_nothing_leaves_nothing_behind(tmp_path: Path) -> None:
    boxes, ones = np.tile(BOX, (2, 1)), np.ones(2)
    write_result(tmp_path, "a", RawResult(boxes, ones, ones, np.array([1.0, 0.0])), BOX, 0)
    assert read_visible(tmp_path, "a") is not None
    write_result(tmp_path, "a", RawResult(boxes, ones, ones), BOX, 0)
    assert read_visible(tmp_path, "a") is None


def test_files_beside_an_earlier_try_go(tmp_path: Path) -> None:
    boxes, ones = np.tile(BOX, (2, 1)), np.ones(2)
    measures = dict.fromkeys(MEASURES, ones)
    write_result(tmp_path, "a", RawResult(boxes, ones, ones, ones, measures), BOX, 0)
    write_result(tmp_path, "ab", RawResult(boxes, ones, ones, ones, measures), BOX, 0)
    write_result(tmp_path, "a", RawResult(boxes, ones, ones, None, {"psnr": ones}), BOX, 0)
    assert {path.name for path in tmp_path.glob("a_*")} == {"a_time.txt", "a_score.txt", "a_psnr.txt"}
    assert len(list(tmp_path.glob("ab_*"))) == 6


def test_merging_leaves_nothing_of_an_earlier_try(data: Path, tmp_path: Path) -> None:
    evalkit.run({"silent": Says([None] * 5)}, on="folder", data=data, out=tmp_path / "part")
    folder = tmp_path / "whole" / "silent" / "folder"
    folder.mkdir(parents=True)
    for end in ("visible", *MEASURES):
        (folder / f"alpha_{end}.txt").write_text("1\n")
    merge([tmp_path / "part"], tmp_path / "whole")
    assert {path.name for path in folder.glob("alpha_*")} == {"alpha_time.txt", "alpha_score.txt"}


def test_merging_copies_it(data: Path, tmp_path: Path) -> None:
    evalkit.run({"says": Says([True, False] * 3)}, on="folder", data=data, out=tmp_path / "part")
    merge([tmp_path / "part"], tmp_path / "whole")
    folder = tmp_path / "whole" / "says" / "folder"
    assert finished_sequences(folder) == ["alpha", "beta", "gamma"]
    np.testing.assert_array_equal(read_visible(folder, "gamma"), [1, 1, 0, 1, 0, 1])


def test_answers_of_every_style() -> None:
    assert read_answer(SimpleNamespace(box=BOX, score=0.5)).visible is None  # made before there was such a field
    assert read_answer(SimpleNamespace(box=BOX, score=0.5, visible=np.array([False]))).visible is False
    assert read_mapping({"bbox": BOX, "visible": True}, "bbox", (), "w").visible is True
    assert read_mapping({"bbox": BOX}, "bbox", (), "w").visible is None
    assert prediction_of({"box": [1, 2, 3, 4], "visible": False}, "process:x", 1).visible is False
    assert prediction_of({"box": [1, 2, 3, 4], "visible": None}, "process:x", 1).visible is None


@pytest.mark.parametrize("wrong", [1, 0.0, "yes", [True, False], np.zeros(3)])
def test_anything_else_than_a_flag_is_refused(wrong: object) -> None:
    with pytest.raises(NonsenseError, match=r"visible is .*, not True, False or None"):
        read_answer(SimpleNamespace(box=BOX, score=0.5, visible=wrong))
    with pytest.raises(NonsenseError, match="visible is"):
        read_mapping({"bbox": BOX, "visible": wrong}, "bbox", (), "w")
    with pytest.raises(InputError, match=r"'visible' is .*, not true, false or null"):
        prediction_of({"box": [1, 2, 3, 4], "visible": wrong}, "process:x", 1)


def test_a_damaged_file_is_told_by_row(tmp_path: Path) -> None:
    (tmp_path / "a_visible.txt").write_text("1\nnan\n0.5\n")
    with pytest.raises(InputError, match=r"a_visible.txt, row 3: 0.5 is neither 1, 0 nor nan"):
        read_visible(tmp_path, "a")
