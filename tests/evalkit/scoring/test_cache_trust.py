"""The cache is the user's alone, and nothing that lies in it brings more than another scoring."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evalkit.benchmarks.registry import open_benchmark
from evalkit.private_cache import VARIABLE, cache_folder
from evalkit.results.trees import read_tree
from evalkit.scoring.cache import SCORES
from evalkit.scoring.evaluate import Evaluated, evaluate
from evalkit.scoring.opening import Annotation

NOBODY = 65534
ROWS = "0,1,30,40\n" * 4
AUC = 20 / 21
"""Of boxes that equal the truth, under OTB's rules: no overlap is above the last of 21 thresholds, 1."""
as_root = pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can be several users")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return filled(tmp_path, monkeypatch)


@pytest.fixture
def open_place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Other users can get at it; pytest closes its own temporary folders to them."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield filled(Path(folder), monkeypatch)


def filled(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(VARIABLE, str(place / "cache"))
    for folder in ("anno", "T"):
        (place / folder).mkdir()
        (place / folder / "one.txt").write_text(ROWS)
        (place / folder / "two.txt").write_text(ROWS)
    return place


def score(place: Path) -> Evaluated:
    annotation = Annotation(open_benchmark("folder", annotations=place / "anno"))
    (results,) = read_tree(place / "T", "folder", annotation.inventory.present)
    return evaluate(results, annotation)


def auc(place: Path) -> float:
    return score(place).scores[0].metrics["auc"]


def only_entry(place: Path) -> Path:
    (entry,) = (place / "cache" / "scores").iterdir()
    return entry


def checked(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest().encode() + b"\n" + body


def forge(path: Path, entry: object) -> None:
    path.write_bytes(checked(json.dumps(entry).encode()))


def content(path: Path) -> dict[str, Any]:
    return json.loads(path.read_bytes().partition(b"\n")[2])


def forge_figure(path: Path) -> None:
    """What only the user may have written is believed; so this tells whether an entry was read."""
    entry = content(path)
    forge(path, entry | {"metrics": entry["metrics"] | {"auc": 0.125}})


def leaves(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield way
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from leaves(inner, (*way, key))


def changed(value: Any, way: tuple[Any, ...], new: Any) -> Any:
    if not way:
        return new
    copy = value.copy()
    copy[way[0]] = changed(value[way[0]], way[1:], new)
    return copy


def at(value: Any, way: tuple[Any, ...]) -> Any:
    return at(value[way[0]], way[1:]) if way else value


def test_the_users_own_entry_is_believed(place: Path) -> None:
    assert auc(place) == pytest.approx(AUC)
    forge_figure(only_entry(place))
    assert auc(place) == 0.125


WRONG = (None, True, -1, 1e308, float("nan"), float("inf"), "%", "AAAA", "AAAAAAAA+H8=", [], {}, [[]], {"auc": 0.5})
TEXTS = ("notes", "read", "shortcoming")


def is_of_its_kind(way: tuple[Any, ...], old: object, wrong: object) -> bool:
    """Other text is text, no notes are notes, and another figure is a figure: what the user writes is believed."""
    if not way or way[0] not in (*TEXTS, "metrics"):
        return old == wrong
    if way[0] == "metrics":
        return old == wrong or (isinstance(old, float) and wrong == 1e308)
    return wrong == [] if isinstance(old, list) else isinstance(wrong, str)


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_a_part_of_another_kind_is_scored_again(place: Path, wrong: object) -> None:
    score(place)
    path = only_entry(place)
    good = content(path)
    ways = [way for way in leaves(good) if not is_of_its_kind(way, at(good, way), wrong)]
    assert len(ways) > 10
    for way in ways:
        forge(path, changed(good, way, wrong))
        assert auc(place) == pytest.approx(AUC), way
        assert content(path) == good, "it was not written anew"


@pytest.mark.parametrize("name", ["metrics", "curves", "frames", "sequence_metrics", "sequence_curves", "notes", "key"])
def test_a_part_that_is_missing_or_too_much_is_scored_again(place: Path, name: str) -> None:
    score(place)
    path = only_entry(place)
    good = content(path)
    forge(path, {key: value for key, value in good.items() if key != name})
    assert auc(place) == pytest.approx(AUC)
    if isinstance(good[name], dict):
        forge(path, good | {name: good[name] | {"other": next(iter(good[name].values()))}})
        assert auc(place) == pytest.approx(AUC)
    assert content(path) == good


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b'{"key":' * 100_000, b"9" * 5000, b'{"notes": ["\\ud800"]}', b"\xff\xfe", b"[]", b"1", b"null"],
)
def test_a_body_that_is_no_entry_is_scored_again(place: Path, body: bytes) -> None:
    score(place)
    only_entry(place).write_bytes(checked(body))
    assert auc(place) == pytest.approx(AUC)


def test_an_entry_under_another_name_is_not_taken(place: Path) -> None:
    score(place)
    path = only_entry(place)
    forge_figure(path)
    forged = path.read_bytes()
    (place / "T" / "one.txt").write_text("0,1,30,41\n" * 4)
    path.unlink()
    right = auc(place)
    only_entry(place).write_bytes(forged)
    assert auc(place) == right != 0.125


def pipe(path: Path, _: bytes) -> None:
    os.mkfifo(path)


def folder(path: Path, _: bytes) -> None:
    path.mkdir()


def link(path: Path, forged: bytes) -> None:
    (path.parents[2] / "elsewhere").write_bytes(forged)
    path.symlink_to(path.parents[2] / "elsewhere")


def writable(path: Path, forged: bytes) -> None:
    path.write_bytes(forged)
    path.chmod(0o666)


def of_another(path: Path, forged: bytes) -> None:
    path.write_bytes(forged)
    os.chown(path, NOBODY, NOBODY)


@pytest.mark.parametrize("plant", [pipe, folder, link, writable, pytest.param(of_another, marks=as_root)])
def test_what_is_no_file_of_the_users_own_is_not_read(place: Path, plant: Any) -> None:
    score(place)
    path = only_entry(place)
    forge_figure(path)
    forged = path.read_bytes()
    path.unlink()
    plant(path, forged)
    assert auc(place) == pytest.approx(AUC)


def test_folders_and_files_are_for_the_user_alone(place: Path) -> None:
    before = os.umask(0)
    try:
        score(place)
    finally:
        os.umask(before)
    paths = (place / "cache", place / "cache" / "scores", only_entry(place))
    assert [path.stat().st_mode & 0o777 for path in paths] == [0o700, 0o700, 0o600]


@pytest.mark.parametrize("below", ["", "scores"])
def test_a_folder_that_others_write_to_is_not_used(place: Path, below: str) -> None:
    score(place)
    forge_figure(only_entry(place))
    (place / "cache" / below).chmod(0o777)
    assert "others can write to" in SCORES.refusal()
    assert auc(place) == pytest.approx(AUC)


@pytest.mark.parametrize("way", ["", "scores", "a/b"])
def test_a_file_where_a_folder_should_be(place: Path, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    file = place / "cache" / "scores" if way == "scores" else place / "cache"
    file.parent.mkdir(exist_ok=True)
    file.write_text("")
    monkeypatch.setenv(VARIABLE, str(place / "cache" / (way if way == "a/b" else "")))
    assert SCORES.refusal()
    assert auc(place) == pytest.approx(AUC)
    assert file.read_text() == ""
    assert SCORES.usage() == (0, 0)


def test_a_linked_folder_of_entries_is_not_used(place: Path) -> None:
    score(place)
    forge_figure(only_entry(place))
    (place / "cache" / "scores").rename(place / "elsewhere")
    (place / "cache" / "scores").symlink_to(place / "elsewhere")
    assert "is no folder" in SCORES.refusal()
    assert auc(place) == pytest.approx(AUC)


def test_the_place_is_the_variable_then_that_of_caches_then_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # which its specification says to ignore
    assert cache_folder() == Path("/home/me/.cache/stdtrack")
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert cache_folder() == Path("/caches/stdtrack")
    monkeypatch.setenv(VARIABLE, "/mine")
    assert cache_folder() == Path("/mine")


CHILD = """
import json, os, resource, sys
sys.path.insert(0, sys.argv[1])
from test_cache_trust import SCORES, Path, auc
from evalkit.scoring.cache import code_digest
import evalkit.scoring.tracker, evalkit.scoring.vot.scoring
from evalkit.benchmarks.installed import BENCHMARKS
code_digest(), dict(BENCHMARKS)  # another user may not be able to read this package
user, limit = int(sys.argv[3]), sys.argv[4]
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
if user:
    os.setgroups([]), os.setgid(user), os.setuid(user)
print(json.dumps([auc(Path(sys.argv[2])), SCORES.refusal()]))
"""


def as_user(place: Path, user: int, *, limit: str = "", **variables: str) -> tuple[float, str]:
    """The figure, and why the cache was not used, in a process of that user; 0 for this one's."""
    environment = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **variables}
    command = [sys.executable, "-c", CHILD, str(Path(__file__).parent), str(place), str(user), limit]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    figure, refusal = json.loads(done.stdout)
    return figure, refusal


@as_root
def test_entries_of_another_user_are_not_believed(open_place: Path) -> None:
    score(open_place)
    forge_figure(only_entry(open_place))
    for path in (open_place / "cache", open_place / "cache" / "scores"):
        path.chmod(0o755)
    only_entry(open_place).chmod(0o644)
    figure, refusal = as_user(open_place, NOBODY, **{VARIABLE: str(open_place / "cache")})
    assert figure == pytest.approx(AUC)
    assert "belongs to another user (0)" in refusal


@as_root
def test_root_does_not_believe_the_entries_of_a_user(open_place: Path) -> None:
    cache = open_place / "cache"
    score(open_place)
    forge_figure(only_entry(open_place))
    for path in (cache, cache / "scores", only_entry(open_place)):
        os.chown(path, NOBODY, NOBODY)
    assert f"{cache} belongs to another user ({NOBODY})" in SCORES.refusal()
    assert auc(open_place) == pytest.approx(AUC)
    assert SCORES.usage() == (0, 0)


@as_root
def test_a_user_without_home_or_name_scores(open_place: Path) -> None:
    figure, refusal = as_user(open_place, 54321)
    assert figure == pytest.approx(AUC)
    assert "no home folder" in refusal


@as_root
def test_a_home_that_is_not_there_or_read_only(open_place: Path) -> None:
    for home in ("/nonexistent", "/proc", str(open_place)):
        assert as_user(open_place, NOBODY, HOME=home) == (pytest.approx(AUC), "")
    assert not (open_place / ".cache").exists()


@pytest.mark.parametrize("limit", ["0", "100"])
def test_a_disk_that_takes_no_more(place: Path, limit: str) -> None:
    """Every write beyond ``limit`` bytes fails, as on a full disk."""
    figure, refusal = as_user(place, 0, limit=limit, **{VARIABLE: str(place / "cache")})
    assert (figure, refusal) == (pytest.approx(AUC), "")
    assert list((place / "cache" / "scores").iterdir()) == []


def test_the_oldest_entries_go_and_nothing_else(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evalkit.scoring.cache.SCORES", replace(SCORES, most_entries=4))
    score(place)
    scores = place / "cache" / "scores"
    newest = only_entry(place)
    for age in range(1, 5):
        old = scores / f"{age:064x}.json"
        old.write_bytes(b"")
        os.utime(old, (1000 - age, 1000 - age))
    (scores / "notes-of-mine.json").write_text("")
    (place / "T" / "one.txt").write_text("0,1,30,41\n" * 4)
    score(place)
    kept = {path.name for path in scores.iterdir()} - {"notes-of-mine.json"}
    assert len(kept) == 2
    assert newest.name in kept
    assert (scores / "notes-of-mine.json").exists()
