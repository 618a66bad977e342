"""``stdtrack score`` as a user sees it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from evalkit.benchmarks.registry import open_benchmark
from evalkit.errors import InputError
from evalkit.private_cache import VARIABLE
from evalkit.results.trees import read_tree
from evalkit.scoring.evaluate import Evaluated, evaluate
from evalkit.scoring.opening import Annotation
from stdtrack.cli.main import main
from stdtrack.cli.score import refuse_supervised, score

PARITY = Path(__file__).parents[2] / "evalkit" / "parity" / "data"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "cache"))


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(score, [str(argument) for argument in arguments], catch_exceptions=False)


def lasot(*arguments: str | Path, tracker: str = "good") -> Result:
    folder = PARITY / "LaSOT"
    return run(folder / "results" / tracker, "--on", "lasot", "--annotations", folder, *arguments)


def test_json_is_an_array_in_full_precision(fits) -> None:
    (found,) = json.loads(lasot("--format", "json").stdout)
    fits("score-1", [found])
    expected = json.loads((PARITY.parent / "expected.json").read_text())["LaSOT"]["good"]["official"]
    assert list(found) == [
        "tracker", "benchmark", "protocol", "metrics", "sequences_scored", "sequences_total", "missing", "excluded",
        "shortcoming", "total_verified", "remark",
    ]  # fmt: skip
    assert (found["tracker"], found["benchmark"], found["protocol"]) == ("good", "lasot", "official")
    assert list(found["metrics"]) == ["auc", "precision", "normalized_precision", "ao", "sr50", "sr75"]
    assert found["metrics"]["ao"] is None
    assert found["metrics"]["auc"] == pytest.approx(expected["auc"], abs=1e-12)
    assert (found["sequences_scored"], found["sequences_total"], found["missing"]) == (6, 6, [])


def test_vot_has_its_own_figures(fits) -> None:
    folder = PARITY / "VOT"
    result = run(
        folder / "results" / "good",
        "--on",
        "vot2018",
        "--annotations",
        folder,
        "--protocol",
        "vot-toolkit,pysot",
        "--format",
        "json",
    )
    found = json.loads(result.stdout)
    fits("score-1", found)
    assert [each["protocol"] for each in found] == ["vot-toolkit", "pysot"]
    assert all(list(each["metrics"]) == ["accuracy", "robustness", "eao"] for each in found)


def test_supervised_results_have_no_figures_of_frames(tmp_path: Path) -> None:
    folder = PARITY / "VOT"
    with pytest.raises(InputError, match="leave out --per-frame"):
        run(folder / "results" / "good", "--on", "vot2018", "--annotations", folder, "--per-frame", tmp_path / "f.csv")
    assert not (tmp_path / "f.csv").exists()


def test_a_benchmark_without_frames_is_named_before_the_others_are_written() -> None:
    framed, supervised = (
        evaluated(family, name, keep_frames=True) for family, name in (("LaSOT", "lasot"), ("VOT", "vot2018"))
    )
    refuse_supervised(framed.scores)
    with pytest.raises(InputError, match=r"not measured frame by frame: vot2018 \("):
        refuse_supervised([*framed.scores, *supervised.scores])


def evaluated(family: str, name: str, *, keep_frames: bool) -> Evaluated:
    annotation = Annotation(open_benchmark(name, annotations=PARITY / family))
    (found,) = read_tree(PARITY / family / "results" / "good", name, annotation.inventory.present)
    return evaluate(found, annotation, keep_frames=keep_frames)


def test_it_says_what_it_read_and_how() -> None:
    messages = lasot(tracker="drifts").stderr
    assert "drifts on lasot: 6 files of 6 sequences, <sequence>.txt, delimiter: tab\n" in messages
    assert "far from the ground truth" in lasot().stderr


def test_what_is_said_of_several_trackers_alike_is_said_once() -> None:
    folder = PARITY / "OTB100"
    result = run(folder / "results", "--on", "otb100", "--annotations", folder, "--protocol", "got10k")
    read = [line for line in result.stderr.splitlines() if "delimiter: comma" in line]
    assert read == ["good, invalid, short on otb100: 6 files of 6 sequences, <sequence>.txt, delimiter: comma"]


def test_several_protocols_and_the_rules_that_part_them() -> None:
    table = lasot("--protocol", "official,pytracking").stdout
    lines = [line.split() for line in table.splitlines()]
    at = next(index for index, line in enumerate(lines) if line[:1] == ["pytracking"])
    assert "0.8206" in lines[at]
    assert "-0.0250" in lines[at + 1]
    assert "good on lasot: pytracking differs from official by" in table
    assert "absent: " in table
    assert "[P -0.0250]" in " ".join(table.split())


@pytest.mark.parametrize("extra", [(), ("--protocol", "official,pytracking,ostrack,pysot,pysot-toolkit,got10k")])
def test_a_terminal_of_80_columns_is_wide_enough(extra: tuple[str, ...]) -> None:
    result = lasot(*extra)
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert result.stdout.startswith("lasot, ")


@pytest.mark.parametrize(
    ("form", "start"), [("csv", "tracker,"), ("markdown", "| tracker |"), ("latex", r"\begin{tabular}")]
)
def test_formats(form: str, start: str) -> None:
    assert lasot("--format", form).stdout.startswith(start)


def test_csv_has_full_precision() -> None:
    (row,) = pd.read_csv(pd.io.common.StringIO(lasot("--format", "csv").stdout)).to_dict("records")
    (found,) = json.loads(lasot("--format", "json").stdout)
    assert row["auc"] == found["metrics"]["auc"]


def test_out_holds_what_stdout_would(tmp_path: Path) -> None:
    result = lasot("--format", "json", "-o", tmp_path / "scores.json")
    assert result.stdout == ""
    assert json.loads((tmp_path / "scores.json").read_text())[0]["tracker"] == "good"


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_tables_by_sequence_and_frame(tmp_path: Path, suffix: str) -> None:
    sequences, frames = tmp_path / f"s{suffix}", tmp_path / f"f{suffix}"
    lasot("--per-sequence", sequences, "--per-frame", frames)
    read = pd.read_csv if suffix == ".csv" else pd.read_parquet
    by_sequence, by_frame = read(sequences), read(frames)
    assert set(by_sequence["sequence"].dropna()) == {f"synth-{number}" for number in range(1, 7)}
    assert len(by_frame) == 211
    assert set(by_frame["protocol"]) == {"official"}
    assert by_frame["iou"].max() == 1


def test_a_part_needs_partial(tmp_path: Path) -> None:
    anno = tmp_path / "anno"
    anno.mkdir()
    for name in ("Basketball", "Biker"):
        (anno / f"{name}.txt").write_text("10,20,30,40\n" * 5)
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "Biker.txt").write_text("10,20,30,40\n" * 5)
    arguments = [str(mine), "--on", "otb100", "--annotations", str(anno)]
    with pytest.raises(SystemExit) as stopped:
        main(["score", *arguments])
    assert stopped.value.code == 2
    assert "1 of 100 sequences" in run(*arguments, "--partial").stdout
    (found,) = json.loads(run(*arguments, "--partial", "--format", "json").stdout)
    assert (found["sequences_scored"], found["sequences_total"], len(found["missing"])) == (1, 100, 99)


def test_missing_sequences_are_named_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = PARITY / "TrackingNet"
    with pytest.raises(SystemExit) as stopped:
        main(["score", str(folder / "drifts.zip"), "--on", "trackingnet", "--annotations", str(folder / "gt.zip")])
    assert stopped.value.code == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("stdtrack:")]
    assert "synB_0, synE_0" in line
    assert "--partial" in line


def test_files_that_were_left_out_are_named_where_results_are_missing(tmp_path: Path) -> None:
    for path in ("anno/car2.txt", "anno/bike1.txt", "mine/Car2.txt", "mine/uav_bike1.txt"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text("1,2,3,4\n")
    with pytest.raises(InputError, match=r"1 files are of another benchmark, such as Car2\.txt: named as"):
        run(tmp_path / "mine", "--on", "uav123", "--annotations", tmp_path / "anno")


@pytest.mark.parametrize("content", ["1,2,3\n", "a,b,c,d\n", "", "\x00\x01"])
def test_a_broken_file_is_named(tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    for source in (PARITY / "UAV123" / "results" / "good").glob("*.txt"):
        (mine / source.name).write_text(source.read_text())
    (mine / "gap1.txt").write_text("1,2,3,4\n" * bool(content) + content)
    with pytest.raises(SystemExit) as stopped:
        main(["score", str(mine), "--on", "uav123", "--annotations", str(PARITY / "UAV123")])
    assert stopped.value.code == 2
    message = capsys.readouterr().err.splitlines()[-1]
    assert "gap1.txt" in message
    assert not content or "row 2" in message


def test_attributes(tmp_path: Path, fits) -> None:
    anno, mine = tmp_path / "anno", tmp_path / "mine"
    for folder in (anno, mine):
        folder.mkdir()
        for name in ("Basketball", "Biker"):
            (folder / f"{name}.txt").write_text("10,20,30,40\n" * 5)
    arguments = (mine, "--on", "otb100", "--annotations", anno, "--partial", "--by", "attribute", "--format", "json")
    found = json.loads(run(*arguments).stdout)
    fits("score-1", found)
    assert "attribute" not in found[0]
    assert {"IV", "OCC", "SV"} <= {each["attribute"] for each in found[1:]}
    assert all(each["sequences_scored"] <= 2 < each["sequences_total"] for each in found[1:])
    assert {each["attribute_source"] for each in found[1:]} == {"MATLAB tracker_benchmark v1.1"}
    totals = {each["attribute"]: each["sequences_total"] for each in found[1:]}
    assert (totals["FM"], totals["MB"], totals["BC"], totals["LR"]) == (39, 29, 31, 9)


def test_the_reading_of_attributes_is_named(tmp_path: Path) -> None:
    """The default, the website's, and files beside the annotation: in the table's heading and in CSV."""
    anno, mine = tmp_path / "anno", tmp_path / "mine"
    for folder in (anno, mine):
        folder.mkdir()
        (folder / "Crossing.txt").write_text("10,20,30,40\n" * 120)

    def scored(data_set: str, form: str) -> str:
        common = ("--annotations", anno, "--partial", "--by", "attribute", "--format", form)
        return run(mine, "--on", data_set, *common).stdout

    assert "attributes: MATLAB tracker_benchmark v1.1" in scored("otb100", "table").splitlines()[0]
    assert "attributes: the benchmark's website" in scored("otb100?attributes=website", "table").splitlines()[0]
    rows = scored("otb100?attributes=website", "csv").splitlines()
    assert rows[0].endswith(",attribute_source")
    assert rows[1].endswith(",")  # the whole benchmark
    assert [row.split(",")[3] for row in rows[2:]] == ["BC", "DEF", "FM", "OPR", "SV"]
    assert all(row.endswith(",the benchmark's website") for row in rows[2:])
    (anno / "att").mkdir()
    (anno / "att" / "Crossing.txt").write_text("1,0,1,0,0,0,0,0,0,1,1\n")
    rows = scored("otb100", "csv").splitlines()
    assert [row.split(",")[3] for row in rows[2:]] == ["BC", "IV", "LR", "SV"]
    assert str(anno / "att") in rows[2]


def test_untrained_weights_say_so_in_tables(tmp_path: Path) -> None:
    folder = PARITY / "UAV123"
    mine = tmp_path / "stdtrack%3Anano" / "uav123"
    shutil.copytree(folder / "results" / "good", mine)
    facts = {"format": 1, "stdtrack": "0", "spec": "stdtrack:nano", "tracker": {"note": "untrained"}, "workers": 1}
    facts |= {"benchmark": {"name": "uav123", "root": str(folder)}, "threads": 1, "hardware": {}, "versions": {}}
    (mine / "run.json").write_text(json.dumps({**facts, "started": "2026-01-01T00:00:00Z"}))
    assert "stdtrack:nano (untrained)" in run(tmp_path, "--on", "uav123").stdout
    (found,) = json.loads(run(tmp_path, "--on", "uav123", "--format", "json").stdout)
    assert (found["tracker"], found["remark"]) == ("stdtrack:nano", "untrained")


def test_heavy_packages_stay_out() -> None:
    """A cold score imports neither torch nor cv2, matplotlib or pandas."""
    folder = PARITY / "LaSOT"
    code = (
        "import sys\nfrom stdtrack.cli.main import cli\n"
        f"cli(['score', {str(folder / 'results' / 'good')!r}, '--on', 'lasot', '--annotations', {str(folder)!r}],"
        " standalone_mode=False)\n"
        "heavy = {'torch', 'cv2', 'matplotlib', 'pandas', 'scipy', 'rich'} & set(sys.modules)\n"
        "sys.exit(f'imported: {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=dict(os.environ), check=False
    )
    assert done.returncode == 0, done.stderr


def test_workers_give_the_same_scores() -> None:
    folder = PARITY / "OTB100"
    arguments = (
        folder / "results",
        "--on",
        "otb100",
        "--annotations",
        folder,
        "--protocol",
        "got10k",
        "--format",
        "json",
    )
    one = run(*arguments).stdout
    assert [each["tracker"] for each in json.loads(one)] == ["drifts", "good", "invalid", "short"]
    os.environ[VARIABLE] += "2"
    assert run(*arguments, "--workers", "2").stdout == one


def test_only_the_first_box_is_no_ground_truth(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Test sets whose truth is on a server are refused, whether or not all of their sequences are there."""
    name = "GOT-10k_Test_000001"
    sets = {
        "trackingnet": ("TEST/anno/a_0.txt", "a_0.txt"),
        "got10k?split=test": (f"test/{name}/groundtruth.txt", f"{name}.txt"),
    }
    for benchmark, (annotation, result) in sets.items():
        kind = benchmark.partition("?")[0]
        anno, mine = tmp_path / kind / "anno", tmp_path / kind / "mine"
        (anno / annotation).parent.mkdir(parents=True)
        (anno / annotation).write_text("1,2,3,4\n")
        mine.mkdir()
        (mine / result).write_text("1,2,3,4\n" * 9)
        with pytest.raises(SystemExit) as stopped:
            main(["score", str(mine), "--on", benchmark, "--annotations", str(anno), "--partial"])
        assert stopped.value.code == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert "holds the first frame's box alone" in captured.err
        assert f"stdtrack pack {kind}" in captured.err


