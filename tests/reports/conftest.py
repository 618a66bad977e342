"""Synthetic tables of the contract's shape: N trackers x M sequences whose figures follow from simulated overlaps."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from reports.inputs import ReportTables, StripFrame


def jpeg(size: tuple[int, int]) -> bytes:
    """A picture in one colour."""
    content = io.BytesIO()
    Image.new("RGB", size, (70, 90, 60)).save(content, "JPEG")
    return content.getvalue()


SUCCESS = np.linspace(0, 1, 21)
PRECISION = np.arange(51.0)
NORMALIZED = np.linspace(0, 0.5, 51)
# A picture in one colour, 320 x 240 pixels.
PICTURE = jpeg((320, 240))
ATTRIBUTES = ("IV", "SV", "OCC", "DEF", "MB", "FM", "IPR", "OPR", "OV", "BC", "LR")


def simulate(frames: int, quality: float, rng: np.random.Generator) -> pd.DataFrame:
    """One tracker on one sequence: boxes near the truth until it is lost, IoU and error as they follow."""
    time = np.arange(frames)
    truth = np.stack([100 + 60 * np.sin(time / 40), 80 + 30 * np.cos(time / 30), 50 + 0 * time, 40 + 0 * time], axis=1)
    lost = time > frames * rng.uniform(0.2 + quality, 1.2 + quality)
    drift = np.cumsum(rng.normal(0, 2.5 * (1.05 - quality), (frames, 2)), axis=0) * np.where(lost, 6, 0.4)[:, None]
    boxes = truth + np.concatenate([drift, np.zeros((frames, 2))], axis=1)
    low, high = np.maximum(boxes[:, :2], truth[:, :2]), np.minimum(boxes[:, :2], truth[:, :2]) + truth[:, 2:]
    shared = np.prod(np.clip(high - low, 0, None), axis=1)
    iou = shared / (2 * truth[:, 2] * truth[:, 3] - shared)
    table = pd.DataFrame({"frame": time})
    table[["x", "y", "w", "h"]] = boxes
    table[["gt_x", "gt_y", "gt_w", "gt_h"]] = truth
    table["absent"] = (time > frames * 0.5) & (time < frames * 0.6)
    return table.assign(iou=iou, error=np.hypot(*drift.T), score=np.clip(iou + rng.normal(0, 0.1, frames), 0, 1))


def curves_of(frames: pd.DataFrame) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    iou, error = frames["iou"].to_numpy(), frames["error"].to_numpy()
    return {
        "success": (SUCCESS, (iou[:, None] > SUCCESS).mean(0)),
        "precision": (PRECISION, (error[:, None] <= PRECISION).mean(0)),
        "normalized_precision": (NORMALIZED, (error[:, None] / 45 <= NORMALIZED).mean(0)),
    }


def metrics_of(curves: dict[str, tuple[np.ndarray, np.ndarray]]) -> dict[str, float]:
    success, precision, normalized = (curves[name][1] for name in ("success", "precision", "normalized_precision"))
    return {
        "auc": float(success.mean()),
        "precision": float(precision[20]),
        "normalized_precision": float(normalized[20]),
        "ao": float(success.mean()),
        "sr50": float(success[10]),
        "sr75": float(success[15]),
    }


def make_tables(
    trackers: int | Sequence[str] = 5,
    sequences: int = 6,
    frames: int = 120,
    *,
    benchmarks: Sequence[str] = ("otb100",),
    protocols: Sequence[str] = ("official",),
    total: int | None = None,
    strips: bool = False,
    seed: int = 0,
) -> ReportTables:
    """Tables of simulated trackers; ``total`` above ``sequences`` makes them parts of a benchmark.

    ``strips`` has pictures of the first and of the middle frame.
    """
    rng = np.random.default_rng(seed)
    names = [f"tracker-{index:02d}" for index in range(trackers)] if isinstance(trackers, int) else list(trackers)
    rows: dict[str, list] = {name: [] for name in ("scores", "curves", "coverage", "frames", "speeds", "attributes")}
    for benchmark in benchmarks:
        for rank, tracker in enumerate(names):
            simulated = {}
            for index in range(sequences):
                quality = 0.95 - 0.6 * rank / max(1, len(names))
                simulated[f"Sequence{index}"] = simulate(frames, quality, rng)
            collect(rows, tracker, benchmark, protocols, simulated, total or sequences)
            rows["speeds"].append(speed_row(tracker, benchmark, 30 + 40 * rng.random() * (1 + rank)))
    tables = {name: pd.concat(parts) if name == "frames" else pd.DataFrame(parts) for name, parts in rows.items()}
    facts = pd.DataFrame(
        {
            "tracker": names,
            "note": ["untrained" if "stdtrack" in name else None for name in names],
            "parameters": [1e6 * (1 + rank) for rank in range(len(names))],
            "macs": [1e8 * (1 + rank) for rank in range(len(names))],
        }
    )
    latencies = tables["frames"][["tracker", "benchmark", "sequence", "frame"]].copy()
    latencies["milliseconds"] = rng.lognormal(2.5, 0.3, len(latencies))
    pictures = {}
    step = -(-len(tables["frames"]) // 200_000)
    boxes = tables["frames"][(tables["frames"]["frame"] % step == 0) | (tables["frames"]["frame"] == frames // 2)]
    if strips:
        pictures = {
            (benchmark, f"Sequence{index}"): tuple(StripFrame(f, 320, 240, PICTURE) for f in (0, frames // 2))
            for benchmark in benchmarks
            for index in range(sequences)
        }
    return ReportTables(
        **tables,
        boxes=boxes,
        facts=facts,
        latencies=latencies,
        intervals=intervals_of(tables["scores"]),
        hardware={"CPU": "Example CPU, 2 cores", "Memory": "8 GB"},
        methods={"AUC": "mean of the success curve."},
        strips=pictures,
    )


def collect(rows: dict[str, list], tracker: str, benchmark: str, protocols: Sequence[str], simulated: dict, total: int):
    """Append one tracker's rows on one benchmark."""
    per_sequence = {name: curves_of(table) for name, table in simulated.items()}
    mean = {
        name: (grid, np.mean([curves[name][1] for curves in per_sequence.values()], axis=0))
        for name, (grid, _) in next(iter(per_sequence.values())).items()
    }
    for protocol in protocols:
        head = {"tracker": tracker, "benchmark": benchmark, "protocol": protocol}
        for sequence, curves in [*per_sequence.items(), (None, mean)]:
            for metric, value in metrics_of(curves).items():
                rows["scores"].append({**head, "sequence": sequence, "metric": metric, "value": value})
        for curve, (grid, values) in mean.items():
            for threshold, value in zip(grid, values, strict=True):
                point = {"sequence": None, "curve": curve, "threshold": threshold, "value": value}
                rows["curves"].append({**head, **point})
        scored = {"scored": len(simulated), "total": total, "verified": True, "missing": total - len(simulated)}
        rows["coverage"].append({**head, **scored})
        for index, attribute in enumerate(ATTRIBUTES):
            chosen = [
                c for number, c in enumerate(per_sequence.values()) if (number + index) % 3 or len(simulated) == 1
            ]
            value = float(np.mean([c["success"][1].mean() for c in chosen]))
            point = {"attribute": attribute, "sequences": len(chosen), "metric": "auc", "value": value}
            rows["attributes"].append({**head, **point})
    for sequence, table in simulated.items():
        rows["frames"].append(table.assign(tracker=tracker, benchmark=benchmark, sequence=sequence))


def speed_row(tracker: str, benchmark: str, fps: float) -> dict:
    head = {"tracker": tracker, "benchmark": benchmark, "scope": "track", "backend": "eager", "threads": 2}
    times = {"p50_ms": 1000 / fps, "p90_ms": 1200 / fps, "p99_ms": 1500 / fps}
    return {**head, "device": "Example CPU", "fps_median": fps, "fps_mean": 0.97 * fps, **times, "note": None}


def intervals_of(scores: pd.DataFrame) -> pd.DataFrame:
    overall = scores[scores["sequence"].isna()].drop(columns="sequence")
    table = overall.assign(low=overall["value"] - 0.03, high=overall["value"] + 0.03, level=0.95)
    return table.drop(columns="value")


@pytest.fixture(scope="session")
def tables() -> Callable[..., ReportTables]:
    """The factory of synthetic report tables."""
    return make_tables
