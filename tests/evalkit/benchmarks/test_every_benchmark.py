"""What holds for every benchmark: its list, its names, its rules; found in its layout, and scored."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from evalkit.benchmarks.aliases import canonical_name
from evalkit.benchmarks.installed import BENCHMARKS, all_benchmarks
from evalkit.benchmarks.layout import plain
from evalkit.benchmarks.registry import find, open_benchmark, parse_spec, recognise
from evalkit.errors import InputError
from evalkit.results.trees import read_tree
from evalkit.scoring.evaluate import evaluate
from evalkit.scoring.opening import Annotation
from evalkit.scoring.protocols import rules_of_pass

# How many sequences the list has, and where the annotation of one lies below the benchmark's folder.
LAYOUTS: Mapping[str, tuple[int, str]] = {
    "avist": (120, "anno/{}.txt"),
    "demo": (0, "val/{}/groundtruth.txt"),
    "demo_lt": (0, "val/{}/groundtruth.txt"),
    "dtb70": (70, "{}/groundtruth_rect.txt"),
    "folder": (0, "{}/groundtruth.txt"),
    "got10k": (0, "val/{}/groundtruth.txt"),
    "lasot": (280, "{}/groundtruth.txt"),
    "lasot_ext": (150, "{}/groundtruth.txt"),
    "lasot_full": (0, "{}/groundtruth.txt"),
    "nat2021": (180, "anno/{}.txt"),
    "nat2021_l": (23, "anno/{}.txt"),
    "nfs30": (100, "anno/nfs_{}.txt"),
    "otb100": (100, "{}/groundtruth_rect.txt"),
    "otb2013": (51, "{}/groundtruth_rect.txt"),
    "otb50": (50, "{}/groundtruth_rect.txt"),
    "oxuva": (366, ""),  # one table for all sequences: test_oxuva.py
    "tc128": (129, "{0}/{0}_gt.txt"),
    "tlp": (50, "{}/groundtruth_rect.txt"),
    "tnl2k": (700, "{}/groundtruth.txt"),
    "trackingnet": (511, "TEST/anno/{}.txt"),
    "uav123": (123, "anno/UAV123/{}.txt"),
    "uav123_10fps": (123, "anno/UAV123_10fps/{}.txt"),
    "uav20l": (20, "anno/UAV20L/{}.txt"),
    "uavdark70": (70, "anno/{}.txt"),
    "uavdt": (50, "anno/{}_gt.txt"),
    "uavtrack112": (112, "anno/{}.txt"),
    "uavtrack112_l": (45, "anno_l/{}.txt"),
    "vasttrack": (3500, "a class/{}/Groundtruth.txt"),
    "visdrone_sot": (35, "annotations/{}.txt"),
    "vot2013": (16, "{}/groundtruth.txt"),
    "vot2014": (25, "{}/groundtruth.txt"),
    "vot2020": (60, "{}/groundtruth.txt"),
    "vot2022": (62, "{}/groundtruth.txt"),
    "vot2018lt": (35, "{}/groundtruth.txt"),
    "vot2019lt": (50, "{}/groundtruth.txt"),
    **{f"vot{year}": (60, "{}/groundtruth.txt") for year in range(2015, 2020)},
}
NAMES = {
    "got10k": ("GOT-10k_Val_000001", "GOT-10k_Val_000002"),
    "demo": ("motion", "occlusion"),
    "demo_lt": ("leaves", "returns-smaller"),
    "folder": ("a", "b"),
    "lasot_full": ("bird-2", "bird-3"),
}
OURS = [kind.name for kind in all_benchmarks() if kind.__module__.startswith("evalkit.")]
# Figures of a tracker that is right, and of one that is right in the first of three frames alone, by family. AUC is the
# mean of 21 thresholds, of which an overlap of 1 is above 20; TrackingNet's is the area by trapezoids, in which all
# frames reach the threshold 0: 1/3 + 2/3 * 0.05 / 2. GOT-10k's AO leaves the first frame out.
# VOT-LT's first frame is an initialisation, with no overlap of its own: precision and recall are 2/3.
FIGURES = {"trackingnet": (1.0, 0.35), "got10k": (1.0, 0.0), "vot-lt": (2 / 3, 0.0), "demo-lt": (2 / 3, 0.0)}


def test_the_table_is_whole() -> None:
    assert sorted(OURS) == sorted(LAYOUTS)


@pytest.mark.parametrize("name", OURS)
def test_what_its_class_says(name: str) -> None:
    kind = BENCHMARKS[name]
    assert len(kind.listing()) == LAYOUTS[name][0]
    assert rules_of_pass(kind.protocol, kind.family).metrics
    assert kind.__doc__
    assert all(folder == plain(folder) for folder in (*kind.folders, *kind.data_folders))
    for written in (kind.name, kind.name.upper(), *kind.spellings):
        assert parse_spec(written).name == name, written
    for table in kind.attribute_tables:
        options = {"attributes": table} if "attributes" in kind.option_names else None
        tagged = kind(Path(), options).attributes.by_name
        if kind.name not in ("otb50", "otb2013", "lasot_full"):  # which share another's table
            assert set(tagged) <= set(kind.listing())
        assert set().union(*tagged.values())


@pytest.mark.parametrize("name", [name for name in OURS if LAYOUTS[name][1]])
def test_found_in_its_layout_and_scored(name: str, tmp_path: Path) -> None:
    """A tracker that is right in every frame, and one whose second and third of three boxes are elsewhere."""
    kind, sequences = BENCHMARKS[name], NAMES.get(name) or tuple(BENCHMARKS[name].listing())[:2]
    folder = tmp_path / "data" / (kind.folders[0] if kind.folders else "mine")
    for sequence in sequences:
        file = folder / LAYOUTS[name][1].format(sequence)
        file.parent.mkdir(parents=True, exist_ok=True)
        rows = "0,10,10,20,20,0\n1,10,10,20,20,0\n2,10,10,20,20,0\n" if name == "tlp" else "10,10,20,20\n" * 3
        file.write_text(rows)
        for tracker, later in {"right": "10,10,20,20\n", "lost": "200,200,20,20\n"}.items():
            result = tmp_path / "runs" / tracker / name / f"{sequence}.txt"
            result.parent.mkdir(parents=True, exist_ok=True)
            result.write_text("10,10,20,20\n" + later * 2)
    benchmark = open_benchmark(name, data=folder if name == "folder" else tmp_path / "data")
    assert set(benchmark.sources) == set(sequences)
    annotation = Annotation(benchmark)
    trackers = {tree.tracker: tree for tree in read_tree(tmp_path / "runs", name, annotation.inventory.present)}
    assert set(trackers) == {"right", "lost"}
    scores = {tracker: evaluate(tree, annotation, cached=False).scores[0] for tracker, tree in trackers.items()}
    headline = {"got10k": "ao", "vot-lt": "f_score", "demo-lt": "f_score"}.get(kind.family, "auc")
    right, lost = FIGURES.get(kind.family, (20 / 21, 20 / 63))
    assert scores["right"].metrics[headline] == pytest.approx(right, abs=1e-7)  # pytracking's are float32
    assert scores["lost"].metrics[headline] == pytest.approx(lost, abs=1e-7)


def test_the_halves_of_otb100() -> None:
    halves = {name: set(BENCHMARKS[name].listing()) for name in ("otb50", "otb2013", "otb100")}
    assert len(halves["otb50"] & halves["otb2013"]) == 28
    assert halves["otb50"] | halves["otb2013"] < halves["otb100"]


@pytest.mark.parametrize(
    ("name", "frames"),
    [
        *(("uavdt", 37084), ("tc128", 55346), ("nat2021", 140815), ("nat2021_l", 53564), ("uavdark70", 66429)),
        *(("visdrone_sot", 32922), ("tlp", 676431)),
    ],
)
def test_totals_of_the_lists(name: str, frames: int) -> None:
    benchmark = BENCHMARKS[name](Path())
    assert sum(benchmark.official_length(sequence) or 0 for sequence in BENCHMARKS[name].listing()) == frames


def test_night_sequence_that_begins_at_image_27(tmp_path: Path, write_rows, write_images) -> None:
    write_rows(tmp_path / "nat2021" / "anno" / "N04035.txt", 1598)
    folder = tmp_path / "nat2021" / "data_seq" / "N04035"
    write_images(folder, [f"{number:06d}.jpg" for number in range(1, 4)])
    sequence = open_benchmark("nat2021", data=tmp_path).sources["N04035"]
    assert (sequence.first, sequence.frames) == (27, folder)


def test_lost_frames_of_tlp(tmp_path: Path) -> None:
    file = tmp_path / "tlp" / "Alladin" / "groundtruth_rect.txt"
    file.parent.mkdir(parents=True)
    file.write_text("1,5,6,7,8,0\n2,0,0,0,0,1\n")
    sequence = open_benchmark("tlp", data=tmp_path).sequence("Alladin")
    assert sequence.native.tolist() == [[5, 6, 7, 8], [0, 0, 0, 0]]
    assert np.asarray(sequence.absent).tolist() == [False, True]


def test_flags_of_avist(tmp_path: Path) -> None:
    root = tmp_path / "avist"
    for folder in ("anno", "full_occlusion", "out_of_view"):
        (root / folder).mkdir(parents=True)
    (root / "anno" / "air_show.txt").write_text("1 2 3 4\n" * 3)
    assert open_benchmark("avist", data=tmp_path).shortcoming() is not None
    (root / "full_occlusion" / "air_show_full_occlusion.txt").write_text("0,1,0\n")
    (root / "out_of_view" / "air_show_out_of_view.txt").write_text("0,0,1\n")
    benchmark = open_benchmark("avist", data=tmp_path)
    assert np.asarray(benchmark.sequence("air_show").absent).tolist() == [False, True, True]
    assert benchmark.shortcoming() is None


def test_masks_of_vot2020_are_refused(tmp_path: Path) -> None:
    (tmp_path / "vot2020" / "agility").mkdir(parents=True)
    (tmp_path / "vot2020" / "agility" / "groundtruth.txt").write_text("m5,6,7,8,3,4\n")
    with pytest.raises(InputError, match="holds masks, not boxes"):
        open_benchmark("vot2020", data=tmp_path).sequence("agility")


def test_a_half_is_found_in_the_folder_of_the_whole(tmp_path: Path, write_rows) -> None:
    """OTB50 lies in OTB100's folder; what is recognised there is OTB100, unless it is exactly the half."""
    for name in BENCHMARKS["otb50"].listing():
        write_rows(tmp_path / "OTB" / "anno" / f"{name}.txt", 2)
    assert [benchmark.name for benchmark in recognise(tmp_path)] == ["otb50"]
    write_rows(tmp_path / "OTB" / "anno" / "Biker.txt", 2)
    write_rows(tmp_path / "OTB" / "anno" / "Human2.txt", 2)
    assert [benchmark.name for benchmark in recognise(tmp_path)] == ["otb100"]
    assert open_benchmark("otb50", data=tmp_path).inventory().missing == ()


def test_lasot_in_full_lies_in_lasots_folder(tmp_path: Path, write_rows) -> None:
    for name in ("airplane-1", "airplane-2", "airplane-9"):
        write_rows(tmp_path / "LaSOT" / "airplane" / name / "groundtruth.txt", 2)
    whole = find(BENCHMARKS["lasot_full"], tmp_path)
    assert whole is not None
    inventory = whole.inventory()
    assert (len(inventory.present), inventory.verified) == (3, False)
    assert open_benchmark("lasot", data=tmp_path).inventory().present == ("airplane-1", "airplane-9")


@pytest.mark.parametrize(
    ("name", "written", "meant"),
    [
        *(
            ("otb100", "Jogging1", "Jogging_1"),
            ("otb2013", "jogging2", "Jogging_2"),
            ("nfs30", "running2", "running_2"),
        ),
        ("tc128", "tpl_Yo_yos_ce1", "Yo-yos_ce1"),
    ],
)
def test_names_that_another_benchmark_has_too(name: str, written: str, meant: str) -> None:
    assert canonical_name(name, written) == meant
