"""A minute's test of a tracker's class before the real run.

Tests run in a worker process, as a run does: a crash or a frame that never ends is a verdict, and the next test has a
new process.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from evalkit.errors import InputError
from evalkit.robustness.columns import STRESS_FRAMES
from evalkit.robustness.stress_tests import Check, checks
from evalkit.running.tasks import TaskError
from evalkit.running.worker import Worker
from evalkit.trackers.answers import NonsenseError
from evalkit.trackers.spec import load_tracker

ALLOWED_TIMEOUT = 60.0
PASSED, FAILED, NOTED = "passed", "FAILED", "noted"


@dataclass(frozen=True)
class Verdict:
    """What one test came to.

    Attributes:
        test: its name.
        verdict: ``passed``, ``FAILED``, or ``noted`` where no run needs it.
        detail: why, or what was measured.
    """

    test: str
    verdict: str
    detail: str = ""


def stress(
    spec: str,
    *,
    frames: int = STRESS_FRAMES,
    timeout: float = ALLOWED_TIMEOUT,
    tell: Callable[[Verdict], None] | None = None,
) -> list[Verdict]:
    """Put a tracker to every test.

    Args:
        spec: as :func:`evalkit.run` takes it.
        frames: of the test for leaks.
        timeout: seconds that a frame may take.
        tell: is called with each verdict as soon as it is known.

    Raises:
        InputError: the spec is wrong, or names no tracker.
    """
    worker, verdicts = Worker(threads=1, timeout=timeout, beats_are_frames=False), []
    try:
        for name, (check, needed) in checks(frames).items():
            verdicts.append(_judge(worker, name, check, spec, needed=needed))
            if tell is not None:
                tell(verdicts[-1])
    finally:
        worker.close()
    return verdicts


def _judge(worker: Worker, name: str, check: Check, spec: str, *, needed: bool) -> Verdict:
    try:
        return Verdict(name, PASSED, str(worker.call(_performed, (check, spec))))
    except _UnfitError as error:
        return Verdict(name, FAILED if needed else NOTED, str(error))
    except TaskError as error:
        return Verdict(name, FAILED if needed else NOTED, error.summary)


class _UnfitError(InputError):
    """A tracker's own fault, which a worker hands back as it does wrong input."""


def _performed(check: Check, spec: str) -> str:
    """In the worker: a tracker's refusal of an input is a verdict, a wrong spec is the user's error."""
    try:
        return check(spec)
    except (AssertionError, NonsenseError) as error:
        raise _UnfitError(str(error)) from None
    except InputError as error:
        load_tracker(spec)  # raises, where the spec itself is wrong
        raise _UnfitError(f"refuses it: {error}") from None
