"""Attacks by queries: bounded, seeded, and stronger than noise of the same size that is led by nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evalkit import InputError, run, score
from evalkit.benchmarks.variations import VARIATIONS, Setting
from evalkit.reading.tables import read_table
from evalkit.results.store import MEASURES
from evalkit.robustness.attacks.iou_guided import IouGuided, orthogonal_step
from evalkit.robustness.attacks.noise import BOUNDS, in_cells, signs, window_around, with_noise
from evalkit.robustness.attacks.probe import Probe
from evalkit.robustness.quality import psnr, ssim
from evalkit.sequences.sequence import Sequence
from evalkit.trackers.base import Prediction
from evalkit.types import Box, Image
from tests.evalkit.robustness.conftest import picture, true_boxes


class Fragile:
    """Follows the reddest column of its neighbourhood: a fine example of what noise can lead astray."""

    def init(self, image: Image, box: Box) -> None:
        self.box, self.asked = box, 0

    def update(self, image: Image) -> Prediction:
        self.asked += 1
        x, y, w, h = self.box
        low = int(max(0, x - 10))
        part = image[int(max(y, 0)) : int(max(y, 0) + h), low : int(x + w + 10), 0].astype(float)
        at = np.convolve(part.sum(axis=0), np.ones(int(w)), "valid").argmax() if part.shape[1] >= w else 0
        self.box = np.array([low + at, y, w, h])
        return Prediction(self.box, 1.0)


class Uncopied(Fragile):
    """Cannot be copied, as trackers that hold a process or a C++ object."""

    def __deepcopy__(self, memo: object) -> Uncopied:
        raise TypeError("cannot be copied")


def test_a_probe_leaves_the_tracker_as_it_is() -> None:
    tracker = Fragile()
    tracker.init(picture(true_boxes()[0]), true_boxes()[0])
    probe = Probe(tracker, None)
    probe.seen(picture(true_boxes()[0]), true_boxes()[0])
    asked = probe.ask(picture(true_boxes()[5]))
    assert tracker.asked == 0
    assert np.array_equal(asked, tracker.update(picture(true_boxes()[5])).box)


def test_a_tracker_that_cannot_be_copied_is_loaded_again() -> None:
    tracker = Uncopied()
    tracker.init(picture(true_boxes()[0]), true_boxes()[0])
    probe = Probe(tracker, Uncopied)
    probe.seen(picture(true_boxes()[3]), true_boxes()[3])
    assert probe.ask(picture(true_boxes()[4]))[0] == true_boxes()[4][0]  # started where the last answer was
    assert tracker.asked == 0
    with pytest.raises(InputError, match="neither copied nor loaded again"):
        Probe(tracker, None).ask(picture(true_boxes()[4]))


def test_steps_are_orthogonal_and_bounded() -> None:
    rng = np.random.default_rng(0)
    noise = 8 * signs(200, 300, 5, rng)
    stepped = orthogonal_step(noise, in_cells(200, 300, 5, rng), bound=8.0)
    assert set(np.abs(stepped).ravel().tolist()) == {8.0}
    # A cell turns over where the normal direction opposes it by 1 / 1.5: Phi(-2/3) = 0.2525.
    assert (stepped != noise).mean() == pytest.approx(0.2525, abs=0.01)


def test_noise_is_whole_and_clipped() -> None:
    image = np.array([[[0, 128, 255]]], np.uint8)
    changed = with_noise(image, np.array([[[-3.4, 2.6, 9.0]]]), (slice(None), slice(None)))
    assert changed.tolist() == [[[0, 131, 255]]]
    assert image.tolist() == [[[0, 128, 255]]]


@pytest.mark.parametrize("box", [[-50, -50, 10, 10], [500, 20, 8, 8], [10, 10, 1e4, 1e4], [5, 5, 0, 0]])
def test_windows_stay_within_the_picture(box: list[float]) -> None:
    rows, columns = window_around(np.array(box, dtype=np.float64), np.zeros((40, 60, 3), np.uint8), 5.0)
    assert 0 <= rows.start < rows.stop <= 40
    assert 0 <= columns.start < columns.stop <= 60


@pytest.mark.parametrize("name", ["iou_attack", "random_noise"])
@pytest.mark.parametrize("level", [1, 3])
def test_the_bound_holds_and_the_seed_decides(name: str, level: int) -> None:
    def attacked(seed: int) -> list[Image]:
        sequence = VARIATIONS[name].apply(Sequence("s", "folder", true_boxes(), 0), Setting(level, seed))
        assert sequence.adversary is not None
        tracker = Fragile()
        attack = sequence.adversary.begin(tracker, None, 7)
        images = [attack.first(picture(true_boxes()[0]), true_boxes()[0])]
        tracker.init(images[0], true_boxes()[0])
        for box in true_boxes()[1:5]:
            images.append(attack.next(picture(box)))
            tracker.update(images[-1])
            assert attack.measures()["psnr"] == pytest.approx(psnr(picture(box), images[-1]))
        return images

    first, again, other = attacked(0), attacked(0), attacked(1)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))
    assert np.array_equal(first[0], picture(true_boxes()[0]))
    differences = [
        np.abs(a.astype(int) - picture(box)).max() for a, box in zip(first[1:], true_boxes()[1:5], strict=True)
    ]
    assert max(differences) == BOUNDS[level - 1]


def test_queries_lead_further_astray_than_chance(clips: Path, tmp_path: Path) -> None:
    """On a picture without contrast, where noise can decide."""
    faint = [np.full((90, 120, 3), 100, np.uint8) for _ in true_boxes()]
    for image, (x, y, w, h) in zip(faint, true_boxes().astype(int), strict=True):
        image[y : y + h, x : x + w] += 10
    drift = {}
    for name in ("iou_attack", "random_noise"):
        adversary = VARIATIONS[name].apply(Sequence("s", "folder", true_boxes(), 0), Setting(2)).adversary
        assert adversary is not None
        errors = []
        for seed in range(5):
            tracker = Fragile()
            attack = adversary.begin(tracker, None, seed)
            tracker.init(attack.first(faint[0], true_boxes()[0]), true_boxes()[0])
            boxes = [tracker.update(attack.next(image)).box for image in faint[1:]]
            errors.append(np.abs(np.stack(boxes)[:, 0] - true_boxes()[1:, 0]).mean())
        drift[name] = np.mean(errors)
    assert drift["iou_attack"] > 1.2 * drift["random_noise"]


def test_a_run_writes_what_the_attack_cost(clips: Path, tmp_path: Path) -> None:
    summary = run("pixel_trackers:Bright", on="folder+iou_attack@3", data=clips, out=tmp_path, sequences="one")
    assert not summary.failures
    (folder,) = tmp_path.glob("*/folder+iou_attack@3")
    figures = {name: read_table(folder / f"one_{name}.txt", columns=(1,)).ravel() for name in MEASURES}
    assert figures["queries"][0] == 0
    assert (figures["queries"][1:] >= 2).all()
    assert (figures["psnr"][1:] >= psnr(np.zeros((1, 1, 3), np.uint8), np.full((1, 1, 3), 8, np.uint8)) - 1e-6).all()
    assert score(tmp_path, on="folder+iou_attack@3", data=clips, partial=True).scores[0].sequences_scored == 1


def test_quality_by_hand() -> None:
    grey = np.full((32, 32, 3), 100, np.uint8)
    assert psnr(grey, grey) == 100.0
    assert psnr(grey, grey + 10) == pytest.approx(10 * np.log10(255**2 / 100))
    lighter = (2 * 100 * 120 + 6.5025) / (100**2 + 120**2 + 6.5025)  # flat pictures: the luminance term alone
    assert ssim(grey, np.full_like(grey, 120)) == pytest.approx(lighter, abs=1e-3)
    noise = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    assert ssim(noise, noise) == pytest.approx(1.0)
    assert ssim(noise, grey) < 0.1


def test_an_adversary_can_be_sent_to_a_worker() -> None:
    import pickle

    adversary = IouGuided(8, 3)
    assert pickle.loads(pickle.dumps(adversary)) == adversary  # noqa: S301 - our own bytes
