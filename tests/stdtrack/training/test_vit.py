"""Vision Transformers' files as initial backbones: made-up weights of the shapes that people have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor

from evalkit.errors import InputError
from stdtrack.configs import BASE, NANO
from stdtrack.model.network import STDTrack
from stdtrack.training.config_file import load_config
from stdtrack.training.loop import build_model
from stdtrack.training.vit import load_backbone, placed_positions, resized_kernel

DIM, DEPTH, HEADS = 24, 2, 3
TINY = replace(BASE, dim=DIM, depth=DEPTH, heads=HEADS)
State = dict[str, Tensor]


def timm(patch: int = 16, tokens: int = 1, grid: int = 14, depth: int = DEPTH, scale: bool = False) -> State:
    """A state dict in timm's naming, with random numbers."""
    torch.manual_seed(0)
    state = {
        "cls_token": torch.randn(1, 1, DIM),
        "pos_embed": torch.randn(1, tokens + grid * grid, DIM),
        "patch_embed.proj.weight": torch.randn(DIM, 3, patch, patch),
        "patch_embed.proj.bias": torch.randn(DIM),
        "head.weight": torch.randn(10, DIM),
    }
    for block in [f"blocks.{index}." for index in range(depth)]:
        shapes = {
            "attn.qkv": (3 * DIM, DIM),
            "attn.proj": (DIM, DIM),
            "mlp.fc1": (4 * DIM, DIM),
            "mlp.fc2": (DIM, 4 * DIM),
        }
        state |= {f"{block}{name}.weight": torch.randn(shape) * 0.2 for name, shape in shapes.items()}
        state |= {f"{block}{name}.bias": torch.randn(shape[0]) * 0.2 for name, shape in shapes.items()}
        state |= {
            f"{block}{norm}.{kind}": torch.randn(DIM) for norm in ("norm1", "norm2") for kind in ("weight", "bias")
        }
        if scale:
            state |= {f"{block}ls{number}.gamma": torch.rand(DIM) for number in (1, 2)}
    return state | {"norm.weight": torch.randn(DIM), "norm.bias": torch.randn(DIM)}


def hugging_face(state: State, prefix: str = "vit.") -> State:
    """The same in Hugging Face's naming (modeling_vit.py, modeling_deit.py)."""
    names = {
        "cls_token": "embeddings.cls_token",
        "pos_embed": "embeddings.position_embeddings",
        "patch_embed.proj.": "embeddings.patch_embeddings.projection.",
        "attn.proj.": "attention.output.dense.",
        "mlp.fc1.": "intermediate.dense.",
        "mlp.fc2.": "output.dense.",
        "norm1.": "layernorm_before.",
        "norm2.": "layernorm_after.",
        "ls1.gamma": "layer_scale1.lambda1",
        "ls2.gamma": "layer_scale2.lambda1",
    }
    renamed: State = {}
    for key, tensor in state.items():
        name = key.replace("blocks.", "encoder.layer.")
        for old, new in names.items():
            name = name.replace(old, new)
        name = "layernorm." + name.removeprefix("norm.") if name.startswith("norm.") else name
        if "attn.qkv" in name:
            for part, value in zip(("query", "key", "value"), tensor.chunk(3), strict=True):
                renamed[prefix + name.replace("attn.qkv", f"attention.attention.{part}")] = value
        else:
            renamed[("" if key.startswith("head") else prefix) + name] = tensor
    return renamed


