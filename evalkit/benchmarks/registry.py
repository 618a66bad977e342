"""Finds a benchmark by its command-line name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl

from evalkit.benchmarks.base import Benchmark, BenchmarkSpec
from evalkit.benchmarks.dtb70 import DTB70
from evalkit.benchmarks.folder import Folder
from evalkit.benchmarks.got10k import GOT10k
from evalkit.benchmarks.otb100 import OTB100
from evalkit.benchmarks.uav123 import UAV20L, UAV123, UAV123At10Fps
from evalkit.benchmarks.vot import YEARS
from evalkit.errors import InputError

_CLASSES: tuple[type[Benchmark], ...] = (OTB100, UAV123, UAV123At10Fps, UAV20L, GOT10k, DTB70, *YEARS.values(), Folder)
BENCHMARKS: Mapping[str, type[Benchmark]] = {benchmark.name: benchmark for benchmark in _CLASSES}


def parse_spec(text: str) -> BenchmarkSpec:
    """``got10k?split=val`` as name and options; raises InputError for an unknown name.

    >>> parse_spec("got10k?split=val")
    BenchmarkSpec(name='got10k', options={'split': 'val'})
    """
    name, mark, query = text.partition("?")
    if name not in BENCHMARKS:
        raise InputError(f"unknown benchmark {name!r}", hint=f"known: {', '.join(BENCHMARKS)}")
    try:
        options = dict(parse_qsl(query, strict_parsing=True, keep_blank_values=True)) if mark else {}
    except ValueError as error:
        raise InputError(f"options of {text!r} are not NAME=VALUE&NAME=VALUE", hint=str(error)) from error
    return BenchmarkSpec(name, options)


def open_benchmark(text: str, *, data: Path | None = None, annotations: Path | None = None) -> Benchmark:
    """The benchmark ``text`` under a root.

    Args:
        text: command-line name with options, such as ``got10k?split=val``.
        data: root of several benchmarks, or of this one; with images.
        annotations: the same, or a bundle without images, or a flat folder of ``<sequence>.txt``; taken instead of
            ``data``.

    Raises:
        InputError: unknown name or option, no root, or nothing of the benchmark under it.
    """
    spec = parse_spec(text)
    root = annotations or data
    if root is None:
        raise InputError(f"where does {spec.name} lie?", hint="give --data ROOT or set STDTRACK_DATA")
    if not root.exists():
        raise InputError("does not exist", path=root, hint="check --data, STDTRACK_DATA or --annotations")
    benchmark = BENCHMARKS[spec.name].recognise(root, spec.options)
    if benchmark is None:
        raise InputError(
            f"no sequences of {spec.name} found", path=root, hint="`stdtrack data check ROOT` lists what is recognised"
        )
    return benchmark
