"""The scoring loop on bad input, repetitions and parts of benchmarks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scipy.io
from hypothesis import given
from hypothesis import strategies as st

from evalkit.benchmarks.registry import open_benchmark
from evalkit.errors import InputError
from evalkit.results.trees import read_tree
from evalkit.scoring.aggregation import combine, score_sequence
from evalkit.scoring.evaluate import evaluate
from evalkit.scoring.opening import Annotation, missing_sequences
from evalkit.scoring.protocols import TABLE
from evalkit.scoring.rules import Rules
from evalkit.scoring.scores import SequenceScore
from evalkit.scoring.tracker import load_results, score_tracker
from evalkit.sequences.sequence import Sequence
from evalkit.types import Boxes

OFFICIAL = TABLE["official"]


def sequence(boxes: Boxes, name: str = "a", **facts: object) -> Sequence:
    return Sequence(name, "otb100", boxes, 1, **facts)  # type: ignore[arg-type]


def steady(frames: int = 10) -> Boxes:
    return np.tile([10.0, 20, 30, 40], (frames, 1))


def score(truth: Sequence, boxes: Boxes, rules: Rules) -> SequenceScore:
    return score_sequence(truth, [(boxes, "r.txt")], rules, keep_frames=True)


ALL_RULES = [
    (name, family, rules)
    for name, families in TABLE.items()
    for family, rules in families.items()
    if isinstance(rules, Rules)
]


@pytest.mark.parametrize(("protocol", "family", "rules"), ALL_RULES, ids=[f"{p}-{f}" for p, f, _ in ALL_RULES])
def test_a_perfect_result_is_perfect(protocol: str, family: str, rules: Rules) -> None:
    """AUC of a perfect result: 20 of 21 thresholds, because 1 > 1 fails; the area counts both ends half."""
    found = score(sequence(steady()), steady(), rules)
    if "auc" in found.metrics:
        assert found.metrics["auc"] == pytest.approx(1 if rules.success.inclusive else 20 / 21)
        assert found.metrics["precision"] == pytest.approx(1)
    if "ao" in found.metrics:
        assert found.metrics["ao"] == pytest.approx(1)
    assert found.metrics.get("sr50", 1) == 1


def test_invalid_rows_repeat_the_row_before_in_the_official_code() -> None:
    boxes = steady()
    boxes[3] = np.nan
    boxes[4, 2] = 0
    boxes[5, 3] = -7
    assert score(sequence(steady()), boxes, OFFICIAL["otb"]).metrics["sr50"] == 1
    partly = steady()
    partly[3, 2] = np.nan  # OTB keeps a row that is NaN in part, LaSOT replaces it
    assert score(sequence(steady()), partly, OFFICIAL["otb"]).metrics["sr50"] == 0.9
    assert score(sequence(steady()), partly, OFFICIAL["lasot"]).metrics["sr50"] == 1


@pytest.mark.parametrize("value", [np.nan, -1.0])
def test_pytracking_refuses_and_names_the_row(value: float) -> None:
    boxes = steady()
    boxes[6, 2] = value
    with pytest.raises(InputError, match=r"r\.txt, row 7: NaN or a negative size"):
        score(sequence(steady()), boxes, TABLE["pytracking"]["otb"])


def test_nan_has_no_average_overlap() -> None:
    boxes = steady()
    boxes[4] = np.nan
    with pytest.raises(InputError, match=r"r\.txt, row 5: NaN"):
        score(sequence(steady()), boxes, OFFICIAL["got10k"])


def test_infinity_is_a_miss() -> None:
    boxes = steady()
    boxes[2] = np.inf
    assert score(sequence(steady()), boxes, OFFICIAL["otb"]).metrics["sr50"] == 0.9
    assert score(sequence(steady()), boxes, TABLE["pysot"]["otb"]).metrics["sr50"] == 0.9
    boxes[2] = [np.inf, -np.inf, np.inf, np.inf]  # whose centre and sum are undefined
    assert score(sequence(steady()), boxes, OFFICIAL["otb"]).metrics["sr50"] == 0.9


@pytest.mark.parametrize(
    ("rows", "rules", "expected"),
    [
        (9, OFFICIAL["otb"], None),
        (11, OFFICIAL["otb"], None),
        (9, OFFICIAL["lasot"], None),
        (11, OFFICIAL["lasot"], 1.0),
        (9, TABLE["pytracking"]["otb"], 0.9),
        (11, TABLE["pytracking"]["otb"], 1.0),
        (9, TABLE["got10k"]["otb"], 1.0),
        (11, TABLE["got10k"]["otb"], 1.0),
        (9, TABLE["pysot"]["otb"], None),
        (9, OFFICIAL["got10k"], None),
    ],
)
def test_short_and_long_results(rows: int, rules: Rules, expected: float | None) -> None:
    if expected is None:
        with pytest.raises(InputError, match=rf"r\.txt: {rows} rows, but a has 10 frames"):
            score(sequence(steady()), steady(rows), rules)
    else:
        assert score(sequence(steady()), steady(rows), rules).metrics["sr50"] == pytest.approx(expected)


def test_pysot_cuts_monkey_17_alone() -> None:
    rules = TABLE["pysot"]["lasot"]
    assert score(sequence(steady(), "monkey-17"), steady(12), rules).metrics["sr50"] == 1
    with pytest.raises(InputError):
        score(sequence(steady(), "monkey-16"), steady(12), rules)


def tiger() -> Sequence:
    """A target whose first five annotated frames the official evaluation leaves out."""
    rows = steady(15) + np.arange(15.0)[:, None] * np.array([8, 0, 0, 0])
    return sequence(rows[5:], "Tiger1", omitted=rows[:5])


@pytest.mark.parametrize("protocol", ["official", "pytracking", "pysot", "got10k"])
@pytest.mark.parametrize("whole", [True, False])
def test_omitted_frames(protocol: str, whole: bool) -> None:
    """A result of the whole clip is scored on the official frames, by got10k on all; a short one on the official."""
    truth = tiger()
    boxes = truth.full_native if whole else truth.native
    found = score(truth, boxes.copy(), TABLE[protocol]["otb"])
    assert found.metrics["sr50"] == 1
    assert found.frames == (15 if whole and protocol == "got10k" else 10)


def test_absent_frames_count_as_misses_in_lasot() -> None:
    absent = np.zeros(10, dtype=bool)
    absent[7:] = True
    found = score(sequence(steady(), absent=absent), steady(), OFFICIAL["lasot"])
    assert found.frames == 10
    assert found.metrics["sr50"] == found.metrics["precision"] == 0.7


def test_absence_is_a_hit_of_uav123s_precision() -> None:
    rows = steady()
    rows[5:] = np.nan
    found = score(sequence(rows), steady(), OFFICIAL["uav"])
    assert found.metrics["sr50"] == 0.5
    assert found.metrics["precision"] == 1


def test_own_data_at_the_left_border_is_a_target() -> None:
    """x = 0 in 0-based files is x = 1 to OTB's rule."""
    truth = Sequence("a", "folder", steady() - np.array([10, 0, 0, 0]), 0)
    assert score(truth, truth.native.copy(), OFFICIAL["own"]).metrics["sr50"] == 1
    assert score(truth, truth.native.copy(), OFFICIAL["otb"]).metrics["sr50"] == 0


