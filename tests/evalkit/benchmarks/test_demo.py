"""The rendered benchmark: the boxes are where the pixels are, and the same seed gives the same bytes."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

import numpy as np
import pytest

from evalkit.benchmarks.registry import open_benchmark, recognise
from evalkit.benchmarks.synthetic.rendering import paint
from evalkit.benchmarks.synthetic.scenes import RETURNS, SCENES, SIZE, Pose, area, bounding_box
from evalkit.benchmarks.synthetic.writer import draw, render, render_long_term


def digest(root: Path) -> str:
    total = hashlib.sha256()
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        total.update(f"{path.relative_to(root)}".encode() + path.read_bytes())
    return total.hexdigest()


def test_the_seed_decides_every_byte(tmp_path):
    digests = [digest(render(tmp_path / name, seed, frames=3)) for name, seed in (("a", 1), ("b", 1), ("c", 2))]
    assert digests[0] == digests[1] != digests[2]


def test_it_is_read_as_it_was_drawn(tmp_path):
    render(tmp_path, frames=30)
    benchmark = open_benchmark("demo", data=tmp_path)
    assert [found.spec for found in recognise(tmp_path)] == ["demo"]
    inventory = benchmark.inventory()
    assert inventory.present == tuple(scene.name for scene in SCENES)
    assert inventory.verified
    for index, scene in enumerate(SCENES):
        sequence = benchmark.sequence(scene.name)
        drawn = draw(scene, np.random.default_rng([0, index]), 30)
        np.testing.assert_array_equal(sequence.native, [box for _, box, _ in drawn])
        assert sequence.attributes == scene.attributes
        assert sequence.size == SIZE
        assert sequence.absent is not None
        assert sequence.absent.tolist() == [share == 0 for _, _, share in drawn]
        assert sequence.frames is not None
        difference = sequence.frames.read(7).astype(int) - drawn[7][0]
        assert abs(difference).mean() < 6  # JPEG


@pytest.mark.parametrize("ellipse", [True, False])
@pytest.mark.parametrize("pose", [Pose(40.3, 30.8, 12.2, 7.7, 0.4), Pose(35, 32.5, 6, 15, 2.0), Pose(30, 30, 9, 9)])
def test_the_box_bounds_what_is_painted(pose, ellipse):
    canvas = np.zeros((64, 80, 3), np.uint8)
    alpha = paint(canvas, np.full((8, 8, 3), 255, np.uint8), pose, ellipse=ellipse)
    rows, columns = np.nonzero(alpha >= 0.5)
    painted = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
    x, y, w, h = bounding_box(pose, ellipse=ellipse)
    # A turned corner thins out to less than half a pixel's coverage, so it may end up to a pixel and a half early.
    np.testing.assert_allclose(painted, [x, y, x + w, y + h], atol=1.5)
    assert alpha.sum() == pytest.approx(area(pose, ellipse=ellipse), rel=0.03)
    assert (canvas[alpha == 1.0] == 255).all()


def test_every_difficulty_is_there():
    drawn = {scene.name: draw(scene, np.random.default_rng(0), 60) for scene in SCENES}
    shares = {name: np.array([share for _, _, share in frames]) for name, frames in drawn.items()}
    boxes = {name: np.array([box for _, box, _ in frames]) for name, frames in drawn.items()}
    assert shares["motion"].min() > 0.9
    assert (shares["occlusion"] == 0).any()
    assert shares["occlusion"][-1] > 0.9
    assert (shares["absence"] == 0).sum() >= 10
    assert shares["absence"][-1] > 0.9
    areas = boxes["scale-change"][:, 2] * boxes["scale-change"][:, 3]
    assert areas.max() / areas.min() > 4
    steps = np.linalg.norm(np.diff(boxes["fast-motion"][:, :2], axis=0), axis=1)
    assert steps.max() > 20
    turned = boxes["rotation"][:, 2] / boxes["rotation"][:, 3]
    assert turned.max() > 1.5 > 1 / 1.5 > turned.min()


def test_long_term_scenes(tmp_path):
    """Gone for good, back at another place, smaller, and beside a look-alike; the short-term demo is as it was."""
    render_long_term(tmp_path, frames=60)
    assert [found.spec for found in recognise(tmp_path)] == ["demo_lt"]
    benchmark = open_benchmark("demo_lt", data=tmp_path)
    assert benchmark.inventory().present == tuple(scene.name for scene in RETURNS)
    sequences = {name: benchmark.sequence(name) for name in benchmark.inventory().present}
    for name, sequence in sequences.items():
        absent = np.asarray(sequence.absent)
        assert 10 <= absent.sum() <= 32
        assert not absent[:15].any()
        assert absent[-1] == (name == "leaves")
        changes = np.flatnonzero(np.diff(absent.astype(int)))
        assert len(changes) == (1 if name == "leaves" else 2)
        if name != "leaves":
            before, after = sequence.native[changes[0]], sequence.native[changes[1] + 1]
            assert np.linalg.norm((before - after)[:2]) > 100
    smaller = sequences["returns-smaller"].native
    assert smaller[-1, 2] == pytest.approx(0.6 * smaller[5, 2])
    assert {scene.name for scene in SCENES}.isdisjoint(sequences)


def test_the_look_alike_is_there_all_the_time():
    (scene,) = (scene for scene in RETURNS if scene.distractors)
    with_it, without = (
        draw(each, np.random.default_rng(0), 20) for each in (scene, dataclasses.replace(scene, distractors=()))
    )
    for (image, *_), (empty, *_) in zip(with_it, without, strict=True):
        assert (image != empty).any(axis=2).sum() > 500


def test_the_seed_decides_the_long_term_scenes_too(tmp_path):
    digests = [
        digest(render_long_term(tmp_path / name, seed, frames=3)) for name, seed in (("a", 1), ("b", 1), ("c", 2))
    ]
    assert digests[0] == digests[1] != digests[2]
