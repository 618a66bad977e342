"""Where the annotation of our own runs lay, as their ``run.json`` says."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

from evalkit.errors import InputError
from evalkit.results.manifest import MANIFEST_NAME, read_manifest


def recorded_benchmark(results: Path, benchmark: str) -> tuple[str, Path] | None:
    """The benchmark with the options and the root that the runs below ``results`` were made with.

    Args:
        results: ``RUNS``, ``RUNS/<tracker>`` or ``RUNS/<tracker>/<benchmark>``.
        benchmark: command-line name; options in it are kept.

    Returns:
        None where no run of this benchmark has a record.

    Raises:
        InputError: the runs were made on different roots, or no record can be read.
    """
    name, mark, _ = benchmark.partition("?")
    found: dict[tuple[str, str], Path] = {}
    broken: list[InputError] = []
    for pattern in ("", "*/", "*/*/") if results.is_dir() else ():
        for path in sorted(results.glob(f"{pattern}{MANIFEST_NAME}")):
            try:
                manifest = read_manifest(path.parent)
            except InputError as error:  # of one tracker, which is told as that tracker's fault
                broken.append(error)
                continue
            if manifest is not None and manifest.benchmark.get("name") == name and manifest.benchmark.get("root"):
                options = manifest.benchmark.get("options") or {}
                text = benchmark if mark or not options else f"{name}?{urlencode(options)}"
                found.setdefault((text, str(manifest.benchmark["root"])), path)
    if len(found) > 1:
        places = " and ".join(f"{root} ({path.parent})" for (_, root), path in list(found.items())[:2])
        raise InputError(
            f"runs of {name} on different data: {places}", path=results, hint="give --data or --annotations"
        )
    if not found and broken:
        raise broken[0]
    return next(((text, Path(root)) for text, root in found), None)
