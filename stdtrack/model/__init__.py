"""The network as equations: pure torch, no files, no images."""

from stdtrack.model.network import FrameOutput, STDTrack, TrackState
from stdtrack.model.stm import Maintainer, Memory

__all__ = ["FrameOutput", "Maintainer", "Memory", "STDTrack", "TrackState"]
