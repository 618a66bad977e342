"""``run.json`` is other people's data: whatever it holds, one line says so, and the other trackers are scored."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalkit.errors import InputError
from evalkit.results.manifest import Manifest, read_manifest, write_manifest
from evalkit.results.store import list_runs
from stdtrack.cli.main import main

GOOD: dict[str, Any] = {
    "format": 1,
    "stdtrack": "0.1.0",
    "spec": "opencv:kcf",
    "tracker": {"backend": "opencv", "device": "cpu", "threads": 4},
    "benchmark": {"name": "otb100", "options": {}, "root": "/data", "origin": 1, "fingerprint": "0"},
    "workers": 1,
    "threads": 1,
    "hardware": {"cpu": "x", "cores_usable": 2, "ram_gib": 3.9},
    "versions": {"numpy": "2"},
    "started": "2026-01-01T00:00:00+00:00",
    "finished": None,
    "fingerprints": {"a": "0"},
    "mixed": False,
}
DEEP = json.loads("[" * 200 + "]" * 200)
WRONG = {
    "format": (2, "1", None, True, [], 1.5, 10**30),
    "stdtrack": (None, 1, [], {}),
    "spec": (None, 1, [], {}, "", "a\0b", True),
    "tracker": (None, "kcf", [], {"note": 1}, {"note": ["a"]}, {"backend": {}}, {"x": []}, {"weights_sha256": 3}),
    "benchmark": (
        *(None, "otb100", [], {"name": 1}, {"name": ["otb100"]}, {"name": {}}, {"root": 1}, {"root": "a\0b"}),
        *({"options": "x"}, {"options": ["x"]}, {"options": {"base": 1}}, {"options": {"base": None}}),
        *({"origin": 2}, {"origin": "1"}, {"origin": []}),
    ),
    "workers": (None, "1", 0, -1, 1.5, True, [], 10**400),
    "threads": (None, "1", 0, -1, True, {}, 10**9),
    "hardware": (None, "x", [], {"cpu": ["x"]}, {"cpu": DEEP}),
    "versions": (None, [], {"numpy": 2}, {"numpy": None}, {"numpy": {}}),
    "started": (None, 1, "", "yesterday", "2026-01-01T" + "0" * 100),
    "finished": (1, "", "never", []),
    "fingerprints": (None, [], {"a": 1}, {"a": {"b": 1}}),
    "mixed": (None, 0, "no", []),
}
FORGED = [(key, value) for key, values in WRONG.items() for value in values]
TEXTS = [
    b"", b"{", b"null", b"[]", b"1", b'"run"', b"\xff\xfe\x00", b"\x00" * 100, b"[" * 100_000, b'{"a":' * 100_000,
    b'{"format": 1}', b'{"format": ' + b"9" * 5000 + b"}", b'{"format": 1, "spec": "\\ud800"}', b'{"format": 1e999}',
    b'{"\\udc00": 1}', b'{"format": NaN}', json.dumps(GOOD).encode()[:-1], b"\xef\xbb\xbf\xef\xbb\xbf{}",
]  # fmt: skip


def written(folder: Path, content: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "run.json").write_bytes(content)
    return folder


def test_there_are_as_many_as_in_the_attack() -> None:
    assert len(FORGED) + len(TEXTS) >= 57


def test_the_good_one_is_read(tmp_path: Path) -> None:
    manifest = read_manifest(written(tmp_path, json.dumps(GOOD).encode()))
    assert manifest == Manifest(**GOOD)
    write_manifest(tmp_path, manifest)
    assert read_manifest(tmp_path) == manifest
    lacking = {key: value for key, value in GOOD.items() if key not in ("finished", "fingerprints", "mixed")}
    assert read_manifest(written(tmp_path, json.dumps(lacking).encode())) is not None


@pytest.mark.parametrize(("key", "value"), FORGED)
def test_a_value_of_another_kind_is_named(tmp_path: Path, key: str, value: object) -> None:
    with pytest.raises(InputError, match=r"run\.json") as caught:
        read_manifest(written(tmp_path, json.dumps({**GOOD, key: value}).encode()))
    said = str(caught.value)
    assert "\n" not in said
    assert f"'{key}' is not what it should be" in said or "no manifest of format 1" in said or "nested more" in said


@pytest.mark.parametrize("content", TEXTS)
def test_what_is_no_manifest_is_named(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InputError, match=r"run\.json"):
        read_manifest(written(tmp_path, content))


@pytest.mark.parametrize("key", [key for key in GOOD if key not in ("finished", "fingerprints", "mixed")])
def test_a_key_that_is_not_there_is_named(tmp_path: Path, key: str) -> None:
    lacking = {name: value for name, value in GOOD.items() if name != key}
    with pytest.raises(InputError, match=f"lacks {key}|no manifest of format"):
        read_manifest(written(tmp_path, json.dumps(lacking).encode()))


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _loop(path: Path) -> None:
    path.symlink_to(path)


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _folder(path: Path) -> None:
    path.mkdir()


def _huge(path: Path) -> None:
    with path.open("wb") as stream:
        stream.truncate(20 * 10**9)


@pytest.mark.parametrize("make", [_pipe, _loop, _device, _folder, _huge])
def test_what_is_no_file_is_named(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "run.json")
    with pytest.raises(InputError, match=r"run\.json"):
        read_manifest(tmp_path)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=st.sampled_from(sorted(GOOD)), value=json_values)
def test_a_manifest_that_is_read_can_be_written_and_printed(tmp_path: Path, key: str, value: object) -> None:
    written(tmp_path, json.dumps({**GOOD, key: value}).encode())
    try:
        manifest = read_manifest(tmp_path)
    except InputError as error:
        str(error).encode()
        return
    assert manifest is not None
    write_manifest(tmp_path, manifest)
    assert read_manifest(tmp_path) == manifest
    repr(manifest).encode()


@pytest.mark.parametrize(
    ("command", "key", "value"),
    [*(("score", *forged) for forged in FORGED[::6]), ("report", *FORGED[20]), ("baseline", *FORGED[40])],
)
def test_a_forged_manifest_leaves_one_tracker_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, key: str, value: object
) -> None:
    anno = tmp_path / "anno"
    anno.mkdir()
    runs = tmp_path / "runs"
    (anno / "Biker.txt").write_text("10,20,30,40\n" * 5)
    for name, facts in (("good%3Aone", GOOD | {"spec": "good:one"}), ("bad", GOOD | {key: value})):
        folder = written(runs / name / "otb100", json.dumps(facts).encode())
        (folder / "Biker.txt").write_text("10,20,30,40\n" * 5)
    options = {
        "score": ["--partial", "--format", "json", "--out", str(tmp_path / "out.json")],
        "report": ["--only", "tables", "--out", str(tmp_path / "out")],
        "baseline": ["-o", str(tmp_path / "out.json")],
    }[command]
    with pytest.raises(SystemExit) as stopped:
        main([command, str(runs), "--on", "otb100", "--annotations", str(anno), *options])
    assert stopped.value.code == 3
    lines = capsys.readouterr().err.splitlines()
    assert sum("bad on otb100 is left out: " in line and "run.json" in line for line in lines) == 1
    assert [run.tracker for run in list_runs(runs, skip_broken=True)] == ["good:one"]
