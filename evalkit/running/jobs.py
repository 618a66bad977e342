"""What a worker is asked to do: describe a tracker, or take it through one sequence."""

from __future__ import annotations

import random
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from zlib import crc32

import cv2
import numpy as np

from evalkit.results.store import RawResult
from evalkit.running.heartbeat import current_heartbeat
from evalkit.running.tracking import track
from evalkit.sequences.sequence import Adversary, Attack, Frames
from evalkit.trackers.base import Tracker, facts_of
from evalkit.trackers.live import NamedTracker
from evalkit.trackers.spec import load_tracker
from evalkit.types import Box

# A worker keeps the tracker that it used last: jobs come tracker by tracker, and loading may take seconds.
_loaded = lru_cache(maxsize=1)(load_tracker)


@dataclass(frozen=True)
class Job:
    """One tracker on one sequence.

    Attributes:
        tracker: its spec, or a live one, which stays in its process.
        sequence: name, for the random seed.
        frames: what the tracker sees; must be picklable.
        box: (4,) xywh of the target in the first frame, 0-based.
        adversary: who changes the frames while the tracker runs; must be picklable.
    """

    tracker: NamedTracker
    sequence: str
    frames: Frames
    box: Box
    adversary: Adversary | None = None


def run_job(job: Job) -> RawResult:
    """Track the sequence in this process; raises what the tracker raises."""
    tracker = _load(job.tracker)
    heartbeat = current_heartbeat.get()
    if heartbeat is not None:
        heartbeat.beat()  # loaded: from now on the time limit of a frame counts
    seed = crc32(job.sequence.encode())
    attack = None if job.adversary is None else _attack(job.adversary, tracker, job.tracker, seed)
    seed_everything(seed)
    return track(tracker, job.frames, job.box, on_frame=heartbeat.beat if heartbeat else None, attack=attack)


def _attack(adversary: Adversary, tracker: Tracker, named: NamedTracker, seed: int) -> Attack:
    source = named.source
    return adversary.begin(tracker, partial(load_tracker, source) if isinstance(source, str) else None, seed)


def describe_job(tracker: NamedTracker) -> Mapping[str, str]:
    """Load the tracker and ask it for facts about itself."""
    return facts_of(_load(tracker)) | tracker.facts


def _load(tracker: NamedTracker) -> Tracker:
    return _loaded(tracker.source) if isinstance(tracker.source, str) else tracker.load()


def seed_everything(seed: int) -> None:
    """Seed the global random generators, so that a sequence's result depends on no sequence before it."""
    random.seed(seed)
    np.random.seed(seed)
    cv2.setRNGSeed(seed & 0x7FFFFFFF)
    if "torch" in sys.modules:  # only if the tracker brought it: this package does without
        sys.modules["torch"].manual_seed(seed)
