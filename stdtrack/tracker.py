"""Online tracking: one box in, then a box and its score for every frame."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
import torch
from torch import Tensor, nn

from evalkit.trackers.base import Prediction
from evalkit.trackers.stages import StageTimer, untimed
from evalkit.types import Box, Image
from profiling.complexity.count import Part
from stdtrack.answer import next_box, on_host, peak_box, visible_part
from stdtrack.assessment import FACT, Assessment, Calibration, assess, from_text
from stdtrack.attacks.on_stdtrack import OnSTDTrack
from stdtrack.checkpoints import load_facts, load_model, sha256, shipped_weights, untrained, with_keep
from stdtrack.configs import VARIANTS, ModelConfig
from stdtrack.crops import Window, crop_window, sample_crop, to_image
from stdtrack.cues import frame_cues
from stdtrack.images import rgb_image, starting_box
from stdtrack.inference.early_exit import ExitingNetwork, WholeStep
from stdtrack.inference.graphs import InitGraph, StepGraph
from stdtrack.inference.networks import (
    Network,
    example_inputs,
    on_backend,
    precision_note,
)
from stdtrack.model import STDTrack, TrackState
from stdtrack.normalising import Normaliser

KEEP_NOTE = "leaves search tokens out, boxes differ from the full network's"


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
        if self.config.going_on:
            note = ", ".join(filter(None, (self._facts.get("note", ""), KEEP_NOTE)))
            self._facts |= {"keep": str(self.config.keep), "note": note}
        self.window_HW = _score_window(self.config)
        self._tensor = Normaliser(self.config, self.device)
        self.calibration = calibration
        self.assessment: Assessment | None = None
        self._state: TrackState | None = None
        self._box: Box = np.zeros(4)

    @classmethod
    def from_pretrained(cls, variant: str, device: str = "cpu", keep: float | None = None) -> Self:
        """A variant with the weights that come with the package; untrained, and says so, where there are none.

        Args:
            keep: share of the search tokens that go on (:class:`~stdtrack.configs.ModelConfig`); None: the variant's.
        """
        path = shipped_weights(variant)
        if path is not None:
            return cls.load(path, device, keep=keep)
        model = untrained(VARIANTS[variant])
        return cls(model if keep is None else with_keep(model, keep), {"note": "untrained"}, device)

    @classmethod
    def load(
        cls, path: Path, device: str = "cpu", expected: ModelConfig | None = None, keep: float | None = None
    ) -> Self:
        """The network and weights of a checkpoint; see :func:`stdtrack.checkpoints.load_model` for its errors.

        Args:
            keep: share of the search tokens that go on (:class:`~stdtrack.configs.ModelConfig`); None: the file's.
        """
        facts = {"weights": str(path), "weights_sha256": sha256(path)} if path.is_file() else {}
        model = load_model(path, expected)
        if keep is not None:
            model = with_keep(model, keep)
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
