"""``stdtrack.profile``: :func:`profiling.profile` with plots and files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import profiling.front as profiler
from evalkit.errors import InputError
from evalkit.scoring.naming import Naming, as_naming, base_name, settle
from profiling.latency.steps import SCOPES
from stdtrack.api.extension import returning

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from reports.tables import Table


@dataclass(frozen=True)
class ProfileRun(profiler.ProfileRun):
    """All that was measured, with its tables, plots and files.

    Attributes:
        naming: how trackers are called in plots and written tables, see :meth:`named`.
    """

    naming: Naming = field(default_factory=Naming)

    def named(
        self,
        labels: Mapping[str, str] | Naming | None = None,
        *,
        order: str | Iterable[str] = (),
        highlight: str | Iterable[str] = (),
    ) -> ProfileRun:
        """The same run with trackers called by labels in plots and tables; ``profile.json`` keeps their names.

        Args:
            labels, order, highlight: as :meth:`stdtrack.Scores.named` takes them.

        Raises:
            InputError: a tracker is not there, or two would be called alike.
        """
        specs = {profile.target.spec: profile.target.name or profile.target.spec for profile in self.profiles}
        trackers = dict.fromkeys([*specs.values(), *map(base_name, self.failures)])
        return replace(self, naming=settle(as_naming(labels, order, highlight), trackers, specs).as_project())

    def plot(self, name: str = "latency_track", scopes: Sequence[str] = SCOPES) -> Figure:
        """One of the plots as a matplotlib Figure, such as ``latency_model``, ``stages`` or ``speed_accuracy``.

        Raises:
            InputError: there is no such plot, or nothing to draw it from.
        """
        from reports.labelled import with_labels
        from reports.plots import figure_named
        from stdtrack.api.profile_files import draw_profile, report_tables

        profiler.check_scopes(scopes)
        made = with_labels(report_tables(self, scopes), self.naming)
        return figure_named(name, draw_profile(made, name), "this profile")

    def save(
        self,
        out: str | Path,
        scopes: Sequence[str] = SCOPES,
        note: Callable[[str], None] = lambda message: None,
    ) -> list[Table]:
        """Write ``profile.json``, ``profile.md``, tables and plots into a folder, as ``stdtrack profile`` does.

        Returns:
            the tables that are not empty.

        Raises:
            InputError: the folder cannot be made.
        """
        from stdtrack.api.profile_files import write_profile

        profiler.check_scopes(scopes)
        make_folder(Path(out))
        return write_profile(self, scopes, Path(out), note, self.naming)

    def __str__(self) -> str:
        from evalkit.shown import one_line
        from reports.labelled import with_labels
        from stdtrack.api.profile_files import circumstances, report_tables

        latency = with_labels(report_tables(self, SCOPES), self.naming).profiles["latency"]
        table = latency.to_string(index=False, na_rep="-", float_format="{:.3f}".format)
        return "\n".join([*map(one_line, circumstances(self)), *(["", table] if len(latency) else [])])

    __repr__ = __str__


profile = returning(ProfileRun)(profiler.profile)
"""As :func:`profiling.profile`; the run also has ``plot(name)`` and ``save(folder)``."""


def make_folder(folder: Path) -> None:
    """Make a folder of results; raises InputError where it cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"the folder cannot be made: {error.strerror}", path=folder, hint="choose another --out"
        ) from error
