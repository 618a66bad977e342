"""One process, or several under ``torchrun``: who am I, and what do the others have."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist

from evalkit.errors import InputError


@dataclass(frozen=True)
class World:
    """This process among all: ``rank`` of ``size``, and the device it trains on."""

    rank: int
    size: int
    device: torch.device

    @property
    def leads(self) -> bool:
        """Whether this process writes files and messages."""
        return self.rank == 0

    def mean(self, values: torch.Tensor) -> torch.Tensor:
        """The mean over all processes of a tensor of the same shape on each; on the CPU."""
        if self.size == 1:
            return values.cpu()
        total = values.to(self.device, copy=True)  # nccl reduces what lies on its device
        dist.all_reduce(total)
        return total.cpu() / self.size

    def wait(self) -> None:
        """Until every process is here."""
        if self.size > 1:
            dist.barrier()


@contextmanager
def join_world(device: str) -> Iterator[World]:
    """Join the group that ``torchrun`` started (nccl on CUDA, gloo on CPU), or be alone; leaves it at the end.

    Args:
        device: ``auto`` (CUDA where there is one), ``cpu`` or ``cuda``.
    """
    size, rank = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("RANK", "0"))
    if device not in ("auto", "cpu", "cuda"):
        raise InputError(f"device must be auto, cpu or cuda, not '{device}'")
    cuda = torch.cuda.is_available() if device == "auto" else device == "cuda"
    if cuda and not torch.cuda.is_available():
        raise InputError("no CUDA device is available", hint="device = 'auto' or 'cpu'")
    own = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0"))) if cuda else torch.device("cpu")
    if cuda:
        torch.cuda.set_device(own)
    if size > 1:
        dist.init_process_group("nccl" if cuda else "gloo", rank=rank, world_size=size)
    try:
        yield World(rank, size, own)
    finally:
        if size > 1:
            dist.destroy_process_group()
