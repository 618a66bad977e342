"""No bytes crash, hang or mislead a reader: it refuses them with InputError, or returns what stands there.

``pytest -m slow tests/fuzz`` gives each reader 100,000 damaged files, ``-k "run.json"`` gives them to one reader.
"""

from __future__ import annotations

import re
import signal
from contextlib import suppress
from pathlib import Path
from types import FrameType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutations import damaged
from readers import READERS, Reader
from samples import INFERRED, published_samples

from evalkit.errors import InputError

QUICK, THOROUGH = 100, 100_000
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


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("stdtrack.toml", b"data = " + b"[" * 5000, "cannot be read"),
        ("image sizes", b"[" * 100_000, "is nested more than 64 deep"),
        ("image sizes", b'{"a": [1e999, 6]}', "1e999 is beyond every number"),
        ("image sizes", b'{"a": [-8, 6]}', "an image of -8x6 pixels"),
        ("meta", b"resolution: (0, 6)\n", "an image of 0x6 pixels"),
        ("inferred meta", INFERRED.replace(b"[8", b"[1e999"), "1e999 is beyond every number"),
        ("inferred meta", INFERRED.replace(b"8, 6", b"8"), "does not describe GOT-10k sequences"),
        ("inferred meta", b"[" * 100_000, "is nested more than 64 deep"),
        ("exported network", b"[" * 100_000, "is nested more than 64 deep"),
        ("exported network", b"[1]", "is not of the format"),
        ("times", b"0.5\n-1\n", "row 2: -1 is no number of seconds"),
        ("times", b"0.5\n1_0\n", "row 2: '1_0' is not a number"),
        ("supervised results", b"1\n1_0,2,3,4\n", "row 2: '1_0' is not a number"),
        ("published.csv", published_samples()[0].replace(b"not stated", b"1e999"), "'1e999' is neither a number nor"),
        ("published.csv", b"tracker,value\n", "the first line must be tracker,quantity"),
        ("published.csv", b'"', "is no CSV file"),
    ],
)
def test_what_was_once_misread(name: str, content: bytes, problem: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=re.escape(problem)):
        READERS[name].read(content, tmp_path)


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
