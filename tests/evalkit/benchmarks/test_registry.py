"""Benchmarks by name under roots of all kinds."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from evalkit.benchmarks.base import fingerprint
from evalkit.benchmarks.layout import plain
from evalkit.benchmarks.registry import BENCHMARKS, canonical_specs, open_benchmark, parse_spec, recognise
from evalkit.errors import InputError

NAMES = (
    *("otb100", "uav123", "uav123_10fps", "uav20l", "lasot", "lasot_ext", "trackingnet", "got10k", "tnl2k", "nfs30"),
    *("dtb70", "vot2015", "vot2016", "vot2017", "vot2018", "vot2019", "demo", "folder"),
)


def test_all_benchmarks_are_there() -> None:
    assert set(BENCHMARKS) >= set(NAMES)
    assert all(kind.name == name and kind.title for name, kind in BENCHMARKS.items())


@pytest.mark.parametrize("folder", ["OTB100", "otb", "OTB2015", "TB-100", "OTB/OTB100"])
def test_folder_names_are_taken_as_people_write_them(folder: str, tmp_path: Path, write_rows) -> None:
    write_rows(tmp_path / folder / "Basketball" / "groundtruth_rect.txt", 2)
    for root in (tmp_path, tmp_path / folder):
        benchmark = open_benchmark("otb100", data=root)
        assert (benchmark.key, benchmark.inventory().present) == ("otb100", ("Basketball",))


def test_a_root_of_several_benchmarks(tmp_path: Path, write_rows) -> None:
    write_rows(tmp_path / "OTB100" / "Basketball" / "groundtruth_rect.txt", 2)
    write_rows(tmp_path / "DTB70" / "Gull1" / "groundtruth_rect.txt", 2)
    write_rows(tmp_path / "GOT-10k" / "full_data" / "val" / "GOT-10k_Val_000001" / "groundtruth.txt", 2)
    write_rows(tmp_path / "UAV123" / "anno" / "UAV123" / "bike1.txt", 2)
    write_rows(tmp_path / "UAV123" / "anno" / "UAV20L" / "bike1.txt", 2)
    write_rows(tmp_path / "VOT" / "VOT2018" / "bag" / "groundtruth.txt", 2)
    found = {benchmark.name: benchmark.inventory().present for benchmark in recognise(tmp_path)}
    assert found == {
        "otb100": ("Basketball",),
        "uav123": ("bike1",),
        "uav20l": ("bike1",),
        "got10k": ("GOT-10k_Val_000001",),
        "dtb70": ("Gull1",),
        "vot2018": ("bag",),
    }
    for name, present in found.items():
        assert open_benchmark(name, data=tmp_path).inventory().present == present
    for absent in ("lasot", "vot2019", "uav123_10fps", "trackingnet"):
        with pytest.raises(InputError, match=f"no sequences of {absent} found"):
            open_benchmark(absent, data=tmp_path)


def test_a_folder_by_another_benchmarks_name_is_not_taken(tmp_path: Path, write_rows) -> None:
    write_rows(tmp_path / "DTB70" / "Gull1" / "groundtruth_rect.txt", 2)
    with pytest.raises(InputError, match="no sequences of otb100"):
        open_benchmark("otb100", data=tmp_path / "DTB70")
    assert open_benchmark("folder", data=tmp_path / "DTB70").inventory().present == ("Gull1",)


def test_a_root_without_a_telling_name(tmp_path: Path, write_rows) -> None:
    write_rows(tmp_path / "x" / "Basketball" / "groundtruth_rect.txt", 2)
    write_rows(tmp_path / "y" / "walk" / "groundtruth.txt", 2)
    assert [benchmark.name for benchmark in recognise(tmp_path / "x")] == ["otb100"]
    assert [benchmark.name for benchmark in recognise(tmp_path / "y")] == ["folder"]
    assert recognise(tmp_path) == ()


def test_every_split_is_recognised(tmp_path: Path, write_rows) -> None:
    for split in ("Train", "Val"):
        write_rows(tmp_path / "got10k" / split.lower() / f"GOT-10k_{split}_000001" / "groundtruth.txt", 2)
    assert [benchmark.spec for benchmark in recognise(tmp_path)] == ["got10k", "got10k?split=train"]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_looked_for_are_options_that_there_are(name: str) -> None:
    kind = BENCHMARKS[name]
    assert kind.variants[0] == {}
    assert {option for variant in kind.variants for option in variant} <= set(kind.option_names)


def test_scoring_needs_neither_images_nor_slow_libraries(tmp_path: Path, write_rows) -> None:
    write_rows(tmp_path / "OTB100" / "Basketball" / "groundtruth_rect.txt", 2)
    (tmp_path / "OTB100" / "Basketball" / "img").mkdir()
    (tmp_path / "OTB100" / "Basketball" / "img" / "0001.jpg").touch()  # neither complete nor an image
    code = f"""
