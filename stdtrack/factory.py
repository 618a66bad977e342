"""``stdtrack:NAME?option=value``: our tracker from a spec, with its weights, its backend, its exit and its search."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from evalkit.errors import InputError
from evalkit.suggestions import suggestion
from evalkit.trackers.options import check_names
from profiling import backends
from stdtrack.assessment import FACT, from_text
from stdtrack.checkpoints import compare_configs, sha256, untrained
from stdtrack.configs import VARIANTS
from stdtrack.devices import require_device
from stdtrack.inference.early_exit import NOTE as EXIT_NOTE
from stdtrack.inference.early_exit import exiting, load_exit
from stdtrack.inference.networks import Exported, from_folder, on_backend, own_choice
from stdtrack.redetection.budget import budget_of, switched_on
from stdtrack.redetection.own import RedetectingSTDTracker
from stdtrack.tracker import STDTracker

NAMES = tuple(VARIANTS)
T = TypeVar("T", bound=STDTracker)
OPTIONS = ("weights", "device", "backend", "precision", "path", "keep", "exit", "redetect", "tiles", "budget")


def create(name: str, options: Mapping[str, str]) -> STDTracker:
    """Build ``stdtrack:NAME?...``; the entry point of the package's own prefix.

    Options: ``weights`` (a checkpoint instead of the shipped one), ``device``, ``backend`` with ``precision`` (without
    both, the variant's fastest faithful one that is installed; its step is exported once and kept in the user's
    cache), ``path`` (a folder made by ``stdtrack export``, which holds weights and backend), ``keep`` (share of the
    search tokens that go on from block to block, in (0, 1]), ``exit`` (a file made by ``stdtrack compress --exit``),
    and ``redetect=true`` with ``tiles`` or ``budget`` (:mod:`stdtrack.redetection`).

    Raises:
        InputError: an unknown variant or option, a checkpoint or folder that does not fit, a missing backend.
    """
    if name not in VARIANTS:
        raise InputError(f"unknown variant 'stdtrack:{name}'", hint=suggestion(name, VARIANTS))
    check_names(f"stdtrack:{name}", options, OPTIONS)
    if not switched_on(options, f"stdtrack:{name}"):
        return _created(STDTracker, name, options)
    tracker = _created(RedetectingSTDTracker, name, options)
    tracker.budget = budget_of(options, tracker.look.seconds_a_tile, f"stdtrack:{name}")
    return tracker


def _created(kind: type[T], name: str, options: Mapping[str, str]) -> T:
    device, precision, keep = options.get("device", "cpu"), options.get("precision", "fp32"), _keep(name, options)
    if "path" in options:
        return _from_export(kind, name, options, precision, keep)
    named = "backend" in options or "precision" in options
    backend = options.get("backend", "eager") if named else own_choice(name, device)
    backends.check(backend, precision, device)
    require_device(device)
    if "weights" in options:
        tracker = kind.load(Path(options["weights"]), device, VARIANTS[name], keep)
    else:
        tracker = kind.from_pretrained(name, device, keep)
    if "exit" in options:
        _run_with_exit(tracker, Path(options["exit"]), backend, precision)
    else:
        _run_on(tracker, backend, precision, named=named)
    tracker.warm_up()
    return tracker


def _keep(name: str, options: Mapping[str, str]) -> float | None:
    """The share that a spec asks for, None where it asks for none; the network's config says whether it can be."""
    try:
        return float(options["keep"]) if "keep" in options else None
    except ValueError as error:
        raise InputError(f"stdtrack:{name}: option keep={options['keep']} is no number", hint="keep=0.7") from error


def _run_on(tracker: STDTracker, backend: str, precision: str, *, named: bool) -> None:
    """Put the tracker on a backend; where nobody named it and it fails, eager does it, and a note says why."""
    if (backend, precision) == ("eager", "fp32"):
        return tracker.use(tracker.network, backend=backend, precision=precision)
    try:
        tracker.use(on_backend(tracker.model, backend, precision), backend=backend, precision=precision)
    except InputError as error:
        if named:
            raise
        note = ", ".join(filter(None, (tracker.describe().get("note", ""), f"not on {backend}: {error.problem}")))
        tracker.use(tracker.network, backend="eager", precision=precision, note=note)


def _run_with_exit(tracker: STDTracker, path: Path, backend: str, precision: str) -> None:
    """Put the tracker on a backend, with an early exit."""
    facts = tracker.describe()
    way_out = load_exit(path, tracker.model, facts.get("weights_sha256"))
    network = exiting(tracker.model, way_out, backend, precision)
    note = ", ".join(filter(None, (facts.get("note", ""), EXIT_NOTE)))
    tracker.use(network, backend=backend, precision=precision, exit=str(path), exit_sha256=sha256(path), note=note)


def _from_export(kind: type[T], name: str, options: Mapping[str, str], precision: str, keep: float | None) -> T:
    folder = Path(options["path"])
    exported = Exported.read(folder)
    if exported.config.name != name:
        raise InputError(f"holds '{exported.config.name}', not '{name}'", path=folder)
    compare_configs(folder, exported.config, VARIANTS[name])
    if options.get("backend", exported.backend) != exported.backend:
        raise InputError(f"holds a network for the backend '{exported.backend}'", path=folder)
    if keep not in (None, exported.config.keep):
        raise InputError(f"holds a network with keep={exported.config.keep:g}, not {keep:g}", path=folder)
    for key in ("weights", "device", "exit"):
        if key in options:
            raise InputError(f"option '{key}' does not go with path", hint="the folder holds weights, on the cpu")
    calibration = exported.facts.get(FACT)
    tracker = kind(
        untrained(exported.config), calibration=None if calibration is None else from_text(calibration, folder)
    )
    network = from_folder(folder, exported, precision)
    facts = {key: fact for key, fact in exported.facts.items() if key != FACT}
    tracker.use(network, **facts, backend=exported.backend, precision=precision, path=str(folder))
    return tracker
