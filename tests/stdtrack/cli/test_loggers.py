"""Loggers: one contract, and what each service's own reader finds after a command, all offline."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from operator import itemgetter
from pathlib import Path

import pytest

from evalkit.errors import InputError
from evalkit.imports import is_installed
from evalkit.scoring.front import score
from stdtrack.loggers import LOGGERS, LoggedRun, Logger, Logs, check, flat, open_logs


class Heard:
    """A log that remembers."""

    def __init__(self, run: LoggedRun, *, loud: bool) -> None:
        self.run, self.loud = run, loud
        self.calls: list[object] = []

    def settings(self, values: Mapping[str, str]) -> None:
        self.calls.append(dict(values))

    def metrics(self, values: Mapping[str, float], step: int) -> None:
        self.calls.append((dict(values), step))

    def file(self, path: Path) -> None:
        self.calls.append(path)

    def close(self, *, failed: bool) -> None:
        self.calls.append(("closed", failed))


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[Heard]:
    """What is told to the logger ``ear``, which takes the option ``loud``."""
    logs: list[Heard] = []

    def begin(run: LoggedRun, loud: bool = False) -> Heard:
        logs.append(Heard(run, loud=loud))
        return logs[-1]

    ear = Logger(begin, needs="json")
    monkeypatch.setattr(type(LOGGERS), "find", lambda _, name: {"ear": ear, "deaf": Logger(begin, "no_module")}[name])
    return logs


def test_the_groups_names() -> None:
    assert sorted(LOGGERS) == ["mlflow", "tensorboard", "wandb"]
    assert all(isinstance(LOGGERS[name], Logger) for name in LOGGERS)


def test_a_run_is_opened_told_and_closed(heard: list[Heard]) -> None:
    with open_logs(check("ear?loud=true"), LoggedRun("a", Path("b"), 3)) as logs:
        logs.settings({"x": "1"})
        logs.metrics({"auc": 0.5}, 7)
        logs.file(Path("c"))
    assert (heard[0].run, heard[0].loud) == (LoggedRun("a", Path("b"), 3), True)
    assert heard[0].calls == [{"x": "1"}, ({"auc": 0.5}, 7), Path("c"), ("closed", False)]


def test_a_run_that_fails_is_closed_as_failed(heard: list[Heard]) -> None:
    with pytest.raises(ZeroDivisionError), open_logs(check(["ear", "ear?loud=no"]), LoggedRun("a", Path())):
        _ = 1 / 0
    assert [log.calls for log in heard] == [[("closed", True)]] * 2


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ("deaf", "logger 'deaf' needs no_module, which is not installed"),
        ("ear?volume=3", "takes no option 'volume'"),
        ("ear?loud", "options of 'ear?loud' are not NAME=VALUE"),
        ("ear?loud=very", "option loud=very is no"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_computed(spec: str, problem: str, heard: list[Heard]) -> None:
    with pytest.raises(InputError) as caught:
        check(spec)
    assert problem in str(caught.value)
    assert heard == []


def test_an_unknown_logger_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'tensorboard'"):
        check("tensorbord")


def test_no_logger_takes_everything() -> None:
    with open_logs(check(()), LoggedRun("a", Path())) as logs:
        logs.metrics({"x": 1.0}, 0)
    assert isinstance(logs, Logs)


def test_nested_settings_are_flat() -> None:
    assert flat({"a": {"b": [1, {"c": None}]}, "d": ()}) == {"a.b.0": "1", "a.b.1.c": "None"}


def command(words: list[object], folder: Path, **environment: str) -> str:
    """Run the program there; returns what it told."""
    given = [sys.executable, "-m", "stdtrack", *map(str, words)]
    settings = os.environ | {"STDTRACK_CACHE": str(folder / "cache"), **environment}
    done = subprocess.run(given, cwd=folder, env=settings, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.fixture
def scored(make_runs: Callable[..., Path], own_data: Path) -> tuple[list[object], dict[str, dict[str, float]]]:
    """The words of ``score``, and each tracker's figures as they must be logged."""
    runs = make_runs({"opencv:csrt": 1.5, "opencv:kcf": 3.0})
    scores = score(runs, on="folder", data=own_data, cache=False)
    figures = {
        one.tracker: {
            f"folder/{one.protocol}/{name}": value for name, value in one.metrics.items() if value is not None
        }
        for one in scores.scores
    }
    return ["score", runs, "--on", "folder", "--data", own_data], figures


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tensorboard_has_the_figures(scored: tuple[list[object], dict[str, dict[str, float]]], tmp_path: Path) -> None:
    reader = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator", reason="an extra")
    words, figures = scored
    command([*words, "--log", "tensorboard"], tmp_path)
    for tracker, expected in figures.items():
        (folder,) = (tmp_path / "tensorboard").glob(tracker.replace(":", "%3A"))
        read = reader.EventAccumulator(str(folder))
        read.Reload()
        found = {name: read.Scalars(name)[0].value for name in read.Tags()["scalars"]}
        assert found == pytest.approx(expected, rel=1e-6)  # float32


