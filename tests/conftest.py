"""Fixtures for every test."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of real data outside the project (STDTRACK_SHARED, default ../shared); skips where it is not."""
    default = Path(__file__).resolve().parents[2] / "shared"
    folder = Path(os.environ.get("STDTRACK_SHARED", default))
    if not folder.is_dir():
        pytest.skip("skipped: no ../shared")
    return folder
