"""Submissions: what is packed passes the check, and every way of spoiling one is named with its line."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import InputError
from evalkit.results.packing import pack
from evalkit.results.submission import check_members, kind_of, read_submission, rules_of
from evalkit.results.trees import read_tree

NAMES = rules_of("got10k").names[:3]
VIDEOS = ("0-6LB4FqxoE_0", "3jFrdJzvVaE_12", "_y2M8MbXSx8_3")
NAMED = {"got10k": NAMES, "trackingnet": VIDEOS}
ROWS = "1.5,2,3,4\n" * 4
TIMES = "0.01\n" * 4


def results(folder: Path, *, times: str = TIMES, rows: str = ROWS, names: tuple[str, ...] = NAMES) -> Path:
    folder.mkdir(parents=True)
    for name in names:
        (folder / f"{name}.txt").write_text(rows)
        if times:
            (folder / f"{name}_time.txt").write_text(times)
    return folder


def write(folder: Path, kind: str, out: Path) -> int:
    (found,) = read_tree(folder, kind, NAMED[kind])
    return pack(found, kind, out, NAMED[kind], {})


def problems(path: Path, kind: str) -> list[str]:
    members, found = read_submission(path)
    assert kind_of(members) == kind
    return [str(problem) for problem in [*found, *check_members(members, kind, NAMED[kind], {})]]


@pytest.mark.parametrize("kind", ["got10k", "trackingnet"])
def test_what_is_packed_passes(tmp_path: Path, kind: str) -> None:
    assert write(results(tmp_path / "mine", names=NAMED[kind]), kind, tmp_path / "a.zip") == 3
    assert problems(tmp_path / "a.zip", kind) == []
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        name = NAMES[0]
        if kind == "got10k":
            assert archive.namelist()[:2] == [f"{name}/{name}_001.txt", f"{name}/{name}_time.txt"]
            assert archive.read(f"{name}/{name}_001.txt") == b"1.500,2.000,3.000,4.000\n" * 4
        else:
            assert archive.namelist() == [f"{name}.txt" for name in VIDEOS]
            assert archive.read(f"{VIDEOS[0]}.txt") == b"1.50,2.00,3.00,4.00\n" * 4


def test_the_same_results_give_the_same_bytes(tmp_path: Path) -> None:
    folder = results(tmp_path / "mine")
    for out in ("a.zip", "b.zip"):
        write(folder, "got10k", tmp_path / out)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_incomplete_results_are_refused_by_name(tmp_path: Path) -> None:
    folder = results(tmp_path / "mine", names=NAMES[:2])
    with pytest.raises(InputError, match=f"{NAMES[2]}: is missing"):
        write(folder, "got10k", tmp_path / "a.zip")
    assert not (tmp_path / "a.zip").exists()


def test_times_are_needed_by_got10k(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"_time\.txt: is missing"):
        write(results(tmp_path / "mine", times=""), "got10k", tmp_path / "a.zip")
    with pytest.raises(InputError, match="has 4 rows, its time file 3"):
        write(results(tmp_path / "other", times=TIMES[5:]), "got10k", tmp_path / "a.zip")


def spoiled(tmp_path: Path, changes: dict[str, str | None], prefix: str = "") -> list[str]:
    members = {f"{name}/{name}_001.txt": ROWS for name in NAMES} | {f"{name}/{name}_time.txt": TIMES for name in NAMES}
    members |= {key: value for key, value in changes.items() if value is not None}
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for member, text in members.items():
            if changes.get(member, "") is not None:
                archive.writestr(prefix + member, text)
    return problems(path, "got10k")


BOXES, CLOCK = f"{NAMES[1]}/{NAMES[1]}_001.txt", f"{NAMES[1]}/{NAMES[1]}_time.txt"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({BOXES: ROWS.replace(",", " ")}, f"{BOXES}, row 1: numbers are separated by spaces, not by commas"),
        ({BOXES: "1,2,3,4\n" + ROWS[10:20] + "1,nan,3,4\n1,2,3,4\n"}, f"{BOXES}, row 3: NaN or infinity"),
        ({BOXES: "1,2,3,4\n1,2,3\n1,2,3,4\n1,2,3,4\n"}, f"{BOXES}, row 2: has 3 numbers instead of 4"),
        ({BOXES: "1,2,3,4\n1,x,3,4\n1,2,3,4\n1,2,3,4\n"}, f"{BOXES}, row 2: '1,x,3,4' is no box"),
        ({BOXES: "1,2,3,4\n1,2,-3,4\n1,2,3,4\n1,2,3,4\n"}, f"{BOXES}, row 2: negative size"),
        ({BOXES: "1,2,3,4\n\n1,2,3,4\n1,2,3,4\n"}, f"{BOXES}, row 2: has 1 numbers instead of 4"),
        ({BOXES: ""}, f"{BOXES}: is empty"),
        ({BOXES: ROWS[10:]}, f"{BOXES}: has 3 rows, its time file 4"),
        ({BOXES: "1,2,3,4\n1_0,2,3,4\n1,2,3,4\n1,2,3,4\n"}, f"{BOXES}, row 2: '1_0,2,3,4' is no box"),
        ({CLOCK: "0.1\n0.1\n-0.1\n0.1\n"}, f"{CLOCK}, row 3: a time that is negative, NaN or infinite"),
        ({CLOCK: None}, f"{CLOCK}: is missing"),
        ({CLOCK: "0.1\nfast\n0.1\n0.1\n"}, f"{CLOCK}, row 2: 'fast' is not a number"),
        ({BOXES: None, CLOCK: None}, f"{NAMES[1]}: is missing"),
        ({"readme.md": "hello"}, "readme.md: does not belong here"),
        ({"other/other_001.txt": ROWS}, "other/other_001.txt: is no sequence of the test set"),
    ],
)
def test_every_flaw_is_named(tmp_path: Path, changes: dict[str, str | None], problem: str) -> None:
    assert any(text.startswith(problem) for text in spoiled(tmp_path, changes))


def test_a_blank_line_at_the_end_is_the_only_problem(tmp_path: Path) -> None:
    assert spoiled(tmp_path, {BOXES: ROWS + "\n \n"}) == [f"{BOXES}, row 5: a blank line at the end"]


def test_a_wrong_root_is_named(tmp_path: Path) -> None:
    found = spoiled(tmp_path, {}, prefix="mytracker/")
    (problem,) = found
    assert problem.startswith("mytracker/: everything lies in a folder of its own: the archive's root must hold")


def test_every_sequence_needs_all_repetitions(tmp_path: Path) -> None:
    second, third = (f"{NAMES[0]}/{NAMES[0]}_00{number}.txt" for number in (2, 3))
    found = spoiled(tmp_path, {second: ROWS, third: ROWS})
    assert found == [f"{name}/{name}_00{number}.txt: is missing" for name in NAMES[1:] for number in (2, 3)]
    assert spoiled(tmp_path, {third: ROWS})[0] == f"{second}: is missing"


def test_repetitions_keep_their_numbers(tmp_path: Path) -> None:
    """Run 3 is not packed as run 2: the second column of the time file would be another run's."""
    for name, numbers in zip(NAMES, [(1, 2, 3), (1, 3), (2, 3)], strict=True):
        folder = tmp_path / "mine" / name
        folder.mkdir(parents=True)
        (folder / f"{name}_time.txt").write_text("0.01,0.02,0.03\n" * 4)
        for number in numbers:
            (folder / f"{name}_{number:03d}.txt").write_text(f"{number},2,3,4\n" * 4)
    with pytest.raises(InputError, match="not packed, 2 problems") as caught:
        write(tmp_path / "mine", "got10k", tmp_path / "a.zip")
    for name, number in ((NAMES[1], 2), (NAMES[2], 1)):
        assert f"{name}/{name}_00{number}.txt: is missing" in str(caught.value)
        (tmp_path / "mine" / name / f"{name}_00{number}.txt").write_text(f"{number},2,3,4\n" * 4)
    write(tmp_path / "mine", "got10k", tmp_path / "a.zip")
    assert problems(tmp_path / "a.zip", "got10k") == []
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert [archive.read(f"{NAMES[1]}/{NAMES[1]}_00{number}.txt")[:1] for number in (1, 2, 3)] == [b"1", b"2", b"3"]


