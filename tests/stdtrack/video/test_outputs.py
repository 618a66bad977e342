"""Files of pictures: whole or not there, playable, in time."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as Pictures

from evalkit.errors import InputError
from evalkit.types import Image
from stdtrack.video import encoders
from stdtrack.video.following import open_footage
from stdtrack.video.gif import LONGEST
from stdtrack.video.outputs import KINDS, Output, check_output
from stdtrack.video.strip import FRAMES, StripWriter


def frame(value: int, width: int = 64, height: int = 48) -> Image:
    return np.full((height, width, 3), value, np.uint8)


def write(path: Path, times: list[float], rate: float = 10.0) -> tuple[str, ...]:
    with Output(path, rate) as file:
        for index, seconds in enumerate(times):
            file.add(frame(10 * index % 250), seconds)
    return file.remarks()


@pytest.fixture
def without_av(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoders, "_with_av", lambda *arguments: None)


@pytest.mark.parametrize("kind", KINDS)
def test_an_interrupted_file_leaves_nothing(kind: str, tmp_path: Path) -> None:
    def broken() -> None:
        with Output(tmp_path / f"v{kind}", 10.0) as file:
            file.add(frame(0), 0.0)
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        broken()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", [".mp4", ".webm"])
@pytest.mark.parametrize("size", [(64, 48), (63, 47), (16, 16)])
def test_a_video_of_any_size_can_be_read_again(kind: str, size: tuple[int, int], tmp_path: Path) -> None:
    with Output(tmp_path / f"v{kind}", 10.0) as file:
        for index in range(5):
            file.add(frame(40 * index, *size), index / 10)
    assert file.remarks()[0] in ("H.264", "VP9", "VP8")
    footage = open_footage(tmp_path / f"v{kind}")
    means = [float(each.image.mean()) for each in footage]
    assert len(means) == 5
    np.testing.assert_allclose(means, [0, 40, 80, 120, 160], atol=6)
    assert [each.name for each in tmp_path.iterdir()] == [f"v{kind}"]


def test_frames_keep_their_own_times(tmp_path: Path) -> None:
    pytest.importorskip("av", reason="skipped: no PyAV")
    times = [0.0, 0.03, 0.5, 0.51, 2.0]
    assert write(tmp_path / "v.mp4", times) == ("H.264",)
    assert [each.seconds for each in open_footage(tmp_path / "v.mp4")] == pytest.approx(times, abs=1e-3)


@pytest.mark.usefixtures("without_av")
def test_without_pyav_frames_are_repeated_and_left_out_in_time(tmp_path: Path) -> None:
    codec, said = write(tmp_path / "v.mp4", [0.0, 0.1, 0.12, 0.5, 1.0])
    assert codec in ("H.264", "VP9")
    assert said.startswith("at 10 frames a second, 7 frames repeated and 1 left out, as their times vary (pip install")
    read = list(open_footage(tmp_path / "v.mp4"))
    assert [each.seconds for each in read] == pytest.approx([index / 10 for index in range(11)], abs=1e-3)
    assert float(read[4].image.mean()) == pytest.approx(10, abs=6)  # the second frame, until the fourth comes
    assert write(tmp_path / "w.mp4", [index / 10 for index in range(9)]) == (codec,)


def test_a_browser_can_begin_before_it_has_all(tmp_path: Path) -> None:
    av = pytest.importorskip("av", reason="skipped: no PyAV")
    write(tmp_path / "v.mp4", [index / 10 for index in range(20)])
    content = (tmp_path / "v.mp4").read_bytes()
    assert 0 < content.find(b"moov") < content.find(b"mdat")
    with av.open(tmp_path / "v.mp4") as container:
        assert (container.streams.video[0].codec.name, container.streams.video[0].pix_fmt) == ("h264", "yuv420p")


def test_a_browser_plays_what_is_written_with_and_without_pyav() -> None:
    assert {name for table in (encoders.AV_CODECS, encoders.CV2_CODECS) for kind in table for name in
            table[kind].values()} == {"H.264", "VP9", "VP8"}  # fmt: skip


def test_a_gif_is_small_slow_and_ends(tmp_path: Path) -> None:
    with Output(tmp_path / "v.gif", 30.0) as file:
        for index in range(30):
            file.add(frame(8 * index, 960, 480), index / 30)
        file.add(frame(0, 960, 480), LONGEST + 1)
    assert file.remarks() == ("10 kept", "ends after 60 s, as a GIF of more is too large")
    with Pictures.open(tmp_path / "v.gif") as picture:
        assert (picture.size, getattr(picture, "n_frames", 1)) == ((480, 240), 10)
        assert picture.info["duration"] == 100


@pytest.mark.parametrize("count", [1, 2, 5, 6, 7, 100, 1000])
def test_a_strip_has_the_first_frame_and_the_last(count: int, tmp_path: Path) -> None:
    writer = StripWriter(tmp_path / "v.png")
    for index in range(count):
        writer.add(np.full((20, 30, 3), (index % 256, index // 256, 0), np.uint8), index / 30)
        assert len(writer._kept) <= 4 * FRAMES
    writer.close()
    picture = cv2.cvtColor(cv2.imread(str(tmp_path / "v.png")), cv2.COLOR_BGR2RGB).astype(int)
    shown = [picture[10, 36 * place + 15] for place in range(min(FRAMES, count))]
    numbers = [int(pixel[0] + 256 * pixel[1]) for pixel in shown]
    assert picture.shape[1] == 36 * len(numbers) - 6
    assert (numbers[0], numbers[-1]) == (0, count - 1)
    np.testing.assert_allclose(numbers, np.linspace(0, count - 1, len(numbers)), atol=max(0.5, count / 20))


@pytest.mark.parametrize(("name", "problem"), [("v.avi", "is no kind of file"), ("v.mp5", "did you mean '.mp4'?")])
def test_another_kind_of_file_is_refused(name: str, problem: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as said:
        check_output(tmp_path / name)
    assert problem in str(said.value)


def test_frames_of_another_size_are_scaled(tmp_path: Path) -> None:
    with Output(tmp_path / "v.mp4", 10.0) as file:
        file.add(frame(0), 0.0)
        file.add(frame(200, 20, 90), 0.1)
    assert [each.image.shape for each in open_footage(tmp_path / "v.mp4")] == [(48, 64, 3)] * 2


@pytest.mark.usefixtures("without_av")
@pytest.mark.parametrize("kind", [".mp4", ".webm"])
def test_cv2_prints_nothing(kind: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / f"v{kind}", [0.0, 0.1])
    assert "is not supported with codec" not in capfd.readouterr().err
