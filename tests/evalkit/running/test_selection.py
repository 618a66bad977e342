"""Shards: disjoint, together everything, and of about as many frames."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from evalkit.benchmarks.registry import open_benchmark
from evalkit.errors import InputError
from evalkit.running.selection import deal, select
from stdtrack.cli.run import run

LENGTHS = {"alpha": 30, "beta": 10, "gamma": 12, "delta": 8}


@given(lengths=st.lists(st.integers(1, 5000), max_size=60), parts=st.integers(1, 70))
def test_no_part_is_longer_than_the_mean_by_more_than_one_sequence(lengths: list[int], parts: int) -> None:
    frames = [0] * parts
    for length, part in zip(lengths, deal(lengths, parts), strict=True):
        frames[part] += length
    assert sum(frames) == sum(lengths)
    assert max(frames) <= sum(lengths) / parts + max(lengths, default=0)


def test_shards_are_balanced_over_all_benchmarks(tmp_path: Path) -> None:
    for name, length in LENGTHS.items():
        (tmp_path / name / "img").mkdir(parents=True)
        (tmp_path / name / "groundtruth.txt").write_text("1,1,2,2\n" * length)
        write_images(tmp_path / name / "img", length)
    benchmark = open_benchmark("folder", data=tmp_path)
    parts = [select([benchmark, benchmark], shard=(index, 2)) for index in (1, 2)]
    frames = [sum(len(each) for chosen in part for each in chosen.sequences) for part in parts]
    assert frames == [60, 60]
    for position in range(2):
        names = [sequence.name for part in parts for sequence in part[position].sequences]
        assert sorted(names) == sorted(LENGTHS)


def write_images(folder: Path, count: int) -> None:
    for number in range(count):
        cv2.imwrite(str(folder / f"{number + 1:04d}.jpg"), np.zeros((8, 8, 3), np.uint8))


def test_excluded_sequences_are_not_run(data: Path) -> None:
    benchmark = open_benchmark("folder", data=data)
    (selection,) = select([benchmark], exclude=("al*", "gamma"))
    assert ([each.name for each in selection.sequences], selection.excluded) == (["beta"], ("alpha", "gamma"))
    (selection,) = select([benchmark], ("alpha", "beta"), exclude=("beta",))
    assert [each.name for each in selection.sequences] == ["alpha"]
    for exclude, problem in ((("nobody",), "is named like 'nobody'"), (("*",), "leaves no sequence")):
        with pytest.raises(InputError, match=problem):
            select([benchmark], exclude=exclude)


def test_run_says_what_is_excluded(data: Path, tmp_path: Path) -> None:
    arguments = ["opencv:mosse", "--on", "folder", "--data", str(data), "--out", str(tmp_path / "runs")]
    result = CliRunner().invoke(run, [*arguments, "--exclude", "alpha", "--exclude", "beta"], catch_exceptions=False)
    assert result.exit_code == 0
    assert "folder: 2 sequences excluded: alpha, beta" in result.stderr
    assert [path.name for path in (tmp_path / "runs").glob("*/folder/*a.txt")] == ["gamma.txt"]
