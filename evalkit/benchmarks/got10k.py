"""GOT-10k: ``{train,val,test}/<seq>/`` with ``%08d.jpg``, ``groundtruth.txt``, labels and ``meta_info.ini``.

Coordinates are 0-based: their minimum in the validation set is 0. ``groundtruth.txt`` of the test split has the first
frame's row alone. ``list.txt`` in a split's folder gives its sequences in order. Annotation without meta files is read
from ``gt/<seq>/groundtruth.txt`` beside ``inferred_meta.json``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from importlib.resources.abc import Traversable
from typing import ClassVar

from evalkit.benchmarks.base import Benchmark, Source
from evalkit.benchmarks.inferred_meta import InferredMeta, read_inferred_meta
from evalkit.benchmarks.layout import annotation_files, frames_folder, optional_file, pad_to_frames, sequence_folders
from evalkit.errors import InputError
from evalkit.reading import read_boxes, read_bytes
from evalkit.sequence import Sequence

# Number of sequences by split, in the order in which a split is chosen if none is named: scores are those of val.
_SPLITS = {"val": 180, "test": 180, "train": 9335}
_NAME = re.compile(r"GOT-10k_(Train|Val|Test)_\d{6}")
_ANNOTATION = "groundtruth.txt"
_LABELS = {"cover": "cover.label", "cut_by_image": "cut_by_image.label"}


class GOT10k(Benchmark):
    """GOT-10k; ``got10k?split=train|val|test``, default the first split that is there of val, test and train."""

    name = "got10k"
    title = "GOT-10k"
    origin = 0
    folders: ClassVar[tuple[str, ...]] = ("got10k", "got10kdata", "fulldata", "got10kval", "got10ktest", "got10ktrain")
    option_names: ClassVar[tuple[str, ...]] = ("split",)
    variants: ClassVar[tuple[Mapping[str, str], ...]] = ({}, {"split": "test"}, {"split": "train"})

    def __init__(self, root: Traversable, options: Mapping[str, str] | None = None) -> None:
        super().__init__(root, options)
        wanted = self.options.get("split")
        if wanted is not None and wanted not in _SPLITS:
            raise InputError(f"unknown split {wanted!r} of {self.name}", hint=f"one of {', '.join(_SPLITS)}")
        self.folder = _split_folder(root, wanted)

    def official_names(self) -> tuple[str, ...] | None:
        """``list.txt`` if it lies there, else the numbered names of the split."""
        listed = self.folder / "list.txt"
        if listed.is_file():
            return tuple(read_bytes(listed).decode("utf-8", "replace").split())
        split = _split_of(self.sources)
        return None if split is None else _numbered_names(split)

    def list_is_official(self) -> bool:
        """The list is as long as the split is."""
        names, split = self.official_names(), _split_of(self.sources)
        return names is not None and split is not None and len(names) == _SPLITS[split]

    def discover(self) -> Mapping[str, Source]:
        """Sequence folders of the split, or a flat folder of annotations."""
        found = {name: _source(folder) for name, folder in sequence_folders(self.folder, _ANNOTATION).items()}
        found = found or {name: Source(file) for name, file in annotation_files(self.folder).items()}
        wanted = self.options.get("split")
        return {} if wanted and _split_of(found) not in (None, wanted) else found

    def shortcoming(self) -> str | None:
        """The scores are made with cover labels and image sizes."""
        if self._inferred or any("cover" in source.flags for source in self.sources.values()):
            return None
        return "no cover.label: official scores leave out frames in which nothing of the target is visible"

    def load(self, name: str, source: Source) -> Sequence:
        """One sequence; frames after the annotated ones (test split) have NaN rows."""
        sequence = self.assemble(name, source, pad_to_frames(read_boxes(source.annotation), source.frames))
        size = _resolution(self.folder / name / "meta_info.ini")
        if size is None and name in self._inferred:
            size, cover = self._inferred[name].size, self._inferred[name].cover(len(sequence))
            sequence = replace(sequence, flags={**sequence.flags, "cover": cover})
        return replace(sequence, size=size)

    def files(self, name: str) -> tuple[Traversable, ...]:
        """The image's size stands in files of its own."""
        sizes = (self.folder / name / "meta_info.ini", self.root / "inferred_meta.json")
        return (*super().files(name), *(file for file in sizes if file.is_file()))

    @cached_property
    def _inferred(self) -> Mapping[str, InferredMeta]:
        return read_inferred_meta(self.root / "inferred_meta.json")


def _split_of(names: Iterable[str]) -> str | None:
    """The split that the sequences' names tell, if they are GOT-10k's."""
    return next((match[1].lower() for match in map(_NAME.fullmatch, names) if match), None)


def _numbered_names(split: str) -> tuple[str, ...]:
    return tuple(f"GOT-10k_{split.capitalize()}_{number:06d}" for number in range(1, _SPLITS[split] + 1))


def _split_folder(root: Traversable, wanted: str | None) -> Traversable:
    """Folder of the split that is wanted, or is there; ``root`` or ``root/gt`` if the sequences lie right there."""
    for split in (wanted,) if wanted else _SPLITS:
        for folder in (root / split, root / f"{split}_data"):
            if sequence_folders(folder, _ANNOTATION):
                return folder
    return root / "gt" if (root / "gt").is_dir() else root


def _source(folder: Traversable) -> Source:
    labels = {flag: folder / file for flag, file in _LABELS.items() if (folder / file).is_file()}
    return Source(
        folder / _ANNOTATION,
        frames_folder(folder),
        absent=optional_file(folder / "absence.label"),
        flags=labels,
    )


def _resolution(meta: Traversable) -> tuple[int, int] | None:
    """(width, height) of ``resolution: (W, H)``."""
    if not meta.is_file():
        return None
    match = re.search(rb"^resolution\s*[:=]\s*\(\s*(\d+)\s*,\s*(\d+)\s*\)", read_bytes(meta), re.MULTILINE)
    return (int(match[1]), int(match[2])) if match else None
