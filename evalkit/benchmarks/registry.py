"""Finds a benchmark by its command-line name, or whatever lies under a root."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources.abc import Traversable
from pathlib import Path
from urllib.parse import parse_qsl

from evalkit.benchmarks.base import Benchmark, BenchmarkSpec
from evalkit.benchmarks.folder import Folder
from evalkit.benchmarks.installed import BENCHMARKS, ENTRY_POINT_GROUP, all_benchmarks
from evalkit.benchmarks.layout import plain, subfolders
from evalkit.benchmarks.variations import MARK, parse_variation
from evalkit.entry_points import reinstall_hint
from evalkit.errors import InputError
from evalkit.reading.archive import is_archive, open_archive
from evalkit.reading.text import is_there
from evalkit.suggestions import nearest

# How annotation archives are called: annos.tar.gz, anno_absent_test280.tar.xz, gt.zip, dummy_GT.zip.
_ANNOTATION_ARCHIVE = re.compile(r"(^|[_-])(annos?|gt|groundtruth)(?=[_.-])", re.IGNORECASE)


def parse_spec(text: str) -> BenchmarkSpec:
    """``got10k?split=val`` as name and options, the name as people write it; raises InputError for an unknown one.

    Variations stand behind the name, before the options: ``got10k+fog@3?split=val``.

    >>> parse_spec("got10k?split=val"), parse_spec("UAV123@10fps").name, parse_spec("OTB-2015").name
    (BenchmarkSpec(name='got10k', options={'split': 'val'}), 'uav123_10fps', 'otb100')
    """
    written, mark, query = text.partition("?")
    name, implied = _named_by(written)
    try:
        options = dict(parse_qsl(query, strict_parsing=True, keep_blank_values=True)) if mark else {}
    except ValueError as error:
        raise InputError(f"options of {text!r} are not NAME=VALUE&NAME=VALUE", hint=str(error)) from error
    return BenchmarkSpec(name, {**implied, **options})


def _named_by(written: str) -> tuple[str, Mapping[str, str]]:
    """Name and implied options; other benchmarks are imported only if it is no benchmark's own name."""
    below, mark, last = written.rpartition(MARK)
    if mark:
        variation, level = parse_variation(last, below)
        name, options = _named_by(below)
        return f"{name}{MARK}{variation.spelled(level)}", options
    if written in BENCHMARKS:
        return written, {}
    spellings = _spellings(all_benchmarks())
    meant = spellings.get(plain(written))
    if meant is None:
        begun = (text for text in spellings if plain(written) and text.startswith(plain(written)))
        near = next(begun, None) or nearest(plain(written), spellings)
        known = f"did you mean '{spellings[near][0]}'?" if near else f"known: {', '.join(BENCHMARKS)}"
        hint = reinstall_hint(ENTRY_POINT_GROUP, written) or known
        raise InputError(f"unknown benchmark {written!r}", hint=hint)
    return meant


@cache
def _spellings(kinds: tuple[type[Benchmark], ...]) -> Mapping[str, tuple[str, Mapping[str, str]]]:
    """Name and options by everything that people write for a benchmark; its own name goes before others' spellings."""
    own: dict[str, tuple[str, Mapping[str, str]]] = {plain(kind.name): (kind.name, {}) for kind in kinds}
    return {**own, **{text: (kind.name, options) for kind in kinds for text, options in kind.spellings.items()}, **own}


def canonical_specs(texts: Iterable[str]) -> tuple[str, ...]:
    """Benchmarks as their own names and options say them, each once; raises InputError for an unknown one.

    >>> canonical_specs(["OTB2015", "otb100", "GOT-10k_val"])
    ('otb100', 'got10k?split=val')
    """
    return tuple(dict.fromkeys(str(parse_spec(text)) for text in texts))


def open_benchmark(text: str, *, data: Path | None = None, annotations: Path | None = None) -> Benchmark:
    """The benchmark ``text`` under a root.

    Args:
        text: command-line name with options, such as ``got10k?split=val``.
        data: root of several benchmarks, or of this one; with images.
        annotations: the same, or a bundle without images (a folder or an archive), or a flat folder of
            ``<sequence>.txt``; taken instead of ``data``.

    Raises:
        InputError: unknown name or option, no root, or nothing of the benchmark under it.

    >>> open_benchmark("folder", data=Path("clips")).inventory().present
    ('one', 'two')
    """
    spec = parse_spec(text)
    root = annotations or data
    if root is None:
        raise InputError(f"where does {spec.name} lie?", hint="give --data ROOT or set STDTRACK_DATA")
    benchmark = find(BENCHMARKS[spec.name], _tree(root), spec.options)
    if benchmark is None:
        raise InputError(
            f"no sequences of {spec.name} found", path=root, hint="`stdtrack data check ROOT` lists what is recognised"
        )
    return benchmark


