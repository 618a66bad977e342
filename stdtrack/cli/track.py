"""``stdtrack track``: follow one target through a video and write a video of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit.running.heartbeat import FRAME_TIMEOUT
from stdtrack.cli.messages import echo_line
from stdtrack.cli.options import Positive, find_own_modules

if TYPE_CHECKING:
    from evalkit.trackers.base import Tracker
    from evalkit.types import Box
    from stdtrack.video import Video


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


@click.command()
@click.argument("footage", type=click.Path(path_type=Path), metavar="VIDEO|FOLDER")
@click.option("--box", type=BoxText(), required=True, help="The target in the first frame, in pixels.")
@click.option(
    "--out", "-o", type=click.Path(path_type=Path), required=True, help="The .mp4 to write; boxes go to .txt."
)
@click.option("--tracker", "spec", default="stdtrack:nano", show_default=True, help="Any tracker spec.")
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="Threads of the tracker.")
@click.option("--timeout", type=Positive(), default=FRAME_TIMEOUT, show_default=True,
              help="Seconds a process: or trax: tracker may take to answer.")  # fmt: skip
def track(footage: Path, box: tuple[float, ...], out: Path, spec: str, threads: int, timeout: float) -> None:
    """Track one target and draw its box, score and speed.

    Beside the video, its name ending in .txt, the boxes: one x,y,w,h a frame, the first the given one.
    """
    from evalkit.errors import InputError
    from evalkit.files import write_atomic
    from evalkit.running.threads import thread_limit
    from evalkit.trackers.answers import NonsenseError
    from evalkit.trackers.base import facts_of, wait_at_most
    from evalkit.trackers.spec import load_tracker
    from stdtrack.api.tracking import first_box
    from stdtrack.cli.progress import tell_remark
    from stdtrack.video import open_video

    find_own_modules([spec])
    if out.suffix.lower() != ".mp4":
        raise InputError("the output must be a .mp4", path=out)
    if out.resolve() == footage.resolve():
        raise InputError("would overwrite the video it is made from", path=out, hint="name another --out")
    if not out.parent.is_dir():
        raise InputError("no such folder", path=out.parent)
    boxes = out.with_suffix(".txt")
    for path in (out, boxes):
        if path.is_dir():
            raise InputError("is a folder", path=path, hint="name another --out")
    stream = open_video(footage)
    start = first_box(stream, box)
    try:
        with thread_limit(threads):
            tracker = load_tracker(spec)
            wait_at_most(tracker, timeout)
            tell_remark(spec, facts_of(tracker).get("note", ""))
            lines = _track(tracker, stream, start, out)
    except NonsenseError as error:
        raise InputError(f"{spec}: {error}") from error
    write_atomic(boxes, "".join(lines))
    promised = f" of {stream.frames} that {footage} promises" if len(lines) < stream.frames else ""
    echo_line(f"{out}, {boxes}: {len(lines)} frames{promised}")


def _track(tracker: Tracker, stream: Video, box: Box, out: Path) -> list[str]:
    from rich.console import Console
    from rich.progress import track as with_progress

    from stdtrack import video

    lines: list[str] = []
    with video.VideoFile(out, stream.rate) as file:
        frames = video.track(tracker, stream, box)
        console = Console(stderr=True)
        for tracked in with_progress(frames, "tracking", total=stream.frames or None, console=console):
            file.add(video.drawn(tracked))
            lines.append(",".join(map(repr, tracked.prediction.box.tolist())) + "\n")
    return lines
