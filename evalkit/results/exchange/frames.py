"""Where a clip's images or its video lie, and what they say of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path, PurePosixPath

from evalkit.benchmarks.layout import frames_folder
from evalkit.errors import InputError
from evalkit.results.exchange.clip import Clip
from evalkit.sequences.frames import list_images
from evalkit.sequences.packed import PACKED_SUFFIXES, first_image_size


def find_frames(names: Iterable[str], places: Iterable[Path | None]) -> Path | None:
    """A folder of images, an archive or a video by one of the names, in the first place that has any.

    Args:
        names: of the clip, as a file or as a folder, with or without a suffix.
        places: folders to look in; a file is the frames themselves, and so is a folder that directly holds images.
    """
    wanted = [PurePosixPath(name.replace("\\", "/")).name for name in names if name]
    for place in (place for place in places if place is not None):
        if place.is_file() and place.suffix.lower() in PACKED_SUFFIXES:
            return place
        stems = dict.fromkeys(stem for name in wanted for stem in (name, PurePosixPath(name).stem))
        found = (_named(place, stem) for stem in stems)
        frames = next((path for path in found if path is not None), None)
        if frames is not None:
            return frames
    return None


def _named(place: Path, name: str) -> Path | None:
    """``place/name`` where that is a file of frames, with a suffix or without, or a folder with images in it."""
    candidates = [place / name, *(place / f"{name}{suffix}" for suffix in PACKED_SUFFIXES)]
    file = next((path for path in candidates if path.suffix.lower() in PACKED_SUFFIXES and path.is_file()), None)
    return file or (frames_folder(place / name) if (place / name).is_dir() else None)


def given_frames(frames: Path | None) -> Path | None:
    """What the user says the frames are, if it is one clip's: a file, or a folder that holds images."""
    if frames is None:
        return None
    if not frames.exists():
        raise InputError("does not exist", path=frames, hint="--frames named it")
    return frames if frames.is_file() else frames_folder(frames)


def with_frames(clip: Clip, frames: Path | None) -> Clip:
    """The clip with its frames, and their size where it had none; images in a folder give their names."""
    if frames is None:
        return clip
    images = tuple(path.name for path in list_images(frames)) if frames.is_dir() else ()
    size = clip.size or first_image_size(frames)
    return replace(clip, frames=frames, size=size, images=images if len(images) == clip.length else clip.images)
