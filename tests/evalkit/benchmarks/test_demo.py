"""The rendered benchmarks: the boxes are where the pixels are, and the same seed gives the same bytes."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

import numpy as np
import pytest

from evalkit.benchmarks.registry import open_benchmark, recognise
from evalkit.benchmarks.synthetic import challenges, film, returns, things, writer
from evalkit.benchmarks.synthetic.bodies import Placement, bounds, disc, project, rod
from evalkit.benchmarks.synthetic.layers import layer_of, smear
from evalkit.benchmarks.synthetic.returns import RETURNS
from evalkit.benchmarks.synthetic.scenes import SCENES
from evalkit.benchmarks.synthetic.shapes import Pose, area, bounding_box, paint
from evalkit.benchmarks.synthetic.writer import render, render_long_term
from evalkit.errors import InputError
from evalkit.running.front import run

THINGS = (
    *(things.person, things.car, things.face, things.ball, things.bag),
    *(things.bird, things.surfer, things.tree, things.hoarding),
)


def digest(root: Path, pattern: str = "*") -> str:
    total = hashlib.sha256()
    for path in sorted(path for path in root.rglob(pattern) if path.is_file()):
        total.update(f"{path.relative_to(root)}".encode() + path.read_bytes())
    return total.hexdigest()


def test_the_seed_decides_every_byte(tmp_path):
    digests = [digest(render(tmp_path / name, seed, frames=3)) for name, seed in (("a", 1), ("b", 1), ("c", 2))]
    assert digests[0] == digests[1] != digests[2]


def test_it_is_read_as_it_was_drawn(tmp_path):
    render(tmp_path, frames=8)
    benchmark = open_benchmark("demo", data=tmp_path)
    assert [found.spec for found in recognise(tmp_path)] == ["demo"]
    inventory = benchmark.inventory()
    assert inventory.present == tuple(scene.name for scene in SCENES)
    assert inventory.verified
    assert tuple(challenges.DEMO_LONG_TERM) == tuple(scene.name for scene in RETURNS)
    for index, scene in enumerate(SCENES):
        sequence = benchmark.sequence(scene.name)
        drawn = film.draw(scene, np.random.default_rng([writer.EDITION, 0, index]), 8)
        np.testing.assert_array_equal(sequence.native, [box for _, box, _ in drawn])
        assert sequence.attributes == challenges.DEMO[scene.name]
        assert sequence.size == film.SIZE
        assert sequence.absent is not None
        assert sequence.absent.tolist() == [share == 0 for _, _, share in drawn]
        assert sequence.frames is not None
        difference = sequence.frames.read(7).astype(int) - drawn[7][0]
        assert abs(difference).mean() < 6  # JPEG


@pytest.mark.parametrize("change", ["seed", "edition"])
def test_a_run_on_other_scenes_is_not_taken_up(change, tmp_path, monkeypatch):
    """Neither on those of another seed nor on those of another version of the program; nothing is lost."""
    again = {"on": "demo", "data": tmp_path / "data", "out": tmp_path / "runs"}
    render(tmp_path / "data", frames=3)
    run("opencv:mosse", **again)
    before = digest(tmp_path / "runs", "*.txt")
    if change == "edition":
        monkeypatch.setattr(writer, "EDITION", writer.EDITION + 1)
    render(tmp_path / "data", 1 if change == "seed" else 0, frames=3)
    with pytest.raises(InputError, match=r"holds results on another annotation of .*--fresh deletes them"):
        run("opencv:mosse", **again)
    assert digest(tmp_path / "runs", "*.txt") == before
    run("opencv:mosse", **again, fresh=True)
    assert digest(tmp_path / "runs", "*.txt") != before


@pytest.mark.parametrize("make", THINGS)
@pytest.mark.parametrize("turn", [(0.0, 0.0, 0.0), (1.1, 0.3, 0.4), (3.0, -0.2, 2.0), (-1.6, 0.2, 0.0)])
def test_the_box_bounds_what_is_painted(make, turn):
    patches = project(make(np.random.default_rng(3))(0.3), Placement(80.3, 61.8, 50.0, *turn))
    layer = layer_of(patches, np.zeros(2))
    rows, columns = np.nonzero(layer.pixels[..., 3] >= 0.3)
    start = np.array([columns.min() + layer.left, rows.min() + layer.top])
    size = np.array([np.ptp(columns), np.ptp(rows)]) + 1
    # A corner thins out to less than that, so that it may end two pixels early, but never a whole one late.
    box = bounds(patches)
    assert (start >= box[:2] - 1.0).all()
    assert (start + size <= box[:2] + box[2:] + 1.0).all()
    np.testing.assert_allclose([*start, *size], box, atol=2.6)


def test_a_ball_is_as_large_as_it_is():
    """Its box from all sides, and its coverage, which is a regular 16-gon's."""
    ball = [rod([0, 0, 0], [0, 0, 0], 0.5, np.array([200.0, 80, 20]))]
    for yaw in (0.0, 0.7, 2.1):
        patches = project(ball, Placement(40.0, 30.0, 24.0, yaw, 0.3, 0.2))
        np.testing.assert_allclose(bounds(patches), [28, 18, 24, 24], atol=1e-3)
        coverage = layer_of(patches, np.zeros(2)).pixels[..., 3].sum()
        assert coverage == pytest.approx(0.5 * 16 * 12**2 * np.sin(2 * np.pi / 16), rel=0.03)


