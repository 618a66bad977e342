"""Where clips come from: videos, stills and synthetic scenes behind one method."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np

from evalkit.benchmarks.base import Benchmark
from evalkit.benchmarks.registry import open_benchmark
from evalkit.errors import InputError
from evalkit.suggestions import suggestion
from stdtrack.training.annotated_video import Footage, load_footage, scene_of
from stdtrack.training.config import SourceConfig, TrainConfig
from stdtrack.training.frame_sampling import Shots, draw_shots
from stdtrack.training.stills import Still, draw_still, load_stills, single_boxes
from stdtrack.training.synthetic import CutOut, compose, cut_from_white, cut_out, procedural_cut_out, texture

CUT_OUTS = 1000
"""Targets that a synthetic source keeps, unless its ``limit`` says otherwise."""


class Source(Protocol):
    """Anything that clips can be drawn from."""

    def draw(self, frames: int, rng: np.random.Generator) -> Shots:
        """A clip with ``frames`` search frames; raises InputError on an unreadable image."""


@dataclass(frozen=True)
class VideoSource:
    """Annotated sequences: every scene as likely as the other, and in a scene every sequence, whatever its length."""

    scenes: Sequence[Sequence[Footage]]
    config: TrainConfig

    def draw(self, frames: int, rng: np.random.Generator) -> Shots:
        """Frames of one sequence."""
        scene = self.scenes[int(rng.integers(len(self.scenes)))]
        chosen = scene[int(rng.integers(len(scene)))]
        return draw_shots(chosen, frames, self.config.clips, self.config.augment.reverse, rng)


@dataclass(frozen=True)
class StillSource:
    """Annotated pictures under a synthetic camera."""

    stills: Sequence[Still]
    templates: int

    def draw(self, frames: int, rng: np.random.Generator) -> Shots:
        """Views of one picture."""
        return draw_still(self.stills[int(rng.integers(len(self.stills)))], self.templates, frames, rng)


@dataclass(frozen=True)
class SyntheticSource:
    """Cut-outs moving over the pictures of ``material``, from which they were cut."""

    material: Source
    cut_outs: Sequence[CutOut]
    templates: int

    def draw(self, frames: int, rng: np.random.Generator) -> Shots:
        """A rendered clip."""
        scene = self.material.draw(1, rng).images[0]
        target, other = (self.cut_outs[index] for index in rng.integers(len(self.cut_outs), size=2))
        return compose(scene, target, other, self.templates, frames, rng)


def cut_outs_on_white(root: Path) -> tuple[list[CutOut], list[str]]:
    """The things of a COCO folder that stand alone on white, and the names of unreadable pictures."""
    pictures, unreadable = load_stills(root, limit=0, cache=True, usable=single_boxes)
    cuts = [cut_from_white(picture.read(), box) for picture in pictures for box in picture.boxes]
    found = [cut for cut in cuts if cut is not None]
    if not found:
        raise InputError("no picture of a thing on white", path=root)
    return found, unreadable


def cut_outs_of(material: Source, count: int, seed: int) -> tuple[tuple[CutOut, ...], tuple[str, ...]]:
    """Cut ``count`` targets out of drawn clips once: GrabCut is too slow to run for every clip.

    Returns:
        the targets, and the messages of images that could not be read on the way.

    Raises InputError when hardly any image can be read.
    """
    rng = np.random.default_rng((seed, count))
    cut_outs: list[CutOut] = []
    skipped: list[str] = []
    for _ in range(count):
        shot, unreadable = made_of_readable(lambda: material.draw(1, rng))
        cut_outs.append(cut_out(shot.images[0], shot.boxes[0], rng))
        skipped += unreadable
    return tuple(cut_outs), tuple(skipped)


@dataclass(frozen=True)
class ProceduralSource:
    """Textured blobs over textures: unlimited, and without any data."""

    templates: int

    def draw(self, frames: int, rng: np.random.Generator) -> Shots:
        """A rendered clip."""
        background = texture(256, 256, rng)
        return compose(background, procedural_cut_out(rng), procedural_cut_out(rng), self.templates, frames, rng)


@dataclass(frozen=True)
class Mixture:
    """Several sources, each drawn from with its own chance (they sum to 1)."""

    sources: Sequence[Source]
    chances: np.ndarray

    def draw(self, frames: int, rng: np.random.Generator) -> Shots:
        """A clip of one of the sources."""
        return self.sources[rng.choice(len(self.sources), p=self.chances)].draw(frames, rng)


def mix(sources: Sequence[Source], weights: Sequence[float]) -> Mixture:
    """A mixture by weights, which need not sum to 1."""
    shares = np.asarray(weights, dtype=np.float64)
    return Mixture(tuple(sources), shares / shares.sum())


def build_sources(config: TrainConfig) -> tuple[Mixture, tuple[str, ...]]:
    """Open all sources of a config.

    Returns:
        the mixture to draw from, and what was skipped: sequences without use and unreadable images, named.

    Raises InputError when a source is empty, or a synthetic source has no material.
    """
    real: list[tuple[Source, float]] = []
    made: list[tuple[Source, float]] = []
    skipped: list[str] = []
    templates = config.clips.templates
    for source in config.sources:
        if source.kind == "video":
            footage, names = _open_video(source, config)
            real.append((VideoSource(by_scene(footage), config), source.weight))
            skipped += names
        elif source.kind == "stills":
            stills, unreadable = load_stills(root_of(source, config), limit=source.limit, cache=source.cache)
            real.append((StillSource(stills, templates), source.weight))
            skipped += unreadable
        elif source.kind == "procedural":
            made.append((ProceduralSource(templates), source.weight))
    for source in config.sources:
        if source.kind == "synthetic":
            if not real:
                raise InputError(
                    "a synthetic source cuts its targets out of others", hint="add a video or stills source"
                )
            material = mix(*zip(*real, strict=True))
            bank, missed = cut_outs_of(material, source.limit or CUT_OUTS, config.seed)
            things, unreadable = cut_outs_on_white(root_of(source, config)) if source.root else ([], [])
            skipped += [*missed, *unreadable]
            made.append((SyntheticSource(material, (*bank, *things), templates), source.weight))
    used = [(source, weight) for source, weight in real + made if weight > 0]
    return mix(*zip(*used, strict=True)), tuple(dict.fromkeys(skipped))


def root_of(source: SourceConfig, config: TrainConfig) -> Path:
    """Folder of a source's data."""
    return Path(config.data_root) / source.root


