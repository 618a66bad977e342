"""``stdtrack doctor``: what this environment is, and what is wrong with it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import click

from evalkit.errors import InputError
from evalkit.imports import is_installed
from evalkit.shown import one_line
from stdtrack.cli.messages import echo_line, example

Line = tuple[str, str]
NO_TORCH = "not installed: networks and profiles need it, scoring does not"


@click.command(epilog=example("stdtrack doctor"))
def doctor() -> None:
    """Print the environment: versions, devices, threads, cv2 wheels, where data and weights are looked for."""
    from evalkit.running.hardware import CV2_WHEELS, hardware_card, installed, versions

    sections = {
        "versions": list(versions().items()),
        "hardware": [(key, str(value)) for key, value in hardware_card().items()],
        "devices": list(devices()),
        "threads": list(threads()),
        "trackers": list(trackers()),
        "data": list(data()),
        "weights": list(weights()),
        "cache of scores": list(score_cache()),
    }
    for title, lines in sections.items():
        click.echo(title)
        for key, value in lines:
            click.echo(f"  {key:<32} {one_line(str(value))}")
    for warning in cv2_warnings(list(installed(CV2_WHEELS))):
        echo_line(f"warning: {warning}")


def devices() -> Iterator[Line]:
    """What torch can run on."""
    if not is_installed("torch"):
        yield "torch", NO_TORCH
        return
    import torch

    yield "cpu", torch.backends.cpu.get_cpu_capability()
    for index in range(torch.cuda.device_count()):
        yield f"cuda:{index}", torch.cuda.get_device_name(index)
    if not torch.cuda.is_available():
        yield "cuda", "none"
    if torch.backends.mps.is_available():
        yield "mps", "available"


def threads() -> Iterator[Line]:
    """How many threads the libraries would use here; `run` gives each worker one unless --threads says otherwise."""
    import cv2

    if is_installed("torch"):
        import torch

        yield "torch", str(torch.get_num_threads())
    yield "cv2", str(cv2.getNumThreads())
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        yield variable, os.environ.get(variable, "not set")


def trackers() -> Iterator[Line]:
    """Prefixes of tracker specs, and which package brings each."""
    from evalkit.trackers.prefixes import installed_prefixes

    for name, points in sorted(installed_prefixes().items()):
        yield f"{name}:", " and ".join(point.value for point in points) + " (one too many)" * (len(points) > 1)


def data() -> Iterator[Line]:
    """Where benchmarks are looked for, in this order."""
    from evalkit.benchmarks.data_root import CONFIG_NAME, DATA_VARIABLE, data_root

    yield "--data", "first"
    yield DATA_VARIABLE, os.environ.get(DATA_VARIABLE, "not set")
    config = Path.cwd() / CONFIG_NAME
    yield CONFIG_NAME, str(config) if config.is_file() else f"none in {config.parent}"
    try:
        root = data_root()
        yield "root", str(root.resolve()) if root else "none: give --data"
    except InputError as error:
        yield "root", f"wrong: {error}"


def weights() -> Iterator[Line]:
    """Where weights come from; nothing is ever downloaded."""
    if not is_installed("torch"):
        yield "torch", NO_TORCH
        return
    from stdtrack.checkpoints import shipped_weights
    from stdtrack.configs import VARIANTS

    for variant in VARIANTS:
        path = shipped_weights(variant)
        yield f"stdtrack:{variant}", str(path) if path else "untrained: none are shipped"
    yield "stdtrack:NAME?weights=FILE", "your own, as safetensors"


def score_cache() -> Iterator[Line]:
    """Where scores are kept, whether they are, and how large that has become."""
    from evalkit.private_cache import VARIABLE, cache_folder
    from evalkit.scoring.cache import SCORES

    yield VARIABLE, os.environ.get(VARIABLE, "not set")
    refusal, (entries, size) = SCORES.refusal(), SCORES.usage()
    yield "folder", f"not used: {refusal}" if refusal else str(cache_folder())
    yield "size", f"{entries} scores, {size / 2**20:.1f} MiB of at most {SCORES.most_bytes >> 20}"


def cv2_warnings(wheels: list[str]) -> list[str]:
    """What is wrong with the cv2 wheels that are installed: they all own the same folder, so there must be one."""
    if len(wheels) > 1:
        names = " and ".join(wheels)
        return [f"{names} overwrite each other; uninstall them all, then install opencv-contrib-python-headless"]
    if not wheels:
        return [] if is_installed("cv2") else ["no cv2: install opencv-contrib-python-headless"]
    if "contrib" not in wheels[0]:
        return [f"{wheels[0]} lacks KCF and CSRT; install opencv-contrib-python-headless in its place"]
    return []
