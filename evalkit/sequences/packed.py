"""Lazy frames out of one file: zip and tar archives, read without unpacking, and videos."""

from __future__ import annotations

import tarfile
import weakref
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path, PurePosixPath

from evalkit.errors import InputError
from evalkit.reading.archive import UNREADABLE
from evalkit.sequences.frame_choice import choose_frames, folder_rank, is_image, natural_key
from evalkit.sequences.frames import ImageFolder, decode_image, image_header, list_images
from evalkit.sequences.image_headers import ImageHeader
from evalkit.sequences.image_limits import refuse_many_bytes
from evalkit.sequences.videos import count_video_frames, next_frame, open_capture, stated_frames
from evalkit.types import Image

ARCHIVE_SUFFIXES = (".zip", ".tar")
VIDEO_SUFFIXES = (".mp4", ".avi", ".mkv", ".mov", ".webm")
PACKED_SUFFIXES = ARCHIVE_SUFFIXES + VIDEO_SUFFIXES


def open_frames(place: Path, length: int, first: int | None = None) -> ImageFolder | ArchiveFrames | VideoFrames:
    """The frames that lie in ``place``: a folder, an archive or a video; the arguments are :class:`ImageFolder`'s."""
    if _is_archive(place):
        return ArchiveFrames(place, length, first)
    if _is_video(place):
        return VideoFrames(place, length, first)
    return ImageFolder(place, length, first)


def count_frames(place: Path) -> int:
    """How many images a folder, an archive or a video holds."""
    if _is_archive(place):
        return len(ArchiveFrames(place, 0).images)
    if _is_video(place):
        return count_video_frames(place)
    return len(list_images(place))


def first_image_size(place: Path) -> tuple[int, int] | None:
    """(width, height) of the first image in a folder, an archive or a video; None where it cannot be read."""
    try:
        if _is_video(place):
            return VideoFrames(place, 1, first=1).header(0).size
        count = count_frames(place)
        return open_frames(place, count).header(0).size if count else None
    except InputError:  # who wants the images themselves is told
        return None


def _is_archive(place: Path) -> bool:
    return place.suffix.lower() in ARCHIVE_SUFFIXES and not place.is_dir()


def _is_video(place: Path) -> bool:
    return place.suffix.lower() in VIDEO_SUFFIXES and not place.is_dir()


@dataclass(frozen=True)
class _Member:
    """A file of an archive: its size as declared, and how to read it."""

    size: int
    read: Callable[[], bytes]


