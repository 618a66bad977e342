"""Folders that are whole or not there, and what killed writers leave."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from evalkit.errors import InputError
from evalkit.files import INCOMPLETE, partial_folder, whole_folder


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def write(folder: Path, content: str, *files: str) -> None:
    for name in files:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content)


def test_a_new_folder_is_not_there_until_it_is_whole(tmp_path: Path) -> None:
    out = tmp_path / "more" / "out"
    with whole_folder(out) as partial:
        write(partial, "a", "x", "deep/y")
        assert not out.exists()
    assert names(out) == {"x", "deep", "deep/y"}
    assert names(out.parent) == {"out", "out/x", "out/deep", "out/deep/y"}
    assert out.stat().st_mode & 0o777 == 0o777 & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_an_error_leaves_what_was_there(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    write(out, "old", "x", "own")
    with pytest.raises(UnicodeEncodeError), whole_folder(out) as partial:
        write(partial, "\udc80", "x", "y")
    assert names(tmp_path) == {"out", "out/x", "out/own"}
    assert (out / "x").read_text() == "old"


def test_the_files_of_a_folder_that_exists_are_replaced_and_others_stay(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    write(out, "old", "x", "own", "stale")
    write(out, "a run was killed in the middle", INCOMPLETE)
    with whole_folder(out, earlier=[out / "stale"]) as partial:
        write(partial, "new", "x", "deep/y")
    assert names(out) == {"x", "own", "deep", "deep/y"}
    assert [(out / name).read_text() for name in ("x", "own", "deep/y")] == ["new", "old", "new"]


def test_a_folder_is_marked_while_files_are_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    out.mkdir()
    moved, replace = [], Path.replace

    def watched(self: Path, target: Path) -> Path:
        moved.append((out / INCOMPLETE).exists())
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", watched)
    with whole_folder(out) as partial:
        write(partial, "new", "x", "y")
    assert moved == [True, True]


def test_a_folder_whose_parent_cannot_be_written_is_enough(tmp_path: Path) -> None:
    """Such as a volume that is mounted at the root of a container; the temporary folder lies inside."""
    out = tmp_path / "out"
    out.mkdir()
    with whole_folder(out) as partial:
        assert partial.parent == out


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(InputError, match="out: cannot be written: "), whole_folder(tmp_path / "out") as partial:
        write(partial, "", "x")


KILLED = """
import sys, time
from pathlib import Path
from evalkit.files import partial_folder
with partial_folder(Path(sys.argv[1])):
    print("ready", flush=True)
    time.sleep(600)
"""


def test_what_a_killed_writer_left_goes_and_what_is_in_use_stays(tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(out)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    with partial_folder(out):
        assert len(names(tmp_path)) == 2  # the other one's and ours
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert len(names(tmp_path)) == 1
    with partial_folder(out):
        assert len(names(tmp_path)) == 1  # ours alone
    assert names(tmp_path) == set()
