"""Need for Speed at 30 fps, 100 sequences, in the converted or the original layout.

Converted (pytracking's, which most published numbers come from): ``sequences/<Seq>/%05d.jpg`` and
``anno/nfs_<Seq>.txt``, rows of x, y, w, h with tabs. Original: ``<Seq>/30/<Seq>/%05d.jpg`` and ``<Seq>/30/<Seq>.txt``,
VATIC rows ``id xmin ymin xmax ymax frame lost occluded generated "label"``, **annotated at 240 fps**. Coordinates are
taken as 0-based. No ground truth was at hand: unverified.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib.resources.abc import Traversable
from typing import ClassVar

import numpy as np

from evalkit.benchmarks.aliases import own_name
from evalkit.benchmarks.base import Benchmark, Source
from evalkit.benchmarks.layout import annotation_files, frames_folder, subfolders
from evalkit.errors import InputError
from evalkit.reading.tables import parse_table, read_boxes
from evalkit.reading.text import read_bytes, without_mark
from evalkit.sequences.packed import count_frames
from evalkit.sequences.sequence import Sequence

_STEP = 8  # 240 fps to 30 fps
# Rows of the 240-fps annotation from here on do not belong to the clip.
_END_AT_240_FPS = {"pingpong_2": 263}
_COLUMNS = 9  # before the label


class NFS30(Benchmark):
    """Need for Speed, 30 fps."""

    name = "nfs30"
    title = "NFS30"
    origin = 0
    family = "nfs"
    protocol = "pytracking"  # there is no official code: what published figures use
    listed = "nfs30.csv"
    prefix = "nfs_"
    other_names: ClassVar[Mapping[str, str]] = {  # which benchmarks of later years call sequences of theirs
        "basketballplayer2": "basketball_player_2",
        "running2": "running_2",
        "zebrafish": "zebra_fish",
    }
    folders = ("nfs30", "nfs", "needforspeed")
    spellings: ClassVar[Mapping[str, Mapping[str, str]]] = {"nfs": {}, "needforspeed": {}, "nfs30fps": {}}

    def discover(self) -> Mapping[str, Source]:
        """The converted tree, the original one, or a flat folder of converted annotations."""
        files = annotation_files(self.root / "anno")
        if files:
            return {self._name(name): self._converted(name, file) for name, file in files.items()}
        original = {}
        for folder in subfolders(self.root):
            annotation = folder / "30" / f"{folder.name}.txt"
            if annotation.is_file():
                original[self._name(folder.name)] = Source(
                    annotation, frames_folder(folder / "30" / folder.name, folder / "30")
                )
        return original or {self._name(name): Source(file) for name, file in annotation_files(self.root).items()}

    def load(self, name: str, source: Source) -> Sequence:
        """One sequence; the original annotation is thinned to 30 fps."""
        text = without_mark(read_bytes(source.annotation))
        if b'"' not in text.partition(b"\n")[0]:
            return self.assemble(name, source, read_boxes(source.annotation))
        images = None if source.frames is None else count_frames(source.frames)
        at_240_fps = _vatic_rows(text, str(source.annotation))[: _END_AT_240_FPS.get(name)]
        rows = at_30_fps(at_240_fps, images, str(source.annotation))
        native = np.hstack([rows[:, 1:3], rows[:, 3:5] - rows[:, 1:3]])
        lost, occluded = rows[:, 6] > 0, rows[:, 7] > 0
        # A clip may have one image more than rows at 30 fps: the list's rule is to cut to the shorter.
        sequence = self.assemble(name, replace(source, first=1), native)
        return replace(sequence, absent=lost, flags={"lost": lost, "occluded": occluded})

    def _name(self, written: str) -> str:
        return own_name(type(self), written) or written

    def _converted(self, name: str, file: Traversable) -> Source:
        images = self.root / "sequences"
        return Source(file, frames_folder(images / self._name(name), images / name, images / name.removeprefix("nfs_")))


def at_30_fps(rows: np.ndarray, images: int | None, path: str) -> np.ndarray:
    """Every eighth VATIC row, from the first on, unless they are as many as the images already.

    Args:
        rows: (N, 9) rows at 240 fps; column 5 counts frames, from 0 in some files and from 1 in others.
        images: number of images at 30 fps, None if unknown; a difference of one is cut to the shorter.
        path: named in errors.

    Raises:
        InputError: rows and images do not fit together.
    """
    if images is None or abs(len(rows) - images) > 1:
        rows = rows[(rows[:, 5] - rows[0, 5]) % _STEP == 0]
    if images is not None and abs(len(rows) - images) > 1:
        raise InputError(f"{len(rows)} rows at 30 fps for {images} images", path=path)
    return rows[:images]


def _vatic_rows(text: bytes, path: str) -> np.ndarray:
    """(N, 9) numbers before the quoted label of each line."""
    numbers = b"\n".join(line.partition(b'"')[0] for line in text.rstrip().splitlines())
    return parse_table(numbers, path, columns=(_COLUMNS,), finite=True)
