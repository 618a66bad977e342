"""Ablations by training: the same budget for every row, and the spread over seeds."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from evalkit.errors import InputError
from stdtrack.checkpoints import load_model
from stdtrack.configs import FULL
from stdtrack.training.ablation import SPARSE, Outcome, row_config, row_names, run_ablation
from stdtrack.training.config_file import load_config
from stdtrack.training.metrics_file import validated_scenes
from stdtrack.training.validation import build_validation


def test_rows_differ_in_one_thing_and_see_the_same_number_of_frames(tiny: Path) -> None:
    config = load_config(tiny / "tiny.toml")
    runs = {row: row_config(config, row, 5) for row in row_names(config)}
    assert len({run.out for run in runs.values()}) == len(runs) == 7
    assert Path(runs["no STM"].out) == tiny / "run" / "no-STM-5"
    assert {run.seed for run in runs.values()} == {5}
    frames = {sum(s.steps * s.batch * s.frames for s in run.stages) for run in runs.values()}
    assert len(frames) == 1
    assert runs[FULL].without == ""
    assert runs["FIFO"].without == "FIFO"
    assert runs[SPARSE].clips.sampling == "sparse"
    assert {stage.frames for stage in runs[SPARSE].stages} == {1}


def test_spread_is_that_of_a_sample() -> None:
    outcome = Outcome("a", ({"road": 0.3, "desk": 0.5}, {"road": 0.5, "desk": 0.7}))
    assert outcome.auc == pytest.approx((0.4, 0.6))
    assert outcome.scenes == pytest.approx({"road": 0.4, "desk": 0.6})
    assert math.isclose(outcome.spread, 0.1 * math.sqrt(2))
    assert math.isclose(outcome.mean, 0.5)
    assert math.isnan(Outcome("a", outcome.runs[:1]).spread)


def test_rows_are_trained_judged_and_not_repeated(tiny: Path) -> None:
    config = load_config(tiny / "tiny.toml", ["stages.0.steps=2", "validation.every=2"])
    rows = ("no token", SPARSE)
    first = list(run_ablation(config, rows, (1,), lambda event: None))
    assert [outcome.name for outcome in first] == list(rows)
    assert all(0 <= outcome.auc[0] <= 1 for outcome in first)
    again: list[object] = []
    assert list(run_ablation(config, rows, (1,), again.append)) == first
    assert sum("resumed at step 2" in str(event) for event in again) == 2
    assert list(run_ablation(config, rows, (1,), again.append, jobs=2)) == first
    run = row_config(config, rows[0], 1)
    model = load_model(Path(run.out) / "last.safetensors")
    assert first[0].runs[0] == build_validation(run).run(model).scenes
    with pytest.raises(InputError, match="judged by left-out sequences"):
        next(run_ablation(load_config(tiny / "tiny.toml", ["validation.names=[]"]), rows, (1,), again.append))


def test_a_run_without_its_validation_is_named(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text("step,name,value\n1,validation/scene/road,0.5\n2,validation/auc,0.25\n")
    assert validated_scenes(path, 1) == {"road": 0.5}
    with pytest.raises(InputError, match=r"metrics\.csv: no validation of step 2"):
        validated_scenes(path, 2)
