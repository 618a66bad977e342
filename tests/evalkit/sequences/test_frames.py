"""Images of a sequence: the right ones, in the right order, as RGB; errors name the file."""

from __future__ import annotations

import io
import os
import pickle
import struct
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as Pictures
from PIL import ImageOps

from evalkit.errors import InputError
from evalkit.sequences.frames import ImageFolder, decode_image, list_images, read_image, read_image_header


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[Iterable[str]], Path]:
    def write(names: Iterable[str]) -> Path:
        for name in names:
            (tmp_path / name).touch()
        return tmp_path

    return write


def names(frames: ImageFolder) -> list[str]:
    return [Path(frames.name(index)).name for index in range(len(frames))]


def test_numbers_without_zeros_sort_as_numbers(folder: Callable[[Iterable[str]], Path]) -> None:
    frames = ImageFolder(folder(f"{number}.jpg" for number in range(12)), 12)
    assert names(frames) == [f"{number}.jpg" for number in range(12)]


def test_what_is_no_image_is_no_frame(folder: Callable[[Iterable[str]], Path]) -> None:
    frames = ImageFolder(folder(["0001.JPG", "0002.png", "._0001.jpg", "groundtruth.txt", "thumbs.db"]), 2)
    assert names(frames) == ["0001.JPG", "0002.png"]


def test_official_first_frame_chooses_among_more_images(folder: Callable[[Iterable[str]], Path]) -> None:
    path = folder(f"{number:04d}.jpg" for number in range(1, 21))
    assert names(ImageFolder(path, 3, first=7)) == ["0007.jpg", "0008.jpg", "0009.jpg"]


def test_a_folder_cut_to_the_official_range_and_numbered_anew(folder: Callable[[Iterable[str]], Path]) -> None:
    path = folder(f"{number:04d}.jpg" for number in range(1, 4))
    assert names(ImageFolder(path, 3, first=300)) == ["0001.jpg", "0002.jpg", "0003.jpg"]


@pytest.mark.parametrize(
    ("present", "length", "first", "problem"),
    [
        (range(1, 82), 74, None, "81 images for 74 rows of ground truth"),
        ((1, 2, 4, 5), 5, None, "4 images for 5 rows of ground truth; image 3 is missing"),
        (range(300, 309), 10, 300, "9 images for 10 rows of ground truth; image 309 is missing"),
        ((), 3, None, "0 images for 3 rows"),
    ],
)
def test_images_and_rows_that_do_not_fit(
    folder: Callable[[Iterable[str]], Path], present: Iterable[int], length: int, first: int | None, problem: str
) -> None:
    frames = ImageFolder(folder(f"{number:04d}.jpg" for number in present), length, first)
    with pytest.raises(InputError, match=problem) as caught:
        frames.read(0)
    assert caught.value.path == frames.folder


def test_images_are_rgb(tmp_path: Path) -> None:
    bgr = np.zeros((4, 5, 3), np.uint8)
    bgr[:, :, 0], bgr[:, :, 2] = 10, 200
    cv2.imwrite(str(tmp_path / "0001.png"), bgr)
    image = ImageFolder(tmp_path, 1).read(0)
    assert (image.shape, image.dtype, image[0, 0].tolist()) == ((4, 5, 3), np.uint8, [200, 0, 10])
    assert image.flags.c_contiguous


def test_damaged_and_missing_images_are_named(tmp_path: Path) -> None:
    for content in (b"", b"no image at all"):
        (tmp_path / "bad.jpg").write_bytes(content)
        with pytest.raises(InputError, match="not an image") as caught:
            read_image(tmp_path / "bad.jpg")
        assert caught.value.path == tmp_path / "bad.jpg"
    with pytest.raises(InputError, match="No such file"):
        read_image(tmp_path / "none.jpg")
    with pytest.raises(InputError, match="cannot be listed"):
        ImageFolder(tmp_path / "none", 1).read(0)


def test_frames_travel_to_worker_processes(folder: Callable[[Iterable[str]], Path]) -> None:
    frames = pickle.loads(pickle.dumps(ImageFolder(folder(["1.jpg"]), 1)))  # noqa: S301
    assert names(frames) == ["1.jpg"]


FOLDER, PIPE, LINK, DEVICE = "is a folder", "is a pipe", "is a link to nothing", "is a device"