def test_repetitions_are_averaged_and_in_got10k_pooled() -> None:
    good, bad = steady(), steady() + np.array([500, 0, 0, 0])
    for rules in (TABLE["pytracking"]["otb"], OFFICIAL["got10k"]):
        found = score_sequence(sequence(steady()), [(good, "1"), (bad, "2")], rules)
        first_frame = 0.05 if rules is not OFFICIAL["got10k"] else 0.0
        assert found.metrics["sr50"] == pytest.approx(0.5 + first_frame)


def test_input_is_left_as_it_was() -> None:
    boxes = steady()
    boxes[3, 2] = 0
    before = boxes.copy()
    for _, _, rules in ALL_RULES:
        score(sequence(steady()), boxes, rules)
        np.testing.assert_array_equal(boxes, before)


@given(order=st.permutations(range(6)), family=st.sampled_from(["otb", "lasot", "got10k", "trackingnet"]))
def test_the_order_of_sequences_changes_nothing(order: list[int], family: str) -> None:
    rules = OFFICIAL[family]
    scores = []
    for index in range(6):
        truth = sequence(steady(8 + index), f"s{index}")
        shifted = truth.native + np.array([3.0 * index, 0, 0, 0])
        scores.append(score_sequence(truth, [(shifted, "")], rules))
    facts = {"tracker": "t", "benchmark": "b", "protocol": "official", "total": 6}
    straight = combine(scores, rules, **facts).metrics  # type: ignore[arg-type]
    permuted = combine([scores[index] for index in order], rules, **facts).metrics  # type: ignore[arg-type]
    for name, value in straight.items():
        assert permuted[name] == (None if value is None else pytest.approx(value, abs=1e-12))


