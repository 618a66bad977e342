"""What is left out of figures is said: bad trackers, excluded sequences, files of no sequence."""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from stdtrack.cli.main import main

PARITY = Path(__file__).parents[2] / "evalkit" / "parity" / "data"
OTB = PARITY / "OTB100"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Exit code, stdout and stderr of a command."""
    monkeypatch.setenv("STDTRACK_CACHE", str(tmp_path / "cache"))

    def invoke(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stopped:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return int(stopped.value.code or 0), captured.out, captured.err

    return invoke


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Three trackers on OTB's synthetic sequences; one has a file that is one row short, one a broken row."""
    root = tmp_path / "tree"
    for name in ("fine", "short", "broken"):
        shutil.copytree(OTB / "results" / "good", root / name)
    first = min((root / "short").glob("*.txt"))
    first.write_text("".join(first.read_text().splitlines(keepends=True)[:-1]))
    (root / "broken" / first.name).write_text("1,2,3,4\n1;2;x;4\n")
    return root


@pytest.mark.parametrize("partial", [(), ("--partial",)])
@pytest.mark.parametrize("workers", [1, 2])
def test_one_bad_tracker_does_not_stop_the_others(run: Run, tree: Path, partial: tuple[str, ...], workers: int) -> None:
    options = ("--on", "otb100", "--annotations", OTB, *partial, "--format", "json", "--workers", workers)
    code, out, err = run("score", tree, *options)
    assert code == 3
    (found,) = json.loads(out)
    (alone,) = json.loads(run("score", tree / "fine", *options)[1])
    assert found["tracker"] == "fine"
    assert found["metrics"] == alone["metrics"]
    assert "broken on otb100 is left out: " in err
    assert "row 2: 'x' is not a number" in err
    assert "short on otb100 is left out: " in err
    assert "rows, but " in err


def test_other_commands_leave_a_bad_tracker_out_too(run: Run, tree: Path, tmp_path: Path) -> None:
    options = ("--on", "otb100", "--annotations", OTB)
    code, _, err = run("report", tree, *options, "--out", tmp_path / "report", "--only", "tables")
    assert (code, "broken on otb100 is left out" in err) == (3, True)
    tables = [path.read_text() for path in (tmp_path / "report").rglob("*.csv")]
    assert any("fine" in table for table in tables)
    assert not any("broken" in table for table in tables)
    code, _, err = run("baseline", tree, *options, "-o", tmp_path / "b.json")
    assert (code, "broken on otb100 is left out" in err) == (3, True)
    assert [record["tracker"] for record in json.loads((tmp_path / "b.json").read_text())["records"]] == ["fine"]
    code, _, err = run("check", tree, *options, "--baseline", tmp_path / "b.json")
    assert (code, "broken on otb100 is left out" in err) == (0, True)  # the baseline knows nothing of it
    code, _, err = run("compare", tree, "fine", "broken", *options)
    assert (code, "broken cannot be scored on otb100" in err) == (2, True)


def test_a_tracker_of_the_baseline_that_cannot_be_scored_is_not_comparable(
    run: Run, tree: Path, tmp_path: Path
) -> None:
    options = ("--on", "otb100", "--annotations", OTB)
    assert run("baseline", OTB / "results", *options, "-o", tmp_path / "b.json")[0] in (0, 3)
    shutil.copytree(OTB / "results" / "good", tree / "good")
    for file in (tree / "good").glob("*.txt"):
        file.write_text("nothing\n")
    assert run("check", tree, *options, "--baseline", tmp_path / "b.json")[0] == 2


def test_trackers_that_are_bad_alike_are_told_once_and_exit_with_2(run: Run, tree: Path) -> None:
    shutil.rmtree(tree / "fine")
    shutil.rmtree(tree / "short")
    code, out, err = run("score", tree, "--on", "otb100", "--annotations", OTB)
    assert (code, out) == (2, "")
    assert err.splitlines()[-1].startswith("stdtrack: ")
    assert err.count("is not a number") == 1


def test_an_incomplete_tracker_is_left_out_where_others_are_whole(run: Run, tree: Path) -> None:
    for name in ("short", "broken"):
        shutil.rmtree(tree / name)
    shutil.copytree(tree / "fine", tree / "lacking")
    gone = min((tree / "lacking").glob("*.txt"))
    gone.unlink()
    code, out, err = run("score", tree, "--on", "otb100", "--annotations", OTB, "--format", "json")
    assert (code, [each["tracker"] for each in json.loads(out)]) == (3, ["fine"])
    assert f"lacking on otb100 is left out: lacks 1 of 6: {gone.stem} (--partial scores what is there)" in err
    code, out, _ = run("score", tree, "--on", "otb100", "--annotations", OTB, "--format", "json", "--partial")
    assert (code, [each["sequences_scored"] for each in json.loads(out)]) == (0, [6, 5])