def _open_video(source: SourceConfig, config: TrainConfig) -> tuple[tuple[Footage, ...], tuple[str, ...]]:
    """Footage of a benchmark's sequences, without the scenes left out for validation, and what was skipped."""
    benchmark = open_benchmark(source.benchmark, data=root_of(source, config))
    left_out = {scene_of(name, source.scenes) for name in config.validation.names}
    names = [name for name in names_of(benchmark, source) if scene_of(name, source.scenes) not in left_out]
    chosen = names[: source.limit or None]
    loaded = load_footage((benchmark.sequence(name) for name in chosen), cache=source.cache, scenes=source.scenes)
    if not loaded.footage:
        reason = loaded.skipped[0] if loaded.skipped else "the list is empty"
        raise InputError(f"{source.benchmark}: no sequence to train on: {reason}", path=root_of(source, config))
    return loaded.footage, loaded.skipped


def trained_footage(config: TrainConfig) -> list[Footage]:
    """Footage of every sequence that a run trains on, read as it is asked for."""
    videos = (replace(source, cache=False) for source in config.sources if source.kind == "video")
    return [footage for source in videos for footage in _open_video(source, config)[0]]


def by_scene(footage: Iterable[Footage]) -> tuple[tuple[Footage, ...], ...]:
    """Footage grouped by its scene, in the order in which the scenes first appear."""
    groups: dict[str, list[Footage]] = {}
    for item in footage:
        groups.setdefault(item.scene, []).append(item)
    return tuple(tuple(group) for group in groups.values())


def names_of(benchmark: Benchmark, source: SourceConfig) -> Sequence[str]:
    """The sequences that a source means, without those that a pattern excludes."""
    names = listed_names(benchmark, source)
    return [name for name in names if not any(re.search(pattern, name) for pattern in source.exclude)]


def listed_names(benchmark: Benchmark, source: SourceConfig) -> Sequence[str]:
    """A source's own list, or what is there with or without the official list's; those it excludes are among them."""
    if source.names:
        unknown = [name for name in source.names if name not in benchmark.sources]
        if unknown:
            hint = suggestion(unknown[0], benchmark.sources)
            raise InputError(f"{source.benchmark} has no sequence '{unknown[0]}'", path=str(benchmark.root), hint=hint)
        return source.names
    if source.exclude_official:
        official = set(benchmark.official_names() or ())
        return [name for name in benchmark.sources if name not in official]
    return benchmark.inventory().present


ATTEMPTS = 20
"""Draws in a row that may fail before training stops."""

Made = TypeVar("Made")


def made_of_readable(make: Callable[[], Made]) -> tuple[Made, tuple[str, ...]]:
    """What ``make`` returns once it meets no unreadable image, and the messages of those it met before.

    Raises InputError when it failed ``ATTEMPTS`` times in a row.

    >>> made_of_readable(lambda: 7)
    (7, ())
    """
    skipped: list[str] = []
    for _ in range(ATTEMPTS):
        try:
            return make(), tuple(skipped)
        except InputError as error:
            skipped.append(str(error))
    raise InputError(f"{ATTEMPTS} clips in a row could not be made; the last: {skipped[-1]}")
