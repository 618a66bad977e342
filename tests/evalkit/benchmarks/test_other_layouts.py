"""TNL2K, NFS, DTB70, VOT and people's own folders."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evalkit.benchmarks.dtb70 import DTB70
from evalkit.benchmarks.folder import Folder
from evalkit.benchmarks.got10k import GOT10k
from evalkit.benchmarks.installed import BENCHMARKS
from evalkit.benchmarks.inventory import Inventory
from evalkit.benchmarks.nfs30 import NFS30
from evalkit.benchmarks.tnl2k import TNL2K
from evalkit.errors import InputError


def test_tnl2k_bundle(tmp_path: Path, write_rows) -> None:
    name = "advSamp_monitor_bikeyellow"
    write_rows(tmp_path / "annos" / "gt_rect" / f"{name}.txt", 3)
    for kind, file, text in (
        ("absent", name, "0 \n1 \n0 \n0 \n"),
        ("att", f"{name}_attribute", "1\n" + "0\n" * 15 + "1\n"),
    ):
        (tmp_path / "annos" / kind).mkdir()
        (tmp_path / "annos" / kind / f"{file}.txt").write_text(text)
    sequence = TNL2K(tmp_path).sequence(name)
    assert sequence.absent is not None
    assert sequence.absent.tolist() == [False, True, False]  # the flag after the last row is dropped
    assert sequence.attributes == {"CM", "MS"}
    (tmp_path / "annos" / "absent" / f"{name}.txt").write_text("0 \n1 \n")
    with pytest.raises(InputError, match="2 flags for 3 frames"):
        TNL2K(tmp_path).sequence(name)


def test_tnl2k_images_have_names_of_all_kinds(tmp_path: Path, write_rows, write_images) -> None:
    write_rows(tmp_path / "a" / "groundtruth.txt", 3)
    write_images(tmp_path / "a" / "imgs", ["shot 9.png", "shot 10.png", "shot 11.jpg"])
    frames = TNL2K(tmp_path).sequence("a").frames
    assert frames is not None
    assert [Path(frames.name(index)).name for index in range(3)] == ["shot 9.png", "shot 10.png", "shot 11.jpg"]


def test_nfs_converted(tmp_path: Path, write_images) -> None:
    (tmp_path / "anno").mkdir()
    (tmp_path / "anno" / "nfs_Gymnastics.txt").write_text("1\t2\t3\t4\n5\t6\t7\t8\n")
    write_images(tmp_path / "sequences" / "Gymnastics", ["00001.png", "00002.png"])
    benchmark = NFS30(tmp_path)
    assert (benchmark.inventory().present, benchmark.inventory().total) == (("Gymnastics",), 100)
    sequence = benchmark.sequence("Gymnastics")
    assert sequence.native.tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]
    assert sequence.frames is not None
    assert sequence.frames.name(1).endswith("00002.png")


def write_vatic(root: Path, name: str, rows: int, first: int) -> None:
    folder = root / name / "30"
    folder.mkdir(parents=True)
    lines = (f'0 {k} 10 {k + 4} 16 {first + k} {int(k == 8)} {int(k == 16)} 0 "ball"\n' for k in range(rows))
    (folder / f"{name}.txt").write_text("".join(lines))


@pytest.mark.parametrize(
    ("first", "rows", "images", "kept"), [(0, 33, None, 5), (1, 33, 5, 5), (1, 33, 4, 4), (1, 32, 5, 4)]
)
def test_nfs_original_is_thinned_to_30_fps(
    first: int, rows: int, images: int | None, kept: int, tmp_path: Path, write_images
) -> None:
    write_vatic(tmp_path, "Gymnastics", rows, first)
    if images:
        write_images(tmp_path / "Gymnastics" / "30" / "Gymnastics", [f"{k:05d}.png" for k in range(1, images + 1)])
    sequence = NFS30(tmp_path).sequence("Gymnastics")
    assert sequence.native.tolist() == [[8 * k, 10, 4, 6] for k in range(kept)]
    assert sequence.absent is not None
    assert sequence.absent.tolist() == [k == 1 for k in range(kept)]
    assert sequence.flags["occluded"].tolist() == [k == 2 for k in range(kept)]
    if sequence.frames is not None:
        assert sequence.frames.name(kept - 1).endswith(f"{kept:05d}.png")


def test_nfs_rows_that_do_not_fit_the_images(tmp_path: Path, write_images) -> None:
    write_vatic(tmp_path, "Gymnastics", 33, 1)
    write_images(tmp_path / "Gymnastics" / "30" / "Gymnastics", [f"{k:05d}.png" for k in range(1, 10)])
    with pytest.raises(InputError, match=r"Gymnastics\.txt: 5 rows at 30 fps for 9 images"):
        NFS30(tmp_path).sequence("Gymnastics")


def test_nfs_pingpong_2_ends_before_its_annotation(tmp_path: Path) -> None:
    write_vatic(tmp_path, "pingpong_2", 400, 1)
    assert len(NFS30(tmp_path).sequence("pingpong_2")) == 33  # 240-fps rows 0, 8, ... 256


def test_dtb70(tmp_path: Path, write_rows, write_images) -> None:
    write_rows(tmp_path / "Gull1" / "groundtruth_rect.txt", 2)
    write_images(tmp_path / "Gull1" / "img", ["00001.png", "00002.png"])
    benchmark = DTB70(tmp_path)
    inventory = benchmark.inventory()
    assert (inventory.present, inventory.total, inventory.verified) == (("Gull1",), 70, True)
    assert benchmark.sequence("Gull1").initial_box.tolist() == [0, 1, 3, 4]


def test_vot_polygons_become_boxes(tmp_path: Path, write_images) -> None:
    folder = tmp_path / "bag"
    write_images(folder / "color", ["00000001.png", "00000002.png"])
    (folder / "groundtruth.txt").write_text("1,2,5,2,5,8,1,8\n3,0,6,3,3,6,0,3\n")
    (folder / "sequence").write_text("name=bag\nwidth=320\nheight=240\n")
    (folder / "occlusion.tag").write_text("0\n1\n")
    sequence = BENCHMARKS["vot2018"](tmp_path).sequence("bag")
    assert sequence.native.tolist() == [[1, 2, 4, 6], [0, 0, 6, 6]]
    assert sequence.polygons is not None
    assert sequence.polygons.shape == (2, 8)
    assert (sequence.size, sequence.flags["occlusion"].tolist()) == ((320, 240), [0, 1])
    assert sequence.frames is not None
    assert sequence.frames.read(1)[0, 0, 0] == 1


def test_vot_rectangles_have_no_polygons_and_other_columns_are_refused(tmp_path: Path) -> None:
    (tmp_path / "tile.txt").write_text("1,2,3,4\n")
    (tmp_path / "six.txt").write_text("1,2,3,4,5,6\n")
    benchmark = BENCHMARKS["vot2015"](tmp_path)
    assert benchmark.sequence("tile").polygons is None
    with pytest.raises(InputError, match="has 6 columns, expected 4 or 8"):
        benchmark.sequence("six")


@pytest.mark.parametrize("images", ["img", "imgs", "color", "frames", "."])
@pytest.mark.parametrize("annotation", ["groundtruth.txt", "groundtruth_rect.txt"])
def test_own_folders(images: str, annotation: str, tmp_path: Path, write_images) -> None:
    write_images(tmp_path / "walk" / images, [f"{k}.png" for k in range(3)])
    (tmp_path / "walk" / annotation).write_text("10,20,3,4\n0,0,0,0\nnan,nan,nan,nan\n")
    for root in (tmp_path, tmp_path / "walk"):
        assert Folder(root).inventory() == Inventory(("walk",), verified=True)
        sequence = Folder(root).sequence("walk")
        assert sequence.absent is not None
        assert sequence.absent.tolist() == [False, True, True]
        assert sequence.initial_box.tolist() == [10, 20, 3, 4]
        assert sequence.frames is not None
        assert sequence.frames.read(2)[0, 0, 0] == 2


def test_own_folder_with_base_1(tmp_path: Path, write_rows) -> None:
    write_rows(tmp_path / "walk" / "groundtruth.txt", 2)
    benchmark = Folder(tmp_path, {"base": "1"})
    assert benchmark.sequence("walk").initial_box.tolist() == [0, 1, 3, 4]
    assert np.array_equal(benchmark.sequence("walk").native[0], [1, 2, 3, 4])
    with pytest.raises(InputError, match="base=2"):
        Folder(tmp_path, {"base": "2"})


def test_got10k_says_what_any_sequence_lacks_of_the_official_scores(tmp_path: Path, write_rows) -> None:
    folders = [tmp_path / "val" / f"GOT-10k_Val_00000{number}" for number in (1, 2)]
    for folder in folders:
        write_rows(folder / "groundtruth.txt", 2)
    neither = GOT10k(tmp_path).shortcoming() or ""
    assert neither.startswith("no cover.label: ")
    assert "; no meta_info.ini: " in neither
    for folder in folders:
        (folder / "cover.label").write_text("8\n8\n")
    assert (GOT10k(tmp_path).shortcoming() or "").startswith("no meta_info.ini: ")
    (folders[0] / "meta_info.ini").write_text("resolution: (640, 480)\n")
    assert (GOT10k(tmp_path).shortcoming() or "").startswith("no meta_info.ini for 1 of 2 sequences: ")
    (folders[1] / "meta_info.ini").write_text("resolution: (640, 480)\n")
    assert GOT10k(tmp_path).shortcoming() is None
