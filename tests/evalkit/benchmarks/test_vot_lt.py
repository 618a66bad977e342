"""VOT-LT as it is handed out: vot-toolkit's workspace, and the folder that other toolkits keep it in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from evalkit.benchmarks.registry import open_benchmark, recognise

ROWS = "1.5,2,3,2\n2,2,3,2\nnan,nan,nan,nan\nnan,nan,nan,nan\n4,1,2,2\n"
METADATA = "channels.color=color/%08d.jpg\nformat=default\nfps=30\nwidth=8\nheight=6\n"


@pytest.mark.parametrize(
    ("year", "name", "folder"),
    [
        (2018, "ballet", "VOT2018-LT"),  # as loaders after pytracking's have it
        (2019, "horseride", "VOT2019-LT"),
        (2018, "group1", "workspace/sequences"),  # as vot-toolkit's documentation has it
    ],
)
@pytest.mark.parametrize("spaced", [False, True])
def test_it_is_opened(
    tmp_path: Path, write_images: Callable[..., Path], year: int, name: str, folder: str, spaced: bool
) -> None:
    place = tmp_path / folder / name
    write_images(place / "color", [f"{number:08d}.jpg" for number in range(1, 6)])
    (place / "groundtruth.txt").write_text(ROWS.replace(",", " ") if spaced else ROWS)
    (place / "sequence").write_text(METADATA)
    (tmp_path / folder / "list.txt").write_text(f"{name}\n")
    benchmark = open_benchmark(f"vot{year}lt", data=tmp_path / folder)
    assert benchmark.inventory().present == (name,)
    sequence = benchmark.sequence(name)
    assert (sequence.origin, sequence.size) == (0, (8, 6))
    assert np.flatnonzero(np.asarray(sequence.absent)).tolist() == [2, 3]
    assert sequence.native[0].tolist() == [1.5, 2, 3, 2]
    assert sequence.frames is not None
    assert [Path(sequence.frames.name(index)).name for index in (0, 4)] == ["00000001.jpg", "00000005.jpg"]
    assert any(found.name == benchmark.name for found in recognise(tmp_path / folder)) or "sequences" in folder
