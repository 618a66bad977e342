"""``stdtrack ablate``: the table of costs, and of what training each row gives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from evalkit.errors import InputError
from stdtrack import ablation
from stdtrack.checkpoints import save_model, untrained
from stdtrack.cli.main import cli, main
from stdtrack.configs import VARIANTS, ablations
from stdtrack.training.ablation import SPARSE, Outcome, row_config
from stdtrack.training.config import SourceConfig, StageConfig, TrainConfig
from tests.stdtrack.tiny import TINY

TRAINED = TrainConfig("nano", (StageConfig(1),), (SourceConfig("procedural"),), out=".")


@pytest.mark.slow
@pytest.mark.parametrize("spec", ["stdtrack:nano", "base"])
def test_ablate_command(spec: str) -> None:
    result = CliRunner().invoke(cli, ["ablate", spec, "--repeats", "1", "--threads", "1"])
    assert result.exit_code == 0, result.output
    assert [line[:20].strip() for line in result.stdout.splitlines()[1:]] == list(ablations(VARIANTS["base"]))


def test_ablate_command_with_an_unknown_variant() -> None:
    result = CliRunner().invoke(cli, ["ablate", "stdtrack:huge"])
    assert isinstance(result.exception, InputError)
    assert "unknown variant 'huge'" in str(result.exception)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["base", "--train", "nano-cpu"], "'[SPEC]' does not go with --train"),
        (["--train", "nano-cpu", "--weights", "w"], "'--weights' does not go with --train"),
        (["--train", "nano-cpu", "--data", "d"], "'--data' does not go with --train"),
        (["--train", "nano-cpu", "--repeats", "3"], "'--repeats' does not go with --train"),
        (["--train", "nano-cpu", "--threads", "1"], "'--threads' does not go with --train"),
        (["base", "--set", "seed=1"], "'--set' needs --train"),
        (["--seeds", "3"], "'--seeds' needs --train"),
        (["--jobs", "2"], "'--jobs' needs --train"),
    ],
)
def test_options_that_would_be_ignored_are_refused(arguments: list[str], message: str) -> None:
    result = CliRunner().invoke(cli, ["ablate", *arguments])
    assert result.exit_code == 2
    assert message in result.output


def test_training_an_unknown_variant_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["ablate", "--train", "nano-cpu", "--set", "variant=foo"])
    assert exit_.value.code == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "unknown variant 'foo'" in error


def test_trained_rows_are_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    def trained(config: TrainConfig, rows: tuple[str, ...], seeds: range, *_: object, jobs: int) -> Iterator[Outcome]:
        assert (config.variant, jobs) == ("nano", 2)
        for row in rows:
            less = 0.05 if row == SPARSE else 0.0
            yield Outcome(row, tuple({f"{at}": 0.1 * seed - less + at / 100 for at in range(-6, 7)} for seed in seeds))

    monkeypatch.setattr("stdtrack.training.ablation.run_ablation", trained)
    result = CliRunner().invoke(cli, ["ablate", "--train", "nano-cpu", "--seeds", "2", "--jobs", "2"])
    assert result.exit_code == 0, result.output
    first, *others = result.stdout.splitlines()[1:]
    assert first.split()[-4:] == ["0.1500", "0.0707", "0.1000", "0.2000"]
    assert [line[:20].strip() for line in others[::2]] == [*list(ablations(VARIANTS["nano"]))[1:], SPARSE]
    assert "+0.0000 beside the first" in others[1], "paired over scenes"
    assert others[1].endswith("no difference can be claimed")
    assert "-0.0500 beside the first" in others[-1]
    assert others[-1].endswith("worse on 13 of 13 scenes)")


def test_ablation_rows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(ablation, "VARIANTS", {"tiny": TINY})
    monkeypatch.setattr(ablation, "shipped_weights", lambda variant: None)
    rows = {row.name: row for row in ablation.ablation_rows("tiny", repeats=2)}
    assert list(rows) == list(ablations(TINY))
    full = rows["full"]
    assert rows["no token"].parameters < rows["no MFIFM"].parameters < full.parameters
    assert rows["no token"].macs < full.macs
    assert (rows["FIFO"].parameters, rows["FIFO"].macs) == (full.parameters, full.macs)
    assert rows["single-scale head"].macs == full.macs
    assert all(row.milliseconds > 0 and row.overlap is None for row in rows.values())
    with pytest.raises(InputError, match="no such folder"):
        ablation.ablation_rows("tiny", weights=tmp_path / "nowhere")


def test_weights_are_found_under_the_names_that_training_gives(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(ablation, "VARIANTS", {"tiny": TINY})
    monkeypatch.setattr(ablation, "shipped_weights", lambda variant: None)
    parts = ablations(TINY)
    trained = Path(row_config(TRAINED, "no STM", 1).out) / "last.safetensors"
    given = tmp_path / "no-token.safetensors"
    (tmp_path / trained).parent.mkdir()
    save_model(tmp_path / trained, untrained(parts["no STM"]))
    save_model(given, untrained(parts["no token"]))
    found = {row.name: row.weights for row in ablation.ablation_rows("tiny", repeats=1, weights=tmp_path)}
    expected = {"no STM": tmp_path / trained, "no token": given}
    assert {name: path for name, path in found.items() if path is not None} == expected
