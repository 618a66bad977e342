"""Trackers over footage into files: what they found, drawn, and their boxes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from evalkit.boxes import text_rows
from evalkit.files import write_atomic
from evalkit.shown import one_line
from evalkit.trackers.base import Tracker
from evalkit.trackers.folders import folder_name
from evalkit.types import Box, Boxes, Image
from stdtrack.video.drawing import Look, overlaid, tiled
from stdtrack.video.following import Followed, follow
from stdtrack.video.footage import Footage
from stdtrack.video.live import Live
from stdtrack.video.outputs import Output

if TYPE_CHECKING:
    from evalkit.scoring.naming import Named
    from stdtrack.video.window import Window

LAYOUTS = {"overlay": overlaid, "tiles": tiled}
"""How several trackers are shown: on one frame, or each on a frame of its own."""


@dataclass(frozen=True)
class Drawing:
    """How what was found is drawn.

    Attributes:
        looks: of each tracker.
        layout: one of :data:`LAYOUTS`.
        truth: (N, 4) annotated boxes, drawn too; rows of NaN, and frames without a row, have none.
    """

    looks: Mapping[str, Look]
    layout: str = "overlay"
    truth: Boxes | None = None

    def __call__(self, followed: Followed, index: int) -> Image:
        """The picture of frame ``index``, 0-based."""
        truth = self.truth
        if truth is not None:
            truth = truth[index] if index < len(truth) else np.full(4, np.nan)
        return LAYOUTS[self.layout](followed, self.looks, truth)


@dataclass
class Recorded:
    """What a recording came to.

    Attributes:
        frames: that were tracked.
        missed: that a live source brought while trackers were busy.
        interrupted: the user ended it.
        boxes: of each tracker, a row a frame, the first the given one.
        remarks: of each file.
    """

    frames: int = 0
    missed: int = 0
    interrupted: bool = False
    boxes: dict[str, list[Box]] = field(default_factory=dict)
    remarks: dict[Path, tuple[str, ...]] = field(default_factory=dict)


def looks_of(trackers: Sequence[str], named: Named) -> dict[str, Look]:
    """Each tracker's look, by its name: the colour and dash that plots give it; in the legend's order."""
    from reports.style import rgb, styles

    labels = {named.label(name): name for name in trackers}
    drawn = styles([named.former_name(label) for label in labels])
    return {
        labels[label]: Look(
            one_line(label),
            rgb(drawn[named.former_name(label)].dark),
            drawn[named.former_name(label)].dash,
            named.highlights(label),
        )
        for label in named.legend(labels)
    }


def record(
    trackers: Mapping[str, Tracker],
    footage: Footage,
    start: Box,
    *,
    outs: Iterable[Path],
    draw: Drawing,
    window: Window | None = None,
    most: int | None = None,
    on_frame: Callable[[], None] = lambda: None,
) -> Recorded:
    """Follow the target, and write what was found into files.

    Files of recorded footage are written whole or not at all. A live source has no end but the one that comes: what
    was written until it stops, or the user does, is kept.

    Args:
        start: (4,) in the first frame.
        outs: files, by their suffix videos, GIFs or strips.
        window: shows the pictures, too; the recording ends when it is closed.
        most: frames after which the recording ends.
        on_frame: called after every frame.

    Raises:
        InputError: as :func:`stdtrack.video.following.follow`; a file cannot be written.
    """
    done = Recorded(boxes={name: [] for name in trackers})
    with ExitStack() as stack:
        files = [stack.enter_context(Output(path, footage.rate)) for path in outs]
        try:
            for index, followed in enumerate(islice(follow(trackers, footage, start), most)):
                picture = draw(followed, index)
                for file in files:
                    file.add(picture, followed.frame.seconds)
                for name, found in followed.found.items():
                    done.boxes[name].append(found.prediction.box)
                done.frames += 1
                on_frame()
                if window is not None:
                    window.show(picture)
                    if window.closed:
                        done.interrupted = True
                        break
        except KeyboardInterrupt:
            if not isinstance(footage, Live):
                raise
            done.interrupted = True
    done.missed = footage.missed if isinstance(footage, Live) else 0
    done.remarks = {file.path: file.remarks() for file in files}
    return done


def box_files(out: Path, trackers: Sequence[str]) -> dict[str, Path]:
    """Where each tracker's boxes go: beside ``out``, with the tracker's folder name in theirs where there are several.

    >>> [str(path) for path in box_files(Path("a.mp4"), ["opencv:kcf", "b"]).values()]
    ['a.opencv%3Akcf.txt', 'a.b.txt']
    """
    if len(trackers) == 1:
        return {trackers[0]: out.with_suffix(".txt")}
    return {name: out.with_suffix(f".{folder_name(name)}.txt") for name in trackers}


def write_boxes(boxes: Mapping[str, Sequence[Box]], files: Mapping[str, Path]) -> None:
    """One ``x,y,w,h`` a frame, 0-based, never rounded; raises InputError where a file cannot be written."""
    for name, rows in boxes.items():
        write_atomic(files[name], text_rows(np.array(rows)))