import pathlib, sys
from evalkit.benchmarks.registry import open_benchmark
benchmark = open_benchmark("otb100", data=pathlib.Path({str(tmp_path)!r}))
assert len(benchmark.sequence("Basketball")) == 2
assert not {{"cv2", "pandas", "torch", "matplotlib"}} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_file_that_a_sequence_is_read_from_is_named(tmp_path: Path, write_rows) -> None:
    for file, text in (
        ("meta_info.ini", "resolution: (8, 6)\n"),
        ("cover.label", "8\n8\n"),
        ("absence.label", "0\n0\n"),
    ):
        (write_rows(tmp_path / "val" / "a" / "groundtruth.txt", 2).parent / file).write_text(text)
    benchmark = open_benchmark("got10k", data=tmp_path)
    assert {file.name for file in benchmark.files("a")} == {file.name for file in (tmp_path / "val" / "a").iterdir()}


@pytest.mark.parametrize("kind", ["zip", "tar.gz", "tar.xz"])
@pytest.mark.parametrize("inside", [True, False])
def test_annotation_archives(kind: str, inside: bool, tmp_path: Path, write_rows) -> None:
    write_rows(tmp_path / "annos" / "airplane-1.txt", 2)
    write_rows(tmp_path / "annos" / "airplane-9.txt", 3)
    archive = tmp_path / "LaSOT" / f"annos.{kind}"
    archive.parent.mkdir()
    files = sorted((tmp_path / "annos").iterdir())
    if kind == "zip":
        with zipfile.ZipFile(archive, "w") as packed:
            for file in files:
                packed.write(file, f"./annos/{file.name}")
    else:
        with tarfile.open(archive, f"w:{kind[4:]}") as packed:
            for file in files:
                packed.add(file, f"annos/{file.name}")
    benchmark = open_benchmark("lasot", annotations=archive.parent if inside else archive)
    assert benchmark.inventory().present == ("airplane-1", "airplane-9")
    sequence = benchmark.sequence("airplane-9")
    assert (len(sequence), sequence.frames) == (3, None)
    assert sequence.source.endswith(f"annos.{kind}/annos/airplane-9.txt")
    assert benchmark.fingerprint(["airplane-9"]) == open_benchmark("lasot", data=tmp_path).fingerprint(["airplane-9"])


def test_damaged_archives_and_other_files(tmp_path: Path) -> None:
    for name in ("a.zip", "a.tar.xz", "a.tar.gz"):
        (tmp_path / name).write_bytes(b"no archive" * 100)
        with pytest.raises(InputError, match="cannot be read as an archive"):
            open_benchmark("lasot", annotations=tmp_path / name)
    (tmp_path / "a.txt").touch()
    with pytest.raises(InputError, match="neither a folder nor an archive"):
        open_benchmark("lasot", annotations=tmp_path / "a.txt")


def test_annotations_are_taken_instead_of_data(tmp_path: Path, write_rows) -> None:
    write_rows(tmp_path / "data" / "OTB100" / "Basketball" / "groundtruth_rect.txt", 2)
    write_rows(tmp_path / "flat" / "Basketball.txt", 3)
    benchmark = open_benchmark("otb100", data=tmp_path / "data", annotations=tmp_path / "flat")
    assert len(benchmark.sequence("Basketball")) == 3


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("otb", "unknown benchmark 'otb'"),
        ("got10k?val", "NAME=VALUE"),
        ("otb100?split=val", "unknown option 'split' of benchmark otb100"),
        ("otb100", "no sequences of otb100 found"),
    ],
)
def test_wrong_use(text: str, problem: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=problem):
        open_benchmark(text, data=tmp_path)


