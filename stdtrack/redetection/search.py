"""The search for a lost target as a state that advances frame by frame; what looks at the image is given."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from evalkit.boxes import starting_problem
from evalkit.types import Box, Image
from stdtrack.assessment import CONFIRMING, Limits
from stdtrack.crops import Window, crop_window
from stdtrack.cues import Cues
from stdtrack.model import TrackState
from stdtrack.redetection.windows import GROWN, grown_window, tile_windows

LEAST_TILES = 3
"""Network steps a frame: one window to search, two to check what was seen in it."""
PATIENCE = 6
"""Frames for which a lost target may come back by itself before it is looked for."""
SURE = 0.5
"""Share of the limit ``present`` up to which a candidate passes: of many windows, one may look good by chance."""
LARGEST_CHANGE = math.log(2.5)
"""Of the log size from the last one that was certain."""


@dataclass(frozen=True)
class View:
    """What the network sees in one window.

    Attributes:
        box: x, y, w, h in the image.
        lost: probability that this is not the target.
        quality: predicted IoU.
        cues: that it was made of.
        state: after looking.
    """

    box: Box
    lost: float
    quality: float
    cues: Cues
    state: TrackState


Look = Callable[[Image, Sequence[Window], TrackState, bool], list[View]]
"""``look(image, windows, state, centred)``: a view a window; ``centred`` where the target is expected in its middle."""


@dataclass(frozen=True)
class Search:
    """A search under way.

    Attributes:
        first: the network's state after the first frame: the first template and its token.
        known: its state when the target was last certain, with the tokens of the STM.
        box: where it was then.
        factor: side of a search window over the target's size.
        tiles: (N, 3) windows over the whole image.
        limits: probabilities: below ``lost`` what is seen in a tile is looked at again, well below ``present`` it
            passes.
        frames: that the search lasts.
        position: number of the next tile.
        trial: the latest view of a candidate that is being confirmed.
        seen: frames in a row in which the candidate passed.
    """

    first: TrackState
    known: TrackState
    box: Box
    factor: float
    tiles: Window
    limits: Limits
    frames: int = 0
    position: int = 0
    trial: View | None = None
    seen: int = 0

    @classmethod
    def begin(
        cls, first: TrackState, known: TrackState, box: Box, factor: float, limits: Limits, image: Image
    ) -> Search:
        """A search that starts in this image."""
        return cls(first, known, box, factor, tile_windows(box, (image.shape[1], image.shape[0]), factor), limits)

    @property
    def found(self) -> View | None:
        """The candidate, once it has passed in :data:`~stdtrack.assessment.CONFIRMING` frames in a row."""
        return self.trial if self.seen >= CONFIRMING else None


def advance(search: Search, image: Image, look: Look, tiles: int) -> Search:
    """The search after one more frame, in which the network makes at most ``tiles`` steps, but :data:`LEAST_TILES`.

    In the first :data:`PATIENCE` frames it makes none. A candidate that is being confirmed is followed by one step;
    without one, some windows are searched, and the best view in them is looked at again with the first template's state
    and with the last certain one. Both must take it for the target.
    """
    if search.frames < PATIENCE:
        return replace(search, frames=search.frames + 1)
    if search.trial is not None:
        return _confirmed(search, image, look, search.trial)
    count = max(tiles, LEAST_TILES) - 2
    windows, position = _next_windows(search, count)
    search = replace(search, frames=search.frames + 1, position=position)
    seen = [view for view in look(image, windows, search.known, False) if _plausible(view, search, image)]
    best = min(seen, key=lambda view: view.lost, default=None)
    return search if best is None or best.lost >= search.limits.lost else _checked(search, image, look, best)


def _next_windows(search: Search, count: int) -> tuple[list[Window], int]:
    """At most ``count`` windows, and the number of the tile after them: a larger one at first, then tiles in turn."""
    step = search.frames - PATIENCE
    grown = [grown_window(search.box, search.factor, step)] if step < len(GROWN) else []
    total = len(search.tiles)
    turn = min(count - len(grown), total)
    indices = [(search.position + step) % total for step in range(turn)]
    return [*grown, *search.tiles[indices]], (search.position + turn) % total


def _checked(search: Search, image: Image, look: Look, best: View) -> Search:
    """Look at a candidate from near by, as the first frame's target and as the one last known."""
    window = [crop_window(best.box, search.factor)]
    views = [look(image, window, state, True)[0] for state in (search.first, search.known)]
    if not all(_passes(view, search, image) for view in views):
        return search
    return replace(search, trial=views[1], seen=1)


def _confirmed(search: Search, image: Image, look: Look, trial: View) -> Search:
    """One step of following the candidate; it is dropped where it does not pass."""
    view = look(image, [crop_window(trial.box, search.factor)], trial.state, True)[0]
    if not _passes(view, search, image):
        return replace(search, frames=search.frames + 1, trial=None, seen=0)
    return replace(search, frames=search.frames + 1, trial=view, seen=search.seen + 1)


def _passes(view: View, search: Search, image: Image) -> bool:
    return view.lost <= SURE * search.limits.present and _plausible(view, search, image)


def _plausible(view: View, search: Search, image: Image) -> bool:
    """The box begins a track in this image, and its size is not far from the last certain one."""
    if starting_problem(view.box, image.shape[1], image.shape[0]):
        return False
    change = np.log(view.box[2:].prod() / np.maximum(search.box[2:], 1.0).prod()) / 2
    return bool(abs(change) <= LARGEST_CHANGE)
