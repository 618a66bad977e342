"""No bytes crash, hang or mislead a reader: it refuses them with InputError, or returns what stands there."""

from __future__ import annotations

import signal
import sys
from contextlib import suppress
from pathlib import Path
from types import FrameType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalkit.errors import InputError

sys.path.insert(0, str(Path(__file__).parent))
from mutations import damaged
from readers import READERS, Reader

QUICK, THOROUGH = 200, 100_000
SECONDS = 20
"""Longer than any reader takes on so small a file, however busy the machine."""

quick = settings(max_examples=QUICK, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
readers = pytest.mark.parametrize("name", READERS)


@pytest.fixture(autouse=True)
def watch() -> None:
    """A hang is a failure with a traceback."""

    def ring(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"no answer within {SECONDS} s")

    signal.signal(signal.SIGALRM, ring)


def feed(reader: Reader, content: bytes, folder: Path) -> None:
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        with suppress(InputError):
            reader.read(content, folder)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


@readers
def test_samples_are_read(name: str, tmp_path: Path) -> None:
    READERS[name].read(READERS[name].samples[0], tmp_path)


@readers
@quick
@given(seed=st.integers(0, 1 << 40))
def test_damaged_files(name: str, tmp_path: Path, seed: int) -> None:
    feed(READERS[name], damaged(READERS[name].samples, seed), tmp_path)


@readers
@quick
@given(content=st.binary(max_size=200))
def test_arbitrary_bytes(name: str, tmp_path: Path, content: bytes) -> None:
    feed(READERS[name], content, tmp_path)


@pytest.mark.slow
@readers
def test_a_hundred_thousand_damaged_files(name: str, tmp_path: Path) -> None:
    for seed in range(THOROUGH):
        try:
            feed(READERS[name], damaged(READERS[name].samples, seed), tmp_path)
        except Exception as error:
            error.add_note(f"seed {seed}")
            raise
