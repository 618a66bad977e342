"""Online tracking with two templates: the first frame's, which stays, and one that is exchanged now and then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from torch import Tensor

from evalkit.errors import InputError
from evalkit.types import Box, Image
from stdtrack.peers.network import PeerConfig, Tensors
from stdtrack.peers.online import PeerTracker

SETTINGS = ("search_factor", "update_interval")
"""What the official trackers set by data set, and a spec may set."""


@dataclass(frozen=True)
class OnlineTemplateConfig(PeerConfig):
    """``update_interval``: frames from one exchange of the online template to the next; 200 is the official default."""

    update_interval: int = 200

    def __post_init__(self) -> None:
        if self.update_interval < 1:
            raise InputError(f"update_interval={self.update_interval} is no positive number of frames")
        if not 1.0 <= self.search_factor <= 100.0:
            raise InputError(f"search_factor={self.search_factor:g} is not between 1 and 100")


Config = TypeVar("Config", bound=OnlineTemplateConfig)


class OnlineTemplateTracker(PeerTracker[Config]):
    """A tracker whose network takes a template and an online template; subclasses decide when they exchange it.

    Attributes:
        online: the online template (1, 3, H, W); at first the template itself.
    """

    online: Tensor
    _frames: int = 0

    def init(self, image: Image, box: Box) -> None:
        """As :meth:`PeerTracker.init`."""
        super().init(image, box)
        self.online, self._frames = self.template[0], 0

    def template_of(self, crop_13HW: Tensor, box: Box) -> Tensors:
        """The template, twice."""
        return crop_13HW, crop_13HW

    def interval_ends(self) -> bool:
        """Whether this frame ends an interval; called once a frame."""
        self._frames += 1
        return self._frames % self.config.update_interval == 0

    def exchange(self, online: Tensor) -> None:
        """Track with another online template from the next frame on."""
        if online is not self.online:
            self.online = online
            self._memory = self.remember(self.template[0], online)
