"""Fixtures of the tracker's tests."""

from __future__ import annotations

import pytest
import torch


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Small tensors gain nothing from threads, and other tests run beside these."""
    torch.set_num_threads(1)
