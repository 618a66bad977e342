"""What a result file looks like: delimiters, further columns, MATLAB's, numpy's and JSON's files."""

from __future__ import annotations

import io
import json
import re
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io
import scipy.sparse

from evalkit.errors import InputError
from evalkit.results.formats.result_file import Result, delimiter, parse_result
from evalkit.results.trees import read_tree

BOXES = np.array([[10.0, 20, 30, 40], [11.5, 21, 30, 40], [12, 22, 31, 41]])
RUN = {"type": "rect", "res": BOXES, "fps": 25.0, "len": 3, "annoBegin": 1, "startFrame": 1}


@pytest.mark.parametrize(
    ("line", "name"), [(b"1,2,3,4", "comma"), (b"1\t2", "tab"), (b"1 2", "space"), (b"1;2", "semicolon")]
)
def test_delimiters(line: bytes, name: str) -> None:
    assert delimiter(line + b"\n5,6") == name


def table(*columns: object) -> bytes:
    """Lines of a text file."""
    rows = zip(*(np.broadcast_to(column, 3).tolist() for column in columns), strict=True)
    return "".join(",".join(map(str, row)) + "\n" for row in rows).encode()


X, Y, W, H = BOXES.T


@pytest.mark.parametrize(
    ("columns", "note"),
    [
        ((X, Y, W, H), ""),
        ((X, Y, W, H, [1, 0.5, 0]), "5 columns: x, y, w, h, score"),
        ((X, Y, W, H, [np.nan, 0.5, 0.25]), "5 columns: x, y, w, h, score"),
        (([0, 1, 2], X, Y, W, H), "5 columns: frame number, x, y, w, h"),
        (([1, 2, 3], X, Y, W, H), "5 columns: frame number, x, y, w, h"),
        ((X, Y, W, H, [1, 2, 3]), "5 columns: x, y, w, h, frame number"),
        (([1, 2, 3], X, Y, W, H, [1, 0.5, 0]), "6 columns: frame number, x, y, w, h, score"),
        ((X, Y, W, H, [0, 1, 2], 0.5), "6 columns: x, y, w, h, frame number, score"),
    ],
)
def test_a_score_or_a_frame_number_is_told_by_what_it_holds(columns: tuple[Any, ...], note: str) -> None:
    result = parse_result(table(*columns), "a.txt")
    np.testing.assert_array_equal(result.boxes, BOXES)
    assert result.note == note


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ((X, Y, W, H, 17.5), "5 columns, expected x, y, w, h (a further column must be"),
        (([1, 2, 4], X, Y, W, H), "5 columns, expected x, y, w, h"),
        (([5, 6, 7], X, Y, W, H), "5 columns, expected x, y, w, h"),
        (([0, 1, 2], Y, W, 0.5, 0.5), "5 columns, expected x, y, w, h"),
        ((X, Y, W, H, 1, 1, 1), "7 columns, expected 4"),
        ((X, Y, W), "3 columns, expected 4"),
    ],
)
def test_a_column_that_nothing_tells_is_refused(columns: tuple[Any, ...], problem: str) -> None:
    with pytest.raises(InputError, match=re.escape(problem)) as caught:
        parse_result(table(*columns), "a.txt")
    assert caught.value.row == 1


def test_decimal_commas_are_no_further_column() -> None:
    with pytest.raises(InputError, match="decimal commas"):
        parse_result(b"0,5 20 30 40\n1,5 20 30 40\n", "a.txt")


def mat(variables: Mapping[str, Any], **options: Any) -> bytes:
    stream = io.BytesIO()
    scipy.io.savemat(stream, dict(variables), **options)
    return stream.getvalue()


def cell(*runs: object) -> np.ndarray:
    """MATLAB's 1 x N cell."""
    made = np.empty((1, len(runs)), dtype=object)
    for index, run in enumerate(runs):
        made[0, index] = run
    return made


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("variables", "note"),
    [
        ({"results": cell(RUN)}, ""),
        ({"results": RUN}, ""),
        ({"results": cell({**RUN, "res": BOXES.astype(np.uint16), "len": np.uint8(3)})}, ""),
        ({"results": cell(RUN, *[{**RUN, "res": BOXES[1:]}] * 19)}, "the first of 20 runs is taken"),
        ({"results": cell({**RUN, "len": 7})}, "'len' is 7, but there are boxes of 3 frames"),
        ({"result": BOXES}, ""),
        ({"results": BOXES.astype(np.uint16)}, ""),
        ({"positions": BOXES, "fps": 3.0, "path": "/home"}, "the boxes are the variable positions"),
        ({"a": BOXES, "b": BOXES, "results": cell(RUN)}, ""),
    ],
)
def test_matlab_files(variables: Mapping[str, Any], note: str, packed: bool) -> None:
    result = parse_result(mat(variables, do_compression=packed), "a.mat")
    np.testing.assert_array_equal(result.boxes, np.floor(BOXES) if "uint16" in str(variables) else BOXES)
    assert (result.form, result.note, result.repaired) == ("MATLAB rect", note, True)