def test_figures_without_absent_flags_do_not_look_official(tmp_path: Path) -> None:
    folder = PARITY / "LaSOT"
    anno = tmp_path / "anno"
    anno.mkdir()
    for file in folder.glob("synth/*/groundtruth.txt"):
        shutil.copy(file, anno / f"{file.parent.name}.txt")
    arguments = (folder / "results" / "good", "--on", "lasot", "--annotations", anno)
    for _ in range(2):  # the second time from the cache
        result = run(*arguments, "--protocol", "official,got10k")
        assert "official (annotation incomplete)" in result.stdout
        assert "got10k (annotation incomplete)" not in result.stdout
        assert "official scores need it" in result.stderr
    (found,) = json.loads(run(*arguments, "--format", "json").stdout)
    assert found["protocol"] == "official"
    run(*arguments, "--per-sequence", tmp_path / "s.csv", "--format", "csv", "--out", tmp_path / "o.csv")
    texts = [found["shortcoming"], *(pd.read_csv(tmp_path / file)["shortcoming"][0] for file in ("s.csv", "o.csv"))]
    assert all("official scores need it" in text for text in texts)
    assert json.loads(lasot("--format", "json").stdout)[0]["shortcoming"] == ""


def test_rows_without_a_box_are_counted() -> None:
    messages = lasot(tracker="invalid").stderr
    assert re.search(r"invalid on lasot: \d+ rows are no box .*synth-1\.txt, row \d+", messages)
    assert "are no box" not in lasot(tracker="good").stderr


