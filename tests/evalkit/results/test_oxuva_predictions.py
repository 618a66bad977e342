"""OxUvA's tables of predictions: against its authors' rule for frames without a row, there and back, and scored."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import evalkit
from evalkit.benchmarks.registry import open_benchmark
from evalkit.errors import InputError
from evalkit.results.formats.oxuva import Rows, from_rows, parse_predictions, to_rows, written
from evalkit.results.packing import pack
from evalkit.results.submission import check_members, kind_of, read_submission
from evalkit.results.trees import read_tree

NAME, SIZE, FIRST, LENGTH = "vid0025_obj0001", (640, 400), 30, 91
GIVEN = np.array([160.0, 200.0, 160.0, 100.0])
TITLES = "video,object,frame_num,present,score,xmin,xmax,ymin,ymax"


def table(*rows: str) -> bytes:
    return "".join(f"vid0025,obj0001,{row}\n" for row in rows).encode()


def test_rows_with_and_without_titles() -> None:
    plain = table("31,true,0.5,0.25,0.5,0,1", "32,absent,,,,,")
    turned = b"score,object,video,ymax,frame_num,present,xmin,xmax,ymin\n0.5,obj0001,vid0025,1,31,Present,0.25,0.5,0\n"
    turned += b"0,obj0001,vid0025,-1,32,F,junk,,\n"
    for content in (plain, TITLES.encode() + b"\r\n" + plain.replace(b"\n", b"\r\n"), turned):
        found = parse_predictions(content, "a.csv", NAME)
        assert (found.frames.tolist(), found.present.tolist()) == ([31, 32], [True, False])
        assert found.scores.tolist() == [0.5, 0.0]
        np.testing.assert_equal(found.bounds, [[0.25, 0.5, 0, 1], [np.nan] * 4])


@given(st.sets(st.integers(25, 130), min_size=1).filter(lambda frames: any(31 <= frame <= 60 for frame in frames)))
def test_a_frame_without_a_row_takes_the_row_before(frames: set[int]) -> None:
    rows = [f"{frame},{str(frame % 3 > 0).lower()},{frame},0.5,0.75,0.25,{frame / 100}" for frame in frames]
    found = to_rows(parse_predictions(table(*rows), "a.csv", NAME), GIVEN, FIRST, LENGTH, SIZE)
    latest = None  # subset_using_previous_if_missing of assess.py, from the task's first frame on
    assert found.boxes[0].tolist() == GIVEN.tolist()
    for index in range(1, LENGTH):
        latest = FIRST + index if FIRST + index in frames else latest
        assert found.present[index] == (latest is None or latest % 3 > 0)
        assert found.scores[index] == (1.0 if latest is None else latest)
        box = GIVEN if latest is None else [320, 100, 160, (latest / 100 - 0.25) * 400]
        np.testing.assert_allclose(found.boxes[index], box if found.present[index] else [np.nan] * 4)


@given(st.data())
def test_there_and_back(data: st.DataObject) -> None:
    count = data.draw(st.integers(2, 12))
    numbers = st.floats(-300, 900, allow_nan=False)
    boxes = np.array([[data.draw(numbers) for _ in range(4)] for _ in range(count)])
    present = np.array([True, *(data.draw(st.booleans()) for _ in range(count - 1))])
    scores = np.array([1.0, *(data.draw(st.floats(0, 1)) for _ in range(count - 1))])
    before = Rows(np.where(present[:, None], boxes, np.nan), scores, present)
    predictions = from_rows(before, FIRST, SIZE)
    again = parse_predictions(written(NAME, predictions).encode(), "a.csv", NAME)
    np.testing.assert_equal(vars(again), vars(predictions))
    after = to_rows(again, before.boxes[0], FIRST, count, SIZE)
    np.testing.assert_allclose(after.boxes, before.boxes, atol=1e-9)
    assert (after.present.tolist(), after.scores.tolist()) == (present.tolist(), scores.tolist())


@pytest.mark.parametrize(
    ("rows", "row", "said"),
    [
        (["31,true,0.5,0,1,0"], 1, "has 8 columns, expected 9"),
        (["31,true,0.5,0,1,0,1", "32,maybe,0.5,0,1,0,1"], 2, "'maybe' is neither true nor false"),
        (["31,true,high,0,1,0,1"], 1, "'high' is no finite number"),
        (["31,true,0.5,0,nan,0,1"], 1, "'nan' is no finite number"),
        (["31,true,0.5,0,1_0,0,1"], 1, "'1_0' is no finite number"),
        (["31.5,true,0.5,0,1,0,1"], 1, "'31.5' is no number of a frame"),
        (["31,true,0.5,0,1,0,1", "31,false,,,,,"], 2, "a second row of frame 31"),
        (["31,true,0.5,160,320,200,300"], 1, "160,320,200,300 are pixels"),
    ],
)
def test_a_wrong_row(rows: list[str], row: int, said: str) -> None:
    for above in (b"", f"{TITLES}\n".encode()):
        with pytest.raises(InputError) as error:
            parse_predictions(above + table(*rows), "mine/a.csv", NAME)
        assert (error.value.path, error.value.row, error.value.problem) == ("mine/a.csv", row + bool(above), said)
        assert error.value.hint or "second row" in said


def test_a_row_of_another_object_and_nothing_at_all() -> None:
    with pytest.raises(InputError, match="is of vid0025_obj0001") as error:
        parse_predictions(table("31,true,1,0,1,0,1"), "a.csv", "vid0025_obj0000")
    assert error.value.row == 1
    for empty in (b"", TITLES.encode()):
        with pytest.raises(InputError, match="holds no predictions"):
            parse_predictions(empty, "a.csv", NAME)
    late = parse_predictions(table("61,true,1,0,1,0,1"), "a.csv", NAME)
    with pytest.raises(InputError, match="says nothing of frames 31 to 60"):
        to_rows(late, GIVEN, FIRST, LENGTH, SIZE)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Frames 30 to 120: there, gone at 60, back at 90 in another place, and there at 120."""
    label = "vid0025,obj0001,3,dog,false,unknown"
    rows = ("30,present,0.25,0.5,0.5,0.75", "60,absent,-1,-1,-1,-1", "90,present,0,0.25,0,0.25",
            "120,present,0,0.25,0,0.25")  # fmt: skip
    (tmp_path / "oxuva" / "annotations").mkdir(parents=True)
    (tmp_path / "oxuva" / "annotations" / "dev.csv").write_text("".join(f"{label},{row}\n" for row in rows))
    (tmp_path / "oxuva" / "image_sizes.json").write_text(json.dumps({NAME: SIZE}))
    return tmp_path


