"""``stdtrack compress`` end to end, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from evalkit.errors import InputError
from evalkit.trackers.spec import load_tracker
from stdtrack.cli.main import cli


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("stdtrack:nano",), "nothing is asked for"),
        (("opencv:mosse", "--int8"), "is not one of our networks"),
        (("stdtrack:nano?backend=openvino", "--int8"), "does not run in PyTorch"),
        (("stdtrack:nano", "--int8", "--data", "nowhere"), "no such folder"),
    ],
)
def test_what_is_refused(arguments: tuple[str, ...], problem: str, tmp_path: Path) -> None:
    pytest.importorskip("openvino")
    pytest.importorskip("onnxscript")
    result = CliRunner().invoke(cli, ["compress", *arguments, "-o", str(tmp_path / "new")])
    assert isinstance(result.exception, InputError)
    assert problem in str(result.exception)
    assert not (tmp_path / "new").exists()


def test_a_folder_that_exists_is_left_alone(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["compress", "stdtrack:nano", "--int8", "-o", str(tmp_path)])
    assert isinstance(result.exception, InputError)
    assert "exists already" in str(result.exception)


@pytest.mark.slow
def test_nano_in_eight_bits(tmp_path: Path) -> None:
    pytest.importorskip("onnxscript")
    out = tmp_path / "nano8"
    command = ["compress", "stdtrack:nano", "--int8", "--min-time", "0.5", "-o", str(out)]
    result = CliRunner().invoke(cli, command)
    assert result.exit_code == 0, result.output
    spec = result.stdout.strip()
    assert spec == f"stdtrack:nano?path={out}"
    card = json.loads((out / "card.json").read_text())
    assert card["format"] == 1
    assert card["compressed"]["spec"] == spec
    assert card["agreement"] > 0.95
    assert card["compressed"]["bytes"] < 0.4 * card["original"]["bytes"]
    assert not set(card["clips"]) & set(card["calibrated"])
    assert "int8" in (out / "card.md").read_text()
    assert "int8" in load_tracker(spec).describe()["note"]


@pytest.mark.slow
def test_nano_with_an_early_exit(tmp_path: Path) -> None:
    out = tmp_path / "early"
    settings = ('sources=[{kind="procedural"}]', "stages=[{steps=3,frames=2,batch=2}]", "workers=0")
    options = [option for setting in settings for option in ("--set", setting)]
    command = ["compress", "stdtrack:nano", "--exit", "1", "--finetune", "nano-cpu", *options]
    result = CliRunner().invoke(cli, [*command, "--exit-loss", "0.5", "--min-time", "0.5", "-o", str(out)])
    assert result.exit_code == 0, result.output
    spec = result.stdout.strip()
    assert spec == f"stdtrack:nano?exit={out / 'exit.safetensors'}"
    card = json.loads((out / "card.json").read_text())
    found = card["facts"]["exit"]
    assert (found["after"], found["blocks"], found["loss"]) == (1, 2, 0.5)
    assert 0.0 <= found["share_judged"] <= 1.0
    assert found["macs"][0] < card["original"]["macs"] < found["macs"][1] == card["compressed"]["macs"]
    assert "end early" in (out / "card.md").read_text()
    assert "ends easy frames early" in load_tracker(spec).describe()["note"]
