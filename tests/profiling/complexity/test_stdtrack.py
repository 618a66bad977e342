"""``stdtrack:base`` against a count by hand from its configuration."""

from __future__ import annotations

import torch

from profiling.complexity.report import count_parts
from stdtrack.configs import BASE
from stdtrack.model import STDTrack
from stdtrack.tracker import STDTracker

C, HEAD, SLOTS, KERNEL = BASE.dim, BASE.head_dim, BASE.capacity, max(BASE.head_kernels)
TEMPLATE, SEARCH = BASE.template_grid**2, BASE.search_grid**2
AGES = 5  # four ages and a quality
PATCH = 3 * 16 * 16


def blocks(tokens: int, keys: int) -> int:
    """qkv and output projections, QK' and AV, feed-forward, in all layers."""
    layer = 4 * tokens * C * C + 2 * tokens * keys * C + 2 * tokens * C * int(C * BASE.mlp_ratio)
    return BASE.depth * layer


def fusion() -> int:
    """Records and stored tokens to keys and values, one query over the slots, output, gate, feed-forward."""
    return SLOTS * AGES * C + SLOTS * C * 2 * C + C * C + 2 * SLOTS * C + C * C + 2 * C * C + 2 * C * 2 * C


def head() -> int:
    """Neck, gate, folded towers, three maps, quality."""
    first, second = BASE.tower_dims
    towers = HEAD * HEAD + HEAD * 3 * first + 3 * first * second  # the last one in three groups
    maps = second * (1 + 2 + 2)
    gate = 2 * C * HEAD + SEARCH * HEAD
    hidden = C + HEAD
    quality = SEARCH * HEAD + (hidden + 2) * hidden + hidden
    return SEARCH * C * HEAD + gate + SEARCH * (towers * KERNEL**2 + maps) + quality


def test_base_equals_the_count_by_hand() -> None:
    torch.manual_seed(0)
    report = count_parts("stdtrack:base", STDTracker(STDTrack(BASE).eval()).complexity_parts())
    assert report.parts["init"].macs == TEMPLATE * PATCH * C + blocks(1 + TEMPLATE, 1 + TEMPLATE) + fusion()
    frame = SEARCH * PATCH * C + blocks(1 + SEARCH, TEMPLATE + 1 + SEARCH) + fusion() + head()
    assert report.parts["frame"].macs == frame
    assert report.parts["frame"].flops == 2 * frame
    assert not report.disagreement
    assert all(opinion.difference == 0.0 for opinion in report.opinions.values())
    rows = {row.module: row.macs for row in report.parts["frame"].by_module}
    assert rows["model"] == frame
