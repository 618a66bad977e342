"""The calibration: the model that is fitted, the frames that it is fitted on, and the command."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from safetensors.torch import load_file
from scipy.optimize import minimize

from evalkit.errors import InputError
from stdtrack.assessment import FACT, from_text
from stdtrack.checkpoints import load_facts, save_model, untrained
from stdtrack.cli.calibrate import calibrate as command
from stdtrack.configs import NANO
from stdtrack.cues import Cues
from stdtrack.tracker import STDTracker
from stdtrack.training.annotated_video import Footage
from stdtrack.training.calibration import PENALTY, SHARES, Rows, calibrate, chances, collect, fit
from stdtrack.training.lost_clips import as_sequence, made_clips
from stdtrack.training.validation import Validation
from tests.stdtrack.tiny import TINY, make
from tests.stdtrack.training.test_validation import Blank

CUES = len(Cues._fields)


def rows(count: int = 400, scenes: int = 7, seed: int = 0) -> Rows:
    rng = np.random.default_rng(seed)
    cues = rng.normal(size=(count, CUES)) * np.arange(1, CUES + 1) + 3.0
    chance = 1 / (1 + np.exp(-(cues[:, 0] - 3.0) * 2 + 0.25 * (cues[:, 1] - 3.0) + 1.0))
    scene = np.array([f"s{index}" for index in rng.integers(0, scenes, count)])
    overlap = np.where(rng.random(count) < chance, 0.05, 0.3 + 0.7 * rng.random(count))
    return Rows(cues, overlap, scene, rng.random(count) < 0.5)


def test_the_fit_is_the_least_of_the_penalised_log_loss() -> None:
    data = rows()
    means, scales = data.cues.mean(axis=0), data.cues.std(axis=0)
    inputs = (data.cues - means) / scales
    _, index, counts = np.unique(data.scene, return_inverse=True, return_counts=True)
    weight = 1 / counts[index] / len(counts)

    def loss(solution: np.ndarray) -> float:
        odds = inputs @ solution[:-1] + solution[-1]
        return float(weight @ (np.logaddexp(0, odds) - data.lost * odds) + PENALTY / 2 * (solution[:-1] ** 2).sum())

    best = minimize(loss, np.zeros(CUES + 1), method="BFGS", options={"gtol": 1e-9}).x
    found = fit(data)
    np.testing.assert_allclose(np.array(found.weights) * scales, best[:-1], atol=1e-4)
    assert found.bias == pytest.approx(best[-1], abs=1e-4)
    np.testing.assert_allclose(found.means, means)


def test_a_cue_that_never_changes_has_no_weight() -> None:
    data = rows()
    data.cues[:, 1] = 1.0
    found = fit(data)
    assert found.weights.entropy == 0.0
    assert np.isfinite(found.means).all()
    assert np.isfinite(chances(found, data.cues)).all()


def test_frames_that_a_line_separates_give_finite_weights() -> None:
    data = rows()
    parted = fit(Rows(data.cues, np.where(data.cues[:, 0] > 3.0, 0.0, 0.7), data.scene, data.made))
    assert np.isfinite(parted.weights).all()
    assert parted.overlap == pytest.approx(0.7)


def test_the_overlap_is_that_of_frames_that_are_not_lost_each_scene_alike() -> None:
    cues = np.array([[0.0, 0.5], [1.0, 0.6], [2.0, 0.7], [3.0, 0.8]])
    data = Rows(cues, np.array([0.0, 0.4, 0.8, 0.9]), np.array(["a", "a", "b", "b"]), np.zeros(4, bool))
    assert fit(data).overlap == pytest.approx((0.4 + 0.8 + 0.9) / 3), "each of the two scenes has half of all weight"


class Noise(Blank):
    """Pictures of noise, 96 x 120."""

    def read(self, index: int) -> np.ndarray:
        return np.random.default_rng(index).integers(0, 256, (96, 120, 3), dtype=np.uint8)


def moving(count: int, name: str = "a") -> Footage:
    boxes = np.tile([20.0, 30.0, 30.0, 30.0], (count, 1))
    boxes[:, 0] += np.arange(count) * 0.5
    return Footage(name, Noise(count), boxes, np.ones(count, dtype=bool), name)


def test_made_clips_leave_out_what_cannot_be_used() -> None:
    short, long = moving(12, "short"), moving(40, "long")
    names = [clip.name for clip in made_clips([short, long], seed=3, rounds=2)]
    assert names == ["long-4-smaller", "long-6-alike"]
    clip = next(iter(made_clips([long], seed=0)))
    assert (clip.name, clip.scene) == ("long-0", "long")
    assert 0 < (~clip.visible).sum() < 40
    assert clip.visible[0]


def test_a_clip_is_made_of_the_first_frames_in_a_row_that_show_the_target() -> None:
    footage = moving(20)
    footage.visible[[0, 1, 9]] = False
    sequence = as_sequence(footage)
    assert sequence.native[:, 0].tolist() == footage.boxes[2:9, 0].tolist()


def test_rows_are_the_frames_of_all_tracks_and_lost_is_what_is_away_or_missed() -> None:
    footage = moving(40)
    footage.visible[30:] = False
    found = collect(make(TINY), Validation([footage], frames=12, starts=2, backwards=True))
    # Two starts each way: frames 0 and 20 on, 39 (from 29, the first visible) and 19 down: 11 frames a track after its
    # first; then 29 of the made clip of the 30 visible frames.
    assert found.cues.shape == (4 * 11 + 29, CUES)
    assert found.made.sum() == 29
    second = found.lost[11:22]
    assert second[9:].all(), "frames 30 and 31 have no target"
    assert not found.overlap[11:22][9:].any()
    assert np.isfinite(found.cues).all()
    assert set(found.scene.tolist()) == {"a"}


@pytest.mark.parametrize("overlap", [0.0, 0.7])
def test_a_target_that_is_never_lost_teaches_nothing(overlap: float, monkeypatch: pytest.MonkeyPatch) -> None:
    data = rows()
    alike = Rows(data.cues, np.full(len(data.overlap), overlap), data.scene, data.made)
    monkeypatch.setattr("stdtrack.training.calibration.collect", lambda *_: alike)
    with pytest.raises(InputError, match="never lost"):
        calibrate(untrained(NANO), [], Validation([], 0, 1, False))


def test_the_command_adds_the_numbers_to_the_file_and_changes_no_weight(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def collected(_: object, footage: Validation) -> Rows:
        asked.append([clip.name for clip in footage.sequences])
        return rows(seed=len(asked))

    monkeypatch.setattr("stdtrack.training.calibration.collect", collected)
    path = tmp_path / "w.safetensors"
    save_model(path, untrained(NANO), {"step": "7"})
    before = load_file(path)
    done = CliRunner().invoke(command, [str(tiny / "tiny.toml"), str(path)], catch_exceptions=False)
    assert done.exit_code == 0
    assert asked == [["a", "b"], ["c"]], "what is trained on, then what is left out"
    assert "frames: 400" in done.output
    assert "AUROC of lost, left out, all, assessment: 0." in done.output
    assert load_facts(path)["step"] == "7"
    calibration, left_out = from_text(load_facts(path)[FACT]), rows(seed=2)
    assert calibration.weights == fit(rows(seed=1)).weights
    assert calibration.data["scenes"] == "7"
    there = chances(calibration, left_out.cues)[~left_out.lost]
    assert [float((there < limit).mean()) for limit in calibration.limits] == pytest.approx(list(SHARES), abs=0.01)
    after = load_file(path)
    assert before.keys() == after.keys()
    assert all(before[key].equal(after[key]) for key in before)
    assert STDTracker.load(path).calibration == calibration
