"""Checkpoints: what goes in comes out; what is not one is refused by name."""

from __future__ import annotations

import json
import os
import pickle
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from evalkit.errors import InputError
from stdtrack.checkpoints import load_model, save_model, shipped_weights, untrained, without_blocks
from stdtrack.configs import NANO, OnlineConfig
from stdtrack.tensor_file import PICKLE_MARKS
from tests.stdtrack.tiny import TINY, clip, make


@pytest.fixture
def path(tmp_path: Path) -> Path:
    target = tmp_path / "tiny.safetensors"
    save_model(target, make(TINY), {"data": "none"})
    return target


def test_round_trip(path: Path) -> None:
    model = load_model(path, TINY)
    assert model.config == TINY
    assert torch.equal(model.forward_clip(*clip(TINY)).score, make(TINY).forward_clip(*clip(TINY)).score)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_facts_stay_with_the_weights(path: Path) -> None:
    with safe_open(path, framework="pt") as archive:
        assert archive.metadata()["data"] == "none"


def test_other_online_settings_are_the_same_network(path: Path) -> None:
    assert load_model(path, replace(TINY, name="else", online=OnlineConfig(size_smoothing=0.9))).config == TINY


def test_first_differing_key_is_named(path: Path) -> None:
    with pytest.raises(InputError, match="'depth' is 2, 'tiny' has 3"):
        load_model(path, replace(TINY, depth=3, capacity=9))


@pytest.mark.parametrize("protocol", [2, 4, None])
def test_pickles_are_refused(tmp_path: Path, protocol: int | None) -> None:
    path = tmp_path / "model.pth"
    if protocol is None:
        torch.save({"a": torch.zeros(1)}, path)
    else:
        path.write_bytes(pickle.dumps({"a": 1}, protocol=protocol))
    with pytest.raises(InputError, match="pickle"):
        load_model(path)


@pytest.mark.parametrize("mark", PICKLE_MARKS[1:])
def test_a_header_as_long_as_a_pickles_mark_is_none(tmp_path: Path, mark: bytes) -> None:
    path = tmp_path / "tiny.safetensors"
    save_model(path, make(TINY), {"pad": ""})
    wanted = int.from_bytes(mark, "little") + 2**16
    save_model(path, make(TINY), {"pad": " " * (wanted - int.from_bytes(path.read_bytes()[:8], "little"))})
    assert path.read_bytes().startswith(mark)
    assert load_model(path).config == TINY


START = make(TINY).state_dict()["start_11C"].shape


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
def test_floating_weights_of_another_width_are_converted(path: Path, kind: torch.dtype) -> None:
    expected = load_model(path).state_dict()["start_11C"].to(kind).float()
    found = load_model(rewritten(path, {"start_11C": expected.to(kind)}, {})).state_dict()["start_11C"]
    assert found.dtype == torch.float32
    assert torch.equal(found, expected)


def with_header(path: Path, header: bytes, data: bytes = b"") -> Path:
    path.write_bytes(len(header).to_bytes(8, "little") + header + data)
    return path


ENTRY = b'"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}'


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        (b"{" + ENTRY + b"," + ENTRY + b"}", "names 'a' twice"),
        (b"{" + ENTRY.replace(b"[0,4]", b"[0,8]") + b"}", "no safetensors"),
        (b"{" + ENTRY.replace(b"[0,4]", b"[4,0]") + b"}", "no safetensors"),
        (b"{" + ENTRY.replace(b"[1]", b"[18446744073709551615,2]") + b"}", "no safetensors"),
        (b"{" + ENTRY.replace(b"F32", b"F31") + b"}", "no safetensors"),
        (b'{"__metadata__":{"format":3},' + ENTRY + b"}", "no safetensors"),
        (b'{"__metadata__":{"x":"1","x":"2"},' + ENTRY + b"}", "names 'x' twice"),
        (b"[" * 50_000, "no safetensors"),
    ],
)
def test_a_header_that_lies_is_refused(tmp_path: Path, header: bytes, problem: str) -> None:
    with pytest.raises(InputError, match=problem) as caught:
        load_model(with_header(tmp_path / "a.safetensors", header, bytes(4)))
    assert "\n" not in str(caught.value)


def test_a_length_beyond_the_file_and_what_is_no_file(tmp_path: Path) -> None:
    cut = tmp_path / "cut.safetensors"
    for length in (3, 2**40, 2**64 - 1):
        cut.write_bytes(length.to_bytes(8, "little") + b"{}")
        with pytest.raises(InputError, match="no safetensors"):
            load_model(cut)
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(InputError, match="is no regular file"):
            load_model(path)


