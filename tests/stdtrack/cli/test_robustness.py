"""``stdtrack robustness``: one command from trackers to what is left of their scores."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from evalkit import open_benchmark
from evalkit.robustness.front import robustness, wanted_of
from stdtrack.cli.main import cli
from stdtrack.cli.robustness import robustness as command
from tests.evalkit.robustness.conftest import write_clips


@pytest.fixture
def clips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "evalkit" / "robustness")
    return write_clips(tmp_path / "data")


def test_from_trackers_to_tables(clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    out = tmp_path / "runs"
    arguments = ["robustness", "pixel_trackers:Bright", "--on", "folder", "--data", str(clips), "--out", str(out)]
    arguments += ["--only", "low_frame_rate,gamma,sre,real_time,random_noise", "--severity", "2,5", "--workers", "2"]
    first = CliRunner().invoke(cli, arguments)
    assert first.exit_code == 0, first.output
    assert re.search(r"real time +real_time +60", first.output)
    assert re.search(r"starts +sre +–", first.output)
    assert re.search(r"attack +random_noise +5 +[\d.]+ +\d\d\.\d +0\.\d+ +0\.0", first.output)
    assert "38 sequences run, 0 finished before" in first.output  # 2 clips, plain and under six, and 12 starts each
    again = CliRunner().invoke(cli, arguments)
    assert "0 sequences run, 38 finished before" in again.output


def test_the_figures_are_those_of_score(clips: Path, tmp_path: Path) -> None:
    from evalkit import score

    done = robustness(["pixel_trackers:Bright"], on="folder", out=tmp_path / "runs", data=clips,
                      variations="low_frame_rate,frame_drops", severities=[3, 5])  # fmt: skip
    table = done.table.set_index(["variation", "level"])
    clean = score(tmp_path / "runs", on="folder", data=clips).scores[0].metrics["auc"]
    for variation, level in (("low_frame_rate", 3), ("frame_drops", 5)):
        expected = score(tmp_path / "runs", on=f"folder+{variation}@{level}", data=clips).scores[0].metrics["auc"]
        assert table.loc[(variation, level), "value"] == expected
        assert table.loc[(variation, level), "clean"] == clean
    (overall,) = done.overall().to_dict("records")
    means = table.groupby("variation")["value"].mean()
    assert overall["varied"] == pytest.approx(means.mean())
    assert overall["relative_drop"] == pytest.approx(1 - means.mean() / clean)
    assert overall["lowest"] == table["value"].min()


def test_both_sides_are_over_the_same_clips(clips: Path, tmp_path: Path) -> None:
    from evalkit import run, score

    run("pixel_trackers:Bright", on="folder", out=tmp_path / "runs", data=clips)
    done = robustness(["pixel_trackers:Bright"], on="folder", out=tmp_path / "runs", data=clips,
                      variations="sre", sequences="two")  # fmt: skip
    (row,) = done.table.to_dict("records")
    scores = score(tmp_path / "runs", on="folder", data=clips, exclude="one").scores[0]
    assert (row["clips"], row["clean"]) == (1, scores.metrics["auc"])


@pytest.mark.parametrize("chosen", [{"sequences": "two"}, {"exclude": "o[mn]e"}])
def test_results_of_an_earlier_run_on_other_clips_are_not_scored(
    chosen: dict[str, str], clips: Path, tmp_path: Path
) -> None:
    data = write_clips(clips, ("o[n]e",))
    where = {"on": "folder", "data": data, "variations": "gamma,sre,real_time"}
    whole = robustness("pixel_trackers:Bright", out=tmp_path / "runs", **where)  # type: ignore[arg-type]
    assert set(whole.table["clips"]) == {3}
    wanted = {"two", "o[n]e"} if "exclude" in chosen else {"two"}
    part, alone = (robustness("pixel_trackers:Bright", out=tmp_path / out, **where, **chosen)  # type: ignore[arg-type]
                   for out in ("runs", "alone"))  # fmt: skip
    drawn = part.table["variation"] != "real_time"  # which goes by the times of each run
    assert part.table[drawn].equals(alone.table[drawn])
    assert set(part.table["clips"]) == {len(wanted)}
    assert {each.sequence.partition("@")[0] for one in part.scores.scores for each in one.sequences} == wanted


def test_a_benchmark_without_a_wanted_clip_is_not_scored(tmp_path: Path) -> None:
    names = {"first": ("a1", "a2", "c"), "second": ("b1", "b2")}
    opened = [open_benchmark("folder", data=write_clips(tmp_path / key, each)) for key, each in names.items()]
    assert wanted_of(opened, (), ()) == (opened, ())
    assert wanted_of(opened, (), ("b1",)) == (opened, ("b1",))
    assert wanted_of(opened, ("a*",), ("b*",)) == (opened[:1], ("c",))  # b* has nothing to leave out any more
    assert wanted_of(opened, ("?1",), ("a2",)) == (opened, ("a2", "c", "b2"))


def test_other_trackers_in_the_folder_are_no_part_of_it(clips: Path, tmp_path: Path) -> None:
    where = {"on": "folder", "data": clips, "out": tmp_path / "runs", "variations": "gamma"}
    robustness("pixel_trackers:Checksum", **where)  # type: ignore[arg-type]
    done = robustness("pixel_trackers:Bright", **where)  # type: ignore[arg-type]
    assert {each.tracker for each in done.scores.scores} == {"pixel_trackers:Bright"}
    assert {each.tracker for part in done.scores.parts for each in part.results} == {"pixel_trackers:Bright"}
    assert set(done.scores.overall()["tracker"]) == set(done.table["tracker"]) == {"pixel_trackers:Bright"}


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--suite", "corruption"], "did you mean 'corruptions'"),
        (["--severity", "6"], "'6' is no severity"),
        (["--only", "fogg"], "did you mean 'fog'"),
        (["--on", "folder+fog@1"], "varied already"),
    ],
)
def test_wrong_use_is_one_line(arguments: list[str], problem: str, clips: Path, tmp_path: Path) -> None:
    given = ["pixel_trackers:Bright", "--on", "folder", "--data", str(clips), "--out", str(tmp_path / "runs")]
    result = CliRunner().invoke(command, [*given, *arguments])
    assert problem in result.output + str(result.exception)
    assert not (tmp_path / "runs").exists()
