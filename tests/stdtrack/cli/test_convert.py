"""``stdtrack convert``: an annotated clip becomes a benchmark, results become files for other tools."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from evalkit.results.exchange.formats import FORMATS, read_clips
from stdtrack.cli.convert import FORMATS as NAMED
from stdtrack.cli.main import main

Call = Callable[..., tuple[int, str]]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Give a command; returns its exit code and what it told."""

    def run(*words: object) -> tuple[int, str]:
        with pytest.raises(SystemExit) as end:
            main([str(word) for word in words])
        told = capsys.readouterr()
        return int(end.value.code or 0), told.out + told.err

    return run


def test_the_help_names_every_format() -> None:
    assert NAMED.split(", ") == sorted(FORMATS)


@pytest.mark.parametrize("form", ["coco", "cvat", "label_studio", "mot", "yolo"])
def test_results_go_to_every_tool_and_own_data_comes_back(
    form: str, call: Call, make_runs: Callable[..., Path], own_data: Path, tmp_path: Path
) -> None:
    """Annotation to a tool and back scores exactly as before: the same figures to the last digit."""
    runs = make_runs({"opencv:csrt": 1.5, "opencv:kcf": 3.25})
    code, told = call("convert", runs, "--on", "folder", "--data", own_data, "--to", form, "--out", tmp_path / form)
    assert (code, told.splitlines()[-1]) == (0, f"{tmp_path / form}: 4 sequences, 12 tracks, as {form}")
    assert call("convert", own_data, "--from", "folder", "--to", form, "--out", tmp_path / "truth")[0] == 0
    source = tmp_path / "truth" / "gt" if form == "mot" else tmp_path / "truth"
    options = ("--from", form, "--frames", own_data, "--to", "folder", "--out", tmp_path / "back")
    code, told = call("convert", source, *options)
    assert code == 0, told
    scores = []
    for data in (own_data, tmp_path / "back"):
        code, told = call("score", runs, "--on", "folder", "--data", data, "--format", "json", "--no-cache")
        assert code == 0, told
        scores.append([one["metrics"] for one in json.loads(told[told.index("[") : told.rindex("]") + 1])])
    assert scores[0] == scores[1]


def test_an_annotated_video_is_run_and_scored(call: Call, own_data: Path, tmp_path: Path) -> None:
    """From CVAT's file beside the images to a score, the target entering in the third frame."""
    assert call("convert", own_data, "--from", "folder", "--to", "cvat", "--out", tmp_path / "cvat")[0] == 0
    file = tmp_path / "cvat" / "clip0.xml"
    lines = file.read_text().splitlines()
    file.write_text("\n".join(line for line in lines if ' frame="0"' not in line and ' frame="1"' not in line))
    code, told = call("convert", file, "--frames", own_data / "clip0", "--to", "folder", "--out", tmp_path / "mine")
    assert (code, told) == (0, f"{tmp_path / 'mine'}: 1 sequence, 1 track, as folder\n")
    on = ("--on", "folder", "--data", tmp_path / "mine")
    code, told = call("run", "opencv:kcf", *on, "--out", tmp_path / "runs")
    assert code == 0, told
    result = next((tmp_path / "runs").glob("*/folder/clip0.txt"))
    assert len(result.read_text().splitlines()) == 10
    code, told = call("score", tmp_path / "runs", *on, "--no-cache")
    assert code == 0, told
    assert "opencv:kcf" in told


