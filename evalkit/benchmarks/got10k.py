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
from evalkit.benchmarks.submission import Submission
from evalkit.errors import InputError
from evalkit.reading.tables import read_boxes
from evalkit.reading.text import read_names, read_text
from evalkit.sequences.sequence import Sequence
from evalkit.suggestions import suggestion

# Number of sequences by split, in the order in which a split is chosen if none is named: scores are those of val.
_SPLITS = {"val": 180, "test": 180, "train": 9335}
_NAME = re.compile(r"GOT-10k_(Train|Val|Test)_\d{6}")
_RESOLUTION = r"^resolution\s*[:=]\s*\(\s*([0-9]{1,9})\s*,\s*([0-9]{1,9})\s*\)"
_ANNOTATION, _META, _INFERRED = "groundtruth.txt", "meta_info.ini", "inferred_meta.json"
_LABELS = {"cover": "cover.label", "cut_by_image": "cut_by_image.label"}


def _numbered_names(split: str) -> tuple[str, ...]:
    return tuple(f"GOT-10k_{split.capitalize()}_{number:06d}" for number in range(1, _SPLITS[split] + 1))


class GOT10k(Benchmark):
    """GOT-10k; ``got10k?split=train|val|test``, default the first split that is there of val, test and train."""

    name = "got10k"
    title = "GOT-10k"
    origin = 0
    family: ClassVar[str] = "got10k"
    data_folders: ClassVar[tuple[str, ...]] = ("fulldata",)
    submission: ClassVar[Submission | None] = Submission(
        total=_SPLITS["test"],
        member=re.compile(r"GOT-?10k_(Test|Val|Train)_[0-9]{6}", re.IGNORECASE),
        box_format="%.3f",
        in_folders=True,
        flat=re.compile(r"(GOT-?10k_(?:Test|Val|Train)_[0-9]{6})(_[0-9]{3}|_time)?\.txt", re.IGNORECASE),
        options={"split": "test"},
        names=_numbered_names("test"),
    )
    folders: ClassVar[tuple[str, ...]] = ("got10k", "got10kdata", "got10kval", "got10ktest", "got10ktrain")
    option_names: ClassVar[tuple[str, ...]] = ("split",)
    spellings: ClassVar[Mapping[str, Mapping[str, str]]] = {f"got10k{split}": {"split": split} for split in _SPLITS}
    variants: ClassVar[tuple[Mapping[str, str], ...]] = ({}, {"split": "test"}, {"split": "train"})

    def __init__(self, root: Traversable, options: Mapping[str, str] | None = None) -> None:
        super().__init__(root, options)
        wanted = self.options.get("split")
        if wanted is not None and wanted not in _SPLITS:
            raise InputError(f"unknown split {wanted!r} of {self.name}", hint=suggestion(wanted, _SPLITS, "one of"))
        self.folder = _split_folder(root, wanted)

    def official_names(self) -> tuple[str, ...] | None:
        """``list.txt`` if it lies there, else the numbered names of the split."""
        listed = self.folder / "list.txt"
        if listed.is_file():
            return read_names(listed)
        split = _split_of(self.sources)
        return None if split is None else _numbered_names(split)

    def list_is_official(self) -> bool:
        """The list is as long as the split is."""
        names, split = self.official_names(), _split_of(self.sources)
        return names is not None and split is not None and len(names) == _SPLITS[split]

    def discover(self) -> Mapping[str, Source]:
        """Sequence folders of the split, or a flat folder of annotations."""
        inferred = optional_file(self.root / _INFERRED)
        folders = sequence_folders(self.folder, _ANNOTATION)
        sources = {name: _source(folder, inferred) for name, folder in folders.items()}
        if not sources:
            sources = {name: Source(file, facts=inferred) for name, file in annotation_files(self.folder).items()}
        wanted = self.options.get("split")
        return {} if wanted and _split_of(sources) not in (None, wanted) else sources

    def shortcoming(self) -> str | None:
        """The scores are made with cover labels and image sizes."""
        cover = self.lacking("cover.label", lambda name, source: "cover" in source.flags or self._infers(name, source))
        size = self.lacking(_META, lambda name, source: _has_meta(source) or self._infers(name, source))
        reasons = (
            cover and f"{cover}: official scores leave out frames in which nothing of the target is visible",
            size and f"{size}: official scores move boxes into the image, whose size it states",
        )
        return "; ".join(filter(None, reasons)) or None

    def load(self, name: str, source: Source) -> Sequence:
        """One sequence; frames after the annotated ones (test split) have NaN rows."""
        sequence = self.assemble(name, source, pad_to_frames(read_boxes(source.annotation), source.frames))
        if source.facts is None:
            return sequence
        if _has_meta(source):
            return replace(sequence, size=_resolution(source.facts))
        inferred = self._inferred.get(name)
        if inferred is None:
            return sequence
        flags = {"cover": inferred.cover(len(sequence)), **sequence.flags}
        return replace(sequence, size=inferred.size, flags=flags)

    def _infers(self, name: str, source: Source) -> bool:
        return name in self._inferred and not _has_meta(source)

    @cached_property
    def _inferred(self) -> Mapping[str, InferredMeta]:
        return read_inferred_meta(self.root / _INFERRED)


def _split_of(names: Iterable[str]) -> str | None:
    """The split that the sequences' names tell, if they are GOT-10k's."""
    return next((match[1].lower() for match in map(_NAME.fullmatch, names) if match), None)


def _split_folder(root: Traversable, wanted: str | None) -> Traversable:
    """Folder of the split that is wanted, or is there; ``root`` or ``root/gt`` if the sequences lie right there."""
    for split in (wanted,) if wanted else _SPLITS:
        for folder in (root / split, root / f"{split}_data"):
            if sequence_folders(folder, _ANNOTATION):
                return folder
    return root / "gt" if (root / "gt").is_dir() else root


def _source(folder: Traversable, inferred: Traversable | None) -> Source:
    labels = {flag: folder / file for flag, file in _LABELS.items() if (folder / file).is_file()}
    return Source(
        folder / _ANNOTATION,
        frames_folder(folder),
        absent=optional_file(folder / "absence.label"),
        flags=labels,
        facts=optional_file(folder / _META) or inferred,
    )


def _has_meta(source: Source) -> bool:
    return source.facts is not None and source.facts.name == _META


def _resolution(meta: Traversable) -> tuple[int, int] | None:
    """(width, height) of ``resolution: (W, H)``."""
    match = re.search(_RESOLUTION, read_text(meta), re.MULTILINE)
    return (int(match[1]), int(match[2])) if match else None
