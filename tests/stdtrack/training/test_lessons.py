"""Teachers: where they look, what counts of what they say, and that it is kept."""

from __future__ import annotations

import dataclasses
import sqlite3
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from evalkit.errors import InputError
from stdtrack.checkpoints import load_model, save_model, untrained
from stdtrack.configs import NANO
from stdtrack.model.network import FrameOutput, STDTrack
from stdtrack.training.config import DistillationConfig, LossConfig
from stdtrack.training.config_file import load_config
from stdtrack.training.lessons import School, agreed, open_store
from stdtrack.training.losses import Lessons, clip_losses, divergence
from stdtrack.training.metrics_file import read_rows
from stdtrack.training.run import run_training
from stdtrack.training.teachers import Look, Opinion, open_teacher, seen

PUBLISHED = ("fear_xs", "nanotrack_v2", "nanotrack_v3")


def opinion(*boxes: tuple[float, float, float, float]) -> Opinion:
    scores = np.zeros((len(boxes), 4, 4))
    for index, (x, y, _, _) in enumerate(boxes):
        scores[index, int(y * 4), int(x * 4)] = 0.9
    return Opinion(np.array(boxes), scores)


def test_a_frame_counts_where_teachers_agree_with_each_other_and_with_the_truth() -> None:
    here, near, there = (0.5, 0.5, 0.4, 0.4), (0.52, 0.5, 0.4, 0.4), (0.2, 0.2, 0.4, 0.4)
    first, second = opinion(here, here, there, here), opinion(near, there, there, here)
    truth, visible = np.array([here] * 4), np.array([True, True, True, False])
    lesson = agreed([first, second], truth, visible, DistillationConfig(agreement=0.6))
    assert lesson.taught.tolist() == [True, False, False, False], "agreed; apart; agreed on something else; no target"
    assert lesson.boxes[0].tolist() == pytest.approx([0.51, 0.5, 0.4, 0.4])
    assert lesson.scores.sum((1, 2)) == pytest.approx(np.ones(4))
    assert np.unravel_index(lesson.scores[0].argmax(), (4, 4)) == (2, 2)


def test_a_teachers_candidates_land_where_they_are_in_the_search_crop() -> None:
    scores, boxes = np.zeros((16, 16)), np.zeros((4, 16, 16))
    # Two points right of the centre and one below it, 16 pixels each: a box of 40 x 20 pixels about that place.
    scores[9, 10] = 1.0
    boxes[:, 9, 10] = 32 - 20, 16 - 10, 32 + 20, 16 + 10
    # The teacher's 256 pixels show 320 x 160 of a search crop of 160.
    found = seen(scores, boxes, (320.0, 160.0), 256, 160, 20)
    centre = 0.5 + 32 * 320 / 256 / 160, 0.5 + 16 * 160 / 256 / 160
    assert found.boxes[0].tolist() == pytest.approx([*centre, 40 * 320 / 256 / 160, 20 * 160 / 256 / 160])
    row, column = np.unravel_index(found.scores[0].argmax(), (20, 20))
    assert abs((column + 0.5) / 20 - centre[0]) <= 0.501 / 20
    assert abs((row + 0.5) / 20 - centre[1]) <= 0.501 / 20


def picture(seed: int, side: int, shift: tuple[int, int] = (0, 0)) -> np.ndarray:
    """A square of smooth noise with a checked disc of 40 pixels, ``shift`` from the middle."""
    rng = np.random.default_rng(seed)
    image = cv2.resize(rng.integers(90, 150, (6, 6, 3)).astype(np.uint8), (side, side))
    x, y = side // 2 + shift[0], side // 2 + shift[1]
    cv2.circle(image, (x, y), 20, (220, 40, 40), -1)
    cv2.circle(image, (x, y), 9, (250, 250, 60), -1)
    return np.asarray(image)