def test_a_run_that_came_to_nothing_lacks_every_sequence(run: Run, tree: Path) -> None:
    empty = tree / "mine%3Abroken" / "otb100"
    empty.mkdir(parents=True)
    (empty / "run.json").write_text("{}")
    shutil.rmtree(tree / "broken")
    shutil.rmtree(tree / "short")
    options = ("--on", "otb100", "--annotations", OTB, "--format", "json")
    code, out, err = run("score", tree, *options)
    assert (code, [score["tracker"] for score in json.loads(out)]) == (3, ["fine"])
    assert "mine:broken on otb100 is left out: its run was begun and has no result" in err
    code, _, err = run("score", tree, *options, "--partial")
    assert code == 0
    assert "left out, their runs have no result: mine:broken" in err


def test_excluded_sequences_are_named_in_every_output(run: Run, tree: Path, tmp_path: Path) -> None:
    names = sorted(file.stem for file in (tree / "fine").glob("*.txt"))
    options = ("--on", "otb100", "--annotations", OTB)
    whole = json.loads(run("score", tree / "fine", *options, "--format", "json")[1])[0]
    exclude = ("--exclude", names[0], "--exclude", f"{names[1][:-1]}[{names[1][-1]}],{names[2]}")
    out_of, left = names[:3], 3
    for _ in range(2):  # the second time from the cache
        code, out, err = run("score", tree / "fine", *options, *exclude, "--format", "json")
        (found,) = json.loads(out)
        assert code == 0
        assert (found["sequences_scored"], found["sequences_total"]) == (left, 6)
        assert sorted(found["excluded"]) == out_of
        assert f"{6 - left} of 6 sequences are excluded: " in err
        assert found["metrics"] != whole["metrics"]
    assert f"{left} of 6 sequences, {6 - left} excluded" in run("score", tree / "fine", *options, *exclude)[1]
    table = pd.read_csv(io.StringIO(run("score", tree / "fine", *options, *exclude, "--format", "csv")[1]))
    assert sorted(table["excluded"][0].split()) == out_of
    run("score", tree / "fine", *options, *exclude, "--per-sequence", tmp_path / "s.csv")
    by_sequence = pd.read_csv(tmp_path / "s.csv")
    assert set(by_sequence["sequence"].dropna()) == set(names[3:])
    assert set(zip(by_sequence["scored"], by_sequence["total"], strict=True)) == {(left, 6)}
    mean = by_sequence[(by_sequence["metric"] == "auc") & by_sequence["sequence"].notna()]["value"].mean()
    assert found["metrics"]["auc"] == pytest.approx(mean)
    run("report", tree / "fine", *options, *exclude, "--out", tmp_path / "report", "--only", "tables,html")
    assert any(f"{left} of 6" in path.read_text() for path in (tmp_path / "report").rglob("*.csv"))
    page = next((tmp_path / "report").glob("*.html")).read_text()
    assert "Excluded from otb100" in page


def test_an_excluded_sequence_may_be_broken_or_absent(run: Run, tree: Path) -> None:
    first = min((tree / "broken").glob("*.txt")).stem
    options = ("--on", "otb100", "--annotations", OTB, "--exclude", first, "--format", "json")
    code, out, _ = run("score", tree, *options)
    assert (code, len(json.loads(out))) == (0, 3)
    (tree / "fine" / f"{first}.txt").unlink()
    assert run("score", tree / "fine", *options)[0] == 0


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _loop(path: Path) -> None:
    path.symlink_to(path)


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _huge(path: Path) -> None:
    with path.open("wb") as stream:
        stream.truncate(20 * 10**9)


def _binary(path: Path) -> None:
    path.write_bytes(b"1,2,3,4\n\0\0\0\0")


