"""The fast parser gives the doubles that ``float`` gives, or nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.reading.decimals import parse_decimals

numbers = st.from_regex(r"\A-?([0-9]{1,9}(\.[0-9]{0,6})?|\.[0-9]{1,6})\Z")


@given(st.integers(1, 5).flatmap(lambda n: st.lists(st.lists(numbers, min_size=n, max_size=n), min_size=1)), st.data())
def test_values_are_those_of_float_to_the_last_bit(rows: list[list[str]], data: st.DataObject) -> None:
    delimiter = data.draw(st.sampled_from(",;\t "))
    text = "".join(delimiter.join(row) + "\n" for row in rows).encode()
    parsed = parse_decimals(text)
    expected = np.array([[float(number) for number in row] for row in rows])
    assert parsed is not None
    assert parsed.tobytes() == expected.tobytes()  # also the sign of zero


@pytest.mark.parametrize(
    "text",
    [*(b"", b"1,2", b"1,2\n3\n", b"1,,2\n", b",1\n", b"1,2,\n", b"\n", b"1\n\n2\n", b"1,2\n3,4\n5", b"\xff\n"),
     *(b"1e3\n", b"nan\n", b"1-2\n", b"+1\n", b"-\n", b".\n", b"1.2.3\n", b"1:2\n", b"1/2\n", b"1_0\n"),
     b"1234567890123456\n"],
)  # fmt: skip
def test_anything_else_is_left_to_the_slower_reader(text: bytes) -> None:
    assert parse_decimals(text) is None


@given(st.text(alphabet="0123456789.,;- \t\n", max_size=40))
def test_what_it_reads_is_what_stands_there(text: str) -> None:
    parsed = parse_decimals(text.encode())
    if parsed is not None:
        tokens = [line.replace(";", ",").replace("\t", ",").replace(" ", ",").split(",") for line in text.splitlines()]
        assert parsed.tolist() == [[float(token) for token in line] for line in tokens]
