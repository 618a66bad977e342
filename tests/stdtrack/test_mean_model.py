"""The mean of several networks' weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from evalkit.errors import InputError
from stdtrack.checkpoints import load_facts, load_model, mean_model, save_model
from stdtrack.cli.average import average
from tests.stdtrack.tiny import TINY, make


def test_weights_and_statistics_are_averaged(tmp_path: Path) -> None:
    files = [tmp_path / f"{seed}.safetensors" for seed in (1, 2, 3)]
    models = [make(TINY, seed) for seed in (1, 2, 3)]
    for number, (file, model) in enumerate(zip(files, models, strict=True)):
        model.head.blocks[0].branches[0].norm.running_mean.fill_(number)  # type: ignore[operator, union-attr]
        save_model(file, model)
    out = tmp_path / "mean.safetensors"
    result = CliRunner().invoke(average, [*map(str, files), "-o", str(out)], catch_exceptions=False)
    assert result.output == f"{out}\n"
    mean = load_model(out).state_dict()
    for key, tensor in mean.items():
        if tensor.dtype.is_floating_point:
            expected = sum(model.state_dict()[key] for model in models) / 3
            torch.testing.assert_close(tensor, expected)
    assert mean["head.blocks.0.branches.0.norm.running_mean"].unique().tolist() == [1.0]
    assert load_facts(out) == {"mean_of": "1.safetensors, 2.safetensors, 3.safetensors"}


def test_only_weights_of_one_network_have_a_mean(tmp_path: Path) -> None:
    save_model(tmp_path / "a.safetensors", make(TINY))
    save_model(tmp_path / "b.safetensors", make(replace(TINY, depth=TINY.depth + 1)))
    with pytest.raises(InputError, match=r"b\.safetensors.*'depth'"):
        mean_model([tmp_path / "a.safetensors", tmp_path / "b.safetensors"])
