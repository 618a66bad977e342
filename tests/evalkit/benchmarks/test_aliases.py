"""Names that other toolkits give to sequences."""

from __future__ import annotations

import pytest

from evalkit.benchmarks.aliases import canonical_name
from evalkit.benchmarks.installed import BENCHMARKS

SIZES = {
    **{"otb100": 100, "uav123": 123, "uav123_10fps": 123, "uav20l": 20, "nfs30": 100, "dtb70": 70},
    **{"lasot": 280, "lasot_ext": 150, "tnl2k": 700},
    **{f"vot{year}": 60 for year in range(2015, 2020)},
}


@pytest.mark.parametrize(
    ("data_set", "name", "expected"),
    [
        ("otb100", "Human4", "Human4_2"),
        ("otb100", "Human4-2", "Human4_2"),
        ("otb100", "human4_2", "Human4_2"),
        ("otb100", "Jogging.1", "Jogging_1"),
        ("otb100", "jogging-2", "Jogging_2"),
        ("otb100", "Skating2-1", "Skating2_1"),
        ("otb100", "otb_Basketball", "Basketball"),
        ("otb100", "carDark", "CarDark"),
        ("otb100", "Jogging", None),
        ("otb100", "", None),
        ("uav123", "uav_car1_1", "car1_1"),
        ("uav123", "car11", "car11"),
        ("uav123", "car1-1", "car1_1"),
        ("uav123", "uav_uav1_1", "uav1_1"),
        ("uav123", "uav1_1", "uav1_1"),
        ("uav123", "person1_1", None),
        ("uav123_10fps", "Car16_1", "car16_1"),
        ("nfs30", "nfs_Gymnastics", "Gymnastics"),
        ("lasot", "airplane1", "airplane-1"),
        ("lasot", "airplane-1", "airplane-1"),
        ("lasot", "airplane-2", None),
        ("otb100", "bird-2", None),  # LaSOT's
        ("otb100", "bird_2", None),  # NFS's
        ("otb100", "blur_car_1", "BlurCar1"),
        ("uav123", "boat-3", None),  # LaSOT's
        ("lasot", "car6", None),  # UAV20L's
        ("dtb70", "gull-1", "Gull1"),
        ("trackingnet", "Gull1", None),
    ],
)
def test_names_of_other_toolkits(data_set: str, name: str, expected: str | None) -> None:
    assert canonical_name(data_set, name) == expected


@pytest.mark.parametrize("data_set", SIZES)
def test_no_two_sequences_are_merged(data_set: str) -> None:
    names = tuple(BENCHMARKS[data_set].listing())
    assert len(set(names)) == SIZES[data_set]
    assert [canonical_name(data_set, name) for name in names] == list(names)


def test_choice_among_the_names_at_hand() -> None:
    assert canonical_name("nfs30", "knife", ["nfs_knife", "nfs_last"]) is None
    assert canonical_name("nfs30", "NFS-knife", ["nfs_knife", "nfs_last"]) == "nfs_knife"
    assert canonical_name("dtb70", "gull_1", ["Gull1", "Gull2"]) == "Gull1"
    assert canonical_name("tnl2k", "a_done", ["A-Done", "A_done"]) is None  # both: no guess
    assert canonical_name("tnl2k", "A_done", ["A-Done", "A_done"]) == "A_done"
