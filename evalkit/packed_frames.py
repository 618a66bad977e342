"""Lazy frames out of one file: zip and tar archives, read without unpacking, and videos."""

from __future__ import annotations

import tarfile
import weakref
import zipfile
import zlib
from collections.abc import Callable
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from evalkit.errors import InputError
from evalkit.frames import ImageFolder, choose_frames, decode_image, is_image, list_images, natural_key
from evalkit.sequence import Frames
from evalkit.types import Image

if TYPE_CHECKING:
    import cv2

ARCHIVE_SUFFIXES = (".zip", ".tar")
VIDEO_SUFFIXES = (".mp4", ".avi", ".mkv", ".mov", ".webm")
PACKED_SUFFIXES = ARCHIVE_SUFFIXES + VIDEO_SUFFIXES
MEMBER_LIMIT = 1 << 28
"""Bytes of one image: 256 MiB. What unpacks to more is no frame but a bomb."""
_UNREADABLE = (OSError, EOFError, ValueError, RuntimeError, tarfile.TarError, zipfile.BadZipFile, zlib.error)


def open_frames(place: Path, length: int, first: int | None = None) -> Frames:
    """The frames that lie in ``place``: a folder, an archive or a video; the arguments are :class:`ImageFolder`'s."""
    if place.suffix.lower() in ARCHIVE_SUFFIXES and not place.is_dir():
        return ArchiveFrames(place, length, first)
    if place.suffix.lower() in VIDEO_SUFFIXES and not place.is_dir():
        return VideoFrames(place, length, first)
    return ImageFolder(place, length, first)


def count_frames(place: Path) -> int:
    """How many images a folder, an archive or a video holds."""
    if place.suffix.lower() in ARCHIVE_SUFFIXES and not place.is_dir():
        return len(ArchiveFrames(place, 0).images)
    if place.suffix.lower() in VIDEO_SUFFIXES and not place.is_dir():
        return VideoFrames(place, 0).available
    return len(list_images(place))


class ArchiveFrames:
    """Images in a zip or an uncompressed tar; members are read one at a time and nothing is written to disk.

    Links and special files in a tar are ignored, so nothing outside of the archive can be named.
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
        found = (PurePosixPath(name) for name in self._opened[0])
        return tuple(sorted(filter(is_image, found), key=lambda path: natural_key(str(path))))

    @cached_property
    def _chosen(self) -> tuple[PurePosixPath, ...]:
        return choose_frames(self.images, self.length, self.first, self.path)

    @cached_property
    def _opened(self) -> tuple[dict[str, int], Callable[[str], bytes]]:
        """Declared size by member, and how to read one."""
        try:
            if self.path.suffix.lower() == ".zip":
                archive = zipfile.ZipFile(self.path)
                weakref.finalize(self, archive.close)
                return {info.filename: info.file_size for info in archive.infolist() if not info.is_dir()}, archive.read
            tar = tarfile.open(self.path, "r:")  # noqa: SIM115 - open as long as the frames are wanted
            weakref.finalize(self, tar.close)
            members = {member.name: member for member in tar if member.isreg()}
        except _UNREADABLE as error:
            hint = "only zip and uncompressed tar"
            raise InputError(f"is no archive that can be read: {error}", path=self.path, hint=hint) from error

        def read(name: str) -> bytes:
            content = tar.extractfile(members[name])
            return b"" if content is None else content.read()

        return {name: member.size for name, member in members.items()}, read

    def name(self, index: int) -> str:
        """Archive and member."""
        return f"{self.path}/{self._chosen[index]}"

    def read(self, index: int) -> Image:
        """Decode frame ``index``; raises InputError that names archive and member."""
        sizes, read = self._opened
        member = str(self._chosen[index])
        if sizes[member] > MEMBER_LIMIT:  # zipfile and tarfile read no more than what is declared
            raise InputError(f"unpacks to {sizes[member]} bytes, which is no image", path=self.name(index))
        try:
            content = read(member)
        except _UNREADABLE as error:
            raise InputError(f"cannot be read: {error}", path=self.name(index)) from error
        return decode_image(np.frombuffer(content, dtype=np.uint8), self.name(index))


class VideoFrames:
    """Frames of a video file, decoded in order; going back begins anew.

    Args:
        path: any file that cv2's FFmpeg reads.
        length: number of rows of ground truth.
        first: 1-based number of the first frame, where the benchmark's list states it.
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
        """Frames that the file says it has."""
        import cv2

        return int(self._open().get(cv2.CAP_PROP_FRAME_COUNT))

    def name(self, index: int) -> str:
        """File and frame; raises InputError where the video is too short."""
        if self.available < self._skipped + self.length:
            problem = f"{self.available} frames for {self.length} rows of ground truth"
            raise InputError(problem, path=self.path, hint="one frame a row")
        return f"{self.path}#{self._skipped + index}"

    def read(self, index: int) -> Image:
        """Decode frame ``index``; raises InputError that names the file and the frame."""
        import cv2

        wanted = self._skipped + index
        if wanted < self._next or self._next == 0:
            self._capture, self._next = self._open(), 0
        while self._next < wanted and self._capture.grab():
            self._next += 1
        done, image = self._capture.read()
        if not done:
            raise InputError("cannot be decoded", path=f"{self.path}#{wanted}", hint="is the video cut off?")
        self._next += 1
        rgb: Image = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), dtype=np.uint8)
        return rgb

    def _open(self) -> cv2.VideoCapture:
        import cv2

        capture = cv2.VideoCapture(str(self.path))
        if not capture.isOpened():
            raise InputError("is no video that can be read", path=self.path)
        return capture
