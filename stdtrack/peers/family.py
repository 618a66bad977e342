"""A family of peers: its variants by name, its network, and the factory behind ``PREFIX:NAME?option=value``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor

from evalkit.errors import InputError
from evalkit.suggestions import suggestion
from evalkit.trackers.base import RANDOM_WEIGHTS, UNTRAINED
from evalkit.trackers.options import check_names, convert_options
from profiling import backends
from stdtrack.checkpoints import sha256
from stdtrack.devices import require_device
from stdtrack.inference.networks import precision_note
from stdtrack.peers.checkpoint import NO_RULES, Named, Rules, load_state
from stdtrack.peers.exporting import exported_tracker
from stdtrack.peers.network import PeerConfig, PeerNetwork
from stdtrack.peers.online import PeerTracker
from stdtrack.peers.random_weights import random_tensor

Config = TypeVar("Config", bound=PeerConfig)

OPTIONS = ("weights", "device", "backend", "precision", "cached", "path")
NOTE = f"{UNTRAINED}: {RANDOM_WEIGHTS}"


def _no_gain(key: str) -> float:
    return 1.0


@dataclass(frozen=True)
class Family(Generic[Config]):
    """Published trackers of one architecture.

    Attributes:
        prefix: of their specs.
        variants: by the name after the prefix.
        build: makes the network of a variant, under ``torch.device("meta")``.
        tracker: the online tracker's class.
        settings: fields of the config that a spec may set, such as an update's interval.
        rules: what published files hold more or less than the network; what is lacking keeps the value that the
            constructor gave it.
        gain: factor on a tensor's random weights, by its name, where the plain ones saturate.
    """

    prefix: str
    variants: Mapping[str, Config]
    build: Callable[[Config], PeerNetwork]
    tracker: Callable[[Config, PeerNetwork, Mapping[str, str], str], PeerTracker[Config]] = PeerTracker
    settings: tuple[str, ...] = ()
    rules: Rules = NO_RULES
    gain: Callable[[str], float] = _no_gain

    def empty(self, config: Config) -> PeerNetwork:
        """The network without values, on ``meta``: for counting, and to be filled."""
        with torch.device("meta"):
            return self.build(config).eval()

    def random(self, config: Config) -> PeerNetwork:
        """The network with random weights, the same every time."""
        network = self.empty(config)
        own = network.state_dict()
        state = {
            key: random_tensor(key, tensor, self.gain) for key, tensor in own.items() if tensor.is_floating_point()
        }
        return filled(network, state)

    def load(self, name: str, path: Path, config: Config | None = None) -> PeerNetwork:
        """The network with the weights of a published checkpoint, or of a file that ``convert-weights`` made of one.

        Raises:
            InputError: the file is damaged, or does not fit this variant.
        """
        network = self.empty(config or self.variants[name])
        own, spec = network.state_dict(), f"{self.prefix}:{name}"
        return filled(network, load_state(path, own, self.rules, spec, self.fitting_variant))

    def fitting_variant(self, found: Named) -> str:
        """The spec of the first variant whose network takes these tensors; empty if none does."""
        for name, config in self.variants.items():
            if not self.rules.problem(found, self.empty(config).state_dict()):
                return f"{self.prefix}:{name}"
        return ""

    def create(self, name: str, options: Mapping[str, str]) -> PeerTracker[Config]:
        """Build ``PREFIX:NAME?...``; the entry point of the prefix.

        Options: ``weights`` (a file), ``device``, ``backend`` with ``precision``, ``cached`` (``false`` computes with
        every frame what the official tracker computes with every frame), ``path`` (a folder made by ``stdtrack
        export``, which holds weights and backend), and the family's :attr:`settings`.

        Raises:
            InputError: an unknown variant or option, a checkpoint that does not fit, a missing backend.
        """
        spec = f"{self.prefix}:{name}"
        if name not in self.variants:
            raise InputError(f"unknown variant '{spec}'", hint=suggestion(name, self.variants))
        check_names(spec, options, (*OPTIONS, *self.settings))
        config = replace(self.variants[name], **_settings(self.variants[name], spec, options, self.settings))
        if "path" in options:
            return exported_tracker(Path(options["path"]), spec, options, partial(self._around, spec, config))
        device, cached = options.get("device", "cpu"), _cached(spec, options)
        backend, precision = options.get("backend", "eager"), options.get("precision", "fp32")
        backends.check(backend, precision, device)
        require_device(device)
        weights = Path(options["weights"]) if "weights" in options else None
        network = self.random(config) if weights is None else self.load(name, weights, config)
        network.cached = cached
        facts = {"variant": spec, "cached": str(cached).lower(), **_notes(weights, backend, precision)}
        tracker = self.tracker(config, network, facts, device)
        tracker.use_backend(backend, precision)
        return tracker

    def _around(self, spec: str, config: Config, cached: bool) -> PeerTracker[Config]:
        """The tracker around graphs from files: its own network decodes, and its weights are never used."""
        network = self.random(config)
        network.cached = cached
        return self.tracker(config, network, {"variant": spec, "cached": str(cached).lower()}, "cpu")


def filled(network: PeerNetwork, state: Mapping[str, Tensor]) -> PeerNetwork:
    """The network with these tensors; counters that the state lacks start at zero, tables keep their values."""
    own = network.state_dict()
    rest = {key: torch.zeros(own[key].shape, dtype=own[key].dtype) if own[key].is_meta else own[key] for key in own}
    network.load_state_dict({**rest, **state}, assign=True)
    left = [name for name, tensor in network.named_buffers() if tensor.is_meta]
    assert not left, f"made on meta and in no state dict: {left}"
    return network.requires_grad_(False)


def _settings(config: PeerConfig, spec: str, options: Mapping[str, str], names: tuple[str, ...]) -> dict[str, Any]:
    return convert_options(type(config), {name: options[name] for name in names if name in options}, spec)


def _cached(spec: str, options: Mapping[str, str]) -> bool:
    def factory(cached: bool = True) -> None: ...

    given = {"cached": options["cached"]} if "cached" in options else {}
    return bool(convert_options(factory, given, spec).get("cached", True))


def _notes(weights: Path | None, backend: str, precision: str) -> dict[str, str]:
    source = {} if weights is None else {"weights": str(weights), "weights_sha256": sha256(weights)}
    notes = ("" if weights else NOTE, precision_note(backend, precision))
    note = ", ".join(filter(None, notes))
    return source | ({"note": note} if note else {})
