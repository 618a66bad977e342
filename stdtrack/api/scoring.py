"""Scores that draw and show themselves: evalkit's, with plots from reports."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import TYPE_CHECKING

from evalkit.errors import InputError
from evalkit.scoring import front
from evalkit.scoring.scored import Scores as PlainScores
from stdtrack.api.extension import returning

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
        from evalkit.scoring.quality.tables import quality_table, reliability_table, risk_table
        from evalkit.scoring.statistics import interval_table
        from evalkit.scoring.tables import attribute_table, coverage_table, curve_table, frame_table, score_table
        from reports.inputs import ReportTables

        scores, qualities = self.scores, self.quality()
        parts = [part for scored in self.parts for score in scored.scores for part in scored.attributes(score)]
        return ReportTables(
            score_table(scores),
            coverage_table(scores),
            curves=curve_table(scores),
            frames=frame_table(scores),
            intervals=interval_table(scores),
            attributes=attribute_table(parts),
            quality=quality_table(qualities),
            reliability=reliability_table(qualities),
            risks=risk_table(qualities),
            named=self.naming,
        )

    def log(self, log: str | Iterable[str]) -> None:
        """Log the overall figures, a run a tracker.

        Args:
            log: ``mlflow``, ``tensorboard``, ``wandb`` or several, with options as in ``mlflow?experiment=NAME``.

        Raises:
            InputError: no such logger, what it needs is not installed, or it cannot begin a run.
        """
        from stdtrack.api.logged import log_scores

        log_scores(self.table(), log)

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


score = returning(Scores)(front.score)
"""As :func:`evalkit.score`."""
