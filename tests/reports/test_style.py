"""Colour and marker belong to a name."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reports.style import DASHES, MARKERS, PALETTE, style, styles

OWN = ("stdtrack:nano", "stdtrack:small", "stdtrack:base", "opencv:csrt", "opencv:kcf", "opencv:mil", "opencv:mosse")


@given(st.sets(st.text(max_size=20), max_size=40), st.text(max_size=20))
def test_company_changes_the_colour_of_those_alone_whose_colour_another_has(others: set[str], name: str) -> None:
    names = others | {name}
    drawn = styles(names)[name]
    assert drawn.marker == style(name).marker
    if min(other for other in names if style(other).colour == style(name).colour) == name:
        assert (drawn.colour, drawn.dark) == (style(name).colour, style(name).dark)


@given(st.sets(st.text(max_size=20), max_size=len(PALETTE)))
def test_as_many_trackers_as_there_are_colours_have_each_their_own(names: set[str]) -> None:
    drawn = styles(names).values()
    assert len({look.colour for look in drawn}) == len({look.dark for look in drawn}) == len(names)
    assert {(look.colour, look.dark) for look in drawn} <= set(PALETTE)


@given(st.lists(st.text(max_size=20), unique=True, max_size=40), st.randoms())
def test_order_does_not_matter(names: list[str], random: object) -> None:
    shuffled = list(names)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert styles(shuffled) == styles(names)


def test_one_colour_comes_with_different_dashes() -> None:
    names = [f"tracker {number}" for number in range(200)]
    drawn = styles(names)
    same = [name for name in names if drawn[name].colour == drawn[names[0]].colour]
    assert len({drawn[name].dash for name in same}) == len(DASHES)


def test_styles_are_frozen() -> None:
    """A change here changes the colours of everybody's next report."""
    assert style("stdtrack:nano") == style("stdtrack:nano")
    assert (style("stdtrack:nano").colour, style("stdtrack:nano").marker) == ("#0072b2", "^")
    assert (style("opencv:csrt").colour, style("opencv:csrt").marker) == ("#d55e00", "s")


def test_the_trackers_often_drawn_together_differ_in_colour() -> None:
    assert len({style(name).colour for name in OWN}) == len(OWN)


def _luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_every_colour_can_be_seen_on_its_page() -> None:
    """WCAG 2.1 asks for 3:1 between graphics and ground; the page's grounds are white and #15181c."""
    for light, dark in PALETTE:
        assert 1.05 / (_luminance(light) + 0.05) >= 3, light
        assert (_luminance(dark) + 0.05) / (_luminance("#15181c") + 0.05) >= 3, dark
    assert len(set(MARKERS)) == len(MARKERS)