def look(shift: tuple[int, int] = (18, -12)) -> Look:
    """A red disc in the middle of the template of 80 pixels, and ``shift`` from the middle of a search crop of 144."""
    searches = np.stack([picture(1, 144, shift)])
    return Look(picture(0, 80), np.array([0.5, 0.5, 0.5, 0.5]), searches, 3.6, 18)


SMALL = dataclasses.replace(NANO, template_size=80, search_size=144, search_factor=3.6)


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_trackers_teach_where_the_target_is(shared: Path, name: str) -> None:
    teacher = open_teacher(f"onnx:{name}?weights=weights/{name}", shared)
    found = teacher.judge(look())
    expected = (0.5 + 18 / 144, 0.5 - 12 / 144, 40 / 144, 40 / 144)
    assert found.boxes[0] == pytest.approx(expected, abs=0.05)
    row, column = np.unravel_index(found.scores[0].argmax(), (18, 18))
    assert ((column + 0.5) / 18, (row + 0.5) / 18) == pytest.approx(expected[:2], abs=0.09)


def test_a_network_teaches_what_it_would_track(tmp_path: Path) -> None:
    save_model(tmp_path / "t.safetensors", untrained(SMALL))
    found = open_teacher("stdtrack:nano?weights=t.safetensors", tmp_path).judge(look())
    model, shown = load_model(tmp_path / "t.safetensors"), look()

    def pixels(images: np.ndarray) -> torch.Tensor:
        scaled = (torch.from_numpy(images).float() / 255 - torch.tensor(SMALL.mean)) / torch.tensor(SMALL.std)
        return scaled.permute(0, 3, 1, 2)

    with torch.no_grad():
        output, _ = model.step(model.init_state(pixels(shown.template[None])), pixels(shown.searches))
        boxes, _ = STDTrack.decode(output)
    np.testing.assert_allclose(found.boxes, boxes.numpy(), atol=1e-5)
    np.testing.assert_allclose(found.scores, torch.sigmoid(output.score[:, 0]).numpy(), atol=1e-5)
    wrong = dataclasses.replace(shown, template=shown.template[:64, :64])
    with pytest.raises(InputError, match="needs crops of 80 and 144"):
        open_teacher("stdtrack:nano?weights=t.safetensors", tmp_path).judge(wrong)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("opencv:kcf", "'opencv:kcf' cannot teach.*onnx:fear_xs"),
        ("onnx:fear_xs", "needs weights=PATH"),
        ("onnx:fear_xs?weights=none", "no file"),
        ("stdtrack:nano?weights=none.safetensors", "none.safetensors"),
    ],
)
def test_who_cannot_teach_is_told_so(tmp_path: Path, spec: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        open_teacher(spec, tmp_path)


def test_the_divergence_is_zero_for_the_teachers_own_map() -> None:
    logits = torch.randn(3, 4, 4)
    own = torch.softmax(logits.flatten(1), 1).view(3, 4, 4)
    assert divergence(logits, own, torch.tensor([True] * 3)).item() == pytest.approx(0, abs=1e-6)
    # A uniform student of a certain teacher: the logarithm of the number of cells. The second frame is not taught.
    certain = torch.zeros(2, 4, 4)
    certain[0, 1, 2] = 1
    value = divergence(torch.zeros(2, 4, 4), certain, torch.tensor([True, False]))
    assert value.item() == pytest.approx(np.log(16))
    assert divergence(logits, own, torch.zeros(3, dtype=torch.bool)).item() == 0


def test_lessons_enter_the_loss_with_their_weights() -> None:
    torch.manual_seed(0)
    output = FrameOutput(
        torch.randn(2, 1, 1, 4, 4), torch.rand(2, 1, 2, 4, 4), torch.rand(2, 1, 2, 4, 4), torch.randn(2, 1)
    )
    boxes, visible = torch.full((2, 1, 4), 0.4), torch.ones(2, 1, dtype=torch.bool)
    scores = torch.softmax(torch.randn(2, 1, 16), -1).view(2, 1, 4, 4)
    lessons = Lessons(boxes + 0.05, scores, torch.tensor([[True], [False]]))
    config = LossConfig(taught_score=0.3, taught_box=0.7)
    alone, taught = clip_losses(output, boxes, visible, config), clip_losses(output, boxes, visible, config, lessons)
    assert alone.taught_score == alone.taught_box == 0
    assert taught.taught_box > 0
    extra = 0.3 * taught.taught_score + 0.7 * taught.taught_box
    torch.testing.assert_close(taught.total, alone.total + extra)


@pytest.fixture
def taught(tiny: Path) -> Path:
    """The tiny run with an untrained network as its teacher, whose every word counts."""
    save_model(tiny / "t.safetensors", untrained(NANO))
    text = (tiny / "tiny.toml").read_text()
    start = text.index("[[stages]]")
    text = f'{text[:start]}teachers = ["stdtrack:nano?weights=t.safetensors"]\n{text[start:]}'
    (tiny / "tiny.toml").write_text(f"{text}[distillation]\nagreement = 0.0\n")
    return tiny


def run(folder: Path, out: str, *overrides: str, resume: bool = False) -> list[list[str]]:
    """Metrics of a run of the tiny config."""
    config = load_config(folder / "tiny.toml", [f"out={folder / out}", "validation.names=[]", *overrides])
    run_training(config, resume=resume, tell=lambda event: None)
    return [row for row in read_rows(folder / out / "metrics.csv") if "clips_per_second" not in row[1]]


def opinions_in(path: Path) -> int:
    with closing(sqlite3.connect(path)) as store:
        count: int = store.execute("SELECT count(*) FROM opinions").fetchone()[0]
    return count


def test_opinions_are_kept_and_a_stopped_run_goes_on_bit_exactly(taught: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = run(taught, "whole")
    assert any(row[1] == "train/taught_box" and float(row[2]) > 0 for row in whole)
    assert opinions_in(taught / "whole" / "opinions.sqlite") == 8, "four steps of two clips"
    run(taught, "parts")
    (taught / "parts" / "step-00000004.safetensors").unlink()
    assert run(taught, "parts", resume=True) == whole
    # Another run of the same clips computes nothing anew.
    monkeypatch.setattr("stdtrack.training.teachers.NetworkTeacher.judge", None)
    cache = f"distillation.cache={taught / 'whole' / 'opinions.sqlite'}"
    assert run(taught, "third", cache) == whole
    assert not (taught / "third" / "opinions.sqlite").exists()


def test_teachers_rest_where_windows_move_and_for_a_share_of_clips(taught: Path) -> None:
    for name, override in (("moving", "stages.0.predicted=1.0"), ("none", "distillation.share=0.0")):
        rows = run(taught, name, override)
        assert {float(row[2]) for row in rows if row[1] in ("train/taught_box", "train/taught_score")} == {0.0}


def test_a_run_is_refused_before_it_begins_if_a_teacher_is_missing(taught: Path) -> None:
    (taught / "t.safetensors").unlink()
    with pytest.raises(InputError, match=r"t\.safetensors"):
        run(taught, "none")


def test_another_file_is_no_file_of_opinions(tmp_path: Path) -> None:
    (tmp_path / "x.sqlite").write_text("this is no data base, but long enough to look at " * 40)
    with pytest.raises(InputError, match=r"x\.sqlite.*distillation\.cache"):
        open_store(tmp_path / "x.sqlite")


def test_a_school_opens_its_teachers_for_itself(taught: Path) -> None:
    config = load_config(taught / "tiny.toml")
    save_model(taught / "t.safetensors", untrained(SMALL))
    school = School(config)
    (taught / "run").mkdir()
    shown = look()
    boxes, visible = np.array([[0.6, 0.4, 0.3, 0.3]], np.float32), np.array([True])
    first, second = school.teach(shown, boxes, visible), School(config).teach(shown, boxes, visible)
    assert first.taught.tolist() == [True]
    np.testing.assert_array_equal(first.scores, second.scores)
