"""Still pictures as clips."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from evalkit.errors import InputError
from stdtrack.training.stills import VIEW, Still, camera_path, draw_still, load_stills, usable_boxes, view


def test_the_box_follows_the_camera() -> None:
    image = np.zeros((200, 300, 3), np.uint8)
    image[60:90, 100:140] = 255
    box = np.array([100.0, 60.0, 40.0, 30.0])
    seen, moved = view(image, box, np.array([0.2, 0.1, 0.0]), 40.0)
    assert seen.shape == (VIEW, VIEW, 3)
    bright = seen[..., 0] > 127
    x, y = np.flatnonzero(bright.any(0)), np.flatnonzero(bright.any(1))
    np.testing.assert_allclose(moved, [x[0], y[0], np.ptp(x) + 1, np.ptp(y) + 1], atol=1.5)
    assert np.isclose(moved[2] / moved[3], 40 / 30 * np.exp(0.1))


def test_the_camera_moves_smoothly() -> None:
    path = camera_path(5, np.random.default_rng(0))
    np.testing.assert_allclose(np.diff(path, axis=0, n=2), 0, atol=1e-12)


def test_clips_of_a_still_are_all_visible() -> None:
    still = Still(Path("a.jpg"), np.array([[50.0, 40.0, 30.0, 20.0]]), np.zeros((120, 160, 3), np.uint8))
    shots = draw_still(still, 2, 3, np.random.default_rng(0))
    assert len(shots.images) == 5
    assert shots.templates == 2
    assert shots.visible.all()


def test_boxes_that_teach_nothing_are_left_out() -> None:
    boxes = [[0, 0, 30, 30], [0, 0, 5, 30], [0, 0, 95, 40], [0, 0, 40, 40]]
    annotations = [{"bbox": box, "iscrowd": int(index == 3)} for index, box in enumerate(boxes)]
    assert usable_boxes(annotations, 100, 100).tolist() == [[0, 0, 30, 30]]
    assert usable_boxes([], 100, 100).shape == (0, 4)


@pytest.mark.parametrize(
    ("images", "annotation"), [("images", "instances.json"), ("train2017", "annotations/instances_train2017.json")]
)
def test_coco_layouts(tmp_path: Path, layouts: SimpleNamespace, images: str, annotation: str) -> None:
    layouts.coco(tmp_path, images, annotation)
    (tmp_path / images / "1.jpg").write_bytes(b"no picture")
    stills, unreadable = load_stills(tmp_path, limit=0, cache=True)
    assert [still.path.name for still in stills] == ["0.jpg", "2.jpg"]
    assert len(unreadable) == 1
    assert "1.jpg" in unreadable[0]
    assert len(load_stills(tmp_path, limit=1, cache=False)[0]) == 1


def test_wrong_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="COCO format is expected"):
        load_stills(tmp_path, limit=0, cache=False)
    (tmp_path / "images").mkdir()
    (tmp_path / "instances.json").write_text('{"images": [{"id": 1}], "annotations": []}')
    with pytest.raises(InputError, match="not an annotation file"):
        load_stills(tmp_path, limit=0, cache=False)
    (tmp_path / "instances.json").write_text('{"images": [], "annotations": []}')
    with pytest.raises(InputError, match="no picture"):
        load_stills(tmp_path, limit=0, cache=False)
