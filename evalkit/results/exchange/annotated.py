"""A benchmark's sequence as a clip, with the boxes of trackers on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePath

import numpy as np

from evalkit.results.exchange.clip import GROUND_TRUTH, Clip, Track
from evalkit.sequences.frames import ImageFolder
from evalkit.sequences.later import LaterFrames
from evalkit.sequences.packed import ArchiveFrames, VideoFrames, first_image_size
from evalkit.sequences.sequence import Sequence
from evalkit.types import Boxes, Vector

Said = tuple[Boxes, Vector]
"""(N, 4) boxes of a tracker, 0-based, and (N,) its confidences, NaN where there is none."""


def clip_of(sequence: Sequence, said: Mapping[str, Said] | None = None) -> Clip:
    """The sequence's frames, its annotation without boxes where the target is absent, and what trackers said.

    Frames of the clip before the sequence begins are part of it, without a box, so that it fits the video.

    Args:
        sequence: in a benchmark's own coordinates; the clip's are 0-based.
        said: boxes and confidences by tracker, of the sequence's N frames.

    Raises:
        InputError: images and annotation do not fit together.
    """
    truth = sequence.ground_truth.copy()
    if sequence.absent is not None:
        truth[sequence.absent] = np.nan
    tracks = [Track(GROUND_TRUTH, truth)]
    tracks += [
        Track(name, boxes, None if np.isnan(scores).all() else scores, truth=False)
        for name, (boxes, scores) in (said or {}).items()
    ]
    frames, start = sequence.frames, 0
    if isinstance(frames, LaterFrames):
        start = frames.start
        frames = frames.frames
    whole = tuple(_behind(track, start) for track in tracks)
    clip = Clip(sequence.name, start + len(sequence), whole, sequence.size)
    if not isinstance(frames, ImageFolder | ArchiveFrames | VideoFrames):
        return clip
    place = frames.folder if isinstance(frames, ImageFolder) else frames.path
    names = () if isinstance(frames, VideoFrames) else tuple(map(frames.name, range(clip.length)))
    images = tuple(PurePath(name).name for name in names)
    return replace(clip, frames=place, images=images, size=clip.size or first_image_size(place))


def _behind(track: Track, start: int) -> Track:
    """The track with ``start`` frames without a box before it."""
    boxes = np.vstack([np.full((start, 4), np.nan), track.boxes])
    scores = None if track.scores is None else np.concatenate([np.full(start, np.nan), track.scores])
    return replace(track, boxes=boxes, scores=scores)
