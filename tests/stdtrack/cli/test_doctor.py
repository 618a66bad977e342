"""``stdtrack doctor``: what it prints, and when it warns."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from evalkit.benchmarks.data_root import data_root
from evalkit.errors import InputError
from stdtrack.cli.doctor import cv2_warnings, doctor, score_cache


def test_it_prints_the_environment(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STDTRACK_DATA", str(tmp_path))
    done = CliRunner().invoke(doctor)
    assert done.exit_code == 0, done.output
    for word in ("versions", "torch", "opencv-contrib-python-headless", "cpu", "threads", "stdtrack:nano", "opencv:"):
        assert word in done.stdout
    assert str(tmp_path) in done.stdout


def test_without_torch_it_says_so(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("stdtrack.cli.doctor.is_installed", lambda name: name != "torch")
    done = CliRunner().invoke(doctor)
    assert done.exit_code == 0, done.output
    assert done.stdout.count("not installed: networks and profiles need it, scoring does not") == 2


@pytest.mark.parametrize(
    ("wheels", "warning"),
    [
        (["opencv-contrib-python-headless"], None),
        (["opencv-python", "opencv-contrib-python-headless"], "overwrite each other"),
        (["opencv-python-headless"], "lacks KCF and CSRT"),
    ],
)
def test_it_warns_of_cv2_wheels(wheels, warning):
    warnings = cv2_warnings(wheels)
    assert [warning in text for text in warnings] == ([True] if warning else [])


@pytest.fixture
def roots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """A folder for every way to name one, all of them in use."""
    found = {name: tmp_path / name for name in ("flag", "variable", "toml")}
    for folder in found.values():
        folder.mkdir()
    monkeypatch.setenv("STDTRACK_DATA", str(found["variable"]))
    (tmp_path / "stdtrack.toml").write_text('data = "toml"\n')
    return found


def test_flag_then_variable_then_file_name_the_data(roots, tmp_path, monkeypatch):
    assert data_root(roots["flag"], tmp_path) == roots["flag"]
    assert data_root(None, tmp_path) == roots["variable"]
    monkeypatch.delenv("STDTRACK_DATA")
    assert data_root(None, tmp_path) == roots["toml"]
    (tmp_path / "stdtrack.toml").unlink()
    assert data_root(None, tmp_path) is None


@pytest.mark.parametrize(
    ("content", "message"), [("data = [", "cannot be read"), ("data = 3", "must be a path"), ('data = "no"', "no such")]
)
def test_a_wrong_file_is_named(tmp_path, monkeypatch, content, message):
    monkeypatch.delenv("STDTRACK_DATA", raising=False)
    (tmp_path / "stdtrack.toml").write_text(content)
    with pytest.raises(InputError, match=message):
        data_root(None, tmp_path)


def test_it_says_where_scores_are_kept_and_how_many(monkeypatch, tmp_path):
    scores = tmp_path / "cache" / "scores"
    scores.mkdir(parents=True)
    (tmp_path / "cache").chmod(0o700)
    scores.chmod(0o700)
    (scores / f"{'0' * 64}.json").write_bytes(bytes(3 << 20))
    monkeypatch.setenv("STDTRACK_CACHE", str(tmp_path / "cache"))
    assert dict(score_cache()) == {
        "STDTRACK_CACHE": str(tmp_path / "cache"),
        "folder": str(tmp_path / "cache"),
        "size": "1 scores, 3.0 MiB of at most 512",
    }
    scores.chmod(0o777)
    found = dict(score_cache())
    assert found["folder"].startswith(f"not used: others can write to {scores}")
    assert found["size"].startswith("0 scores")
