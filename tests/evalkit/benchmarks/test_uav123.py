"""UAV123: parts of clips, absent targets, and its two relatives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evalkit.benchmarks.registry import find
from evalkit.benchmarks.uav123 import UAV20L, UAV123, UAV123At10Fps


def first_and_last(benchmark: UAV123, name: str) -> list[str]:
    frames = benchmark.sequence(name).frames
    assert frames is not None
    return [Path(frames.name(index)).stem for index in (0, len(frames) - 1)]


@pytest.mark.parametrize(("kind", "first", "last"), [(UAV123, "000415", "000417"), (UAV123At10Fps, "000139", "000141")])
def test_a_part_of_a_clip(kind: type[UAV123], first: str, last: str, tmp_path: Path, write_rows, write_images) -> None:
    write_images(tmp_path / "data_seq" / kind.image_set / "car16", [f"{number:06d}.png" for number in range(1, 500)])
    write_rows(tmp_path / "anno" / kind.annotation_set / "car16_2.txt", 3)
    assert first_and_last(kind(tmp_path), "car16_2") == [first, last]


def test_uav20l_takes_whole_clips_of_uav123(tmp_path: Path, write_rows, write_images) -> None:
    write_images(tmp_path / "data_seq" / "UAV123" / "car16", [f"{number:06d}.png" for number in range(1, 6)])
    write_rows(tmp_path / "anno" / "UAV20L" / "car16.txt", 5)
    write_rows(tmp_path / "anno" / "UAV123" / "car16_1.txt", 2)
    benchmark = UAV20L(tmp_path)
    assert benchmark.inventory().present == ("car16",)
    assert first_and_last(benchmark, "car16") == ["000001", "000005"]


def test_annotations_of_uav123_are_none_of_uav20l(tmp_path: Path, write_rows) -> None:
    write_rows(tmp_path / "UAV123" / "anno" / "bike1.txt", 2)
    assert find(UAV20L, tmp_path) is None
    assert find(UAV123, tmp_path) is not None


def test_ten_fps_beside_the_original(tmp_path: Path, write_rows) -> None:
    write_rows(tmp_path / "UAV123" / "anno" / "UAV123_10fps" / "bike1.txt", 2)
    write_rows(tmp_path / "UAV123" / "anno" / "UAV123" / "bike1.txt", 5)
    lengths = {}
    for kind in (UAV123, UAV123At10Fps):
        benchmark = find(kind, tmp_path)
        assert benchmark is not None
        lengths[kind.name] = len(benchmark.sequence("bike1"))
    assert lengths == {"uav123": 5, "uav123_10fps": 2}


def test_nan_rows_are_absent(tmp_path: Path) -> None:
    (tmp_path / "bike1.txt").write_text("1,2,3,4\nNaN,NaN,NaN,NaN\n1,2,3,4\n")
    sequence = UAV123(tmp_path).sequence("bike1")
    assert sequence.absent is not None
    assert sequence.absent.tolist() == [False, True, False]
    assert np.isnan(sequence.native[1]).all()
    assert sequence.initial_box.tolist() == [0, 1, 3, 4]