def rewritten(path: Path, tensors: dict[str, torch.Tensor | None], config: dict[str, object]) -> Path:
    """The checkpoint with some tensors replaced (None: dropped) and some config keys replaced (None: dropped)."""
    with safe_open(path, framework="pt") as archive:
        metadata = archive.metadata()
        content = {key: archive.get_tensor(key) for key in archive.keys()}  # noqa: SIM118
    values = {**json.loads(metadata["config"]), **config}
    metadata["config"] = json.dumps({key: value for key, value in values.items() if value is not None})
    content = {key: value for key, value in {**content, **tensors}.items() if value is not None}
    save_file(content, path, metadata)
    return path


@pytest.mark.parametrize(
    ("tensors", "config", "problem"),
    [
        ({"start_11C": None}, {}, "'start_11C' is missing"),
        ({"extra": torch.zeros(1)}, {}, "'extra' is unknown"),
        ({"start_11C": torch.zeros(1, 1, 5)}, {}, r"'start_11C' has shape \(1, 1, 5\)"),
        ({"start_11C": torch.zeros(0)}, {}, r"'start_11C' has shape \(0,\)"),
        ({"start_11C": torch.zeros(START, dtype=torch.int8)}, {}, "'start_11C' holds int8, the network needs float32"),
        ({"start_11C": torch.zeros(START, dtype=torch.bool)}, {}, "'start_11C' holds bool"),
        ({"start_11C": torch.zeros(START, dtype=torch.complex64)}, {}, "'start_11C' holds complex64"),
        ({"start_11C": torch.zeros(START, dtype=torch.float8_e4m3fn)}, {}, "'start_11C' holds float8_e4m3fn"),
        ({"start_11C": torch.full(START, float("nan"))}, {}, "'start_11C' holds values that are not finite float32"),
        ({"start_11C": torch.full(START, 1e300, dtype=torch.float64)}, {}, "'start_11C' holds values that are not"),
        ({}, {"depth": None}, "config key 'depth' is missing"),
        ({}, {"colour": 3}, "config key 'colour' is unknown"),
        ({}, {"depth": "two"}, "config key 'depth' is 'two'"),
        ({}, {"tower_dims": [32, True]}, r"config key 'tower_dims' is '\(32, True\)'"),
        ({}, {"online": [1]}, "config key 'lost_quality' is missing"),
        ({}, {"search_factor": float("nan")}, "config key 'search_factor' is 'nan'"),
        ({}, {"search_size": -16}, "describes no network"),
    ],
)
def test_what_does_not_fit_is_named(
    path: Path, tensors: dict[str, torch.Tensor | None], config: dict[str, object], problem: str
) -> None:
    with pytest.raises(InputError, match=problem):
        load_model(rewritten(path, tensors, config))


def test_foreign_files(tmp_path: Path) -> None:
    garbage = tmp_path / "garbage.safetensors"
    garbage.write_bytes(b"not a checkpoint at all")
    with pytest.raises(InputError, match="no safetensors"):
        load_model(garbage)
    foreign = tmp_path / "foreign.safetensors"
    save_file({"a": torch.zeros(1)}, foreign)
    with pytest.raises(InputError, match="no checkpoint of STDTrack"):
        load_model(foreign)


def test_unknown_variant() -> None:
    with pytest.raises(InputError, match="unknown variant"):
        shipped_weights("giant")


def test_untrained_is_reproducible_and_leaves_random_state_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    one = untrained(TINY)
    assert torch.equal(torch.rand(1), expected)
    other = untrained(TINY)
    assert all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


def test_shipped_weights_fit_and_are_small() -> None:
    path = shipped_weights("nano")
    if path is None:
        pytest.skip("nano has no weights yet")
    assert path.stat().st_size <= 12e6
    assert load_model(path, NANO).config.name == "nano"


@pytest.mark.parametrize("dropped", [(0,), (1,), (2,), (2, 0)])
def test_blocks_are_left_out_and_those_behind_move_up(dropped: tuple[int, ...]) -> None:
    model = make(replace(TINY, depth=3))
    shorter = without_blocks(model, dropped).eval()
    assert shorter.config == replace(TINY, depth=3 - len(dropped))
    model.backbone.blocks = torch.nn.ModuleList(
        block for number, block in enumerate(model.backbone.blocks) if number not in dropped
    )
    assert torch.equal(shorter.forward_clip(*clip(TINY)).score, model.forward_clip(*clip(TINY)).score)


@pytest.mark.parametrize("dropped", [(3,), (-1,), (1, 1), (0, 1, 2)])
def test_blocks_that_cannot_be_left_out_are_refused(dropped: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="blocks are 0 to 2"):
        without_blocks(make(replace(TINY, depth=3)), dropped)
