"""Streams and cameras: a real server on the loopback, which may end or fall silent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
import pytest

from evalkit.errors import InputError
from stdtrack.cli.main import main
from stdtrack.video import live
from stdtrack.video.following import open_footage
from stdtrack.video.live import Live, Remote, open_live, shown_url

BOUNDARY = "frame"
SLOW = """
from pathlib import Path

class Tracker:
    count = 0
    def init(self, image, box):
        self.box = box
    def update(self, image):
        self.count += 1
        if self.count == 3:
            Path("begun").touch()
        return self.box
"""


def picture(value: int) -> bytes:
    image = np.full((96, 128, 3), value, np.uint8)
    cv2.rectangle(image, (20 + value % 30, 30), (50 + value % 30, 60), (250, 20, 20), -1)
    return bytes(cv2.imencode(".jpg", image)[1].tobytes())


class Camera(BaseHTTPRequestHandler):
    """What an IP camera answers: JPEG after JPEG; and a file for those who ask for one."""

    pause = 0.02
    count = 40
    silence = 0.0
    until: Path | None = None
    content = b""

    def do_GET(self) -> None:
        self.send_response(200)
        if self.path.endswith(".avi"):
            self.send_header("Content-Length", str(len(self.content)))
            self.end_headers()
            self.wfile.write(self.content)
            return
        self.send_header("Content-Type", f"multipart/x-mixed-replace; boundary={BOUNDARY}")
        self.end_headers()
        for index in range(self.count):
            if self.until is not None and self.until.exists():
                break
            body = picture(index % 256)
            head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(body)}\r\n\r\n"
            try:
                self.wfile.write(head.encode() + body + b"\r\n")
            except OSError:  # nobody listens any more
                return
            time.sleep(self.pause)
        time.sleep(self.silence)

    def log_message(self, format: str, *arguments: object) -> None:
        return


@contextmanager
def serving(**settings: object) -> Iterator[str]:
    handler = type("Set", (Camera,), settings)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_stream_is_live_and_ends_with_its_source() -> None:
    with serving() as url:
        footage = open_live(f"{url}/live")
        assert isinstance(footage, Live)
        assert (footage.frames, footage.name) == (0, f"{url}/live")
        frames = list(footage)
    seconds = [frame.seconds for frame in frames]
    assert seconds[0] == 0.0
    assert seconds == sorted(set(seconds))
    assert 2 <= len(frames) <= 40
    assert frames[0].image.shape == (96, 128, 3)


def test_of_a_stream_the_newest_frame_is_taken() -> None:
    with serving(count=60) as url:
        footage = open_live(f"{url}/live")
        seen = 0
        for _ in footage:
            seen += 1
            time.sleep(0.1)
    assert isinstance(footage, Live)
    assert footage.missed > seen


def test_a_silent_stream_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PATIENCE", 1.0)
    with serving(count=5, silence=8.0) as url:
        begun = time.monotonic()
        frames = list(open_live(f"{url}/live"))
        assert time.monotonic() - begun < 7.0
    assert frames


def test_a_file_on_a_server_loses_no_frame(tmp_path: Path) -> None:
    path = tmp_path / "v.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (64, 48))
    for index in range(12):
        writer.write(np.full((48, 64, 3), 20 * index, np.uint8))
    writer.release()
    with serving(content=path.read_bytes()) as url:
        footage = open_footage(f"{url}/v.avi")
        assert isinstance(footage, Remote)
        assert not isinstance(footage, Live)
        frames = []
        for frame in footage:
            frames.append(frame)
            time.sleep(0.02)
    assert (footage.frames, len(frames)) == (12, 12)
    assert [frame.seconds for frame in frames] == pytest.approx([index / 10 for index in range(12)])


def command(capfd: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    with pytest.raises(SystemExit) as caught:
        main([str(argument) for argument in arguments])
    return int(caught.value.code or 0), capfd.readouterr().err


def test_track_keeps_what_a_stream_brought(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "slow.py").write_text(SLOW)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", list(sys.path))
    with serving(count=4000, pause=0.05, until=tmp_path / "begun") as url:
        options = ("--box=20,30,30,30", "--tracker=slow:Tracker", "-o", tmp_path / "o.mp4", "-o", tmp_path / "o.png")
        code, err = command(capfd, "track", f"{url}/live", *options)
    assert code == 0, err
    rows = (tmp_path / "o.txt").read_text().splitlines()
    assert f"o.mp4: {len(rows)} frames" in err
    assert len(rows) >= 4
    assert (tmp_path / "o.png").is_file()
    seconds = [frame.seconds for frame in open_footage(tmp_path / "o.mp4")]
    assert seconds[-1] >= 0.08  # the file takes as long as the stream did: three steps of 0.05 s, or of a busy machine


def test_track_stops_after_so_many_frames(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with serving(count=200) as url:
        options = ("--box=20,30,30,30", "--tracker=opencv:mosse", "-o", tmp_path / "o.mp4", "--frames", 5)
        code, err = command(capfd, "track", f"{url}/live", *options)
    assert code == 0, err
    assert len((tmp_path / "o.txt").read_text().splitlines()) == 5


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_was_written_is_kept_where_the_user_ends_it(number: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(SLOW)
    with serving(count=4000) as url:
        arguments = ["track", f"{url}/live", "--box=20,30,30,30", "--tracker=slow:Tracker", "--out=o.gif"]
        program = f"from stdtrack.cli.main import main; main({arguments})"
        running = subprocess.Popen([sys.executable, "-c", program], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
        begun = time.monotonic()
        while not (tmp_path / "begun").exists() and time.monotonic() - begun < 60:
            time.sleep(0.1)
        running.send_signal(number)
        _, err = running.communicate(timeout=60)
    assert running.returncode == 128 + number, err
    rows = (tmp_path / "o.txt").read_text().splitlines()
    assert err.startswith(f"o.gif: {len(rows)} frames")
    assert "until it was stopped" in err
    assert len(rows) >= 3
    assert {path.name for path in tmp_path.iterdir()} - {"__pycache__"} == {"begun", "o.gif", "o.txt", "slow.py"}


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("97", "camera 97 cannot be opened (is it plugged in, free, and yours to read?)"),
        ("http://127.0.0.1:9/live", "http://127.0.0.1:9/live cannot be opened as a stream"),
        ("rtsp://me:secret@127.0.0.1:9/live", "rtsp://127.0.0.1:9/live cannot be opened as a stream"),
        ("rtp://127.0.0.1:9/live", "'rtp' is no kind of stream that is read (did you mean 'rtsp'?)"),
        ("file:///etc/passwd", "'file' is no kind of stream that is read (there are: http, https, rtsp, rtsps)"),
    ],
)
def test_what_cannot_be_opened_is_one_line(
    source: str, problem: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    code, err = command(capfd, "track", source, "--box=1,1,9,9", "-o", tmp_path / "o.mp4")
    (line,) = (line for line in err.splitlines() if line.startswith("stdtrack: "))
    assert (code, "secret" in line) == (2, False)
    assert line.startswith(f"stdtrack: {problem}")
    assert not list(tmp_path.iterdir())


def test_nothing_else_is_printed(tmp_path: Path) -> None:
    """A command of its own, as cv2 reads its environment once."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OPENCV")}
    for source in ("97", "rtsp://me:secret@127.0.0.1:9/live"):
        arguments = ["track", source, "--box=1,1,9,9", "--out=o.mp4"]
        command = [sys.executable, "-c", f"from stdtrack.cli.main import main; main({arguments})"]
        ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1), ended.stderr
        assert "secret" not in ended.stderr


def test_a_number_is_a_camera_and_a_path_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "97").mkdir()
    cv2.imwrite("97/1.png", np.zeros((9, 9, 3), np.uint8))
    for source in ("97", 97):
        with pytest.raises(InputError, match="camera 97 cannot be opened"):
            open_footage(source)
    assert open_footage("./97").frames == 1
    assert open_footage(Path("97")).frames == 1


def test_no_login_is_shown() -> None:
    assert shown_url("http://a:b@c/d?e=f") == "http://c/d?e=f"
    assert shown_url("http://c/d@e") == "http://c/d@e"
