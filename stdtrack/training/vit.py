"""An initial backbone from a Vision Transformer's file: DeiT, MAE, DINO and others in timm's or Hugging Face's naming.

Class and distillation tokens, heads and a decoder are left behind. Positions are interpolated to the grids of template
and search, patch kernels to 16 x 16 pixels, and a layer's scale becomes part of the matrix before it.
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from evalkit.errors import InputError
from stdtrack.model.backbone import Backbone
from stdtrack.model.stem import PatchStem

State = Mapping[str, Tensor]

WRAPPERS = ("model", "state_dict", "teacher", "student", "module")
"""Keys under which published files keep the tensors."""
PREFIX = re.compile(r"^(?:(?:module|backbone|encoder|model|vit|deit|dinov2|base_model)\.)+(?!layer\.)")

HUGGING_FACE: tuple[tuple[str, str], ...] = (
    (r"embeddings\.position_embeddings$", "pos_embed"),
    (r"embeddings\.patch_embeddings\.projection\.", "patch_embed.proj."),
    (r"(?:encoder\.)?layer\.(\d+)\.", r"blocks.\1."),
    (r"attention\.output\.dense\.", "attn.proj."),
    (r"attention\.(?:attention\.)?(query|key|value)\.", r"attn.\1."),
    (r"intermediate\.dense\.", "mlp.fc1."),
    (r"(blocks\.\d+\.)output\.dense\.", r"\1mlp.fc2."),
    (r"layernorm_before\.", "norm1."),
    (r"layernorm_after\.", "norm2."),
    (r"layer_scale(\d)\.lambda1$", r"ls\1.gamma"),
    (r"^layernorm\.", "norm."),
)
"""Hugging Face's names as timm's, applied in this order."""


def load_backbone(backbone: Backbone, path: Path) -> None:
    """Fill a backbone with a patch stem from a Vision Transformer's file, in place; its first blocks are taken.

    Args:
        path: safetensors, or a file of ``torch.save`` with nothing but tensors and plain values in it.

    Raises:
        InputError: the backbone has another stem, the file cannot be read, lacks a tensor, or is of another width.
    """
    if not isinstance(backbone.stem, PatchStem):
        raise InputError("init_backbone needs a patch stem", hint="variant = 'base' or 'small'")
    source = timm_names(read_tensors(path))
    own = backbone.state_dict()
    try:
        made = converted(source, own, len(backbone.blocks))
    except KeyError as error:
        raise InputError(
            f"has no tensor {error}", path=path, hint="a ViT in timm's or Hugging Face's naming"
        ) from error
    for key, tensor in made.items():
        if tensor.shape != own[key].shape:
            found, wanted = tuple(tensor.shape), tuple(own[key].shape)
            raise InputError(f"'{key}' would have the shape {found}, the network needs {wanted}", path=path)
        own[key].copy_(tensor)


def read_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a file, taken out of the wrappers that published files put around them."""
    try:
        content: Any = _read(path)
    except FileNotFoundError as error:
        raise InputError("there is no such file", path=path) from error
    except (OSError, RuntimeError, EOFError, SafetensorError, pickle.UnpicklingError) as error:
        raise InputError(f"is no file of weights: {str(error).splitlines()[0]}", path=path) from error
    tensors = {key: value for key, value in _unwrapped(content).items() if isinstance(value, Tensor)}
    if not tensors:
        raise InputError("holds no tensors", path=path)
    return tensors


def _read(path: Path) -> Any:
    """What a file holds; of a pickle, nothing but tensors and plain values."""
    if path.suffix == ".safetensors":
        return load_file(path)
    return torch.load(path, map_location="cpu", weights_only=True)


def _unwrapped(content: Any) -> Mapping[str, Any]:
    """The innermost mapping under the keys of :data:`WRAPPERS`; empty where there is none."""
    if not isinstance(content, dict):
        return {}
    inner = next((content[key] for key in WRAPPERS if isinstance(content.get(key), dict)), None)
    return content if inner is None else _unwrapped(inner)


