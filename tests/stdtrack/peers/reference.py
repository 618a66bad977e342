"""The peers' variants, and what the official code answered for weights and inputs that come from seeds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from evalkit.types import Image
from stdtrack.peers.family import Family
from stdtrack.peers.network import PeerNetwork

TIGHT = 1e-5
"""Limit of intermediates, of the largest value or the deviation that is stated."""


@dataclass(frozen=True)
class Variant:
    """A spec, the folder of its reference data, and its parameters before folding.

    Another size of what a smaller variant shows already is ``slow`` where its network runs.
    """

    spec: str
    folder: str
    parameters: int
    slow: bool = False

    @property
    def family(self) -> Family[Any]:
        """The family that its prefix names."""
        family: Family[Any] = import_module(f"stdtrack.peers.{self.spec.partition(':')[0]}").FAMILY
        return family

    @property
    def name(self) -> str:
        """What stands after the prefix."""
        return self.spec.partition(":")[2]

    def network(self) -> PeerNetwork:
        """With the recipe's weights, unfolded."""
        return self.family.random(self.family.variants[self.name])


VARIANTS = (
    Variant("asymtrack:t", "asymtrack_t", 3_626_079),
    Variant("asymtrack:s", "asymtrack_s", 3_936_223),
    Variant("asymtrack:b", "asymtrack_b", 3_936_223),
    Variant("hit:base", "HiT_Base", 42_220_250),
    Variant("hit:small", "HiT_Small", 11_069_794),
    Variant("hit:tiny", "HiT_Tiny", 9_628_530),
    Variant("ostrack:256", "OSTrack_256_CE", 92_518_533),
    Variant("litetrack:b4", "LiteTrack_B4", 35_820_953),
    Variant("litetrack:b6", "LiteTrack_B6", 49_998_233, slow=True),
    Variant("litetrack:b8", "LiteTrack_B8", 64_175_513, slow=True),
    Variant("litetrack:b9", "LiteTrack_B9", 71_264_153, slow=True),
    Variant("mixformer:cvt21", "mixformer_cvt21", 35_980_906),
    Variant("mixformerv2:s", "mixformerv2_s", 16_228_897),
    Variant("mixformerv2:b", "mixformerv2_b", 58_855_201, slow=True),
    Variant("smat:base", "smat", 3_767_409),
)


def variants(prefix: str) -> list[Variant]:
    """Those of a family."""
    return [variant for variant in VARIANTS if variant.spec.startswith(f"{prefix}:")]


def marked(variants: Iterable[Variant]) -> list[Any]:
    """Parameters of a test that runs the network."""
    return [
        pytest.param(variant, id=variant.spec, marks=[pytest.mark.slow] if variant.slow else []) for variant in variants
    ]


def peers(shared: Path, variant: Variant) -> Path:
    """The folder of a variant's reference data."""
    return shared / "peers" / variant.folder


def expected_arrays(shared: Path, variant: Variant) -> Mapping[str, NDArray[Any]]:
    """All arrays of ``expected.npz``."""
    with np.load(peers(shared, variant) / "expected.npz") as file:
        return dict(file)


def state_entries(shared: Path, variant: Variant) -> list[tuple[str, tuple[int, ...], str]]:
    """Name, shape and type of every tensor, in the official order."""
    content = json.loads((peers(shared, variant) / "state.json").read_text())
    entries = content.items() if isinstance(content, dict) else ((entry["key"], entry) for entry in content)
    return [(key, tuple(entry["shape"]), entry["dtype"]) for key, entry in entries]


def noise(side: int, seed: int) -> Tensor:
    """The network's input (1, 3, side, side) of a seed: template 1, search 2, online template 3."""
    drawn = np.random.default_rng(seed).standard_normal((1, 3, side, side)).astype(np.float32)
    return torch.from_numpy(drawn)


class Call(NamedTuple):
    """What a submodule was called with, and what it returned."""

    inputs: tuple[Any, ...]
    output: Any


@contextmanager
def called(network: nn.Module, *paths: str) -> Iterator[dict[str, list[Call]]]:
    """The calls of submodules, in their order, by the submodule's path."""
    calls: dict[str, list[Call]] = {path: [] for path in paths}

    def keep(path: str) -> Any:
        return lambda module, inputs, output: calls[path].append(Call(inputs, output))

    handles = [network.get_submodule(path).register_forward_hook(keep(path)) for path in paths]
    yield calls
    for handle in handles:
        handle.remove()


