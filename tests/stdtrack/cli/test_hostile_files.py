"""Somebody else's ``baseline.json`` and ``profile.json`` in `check` and `report`: one line and exit code 2, or read."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from stdtrack.cli.main import main

PLACEHOLDER = "HOSTILE"
NEVER_READ = {
    "nan": "NaN",
    "infinity": "-Infinity",
    "beyond every number": "1e999",
    "5,000 digits": "9" * 5000,
    "half a surrogate pair": '"\\udc80"',
    "half a surrogate pair as a key": '{"\\ud800": 1}',
    "nested": "[" * 5000 + "]" * 5000,
    "nested objects": '{"a":' * 3000 + "1" + "}" * 3000,
    "no value": ",",
    "python": "None",
    "unclosed": '"a',
    "control character": '"\x01"',
}
"""What no reader takes, wherever it stands in the file."""
OTHER_KINDS: tuple[Any, ...] = (
    None, True, False, "", "text", "a" * 10_000, "=1+1", "<script>\n::error::", "../../x", [], [1], [[]], [None], {},
    {"a": {}}, {"": None}, -1, 0, 0.5, 2**63, 10**400, 1e308, -1e308, 5e-324,
)  # fmt: skip
"""Values of other kinds and sizes; some may stand in some places."""
BYTES = {
    "empty": lambda text: b"",
    "half": lambda text: text.encode()[: len(text) // 2],
    "a number": lambda text: b"1",
    "null": lambda text: b"null",
    "text": lambda text: b'"records"',
    "latin-1": lambda text: text.replace("{", '{"é": 1, ', 1).encode("latin-1"),
    "utf-16 without a mark": lambda text: text.encode("utf-16-le"),
    "zeros": lambda text: b"\0" * 1000,
    "two values": lambda text: text.encode() * 2,
}

Path_ = tuple[str | int, ...]


def places(value: object, path: Path_ = ()) -> Iterator[Path_]:
    """Every place below a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield (*path, key)
        yield from places(each, (*path, key))


def changed(content: Any, path: Path_, change: Callable[[Any, Any], None]) -> Any:
    """A copy, changed by ``change(holder, key)`` at one place."""
    result = holder = copy.deepcopy(content)
    for key in path[:-1]:
        holder = holder[key]
    change(holder, path[-1])
    return result


class Subject:
    """A command that reads one file; ``content`` is what a valid one holds."""

    def __init__(self, file: Path, command: list[str], content: Any, capsys: pytest.CaptureFixture[str]) -> None:
        self.file, self.command, self.content, self.capsys = file, command, content, capsys

    def run(self, content: bytes) -> tuple[int, list[str]]:
        """Exit code, and what was said on stderr."""
        self.file.write_bytes(content)
        with pytest.raises(SystemExit) as ended:
            main(self.command)
        return int(ended.value.code or 0), self.capsys.readouterr().err.splitlines()

    def refuses(self, content: bytes, what: object) -> None:
        code, lines = self.run(content)
        assert code == 2, what
        assert len(lines) == 1, (what, lines)
        assert str(self.file) in lines[0], (what, lines)


