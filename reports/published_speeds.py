"""Measured speeds beside published ones: which published tracker a spec is, and how many times faster it is here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pandas as pd

from reports.inputs import records

SPECS: Mapping[str, str] = MappingProxyType(
    {
        "asymtrack:t": "AsymTrack-T",
        "asymtrack:s": "AsymTrack-S",
        "asymtrack:b": "AsymTrack-B",
        "hit:tiny": "HiT-Tiny",
        "hit:small": "HiT-Small",
        "hit:base": "HiT-Base",
        "litetrack:b4": "LiteTrack-B4",
        "litetrack:b6": "LiteTrack-B6",
        "litetrack:b8": "LiteTrack-B8",
        "litetrack:b9": "LiteTrack-B9",
        "mixformer:cvt21": "MixFormer-CvT-21",
        "mixformerv2:s": "MixFormerV2-S",
        "mixformerv2:b": "MixFormerV2-B",
        "ostrack:256": "OSTrack-256",
        "smat:base": "SMAT",
        "onnx:fear_xs": "FEAR-XS",
        "onnx:lighttrack": "LightTrack-Mobile",
    }
)
"""The tracker of ``published.csv`` that a spec names."""

COLUMNS = ("tracker", "here_fps", "published_fps", "ratio", "published_on", "source")
SPEEDS = ("cpu_fps", "gpu_fps", "edge_fps")
GRAPHIC = ("cuda", "nvidia", "geforce", "rtx", "gpu")
UNKNOWN_DEVICE = "a device that is not stated"
_SPEC = re.compile(r"[a-z0-9_]+:[a-z0-9_]+", re.ASCII)


def published_name(label: str) -> str | None:
    """The published tracker that a spec, or a label that begins with one, names; None for others.

    >>> published_name("hit:base?weights=a.pth"), published_name("hit:base x2"), published_name("opencv:kcf")
    ('HiT-Base', 'HiT-Base', None)
    """
    match = _SPEC.match(label)
    return SPECS.get(match[0]) if match else None


def speed_kind(device: str) -> str:
    """Which published speeds join those measured on a device: a GPU's or a CPU's."""
    return "gpu_fps" if any(word in device.lower() for word in GRAPHIC) else "cpu_fps"


def beside_published(latency: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """Measured medians in the scope ``track`` beside every published speed of the same tracker.

    A CPU's speeds stand beside those that were published for CPUs, a GPU's beside those for GPUs; where there is none
    of the kind, beside all others. Machines differ: the ratio compares two machines as much as two measurements.

    Args:
        latency: tracker, scope, device, fps_median.
        published: :func:`reports.published.published`.

    Returns:
        :data:`COLUMNS`; a row for each measured tracker and published figure.
    """
    stated = published.dropna(subset=["value"])
    rows: list[dict[str, Any]] = []
    for row in records(latency[latency["scope"] == "track"]):
        name = published_name(str(row["tracker"]))
        own = stated[(stated["tracker"] == name) & stated["quantity"].isin(SPEEDS)]
        same = own[own["quantity"] == speed_kind(str(row["device"]))]
        rows += [_row(row, figure) for figure in records(own if same.empty else same)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(measured: Mapping[str, Any], figure: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "tracker": measured["tracker"],
        "here_fps": measured["fps_median"],
        "published_fps": figure["value"],
        "ratio": measured["fps_median"] / figure["value"],
        "published_on": f"{figure['quantity'].removesuffix('_fps')}: {figure['device'] or UNKNOWN_DEVICE}",
        "source": figure["source"],
    }
