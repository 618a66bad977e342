"""The protocols as data."""

from __future__ import annotations

import pytest

from evalkit.benchmarks.registry import BENCHMARKS
from evalkit.errors import InputError
from evalkit.scoring import protocols
from evalkit.scoring.rules import Grid, Invalid, Valid, differences
from evalkit.scoring.scores import OPE_METRICS
from stdtrack.cli.score import PROTOCOLS


def test_the_command_line_names_them_all() -> None:
    assert set(PROTOCOLS) == set(protocols.TABLE)


@pytest.mark.parametrize("name", BENCHMARKS)
def test_every_benchmark_has_a_default(name: str) -> None:
    kind = BENCHMARKS[name]
    rules = protocols.rules_for(kind.protocol, kind.family)
    assert set(rules.metrics) <= {*OPE_METRICS, "coverage"}


def test_nfs_has_no_official_code() -> None:
    with pytest.raises(InputError, match="no official evaluation code"):
        protocols.rules_for("official", "nfs")


def test_a_toolkit_that_does_not_know_the_benchmark() -> None:
    with pytest.raises(InputError, match="does not apply"):
        protocols.rules_for("pysot", "tnl2k")
    with pytest.raises(InputError, match="unknown protocol 'mine'"):
        protocols.rules_for("mine", "otb")


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
            assert name == "official" or rules.success.grid is not Grid.MATLAB_TWENTIETHS


def test_every_set_of_rules_names_its_source() -> None:
    assert all(rules.source for families in protocols.TABLE.values() for rules in families.values())
