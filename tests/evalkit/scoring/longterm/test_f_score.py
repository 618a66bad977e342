"""VOT-LT's precision, recall and F, against what vot-toolkit 0.9.0 itself printed and against hand computations."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import evalkit
from evalkit.errors import InputError
from evalkit.scoring.longterm.f_score import confidence_thresholds, f_scores, precision_recall
from evalkit.scoring.scores import BenchmarkScore
from evalkit.scoring.vot.overlap import toolkit_overlaps_with_codes
from evalkit.scoring.vot.trajectory import Trajectory

# Printed by vot-toolkit 0.9.0 (determine_thresholds, compute_tpr_curves) for the fixture's data of these seeds and
# lengths: thresholds, F, precision, recall, the last values of both curves.
PRINTED = {
    (0, (90, 120, 150)): (100, 0.5926640233431634, 0.7198443753938677, 0.503675807657, 0.425322716937, 0.547388638460),
    (1, (90, 120, 150)): (100, 0.6039928902150158, 0.7208942183559120, 0.519715083596, 0.444797289816, 0.578788509481),
    (2, (30, 30, 30)): (91, 0.6081603892126725, 0.7333698811093993, 0.519470332452, 0.420515251638, 0.519713997169),
}


def one(root: Path, protocol: str = "official") -> BenchmarkScore:
    (score,) = evalkit.score(
        root / "results", on="vot2018lt", data=root / "sequences", partial=True, protocols=protocol
    )
    return score


@pytest.mark.parametrize(("seed", "lengths"), PRINTED)
@pytest.mark.parametrize("protocol", ["official", "vot-toolkit", "long-term"])
def test_figures_that_vot_toolkit_printed(
    protocol: str, seed: int, lengths: tuple[int, ...], made_up: Callable[..., Path], tmp_path: Path
) -> None:
    score = one(made_up(tmp_path, seed, lengths), protocol)
    thresholds, *figures = PRINTED[seed, lengths]
    assert score.experiment == "long-term"
    assert len(score.curves["f_score"].values) == thresholds
    found = [score.metrics[name] for name in ("f_score", "lt_precision", "lt_recall")]
    found += [score.curves[name].values[-1] for name in ("lt_precision", "lt_recall")]
    assert found == pytest.approx(figures, abs=1e-11)
    assert (score.metrics["tpr"] is None) == (protocol != "long-term")
    assert any("frames without the target, 6 returns" in note for note in score.notes)


def test_an_archive_has_confidences_too(made_up: Callable[..., Path], tmp_path: Path) -> None:
    root = made_up(tmp_path, 0)
    plain = one(root).metrics
    with zipfile.ZipFile(tmp_path / "made_up.zip", "w") as archive:
        for file in sorted((root / "results").rglob("*.*")):
            archive.write(file, file.relative_to(root / "results"))
    (packed,) = evalkit.score(tmp_path / "made_up.zip", on="vot2018lt", data=root / "sequences", partial=True)
    assert packed.metrics == plain


def test_without_confidences_every_frame_counts_alike(made_up: Callable[..., Path], tmp_path: Path) -> None:
    root = made_up(tmp_path, 0)
    for file in root.rglob("*_confidence.value"):
        file.unlink()
    score = one(root)
    assert any("reports no confidence" in note for note in score.notes)
    # +inf, the one value 0 of all frames, -inf: the mean overlap of all frames, as printed for -inf where the frames of
    # unknown confidence (NaN) count as well.
    precision, recall = (score.curves[name].values for name in ("lt_precision", "lt_recall"))
    assert precision[0] == 1.0
    assert recall[0] == 0.0
    assert len(set(precision[1:])) == len(set(recall[1:])) == 1


def test_repetitions_are_averaged_before_the_sequences(made_up: Callable[..., Path], tmp_path: Path) -> None:
    root = made_up(tmp_path, 0)
    plain = one(root).metrics["f_score"]
    for file in [*root.rglob("*_001.txt"), *root.rglob("*_001_confidence.value")]:
        file.with_name(file.name.replace("_001", "_002")).write_bytes(file.read_bytes())
    again = one(root)
    # Twice the same run: the ranks that thresholds are chosen at differ, the curve that they sample does not.
    assert again.metrics["f_score"] == pytest.approx(plain, abs=0.01)


# Pairs of regions, an empty one where vot-toolkit has a code, and the overlap that vot-toolkit 0.9.0 gave in an image
# of 60 x 50 pixels.
PAIRS = [
    ((0, 0, 0, 0), None, 1.0),  # a box without a size in the corner where a code is thought to lie
    (None, None, 1.0),
    ((5, 5, 10, 10), None, 0.0),
    ((5, 5, 0, 0), None, 0.0),
    ((5, 5, 0, 0), (5, 5, 0, 0), 1.0),
    ((5, 5, 1, 1), (5, 5, 1, 1), 1.0),
    ((39.9, 59.3, 33.7, 18.9), (63.3, 24.0, 9.7, 30.1), 0.0),  # each outside of the image, their joint box not
    ((22.6, 63.5, 8.1, 6.2), (-17.5, -8.7, 28.7, -2.4), 0.0),
    ((10, 10, 10, 10), (15, 10, 10, 10), 1 / 3),
]


@pytest.mark.parametrize(("first", "second", "overlap"), PAIRS)
def test_overlaps_with_codes_and_at_the_border(
    first: tuple[float, ...] | None, second: tuple[float, ...] | None, overlap: float
) -> None:
    def trajectory(box: tuple[float, ...] | None) -> Trajectory:
        numbers = [*box, *[np.nan] * 4] if box else [np.nan] * 8
        return Trajectory(np.array([-1 if box else 0]), np.array([numbers]))

    for pair in ((first, second), (second, first)):
        found = toolkit_overlaps_with_codes(*map(trajectory, pair), (60, 50))
        assert found.tolist() == pytest.approx([overlap], abs=1e-7)


def test_thresholds_by_hand() -> None:
    # 200 confidences 199, 198, ... 0: 98 ranks from 200 // 98 = 2 to 198, evenly, rounded.
    found = confidence_thresholds(np.arange(200.0))
    assert len(found) == 100
    assert (found[0], found[1], found[-2], found[-1]) == (np.inf, 197.0, 1.0, -np.inf)
    assert (np.diff(found[1:-1]) < 0).all()
    assert confidence_thresholds(np.array([np.nan])).tolist() == [np.inf, -np.inf]


def test_precision_and_recall_by_hand() -> None:
    # Four frames, three with a target; the tracker is sure of two, of which one is the frame without.
    overlaps, confidence = np.array([0.8, 0.6, 0.0, 0.5]), np.array([0.9, 0.3, 0.9, np.nan])
    precision, recall = precision_recall(overlaps, confidence, 3, np.array([np.inf, 0.9, 0.3, -np.inf]))
    assert precision.tolist() == pytest.approx([1.0, 0.4, 1.4 / 3, 1.4 / 3])
    assert recall.tolist() == pytest.approx([0.0, 0.8 / 3, 1.4 / 3, 1.4 / 3])
    found = f_scores([(precision, recall)], np.array([np.inf, 0.9, 0.3, -np.inf]))
    assert found.f.tolist() == pytest.approx([0.0, 2 * 0.4 * (0.8 / 3) / (0.4 + 0.8 / 3), 1.4 / 3, 1.4 / 3])
    assert found.best == 2


def test_a_tracker_that_never_overlaps_has_f_0() -> None:
    curves = [precision_recall(np.zeros(3), np.ones(3), 3, np.array([np.inf, 1.0, -np.inf]))]
    found = f_scores(curves, np.array([np.inf, 1.0, -np.inf]))
    assert np.isnan(found.f).tolist() == [False, True, True]
    assert (found.best, found.f[0]) == (0, 0.0)


@pytest.mark.parametrize(
    ("file", "change", "said"),
    [
        ("ballet_001.txt", lambda text: text + "1,2,3,4\n", "91 rows, but ballet has 90 frames"),
        (
            "ballet_001.txt",
            lambda text: text[: text.rstrip().rfind("\n") + 1] + "1\n",
            "row 90: the code 1 of a further",
        ),
        ("ballet_001_confidence.value", lambda text: text + "0.5\n", "91 values for a result of 90 rows"),
        ("ballet_001_confidence.value", lambda text: "\nsure\n" + text[6:], "'sure' is not a number"),
        ("ballet_001_confidence.value", lambda text: "", "is empty"),
    ],
)
def test_wrong_input_is_one_line_that_names_the_file(
    file: str, change: Callable[[str], str], said: str, made_up: Callable[..., Path], tmp_path: Path
) -> None:
    root = made_up(tmp_path, 0)
    (path,) = root.rglob(file)
    path.write_text(change(path.read_text()))
    with pytest.raises(InputError, match=said) as error:
        one(root)
    assert file in str(error.value)
    assert "\n" not in str(error.value)
