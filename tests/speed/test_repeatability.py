"""Runs of the same comparison, compared with each other."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from evalkit.errors import InputError
from tests.speed.repeatability import main


def profile(folder: Path, ratios: dict[str, float]) -> str:
    rows = [{"tracker": name, "reference": "r", "scope": "track", "ratio": value} for name, value in ratios.items()]
    folder.mkdir()
    (folder / "profile.json").write_text(json.dumps({"tables": {"ratios": rows}}))
    return str(folder)


@pytest.mark.parametrize(("second", "code"), [(2.08, 0), (2.12, 1), (1.9, 1)])
def test_runs_that_are_more_than_five_per_cent_apart_fail(
    second: float, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = [profile(tmp_path / "a", {"t": 2.0, "only here": 1.0}), profile(tmp_path / "b", {"t": second})]
    assert main(folders) == code
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    assert lines[0].split()[-3:] == ["t", "/", "r"]


def test_what_cannot_be_compared_is_one_clear_line(tmp_path: Path) -> None:
    good = profile(tmp_path / "a", {"t": 2.0})
    with pytest.raises(InputError, match="two profiles at least"):
        main([good])
    with pytest.raises(InputError, match="no ratio in common"):
        main([good, profile(tmp_path / "b", {"u": 2.0})])
    done = subprocess.run(
        [sys.executable, "-m", "tests.speed.repeatability", good, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "profile.json: holds no profile" in done.stderr
    assert len(done.stderr.splitlines()) == 1
