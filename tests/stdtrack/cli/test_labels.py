"""``--name``, ``--order``, ``--highlight`` and report.toml, and the papers' options, through every command."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

import stdtrack
from stdtrack.cli.main import main

Run = Callable[..., tuple[int, str, str]]
NASTY = "\x1b[31m<b>Öurs</b>\n=1+1 \u202e"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def command(*arguments: str | Path) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as caught:
            main([*map(str, arguments)])
        captured = capsys.readouterr()
        return int(caught.value.code or 0), captured.out, captured.err

    return command


def test_labels_stand_in_all_of_a_report(make_runs, run: Run, tmp_path: Path) -> None:
    runs = make_runs({"opencv:csrt": 1.0, "b": 4.0})
    code, _, _ = run("report", runs, "-o", tmp_path / "out", "--name", "opencv:csrt=CSRT", "--highlight", "CSRT")
    assert code == 0
    for path in (tmp_path / "out").rglob("*"):
        if path.suffix in (".csv", ".md", ".tex", ".html"):
            text = path.read_text()
            methods = text[text.find('<section id="methods"') :] if path.suffix == ".html" else ""
            assert "opencv:csrt" not in text.removesuffix(methods), path
            assert "CSRT" in text, path
    page = (tmp_path / "out" / "report.html").read_text()
    assert '"label":"CSRT"' in page
    assert page.count('"bold":true') == 1


@pytest.mark.parametrize("command", ["score", "report", "compare"])
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--name", "goood=Good"), "there is no tracker 'goood' here (did you mean 'good'?)"),
        (("--order", "goood"), "did you mean 'good'?"),
        (("--highlight", "goood"), "did you mean 'good'?"),
        (("--name", "good=bad"), "would both be called 'bad'"),
        (("--name", "good=X", "--name", "bad=x"), "would both be called"),
        (("--name", "good"), "names no label"),
        (("--name", "good=\u200b"), "shows nothing"),
    ],
)
def test_a_wrong_name_is_one_line_and_exit_2(
    make_runs, run: Run, tmp_path: Path, command: str, options: tuple[str, ...], words: str
) -> None:
    runs = make_runs({"good": 1.0, "bad": 4.0})
    code, out, err = run(command, *arguments(command, runs, tmp_path), *options)
    assert code == 2
    assert out == ""
    assert words in err.splitlines()[-1]
    assert not (tmp_path / "out").exists()


def arguments(command: str, runs: Path, folder: Path) -> tuple[str | Path, ...]:
    return {
        "score": (runs, "--on", "folder"),
        "report": (runs, "-o", folder / "out", "--only", "tables"),
        "compare": (runs, "good", "bad"),
    }[command]


def test_a_run_shows_labels_in_the_order_asked_for_and_keeps_names(own_data: Path, run: Run, tmp_path: Path) -> None:
    trackers = ("opencv:mosse", "opencv:kcf", "opencv:medianflow")
    options = ("--name", "opencv:kcf=Ours", "--highlight", "Ours", "--order", "opencv:medianflow")
    code, _, err = run("run", *trackers, "--on", "folder", "--data", own_data, "--out", tmp_path / "runs", *options)
    assert code == 0
    begun = [line.partition(" on folder")[0] for line in err.splitlines() if "4 sequences, 48 frames" in line]
    assert begun == ["Ours", "opencv:medianflow", "opencv:mosse"]
    assert "opencv:kcf" not in err
    names = sorted(path.name for path in (tmp_path / "runs").iterdir())
    assert names == ["opencv%3Akcf", "opencv%3Amedianflow", "opencv%3Amosse"]
    code, _, err = run(
        "run", *trackers, "--on", "folder", "--data", own_data, "--out", tmp_path / "o", "--order", "kfc"
    )
    assert (code, "did you mean 'opencv:kcf'?" in err, (tmp_path / "o").exists()) == (2, True, False)


@pytest.mark.parametrize("command", ["score", "report", "compare"])
def test_a_hostile_label_is_cleaned_as_names_are(make_runs, run: Run, tmp_path: Path, command: str) -> None:
    runs = make_runs({"good": 1.0, "bad": 4.0})
    code, out, err = run(command, *arguments(command, runs, tmp_path), "--name", f"good={NASTY}")
    assert code == 0
    written = [path.read_text() for path in (tmp_path / "out").rglob("*.*") if path.is_file()]
    for text in (out, err, *written):
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert any("[31m" in text for text in (out, *written))


def test_score_shows_labels_in_every_format_and_in_the_order_asked_for(make_runs, run: Run) -> None:
    runs = make_runs({"a": 1.0, "b": 2.0, "c": 3.0})
    for form in ("table", "json", "csv", "markdown", "latex"):
        options = ("--name", "b=Second", "--order", "c", "--highlight", "Second", "--format", form)
        code, out, _ = run("score", runs, "--on", "folder", *options)
        assert code == 0
        third = re.search(r"(?m)^c\b|[\"| ]c\b", out)
        assert third is not None
        assert out.index("Second") < third.start(), form
        assert re.search(r"\bb\b", out) is None, form
    scores = json.loads(run("score", runs, "--on", "folder", "--order", "c,b", "--format", "json")[1])
    assert [score["tracker"] for score in scores] == ["c", "b", "a"]


def test_protocols_are_explained_under_labels(make_runs, run: Run) -> None:
    runs = make_runs({"a": 1.0, "b": 9.0})
    options = ("--on", "folder", "--protocol", "official,pysot")
    plain, named = (run("score", runs, *options, *more)[1] for more in ((), ("--name", "a=Alpha", "--name", "b=Beta")))
    assert re.sub(r"\bAlpha\b", "a", re.sub(r"\bBeta\b", "b", named)).split() == plain.split()


def test_compare_takes_labels_and_turns_the_pair(make_runs, run: Run) -> None:
    runs = make_runs({"good": 1.0, "bad": 6.0})
    plain = json.loads(run("compare", runs, "good", "bad", "--format", "json")[1])[0]
    options = ("--name", "good=Ours", "--order", "bad", "--format", "json")
    turned = json.loads(run("compare", runs, "Ours", "bad", *options)[1])[0]
    assert (turned["first"], turned["second"]) == ("bad", "Ours")
    swapped = json.loads(run("compare", runs, "bad", "good", "--format", "json")[1])[0]
    for name in ("difference", "low", "high", "p_value", "gained", "lost", "mean_first", "sequences_lost"):
        assert turned[name] == pytest.approx(swapped[name]), name
    assert plain["difference"] == pytest.approx(-turned["difference"])


def test_a_project_keeps_its_names(make_runs, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = make_runs({"good": 1.0, "bad": 6.0})
    text = 'style = "cvpr"\nmetrics = ["auc"]\norder = ["Ours", "gone"]\n[names]\ngood = "Ours"\ngone = "Gone"\n'
    (tmp_path / "report.toml").write_text(text)
    monkeypatch.chdir(tmp_path)
    assert run("report", runs, "-o", tmp_path / "out", "--only", "tables")[0] == 0
    table = (tmp_path / "out" / "tables" / "folder-official" / "scores.tex").read_text()
    assert table.startswith("% cvpr")
    assert r"Tracker & AUC~$\uparrow$ \\" in table
    assert "Ours" in run("compare", runs, "Ours", "bad")[1]
    assert "Mine" in run("score", runs, "--on", "folder", "--name", "good=Mine")[1]
    assert "Ours" not in run("score", runs, "--on", "folder", "--config", empty(tmp_path))[1]


def empty(folder: Path) -> Path:
    path = folder / "empty.toml"
    path.write_text("")
    return path


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("names = 1", "'names' must be a table"),
        ("[names]\na = 1", "'names' must be a table"),
        ("nams = 1", "did you mean 'names'?"),
        ("order = 3", "'order' must be a list of texts"),
        ("transpose = 1", "'transpose' must be true or false"),
        ("style = 1", "'style' must be a word in quotes"),
        ("style = 'cvrp'", "did you mean 'cvpr'?"),
        ("metrics = ['acu']", "there is no metric 'acu'"),
        ("a = [", "cannot be read"),
        ("a = " + "9" * 5000, "cannot be read"),
    ],
)
def test_a_wrong_project_file_is_one_line(make_runs, run: Run, tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "p.toml").write_text(content)
    runs = make_runs({"good": 1.0})
    code, _, err = run("report", runs, "-o", tmp_path / "out", "--only", "tables", "--config", tmp_path / "p.toml")
    assert code == 2
    assert words in err
    assert run("report", runs, "-o", tmp_path / "out", "--config", tmp_path / "none.toml")[0] == 2


def test_metrics_and_transposed_tables_of_any_style(make_runs, run: Run, tmp_path: Path) -> None:
    runs = make_runs({"a": 1.0, "b": 4.0})
    options = ("--only", "tables", "--metrics", "P_Norm,auc", "--transpose")
    assert run("report", runs, "-o", tmp_path / "out", *options)[0] == 0
    lines = (tmp_path / "out" / "tables" / "folder-official" / "scores.csv").read_text().splitlines()
    assert lines[0] == "benchmark,protocol,part,Metric,a,b"
    assert [line.split(",")[3] for line in lines[1:]] == ["P_Norm", "AUC"]
    code, _, err = run("report", runs, "-o", tmp_path / "out", "--metrics", "auk")
    assert (code, "did you mean 'auc'?" in err) == (2, True)


def test_from_python(make_runs) -> None:
    runs = make_runs({"a": 1.0, "b": 4.0})
    scores = stdtrack.score(runs, on="folder").named({"a": "Alpha"}, highlight="Alpha")
    assert scores.overall()["tracker"].tolist() == ["Alpha", "b"]
    labels = [text.get_text() for text in scores.plot("success").legends[0].get_texts()]
    assert labels[0].endswith("] Alpha")
    again = scores.named({"Alpha": "A1"})
    assert again.report_tables().styles["A1"].colour == scores.report_tables().styles["Alpha"].colour
    with pytest.raises(stdtrack.InputError, match="did you mean 'Alpha'"):
        scores.named({"Alfa": "x"})


def test_unknown_names_of_a_profile_are_told_before_it_measures(run: Run, tmp_path: Path) -> None:
    options = ("--out", tmp_path / "out", "--data", tmp_path, "--name", "opencv:crst=CSRT")
    code, _, err = run("profile", "opencv:csrt", *options)
    assert code == 2
    assert "did you mean 'opencv:csrt'?" in err
    assert not (tmp_path / "out").exists()
