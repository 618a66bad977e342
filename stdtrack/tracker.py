"""Online tracking: one box in, then a box and its score for every frame."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Self, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from evalkit.errors import InputError
from evalkit.suggestions import suggestion
from evalkit.trackers.base import Prediction
from evalkit.trackers.options import check_names
from evalkit.trackers.stages import StageTimer, untimed
from evalkit.types import Box, Image
from profiling import backends
from profiling.complexity.count import Part
from stdtrack.answer import next_box, on_host, peak_box, visible_part
from stdtrack.assessment import FACT, Assessment, Calibration, assess, from_text
from stdtrack.attacks.on_stdtrack import OnSTDTrack
from stdtrack.checkpoints import compare_configs, load_facts, load_model, sha256, shipped_weights, untrained
from stdtrack.configs import VARIANTS, ModelConfig
from stdtrack.crops import Window, crop_window, sample_crop, to_image
from stdtrack.cues import frame_cues
from stdtrack.devices import require_device
from stdtrack.images import rgb_image, starting_box
from stdtrack.inference.early_exit import NOTE as EXIT_NOTE
from stdtrack.inference.early_exit import ExitingNetwork, WholeStep, exiting, load_exit
from stdtrack.inference.graphs import InitGraph, StepGraph
from stdtrack.inference.networks import (
    Exported,
    Network,
    example_inputs,
    from_folder,
    on_backend,
    own_choice,
    precision_note,
)
from stdtrack.model import STDTrack, TrackState
from stdtrack.normalising import Normaliser


class STDTracker:
    """STDTrack behind the :class:`~evalkit.trackers.base.Tracker` protocol.

    Args:
        model: the network; it is folded here.
        facts: what :meth:`describe` adds to the variant and device.
        device: where torch runs it.
        calibration: of the self-assessment; None leaves it out: the score is the predicted IoU, and
            ``Prediction.visible`` None.

    Attributes:
        window_HW: factors on the score map.
        assessment: of the last frame; None without a calibration, and before the first ``update``.
    """

    def __init__(
        self,
        model: STDTrack,
        facts: Mapping[str, str] | None = None,
        device: str = "cpu",
        calibration: Calibration | None = None,
    ) -> None:
        self.config: ModelConfig = model.config
        self.device = torch.device(device)
        # Channels last is how convolutions read a crop without a copy.
        folded = model.fold().to(self.device)
        self.model: STDTrack = folded.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # stub lacks it
        self.stage: StageTimer = untimed
        self._facts = {"backend": "eager", **(facts or {})}
        self.window_HW = _score_window(self.config)
        self._tensor = Normaliser(self.config, self.device)
        self.calibration = calibration
        self.assessment: Assessment | None = None
        self._state: TrackState | None = None
        self._box: Box = np.zeros(4)

    @classmethod
    def from_pretrained(cls, variant: str, device: str = "cpu") -> Self:
        """A variant with the weights that come with the package; untrained, and says so, where there are none."""
        path = shipped_weights(variant)
        if path is None:
            return cls(untrained(VARIANTS[variant]), {"note": "untrained"}, device)
        return cls.load(path, device)

    @classmethod
    def load(cls, path: Path, device: str = "cpu", expected: ModelConfig | None = None) -> Self:
        """The network and weights of a checkpoint; see :func:`stdtrack.checkpoints.load_model` for its errors."""
        facts = {"weights": str(path), "weights_sha256": sha256(path)} if path.is_file() else {}
        model = load_model(path, expected)
        calibration = load_facts(path).get(FACT)
        return cls(model, facts, device, None if calibration is None else from_text(calibration, path))

    @cached_property
    def network(self) -> Network:
        """What runs: the model as eager runs it, unless :meth:`use` gave another; built when it is first asked for."""
        with torch.inference_mode(False):  # its weights are a module's, also when ``init`` is the first to ask
            return on_backend(self.model, "eager")

    def use(self, network: Network, **facts: str) -> None:
        """Run on another network of the same config, such as this one on a backend."""
        self.network = network
        self._tensor.planar = not isinstance(network, nn.Module)
        self._facts.update(facts)

    @torch.inference_mode()
    def warm_up(self) -> None:
        """Run both graphs once, so that what they make at their first call is made before a frame waits for it."""
        sizes = self.config.template_size, self.config.search_size
        template, search = (torch.zeros(1, 3, size, size, device=self.device) for size in sizes)
        self.network.step(self.network.init_state(template), search)

    @torch.inference_mode()
    def init(self, image: Image, box: Box) -> None:
        """Take the target from the first frame.

        Args:
            image: H x W x 3 uint8 RGB; H x W, one channel and RGBA are accepted as well.
            box: x, y, w, h; it may reach out of the image.

        Raises:
            InputError: the image is none, or the box is empty, not finite or wholly outside.
        """
        image = rgb_image(image)
        self._box = starting_box(box, image)
        self._state, self.assessment = self.first_state(image, self._box), None

    @torch.inference_mode()
    def first_state(self, image: Image, box: Box) -> TrackState:
        """The state after the first frame, H x W x 3, in which the target is in ``box``."""
        window = crop_window(box, self.config.template_factor)
        return self.network.init_state(self._tensor(sample_crop(image, window, self.config.template_size)))

    @torch.inference_mode()
    def update(self, image: Image) -> Prediction:
        """Find the target in the next frame; its score is the IoU to be expected."""
        if self._state is None:
            raise RuntimeError("update() before init()")
        image = rgb_image(image)
        with self.stage("crop"):
            window = crop_window(self._box, self.config.search_factor)
            crop = sample_crop(image, window, self.config.search_size)
        with self.stage("normalise"):
            search = self._tensor(crop)
        with self.stage("forward"):
            output, self._state = self.network.step(self._state, search)
        with self.stage("decode"):
            output = on_host(output)
            in_crop, quality = peak_box(output, self.window_HW), float(torch.sigmoid(output.quality[0]))
            self._box = next_box(self._box, to_image(in_crop, window), quality, image, self.config.online)
            shown = visible_part(self._box, image)
            if self.calibration is None:
                return Prediction(shown, quality)
            self.assessment = assess(self.assessment, frame_cues(output), self.calibration)
            score = self.calibration.score(self.assessment.lost)
            return Prediction(shown, score, self.assessment.status != "lost")

    def search_crop(self, image: Image, window: Window) -> Tensor:
        """(1, 3, H, W) what the window shows, as the network takes it."""
        return self._tensor(sample_crop(image, window, self.config.search_size))

    def differentiable(self) -> OnSTDTrack | None:
        """What attacks with gradients need, whatever backend runs: the module that it was made of has its weights.

        None for an exported folder, which has no module, an early exit, another precision or another device.
        """
        facts = self._facts
        if {"path", "exit"} & facts.keys() or facts.get("precision", "fp32") != "fp32" or self.device.type != "cpu":
            return None
        return OnSTDTrack(self.model, self._box, self._state, self.window_HW)

    def describe(self) -> Mapping[str, str]:
        """Facts for the run manifest."""
        facts = {"variant": self.config.name, "device": str(self.device), **self._facts}
        notes = (facts.get("note", ""), precision_note(facts["backend"], facts.get("precision", "fp32")))
        note = ", ".join(filter(None, notes))
        return facts | {"note": note} if note else facts

    def complexity_parts(self) -> Mapping[str, Part]:
        """The two graphs with example inputs: ``init``, and ``frame`` at steady state, without an early end."""
        init, step = example_inputs(self.model)
        frame: nn.Module = StepGraph(self.model)
        if isinstance(self.network, ExitingNetwork):
            frame = WholeStep(self.model, self.network.way_out, early=False)
        return {"init": (InitGraph(self.model), init), "frame": (frame, step)}


def _score_window(config: ModelConfig) -> Tensor:
    """(H, W) factors on the score map: a blend of 1 and the Hann window."""
    # The window's zeros lie outside the map, so that a target at the border can still be found.
    hann_H = torch.hann_window(config.score_grid + 2, periodic=False)[1:-1]
    influence = config.online.window_influence
    return (1.0 - influence) + influence * hann_H[:, None] * hann_H[None, :]


NAMES = tuple(VARIANTS)
T = TypeVar("T", bound=STDTracker)
OPTIONS = ("weights", "device", "backend", "precision", "path", "exit", "redetect", "tiles", "budget")


def create(name: str, options: Mapping[str, str]) -> STDTracker:
    """Build ``stdtrack:NAME?...``; the entry point of the package's own prefix.

    Options: ``weights`` (a checkpoint instead of the shipped one), ``device``, ``backend`` with ``precision`` (without
    both, the variant's fastest faithful one that is installed; its step is exported once and kept in the user's
    cache), ``path`` (a folder made by ``stdtrack export``, which holds weights and backend), ``exit`` (a file made by
    ``stdtrack compress --exit``), and ``redetect=true`` with ``tiles`` or ``budget`` (:mod:`stdtrack.redetection`).

    Raises:
        InputError: an unknown variant or option, a checkpoint or folder that does not fit, a missing backend.
    """
    if name not in VARIANTS:
        raise InputError(f"unknown variant 'stdtrack:{name}'", hint=suggestion(name, VARIANTS))
    check_names(f"stdtrack:{name}", options, OPTIONS)
    # Both know the tracker.
    from stdtrack.redetection.budget import budget_of, switched_on
    from stdtrack.redetection.own import RedetectingSTDTracker

    if not switched_on(options, f"stdtrack:{name}"):
        return _created(STDTracker, name, options)
    tracker = _created(RedetectingSTDTracker, name, options)
    tracker.budget = budget_of(options, tracker.look.seconds_a_tile, f"stdtrack:{name}")
    return tracker


def _created(kind: type[T], name: str, options: Mapping[str, str]) -> T:
    device, precision = options.get("device", "cpu"), options.get("precision", "fp32")
    if "path" in options:
        return _from_export(kind, name, options, precision)
    named = "backend" in options or "precision" in options
    backend = options.get("backend", "eager") if named else own_choice(name, device)
    backends.check(backend, precision, device)
    require_device(device)
    if "weights" in options:
        tracker = kind.load(Path(options["weights"]), device, VARIANTS[name])
    else:
        tracker = kind.from_pretrained(name, device)
    if "exit" in options:
        _run_with_exit(tracker, Path(options["exit"]), backend, precision)
    else:
        _run_on(tracker, backend, precision, named=named)
    tracker.warm_up()
    return tracker


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


def _from_export(kind: type[T], name: str, options: Mapping[str, str], precision: str) -> T:
    folder = Path(options["path"])
    exported = Exported.read(folder)
    if exported.config.name != name:
        raise InputError(f"holds '{exported.config.name}', not '{name}'", path=folder)
    compare_configs(folder, exported.config, VARIANTS[name])
    if options.get("backend", exported.backend) != exported.backend:
        raise InputError(f"holds a network for the backend '{exported.backend}'", path=folder)
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
