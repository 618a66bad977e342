"""The online tracker: what it accepts, refuses and answers; the same tracker on any backend."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from evalkit.errors import InputError
from evalkit.trackers.base import Tracker
from evalkit.trackers.spec import load_tracker
from stdtrack.checkpoints import save_model
from stdtrack.configs import VARIANTS
from stdtrack.factory import create
from stdtrack.inference import networks
from stdtrack.model import FrameOutput, STDTrack
from stdtrack.tracker import STDTracker
from tests.stdtrack.tiny import TINY, TINY_HYBRID, make

BOX = np.array([30.0, 20.0, 24.0, 16.0])


def picture(height: int = 90, width: int = 121, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def follow(tracker: STDTracker, frames: int = 4) -> np.ndarray:
    tracker.init(picture(), BOX)
    return np.array([tracker.update(picture(seed=index)).box for index in range(1, frames)])


@pytest.fixture
def tracker() -> STDTracker:
    return STDTracker(make(TINY))


def test_is_a_tracker(tracker: STDTracker) -> None:
    assert isinstance(tracker, Tracker)


def test_answers_are_boxes_inside_the_image(tracker: STDTracker) -> None:
    tracker.init(picture(), BOX)
    for index in range(10):
        prediction = tracker.update(picture(seed=index))
        x, y, w, h = prediction.box
        assert prediction.box.dtype == np.float64
        assert x >= 0
        assert y >= 0
        assert x + w <= 121
        assert y + h <= 90
        assert min(w, h) >= 1.0 - 1e-9
        assert 0.0 < prediction.score < 1.0


def test_is_deterministic_and_init_forgets() -> None:
    one, other = STDTracker(make(TINY)), STDTracker(make(TINY))
    expected = follow(one)
    np.testing.assert_array_equal(follow(other), expected)
    np.testing.assert_array_equal(follow(one), expected)


@pytest.mark.parametrize(
    "changed",
    [lambda image: image[..., 0], lambda image: image[..., :1], lambda image: np.dstack([image, image[..., 0]])],
    ids=["grey", "one channel", "RGBA"],
)
def test_other_kinds_of_images(tracker: STDTracker, changed: object) -> None:
    image = picture()
    tracker.init(changed(image), BOX)
    assert np.isfinite(tracker.update(changed(image)).box).all()


def test_alpha_is_ignored(tracker: STDTracker) -> None:
    expected = follow(tracker, 2)
    tracker.init(np.dstack([picture(), picture(seed=9)[..., 0]]), BOX)
    np.testing.assert_array_equal(tracker.update(picture(seed=1)).box, expected[0])


@pytest.mark.parametrize("size", [(1, 1), (7, 333), (200, 3), (91, 57)])
def test_odd_sizes(tracker: STDTracker, size: tuple[int, int]) -> None:
    image = picture(*size)
    tracker.init(image, np.array([0.0, 0.0, 1.0, 1.0]))
    assert np.isfinite(tracker.update(image).box).all()


@pytest.mark.parametrize(
    "box", [[-10, -5, 30, 20], [100, 80, 50, 50], [5, 5, 1, 1], [5.25, 6.5, 0.5, 300.125], [-50, -50, 500, 500]]
)
def test_unusual_boxes(tracker: STDTracker, box: list[float]) -> None:
    tracker.init(picture(), np.array(box))
    assert np.isfinite(tracker.update(picture(seed=1)).box).all()


@pytest.mark.parametrize(
    ("box", "problem"),
    [
        ([200, 10, 20, 20], "outside"),
        ([-40, 10, 20, 20], "outside"),
        ([5, 5, 0, 10], "no area"),
        ([5, 5, 10, -1], "no area"),
        ([5, 5, np.nan, 10], "finite"),
        ([5, 5, 10], "four"),
    ],
)
def test_impossible_boxes(tracker: STDTracker, box: list[float], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        tracker.init(picture(), np.array(box))


@pytest.mark.parametrize(
    "image", [np.zeros((5, 5, 3)), np.zeros((5, 5, 2), np.uint8), np.zeros((0, 5, 3), np.uint8), np.zeros(4, np.uint8)]
)
def test_impossible_images(tracker: STDTracker, image: np.ndarray) -> None:
    with pytest.raises(InputError, match="an image must be"):
        tracker.init(image, BOX)


def test_update_before_init(tracker: STDTracker) -> None:
    with pytest.raises(RuntimeError, match="init"):
        tracker.update(picture())


class Fixed:
    """A network that always sees the target at one place, of one size, with one quality."""

    def __init__(self, tracker: STDTracker, quality: float) -> None:
        self.tracker, self.quality = tracker, quality

    def init_state(self, templates: torch.Tensor) -> object:
        return self.tracker.model.init_state(templates)

    def step(self, state: object, search: torch.Tensor) -> tuple[FrameOutput, object]:
        score = torch.zeros(1, 1, 4, 4)
        score[0, 0, 2, 2] = 9.0
        offset = torch.zeros(1, 2, 4, 4)
        size = torch.full((1, 2, 4, 4), 0.5)
        return FrameOutput(score, offset, size, torch.logit(torch.tensor([self.quality]))), state


def test_size_follows_by_quality(tracker: STDTracker) -> None:
    """The box stays where it is (cell 2 of 4 is the middle) and grows towards half the window, by its quality."""
    keep = tracker.config.online.size_smoothing
    for quality in (0.25, 0.9):
        tracker.use(Fixed(tracker, quality))
        tracker.init(picture(), np.array([50.0, 40.0, 10.0, 10.0]))
        box = tracker.update(picture()).box
        rate = (1.0 - keep) * quality
        expected = (1.0 - rate) * 10.0 + rate * 20.0
        np.testing.assert_allclose(box, [55 - expected / 2, 45 - expected / 2, expected, expected], atol=1e-5)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("backend", ["eager", "cuda-graphs"])
def test_a_gpu_answers_as_the_cpu(backend: str) -> None:
    """Within what TF32 in convolutions makes of it: every number of the second frame."""
    answers = []
    for options in ({"backend": "eager"}, {"device": "cuda", "backend": backend}):
        tracker = create("nano", options)
        tracker.init(picture(), BOX)
        with torch.inference_mode():
            state = tracker._state
            for _ in range(2):
                output, state = tracker.network.step(
                    state, tracker.search_crop(picture(), np.array([42.0, 28.0, 63.0]))
                )
        answers.append([tensor.cpu() for tensor in vars(output).values()])
    for one, other in zip(*answers, strict=True):
        torch.testing.assert_close(one, other, rtol=0.02, atol=0.02)


def test_untrained_says_so() -> None:
    assert create("small", {}).describe()["note"] == "untrained"


def test_reduced_precisions_say_whether_boxes_stay() -> None:
    assert create("small", {"precision": "bf16"}).describe()["note"] == "untrained, bf16, boxes differ from fp32"
    assert "note" not in create("nano", {}).describe()


def test_a_network_is_rearranged_once_and_only_where_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[STDTrack, torch.dtype]] = []
    monkeypatch.setattr(networks, "arranged", lambda model, dtype: made.append((model, dtype)) or model)
    narrow = create("small", {"precision": "bf16"})
    assert made == [(narrow.model, torch.bfloat16)]
    tracker = create("small", {})
    assert made[1:] == [(tracker.model, torch.float32)]
    tracker.init(picture(), BOX)
    assert len(made) == 2


def test_a_network_that_is_built_while_tracking_is_an_ordinary_module(tracker: STDTracker) -> None:
    tracker.init(picture(), BOX)
    assert not any(weight.is_inference() for weight in tracker.network.parameters())


def test_checkpoint_tracks_like_its_model(tmp_path: object) -> None:
    path = tmp_path / "tiny.safetensors"
    save_model(path, make(TINY_HYBRID))
    loaded = STDTracker.load(path)
    np.testing.assert_array_equal(follow(loaded), follow(STDTracker(make(TINY_HYBRID))))
    assert len(loaded.describe()["weights_sha256"]) == 64
    assert "note" not in loaded.describe()


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ("stdtrack:huge", "unknown variant"),
        ("stdtrack:nano?speed=2", "takes no option 'speed'"),
        ("stdtrack:nano?backend=onyx", "no backend 'onyx'.*did you mean 'onnx'"),
        ("stdtrack:nano?backend=onnx&precision=fp4", "no precision"),
        ("stdtrack:nano?weights=/nowhere.safetensors", "cannot read"),
        ("stdtrack:nano?path=/nowhere", "no exported network"),
        ("stdtrack:nano?device=cuda:99", "device"),
        ("stdtrack:nano?device=cuda&backend=onnx", "does not run on cuda"),
    ],
)
def test_wrong_specs(spec: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        load_tracker(spec)


@pytest.mark.parametrize("name", VARIANTS)
def test_specs_of_all_variants(name: str) -> None:
    tracker = load_tracker(f"stdtrack:{name}")
    assert tracker.describe()["variant"] == name
    assert set(tracker.complexity_parts()) == {"init", "frame"}
    for module, inputs in tracker.complexity_parts().values():
        with torch.no_grad():
            assert module(*inputs)
