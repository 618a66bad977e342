"""``stdtrack convert-weights``: a published checkpoint as plain numbers."""

from __future__ import annotations

from pathlib import Path

import click

from stdtrack.cli.messages import echo_line, example

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(epilog=example("stdtrack convert-weights HiT_Base.pth.tar --out hit.safetensors"))
@click.argument("file", type=FILE)
@click.option("-o", "--out", type=FILE, required=True, help="A safetensors file that is written.")
def convert_weights(file: Path, out: Path) -> None:
    """Write the weights in FILE, a .pth or .pth.tar file as authors released it, as safetensors.

    Nothing in FILE is run: tensors are read, and every other object is left out. Say which peer it is for by
    PEER?weights=OUT, for instance hit:base?weights=hit.safetensors.
    """
    from stdtrack.peers.checkpoint import convert
    from stdtrack.peers.families import fitting_spec

    tensors = convert(file, out)
    elements = sum(tensor.numel() for tensor in tensors.values())
    spec = fitting_spec(tensors)
    fits = f"use it as {spec}?weights={out}" if spec else "it fits none of the installed peers"
    echo_line(f"{out}: {len(tensors)} tensors, {elements:,} numbers; {fits}")
