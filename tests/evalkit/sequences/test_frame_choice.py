"""Which image belongs to which row, and which one is too many: by name."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from evalkit.errors import InputError
from evalkit.sequences.frame_choice import choose_frames, folder_rank, is_image, natural_key


def ordered(*names: str) -> list[PurePosixPath]:
    return [PurePosixPath(name) for name in sorted(names, key=natural_key)]


def numbered(numbers: range, form: str = "{:04d}.jpg") -> list[str]:
    return [form.format(number) for number in numbers]


def problem(names: list[str], length: int, first: int | None = None) -> str:
    with pytest.raises(InputError) as caught:
        choose_frames(ordered(*names), length, first, Path("img"))
    return str(caught.value)


@pytest.mark.parametrize(
    ("extra", "why"),
    [
        ("0001 (1).jpg", "0001 (1).jpg looks like a copy of 0001.jpg"),
        ("0001 2.jpg", "0001 2.jpg looks like a copy of 0001.jpg"),
        ("0004 - Copy.jpg", "0004 - Copy.jpg looks like a copy of 0004.jpg"),
        ("0004_copy2.jpg", "0004_copy2.jpg looks like a copy of 0004.jpg"),
        ("0003.png", "0003.png has the number of 0003.jpg"),
        ("00003.jpg", "has the number of"),
        ("cover.jpg", "cover.jpg has no number as the others have"),
    ],
)
@pytest.mark.parametrize("length", [12, 13])
def test_the_image_too_many_is_named_even_where_the_numbers_agree(extra, why, length):
    message = problem([*numbered(range(1, 13)), extra], length)
    assert message.startswith(f"img: 13 images for {length} rows of ground truth; ")
    assert why in message
    assert ("image 13 is missing" in message) == (length == 13)
    assert message.endswith("(one image a row; remove what is no frame)")


def test_images_too_many_without_a_copy_are_named_by_their_ends():
    message = problem(numbered(range(1, 82)), 74)
    assert "81 images for 74 rows of ground truth; they are 0001.jpg to 0081.jpg (one image a row; remove" in message


def test_a_copy_does_not_hide_what_is_missing():
    names = [name for name in numbered(range(1, 13)) if name != "0007.jpg"]
    message = problem([*names, "0001 (1).jpg"], 12)
    assert "12 images for 12 rows of ground truth; 0001 (1).jpg looks like a copy" in message
    assert "image 7 is missing" in message


def test_many_copies_are_counted():
    names = numbered(range(1, 13))
    message = problem([*names, *(name.replace(".jpg", ".png") for name in names)], 12)
    assert message.count("has the number of") == 3
    assert "so are 9 more" in message


def test_the_official_range_is_taken_whatever_lies_beside_it():
    chosen = choose_frames(ordered(*numbered(range(1, 13)), "0003 (1).jpg", "cover.jpg"), 4, 2, Path("img"))
    assert [path.name for path in chosen] == numbered(range(2, 6))


@pytest.mark.parametrize(
    "names",
    [
        numbered(range(12)),
        numbered(range(0, 36, 3)),
        [*numbered(range(1, 7)), *numbered(range(7, 13), "{:04d}.png")],
        [*numbered(range(6), "a_{}.jpg"), *numbered(range(6), "b_{}.jpg")],
        [f"1305031102.{number:06d}.png" for number in range(5, 600_005, 50_000)],
        [f"frame{number}_left.jpg" for number in range(12)],
        list("abcdefghijkl"),
    ],
    ids=["from 0", "every third", "two suffixes", "two clips", "time stamps", "number inside", "no numbers"],
)
def test_whatever_people_call_their_frames(names):
    names = [name if "." in name else f"{name}.jpg" for name in names]
    assert len(choose_frames(ordered(*names), 12, None, Path("img"))) == 12


def test_names_of_thousands_of_digits_sort():
    long = "9" * 5000
    assert sorted([f"1{long}.jpg", f"{long}.jpg", "10.jpg"], key=natural_key)[0] == "10.jpg"
    assert len(choose_frames(ordered(f"1{long}.jpg", f"{long}.jpg"), 2, 1, Path("img"))) == 2


@pytest.mark.parametrize(
    "name", ["0001.TIF", "a.Tiff", "1.webp", "1.PPM", "1.pgm", "1.pnm", "1.bmp", "1.JP2", "1.JPEG"]
)
def test_suffixes_of_images(name):
    assert is_image(PurePosixPath(name))


@pytest.mark.parametrize("name", ["._1.jpg", "Thumbs.db", "__MACOSX/1.jpg", "a/@eaDir/1.jpg", ".trash/1.jpg", "1.txt"])
def test_what_systems_leave_behind_is_no_image(name):
    assert not is_image(PurePosixPath(name))


def test_parts_of_a_path_that_are_dots_hide_nothing():
    assert is_image(PurePosixPath("../../1.jpg"))


def test_visible_light_goes_before_infrared():
    assert folder_rank("Visible") < folder_rank("INFRARED")
    assert folder_rank("masks") is None