@pytest.mark.parametrize(
    ("written", "spec"),
    [
        *((name, "otb100") for name in ("OTB2015", "otb-100", "OTB_2015", "TB100", "tb-100", "Otb100")),
        *((name, "uav123_10fps") for name in ("uav123@10fps", "UAV123_10FPS", "UAV123-10fps", "UAV@10fps")),
        *((name, "got10k") for name in ("got-10k", "GOT-10K", "GOT_10k", "Got10k")),
        *((name, "nfs30") for name in ("nfs", "NFS", "NFS-30", "NfS30", "Need for Speed")),
        *((name, "lasot_ext") for name in ("LaSOText", "LaSOT_ext", "lasot-ext", "LaSOT_extension_subset")),
        *(("GOT-10k_val", "got10k?split=val"), ("got10k_test", "got10k?split=test")),
        *(
            ("got10k_val?split=train", "got10k?split=train"),
            ("OTB2015?attributes=website", "otb100?attributes=website"),
        ),
        *(("UAV-123", "uav123"), ("UAV20L", "uav20l"), ("LaSOT", "lasot"), ("TrackingNet", "trackingnet")),
        *(("TNL2K", "tnl2k"), ("tnl-2k", "tnl2k"), ("DTB-70", "dtb70"), ("VOT-2018", "vot2018"), ("VOT19", "vot2019")),
    ],
)
def test_names_as_people_write_them(written: str, spec: str) -> None:
    assert canonical_specs([written, spec]) == (spec,)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        *(
            ("otb", "otb100"),
            ("otb10", "otb100"),
            ("OTB1", "otb100"),
            ("uavd", "uavdark70"),
            ("uav12", "uav123"),
            ("vot2108", "vot2018"),
        ),
        *(("lasot_etx", "lasot_ext"), ("got10", "got10k"), ("tracknet", "trackingnet"), ("foldr", "folder")),
    ],
)
def test_a_mistyped_benchmark_is_answered_with_the_nearest(written: str, meant: str) -> None:
    with pytest.raises(InputError, match=rf"unknown benchmark '{written}' \(did you mean '{meant}'\?\)"):
        parse_spec(written)


def test_no_two_benchmarks_share_a_spelling() -> None:
    spellings = [spelling for kind in BENCHMARKS.values() for spelling in {plain(kind.name), *kind.spellings}]
    assert len(spellings) == len(set(spellings))
    assert all(spelling == plain(spelling) for spelling in spellings)


def test_no_root_and_a_root_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--data ROOT"):
        open_benchmark("otb100")
    with pytest.raises(InputError, match="does not exist"):
        open_benchmark("otb100", data=tmp_path / "none")


def test_spec_round_trip(tmp_path: Path, write_rows) -> None:
    write_rows(tmp_path / "train" / "GOT-10k_Train_000001" / "groundtruth.txt", 2)
    benchmark = open_benchmark("got10k?split=train", data=tmp_path)
    assert benchmark.spec == "got10k?split=train"
    assert benchmark.key == "got10k"
    assert parse_spec(benchmark.spec).options == {"split": "train"}


def test_fingerprint_knows_names_boxes_flags_and_order(tmp_path: Path) -> None:
    def print_of(rows: str, names: tuple[str, ...] = ("a", "b"), options: str = "") -> str:
        for name in ("a", "b"):
            (tmp_path / f"{name}.txt").write_text(rows)
        return open_benchmark(f"folder{options}", data=tmp_path).fingerprint(names)

    same = print_of("1,2,3,4\n5,6,7,8\n")
    assert same == print_of("1\t2\t3\t4\r\n5.0\t6\t7\t8\r\n")
    others = [print_of("1,2,3,4\n5,6,7,8.5\n"), print_of("1,2,3,4\n"), print_of("1,2,3,4\nNaN,NaN,NaN,NaN\n")]
    others += [print_of("1,2,3,4\n5,6,7,8\n", ("b", "a")), print_of("1,2,3,4\n5,6,7,8\n", options="?base=1")]
    assert len({same, *others}) == 6
    assert fingerprint([]) != same