def find(kind: type[Benchmark], root: Traversable, options: Mapping[str, str] | None = None) -> Benchmark | None:
    """The benchmark at or below ``root``: a full data set, annotations alone, or a part; None if it is not there.

    A folder that bears another benchmark's name is not taken for this one, however alike their layouts are.
    """
    folders = [*_named(kind, root)]
    if root not in folders and (issubclass(kind, Folder) or not _is_anothers(kind, root)):
        folders.append(root)
    return next((benchmark for folder in folders for benchmark in _openings(kind, folder, options)), None)


def _is_anothers(kind: type[Benchmark], folder: Traversable) -> bool:
    published = (other for other in all_benchmarks() if other.published)
    foreign = {plain(label) for other in published for label in (other.name, other.title)}
    return plain(folder.name) in foreign - _folder_names(kind)


def _folder_names(kind: type[Benchmark]) -> frozenset[str]:
    return frozenset((*kind.folders, *kind.data_folders))


def recognise(root: Path) -> tuple[Benchmark, ...]:
    """Every benchmark under a root: by folder names, else by official sequence names, else as own data."""
    tree = _tree(root)
    benchmarks = _distinct(
        benchmark
        for kind in all_benchmarks()
        for folder in _named(kind, tree)
        for options in kind.variants
        for benchmark in _openings(kind, folder, options)
    )
    if not benchmarks:
        guesses = (find(kind, tree) for kind in all_benchmarks() if kind is not Folder)
        benchmarks = _distinct(guess for guess in guesses if guess is not None and _has_listed_names(guess))
    own = None if benchmarks else find(Folder, tree)
    return (own,) if own else benchmarks


def _tree(root: Path) -> Traversable:
    if not is_there(root):
        raise InputError("does not exist", path=root, hint="check --data, STDTRACK_DATA or --annotations")
    if not root.is_dir():
        if not is_archive(root):
            raise InputError("is neither a folder nor an archive of annotations", path=root)
        return open_archive(root)
    return root if plain(root.name) else root.resolve()  # "." and ".." have no name to go by


def _openings(
    kind: type[Benchmark], folder: Traversable, options: Mapping[str, str] | None = None
) -> Iterator[Benchmark]:
    """The benchmark in a folder, or else in an annotation archive there; nothing where it is not."""
    benchmark = kind(folder, options)
    if benchmark.sources:
        yield benchmark
    elif isinstance(folder, Path) and not issubclass(kind, Folder):
        files = sorted(file for file in folder.iterdir() if is_archive(file) and _ANNOTATION_ARCHIVE.search(file.name))
        yield from filter(lambda benchmark: benchmark.sources, (kind(open_archive(file), options) for file in files))


def _has_listed_names(benchmark: Benchmark) -> bool:
    """Its sequences are those of the official list: two or more, and half of what lies there or of the list."""
    official = benchmark.official_names() or ()
    listed, present = len(benchmark.sources.keys() & set(official)), len(benchmark.sources)
    return listed >= min(2, present) and 2 * listed >= min(present, len(official))


def _named(kind: type[Benchmark], root: Traversable) -> Iterator[Traversable]:
    """Folders at or up to two levels below ``root`` that bear one of the benchmark's names, the innermost first."""
    named, names = [root, *subfolders(root)], _folder_names(kind)
    for folder in (folder for folder in named if plain(folder.name) in names):
        if folder is not root:
            yield from (child for child in subfolders(folder) if plain(child.name) in names)
        yield folder


def _distinct(benchmarks: Iterable[Benchmark]) -> tuple[Benchmark, ...]:
    """Without those whose every annotation has one that fits its official list better: VOT's years look alike."""
    several = tuple(benchmarks)
    kept: list[Benchmark] = []
    seen: set[str] = set()
    for benchmark in sorted(several, key=_misfit):
        files = {str(benchmark.sources[name].annotation) for name in benchmark.inventory().present}
        if not files <= seen:
            kept.append(benchmark)
            seen |= files
    return tuple(benchmark for benchmark in several if benchmark in kept)


def _misfit(benchmark: Benchmark) -> tuple[int, bool]:
    """Sequences outside of the list; where they are as many, a list of which nothing is missing fits better."""
    return _unlisted(benchmark), bool(benchmark.inventory().missing)


def _unlisted(benchmark: Benchmark) -> int:
    """How many sequences are outside of the official list; all where there is no list."""
    return len(benchmark.sources.keys() - set(benchmark.official_names() or ()))
