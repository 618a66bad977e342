"""Trackers with a known speed or a known fault; workers import this module by its name."""

from __future__ import annotations

import itertools
import sys
import time
from typing import Any

import numpy as np

from evalkit.trackers.base import Prediction
from evalkit.trackers.stages import StageTimer, untimed


class Still:
    """Answers the first box; ``delay(frame)`` seconds pass in each update."""

    def __init__(self, delay: Any = lambda frame: 0.0) -> None:
        self._delay, self._frame = delay, 0
        self._box = np.zeros(4)

    def init(self, image: Any, box: Any) -> None:
        self._box = box

    def update(self, image: Any) -> Prediction:
        self._frame += 1
        time.sleep(self._delay(self._frame))
        return self.answer()

    def answer(self) -> Prediction:
        return Prediction(self._box, 1.0)


class Staged(Still):
    """Spends known times in named stages, and some outside."""

    def __init__(self) -> None:
        super().__init__()
        self.stage: StageTimer = untimed

    def update(self, image: Any) -> Prediction:
        for name, seconds in (("crop", 0.001), ("forward", 0.004)):
            with self.stage(name):
                time.sleep(seconds)
        time.sleep(0.002)
        return self.answer()


class Doubtful(Still):
    """Renews its template in every fifth frame, finds nothing to look at in every third, and takes two threads."""

    def __init__(self) -> None:
        super().__init__(lambda frame: 0.0)
        self.stage: StageTimer = untimed
        import cv2

        cv2.setNumThreads(2)

    def update(self, image: Any) -> Prediction:
        self._frame += 1
        if self._frame % 3:
            with self.stage("forward"):
                time.sleep(0.002)
        if self._frame % 5 == 0:
            with self.stage("template"):
                time.sleep(0.01)
        return self.answer()

    def describe(self) -> dict[str, str]:
        return {"note": "a doubtful one; see its card", "device": "cuda:1"}


class Nested(Still):
    """One stage within another."""

    def __init__(self) -> None:
        super().__init__()
        self.stage: StageTimer = untimed

    def update(self, image: Any) -> Prediction:
        with self.stage("whole"), self.stage("forward"):
            return self.answer()


class Busy(Still):
    """Computes for a fixed time without sleeping, in four stages."""

    def __init__(self, seconds: str = "0.001") -> None:
        super().__init__()
        self.stage: StageTimer = untimed
        self.own: list[float] = []
        self._seconds = float(seconds)

    def update(self, image: Any) -> Prediction:
        start = time.perf_counter()
        for part, name in enumerate(("crop", "normalise", "forward", "decode"), 1):
            with self.stage(name):
                while time.perf_counter() - start < self._seconds * part / 4:
                    pass
        self.own.append(time.perf_counter() - start)
        return self.answer()


class Nonsense(Still):
    def answer(self) -> Prediction:
        return Prediction(np.array([1.0, np.nan, 3.0, 4.0]) if self._frame > 20 else self._box, 1.0)


class Misshapen(Still):
    def answer(self) -> Prediction:
        return Prediction(np.zeros((1, 4)), 1.0)


def still() -> Still:
    return Still()


def sleeper() -> Still:
    return Still(lambda frame: 0.005)


def stumbler() -> Still:
    return Still(lambda frame: 0.05 if frame % 100 == 0 else 0.001)


def staged() -> Staged:
    return Staged()


def busy(seconds: str = "0.001") -> Busy:
    return Busy(seconds)


def nonsense() -> Nonsense:
    return Nonsense()


def misshapen() -> Misshapen:
    return Misshapen()


def raises() -> Still:
    def fail(frame: int) -> float:
        if frame > 30:
            raise ValueError("lost my way")
        return 0.0

    return Still(fail)


def hangs() -> Still:
    return Still(lambda frame: 3600.0 if frame > 30 else 0.0)


def hangs_at_once() -> Still:
    return Still(lambda frame: 3600.0)


def hangs_while_measured() -> Still:
    """At its hundredth step: two hundred rounds of one step at least are measured after the shortest warm-up."""
    steps = itertools.count()
    return Still(lambda frame: 3600.0 if next(steps) >= 100 else 0.001)


class Fourier(Still):
    """Its network has an operator that nobody counts."""

    def complexity_parts(self) -> Any:
        import torch

        class Transform(torch.nn.Module):
            def forward(self, x: Any) -> Any:
                return torch.fft.rfft(x)

        return {"frame": (Transform(), (torch.zeros(1, 8),))}


def fourier() -> Fourier:
    return Fourier()


def dies() -> Still:
    def end(frame: int) -> float:
        if frame > 30:
            sys.stderr.flush()
            import os

            os._exit(17)
        return 0.0

    return Still(end)


class Late(Still):
    """Tracks well, and gives ``complexity_parts`` that cannot be had."""

    def __init__(self, fault: str) -> None:
        super().__init__()
        self._fault = fault

    def describe(self) -> dict[str, str]:
        if self._fault == "raises":
            raise ValueError("cannot describe myself")
        return {"backend": "own"}

    def complexity_parts(self) -> Any:
        raise ValueError("no parts")


def late(fault: str) -> Late:
    return Late(fault)


def linear() -> Any:
    import torch

    return torch.nn.Linear(64, 64), (torch.zeros(1, 64),)


def identity() -> Any:
    """Computes nothing and moves nothing."""
    import torch

    return torch.nn.Identity(), (torch.zeros(1, 64),)


def doubtful() -> Doubtful:
    return Doubtful()


def nested() -> Nested:
    return Nested()


def still_class() -> type[Still]:
    return Still


def single_input() -> Any:
    import torch

    return torch.nn.Linear(4, 4), torch.zeros(1, 4)


def number() -> int:
    return 7


class Multiplier(Still):
    """Multiplies matrices, a fixed number of times in each update."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self._times = times
        self._left = np.random.default_rng(0).random((256, 256), dtype=np.float32)

    def update(self, image: Any) -> Prediction:
        for _ in range(self._times):
            self._left @ self._left
        return self.answer()


def multiplier(times: str = "4") -> Multiplier:
    return Multiplier(int(times))
