"""The rendered sequences and what is hard in them, by OTB's abbreviations: all that scoring needs to know."""

from __future__ import annotations

from collections.abc import Mapping

Challenges = Mapping[str, frozenset[str]]
"""Sequence -> challenges, in the order in which they are rendered."""

DEMO: Challenges = {
    "motion": frozenset({"DEF"}),
    "fast-motion": frozenset({"FM", "MB"}),
    "scale-change": frozenset({"SV", "OPR"}),
    "rotation": frozenset({"OPR", "IPR"}),
    "occlusion": frozenset({"OCC", "DEF"}),
    "distractors": frozenset({"BC", "DEF"}),
    "out-of-view": frozenset({"OV", "OPR"}),
    "light-change": frozenset({"IV", "OPR", "SV"}),
    "low-resolution": frozenset({"LR", "DEF", "FM"}),
    "everything": frozenset({"SV", "IPR", "OCC", "BC", "FM"}),
}
DEMO_LONG_TERM: Challenges = {
    "leaves": frozenset({"OV"}),
    "returns-elsewhere": frozenset({"OV"}),
    "returns-smaller": frozenset({"OV", "SV"}),
    "look-alike-stays": frozenset({"OV", "BC"}),
}