@pytest.mark.skipif(not is_installed("mlflow"), reason="the extra mlflow is not installed")
@pytest.mark.filterwarnings("ignore")
def test_mlflow_has_the_figures(scored: tuple[list[object], dict[str, dict[str, float]]], tmp_path: Path) -> None:
    import mlflow

    words, figures = scored
    uri = f"sqlite:///{tmp_path}/runs.db"
    command([*words, "--log", "mlflow?experiment=mine"], tmp_path, MLFLOW_TRACKING_URI=uri)
    client = mlflow.MlflowClient(tracking_uri=uri)
    runs = client.search_runs([client.get_experiment_by_name("mine").experiment_id])
    assert {run.info.run_name: run.data.metrics for run in runs} == figures
    assert {run.info.status for run in runs} == {"FINISHED"}


@pytest.mark.skipif(not is_installed("wandb"), reason="the extra wandb is not installed")
def test_wandb_offline_has_the_figures(
    scored: tuple[list[object], dict[str, dict[str, float]]], tmp_path: Path
) -> None:
    words, figures = scored
    command([*words, "--log", "wandb?mode=offline"], tmp_path, WANDB_API_KEY="")
    kept = [history(file) for file in sorted((tmp_path / "wandb").glob("offline-run-*/run-*.wandb"))]
    by_auc = itemgetter("folder/official/auc")
    assert sorted(kept, key=by_auc) == sorted(figures.values(), key=by_auc)


def history(file: Path) -> dict[str, float]:
    """The figures in a run that wandb kept offline, by its own messages."""
    from wandb.proto import wandb_internal_pb2

    found = {}
    for data in records(file.read_bytes()):
        record = wandb_internal_pb2.Record()
        record.ParseFromString(data)
        for item in record.history.item:
            name = item.key or "/".join(item.nested_key)
            if not name.startswith("_"):
                found[name] = json.loads(item.value_json)
    return found


def records(content: bytes, block: int = 32768) -> Iterator[bytes]:
    """The records of a LevelDB log with wandb's seven bytes before it; parts of a record are joined."""
    assert content[:4] == b":W&B"
    place, joined = 7, b""
    while place + 7 <= len(content):
        if block - place % block < 7:  # what is left of a block is padding
            place += block - place % block
            continue
        length, kind = int.from_bytes(content[place + 4 : place + 6], "little"), content[place + 6]
        joined += content[place + 7 : place + 7 + length]
        place += 7 + length
        if kind in (1, 4):  # whole, or the last part
            yield joined
            joined = b""


def test_a_report_is_logged_with_its_files(
    heard: list[Heard], make_runs: Callable[..., Path], own_data: Path, tmp_path: Path
) -> None:
    from stdtrack.api.reporting import report

    runs = make_runs({"opencv:csrt": 1.5})
    written = report(
        runs, on="folder", data=own_data, out=tmp_path / "report", parts=("tables",), log="ear", cache=False
    )
    assert [log.run.name for log in heard] == ["opencv:csrt", "report"]
    assert [call for call in heard[1].calls if isinstance(call, Path)] == list(written.tables)
