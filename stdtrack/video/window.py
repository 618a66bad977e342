"""A window: a box drawn with the mouse, and pictures as they come. Any toolkit that matplotlib finds will do."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import InputError
from evalkit.types import Box, Image

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DONE, GIVE_UP = ("enter", " "), ("escape", "q")
WIDEST_INCHES = 12.0


def require_display(what: str, hint: str) -> None:
    """Raise InputError where no window can be opened.

    Args:
        what: is wanted, for the message.
    """
    from matplotlib import pyplot
    from matplotlib.backends.registry import BackendFilter, backend_registry

    interactive = backend_registry.list_builtin(BackendFilter.INTERACTIVE)  # type: ignore[no-untyped-call]
    if pyplot.get_backend().lower() not in interactive:
        raise InputError(f"{what} needs a display, and there is none (or no tkinter, Qt or GTK for Python)", hint=hint)


def box_by_mouse(image: Image, title: str) -> Box:
    """(4,) x, y, w, h, 0-based, of the box that the user draws on the image and ends with Enter.

    Raises:
        InputError: there is no display, or the window was closed without a box.
    """
    from matplotlib import pyplot

    require_display("a box by mouse", "give --box X,Y,W,H or --gt FILE")
    figure = _figure(image, title)
    drawn = BoxDrawing(figure)
    pyplot.show(block=True)
    return drawn.box()


class BoxDrawing:
    """A rectangle that can be drawn and moved on a figure's first axes."""

    def __init__(self, figure: Figure) -> None:
        from matplotlib.widgets import RectangleSelector

        axes = figure.axes[0]
        self._figure = figure
        self._accepted = False
        self._selector = RectangleSelector(
            axes, lambda pressed, released: None, interactive=True, useblit=False, minspanx=1, minspany=1
        )
        figure.canvas.mpl_connect("key_press_event", self._pressed)

    def _pressed(self, event: Any) -> None:
        from matplotlib import pyplot

        if event.key in DONE:
            self._accepted = True
        if event.key in (*DONE, *GIVE_UP):
            pyplot.close(self._figure)

    def box(self) -> Box:
        """What was drawn; raises InputError where nothing was, or the window was closed without Enter."""
        left, right, top, bottom = self._selector.extents
        if not self._accepted or right - left < 1 or bottom - top < 1:
            raise InputError("no box was drawn", hint="drag a rectangle over the target, then press Enter")
        # Pixel n of an image that matplotlib shows reaches from n - 0.5 to n + 0.5.
        return np.array([left + 0.5, top + 0.5, right - left, bottom - top])


class Window:
    """Pictures as they come, until the user closes the window or presses q."""

    def __init__(self, title: str) -> None:
        require_display("--show", "write a file by --out instead")
        self._title = title
        self._figure: Figure | None = None
        self._shown: Any = None
        self.closed = False

    def __enter__(self) -> Window:
        return self

    def show(self, image: Image) -> None:
        """Put up the next picture; sets ``closed`` where nobody wants to see more."""
        if self._figure is None:
            self._figure = _figure(image, self._title)
            self._shown = self._figure.axes[0].images[0]
            self._figure.canvas.mpl_connect("close_event", self._close)
            self._figure.canvas.mpl_connect("key_press_event", self._pressed)
            manager = self._figure.canvas.manager
            if manager is not None:
                manager.show()
        if not self.closed:
            self._shown.set_data(image)
            self._figure.canvas.draw_idle()
            self._figure.canvas.flush_events()

    def _close(self, event: Any) -> None:
        self.closed = True

    def _pressed(self, event: Any) -> None:
        self.closed = self.closed or event.key in GIVE_UP

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        from matplotlib import pyplot

        if self._figure is not None:
            pyplot.close(self._figure)


def _figure(image: Image, title: str) -> Figure:
    """A window's figure that the image fills, a pixel a dot as far as that fits."""
    from matplotlib import pyplot

    height, width = image.shape[:2]
    inches = min(WIDEST_INCHES, width / 100)
    with pyplot.rc_context({"toolbar": "None", "keymap.quit": [], "keymap.fullscreen": ["f"]}):
        figure = pyplot.figure(title, figsize=(inches, inches * height / width))
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    axes.imshow(image, interpolation="nearest")
    return figure
