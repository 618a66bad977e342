"""Small valid files of every kind that is read, for a fuzzer to damage."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from dataclasses import asdict
from importlib import resources
from pathlib import Path

import cv2
import numpy as np
import torch
from safetensors.torch import save
from scipy.io import savemat

from evalkit.results.manifest import Manifest
from evalkit.running.provenance import now
from stdtrack.checkpoints import FORMAT
from stdtrack.configs import VARIANTS
from stdtrack.inference.networks import EXPORT_FORMAT
from stdtrack.training import config_file

BOXES = (b"1,2,3,4\n5.25,6,7,8\n", b"1\t2\t3\t4\r\n5\t6\t7\t8\r\n", b"1 2 3 4\nNaN NaN NaN NaN\n1e1 2 3 4\n")
TRAJECTORIES = (b"1\n1,2,3,4\n2\n0\n0\n1\n5.5,6,7,8\n", b"1\n1,2,3,2,3,4,1,4\nnan,nan,nan,nan\n")
VATIC = b'0 1 2 3.5 4 0 0 0 0 "a"\n0 2 2 4 4 8 1 0 0 "a"\n'
LABELS = (b"0\n8\n", b"0,1")
META = (b"[METAINFO]\nresolution: (1920, 1080)\nfps: 30\n",)
SIZES = b'{"a": [8, 6]}'
INFERRED = b'{"seqs": {"a": {"resolution_inferred": [8, 6], "dropped_frames_1based": [2]}}}'
OTB_RUNS = (
    b'[{"tracker": "KCF", "evalType": "OPE", "resType": "rect", "res": [[1, 2.5, 3, 4], [5, 6, 7, NaN]]}]',
    b'{"resType": "ivtAff", "tmplsize": [32, 32], "res": [[270.0, 107, 0.5, 0, 0, 0.8125]]}',
    b"[[1, 2, 3, 4], [5, 6, 7, 8]]",
)
OTB_SCORES = (
    b'{"name": "ALL", "tracker": "KCF", "evalType": "OPE", "seqs": ["a"],'
    b' "successRateList": [%b], "precisionList": [%b]}' % (b", ".join([b"0.5"] * 21), b", ".join([b"1"] * 51)),
)
FURTHER = (b"0,1,2,3,4\n1,5,6,7,8\n", b"1,2,3,4,0.5\n5,6,7,8,1\n", b"1 1 2 3 4 0.5\n2 5 6 7 8 NaN\n")
SETTINGS = (b'data = "benchmarks"\n', b"# nothing\n")
STATES = (b'@@TRAX:state "1.5,2,3,4" "confidence=0.5" \n', b'@@TRAX:state "1,2,3,4,5,6,7,8" \n', b"@@TRAX:state 1 \n")
ANSWERS = (b'{"box": [1, 2.5, 3, 4], "score": 0.5}\n', b"{}\n", b'{"error": "why"}\n')
SPECS = (b"opencv:csrt", b"onnx:nanotrack_v2?weights=DIR&threads=1", b"trax:python a.py --b 'c d'", b"process:a?b=c")


CVAT = (
    b"<annotations><meta><task><size>2</size><original_size><width>8</width><height>6</height></original_size></task>"
    b'</meta><track id="0" label="a"><box frame="0" outside="0" xtl="1" ytl="2" xbr="3.5" ybr="4"/>'
    b'<box frame="1" outside="1" xtl="1" ytl="2" xbr="3" ybr="4"/></track></annotations>',
)
LABEL_STUDIO = (
    b'[{"data": {"video": "a.mp4"}, "annotations": [{"result": [{"type": "videorectangle", "value": {"framesCount": 2,'
    b' "sequence": [{"frame": 1, "enabled": true, "x": 1.5, "y": 2, "width": 3, "height": 4, "rotation": 0}],'
    b' "labels": ["b"]}}]}]}]',
)
COCO = (
    b'{"videos": [{"id": 1, "name": "a", "width": 8, "height": 6}],'
    b' "images": [{"id": 1, "video_id": 1, "frame_id": 0}], "categories": [{"id": 1, "name": "b"}],'
    b' "annotations": [{"id": 1, "image_id": 1, "track_id": 2, "category_id": 1,'
    b' "bbox": [1, 2.5, 3, 4], "score": 0.5}]}',
)
IMAGE = cv2.imencode(".png", np.zeros((6, 8, 3), np.uint8))[1].tobytes()
MOT = (b"1,1,1,2.5,3,4,1,1,1\n2,1,5,6,7,8,0.5,-1,-1,-1\n",)
YOLO = (b"0 0.5 0.25 0.125 0.5\n1 0.5 0.5 0.5 0.5 0.75 3\n",)


def matlab_sample(*, packed: bool) -> bytes:
    run = {"type": "ivtAff", "res": np.ones((3, 6)), "tmplsize": np.array([32, 32], np.uint8), "len": 3}
    cell = np.empty((1, 1), dtype=object)
    cell[0, 0] = run
    stream = io.BytesIO()
    savemat(stream, {"results": cell}, do_compression=packed)
    return stream.getvalue()


def perfmat_sample() -> bytes:
    stream = io.BytesIO()
    names = np.array([["KCF"], ["MIL"]], dtype=object)
    savemat(stream, {"nameTrkAll": names, "aveSuccessRatePlot": np.full((2, 3, 21), 0.5)})
    return stream.getvalue()


def numpy_sample(*, columns: int) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.arange(3.0 * columns).reshape(3, columns))
    return stream.getvalue()


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


def config_samples() -> tuple[bytes, ...]:
    folder = Path(config_file.__file__).parent / "configs"
    return tuple(path.read_bytes() for path in sorted(folder.glob("*.toml")))


def published_samples() -> tuple[bytes, ...]:
    lines = resources.files("reports").joinpath("published.csv").read_bytes().splitlines(keepends=True)
    return b"".join(lines[:20]), lines[0] + lines[-1]


def weights_sample() -> bytes:
    config = json.dumps(asdict(VARIANTS["nano"]))
    return save({"a": torch.zeros(2, 3)}, {"format": FORMAT, "config": config, "data": "none"})


def exported_sample() -> bytes:
    content = {"format": EXPORT_FORMAT, "backend": "onnx", "facts": {"a": "b"}, "config": asdict(VARIANTS["nano"])}
    return json.dumps(content).encode()
