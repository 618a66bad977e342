"""The law of the cache: whatever was scored before, a score is what an empty cache gives."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalkit.benchmarks.registry import open_benchmark
from evalkit.errors import InputError
from evalkit.private_cache import VARIABLE
from evalkit.results.trees import read_tree
from evalkit.scoring.cache import SCORES
from evalkit.scoring.evaluate import Evaluated, evaluate
from evalkit.scoring.opening import Annotation

FRAMES, OF_EACH = 4, 40
"""Rows that are drawn, and how often each is written: EAO needs runs of a hundred frames."""
ONE_PASS = [
    *(("folder", name) for name in ("official", "pytracking", "pysot", "got10k")),
    *(("folder?base=1", "official"), ("folder?base=0", "official"), ("vot2018", "official"), ("dtb70", "official")),
    *((name, "official") for name in ("otb100", "uav123", "lasot", "lasot_ext", "tnl2k", "got10k", "trackingnet")),
    *(("lasot", "pytracking"), ("lasot", "got10k"), ("uav123", "pysot"), ("nfs30", "pytracking")),
]
OF_VOT = [("vot2018", "official"), ("vot2018", "pysot"), ("vot2018", "vot-toolkit"), ("vot2019", "official")]
TRUTHS = ("0,1,30,40", "10,20,30,40", "700,1,30,40", "1,1,9,9")
BOXES = (*TRUTHS, "10,20,30,41", "10.0,20.0,30.0,40.0", "10,20,0,40", "10\t20\t30\t40", "NaN,NaN,NaN,NaN")
SUPERVISED = [
    ("1", *rest, *["10,20,30,40"] * (FRAMES * OF_EACH - 1 - len(rest)))
    for rest in ((), ("2", "0"), ("0",), ("5,20,30,40",) * 50, ("0,1,30,40",) * 150, ("10,0,9,9",) * 150)
]


def rows(lines: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(lines), min_size=FRAMES, max_size=FRAMES).map(tuple)


@dataclass(frozen=True)
class Call:
    """Everything that two calls may differ in; two sequences, ``alpha`` and ``Biker``."""

    rules: tuple[str, str]
    truth: tuple[str, ...]
    second_truth: tuple[str, ...]
    absent: tuple[str, ...] | None
    size: tuple[int, int] | None
    uncovered: tuple[int, ...] | None
    boxes: tuple[str, ...]
    second_boxes: tuple[str, ...] | None
    repetition: tuple[str, ...] | None
    data_folder: str
    tracker: str
    file: str
    note: str
    keep_frames: bool


RESULTS = rows(BOXES)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "rules": st.sampled_from(ONE_PASS),
    "truth": rows(TRUTHS),
    "second_truth": rows(TRUTHS),
    "absent": st.none() | rows(("0", "1")),
    "size": st.none() | st.sampled_from([(20, 20), (640, 480)]),
    "uncovered": st.none() | st.sampled_from([(2,), (2, 3)]),
    "boxes": RESULTS,
    "second_boxes": st.none() | RESULTS,
    "repetition": st.none() | RESULTS,
    "data_folder": st.sampled_from(["anno", "other"]),
    "tracker": st.sampled_from(["T", "U"]),
    "file": st.sampled_from(["alpha", "Alpha"]),
    "note": st.sampled_from(["", "untrained"]),
    "keep_frames": st.booleans(),
}
OF_RUNS = st.sampled_from(SUPERVISED)
VOT_FIELDS = FIELDS | {"rules": st.sampled_from(OF_VOT), "boxes": OF_RUNS, "second_boxes": st.none() | OF_RUNS,
                       "repetition": st.none() | OF_RUNS}  # fmt: skip


@st.composite
def calls(draw: st.DrawFn) -> list[Call]:
    """A call, and for each of its parts one that differs in that alone."""
    strategies = draw(st.sampled_from([FIELDS, FIELDS, VOT_FIELDS]))
    values = {name: (draw(strategy), draw(strategy)) for name, strategy in strategies.items()}
    first = Call(**{name: one for name, (one, _) in values.items()})
    return [first, *(replace(first, **{name: other}) for name, (_, other) in values.items())]


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def lines(drawn: tuple[str, ...]) -> str:
    return "\n".join(drawn if len(drawn) > FRAMES else [line for line in drawn for _ in range(OF_EACH)])


def write_call(call: Call, root: Path) -> tuple[Path, Path]:
    data, results = root / call.data_folder, root / "results" / call.tracker
    for name, truth in (("alpha", call.truth), ("Biker", call.second_truth)):
        write(data / f"{name}.txt", lines(truth))
        if call.absent is not None:
            write(data / "absent" / f"{name}.txt", lines(call.absent))
    if call.size is not None:
        write(data / "image_sizes.json", json.dumps(dict.fromkeys(("alpha", "Biker"), call.size)))
    if call.uncovered is not None:
        facts = {"resolution_inferred": call.size, "dropped_frames_1based": call.uncovered}
        write(data / "inferred_meta.json", json.dumps({"seqs": dict.fromkeys(("alpha", "Biker"), facts)}))
    runs = [call.boxes] if call.repetition is None else [call.boxes, call.repetition]
    for number, boxes in enumerate(runs, 1):
        name = f"{call.file}/{call.file}_{number:03d}" if len(runs) > 1 else call.file
        write(results / f"{name}.txt", lines(boxes))
    if call.second_boxes is not None:
        write(results / "Biker.txt", lines(call.second_boxes))
    return data, results.parent


def outcome(call: Call, data: Path, results: Path, *, cached: bool) -> str:
    """Every figure and note to the last bit, or what the user is told instead."""
    try:
        annotation = Annotation(open_benchmark(call.rules[0], annotations=data))
        (found,) = read_tree(results, annotation.benchmark.name, annotation.inventory.present)
        found = replace(found, remark=call.note)
        return repr(plain(evaluate(found, annotation, (call.rules[1],), keep_frames=call.keep_frames, cached=cached)))
    except InputError as error:
        return str(error)


def plain(found: Evaluated) -> list[Any]:
    (score,) = found.scores
    curves = {name: (curve.thresholds.tolist(), curve.values.tolist()) for name, curve in score.curves.items()}
    sequences = [
        (
            *(each.sequence, each.frames, list(each.metrics.items()), each.overlaps.tolist(), each.errors.tolist()),
            {name: values.tolist() for name, values in each.curves.items()},
            each.detail and {item.name: getattr(each.detail, item.name).tolist() for item in fields(each.detail)},
        )
        for each in score.sequences
    ]
    rest = replace(score, metrics={}, curves={}, sequences=())
    return [found.tracker, found.notes, list(score.metrics.items()), list(curves.items()), sequences, rest]


@pytest.fixture
def numbered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """New folders for every example: a cache, and one for each of two calls."""
    numbers = count()

    def folders() -> tuple[Path, Path]:
        root = tmp_path / str(next(numbers))
        monkeypatch.setenv(VARIABLE, str(root / "cache"))
        return root / "first", root / "second"

    return folders


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(calls())
def test_a_score_does_not_depend_on_what_was_scored_before(numbered: Any, calls: list[Call]) -> None:
    root = numbered()[0]
    for number, call in enumerate(calls):
        place = write_call(call, root / str(number))
        assert outcome(call, *place, cached=True) == outcome(call, *place, cached=False)
        assert outcome(call, *place, cached=True) == outcome(call, *place, cached=False)


PLAIN = Call(
    rules=("folder", "official"), truth=("0,1,30,40",) * FRAMES, second_truth=("10,20,30,40",) * FRAMES,
    absent=None, size=None, uncovered=None, boxes=("0,1,30,40",) * FRAMES, second_boxes=("10,20,0,40",) * FRAMES,
    repetition=None, data_folder="anno", tracker="T", file="alpha", note="", keep_frames=False,
)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "entries"),
    [
        *[({}, 1), ({"tracker": "U"}, 1), ({"data_folder": "other"}, 1), ({"note": "untrained"}, 1)],
        *[({"rules": rules}, 2) for rules in (("folder?base=1", "official"), ("folder?base=0", "official"))],
        *[({"rules": ("folder", "pysot")}, 2), ({"repetition": ("10,20,30,40",) * FRAMES}, 2)],
    ],
)
def test_who_and_where_are_no_part_of_the_key(numbered: Any, changes: dict[str, Any], entries: int) -> None:
    for call, root in zip((PLAIN, replace(PLAIN, **changes)), numbered(), strict=True):
        outcome(call, *write_call(call, root), cached=True)
        kept, _ = SCORES.usage()
    assert kept == entries


@pytest.mark.parametrize("order", [("folder", "folder?base=1"), ("folder?base=1", "folder")])
def test_the_coordinate_of_the_first_pixel_counts(numbered: Any, order: tuple[str, str]) -> None:
    """x = 0 lies outside of an image whose first pixel is 1: no overlap counts there."""
    auc = {"folder": 20 / 21, "folder?base=1": 0.0}
    place = write_call(replace(PLAIN, second_truth=PLAIN.truth, second_boxes=PLAIN.truth), numbered()[0])
    for benchmark in order:
        annotation = Annotation(open_benchmark(benchmark, annotations=place[0]))
        (found,) = read_tree(place[1], "folder", annotation.inventory.present)
        assert evaluate(found, annotation).scores[0].metrics["auc"] == pytest.approx(auc[benchmark])


def test_no_entry_names_a_place(numbered: Any, tmp_path: Path) -> None:
    place = write_call(replace(PLAIN, tracker="Tracker-of-mine"), numbered()[0])
    text = outcome(replace(PLAIN, tracker="Tracker-of-mine"), *place, cached=True)
    assert "160 rows are no box" in text
    assert "Biker.txt, row 1" in text
    (entry,) = (tmp_path / "0" / "cache" / "scores").iterdir()
    assert not any(part.encode() in entry.read_bytes() for part in ("Tracker-of-mine", str(tmp_path), "results"))


GOOD = ("0,1,30,40",) * FRAMES
LOST = ("0,1,30,40", "0,1,30,40", "0,1,30,40", "700,1,30,40")


@pytest.mark.parametrize(
    ("rules", "boxes", "first", "second"),
    [
        (("lasot", "official"), LOST, {"absent": ("0", "0", "0", "0")}, {"absent": ("0", "0", "0", "1")}),
        (("tnl2k", "official"), LOST, {"absent": ("0", "0", "0", "0")}, {"absent": ("0", "0", "0", "1")}),
        (("got10k", "official"), LOST, {"uncovered": (2,)}, {"uncovered": (160,)}),
        (("got10k", "official"), GOOD, {"uncovered": (), "size": (640, 480)}, {"uncovered": (), "size": (20, 20)}),
        (("vot2018", "official"), SUPERVISED[3], {"size": (640, 480)}, {"size": (20, 30)}),
        (("folder", "official"), LOST, {}, {"truth": LOST}),
        (("folder", "official"), LOST, {}, {"boxes": GOOD}),
        (("folder", "official"), LOST, {}, {"second_boxes": None}),
        (("folder", "official"), LOST, {}, {"repetition": GOOD}),
    ],
)
def test_each_part_that_a_figure_depends_on_counts(
    numbered: Any, rules: tuple[str, str], boxes: tuple[str, ...], first: dict[str, Any], second: dict[str, Any]
) -> None:
    supervised = len(boxes) > FRAMES
    base = replace(PLAIN, rules=rules, boxes=boxes, second_boxes=boxes if supervised else GOOD)
    base = replace(base, truth=("10,20,30,40",) * FRAMES) if supervised else base
    folders = numbered()
    outcomes = []
    for call, root in zip((replace(base, **first), replace(base, **second)), folders, strict=True):
        place = write_call(call, root)
        outcomes.append(outcome(call, *place, cached=True))
        assert outcomes[-1] == outcome(call, *place, cached=False)
    assert SCORES.usage()[0] == 2, outcomes
    assert outcomes[0] != outcomes[1]
