"""The peers lend gradients: the crop is the tracker's, the boxes are those that it chooses from, and attacks work."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
import torch

from evalkit.benchmarks.variations import VARIATIONS, Setting
from evalkit.sequences.sequence import Sequence
from evalkit.types import Image
from stdtrack.attacks.on_peer import _crop, _part
from stdtrack.attacks.white_box import misleading, suits
from stdtrack.peers.geometry import cut_window, placed_window
from stdtrack.peers.online import PeerTracker
from tests.stdtrack.peers.reference import VARIANTS, Variant

BOX = np.array([60.0, 40.0, 30.0, 24.0])
SMALL = ("asymtrack:t", "hit:tiny", "smat:base", "mixformerv2:s", "litetrack:b4")
KINDS = [
    pytest.param(variant, id=variant.spec, marks=() if variant.spec in SMALL else pytest.mark.slow)
    for variant in VARIANTS
]


def picture(seed: int) -> Image:
    noise = np.random.default_rng(seed).integers(0, 256, (120, 160, 3), dtype=np.uint8)
    return np.asarray(cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 2.0), None, 0, 255, cv2.NORM_MINMAX), np.uint8)  # type: ignore[call-overload]


def pixels(image: Image, part: tuple[int, int, int, int]) -> torch.Tensor:
    x0, y0, x1, y1 = part
    return torch.tensor(image[y0:y1, x0:x1]).permute(2, 0, 1)[None].float()


def tracker(variant: Variant) -> PeerTracker[Any]:
    family = variant.family
    return family.tracker(family.variants[variant.name], variant.network(), {}, "cpu")


@pytest.mark.parametrize(
    "box", [[60, 40, 30, 24], [-5, -8, 40, 30], [150, 110, 30, 30], [10, 10, 140, 100], [50, 50, 4, 3], [300, 9, 9, 9]]
)
@pytest.mark.parametrize(("factor", "size"), [(4.0, 256), (2.0, 128), (4.0, 32)])
def test_the_crop_is_the_trackers(box: list[float], factor: float, size: int) -> None:
    image, place = picture(0), np.array(box, dtype=np.float64)
    window = placed_window(place, factor)
    part = _part(window, image)
    crop = _crop(pixels(image, part), part[:2], window, size)[0].permute(1, 2, 0).numpy()
    expected, _ = cut_window(image, place, factor, size)
    inside = window[0] < image.shape[1] - 1  # beside the image one pixel is taken that the tracker does not see
    assert not inside or np.abs(crop - expected.astype(float)).max() <= 1.0  # cv2 rounds to whole values


@pytest.mark.parametrize("variant", KINDS)
def test_answers_are_the_next_update_and_have_gradients(variant: Variant) -> None:
    mine = tracker(variant)
    mine.init(picture(1), BOX)
    mine.update(picture(2))
    network = mine.differentiable()
    assert network is not None
    part = network.search_part(picture(3))
    search = pixels(picture(3), part)
    answers = network.answers(search, part[:2])
    best = answers.box_N4[answers.score_N.argmax()].detach()
    near = (search + 4 * torch.rand(search.shape, generator=torch.manual_seed(0))).requires_grad_()
    (gradient,) = torch.autograd.grad(misleading(network.answers(near, part[:2]), best), near)
    assert torch.isfinite(gradient).all()
    assert gradient.abs().max() > 0
    template_part = network.template_part(picture(1), BOX)
    template = pixels(picture(1), template_part).requires_grad_()
    answers = network.answers_after(template, template_part[:2], picture(1), BOX)
    (gradient,) = torch.autograd.grad(misleading(answers, best), template)
    assert torch.isfinite(gradient).all()
    assert gradient.abs().max() > 0
    side = placed_window(mine.box, mine.config.search_factor)[2]
    found = mine.update(picture(3)).box
    corner = best[:2].numpy()  # sides of random weights may be negative, and the tracker keeps them above 10
    inside = (corner > 0) & (corner < [150, 110])
    assert np.abs(found[:2] - corner)[inside].max(initial=0.0) < 0.05 * side


@pytest.mark.parametrize("variant", [variant for variant in VARIANTS if variant.spec in SMALL], ids=lambda it: it.spec)
def test_candidates_are_what_decode_chooses_from(variant: Variant) -> None:
    mine = tracker(variant)
    mine.init(picture(1), BOX)
    crop, _ = cut_window(picture(2), BOX, mine.config.search_factor, mine.config.search_size)
    with torch.inference_mode():
        outputs = mine.frame(mine.tensor(crop), *mine.remember(*mine.template))
        score_N, box_N4 = mine.network.candidates(outputs)
    np.testing.assert_allclose(box_N4[score_N.argmax()], mine.network.decode(outputs).box, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", ["fgsm", "pgd", "pgd_template"])
def test_an_attack_on_a_peer_keeps_its_bound_and_misleads(name: str) -> None:
    (variant,) = (variant for variant in VARIANTS if variant.spec == "asymtrack:t")
    adversary = VARIATIONS[name].apply(Sequence("s", "folder", BOX[None], 0), Setting(3)).adversary
    assert adversary is not None
    mine = tracker(variant)
    attack = adversary.begin(mine, None, 5)
    first = attack.first(picture(1), BOX)
    mine.init(first, BOX)
    changed = attack.next(picture(2))
    attacked, clean = (first, picture(1)) if name == "pgd_template" else (changed, picture(2))
    assert np.abs(attacked.astype(int) - clean).max() == 8
    if name != "pgd_template":
        network = mine.differentiable()
        assert network is not None
        part = network.search_part(clean)
        before, after = (network.answers(pixels(image, part), part[:2]) for image in (clean, attacked))
        target = before.box_N4[before.score_N.argmax()]
        assert misleading(after, target) > misleading(before, target)


def test_which_peers_lend_gradients() -> None:
    assert suits("hit:tiny")
    assert suits("ostrack:256?weights=f.pth&backend=onnx")
    assert not any(map(suits, ("hit:tiny?precision=bf16", "smat:base?path=folder", "opencv:csrt", "nothing:at-all")))
