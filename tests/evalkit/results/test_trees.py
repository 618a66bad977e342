"""Other people's results trees."""

from __future__ import annotations

import io
import os
import re
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.benchmarks.installed import BENCHMARKS
from evalkit.errors import InputError
from evalkit.reading.text import LIMIT_VARIABLE
from evalkit.results.formats.result_file import read_result
from evalkit.results.layout import tracker_name
from evalkit.results.tracker_results import TrackerResults
from evalkit.results.trees import read_tree

OTB = tuple(BENCHMARKS["otb100"].listing())
ROW = "1,2,3,4\n"


def put(root: Path, *paths: str, text: str = ROW) -> Path:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def trackers(root: Path, dataset: str = "otb100", known: tuple[str, ...] = OTB) -> dict[str, TrackerResults]:
    return {found.tracker: found for found in read_tree(root, dataset, known)}


@pytest.mark.parametrize(
    ("paths", "tracker"),
    [
        (["mine/Biker.txt"], "mine"),
        (["results/SiamFC/Biker.txt"], "SiamFC"),
        (["results/OTB100/SiamFC/Biker.txt"], "SiamFC"),  # pysot
        (["results/OTB2015/SiamFC/Biker.txt"], "SiamFC"),  # got10k
        (["tracking_results/SiamFC_tracking_result/Biker.txt"], "SiamFC"),  # LaSOT's toolkit
        (["opencv%3Acsrt/otb100/Biker.txt", "opencv%3Acsrt/uav123/bike1.txt"], "opencv:csrt"),  # our runs
        (["ostrack/vitb_256/Biker.txt", "ostrack/vitb_256/lasot/airplane-1.txt"], "ostrack/vitb_256"),
        (["SiamFC/otb_Biker.txt"], "SiamFC"),
    ],
)
def test_layouts(tmp_path: Path, paths: list[str], tracker: str) -> None:
    found = trackers(put(tmp_path / "tree", *paths))
    assert list(found) == [tracker]
    assert list(found[tracker].files) == ["Biker"]


def test_runs_of_pytracking_are_repetitions(tmp_path: Path) -> None:
    root = put(tmp_path, *(f"dimp/dimp50_{run:03d}/Biker.txt" for run in range(5)), "atom/default/Biker.txt")
    found = trackers(root)
    assert {name: len(each.files["Biker"]) for name, each in found.items()} == {"atom/default": 1, "dimp/dimp50": 5}
    notes = found["dimp/dimp50"].notes
    assert any("5 repetitions" in note for note in notes)
    assert any(note.startswith("WARNING: dimp/dimp50_000, dimp/dimp50_001, ") for note in notes)


def test_one_numbered_folder_keeps_its_name(tmp_path: Path) -> None:
    """model_001 alone, or beside a folder called model, is a tracker and no run."""
    assert list(trackers(put(tmp_path / "a", "model_001/Biker.txt"))) == ["model_001"]
    epochs = put(tmp_path / "c", "model_010/Biker.txt", "model_020/Biker.txt", "model_030/Biker.txt")
    assert list(trackers(epochs)) == ["model_010", "model_020", "model_030"]
    assert list(trackers(put(tmp_path / "d", "model_001/Biker.txt", "model_003/Biker.txt"))) == ["model"]
    found = trackers(put(tmp_path / "b", "model/Biker.txt", "model_001/Biker.txt", "model_002/Biker.txt"))
    assert list(found) == ["model", "model_001", "model_002"]
    assert all(len(each.files["Biker"]) == 1 for each in found.values())


def test_repetitions_of_got10k(tmp_path: Path) -> None:
    name = "GOT-10k_Val_000001"
    files = (f"{name}_001.txt", f"{name}_002.txt", f"{name}_time.txt")
    root = put(tmp_path, *(f"GOT-10k/SiamFC/{name}/{file}" for file in files))
    (found,) = trackers(root, "got10k", (name,)).values()
    assert found.tracker == "SiamFC"
    assert [Path(file.place).name for file in found.files[name]] == list(files[:2])


