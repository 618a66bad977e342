"""What a benchmark is: a layout on disk, its sequences, its rules."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlencode

import numpy as np

from evalkit.benchmarks import lists
from evalkit.benchmarks.attributes import Attributes, Published, attribute_files, published, with_files
from evalkit.benchmarks.clip_range import ClipRange
from evalkit.benchmarks.inventory import Inventory, is_like
from evalkit.benchmarks.layout import beside
from evalkit.benchmarks.submission import Submission
from evalkit.errors import InputError
from evalkit.reading.tables import read_boxes, read_flags, read_labels
from evalkit.sequences.packed import open_frames
from evalkit.sequences.sequence import Sequence
from evalkit.suggestions import suggestion
from evalkit.types import Boxes


@dataclass(frozen=True)
class Source:
    """Where the parts of one sequence lie.

    Attributes:
        annotation: the file of ground-truth rows.
        frames: folder of images; None in an annotation bundle.
        first: number in the first frame's file name, where an official list states it (see ``ImageFolder``).
        absent: file of 0/1 values, 1 = the target is not visible.
        flags: further files of one value a frame, by flag name.
        facts: file about the sequence as a whole, such as its image size.
    """

    annotation: Traversable
    frames: Path | None = None
    first: int | None = None
    absent: Traversable | None = None
    flags: Mapping[str, Traversable] = field(default_factory=dict)
    facts: Traversable | None = None


class Benchmark(ABC):
    """A benchmark's folder layout, sequence list, annotation rules and default protocol.

    Subclasses are one file each, and one line in the entry points ``stdtrack.benchmarks`` of the package that brings
    them; they say where the parts of each sequence lie (:meth:`discover`) and, where the
    format is not plain x, y, w, h rows, how to load one (:meth:`load`).

    Class attributes:
        name: the command-line name, also the folder in raw results.
        title: the name people write.
        origin: coordinate of the top-left pixel in its files, 0 or 1.
        family: which rules of a toolkit apply to it, see :mod:`evalkit.scoring.protocols`; ``own``: rules of ours.
        protocol: name of the rules that score it where none is asked for.
        listed: its official list: a file in the folder ``lists`` beside the class's module, or the names; empty where
            none is at hand.
        folders: names its folder goes by, lower-case alphanumerics.
        data_folders: further names of its data's folder that elsewhere, among results, mean nothing.
        precedence: of several benchmarks that names fit equally well the one with the lowest is meant.
        published: others know it too, so that a folder of its name among results is no tracker's.
        prefix: what pytracking puts before its sequences' names in the names of result files, in lower case.
        other_names: its own names of sequences by those that toolkits give them, in lower case.
        experiment_folder: how its toolkit calls the folder of its experiment (VOT's ``baseline``, ``longterm``) in a
            tracker's own; empty where it has none.
        results_form: a form of results that its toolkit alone writes, see :func:`evalkit.results.trees.own_form`; empty
            where it has none.
        submission: what its evaluation server takes; None where the ground truth is public.
        option_names: what may follow ``?`` in its command-line name.
        variants: options under which different parts of it are found, the default first.
        spellings: further names that people write for it, lower-case alphanumerics, and the options that each means.
        attribute_tables: published readings of its sequences' attributes by the value of the option ``attributes``,
            the default first.
        attribute_order: abbreviations in the order of its ``att`` files.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    origin: int
    family: ClassVar[str] = "own"
    protocol: ClassVar[str] = "official"
    listed: ClassVar[str | tuple[str, ...]] = ()
    folders: ClassVar[tuple[str, ...]]
    data_folders: ClassVar[tuple[str, ...]] = ()
    precedence: ClassVar[int] = 10
    published: ClassVar[bool] = True
    prefix: ClassVar[str] = ""
    other_names: ClassVar[Mapping[str, str]] = {}
    experiment_folder: ClassVar[str] = ""
    results_form: ClassVar[str] = ""
    submission: ClassVar[Submission | None] = None
    option_names: ClassVar[tuple[str, ...]] = ()
    variants: ClassVar[tuple[Mapping[str, str], ...]] = ({},)
    spellings: ClassVar[Mapping[str, Mapping[str, str]]] = {}
    attribute_tables: ClassVar[Mapping[str, Published]] = {}
    attribute_order: ClassVar[tuple[str, ...]] = ()

    def __init__(self, root: Traversable, options: Mapping[str, str] | None = None) -> None:
        self.root = root
        self.options = dict(options or {})
        for option in self.options:
            if option not in self.option_names:
                problem = f"unknown option {option!r} of benchmark {self.name}"
                raise InputError(problem, hint=suggestion(option, self.option_names, "its options"))
        reading = self.options.get("attributes")
        if reading is not None and reading not in self.attribute_tables:
            problem = f"unknown attributes {reading!r} of {self.name}"
            raise InputError(problem, hint=suggestion(reading, self.attribute_tables))

    @property
    def key(self) -> str:
        """Folder of this benchmark in raw results: its command-line name without options."""
        return self.name

    @property
    def spec(self) -> str:
        """The command-line name with its options, as :func:`~evalkit.benchmarks.registry.open_benchmark` takes it."""
        return str(BenchmarkSpec(self.name, self.options))

    @cached_property
    def sources(self) -> Mapping[str, Source]:
        """Where the sequences lie that were found, by name, in order; empty if the root has another layout.

        Raises:
            InputError: a sequence's name is no UTF-8, so that no result of it could be written down.
        """
        found = self.discover()
        odd = next((name for name in found if any("\ud800" <= sign <= "\udfff" for sign in name)), None)
        if odd is not None:
            raise InputError(f"the sequence's name {odd!r} is no UTF-8", path=str(self.root), hint="rename it")
        return found

    @abstractmethod
    def discover(self) -> Mapping[str, Source]:
        """Look for sequences under the root, without reading annotations or images."""

    @classmethod
    def listing(cls) -> Mapping[str, Mapping[str, str]]:
        """What the official list says of each sequence, by name and in order; see :func:`lists.official`."""
        return lists.official(cls.listed, cls.__module__.rpartition(".")[0])

    def official_names(self) -> tuple[str, ...] | None:
        """The official list of sequences in order; None where no list is at hand (the total is then unverified)."""
        return tuple(self.listing()) or None

    def inventory(self) -> Inventory:
        """Which sequences are present and which are missing, without opening an image.

        The official list decides when the data is that of the benchmark: two of its names are there, or nothing else.
        Further sequences (LaSOT's training set, OTB's second targets) can then be loaded by name but are no part of
        the benchmark. Otherwise the benchmark is what is there; one name, such as ``first`` of NFS, may be chance.
        """
        found, official = self.sources, self.official_names() or ()
        present = tuple(name for name in official if name in found)
        shortcoming = self.shortcoming()
        notes = [] if shortcoming is None else [shortcoming]
        if len(present) < min(2, len(found)):
            why = "these are not the official sequences" if official else "no official list is at hand"
            return Inventory(tuple(found), notes=(*notes, f"{why}: the total is what was found"))
        if len(found) > len(present):
            notes.append(f"{len(found) - len(present)} sequences outside the official list are left out")
        verified = self.list_is_official()
        if not verified:
            notes.append("the list of sequences came with the data: the total is unverified")
        return Inventory(present, tuple(name for name in official if name not in found), tuple(notes), verified)

    def shortcoming(self) -> str | None:
        """What the official rules need and this annotation lacks, so that its scores are not the official ones."""
        return None

    def lacking(self, what: str, has: Callable[[str, Source], object]) -> str:
        """``no <what>``, and for how many of the benchmark's sequences if others have it; empty where all do."""
        listed = [name for name in self.official_names() or () if name in self.sources]
        names = listed if len(listed) > 1 else list(self.sources)
        lacking = sum(not has(name, self.sources[name]) for name in names)
        if not lacking:
            return ""
        return f"no {what}" if lacking == len(names) else f"no {what} for {lacking} of {len(names)} sequences"

    def list_is_official(self) -> bool:
        """The list of :meth:`official_names` is the benchmark's own, not one that came with the data."""
        return True

    def not_run(self) -> str:
        """Why no tracker can be run on it, whatever its data; empty where one can."""
        return ""

    @classmethod
    def clip_of(cls, name: str) -> str:
        """The clip that a sequence shows; several runs on one clip are scored as one: see :mod:`.varied`."""
        return name

    def names_like(self, names: Iterable[str], patterns: Iterable[str]) -> list[str]:
        """Those of the names that match any of the shell patterns, by their own or by their clip's name."""
        globs = tuple(patterns)
        return [name for name in names if is_like(name, globs, self.clip_of)]

    def official_length(self, name: str) -> int | None:
        """Frames of the official one-pass evaluation of a sequence; None where no list states it."""
        facts = self.listing().get(name, {})
        if "length" in facts:
            return int(facts["length"])
        clip = ClipRange.of(facts)
        return None if clip is None else clip.length

    @cached_property
    def attributes(self) -> Attributes:
        """Attributes of the sequences: those that the options ask for, else ``att`` files, else the default table."""
        chosen = self.options.get("attributes") or next(iter(self.attribute_tables), None)
        table = Attributes() if chosen is None else published(self.attribute_tables[chosen])
        return table if "attributes" in self.options else with_files(table, self._attribute_files, self.attribute_order)

    @cached_property
    def _attribute_files(self) -> Mapping[str, Traversable]:
        if not self.attribute_order:
            return {}
        folders = (*self.annotation_folders(), *beside(self.root, ""))
        return attribute_files(folders, type(self), (*(self.official_names() or ()), *self.sources))

    def annotation_folders(self) -> tuple[Traversable, ...]:
        """Folders that may hold annotations in one place, and with them a folder ``att``."""
        return (self.root / "anno", self.root / "annos", self.root)

    def sequence(self, name: str) -> Sequence:
        """Load one sequence's annotation, with lazy frames if there are any.

        Raises:
            InputError: unknown name, or a file that is not as it should be (named, with the row).
        """
        try:
            source = self.sources[name]
        except KeyError:
            hint = suggestion(name, self.sources)
            raise InputError(f"no sequence {name!r} of {self.name}", path=str(self.root), hint=hint) from None
        sequence = self.load(name, source)
        if sequence.size is not None and min(sequence.size) <= 0:
            raise InputError("states an image of {}x{} pixels".format(*sequence.size), path=str(source.facts))
        return sequence

    def load(self, name: str, source: Source) -> Sequence:
        """Read the files of one sequence; the default is plain rows of x, y, w, h and one flag a row."""
        return self.assemble(name, source, read_boxes(source.annotation))

    def assemble(self, name: str, source: Source, native: Boxes) -> Sequence:
        """The sequence of these rows, with the frames, flags and attributes that go with them."""
        length = len(native)
        return Sequence(
            name=name,
            benchmark=self.name,
            native=native,
            origin=self.origin,
            frames=None if source.frames is None else open_frames(source.frames, length, source.first),
            absent=None if source.absent is None else read_flags(source.absent, length),
            flags={flag: read_labels(file, length) for flag, file in source.flags.items()},
            attributes=self.attributes.of(name),
            source=str(source.annotation),
        )

    def files(self, name: str) -> tuple[Traversable, ...]:
        """Every annotation file that :meth:`sequence` reads for a sequence."""
        source = self.sources[name]
        single = (source.annotation, source.absent, source.facts, self._attribute_files.get(name))
        return (*(file for file in single if file is not None), *source.flags.values())

    def fingerprint(self, names: Iterable[str]) -> str:
        """Identity of the ground truth of these sequences; see :func:`fingerprint`."""
        return fingerprint(self.sequence(name) for name in names)


def fingerprint(sequences: Iterable[Sequence]) -> str:
    """SHA-256 over names, boxes and flags, in hexadecimal: equal only for equal ground truth in equal order.

    A first box that depends on an image is no part of it: it follows from the sequence's name and boxes.
    """
    digest = hashlib.sha256()
    for sequence in sequences:
        digest.update(f"{sequence.benchmark}/{sequence.name}/{sequence.origin}/{sequence.size}".encode())
        start = sequence.start if isinstance(sequence.start, np.ndarray) else None
        arrays = {"native": sequence.native, "omitted": sequence.omitted, "absent": sequence.absent}
        arrays |= {"polygons": sequence.polygons, "start": start, **sequence.flags}
        for label, values in sorted(arrays.items()):
            if values is not None:
                digest.update(f"{label}{values.shape}".encode() + np.ascontiguousarray(values, np.float64).tobytes())
    return digest.hexdigest()


@dataclass(frozen=True)
class BenchmarkSpec:
    """``got10k?split=val`` parsed: the benchmark's name and its options."""

    name: str
    options: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name + (f"?{urlencode(self.options)}" if self.options else "")
