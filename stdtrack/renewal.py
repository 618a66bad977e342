"""The second template: the best view of late, beside the first template, which stays. Ours, not the paper's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from torch import Tensor

from stdtrack.configs import OnlineConfig


@dataclass
class Renewal:
    """Says when the second template is renewed, and by which view of the target.

    Attributes:
        online: has the number of frames from one renewal to the next, and the quality that a view needs.
    """

    online: OnlineConfig
    _frames: int = field(default=0, init=False)
    _quality: float = field(default=0.0, init=False)
    _view: Tensor | None = field(default=None, init=False)

    def offer(self, quality: float, view: Callable[[], Tensor]) -> Tensor | None:
        """Note the target's view in one more frame.

        Args:
            quality: predicted IoU of the box in this frame.
            view: makes its template crop (1, 3, H, W); called only where it is the best so far.

        Returns:
            the best view since the last renewal, where the next one is due and any view was good enough.
        """
        self._frames += 1
        if quality >= self.online.renewal_quality and quality > self._quality:
            self._quality, self._view = quality, view()
        if self._frames % self.online.renewal:
            return None
        best, self._quality, self._view = self._view, 0.0, None
        return best
