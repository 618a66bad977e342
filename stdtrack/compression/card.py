"""A compressed tracker's card: what it costs beside the original, in one interleaved run, as Markdown and JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isnan
from pathlib import Path
from typing import Any

from evalkit.files import write_atomic
from evalkit.shown import escape_markdown
from profiling.latency.statistics import Ratio
from reports.cells import NO_VALUE, Cell, Table
from reports.markup import markdown

NAME = "card"
ORIGINAL, COMPRESSED = "original", "compressed"
FORMAT = 1
"""The version of the JSON file."""


@dataclass(frozen=True)
class Side:
    """One of the two trackers.

    Attributes:
        spec: what loads it.
        backend: what runs its network.
        parameters: elements of its parameters.
        macs: multiply-accumulate operations of one frame, the template's part left out.
        bytes: of its networks' files, in the same form on both sides.
        p50_ms: median milliseconds of a frame by scope.
        fps_median: frames a second by scope: 1 / median.
        auc: on the clips (:func:`stdtrack.compression.agreement.mean_auc`); NaN where none is annotated.
    """

    spec: str
    backend: str
    parameters: int | None
    macs: int | None
    bytes: int
    p50_ms: Mapping[str, float]
    fps_median: Mapping[str, float]
    auc: float


@dataclass(frozen=True)
class Card:
    """Both sides and how alike they are.

    Attributes:
        steps: what was done, in words.
        facts: what the steps found, by name: plain data.
        ratios: by scope, compressed / original; from the fast frames of each, see ``docs/profiling.md``.
        agreement: mean IoU of both trackers' boxes, each frame from the original's state; None of a pruned tracker,
            whose state means something else.
        alike: mean IoU of the boxes of both, each left to itself.
        clips: benchmark and sequence of the clips that figures are of.
        calibrated: the same of those that the steps looked at.
        circumstances: machine, load and versions of the run.
        threads: of each process.
    """

    steps: Sequence[str]
    facts: Mapping[str, Any]
    original: Side
    compressed: Side
    ratios: Mapping[str, Ratio]
    agreement: float | None
    alike: float
    clips: Sequence[str]
    calibrated: Sequence[str]
    circumstances: Sequence[str]
    threads: int

    def write(self, folder: Path) -> None:
        """Write ``card.json`` and ``card.md``; raises InputError where the folder cannot be written."""
        write_card(folder, asdict(self), self.markdown())

    def markdown(self) -> str:
        """The card as a page."""
        lines = [f"# {escape_markdown(self.original.spec)}, compressed", ""]
        lines += [f"* {escape_markdown(step)}" for step in self.steps]
        lines += ["", markdown(self.table()), *(f"{escape_markdown(line)}\n" for line in self._below())]
        return "\n".join(lines)

    def table(self) -> Table:
        """The two side by side."""
        sides = (self.original, self.compressed)
        rows = [
            ("spec", *(side.spec for side in sides)),
            ("backend", *(side.backend for side in sides)),
            ("parameters", *(_count(side.parameters) for side in sides)),
            ("MACs a frame", *(_count(side.macs) for side in sides)),
            ("size of the files", *(f"{side.bytes / 1e6:.2f} MB" for side in sides)),
        ]
        for scope in self.original.p50_ms:
            times = (f"{side.p50_ms[scope]:.2f} ms, {side.fps_median[scope]:.1f} FPS" for side in sides)
            rows.append((f"median, scope {scope}", *times))
        rows.append(("AUC on the clips", *(NO_VALUE if isnan(side.auc) else f"{side.auc:.4f}" for side in sides)))
        return side_by_side(rows, self.threads)

    def _below(self) -> list[str]:
        lines = [
            f"Scope {scope}: a frame takes {one.value:.3f} times the original's{interval(one)}."
            for scope, one in self.ratios.items()
        ]
        if self.agreement is not None:
            lines.append(f"Mean IoU of the boxes, each frame from the original's state: {self.agreement:.4f}.")
        lines.append(f"Mean IoU of the boxes, each tracker left to itself: {self.alike:.4f}.")
        lines += [f"Figures are of {', '.join(self.clips)}."]
        if self.calibrated:
            shared = ": the same clips, so figures are optimistic" if set(self.calibrated) & set(self.clips) else ""
            lines.append(f"The steps looked at {', '.join(self.calibrated)}{shared}.")
        return [*lines, *self.circumstances]


def write_card(folder: Path, content: Mapping[str, Any], page: str) -> None:
    """Write ``card.json`` and ``card.md``; raises InputError where the folder cannot be written."""
    text = json.dumps({"format": FORMAT, **content})
    plain = json.loads(text, parse_constant=lambda name: None)  # JSON has no form for what is not known
    write_atomic(folder / f"{NAME}.json", json.dumps(plain, indent=2, allow_nan=False) + "\n")
    write_atomic(folder / f"{NAME}.md", page)


def side_by_side(rows: Sequence[Sequence[str]], threads: int) -> Table:
    """What a row is, the original's, what was made of it."""
    caption = f"Both in one interleaved run, CPU, {threads} thread{'s' if threads != 1 else ''}."
    cells = tuple(tuple(map(Cell, row)) for row in rows)
    return Table(NAME, caption, ("figure", ORIGINAL, COMPRESSED), cells, (False, True, True))


def interval(ratio: Ratio) -> str:
    """Of a ratio, in words; empty where it is not known."""
    return "" if isnan(ratio.low) else f" ({ratio.low:.3f} to {ratio.high:.3f})"


def _count(number: int | None) -> str:
    return NO_VALUE if number is None else f"{number:,}"
