"""Eight bits: static quantisation with ranges from tracked frames, and layers left in float where boxes need them."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from evalkit.errors import InputError
from evalkit.reading.text import read_json
from evalkit.running.tracking import track
from evalkit.trackers.onnx import Session
from evalkit.trackers.spec import load_tracker
from profiling.backends.onnx_int8 import Arrays, Quantiser, relative_error
from profiling.latency.clips import Clip
from stdtrack.compression.agreement import mean_agreement
from stdtrack.compression.subjects import Subject
from stdtrack.inference.networks import MANIFEST

SAMPLES = 128
"""Frames whose inputs give the ranges, spread evenly over the clips."""
RESTART = 10
"""Frames from one start to the next: what encodes templates as well as frames is shown both."""
TRIED = 16
"""Frames on which a layer's own error is measured."""
NOTE = "int8, boxes differ from fp32"

Layers = Mapping[str, Collection[str]]
"""Names of layers by file."""


@dataclass(frozen=True)
class Quantised:
    """What became of a tracker's networks.

    Attributes:
        layers: by file, how many layers round in eight bits.
        in_float: by file, the layers that stayed in float, the most sensitive first.
        agreement: mean IoU with the float tracker's boxes, or the share of the outputs of a network alone that did not
            change, on what ranges were taken from.
    """

    layers: Mapping[str, int]
    in_float: Mapping[str, Sequence[str]]
    agreement: float

    def described(self) -> str:
        """The step in words."""
        left = [f"{file} {layer}" for file, layers in self.in_float.items() for layer in layers]
        kept = f"; in float stayed {', '.join(left)}" if left else ""
        return (
            f"int8: {sum(self.layers.values()) - len(left)} of {sum(self.layers.values())} layers by ONNX Runtime's "
            f"static quantiser, one scale a channel; agreement {self.agreement:.4f} on what ranges were taken "
            f"from{kept}."
        )


@dataclass
class _Samples:
    """Inputs of networks by file."""

    by_file: dict[str, list[Arrays]] = field(default_factory=dict)

    def keep(self, file: str, inputs: Arrays) -> None:
        self.by_file.setdefault(file, []).append(inputs)


def quantise(
    subject: Subject, clips: Sequence[Clip], target: Path, work: Path, *, agreement: float, tell: Callable[[str], None]
) -> Quantised:
    """Write a subject's networks in eight bits into the folder ``target``, which is made.

    A network that does not run in every frame, such as the template's, stays in float: all that follows rests on it.

    All layers are tried first. Where the boxes' mean IoU with the float tracker's is below ``agreement``, the layers
    are ranked by what each alone does to the outputs, and as many of the most sensitive ones stay in float as it takes:
    1, 2, 4 and so on, a quarter at most. If that does not suffice, the best of these trials is kept.

    Args:
        clips: what the tracker follows for the ranges of activations, and to compare boxes.
        work: a folder for files that are needed meanwhile.

    Raises:
        InputError: ONNX Runtime cannot quantise a network.
    """
    plain = work / "float"
    subject.write(plain)
    frames = sum(len(clip.frames) - 1 for clip in clips)
    quantisers = {
        file: Quantiser.of(plain / file, spread(samples, SAMPLES), work)
        for file, samples in _recorded(subject, plain, clips).items()
        if len(samples) >= frames
    }
    original = load_tracker(subject.spec_on(plain))

    def agreed(trial: Path) -> float:
        for file in plain.iterdir():
            if file.name not in quantisers:
                shutil.copy(file, trial)
        return mean_agreement(original, load_tracker(subject.spec_on(trial)), clips)

    best, made = most_in_eight_bits(quantisers, agreed, work, agreement=agreement, tell=tell)
    _sign(best)
    best.rename(target)
    return made


