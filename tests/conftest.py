"""Fixtures for every test."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

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


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of installed packages behind the others on the path, for :func:`tests.installed.install`."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.setattr(sys, "path", [*sys.path, str(folder)])
    return folder


@pytest.fixture(scope="session")
def fits() -> Callable[[str, Any], None]:
    """``fits("score-1", content)`` fails unless the content fits that schema of docs/schemas and has nothing beside."""
    pytest.importorskip("jsonschema", reason="an environment made before jsonschema was needed: make .venv/.test")
    from tests.schemas import faults

    def check(name: str, content: Any) -> None:
        assert faults(name, content) == []

    return check
