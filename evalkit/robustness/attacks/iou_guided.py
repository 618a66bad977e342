"""An attack by queries alone, on any tracker: noise that is led by the overlap of its answers.

After Jia et al., IoU Attack (CVPR 2021): the noise takes steps that are orthogonal to itself, of several the one is
kept whose answer overlaps least with that on the clean frame and with the last one, and the next frame begins with the
noise of this one. Here the noise is bounded in L-infinity, covers the neighbourhood of the target and is constant in
cells (:func:`~evalkit.robustness.attacks.noise.cell_of`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from evalkit.benchmarks.variations import Setting, Variation
from evalkit.boxes import iou_continuous
from evalkit.robustness.attacks.noise import (
    SEVERITIES,
    Measured,
    Noise,
    bound_of,
    cell_of,
    in_cells,
    signs,
    window_around,
    with_noise,
)
from evalkit.robustness.attacks.probe import Probe
from evalkit.sequences.sequence import Attack, Sequence
from evalkit.trackers.base import Tracker
from evalkit.types import Box, Image

STEPS, CANDIDATES = 4, 3
"""A frame: 1 query on the clean frame, 1 on the noise that it begins with, then so many steps of so many each."""
STEP_LENGTH = 1.5
"""Of a step, in lengths of the noise."""
ENOUGH = 0.1
"""Overlap below which a frame's search ends."""
REACH = 5.0
"""Side of the neighbourhood, in sides of the target."""


@dataclass(frozen=True)
class IouGuided:
    """The attack with its bound in 1/255."""

    bound: int
    seed: int

    def begin(self, tracker: object, spare: Callable[[], object] | None, seed: int) -> Attack:
        """The attack on one sequence."""
        probe = Probe(cast(Tracker, tracker), cast("Callable[[], Tracker] | None", spare))
        return _Guided(probe, self.bound, np.random.default_rng([self.seed, seed]))


class _Guided(Measured):
    def __init__(self, probe: Probe, bound: int, rng: np.random.Generator) -> None:
        super().__init__()
        self._probe, self._bound, self._rng = probe, bound, rng
        self._noise: Noise | None = None
        self._box: Box = np.zeros(4)
        self._cell = 1

    def first(self, image: Image, box: Box) -> Image:
        self._box, self._cell = box, cell_of(box)
        self._probe.seen(image, box)
        return image

    def next(self, image: Image) -> Image:
        window = window_around(self._box, image, REACH)
        self._queries, clean = 1, self._probe.ask(image)
        noise = self._begun(image[window])
        score, box = self._ask(image, noise, window, clean)
        for _ in range(STEPS):
            if score < ENOUGH:
                break
            for candidate in [self._stepped(noise) for _ in range(CANDIDATES)]:
                other, where = self._ask(image, candidate, window, clean)
                if other < score:
                    score, box, noise = other, where, candidate
        self._noise, self._box = noise, box
        changed = with_noise(image, noise, window)
        self._probe.seen(changed, box)
        self.measure(image, changed, self._queries)
        return changed

    def _begun(self, part: Image) -> Noise:
        """The last frame's noise, where it has the size of this one's window; else new."""
        if self._noise is not None and self._noise.shape == part.shape:
            return self._noise
        return self._bound * signs(part.shape[0], part.shape[1], self._cell, self._rng)

    def _stepped(self, noise: Noise) -> Noise:
        direction = in_cells(noise.shape[0], noise.shape[1], self._cell, self._rng)
        return orthogonal_step(noise, direction, self._bound)

    def _ask(self, image: Image, noise: Noise, window: tuple[slice, slice], clean: Box) -> tuple[float, Box]:
        self._queries += 1
        box = self._probe.ask(with_noise(image, noise, window))
        overlaps = iou_continuous(np.stack([box, box]), np.stack([clean, self._box]))
        return float(np.nan_to_num(overlaps).mean()), box


def orthogonal_step(noise: Noise, direction: Noise, bound: float) -> Noise:
    """The noise after a step at a right angle to it, then moved out to the bound in every value, as it was before.

    >>> orthogonal_step(np.array([8.0, 8.0, -8.0], np.float32), np.array([1.0, -3.0, 0.5], np.float32), 8.0).tolist()
    [8.0, -8.0, -8.0]
    """
    length = float(np.linalg.norm(noise))
    across = direction - noise * (float(np.vdot(direction, noise)) / max(length**2, 1e-12))
    moved = noise + across * (STEP_LENGTH * length / max(float(np.linalg.norm(across)), 1e-12))
    stepped: Noise = np.where(moved < 0, np.float32(-bound), np.float32(bound))
    return stepped


def _attacked(sequence: Sequence, setting: Setting) -> Sequence:
    return replace(sequence, adversary=IouGuided(bound_of(setting), setting.seed))


IOU_ATTACK = Variation("iou_attack", "attack", "noise led by queries of the tracker", _attacked, SEVERITIES)
