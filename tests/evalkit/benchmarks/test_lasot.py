"""LaSOT and LaSOT_ext: two layouts of annotation, and two kinds of flags."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalkit.benchmarks.lasot import LaSOT
from evalkit.benchmarks.lasot_ext import LaSOTExt
from evalkit.errors import InputError

ROWS = "1,2,3,4\n" * 4


def write_sequence(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "groundtruth.txt").write_text(ROWS)
    (folder / "full_occlusion.txt").write_text("0,1,0,0")
    (folder / "out_of_view.txt").write_text("0,0,1,0")


@pytest.mark.parametrize("classes", [True, False])
def test_full_data_set(classes: bool, tmp_path: Path) -> None:
    for name in ("airplane-1", "airplane-2", "airplane-9"):  # the second is of the training set
        write_sequence(tmp_path / "airplane" / name if classes else tmp_path / name)
    benchmark = LaSOT(tmp_path)
    inventory = benchmark.inventory()
    assert inventory.present == ("airplane-1", "airplane-9")
    assert (inventory.total, inventory.verified) == (280, True)
    assert "1 sequences outside the official list are left out" in inventory.notes
    sequence = benchmark.sequence("airplane-1")
    assert sequence.absent is not None
    assert sequence.absent.tolist() == [False, True, True, False]
    assert {flag: values.tolist() for flag, values in sequence.flags.items()} == {
        "full_occlusion": [0, 1, 0, 0],
        "out_of_view": [0, 0, 1, 0],
    }
    assert sequence.attributes  # of the official list


@pytest.mark.parametrize("layout", ["annos", "annos+absent", "flat"])
def test_the_toolkits_absent_files_decide(layout: str, tmp_path: Path) -> None:
    annos = {"annos": "annos", "annos+absent": "annos", "flat": "."}[layout]
    absent = {"annos": "annos/absent", "annos+absent": "absent", "flat": "absent"}[layout]
    for folder, text in ((annos, ROWS), (absent, "0\n0\n0\n1\n")):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / "airplane-1.txt").write_text(text)
    benchmarks = [LaSOT(tmp_path), *([LaSOT(tmp_path / annos)] if layout != "flat" else [])]
    for benchmark in benchmarks:
        sequence = benchmark.sequence("airplane-1")
        assert sequence.absent is not None
        assert sequence.absent.tolist() == [False, False, False, True]
        assert benchmark.inventory().notes == ()


def test_missing_flags_are_said(tmp_path: Path) -> None:
    (tmp_path / "airplane-1.txt").write_text(ROWS)
    benchmark = LaSOT(tmp_path)
    assert benchmark.sequence("airplane-1").absent is None
    assert "official scores need it" in benchmark.inventory().notes[0]


def test_flags_of_another_length(tmp_path: Path) -> None:
    write_sequence(tmp_path / "airplane-1")
    (tmp_path / "airplane-1" / "out_of_view.txt").write_text("0,0,1")
    with pytest.raises(InputError, match=r"out_of_view\.txt: 3 values for 4 frames"):
        LaSOT(tmp_path).sequence("airplane-1")


def test_monkey_17_has_more_images_than_rows(tmp_path: Path, write_images) -> None:
    for name in ("monkey-17", "monkey-9"):
        write_sequence(tmp_path / "monkey" / name)
        write_images(tmp_path / "monkey" / name / "img", [f"{number:08d}.png" for number in range(1, 7)])
    benchmark = LaSOT(tmp_path)
    cut, wrong = (benchmark.sequence(name).frames for name in ("monkey-17", "monkey-9"))
    assert cut is not None
    assert wrong is not None
    assert Path(cut.name(3)).name == "00000004.png"
    with pytest.raises(InputError, match="6 images for 4 rows"):
        wrong.name(0)


def test_lasot_ext_has_a_list_of_its_own(tmp_path: Path) -> None:
    write_sequence(tmp_path / "atv" / "atv-1")
    inventory = LaSOTExt(tmp_path).inventory()
    assert (inventory.present, inventory.total) == (("atv-1",), 150)
    assert not LaSOT(tmp_path).inventory().verified


def test_flags_that_some_sequences_lack_are_counted(tmp_path: Path) -> None:
    (tmp_path / "absent").mkdir()
    for name in ("airplane-1", "airplane-9", "airplane-13"):
        (tmp_path / f"{name}.txt").write_text(ROWS)
        (tmp_path / "absent" / f"{name}.txt").write_text("0\n0\n0\n1\n")
    assert LaSOT(tmp_path).shortcoming() is None
    (tmp_path / "absent" / "airplane-9.txt").unlink()
    assert "for 1 of 3 sequences: official scores need it" in (LaSOT(tmp_path).shortcoming() or "")
