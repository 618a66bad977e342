"""Every reader of outside data, with valid samples and what must hold of anything that it accepts.

A reader may raise InputError and nothing else; what it returns is compared with what stands in the file.
"""

from __future__ import annotations

import io
import json
import math
import re
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from evalkit.baselines.file import dump_baseline, load_baseline
from evalkit.benchmarks.archive import open_archive
from evalkit.benchmarks.registry import open_benchmark
from evalkit.execution.provenance import now
from evalkit.importers.formats import read_result
from evalkit.manifest import Manifest, read_manifest
from evalkit.reading import parse_table
from evalkit.results import read_times, time_path
from evalkit.submission import check_members, kind_of, read_submission
from evalkit.trackers.process import parse_answer, prediction_of
from evalkit.trackers.spec import TrackerSpec
from evalkit.trackers.trax import check_state

BOXES = (b"1,2,3,4\n5.25,6,7,8\n", b"1\t2\t3\t4\r\n5\t6\t7\t8\r\n", b"1 2 3 4\nNaN NaN NaN NaN\n1e1 2 3 4\n")


@dataclass(frozen=True)
class Reader:
    """``read(content, folder)`` takes any bytes; ``folder`` is empty at first and the reader's own."""

    read: Callable[[bytes, Path], object]
    samples: tuple[bytes, ...]


def numbers_of(text: bytes) -> np.ndarray:
    """A table by Python's own rules, slow and simple."""
    lines = re.split(rb"\r\n|\r|\n", text.removeprefix(b"\xef\xbb\xbf").rstrip())
    return np.array([[float(field) for field in re.split(rb"[,;\s]+", line.strip(b",; \t"))] for line in lines])


def ground_truth(content: bytes, folder: Path) -> None:
    boxes = parse_table(content, "x", columns=(4,), finite=True)
    assert not np.isinf(boxes).any()
    np.testing.assert_array_equal(boxes, numbers_of(content))


def results(content: bytes, folder: Path) -> None:
    np.testing.assert_array_equal(read_result(content, "x"), numbers_of(content))


def times(content: bytes, folder: Path) -> None:
    time_path(folder, "a").write_bytes(content)
    found = read_times(folder, "a")
    assert found is not None
    np.testing.assert_array_equal(found, [float(word) for word in content.decode().split()])


def meta(content: bytes, folder: Path) -> None:
    sequence = folder / "val" / "a"
    if not sequence.exists():
        sequence.mkdir(parents=True)
        (sequence / "groundtruth.txt").write_bytes(BOXES[0])
    (sequence / "meta_info.ini").write_bytes(content)
    loaded = open_benchmark("got10k", data=folder).sequence("a")
    if loaded.size is not None:
        assert all(str(side).encode() in content or b"0" in content for side in loaded.size)


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


def zip_sample() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a/a_001.txt", BOXES[0] * 20)
        file.writestr("b.txt", BOXES[1])
    return stream.getvalue()


def tar_sample(mode: str) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=f"w{mode}") as file:
        member = tarfile.TarInfo("a/groundtruth.txt")
        member.size = len(BOXES[0])
        file.addfile(member, io.BytesIO(BOXES[0]))
    return stream.getvalue().rstrip(b"\0") + bytes(1024) if not mode else stream.getvalue()


def manifest_sample() -> bytes:
    from dataclasses import asdict

    filled = Manifest("1", "a:b", {"note": "n"}, {"name": "otb100"}, 1, 1, {"cpu": "x"}, {"numpy": "2"}, now(), now())
    return json.dumps(asdict(filled)).encode()


def baseline_sample() -> bytes:
    sequences = {
        "s": {"frames": 2, "metrics": {"auc": 0.5}, "boxes": "0" * 64, "initial_box": [1, 2, 3, 4], "seconds": 0.1}
    }
    record = {
        "tracker": "a",
        "benchmark": "otb100",
        "protocol": "official",
        "fingerprint": "f",
        "metrics": {"auc": 0.5},
    }
    record |= {"curves": {"success": {"x": [0, 1], "y": [1, 0]}}, "sequences": sequences}
    return json.dumps({"format": 1, "stdtrack": "1", "records": [record]}).encode()


@cache
def config_samples() -> tuple[bytes, ...]:
    from stdtrack.training import config_file

    return tuple(path.read_bytes() for path in sorted((Path(config_file.__file__).parent / "configs").glob("*.toml")))


STATES = (b'@@TRAX:state "1.5,2,3,4" "confidence=0.5" \n', b'@@TRAX:state "1,2,3,4,5,6,7,8" \n', b"@@TRAX:state 1 \n")
ANSWERS = (b'{"box": [1, 2.5, 3, 4], "score": 0.5}\n', b"{}\n", b'{"error": "why"}\n')
SPECS = (b"opencv:csrt", b"onnx:nanotrack_v2?weights=DIR&threads=1", b"trax:python a.py --b 'c d'", b"process:a?b=c")

READERS = {
    "ground truth": Reader(ground_truth, BOXES),
    "results": Reader(results, BOXES),
    "times": Reader(times, (b"0.5\n0.25\n1e-3\n",)),
    "meta": Reader(meta, (b"[METAINFO]\nresolution: (1920, 1080)\nfps: 30\n",)),
    "zip": Reader(archive(".zip"), (zip_sample(),)),
    "tar": Reader(archive(".tar"), (tar_sample(""),)),
    "tar.gz": Reader(archive(".tar.gz"), (tar_sample(":gz"),)),
    "submission": Reader(submission, (zip_sample(),)),
    "run.json": Reader(manifest, (manifest_sample(),)),
    "baseline": Reader(baseline, (baseline_sample(),)),
    "training config": Reader(training_config, config_samples()),
    "JSON line": Reader(json_line, ANSWERS),
    "TraX line": Reader(trax_line, STATES),
    "spec": Reader(spec, SPECS),
}
