"""What a profile writes: JSON, CSV, Markdown, LaTeX and plots."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from evalkit.files import whole_folder, write_atomic
from evalkit.results.columns import SPEEDS
from evalkit.scoring.naming import Naming
from evalkit.shown import escape_markdown
from profiling import tables
from profiling.latency.results import Profiles
from profiling.machine.hardware import machine_lines
from reports.inputs import ReportTables
from reports.labelled import with_labels
from reports.layout import numbered_notes, shared_settings
from reports.markup import comma_separated, latex, markdown
from reports.plots import PLOTS, draw_all, left_out
from reports.plots.canvas import Plot, render
from reports.profile_file import FILE, profile_text
from reports.profiles import CAPTIONS, profile_table
from reports.published import published
from reports.published_speeds import beside_published
from reports.tables import Table
from reports.views import views

MEASURE = "mean IoU over clips"
FRAMES = "frames"


def write_profile(
    comparison: Profiles,
    scopes: Sequence[str],
    out: Path,
    note: Callable[[str], None] = lambda message: None,
    naming: Naming | None = None,
) -> list[Table]:
    """Write ``profile.json``, ``profile.md``, and folders of tables and plots into ``out``, once all are made.

    What an earlier profile wrote there is removed then: its plots would pass for those of this one.

    Returns:
        the tables that are not empty.
    """
    with whole_folder(out, earlier=earlier_files(out)) as partial:
        return _write(comparison, scopes, partial, note, naming or Naming())


def _write(
    comparison: Profiles, scopes: Sequence[str], out: Path, note: Callable[[str], None], naming: Naming
) -> list[Table]:
    plain = report_tables(comparison, scopes)
    write_atomic(out / FILE, profile_text(_known(comparison), {n: t for n, t in plain.profiles.items() if n != FRAMES}))
    made = with_labels(plain, naming)
    write_atomic(out / "tables" / "frames.csv", made.profiles[FRAMES].to_csv(index=False))
    frames = {name: frame for name, frame in made.profiles.items() if name != FRAMES}
    shown = [
        profile_table(name, frame, made.facts if name == "accuracy" else None)
        for name, frame in frames.items()
        if not frame.empty
    ]
    for table in shown:
        write_atomic(out / "tables" / f"{table.name}.csv", comma_separated(table))
        write_atomic(out / "tables" / f"{table.name}.tex", latex(table))
    write_atomic(out / "profile.md", _page(comparison, shown))
    for line in ("drawing", *left_out()):
        note(line)
    for plot in draw_profile(made):
        for extension, content in render(plot).items():
            write_atomic(out / "plots" / f"{plot.name}.{extension}", content)
    return shown


def report_tables(comparison: Profiles, scopes: Sequence[str]) -> ReportTables:
    """A profile's tables, and its speeds and mean IoU in the form in which reports draw accuracy against speed."""
    profiles = {
        "latency": tables.latency_table(comparison, scopes),
        "ratios": tables.ratio_table(comparison, scopes),
        "stages": tables.stage_table(comparison),
        "resources": tables.resource_table(comparison),
        "accuracy": tables.accuracy_table(comparison),
        "published": beside_published(tables.latency_table(comparison), published()),
        "scaling": tables.scaling_table(comparison, scopes),
        "roofline": tables.roofline_table(comparison),
        FRAMES: tables.frame_table(comparison, scopes),
    }
    accuracy, latency = profiles["accuracy"], profiles["latency"]
    name, count, trackers = f"{len(comparison.clips)} clips", len(comparison.clips), accuracy["tracker"]
    measured = pd.DataFrame({"tracker": trackers}).assign(benchmark=name, protocol=MEASURE)
    return ReportTables(
        measured.assign(sequence=None, metric="ao", value=accuracy["mean_iou"]),
        measured.assign(scored=count, total=count, verified=True, missing=""),
        speeds=latency[latency["scope"] == "track"].assign(benchmark=name)[list(SPEEDS)],
        facts=_facts(comparison, accuracy),
        profiles=profiles,
    )


def draw_profile(made: ReportTables, first: str = "") -> Iterator[Plot]:
    """Every plot that there are data for, the one named ``first`` as soon as can be."""
    for view in (None, *views(made)):
        yield from draw_all(made, view, first)


def earlier_files(out: Path) -> list[Path]:
    """The tables and plots of an earlier profile, and nothing else that lies beside them."""
    if not (out / FILE).is_file():
        return []
    patterns = [f"tables/{name}.*" for name in (FRAMES, *CAPTIONS)] + [f"plots/{kind}*.*" for kind in PLOTS]
    return list(dict.fromkeys(path for pattern in patterns for path in out.glob(pattern)))


def circumstances(comparison: Profiles) -> list[str]:
    """What a reader has to know before any number: machine, its state, versions, clips, and who failed."""
    lines = conditions(comparison)
    if comparison.clips:
        names = (f"{clip.name} ({clip.frames})" for clip in comparison.clips)
        lines.append(f"Clips (frames): {', '.join(names)}.")
    return lines + [f"Failed: {label}: {problem}" for label, problem in comparison.failures.items()]


def conditions(comparison: Profiles) -> list[str]:
    """The machine, its state before and after, and the versions of what ran."""
    calibration = comparison.calibration
    machine, load, versions = machine_lines(comparison.machine, comparison.state["before"], comparison.state["after"])
    product = f"calibration product {1e3 * calibration.before:.3f} ms before, {1e3 * calibration.after:.3f} ms after"
    warning = f": {calibration.warning}" if calibration.warning else ""
    return [f"{machine}.", f"{load}; {product}{warning}.", f"{versions}."]


def _page(comparison: Profiles, shown: Sequence[Table]) -> str:
    lines = ["# Profile", ""]
    for line in circumstances(comparison):
        lines += [escape_markdown(line), ""]
    for table in shown:
        rest, shared = shared_settings(table)
        rest, notes = numbered_notes(rest)
        lines += [f"## {table.name.capitalize()}", "", markdown(rest)]
        lines += [escape_markdown(", ".join(f"{name} {value}" for name, value in shared.items())), ""] if shared else []
        lines += [escape_markdown(f"Note {number}: {note}.") + "\n" for number, note in enumerate(notes, 1)]
    return "\n".join(lines)


def _known(comparison: Profiles) -> dict[str, Any]:
    """What a profile knows beside its tables."""
    targets = {
        profile.target.label: {
            **asdict(profile.target),
            "warm_up": asdict(profile.warm_up),
            "threads_set": profile.finish.threads,
            "facts": profile.finish.facts,
            "energy": profile.finish.energy,
            "throughput_fps": profile.finish.throughput,
            "gpu_during_run": [part.gpu for part in profile.rounds if part.gpu],
            "complexity": profile.counted.as_json() if profile.counted else None,
            "complexity_problem": profile.complexity if isinstance(profile.complexity, str) else "",
            "problem": profile.problem,
        }
        for profile in comparison.profiles
    }
    return {
        "machine": comparison.machine,
        "state": comparison.state,
        "calibration": {**asdict(comparison.calibration), "drift": comparison.calibration.drift},
        "settings": comparison.settings,
        "clips": [asdict(clip) for clip in comparison.clips],
        "trackers": targets,
        "failures": comparison.failures,
    }


def _facts(comparison: Profiles, accuracy: pd.DataFrame) -> pd.DataFrame:
    """What belongs beside a tracker's accuracy, such as that it is untrained."""
    notes = {profile.target.label: profile.finish.facts.get("note", "") for profile in comparison.profiles}
    return accuracy[["tracker", "parameters"]].assign(note=accuracy["tracker"].map(notes), macs=None)
