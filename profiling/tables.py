"""Results as tidy tables: what is written to files and drawn. Times in milliseconds, memory in MiB."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from evalkit.results.columns import NOTE_SEPARATOR
from evalkit.results.latencies import summarise
from profiling.latency.results import Profile, Profiles
from profiling.latency.statistics import growth_per_frame, paired_ratio
from profiling.latency.steps import SCOPES
from profiling.machine.roofline import roofline_point

LATENCY = (
    "tracker", "backend", "threads", "device", "scope", "frames",
    "p50_ms", "p90_ms", "p99_ms", "max_ms", "fps_median", "fps_mean", "waited", "note",
)  # fmt: skip
RATIOS = ("tracker", "reference", "scope", "ratio", "low", "high")
FRAMES = ("tracker", "scope", "frame", "milliseconds")
STAGES = ("tracker", "stage", "median_ms", "share")
RESOURCES = (
    "tracker", "parameters", "parameters_mib", "init_macs", "frame_macs", "frame_flops", "loaded_mib",
    "peak_mib", "growth_bytes_per_frame", "cuda_peak_mib", "joules_per_frame", "energy", "difference_from_eager",
    "note",
)  # fmt: skip
SCALING = ("tracker", "scope", "threads", "p50_ms")
ROOFLINE = ("tracker", "threads", "flops_per_byte", "gflops", "peak_gflops", "peak_gbytes")
ACCURACY = ("tracker", "fps_median", "mean_iou", "parameters")

MIB = 2**20
OTHER, DECODING = "other", "image"


def latency_table(comparison: Profiles, scopes: Sequence[str] = SCOPES) -> pd.DataFrame:
    """One row for each tracker and scope that it has; ``note`` holds every reason for doubt."""
    rows = []
    for profile in comparison.profiles:
        for scope in scopes:
            rounds = profile.latencies(scope)
            if not rounds:
                continue
            summary = summarise(np.concatenate(rounds))
            notes = [summary.warning, *latency_doubts(profile, scope, comparison)]
            times = {"p50_ms": summary.p50, "p90_ms": summary.p90, "p99_ms": summary.p99, "max_ms": summary.slowest}
            rows.append(
                {
                    **_setting(profile),
                    "scope": scope,
                    "frames": summary.frames,
                    **{name: 1e3 * seconds for name, seconds in times.items()},
                    "fps_median": summary.fps_median,
                    "fps_mean": summary.fps_mean,
                    "waited": profile.waited_share(scope),
                    "note": joined(notes),
                }
            )
    return pd.DataFrame(rows, columns=list(LATENCY))


def ratio_table(comparison: Profiles, scopes: Sequence[str] = SCOPES) -> pd.DataFrame:
    """How many times longer a frame takes than one of the first tracker, with a 95 % interval; the fast frames of each.

    Without the time in which another program held the processor: it would count against the slower tracker, whose
    frames are interrupted more often.
    """
    rows = []
    for scope in scopes:
        candidates = [profile for profile in comparison.profiles if profile.latencies(scope)]
        for profile in candidates[1:]:
            ratio = paired_ratio(
                profile.undisturbed(scope), candidates[0].undisturbed(scope), candidates[0].round_clips
            )
            row = (profile.target.label, candidates[0].target.label, scope, ratio.value, ratio.low, ratio.high)
            rows.append(row)
    return pd.DataFrame(rows, columns=list(RATIOS))


def frame_table(comparison: Profiles, scopes: Sequence[str] = SCOPES) -> pd.DataFrame:
    """Every measured frame, in the order of measurement."""
    parts = []
    for profile in comparison.profiles:
        for scope in scopes:
            rounds = profile.latencies(scope)
            if rounds:
                values = 1e3 * np.concatenate(rounds)
                columns = (profile.target.label, scope, np.arange(len(values)), values)
                parts.append(pd.DataFrame(dict(zip(FRAMES, columns, strict=True))))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(FRAMES))


def stage_table(comparison: Profiles) -> pd.DataFrame:
    """Median of each stage and its share of the pipeline; ``other`` is what ``update`` does outside its stages."""
    rows = []
    for profile in comparison.profiles:
        steps = [step for part in profile.rounds for step in part.steps]
        names = dict.fromkeys(name for step in steps for name in step.stages)  # some stages are not in every frame
        if profile.is_module or not names:
            continue
        seconds = {DECODING: np.array([step.decode for step in steps])}
        for name in names:
            seconds[name] = np.array([step.stages.get(name, 0.0) for step in steps])
        seconds[OTHER] = np.array([step.track - sum(step.stages.values()) for step in steps])
        total = sum(float(values.sum()) for values in seconds.values())
        for name, values in seconds.items():
            row = (profile.target.label, name, 1e3 * float(np.median(values)), float(values.sum()) / total)
            rows.append(row)
    return pd.DataFrame(rows, columns=list(STAGES))


def resource_table(comparison: Profiles) -> pd.DataFrame:
    """Parameters, complexity, memory and energy of each tracker; missing values where they are unknown."""
    rows = []
    for profile in comparison.profiles:
        report, finish = profile.counted, profile.finish
        parts = report.parts if report else {}
        counted = np.cumsum([len(part.steps) for part in profile.rounds])
        rows.append(
            {
                "tracker": profile.target.label,
                "parameters": report.parameters if report else None,
                "parameters_mib": report.parameter_bytes / MIB if report else None,
                "init_macs": parts["init"].macs if "init" in parts else None,
                "frame_macs": parts["frame"].macs if parts else None,
                "frame_flops": parts["frame"].flops if parts else None,
                "loaded_mib": _mib(finish.loaded_resident),
                "peak_mib": _mib(finish.peak_resident),
                "growth_bytes_per_frame": None
                if profile.target.in_process
                else growth_per_frame(counted.tolist(), [part.resident for part in profile.rounds]),
                "cuda_peak_mib": _mib(finish.cuda_peak),
                "joules_per_frame": profile.joules_per_frame,
                "energy": finish.energy,
                "difference_from_eager": profile.difference,
                "note": joined(unknown_because(profile)),
            }
        )
    return pd.DataFrame(rows, columns=list(RESOURCES))


def scaling_table(comparison: Profiles, scopes: Sequence[str] = SCOPES) -> pd.DataFrame:
    """Median latency by number of threads, of trackers measured with more than one number."""
    table = latency_table(comparison, scopes)
    titles = {profile.target.label: profile.target.title for profile in comparison.profiles}
    table["tracker"] = table["tracker"].map(titles)
    several = table.groupby(["tracker", "scope", "device"])["threads"].transform("nunique") > 1
    return table.loc[several, list(SCALING)].reset_index(drop=True)


def roofline_table(comparison: Profiles) -> pd.DataFrame:
    """Networks on the CPU below the ceilings of their number of threads, by the scope ``model`` without waits."""
    rows = []
    for profile in comparison.profiles:
        report = profile.counted
        if report is None or not profile.has_roofline:
            continue
        frame, seconds = report.parts["frame"], np.concatenate(profile.undisturbed("model"))
        point = roofline_point(frame.flops, frame.bytes_moved, float(np.median(seconds)))
        limits = comparison.ceilings[profile.target.threads]
        row = (profile.target.label, limits.threads, point.intensity, point.gflops, limits.gflops, limits.gbytes)
        rows.append(row)
    return pd.DataFrame(rows, columns=list(ROOFLINE))


def accuracy_table(comparison: Profiles) -> pd.DataFrame:
    """Speed in the scope ``track`` beside the mean IoU on the same clips."""
    rows = []
    for profile in comparison.profiles:
        rounds = profile.latencies("track")
        if profile.overlap is not None and rounds:
            report = profile.counted
            fps = summarise(np.concatenate(rounds)).fps_median
            row = (profile.target.label, fps, profile.overlap, report.parameters if report else None)
            rows.append(row)
    return pd.DataFrame(rows, columns=list(ACCURACY))


def _setting(profile: Profile) -> dict[str, object]:
    return {
        "tracker": profile.target.label,
        "backend": profile.target.backend or profile.finish.facts.get("backend", "unknown"),
        "threads": profile.target.threads,
        "device": profile.target.device,
    }


def _mib(size: int | None) -> float | None:
    return None if size is None else size / MIB


WAITED_WARNING = 0.05


def latency_doubts(profile: Profile, scope: str, comparison: Profiles) -> list[str]:
    """What the machine, a tracker's settings and its behaviour leave to be said of its latencies."""
    cores = comparison.machine["cores_usable"]
    notes = [comparison.calibration.warning, profile.finish.facts.get("note", ""), shared_process(profile)]
    if profile.waited_share(scope) > WAITED_WARNING:
        notes.append(f"waited for the processor for more than {WAITED_WARNING:.0%} of the time")
    if not profile.warm_up.steady:
        notes.append("the warm-up did not settle")
    if profile.target.threads > cores:
        notes.append(f"more threads than the {cores} cores that can be used")
    if profile.excess_threads:
        set_by_it = ", ".join(f"{name} {count}" for name, count in profile.excess_threads.items())
        notes.append(f"the tracker itself set more threads: {set_by_it}")
    own = profile.finish.facts.get("device", profile.target.device)
    if _kind(own) != _kind(profile.target.device):
        notes.append(f"the tracker itself says that it ran on {own}")
    if 0.0 < profile.forward_share < 1.0:
        notes.append(f"no scope model: the stage forward is in {profile.forward_share:.0%} of the frames alone")
    return notes


def _kind(device: str) -> str:
    """``cuda`` of ``cuda:0``."""
    return device.lower().partition(":")[0]


def unknown_because(profile: Profile) -> list[str]:
    """Why something is not known of a tracker's resources."""
    shared = shared_process(profile)
    return [
        profile.complexity if isinstance(profile.complexity, str) else "",
        profile.problem,
        f"{shared}: its own memory is not known" if shared else "",
    ]


def shared_process(profile: Profile) -> str:
    """What sets a live subject's figures apart; empty for one in a worker of its own."""
    return "measured in this process" if profile.target.in_process else ""


def joined(notes: Sequence[str]) -> str:
    """Notes in one cell; none of them holds what separates them."""
    return NOTE_SEPARATOR.join(note.replace(";", ",") for note in notes if note)
