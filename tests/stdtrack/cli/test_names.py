"""Every name that the command line takes: as people write it, and what was meant where it is mistyped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from stdtrack.cli.main import main

SCORE = ("score", "mine", "--on", "otb100", "--annotations", "anno")
MEANT = {
    "command": (("scroe", "x"), "score"),
    "command of another case": (("Report", "x"), "report"),
    "sub-command of data": (("data", "chekc", "x"), "check"),
    "sub-command of pack": (("pack", "got10", "x"), "got10k"),
    "flag": ((*SCORE, "--protcol", "official"), "--protocol"),
    "benchmark": (("score", "mine", "--on", "OTB20155", "--annotations", "anno"), "otb100"),
    "benchmark's option": (("score", "mine", "--on", "otb100?attribute=matlab", "--annotations", "anno"), "attributes"),
    "its value": (("score", "mine", "--on", "otb100?attributes=mathlab", "--annotations", "anno"), "matlab"),
    "split": (("score", "mine", "--on", "got10k?split=vall", "--annotations", "anno"), "val"),
    "protocol": ((*SCORE, "--partial", "--protocol", "pytraking"), "pytracking"),
    "format of score": ((*SCORE, "--format", "jsn"), "json"),
    "excluded sequence": ((*SCORE, "--partial", "--exclude", "Bikr"), "Biker"),
    "by": ((*SCORE, "--by", "atribute"), "attribute"),
    "format of compare": (("compare", "mine", "a", "b", "--format", "tabel"), "table"),
    "tracker of compare": (("compare", "mine", "Mine", "minee", "--on", "otb100", "--annotations", "anno"), "mine"),
    "format of check": (("check", "mine", "--baseline", "b", "--format", "tex"), "text"),
    "part": (("report", "mine", "--out", "r", "--only", "tabels"), "tables"),
    "prefix": (("complexity", "opncv:csrt"), "opencv:csrt"),
    "tracker without prefix": (("complexity", "CSRT"), "opencv:csrt"),
    "variant without prefix": (("complexity", "nano"), "stdtrack:nano"),
    "file's tracker without prefix": (("complexity", "nanotrack_v3"), "onnx:nanotrack_v3"),
    "tracker of OpenCV": (("complexity", "opencv:CSTR"), "csrt"),
    "tracker of ONNX": (("complexity", "onnx:nanotrack_2?weights=."), "nanotrack_v2"),
    "variant": (("complexity", "stdtrack:nan"), "nano"),
    "option of a tracker": (("complexity", "stdtrack:nano?bakcend=onnx"), "backend"),
    "callable": (("complexity", "json:lods"), "json:loads"),
    "backend in a spec": (("complexity", "stdtrack:nano?backend=opnvino"), "openvino"),
    "precision": (("complexity", "stdtrack:nano?backend=onnx&precision=int9"), "int8"),
    "variant of ablate": (("ablate", "bse"), "base"),
    "scope": (("profile", "opencv:mil", "--out", "p", "--scope", "pipline"), "pipeline"),
    "backend": (("profile", "stdtrack:nano", "--out", "p", "--backend", "egaer"), "eager"),
    "device": (("profile", "stdtrack:nano", "--out", "p", "--device", "cdua"), "cuda"),
    "format of export": (("export", "stdtrack:nano", "--format", "onxx", "-o", "e"), "onnx"),
    "config": (("train", "nano-cpp"), "nano-cpu"),
    "key of --set": (("train", "nano-cpu", "--set", "optim.emma=1"), "ema"),
    "word of --set": (("train", "nano-cpu", "--set", "clips.sampling='dens'"), "dense"),
    "variant of --set": (("train", "nano-cpu", "--set", "variant='nanno'"), "nano"),
    "style": (("report", "mine", "--out", "r", "--style", "cvrp"), "cvpr"),
    "metric": (("report", "mine", "--out", "r", "--metrics", "auk"), "auc"),
    "protocol of report": (("report", *SCORE[1:], "--out", "r", "--protocol", "offical"), "official"),
    "suite": (("robustness", "a:b", "--on", "folder", "--out", "r", "--suite", "corruption"), "corruptions"),
    "tracker of track": (("track", "pictures", "--box", "1,1,9,9", "-o", "o.png", "--tracker", "crst"), "opencv:csrt"),
    "layout of track": (("track", "pictures", "--box", "1,1,9,9", "-o", "o.png", "--layout", "tile"), "tiles"),
    "kind of file": (("track", "pictures", "--box", "1,1,9,9", "-o", "o.mp5"), ".mp4"),
    "kind of stream": (("track", "htpp://127.0.0.1:9", "--box", "1,1,9,9", "-o", "o.mp4"), "http"),
    "name of run": (("run", "opencv:mil", "--on", "folder", "--out", "r", "--name", "opencv:mal=M"), "opencv:mil"),
    "memory": (("tune", "nano-cpu", "w.safetensors", "--memory", "fivo"), "fifo"),
}


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run a command beside a result on one sequence; it must end with 2, and what it said is returned."""
    for folder in ("anno", "mine"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "Biker.txt").write_text("10,20,30,40\n" * 142)
    (tmp_path / "b").write_text("{}")
    (tmp_path / "pictures").mkdir()
    cv2.imwrite(str(tmp_path / "pictures" / "1.png"), np.zeros((40, 60, 3), np.uint8))
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> str:
        with pytest.raises(SystemExit) as stop:
            main(arguments)
        assert stop.value.code == 2
        return capsys.readouterr().err

    return run


@pytest.mark.parametrize("kind", MEANT)
def test_a_mistyped_name_is_answered_with_the_nearest(kind: str, said: Callable[..., str]) -> None:
    arguments, meant = MEANT[kind]
    last = said(*arguments).splitlines()[-1]
    assert f"'{meant}'" in last
    assert "did you mean" in last.lower()


def test_a_sequence_that_is_not_there_is_answered_too(said: Callable[..., str], own_data: Path) -> None:
    line = said("run", "opencv:mil", "--on", "folder", "--data", str(own_data), "--out", "r", "--sequences", "clip33")
    assert "did you mean 'clip3'?" in line


def test_words_are_taken_in_any_case(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], said: Callable[..., str]
) -> None:
    arguments = ("score", "mine", "--on", "OTB-2015,otb100", "--annotations", "anno", "--partial")
    with pytest.raises(SystemExit) as stop:
        main([*arguments, "--protocol", "PySOT,Official", "--format", "CSV"])
    assert stop.value.code == 0
    rows = capsys.readouterr().out.splitlines()[1:]
    assert [row.split(",")[:3] for row in rows] == [["mine", "otb100", "pysot"], ["mine", "otb100", "official"]]


def test_one_benchmark_with_two_readings_is_refused(said: Callable[..., str]) -> None:
    line = said("score", "mine", "--on", "otb100,otb100?attributes=website", "--annotations", "anno", "--partial")
    assert "otb100 is asked for twice" in line