@pytest.mark.parametrize("kind", [FOLDER, PIPE, LINK, DEVICE])
def test_what_lies_in_an_images_place_is_named(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "0002.jpg"
    for number in (1, 3):
        (tmp_path / f"000{number}.jpg").touch()
    if kind == FOLDER:
        place.mkdir()
    elif kind == PIPE:
        os.mkfifo(place)
    else:
        place.symlink_to("/dev/zero" if kind == DEVICE else "nowhere")
    for read in (read_image, read_image_header, lambda path: list_images(path.parent)):
        with pytest.raises(InputError, match=kind) as caught:
            read(place)
        assert caught.value.path == place


def test_a_link_to_an_image_is_one_and_a_link_to_itself_is_none(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "0001.png"), np.zeros((4, 5, 3), np.uint8))
    (tmp_path / "0002.png").symlink_to("0001.png")
    assert ImageFolder(tmp_path, 2).read(1).shape == (4, 5, 3)
    (tmp_path / "0003.png").symlink_to("0003.png")
    with pytest.raises(InputError, match="link to nothing"):
        list_images(tmp_path)


def test_a_picture_of_many_pixels_is_refused_before_it_is_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nine hundred million black pixels in a few kilobytes."""
    rows = zlib.compress(bytes(1000))
    parts = ((b"IHDR", struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)), (b"IDAT", rows), (b"IEND", b""))
    chunks = [
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in parts
    ]
    path = tmp_path / "0001.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))
    for read in (read_image, read_image_header):
        with pytest.raises(InputError, match=r"30000 x 30000 pixels, more than 134217728 \(STDTRACK_PIXEL_LIMIT"):
            read(path)
    cv2.imwrite(str(path), np.zeros((20, 30, 3), np.uint8))
    monkeypatch.setenv("STDTRACK_PIXEL_LIMIT", "600")
    assert read_image(path).shape == (20, 30, 3)
    monkeypatch.setenv("STDTRACK_PIXEL_LIMIT", "599")
    with pytest.raises(InputError, match="30 x 20 pixels, more than 599"):
        read_image(path)
    monkeypatch.setenv("STDTRACK_PIXEL_LIMIT", "many")
    with pytest.raises(InputError, match="STDTRACK_PIXEL_LIMIT=many is no size"):
        read_image(path)


def test_a_file_of_20_gigabytes_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "1.jpg").open("wb") as file:
        file.truncate(20 << 30)
    for read in (read_image, read_image_header):
        with pytest.raises(InputError, match="has 21474836480 bytes, more than the 268435456 of an image"):
            read(tmp_path / "1.jpg")


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".bmp", ".tif", ".ppm", ".jp2"])
@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
def test_a_cut_off_image_is_refused(tmp_path: Path, suffix: str, part: float) -> None:
    noise = cv2.GaussianBlur(np.random.default_rng(3).integers(0, 256, (120, 160, 3), np.uint8), (0, 0), 2)
    whole = cv2.imencode(suffix, noise)[1].tobytes()
    path = tmp_path / f"1{suffix}"
    path.write_bytes(whole)
    assert read_image(path).shape == (120, 160, 3)
    path.write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(InputError, match="is not an image that can be decoded"):
        read_image(path)


def test_a_jpeg_cut_within_its_picture_is_refused_though_its_thumbnail_ends(tmp_path: Path) -> None:
    inner = cv2.imencode(".jpg", np.zeros((8, 8, 3), np.uint8))[1].tobytes()
    whole = cv2.imencode(".jpg", np.random.default_rng(3).integers(0, 256, (120, 160, 3), np.uint8))[1].tobytes()
    thumbnail = b"\xff\xe3" + struct.pack(">H", 2 + len(inner)) + inner
    content = whole[:2] + thumbnail + whole[2:]
    assert decode_image(content, "x").shape == (120, 160, 3)
    with pytest.raises(InputError, match="it ends before the picture does"):
        decode_image(content[: len(content) // 2], "x")


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_an_animation_is_no_frame(kind: str) -> None:
    frames = [Pictures.fromarray(np.full((40, 50, 3), value, np.uint8)) for value in (0, 200)]
    stream = io.BytesIO()
    frames[0].save(stream, kind, save_all=True, append_images=frames[1:])
    with pytest.raises(InputError, match=r"x: holds several pictures"):
        decode_image(stream.getvalue(), "x")


def test_a_pointer_of_git_lfs_says_what_to_do() -> None:
    with pytest.raises(InputError, match=r"run `git lfs pull`"):
        decode_image(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "x")


@pytest.mark.parametrize("suffix", [".png", ".tif", ".pgm"])
def test_16_bits_are_scaled_by_the_range_of_the_type(suffix: str) -> None:
    values = np.array([[0, 128, 129, 257, 4095, 16383, 65535]], np.uint16)
    image = decode_image(cv2.imencode(suffix, np.repeat(values, 9, axis=0))[1].tobytes(), "x")
    assert image.dtype == np.uint8
    assert image[4, :, 1].tolist() == [round(value / 257) for value in values[0].tolist()]
    assert image[4, :, 1].tolist() == [0, 0, 1, 1, 16, 64, 255]


@pytest.mark.parametrize(("maximum", "kind"), [(4095, ">u2"), (1023, ">u2"), (100, "u1")])
def test_values_are_scaled_by_the_largest_that_the_file_states(maximum: int, kind: str) -> None:
    values = [0, 10, 50, 99, 100]
    header = b"P5\n5 1\n%d\n" % maximum
    image = decode_image(header + np.array(values, kind).tobytes(), "x")
    assert image[0, :, 0].tolist() == [round(value * 255 / maximum) for value in values]


def test_pictures_of_floats_are_refused() -> None:
    stream = io.BytesIO()
    Pictures.fromarray(np.full((5, 7), 0.5, np.float32)).save(stream, "TIFF")
    with pytest.raises(InputError, match="is not an image that can be decoded"):
        decode_image(stream.getvalue(), "x")


@pytest.mark.parametrize(("mode", "kind"), [("L", "PNG"), ("LA", "PNG"), ("RGBA", "PNG"), ("P", "PNG"), ("1", "TIFF"),
                                            ("CMYK", "TIFF"), ("RGBA", "BMP"), ("RGBA", "TIFF")])  # fmt: skip
def test_grey_palettes_transparency_and_cmyk_become_rgb(mode: str, kind: str) -> None:
    colours = np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)
    picture, stream = Pictures.fromarray(colours).convert(mode), io.BytesIO()
    picture.save(stream, kind)
    np.testing.assert_array_equal(decode_image(stream.getvalue(), "x"), np.asarray(picture.convert("RGB")))


def test_orientation_is_applied_to_frame_and_size_alike(tmp_path: Path) -> None:
    """6: the picture's first column is the top row as it is seen."""
    image = np.zeros((16, 32, 3), np.uint8)
    image[:, :8, 0] = 255
    exif = Pictures.Exif()
    exif[274] = 6
    Pictures.fromarray(image).save(tmp_path / "1.png", exif=exif)
    frames = ImageFolder(tmp_path, 1)
    assert frames.read(0).shape == (32, 16, 3)
    assert frames.header(0).size == (16, 32)
    assert (frames.read(0)[:8, :, 0] == 255).all()
    assert not frames.read(0)[8:].any()


def test_names_that_are_no_utf_8(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "1.png"), np.zeros((4, 5, 3), np.uint8))
    os.replace(tmp_path / "1.png", os.fsencode(tmp_path) + b"/\xff1.png")
    assert ImageFolder(tmp_path, 1).read(0).shape == (4, 5, 3)
    assert ImageFolder(tmp_path, 1).header(0).size == (5, 4)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "JPEG", "WEBP"])
def test_every_orientation_is_what_others_make_of_it(orientation: int, kind: str) -> None:
    stored = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (16, 32, 3), np.uint8), (0, 0), 4)
    exif, stream = Pictures.Exif(), io.BytesIO()
    exif[274] = orientation
    Pictures.fromarray(stored).save(stream, kind, exif=exif, lossless=True, quality=100, subsampling=0)
    seen = np.asarray(ImageOps.exif_transpose(Pictures.open(stream)).convert("RGB"))
    image = decode_image(stream.getvalue(), "x")
    assert image.flags.c_contiguous
    assert image.shape == seen.shape
    assert abs(image.astype(int) - seen).max() <= 4
