"""Join the results that shards wrote into folders of their own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from evalkit.errors import InputError
from evalkit.files import remove_leftovers, write_atomic
from evalkit.reading.text import read_bytes
from evalkit.results.manifest import read_manifest, write_manifest
from evalkit.results.store import (
    BESIDE_SUFFIXES,
    FAILURES,
    Run,
    failure_path,
    list_runs,
    remove_beside,
    result_path,
)
from evalkit.running.locks import exclusive
from evalkit.running.provenance import continued
from evalkit.trackers.folders import folder_name


def merge(parts: Iterable[Path], out: Path) -> dict[tuple[str, str], int]:
    """Copy every result in ``parts`` to ``out`` and join their manifests.

    A sequence may be in several parts if its boxes are the same to the byte. Failures are copied for sequences that no
    part finished.

    Returns:
        Number of sequences copied, by (tracker, benchmark).

    Raises:
        InputError: a part is no folder of our results, no part holds any, or parts disagree on tracker, weights,
            annotation or boxes.
    """
    runs = [run for part in parts for run in list_runs(part)]
    if not runs:
        raise InputError("there are no results to merge", hint="give the folders that `stdtrack run --out` wrote")
    for run in runs:
        if run.manifest is None:
            raise InputError("has no run.json", path=run.folder, hint="only what `stdtrack run` wrote can be merged")
    copied: dict[tuple[str, str], int] = {}
    for run in runs:
        target = out / folder_name(run.tracker) / run.benchmark
        with exclusive(target):
            remove_leftovers(target)
            _merge_manifest(run, target)
            key = (run.tracker, run.benchmark)
            copied[key] = copied.get(key, 0) + _copy_results(run.folder, target)
            _copy_failures(run.folder, target)
    return copied


def finished_sequences(folder: Path) -> list[str]:
    """Sequences with a result file, sorted."""
    names = (path.name for path in folder.glob("*.txt"))
    return sorted(name.removesuffix(".txt") for name in names if not name.endswith(BESIDE_SUFFIXES))


def _merge_manifest(run: Run, target: Path) -> None:
    manifest, previous = run.manifest, read_manifest(target)
    assert manifest is not None  # checked for all parts before the first was copied
    if previous is not None:
        ends = (previous.finished, manifest.finished)
        finished = None if None in ends else max(end for end in ends if end)
        manifest = replace(continued(previous, manifest, target, idle=False), finished=finished)
    write_manifest(target, manifest)


def _copy_results(source: Path, target: Path) -> int:
    count = 0
    for name in finished_sequences(source):
        content, there = read_bytes(result_path(source, name)), result_path(target, name)
        if there.exists():
            if read_bytes(there) != content:
                raise InputError(f"differs from {there}", path=result_path(source, name), hint="merge one of the two")
            continue
        remove_beside(target, name)
        for suffix in (*BESIDE_SUFFIXES, ".txt"):  # the result last, as a run writes them
            if (source / f"{name}{suffix}").exists():
                write_atomic(target / f"{name}{suffix}", read_bytes(source / f"{name}{suffix}"))
        failure_path(target, name).unlink(missing_ok=True)
        count += 1
    return count


def _copy_failures(source: Path, target: Path) -> None:
    for path in sorted((source / FAILURES).glob("*.log")):
        if not result_path(target, path.stem).exists():
            write_atomic(failure_path(target, path.stem), read_bytes(path))