@contextmanager
def captured(network: nn.Module, modules: Mapping[str, str]) -> Iterator[dict[str, list[Tensor]]]:
    """The outputs of submodules, in the order of their calls, by the names given to them."""
    outputs: dict[str, list[Tensor]] = {}
    with called(network, *modules.values()) as calls:
        yield outputs
    outputs |= {name: [call.output for call in calls[path]] for name, path in modules.items()}


def assert_tokens(expected: Mapping[str, NDArray[Any]], name: str, tokens_NC: Tensor) -> None:
    """Equal to ``mid_NAME``, which has every eighth channel, and to the means over all channels."""
    found = tokens_NC.detach().numpy()
    assert_close(found[:, ::8], expected[f"mid_{name}"], name)
    assert_close(found.mean(axis=1), expected[f"mid_{name}_mean"], f"mean of {name}")


def assert_close(found: NDArray[Any] | Tensor, expected: NDArray[Any], name: str, limit: float = TIGHT) -> None:
    """Equal within ``limit`` times the largest value."""
    values = found.detach().numpy() if isinstance(found, Tensor) else found
    assert values.shape == expected.shape, name
    worst = float(np.abs(values.astype(np.float64) - expected).max() / np.abs(expected).max())
    assert worst <= limit, f"{name} differs by {worst:.1e} of its largest value"


def assert_within(
    expected: Mapping[str, NDArray[Any]], name: str, found: NDArray[Any] | Tensor, limit: float = 2 * TIGHT
) -> None:
    """Equal to an array within ``limit`` times its deviation; of long lists of tokens it has some rows alone."""
    values, wanted = np.asarray(found, dtype=np.float64), expected[name]
    if f"rows_{name}" in expected:
        values = values[:, expected[f"rows_{name}"]]
    assert values.size == wanted.size, name
    worst = float(np.abs(values.reshape(wanted.shape) - wanted).max() / (wanted.std() or 1.0))
    assert worst <= limit, f"{name} differs by {worst:.1e} of its deviation"


def sampled(map_BCHW: Tensor) -> Tensor:
    """Every so many rows and columns of a map that about eight a side remain, from the first on."""
    step = max(1, map_BCHW.shape[-1] // 8)
    return map_BCHW[..., ::step, ::step]


def crossing(shared: Path, frame: int) -> Image:
    """A frame of OTB100's Crossing, counted from 1."""
    (path,) = (shared / "benchmarks" / "OTB100" / "Crossing").rglob(f"{frame:04d}.jpg")
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR_RGB), dtype=np.uint8)


@dataclass(frozen=True)
class OnlineFrame:
    """One frame of the official online tracker: the state forced before it, its crop, and its box twice."""

    frame: int
    state: NDArray[np.float64]
    crop_sum: int
    before_clip: NDArray[np.float64]
    box: NDArray[np.float64]


@dataclass(frozen=True)
class CropCase:
    """A crop of Crossing's first frame."""

    box: NDArray[np.float64]
    factor: float
    size: int
    crc32: int
    scale: float


def online_frames(shared: Path, variant: Variant) -> tuple[NDArray[np.float64], list[OnlineFrame]]:
    """The first box, and the frames after it."""
    content = json.loads((peers(shared, variant) / "boxes.json").read_text())
    return np.array(content["init_box"]), [_online_frame(entry) for entry in content["frames"]]


def template_sum(shared: Path, variant: Variant) -> int:
    """The sum of all values of the template's crop."""
    content = json.loads((peers(shared, variant) / "boxes.json").read_text())
    return int(content["template_crop"]["sum"])


def _online_frame(entry: dict[str, Any]) -> OnlineFrame:
    def either(*names: str) -> Any:
        return next(entry[name] for name in names if name in entry)

    return OnlineFrame(
        entry["frame"],
        np.array(either("state_before", "forced_state")),
        either("crop", "search_crop")["sum"],
        np.array(either("box_before_clipping", "box_before_clip")),
        np.array(entry["box"]),
    )


def crop_cases(shared: Path, variant: Variant) -> list[CropCase]:
    """Crops that need padding or half-way rounding, and the template's."""
    content = json.loads((peers(shared, variant) / "boxes.json").read_text())
    cases = content.get("edge_crops_of_frame_1") or content.get("crop_cases") or []
    return [
        CropCase(
            np.array(case.get("state", case.get("box"))),
            case["factor"],
            case.get("output", case.get("size")),
            case["crc32"],
            case["resize_factor"],
        )
        for case in cases
    ]