def test_uneven_repetitions_are_said(tmp_path: Path) -> None:
    first, second = (f"GOT-10k_Val_00000{number}" for number in (1, 2))
    root = put(tmp_path, f"t/{first}/{first}_001.txt", f"t/{first}/{first}_003.txt", f"t/{second}/{second}_001.txt")
    (found,) = trackers(root, "got10k", (first, second)).values()
    assert found.repetitions == {first: (1, 3), second: (1,)}
    assert f"2 repetitions, averaged, but fewer of 1 sequences, such as {second}: 1" in found.notes


def test_a_flat_copy_beside_numbered_results_is_a_second_result(tmp_path: Path) -> None:
    name = "GOT-10k_Val_000001"
    root = put(put(tmp_path, f"t/{name}/{name}_001.txt"), f"t/{name}.txt", text="5,6,7,8\n")
    (found,) = trackers(root, "got10k", (name,)).values()
    assert "a second result" in str(found.fault)


def test_a_trackers_own_folder_names_it(tmp_path: Path) -> None:
    root = put(tmp_path, "opencv%3Akcf/otb100/Biker.txt")
    assert list(trackers(root / "opencv%3Akcf")) == ["opencv:kcf"]
    assert list(trackers(root / "opencv%3Akcf" / "otb100")) == ["opencv:kcf"]


def test_names_are_matched_by_alias_and_said(tmp_path: Path) -> None:
    (found,) = trackers(put(tmp_path / "mine", "Human4-2.txt", "jogging.1.txt", "Skating2-1.txt")).values()
    assert set(found.files) == {"Human4_2", "Jogging_1", "Skating2_1"}
    assert any("Human4-2 = Human4_2" in note for note in found.notes)


def test_one_folder_for_all_data_sets(tmp_path: Path) -> None:
    """pytracking and its kin: UAV123's results have a prefix, LaSOT's names are like OTB's."""
    folder = tmp_path / "vitb_256"
    put(folder, "Car2.txt", "Bird2.txt", "Human4_2.txt", "uav_car2.txt", "uav_bike1.txt", "bird-2.txt", "car-2.txt")
    otb = trackers(tmp_path)["vitb_256"]
    assert {Path(file.place).name for (file,) in otb.files.values()} == {"Car2.txt", "Bird2.txt", "Human4_2.txt"}
    uav = trackers(tmp_path, "uav123", ("car2", "bike1"))["vitb_256"]
    assert {Path(file.place).name for (file,) in uav.files.values()} == {"uav_car2.txt", "uav_bike1.txt"}
    text = "1 files are of another benchmark, such as vitb_256/Car2.txt: named as another benchmark's sequences"
    assert text in uav.notes
    assert uav.left_out == text
    (folder / "uav_car2.txt").unlink()
    assert set(trackers(tmp_path, "uav123", ("car2", "bike1"))["vitb_256"].files) == {"bike1"}  # Car2 is OTB's


def test_what_is_exactly_anothers_name_gives_way(tmp_path: Path) -> None:
    root = put(tmp_path / "mine", "Car2.txt", "car2.txt")
    (found,) = trackers(root).values()
    assert [Path(file.place).name for file in found.files["Car2"]] == ["Car2.txt"]


def test_a_folder_of_the_benchmarks_name_goes_first(tmp_path: Path) -> None:
    """got10k puts LaSOT's results beside the folders of the other data sets."""
    root = put(tmp_path, "results/OTB2015/mine/Bird2.txt", "results/mine/bird2.txt", "results/mine/airplane-1.txt")
    (otb,) = trackers(root).values()
    assert [Path(file.place).name for file in otb.files["Bird2"]] == ["Bird2.txt"]
    (lasot,) = trackers(root, "lasot", ("airplane-1",)).values()
    assert lasot.tracker == otb.tracker == "mine"


