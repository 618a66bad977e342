"""Every reader of outside data, with valid samples and what must hold of anything that it accepts.

A reader may raise InputError and nothing else; what it returns is compared with what stands in the file.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from samples import (
    ANSWERS,
    BOXES,
    COCO,
    CVAT,
    FURTHER,
    IMAGE,
    INFERRED,
    LABEL_STUDIO,
    LABELS,
    META,
    MOT,
    OTB_RUNS,
    OTB_SCORES,
    SETTINGS,
    SIZES,
    SPECS,
    STATES,
    TRAJECTORIES,
    VATIC,
    YOLO,
    baseline_sample,
    config_samples,
    exported_sample,
    manifest_sample,
    matlab_sample,
    numpy_sample,
    perfmat_sample,
    published_samples,
    tar_sample,
    weights_sample,
    zip_sample,
)

from evalkit.benchmarks.data_root import CONFIG_NAME, configured
from evalkit.benchmarks.registry import open_benchmark
from evalkit.reading.archive import open_archive
from evalkit.reading.tables import parse_table
from evalkit.regression.file import dump_baseline, load_baseline
from evalkit.results.exchange.formats import read_clips
from evalkit.results.formats.result_file import read_result
from evalkit.results.manifest import read_manifest
from evalkit.results.store import read_times, time_path
from evalkit.results.submission import check_members, kind_of, read_submission
from evalkit.scoring.precomputed import read_precomputed
from evalkit.scoring.vot.trajectory import parse_trajectory
from evalkit.trackers.process import parse_answer, prediction_of
from evalkit.trackers.spec import TrackerSpec
from evalkit.trackers.trax_regions import check_state
from reports.published import COLUMNS, parse_published
from stdtrack.checkpoints import load_facts
from stdtrack.inference.networks import MANIFEST, Exported


@dataclass(frozen=True)
class Reader:
    """``read(content, folder)`` takes any bytes; ``folder`` is empty at first and the reader's own."""

    read: Callable[[bytes, Path], object]
    samples: tuple[bytes, ...]


