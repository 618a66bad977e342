"""OxUvA: relative boxes every 30th frame, absence, and its rates, by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import evalkit
from evalkit.benchmarks.registry import open_benchmark, recognise
from evalkit.errors import InputError

NAME, SIZE = "vid0025_obj0001", (640, 400)


def table(root: Path, rows: list[str], kind: str = "annotations") -> Path:
    file = root / "oxuva" / kind / "dev.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(f"{row}\n" for row in rows))
    return root


def label(frame: int, box: str | None) -> str:
    presence = f"present,{box}" if box else "absent,-1,-1,-1,-1"
    return f"vid0025,obj0001,3,dog,false,unknown,{frame},{presence}"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Frames 30 to 120: there, gone at 60, back at 90 in another place, and there at 120."""
    rows = [label(30, "0.25,0.5,0.5,0.75"), label(60, None), label(90, "0,0.25,0,0.25"), label(120, "0,0.25,0,0.25")]
    table(tmp_path, rows)
    (tmp_path / "oxuva" / "image_sizes.json").write_text(json.dumps({NAME: SIZE}))
    return tmp_path


def test_boxes_in_pixels_and_flags(root: Path) -> None:
    (benchmark,) = recognise(root)
    assert benchmark.name == "oxuva"
    sequence = benchmark.sequence(NAME)
    assert len(sequence) == 91
    assert sequence.initial_box.tolist() == [160, 200, 160, 100]
    assert np.flatnonzero(sequence.flags["labelled"]).tolist() == [0, 30, 60, 90]
    assert np.flatnonzero(np.asarray(sequence.absent)).tolist() == [30]
    assert np.flatnonzero(np.isfinite(sequence.native).all(axis=1)).tolist() == [0, 60, 90]
    assert benchmark.official_length("vid0025_obj0001") == 27990 - 2700 + 1


def test_rates_of_the_annotated_frames(root: Path) -> None:
    # Right in the first frame and at 120, elsewhere at 90; says "gone" from 50 on but not at 90 and after.
    rows = ["160,200,160,100"] * 61 + ["300,300,50,50"] * 29 + ["0,0,160,100"]
    said = ["1"] * 20 + ["0"] * 30 + ["1"] * 41
    folder = root / "runs" / "mine" / "oxuva"
    folder.mkdir(parents=True)
    (folder / f"{NAME}.txt").write_text("".join(f"{row}\n" for row in rows))
    (folder / f"{NAME}_visible.txt").write_text("".join(f"{flag}\n" for flag in said))
    scores = evalkit.score(root / "runs", on="oxuva", data=root, partial=True, protocols=["official", "long-term"])
    official, own = scores
    # The first frame does not count: of 90 and 120 one is right, and at 60 it says so.
    assert (official.metrics["tpr"], official.metrics["tnr"]) == (0.5, 1.0)
    assert official.metrics["gm"] == official.metrics["maxgm"] == pytest.approx(0.5**0.5)
    assert official.metrics["f_score"] is None
    assert (own.metrics["redetected"], own.metrics["redetection_delay"]) == (1.0, 30.0)


def test_images_say_the_size_and_are_shared(tmp_path: Path, write_images: Callable[..., Path]) -> None:
    table(tmp_path, [label(2, "0.25,0.5,0.5,1"), label(4, None)])
    write_images(tmp_path / "oxuva" / "images" / "dev" / "vid0025", [f"{number:06d}.jpeg" for number in range(9)])
    sequence = open_benchmark("oxuva", data=tmp_path).sequence(NAME)
    assert sequence.initial_box.tolist() == [2, 3, 2, 3]  # of 8 x 6 pixels
    assert sequence.frames is not None
    assert [int(sequence.frames.read(index)[0, 0, 0]) for index in range(3)] == [2, 3, 4]


def test_the_test_set_has_first_boxes_alone(root: Path) -> None:
    table(root, ["vid0025,obj0001,2700,2760,0.5,0.75,0.25,0.5"], kind="tasks")
    (root / "oxuva" / "annotations" / "dev.csv").unlink()
    benchmark = open_benchmark("oxuva", data=root)
    assert len(benchmark.sequence(NAME)) == 61
    folder = root / "runs" / "mine" / "oxuva"
    folder.mkdir(parents=True)
    (folder / f"{NAME}.txt").write_text("320,100,160,100\n" * 61)
    with pytest.raises(InputError, match="holds the first frame's box alone") as error:
        evalkit.score(root / "runs", on="oxuva", data=root, partial=True)
    assert error.value.hint == "`stdtrack pack oxuva` writes what its server takes"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["vid0025,obj0001,3,dog,false,unknown,0,present,0,1,0"], "has 11 columns.*row 1"),
        (["vid0025,obj0001,3,dog,false,unknown,0,maybe,0,1,0,1"], "'maybe' is neither present nor absent"),
        (["vid0025,obj0001,3,dog,false,unknown,x,present,0,1,0,1"], "'x' is no number of a frame"),
        ([label(0, "0,1,zero,1")], "are not four numbers"),
        ([label(0, "0,nan,0,1")], "are not finite"),
        ([label(0, None), label(30, "0,1,0,1")], "begins with a frame without the target"),
    ],
)
def test_a_wrong_table(rows: list[str], said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said.partition(".*")[0]):
        _ = open_benchmark("oxuva", data=table(tmp_path, rows)).sources


def test_relative_boxes_need_a_size(tmp_path: Path) -> None:
    benchmark = open_benchmark("oxuva", data=table(tmp_path, [label(0, "0,1,0,1"), label(30, None)]))
    with pytest.raises(InputError, match="size is not known") as error:
        benchmark.sequence(NAME)
    assert "image_sizes.json" in str(error.value)


def test_an_unknown_split(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown split 'train'"):
        open_benchmark("oxuva?split=train", data=table(tmp_path, [label(0, "0,1,0,1")]))
