"""The loaders on real data sets and annotation bundles: counts are those of the benchmarks' own papers and toolkits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evalkit.benchmarks.base import Benchmark
from evalkit.benchmarks.registry import open_benchmark, recognise


def count(benchmark: Benchmark) -> tuple[int, int, int]:
    """Sequences, rows and absent rows."""
    sequences = [benchmark.sequence(name) for name in benchmark.inventory().present]
    absent = sum(int(sequence.absent.sum()) for sequence in sequences if sequence.absent is not None)
    return len(sequences), sum(map(len, sequences)), absent


@pytest.mark.parametrize(
    ("name", "root", "expected"),
    [
        ("otb100", "golden/OTB100", (100, 59035, 0)),
        ("uav123", "golden/UAV123", (123, 112578, 2683)),
        ("lasot", "golden/LaSOT", (280, 685360, 18346)),
        ("tnl2k", "golden/TNL2K", (700, 516038, 65253)),
        ("got10k", "golden/GOT10k_val", (180, 21007, 0)),
        ("vot2018", "golden/VOT/VOT2018", (60, 21356, 0)),
        ("trackingnet", "golden/TrackingNet_dummy", (9, 4500, 0)),
        ("got10k?split=train", "train", (53, 6167, 38)),
    ],
)
def test_annotation(name: str, root: str, expected: tuple[int, int, int], shared: Path) -> None:
    benchmark = open_benchmark(name, annotations=shared / root)
    assert count(benchmark) == expected
    assert benchmark.inventory().missing == ()


def test_got10k_frames_without_cover(shared: Path) -> None:
    benchmark = open_benchmark("got10k", annotations=shared / "golden")
    sequences = [benchmark.sequence(name) for name in benchmark.inventory().present]
    scored = sum(np.count_nonzero(sequence.flags["cover"][1:] > 0) for sequence in sequences)
    assert scored == 20794


def test_otb_tiger1(shared: Path) -> None:
    sequence = open_benchmark("otb100", annotations=shared / "golden").sequence("Tiger1")
    assert (len(sequence), len(sequence.full_native)) == (349, 354)


def test_what_lies_in_the_folder_of_benchmarks(shared: Path) -> None:
    found = {benchmark.name: benchmark for benchmark in recognise(shared / "benchmarks")}
    assert {name: benchmark.inventory().present for name, benchmark in found.items()} == {
        "otb100": ("Couple", "Crossing", "David", "Football1", "Jogging_1", "Jogging_2", "Man"),
        "uav123_10fps": ("car16_1", "wakeboard7"),
        "got10k": ("GOT-10k_Train_football_S3vioYwsSiU",),
        "dtb70": ("Surfing06",),
        "vot2015": ("bag",),
    }
    for benchmark in found.values():
        for name in benchmark.inventory().present:
            sequence = benchmark.sequence(name)
            assert sequence.frames is not None
            height, width = sequence.frames.read(len(sequence) - 1).shape[:2]
            x, y, w, h = sequence.ground_truth[-1]
            assert x + w > 0
            assert y + h > 0
            assert x < width
            assert y < height


@pytest.mark.parametrize(
    ("name", "folder", "rows"),
    [*(("otb100", "OTB100", 211), ("uav123", "UAV123", 211), ("lasot", "LaSOT", 211), ("lasot_ext", "LaSOT_ext", 211)),
     *(("tnl2k", "TNL2K", 211), ("nfs30", "NFS", 211), ("got10k", "GOT-10k", 216), ("trackingnet", "TrackingNet", 211)),
     ("vot2018", "VOT", 336)],
)  # fmt: skip
def test_synthetic_layouts(name: str, folder: str, rows: int, shared: Path) -> None:
    for root in (shared / "parity" / "data", shared / "parity" / "data" / folder):
        benchmark = open_benchmark(name, annotations=root)
        assert count(benchmark)[1] == rows
        assert not benchmark.inventory().verified
        assert benchmark.inventory().missing == ()