def test_a_tables_suffix_is_checked_before_scoring(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.xlsx: is neither \.csv nor \.parquet"):
        lasot("--per-frame", tmp_path / "a.xlsx")
    assert not (tmp_path / "cache").exists()


def test_names_are_escaped(tmp_path: Path) -> None:
    folder = tmp_path / "a|b_&<\\"
    shutil.copytree(PARITY / "LaSOT" / "results" / "good", folder)
    arguments = (folder, "--on", "lasot", "--annotations", PARITY / "LaSOT", "--format")
    assert r"a\textbar{}b\_\&\textless{}\textbackslash{} & lasot" in run(*arguments, "latex").stdout
    assert r"| a\|b\_&amp;&lt;\\ | lasot |" in run(*arguments, "markdown").stdout


def test_results_of_another_benchmark_are_named(tmp_path: Path) -> None:
    anno, mine = tmp_path / "anno", tmp_path / "mine"
    for folder, names in ((anno, ("Bolt", "Biker")), (mine, ("Bolt", "airplane-1", "zebra-17"))):
        folder.mkdir()
        for name in names:
            (folder / f"{name}.txt").write_text("1,2,3,4\n")
    with pytest.raises(InputError, match="most files look like results of lasot; --partial"):
        run(mine, "--on", "otb100", "--annotations", anno)
