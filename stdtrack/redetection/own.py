"""STDTrack that looks for its target where it has lost it: ``stdtrack:nano?redetect=true``."""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter

import numpy as np
import torch

from evalkit.errors import InputError
from evalkit.trackers.base import Prediction
from evalkit.types import Box, Image
from stdtrack.answer import visible_part
from stdtrack.assessment import AGAIN, Assessment, Calibration
from stdtrack.images import rgb_image
from stdtrack.model import STDTrack
from stdtrack.redetection.budget import TILES, Budget
from stdtrack.redetection.search import PATIENCE, Known, Search, View, advance, checked
from stdtrack.redetection.viewer import Viewer
from stdtrack.tracker import STDTracker


class RedetectingSTDTracker(STDTracker):
    """As :class:`STDTracker` while the target is there.

    Where the assessment says ``lost``, the search of :mod:`stdtrack.redetection.search` runs beside the tracker's own
    steps. After its first frames each of these starts from the state of the last certain frame, so that nothing seen
    since stays in the STM.

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
        self._known: Known | None = None

    @torch.inference_mode()
    def init(self, image: Image, box: Box) -> None:
        """As :meth:`STDTracker.init`."""
        super().init(image, box)
        assert self._state is not None
        self._known, self._search = Known(self._state, self._box, rgb_image(image)), None

    @torch.inference_mode()
    def update(self, image: Image) -> Prediction:
        """The next frame; where the target is lost, ``visible`` is False."""
        start, image = perf_counter(), rgb_image(image)
        if self._search is not None and self._search.frames >= PATIENCE:
            self._state = self._search.known.state
        prediction = super().update(image)
        assert self.assessment is not None
        self.assessment = checked(self.assessment, self._search, image, self._box)
        if self.assessment.status == "lost":
            return self._lost(prediction, image, start)
        return self._present(prediction, self.assessment, image)

    def _present(self, prediction: Prediction, assessment: Assessment, image: Image) -> Prediction:
        self._search = None
        assert self.calibration is not None
        if assessment.lost <= self.calibration.limits.present and self._state is not None:
            self._known = Known(self._state, self._box, image)
        return prediction

    def _lost(self, prediction: Prediction, image: Image, start: float) -> Prediction:
        assert self._known is not None
        search = self._search or Search.begin(self._known, self.config.search_factor)
        self._search = advance(search, image, self.budget.clocked(self.look, start), self.budget.tiles)
        if self._search.found is None:
            return Prediction(prediction.box, prediction.score, False)
        return self._go_on(self._search.found, image)

    def _go_on(self, found: View, image: Image) -> Prediction:
        """Track from where the target was found."""
        assert self.calibration is not None
        limits = np.array(image.shape[1::-1], dtype=np.float64)
        size = np.clip(found.box[2:], 1.0, limits)
        centre = np.clip(found.box[:2] + found.box[2:] / 2, 0.0, limits)
        self._box, self._state = np.concatenate((centre - size / 2, size)), found.state
        self.assessment = Assessment(found.cues, found.lost, "present")
        prediction = Prediction(visible_part(self._box, image), self.calibration.score(found.lost), True)
        return self._present(prediction, self.assessment, image)

    def describe(self) -> Mapping[str, str]:
        """Facts for the run manifest."""
        return {**super().describe(), "redetect": self.budget.said}


def required(calibration: Calibration | None, weights: str) -> Calibration:
    """The calibration; raises InputError where there is none."""
    if calibration is None:
        raise InputError("holds no calibration of the assessment, which re-detection needs", path=weights, hint=AGAIN)
    return calibration
