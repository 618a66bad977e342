"""``stdtrack stress`` finds the one fault of each tracker, and nothing in one that has none."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from evalkit import InputError
from evalkit.robustness.stress import FAILED, NOTED, PASSED, stress
from evalkit.robustness.stress_tests import checks, moving, scene
from stdtrack.cli.main import cli

FAULTS = {
    "DividesByContrast": {"black frames", "white frames", "start on black"},
    "CrashesOnPixels": {"one-pixel box"},
    "OneSize": {"frames that change their size"},
    "Chance": {"same answers twice", "started again", "two instances"},
    "Remembers": {"started again"},
    "Shares": {"two instances"},
    "Draws": {"leaves its input alone"},
    "Leaks": {"no leak"},
    "Exits": {"black frames", "start on black"},
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_found_and_no_other(name: str) -> None:
    verdicts = stress(f"stressed_trackers:{name}", frames=64)
    assert {each.test for each in verdicts if each.verdict == FAILED} == FAULTS[name]
    assert len(verdicts) == len(checks())


def test_what_no_run_needs_is_noted() -> None:
    verdicts = {each.test: each for each in stress("stressed_trackers:Colour", frames=8)}
    assert {name for name, each in verdicts.items() if each.verdict != PASSED} == {"grey frames", "four channels"}
    assert verdicts["grey frames"].verdict == NOTED
    assert "not RGB" in verdicts["grey frames"].detail


def test_command_and_exit_codes() -> None:
    fit = CliRunner().invoke(cli, ["stress", "stressed_trackers:Fit", "--frames", "50"])
    assert fit.exit_code == 0
    assert f"fit for a run: {len(checks())} tests" in fit.output
    failing = CliRunner().invoke(cli, ["stress", "stressed_trackers:CrashesOnPixels", "--frames", "8"])
    assert failing.exit_code == 1
    assert "the template has no size" in failing.output
    assert f"1 of {len(checks())} failed" in failing.output


def test_a_wrong_spec_is_the_users_error() -> None:
    with pytest.raises(InputError, match="did you mean"):
        stress("opencv:kfc", frames=8)


def test_scenes() -> None:
    assert scene(moving(1)[0]).shape == (240, 320, 3)
    assert (moving(400)[:, :2] >= 0).all()
    assert (moving(400)[:, 0] + 40 <= 320).all()
