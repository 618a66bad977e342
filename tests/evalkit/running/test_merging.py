"""Shards are merged into what one run would have written; contradictions are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalkit.errors import InputError
from evalkit.results.manifest import read_manifest
from evalkit.results.store import failure_path, list_runs, result_path
from evalkit.running.merging import finished_sequences, merge

SPEC = "fake_trackers:steady"
FAULTY = "fake_trackers:faulty?fault=raise"


@pytest.fixture
def parts(run_folder, tmp_path: Path) -> list[Path]:
    """Two folders: alpha and beta in one, beta and gamma in the other."""
    found = []
    for name, globs in (("one", ("alpha", "beta")), ("two", ("beta", "gamma"))):
        run_folder(SPEC, globs=globs)
        found.append((tmp_path / "runs").rename(tmp_path / name))
    return found


def test_parts_become_the_whole(parts, run_folder, tmp_path):
    copied = merge(parts, tmp_path / "merged")
    assert copied == {(SPEC, "folder"): 3}
    run_folder(SPEC)
    (whole,), (merged,) = list_runs(tmp_path / "runs"), list_runs(tmp_path / "merged")
    assert finished_sequences(merged.folder) == ["alpha", "beta", "gamma"]
    for name in finished_sequences(whole.folder):
        assert result_path(merged.folder, name).read_bytes() == result_path(whole.folder, name).read_bytes()
    assert merged.manifest is not None
    assert whole.manifest is not None
    assert merged.manifest.fingerprints == whole.manifest.fingerprints
    assert merged.manifest.finished
    assert merge(parts, tmp_path / "merged") == {(SPEC, "folder"): 0}


def test_different_boxes_of_one_sequence_are_refused(parts, tmp_path):
    (second,) = list_runs(parts[1])
    path = result_path(second.folder, "beta")
    path.write_text(path.read_text().replace("10", "11", 1))
    with pytest.raises(InputError, match="differs from"):
        merge(parts, tmp_path / "merged")


def test_parts_on_different_annotations_are_refused(parts, tmp_path):
    (second,) = list_runs(parts[1])
    path = second.folder / "run.json"
    manifest = read_manifest(second.folder)
    assert manifest is not None
    path.write_text(path.read_text().replace(manifest.fingerprints["beta"], "0" * 64))
    with pytest.raises(InputError, match="another annotation of beta"):
        merge(parts, tmp_path / "merged")


def test_results_of_others_are_refused(parts, tmp_path):
    (second,) = list_runs(parts[1])
    (second.folder / "run.json").unlink()
    with pytest.raises(InputError, match=r"has no run.json"):
        merge(parts, tmp_path / "merged")
    assert not (tmp_path / "merged").exists()


def test_nothing_to_merge_is_told(tmp_path):
    with pytest.raises(InputError, match="no results to merge"):
        merge([tmp_path], tmp_path / "whole")


def test_a_failure_is_copied_until_a_part_has_the_result(run_folder, tmp_path):
    run_folder(FAULTY)
    broken = (tmp_path / "runs").rename(tmp_path / "broken")
    merge([broken], tmp_path / "merged")
    (merged,) = list_runs(tmp_path / "merged")
    assert failure_path(merged.folder, "beta").is_file()
    (fixed,) = list_runs(broken)
    result_path(fixed.folder, "beta").write_text("1,2,3,4\n" * 6)
    merge([broken], tmp_path / "merged")
    assert not failure_path(merged.folder, "beta").exists()
