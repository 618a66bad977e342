"""MLflow: a run of an experiment on a tracking server, in a database or in a folder."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from evalkit.imports import optional_module
from stdtrack.loggers import Log, LoggedRun, Logger

_NO_NAME = re.compile(r"[^\w\-. /:]")
"""What MLflow takes in no name."""
_MOST = {"params": 100, "metrics": 1000}
"""Of one call, by MLflow's own limits."""


class MlflowLog:
    """A run, by MLflow's client: nothing of MLflow's global state is changed."""

    def __init__(self, run: LoggedRun, experiment: str, uri: str | None) -> None:
        mlflow: Any = optional_module("mlflow")
        self._entities: Any = optional_module("mlflow.entities")
        self._client = mlflow.MlflowClient(tracking_uri=uri)
        known = self._client.get_experiment_by_name(experiment)
        number = self._client.create_experiment(experiment) if known is None else known.experiment_id
        self._run = self._client.create_run(number, run_name=run.name).info.run_id

    def settings(self, values: Mapping[str, str]) -> None:
        """Parameters."""
        params = (self._entities.Param(_name(name), value[:6000]) for name, value in values.items())
        for some in _portions(params, _MOST["params"]):
            self._client.log_batch(self._run, params=some)

    def metrics(self, values: Mapping[str, float], step: int) -> None:
        """Metrics."""
        metrics = (self._entities.Metric(_name(name), value, _now(), step) for name, value in values.items())
        for some in _portions(metrics, _MOST["metrics"]):
            self._client.log_batch(self._run, metrics=some)

    def file(self, path: Path) -> None:
        """An artifact."""
        self._client.log_artifact(self._run, str(path))

    def close(self, *, failed: bool) -> None:
        """End the run."""
        self._client.set_terminated(self._run, status="FAILED" if failed else "FINISHED")


def _name(text: str) -> str:
    return _NO_NAME.sub("_", text)


def _now() -> int:
    """Milliseconds, as MLflow counts."""
    return int(time.time() * 1000)


def _portions(items: Iterable[Any], most: int) -> Iterator[list[Any]]:
    """The items in lists of at most ``most``; none of no items."""
    rest = iter(items)
    while some := list(islice(rest, most)):
        yield some


def _open(run: LoggedRun, experiment: str = "stdtrack", uri: str = "") -> Log:
    """``uri`` is MLFLOW_TRACKING_URI if empty, else MLflow's own default."""
    return MlflowLog(run, experiment, uri or None)


LOGGER = Logger(_open, needs="mlflow", extra="mlflow")