def test_keyframes_on_a_video(call: Call, tmp_path: Path) -> None:
    """Three keyframes of a target that enters in frame 5 of an MP4: the boxes between lie on what moves."""
    noise = np.random.default_rng(0)
    patch, ground = noise.integers(0, 255, (24, 30, 3), np.uint8), noise.integers(90, 110, (120, 160, 3), np.uint8)
    video = cv2.VideoWriter(str(tmp_path / "street.mp4"), cv2.VideoWriter_fourcc(*"mp4v"), 25, (160, 120))
    for frame in range(40):
        image = ground.copy()
        if frame >= 5:
            image[20 + frame : 44 + frame, 10 + 2 * frame : 40 + 2 * frame] = patch
        video.write(image)
    video.release()
    sides = ((frame, 10 + 2 * frame, 20 + frame, 40 + 2 * frame, 44 + frame) for frame in (5, 20, 39))
    boxes = "".join('<box frame="{}" outside="0" xtl="{}" ytl="{}" xbr="{}" ybr="{}"/>'.format(*each) for each in sides)
    meta = "<task><name>street</name><size>40</size></task><source>street.mp4</source>"
    track = f'<track id="0" label="car">{boxes}</track>'
    (tmp_path / "a.xml").write_text(f"<annotations><meta>{meta}</meta>{track}</annotations>")
    assert call("convert", tmp_path / "a.xml", "--to", "folder", "--out", tmp_path / "mine")[0] == 0
    on = ("--on", "folder", "--data", tmp_path / "mine")
    assert call("run", "opencv:kcf", *on, "--out", tmp_path / "runs")[0] == 0
    told = call("score", tmp_path / "runs", *on, "--no-cache", "--format", "json")[1]
    (score,) = json.loads(told[told.index("[") : told.rindex("]") + 1])
    assert score["metrics"]["sr50"] == 1.0


def test_boxes_of_another_tool_are_scored_as_a_trackers(
    call: Call, make_runs: Callable[..., Path], own_data: Path, tmp_path: Path
) -> None:
    runs = make_runs({"opencv:csrt": 1.5})
    on = ("--on", "folder", "--data", own_data)
    assert call("convert", runs, *on, "--to", "mot", "--out", tmp_path / "mot")[0] == 0
    source = tmp_path / "mot" / "trackers" / "opencv%3Acsrt"
    code, told = call("convert", source, "--tracker", "theirs", "--to", "results", "--out", tmp_path / "theirs")
    assert code == 0, told
    for number in range(4):
        ours = np.loadtxt(next(runs.glob(f"*/folder/clip{number}.txt")), delimiter=",")
        np.testing.assert_array_equal(
            np.loadtxt(tmp_path / "theirs" / "theirs" / f"clip{number}.txt", delimiter=","), ours
        )
    code, told = call("score", tmp_path / "theirs", *on, "--no-cache")
    assert code == 0, told
    assert "theirs" in told


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("convert", "none.xml", "--to", "folder", "--out", "o"), "none.xml: does not exist"),
        (("convert", "a.xml", "--to", "fodler", "--out", "o"), "no format 'fodler' (did you mean 'folder'?)"),
        (("convert", "a.xml", "--to", "folder", "--out", "o"), "a.xml, row 1: is no XML: syntax error"),
        (("convert", "a.xml", "--from", "results", "--to", "folder", "--out", "o"), "'results' is only written"),
        (
            ("convert", "a.xml", "--from", "cvat", "--on", "folder", "--to", "mot", "--out", "o"),
            "--from is for files of",
        ),
        (("convert", "data", "--from", "folder", "--to", "results", "--out", "o"), "there is no result to write"),
        (("convert", "data", "--from", "folder", "--to", "cvat", "--out", "data"), "data: is not empty"),
        (("convert", "data", "--from", "folder", "--frames", "x", "--to", "cvat", "--out", "o"), "leave out --frames"),
    ],
)
def test_wrong_use_is_one_line(
    words: tuple[str, ...], told: str, call: Call, own_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.xml").write_text("boxes")
    code, said = call(*words)
    assert code == 2
    assert told in said
    assert len(said.splitlines()) == 1
    assert not (tmp_path / "o").exists()


def test_what_is_written_is_read_without_saying_what_it_is(own_data: Path, call: Call, tmp_path: Path) -> None:
    for form in ("coco", "cvat", "label_studio", "mot", "yolo"):
        assert call("convert", own_data, "--from", "folder", "--to", form, "--out", tmp_path / form)[0] == 0
        source = {"mot": tmp_path / form / "gt", "label_studio": tmp_path / form / "tasks.json"}.get(
            form, tmp_path / form
        )
        assert len(read_clips(source, None, own_data)) == 4, form
