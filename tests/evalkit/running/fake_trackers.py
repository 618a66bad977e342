"""Trackers that behave in known ways; specs name them as ``fake_trackers:steady``, also in worker processes."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time

import numpy as np

from evalkit.trackers.base import Prediction
from evalkit.types import Box, Image


class Steady:
    """Moves the box by what it reads in the picture and by a random number: deterministic only if seeded."""

    def __init__(self, delay: float = 0.0) -> None:
        self.delay = delay

    def init(self, image: Image, box: Box) -> None:
        self.box, self.frame = box.copy(), 0

    def update(self, image: Image) -> Prediction:
        self.frame += 1
        if self.delay:
            time.sleep(self.delay)
        self.box[:2] += image.mean() / 255 - 0.5 + np.random.normal()
        return Prediction(self.box.copy(), 1.0 / (1 + self.frame))


class Faulty(Steady):
    """Does something bad in frame 2 of sequences whose pictures are ``width`` pixels wide."""

    def __init__(self, fault: str, width: str = "70", marker: str = "") -> None:
        super().__init__()
        self.fault, self.width, self.marker = fault, int(width), marker

    def update(self, image: Image) -> Prediction:
        prediction = super().update(image)
        if self.frame != 2 or image.shape[1] != self.width or (self.marker and os.path.exists(self.marker)):
            return prediction
        match self.fault:
            case "raise":
                sys.stdout.write("some last words\n")
                raise LookupError("lost my way\nand the second line")
            case "leave":
                sys.exit("I have had enough")
            case "hang":
                time.sleep(600)
            case "exit":
                os._exit(9)
            case "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            case "crash":
                ctypes.string_at(0)
            case "shape":
                return Prediction(np.zeros(3), 1.0)
            case "nan":
                return Prediction(np.full(4, np.nan), 1.0)
            case "text":
                return Prediction(np.array(["1", "2", "3", "4"]), 1.0)  # type: ignore[arg-type]
            case "complex":
                return Prediction(np.array([1, 2, 3, 4j]), 1.0)  # type: ignore[arg-type]
            case "score":
                return Prediction(np.zeros(4), float("nan"))
            case "none":
                return None  # type: ignore[return-value]
        raise AssertionError(self.fault)


class Described(Steady):
    """Says which weights it has."""

    def __init__(self, weights: str, note: str = "") -> None:
        super().__init__()
        self.weights, self.note = weights, note

    def describe(self) -> dict[str, str]:
        if self.note:
            return {"note": self.note}
        with open(self.weights) as stream:
            return {"weights_sha256": stream.read(), "device": "cpu"}


def steady(delay: str = "0") -> Steady:
    return Steady(float(delay))


class Shifted(Steady):
    """Moves the box by 50 pixels if its one option is true."""

    def __init__(self, shift: object) -> None:
        super().__init__()
        self.shift = 50.0 if shift else 0.0

    def update(self, image: Image) -> Prediction:
        return Prediction(self.box + np.array([self.shift, 0, 0, 0]), 1.0)


def shifted(shift=True):  # type: ignore[no-untyped-def]  # as most trackers are written
    return Shifted(shift)


class Wordless(Steady):
    """Never answers."""

    def update(self, image: Image) -> Prediction:
        return None  # type: ignore[return-value]


wordless = Wordless


class Restless(Steady):
    """Starts a process that outlives it, if it may, and changes the working folder."""

    def __init__(self, marker: str) -> None:
        super().__init__(0.2)
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        with open(marker, "a") as stream:
            stream.write(f"{child.pid}\n")
        os.chdir("/")


class Stuck(Steady):
    """Never starts."""

    def init(self, image: Image, box: Box) -> None:
        time.sleep(600)


def endless() -> Steady:
    time.sleep(600)
    return Steady()


stuck = Stuck
faulty = Faulty
restless = Restless
described = Described


def broken() -> Steady:
    raise OSError("no such weights")