class ArchiveFrames:
    """Images in a zip or an uncompressed tar; members are read one at a time and nothing is written to disk.

    Links and special files in a tar are ignored, so nothing outside of the archive can be named. Where images lie in
    several of its folders, those of the folder with the best name are taken (:data:`IMAGE_FOLDERS`).
    """

    def __init__(self, path: Path, length: int, first: int | None = None) -> None:
        self.path, self.length, self.first = path, length, first

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.path, self.length, self.first)  # a worker opens the file itself

    def __len__(self) -> int:
        return self.length

    @cached_property
    def images(self) -> tuple[PurePosixPath, ...]:
        """Image members in natural order."""
        found = [path for path in self._members if is_image(path)]
        ranks = {path.parent: folder_rank(path.parent.name) for path in found}
        known = {folder: rank for folder, rank in ranks.items() if rank is not None}
        best = min(known, key=lambda folder: (known[folder], str(folder)), default=None)
        chosen = (path for path in found if best is None or path.parent == best)
        return tuple(sorted(chosen, key=lambda path: natural_key(str(path))))

    @cached_property
    def _chosen(self) -> tuple[PurePosixPath, ...]:
        return choose_frames(self.images, self.length, self.first, self.path)

    @cached_property
    def _members(self) -> Mapping[PurePosixPath, _Member]:
        try:
            return self._distinct(self._zip() if self.path.suffix.lower() == ".zip" else self._tar())
        except UNREADABLE as error:
            hint = "only zip and uncompressed tar"
            raise InputError(f"is no archive that can be read: {error}", path=self.path, hint=hint) from error

    def _zip(self) -> Iterator[tuple[str, _Member]]:
        archive = zipfile.ZipFile(self.path)
        weakref.finalize(self, archive.close)
        for info in archive.infolist():
            if not info.is_dir():
                yield info.filename, _Member(info.file_size, partial(archive.read, info))

    def _tar(self) -> Iterator[tuple[str, _Member]]:
        tar = tarfile.open(self.path, "r:")  # noqa: SIM115 - open as long as the frames are wanted
        weakref.finalize(self, tar.close)
        for member in tar:
            if member.isreg():
                yield member.name, _Member(member.size, partial(_read_member, tar, member))

    def _distinct(self, members: Iterable[tuple[str, _Member]]) -> Mapping[PurePosixPath, _Member]:
        """By path, which may be written in several ways; ``./1.jpg`` is ``1.jpg``."""
        found: dict[PurePosixPath, _Member] = {}
        for name, member in members:
            path = PurePosixPath(name.replace("\\", "/"))
            if path in found and is_image(path):
                hint = "whoever packed it should pack it again"
                raise InputError("is there twice", path=f"{self.path}/{path}", hint=hint)
            found[path] = member
        return found

    def name(self, index: int) -> str:
        """Archive and member."""
        return f"{self.path}/{self._chosen[index]}"

    def read(self, index: int) -> Image:
        """Decode frame ``index``; raises InputError that names archive and member."""
        return decode_image(self._content(index), self.name(index))

    def header(self, index: int) -> ImageHeader:
        """Size, depth and orientation of frame ``index``, without decoding it; raises InputError."""
        return image_header(self._content(index), self.name(index))

    def _content(self, index: int) -> bytes:
        member = self._members[self._chosen[index]]
        refuse_many_bytes(member.size, self.name(index))  # zipfile and tarfile read no more than what is declared
        try:
            return member.read()
        except UNREADABLE as error:
            raise InputError(f"cannot be read: {error}", path=self.name(index)) from error


def _read_member(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    content = tar.extractfile(member)
    return b"" if content is None else content.read()


class VideoFrames:
    """Frames of a video file, decoded in order; going back begins anew.

    Args:
        path: any file that cv2's FFmpeg reads.
        length: number of rows of ground truth.
        first: 1-based number of the first frame, where the benchmark's list states it: there may be more frames than
            rows then. None: they must agree in number.
    """

    def __init__(self, path: Path, length: int, first: int | None = None) -> None:
        self.path, self.length, self.first = path, length, first
        self._next = 0
        self._skipped = 0 if first is None else first - 1

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.path, self.length, self.first)  # a worker opens the file itself

    def __len__(self) -> int:
        return self.length

    @cached_property
    def available(self) -> int:
        """How many frames there are: by the header if that fits the rows of ground truth, else counted."""
        stated = stated_frames(open_capture(self.path))
        return stated if self._fits(stated) else count_video_frames(self.path)

    def _fits(self, count: int) -> bool:
        return count >= self._skipped + self.length if self.first is not None else count == self.length > 0

    def name(self, index: int) -> str:
        """File and frame; raises InputError where frames and ground truth do not fit together."""
        if not self._fits(self.available):
            problem = f"{self.available} frames for {self.length} rows of ground truth"
            raise InputError(problem, path=self.path, hint="one frame a row")
        return f"{self.path}#{self._skipped + index}"

    def read(self, index: int) -> Image:
        """Decode frame ``index``; raises InputError that names the file and the frame."""
        wanted = self._skipped + index
        if wanted < self._next or self._next == 0:
            self._capture, self._next = open_capture(self.path), 0
        while self._next < wanted and self._capture.grab():
            self._next += 1
        image = next_frame(self._capture)
        if image is None:
            raise InputError("cannot be decoded", path=f"{self.path}#{wanted}", hint="is the video cut off?")
        self._next += 1
        return image

    def header(self, index: int) -> ImageHeader:
        """The size of frame ``index``, for which it is decoded."""
        height, width = self.read(index).shape[:2]
        return ImageHeader("video", width, height)
