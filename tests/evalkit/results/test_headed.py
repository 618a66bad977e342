"""Results whose first row names the columns."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import InputError
from evalkit.results.formats.result_file import parse_result
from evalkit.results.trees import read_tree

BOXES = np.array([[10.0, 20.0, 30.5, 24.0], [11.25, 20.0, 30.0, 24.0], [12.0, -3.0, 1e-3, 24.0]])
FRAME = pd.DataFrame(BOXES, columns=list("xywh"))


def parsed(text: str | bytes) -> tuple[np.ndarray, str]:
    found = parse_result(text if isinstance(text, bytes) else text.encode(), "mine/a.csv")
    return found.boxes, found.note


@pytest.mark.parametrize(
    "text",
    [
        FRAME.to_csv(index=False),
        FRAME.to_csv(),
        FRAME.to_csv(sep="\t"),
        FRAME.to_csv(index=False, sep=";", lineterminator="\r\n"),
        FRAME.to_csv(index=False, quoting=1),
        FRAME.assign(score=-17.5, note="fine")[["note", "h", "w", "score", "y", "x"]].to_csv(index=False),
        FRAME.set_axis(["Left", "Top", "Width", "Height"], axis=1).to_csv(index_label="Frame"),
        FRAME.set_index(pd.Index([1.0, 2.0, 3.0], name="frame_id")).to_csv(),
        "\ufeff" + FRAME.to_csv(index=False),
        FRAME.to_csv(index=False).replace("\n", ",\n"),
        "# x y w h\n" + "".join(" ".join(map(repr, row)) + "\n" for row in BOXES.tolist()),
    ],
)
def test_columns_are_taken_by_their_names(text: str) -> None:
    boxes, note = parsed(text)
    np.testing.assert_array_equal(boxes, BOXES)
    assert note.startswith("columns by their names: ")


def test_numpys_header_is_one() -> None:
    stream = io.BytesIO()
    np.savetxt(stream, BOXES, delimiter=",", header="x,y,w,h")
    np.testing.assert_array_equal(parsed(stream.getvalue())[0], BOXES)


def test_empty_cells_are_no_box() -> None:
    gone = FRAME.copy()
    gone.loc[1] = np.nan
    np.testing.assert_array_equal(parsed(gone.to_csv())[0], gone.to_numpy())


@pytest.mark.parametrize(
    ("text", "row", "said"),
    [
        ("x1,y1,x2,y2\n1,2,3,4\n", 1, "no column is x among x1, y1, x2, y2"),
        ("xmin,ymin,xmax,ymax\n1,2,3,4\n", 1, "no column is x among"),
        ("cx,cy,w,h\n1,2,3,4\n", 1, "no column is x among"),
        ("x,y,w\n1,2,3\n", 1, "no column is h among"),
        ("x,left,y,w,h\n1,1,2,3,4\n", 1, "two columns are x among"),
        ("nothing\n", 1, "no column is x among nothing"),
        ("x,y,w,h\n1,2,3,4\n1,2,3\n", 3, "has 3 columns, but the first row names 4"),
        ("x,y,w,h\n1,2,3,4\n\n1,2,3,4\n", 3, "has 1 columns, but the first row names 4"),
        ("x,y,w,h\n1,2,3,4\n1,2,3,a\n", 3, "'a' is not a number"),
        ("x;y;w;h\n1,5;2,5;3;4\n", 2, "decimal commas"),
        ("x\ty\tw\th\n1 5\t2\t3\t4\n", 2, "a field is more than a number"),
        ("frame,x,y,w,h\n0,1,2,3,4\n2,1,2,3,4\n", 3, "frame is '2', not 1"),
        ("frame,x,y,w,h\n2,1,2,3,4\n3,1,2,3,4\n", 2, "frame is '2', not 0 or 1"),
        ("frame,x,y,w,h\n0,1,2,3,4\n0,1,2,3,4\n", 3, "frame is '0', not 1"),
        ("x,y,w,h\n", None, "is empty"),
    ],
)
def test_what_is_not_safe_is_refused_with_the_row(text: str, row: int | None, said: str) -> None:
    with pytest.raises(InputError) as error:
        parsed(text)
    assert (error.value.path, error.value.row) == ("mine/a.csv", row)
    assert said in str(error.value)


@given(table=st.lists(st.lists(st.floats(-1e6, 1e6), min_size=4, max_size=4), min_size=1, max_size=5))
def test_numbers_are_those_of_a_file_without_names(table: list[list[float]]) -> None:
    rows = "".join(",".join(map(repr, row)) + "\n" for row in table)
    np.testing.assert_array_equal(parsed("x,y,w,h\n" + rows)[0], parsed(rows)[0])


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with suppress(InputError):
        assert parsed(b"frame,x,y,w,h\n" + content)[0].shape[1] == 4


def test_csv_files_are_results_in_folders_and_archives(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "Biker.csv").write_text(FRAME.to_csv())
    with zipfile.ZipFile(tmp_path / "mine.zip", "w") as packed:
        packed.write(tmp_path / "mine" / "Biker.csv", "mine/Biker.csv")
    for root in (tmp_path / "mine", tmp_path / "mine.zip"):
        (found,) = read_tree(root, "otb100", ("Biker",))
        assert (found.tracker, list(found.files)) == ("mine", ["Biker"])


def test_a_csv_beside_the_result_is_none(tmp_path: Path) -> None:
    """Many keep a log of seconds beside the boxes; it was not read before either."""
    (tmp_path / "Biker.txt").write_text("1,2,3,4\n")
    (tmp_path / "Biker.csv").write_text("frame,seconds\n0,0.1\n")
    (found,) = read_tree(tmp_path, "otb100", ("Biker",))
    assert [file.name for file in found.files["Biker"]] == ["Biker.txt"]
    assert found.strays == "1 files of other kinds are not read, such as Biker.csv"
