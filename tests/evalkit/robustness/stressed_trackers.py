"""Trackers with one fault each, for the stress test to find."""

from __future__ import annotations

import numpy as np

from evalkit.trackers.base import Prediction
from evalkit.types import Box, Image

_SHARED: dict[str, Box] = {}


class Fit:
    """Answers with the given box: nothing can go wrong with it."""

    def init(self, image: Image, box: Box) -> None:
        self.box = box.copy()

    def update(self, image: Image) -> Prediction:
        return Prediction(self.box.copy(), 1.0)


class DividesByContrast(Fit):
    def update(self, image: Image) -> Prediction:
        return Prediction(self.box / np.float64(image.std() > 0), 1.0)


class CrashesOnPixels(Fit):
    def init(self, image: Image, box: Box) -> None:
        if box[2] < 2:
            raise ValueError("the template has no size")
        super().init(image, box)


class OneSize(Fit):
    def init(self, image: Image, box: Box) -> None:
        super().init(image, box)
        self.shape = image.shape

    def update(self, image: Image) -> Prediction:
        assert image.shape == self.shape, "another size"
        return super().update(image)


class Colour(Fit):
    def update(self, image: Image) -> Prediction:
        if image.ndim != 3 or image.shape[2] != 3:
            raise ValueError("not RGB")
        return super().update(image)


class Chance(Fit):
    def update(self, image: Image) -> Prediction:
        return Prediction(self.box + np.random.default_rng().random(4), 1.0)


class Remembers(Fit):
    def __init__(self) -> None:
        self.started = 0.0

    def init(self, image: Image, box: Box) -> None:
        super().init(image, box)
        self.started += 1.0
        self.box[0] += self.started


class Shares(Fit):
    def init(self, image: Image, box: Box) -> None:
        _SHARED["box"] = box.copy()

    def update(self, image: Image) -> Prediction:
        return Prediction(_SHARED["box"].copy(), 1.0)


class Draws(Fit):
    def update(self, image: Image) -> Prediction:
        image[0, 0] = 255 - image[0, 0]
        return super().update(image)


class Leaks(Fit):
    kept: list[np.ndarray]

    def init(self, image: Image, box: Box) -> None:
        super().init(image, box)
        self.kept = []

    def update(self, image: Image) -> Prediction:
        self.kept.append(np.ones((512, 1024)))  # 4 MB
        return super().update(image)


class Exits(Fit):
    def update(self, image: Image) -> Prediction:
        if image.max() == 0:
            import os

            os._exit(7)
        return super().update(image)
