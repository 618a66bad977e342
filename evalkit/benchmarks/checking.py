"""Does a data set on disk hold together? Frames against ground truth, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from evalkit.benchmarks.base import Benchmark
from evalkit.benchmarks.folder import IMAGES
from evalkit.benchmarks.layout import frames_folder, subfolders
from evalkit.errors import InputError

_IMAGE_SUBFOLDERS = {*IMAGES, "jpg"}


@dataclass(frozen=True)
class BenchmarkCheck:
    """What was found of one benchmark.

    Attributes:
        benchmark: command-line name with options.
        root: where it lies.
        sequences: how many are present; ``total`` how many there should be, ``verified`` by an official list.
        with_frames: how many of them have images.
        rows: of ground truth, over all sequences.
        missing: official sequences that are not there; no error, a part can be used as well.
        problems: what is inconsistent, one line each, naming the file.
    """

    benchmark: str
    root: str
    sequences: int
    total: int
    verified: bool
    with_frames: int
    rows: int
    missing: tuple[str, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...]


def check(benchmark: Benchmark) -> BenchmarkCheck:
    """Read every annotation and list every folder of images; no image is decoded."""
    inventory = benchmark.inventory()
    rows = with_frames = 0
    problems = [f"{folder}: images without ground truth" for folder in unannotated_folders(benchmark)]
    for name in inventory.present:
        try:
            sequence = benchmark.sequence(name)
            rows += len(sequence)
            expected = benchmark.official_length(name)
            if expected not in (None, len(sequence)):
                problems.append(f"{sequence.source}: {len(sequence)} rows, the official list has {expected} frames")
            if sequence.frames is not None:
                with_frames += 1
                sequence.frames.name(0)  # finds the images of all frames
        except InputError as error:
            problems.append(str(error))
    return BenchmarkCheck(
        benchmark=benchmark.spec,
        root=str(benchmark.root),
        sequences=len(inventory.present),
        total=inventory.total,
        verified=inventory.verified,
        with_frames=with_frames,
        rows=rows,
        missing=inventory.missing,
        problems=tuple(problems),
        notes=(*inventory.notes, *([f"attributes: {source}"] if (source := benchmark.attributes.source) else [])),
    )


def unannotated_folders(benchmark: Benchmark) -> tuple[Path, ...]:
    """Folders of images beside those of the sequences to which no ground truth belongs, sorted."""
    used = {source.frames for source in benchmark.sources.values() if source.frames is not None}
    subfolder_names = {folder.name for folder in used} & _IMAGE_SUBFOLDERS
    containers = {folder.parent.parent if folder.name in subfolder_names else folder.parent for folder in used}
    others = {
        frames_folder(*(folder / name for name in sorted(subfolder_names)), folder)
        for container in containers
        for folder in subfolders(container)
    }
    return tuple(sorted(folder for folder in others - used if isinstance(folder, Path)))