def test_runs_of_ostrack_on_got10k_are_repetitions(tmp_path: Path) -> None:
    name = "GOT-10k_Val_000001"
    root = put(tmp_path, *(f"ostrack/vitb_{run:03d}/got10k/{name}.txt" for run in range(2)))
    (found,) = trackers(root, "got10k", (name,)).values()
    assert (found.tracker, len(found.files[name])) == ("ostrack/vitb", 2)
    ours = put(tmp_path / "ours", *(f"onnx%3Amodel_{run:03d}/got10k/{name}.txt" for run in range(2)))
    assert set(trackers(ours, "got10k", (name,))) == {"onnx:model_000", "onnx:model_001"}


def test_times_scores_and_failures_are_no_results(tmp_path: Path) -> None:
    paths = ("Biker.txt", "Biker_time.txt", "Biker_score.txt", "failures/Bird1.log", "times/Biker_time.txt")
    (found,) = trackers(put(tmp_path / "mine", *paths)).values()
    assert list(found.files) == ["Biker"]


def test_a_repeated_sequence_names_both_files(tmp_path: Path) -> None:
    mine = put(put(tmp_path / "mine", "Jogging-1.txt"), "Jogging.1.txt", text="5,6,7,8\n")
    (found,) = trackers(mine).values()
    assert re.search(r"Jogging.*second result of Jogging_1 .*Jogging-1\.txt", str(found.fault))
    assert found.files == {}


@pytest.mark.parametrize("other", ["Jogging-1.txt", "jogging_1.txt", "otb_Jogging_1.txt"])
def test_no_spelling_of_two_is_preferred(tmp_path: Path, other: str) -> None:
    """One stray file, prefixed or not, neither replaces another result nor hides those of other sequences."""
    root = put(tmp_path / "mine", "Jogging_1.txt", "Biker.txt", other)
    (found,) = trackers(root).values()
    assert set(found.files) == {"Jogging_1", "Biker"}
    assert any(note.startswith("1 files are copies of others for the same sequence") for note in found.notes)
    put(root, other, text="5,6,7,8\n")
    (found,) = trackers(root).values()
    assert "second result of Jogging_1" in str(found.fault)


def test_trackers_may_be_called_after_our_own_benchmarks(tmp_path: Path) -> None:
    assert set(trackers(put(tmp_path, "demo/Biker.txt", "folder/Biker.txt", "mine/Biker.txt"))) == {
        "demo",
        "folder",
        "mine",
    }


def test_a_folder_of_another_benchmarks_name_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"2 files have names of its sequences, but lie in a folder .* vot2018"):
        trackers(put(tmp_path, "vot2018/mine/Biker.txt", "vot2018/mine/Dog.txt"))


@pytest.mark.parametrize(
    ("folders", "expected"),
    [
        (("exp/baseline", "exp/ours"), {"exp/baseline", "exp/ours"}),
        (("exp/run", "exp/ours"), {"exp/run", "exp/ours"}),
        (("exp/raw", "exp/results"), {"exp/raw", "exp/results"}),
        (("results", "mine"), {"results", "mine"}),
        (("results/kcf", "results/mine"), {"kcf", "mine"}),
        (("kcf/results", "mine/results"), {"kcf", "mine"}),
    ],
)
def test_trackers_called_as_toolkits_call_folders_keep_their_names(
    tmp_path: Path, folders: tuple[str, ...], expected: set[str]
) -> None:
    assert set(trackers(put(tmp_path, *(f"{folder}/Biker.txt" for folder in folders)))) == expected


def test_baseline_is_the_experiment_of_vot(tmp_path: Path) -> None:
    root = put(tmp_path, *(f"mine/{kind}/ants1/ants1_001.txt" for kind in ("baseline", "unsupervised")))
    assert set(trackers(root, "vot2018", ("ants1",))) == {"mine", "mine/unsupervised"}
    assert set(trackers(root / "mine" / "baseline", "vot2018", ("ants1",))) == {"mine"}


def test_results_of_another_benchmark(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="look like results of lasot"):
        trackers(put(tmp_path / "mine", "airplane-1.txt", "zebra-17.txt"))


