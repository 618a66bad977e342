"""What attacks cost, as tables state it: means over the frames that were attacked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evalkit import InputError
from evalkit.results.store import measure_path
from evalkit.robustness.degradation import attacked_frames


def write(folder: Path, **columns: list[float]) -> None:
    for name, values in columns.items():
        measure_path(folder, "s", name).write_text("".join(f"{value!r}\n" for value in values))


@pytest.mark.parametrize(
    ("psnr", "ssim", "queries", "expected"),
    [
        ([30.0, 100.0, 100.0], [0.9, 1.0, 1.0], [11.0, 0.0, 0.0], [[30.0, 0.9, 11.0]]),  # on the template
        ([100.0, 30.0, 32.0], [1.0, 0.9, 0.8], [0.0, 0.0, 0.0], [[30.0, 0.9, 0.0], [32.0, 0.8, 0.0]]),  # no query
        ([100.0, 100.0], [1.0, 1.0], [0.0, 3.0], [[100.0, 1.0, 3.0]]),  # asked, and changed nothing
        ([100.0, 100.0], [1.0, 1.0], [0.0, 0.0], []),
    ],
)
def test_frames_that_were_attacked(
    psnr: list[float], ssim: list[float], queries: list[float], expected: list[list[float]], tmp_path: Path
) -> None:
    write(tmp_path, psnr=psnr, ssim=ssim, queries=queries)
    assert attacked_frames(tmp_path, "s").tolist() == expected


def test_files_that_are_not_there_or_do_not_fit(tmp_path: Path) -> None:
    assert attacked_frames(tmp_path, "s").shape == (0, 3)
    write(tmp_path, psnr=[30.0, 100.0])
    assert np.array_equal(attacked_frames(tmp_path, "s"), [[30.0, np.nan, np.nan]], equal_nan=True)
    write(tmp_path, queries=[1.0])
    with pytest.raises(InputError, match=r"s_psnr.txt 2 and s_queries.txt 1.*run the sequence again"):
        attacked_frames(tmp_path, "s")
