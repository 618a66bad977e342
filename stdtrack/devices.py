"""Where torch runs a network."""

from __future__ import annotations

import torch

from evalkit.errors import InputError


def require_device(text: str) -> None:
    """Raise InputError where torch has no such device."""
    try:
        torch.zeros(1, device=text)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"no device '{text}': {reason}", hint="cpu is always there") from error
