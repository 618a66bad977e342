"""Results folders are data: a spec in one of them is never imported or called."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.errors import InputError
from evalkit.results.manifest import read_manifest
from evalkit.results.store import list_runs

SPEC = "fake_trackers:steady"
TRAP = "from pathlib import Path\nPath(__file__).with_suffix('.sprung').touch()\ndef spring(**options): ...\n"


@pytest.mark.parametrize("command", ["score", "report", "merge"])
def test_a_spec_in_a_manifest_is_a_name_and_nothing_else(run_folder, data, tmp_path, command):
    run_folder(SPEC)
    (tmp_path / "trap.py").write_text(TRAP)
    (run,) = list_runs(tmp_path / "runs")
    path = run.folder / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"spec": "trap:spring"}))
    arguments = {
        "score": ["--on", "folder", "--data", str(data)],
        "report": ["--data", str(data), "--out", str(tmp_path / "report"), "--only", "tables"],
        "merge": ["--out", str(tmp_path / "merged")],
    }[command]
    done = subprocess.run(
        [sys.executable, "-m", "stdtrack", command, str(tmp_path / "runs"), *arguments],
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "trap.sprung").exists()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
FIELDS = ("format", "stdtrack", "spec", "tracker", "benchmark", "workers", "threads", "hardware", "versions", "started")


def read_or_refuse(folder: Path, content: bytes) -> None:
    (folder / "run.json").write_bytes(content)
    try:
        manifest = read_manifest(folder)
    except InputError as error:
        assert "run.json" in str(error)  # noqa: PT017 - either outcome is right, and this is what both must be
    else:
        assert manifest is not None
        assert isinstance(manifest.spec, str)
        assert isinstance(manifest.workers, int)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("manifest")


@given(content=st.binary(max_size=200))
@settings(deadline=None)
def test_no_bytes_break_the_reader_of_manifests(folder, content):
    read_or_refuse(folder, content)


@given(values=st.dictionaries(st.sampled_from(FIELDS), json_values), known=st.booleans())
@settings(deadline=None)
def test_no_json_breaks_the_reader_of_manifests(folder, values, known):
    read_or_refuse(folder, json.dumps(values | ({"format": 1} if known else {})).encode())


def test_deep_nesting_is_refused(folder):
    read_or_refuse(folder, b"[" * 100_000)