def test_what_looks_away_is_not_seen():
    front = disc([0, 0, 0.5], [0, 0, 1], 0.3, np.array([255.0, 255, 255]))
    assert len(project([front], Placement(0, 0, 10.0))) == 1
    assert len(project([front], Placement(0, 0, 10.0, yaw=np.pi))) == 0


@pytest.mark.parametrize("motion", [(0.0, 0.4), (7.0, 0.0), (-3.3, 5.1)])
def test_blur_moves_no_light(motion):
    pixels = np.zeros((41, 41, 4), np.float32)
    pixels[18:23, 18:23] = 100.0
    blurred = smear(pixels, np.array(motion), 0)
    assert blurred.sum() == pytest.approx(pixels.sum(), rel=1e-4)
    weights = blurred[..., 3] / blurred[..., 3].sum()
    assert [(weights.sum(axis=axis) * np.arange(41)).sum() for axis in (0, 1)] == pytest.approx([20, 20], abs=1e-3)
    spread = [(weights.sum(axis=axis) * (np.arange(41) - 20) ** 2).sum() - 2 for axis in (0, 1)]
    expected = np.square(motion) / 12 if np.hypot(*motion) >= 1 else np.zeros(2)
    np.testing.assert_allclose(spread, expected, rtol=0.2, atol=0.3)


@pytest.fixture(scope="module")
def drawn():
    """Boxes and visible shares of every scene."""
    frames = {scene.name: film.draw(scene, np.random.default_rng(0), 60) for scene in SCENES}
    return {
        name: (np.array([box for _, box, _ in clip]), np.array([share for _, _, share in clip]))
        for name, clip in frames.items()
    }


def test_every_difficulty_is_there(drawn):
    boxes, shares = ({name: each[part] for name, each in drawn.items()} for part in (0, 1))
    assert all(share[0] > 0.9 for share in shares.values())
    assert shares["motion"].min() > 0.9
    assert shares["occlusion"].min() < 0.3
    assert shares["occlusion"][-1] > 0.9
    assert 0.0 < shares["out-of-view"].min() < 0.7
    assert shares["out-of-view"][-1] > 0.9
    areas = boxes["scale-change"][:, 2] * boxes["scale-change"][:, 3]
    assert areas.max() / areas.min() > 4
    steps = np.linalg.norm(np.diff(boxes["fast-motion"][:, :2], axis=0), axis=1)
    assert steps.max() > 15
    aspects = boxes["rotation"][:, 2] / boxes["rotation"][:, 3]
    assert aspects.max() / aspects.min() > 1.5


def test_look_alikes_look_alike():
    """Those of one look have the colours of the target, those of another have not."""
    (scene,) = (scene for scene in SCENES if scene.name == "distractors")
    looks = [actor.look for actor in (*scene.behind, *scene.front)]
    assert looks.count(scene.target.look) >= 2
    first, same, other = (
        {tuple(part.colour.tolist()) for part in scene.target.thing(np.random.default_rng(seed))(0.0)}
        for seed in (5, 5, 6)
    )
    assert first == same != other


@pytest.mark.parametrize("pose", [Pose(40.3, 30.8, 12.2, 7.7, 0.4), Pose(35, 32.5, 6, 15, 2.0), Pose(30, 30, 9, 9)])
def test_the_box_bounds_a_plain_rectangle(pose):
    canvas = np.zeros((64, 80, 3), np.uint8)
    alpha = paint(canvas, np.full((8, 8, 3), 255, np.uint8), pose)
    rows, columns = np.nonzero(alpha >= 0.5)
    painted = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
    x, y, w, h = bounding_box(pose)
    # A turned corner thins out to less than half a pixel's coverage, so it may end up to a pixel and a half early.
    np.testing.assert_allclose(painted, [x, y, x + w, y + h], atol=1.5)
    assert alpha.sum() == pytest.approx(area(pose), rel=0.03)
    assert (canvas[alpha == 1.0] == 255).all()


def test_long_term_scenes(tmp_path):
    """Gone for good, back at another place, smaller, and and beside a look-alike."""
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
        returns.draw(each, np.random.default_rng(0), 20) for each in (scene, dataclasses.replace(scene, distractors=()))
    )
    for (image, *_), (empty, *_) in zip(with_it, without, strict=True):
        assert (image != empty).any(axis=2).sum() > 500


def test_the_seed_decides_the_long_term_scenes_too(tmp_path):
    digests = [
        digest(render_long_term(tmp_path / name, seed, frames=3)) for name, seed in (("a", 1), ("b", 1), ("c", 2))
    ]
    assert digests[0] == digests[1] != digests[2]
