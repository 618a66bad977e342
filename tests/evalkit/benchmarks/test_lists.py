"""Official lists: what they hold, and what they make of folders with more or less."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest

from evalkit.benchmarks.base import Benchmark
from evalkit.benchmarks.registry import BENCHMARKS, find, recognise
from evalkit.benchmarks.uav123 import UAV20L, UAV123, UAV123At10Fps

UAV20L_NAMES = (
    *("bike1", "bird1", "car1", "car16", "car3", "car6", "car8", "car9", "group1", "group2", "group3"),
    *("person14", "person17", "person19", "person2", "person20", "person4", "person5", "person7", "uav1"),
)


def listed(benchmark: str) -> Benchmark:
    return BENCHMARKS[benchmark](Path())


@pytest.mark.parametrize(
    ("data_set", "sequences", "frames"),
    [
        *(("uav123", 123, 112578), ("uav20l", 20, 58670), ("uav123_10fps", 123, 37607), ("dtb70", 70, 15777)),
        *(("vot2017", 60, 21356), ("vot2018", 60, 21356), ("vot2019", 60, 19935), ("otb100", 100, 59035)),
    ],
)
def test_totals_of_the_papers(data_set: str, sequences: int, frames: int) -> None:
    """Sequences and frames of each list; OTB100 without the five that Tiger1's evaluation omits."""
    kind = listed(data_set)
    names = kind.official_names()
    assert names is not None
    assert len(names) == len(set(names)) == sequences
    lengths = [kind.official_length(name) for name in names]
    assert sum(length or 0 for length in lengths) == frames


def test_uav20l_is_these_twenty() -> None:
    names = listed("uav20l").official_names()
    assert sorted(names or ()) == sorted(UAV20L_NAMES)


def test_years_of_vot_that_share_their_sequences() -> None:
    names = {year: listed(year).official_names() for year in BENCHMARKS if year.startswith("vot")}
    assert names["vot2015"] == names["vot2016"]
    assert names["vot2017"] == names["vot2018"]
    ages = [set(names[year] or ()) for year in ("vot2015", "vot2017", "vot2019")]
    assert [len(old - new) for old, new in pairwise(ages)] == [10, 12]


@pytest.mark.parametrize("data_set", ["uav20l", "uav123_10fps", "dtb70", "vot2018", "vot2019"])
def test_first_and_last_images_as_collected(data_set: str, shared: Path) -> None:
    rows = json.loads((shared / "lists" / "sequences_more.json").read_text())[data_set]
    kind = listed(data_set)
    assert set(kind.official_names() or ()) == {row["name"] for row in rows}
    for row in rows:
        assert kind.official_length(row["name"]) == row["last"] - row["first"] + 1
        if isinstance(kind, UAV123):
            clip = kind.clip(row["name"])
            assert clip is not None
            assert (clip.first, clip.last) == (row["first"], row["last"])


def test_a_folder_that_holds_two_sets_is_no_fault(tmp_path: Path, write_rows) -> None:
    """UAV123 and UAV20L in one folder, as in the MATLAB toolkit's ``anno``; four sequences are in both."""
    for name in (*(listed("uav123").official_names() or ()), *UAV20L_NAMES):
        write_rows(tmp_path / "anno" / f"{name}.txt", 2)
    for kind, total, surplus in ((UAV123, 123, 16), (UAV20L, 20, 119)):
        benchmark = find(kind, tmp_path / "anno")
        assert benchmark is not None
        inventory = benchmark.inventory()
        assert (len(inventory.present), inventory.missing, inventory.verified) == (total, (), True)
        assert f"{surplus} sequences outside the official list are left out" in inventory.notes
    assert [benchmark.name for benchmark in recognise(tmp_path / "anno")] == ["uav123", "uav20l"]


def test_another_benchmarks_sequences_do_not_pass_for_uav20l(tmp_path: Path, write_rows) -> None:
    """Case 25: two of the sequences that UAV123 and UAV20L share are 2 of 20, not a whole benchmark."""
    for name in ("bike1", "car3"):
        write_rows(tmp_path / f"{name}.txt", 2)
    inventory = UAV20L(tmp_path).inventory()
    assert (len(inventory.present), len(inventory.missing), inventory.verified) == (2, 18, True)


def test_the_year_of_vot_is_told_from_the_sequences(tmp_path: Path, write_rows) -> None:
    for year in ("vot2015", "vot2018", "vot2019"):
        for name in listed(year).official_names() or ():
            write_rows(tmp_path / year[-2:] / "sequences" / name / "groundtruth.txt", 1)
        (found,) = recognise(tmp_path / year[-2:])
        assert found.name == {"vot2018": "vot2017"}.get(year, year)  # 2017 and 2018 have the same sequences
        assert found.inventory().missing == ()


def test_own_data_with_a_name_of_a_list_stay_own_data(tmp_path: Path, write_rows) -> None:
    """VOT has a book and a girl."""
    for names in (("book", "my_cat"), ("book", "girl", "my_cat", "my_dog", "my_car")):
        for name in names:
            write_rows(tmp_path / str(len(names)) / name / "groundtruth.txt", 1)
        (found,) = recognise(tmp_path / str(len(names)))
        assert (found.name, len(found.inventory().present)) == ("folder", len(names))


def test_ten_fps_has_a_third_of_the_frames() -> None:
    assert UAV123(Path()).official_length("bike1") == 3085
    assert UAV123At10Fps(Path()).official_length("bike1") == 1029
