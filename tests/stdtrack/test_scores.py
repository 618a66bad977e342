"""``stdtrack.score`` as a person at a notebook uses it: figures, caveats, refusals, plots."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from matplotlib.figure import Figure

import evalkit
import stdtrack as st


@pytest.fixture
def here(examples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The clips and results of the docstrings' examples, to be changed at will."""
    folder = Path(shutil.copytree(examples, tmp_path / "here"))
    monkeypatch.chdir(folder)
    monkeypatch.setenv("STDTRACK_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("STDTRACK_DATA", raising=False)
    return folder


def scored(**options: object) -> st.Scores:
    return st.score("results", on="folder", data="clips", **options)  # type: ignore[arg-type]


def test_frames_have_the_overlap_of_shifted_squares(here: Path) -> None:
    """A square of 20 pixels that is off by s has an overlap of (20 - s) / (20 + s)."""
    frames = scored(keep_frames=True).per_frame()
    mine = frames[(frames["tracker"] == "mine") & (frames["sequence"] == "one") & (frames["frame"] == 2)]
    assert mine["iou"].tolist() == pytest.approx([19 / 21])
    assert mine["error"].tolist() == pytest.approx([1.0])


def test_frames_that_were_not_kept_are_asked_for(here: Path) -> None:
    with pytest.raises(st.InputError, match=r"the frames of folder were not kept \(score with keep_frames=True"):
        scored().per_frame()


def test_tables_agree(here: Path) -> None:
    scores = scored(protocols="official,pysot")
    table, overall = scores.table(), scores.overall()
    tidy = table[(table["metric"] == "auc") & table["sequence"].isna()]
    assert tidy["value"].tolist() == overall["auc"].tolist() == [one.metrics["auc"] for one in scores]
    assert len(scores.per_sequence()) == 2 * 2 * 2


def test_an_incomplete_tracker_is_refused_and_the_other_scored(here: Path) -> None:
    (here / "results" / "mine" / "two.txt").unlink()
    heard: list[str] = []
    scores = scored(tell=lambda item: heard.append(str(item)))
    (refused,) = scores.refused
    assert (refused.tracker, refused.benchmark) == ("mine", "folder")
    assert "lacks 1 of 2: two" in str(refused.error)
    assert [one.tracker for one in scores] == ["theirs"]
    assert heard == scores.notices()
    assert "mine on folder is left out: lacks 1 of 2: two" in str(scores)
    assert {one.tracker for one in scored(partial=True)} == {"mine", "theirs"}


def test_where_none_can_be_scored_the_error_names_the_reasons(here: Path) -> None:
    """From Python no lines stand above the error."""
    for tracker, text in (("mine", "a,b,c,d\n"), ("theirs", "1,2,3\n")):
        for name in ("one", "two"):
            (here / "results" / tracker / f"{name}.txt").write_text(text * 4)
    with pytest.raises(st.InputError, match=r"none of 2 results can be scored \(mine on folder is left out: .*theirs"):
        scored()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": "attributes"}, "cannot be grouped by 'attributes' (did you mean 'attribute'?)"),
        ({"by": "attribute"}, "no attributes of folder are at hand"),
        ({"workers": 0}, "workers must be at least 1, not 0"),
        ({"protocols": "pysott"}, "unknown protocol 'pysott'"),
        ({"exclude": "onee"}, "no sequence of folder is named like 'onee' (did you mean 'one'?)"),
    ],
)
def test_wrong_words_are_answered(here: Path, options: dict[str, object], message: str) -> None:
    with pytest.raises(st.InputError) as error:
        scored(**options)
    assert message in str(error.value)


def test_no_benchmark_is_an_error(here: Path) -> None:
    with pytest.raises(st.InputError, match="no benchmark is named"):
        st.score("results", on=[], data="clips")


def test_a_plot_is_a_figure_of_the_protocol_asked_for(here: Path) -> None:
    scores = scored(protocols=["official", "pysot"])
    figure = scores.plot("precision", protocol="pysot")
    assert isinstance(figure, Figure)
    assert "pysot" in figure.axes[0].get_title() + figure.axes[0].get_title("right") + figure.axes[0].get_title("left")
    with pytest.raises(st.InputError, match=r"no plot 'succes' of folder \(did you mean 'success'\?\)"):
        scores.plot("succes")
    with pytest.raises(st.InputError, match="no scores on lasot"):
        scores.plot(benchmark="lasot")


def test_a_notebook_shows_figures_and_caveats_and_no_name_acts(here: Path) -> None:
    (here / "results" / "mine").rename(here / "results" / "<b>mine")
    html = scored()._repr_html_()
    assert "0.8810" in html
    assert "&lt;b&gt;mine, theirs on folder: 2 files of 2 sequences" in html
    assert "<b>" not in html


def test_a_tracker_that_got_worse_is_found(here: Path) -> None:
    kept = evalkit.baseline("results", on="folder", data="clips")
    for name in ("one", "two"):
        (here / "results" / "mine" / f"{name}.txt").write_text("10,12,20,20\n" + "40,12,20,20\n" * 3)
    checked = evalkit.check("results", kept.baseline, on="folder", data="clips", confidence=0.5)
    assert {one.tracker: one.verdict.value for one in checked.comparisons} == {"mine": "worse", "theirs": "same"}
    assert checked.verdict == "worse"


def test_a_tracker_of_the_baseline_that_cannot_be_scored_is_not_comparable(here: Path) -> None:
    kept = evalkit.baseline("results", on="folder", data="clips")
    (here / "results" / "mine" / "one.txt").write_text("a,b,c,d\n" * 4)
    checked = evalkit.check("results", kept.baseline, on="folder", data="clips")
    assert checked.verdict == "not comparable"
    assert [one.tracker for one in checked.refused] == ["mine"]
