"""The protocols as data."""

from __future__ import annotations

import pytest

from evalkit.benchmarks.registry import BENCHMARKS
from evalkit.errors import InputError
from evalkit.scoring import protocols
from evalkit.scoring.metrics import METRICS
from evalkit.scoring.rules import Grid, Invalid, LongTermRules, Rules, Valid, differences
from stdtrack.cli.score import PROTOCOLS


def test_the_command_line_names_them_all() -> None:
    assert set(PROTOCOLS) == set(protocols.TABLE)


@pytest.mark.parametrize("name", BENCHMARKS)
def test_every_benchmark_has_a_default(name: str) -> None:
    kind = BENCHMARKS[name]
    rules = protocols.rules_of_pass(kind.protocol, kind.family)
    experiment = "long-term" if isinstance(rules, LongTermRules) else "ope"
    assert {METRICS[metric].experiment for metric in rules.metrics} == {experiment}


def test_long_term_measures_are_no_success_curves() -> None:
    assert protocols.protocols_of("vot-lt") == ("official", "vot-toolkit", "long-term")
    for protocol, family in (("official", "vot-lt"), ("official", "oxuva"), ("long-term", "own")):
        assert isinstance(protocols.rules_of_pass(protocol, family), LongTermRules)
        with pytest.raises(InputError, match=f"protocol '{protocol}' measures long-term tracking"):
            protocols.rules_for(protocol, family)
    with pytest.raises(InputError, match="does not apply to benchmarks of the trackingnet kind"):
        protocols.rules_of_pass("long-term", "trackingnet")


def test_nfs_has_no_official_code() -> None:
    with pytest.raises(InputError, match="no official evaluation code"):
        protocols.rules_for("official", "nfs")


def test_a_toolkit_that_does_not_know_the_benchmark() -> None:
    with pytest.raises(InputError, match="does not apply"):
        protocols.rules_for("pysot", "tnl2k")
    with pytest.raises(InputError, match="unknown protocol 'mine'"):
        protocols.rules_for("mine", "otb")
    with pytest.raises(InputError, match="needs results of VOT's supervised experiment"):
        protocols.rules_for("vot-toolkit", "own")


def test_supervised_rules_stand_in_the_same_table() -> None:
    assert protocols.protocols_of("supervised") == ("official", "pysot", "vot-toolkit")
    assert protocols.supervised_rules("official") == protocols.supervised_rules("vot-toolkit")
    assert {METRICS[name].experiment for name in protocols.supervised_rules("pysot").metrics} == {"supervised"}
    with pytest.raises(InputError, match="'got10k' has no rules for supervised VOT results"):
        protocols.supervised_rules("got10k")
    with pytest.raises(InputError, match="unknown protocol 'mine'"):
        protocols.supervised_rules("mine")
    with pytest.raises(InputError, match="does not apply"):
        protocols.rules_for("pysot", "supervised")


def test_ostrack_differs_from_pytracking_in_valid_rows_alone() -> None:
    for family, rules in protocols.TABLE["pytracking"].items():
        other = protocols.TABLE["ostrack"][family]
        assert differences(rules, other) == ("valid",)
        assert (rules.valid, other.valid) == (Valid.POSITIVE, Valid.SIZE)


def test_uav_errors_without_a_target_are_hits_in_pytracking() -> None:
    table = protocols.TABLE["pytracking"]
    assert (table["otb"].invalid_error, table["uav"].invalid_error) == (Invalid.MISS, Invalid.HIT)


def test_only_official_rules_have_matlabs_thresholds() -> None:
    for name, families in protocols.TABLE.items():
        for rules in families.values():
            curves = isinstance(rules, Rules)
            assert name == "official" or not (curves and rules.success.grid is Grid.MATLAB_TWENTIETHS)


def test_every_set_of_rules_names_its_source() -> None:
    assert all(rules.source for families in protocols.TABLE.values() for rules in families.values())
