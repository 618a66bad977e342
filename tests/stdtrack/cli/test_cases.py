"""Small inputs that went wrong once, in ``../shared/cases``, each with the right behaviour from its README."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stdtrack.cli.score import score


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STDTRACK_CACHE", str(tmp_path / "cache"))


def case(shared: Path, number: str) -> Path:
    folder = next((shared / "cases").glob(f"{number}-*"), None)
    if folder is None:
        pytest.skip(f"skipped: no ../shared/cases/{number}-*")
    return folder


def scored(*arguments: object) -> tuple[Result, dict[str, int]]:
    """What the command says, and how many sequences of each tracker it scored."""
    result = CliRunner().invoke(score, [*map(str, arguments), "--format", "json"], catch_exceptions=False)
    return result, {each["tracker"]: each["sequences_scored"] for each in json.loads(result.stdout)}


def test_02_a_byte_order_mark_in_a_list(shared: Path) -> None:
    folder = case(shared, "02")
    result, found = scored(folder / "results", "--on", "got10k", "--data", folder / "data")
    assert (result.exit_code, found) == (0, {"T": 3})


def test_09_class_folders(shared: Path) -> None:
    folder = case(shared, "09")
    _, found = scored(folder / "nested", "--on", "lasot", "--annotations", folder / "anno", "--partial")
    assert found == {"SiamX": 3}


def test_21_files_of_no_sequence(shared: Path) -> None:
    folder = case(shared, "21")
    result, found = scored(folder / "results", "--on", "otb100", "--annotations", folder / "anno", "--partial")
    assert found == {"T": 2}
    assert "otb100: 1 files are of no sequence of otb100, such as T/Jogging.3.txt" in result.stderr


@pytest.mark.parametrize("packed", [False, True])
def test_24_matlab_and_json(shared: Path, tmp_path: Path, packed: bool) -> None:
    folder = case(shared, "24")
    anno = tmp_path / "anno"
    anno.mkdir()
    shutil.copy(shared / "lists" / "formats" / "otb_mat" / "Biker_groundtruth_rect.txt", anno / "Biker.txt")
    results = folder
    if packed:
        results = tmp_path / "a.zip"
        with zipfile.ZipFile(results, "w") as archive:
            for file in folder.iterdir():
                archive.write(file, f"results/{file.name}")
    result, found = scored(results, "--on", "otb100", "--annotations", anno, "--partial")
    assert found == {"STRUCK": 1, "siamfc3s": 1}
    assert "files are of no sequence of otb100, such as " in result.stderr
    assert "README.txt" in result.stderr
    assert "the first of 20 runs is taken" in result.stderr
