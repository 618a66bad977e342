"""Batch norms folded into the layers before them: the same function in evaluation mode."""

from __future__ import annotations

from itertools import pairwise
from typing import TypeVar, cast

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_linear_bn_eval

from stdtrack.peers.norms import FrozenBatchNorm2d

Network = TypeVar("Network", bound=nn.Module)


def folded_pair(layer: nn.Module, norm: nn.Module) -> nn.Module:
    """One layer that does what a convolution (transposed ones too) or linear layer and its batch norm do."""
    if isinstance(layer, nn.Linear):
        return fuse_linear_bn_eval(layer, cast("nn.BatchNorm1d", norm))
    transposed = isinstance(layer, nn.ConvTranspose2d)
    return fuse_conv_bn_eval(cast("nn.Conv2d", layer), cast("nn.BatchNorm2d", norm), transposed)


def fold_batch_norms(network: Network) -> Network:
    """Fold, in place, wherever a batch norm follows a layer in an ``nn.Sequential``; returns the network."""
    for module in network.modules():
        if isinstance(module, nn.Sequential):
            _fold_sequence(module)
    return network


def _fold_sequence(sequence: nn.Sequential) -> None:
    children = list(sequence.named_children())
    for (name, layer), (after, norm) in pairwise(children):
        foldable = isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear)
        if foldable and isinstance(norm, nn.BatchNorm1d | nn.BatchNorm2d | FrozenBatchNorm2d):
            setattr(sequence, name, folded_pair(layer, norm))
            setattr(sequence, after, nn.Identity())
