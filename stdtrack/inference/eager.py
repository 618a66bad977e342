"""Networks of ours as PyTorch runs them: what exports and compression begin with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from evalkit.errors import InputError
from evalkit.trackers.spec import TrackerSpec, load_tracker
from stdtrack.peers.online import PeerTracker
from stdtrack.tracker import STDTracker


def eager_tracker(spec: str) -> STDTracker | PeerTracker[Any]:
    """The tracker of a spec, its network in PyTorch on the CPU.

    Raises:
        InputError: it is none of STDTrack's or the peers', or the spec asks for something else than eager.
    """
    parsed = TrackerSpec.parse(spec)
    own_choice = {"backend": "eager"} if parsed.prefix == "stdtrack" and "path" not in parsed.options else {}
    tracker = load_tracker(str(replace(parsed, options={**own_choice, **parsed.options})))
    if not isinstance(tracker, STDTracker | PeerTracker):
        raise InputError(f"'{spec}' is not one of our networks", hint="write stdtrack:NAME, for instance stdtrack:nano")
    if tracker.describe()["backend"] != "eager" or tracker.device.type != "cpu":
        raise InputError(f"'{spec}' does not run in PyTorch on the cpu", hint="leave backend, path and device out")
    return tracker