def test_a_sequence_without_a_single_success_is_dropped_from_the_official_mean() -> None:
    outside = steady() * np.array([-1, 0, 1, 1.0])  # never valid: every frame fails, but is a hit of precision
    for protocol, expected in (("official", 1.0), ("pysot-toolkit", 0.5)):
        rules = TABLE[protocol]["otb"]
        scores = [
            score(sequence(truth, name), truth.copy(), rules) for name, truth in (("near", steady()), ("far", outside))
        ]
        found = combine(scores, rules, tracker="t", benchmark="b", protocol=protocol, total=2)
        assert found.metrics["sr50"] == expected
        assert found.metrics["precision"] == 1


def write(folder: Path, boxes: dict[str, Boxes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in boxes.items():
        np.savetxt(folder / f"{name}.txt", rows, delimiter=",", fmt="%.6g")
    return folder


def test_a_part_of_a_benchmark(tmp_path: Path) -> None:
    anno = write(tmp_path / "anno", {"Basketball": steady(), "Biker": steady(8)})
    annotation = Annotation(open_benchmark("otb100", annotations=anno))
    (results,) = read_tree(write(tmp_path / "mine", {"Biker": steady(8)}), "otb100", annotation.inventory.present)
    missing = missing_sequences(results.files, annotation)
    assert len(missing) == 99
    assert missing[0] == "Basketball"
    found = score_tracker(load_results(results), annotation)
    assert (found.sequences_total, len(found.sequences), found.missing) == (100, 1, missing)
    assert not found.complete


@pytest.mark.parametrize(("rows", "note"), [(7, "7 rows for 8 frames of Biker"), (9, "9 rows for 8 frames of Biker")])
def test_another_length_is_said_where_the_protocol_takes_it(tmp_path: Path, rows: int, note: str) -> None:
    annotation = Annotation(open_benchmark("otb100", annotations=write(tmp_path / "anno", {"Biker": steady(8)})))
    (results,) = read_tree(write(tmp_path / "mine", {"Biker": steady(rows)}), "otb100", ("Biker",))
    loaded = load_results(results)
    for protocol in ("pytracking", "got10k"):
        (said,) = score_tracker(loaded, annotation, protocol).notes
        assert said.startswith(f"WARNING: {note}: ")
    with pytest.raises(InputError, match="is the given box of the first frame left out" if rows == 7 else "9 rows"):
        score_tracker(loaded, annotation)


@pytest.mark.parametrize("rows", [slice(1, None), slice(-1)])
def test_a_row_is_asked_for_at_the_end_that_lacks_it(tmp_path: Path, rows: slice) -> None:
    moving = steady(8) + np.arange(0, 80, 10)[:, None] * [1, 0, 0, 0]
    annotation = Annotation(open_benchmark("otb100", annotations=write(tmp_path / "anno", {"Biker": moving})))
    mine = write(tmp_path / "mine", {"Biker": moving[rows]})
    (results,) = read_tree(mine, "otb100", ("Biker",))
    with pytest.raises(InputError, match="7 rows, but Biker has 8 frames") as caught:
        score_tracker(load_results(results), annotation)
    assert ("is the given box of the first frame left out" in str(caught.value)) == (rows.start == 1)


def test_the_whole_of_tiger1_is_no_mistake(tmp_path: Path) -> None:
    """got10k runs all of its 354 rows, the official evaluation begins at row 6."""
    rows = np.array([[10 + 20.0 * row, 20, 30, 40] for row in range(354)])
    annotation = Annotation(open_benchmark("otb100", annotations=write(tmp_path / "anno", {"Tiger1": rows})))
    for index, boxes in enumerate((rows, rows[5:])):
        (results,) = read_tree(write(tmp_path / str(index), {"Tiger1": boxes}), "otb100", ("Tiger1",))
        for protocol in ("official", "got10k"):
            found = score_tracker(load_results(results), annotation, protocol)
            assert found.notes == ()
            assert found.sequences[0].frames == (354 if protocol == "got10k" and index == 0 else 349)


def test_per_frame_detail(tmp_path: Path) -> None:
    """Frames are kept 0-based, with the tracker's confidence beside them."""
    annotation = Annotation(open_benchmark("otb100", annotations=write(tmp_path / "anno", {"Biker": steady(4)})))
    mine = write(tmp_path / "mine", {"Biker": steady(4) + np.array([1, 0, 0, 0])})
    (mine / "Biker_score.txt").write_text("1.0\n0.5\n0.25\n0.0\n")
    (results,) = read_tree(mine, "otb100", ("Biker",))
    (found,) = score_tracker(load_results(results), annotation, keep_frames=True).sequences
    assert found.detail is not None
    np.testing.assert_array_equal(found.detail.truth[0], [9, 19, 30, 40])
    np.testing.assert_array_equal(found.detail.prediction[0], [10, 19, 30, 40])
    np.testing.assert_array_equal(found.detail.confidence, [1, 0.5, 0.25, 0])
    assert found.overlaps[0] == 1  # frame 0 is replaced by the ground truth
    assert found.overlaps[1] == pytest.approx(29 / 31)
    np.testing.assert_allclose(found.errors, [0, 1, 1, 1])


def test_confidence_of_a_whole_clip_begins_where_its_boxes_do(tmp_path: Path) -> None:
    rows = np.array([[10 + 20.0 * row, 20, 30, 40] for row in range(354)])
    annotation = Annotation(open_benchmark("otb100", annotations=write(tmp_path / "anno", {"Tiger1": rows})))
    mine = write(tmp_path / "mine", {"Tiger1": rows})
    np.savetxt(mine / "Tiger1_score.txt", np.arange(354.0))
    (results,) = read_tree(mine, "otb100", ("Tiger1",))
    (found,) = score_tracker(load_results(results), annotation, keep_frames=True).sequences
    assert found.detail is not None
    np.testing.assert_array_equal(found.detail.prediction, found.detail.truth)
    np.testing.assert_array_equal(found.detail.confidence, np.arange(5.0, 354.0))


def test_a_missing_result_has_no_confidence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """TrackingNet counts it as zero boxes; a file of that name in the working folder is another's."""
    names = ("a", "b")
    annotation = Annotation(
        open_benchmark("folder", annotations=write(tmp_path / "anno", dict.fromkeys(names, steady(4))))
    )
    (results,) = read_tree(write(tmp_path / "mine", {"a": steady(4)}), "folder", names)
    (tmp_path / "b_score.txt").write_text("1\n" * 4)
    monkeypatch.chdir(tmp_path)
    rules = replace(TABLE["official"]["otb"], missing_is_zero=True)
    found = score_tracker(load_results(results), annotation, keep_frames=True, rules=rules)
    detail = found.sequences[1].detail
    assert detail is not None
    assert np.isnan(detail.confidence).all()


def moving(rows: int, first: int = 0) -> str:
    """Rows of a target that no two frames show at one place: the k-th of the clip begins at x = 10 + 40 k."""
    return "".join(f"{10 + 40 * (first + row)},20,30,40\n" for row in range(rows))


# Sequence, images of the clip before the first that is scored, scored frames, rows that files of it may have.
ODD_CLIPS = [
    *(("Tiger1", 5, 349, (349, 354)), ("David", 299, 471, (471, 770)), ("BlurCar1", 246, 742, (742, 988))),
    ("Diving", 0, 215, (215, 231)),
]
COMBINATIONS = [
    (protocol, name, before, frames, annotated, tracked)
    for protocol, families in TABLE.items()
    if isinstance(families.get("otb"), Rules)
    for name, before, frames, lengths in ODD_CLIPS
    for annotated in lengths
    for tracked in lengths
    if not (name == "Diving" and annotated < tracked)  # a longer result: each protocol has its rule
]


@pytest.mark.parametrize(("protocol", "name", "before", "frames", "annotated", "tracked"), COMBINATIONS)
def test_frames_correspond_whatever_files_have_rows_for(
    protocol: str, name: str, before: int, frames: int, annotated: int, tracked: int, tmp_path: Path
) -> None:
    """Annotation and result each begin with the clip or with its first scored frame, and may go on after its last."""
    offsets = {rows: before if rows == frames else 0 for rows in (annotated, tracked)}
    (tmp_path / "anno").mkdir()
    (tmp_path / "anno" / f"{name}.txt").write_text(moving(annotated, offsets[annotated]))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / f"{name}.txt").write_text(moving(tracked, offsets[tracked]))
    annotation = Annotation(open_benchmark("otb100", annotations=tmp_path / "anno"))
    (results,) = read_tree(tmp_path / "mine", "otb100", annotation.inventory.present)
    found = score_tracker(load_results(results), annotation, protocol, keep_frames=True)
    (each,) = found.sequences
    all_of_tiger = protocol == "got10k" and name == "Tiger1" and annotated == tracked == 354
    assert each.frames == (354 if all_of_tiger else frames)
    assert each.metrics["sr50"] == each.metrics["precision"] == 1
    assert each.detail is not None
    np.testing.assert_array_equal(each.detail.prediction, each.detail.truth)
    assert each.detail.truth[-1, 0] == 10 + 40 * (before + frames - 1) - 1
    assert not [note for note in found.notes if note.startswith("WARNING")]


def test_an_annotation_of_another_length_than_the_list_says_is_told(tmp_path: Path) -> None:
    """UAV123's annotation at 30 fps has the names of UAV123@10fps, and three times the rows."""
    for folder in ("anno", "mine"):
        (tmp_path / folder).mkdir()
        for name, rows in (("bike1", 3085), ("bike2", 553), ("bike3", 433)):
            (tmp_path / folder / f"{name}.txt").write_text(moving(rows))
    for data_set, told in (("uav123_10fps", True), ("uav123", False)):
        annotation = Annotation(open_benchmark(data_set, annotations=tmp_path / "anno"))
        (results,) = read_tree(tmp_path / "mine", data_set, annotation.inventory.present)
        notes = evaluate(results, annotation, cached=False).notes
        warning = "the annotation of bike1 has 3085 rows, 1029 in the official list, and 2 more of another length"
        assert (f"WARNING: {warning}" in notes) is told


def test_only_boxes_are_repaired_as_the_matlab_toolkit_does(tmp_path: Path) -> None:
    """A row without a size repeats the row before it, unless it came out of the parameters of an affine transform."""
    annotation = Annotation(open_benchmark("otb100", annotations=write(tmp_path / "anno", {"Biker": steady(4)})))
    sizes = np.array([[25.0, 40, s, 0, 0, t] for s, t in ((0.3, 0.4), (0.3, 0.4), (0.0, 0.4), (0.3, 0.0))])
    run = {"type": "ivtAff", "res": sizes, "tmplsize": np.array([100, 100], np.uint8)}
    cell = np.empty((1, 1), dtype=object)
    cell[0, 0] = run
    (tmp_path / "affine").mkdir()
    scipy.io.savemat(tmp_path / "affine" / "Biker_IVT.mat", {"results": cell})
    boxes = write(
        tmp_path / "rect", {"Biker": np.array([[10, 20, 30, 40], [10, 20, 30, 40], [25, 20, 0, 40], [10, 40, 30, 0]])}
    )
    (affine,), (rect,) = (read_tree(root, "otb100", ("Biker",)) for root in (tmp_path / "affine", boxes))
    found = [score_tracker(load_results(each), annotation).metrics["sr50"] for each in (affine, rect)]
    assert found == [pytest.approx(0.5), pytest.approx(1.0)]


def test_frames_without_a_target_by_our_own_rules_are_counted(tmp_path: Path) -> None:
    truth = {"leaning": steady(8), "absent": steady(8), "plain": steady(8)}
    truth["leaning"][:2, 0] = -7.5
    truth["absent"][3:] = 0.0
    annotation = Annotation(open_benchmark("folder", annotations=write(tmp_path / "anno", truth)))
    (results,) = read_tree(write(tmp_path / "mine", truth), "folder", tuple(truth))
    found = score_tracker(load_results(results), annotation)
    by_name = {score.sequence: score.metrics for score in found.sequences}
    assert [by_name[name]["sr50"] for name in truth] == [6 / 8, 3 / 8, 1]
    assert [by_name[name]["precision"] for name in truth] == [1, 1, 1]
    assert found.notes[-1].startswith("7 frames have no target by these rules")
    plain = Annotation(open_benchmark("folder", annotations=write(tmp_path / "plain", {"plain": steady(8)})))
    assert "no target" not in str(score_tracker(load_results(results), plain).notes)
