"""Fixtures for every test."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# No test depends on how fast the machine is.
settings.register_profile("stdtrack", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("stdtrack")


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of real data outside the project (STDTRACK_SHARED, default ../shared); skips where it is not."""
    default = Path(__file__).resolve().parents[2] / "shared"
    folder = Path(os.environ.get("STDTRACK_SHARED", default))
    if not folder.is_dir():
        pytest.skip("skipped: no ../shared")
    return folder