def test_runs_of_pytracking_are_numbered_from_one(tmp_path: Path) -> None:
    for run in ("dimp_000", "dimp_002"):
        results(tmp_path / "tree" / run)
    with pytest.raises(InputError, match=r"not packed, 3 problems: .*_002\.txt: is missing"):
        write(tmp_path / "tree", "got10k", tmp_path / "a.zip")
    (tmp_path / "tree" / "dimp_002").rename(tmp_path / "tree" / "dimp_001")
    assert write(tmp_path / "tree", "got10k", tmp_path / "a.zip") == 3
    assert problems(tmp_path / "a.zip", "got10k") == []


def test_repetitions_start_at_one(tmp_path: Path) -> None:
    zeroth = {f"{name}/{name}_000.txt": ROWS for name in NAMES}
    assert spoiled(tmp_path, {**zeroth}) == [f"{path}: repetitions are numbered from 001" for path in zeroth]


def test_one_line_says_that_a_time_file_is_missing(tmp_path: Path) -> None:
    changes: dict[str, str | None] = {f"{name}/{name}_002.txt": ROWS for name in NAMES}
    assert spoiled(tmp_path, changes | {CLOCK: None}) == [f"{CLOCK}: is missing"]


@pytest.mark.parametrize(("result", "clock"), [("{0}.txt", "{0}_time.txt"), ("{0}/{0}_001.txt", "{0}/{0}_time.txt")])
def test_an_archive_is_packed_with_its_times(tmp_path: Path, result: str, clock: str) -> None:
    with zipfile.ZipFile(tmp_path / "mine.zip", "w") as archive:
        for name in NAMES:
            archive.writestr("tracker/" + result.format(name), ROWS)
            archive.writestr("tracker/" + clock.format(name), TIMES)
    assert write(tmp_path / "mine.zip", "got10k", tmp_path / "a.zip") == 3
    assert problems(tmp_path / "a.zip", "got10k") == []


