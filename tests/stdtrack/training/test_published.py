"""Stems read from published trackers' files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from evalkit.errors import InputError
from stdtrack.configs import NANO, PIXELS, Stem
from stdtrack.model.network import STDTrack
from stdtrack.model.stem import ConvolutionalStem, make_stem
from stdtrack.training.published import load_published

FEAR, NANOTRACK = "weights/fear_xs/fear_xs_noembs_track.onnx", "weights/nanotrack_v3/nanotrack_backbone.onnx"


def cut(path: Path, node: str) -> onnxruntime.InferenceSession:
    """The published graph with ``node`` as its only output."""
    model = onnx.load(path)
    del model.graph.output[:]
    model.graph.output.append(helper.make_tensor_value_info(node, TensorProto.FLOAT, None))
    return onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


def stem_of(name: Stem) -> ConvolutionalStem:
    stem = make_stem(name, 8)
    assert isinstance(stem, ConvolutionalStem)
    return stem.eval()


@pytest.mark.parametrize(
    ("name", "file", "coarse", "fine", "side", "bgr"),
    [
        ("fear_xs", FEAR, "input.123", "input.59", 256, False),
        ("nanotrack_v3", NANOTRACK, "output", "241", 255, True),
    ],
)
@torch.no_grad()
def test_a_stem_computes_what_the_published_network_does(
    shared: Path, name: Stem, file: str, coarse: str, fine: str, side: int, bgr: bool
) -> None:
    stem = stem_of(name)
    load_published(stem, name, shared / file)
    pixels = np.random.default_rng(0).integers(0, 256, (side, side, 3)).astype(np.float32)
    mean, std = (np.array(value, dtype=np.float32) for value in PIXELS[name])
    image = torch.from_numpy(((pixels / 255 - mean) / std).transpose(2, 0, 1)[None])
    given = np.ascontiguousarray((pixels[..., ::-1] if bgr else pixels).transpose(2, 0, 1)[None])
    for node, ours in zip((coarse, fine), stem.features(image), strict=True):
        session = cut(shared / file, node)
        # FEAR-XS's second input, the template's features, joins after the trunk: any value will do.
        inputs = {item.name: np.zeros(item.shape, np.float32) for item in session.get_inputs()}
        inputs[session.get_inputs()[0].name] = given
        expected = session.run(None, inputs)[0]
        scale = float(np.abs(expected).max())
        assert scale > 0.1, "a feature map of zeros would prove nothing"
        np.testing.assert_allclose(ours.numpy() / scale, expected / scale, rtol=0, atol=3e-5)


def write_layers(path: Path, shapes: list[tuple[int, ...]]) -> Path:
    """An ONNX file of unconnected convolutions of these weights."""
    nodes, tensors = [], []
    for number, shape in enumerate(shapes):
        names = [f"x{number}", f"w{number}", f"b{number}"]
        nodes.append(helper.make_node("Conv", names, [f"y{number}"]))
        tensors.append(numpy_helper.from_array(np.zeros(shape, np.float32), names[1]))
        tensors.append(numpy_helper.from_array(np.zeros(shape[0], np.float32), names[2]))
    onnx.save(helper.make_model(helper.make_graph(nodes, "g", [], [], tensors)), path)
    return path


def test_another_trackers_file_is_refused(tmp_path: Path) -> None:
    path = write_layers(tmp_path / "other.onnx", [(16, 3, 3, 3), (16, 1, 5, 5)])
    with pytest.raises(InputError, match=r"other\.onnx.*layer 2 has the shape \(16, 1, 5, 5\).*\(16, 1, 3, 3\)"):
        load_published(stem_of("fear_xs"), "fear_xs", path)


def test_a_file_that_ends_early_is_refused(tmp_path: Path) -> None:
    path = write_layers(tmp_path / "short.onnx", [(16, 3, 3, 3)])
    with pytest.raises(InputError, match="layer 2"):
        load_published(stem_of("fear_xs"), "fear_xs", path)


def test_what_is_no_onnx_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.onnx").write_text("hello, this is text\n")
    with pytest.raises(InputError, match="no ONNX file"):
        load_published(stem_of("fear_xs"), "fear_xs", tmp_path / "text.onnx")
    with pytest.raises(InputError, match="no such file"):
        load_published(stem_of("fear_xs"), "fear_xs", tmp_path / "none.onnx")


@pytest.mark.parametrize("name", ["patch", "efficientnet_lite0"])
def test_a_stem_of_no_tracker_takes_no_trackers_weights(name: Stem, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"stem '{name}'"):
        load_published(make_stem(name, 8), name, tmp_path)


@pytest.mark.parametrize("name", ["fear_xs", "nanotrack_v3"])
def test_a_network_tracks_with_the_stem(name: Stem) -> None:
    mean, std = PIXELS[name]
    model = STDTrack(replace(NANO, stem=name, mean=mean, std=std, depth=1)).eval()
    side = NANO.search_size
    with torch.no_grad():
        state = model.init_state(torch.rand(1, 3, NANO.template_size, NANO.template_size))
        output, _ = model.step(state, torch.rand(1, 3, side, side))
    assert output.score.shape == (1, 1, side // 8, side // 8)