def test_a_few_names_in_common_with_another_benchmark(tmp_path: Path) -> None:
    root = put(tmp_path / "mine", "Bolt.txt", "airplane-1.txt", "zebra-17.txt")
    assert trackers(root)["mine"].likely == "lasot"
    assert trackers(put(tmp_path / "whole", "a.txt", "airplane-1.txt"), known=("a",))["whole"].likely is None


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no result files"):
        trackers(tmp_path)
    put(tmp_path, "mine/Basketball_KCF.pkl")
    for place in (tmp_path, tmp_path / "mine" / "Basketball_KCF.pkl"):
        with pytest.raises(InputError, match="other formats are not read"):
            trackers(place)
    with pytest.raises(InputError, match="does not exist"):
        trackers(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["Dog.tsv", "Dog.bin", "Dog.zip"])
def test_files_that_are_not_read_are_said(tmp_path: Path, name: str) -> None:
    put(tmp_path, f"mine/{name}")
    with pytest.raises(InputError, match=f"1 files of other kinds are not read, such as mine/{name}"):
        trackers(tmp_path)
    (found,) = trackers(put(tmp_path, "mine/Biker.txt")).values()
    assert found.strays == f"1 files of other kinds are not read, such as mine/{name}"


def test_links_to_folders_are_said(tmp_path: Path) -> None:
    put(tmp_path / "elsewhere", "Biker.txt")
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "linked").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    with pytest.raises(InputError, match="1 links to folders are not followed, such as linked"):
        trackers(tree)
    (found,) = trackers(put(tree, "mine/Biker.txt")).values()
    assert found.strays == "1 links to folders are not followed, such as linked"


def test_a_run_without_any_result_is_named(tmp_path: Path) -> None:
    for folder in ("mine%3Agood/otb100", "mine%3Abroken/otb100", "mine%3Aother/uav123", "."):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / "run.json").write_text("{}")
    (tmp_path / "mine%3Agood" / "otb100" / "Basketball.txt").write_text("1,2,3,4\n")
    (tmp_path / "mine%3Agood" / "otb100" / "run.json").unlink()
    (found,) = read_tree(tmp_path, "otb100", ["Basketball"])
    assert (found.empty, found.strays) == (("mine:broken",), "")


@pytest.mark.parametrize(
    ("paths", "strays"),
    [
        (["T/Jogging.1.txt", "T/Jogging.2.txt", "T/Jogging.3.txt"], ["T/Jogging.3.txt"]),  # got10k's
        (["T/Biker.txt", "T/a.txt", "T/b.txt", "T/c.txt", "T/d.txt"], ["T/a.txt", "T/b.txt", "T/c.txt", "T/d.txt"]),
        (["T/Biker.txt", "README.txt"], ["README.txt"]),
        (["T/Biker/Biker_001.txt", "T/Biker/Biker_time.txt", "T/Nobody/Nobody_001.txt"], ["T/Nobody/Nobody_001.txt"]),
        (["T/Biker.txt", "T/scores.json", "T/Nobody_KCF.mat", "T/x.npy"],
         ["T/Nobody_KCF.mat", "T/scores.json", "T/x.npy"]),
        (["T/otb100/Biker.txt", "T/lasot/bear-17.txt", "T/otb100/bear-17.txt"], ["T/otb100/bear-17.txt"]),
        (["T/Biker.txt", "T/Biker_time.txt", "T/Biker_score.txt", "T/run.json", "T/times/x.txt"], []),
    ],
)  # fmt: skip
@pytest.mark.parametrize("packed", [False, True])
def test_files_of_no_sequence_are_counted_and_named(
    tmp_path: Path, paths: list[str], strays: list[str], packed: bool
) -> None:
    if packed:
        root = zipped(tmp_path / "a.zip", *(path for path in paths if not path.endswith("run.json")))
    else:
        root = put(tmp_path, *(path for path in paths if not path.endswith("run.json")))
    named = ", ".join(strays[:3]) + (f" and {len(strays) - 3} more" if len(strays) > 3 else "")
    text = f"{len(strays)} files are of no sequence of otb100, such as {named}" if strays else ""
    assert {found.strays for found in trackers(root).values()} == {text}


