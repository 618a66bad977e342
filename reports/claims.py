"""What STDTrack's paper claims beside what a report holds of this project's own networks: the card paper, ours, gap."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from evalkit.results.columns import SPEEDS
from reports.inputs import ReportTables, records
from reports.labelled import without_labels
from reports.published import published
from reports.published_speeds import speed_kind
from reports.speeds import setting
from reports.tables import Table, word

SOURCE = "Shi, Yu, Shi, Luo: Exploring Reliable Spatiotemporal Dependencies for Efficient Visual Tracking, AAAI 2026"
CAPTION = (
    f"The claims of the paper's abstract ({SOURCE}) beside this report's own figures of stdtrack:*. The paper's sizes, "
    "devices and five of its six benchmarks are not named in anything that could be had; the networks here are this "
    "project's design."
)
SPEEDS_CLAIMED = {"cuda": "gpu_fps", "cpu": "cpu_fps"}
"""The quantity of the published figures that a device's speed is compared with."""
OWN, COMPARED = "stdtrack:", "stdtrack:base"
_NO_WEIGHTS = "not measured here: only nano has trained weights, and the paper's network is larger"
_NO_GAP = "unknown"


@dataclass(frozen=True)
class Claim:
    """One row of the card, as text."""

    claim: str
    paper: str
    ours: str
    gap: str


def claims_table(tables: ReportTables) -> Table | None:
    """The card, None for a report without one of our own networks.

    ``gap`` is ours over the paper's for a speed; where nothing was measured, ``ours`` says why.
    """
    tables = without_labels(tables)
    measured = [tables.speeds.reindex(columns=list(SPEEDS)), _profiled(tables)]
    speeds = pd.concat([table.astype(object) for table in measured], ignore_index=True)  # counts stay counts
    names = {*map(str, tables.scores["tracker"]), *map(str, speeds["tracker"])}
    if not any(name.startswith(OWN) for name in names):
        return None
    claims = (
        _speed(speeds, "cuda", "speed on a GPU"),
        _speed(speeds, "cpu", "speed on a CPU"),
        Claim("accuracy", "state of the art among real-time trackers on six benchmarks", _NO_WEIGHTS, _NO_GAP),
        _got10k(tables),
    )
    rows = tuple(tuple(map(word, (row.claim, row.paper, row.ours, row.gap))) for row in claims)
    return Table("claims", CAPTION, ("claim", "paper", "ours", "gap"), rows, (False,) * 4)


def _profiled(tables: ReportTables) -> pd.DataFrame:
    latency = tables.profiles.get("latency", pd.DataFrame())
    return latency.reindex(columns=list(SPEEDS))


def _speed(speeds: pd.DataFrame, device: str, claim: str) -> Claim:
    figures = published()
    claimed = figures[(figures["tracker"] == "STDTrack") & (figures["quantity"] == SPEEDS_CLAIMED[device])]
    paper = float(claimed["value"].iloc[0])
    known = speeds[speeds["device"].notna() & (speeds["device"] != "unknown") & speeds["fps_median"].notna()]
    same = known["device"].astype(str).map(speed_kind) == SPEEDS_CLAIMED[device]  # a device may be a processor's model
    measured = known[same & known["tracker"].astype(str).str.startswith(COMPARED)]
    if measured.empty:
        ours = f"not measured here: no speed of {COMPARED} on a {'GPU' if device == 'cuda' else 'CPU'} in this report"
        return Claim(claim, f"{paper:.0f} FPS", ours, _NO_GAP)
    best = max(records(measured), key=lambda row: float(row["fps_median"]))
    fps = float(best["fps_median"])
    ours = f"{fps:.1f} FPS ({best['tracker']}: {setting(best)})"
    return Claim(claim, f"{paper:.0f} FPS", ours, f"{fps / paper:.2f}")


def _got10k(tables: ReportTables) -> Claim:
    claim, paper = "GOT-10k", "the level of MixFormer; no figure could be had"
    scores = tables.scores
    mine = (scores["metric"] == "ao") & (scores["benchmark"].astype(str).str.startswith("got10k"))
    mine &= scores["sequence"].isna() & scores["tracker"].astype(str).str.startswith(OWN)
    if not mine.any():
        return Claim(claim, paper, "not measured here: the test set's boxes lie on a server", _NO_GAP)
    best = max(records(scores[mine]), key=lambda row: float(row["value"]))
    return Claim(claim, paper, f"AO {float(best['value']):.3f} ({best['tracker']} on {best['benchmark']})", _NO_GAP)
