"""The search for a lost target as a state that advances frame by frame; what looks at the image is given.

A candidate's *likeness* joins what the network says of it with its colours. How like the target other things are is
known from the image in which it was last certain: whatever was seen there beside it is not the target, and a candidate
must be more like it than all of that.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from evalkit.boxes import iou_continuous, starting_problem
from evalkit.types import Box, Image
from stdtrack.assessment import CONFIRMING, Assessment
from stdtrack.crops import Window, crop_window
from stdtrack.cues import Cues
from stdtrack.model import TrackState
from stdtrack.redetection.colours import Colours, colours, similarity
from stdtrack.redetection.windows import GROWN, grown_window, tile_windows

LEAST_TILES = 2
"""Network steps a frame: one window to search, one to look again at what was seen in it."""
PATIENCE = 6
"""Frames for which a lost target may come back by itself; meanwhile the image in which it was last certain is searched
for what is like it."""
LEAST = 0.65
"""Likeness of a candidate that passes."""
LEAD = 0.02
"""By how much it must exceed that of everything beside the target."""
LEAST_FOLLOWED = 0.5
"""Likeness of a candidate that has passed, in the frames in which it is followed."""
BESIDE = 0.1
"""IoU with the target below which something is beside it."""
LARGEST_CHANGE = math.log(2.5)
"""Of the log size from the last one that was certain."""


@dataclass(frozen=True)
class View:
    """What the network sees in one window.

    Attributes:
        box: x, y, w, h in the image.
        lost: probability that this is not the target.
        cues: that it was made of.
        state: after looking.
    """

    box: Box
    lost: float
    cues: Cues
    state: TrackState


Look = Callable[[Image, Sequence[Window], TrackState], list[View]]
"""``look(image, windows, state)``: a view a window, of the first ones alone where there is no time for all."""


@dataclass(frozen=True)
class Known:
    """When the target was last certain.

    Attributes:
        state: the network's, with the tokens of the STM.
        box: where the target was.
        image: in which.
    """

    state: TrackState
    box: Box
    image: Image


@dataclass(frozen=True)
class Search:
    """A search under way.

    Attributes:
        known: when the target was last certain.
        colours: it had.
        factor: side of a search window over the target's size.
        tiles: (N, 3) windows over the whole image.
        rival: the greatest likeness of anything that was seen beside the target.
        frames: that the search lasts.
        position: number of the next tile.
        trial: the latest view of a candidate that is being confirmed.
        seen: frames in a row in which the candidate was like the target.
    """

    known: Known
    colours: Colours
    factor: float
    tiles: Window
    rival: float = 0.0
    frames: int = 0
    position: int = 0
    trial: View | None = None
    seen: int = 0

    @classmethod
    def begin(cls, known: Known, factor: float) -> Search:
        """A search for what was last known."""
        size = known.image.shape[1], known.image.shape[0]
        return cls(known, colours(known.image, known.box), factor, tile_windows(known.box, size, factor))

    @property
    def found(self) -> View | None:
        """The candidate, once it was like the target in :data:`~stdtrack.assessment.CONFIRMING` frames in a row."""
        return self.trial if self.seen >= CONFIRMING else None

    def likeness(self, image: Image, box: Box, lost: float) -> float:
        """How like the target is what is in a box, 0 to 1: its colours, times the root of what the network says."""
        return similarity(colours(image, box), self.colours) * math.sqrt(1.0 - lost)

    def passes(self, image: Image, box: Box, lost: float) -> bool:
        """It is like the target, and more so than everything beside it was."""
        return self.likeness(image, box, lost) >= max(LEAST, self.rival + LEAD)


def checked(assessment: Assessment, search: Search | None, image: Image, box: Box) -> Assessment:
    """The assessment of a tracker's box; still lost where what it seems to have come back to is not like its target."""
    if search is None or assessment.status == "lost" or search.passes(image, box, assessment.lost):
        return assessment
    return replace(assessment, status="lost", confirmed=0)


def advance(search: Search, image: Image, look: Look, tiles: int) -> Search:
    """The search after one more frame, in which the network makes at most ``tiles`` steps, but :data:`LEAST_TILES`.

    In the first :data:`PATIENCE` frames rivals are searched for in the image in which the target was last certain. Then
    some windows of each frame are searched, and what is most like the target in them is looked at again from near by.
    A candidate that passes is followed by one step a frame.
    """
    if search.trial is not None:
        return _confirmed(search, image, look, search.trial)
    waiting = search.frames < PATIENCE
    shown = search.known.image if waiting else image
    grown, windows = _next_windows(search, max(tiles, LEAST_TILES) - 1)
    views = look(shown, [*grown, *windows], search.known.state)
    position = (search.position + max(len(views) - len(grown), 0)) % len(search.tiles)
    best = _best(search, shown, look, views, beside=waiting)
    frames = search.frames + 1
    search = replace(search, frames=frames, position=0 if frames == PATIENCE else position)
    if best is None:
        return search
    if waiting:
        return replace(search, rival=max(search.rival, search.likeness(shown, best.box, best.lost)))
    return replace(search, trial=best, seen=1) if search.passes(shown, best.box, best.lost) else search


def _next_windows(search: Search, count: int) -> tuple[list[Window], list[Window]]:
    """At most ``count`` windows: a larger one about the last place in the first frames, and tiles in turn."""
    since = search.frames - PATIENCE
    grown = [grown_window(search.known.box, search.factor, since)] if 0 <= since < len(GROWN) else []
    total = len(search.tiles)
    turn = min(count - len(grown), total)
    indices = [(search.position + number) % total for number in range(turn)]
    return grown, list(search.tiles[indices])


def _best(search: Search, image: Image, look: Look, views: Sequence[View], *, beside: bool) -> View | None:
    """What is most like the target in some views, seen from near by; None if there is nothing of its kind."""

    def usable(view: View) -> bool:
        return _plausible(view, search, image) and not (beside and _overlap(view.box, search.known.box) >= BESIDE)

    best = max(filter(usable, views), key=lambda view: search.likeness(image, view.box, view.lost), default=None)
    if best is None:
        return None
    near = look(image, [crop_window(best.box, search.factor)], search.known.state)[0]
    return near if usable(near) else None


def _confirmed(search: Search, image: Image, look: Look, trial: View) -> Search:
    """One step of following the candidate; it is dropped where it is like the target no more."""
    view = look(image, [crop_window(trial.box, search.factor)], trial.state)[0]
    if not _plausible(view, search, image) or search.likeness(image, view.box, view.lost) < LEAST_FOLLOWED:
        return replace(search, frames=search.frames + 1, trial=None, seen=0)
    return replace(search, frames=search.frames + 1, trial=view, seen=search.seen + 1)


def _overlap(one: Box, other: Box) -> float:
    return float(iou_continuous(one[None], other[None])[0])


def _plausible(view: View, search: Search, image: Image) -> bool:
    """The box begins a track in this image, and its size is not far from the last certain one."""
    if starting_problem(view.box, image.shape[1], image.shape[0]):
        return False
    change = np.log(view.box[2:].prod() / np.maximum(search.known.box[2:], 1.0).prod()) / 2
    return bool(abs(change) <= LARGEST_CHANGE)
