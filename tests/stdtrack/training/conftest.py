"""Tiny data sets in the layouts that training reads: bright squares that move over noise."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

SIZE, FRAMES = (96, 72), 10


def moving_square(frames: int, seed: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Images (72 x 96 x 3) and boxes (N, 4) of a bright square on dark noise."""
    rng = np.random.default_rng(seed)
    start, step = rng.uniform(10, 40, size=2), rng.uniform(-1, 1, size=2)
    images, boxes = [], []
    for index in range(frames):
        x, y = np.rint(start + step * index).astype(int)
        image = rng.integers(0, 60, size=(SIZE[1], SIZE[0], 3), dtype=np.uint8)
        image[y : y + 16, x : x + 20] = 230
        images.append(image)
        boxes.append([x, y, 20, 16])
    return images, np.array(boxes, dtype=float)


def write_frames(folder: Path, images: list[np.ndarray], name: str) -> None:
    """Images as JPEG files ``name % number``, from 1."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, image in enumerate(images, start=1):
        cv2.imwrite(str(folder / (name % number)), image)


def write_got10k(root: Path, names: tuple[str, ...], frames: int = FRAMES) -> None:
    """``root/train/<name>/`` and list.txt."""
    for seed, name in enumerate(names):
        images, boxes = moving_square(frames, seed)
        write_frames(root / "train" / name, images, "%08d.jpg")
        np.savetxt(root / "train" / name / "groundtruth.txt", boxes, fmt="%.2f", delimiter=",")
        (root / "train" / name / "absence.label").write_text("0\n" * frames)
    (root / "train" / "list.txt").write_text("\n".join(names) + "\n")


def write_lasot(root: Path, names: tuple[str, ...]) -> None:
    """``root/<class>/<name>/img`` with 1-based boxes and the two flag lines."""
    for seed, name in enumerate(names):
        folder = root / name.split("-")[0] / name
        images, boxes = moving_square(FRAMES, seed)
        write_frames(folder / "img", images, "%08d.jpg")
        np.savetxt(folder / "groundtruth.txt", boxes + np.array([1, 1, 0, 0]), fmt="%d", delimiter=",")
        for flag in ("full_occlusion.txt", "out_of_view.txt"):
            (folder / flag).write_text(",".join("0" * FRAMES))


def write_trackingnet(root: Path, names: tuple[str, ...]) -> None:
    """``root/{frames/<name>/<n>.jpg,anno/<name>.txt}``: one chunk of the training set."""
    (root / "anno").mkdir(parents=True)
    for seed, name in enumerate(names):
        images, boxes = moving_square(FRAMES, seed)
        write_frames(root / "frames" / name, images, "%d.jpg")
        np.savetxt(root / "anno" / f"{name}.txt", boxes, fmt="%.2f", delimiter=",")


def write_coco(root: Path, images: str, annotation: str, count: int = 3) -> None:
    """COCO's layout with ``count`` pictures of one object each."""
    (root / annotation).parent.mkdir(parents=True, exist_ok=True)
    content: dict[str, list[dict[str, object]]] = {"images": [], "annotations": []}
    (root / images).mkdir(parents=True)
    for number in range(count):
        pictures, boxes = moving_square(1, number)
        cv2.imwrite(str(root / images / f"{number}.jpg"), pictures[0])
        content["images"].append({"id": number, "file_name": f"{number}.jpg", "width": SIZE[0], "height": SIZE[1]})
        content["annotations"].append({"id": number, "image_id": number, "bbox": boxes[0].tolist(), "iscrowd": 0})
    (root / annotation).write_text(json.dumps(content))


TINY = """
variant = "nano"
workers = 0
threads = 1
device = "cpu"
save_every = 2
log_every = 1
[[stages]]
steps = 4
frames = 2
batch = 2
warmup = 1
[[sources]]
benchmark = "got10k?split=train"
root = "got10k"
[validation]
names = ["c"]
every = 4
"""


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A folder with three sequences in GOT-10k's layout and ``tiny.toml``, which trains four steps on two of them."""
    write_got10k(tmp_path / "got10k", ("a", "b", "c"))
    (tmp_path / "tiny.toml").write_text(f'data_root = "{tmp_path}"\nout = "{tmp_path / "run"}"\n{TINY}')
    return tmp_path


@pytest.fixture(scope="session")
def layouts() -> SimpleNamespace:
    """The writers of this file, for tests that need other layouts."""
    return SimpleNamespace(got10k=write_got10k, lasot=write_lasot, trackingnet=write_trackingnet, coco=write_coco)