def test_what_is_not_read_is_named_beside_a_readme_and_in_archives(tmp_path: Path) -> None:
    paths = ("README.txt", "Nobody_KCF.pkl")
    for root in (put(tmp_path / "a", *paths), zipped(tmp_path / "a.zip", *paths)):
        with pytest.raises(InputError, match=r"none of 1 files.*1 files of other kinds are not read.*Nobody_KCF\.pkl"):
            trackers(root)


@pytest.mark.parametrize("packed", [False, True])
def test_matlab_results_are_named_after_sequence_and_tracker(tmp_path: Path, packed: bool) -> None:
    paths = ("results_OPE_OTB100/Biker_KCF_GaussHog.mat", "results_OPE_OTB100/jogging-1_KCF_GaussHog.mat")
    paths += ("results_OPE_OTB100/Biker_MDNet.mat", "results_TRE_OTB100/Biker_KCF_GaussHog.mat")
    root = zipped(tmp_path / "a.zip", *paths) if packed else put(tmp_path / "tree", *paths)
    found = trackers(root)
    assert {name: list(each.files) for name, each in found.items()} == {
        "KCF_GaussHog": ["Biker", "Jogging_1"],
        "MDNet": ["Biker"],
    }
    assert list(trackers(put(tmp_path / "mine", "KCF/Biker_KCF.mat"))) == ["KCF"]
    assert list(trackers(put(tmp_path / "uav", "car1_1_KCF.mat", "x/KCF_car1.mat"), "uav123", ("car1", "car1_1"))) == [
        "KCF",
        "x/KCF",
    ]


def test_json_results_name_their_tracker_where_no_folder_does(tmp_path: Path) -> None:
    text = '[{"tracker": "STRUCK", "seqName": "Biker", "resType": "rect", "res": [[1, 2, 3, 4]]}]'
    assert list(trackers(put(tmp_path / "a", "Biker.json", text=text))) == ["STRUCK"]
    assert list(trackers(put(tmp_path / "b", "OPE/KCF/Biker.json", text=text))) == ["KCF"]
    for hostile in ('[{"tracker": "\\u202ea\\n"}]', '{"tracker": 1}', "[" * 100_000, "", '[{"tracker": ["a"]}]'):
        assert list(trackers(put(tmp_path / "c", "Biker.json", text=hostile))) == ["c"]


@pytest.mark.parametrize("prefix", ["SiamX/", "lasot/SiamX/", ""])
def test_class_folders_are_no_part_of_a_trackers_name(tmp_path: Path, prefix: str) -> None:
    names = ("airplane-1", "airplane-9", "bear-17")
    paths = (f"{prefix}{name.partition('-')[0]}/{name}/{name}.txt" for name in names)
    (found,) = trackers(put(tmp_path / "SiamX", *paths), "lasot", names).values()
    assert (found.tracker, tuple(found.files)) == ("SiamX", names)


def test_a_folder_with_sequences_of_several_classes_is_a_tracker(tmp_path: Path) -> None:
    names = ("airplane-1", "bear-17")
    root = put(tmp_path, "bear/airplane-1.txt", "bear/bear-17.txt", "airplane/airplane-1.txt", "airplane/bear-17.txt")
    assert list(trackers(root, "lasot", names)) == ["airplane", "bear"]


def test_one_faulty_tracker_is_no_fault_of_the_others(tmp_path: Path) -> None:
    put(put(tmp_path, "a/Biker.txt", "b/Biker.txt", "b/Jogging-1.txt", "c/Biker.txt"), "c/run.json", text="[")
    put(tmp_path, "b/jogging_1.txt", text="5,6,7,8\n")
    found = trackers(tmp_path)
    assert {name: each.fault is None for name, each in found.items()} == {"a": True, "b": False, "c": False}
    assert "no readable manifest" in str(found["c"].fault)


