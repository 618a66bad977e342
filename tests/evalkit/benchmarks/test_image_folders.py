"""Where the images of a sequence lie, by any of the names that people use, and what is said where none are seen."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as Pictures

from evalkit.benchmarks.checking import check
from evalkit.benchmarks.image_check import looks_like_corners
from evalkit.benchmarks.layout import frames_folder
from evalkit.benchmarks.registry import open_benchmark, recognise
from evalkit.errors import InputError
from evalkit.running.selection import select
from stdtrack.cli.main import main

SIZE = (48, 64)


def write_images(folder: Path, names: Iterable[str], shape: tuple[int, int] = SIZE) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        suffix = Path(name).suffix.lower()
        image = np.full(shape if suffix == ".pgm" else (*shape, 3), 128, np.uint8)
        encoded = cv2.imencode(suffix, image)[1]
        (folder / name).write_bytes(encoded.tobytes())
    return folder


def sequence(root: Path, name: str = "s", rows: str = "10,10,20,20\n" * 3) -> Path:
    (root / name).mkdir(parents=True)
    (root / name / "groundtruth.txt").write_text(rows)
    return root / name


def numbered(suffix: str = ".jpg", count: int = 3) -> list[str]:
    return [f"{number:04d}{suffix}" for number in range(1, count + 1)]


@pytest.mark.parametrize(
    "name",
    ["img", "IMG", "imgs", "Images", "rgb", "RGB", "Color", "visible", "infrared", "frames", "JPEGImages", "v", "i"],
)
def test_names_of_folders(tmp_path, name):
    images = write_images(sequence(tmp_path) / name, numbered())
    assert frames_folder(tmp_path / "s") == images


@pytest.mark.parametrize("suffix", [".tif", ".TIFF", ".webp", ".PPM", ".pgm", ".bmp", ".jp2", ".JPG", ".png"])
def test_types_of_images(tmp_path, suffix):
    write_images(sequence(tmp_path) / "img", numbered(suffix))
    frames = open_benchmark("folder", data=tmp_path).sequence("s").frames
    assert frames is not None
    assert [frames.read(index).shape for index in range(3)] == [(*SIZE, 3)] * 3


@pytest.mark.parametrize(("folders", "taken"), [("infrared visible", "visible"), ("ir rgb", "rgb"), ("i v", "v")])
def test_visible_light_is_taken_beside_infrared_and_this_is_said(tmp_path, capsys, folders, taken):
    folder = sequence(tmp_path)
    for name in folders.split():
        write_images(folder / name, numbered())
    other = folders.split()[0]
    assert frames_folder(folder) == folder / taken
    with pytest.raises(SystemExit) as caught:
        main(["data", "check", str(tmp_path)])
    assert f"images in {other} as well: {taken} is taken: s" in capsys.readouterr().out
    assert not caught.value.code


def test_visible_light_is_taken_when_packed_too(tmp_path):
    folder, outside = sequence(tmp_path / "data"), write_images(tmp_path / "outside", numbered())
    for name in ("infrared.zip", "visible.zip"):
        with zipfile.ZipFile(folder / name, "w") as archive:
            for path in outside.iterdir():
                archive.write(path, path.name)
    assert frames_folder(folder) == folder / "visible.zip"
    assert checked(tmp_path / "data") == ((), {"images in infrared.zip as well: visible.zip is taken": ("s",)})


def test_a_picture_beside_a_folder_of_images_is_no_sequence(tmp_path):
    folder = sequence(tmp_path)
    write_images(folder, ["preview.jpg"])
    images = write_images(folder / "rgb", numbered())
    assert frames_folder(folder) == images


def test_many_images_go_before_a_folder_beside_them(tmp_path):
    folder = write_images(tmp_path / "s", numbered(count=64))
    write_images(folder / "img", ["1.jpg"])
    assert frames_folder(folder) == folder


def test_the_benchmarks_own_name_goes_first(tmp_path):
    write_images(tmp_path / "color", numbered())
    write_images(tmp_path / "img", numbered())
    assert frames_folder(tmp_path / "color", tmp_path) == tmp_path / "color"


@pytest.mark.parametrize("name", ["IMG.zip", "rgb.ZIP", "s.zip"])
def test_archives_within_the_sequence(tmp_path, name):
    folder, outside = sequence(tmp_path / "data"), write_images(tmp_path / "outside", numbered())
    with zipfile.ZipFile(folder / name, "w") as archive:
        for path in outside.iterdir():
            archive.write(path, f"./deep/{path.name}")
    frames = open_benchmark("folder", data=tmp_path / "data").sequence("s").frames
    assert frames is not None
    assert frames.name(2) == f"{folder / name}/deep/0003.jpg"
    assert frames.read(2).shape == (*SIZE, 3)


def test_an_archive_of_visible_and_infrared_images(tmp_path):
    folder, outside = sequence(tmp_path / "data"), write_images(tmp_path / "outside", numbered())
    with zipfile.ZipFile(folder / "img.zip", "w") as archive:
        for kind in ("infrared", "visible"):
            for path in outside.iterdir():
                archive.write(path, f"s/{kind}/{path.name}")
    frames = open_benchmark("folder", data=tmp_path / "data").sequence("s").frames
    assert frames is not None
    assert frames.name(0).endswith("s/visible/0001.jpg")


@pytest.mark.parametrize(
    ("data_set", "name"), [("otb100", "Deer"), ("lasot", "airplane-1"), ("tnl2k", "advSamp_Baseball_game_002-Done")]
)
def test_every_benchmark_takes_the_names(tmp_path, data_set, name):
    images = write_images(tmp_path / name / "RGB", numbered(".tif"))
    annotation = "groundtruth_rect.txt" if data_set == "otb100" else "groundtruth.txt"
    (tmp_path / name / annotation).write_text("1,2,3,4\n" * 3)
    assert open_benchmark(data_set, data=tmp_path).sources[name].frames == images


def checked(root: Path) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    (found,) = recognise(root)
    result = check(found)
    return result.problems, dict(result.remarks)


def test_a_sequence_without_images_where_others_have_some(tmp_path, capsys):
    for name in ("a", "b", "c"):
        folder = sequence(tmp_path, name)
        if name != "b":
            write_images(folder / "color", numbered())
    problems, _ = checked(tmp_path)
    assert problems == ("b: no images; 2 other sequences have some",)
    with pytest.raises(SystemExit) as caught:
        main(["data", "check", str(tmp_path)])
    assert caught.value.code == 1
    assert "b: no images; 2 other" in capsys.readouterr().out


def test_annotations_alone_are_no_problem(tmp_path):
    sequence(tmp_path, "a")
    sequence(tmp_path, "b")
    assert checked(tmp_path) == ((), {})


@pytest.mark.parametrize(
    ("place", "suffix", "finding"),
    [
        ("img", ".heic", "3 .heic files in img/"),
        (".", ".gif", "3 .gif files"),
        ("left_camera", ".jpg", "3 images in left_camera/"),
    ],
)
def test_what_is_not_seen_is_described(tmp_path, place, suffix, finding):
    folder = sequence(tmp_path) / place
    folder.mkdir(exist_ok=True)
    for name in numbered(suffix):
        (folder / name).write_bytes(b"x")
    problems, _ = checked(tmp_path)
    assert len(problems) == 1
    assert problems[0].startswith(f"s: no images; {finding} are not taken; taken are .jpg .jpeg .png")
    assert "infrared" in problems[0]
    with pytest.raises(InputError, match=f"folder/s has no images .*{finding}"):
        select([open_benchmark("folder", data=tmp_path)])


def test_what_a_look_at_the_images_tells(tmp_path):
    for name in ("deep", "turned", "sizes", "plain"):
        write_images(sequence(tmp_path, name) / "img", numbered(".png"))
    cv2.imwrite(str(tmp_path / "deep/img/0001.png"), np.full(SIZE, 4000, np.uint16))
    write_images(tmp_path / "sizes/img", ["0002.png"], (32, 32))
    exif = Pictures.Exif()
    exif[274] = 3
    Pictures.new("RGB", SIZE[::-1]).save(tmp_path / "turned/img/0001.png", exif=exif)
    problems, remarks = checked(tmp_path)
    assert problems == ()
    assert remarks == {
        "images of more than 8 bits a channel, scaled to 8 by the range of their type": ("deep",),
        "the first image is dark after scaling: no value is above an eighth of the range": ("deep",),
        "images of several sizes": ("sizes",),
        "images with an Exif orientation, which is applied": ("turned",),
    }


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ("100,10,20,20\n10,10,20,20\n10,10,20,20\n", "outside"),
        ("nan,nan,nan,nan\n" * 3, "the first box of folder/s, nan,nan,nan,nan, "),
        ("10,10,0,20\n10,10,20,20\n10,10,20,20\n", "has no area"),
    ],
)
def test_a_first_row_that_run_refuses_is_a_problem(tmp_path, rows, problem):
    write_images(sequence(tmp_path, rows=rows) / "img", numbered())
    problems, _ = checked(tmp_path)
    assert len(problems) == 1
    assert problem in problems[0]
    with pytest.raises(InputError, match=problem):
        select([open_benchmark("folder", data=tmp_path)])


@pytest.mark.parametrize("absent", ["nan,nan,nan,nan", "0,0,0,0"])
def test_own_data_begins_with_the_first_box(tmp_path, absent):
    write_images(sequence(tmp_path, rows=f"{absent}\n10,11,20,20\n{absent}\n12,11,20,20\n") / "img", numbered(count=4))
    select([open_benchmark("folder", data=tmp_path)])  # nothing is wrong with it
    found = open_benchmark("folder", data=tmp_path).sequence("s")
    assert (len(found), found.skipped, found.initial_box.tolist()) == (3, 1, [10, 11, 20, 20])
    assert found.frames is not None
    assert [Path(found.frames.name(index)).name for index in range(3)] == ["0002.jpg", "0003.jpg", "0004.jpg"]
    assert found.absent.tolist() == [False, True, False]
    whole = np.arange(16.0).reshape(4, 4)
    assert found.evaluated(whole).tolist() == whole[1:].tolist()


def test_boxes_that_deserve_a_look_are_remarks(tmp_path):
    write_images(sequence(tmp_path, "out", "60,10,20,20\n" * 3) / "img", numbered())
    write_images(sequence(tmp_path, "corners", "40,30,60,44\n41,30,61,44\n42,31,62,45\n") / "img", numbered())
    problems, remarks = checked(tmp_path)
    assert problems == ()
    assert remarks == {
        "less than half of the first box is inside of the image": ("out",),
        "the ground truth looks like x1, y1, x2, y2 (it is read as x, y, w, h)": ("corners",),
    }


def test_an_image_that_is_none_is_a_problem(tmp_path):
    images = write_images(sequence(tmp_path) / "img", numbered())
    (images / "0002.jpg").write_text("no image")
    problems, _ = checked(tmp_path)
    assert len(problems) == 1
    assert problems[0].startswith(f"{images / '0002.jpg'}: is not an image")


def test_corners_of_a_moving_target_are_told_from_boxes():
    x, y = np.linspace(100, 900, 50), np.linspace(300, 320, 50)
    boxes = np.stack([x, y, np.full(50, 80.0), np.full(50, 60.0)], axis=1)
    corners = np.hstack([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]])
    assert looks_like_corners(corners, (1920, 1080))
    assert not looks_like_corners(boxes, (1920, 1080))


def test_no_real_ground_truth_looks_like_corners(shared):
    """And most of it does once it is written as corners."""
    told = []
    for benchmark in recognise(shared / "benchmarks"):
        for name in benchmark.inventory().present:
            found = benchmark.sequence(name)
            assert found.frames is not None
            size = found.frames.read(0).shape[1::-1]
            assert not looks_like_corners(found.ground_truth, size)
            corners = np.hstack([found.ground_truth[:, :2], found.ground_truth[:, :2] + found.ground_truth[:, 2:]])
            told.append(looks_like_corners(corners, size))
    assert np.mean(told) > 0.7


def test_remarks_are_in_the_json(tmp_path, capsys):
    write_images(sequence(tmp_path, "out", "60,10,20,20\n" * 3) / "img", numbered())
    with pytest.raises(SystemExit):
        main(["data", "check", str(tmp_path), "--format", "json"])
    (found,) = json.loads(capsys.readouterr().out)
    assert found["remarks"] == {"less than half of the first box is inside of the image": ["out"]}


@pytest.mark.parametrize(
    ("case", "code", "text"),
    [("tif", 0, ""), ("webp", 0, ""), ("subname", 0, ""), ("subup", 0, ""), ("vis_ir", 0, "visible is taken"),
     ("votb", 1, "empty: no images")],
)  # fmt: skip
def test_case_04(shared, capsys, case, code, text):
    with pytest.raises(SystemExit) as caught:
        main(["data", "check", str(shared / "cases/04-images-not-seen" / case)])
    assert (caught.value.code or 0) == code
    assert text in capsys.readouterr().out


def test_an_archive_without_an_image_beside_a_first_box(tmp_path):
    folder = tmp_path / "GOT-10k" / "test" / "GOT-10k_Test_000001"
    folder.mkdir(parents=True)
    (folder / "groundtruth.txt").write_text("1,2,3,4\n")
    zipfile.ZipFile(folder / "img.zip", "w").close()
    (found,) = recognise(tmp_path)
    (problem,) = check(found).problems
    assert "img.zip: 0 images for 1 rows of ground truth" in problem
