"""Inputs of a network that nobody here knows: arrays of a .npz or .npy file, one sample after the other."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.errors import InputError, one_line
from profiling.backends.onnx_int8 import Arrays

Shapes = Mapping[str, tuple[int | None, ...]]
FEWEST = 4
"""Samples: half of them give ranges, the other half judges."""


def read_samples(path: Path, shapes: Shapes, types: Mapping[str, np.dtype[Any]]) -> list[Arrays]:
    """The samples of a network's inputs.

    Args:
        path: .npz with an array for each input, by its name, or .npy for a network of one input. An array holds the
            samples along its first axis; where the network takes a batch of one, that axis may be the batch's.
        shapes: of the inputs, None for a free size.
        types: numbers that the inputs take; those in the file are converted.

    Raises:
        InputError: the file cannot be read, an input is missing or unknown, of another shape or not finite, or there
            are fewer than four samples.
    """
    arrays = _arrays(path, shapes)
    for name in sorted(arrays.keys() ^ shapes.keys()):
        wanted = ", ".join(f"{name} {list(shape)}" for name, shape in shapes.items())
        raise InputError(f"input '{name}' is {'missing' if name in shapes else 'unknown'}", path=path, hint=wanted)
    stacked = {name: _stacked(array, name, shapes[name], path) for name, array in arrays.items()}
    lengths = {name: len(array) for name, array in stacked.items()}
    if len(set(lengths.values())) != 1:
        counts = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise InputError(f"inputs have different numbers of samples: {counts}", path=path)
    (count,) = set(lengths.values())
    if count < FEWEST:
        raise InputError(f"holds {count} samples", path=path, hint=f"at least {FEWEST}; a hundred are better")
    return [{name: array[index].astype(types[name]) for name, array in stacked.items()} for index in range(count)]


def _arrays(path: Path, shapes: Shapes) -> dict[str, NDArray[Any]]:
    try:
        loaded = np.load(path, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            if len(shapes) != 1:
                raise InputError(
                    f"one array for {len(shapes)} inputs", path=path, hint=f".npz with {', '.join(shapes)}"
                )
            return {next(iter(shapes)): loaded}
        with loaded:
            return {name: loaded[name] for name in loaded.files}
    except (OSError, ValueError, EOFError, KeyError, MemoryError, zipfile.BadZipFile) as error:
        raise InputError(f"is no .npz or .npy file of numbers: {one_line(error)}", path=path) from error


def _stacked(array: NDArray[Any], name: str, shape: tuple[int | None, ...], path: Path) -> NDArray[Any]:
    """(samples, *shape)."""
    if array.ndim == len(shape) and shape and shape[0] in (1, None):
        array = array[:, None]
    fitting = array.ndim == len(shape) + 1 and all(
        want in (None, size) for want, size in zip(shape, array.shape[1:], strict=True)
    )
    if not fitting:
        wanted = ["samples", *("any" if size is None else size for size in shape)]
        raise InputError(
            f"'{name}' has the shape {list(array.shape)}", path=path, hint=f"[{', '.join(map(str, wanted))}]"
        )
    if array.dtype.kind not in "fiub" or not np.isfinite(array).all():
        raise InputError(f"'{name}' holds what is no finite number", path=path)
    return array