def timm_names(state: State) -> dict[str, Tensor]:
    """The tensors under timm's names.

    >>> zero = torch.zeros(1)
    >>> list(timm_names({"vit.encoder.layer.3.layernorm_before.bias": zero, "module.blocks.0.norm1.bias": zero}))
    ['blocks.3.norm1.bias', 'blocks.0.norm1.bias']
    """
    renamed = {}
    for key, tensor in state.items():
        name = PREFIX.sub("", key)
        for pattern, replacement in HUGGING_FACE:
            name = re.sub(pattern, replacement, name)
        renamed[name] = tensor.float()
    return renamed


def converted(source: State, own: State, depth: int) -> dict[str, Tensor]:
    """Tensors under the backbone's own names from timm's; raises KeyError for one that is missing.

    Args:
        own: the backbone's state, for the sizes of positions and patches.
        depth: blocks to take.
    """
    patch = own["stem.projection.weight"].shape[-1]
    made = {
        "stem.projection.weight": resized_kernel(source["patch_embed.proj.weight"], patch),
        "stem.projection.bias": source["patch_embed.proj.bias"],
        "norm.weight": source["norm.weight"],
        "norm.bias": source["norm.bias"],
    }
    search = grid_of(own["search_position_1NC"])
    for name in ("template_position_1MC", "search_position_1NC"):
        made[name] = placed_positions(source["pos_embed"], grid_of(own[name]), search)
    for index in range(depth):
        made |= {f"blocks.{index}.{key}": tensor for key, tensor in block_tensors(source, f"blocks.{index}.").items()}
    return made


def block_tensors(source: State, prefix: str) -> dict[str, Tensor]:
    """One block's tensors under our names."""
    tensors: dict[str, Tensor] = {}
    for kind in ("weight", "bias"):
        for norm in ("norm1", "norm2"):
            tensors[f"{norm}.{kind}"] = source[f"{prefix}{norm}.{kind}"]
        if f"{prefix}attn.query.{kind}" in source:
            parts = [source[f"{prefix}attn.{part}.{kind}"] for part in ("query", "key", "value")]
            tensors[f"attention.qkv.{kind}"] = torch.cat(parts)
        else:
            tensors[f"attention.qkv.{kind}"] = source[f"{prefix}attn.qkv.{kind}"]
        tensors[f"attention.out.{kind}"] = scaled(source, f"{prefix}attn.proj.{kind}", f"{prefix}ls1.gamma")
        tensors[f"mlp.0.{kind}"] = source[f"{prefix}mlp.fc1.{kind}"]
        tensors[f"mlp.2.{kind}"] = scaled(source, f"{prefix}mlp.fc2.{kind}", f"{prefix}ls2.gamma")
    return tensors


def scaled(source: State, name: str, scale: str) -> Tensor:
    """A matrix (O, I) or bias (O,) with the layer's scale (O,), if there is one, worked in."""
    tensor = source[name]
    return tensor * source[scale].view(-1, *[1] * (tensor.ndim - 1)) if scale in source else tensor


def grid_of(positions: Tensor) -> int:
    """Cells along a side of square positions (1, N, C) after the tokens that have no place.

    >>> [grid_of(torch.zeros(1, count, 8)) for count in (196, 197, 198)]
    [14, 14, 14]
    """
    return int(positions.shape[1] ** 0.5)


def placed_positions(positions: Tensor, cells: int, search: int) -> Tensor:
    """(1, N, C) -> (1, cells * cells, C): the middle of what a search grid of ``search`` cells stretches them over.

    Template and search show the target at the same scale, so a place has the same position in both.
    """
    grid = grid_of(positions)
    map_1CGG = positions[:, -grid * grid :].transpose(1, 2).reshape(1, -1, grid, grid)
    axis = (torch.arange(cells) + 0.5 - cells / 2) * 2 / search
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    places = torch.stack((x, y), dim=-1)[None]
    moved = F.grid_sample(map_1CGG, places, mode="bicubic", padding_mode="border", align_corners=False)
    return moved.flatten(2).transpose(1, 2)


def resized_kernel(kernel: Tensor, side: int) -> Tensor:
    """(C, 3, P, P) -> (C, 3, side, side); about the same token from a patch of as many more pixels."""
    if kernel.shape[-1] == side:
        return kernel
    resized = F.interpolate(kernel, size=(side, side), mode="bicubic", antialias=True, align_corners=False)
    return resized * (kernel.shape[-1] / side) ** 2
