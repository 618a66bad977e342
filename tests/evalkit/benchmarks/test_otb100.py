"""OTB100's layout and its odd sequences."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalkit.benchmarks.otb100 import OTB100
from evalkit.errors import InputError


def test_official_list() -> None:
    names = OTB100(Path()).official_names()
    assert len(names) == len(set(names)) == 100
    assert {"Jogging_1", "Jogging_2", "Skating2_1", "Skating2_2", "Human4_2", "Tiger1"} <= set(names)


def test_two_targets_share_one_folder_of_images(tmp_path: Path, write_rows, write_images) -> None:
    write_images(tmp_path / "Jogging" / "img", ["0001.png", "0002.png"])
    for target in (1, 2):
        write_rows(tmp_path / "Jogging" / f"groundtruth_rect.{target}.txt", 2)
    benchmark = OTB100(tmp_path)
    assert benchmark.inventory().present == ("Jogging_1", "Jogging_2")
    first, second = (benchmark.sequence(name).frames for name in ("Jogging_1", "Jogging_2"))
    assert first is not None
    assert second is not None
    assert first.name(0) == second.name(0)


def test_human4_is_its_second_file(tmp_path: Path, write_rows) -> None:
    (tmp_path / "Human4").mkdir()
    (tmp_path / "Human4" / "groundtruth_rect.1.txt").touch()
    write_rows(tmp_path / "Human4" / "groundtruth_rect.2.txt", 3)
    assert OTB100(tmp_path).inventory().present == ("Human4_2",)


def test_david_starts_at_image_300(tmp_path: Path, write_rows, write_images) -> None:
    write_images(tmp_path / "David" / "img", [f"{number:04d}.png" for number in range(290, 771)])
    write_rows(tmp_path / "David" / "groundtruth_rect.txt", 471)
    frames = OTB100(tmp_path).sequence("David").frames
    assert frames is not None
    assert [Path(frames.name(index)).name for index in (0, 470)] == ["0300.png", "0770.png"]
    assert frames.read(0)[0, 0].tolist() == [10, 0, 0]


@pytest.mark.parametrize(("rows", "omitted"), [(354, 5), (349, 0)])
def test_tiger1_is_evaluated_from_its_sixth_frame(
    rows: int, omitted: int, tmp_path: Path, write_rows, write_images
) -> None:
    write_images(tmp_path / "Tiger1" / "img", [f"{number:04d}.png" for number in range(1, 355)])
    write_rows(tmp_path / "Tiger1" / "groundtruth_rect.txt", rows)
    sequence = OTB100(tmp_path).sequence("Tiger1")
    assert (len(sequence), len(sequence.omitted), len(sequence.full_native)) == (349, omitted, rows)
    assert sequence.full_native[:, 0].tolist() == list(range(1, rows + 1))
    assert sequence.initial_box.tolist() == [omitted, 1, 3, 4]
    assert sequence.frames is not None
    assert Path(sequence.frames.name(0)).name == "0006.png"


def test_more_images_than_rows_only_where_the_list_says_so(tmp_path: Path, write_rows, write_images) -> None:
    for name in ("Football1", "Unknown"):
        write_images(tmp_path / name / "img", [f"{number:04d}.png" for number in range(1, 82)])
        write_rows(tmp_path / name / "groundtruth_rect.txt", 74)
    benchmark = OTB100(tmp_path)
    football, unknown = (benchmark.sequence(name).frames for name in ("Football1", "Unknown"))
    assert football is not None
    assert unknown is not None
    assert Path(football.name(73)).name == "0074.png"
    with pytest.raises(InputError, match="81 images for 74 rows"):
        unknown.name(0)


def test_the_flat_annotations_of_the_toolkit(tmp_path: Path, write_rows) -> None:
    for name in ("Human4-2", "jogging-1", "Basketball", "list"):
        write_rows(tmp_path / "anno" / f"{name}.txt", 2)
    inventory = OTB100(tmp_path).inventory()
    assert inventory.present == ("Basketball", "Human4_2", "Jogging_1")
    assert (len(inventory.missing), inventory.total, inventory.verified) == (97, 100, True)


def test_attributes(tmp_path: Path, write_rows) -> None:
    write_rows(tmp_path / "Basketball.txt", 2)
    assert OTB100(tmp_path).sequence("Basketball").attributes == {"IV", "OCC", "DEF", "OPR", "BC"}


def test_unknown_sequence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no sequence 'Nothing' of otb100"):
        OTB100(tmp_path).sequence("Nothing")
