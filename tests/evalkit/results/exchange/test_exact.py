"""Every convention there and back gives the same float64, and each is what its tool says it is."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import InputError
from evalkit.results.exchange import exact
from evalkit.results.exchange.exact import Four

# Coordinates as they occur: nothing, or from a thousandth of a pixel to a billion pixels, with all their digits.
PIXELS = st.just(0.0) | st.floats(1e-3, 1e9) | st.floats(-1e9, -1e-3)
BOXES = st.tuples(PIXELS, PIXELS, PIXELS, PIXELS)
SIZES = st.tuples(st.integers(1, 20_000), st.integers(1, 20_000))

CONVENTIONS: dict[str, tuple[Callable[[Four, tuple[int, int]], Four], Callable[[Four, tuple[int, int]], Four]]] = {
    "1-based": (lambda box, _: exact.moved(box, 1), lambda box, _: exact.moved(box, -1)),
    "corners": (lambda box, _: exact.corners(box), lambda box, _: exact.from_corners(box)),
    "centre": (exact.centre_shares, exact.from_centre_shares),
    "percent": (exact.percentages, exact.from_percentages),
}


@pytest.mark.parametrize("name", CONVENTIONS)
@given(box=BOXES, size=SIZES)
def test_there_and_back_through_text(name: str, box: tuple[float, ...], size: tuple[int, int]) -> None:
    there, back = CONVENTIONS[name]
    texts = [exact.text(value) for value in there(exact.four(box), size)]
    read = [exact.parsed(text, "x") for text in texts]
    assert exact.numbers(back((read[0], read[1], read[2], read[3]), size)) == box
    assert all("e" not in text.lower() for text in texts)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("1-based", (11.0, 21.5, 30.0, 40.0)),
        ("corners", (10.0, 20.5, 40.0, 60.5)),
        ("centre", (0.25, 0.8100, 0.3, 0.8)),
        ("percent", (10.0, 41.0, 30.0, 80.0)),
    ],
)
def test_what_each_convention_is(name: str, expected: tuple[float, ...]) -> None:
    there, _ = CONVENTIONS[name]
    box = there(exact.four((10.0, 20.5, 30.0, 40.0)), (100, 50))
    assert tuple(map(float, box)) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("text", ["nan", "inf", "1_0", "", "1e999", "0x1", "1,0", "٣", "9" * 50, "1e13", "--1"])
def test_what_is_no_coordinate(text: str) -> None:
    with pytest.raises(InputError, match="x"):
        exact.parsed(text, "x")


def test_numbers_of_other_tools_are_not_changed() -> None:
    """Six digits stay six digits: nothing is snapped to what somebody may have meant."""
    read = tuple(Decimal(text) for text in ("0.333333", "0.5", "0.1", "0.2"))
    x, y, w, h = exact.numbers(exact.from_centre_shares((read[0], read[1], read[2], read[3]), (640, 480)))
    assert (x, y, w, h) == (181.33312, 192.0, 64.0, 96.0)