def numbers_of(text: bytes) -> np.ndarray:
    """A table by Python's own rules, slow and simple; no file of numbers means 10 by 1_0, as Python does."""
    assert b"_" not in text
    if text[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = text.decode("utf-16").encode()
    lines = re.split(rb"\r\n|\r|\n", text.removeprefix(b"\xef\xbb\xbf").rstrip())
    return np.array([[float(field) for field in re.split(rb"[,;\s]+", line.strip(b",; \t"))] for line in lines])


def ground_truth(content: bytes, folder: Path) -> None:
    boxes = parse_table(content, "x", columns=(4,), finite=True)
    assert not np.isinf(boxes).any()
    np.testing.assert_array_equal(boxes, numbers_of(content))


def results(content: bytes, folder: Path) -> None:
    boxes, written = read_result(content, "x"), numbers_of(content)
    if written.shape[1] == boxes.shape[1]:
        np.testing.assert_array_equal(boxes, written)


def further_columns(content: bytes, folder: Path) -> None:
    boxes, written = read_result(content, "x"), numbers_of(content)
    starts = range(written.shape[1] - 3)
    assert any(np.array_equal(boxes, written[:, start : start + 4], equal_nan=True) for start in starts)


def boxes_in(suffix: str) -> Callable[[bytes, Path], None]:
    def read(content: bytes, folder: Path) -> None:
        boxes = read_result(content, f"x{suffix}")
        assert boxes.dtype == np.float64
        assert boxes.ndim == 2
        assert boxes.shape[1] == 4
        assert len(boxes)

    return read


def precomputed(name: str) -> Callable[[bytes, Path], None]:
    def read(content: bytes, folder: Path) -> None:
        (folder / name).write_bytes(content)
        scores, _ = read_precomputed(folder, "otb100")
        for score in scores:
            assert all(0 <= value <= 1 for value in score.metrics.values() if value is not None)

    return read


def times(content: bytes, folder: Path) -> None:
    time_path(folder, "a").write_bytes(content)
    found = read_times(folder, "a")
    assert found is not None
    assert (found >= 0).all()
    np.testing.assert_array_equal(found, numbers_of(content).ravel())


def supervised(content: bytes, folder: Path) -> None:
    trajectory = parse_trajectory(content, "x")
    lines = content.replace(b"\r", b"").rstrip().split(b"\n")
    for line, code, numbers in zip(lines, trajectory.codes, trajectory.numbers, strict=True):
        written = numbers_of(line).ravel()
        if np.isnan(written).any():  # vot-toolkit reads no box there
            assert code == 0
            continue
        np.testing.assert_array_equal(written, [code] if code >= 0 else numbers[: len(written)])


def layout(benchmark: str, damaged: str, others: Mapping[str, bytes] | None = None) -> Callable[[bytes, Path], None]:
    """Loads the sequence ``a`` of a benchmark whose file ``damaged`` has the content."""

    def read(content: bytes, folder: Path) -> None:
        for path, original in {**(others or {}), damaged: content}.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(original)
        sequence = open_benchmark(benchmark, data=folder).sequence("a")
        assert sequence.native.shape == (len(sequence), 4)
        assert not np.isinf(sequence.native).any()
        assert sequence.size is None or min(sequence.size) > 0
        assert all(values.shape == (len(sequence),) for values in sequence.flags.values())

    return read


def archive(suffix: str) -> Callable[[bytes, Path], None]:
    def read(content: bytes, folder: Path) -> None:
        path = folder / f"a{suffix}"
        path.write_bytes(content)
        for name, member in open_archive(path).files.items():
            assert isinstance(member, bytes)
            assert not name.startswith("/")
        assert sorted(folder.iterdir()) == [path]  # nothing is unpacked

    return read


def submission(content: bytes, folder: Path) -> None:
    path = folder / "a.zip"
    path.write_bytes(content)
    members, _ = read_submission(path)
    for problem in check_members(members, kind_of(members), (), {}):
        assert str(problem)


def manifest(content: bytes, folder: Path) -> None:
    (folder / "run.json").write_bytes(content)
    read = read_manifest(folder)
    assert read is not None
    assert isinstance(read.spec, str)
    assert isinstance(read.workers, int)


def baseline(content: bytes, folder: Path) -> None:
    read = load_baseline(content.decode(errors="replace"))
    assert load_baseline(dump_baseline(read)) is not None


def published(content: bytes, folder: Path) -> None:
    table = parse_published(content, "x")
    assert tuple(table.columns) == COLUMNS
    assert not np.isinf(table["value"]).any()
    assert all(f"{value:g}".lstrip("-")[0].encode() in content for value in table["value"].dropna())


def stdtrack_toml(content: bytes, folder: Path) -> None:
    (folder / CONFIG_NAME).write_bytes(content)
    root = configured(folder / CONFIG_NAME)
    assert root is None or root.parts


def weights(content: bytes, folder: Path) -> None:
    path = folder / "a.safetensors"
    path.write_bytes(content)
    assert "format" not in load_facts(path)


def exported(content: bytes, folder: Path) -> None:
    (folder / MANIFEST).write_bytes(content)
    assert Exported.read(folder).backend in content.decode()


def training_config(content: bytes, folder: Path) -> None:
    from stdtrack.training.config_file import load_config

    (folder / "a.toml").write_bytes(content)
    assert load_config(folder / "a.toml").stages


def json_line(content: bytes, folder: Path) -> None:
    prediction = prediction_of(parse_answer(content, "x", 1), "x", 1)
    assert prediction.box.shape == (4,)
    assert np.isfinite(prediction.box).all()
    assert math.isfinite(prediction.score)
    assert prediction.box.tolist() == [float(number) for number in json.loads(content)["box"]]


def trax_line(content: bytes, folder: Path) -> None:
    heard = content.decode(errors="replace")
    check_state(heard, "x")
    region = heard.partition("@@TRAX:state")[2].lstrip(" ").lstrip('"')
    for number in re.split(r'["\s]', region)[0].lstrip("mM").split(","):
        assert math.isfinite(float(number)) or "e" in number.lower() or len(number) > 300


def spec(content: bytes, folder: Path) -> None:
    text = content.decode(errors="replace")
    parsed = TrackerSpec.parse(text)
    assert "/" not in parsed.folder
    if parsed.prefix in ("trax", "process"):
        assert str(parsed) == text


def exchanged(form: str, name: str) -> Callable[[bytes, Path], None]:
    """Reads a file of another tool's format beside one image of 8 x 6 pixels."""

    def read(content: bytes, folder: Path) -> None:
        image, file = folder / "a" / "1.png", folder / name
        for place in (image, file):
            place.parent.mkdir(parents=True, exist_ok=True)
        image.write_bytes(IMAGE)
        file.write_bytes(content)
        for clip in read_clips(
            file if form != "yolo" else file.parent, form, image.parent if form == "yolo" else folder
        ):
            assert all(track.boxes.shape == (clip.length, 4) for track in clip.tracks)
            assert not any(np.isinf(track.boxes).any() for track in clip.tracks)
            assert clip.size is None or min(clip.size) > 0

    return read


READERS = {
    "CVAT": Reader(exchanged("cvat", "a.xml"), CVAT),
    "Label Studio": Reader(exchanged("label_studio", "a.json"), LABEL_STUDIO),
    "COCO": Reader(exchanged("coco", "a.json"), COCO),
    "MOT": Reader(exchanged("mot", "b.txt"), MOT),
    "YOLO": Reader(exchanged("yolo", "labels/1.txt"), YOLO),
    "ground truth": Reader(ground_truth, BOXES),
    "VOT regions": Reader(layout("vot2018", "a/groundtruth.txt"), (*BOXES, b"1,2,3,2,3,4,1,4\n" * 2)),
    "NFS annotation": Reader(layout("nfs30", "a/30/a.txt"), (VATIC,)),
    "labels": Reader(layout("got10k", "val/a/cover.label", {"val/a/groundtruth.txt": BOXES[0]}), LABELS),
    "meta": Reader(layout("got10k", "val/a/meta_info.ini", {"val/a/groundtruth.txt": BOXES[0]}), META),
    "inferred meta": Reader(layout("got10k", "inferred_meta.json", {"gt/a.txt": BOXES[0]}), (INFERRED,)),
    "image sizes": Reader(layout("vot2018", "image_sizes.json", {"gt/a.txt": BOXES[0]}), (SIZES,)),
    "results": Reader(results, BOXES),
    "results with further columns": Reader(further_columns, FURTHER),
    "MATLAB results": Reader(boxes_in(".mat"), (matlab_sample(packed=False), matlab_sample(packed=True))),
    "numpy results": Reader(boxes_in(".npy"), (numpy_sample(columns=4), numpy_sample(columns=5))),
    "JSON results": Reader(boxes_in(".json"), OTB_RUNS),
    "perfMat": Reader(precomputed("aveSuccessRatePlot_2alg_overlap_OPE.mat"), (perfmat_sample(),)),
    "score files": Reader(precomputed("ALL.json"), OTB_SCORES),
    "supervised results": Reader(supervised, TRAJECTORIES),
    "times": Reader(times, (b"0.5\n0.25\n1e-3\n",)),
    "zip": Reader(archive(".zip"), (zip_sample(),)),
    "tar": Reader(archive(".tar"), (tar_sample(""),)),
    "tar.gz": Reader(archive(".tar.gz"), (tar_sample(":gz"),)),
    "submission": Reader(submission, (zip_sample(),)),
    "run.json": Reader(manifest, (manifest_sample(),)),
    "baseline": Reader(baseline, (baseline_sample(),)),
    "published.csv": Reader(published, published_samples()),
    "stdtrack.toml": Reader(stdtrack_toml, SETTINGS),
    "training config": Reader(training_config, config_samples()),
    "weights": Reader(weights, (weights_sample(),)),
    "exported network": Reader(exported, (exported_sample(),)),
    "JSON line": Reader(json_line, ANSWERS),
    "TraX line": Reader(trax_line, STATES),
    "spec": Reader(spec, SPECS),
}
