"""Clips whose target leaves and comes back: what is erased, what is pasted, what is annotated; one seed, one clip."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

import evalkit
from evalkit.benchmarks.registry import open_benchmark
from evalkit.benchmarks.synthetic.cut_paste import CutAndPasted, cut_and_paste, plan, write_sequence
from evalkit.benchmarks.synthetic.erasing import erased
from evalkit.benchmarks.synthetic.shapes import Pose, noise_texture, paint
from evalkit.errors import InputError
from evalkit.sequences.sequence import Sequence
from evalkit.types import Image

FRAMES, SIZE, SIDE = 60, (320, 240), 40.0


class Clip:
    """A square in front of a picture that stands still."""

    def __init__(self, *, moves: bool = True, sizes: bool = False) -> None:
        stream = np.random.default_rng(7)
        self.background = noise_texture(stream, *SIZE, 64, contrast=0.4)
        self.texture = noise_texture(stream, 32, 32, 10, contrast=1.6)
        steps = np.linspace(0, 1, FRAMES) if moves else np.zeros(FRAMES)
        self.centers = np.stack([60 + 190 * steps, 80 + 60 * steps], axis=1)
        self.sizes = sizes

    def __len__(self) -> int:
        return FRAMES

    def name(self, index: int) -> str:
        return f"{index}.jpg"

    def read(self, index: int) -> Image:
        image = self.background.copy()
        paint(image, self.texture, Pose(*self.centers[index], SIDE / 2, SIDE / 2))
        return cv2.resize(image, (160, 120)) if self.sizes and index % 2 else image

    def sequence(self) -> Sequence:
        boxes = np.hstack([self.centers - SIDE / 2, np.full((FRAMES, 2), SIDE)])
        if self.sizes:
            boxes[1::2] /= 2
        return Sequence("clip", "folder", boxes, 0, frames=self)


def made(seed: int = 0, clip: Clip | None = None, **options: bool) -> tuple[Sequence, CutAndPasted]:
    found = cut_and_paste((clip or Clip()).sequence(), seed, **options)
    assert isinstance(found.frames, CutAndPasted)
    return found, found.frames


def inner(image: Image, box: np.ndarray, margin: float = 0.25) -> np.ndarray:
    """The middle of a box, scaled to 20 x 20."""
    x, y, w, h = box
    left, top, right, bottom = x + margin * w, y + margin * h, x + (1 - margin) * w, y + (1 - margin) * h
    part = image[round(top) : round(bottom), round(left) : round(right)]
    return cv2.resize(part, (20, 20), interpolation=cv2.INTER_AREA).astype(float)


def test_one_seed_one_clip() -> None:
    (first, frames), (again, others), (other, _) = made(3), made(3), made(4)
    np.testing.assert_array_equal(first.native, again.native)
    assert first.name != other.name
    assert not np.array_equal(first.native, other.native, equal_nan=True)
    for index in (0, 25, 59):
        np.testing.assert_array_equal(frames.read(index), others.read(index))


@pytest.mark.parametrize("seed", range(5))
def test_the_target_leaves_and_comes_back_elsewhere(seed: int) -> None:
    clip = Clip()
    found, frames = made(seed, clip)
    leaves, returns = frames.plan.leaves, frames.plan.returns
    assert 15 <= leaves <= 24
    assert 12 <= returns - leaves <= 24
    absent = np.asarray(found.absent)
    assert np.flatnonzero(absent).tolist() == list(range(leaves, returns))
    np.testing.assert_array_equal(np.isnan(found.native).any(axis=1), absent)
    np.testing.assert_array_equal(frames.read(leaves - 1), clip.read(leaves - 1))
    back = found.native[returns:]
    assert (back[:, :2] >= 0).all()
    assert (back[:, :2] + back[:, 2:] <= np.array(SIZE)).all()
    gap = back[0, :2] + back[0, 2:] / 2 - clip.centers[leaves - 1]
    assert np.hypot(*gap) >= 0.25 * np.hypot(*SIZE)


def test_what_is_erased_and_pasted() -> None:
    clip = Clip()
    found, frames = made(1, clip)
    truth = clip.sequence().native
    away = frames.plan.leaves + 2
    assert np.abs(frames.read(away).astype(int) - clip.background).max() < 12  # the background was seen elsewhere
    back = frames.plan.returns + 3
    image = frames.read(back)
    assert np.abs(inner(image, found.native[back]) - inner(clip.read(back), truth[back])).mean() < 6
    there = inner(clip.background, truth[back])
    assert np.abs(inner(image, truth[back]) - there).mean() < 12


def test_it_may_come_back_smaller() -> None:
    found, frames = made(2, smaller=True)
    sides = found.native[frames.plan.returns :, 2:]
    assert 0.5 <= frames.plan.scale <= 0.8
    np.testing.assert_allclose(sides, SIDE * frames.plan.scale)


def test_a_look_alike_may_stay() -> None:
    clip = Clip()
    found, frames = made(2, clip, look_alike=True)
    place = frames.plan.look_alike
    assert place is not None
    for index in (0, frames.plan.leaves + 1, frames.plan.returns + 1):
        assert np.abs(inner(frames.read(index), place) - inner(clip.background, place)).mean() > 20
    for box in found.native[~np.asarray(found.absent)]:
        assert np.abs(box[:2] - place[:2]).max() > 15


def test_a_target_that_stands_still_is_inpainted() -> None:
    clip = Clip(moves=False)
    _, frames = made(0, clip)
    image, box = frames.read(frames.plan.leaves), clip.sequence().native[0]
    assert np.abs(inner(image, box) - inner(clip.read(0), box)).mean() > 20
    assert np.abs(inner(image, box) - inner(clip.background, box)).mean() < 30


def test_a_frame_of_another_background_is_not_taken() -> None:
    image, box = Clip().read(0), Clip().sequence().native[0]
    other = 255 - Clip().background
    np.testing.assert_array_equal(erased(image, box, [(other, box + 100)]), erased(image, box, []))
    np.testing.assert_array_equal(erased(image, box, [(other[:100], box + 100)]), erased(image, box, []))


def test_frames_of_other_sizes_are_scaled() -> None:
    found, frames = made(1, Clip(sizes=True))
    plain, _ = made(1)
    np.testing.assert_allclose(found.native, plain.native, atol=1e-9)
    assert {frames.read(index).shape for index in (0, 1, 50, 51)} == {(240, 320, 3)}


def test_written_it_is_a_benchmark_of_ones_own(tmp_path: Path) -> None:
    found, frames = made(5)
    write_sequence(tmp_path / "data", found)
    read = open_benchmark("folder", data=tmp_path / "data").sequence(found.name)
    np.testing.assert_array_equal(read.native, found.native)
    np.testing.assert_array_equal(read.absent, found.absent)
    assert read.frames is not None
    assert np.abs(read.frames.read(30).astype(int) - frames.read(30)).mean() < 4  # JPEG
    folder = tmp_path / "runs" / "right" / "folder"
    folder.mkdir(parents=True)
    rows = np.nan_to_num(found.native, nan=1.0)
    (folder / f"{found.name}.txt").write_text("".join(",".join(map(repr, row)) + "\n" for row in rows.tolist()))
    said = "".join(f"{int(not gone)}\n" for gone in np.asarray(found.absent))
    (folder / f"{found.name}_visible.txt").write_text(said)
    (score,) = evalkit.score(tmp_path / "runs", on="folder", data=tmp_path / "data", protocols="long-term")
    assert score.metrics["tpr"] == score.metrics["tnr"] == score.metrics["redetected"] == 1.0
    assert score.metrics["redetection_delay"] == 0.0


def test_clips_that_cannot_be_used() -> None:
    boxes = Clip().sequence().native
    for wrong, said in (
        (boxes[:20], "20 frames is too short"),
        (np.vstack([boxes, [[np.nan] * 4]]), "not in every frame"),
        (boxes * [1, 1, 5, 5], "covers 52% of the image"),
        (boxes * [1, 1, 0.2, 0.2], "less than 12 pixels"),
    ):
        with pytest.raises(InputError, match=said):
            plan(wrong, SIZE, 0)
    with pytest.raises(InputError, match="has no frames"):
        cut_and_paste(replace(Clip().sequence(), frames=None), 0)


def test_real_clips(shared: Path) -> None:
    benchmark = open_benchmark("got10k?split=train", data=shared / "train")
    for name in ("vot_basketball", "uavdt_S0310", "tld_jumping"):
        source = benchmark.sequence(name)
        found, frames = (lambda made: (made, made.frames))(cut_and_paste(source, 3, smaller=True))
        assert frames is not None
        assert frames.read(0).shape[1::-1] == found.size
        returns = int(np.flatnonzero(np.asarray(found.absent))[-1]) + 1
        assert np.isfinite(found.native[returns:]).all()
        assert frames.read(returns).shape == frames.read(0).shape
