"""pytest plugin: a test that fails when a tracker has become less accurate than its baseline.

::

    def test_no_regression(tracking_accuracy):
        tracking_accuracy("stdtrack:nano", "demo", baseline="baseline.json")

``pytest --tracking-update`` writes the baselines anew. pytest loads this module in every project of the environment
that STDTrack is installed in, so it imports pytest alone until a test asks for the fixture: that project may have a
package of its own called ``evalkit``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from evalkit.benchmarks.base import Benchmark
    from evalkit.regression.file import Record
    from evalkit.regression.verdicts import Comparison, Limits

# Baseline file -> texts of baselines with the records measured for it: strings, because xdist carries them to the
# process that writes, as one file must have one writer.
MEASURED = pytest.StashKey[dict[str, list[str]]]()
WORKER_KEY = "tracking_accuracy"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("tracking accuracy")
    group.addoption("--tracking-baseline", metavar="FILE", type=Path, help="use this baseline in every test")
    group.addoption("--tracking-update", action="store_true", help="write what is measured into the baselines")


def pytest_configure(config: pytest.Config) -> None:
    """Make room for what is measured."""
    config.stash[MEASURED] = {}


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Take over what an xdist worker has measured."""
    for path, texts in getattr(node, "workeroutput", {}).get(WORKER_KEY, {}).items():
        node.config.stash[MEASURED].setdefault(path, []).extend(texts)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the baselines, or hand over what this worker has measured."""
    measured = session.config.stash[MEASURED]
    if measured and hasattr(session.config, "workeroutput"):
        session.config.workeroutput[WORKER_KEY] = measured
        return
    for path, texts in measured.items():
        _update(Path(path), texts)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Name the baselines that were written."""
    for path, texts in config.stash[MEASURED].items():
        terminalreporter.write_line(f"tracking baseline updated: {path} ({len(texts)} measured)")


class TrackingAccuracy:
    """Runs a tracker on a benchmark and compares its scores with a baseline; what the fixture returns."""

    def __init__(self, config: pytest.Config, test: Path, new_folder: Callable[[], Path], demo: Callable[[], Path]):
        self._config, self._test, self._new_folder, self._demo = config, test, new_folder, demo

    def __call__(
        self,
        tracker: str,
        benchmark: str,
        baseline: str | Path | None = None,
        *,
        data: str | Path | None = None,
        max_drop: float = 0.005,
        confidence: float = 0.95,
    ) -> Comparison:
        """Fail the test if ``tracker`` is worse than its baseline or cannot be compared with it.

        Args:
            tracker: a spec, such as ``stdtrack:nano`` or ``module:factory``.
            benchmark: ``demo``, which is rendered where no ``data`` is given, or any that lies under ``data``.
            baseline: relative to the test's folder; ``--tracking-baseline`` goes first.
            data: root of the benchmarks; by default STDTRACK_DATA or ``stdtrack.toml``.
            max_drop: mean drop that is tolerated, as a fraction.
            confidence: of the one-sided bound that a drop must also pass.
        """
        require_own_evalkit()
        from evalkit.errors import InputError
        from evalkit.regression.verdicts import Limits

        try:
            return self._compare(tracker, benchmark, self._baseline_path(baseline), data, Limits(max_drop, confidence))
        except InputError as error:
            pytest.fail(str(error), pytrace=False)

    def _compare(self, tracker: str, benchmark: str, path: Path, data: str | Path | None, limits: Limits) -> Comparison:
        from evalkit.benchmarks.registry import parse_spec
        from evalkit.regression.ci_output import details, sentence
        from evalkit.regression.compare import compare
        from evalkit.regression.file import Baseline, dump_baseline, read_baseline
        from evalkit.regression.verdicts import Verdict

        if self._config.getoption("tracking_update"):
            if path.exists():
                read_baseline(path)  # a file that is no baseline must not be found out, and lost, at the end
            record = self._measure(tracker, benchmark, data)
            text = dump_baseline(Baseline((record,)))
            self._config.stash[MEASURED].setdefault(str(path), []).append(text)
            return compare(record, record, limits)
        known = read_baseline(path).select(tracker, parse_spec(benchmark).name)
        if not known:
            pytest.fail(f"{path} has no {tracker} on {benchmark}: write it with --tracking-update", pytrace=False)
        comparison = compare(known[0], self._measure(tracker, benchmark, data, known[0].protocol), limits)
        if comparison.verdict in (Verdict.WORSE, Verdict.NOT_COMPARABLE):
            pytest.fail("\n  ".join((sentence(comparison), *details(comparison))), pytrace=False)
        return comparison

    def _baseline_path(self, baseline: str | Path | None) -> Path:
        given: Path | None = self._config.getoption("tracking_baseline")
        if given is not None:
            return self._config.invocation_params.dir / given
        if baseline is None:
            pytest.fail("no baseline: give baseline=FILE or --tracking-baseline FILE", pytrace=False)
        return self._test.parent / baseline

    def _measure(self, tracker: str, benchmark: str, data: str | Path | None, protocol: str | None = None) -> Record:
        from evalkit.regression.from_run import run_and_record

        return run_and_record(tracker, self._open(benchmark, data), self._new_folder(), protocol)

    def _open(self, benchmark: str, data: str | Path | None) -> Benchmark:
        from evalkit.benchmarks.data_root import data_root
        from evalkit.benchmarks.registry import open_benchmark

        if data is None and benchmark == "demo":
            return open_benchmark(benchmark, data=self._demo())
        return open_benchmark(benchmark, data=data_root(None if data is None else Path(data)))


def require_own_evalkit() -> None:
    """Fail the test that asks for the fixture where a package of the project hides STDTrack's ``evalkit``."""
    import evalkit

    places = {Path(folder).resolve() for folder in evalkit.__path__}
    if Path(__file__).resolve().parents[1] / "evalkit" not in places:
        found = ", ".join(sorted(map(str, places)))
        pytest.fail(f"tracking_accuracy needs STDTrack's package 'evalkit', which {found} hides", pytrace=False)


@pytest.fixture(scope="session")
def tracking_demo(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Renders the demo benchmark once a session, when it is first asked for."""
    folders: list[Path] = []

    def render_once() -> Path:
        if not folders:
            from evalkit.benchmarks.synthetic.writer import render

            folders.append(tmp_path_factory.mktemp("tracking-demo"))
            render(folders[0])
        return folders[0]

    return render_once


@pytest.fixture
def tracking_accuracy(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, tracking_demo: Callable[[], Path]
) -> TrackingAccuracy:
    """``tracking_accuracy(tracker, benchmark, baseline=FILE)`` fails the test if the tracker has become worse."""
    return TrackingAccuracy(
        request.config, request.path, lambda: tmp_path_factory.mktemp("tracking-runs"), tracking_demo
    )


def _update(path: Path, texts: list[str]) -> None:
    from importlib.metadata import version

    from evalkit.regression.file import Baseline, load_baseline, read_baseline, write_baseline

    known = read_baseline(path) if path.exists() else Baseline(())
    records = tuple(record for text in texts for record in load_baseline(text).records)
    updated = Baseline(known.records, version("stdtrack")).updated(records)
    write_baseline(updated, path)
