"""Which attributes a sequence has, and by whose word."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from evalkit.benchmarks.checking import check
from evalkit.benchmarks.otb100 import OTB100
from evalkit.benchmarks.registry import BENCHMARKS, open_benchmark
from evalkit.errors import InputError

MATLAB = {
    **{"IV": 38, "OPR": 63, "SV": 64, "OCC": 49, "DEF": 44, "MB": 29},
    **{"FM": 39, "IPR": 51, "OV": 14, "BC": 31, "LR": 9},
}
WEBSITE = MATLAB | {"FM": 43, "MB": 31, "BC": 32, "LR": 10, "OPR": 64, "SV": 65}
ATT = {"Crossing": "1,0,1,0,0,0,0,0,0,1,1", "Car1": "1,0,1,0,0,0,0,0,0,1,1", "Human4": "0,0,0,0,0,0,0,0,0,0,0"}


def counts(benchmark: OTB100) -> dict[str, int]:
    names = benchmark.official_names() or ()
    return dict(Counter(attribute for name in names for attribute in benchmark.attributes.of(name)))


def test_both_readings_of_otb100() -> None:
    """The MATLAB toolkit's is behind published plots, and the default; the website's has 14 targets otherwise."""
    default, matlab, website = (
        OTB100(Path(), options) for options in ({}, {"attributes": "matlab"}, {"attributes": "website"})
    )
    assert counts(default) == counts(matlab) == MATLAB
    assert counts(website) == WEBSITE
    differing = [
        name for name in default.official_names() or () if matlab.attributes.of(name) != website.attributes.of(name)
    ]
    assert len(differing) == 14
    assert (matlab.attributes.source, website.attributes.source) == (
        "MATLAB tracker_benchmark v1.1",
        "the benchmark's website",
    )


def test_an_unknown_reading_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"unknown attributes 'websit' of otb100 \(did you mean 'website'\?\)"):
        OTB100(Path(), {"attributes": "websit"})
    with pytest.raises(InputError, match=r"unknown option 'attribute' of .* \(did you mean 'attributes'\?\)"):
        OTB100(Path(), {"attribute": "website"})


@pytest.mark.parametrize("suffix", [".txt", ".Txt", "_att.txt", "_attribute.txt"])
@pytest.mark.parametrize("folder", ["anno/att", "anno/Att", "att"])
def test_a_folder_beside_the_annotation_goes_first(folder: str, suffix: str, tmp_path: Path, write_rows) -> None:
    """Columns are IV OPR SV OCC DEF MB FM IPR OV BC LR; a file without a tag leaves its sequence to the table."""
    write_rows(tmp_path / "anno" / "Crossing.txt", 2)
    (tmp_path / folder).mkdir()
    for name, row in ATT.items():
        (tmp_path / folder / f"{name}{suffix}").write_text(row + "\n")
    for root in (tmp_path, tmp_path / "anno"):
        benchmark = open_benchmark("otb100", annotations=root)
        assert benchmark.sequence("Crossing").attributes == {"IV", "SV", "BC", "LR"}
        assert benchmark.attributes.of("Human4_2") == {"IV", "SV", "OCC", "DEF"}
        assert f"{tmp_path / folder} (2 sequences)" in benchmark.attributes.source
        assert benchmark.attributes.source.endswith("and 95 more: MATLAB tracker_benchmark v1.1")
        assert {file.name for file in benchmark.files("Crossing")} == {"Crossing.txt", f"Crossing{suffix}"}
    asked = open_benchmark("otb100?attributes=website", annotations=tmp_path)
    assert asked.sequence("Crossing").attributes == {"SV", "DEF", "FM", "OPR", "BC"}


def test_a_file_of_another_benchmark_is_named(tmp_path: Path, write_rows) -> None:
    write_rows(tmp_path / "anno" / "Crossing.txt", 2)
    (tmp_path / "anno" / "att").mkdir()
    (tmp_path / "anno" / "att" / "Crossing.txt").write_text("1,0,1\n")
    with pytest.raises(InputError, match=r"att/Crossing\.txt: 3 values for 11"):
        open_benchmark("otb100", annotations=tmp_path).sequence("Crossing")
    found = check(open_benchmark("otb100", annotations=tmp_path))
    (problem,) = found.problems
    assert "3 values for 11" in problem
    assert not any("attributes" in note for note in found.notes)
    (tmp_path / "anno" / "att" / "Crossing.txt").unlink()
    assert "attributes: MATLAB tracker_benchmark v1.1" in check(open_benchmark("otb100", annotations=tmp_path)).notes


def test_uav20l_in_the_order_of_its_files(tmp_path: Path, write_rows) -> None:
    write_rows(tmp_path / "anno" / "UAV20L" / "bike1.txt", 2)
    (tmp_path / "anno" / "UAV20L" / "att").mkdir()
    (tmp_path / "anno" / "UAV20L" / "att" / "bike1.txt").write_text("1,1,0,1,0,0,0,0,1,1,1,1\n")
    benchmark = open_benchmark("uav20l", data=tmp_path)
    assert benchmark.attributes.of("bike1") == {"SV", "ARC", "FM", "IV", "VC", "CM", "SOB"}
    assert str(tmp_path / "anno" / "UAV20L" / "att") in benchmark.attributes.source


@pytest.mark.parametrize(
    ("data_set", "table", "kinds"),
    [("uav20l", "uav20l", 12), ("dtb70", "dtb70", 11), ("tnl2k", "tnl2k", 17), ("otb100", "otb100_matlab", 11)],
)
def test_tables_as_collected(data_set: str, table: str, kinds: int, shared: Path) -> None:
    collected = json.loads((shared / "lists" / "attributes_more.json").read_text())[table]
    kind = BENCHMARKS[data_set](Path())
    assert len(kind.attribute_order) == kinds
    assert set(kind.attribute_order) == set(collected["attributes"])
    assert kind.attributes.by_name == {name: set(tags) for name, tags in collected["sequences"].items()}
    assert set(kind.attributes.by_name) == set(kind.official_names() or ())