def most_in_eight_bits(
    quantisers: Mapping[str, Quantiser],
    agreed: Callable[[Path], float],
    work: Path,
    *,
    agreement: float,
    tell: Callable[[str], None],
) -> tuple[Path, Quantised]:
    """The folder of the trial with the fewest layers in float that agrees with the float networks, else of the best.

    Args:
        quantisers: by the file's name.
        agreed: how well the networks in a folder agree with the float ones, in [0, 1].
        work: trials are made in it.

    Raises:
        InputError: there is no layer that could have eight bits.
    """
    layers = {file: quantiser.layers for file, quantiser in quantisers.items()}
    if not any(layers.values()):
        names = ", ".join(sorted(quantisers))
        raise InputError(f"there is nothing to round in {names}: no layer with constant weights but short convolutions")
    ranked: list[tuple[str, str]] = []
    trials: dict[int, float] = {}
    for count in _counts(sum(map(len, layers.values()))):
        if count and not ranked:
            tell("measuring what each layer alone does to the outputs")
            ranked = ranking(quantisers, work)
        trial = work / str(count)
        trial.mkdir()
        for file, quantiser in quantisers.items():
            quantiser.write(trial / file, [layer for name, layer in ranked[:count] if name == file])
        trials[count] = agreed(trial)
        tell(f"{count} layers in float: agreement {trials[count]:.4f}")
        if trials[count] >= agreement:
            break
    best = max(trials, key=lambda count: trials[count])
    in_float = {file: [layer for name, layer in ranked[:best] if name == file] for file in quantisers}
    made = Quantised({file: len(names) for file, names in layers.items()}, in_float, trials[best])
    return work / str(best), made


def _counts(layers: int) -> list[int]:
    """How many layers stay in float in each trial: at most a quarter of them.

    >>> _counts(20)
    [0, 1, 2, 4]
    """
    counts = [0, 1]
    while 2 * counts[-1] <= layers // 4:
        counts.append(2 * counts[-1])
    return [count for count in counts if count <= layers // 4]


def _recorded(subject: Subject, folder: Path, clips: Sequence[Clip]) -> Mapping[str, list[Arrays]]:
    """The inputs of the networks of a folder while the tracker follows the clips, and starts anew here and there."""
    samples = _Samples()
    tracker = load_tracker(subject.spec_on(folder))
    subject.record(tracker, folder, samples.keep)
    for clip in clips:
        track(tracker, clip.frames, clip.boxes[0], depth=0)
        for index in range(RESTART, len(clip.frames), RESTART):
            box = clip.boxes[index]
            if np.isfinite(box).all() and box[2:].min() > 0:
                tracker.init(clip.frames.read(index), box)
    return samples.by_file


def spread(samples: Sequence[Arrays], most: int) -> list[Arrays]:
    """At most so many of them, evenly spread."""
    picked = sorted({round(place) for place in np.linspace(0, len(samples) - 1, most)})
    return [samples[index] for index in picked]


def ranking(quantisers: Mapping[str, Quantiser], work: Path) -> list[tuple[str, str]]:
    """Files and layers, the most sensitive first: by the error of the outputs where that layer alone has eight bits."""
    errors: dict[tuple[str, str], float] = {}
    for file, quantiser in quantisers.items():
        tried = spread(quantiser.samples, TRIED)
        session = Session(quantiser.network, 1)
        truth = [session(**inputs) for inputs in tried]
        for layer in quantiser.layers:
            alone = work / f"alone-{file}"
            quantiser.write_alone(alone, layer)
            changed = Session(alone, 1)
            pairs = zip(tried, truth, strict=True)
            errors[file, layer] = float(np.mean([relative_error(changed(**inputs), right) for inputs, right in pairs]))
    return sorted(errors, key=lambda name: -errors[name])


def _sign(folder: Path) -> None:
    """Let the folder's manifest, where the tracker reads one, say that its networks are others than the weights'."""
    path = folder / MANIFEST
    if not path.is_file():
        return
    content: dict[str, Any] = read_json(path)
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in sorted(folder.glob("*.onnx")))).hexdigest()
    notes = [content["facts"].get("note", ""), NOTE]
    content["facts"] |= {"weights_sha256": digest, "note": ", ".join(filter(None, notes))}
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
