"""Every reason for doubt that a table of a profile has to tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from profiling.latency.results import Comparison, Profile

WAITED_WARNING = 0.05
SEPARATOR = "; "


def latency_doubts(profile: Profile, scope: str, comparison: Comparison) -> list[str]:
    """What the machine, a tracker's settings and its behaviour leave to be said of its latencies."""
    cores = comparison.machine["cores_usable"]
    notes = [comparison.calibration.warning, profile.finish.facts.get("note", "")]
    if profile.waited_share(scope) > WAITED_WARNING:
        notes.append(f"waited for the processor for more than {WAITED_WARNING:.0%} of the time")
    if not profile.warm_up.steady:
        notes.append("the warm-up did not settle")
    if profile.job.threads > cores:
        notes.append(f"more threads than the {cores} cores that can be used")
    if profile.excess_threads:
        set_by_it = ", ".join(f"{name} {count}" for name, count in profile.excess_threads.items())
        notes.append(f"the tracker itself set more threads: {set_by_it}")
    if 0.0 < profile.forward_share < 1.0:
        notes.append(f"no scope model: the stage forward is in {profile.forward_share:.0%} of the frames alone")
    return notes


def unknown_because(profile: Profile) -> list[str]:
    """Why something is not known of a tracker's resources."""
    return [profile.complexity if isinstance(profile.complexity, str) else "", profile.problem]


def joined(notes: Sequence[str]) -> str:
    """Notes in one cell; none of them holds what separates them."""
    return SEPARATOR.join(note.replace(";", ",") for note in notes if note)
