"""``stdtrack track``: follow one target through footage with one tracker or several, and write a video of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit.running.heartbeat import FRAME_TIMEOUT
from stdtrack.cli.bars import bar_of, is_watched, name_width, terminal
from stdtrack.cli.completion import TrackerText
from stdtrack.cli.messages import echo_line, example
from stdtrack.cli.naming import naming_of, naming_options, project_of, tell_remarks
from stdtrack.cli.options import Positive, Word, find_own_modules

if TYPE_CHECKING:
    from evalkit.trackers.base import Tracker
    from evalkit.types import Box, Boxes
    from stdtrack.api.recording import Recorded
    from stdtrack.video.footage import Footage


class BoxText(click.ParamType[tuple[float, ...]]):
    """Four numbers, ``X,Y,W,H``."""

    name = "X,Y,W,H"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, ...]:
        """Split at the commas."""
        if isinstance(value, tuple):
            return value
        try:
            numbers = tuple(float(part) for part in str(value).split(","))
        except ValueError:
            numbers = ()
        if len(numbers) != 4:
            self.fail(f"'{value}' is not four numbers such as 10,20,64,48", param, ctx)
        return numbers


@click.command(
    epilog=example(
        "stdtrack track walk.mp4 --box 100,80,60,40 --tracker stdtrack:nano --tracker opencv:csrt --out both.mp4"
    )
)
@click.argument("source")
@click.option("--tracker", "specs", multiple=True, type=TrackerText(), metavar="SPEC", default=("stdtrack:nano",),
              show_default=True, help="Any tracker spec; may be repeated.")  # fmt: skip
@click.option("--box", type=BoxText(), help="The target in the first frame, in pixels. [default: drawn by mouse]")
@click.option("--gt", type=click.Path(path_type=Path), metavar="FILE",
              help="Annotation, a row x,y,w,h a frame, 0-based: its first box starts, all are drawn.")  # fmt: skip
@click.option("--out", "-o", "outs", multiple=True, type=click.Path(path_type=Path),
              help="A .mp4 or .webm, a .gif for slides, a .png with six frames; may be repeated.")  # fmt: skip
@click.option("--layout", type=Word("overlay", "tiles"), default="overlay", show_default=True,
              help="All trackers on one frame, or each on its own.")  # fmt: skip
@click.option("--show", is_flag=True, help="Show it in a window as it goes; q ends.")
@click.option("--frames", type=click.IntRange(1), help="Stop after so many frames.")
@naming_options
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="Threads of the trackers.")
@click.option("--timeout", type=Positive(), default=FRAME_TIMEOUT, show_default=True,
              help="Seconds a process: or trax: tracker may take to answer.")  # fmt: skip
def track(
    source: str, specs: tuple[str, ...], box: tuple[float, ...] | None, gt: Path | None, outs: tuple[Path, ...],
    layout: str, show: bool, frames: int | None, names: tuple[str, ...], order: tuple[str, ...],
    highlight: tuple[str, ...], config: Path | None, threads: int, timeout: float,
) -> None:  # fmt: skip
    """Follow one target, and draw its box with each tracker's score and speed.

    SOURCE is a video, a folder or a .zip or .tar of images, a camera's number, or a stream (http, https, rtsp, rtsps).
    Beside the first file, its name ending in .txt, each tracker's boxes: one x,y,w,h a frame, the first the given one.
    A stream that stops, or Ctrl-C on one, keeps what was written.
    """
    from evalkit.running.threads import thread_limit
    from evalkit.scoring.naming import settle
    from stdtrack.api.recording import Drawing, box_files, looks_of, record, write_boxes
    from stdtrack.video.following import open_footage
    from stdtrack.video.window import Window

    specs, outs = tuple(dict.fromkeys(specs)), tuple(dict.fromkeys(outs))
    find_own_modules(specs)
    named = settle(naming_of(names, order, highlight, project_of(config)), specs)
    tell_remarks(named.remarks)
    if not (outs or show):
        raise click.UsageError("nothing is written or shown: give --out FILE, --show, or both")
    files = box_files(outs[0], specs) if outs else {}
    _check_files(source, gt, outs, tuple(files.values()))
    footage = open_footage(source)
    truth = _annotation(gt)
    start = _start(footage, box, gt, truth)
    draw = Drawing(looks_of(specs, named), layout, truth)
    with thread_limit(threads), Window(source) if show else nullcontext() as window:
        trackers = {spec: _load(spec, named.label(spec), timeout) for spec in specs}
        with _bar(footage, frames) as on_frame:
            done = record(trackers, footage, start, outs=outs, draw=draw, window=window, most=frames, on_frame=on_frame)
    if files and done.frames:
        write_boxes(done.boxes, files)
    _tell(done, footage, frames, tuple(files.values()))
    if done.interrupted and window is None:
        raise KeyboardInterrupt


def _check_files(source: str, gt: Path | None, outs: Sequence[Path], boxes: Sequence[Path]) -> None:
    """Raise InputError where a file could not be written, or would be written over what is read."""
    from evalkit.errors import InputError
    from stdtrack.video.outputs import check_output

    for path in outs:
        check_output(path)
    for path in (*outs, *boxes):
        if path.is_dir():
            raise InputError("is a folder", path=path, hint="name another --out")
        for read, what in ((Path(source), "the video it is made from"), (gt, "the annotation")):
            if read is not None and path.resolve() == read.resolve():
                raise InputError(f"would overwrite {what}", path=path, hint="name another --out")


def _annotation(gt: Path | None) -> Boxes | None:
    from evalkit.reading.tables import read_boxes

    return None if gt is None else read_boxes(gt)


def _start(footage: Footage, box: tuple[float, ...] | None, gt: Path | None, truth: Boxes | None) -> Box:
    """The first box, as given, annotated or drawn."""
    from evalkit.errors import InputError
    from stdtrack.api.tracking import first_box
    from stdtrack.video.window import box_by_mouse

    if box is not None:
        return first_box(footage, box)
    if truth is not None:
        try:
            return first_box(footage, truth[0])
        except InputError as error:
            raise InputError(error.problem, path=gt, row=1, hint="give --box") from error
    return first_box(footage, box_by_mouse(footage.first().image, f"{footage.name}: drag a box, then Enter"))


def _load(spec: str, label: str, timeout: float) -> Tracker:
    from evalkit.trackers.base import facts_of, wait_at_most
    from evalkit.trackers.spec import load_tracker
    from stdtrack.cli.progress import tell_remark

    tracker = load_tracker(spec)
    wait_at_most(tracker, timeout)
    tell_remark(label, facts_of(tracker).get("note", ""))
    return tracker


@contextmanager
def _bar(footage: Footage, most: int | None) -> Iterator[Callable[[], None]]:
    """A bar counted in frames, where a person watches."""
    from evalkit.shown import one_line, shortened

    if not is_watched():
        yield lambda: None
        return
    console = terminal()
    with bar_of("frames", console) as bar:
        known = [count for count in (footage.frames, most) if count]
        task = bar.add_task(shortened(one_line(footage.name), name_width(console)), total=min(known, default=None))
        yield lambda: bar.advance(task)


def _tell(done: Recorded, footage: Footage, most: int | None, boxes: Sequence[Path]) -> None:
    """Say what was written, and where less of the footage is in it than one would expect."""
    if not done.frames:
        echo_line("stopped before the first frame: nothing is written")
        return
    early = not done.interrupted and done.frames < min(footage.frames, most or footage.frames)
    parts = [f"{done.frames} frames"]
    if early:
        parts.append(f"of {footage.frames} that {footage.name} promises")
    if done.missed:
        parts.append(f"and {done.missed} that came while trackers were busy are left out")
    if done.interrupted:
        parts.append("until it was stopped")
    told = " ".join(parts)
    for path, remarks in done.remarks.items():
        echo_line(f"{path}: {', '.join((told, *remarks))}")
    if boxes:
        echo_line(f"boxes: {', '.join(map(str, boxes))}")
    if not done.remarks:
        echo_line(told)
