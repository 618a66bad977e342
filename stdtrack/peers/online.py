"""The online tracker that the peers share: crop, normalise, forward, decode, back to the image, clip."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypeVar

import numpy as np
import torch
from torch import Tensor

from evalkit.trackers.base import Prediction
from evalkit.trackers.stages import StageTimer, untimed
from evalkit.types import Box, Image
from profiling import backends
from profiling.backends import Graph
from profiling.complexity.count import Part
from stdtrack.attacks.on_peer import OnPeer
from stdtrack.images import rgb_image, starting_box
from stdtrack.peers.geometry import clipped, cut_window, placed_in_image
from stdtrack.peers.network import Answer, PeerConfig, PeerNetwork, TemplateGraph, Tensors

Config = TypeVar("Config", bound=PeerConfig)


class PeerTracker(Generic[Config]):
    """A peer's network behind the :class:`~evalkit.trackers.base.Tracker` protocol.

    Subclasses give what else the network takes of the template (:meth:`template_of`), and update it
    (:meth:`after_frame`).

    Args:
        config: sizes of the crops, and the family's own settings.
        network: it is folded here.
        facts: what :meth:`describe` tells.
        device: where torch runs it.

    Attributes:
        box: the state, x, y, w, h; it may be set between frames.
        template: what the network was given of the first frame.
    """

    def __init__(
        self, config: Config, network: PeerNetwork, facts: Mapping[str, str] | None = None, device: str = "cpu"
    ) -> None:
        self.config = config
        self.device = torch.device(device)
        self.network = network.fold().eval().to(self.device)
        self.stage: StageTimer = untimed
        self.box: Box = np.zeros(4)
        self.template: Tensors = ()
        self._facts = {"backend": "eager", **(facts or {})}
        self._frame: Graph = self.network
        self._remember: Graph = self.network.remember
        self._mean_3, self._std_3 = (torch.tensor(value, device=self.device) for value in (config.mean, config.std))
        self._memory: Tensors | None = None

    def use(self, frame: Graph, remember: Graph | None = None, **facts: str) -> None:
        """Run a frame, and what the template needs, on other graphs than the module, such as a backend's."""
        self._frame = frame
        self._remember = remember or self._remember
        self._facts.update(facts)

    @torch.inference_mode()
    def init(self, image: Image, box: Box) -> None:
        """Take the target from the first frame.

        Args:
            image: H x W x 3 uint8 RGB; H x W, one channel and RGBA are accepted as well.
            box: x, y, w, h; it may reach out of the image.

        Raises:
            InputError: the image is none, or the box is empty, not finite, wholly outside or far too large.
        """
        image = rgb_image(image)
        self.box = starting_box(box, image)
        self.template = self.template_of(self.template_crop(image, self.box), self.box)
        self._memory = self.remember(*self.template)

    @torch.inference_mode()
    def update(self, image: Image) -> Prediction:
        """Find the target in the next frame; its score is the network's, 1 where it has none."""
        if self._memory is None:
            raise RuntimeError("update() before init()")
        image = rgb_image(image)
        with self.stage("crop"):
            crop, scale = cut_window(image, self.box, self.config.search_factor, self.config.search_size)
        with self.stage("normalise"):
            search = self.tensor(crop)
        with self.stage("forward"):
            outputs = self.frame(search, *self._memory)
        with self.stage("decode"):
            answer = self.network.decode(outputs)
            self.box = clipped(placed_in_image(answer.box, self.box, self.config.search_size, scale), image)
        self.after_frame(image, answer)
        return Prediction(self.box.copy(), answer.score)

    def frame(self, search_B3HW: Tensor, *memory: Tensor) -> Tensors:
        """The network's outputs on a search crop."""
        return tuple(self._frame(search_B3HW, *memory))

    def remember(self, *template: Tensor) -> Tensors:
        """What the network keeps of the template."""
        return tuple(self._remember(*template))

    def template_of(self, crop_13HW: Tensor, box: Box) -> Tensors:
        """What :meth:`PeerNetwork.encode_template` takes, of a normalised crop around a box: the crop alone here."""
        return (crop_13HW,)

    def template_crop(self, image: Image, box: Box) -> Tensor:
        """The normalised template (1, 3, H, W) around a box."""
        crop, _ = cut_window(image, box, self.config.template_factor, self.config.template_size)
        return self.tensor(crop)

    def after_frame(self, image: Image, answer: Answer) -> None:
        """Called after each frame, with :attr:`box` as it is now; trackers that update their template do it here."""

    def tensor(self, crop: Image) -> Tensor:
        """H x W x 3 uint8 -> (1, 3, H, W) float32, in the order of the official code: / 255, - mean, / std."""
        x_HW3 = torch.from_numpy(crop).to(self.device, torch.float32)
        return x_HW3.div_(255.0).sub_(self._mean_3).div_(self._std_3).permute(2, 0, 1)[None].contiguous()

    def differentiable(self) -> OnPeer | None:
        """What attacks with gradients need, whatever backend runs frames.

        None for an exported folder, which has no weights of the module, another precision or another device.
        """
        facts = self._facts
        if "path" in facts or facts.get("precision", "fp32") != "fp32" or self.device.type != "cpu":
            return None
        return OnPeer(self, self._memory)

    def describe(self) -> Mapping[str, str]:
        """Facts for the run manifest."""
        return {"device": str(self.device), **self._facts}

    def example_inputs(self) -> Tensors:
        """What the network takes of an empty template."""
        size = self.config.template_size
        image, box = np.zeros((size, size, 3), dtype=np.uint8), np.array([0.0, 0.0, size / 2, size / 2])
        return self.template_of(self.template_crop(image, box), box)

    @torch.no_grad()
    def complexity_parts(self) -> Mapping[str, Part]:
        """The two graphs with example inputs: ``frame``, and ``init`` where something is computed then."""
        template = self.example_inputs()
        memory = self.network.remember(*template)
        size = self.config.search_size
        frame = (self.network, (torch.zeros(1, 3, size, size, device=self.device), *memory))
        kept_as_it_is = [id(tensor) for tensor in memory] == [id(tensor) for tensor in template]
        return {"frame": frame} if kept_as_it_is else {"init": (TemplateGraph(self.network), template), "frame": frame}

    def use_backend(self, backend: str, precision: str = "fp32") -> None:
        """Run frames on a backend; what the template needs runs once a sequence and stays eager.

        Raises:
            InputError: the backend or its precision does not exist, or is not installed.
        """
        backends.check(backend, precision, str(self.device))
        frame: Graph = self.network
        if (backend, precision) != ("eager", "fp32"):
            frame = backends.prepare(backend, *self.complexity_parts()["frame"], precision)
        self.use(frame, backend=backend, precision=precision)
