"""``stdtrack view``: what Rerun's own reader finds in a recording."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from evalkit.scoring.front import score
from stdtrack.api.viewing import view
from stdtrack.cli.main import main

pytest.importorskip("rerun", reason="the extra rerun is not installed")


def columns(file: Path, entity: str, component: str) -> tuple[list[int], list[object]]:
    """(frames, values) of one component of an entity in a recording, in the order of frames."""
    from rerun.chunk import RrdReader

    found: list[tuple[int, object]] = []
    for chunk in RrdReader(file).stream():
        batch = chunk.to_record_batch()
        name = next((name for name in batch.schema.names if name.endswith(component)), None)
        if chunk.entity_path == entity and name is not None and not chunk.is_static:
            frames = [int(value) for value in batch.column("frame").cast("int64").to_pylist()]
            found += zip(frames, batch.column(name).to_pylist(), strict=True)
    ordered = sorted(found, key=lambda pair: pair[0])
    return [frame for frame, _ in ordered], [value for _, value in ordered]


def test_a_recording_holds_frames_boxes_and_figures(
    make_runs: Callable[..., Path], own_data: Path, tmp_path: Path
) -> None:
    runs = make_runs({"opencv:csrt": 1.5, "opencv:kcf": 3.0})
    (file,) = view(runs, rerun=tmp_path / "rrd", on="folder", data=own_data, sequences="clip2").files
    assert file.name == "folder-clip2.rrd"
    frames, pictures = columns(file, "/frames", "EncodedImage:blob")
    assert frames == list(range(12))
    first = np.array(pictures[0][0], np.uint8)
    assert first.tobytes() == (own_data / "clip2" / "img" / "0000.png").read_bytes()
    assert cv2.imdecode(first, cv2.IMREAD_COLOR).shape == (60, 80, 3)
    scored = score(runs, on="folder", data=own_data, keep_frames=True, cache=False)
    for one in scored.scores:
        each = next(each for each in one.sequences if each.sequence == "clip2")
        _, overlaps = columns(file, f"/iou/{one.tracker.replace(':', chr(92) + ':')}", "Scalars:scalars")
        np.testing.assert_array_equal(np.ravel(overlaps), each.overlaps[np.isfinite(each.overlaps)])
        entity = f"/frames/boxes/{one.tracker.replace(':', chr(92) + ':')}"
        centres, halves = (
            np.squeeze(columns(file, entity, f"Boxes2D:{name}")[1]) for name in ("centers", "half_sizes")
        )
        assert each.detail is not None
        np.testing.assert_allclose(centres - halves, each.detail.prediction[:, :2], rtol=1e-6)  # Rerun's are float32
        np.testing.assert_allclose(2 * halves, each.detail.prediction[:, 2:], rtol=1e-6)


def test_what_is_not_there_is_said_in_a_line(
    make_runs: Callable[..., Path], own_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = make_runs({"opencv:csrt": 1.5})
    words = ["view", str(runs), "--on", "folder", "--data", str(own_data), "--rerun", str(tmp_path / "rrd")]
    with pytest.raises(SystemExit) as end:
        main([*words, "--sequences", "clip9"])
    assert end.value.code == 2
    assert "no sequence that was scored is called clip9" in capsys.readouterr().err
    assert not (tmp_path / "rrd").exists()
    with pytest.raises(SystemExit) as end:
        main(words)
    assert (end.value.code or 0) == 0
    assert len(list((tmp_path / "rrd").glob("*.rrd"))) == 4