def test_trackingnet_takes_one_run(tmp_path: Path) -> None:
    for run in ("dimp_000", "dimp_001"):
        results(tmp_path / "tree" / run, names=VIDEOS)
    with pytest.raises(InputError, match=r"2 results of .*, TrackingNet takes one"):
        write(tmp_path / "tree", "trackingnet", tmp_path / "a.zip")


def test_a_path_that_leads_out_is_named(tmp_path: Path) -> None:
    assert any("leads out of the archive" in text for text in spoiled(tmp_path, {"../../a.txt": ROWS}))


def test_a_short_file_is_named_where_the_frames_are_known(tmp_path: Path) -> None:
    members = {f"{name}.txt": ROWS.encode() for name in NAMES}
    found = list(check_members(members, "trackingnet", NAMES, {NAMES[0]: 5, NAMES[1]: 4}))
    assert [str(problem) for problem in found] == [f"{NAMES[0]}.txt: has 4 rows, the sequence has 5 frames"]


def test_the_number_of_sequences_is_checked_where_no_list_is_known() -> None:
    (problem,) = check_members({"a.txt": ROWS.encode()}, "trackingnet", (), {})
    assert "has 1 sequences, the server expects 511" in str(problem)


def test_a_cut_submission_is_named(tmp_path: Path) -> None:
    write(results(tmp_path / "mine", names=VIDEOS), "trackingnet", tmp_path / "a.zip")
    (tmp_path / "cut.zip").write_bytes((tmp_path / "a.zip").read_bytes()[:-30])
    with pytest.raises(InputError, match=r"cut\.zip: ends early"):
        read_submission(tmp_path / "cut.zip")


@pytest.mark.parametrize(
    ("members", "kind"),
    [
        ([f"{name}.txt" for name in NAMES], "got10k"),
        ([f"mine/{name}.txt" for name in NAMES], "got10k"),
        ([f"{name}/{name}_001.txt" for name in NAMES], "got10k"),
        ([f"{name}.mat" for name in NAMES], "got10k"),
        ([f"{name}/{name}_001.txt" for name in VIDEOS], "trackingnet"),
        ([f"{name}.txt" for name in VIDEOS], "trackingnet"),
        ([f"{name}_time.txt" for name in VIDEOS], "trackingnet"),
        (["GOT-10k_Val_000001.txt", *(f"{name}.txt" for name in VIDEOS)], "trackingnet"),
        (["a_001.txt"], "got10k"),
        (["a.txt"], "trackingnet"),
        (["vid0002_obj0000.csv"], "oxuva"),
        (["a.csv"], "oxuva"),
        ([], "trackingnet"),
    ],
)
def test_the_server_is_told_by_the_names(members: list[str], kind: str) -> None:
    assert kind_of(members) == kind


@pytest.mark.parametrize("prefix", ["", "mine/"])
def test_a_flat_archive_is_told_what_got10k_wants(tmp_path: Path, prefix: str) -> None:
    wanted = "GOT-10k wants <sequence>/<sequence>_001.txt and _time.txt"
    flat = f"the archive: 3 results lie flat in its root, such as {NAMES[0]}.txt: {wanted}"
    members = {f"{prefix}{name}.txt": ROWS.encode() for name in NAMES}
    found = [str(problem) for problem in check_members(members, "got10k", NAMES, {})]
    assert found[-1] == f"{flat}, and the times are missing"
    assert len(found) == 1 + bool(prefix)
    members |= {f"{prefix}{name}_time.txt": TIMES.encode() for name in NAMES[:2]}
    found = [str(problem) for problem in check_members(members, "got10k", NAMES, {})]
    assert found[-2:] == [flat.replace("3 results", "5 results"), f"{NAMES[2]}/{NAMES[2]}_time.txt: is missing"]


def test_a_byte_order_mark_is_a_flaw_of_its_own(tmp_path: Path) -> None:
    (found,) = check_members({"a.txt": b"\xef\xbb\xbf" + ROWS.encode()}, "trackingnet", ("a",), {})
    assert str(found).startswith("a.txt, row 1: begins with a byte order mark")


@given(content=st.binary(max_size=300))
def test_any_bytes_are_a_submission_or_a_clear_error(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("zip") / "a.zip"
    path.write_bytes(content)
    with pytest.raises(InputError, match="zip"):
        read_submission(path)


@given(content=st.binary(max_size=100))
def test_any_member_is_checked_without_an_exception(content: bytes) -> None:
    name = NAMES[0]
    members = {f"{name}/{name}_001.txt": content, f"{name}/{name}_time.txt": content}
    assert all(str(problem) for problem in check_members(members, "got10k", (name,), {}))
