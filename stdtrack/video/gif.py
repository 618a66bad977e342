"""A GIF for slides: small, at most ten frames a second, at most a minute."""

from __future__ import annotations

from pathlib import Path

from PIL import Image as Pictures

from evalkit.types import Image
from stdtrack.images import narrowed

WIDEST = 480
"""Pixels."""
RATE = 10.0
LONGEST = 60.0
"""Seconds; whole frames are kept until the file is written, 600 of 130 kB."""
LAST = 1000
"""Milliseconds that the last frame stays before the first comes again."""


class GifWriter:
    """Frames in 256 colours, each shown until the next one.

    Args:
        path: the GIF.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._frames: list[Pictures.Image] = []
        self._times: list[float] = []
        self._cut = False

    def add(self, image: Image, seconds: float) -> None:
        """Keep the frame, unless it comes too soon after the one before, or too late."""
        if self._times and seconds < self._times[-1] + 0.999 / RATE:
            return
        if seconds > LONGEST:
            self._cut = True
            return
        self._frames.append(Pictures.fromarray(narrowed(image, WIDEST)).quantize(256, dither=Pictures.Dither.NONE))
        self._times.append(seconds)

    def close(self) -> None:
        """Write the file."""
        if not self._frames:
            return
        shown = [round(1000 * (after - at)) for at, after in zip(self._times, self._times[1:], strict=False)]
        first, *others = self._frames
        first.save(self._path, save_all=True, append_images=others, duration=[*shown, LAST], loop=0, disposal=1)

    def remarks(self) -> tuple[str, ...]:
        """How many frames there are in it, and that it was cut."""
        cut = (f"ends after {LONGEST:.0f} s, as a GIF of more is too large",) if self._cut else ()
        return (f"{len(self._frames)} kept", *cut)