def test_parameters_of_affine_transforms_are_no_boxes_to_repair() -> None:
    """'tmplsize' is stored as uint8, in which -w / 2 would wrap."""
    run = {
        "type": "ivtAff",
        "res": np.array([[270.0, 107, 0.5, 0, 0, 0.8125]]),
        "tmplsize": np.array([32, 32], np.uint8),
    }
    result = parse_result(mat({"results": cell(run)}), "a.mat")
    assert result.boxes.tolist() == [[262, 94, 16, 26]]
    assert (result.form, result.repaired) == ("MATLAB ivtAff", False)


DEEP = cell(1.0)
for _ in range(30):
    DEEP = cell(DEEP)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (mat({"results": np.empty((0, 0))}), "'results' is empty: a run that failed"),
        (mat({"results": cell({**RUN, "shiftType": "left"})}), "runs of SRE"),
        (mat({"results": cell({**RUN, "type": "blob"})}), "the type 'blob' is unknown"),
        (mat({"results": cell({"res": BOXES})}), "a struct with 'type' and 'res'"),
        (mat({"results": cell({**RUN, "res": "x"})}), "a.mat: "),
        (mat({"a": BOXES, "b": BOXES}), "has several N x 4 matrices: a, b"),
        (mat({"speed": 3.0}), "has no variable 'results' (it holds speed)"),
        (mat({"aveSuccessRatePlot": np.ones((1, 2, 21)), "nameTrkAll": cell("KCF")}), "`stdtrack report` reads them"),
        (mat({"results": DEEP}), "nested more than 16 deep"),
        (mat({"x": BOXES}, format="4"), "is no MATLAB 5 file, the only kind of .mat that is read"),
        (b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(512), "is a MATLAB 7.3 file (HDF5), which is not read (save"),
        (b"\x89HDF\r\n\x1a\n", "is a MATLAB 7.3 file (HDF5)"),
        (b"# Created by Octave 6.4.0", "is no MATLAB 5 file"),
        (mat({"results": cell(RUN)})[:-8], "ends early"),
        (b"", "is no MATLAB 5 file"),
    ],
)  # fmt: skip
def test_matlab_files_that_are_not_read(content: bytes, problem: str) -> None:
    with pytest.raises(InputError, match=re.escape(problem)):
        parse_result(content, "a.mat")


def test_a_saved_workspace_may_hold_anything_besides() -> None:
    """Objects, sparse matrices, functions: whatever MATLAB saves beside the results is skipped."""
    parts = (struct.pack("<IIII", 6, 8, 17, 0), *(struct.pack("<II8s", 1, len(text), text) for text in (b"s", b"MCOS")))
    opaque = b"".join((*parts, struct.pack("<II8s", 1, 6, b"string"), struct.pack("<II", 14, 0)))
    besides = {"results": cell(RUN), "m": scipy.sparse.eye_array(3), "f": "text", "e": np.empty((0, 3)), "t": True}
    besides |= {"c": np.array([1 + 2j]), "deep": {"a": {"b": [1.0, "x"]}}, "structs": np.array([(1, 2)], "O,O")}
    content = mat(besides) + struct.pack("<II", 14, len(opaque)) + opaque
    np.testing.assert_array_equal(parse_result(content, "a.mat").boxes, BOXES)


def test_a_bomb_in_a_matlab_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STDTRACK_TEXT_LIMIT", "100K")
    content = mat({"results": np.zeros((100_000, 4))}, do_compression=True)
    assert len(content) < 10_000
    with pytest.raises(InputError, match="unpacks to more than is read"):
        parse_result(content, "a.mat")


def npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.int32, ">f8"])
def test_numpy_files(kind: Any) -> None:
    array = BOXES.astype(kind)
    for made in (array, np.asfortranarray(array), np.column_stack([np.arange(3), array]).astype(kind)):
        result = parse_result(npy(made), "a.npy")
        np.testing.assert_array_equal(result.boxes, array)
        assert result.form == "numpy"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (npy(np.array([None, 1])), "is an array of object, not of numbers"),
        (npy(np.ones((3, 2, 2))), "is an array of shape (3, 2, 2), expected (N, 4)"),
        (npy(np.ones((0, 4))), "is an array of shape (0, 4)"),
        (npy(BOXES)[:-1], "its size is not what its header says"),
        (npy(BOXES).replace(b"(3, 4)", b"(3000000000000, 4)"), "is"),
        (npy(BOXES)[:20], "is no numpy array"),
        (b"PK\x03\x04", "is no numpy array"),
    ],
)
def test_numpy_files_that_are_not_read(content: bytes, problem: str) -> None:
    with pytest.raises(InputError, match=re.escape(problem)):
        parse_result(content, "a.npy")


OTB = {"tracker": "KCF", "seqName": "Biker", "evalType": "OPE", "resType": "rect", "tmplsize": [0.0, 0.0]}
OTB |= {"shiftType": None, "startFrame": 1, "endFrame": 3, "fps": 9.5, "res": BOXES.tolist()}


