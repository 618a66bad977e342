"""Attacks with gradients: the crop that they differentiate is the tracker's, their bound holds, and they work."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from evalkit import InputError, open_benchmark
from evalkit.benchmarks.variations import VARIATIONS, Setting
from evalkit.robustness.front import robustness
from evalkit.sequences.sequence import Sequence
from evalkit.types import Box, Image
from stdtrack.attacks.crop import CropPlan
from stdtrack.attacks.surface import Answers
from stdtrack.attacks.white_box import misleading, suits
from stdtrack.crops import crop_window, sample_crop
from stdtrack.tracker import STDTracker
from tests.stdtrack.tiny import TINY, make

NAMES = ("fgsm", "pgd", "fgsm_template", "pgd_template")
BOX = np.array([60.0, 40.0, 30.0, 24.0])


def picture(seed: int) -> Image:
    return np.random.default_rng(seed).integers(0, 256, (120, 160, 3), dtype=np.uint8)


def part_of(image: Image, part: tuple[int, int, int, int]) -> torch.Tensor:
    x0, y0, x1, y1 = part
    return torch.tensor(image[y0:y1, x0:x1]).permute(2, 0, 1)[None].float()


@pytest.mark.parametrize(
    "box", [[60, 40, 30, 24], [-5, -8, 40, 30], [150, 110, 30, 30], [10, 10, 140, 100], [50, 50, 4, 3]]
)
@pytest.mark.parametrize(("factor", "size"), [(4.0, 256), (2.0, 128), (4.0, 64), (4.0, 32)])
def test_the_crop_is_the_trackers(box: list[float], factor: float, size: int) -> None:
    import cv2

    image = cv2.GaussianBlur(picture(0), (0, 0), 1.0).astype(np.uint8)
    window = crop_window(np.array(box, dtype=np.float64), factor)
    plan = CropPlan.of(window, size, 160, 120)
    crop = plan.crop(part_of(image, plan.part))[0].permute(1, 2, 0).numpy()
    difference = np.abs(crop - sample_crop(image, window, size).astype(float))
    assert difference.mean() < 0.5  # cv2 rounds to whole values, and places to a 32nd of a pixel
    assert np.quantile(difference, 0.999) < 4


def tracker() -> STDTracker:
    return STDTracker(make(TINY))


def test_answers_are_those_of_the_next_update() -> None:
    mine = tracker()
    mine.init(picture(1), BOX)
    mine.update(picture(2))
    network = mine.differentiable()
    assert network is not None
    part = network.search_part(picture(3))
    answers = network.answers(part_of(picture(3), part), part[:2])
    best = answers.box_N4[answers.score_N.argmax()].detach().numpy()
    before = mine._box.copy()
    box = mine.update(picture(3)).box
    rate = (mine._box[2:] - before[2:]) / (best[2:] - before[2:])  # sizes are smoothed
    assert rate[0] == pytest.approx(rate[1], rel=0.05)
    middle = np.clip(best[:2] + best[2:] / 2, 0, [160, 120])
    assert box[:2] + box[2:] / 2 == pytest.approx(middle, abs=1.5) or (box[:2] == 0).any()


@pytest.mark.parametrize("name", NAMES)
def test_bound_seed_and_what_is_left_alone(name: str) -> None:
    def attacked(seed: int) -> list[Image]:
        sequence = VARIATIONS[name].apply(Sequence("s", "folder", BOX[None], 0), Setting(2, seed))
        assert sequence.adversary is not None
        mine = tracker()
        attack = sequence.adversary.begin(mine, None, 5)
        images = [attack.first(picture(1), BOX)]
        mine.init(images[0], BOX)
        for number in (2, 3):
            images.append(attack.next(picture(number)))
            mine.update(images[-1])
        return images

    first, again = attacked(0), attacked(0)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    changes = [np.abs(image.astype(int) - picture(number)).max() for number, image in enumerate(first, 1)]
    assert changes == ([4, 0, 0] if name.endswith("template") else [0, 4, 4])
    if name.startswith("pgd"):
        assert not all(np.array_equal(a, b) for a, b in zip(first, attacked(1), strict=True))


@pytest.mark.parametrize(("name", "queries"), [("fgsm_template", [2, 0, 0]), ("pgd", [0, 11, 11])])
def test_frames_that_are_left_alone_cost_nothing(name: str, queries: list[int]) -> None:
    adversary = VARIATIONS[name].apply(Sequence("s", "folder", BOX[None], 0), Setting(2)).adversary
    assert adversary is not None
    mine = tracker()
    attack = adversary.begin(mine, None, 5)
    mine.init(attack.first(picture(1), BOX), BOX)
    figures = [dict(attack.measures())]
    for number in (2, 3):
        mine.update(attack.next(picture(number)))
        figures.append(dict(attack.measures()))
    assert [each["queries"] for each in figures] == queries
    assert [each["psnr"] == 100.0 for each in figures] == [not count for count in queries]
    assert [each["ssim"] == 1.0 for each in figures] == [not count for count in queries]


def test_the_loss_by_hand() -> None:
    boxes = torch.tensor([[0.0, 0, 10, 10], [5.0, 0, 10, 10], [100.0, 100, 10, 10]])
    answers = Answers(torch.tensor([-1.0, -2.0, -4.0]), boxes, boxes[:, :2] + 5)
    # Away -4, on the target -1; overlaps 1 and 1/3.
    assert float(misleading(answers, boxes[0])) == pytest.approx(-4 + 1 - 2 * (1 + 1 / 3) / 2)


def test_the_loss_of_a_single_box_by_hand() -> None:
    def loss(box: list[float]) -> float:
        return float(misleading(Answers(torch.zeros(1), torch.tensor([box]), torch.zeros(1, 2)), target))

    target = torch.tensor([0.0, 0, 10, 10])
    assert loss([0, 0, 10, 10]) == pytest.approx(-2.0)
    assert loss([5, 0, 10, 10]) == pytest.approx(-2 / 3)  # 50 of 150, and the hull is covered
    assert loss([20, 0, 10, 10]) == pytest.approx(2 / 3)  # a third of the hull is nobody's
    assert loss([30, 10, -10, -10]) == pytest.approx(loss([20, 0, 10, 10]))


def test_more_steps_mislead_further() -> None:
    mine = tracker()
    mine.init(picture(1), BOX)
    network = mine.differentiable()
    assert network is not None
    part = network.search_part(picture(2))
    pixels = part_of(picture(2), part)
    clean = network.answers(pixels, part[:2])
    target = clean.box_N4[clean.score_N.argmax()].detach()
    values = {"clean": misleading(clean, target).item()}
    for name in ("fgsm", "pgd", "random_noise"):
        adversary = VARIATIONS[name].apply(Sequence("s", "folder", BOX[None], 0), Setting(3)).adversary
        assert adversary is not None
        attack = adversary.begin(mine, None, 0)
        if name == "random_noise":
            attack.first(picture(1), BOX)
        answers = network.answers(part_of(attack.next(picture(2)), part), part[:2])
        values[name] = misleading(answers, target).item()
    assert values["pgd"] > values["fgsm"] > max(values["clean"], values["random_noise"])


def test_a_tracker_without_gradients_is_told_so() -> None:
    class Plain:
        def init(self, image: Image, box: Box) -> None: ...

    adversary = VARIATIONS["pgd"].apply(Sequence("s", "folder", BOX[None], 0), Setting(1)).adversary
    assert adversary is not None
    with pytest.raises(InputError, match=r"Plain lends no gradients.*iou_attack asks any tracker"):
        adversary.begin(Plain(), None, 0)
    assert suits("stdtrack:nano")
    assert not any(map(suits, ("opencv:kcf", "stdtrack:nano?precision=bf16", "stdtrack:nano?path=x", Plain())))
    assert suits(tracker())


@pytest.mark.slow
def test_on_real_sequences_the_gradient_halves_and_noise_does_not(shared: Path, tmp_path: Path) -> None:
    """At 8/255 the iterated attack takes half of nano's mean AUC; noise of that size less than a fifth of as much."""
    names = "Crossing,Couple,Man"
    assert open_benchmark("otb100", data=shared / "benchmarks").inventory().present
    done = robustness("stdtrack:nano", on="otb100", data=shared / "benchmarks", out=tmp_path, sequences=names,
                      variations="pgd,random_noise", severities=[3])  # fmt: skip
    left = done.table.set_index("variation")["value"]
    clean = float(done.table["clean"].iloc[0])
    assert left["pgd"] <= clean / 2
    assert clean - left["random_noise"] < (clean - left["pgd"]) / 5
    sizes = done.table.set_index("variation")["psnr"]
    assert sizes["pgd"] > sizes["random_noise"]  # the noise is the larger of the two
