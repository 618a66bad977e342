"""How a pruned network is trained further."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from evalkit.errors import InputError
from stdtrack.checkpoints import save_model
from stdtrack.compression import finetuning
from stdtrack.compression.finetuning import finetuned
from stdtrack.compression.layers import Layer, cut
from stdtrack.configs import NANO
from stdtrack.training.config import TrainConfig
from stdtrack.training.loop import build_model
from tests.stdtrack.tiny import make


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[TrainConfig]:
    """The settings of runs that would have been made."""
    configs: list[TrainConfig] = []

    def run(config: TrainConfig, *, resume: bool, tell: object) -> Path:
        assert resume
        configs.append(config)
        return Path(config.out) / "best.safetensors"

    monkeypatch.setattr(finetuning, "run_training", run)
    return configs


def test_the_run_starts_from_the_pruned_weights_and_learns_from_the_others(
    seen: list[TrainConfig], tmp_path: Path
) -> None:
    pruned, teacher = tmp_path / "pruned.safetensors", tmp_path / "teacher.safetensors"
    smaller = cut(make(NANO), {Layer("hidden", 0): [torch.arange(200)]})
    save_model(pruned, smaller)
    best = finetuned(pruned, teacher, "nano", "nano-cpu", ["seed=7"], print)
    (config,) = seen
    assert best == tmp_path / "run" / "best.safetensors"
    assert config.teachers == (f"stdtrack:nano?weights={teacher}",)
    assert config.seed == 7
    trained = build_model(config)
    assert trained.config == smaller.config
    assert torch.equal(trained.neck.coarse.weight, smaller.neck.coarse.weight)


@pytest.mark.parametrize(
    ("variant", "override", "problem"),
    [("base", "seed=1", "trains 'nano', not 'base'"), ("nano", "validation.names=[]", "names no sequences")],
)
def test_what_is_refused(variant: str, override: str, problem: str, tmp_path: Path, seen: list[TrainConfig]) -> None:
    with pytest.raises(InputError, match=problem):
        finetuned(tmp_path / "a.safetensors", tmp_path / "b.safetensors", variant, "nano-cpu", [override], print)
    assert not seen