def transformer(state: State, x: Tensor) -> Tensor:
    """The blocks and the last norm of a Vision Transformer, from its definition."""

    def linear(x: Tensor, name: str) -> Tensor:
        return x @ state[f"{name}.weight"].t() + state[f"{name}.bias"]

    def norm(x: Tensor, name: str) -> Tensor:
        return F.layer_norm(x, (DIM,), state[f"{name}.weight"], state[f"{name}.bias"])

    for block in [f"blocks.{index}" for index in range(DEPTH)]:
        q, k, v = (
            part.view(*x.shape[:2], HEADS, -1).transpose(1, 2)
            for part in linear(norm(x, f"{block}.norm1"), f"{block}.attn.qkv").chunk(3, dim=-1)
        )
        mixed = torch.softmax(q @ k.transpose(2, 3) / (DIM // HEADS) ** 0.5, dim=-1) @ v
        y = linear(mixed.transpose(1, 2).flatten(2), f"{block}.attn.proj")
        x = x + y * state.get(f"{block}.ls1.gamma", torch.ones(DIM))
        hidden = F.gelu(linear(norm(x, f"{block}.norm2"), f"{block}.mlp.fc1"), approximate="tanh")
        x = x + linear(hidden, f"{block}.mlp.fc2") * state.get(f"{block}.ls2.gamma", torch.ones(DIM))
    return norm(x, "norm")


@pytest.mark.parametrize("scale", [False, True])
@torch.no_grad()
def test_the_backbone_computes_what_the_transformer_does(tmp_path: Path, scale: bool) -> None:
    state = timm(scale=scale)
    torch.save({"model": state}, tmp_path / "vit.pth")
    backbone = STDTrack(TINY).eval().backbone
    load_backbone(backbone, tmp_path / "vit.pth")
    image = torch.randn(1, 3, TINY.search_size, TINY.search_size)
    tokens, _ = backbone.embed_search(image)
    patches = F.conv2d(image, state["patch_embed.proj.weight"], state["patch_embed.proj.bias"], stride=16)
    expected = patches.flatten(2).transpose(1, 2) + placed_positions(state["pos_embed"], 16, 16)
    torch.testing.assert_close(tokens, expected)
    nothing = torch.zeros(DEPTH, 1, 0, 2, HEADS, DIM // HEADS)
    found = backbone(tokens, nothing)
    torch.testing.assert_close(backbone.norm(found), transformer(state, tokens), rtol=1e-3, atol=1e-4)


def wrapped_as_deit(state: State, folder: Path) -> Path:
    torch.save({"model": state}, folder / "deit.pth")
    return folder / "deit.pth"


def wrapped_as_dino(state: State, folder: Path) -> Path:
    teacher = {f"backbone.{key}": value for key, value in state.items()} | {"head.mlp.0.weight": torch.zeros(2)}
    torch.save({"student": {}, "teacher": teacher, "epoch": 3}, folder / "dino.pth")
    return folder / "dino.pth"


def wrapped_as_mae(state: State, folder: Path) -> Path:
    decoder = {
        "decoder_blocks.0.norm1.weight": torch.zeros(7),
        "mask_token": torch.zeros(1),
        "decoder_pos_embed": torch.zeros(1),
    }
    torch.save({"model": state | decoder, "optimizer": {"lr": 0.1}}, folder / "mae.pth")
    return folder / "mae.pth"


def as_hugging_face(state: State, folder: Path) -> Path:
    save_file({key: value.contiguous() for key, value in hugging_face(state).items()}, folder / "hf.safetensors")
    return folder / "hf.safetensors"


def as_plain_hugging_face(state: State, folder: Path) -> Path:
    torch.save(hugging_face(state, prefix=""), folder / "plain.bin")
    return folder / "plain.bin"


@pytest.mark.parametrize(
    "write", [wrapped_as_deit, wrapped_as_dino, wrapped_as_mae, as_hugging_face, as_plain_hugging_face]
)
def test_every_naming_and_wrapping_gives_the_same_backbone(
    write: Callable[[State, Path], Path], tmp_path: Path
) -> None:
    state = timm(tokens=2, scale=True)  # a distilled DeiT has two tokens without a place
    save_file(state, tmp_path / "reference.safetensors")
    models = [STDTrack(TINY).backbone for _ in range(2)]
    for model, path in zip(models, (tmp_path / "reference.safetensors", write(state, tmp_path)), strict=True):
        load_backbone(model, path)
    first, second = (model.state_dict() for model in models)
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_template_and_search_have_the_same_position_at_the_same_place() -> None:
    rows = torch.linspace(-1, 1, 14).repeat_interleave(14)
    positions = torch.cat((torch.full((1, 1, 1), 9.0), rows.view(1, -1, 1)), dim=1)
    search, template = placed_positions(positions, 16, 16).view(16, 16), placed_positions(positions, 8, 16).view(8, 8)
    torch.testing.assert_close(template, search[4:12, 4:12])
    assert (search[1:] - search[:-1]).min() > -1e-3, "rows stay in order"
    torch.testing.assert_close(search[:, 0], search[:, 9], rtol=0, atol=1e-5)
    whole = torch.randn(1, 256, 3)
    torch.testing.assert_close(placed_positions(whole, 16, 16), whole, rtol=0, atol=1e-4)


def test_resized_kernels_give_an_even_patch_the_same_token() -> None:
    kernel = F.interpolate(torch.randn(5, 3, 3, 3), size=(14, 14), mode="bilinear")
    assert resized_kernel(kernel, 14) is kernel
    resized = resized_kernel(kernel, 16)
    assert resized.shape == (5, 3, 16, 16)
    torch.testing.assert_close(resized.sum((1, 2, 3)), kernel.sum((1, 2, 3)), rtol=0.03, atol=0.5)


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    backbone = STDTrack(TINY).backbone
    short = timm(depth=1)
    save_file(short, tmp_path / "short.safetensors")
    with pytest.raises(InputError, match=r"no tensor 'blocks\.1\."):
        load_backbone(backbone, tmp_path / "short.safetensors")
    save_file(timm(), tmp_path / "narrow.safetensors")
    wide = STDTrack(replace(TINY, dim=48)).backbone
    with pytest.raises(InputError, match="would have the shape"):
        load_backbone(wide, tmp_path / "narrow.safetensors")
    with pytest.raises(InputError, match="no such file"):
        load_backbone(backbone, tmp_path / "none.pth")
    (tmp_path / "text.pth").write_text("no weights")
    with pytest.raises(InputError, match="is no file of weights"):
        load_backbone(backbone, tmp_path / "text.pth")
    torch.save({"epoch": 3}, tmp_path / "empty.pth")
    with pytest.raises(InputError, match="holds no tensors"):
        load_backbone(backbone, tmp_path / "empty.pth")
    with pytest.raises(InputError, match="patch stem"):
        load_backbone(STDTrack(NANO).backbone, tmp_path / "short.safetensors")


def test_a_run_starts_from_the_file_that_its_config_names(tmp_path: Path) -> None:
    (tmp_path / "run.toml").write_text(
        f'variant = "small"\ndata_root = "{tmp_path}"\ninit_backbone = "vit.safetensors"\n'
        '[[stages]]\nsteps = 1\n[[sources]]\nkind = "procedural"\n'
    )
    with pytest.raises(InputError, match=r"vit\.safetensors"):
        build_model(load_config(tmp_path / "run.toml"))
