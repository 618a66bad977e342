"""A box by mouse and pictures in a window, with a canvas that needs no display."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.backend_bases import CloseEvent, KeyEvent, MouseEvent

from evalkit.errors import InputError
from stdtrack.video import window
from stdtrack.video.window import BoxDrawing, Window, box_by_mouse

IMAGE = np.zeros((120, 200, 3), np.uint8)


@pytest.fixture(autouse=True)
def canvas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "require_display", lambda what, hint: None)
    pyplot.switch_backend("agg")


def drag(figure: pyplot.Figure, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Press, move and release the mouse between two places of the image, in its coordinates."""
    figure.canvas.draw()
    for kind, place in (("button_press_event", start), ("motion_notify_event", end), ("button_release_event", end)):
        x, y = figure.axes[0].transData.transform(place)
        button = None if kind == "motion_notify_event" else 1
        figure.canvas.callbacks.process(kind, MouseEvent(kind, figure.canvas, x, y, button))


def press(figure: pyplot.Figure, key: str) -> None:
    figure.canvas.callbacks.process("key_press_event", KeyEvent("key_press_event", figure.canvas, key))


def act(monkeypatch: pytest.MonkeyPatch, *steps: object) -> None:
    """What the user does while the window waits."""

    def wait(block: bool) -> None:
        figure = pyplot.gcf()
        for step in steps:
            press(figure, step) if isinstance(step, str) else drag(figure, *step)  # type: ignore[misc]

    monkeypatch.setattr(pyplot, "show", wait)


def test_a_box_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    act(monkeypatch, ((29.5, 19.5), (89.5, 59.5)), "enter")
    np.testing.assert_allclose(box_by_mouse(IMAGE, "t"), [30, 20, 60, 40], atol=0.6)
    assert not pyplot.get_fignums()


def test_a_box_may_be_drawn_again_and_from_any_corner(monkeypatch: pytest.MonkeyPatch) -> None:
    act(monkeypatch, ((10.0, 10.0), (20.0, 20.0)), ((149.5, 99.5), (99.5, 49.5)), "enter")
    np.testing.assert_allclose(box_by_mouse(IMAGE, "t"), [100, 50, 50, 50], atol=0.6)


@pytest.mark.parametrize("steps", [(), ("enter",), (((30.0, 20.0), (90.0, 60.0)),), (((9.0, 9.0), (60.0, 60.0)), "q")])
def test_no_box_is_no_box(steps: tuple[object, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    act(monkeypatch, *steps)
    with pytest.raises(InputError, match="no box was drawn"):
        box_by_mouse(IMAGE, "t")
    pyplot.close("all")


def test_a_drawing_fits_the_image() -> None:
    figure = window._figure(IMAGE, "t")
    BoxDrawing(figure)
    figure.canvas.draw()
    corners = figure.axes[0].transData.transform([(-0.5, 119.5), (199.5, -0.5)])
    np.testing.assert_allclose(corners, [[0, 0], [200, 120]], atol=1)
    pyplot.close(figure)


@pytest.mark.parametrize("way", ["key", "window"])
def test_a_window_shows_until_it_is_closed(way: str) -> None:
    with Window("t") as shown:
        shown.show(IMAGE)
        shown.show(IMAGE + 50)
        figure = pyplot.gcf()
        assert figure.axes[0].images[0].get_array().max() == 50
        assert not shown.closed
        if way == "key":
            press(figure, "q")
        else:
            figure.canvas.callbacks.process("close_event", CloseEvent("close_event", figure.canvas))
        assert shown.closed
    assert not pyplot.get_fignums()
