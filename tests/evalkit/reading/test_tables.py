"""Tables of numbers: every delimiter is read, and nothing wrong is read silently."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from evalkit.errors import InputError
from evalkit.reading.tables import parse_table, read_boxes, read_flags
from evalkit.scoring.vot.trajectory import parse_trajectory


@pytest.mark.parametrize(
    "text",
    [*(b"1,2,3,4\n5,6,7,8\n", b"1\t2\t3\t4\n5\t6\t7\t8", b"1 2 3 4\r\n5 6 7 8\r\n", b"1;2;3;4\n5;6;7;8\n\n\n"),
     *(b"  1   2  3 4 \n 5 6 7 8", b"1, 2, 3, 4\n5 ,6 ,7,8", b"\xef\xbb\xbf1,2,3,4\n5,6,7,8", b"1,2,3,4,\n5,6,7,8,\n"),
     *(b"1 2 3 4 \n5 6 7 8 \n", b"1,2,3,4\r5,6,7,8\r", b"1e0,2,3,4\n5,6.0,7,8\n", b"1,2,3,4\n5\t6 7;8")],
)  # fmt: skip
def test_delimiters_blanks_and_line_ends(text: bytes) -> None:
    assert parse_table(text, "x").tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]


def test_nan_stands_for_no_value() -> None:
    table = parse_table(b"NaN,NaN,NaN,NaN\n1,2,3,4\n", "x", columns=(4,), finite=True)
    assert np.isnan(table[0]).all()
    assert table[1].tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("text", "row", "problem"),
    [
        (b"1,2,3,4\n1,2,3\n", 2, "3 columns, expected 4"),
        (b"1,2,3\n1,2,3\n", 1, "3 columns, expected 4"),
        (b"1,2,3,4\n1,2,x,4\n", 2, "'x' is not a number"),
        (b"1,2,3,4\n1,,3,4\n", 2, "empty field"),
        (b"1,2,3,4\n\n1,2,3,4\n", 2, "blank"),
        (b"1,2,3,4\n1,2,1_0,4\n", 2, "'1_0' is not a number"),
        (b"1,2,3,4\n1,2,inf,4\n", 2, "infinite"),
        (b"1,2,3,4\n1,2,1e999,4\n", 2, "infinite"),
        (b"x,y,w,h\n1,2,3,4\n", 1, "'x' is not a number"),
        (b"1,2,3,4\n\x00\xff,2,3,4\n", 2, "is not a number"),
        (b"1,2,3,4\n5,6,7,\xd9\xa1\n", 2, "is not a number"),
    ],
)
def test_errors_name_file_and_row(text: bytes, row: int, problem: str, tmp_path: Path) -> None:
    file = tmp_path / "gt.txt"
    file.write_bytes(text)
    with pytest.raises(InputError, match=re.escape(problem)) as caught:
        read_boxes(file)
    assert (caught.value.path, caught.value.row) == (str(file), row)


def test_missing_and_empty_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_bytes(b"\n \n")
    for name, problem in (("empty.txt", "is empty"), ("none.txt", "No such file"), (".", "Is a directory")):
        with pytest.raises(InputError, match=problem):
            read_boxes(tmp_path / name)


@pytest.mark.parametrize("text", ["0,1,0", "0\n1\n0\n", "0 \n1 \n0 \n", "0,1,0,\n"])
def test_flags_stand_in_one_line_or_in_many(text: str, tmp_path: Path) -> None:
    file = tmp_path / "absent.txt"
    file.write_text(text)
    assert read_flags(file, 3).tolist() == [False, True, False]
    with pytest.raises(InputError, match="3 values for 4 frames"):
        read_flags(file, 4)


@given(st.one_of(st.binary(max_size=60), st.text("0123456789.,;-+ \t\n\reEnNaAiIfF_x", max_size=60).map(str.encode)))
@example(b"1-2 3-4 e")
@example(b"1,2\n3\n4,5\n6\n")
def test_arbitrary_bytes_give_a_clear_error_or_what_stands_there(text: bytes) -> None:
    try:
        table = parse_table(text, "x.txt")
    except InputError:
        return
    if text[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = text.decode("utf-16").encode()
    lines = re.split(rb"\r\n|\r|\n", text.removeprefix(b"\xef\xbb\xbf").rstrip())
    fields = [re.split(rb"[,;\s]+", line.strip(b",; \t")) for line in lines]
    expected = np.array([[float(field) for field in row] for row in fields])
    np.testing.assert_array_equal(table, expected)


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("1,5;2,5;3,5;4,5", "decimal commas"),
        ("10,5,20,0,30,0,24,0", "a polygon, or decimal commas"),
        ("1,5\t2\t3\t4", "decimal commas"),
        ("1,5 2,5 3,5 4,5", "decimal commas"),
        ("1.234,5;2;3;4", "thousands separators"),
        ("1,234.5;2;3;4", "thousands separators"),
        ("1'234,2,3,4", "thousands separators"),
        ("[1, 2, 3, 4]", "brackets, as Python prints lists"),
        ("(1.0, 2.0, 3.0, 4.0)", "brackets, as Python prints lists"),
        ("tensor([1., 2., 3., 4.])", "brackets, as Python prints lists"),
        ("np.float64(1.0),2,3,4", "brackets, as Python prints lists"),
        ('"1","2","3","4"', "quotation marks"),
        ("None,None,None,None", "'None': write NaN in every column"),
        ("1,2,3,null", "'null': write NaN in every column"),
        ("1,2,-,4", "'-': write NaN in every column"),
        ("x=1 y=2 w=3 h=4", "names beside the numbers"),
        ("0x10,2,3,4", "a hexadecimal number"),
        ("1_000,2,3,4", "digits with underscores"),
        ("10%,20%,30%,40%", "percent signs"),
        ("−1,2,3,4", "U+2212 is no part of a number"),
        ("1\xa02\xa03\xa04", "U+00A0 is no part of a number"),
    ],
)
@pytest.mark.parametrize("row", [1, 2])
def test_what_people_write_instead_of_numbers_is_named(line: str, hint: str, row: int) -> None:
    text = "1,2,3,4\n" * (row - 1) + line + "\n"
    with pytest.raises(InputError, match=re.escape(hint)) as caught:
        parse_table(text.encode(), "x", columns=(4,))
    assert caught.value.row == row


def test_decimal_commas_of_four_numbers_are_no_polygon() -> None:
    with pytest.raises(InputError, match=r"may be 4 numbers or 8 \(decimal commas"):
        parse_table(b"1,5;2,5;3,5;4,5\n", "x", columns=(4, 8))
    with pytest.raises(InputError, match=r"row 2: may be 4 numbers or 8 \(decimal commas"):
        parse_trajectory(b"1\n1,5;2,5;3,5;4,5\n", "x")
    with pytest.raises(InputError, match="decimal commas"):
        parse_table(b"0,05\n0,06\n", "x", columns=(1,))
    assert parse_table(b"1,2,3,4,5,6,7,8\n", "x", columns=(4, 8)).shape == (1, 8)
    assert parse_table(b"1;2;3;4;5;6;7;8\n", "x", columns=(4, 8)).shape == (1, 8)
