"""Text of other people: encodings, limits, files that are none, JSON that nobody can print."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest

from evalkit.benchmarks.data_root import configured
from evalkit.benchmarks.got10k import GOT10k
from evalkit.benchmarks.installed import BENCHMARKS
from evalkit.errors import InputError
from evalkit.reading.tables import parse_table, read_boxes
from evalkit.reading.text import (
    LIMIT_VARIABLE,
    is_there,
    parse_json,
    read_bytes,
    read_json,
    read_names,
    read_text,
    text_limit,
)
from evalkit.regression.file import read_baseline
from evalkit.results.manifest import read_manifest
from evalkit.scoring.vot.trajectory import is_supervised, parse_trajectory

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-32")
FACTS = {"format": 1, "stdtrack": "0", "spec": "a:b", "tracker": {}, "benchmark": {}, "workers": 1, "threads": 1}
FACTS |= {"hardware": {}, "versions": {}, "started": "2026-01-01T00:00:00+00:00"}
marked = pytest.mark.parametrize("encoding", [*ENCODINGS, "big-endian"])


def encoded(text: str, encoding: str) -> bytes:
    return b"\xfe\xff" + text.encode("utf-16-be") if encoding == "big-endian" else text.encode(encoding)


@marked
def test_every_text_is_read_by_its_mark(tmp_path: Path, encoding: str) -> None:
    """Lists, tables, trajectories, manifests, baselines, settings: none of them sees the mark."""
    file = tmp_path / "a"

    def written(text: str, name: str = "a") -> Path:
        (tmp_path / name).write_bytes(encoded(text, encoding))
        return tmp_path / name

    assert read_names(written("bag\nball1\n")) == ("bag", "ball1")
    assert read_boxes(written("1,2,3,4\r\n5,6,7,8\r\n")).tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]
    assert read_json(written('{"ä": 1}')) == {"ä": 1}
    trajectory = encoded("1\n1,2,3,4\n", encoding)
    assert is_supervised(trajectory)
    assert parse_trajectory(trajectory, "x").codes.tolist() == [1, -1]
    assert configured(written('data = "bilder"\n', "stdtrack.toml")) == tmp_path / "bilder"
    written(json.dumps(FACTS), "run.json")
    manifest = read_manifest(tmp_path)
    assert manifest is not None
    assert manifest.spec == "a:b"
    assert read_baseline(written('{"format": 1, "records": []}')).records == ()
    assert read_text(file).startswith("{")


@marked
@pytest.mark.parametrize("kind", [GOT10k, BENCHMARKS["vot2018"]])
def test_the_list_of_a_benchmark_is_read_by_its_mark(tmp_path: Path, encoding: str, kind: type) -> None:
    root = tmp_path / "val" if kind is GOT10k else tmp_path
    names = [f"GOT-10k_Val_{number:06d}" for number in (1, 2)]
    for name in names:
        (root / name).mkdir(parents=True)
        (root / name / "groundtruth.txt").write_text("1,2,3,4\n")
    (root / "list.txt").write_bytes(encoded("\r\n".join(names), encoding))
    inventory = kind(tmp_path).inventory()
    assert (inventory.present, inventory.missing) == (tuple(names), ())


def test_other_encodings_are_named(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_bytes(b"bag\nM\xfcnchen\n")
    with pytest.raises(InputError, match="row 2: is neither UTF-8 nor marked UTF-16 text"):
        read_names(tmp_path / "list.txt")
    with pytest.raises(InputError, match=r"row 1: .*NUL bytes: a binary file, or UTF-16 without its byte order mark"):
        parse_table("1,2,3,4\n".encode("utf-16-le"), "x", columns=(4,))


def test_only_files_are_read(tmp_path: Path) -> None:
    """None of these may be waited for."""
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "loop.txt").symlink_to(tmp_path / "loop.txt")
    (tmp_path / "device.txt").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket.txt"))
        for name, problem in (("pipe", "is a pipe"), ("socket", "is a socket"), ("device", "is a device")):
            with pytest.raises(InputError, match=f"{problem}, not a file"):
                read_bytes(tmp_path / f"{name}.txt")
    for path in (tmp_path / "loop.txt", tmp_path / "nothing", Path("a\0b"), Path("a" * 5000)):
        with pytest.raises(InputError, match="cannot be read"):
            read_bytes(path)


def test_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    assert is_there(tmp_path / "a")
    assert is_there(tmp_path)
    assert not is_there(tmp_path / "b")
    assert not is_there(tmp_path / "a" / "b")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for path in (tmp_path / "loop", tmp_path / ("9" * 5000), Path("a\0b")):
        with pytest.raises(InputError, match="cannot be read"):
            is_there(path)


def test_a_file_of_20_gigabytes_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.txt"
    with file.open("wb") as stream:
        stream.truncate(20 * 10**9)
    with pytest.raises(InputError, match=r"a\.txt: is larger than 1 GiB of text \(STDTRACK_TEXT_LIMIT=SIZE raises"):
        read_boxes(file)
    file.write_bytes(b"1,2,3,4\n")
    monkeypatch.setenv(LIMIT_VARIABLE, "7")
    with pytest.raises(InputError, match="is larger than"):
        read_boxes(file)
    monkeypatch.setenv(LIMIT_VARIABLE, "8")
    assert len(read_boxes(file)) == 1


@pytest.mark.parametrize(
    ("text", "size"), [("", 1 << 30), ("500M", 500 << 20), ("4G", 4 << 30), ("2 GiB", 2 << 30), ("12", 12)]
)
def test_the_limit_can_be_set(monkeypatch: pytest.MonkeyPatch, text: str, size: int) -> None:
    monkeypatch.setenv(LIMIT_VARIABLE, text)
    assert text_limit() == size


@pytest.mark.parametrize("text", ["much", "-1", "1e9", "9" * 5000, "٣"])
def test_a_limit_that_is_no_size(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(LIMIT_VARIABLE, text)
    with pytest.raises(InputError, match="is no size"):
        text_limit()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[" * 100_000, "nested more than 64 deep"),
        ("[" * 70 + "]" * 70, "nested more than 64 deep"),
        ('{"a":' * 70 + "1" + "}" * 70, "nested more than 64 deep"),
        ('["\\ud800"]', "half a surrogate pair"),
        ('{"\\udfff": 1}', "half a surrogate pair"),
        ("9" * 5000, "is no JSON: Exceeds the limit"),
        ("[1e999]", "1e999 is beyond every number"),
        ("[NaN]", "NaN is no number"),
        ("[1,\n2,]", "row 2: is no JSON"),
        ("", "is no JSON"),
        ("\0", "is no JSON"),
    ],
)
def test_json_that_is_refused(text: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        parse_json(text, "x.json")


def test_json_that_is_read() -> None:
    assert parse_json('["\\ud83d\\ude00", ' + "[" * 60 + "]" * 60 + "]", "x")[0] == "😀"
    assert str(parse_json("[NaN]", "x", nan=True)) == "[nan]"
