"""LaSOT_ext: 150 sequences of 15 further classes, in LaSOT's layout.

The official evaluation kit and its absent files were not at hand: scores by LaSOT's rules are unverified.
"""

from __future__ import annotations

from evalkit.benchmarks.lasot import LaSOT


class LaSOTExt(LaSOT):
    """LaSOT extension subset."""

    name = "lasot_ext"
    title = "LaSOT_ext"
    folders = ("lasotext", "lasotextension", "lasotextensionsubset")
