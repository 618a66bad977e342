"""Scores that draw and show themselves: evalkit's, with plots from reports."""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.errors import InputError
from evalkit.scoring import front
from evalkit.scoring.caveats import Tell
from evalkit.scoring.scored import Scores as PlainScores

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from reports.inputs import ReportTables


class Scores(PlainScores):
    """Scores of many trackers, as :class:`evalkit.Scores`, that can be plotted and show themselves in a notebook.

    Example:
        >>> import stdtrack as st
        >>> scores = st.score("results", on="folder", data="clips")
        >>> scores.plot("success").axes[0].get_ylabel()
        'success rate'
    """

    def plot(self, name: str = "success", *, benchmark: str | None = None, protocol: str | None = None) -> Figure:
        """One of a report's plots, as a matplotlib figure.

        Args:
            name: ``success``, ``precision``, ``normalized_precision``, or another file name of a report's plots.
            benchmark, protocol: which of several; the first otherwise.

        Raises:
            InputError: no such benchmark or protocol, or no such plot of it.
        """
        from reports.inputs import with_shown_names
        from reports.plots import draw_all, figure_named
        from reports.views import views

        tables = with_shown_names(self.report_tables())
        wanted = [view for view in views(tables) if benchmark in (None, view.benchmark)]
        view = next((view for view in wanted if protocol in (None, view.protocol)), None)
        if view is None:
            there = ", ".join(f"{view.benchmark} under {view.protocol}" for view in views(tables))
            raise InputError(f"no scores on {benchmark or 'this'} under {protocol or 'any rules'}", hint=there)
        return figure_named(name, draw_all(tables, view, name), view.benchmark)

    def report_tables(self) -> ReportTables:
        """The tables that a report's plots are drawn from, as far as scores alone fill them."""
        from evalkit.scoring.statistics import interval_table
        from evalkit.scoring.tables import attribute_table, coverage_table, curve_table, frame_table, score_table
        from reports.inputs import ReportTables

        scores = self.scores
        parts = [part for scored in self.parts for score in scored.scores for part in scored.attributes(score)]
        return ReportTables(
            score_table(scores),
            coverage_table(scores),
            curves=curve_table(scores),
            frames=frame_table(scores),
            intervals=interval_table(scores),
            attributes=attribute_table(parts),
        )

    def __str__(self) -> str:
        from evalkit.shown import one_line
        from reports.score_formats import format_scores

        return "\n".join([format_scores(tuple(self), "table"), *("", *map(one_line, self.notices()))]).rstrip("\n")

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """The figures as a table and what there is to know of them as a list, for a notebook."""
        from evalkit.shown import one_line

        table = self.overall().to_html(index=False, border=0, float_format="{:.4f}".format, na_rep="-")
        lines = "".join(f"<li>{html.escape(one_line(line))}</li>" for line in self.notices())
        return table + (f"<ul>{lines}</ul>" if lines else "")


def score(
    results: str | Path,
    *,
    on: str | Iterable[str],
    data: str | Path | None = None,
    annotations: str | Path | None = None,
    protocols: str | Iterable[str] = (),
    partial: bool = False,
    exclude: str | Iterable[str] = (),
    by: str | None = None,
    keep_frames: bool = False,
    workers: int = 1,
    cache: bool = True,
    tell: Tell | None = None,
) -> Scores:
    """Score raw results by each benchmark's own rules, or by those of other toolkits.

    Args:
        results: a folder that a run wrote, other people's tree (flat, pytracking, OSTrack, got10k, pysot, VOT), or a
            .zip or .tar.xz of one.
        on: benchmarks with options, such as ``"otb100"``, ``"otb100,lasot"`` or ``["got10k?split=val"]``.
        data: root of several benchmarks, or of one; STDTRACK_DATA, what the runs recorded, or ``stdtrack.toml``
            otherwise.
        annotations: annotations without images, instead of ``data``.
        protocols: names of rules, such as ``["official", "pysot"]``; each benchmark's own if empty.
        partial: score a part of a benchmark; without it a tracker that lacks sequences is refused.
        exclude: shell patterns of sequences that are left out.
        by: ``attribute`` for scores on the sequences of each attribute too.
        keep_frames: keep boxes and overlaps of every frame, for :meth:`Scores.per_frame`; such scores are not cached.
        workers: processes; each scores a part of the trackers.
        cache: take scores from the user's cache, and add to it.
        tell: is called with each caveat and refused tracker as soon as it is known.

    Returns:
        The scores. Trackers that cannot be scored are in ``refused``.

    Raises:
        InputError: no results, no annotation, an unknown name, or no tracker that can be scored.

    Example:
        >>> import stdtrack as st
        >>> scores = st.score("results", on="folder", data="clips")
        >>> scores.overall()[["tracker", "auc", "scored"]].round(3)
          tracker    auc       scored
        0    mine  0.881  2 sequences
        1  theirs  0.810  2 sequences
        >>> print(scores.caveats[0])
        mine, theirs on folder: 2 files of 2 sequences, <sequence>.txt, delimiter: comma
    """
    found = front.score(
        results, on=on, data=data, annotations=annotations, protocols=protocols, partial=partial, exclude=exclude,
        by=by, keep_frames=keep_frames, workers=workers, cache=cache, tell=tell,
    )  # fmt: skip
    return Scores(*(getattr(found, field.name) for field in fields(found)))
