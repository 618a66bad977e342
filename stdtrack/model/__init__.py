"""The network as equations: pure torch, no files, no images."""

from stdtrack.model.assembly import FrameOutput, STDTrack, TrackState
from stdtrack.model.maintainer import Maintainer, Memory

__all__ = ["FrameOutput", "Maintainer", "Memory", "STDTrack", "TrackState"]
