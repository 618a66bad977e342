"""TrackingNet and GOT-10k: ground truth that begins and ends with the first frame."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evalkit.benchmarks.got10k import GOT10k
from evalkit.benchmarks.trackingnet import TrackingNet
from evalkit.errors import InputError


def write_got10k(folder: Path, rows: int = 3) -> None:
    folder.mkdir(parents=True)
    (folder / "groundtruth.txt").write_text("1.0000,2.0000,3.0000,4.0000\n" * rows)
    (folder / "cover.label").write_text("8\n0\n3\n")
    (folder / "absence.label").write_text("0\n1\n0\n")
    (folder / "cut_by_image.label").write_text("0\n0\n1\n")
    (folder / "meta_info.ini").write_text("[METAINFO]\nurl: x\nresolution: (640, 360)\n")


@pytest.mark.parametrize("depth", ["", "TEST"])
def test_trackingnet_frames_in_order_of_their_numbers(depth: str, tmp_path: Path, write_rows, write_images) -> None:
    write_rows(tmp_path / depth / "anno" / "a-b_0.txt", 1)
    write_images(tmp_path / depth / "frames" / "a-b_0", [f"{number}.png" for number in range(11)])
    sequence = TrackingNet(tmp_path).sequence("a-b_0")
    assert sequence.frames is not None
    assert [sequence.frames.read(index)[0, 0, 0] for index in range(11)] == list(range(11))
    assert (len(sequence), sequence.initial_box.tolist()) == (11, [1, 2, 3, 4])
    assert np.isnan(sequence.native[1:]).all()


def test_got10k_labels_and_resolution(tmp_path: Path) -> None:
    write_got10k(tmp_path / "val" / "GOT-10k_Val_000002")
    sequence = GOT10k(tmp_path).sequence("GOT-10k_Val_000002")
    assert sequence.size == (640, 360)
    assert sequence.origin == 0
    assert sequence.absent is not None
    assert sequence.absent.tolist() == [False, True, False]
    assert sequence.flags["cover"].tolist() == [8, 0, 3]
    assert sequence.flags["cut_by_image"].tolist() == [0, 0, 1]


def test_got10k_splits(tmp_path: Path) -> None:
    for split, names in (("train", ["GOT-10k_Train_000001"]), ("val", ["GOT-10k_Val_000001", "GOT-10k_Val_000002"])):
        for name in names:
            write_got10k(tmp_path / split / name)
    inventory = GOT10k(tmp_path).inventory()
    assert inventory.present == ("GOT-10k_Val_000001", "GOT-10k_Val_000002")
    assert (inventory.total, inventory.verified) == (180, True)
    assert GOT10k(tmp_path, {"split": "train"}).inventory().total == 9335
    assert not GOT10k(tmp_path, {"split": "test"}).sources
    assert not GOT10k(tmp_path / "val", {"split": "train"}).sources
    with pytest.raises(InputError, match="unknown split 'all'"):
        GOT10k(tmp_path, {"split": "all"})
    with pytest.raises(InputError, match="unknown option 'splits'"):
        GOT10k(tmp_path, {"splits": "val"})


def test_got10k_list_that_came_with_the_data(tmp_path: Path) -> None:
    write_got10k(tmp_path / "train" / "b")
    write_got10k(tmp_path / "train" / "a")
    (tmp_path / "train" / "list.txt").write_text("b\na\nc\n")
    inventory = GOT10k(tmp_path).inventory()
    assert (inventory.present, inventory.missing, inventory.verified) == (("b", "a"), ("c",), False)


def test_got10k_test_split_has_one_row(tmp_path: Path, write_rows, write_images) -> None:
    write_rows(tmp_path / "test" / "GOT-10k_Test_000001" / "groundtruth.txt", 1)
    write_images(tmp_path / "test" / "GOT-10k_Test_000001", ["00000001.png", "00000002.png"])
    sequence = GOT10k(tmp_path).sequence("GOT-10k_Test_000001")
    assert (len(sequence), np.isnan(sequence.native[1]).all()) == (2, True)


def test_got10k_annotation_without_meta_files(tmp_path: Path, write_rows) -> None:
    write_rows(tmp_path / "gt" / "GOT-10k_Val_000001" / "groundtruth.txt", 3)
    facts = '{"resolution_inferred": [640, 360], "dropped_frames_1based": [2]}'
    (tmp_path / "inferred_meta.json").write_text(f'{{"seqs": {{"GOT-10k_Val_000001": {facts}}}}}')
    sequence = GOT10k(tmp_path).sequence("GOT-10k_Val_000001")
    assert (sequence.size, sequence.flags["cover"].tolist()) == ((640, 360), [1, 0, 1])
    (tmp_path / "inferred_meta.json").write_text('{"seqs": []}')
    with pytest.raises(InputError, match="inferred_meta"):
        GOT10k(tmp_path).sequence("GOT-10k_Val_000001")
