"""Videos: what is none is refused before a decoder sees it, and a header that lies is found out."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as Pictures

from evalkit.errors import InputError
from evalkit.sequences.packed import VideoFrames, count_frames, open_frames
from evalkit.sequences.videos import count_video_frames, open_capture, stated_frames


def write_video(path: Path, count: int = 6, codec: str = "MJPG", size: tuple[int, int] = (64, 48)) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), 10.0, size)
    for index in range(count):
        writer.write(np.full((size[1], size[0], 3), 30 * index, np.uint8))
    writer.release()
    return path


def with_stated_frames(path: Path, count: int) -> Path:
    """The same AVI file, whose headers say that it has ``count`` frames."""
    content = bytearray(path.read_bytes())
    for place in (content.find(b"avih") + 24, content.find(b"strh") + 40):
        content[place : place + 4] = struct.pack("<I", count)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("name", "codec"), [("v.avi", "MJPG"), ("v.mp4", "mp4v"), ("v.mkv", "XVID"), ("v.mov", "mp4v"), ("v.webm", "VP80")]
)
def test_videos_of_many_kinds_are_opened(tmp_path, name, codec):
    path = write_video(tmp_path / name, codec=codec)
    assert count_video_frames(path) == 6


def test_an_animated_gif_is_a_video(tmp_path):
    frames = [Pictures.fromarray(np.full((40, 50, 3), value, np.uint8)) for value in (0, 100, 200)]
    frames[0].save(tmp_path / "v.gif", save_all=True, append_images=frames[1:])
    assert count_video_frames(tmp_path / "v.gif") == 3


@pytest.mark.parametrize(
    "content",
    [
        b"#EXTM3U\n#EXTINF:10,\nother.avi\n",
        b"ffconcat version 1.0\nfile other.avi\n",
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
        b'<?xml version="1.0"?><MPD></MPD>',
        b"\xff\xd8\xff\xe0",
        b"some text",
        b"",
        b"\0\0\0\x18ftypmp42",
    ],
    ids=["playlist", "concat", "stream", "manifest", "JPEG", "text", "empty", "cut off"],
)
def test_what_is_no_video_is_refused(tmp_path, content):
    """FFmpeg would open what a playlist names; a description of a stream would make it listen."""
    write_video(tmp_path / "other.avi")
    path = tmp_path / "v.mp4"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"v\.mp4: is no video"):
        open_capture(path)


def test_a_pipe_is_no_video(tmp_path):
    os.mkfifo(tmp_path / "v.mp4")
    with pytest.raises(InputError, match="is a pipe"):
        open_capture(tmp_path / "v.mp4")


def test_large_frames_are_refused(tmp_path, monkeypatch):
    path = write_video(tmp_path / "v.avi")
    monkeypatch.setenv("STDTRACK_PIXEL_LIMIT", "3071")
    with pytest.raises(InputError, match=r"has 64 x 48 pixels, more than 3071 \(STDTRACK_PIXEL_LIMIT"):
        open_capture(path)


@pytest.mark.parametrize("stated", [2, 99, 0xFFFFFFFF])
def test_a_header_that_lies_is_found_out(tmp_path, stated):
    path = with_stated_frames(write_video(tmp_path / "v.avi"), stated)
    assert stated_frames(open_capture(path)) != 6
    assert count_frames(path) == 6
    frames = VideoFrames(path, 6)
    assert frames.name(5) == f"{path}#5"
    assert frames.read(5).mean() > 140


def test_a_header_that_lies_as_the_ground_truth_does_fails_in_its_frame(tmp_path):
    path = with_stated_frames(write_video(tmp_path / "v.avi"), 9)
    frames = VideoFrames(path, 9)
    frames.name(0)
    with pytest.raises(InputError, match=r"v\.avi#6: cannot be decoded"):
        frames.read(6)


@pytest.mark.parametrize("rows", [5, 7])
def test_frames_and_rows_must_agree(tmp_path, rows):
    with pytest.raises(InputError, match=f"6 frames for {rows} rows of ground truth"):
        open_frames(write_video(tmp_path / "v.avi"), rows).name(0)


def test_a_part_may_be_shorter(tmp_path):
    frames = open_frames(write_video(tmp_path / "v.avi"), 3, first=2)
    assert frames.name(0).endswith("#1")
    assert abs(frames.read(2).mean() - 90) < 3


def test_a_name_that_is_no_utf_8(tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.avi"))
    os.replace(write_video(tmp_path / "v.avi"), path)
    assert count_video_frames(path) == 6
    assert VideoFrames(path, 6).header(0).size == (64, 48)
