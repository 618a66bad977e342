"""The columns of the tidy tables of speeds, which reports and exports read."""

from __future__ import annotations

SPEED_FIGURES = ("fps_median", "fps_mean", "p50_ms", "p90_ms", "p99_ms")
SPEEDS = ("tracker", "benchmark", "scope", "backend", "threads", "device", *SPEED_FIGURES, "note")
LATENCIES = ("tracker", "benchmark", "sequence", "frame", "milliseconds")

NOTE_SEPARATOR = "; "
"""Between the parts of a note; the parts hold none themselves."""
