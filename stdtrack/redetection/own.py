"""STDTrack that looks for its target where it has lost it: ``stdtrack:nano?redetect=true``."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from evalkit.errors import InputError
from evalkit.trackers.base import Prediction
from evalkit.types import Box, Image
from stdtrack.assessment import AGAIN, Assessment, Calibration
from stdtrack.following import visible_part
from stdtrack.images import rgb_image
from stdtrack.model import STDTrack, TrackState
from stdtrack.redetection.budget import TILES, Budget
from stdtrack.redetection.search import PATIENCE, Search, View, advance
from stdtrack.redetection.viewer import Viewer
from stdtrack.tracker import STDTracker


class RedetectingSTDTracker(STDTracker):
    """As :class:`STDTracker` while the target is there, but for the score: predicted IoU times chance of presence.

    Where the assessment says ``lost``, the STM takes nothing in, and the search of :mod:`stdtrack.redetection.search`
    runs beside the tracker's own steps.

    Args:
        calibration: needed; raises InputError without one.

    Attributes:
        look: what the search looks with.
        budget: of the search, in a frame.
    """

    def __init__(
        self,
        model: STDTrack,
        facts: Mapping[str, str] | None = None,
        device: str = "cpu",
        calibration: Calibration | None = None,
    ) -> None:
        super().__init__(model, facts, device, calibration)
        self.look = Viewer(self, required(calibration, (facts or {}).get("weights", "the network")))
        self.budget = Budget(TILES, f"{TILES} tiles a frame")
        self._search: Search | None = None
        self._first: TrackState | None = None
        self._known: tuple[TrackState, Box] | None = None

    @torch.inference_mode()
    def init(self, image: Image, box: Box) -> None:
        """As :meth:`STDTracker.init`."""
        super().init(image, box)
        assert self._state is not None
        self._first, self._known, self._search = self._state, (self._state, self._box), None

    @torch.inference_mode()
    def update(self, image: Image) -> Prediction:
        """The next frame; where the target is lost, ``visible`` is False."""
        if self._search is not None and self._search.frames >= PATIENCE and self._known is not None:
            self._state = self._known[0]
        prediction = super().update(image)
        assert self.assessment is not None
        if self.assessment.status != "lost":
            return self._present(prediction, self.assessment)
        return self._lost(prediction, self.assessment, rgb_image(image))

    def _present(self, prediction: Prediction, assessment: Assessment) -> Prediction:
        self._search = None
        assert self.calibration is not None
        if assessment.lost <= self.calibration.limits.present and self._state is not None:
            self._known = self._state, self._box
        return Prediction(prediction.box, prediction.score * (1.0 - assessment.lost), True)

    def _lost(self, prediction: Prediction, assessment: Assessment, image: Image) -> Prediction:
        assert self._first is not None
        assert self._known is not None
        assert self.calibration is not None
        factor, limits = self.config.search_factor, self.calibration.limits
        search = self._search or Search.begin(self._first, *self._known, factor, limits, image)
        self._search = advance(search, image, self.look, self.budget.tiles)
        if self._search.found is None:
            return Prediction(prediction.box, prediction.score * (1.0 - assessment.lost), False)
        return self._go_on(self._search.found, image)

    def _go_on(self, found: View, image: Image) -> Prediction:
        """Track from where the target was found."""
        limits = np.array(image.shape[1::-1], dtype=np.float64)
        size = np.clip(found.box[2:], 1.0, limits)
        centre = np.clip(found.box[:2] + found.box[2:] / 2, 0.0, limits)
        self._box, self._state = np.concatenate((centre - size / 2, size)), found.state
        self.assessment = Assessment(found.cues, found.lost, "present")
        prediction = Prediction(visible_part(self._box, image), found.quality)
        return self._present(prediction, self.assessment)

    def describe(self) -> Mapping[str, str]:
        """Facts for the run manifest."""
        return {**super().describe(), "redetect": self.budget.said}


def required(calibration: Calibration | None, weights: str) -> Calibration:
    """The calibration; raises InputError where there is none."""
    if calibration is None:
        raise InputError("holds no calibration of the assessment, which re-detection needs", path=weights, hint=AGAIN)
    return calibration
