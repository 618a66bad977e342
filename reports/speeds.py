"""What a speed depends on, in words: scope, backend, threads, device."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from reports.inputs import records

FACTS = ("scope", "backend", "threads", "device")


def setting(speed: Mapping[str, Any]) -> str:
    """The setting of one row of the speed table; what is unknown is left out.

    >>> setting({"scope": "track", "backend": "onnx", "threads": 1, "device": "unknown"})
    'scope track, onnx, 1 thread'
    """
    known = {name: speed[name] for name in FACTS if not pd.isna(speed[name]) and speed[name] != "unknown"}
    words = [_word(name, value) for name, value in known.items()]
    return ", ".join(words) or "setting unknown"


def settings(speeds: pd.DataFrame) -> str:
    """Every setting that speeds were measured in."""
    return "; ".join(dict.fromkeys(setting(row) for row in records(speeds[speeds["fps_median"].notna()])))


def common_setting(speeds: pd.DataFrame) -> str:
    """What all speeds share, in brackets with a blank before; empty for nothing."""
    shared = {name: speeds[name].dropna().unique() for name in FACTS}
    words = [_word(name, values[0]) for name, values in shared.items() if len(values) == 1 and values[0] != "unknown"]
    return f" ({', '.join(words)})" if words else ""


def _word(name: str, value: Any) -> str:
    if name == "threads":
        return "1 thread" if int(value) == 1 else f"{int(value)} threads"
    return f"scope {value}" if name == "scope" else str(value)
