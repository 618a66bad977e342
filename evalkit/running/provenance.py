"""What a run says of itself, and whether it may go on with what another run began."""

from __future__ import annotations

import os
from collections.abc import Mapping
from collections.abc import Sequence as Many
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from evalkit.benchmarks.base import Benchmark, fingerprint
from evalkit.errors import InputError
from evalkit.results.manifest import Manifest
from evalkit.running.hardware import hardware_card, versions
from evalkit.sequences.sequence import Sequence

KEEP_OR_DELETE = "--fresh deletes them; another --out keeps them"


def make_manifest(
    spec: str, facts: Mapping[str, str], benchmark: Benchmark, sequences: Many[Sequence], *, workers: int, threads: int
) -> Manifest:
    """The manifest of a run that begins now on these sequences."""
    packages = versions()
    return Manifest(
        stdtrack=packages.get("stdtrack", ""),
        spec=spec,
        tracker=facts,
        benchmark={
            "name": benchmark.key,
            "options": dict(benchmark.options),
            "root": os.path.abspath(str(benchmark.root)),
            "origin": benchmark.origin,
            "fingerprint": fingerprint(sequences),
        },
        workers=workers,
        threads=threads,
        hardware=hardware_card(),
        versions=packages,
        started=now(),
        fingerprints={sequence.name: fingerprint([sequence]) for sequence in sequences},
    )


def continued(previous: Manifest, current: Manifest, folder: Path, *, idle: bool) -> Manifest:
    """The manifest of a run that goes on; an ``idle`` one has nothing left to do and changes no speeds.

    Raises:
        InputError: tracker, weights, options or annotations are not those that made what is there.
    """
    shared = previous.fingerprints.keys() & current.fingerprints.keys()
    changed = sorted(name for name in shared if previous.fingerprints[name] != current.fingerprints[name])
    problem = ""
    if previous.spec != current.spec:
        problem = f"holds results of the tracker '{previous.spec}'"
    elif previous.tracker.get("source") != current.tracker.get("source"):
        problem = f"holds results of another tracker that was called '{previous.spec}'"
    elif previous.tracker.get("weights_sha256") != current.tracker.get("weights_sha256"):
        problem = f"holds results of other weights of '{current.spec}'"
    elif previous.benchmark.get("options") != current.benchmark["options"]:
        problem = f"holds results of {current.benchmark['name']} with other options"
    elif changed:
        problem = f"holds results on another annotation of {', '.join(changed[:3])}" + "..." * (len(changed) > 3)
    if problem:
        raise InputError(problem, path=folder, hint=KEEP_OR_DELETE)
    fingerprints = {**previous.fingerprints, **current.fingerprints}
    if idle:
        return replace(previous, fingerprints=fingerprints)
    return replace(
        current,
        started=previous.started,
        fingerprints=fingerprints,
        workers=max(previous.workers, current.workers),
        mixed=previous.mixed or _conditions(previous) != _conditions(current),
    )


def _conditions(manifest: Manifest) -> tuple[object, ...]:
    """What must not change within a run, or its speeds mean nothing."""
    return manifest.threads, manifest.hardware.get("cpu"), manifest.tracker, dict(manifest.versions)


def now() -> str:
    """UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
