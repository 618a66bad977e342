"""Does a data set on disk hold together? Frames against ground truth, and what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from evalkit.benchmarks.base import Benchmark, Source
from evalkit.benchmarks.image_check import remarks_on
from evalkit.benchmarks.layout import frames_folder, subfolders, unseen_images
from evalkit.boxes import starting_problem
from evalkit.errors import InputError
from evalkit.sequences.frame_choice import folder_rank
from evalkit.sequences.sequence import Sequence


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
        notes: about the benchmark as a whole.
        remarks: what is unusual about images and boxes, with the names of the sequences that it is true of.
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
    remarks: Mapping[str, tuple[str, ...]]


def check(benchmark: Benchmark) -> BenchmarkCheck:
    """Read every annotation, list every folder of images, look at a few images and decode the first of a sequence."""
    inventory = benchmark.inventory()
    rows = with_frames = 0
    problems = [f"{folder}: images without ground truth" for folder in unannotated_folders(benchmark)]
    remarks: dict[str, list[str]] = {}
    for name in inventory.present:
        try:
            sequence = benchmark.sequence(name)
            rows += len(sequence)
            expected = benchmark.official_length(name)
            if expected not in (None, len(sequence)):
                problems.append(f"{sequence.source}: {len(sequence)} rows, the official list has {expected} frames")
            if sequence.frames is None:
                continue
            with_frames += 1
            check_start(sequence)
            for remark in remarks_on(sequence):
                remarks.setdefault(remark, []).append(name)
        except InputError as error:
            problems.append(str(error))
    problems += _without_images(benchmark.sources)
    return BenchmarkCheck(
        benchmark=benchmark.spec,
        root=str(benchmark.root),
        sequences=len(inventory.present),
        total=inventory.total,
        verified=inventory.verified,
        with_frames=with_frames,
        rows=rows,
        missing=inventory.missing,
        problems=tuple(dict.fromkeys(problems)),
        notes=(*inventory.notes, *_attribute_note(benchmark)),
        remarks={remark: tuple(names) for remark, names in remarks.items()},
    )


def _attribute_note(benchmark: Benchmark) -> tuple[str, ...]:
    """Where attributes come from; nothing where a file of them is wrong, which every sequence told."""
    try:
        source = benchmark.attributes.source
    except InputError:
        return ()
    return (f"attributes: {source}",) if source else ()


def _without_images(sources: Mapping[str, Source]) -> Iterator[str]:
    """A line for each that has no images where others have some, or where there is something that may be images."""
    without = {name: source.annotation for name, source in sources.items() if source.frames is None}
    others = len(sources) - len(without)
    for name, annotation in without.items():
        unseen = unseen_images(annotation.parent) if isinstance(annotation, Path) else None
        if others or unseen:
            others_have = f"{others} other sequences have some" if others else ""
            yield "; ".join(filter(None, (f"{name}: no images", others_have, unseen)))


def unannotated_folders(benchmark: Benchmark) -> tuple[Path, ...]:
    """Folders of images beside those of the sequences to which no ground truth belongs, sorted."""
    used = {source.frames: source for source in benchmark.sources.values() if source.frames is not None}
    containers = {_container(folder, source) for folder, source in used.items()}
    others = {frames_folder(folder) for container in containers for folder in subfolders(container)}
    return tuple(sorted(folder for folder in others - set(used) if folder is not None))


def _container(frames: Path, source: Source) -> Path:
    """The folder of all sequences' folders, or of all their images."""
    in_sequence = isinstance(source.annotation, Path) and source.annotation.parent == frames.parent
    return frames.parent.parent if in_sequence and folder_rank(frames.stem) is not None else frames.parent


def check_start(sequence: Sequence) -> None:
    """Check that a tracker can be started on the sequence.

    Raises:
        InputError: no images, no box in the first row, or a first box wholly outside the image.
    """
    label = f"{sequence.benchmark}/{sequence.name}"
    if sequence.frames is None:
        hint = unseen_images(Path(sequence.source).parent) or "give --data the folder that has them"
        raise InputError(f"{label} has no images", hint=hint)
    sequence.frames.name(len(sequence) - 1)  # lists the images, and says so if one is missing
    width, height = sequence.size or sequence.frames.read(0).shape[1::-1]
    if problem := starting_problem(sequence.initial_box, width, height):
        numbers = ",".join(f"{value:g}" for value in sequence.native[0])
        hint = "correct that row, or leave the sequence out with --exclude"
        raise InputError(
            f"the first box of {label}, {numbers}, {problem}",
            path=sequence.source or None,
            row=sequence.skipped + 1,
            hint=hint,
        )
