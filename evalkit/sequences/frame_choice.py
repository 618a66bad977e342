"""Which of the images in a folder or an archive belong to which row of ground truth."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath
from typing import TypeVar

from evalkit.errors import InputError

AnyPath = TypeVar("AnyPath", bound=PurePath)

IMAGE_SUFFIXES = (
    ".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".pbm", ".pnm", ".jp2",
)  # fmt: skip
IMAGE_FOLDERS = (
    "img", "imgs", "image", "images", "rgb", "color", "colour", "visible", "vis", "v", "frames", "frame",
    "jpg", "jpgs", "jpeg", "jpegs", "jpegimages", "png", "pngs", "pics", "pictures", "img1", "rgbimages",
    "infrared", "ir", "i", "thermal", "tir", "lwir", "nir", "t",
)  # fmt: skip
"""Names of folders of frames, best first: where visible light and infrared lie side by side, visible light is taken."""
_BYSTANDERS = ("__MACOSX", "@eaDir")
_DIGITS = re.compile(r"[0-9]+")
_NAMED = 3


def is_image(path: PurePath) -> bool:
    """Judged by the suffix, in upper or lower case; what systems hide (``._0001.jpg``, ``@eaDir/``) is none."""
    hidden = any(part in _BYSTANDERS or (part.startswith(".") and part.strip(".")) for part in path.parts)
    return not hidden and has_image_name(path.name)


def has_image_name(name: str) -> bool:
    """The same of a file's name alone."""
    return name.lower().endswith(IMAGE_SUFFIXES) and not name.startswith(".")


def folder_rank(name: str) -> int | None:
    """Place of a folder's name in :data:`IMAGE_FOLDERS`, however it is written; None if it is not there.

    >>> folder_rank("IMG"), folder_rank("JPEG_Images"), folder_rank("masks")
    (0, 16, None)
    """
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    return IMAGE_FOLDERS.index(plain) if plain in IMAGE_FOLDERS else None


def natural_key(name: str) -> tuple[tuple[int, str], ...]:
    """Sorts ``2.jpg`` before ``10.jpg``: TrackingNet's names are not zero-padded.

    >>> sorted(["10.jpg", "2.jpg"], key=natural_key)
    ['2.jpg', '10.jpg']
    """
    parts = re.split(r"([0-9]+)", name)
    return tuple(_number(part) if index % 2 else (-1, part) for index, part in enumerate(parts))


def _number(digits: str) -> tuple[int, str]:
    """Orders digits by their value, however many they are (Python reads no number of more than 4,300 of them)."""
    value = digits.lstrip("0")
    return len(value), value


def choose_frames(images: Sequence[AnyPath], length: int, first: int | None, place: Path) -> tuple[AnyPath, ...]:
    """One image a row of ground truth, out of all that lie in ``place``.

    Args:
        images: in natural order.
        length: number of rows.
        first: number in the first frame's file name, where the benchmark's list states it: there may be more images
            than rows then. None: they must agree in number.
        place: for messages.

    Raises:
        InputError: images and rows do not fit together; names what is missing or one too many.
    """
    surplus = _surplus(images)
    if first is not None:
        numbered = _by_number(image for image in images if image not in surplus)
        wanted = range(first, first + length)
        if all(number in numbered for number in wanted):
            return tuple(numbered[number] for number in wanted)
    if len(images) != length or surplus:
        raise InputError(_misfit(images, length, first, surplus), path=place, hint=_way_out(images, length))
    return tuple(images)


def _misfit(images: Sequence[AnyPath], length: int, first: int | None, surplus: dict[AnyPath, str]) -> str:
    numbered = _by_number(image for image in images if image not in surplus)
    start = min(numbered, default=1) if first is None else first
    gaps = [number for number in range(start, start + length) if number not in numbered]
    details = [f"{image.name} {why}" for image, why in [*surplus.items()][:_NAMED]]
    if len(surplus) > _NAMED:
        details.append(f"so are {len(surplus) - _NAMED} more")
    if images and gaps and len(images) - len(surplus) < length:
        details.append(f"image {gaps[0]} is missing")
    elif len(images) > length and not surplus:
        details.append(f"they are {images[0].name} to {images[-1].name}")
    return f"{len(images)} images for {length} rows of ground truth" + "".join(f"; {detail}" for detail in details)


def _way_out(images: Sequence[PurePath], length: int) -> str:
    return "one image a row; " + ("restore what was removed" if len(images) < length else "remove what is no frame")


def _surplus(images: Sequence[AnyPath]) -> dict[AnyPath, str]:
    """Images that are no frames by their names, and why: copies, two of one number, one without where all have."""
    forms = [_form(image) for image in images]
    usual, count = Counter(forms).most_common(1)[0] if forms else ("", 0)
    if "#" not in usual or 2 * count <= len(images):
        return {}  # names of several kinds: none of them says what is a frame
    frames: dict[tuple[tuple[int, str], ...], AnyPath] = {}
    surplus: dict[AnyPath, str] = {}
    for image in (image for image, form in zip(images, forms, strict=True) if form == usual):
        other = frames.setdefault(_numbers(image), image)
        if other is not image:
            surplus[image] = f"has the number of {other.name}"
    stems = {image.stem for image in frames.values()} if count < len(images) else set()
    for image in (image for image, form in zip(images, forms, strict=True) if form != usual):
        if not _DIGITS.search(image.stem):
            surplus[image] = "has no number as the others have"
        elif original := next((stem for stem in _beginnings(image.stem) if stem in stems), None):
            surplus[image] = f"looks like a copy of {original}{image.suffix}"
    return surplus


def _form(image: PurePath) -> str:
    """The path without suffix and with every number as ``#``; folders of an archive count."""
    return _DIGITS.sub("#", str(image).rpartition(".")[0])


def _numbers(image: PurePath) -> tuple[tuple[int, str], ...]:
    return tuple(map(_number, _DIGITS.findall(str(image).rpartition(".")[0])))


def _beginnings(stem: str) -> Iterable[str]:
    """``0001`` of ``0001 (1)``: what comes before a blank, bracket, dash, underscore or the word copy."""
    return (stem[: match.start()] for match in re.finditer(r"[ _(~-]|copy", stem, re.IGNORECASE))


def _by_number(images: Iterable[AnyPath]) -> dict[int, AnyPath]:
    """Image by the last number in its name."""
    numbers = ((re.search(r"([0-9]{1,18})$", path.stem), path) for path in images)
    return {int(match.group()): path for match, path in numbers if match}