def predictions_at(root: Path, content: bytes, tracker: str = "TLD") -> Path:
    place = root / "predictions" / "dev" / tracker / f"{NAME}.csv"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    return root / "predictions" / "dev"


def test_tables_are_scored(root: Path) -> None:
    # Half right at 90, where it says nothing new since 61; right and elsewhere the other way round at 120.
    content = table("31,true,0.9,0.25,0.5,0.5,0.75", "60,false,0.1,,,,", "61,true,0.4,0,0.25,0,0.25", "120,false,,,,,")
    (score,) = evalkit.score(predictions_at(root, content), on="oxuva", data=root, partial=True)
    assert (score.tracker, score.metrics["tpr"], score.metrics["tnr"]) == ("TLD", 0.5, 1.0)


def test_tables_are_scored_under_a_variation_too(root: Path) -> None:
    tree = predictions_at(root, table("31,true,0.5,0.25,0.5,0.5,0.75"))
    (plain,), (foggy,) = (evalkit.score(tree, on=on, data=root, partial=True) for on in ("oxuva", "oxuva+fog@3"))
    assert (foggy.benchmark, foggy.metrics) == ("oxuva+fog@3", plain.metrics)


def test_a_wrong_table_stops_its_tracker_alone(root: Path) -> None:
    predictions_at(root, table("31,true,0.9,0.25,0.5,0.5,0.75"))
    tree = predictions_at(root, table("31,true,0.9,0.25,0.5,0.5,0.75", "32,true,1,x,1,0,1"), "broken")
    told: list[str] = []
    scores = evalkit.score(tree, on="oxuva", data=root, partial=True, tell=lambda *said: told.append(str(said)))
    assert [score.tracker for score in scores] == ["TLD"]
    assert any("<sequence>.csv" in line for line in told)
    (fault,) = (line for line in told if "broken" in line)
    assert f"{NAME}.csv, row 2: 'x' is no finite number" in fault