def test_names_that_are_no_utf8_are_written_out(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/caf\xe9"
    os.mkdir(folder)
    for name in (b"Biker.txt", b"\xff.txt"):
        with open(folder + b"/" + name, "wb") as stream:
            stream.write(ROW.encode())
    (found,) = trackers(tmp_path).values()
    assert found.tracker == "caf\\xe9"
    assert found.files["Biker"][0].read() == ROW.encode()
    assert found.strays.endswith("such as caf\\xe9/\\xff.txt")
    found.strays.encode()


def test_numbers_of_thousands_of_digits_in_names(tmp_path: Path) -> None:
    digits = "9" * 5000
    names = (f"GOT-10k_Val_{digits}", f"a_{digits}")
    root = zipped(tmp_path / "a.zip", *(f"t/{name}/{name}_{digits}.txt" for name in names), "t/Biker.txt")
    assert list(trackers(root)) == ["t"]
    with pytest.raises(InputError, match="cannot be read"):
        trackers(tmp_path / digits)


def test_names_of_a_tar_that_are_no_utf8(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as file:
        for name in ("t/Biker.txt", "t/\udcff.txt"):
            info = tarfile.TarInfo(name)
            info.size = len(ROW)
            file.addfile(info, io.BytesIO(ROW.encode()))
    (found,) = trackers(tmp_path / "a.tar").values()
    assert found.strays == "1 files are of no sequence of otb100, such as t/\\udcff.txt"


def test_what_is_no_file_among_results_is_a_fault_when_it_is_read(tmp_path: Path) -> None:
    put(tmp_path, "mine/Biker.txt")
    os.mkfifo(tmp_path / "mine" / "Dog.txt")
    (tmp_path / "mine" / "Car2.txt").symlink_to(tmp_path / "mine" / "Car2.txt")
    (tmp_path / "mine" / "loop").symlink_to(tmp_path)
    (found,) = trackers(tmp_path).values()
    for name, problem in (("Dog", "is a pipe, not a file"), ("Car2", "cannot be read")):
        with pytest.raises(InputError, match=problem):
            found.files[name][0].read()


def test_a_folder_that_cannot_be_listed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "a/Biker.txt", "b/Biker.txt")
    scandir = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("/b"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(InputError, match="b: cannot be listed: Permission denied"):
        trackers(tmp_path)


def test_trackingnet_takes_a_name_within_a_name_as_missing(tmp_path: Path) -> None:
    root = put(tmp_path / "mine", "a_0.txt", "copy_of_a_0.txt", "b_0.txt")
    (found,) = trackers(root, "trackingnet", ("a_0", "b_0")).values()
    assert list(found.files) == ["b_0"]
    assert found.ambiguous == ("a_0",)
    assert any("several file names contain a_0" in note for note in found.notes)


def test_trackers_beside_each_other_do_not_claim_each_others_trackingnet_results(tmp_path: Path) -> None:
    put(tmp_path, *(f"{folder}/a_0.txt" for folder in ("kcf", "mosse", "dimp_000", "dimp_001")))
    found = trackers(tmp_path, "trackingnet", ("a_0",))
    assert {name: len(each.files["a_0"]) for name, each in found.items()} == {"dimp": 2, "kcf": 1, "mosse": 1}


def zipped(path: Path, *members: str, text: str = ROW) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for member in members:
            file.writestr(member, text)
    return path


def test_archives_are_read_in_memory(tmp_path: Path) -> None:
    tar = tmp_path / "results_ATOM.tar.xz"
    with tarfile.open(tar, "w:xz") as file:
        info = tarfile.TarInfo("ATOM/Biker.txt")
        info.size = len(ROW)
        file.addfile(info, io.BytesIO(ROW.encode()))
    assert list(trackers(tar)) == ["ATOM"]
    assert list(trackers(zipped(tmp_path / "KCF.zip", "Biker.txt", "._Biker.txt", "__MACOSX/._Biker.txt"))) == ["KCF"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["KCF.zip", "results_ATOM.tar.xz"]


def test_an_archive_leads_nowhere(tmp_path: Path) -> None:
    """Members that point outside are never written; links are not followed."""
    (tmp_path / "secret.txt").write_text(ROW)
    tar = tmp_path / "a.tar"
    with tarfile.open(tar, "w") as file:
        for name, kind in (("t/Biker.txt", tarfile.SYMTYPE), ("t/Bird1.txt", tarfile.LNKTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "../secret.txt"
            file.addfile(info)
    with pytest.raises(InputError, match="holds no result files"):
        trackers(tar)
    with pytest.raises(InputError, match="leads out of the archive"):
        trackers(zipped(tmp_path / "b.zip", "../../Biker.txt"))
    assert sorted(os.listdir(tmp_path.parent)) == sorted({tmp_path.name, *os.listdir(tmp_path.parent)})
    assert not (tmp_path.parent / "Biker.txt").exists()


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_path_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"Biker\.txt: is there twice"):
        trackers(zipped(tmp_path / "a.zip", "t/Biker.txt", "t/Biker.txt"))


def packed(path: Path, files: int) -> Path:
    """An archive of whatever kind the name says, with ``<number>.txt``."""
    if path.suffix == ".zip":
        return zipped(path, *(f"t/{number}.txt" for number in range(files)), text=ROW * 100)
    with tarfile.open(path, f"w:{path.suffix[1:]}" if path.suffix != ".tar" else "w") as file:
        for number in range(files):
            info = tarfile.TarInfo(f"t/{number}.txt")
            info.size = 100 * len(ROW)
            file.addfile(info, io.BytesIO(ROW.encode() * 100))
    return path


@pytest.mark.parametrize("suffix", [".tar", ".tar.xz", ".tar.gz", ".tar.bz2", ".zip"])
def test_an_archive_that_ends_early_is_no_shorter_archive(tmp_path: Path, suffix: str) -> None:
    """Wherever it is cut: in a member, in a header, or between two members of a plain tar."""
    whole = packed(tmp_path / f"whole{suffix}", 5).read_bytes()
    names, cut = tuple(map(str, range(5))), tmp_path / f"cut{suffix}"
    step = 256 if suffix == ".tar" else max(1, len(whole) // 64)
    outcomes = []
    for length in range(4, len(whole), step):
        cut.write_bytes(whole[:length])
        try:
            outcomes += [tuple(found.files) for found in trackers(cut, "folder", names).values()]
        except InputError as error:
            outcomes.append((str(error.path), error.problem.partition(":")[0]))
    early = outcomes.count((str(cut), "ends early"))
    assert early >= len(outcomes) / 3
    assert outcomes[early:] == [names] * (len(outcomes) - early)  # in the padding behind the last member


def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LIMIT_VARIABLE, "1000")
    with pytest.raises(InputError, match="unpacks to more"):
        trackers(zipped(tmp_path / "a.zip", "Biker.txt", text="0" * 2000))


@given(content=st.binary(max_size=200))
def test_any_bytes_are_boxes_or_a_clear_error(content: bytes) -> None:
    try:
        columns = read_result(content, "r.txt").shape[1]
    except InputError as error:
        columns = 4 if error.path == "r.txt" else 0
    assert columns == 4


@given(content=st.binary(max_size=300), suffix=st.sampled_from([".zip", ".tar.xz", ".tar.gz"]))
def test_any_bytes_are_an_archive_or_a_clear_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, suffix: str
) -> None:
    path = tmp_path_factory.mktemp("archive") / f"a{suffix}"
    path.write_bytes(content)
    with pytest.raises(InputError):
        trackers(path)


@given(folders=st.lists(st.text(st.characters(exclude_characters="/"), min_size=1), max_size=4))
def test_any_folder_names_a_tracker_or_none(folders: list[str]) -> None:
    assert isinstance(tracker_name(folders, "otb100"), str)
