"""Settings of tracking, chosen on left-out sequences."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from stdtrack.checkpoints import load_facts, load_model, save_model, untrained
from stdtrack.cli.tune import tune
from stdtrack.configs import NANO
from stdtrack.training.tuning import Grid, with_config
from stdtrack.training.validation import ValidationScore


def test_a_grid_holds_every_combination_and_keeps_what_it_does_not_name() -> None:
    configs = Grid(window_influence=(0.2, 0.4), memory=("quality", "fifo")).configs(NANO)
    assert [(c.online.window_influence, c.memory) for c in configs] == [
        (0.2, "quality"), (0.2, "fifo"), (0.4, "quality"), (0.4, "fifo"),
    ]  # fmt: skip
    assert {c.online.size_smoothing for c in configs} == {NANO.online.size_smoothing}
    assert Grid().configs(NANO) == (NANO,)


def test_another_rule_changes_the_stm_and_no_weight() -> None:
    model = untrained(NANO)
    (config,) = Grid(memory=("fifo",), admission=(0.3,)).configs(NANO)
    changed = with_config(model, config)
    assert (changed.stm.rule, changed.stm.admission) == ("fifo", 0.3)
    assert model.stm.rule == "quality"
    assert all((changed.state_dict()[name] == value).all() for name, value in model.state_dict().items())


def test_the_best_setting_is_written_with_the_weights(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def judged(validation: object, model: object) -> ValidationScore:
        return ValidationScore(1.0 - abs(model.config.online.window_influence - 0.4), 0.0, 0.0, 0.5, 0.5, {}, ())  # type: ignore[attr-defined]

    monkeypatch.setattr("stdtrack.training.validation.Validation.run", judged)
    save_model(tiny / "a.safetensors", untrained(NANO), {"step": "7"})
    arguments = [str(tiny / "tiny.toml"), str(tiny / "a.safetensors"), "--out", str(tiny / "b.safetensors")]
    values = [part for value in ("0.1", "0.5", "0.9") for part in ("--window", value)]
    result = CliRunner().invoke(tune, [*arguments, *values], catch_exceptions=False)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1].split()[0] == "0.50"
    written = load_model(tiny / "b.safetensors")
    assert np.isclose(written.config.online.window_influence, 0.5)
    assert load_facts(tiny / "b.safetensors") == {"step": "7"}


def test_real_tracking_judges(tiny: Path) -> None:
    save_model(tiny / "a.safetensors", untrained(NANO))
    arguments = [str(tiny / "tiny.toml"), str(tiny / "a.safetensors"), "--set", "validation.frames=4"]
    result = CliRunner().invoke(tune, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    assert 0 <= float(result.stdout.splitlines()[-1].split()[5]) <= 1