@pytest.mark.parametrize(
    ("value", "note"),
    [([OTB], ""), (OTB, ""), (BOXES.tolist(), ""), ([{**OTB, "tmplsize": None}], ""),
     ([{**OTB, "evalType": "TRE"}] * 20, "the first of 20 runs is taken")],
)  # fmt: skip
def test_json_files(value: object, note: str) -> None:
    result = parse_result(json.dumps(value).encode(), "a.json")
    np.testing.assert_array_equal(result.boxes, BOXES)
    assert (result.form, result.note) == ("JSON rect", note)


def test_json_has_nan_where_there_is_no_box() -> None:
    rows = parse_result(b"[[1, 2, 3, 4], [NaN, NaN, NaN, NaN], [null, null, null, null]]", "a.json").boxes
    np.testing.assert_array_equal(np.isnan(rows).all(axis=1), [False, True, True])
    affine = {**OTB, "resType": "affine_ivt", "tmplsize": [32, 32], "res": [[270.0, 107, 0.5, 0, 0, 0.8125]]}
    assert parse_result(json.dumps([affine]).encode(), "a.json").boxes.tolist() == [[262, 94, 16, 26]]


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (
            {"name": "BC", "successRateList": [], "overlapScores": []},
            "holds the scores of a set of sequences, no boxes",
        ),
        ([{**OTB, "evalType": "SRE"}] * 12, "runs of SRE"),
        ([], "holds no boxes"),
        ({"a": 1}, "holds no boxes"),
        ("Biker", "holds no boxes"),
        ([[1, 2, 3, 4], [1, 2, 3]], "element 2 of 'res' is no row of 4 numbers"),
        ([[1, 2, 3, "4"]], "element 1 of 'res' is no row"),
        ([[True, 2, 3, 4]], "element 1 of 'res' is no row"),
        ([{**OTB, "res": 4}], "'res' is no list of rows"),
        ([{**OTB, "resType": 4}], "a struct with 'type' and 'res'"),
        ([{**OTB, "resType": "ivtAff", "tmplsize": "x", "res": [[1] * 6]}], "needs 'tmplsize'"),
    ],
)
def test_json_files_that_are_not_read(value: object, problem: str) -> None:
    with pytest.raises(InputError, match=re.escape(problem)):
        parse_result(json.dumps(value).encode(), "a.json")


@pytest.fixture
def published(shared: Path) -> tuple[Path, dict[str, dict[str, Any]]]:
    """Real files of other people, with what a reading by the toolkits' own formulas gives."""
    folder = shared / "lists" / "formats"
    if not folder.is_dir():
        pytest.skip("skipped: no ../shared/lists/formats")
    expected = json.loads((folder / "expected.json").read_text())
    return folder, {name: facts for name, facts in expected.items() if "boxes_first3" in facts}


def test_published_files_hold_the_boxes_that_the_toolkits_read(published: tuple[Path, dict[str, Any]]) -> None:
    folder, expected = published
    assert len(expected) >= 7
    for name, facts in expected.items():
        result: Result = parse_result((folder / name).read_bytes(), name)
        assert result.boxes[:3].tolist() == facts["boxes_first3"]
        assert result.boxes[-1].tolist() == facts["box_last"]
        assert len(result.boxes) == facts["frames"]


def test_published_files_give_the_figures_of_matlab(published: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    from evalkit.benchmarks.registry import open_benchmark
    from evalkit.scoring.evaluate import Evaluated, Refused, evaluate_all
    from evalkit.scoring.opening import Annotation

    folder, expected = published
    for kind, sequence in (("otb_mat", "Biker"), ("otb_python_json", "Crossing")):
        anno = tmp_path / kind
        anno.mkdir()
        truth = folder / kind / f"{sequence}_groundtruth_rect.txt"
        (anno / f"{sequence}.txt").write_bytes(truth.read_bytes())
        annotation = Annotation(open_benchmark("otb100", annotations=anno))
        outcomes = evaluate_all(read_tree(folder / kind, "otb100", (sequence,)), annotation)
        scored = {each.tracker: each.scores[0].metrics for each in outcomes if isinstance(each, Evaluated)}
        for tracker, metrics in scored.items():
            stem = f"{sequence}_{tracker}.mat" if kind == "otb_mat" else f"{tracker}_{sequence}.json"
            rule = expected[f"{kind}/{stem}"]["matlab_rule"]
            assert metrics["auc"] == pytest.approx(rule["success_auc"], abs=1e-6)
            assert metrics["precision"] == pytest.approx(rule["precision20"], abs=1e-6)
        assert len(scored) == (5 if kind == "otb_mat" else 2)
        refused = {each.tracker: str(each.error) for each in outcomes if isinstance(each, Refused)}
        assert set(refused) == ({"CFWLB", "CFWLB_short"} if kind == "otb_mat" else set())
