"""``redetect:SPEC``: any tracker with a score, watched by our network, which looks for what it has lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from time import perf_counter
from urllib.parse import urlencode

import numpy as np

from evalkit.trackers.answers import read_answer
from evalkit.trackers.base import Prediction, Tracker, facts_of, wait_at_most
from evalkit.trackers.spec import load_tracker
from evalkit.types import Box, Image
from stdtrack.answer import visible_part
from stdtrack.assessment import Assessment, assess
from stdtrack.crops import crop_window
from stdtrack.factory import create as create_stdtrack
from stdtrack.images import rgb_image, starting_box
from stdtrack.redetection.budget import OPTIONS, Budget, budget_of
from stdtrack.redetection.own import required
from stdtrack.redetection.search import LEAST_TILES, Known, Search, View, advance, checked
from stdtrack.redetection.viewer import Viewer

LOW = 0.6
"""A score below this share of the tracker's usual one is reason to look."""
RATE = 0.05
"""Share of a new score in the usual one."""
EVERY = 10
"""Frames after which the network looks in any case: a tracker may be sure of something else."""
SEARCHER, VARIANT = "searcher", "nano"


class Redetecting:
    """A tracker that is started again where our network finds its target.

    In a frame in which its score is low, or it says that it sees nothing, and in every tenth, the network looks where
    the tracker is, and judges as for :class:`~stdtrack.tracker.STDTracker`. A lost target is searched for as in
    :mod:`stdtrack.redetection.search`; the tracker goes on meanwhile, and may find it by itself.

    Args:
        tracker: behind our protocol.
        look: the network.
        budget: network steps a frame while the target is lost, one of them for where the tracker is.
        facts: what :meth:`describe` adds to the tracker's own facts.
    """

    def __init__(self, tracker: Tracker, look: Viewer, budget: Budget, facts: Mapping[str, str] | None = None) -> None:
        self.tracker, self.look, self.budget, self._facts = tracker, look, budget, dict(facts or {})
        self._factor, self._limits = look.tracker.config.search_factor, look.calibration.limits
        self._known: Known | None = None
        self.assessment: Assessment | None = None
        self._search: Search | None = None
        self._usual, self._unseen = 1.0, 0

    def init(self, image: Image, box: Box) -> None:
        """Start both on the first frame; raises InputError for a box of which nothing is in it."""
        rgb = rgb_image(image)
        box = starting_box(box, rgb)
        self.tracker.init(image, box)
        self._known = Known(self.look.tracker.first_state(rgb, box), box, rgb)
        self.assessment, self._search, self._usual, self._unseen = None, None, np.nan, 0

    def update(self, image: Image) -> Prediction:
        """The tracker's answer; where the target is lost, ``visible`` is False, and the score 0."""
        if self._known is None:
            raise RuntimeError("update() before init()")
        start = perf_counter()
        answer, image = read_answer(self.tracker.update(image)), rgb_image(image)
        if self._suspicious(answer):
            self._judge(answer, image, self._known)
        if self.assessment is not None and self.assessment.status == "lost":
            return self._lost(answer, image, self._known, start)
        self._search = None
        if self.assessment is None or self.assessment.status == "present":
            self._usual = answer.score if np.isnan(self._usual) else self._usual + RATE * (answer.score - self._usual)
        return Prediction(answer.box, answer.score, True)

    def _suspicious(self, answer: Prediction) -> bool:
        self._unseen += 1
        unsure = self.assessment is not None and self.assessment.status != "present"
        return bool(unsure or answer.visible is False or answer.score < LOW * self._usual or self._unseen >= EVERY)

    def _judge(self, answer: Prediction, image: Image, known: Known) -> None:
        """Look where the tracker is. A tracker that says that it sees nothing is believed."""
        view = self.look(image, [crop_window(answer.box, self._factor)], known.state)[0]
        judged = assess(self.assessment, view.cues, self.look.calibration)
        self._unseen, self.assessment = 0, checked(judged, self._search, image, answer.box)
        if answer.visible is False:
            self.assessment = replace(self.assessment, status="lost", confirmed=0)
        elif self.assessment.status == "present" and view.lost <= self._limits.present:
            self._known = Known(view.state, answer.box, image)

    def _lost(self, answer: Prediction, image: Image, known: Known, start: float) -> Prediction:
        search = self._search or Search.begin(known, self._factor)
        look = self.budget.clocked(self.look, start)
        self._search = advance(search, image, look, max(self.budget.tiles - 1, LEAST_TILES))
        if self._search.found is None:
            return Prediction(answer.box, 0.0, False)
        return self._go_on(self._search.found, image)

    def _go_on(self, found: View, image: Image) -> Prediction:
        """Start the tracker on what was found."""
        box = visible_part(found.box, image)
        self.tracker.init(image, box)
        self._known, self._search = Known(found.state, box, image), None
        self.assessment = Assessment(found.cues, found.lost, "present")
        return Prediction(box, float(np.nan_to_num(self._usual, nan=1.0)), True)

    def wait_at_most(self, seconds: float | None) -> None:
        """See :func:`evalkit.trackers.base.wait_at_most`."""
        wait_at_most(self.tracker, seconds)

    def describe(self) -> Mapping[str, str]:
        """Facts for the run manifest: the tracker's, and what looks for its target."""
        return {**facts_of(self.tracker), **self._facts, "redetect": self.budget.said}


def create(name: str, options: Mapping[str, str]) -> Redetecting:
    """Build ``redetect:SPEC``; the entry point of the prefix.

    Options: ``tiles`` or ``budget`` as for ``stdtrack:nano?redetect=true``, and ``searcher``, a checkpoint of ``nano``
    with a calibration instead of the shipped one; all others are the tracker's own.

    Raises:
        InputError: as :func:`~evalkit.trackers.spec.load_tracker` for SPEC; the weights have no calibration.
    """
    own = {key: value for key, value in options.items() if key not in (*OPTIONS, SEARCHER)}
    query = f"?{urlencode(own, safe='/:,')}" if own else ""
    searcher = create_stdtrack(VARIANT, {"weights": options[SEARCHER]} if SEARCHER in options else {})
    facts = searcher.describe()
    look = Viewer(searcher, required(searcher.calibration, facts.get("weights", VARIANT)))
    budget = budget_of(options, look.seconds_a_tile, f"redetect:{name}")
    beside = {f"searcher_{key}": facts[key] for key in ("variant", "weights_sha256", "backend") if key in facts}
    return Redetecting(load_tracker(name + query), look, budget, beside)
