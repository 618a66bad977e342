"""Corruptions: what each does, that it is the same in whatever order it is read, and that the truth follows it."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from evalkit import run
from evalkit.benchmarks.variations import VARIATIONS, Setting
from evalkit.robustness.corruptions.blur import motion_directions
from evalkit.robustness.suites import variations_of
from evalkit.sequences.sequence import Sequence
from evalkit.types import Image
from tests.evalkit.robustness.conftest import FRAMES, SIDE, true_boxes

Open = Callable[[str], Sequence]
CORRUPTIONS = [each.name for each in variations_of(["corruptions"])]
ORDERED = ["frame_drops", "frame_duplicates", "low_frame_rate", "freeze"]
MOVED = ["shake", "rolling_shutter"]
OF_PIXELS = [name for name in CORRUPTIONS if name not in ORDERED]
DRAWN = ["gaussian_noise", "shot_noise", "impulse_noise", "fog", "rain", "snow", "flicker", "colour_cast", *MOVED]


class Still:
    """Frames of one picture."""

    def __init__(self, image: Image) -> None:
        self.image = image

    def __len__(self) -> int:
        return FRAMES

    def read(self, index: int) -> Image:
        return self.image

    def name(self, index: int) -> str:
        return "still"


def corrupted(name: str, level: int, image: Image, index: int = 5, seed: int = 0) -> Image:
    sequence = Sequence("still", "folder", true_boxes(), 0, Still(image))
    frames = VARIATIONS[name].apply(sequence, Setting(level, seed)).frames
    assert frames is not None
    return frames.read(index)


def read_all(sequence: Sequence) -> list[Image]:
    assert sequence.frames is not None
    return [sequence.frames.read(index) for index in range(len(sequence))]


def test_every_kind_of_the_issue_is_there() -> None:
    kinds = {each.kind for each in variations_of(["corruptions"])}
    assert kinds == {"noise", "blur", "weather", "light", "digital", "camera"}
    assert len(CORRUPTIONS) == 24


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_frames_are_the_same_in_any_order_and_after_pickling(name: str, open_clip: Open) -> None:
    first = read_all(open_clip(f"folder+{name}@4"))
    other = pickle.loads(pickle.dumps(open_clip(f"folder+{name}@4")))  # noqa: S301 - our own bytes
    for index in (17, 3, 29, 0, 16):
        assert np.array_equal(other.frames.read(index), first[index])
    assert {(image.shape, image.dtype.name) for image in first} == {(first[0].shape, "uint8")}


@pytest.mark.parametrize("name", DRAWN)
def test_the_seed_decides(name: str) -> None:
    image = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    assert np.array_equal(corrupted(name, 3, image, seed=1), corrupted(name, 3, image, seed=1))
    assert not np.array_equal(corrupted(name, 3, image, seed=1), corrupted(name, 3, image, seed=2))


@pytest.mark.parametrize("name", OF_PIXELS)
def test_a_severer_level_changes_more_and_leaves_the_frame_itself_alone(name: str) -> None:
    image = cv2.GaussianBlur(np.random.default_rng(2).integers(0, 256, (240, 320, 3), dtype=np.uint8), (0, 0), 1.0)
    image[80:120, 100:150] = (230, 40, 20)
    clean = image.copy()
    changes = [[corrupted(name, level, image, index).astype(float) - clean for index in (3, 7)] for level in (1, 3, 5)]
    mild, middle, severe = (np.square(change).mean() for change in changes)
    assert 0 < mild < middle < severe
    assert np.array_equal(image, clean)


@pytest.mark.parametrize("name", OF_PIXELS)
@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (17, 200)])
def test_any_size_of_picture(name: str, shape: tuple[int, int]) -> None:
    image = np.full((*shape, 3), 128, np.uint8)
    for index in (0, 29):
        assert corrupted(name, 5, image, index).shape == image.shape


def test_noise_has_the_size_that_is_stated() -> None:
    grey = np.full((400, 400, 3), 128, np.uint8)
    noise = corrupted("gaussian_noise", 2, grey).astype(float) - 128
    assert noise.std() == pytest.approx(0.08 * 255, rel=0.02)
    assert abs(noise.mean()) < 0.2
    few = corrupted("shot_noise", 2, grey).astype(float)
    assert few.mean() == pytest.approx(128, abs=1.0)
    assert few.std() == pytest.approx(255 * np.sqrt(128 / 255 * 50) / 50, rel=0.03)  # Poisson: the root of the mean
    hit = corrupted("impulse_noise", 3, grey)
    assert (hit == 255).all(axis=2).mean() == pytest.approx(0.03, abs=0.003)
    assert (hit == 0).all(axis=2).mean() == pytest.approx(0.03, abs=0.003)


def test_noise_is_fresh_and_weather_goes_on() -> None:
    grey = np.full((96, 128, 3), 100, np.uint8)
    assert not np.array_equal(corrupted("gaussian_noise", 3, grey, 1), corrupted("gaussian_noise", 3, grey, 2))
    one, next_one, later = (corrupted("fog", 3, grey, index).astype(float) for index in (1, 2, 25))
    assert np.abs(one - next_one).mean() < 0.25 * np.abs(one - later).mean()  # banks that drift do not flicker


def test_light_by_hand() -> None:
    value = np.array([[[0, 100, 210]]], np.uint8)
    assert corrupted("brightness", 3, value).tolist() == [[[76, 176, 255]]]  # + 0.3 * 255 = 76.5, to even
    assert corrupted("contrast", 3, value).tolist() == [[[84, 118, 156]]]  # 127.5 + 0.34 (v - 127.5)
    assert corrupted("gamma", 2, value).tolist() == [[[0, 39, 173]]]  # v^2 / 255
    assert corrupted("grey", 5, value).tolist() == [[[83, 83, 83]]]  # 0.587 * 100 + 0.114 * 210 = 82.6


def test_pixels_become_blocks() -> None:
    image = np.random.default_rng(1).integers(0, 256, (480, 640, 3), dtype=np.uint8)
    blocks = corrupted("pixelate", 5, image).reshape(48, 10, 64, 10, 3)
    assert np.array_equal(blocks, np.broadcast_to(blocks[:, :1, :, :1], blocks.shape))
    assert blocks[3, 0, 4, 0, 1] == pytest.approx(image[30:40, 40:50, 1].mean(), abs=1)


def test_blur_is_along_the_true_motion() -> None:
    boxes = np.array([[0.0, 0, 4, 4], [4, 3, 4, 4], [8, 6, 4, 4], [np.nan] * 4, [8, 6, 4, 4]])
    directions = motion_directions(boxes)
    assert directions[0] == pytest.approx([0.8, 0.6])
    assert directions[4] == pytest.approx([0.8, 0.6])  # unknown: as before
    stripes = np.zeros((90, 120, 3), np.uint8)
    stripes[::4] = 255
    across = Sequence("s", "folder", np.array([[10.0 + 5 * i, 20, 16, 16] for i in range(8)]), 0, Still(stripes))
    down = replace(across, native=across.native[:, [1, 0, 2, 3]])
    contrast = [
        VARIATIONS["motion_blur"].apply(each, Setting(3)).frames.read(4)[20:70, 20:100].std()  # type: ignore[union-attr]
        for each in (across, down)
    ]
    assert contrast[0] > 100 > 40 > contrast[1]  # horizontal stripes survive a horizontal smear alone


@pytest.mark.parametrize("name", MOVED)
def test_ground_truth_moves_with_the_picture(name: str, open_clip: Open) -> None:
    sequence = open_clip(f"folder+{name}@4")
    assert np.abs(sequence.ground_truth - true_boxes())[:, :2].max() > 1.0
    for image, (x, y, w, h) in zip(read_all(sequence), sequence.ground_truth, strict=True):
        weight = np.clip(image.mean(axis=2) - 110, 0, None)
        rows, columns = np.mgrid[: image.shape[0], : image.shape[1]] + 0.5
        assert np.average(columns, weights=weight) == pytest.approx(x + w / 2, abs=0.6)
        assert np.average(rows, weights=weight) == pytest.approx(y + h / 2, abs=0.6)


@pytest.mark.parametrize("name", ORDERED)
def test_ground_truth_is_that_of_the_picture_shown(name: str, open_clip: Open) -> None:
    sequence = open_clip(f"folder+{name}@5")
    shown = ((sequence.ground_truth[:, 0] - 10) / 2).astype(int)
    assert len(set(shown.tolist())) < FRAMES
    assert (shown <= np.arange(FRAMES)).all()
    assert shown[0] == 0
    for image, (x, y, _, _) in zip(read_all(sequence), sequence.ground_truth.astype(int), strict=True):
        assert (image[y : y + SIDE, x : x + SIDE] == 235).all()


def test_frames_are_held_and_flags_with_them() -> None:
    absent = np.arange(FRAMES) == 4
    sequence = Sequence("s", "folder", true_boxes(), 0, absent=absent, flags={"cover": np.arange(FRAMES)})
    held = VARIATIONS["low_frame_rate"].apply(sequence, Setting(3))
    assert held.native[:9, 0].tolist() == [10, 10, 10, 10, 18, 18, 18, 18, 26]
    assert held.absent is not None
    assert np.flatnonzero(held.absent).tolist() == [4, 5, 6, 7]
    assert held.flags["cover"][:6].tolist() == [0, 0, 0, 0, 4, 4]


def test_rows_without_a_target_are_not_moved() -> None:
    native = true_boxes()
    native[3], native[4] = 0.0, np.nan
    moved = VARIATIONS["shake"].apply(Sequence("s", "folder", native, 0), Setting(3)).native
    assert moved[3].tolist() == [0.0, 0.0, 0.0, 0.0]
    assert np.isnan(moved[4]).all()
    assert not np.array_equal(moved[5], native[5])


def test_a_blocky_codec_keeps_what_does_not_change(open_clip: Open) -> None:
    images = read_all(open_clip("folder+blocking@5"))
    assert np.array_equal(images[1][70:, :60], images[14][70:, :60])  # below the target nothing moves
    assert not np.array_equal(images[1], images[14])


def test_same_bits_whatever_the_number_of_workers(clips: Path, tmp_path: Path) -> None:
    names = [f"folder+{name}@3" for name in ("gaussian_noise", "zoom_blur", "snow", "blocking", "rolling_shutter")]
    results = []
    for workers in (1, 2):
        out = tmp_path / str(workers)
        assert not run("pixel_trackers:Checksum", on=names, data=clips, out=out, workers=workers).failures
        results.append({path.relative_to(out): path.read_text() for path in out.rglob("*.txt") if "_" not in path.name})
    assert results[0] == results[1]
    assert len(results[0]) == 10
