"""Cameras and streams: frames as they come, the newest one wherever trackers are slower than the source."""

from __future__ import annotations

import re
import weakref
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Condition, Thread
from time import monotonic

import cv2

from evalkit.errors import InputError
from evalkit.sequences.image_limits import refuse_many_pixels
from evalkit.sequences.videos import next_frame, stated_frames
from evalkit.suggestions import suggestion
from stdtrack.video.footage import Clock, Footage, Frame, believed

SCHEMES = ("http", "https", "rtsp", "rtsps")
PATIENCE = 10.0
"""Seconds that a stream may take to open, and a frame to come."""
_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<login>[^/@?#]*@)?(?P<rest>.*)", re.DOTALL)


def is_live(source: str) -> bool:
    """A camera's number or a URL, as against a path.

    >>> is_live("0"), is_live("rtsp://camera/1"), is_live("./0"), is_live("walk.mp4")
    (True, True, False, False)
    """
    return source.isdecimal() or _URL.fullmatch(source) is not None


def shown_url(url: str) -> str:
    """A URL as it may be shown, without user and password.

    >>> shown_url("rtsp://me:secret@10.0.0.2/live")
    'rtsp://10.0.0.2/live'
    """
    match = _URL.fullmatch(url)
    return url if match is None else f"{match['scheme']}://{match['rest']}"


def open_live(source: str) -> Footage:
    """Open a camera by its number, or a stream by its URL.

    A URL of a video that has an end, such as an MP4 on a web server, is read frame by frame like a file.

    Raises:
        InputError: no such camera, no stream there, or another kind of URL.
    """
    match = _URL.fullmatch(source)
    if match is None:
        return _opened(f"camera {source}", int(source), cv2.CAP_ANY, "is it plugged in, free, and yours to read?")
    scheme = match["scheme"].lower()
    if scheme not in SCHEMES:
        raise InputError(f"'{scheme}' is no kind of stream that is read", hint=suggestion(scheme, SCHEMES))
    return _opened(shown_url(source), source, cv2.CAP_FFMPEG, "is the address right, and the stream on?")


def _opened(name: str, place: str | int, backend: int, hint: str) -> Footage:
    capture = cv2.VideoCapture()
    waits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, int(PATIENCE * 1000), cv2.CAP_PROP_READ_TIMEOUT_MSEC, int(PATIENCE * 1000)]
    parameters = waits if backend == cv2.CAP_FFMPEG else []
    image = next_frame(capture) if capture.open(place, backend, parameters) else None
    if image is None:
        capture.release()
        what = "cannot be opened" if isinstance(place, int) else "cannot be opened as a stream"
        raise InputError(f"{name} {what}", hint=hint)
    refuse_many_pixels(image.shape[1], image.shape[0], name)
    rate, frames = believed(capture.get(cv2.CAP_PROP_FPS)), stated_frames(capture)
    begin = Frame(image, 0.0)
    return Remote(name, capture, begin, frames, rate) if frames > 1 else Live(name, capture, begin, 0, rate)


@dataclass
class Remote:
    """A video with an end behind a URL; it can be read once.

    Attributes:
        name: the URL without its login.
        frames, rate: as its header states them.
    """

    name: str
    capture: cv2.VideoCapture
    begin: Frame
    frames: int
    rate: float

    def first(self) -> Frame:
        """The frame with which iterating begins."""
        return self.begin

    def __iter__(self) -> Iterator[Frame]:
        """Every frame, however long one takes."""
        clock = Clock(1.0 / self.rate)
        clock.read(0.0)
        yield self.begin
        while (image := next_frame(self.capture)) is not None:
            yield Frame(image, clock.read(self.capture.get(cv2.CAP_PROP_POS_MSEC) / 1000.0))


@dataclass
class Live(Remote):
    """A camera or a stream without an end: frames with the times at which they came.

    Frames that come while somebody still works on another are left out, so that what is shown is now. They are read
    from the moment on in which the source is opened, so that none waits in a buffer until trackers are loaded.

    Attributes:
        missed: frames that were left out so far.
    """

    missed: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._newest = _Newest()
        reader = Thread(target=_read, args=(self.capture, self._newest), name="live-reader", daemon=True)
        reader.start()
        self._stop = weakref.finalize(self, _end, self._newest, reader)  # called at the interpreter's end, too

    def __iter__(self) -> Iterator[Frame]:
        """The frame that was seen first, then always the newest one, until the source ends or keeps silent."""
        yield self.begin
        clock, before = Clock(1.0 / self.rate), self._newest.missed
        clock.read(monotonic())
        try:
            while (frame := self._newest.take()) is not None:
                yield Frame(frame.image, clock.read(frame.seconds))
                self.missed = self._newest.missed - before
        finally:
            self._stop()


class _Newest:
    """A shelf for one frame: who brings a newer one takes the old one away."""

    def __init__(self) -> None:
        self.missed = 0
        self.over = False
        self._frame: Frame | None = None
        self._change = Condition()

    def put(self, frame: Frame | None) -> None:
        """Bring a frame; None says that no further one comes."""
        with self._change:
            if frame is None:
                self.over = True
            else:
                self.missed += self._frame is not None
                self._frame = frame
            self._change.notify()

    def take(self) -> Frame | None:
        """The newest frame as soon as there is one; None when the source is over, or brings none in time."""
        with self._change:
            self._change.wait_for(lambda: self._frame is not None or self.over, PATIENCE)
            frame, self._frame = self._frame, None
            return frame


def _read(capture: cv2.VideoCapture, newest: _Newest) -> None:
    """Read until nobody wants more, in a thread of its own: cv2 lets others work while it waits."""
    while not newest.over and (image := next_frame(capture)) is not None:
        newest.put(Frame(image, monotonic()))
    newest.put(None)
    capture.release()


def _end(newest: _Newest, reader: Thread) -> None:
    """End the reader, for which a frame may have to come; a thread that is cut off within cv2 aborts the process."""
    newest.put(None)
    reader.join(2 * PATIENCE)