@pytest.fixture(params=["baseline.json", "profile.json"])
def subject(
    request: pytest.FixtureRequest, make_runs, own_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Subject:
    runs, file = make_runs({"one": 1.0}, sequences={"one": range(2)}), tmp_path / "other" / request.param
    file.parent.mkdir()
    if request.param == "baseline.json":
        with pytest.raises(SystemExit):
            main(["baseline", str(runs), "-o", str(file), "--data", str(own_data)])
        content = json.loads(file.read_text())
        content["records"][0]["curves"] = {
            name: {axis: values[:2] for axis, values in curve.items()}
            for name, curve in list(content["records"][0]["curves"].items())[:1]
        }
        command = ["check", str(runs), "--baseline", str(file), "--data", str(own_data)]
    else:
        content = {
            "format": 1,
            "machine": {"cpu": "Other CPU", "versions": {"numpy": "2"}},
            "tables": {
                "latency": [{"tracker": "one", "scope": "track", "frames": 9, "p50_ms": 1.5, "fps_median": 666.0}],
                "resources": [{"tracker": "one", "parameters": 1500, "frame_macs": 16000, "note": "n"}],
            },
        }
        out = tmp_path / "report"
        command = ["report", str(runs), str(file.parent), "-o", str(out), "--data", str(own_data)]
        command += ["--only", "tables,html"]
    capsys.readouterr()
    found = Subject(file, command, content, capsys)
    assert found.run(json.dumps(content).encode())[0] == 0
    return found


@pytest.mark.parametrize("text", NEVER_READ.values(), ids=NEVER_READ)
def test_what_no_reader_takes_is_one_line_wherever_it_stands(subject: Subject, text: str) -> None:
    for path in places(subject.content):
        content = changed(subject.content, path, lambda holder, key: holder.__setitem__(key, PLACEHOLDER))
        subject.refuses(json.dumps(content).replace(json.dumps(PLACEHOLDER), text).encode(), path)


@pytest.mark.parametrize("change", BYTES.values(), ids=BYTES)
def test_files_that_are_none_are_one_line(subject: Subject, change: Callable[[str], bytes]) -> None:
    subject.refuses(change(json.dumps(subject.content)), change)


@pytest.mark.parametrize("value", OTHER_KINDS, ids=lambda value: json.dumps(value)[:20])
def test_another_kind_is_read_or_one_line(subject: Subject, value: Any) -> None:
    """Exit code 1 is a verdict: a score that was raised makes the tracker worse."""
    before = set(subject.file.parent.parent.iterdir())
    for path in places(subject.content):
        content = changed(subject.content, path, lambda holder, key: holder.__setitem__(key, value))
        code, lines = subject.run(json.dumps(content).encode())
        assert code in (0, 1, 2), (path, lines)
        if code == 2 and subject.command[0] == "report":
            assert len(lines) == 1, (path, lines)
    assert set(subject.file.parent.parent.iterdir()) <= before | {subject.file.parent.parent / "report"}


def test_what_is_missing_is_named_or_not_needed(subject: Subject) -> None:
    for path in places(subject.content):
        content = changed(subject.content, path, lambda holder, key: holder.__delitem__(key))
        code, lines = subject.run(json.dumps(content).encode())
        assert code in (0, 2), (path, lines)


def test_names_that_hold_anything_are_read_or_one_line(subject: Subject) -> None:
    for path in places(subject.content):
        for name in ("", "../../x", "a" * 5000, "\x00", "=1", "<b>", "\u202e", "🙂"):
            content = changed(
                subject.content, path,
                lambda holder, key, name=name: holder.__setitem__(name, holder.pop(key))
                if isinstance(holder, dict) else None,
            )  # fmt: skip
            code, lines = subject.run(json.dumps(content).encode())
            assert code in (0, 2), (path, name, lines)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: c.update(format=2), "has format 2, this version reads up to 1"),
        (lambda c: c.update(format=True), "its format is 'True'"),
        (lambda c: c.update(machine=[]), "machine is no object"),
        (lambda c: c["tables"].update({"../../evil": []}), "'../../evil' in tables is no name"),
        (lambda c: c["tables"].update(latency={}), "tables.latency is no list"),
        (lambda c: c["tables"]["latency"][0].pop("tracker"), "tables.latency[0] names no tracker"),
        (lambda c: c["tables"]["latency"][0].update(p50_ms="1"), "tables.latency[0].p50_ms is '1', no number"),
        (lambda c: c["tables"]["resources"][0].update(parameters=-1), "tables.resources[0].parameters is '-1'"),
        (lambda c: c["tables"]["resources"][0].update(note=["n"]), "note is neither text nor a number"),
    ],
)
def test_a_profile_says_what_is_wrong(change: Callable[[Any], object], words: str, tmp_path: Path) -> None:
    from evalkit.errors import InputError
    from reports.profile_file import read_profile

    content = {"format": 1, "tables": {"latency": [{"tracker": "a"}], "resources": [{"tracker": "a"}]}}
    (tmp_path / "profile.json").write_text(json.dumps(content))
    assert read_profile(tmp_path)["machine"] == {}
    change(content)
    (tmp_path / "profile.json").write_text(json.dumps(content))
    with pytest.raises(InputError) as caught:
        read_profile(tmp_path)
    assert words in str(caught.value)


def fifo(file: Path) -> None:
    os.mkfifo(file)


def device(file: Path) -> None:
    file.symlink_to("/dev/zero")


def huge(file: Path) -> None:
    with file.open("wb") as stream:
        stream.truncate(20 << 30)  # takes no space


def folder(file: Path) -> None:
    file.mkdir()


def loop(file: Path) -> None:
    file.symlink_to(file)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (fifo, "is a pipe, not a file"),
        (device, "is a device, not a file"),
        (huge, "is larger than 1 GiB of text"),
        (folder, "cannot be read: Is a directory"),
        (loop, "cannot be read: Too many levels of symbolic links"),
    ],
)
def test_what_is_no_file_or_has_no_end_is_one_line(subject: Subject, make: Callable[[Path], None], words: str) -> None:
    subject.file.unlink()
    make(subject.file)
    with pytest.raises(SystemExit) as ended:
        main(subject.command)
    (line,) = subject.capsys.readouterr().err.splitlines()
    assert ended.value.code == 2
    assert str(subject.file) in line
    assert words in line


def test_the_limit_of_a_file_can_be_set(subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STDTRACK_TEXT_LIMIT", "100")
    subject.refuses(json.dumps(subject.content).encode() + b" " * 100, "more than 100 bytes")
