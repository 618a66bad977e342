"""Disks that are full or read-only: nothing lost, nothing partial, one clear line."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from evalkit.benchmarks.registry import open_benchmark
from evalkit.errors import InputError
from evalkit.files import atomic, remove_leftovers, write_atomic
from evalkit.results.store import is_finished, list_runs, result_path
from evalkit.running.locks import exclusive
from evalkit.running.merging import finished_sequences
from evalkit.running.pool import WorkerPool
from evalkit.running.runner import RunOptions, run
from evalkit.running.selection import select
from evalkit.trackers.live import named_trackers

SPEC = "fake_trackers:steady"


class SmallDisk:
    """A file system of our own, in memory."""

    def __init__(self, folder: Path, size: str) -> None:
        self.folder = folder
        folder.mkdir()
        self._call("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder))

    def remount(self, options: str) -> None:
        self._call("mount", "-o", f"remount,{options}", str(self.folder))

    def close(self) -> None:
        self._call("umount", str(self.folder))

    @staticmethod
    def _call(*command: str) -> None:
        subprocess.run(command, check=True, capture_output=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """48 KiB; skips where mounting is not allowed."""
    try:
        small = SmallDisk(tmp_path / "disk", "48k")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("skipped: may not mount a small file system")
    yield small
    small.close()


@pytest.fixture
def run_to(data: Path, fake_trackers: None):
    class Silent:
        def remark(self, *arguments: object) -> None:
            pass

        def begin(self, *arguments: object, **counts: object) -> None:
            pass

        def advance(self, *arguments: object) -> None:
            pass

    def go(out: Path):
        with WorkerPool(timeout=600) as pool:
            return run(
                named_trackers(SPEC), select([open_benchmark("folder", data=data)]), pool, RunOptions(out), Silent()
            )

    return go


def test_a_full_disk_stops_the_run_and_the_next_one_goes_on(disk, run_to, run_folder, tmp_path):
    run_folder(SPEC)
    (undisturbed,) = list_runs(tmp_path / "runs")
    ballast = disk.folder / "ballast"
    ballast.write_bytes(b"x" * 4096 * 6)  # of 12 blocks: manifest, lock and one sequence fit, no more
    with pytest.raises(InputError, match="No space left on device") as caught:
        run_to(disk.folder / "runs")
    assert "run the same command again" in str(caught.value)
    (folder,) = (disk.folder / "runs").glob("*/*")
    assert not list(folder.rglob("*.tmp"))
    done = finished_sequences(folder)
    assert len(done) < 3
    assert all(is_finished(folder, name, 6) for name in done)
    ballast.unlink()
    disk.remount("size=1m")
    summary = run_to(disk.folder / "runs")
    assert (summary.finished, summary.resumed, summary.failures) == (3 - len(done), len(done), [])
    for name in ("alpha", "beta", "gamma"):
        assert result_path(folder, name).read_bytes() == result_path(undisturbed.folder, name).read_bytes()


def test_a_read_only_disk_is_wrong_input(disk, run_to):
    disk.remount("ro")
    with pytest.raises(InputError, match="cannot be written: Read-only file system"):
        run_to(disk.folder / "runs")


def test_a_disk_that_became_read_only_is_wrong_input(disk, run_to):
    disk.remount("size=1m")
    run_to(disk.folder / "runs")
    disk.remount("ro")
    with pytest.raises(InputError, match="Read-only file system"):
        run_to(disk.folder / "runs")


def test_a_file_where_a_folder_should_be_is_wrong_input(tmp_path):
    (tmp_path / "runs").write_text("")
    with pytest.raises(InputError, match="cannot be written"), exclusive(tmp_path / "runs" / "tracker"):
        pass


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / "a.txt"
    write_atomic(path, "first\n")
    (tmp_path / "b.txt").mkdir()
    with pytest.raises(InputError, match=r"b\.txt: cannot be written"):
        write_atomic(tmp_path / "b.txt", "a folder is in the way")
    assert sorted(child.name for child in tmp_path.iterdir()) == ["a.txt", "b.txt"]
    write_atomic(path, b"second\n")
    assert path.read_text() == "second\n"


def test_what_is_written_piece_by_piece_appears_on_the_disk_and_whole(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr("os.fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_size))
    with atomic(tmp_path / "new" / "a.txt") as temporary:
        temporary.write_text("first\n")
        assert not list(temporary.parent.glob("*.txt"))
    assert (tmp_path / "new" / "a.txt").read_text() == "first\n"
    assert synced == [6]


def _write_half(path, error):
    with atomic(path, hint="buy a disk") as temporary:
        temporary.write_text("half")
        raise error


def test_a_block_that_fails_leaves_the_old_file(tmp_path):
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(ZeroDivisionError):
        _write_half(tmp_path / "a.txt", ZeroDivisionError())
    with pytest.raises(InputError, match=r"cannot be written: No space left .*\(buy a disk\)"):
        _write_half(tmp_path / "a.txt", OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    assert [(child.name, child.read_text()) for child in tmp_path.iterdir()] == [("a.txt", "old")]


def test_leftovers_are_removed_and_nothing_else(tmp_path):
    for name in (".a.txt.77.tmp", "a.txt", "notes.tmp", ".lock"):
        (tmp_path / name).touch()
    remove_leftovers(tmp_path)
    assert sorted(child.name for child in tmp_path.iterdir()) == [".lock", "a.txt", "notes.tmp"]
