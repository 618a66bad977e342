"""``stdtrack ablate``: the network without each of its parts."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("variant", default="base")
@click.option(
    "--weights", type=click.Path(path_type=Path), help="A folder with full.safetensors, no-stm.safetensors..."
)
@click.option(
    "--data", type=click.Path(path_type=Path), help="Root of benchmarks: rows with weights are tried on them."
)
@click.option("--repeats", type=click.IntRange(min=1), default=50, show_default=True, help="Timed steps a row.")
@click.option("--threads", type=click.IntRange(min=1), default=2, show_default=True)
def ablate(variant: str, weights: Path | None, data: Path | None, repeats: int, threads: int) -> None:
    """Parameters, MACs, latency on the CPU, and accuracy where weights exist, of VARIANT without each of its parts.

    MACs and latency are of one step, batch 1, folded, the template's part cached; rows are timed in turns.
    """
    import torch

    from profiling.clips import choose_clips, open_clip
    from stdtrack.ablation import ablation_rows

    torch.set_num_threads(threads)
    clips = () if data is None else tuple(open_clip(name) for name in choose_clips(data, 2))
    rows = ablation_rows(variant, repeats, weights, clips)
    click.echo(f"{variant:20s} {'params M':>9s} {'GMACs':>7s} {'ms/step':>8s} {'mean IoU':>9s}")
    for row in rows:
        overlap = "untrained" if row.weights is None else "-" if row.overlap is None else f"{row.overlap:.3f}"
        figures = f"{row.parameters / 1e6:9.2f} {row.macs / 1e9:7.3f} {row.milliseconds:8.2f} {overlap:>9s}"
        click.echo(f"{row.name:20s} {figures}")
    click.echo(f"eager fp32, {threads} threads, median of {repeats} steps", err=True)
