"""What a header says is what the decoder makes of the file: size, depth, orientation; and what is no image at all."""

from __future__ import annotations

import contextlib
import io
import struct

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from evalkit.errors import InputError
from evalkit.sequences.frames import decode_image
from evalkit.sequences.image_headers import parse_header

SIZES = [(48, 65), (33, 40), (64, 57)]


def picture(height: int, width: int) -> np.ndarray:
    rng = np.random.default_rng(height)
    return cv2.GaussianBlur(rng.integers(0, 256, (height, width, 3), dtype=np.uint8), (0, 0), 3).reshape(
        height, width, 3
    )


def saved(image: np.ndarray, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, kind, **options)  # type: ignore[arg-type]
    return stream.getvalue()


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp", ".tif", ".webp", ".ppm", ".jp2", ".gif", ".pgm"])
@pytest.mark.parametrize(("height", "width"), SIZES)
@pytest.mark.parametrize("deep", [False, True])
def test_size_and_depth_are_those_of_the_decoded_picture(suffix, height, width, deep):
    image = picture(height, width)
    image = image[:, :, 0] if suffix == ".pgm" else image
    deep = deep and suffix in (".png", ".tif", ".pgm", ".ppm")
    encoded = cv2.imencode(suffix, image.astype(np.uint16) * 257 if deep else image)[1]
    header = parse_header(encoded.tobytes())
    decoded = cv2.imdecode(encoded, cv2.IMREAD_COLOR_RGB | cv2.IMREAD_ANYDEPTH)
    assert (header.size, header.maximum) == ((width, height), np.iinfo(decoded.dtype).max)
    assert (header.pictures, header.orientation) == (1, 1)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("PNG", {}),
        ("WEBP", {}),
        ("WEBP", {"lossless": True}),
        ("TIFF", {}),
        ("TIFF", {"big_tiff": True}),
    ],
)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_turns_the_size_as_it_turns_the_picture(kind, options, orientation):
    exif = Image.Exif()
    exif[274] = orientation
    content = saved(picture(33, 40), kind, exif=exif, **options)
    header = parse_header(content)
    decoded = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    assert header.orientation == orientation
    assert header.size == decoded.shape[1::-1] == ((40, 33) if orientation < 5 else (33, 40))


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_several_pictures_in_one_file_are_counted(kind):
    frames = [Image.fromarray(np.full((40, 50, 3), value, np.uint8)) for value in (0, 100, 200)]
    stream = io.BytesIO()
    frames[0].save(stream, kind, save_all=True, append_images=frames[1:])
    assert parse_header(stream.getvalue()).pictures == (2 if kind == "GIF" else 3)


def test_a_thumbnail_page_of_a_tiff_is_no_second_picture():
    one = struct.pack("<HHHIIHHIIHHII", 3, 256, 3, 1, 9, 257, 3, 1, 8, 254, 4, 1, 0)
    two = struct.pack("<HHHIIHHIIHHII", 3, 256, 3, 1, 4, 257, 3, 1, 4, 254, 4, 1, 1)
    content = b"II*\0" + struct.pack("<I", 8) + one + struct.pack("<I", 8 + len(one) + 4) + two + bytes(4)
    header = parse_header(content)
    assert (header.size, header.pictures) == ((9, 8), 1)


@pytest.mark.parametrize(
    ("content", "size", "maximum"),
    [
        (b"P5 # a comment\n# another\n6\n1 4095\n", (6, 1), 4095),
        (b"P2\n3\t2\n100\n1 2 3 4 5 6\n", (3, 2), 100),
        (b"P1\n3 2\n1 0 1 0 1 0\n", (3, 2), 255),
        (b"BM" + bytes(12) + struct.pack("<IHH", 12, 5, 6), (5, 6), 255),
        (b"BM" + bytes(12) + struct.pack("<Iii", 40, 5, -6), (5, 6), 255),
    ],
)
def test_old_and_simple_types(content, size, maximum):
    header = parse_header(content)
    assert (header.size, header.maximum) == (size, maximum)


@pytest.mark.parametrize(
    "content",
    [b"", b"no image", b"\xff\xd8\xff", b"P6\n0 4\n255\n", b"P6\n4 4\n70000\n", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM"],
)
def test_what_has_no_header_is_a_value_error(content):
    with pytest.raises(ValueError, match=r"header|none of"):
        parse_header(content)


SAMPLES = [
    *(saved(picture(33, 40), kind) for kind in ("JPEG", "PNG", "TIFF", "WEBP", "GIF", "PPM", "BMP", "JPEG2000")),
    saved(picture(33, 40), "TIFF", big_tiff=True),
]


@settings(deadline=None, max_examples=300)
@given(
    sample=st.sampled_from(SAMPLES),
    cut=st.integers(0, 3000),
    changes=st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=8),
)
def test_a_damaged_header_is_a_value_error_and_nothing_else(sample, cut, changes):
    content = bytearray(sample[: cut or None])
    for place, value in changes:
        if place < len(content):
            content[place] = value
    try:
        header = parse_header(bytes(content))
    except ValueError:
        return
    assert min(header.size) > 0
    assert header.maximum >= 1


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xd8" + b"\xff\xe0\x00\x02" * 2_000_000,
        b"\xff\xd8\xff" + b"\xff\x00" * 5_000_000,
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08" + bytes(10_000_000),
        b"RIFF\0\0\0\0WEBP" + bytes(10_000_000),
        b"GIF89a\1\0\1\0\0\0\0!\xff" + b"\1\1" * 5_000_000,
        b"\0\0\0\x0cjP  " + b"\0\0\0\x08abcd" * 1_000_000,
    ],
    ids=["segments", "fill bytes", "chunks", "riff", "blocks", "boxes"],
)
def test_files_made_to_keep_readers_busy_are_given_up_soon(content, monkeypatch):
    steps = []
    real = struct.unpack_from
    monkeypatch.setattr("struct.unpack_from", lambda *arguments: steps.append(1) or real(*arguments))
    with contextlib.suppress(ValueError):
        parse_header(content)
    assert len(steps) < 250_000


@settings(deadline=None, max_examples=200)
@given(
    sample=st.sampled_from(SAMPLES),
    part=st.floats(0.0, 1.0),
    changes=st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 255)), max_size=6),
)
def test_a_damaged_image_is_wrong_input_or_as_large_as_its_header_says(sample, part, changes):
    content = bytearray(sample[: 1 + round(part * len(sample))] if part < 0.5 else sample)
    for place, value in changes:
        content[place % len(content)] = value
    try:
        image = decode_image(bytes(content), "x")
    except InputError:
        return
    assert (image.dtype, image.shape) == (np.uint8, (*parse_header(bytes(content)).size[::-1], 3))