def test_what_is_packed_scores_the_same(root: Path) -> None:
    rows = ["160.5,200,160,100"] * 61 + ["nan,nan,nan,nan"] * 29 + ["0.1,0,160,100"]
    folder = root / "runs" / "mine" / "oxuva"
    folder.mkdir(parents=True)
    (folder / f"{NAME}.txt").write_text("".join(f"{row}\n" for row in rows))
    (folder / f"{NAME}_score.txt").write_text("".join(f"{number / 100}\n" for number in range(100, 9, -1)))
    (folder / f"{NAME}_visible.txt").write_text("1\n" * 20 + "0\n" * 30 + "nan\n" * 41)
    benchmark = open_benchmark("oxuva?split=dev", data=root)
    (found,) = read_tree(folder, "oxuva", (NAME,))
    assert pack(found, "oxuva", root / "dev.zip", (NAME,), {}, benchmark) == 1
    with zipfile.ZipFile(root / "dev.zip") as archive:
        lines = archive.read(f"{NAME}.csv").decode().splitlines()
    assert lines[0] == "vid0025,obj0001,31,true,0.99,0.25078125,0.50078125,0.5,0.75"
    assert lines[19] == "vid0025,obj0001,50,false,0.8,,,,"
    assert len(lines) == LENGTH - 1
    mine, again = (
        next(iter(evalkit.score(tree, on="oxuva", data=root, partial=True, protocols="long-term"))).metrics
        for tree in (root / "runs", root / "dev.zip")
    )
    assert mine.keys() == again.keys()
    for name, value in mine.items():
        assert value == (None if value is None else pytest.approx(again[name]))
    assert mine["tpr"] == 0.5


def test_a_submission_is_checked_in_the_root_or_in_a_folder(tmp_path: Path) -> None:
    name = "vid0002_obj0000"
    good = f"{name[:7]},{name[8:]},31,true,0.5,0,1,0,1\n"
    for prefix in ("", "anything/"):
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            archive.writestr(f"{prefix}{name}.csv", good + good)
        members, problems = read_submission(tmp_path / "a.zip")
        assert kind_of(members) == "oxuva"
        problems += check_members(members, "oxuva", (name, "vid0004_obj0000"), {})
        assert [str(problem) for problem in problems] == [
            f"{name}.csv, row 2: a second row of frame 31", "vid0004_obj0000: is missing",
        ]  # fmt: skip


def test_relative_boxes_need_the_data(root: Path) -> None:
    folder = root / "mine"
    folder.mkdir()
    (folder / f"{NAME}.txt").write_text("1,2,3,4\n" * LENGTH)
    (found,) = read_tree(folder, "oxuva", (NAME,))
    with pytest.raises(InputError, match="need the images' sizes"):
        pack(found, "oxuva", root / "a.zip", (NAME,), {})
    (folder / f"{NAME}.txt").write_text("1,2,3,4\n" * 7)
    with pytest.raises(InputError, match="7 rows, but vid0025_obj0001 has 91 frames"):
        pack(found, "oxuva", root / "a.zip", (NAME,), {}, open_benchmark("oxuva", data=root))
