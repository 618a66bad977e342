"""``stdtrack convert``: annotation and results from and to other tools."""

from __future__ import annotations

from pathlib import Path

import click

from stdtrack.cli.messages import echo_line, example
from stdtrack.cli.options import comma_list, data_options, exclude_option
from stdtrack.cli.results import tell

FORMATS = "coco, cvat, folder, label_studio, mot, results, yolo"


@click.command(epilog=example("stdtrack convert annotations.xml --frames street.mp4 --to folder --out mine"))
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--to", required=True, metavar="FORMAT", help=f"Of {FORMATS}.")
@click.option(
    "--out", "-o", type=click.Path(path_type=Path), required=True, help="Folder to write: empty or not there."
)
@click.option("--from", "form", metavar="FORMAT", help="Format of SOURCE. [default: told by its content]")
@click.option("--frames", type=click.Path(path_type=Path), help="Images or videos of SOURCE. [default: beside it]")
@click.option("--tracker", metavar="NAME", help="Take the boxes in SOURCE as results of this tracker.")
@comma_list(
    "--on",
    "benchmarks",
    metavar="BENCHMARK[,...]",
    help="SOURCE holds results on these: write them and the annotation.",
)
@data_options
@exclude_option
def convert(
    source: Path, to: str, out: Path, form: str | None, frames: Path | None, tracker: str | None,
    benchmarks: tuple[str, ...], data: Path | None, annotations: Path | None, exclude: tuple[str, ...],
) -> None:  # fmt: skip
    """Convert SOURCE, annotation or results, from and to the forms of other tools.

    Annotation that CVAT or Label Studio exported becomes own data to run and score on (--to folder); results that
    `stdtrack run` wrote become files to look at there (--on BENCHMARK --to cvat).
    """
    from evalkit.shown import counted
    from stdtrack.api.converting import convert as write

    written = write(source, to=to, out=out, form=form, frames=frames, tracker=tracker, on=benchmarks, data=data,
                    annotations=annotations, exclude=exclude, tell=tell)  # fmt: skip
    echo_line(f"{written.folder}: {counted(written.clips)}, {counted(written.tracks, 'track')}, as {to}")
