"""The control of every attack: random noise of the same size, at the bound in every value, without a query."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from evalkit.benchmarks.variations import Setting, Variation
from evalkit.robustness.attacks.noise import SEVERITIES, Measured, bound_of, cell_of, signs, with_noise
from evalkit.sequences.sequence import Attack, Sequence
from evalkit.types import Box, Image


@dataclass(frozen=True)
class RandomNoise:
    """Fresh noise in every frame but the first, which attacks leave alone; its size in every value is the bound."""

    bound: int
    seed: int

    def begin(self, tracker: object, spare: Callable[[], object] | None, seed: int) -> Attack:
        """The noise on one sequence; no tracker is asked."""
        return _Noise(self.bound, np.random.default_rng([self.seed, seed]))


class _Noise(Measured):
    def __init__(self, bound: int, rng: np.random.Generator) -> None:
        super().__init__()
        self._bound, self._rng, self._cell = bound, rng, 1

    def first(self, image: Image, box: Box) -> Image:
        self._cell = cell_of(box)
        return image

    def next(self, image: Image) -> Image:
        height, width = image.shape[:2]
        noise = self._bound * signs(height, width, self._cell, self._rng)
        changed = with_noise(image, noise, (slice(None), slice(None)))
        self.measure(image, changed, 0)
        return changed


def _random(sequence: Sequence, setting: Setting) -> Sequence:
    return replace(sequence, adversary=RandomNoise(bound_of(setting), setting.seed))


RANDOM_NOISE = Variation("random_noise", "attack", "random noise of an attack's size, the control", _random, SEVERITIES)
