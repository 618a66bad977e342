"""``stdtrack pack`` as a user sees it."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from evalkit.errors import InputError
from evalkit.results.submission import rules_of
from stdtrack.cli.pack import pack

PARITY = Path(__file__).parents[2] / "evalkit" / "parity" / "data"


def invoke(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(pack, [str(argument) for argument in arguments], catch_exceptions=False)
    return result.exit_code, result.output


def runs(folder: Path, names: tuple[str, ...]) -> Path:
    place = folder / "opencv%3Akcf" / "got10k"
    place.mkdir(parents=True)
    for name in names:
        (place / f"{name}.txt").write_text("1,2,3,4\n" * 3)
        (place / f"{name}_time.txt").write_text("0.01\n" * 3)
    return folder


def test_packed_is_verified(tmp_path: Path) -> None:
    code, text = invoke("got10k", runs(tmp_path / "runs", rules_of("got10k").names), "-o", tmp_path / "a.zip")
    assert (code, "180 sequences of opencv:kcf" in text) == (0, True)
    text = "a.zip: 360 files, a submission to got10k without problems; row counts not checked: give --data\n"
    assert invoke("verify", tmp_path / "a.zip") == (0, text)


def test_incomplete_runs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="GOT-10k_Test_000180: is missing"):
        invoke("got10k", runs(tmp_path / "runs", rules_of("got10k").names[:-1]), "-o", tmp_path / "a.zip")


def test_one_tracker_at_a_time(tmp_path: Path) -> None:
    folder = runs(tmp_path / "runs", rules_of("got10k").names)
    (folder / "other").symlink_to(folder / "opencv%3Akcf")
    other = folder / "mine" / "got10k"
    other.mkdir(parents=True)
    (other / "GOT-10k_Test_000001.txt").write_text("1,2,3,4\n")
    with pytest.raises(InputError, match="several trackers: mine, opencv:kcf"):
        invoke("got10k", folder, "-o", tmp_path / "a.zip")


def test_verify_names_what_is_wrong_and_exits_1(tmp_path: Path) -> None:
    folder = PARITY / "TrackingNet"
    code, text = invoke("verify", folder / "good.zip", "--annotations", folder / "gt.zip")
    assert (code, "not checked" in text) == (0, False)
    code, text = invoke("verify", folder / "drifts.zip", "--annotations", folder / "gt.zip")
    assert code == 1
    assert "sub/: everything lies in a folder of its own" in text
    code, text = invoke("verify", folder / "invalid.zip", "--annotations", folder / "gt.zip")
    assert (code, "row 6: NaN or infinity" in text) == (1, True)


def test_an_archive_is_packed_without_a_list_of_names(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "mine.zip", "w") as archive:
        for number in range(511):
            archive.writestr(f"v{number}_0.txt", "1,2,3,4\n")
    code, text = invoke("trackingnet", tmp_path / "mine.zip", "-o", tmp_path / "a.zip")
    assert (code, "511 sequences of mine" in text) == (0, True)


def test_oxuvas_test_set_is_packed_and_verified(tmp_path: Path) -> None:
    names, place = rules_of("oxuva").names, tmp_path / "runs" / "mine" / "oxuva"
    (tmp_path / "data" / "tasks").mkdir(parents=True)
    place.mkdir(parents=True)
    rows = "".join(f"{name[:7]},{name[8:]},30,32,0.25,0.5,0,1\n" for name in names)
    (tmp_path / "data" / "tasks" / "test.csv").write_text(rows)
    (tmp_path / "data" / "image_sizes.json").write_text(json.dumps({name: [640, 400] for name in names}))
    for name in names:
        (place / f"{name}.txt").write_text("160,0,160,400\n" * 2 + "nan,nan,nan,nan\n")
    with pytest.raises(InputError, match="need the images' sizes"):
        invoke("oxuva", tmp_path / "runs", "-o", tmp_path / "a.zip")
    given = ("--data", tmp_path / "data")
    code, text = invoke("oxuva", tmp_path / "runs", *given, "-o", tmp_path / "a.zip")
    assert (code, "166 sequences of mine for oxuva" in text) == (0, True)
    assert invoke("verify", tmp_path / "a.zip", *given)[0] == 0
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        rows = archive.read(f"{names[0]}.csv").decode()
    assert rows == "vid0002,obj0000,31,true,1.0,0.25,0.5,0.0,1.0\nvid0002,obj0000,32,false,1.0,,,,\n"
