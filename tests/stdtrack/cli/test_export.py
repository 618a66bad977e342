"""``stdtrack export`` and the tracker on what it wrote, end to end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from evalkit.errors import InputError
from evalkit.trackers.spec import load_tracker
from profiling.backends import BACKENDS, formats
from stdtrack.cli.main import cli

BOX = np.array([130.0, 90.0, 40.0, 30.0])


@pytest.mark.slow
@pytest.mark.parametrize("form", formats())
def test_export_and_track(form: str, tmp_path: Path) -> None:
    for needed in BACKENDS[form].needs:
        pytest.importorskip(needed)
    torch.set_num_threads(1)
    folder = tmp_path / "exported"
    command = ["export", "stdtrack:nano", "--format", form, "-o", str(folder)]
    result = CliRunner().invoke(cli, command)
    assert result.exit_code == 0, result.output
    assert "over 50 steps" in result.output
    random = np.random.default_rng(0)
    images = [random.integers(0, 256, (240, 320, 3), dtype=np.uint8) for _ in range(3)]
    answers = []
    for spec in ("stdtrack:nano", f"stdtrack:nano?backend={form}&path={folder}"):
        tracker = load_tracker(spec)
        tracker.init(images[0], BOX)
        answers.append(tracker.update(images[1]).box)
    np.testing.assert_allclose(answers[1], answers[0], atol=1e-2)
    assert isinstance(CliRunner().invoke(cli, command).exception, InputError)


@pytest.mark.parametrize(
    ("spec", "problem"),
    [("opencv:mosse", "not one of our networks"), ("stdtrack:nano?backend=openvino", "does not run in PyTorch")],
)
def test_what_cannot_be_exported(spec: str, problem: str, tmp_path: Path) -> None:
    pytest.importorskip("openvino")
    result = CliRunner().invoke(cli, ["export", spec, "--format", "onnx", "-o", str(tmp_path / "new")])
    assert isinstance(result.exception, InputError)
    assert problem in str(result.exception)
