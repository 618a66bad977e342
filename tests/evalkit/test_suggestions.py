"""What a mistyped name was meant to be."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.suggestions import nearest, suggestion

COMMANDS = ("demo", "run", "score", "report", "profile", "doctor")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *(("scroe", "score"), ("SCORE", "score"), ("sco", "score"), ("profil", "profile"), ("docter", "doctor")),
        *(("xyz", None), ("", None), ("s", None)),
    ],
)
def test_nearest(name: str, expected: str | None) -> None:
    assert nearest(name, COMMANDS) == expected
    assert (suggestion(name, COMMANDS) == f"did you mean '{expected}'?") is (expected is not None)


def test_what_is_like_nothing_gets_all_names_or_the_first_of_many() -> None:
    assert suggestion("xyz", COMMANDS, "commands") == "commands: demo, run, score, report, profile, doctor"
    assert suggestion("xyz", [f"n{number}" for number in range(700)]).endswith("n18, n19 and 680 more")
    assert suggestion("xyz", ()) == "there are: none"


@given(st.lists(st.text(min_size=1, max_size=8), min_size=1), st.text(max_size=8))
@settings(deadline=None)
def test_the_nearest_is_one_of_the_names_and_a_name_is_its_own(names: list[str], name: str) -> None:
    assert nearest(name, names, at_least=0) in names
    found = nearest(names[0], names)
    assert found is None or found.lower() == names[0].lower() or found in names
    assert nearest(names[0], [names[0]]) == names[0]
