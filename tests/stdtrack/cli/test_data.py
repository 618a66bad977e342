"""``stdtrack data check``."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from stdtrack.cli.main import main


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two sequences of OTB100 with all their images."""
    image = cv2.imencode(".png", np.zeros((6, 8, 3), np.uint8))[1].tobytes()
    for name, length in (("Deer", 71), ("Man", 134)):
        folder = tmp_path / "OTB100" / name
        (folder / "img").mkdir(parents=True)
        (folder / "groundtruth_rect.txt").write_text("1,2,3,4\n" * length)
        for number in range(1, length + 1):
            (folder / "img" / f"{number:04d}.png").write_bytes(image)
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as caught:
        main(["data", "check", *map(str, arguments)])
    captured = capsys.readouterr()
    return int(caught.value.code or 0), captured.out, captured.err


def test_a_sound_part(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, root)
    assert (code, err) == (0, "")
    assert "2 of 100" in out
    assert "98 missing: Basketball, Biker, Bird1, Bird2, BlurBody and 93 more" in out


def test_json_has_everything(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, root, "--format", "json")
    (found,) = json.loads(out)
    assert code == 0
    assert (found["benchmark"], found["sequences"], found["total"], found["verified"]) == ("otb100", 2, 100, True)
    assert (found["with_frames"], found["rows"], len(found["missing"]), found["problems"]) == (2, 205, 98, [])


def test_inconsistent_data_exit_1(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    otb = root / "OTB100"
    (otb / "Man" / "img" / "0002.png").unlink()
    (otb / "Deer" / "groundtruth_rect.txt").write_text("1,2,3,4\n1,2,3\n1,2,3,4\n")
    (otb / "Walk" / "img").mkdir(parents=True)
    (otb / "Walk" / "img" / "0001.png").touch()
    code, out, err = run(capsys, root)
    assert (code, err) == (1, "")
    assert "133 images for 134 rows of ground truth; image 2 is missing" in out
    assert "groundtruth_rect.txt, row 2: has 3 columns, expected 4" in out
    assert f"{otb / 'Walk' / 'img'}: images without ground truth" in out
    (otb / "Deer" / "groundtruth_rect.txt").write_text("1,2,3,4\n" * 70)
    code, out, _ = run(capsys, root)
    assert (code, "70 rows, the official list has 71 frames" in out) == (1, True)


def test_nothing_recognised_exit_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, tmp_path)
    assert (code, out) == (2, "")
    assert "no benchmark recognised" in err
    assert len(err.splitlines()) == 1