@pytest.mark.parametrize("make", [_pipe, _loop, _device, _huge, _binary])
@pytest.mark.parametrize("suffix", ["txt", "json", "mat", "npy"])
def test_what_is_no_result_costs_its_tracker_alone(
    run: Run, tree: Path, make: Callable[[Path], None], suffix: str
) -> None:
    for name in ("short", "broken"):
        shutil.rmtree(tree / name)
    shutil.copytree(tree / "fine", tree / "odd")
    first = min((tree / "odd").glob("*.txt"))
    first.unlink()
    make(first.with_suffix(f".{suffix}"))
    code, out, err = run("score", tree, "--on", "otb100", "--annotations", OTB, "--format", "json")
    assert (code, [each["tracker"] for each in json.loads(out)]) == (3, ["fine"])
    (line,) = [line for line in err.splitlines() if line.startswith("odd on otb100 is left out: ")]
    assert f"{first.stem}.{suffix}" in line


def test_a_pipe_at_the_root_is_waited_for_by_no_one(run: Run, tree: Path) -> None:
    os.mkfifo(tree / "Biker.json")
    options = ("--annotations", OTB, "--partial", "--format", "json")
    code, out, _ = run("score", tree, "--on", "otb100", *options)
    assert (code, len(json.loads(out))) == (3, 1)


@pytest.mark.parametrize("place", ["results", "--annotations", "--data"])
def test_a_path_of_5000_digits_is_told(run: Run, tree: Path, place: str) -> None:
    long = "9" * 5000
    arguments = (long, "--annotations", OTB) if place == "results" else (tree, place, long)
    code, _, err = run("score", *arguments, "--on", "otb100")
    assert (code, err.count("\n")) == (2, 1)
    assert "cannot be read: File name too long" in err


def test_names_that_are_no_utf8_can_be_printed(run: Run, tree: Path, tmp_path: Path) -> None:
    for name in ("short", "broken"):
        shutil.rmtree(tree / name)
    os.rename(tree / "fine", os.fsencode(tree) + b"/caf\xe9")
    options = ("--on", "otb100", "--annotations", OTB)
    assert json.loads(run("score", tree, *options, "--format", "json")[1])[0]["tracker"] == "caf\\xe9"
    for form in ("table", "csv", "markdown", "latex"):
        code, out, _ = run("score", tree, *options, "--format", form)
        assert (code, "caf" in out) == (0, True)
    assert run("baseline", tree, *options, "-o", tmp_path / "b.json")[0] == 0
    assert run("check", tree, *options, "--baseline", tmp_path / "b.json")[0] == 0


@pytest.mark.parametrize("command", ["score", "report"])
def test_a_pattern_that_excludes_nothing_was_mistyped(run: Run, tree: Path, tmp_path: Path, command: str) -> None:
    out = ("--out", tmp_path / "out")
    options = (tree / "fine", "--on", "otb100", "--annotations", OTB, *out)
    code, _, err = run(command, *options, "--exclude", "Nobody*")
    assert (code, "no sequence of otb100 is named like 'Nobody*'" in err) == (2, True)
    code, _, err = run(command, *options, "--exclude", "*")
    assert (code, "leaves no sequence" in err) == (2, True)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("score", ()),
        ("report", ("--out", "report", "--only", "tables")),
        ("compare", ()),
        ("baseline", ("-o", "b.json")),
        ("check", ("--baseline", "b.json")),
    ],
)
def test_every_command_says_what_belongs_to_no_sequence(
    run: Run, tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, options: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("short", "broken"):
        shutil.rmtree(tree / name)
    shutil.copytree(tree / "fine", tree / "other")
    data = ("--on", "otb100", "--annotations", OTB)
    if command == "check":
        run("baseline", tree, *data, "-o", "b.json")
    (tree / "fine" / "Nobody.txt").write_text("1,2,3,4\n")
    trackers = ("fine", "other") if command == "compare" else ()
    code, _, err = run(command, tree, *trackers, *data, *options)
    assert code == 0
    assert err.count("1 files are of no sequence of otb100, such as fine/Nobody.txt") == 1


def test_pack_says_what_belongs_to_no_sequence(run: Run, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    for number in range(1, 181):
        (mine / f"GOT-10k_Test_{number:06d}.txt").write_text("1,2,3,4\n")
        (mine / f"GOT-10k_Test_{number:06d}_time.txt").write_text("0.1\n")
    (mine / "GOT-10k_Val_000001.txt").write_text("1,2,3,4\n")
    code, _, err = run("pack", "got10k", mine, "-o", tmp_path / "a.zip")
    assert (code, "1 files are of no sequence of got10k, such as GOT-10k_Val_000001.txt" in err) == (0, True)
