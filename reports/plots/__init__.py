"""The plots of reports and profiles: one file a kind, found by the entry points of the group ``stdtrack.plots``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from matplotlib.figure import Figure

from evalkit.entry_points import Registry, reinstall_hint
from evalkit.errors import InputError
from evalkit.running.steps import steps
from evalkit.shown import one_line
from evalkit.suggestions import suggestion
from reports.inputs import ReportTables
from reports.paper import Paper
from reports.plots.canvas import Plot
from reports.plots.fonts import fallbacks
from reports.plots.look import Look, look
from reports.plots.titles import finish
from reports.views import View

GROUP = "stdtrack.plots"

Draw: TypeAlias = Callable[[ReportTables, View | None], Iterable[Plot] | None]
"""What an entry point of the group names: ``draw(tables, view)`` gives the finished plots of one kind.

It is called for each view of a report, and with None for what belongs to no benchmark: the tables of a profile, in
``tables.profiles``. It gives nothing, or None, where the tables hold nothing for it.
"""

PLOTS: Registry[Draw] = Registry(GROUP, "plot", "function draw(tables, view)", lambda name, draw: callable(draw))
"""Every plot of every installed package, by the name of its entry point."""

MOST_WANTED = "curves"
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,100}", re.ASCII)


def draw_all(tables: ReportTables, view: View | None, first: str = "", *, paper: Paper | None = None) -> Iterator[Plot]:
    """Every plot that there are data for; kinds that cannot be imported are left out, see :func:`left_out`.

    Args:
        view: None for the plots of a profile.
        first: the name of a plot that is wanted soonest; kinds whose own name it begins with are drawn first.
        paper: the class of documents that the plots are made for.

    Raises:
        InputError: a plot's name is another one's or none of a file.
    """
    drawn_by: dict[str, str] = {}
    families, _ = fallbacks(tables.texts)
    with look(Look(paper, families)):
        kinds = PLOTS.importable()
        order = sorted(kinds, key=lambda kind: (not first.startswith(kind), kind != MOST_WANTED, kind))
        for kind in steps(f"drawing {view.benchmark if view else 'the profile'}", order):
            for plot in kinds[kind](tables, view) or ():
                if not _FILE.fullmatch(plot.name):
                    raise InputError(f"the plot '{kind}' names a figure {one_line(plot.name)!r}, no file's name")
                if plot.name in drawn_by:
                    raise InputError(f"two figures are named '{plot.name}', of '{drawn_by[plot.name]}' and of '{kind}'")
                drawn_by[plot.name] = kind
                finish(plot.figure)
                yield plot


def left_out() -> tuple[str, ...]:
    """Why kinds of plots are left out, a line each."""
    return tuple(f"left out: {fault}" for fault in PLOTS.faults().values())


def figure_named(name: str, plots: Iterable[Plot], whole: str) -> Figure:
    """The figure of the plot of this name; those after it are not drawn.

    Args:
        whole: what has the plots, as errors name it.

    Raises:
        InputError: there is none, or it is of a kind that cannot be imported.
    """
    others = []
    for plot in plots:
        if plot.name == name:
            return plot.figure
        others.append(plot.name)
    for kind, fault in PLOTS.faults().items():
        if name.startswith(kind):
            raise fault
    raise InputError(f"there is no plot '{name}' of {whole}", hint=reinstall_hint(GROUP) or suggestion(name, others))
