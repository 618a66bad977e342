"""Do trackers rank on the rendered demo as on real video? The figures of docs/demo.md.

    python tests/speed/demo_ranks.py stdtrack:nano opencv:csrt --out docs/figures/demo_ranks.json

Every tracker runs over the demo's scenes of each seed as accuracy_on_real_targets.py runs it over real targets, one
pass, the first frame not counted; a scene's figure is the area under its success curve, a tracker's the mean over
scenes. Correlations are those of these means with those of ``--real``, over the trackers that both files have.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import numpy as np
from scipy.stats import pearsonr, spearmanr

from evalkit.benchmarks.synthetic.scenes import SCENES
from evalkit.benchmarks.synthetic.writer import render
from tests.speed.accuracy_on_real_targets import Target, follow
from tests.speed.figures_file import identity, read, renew, shown_spec

REAL = Path("docs/figures/real_targets.json")


def digest(root: Path) -> str:
    """Of every rendered annotation: other scenes have other boxes."""
    total = hashlib.sha256()
    for file in sorted(root.rglob("groundtruth.txt")):
        total.update(file.read_bytes())
    return total.hexdigest()[:16]


def verdicts(demo: Mapping[str, float], real: Mapping[str, float]) -> dict[str, float]:
    """How well the figures of all trackers that both have agree: in rank, in rank without one of them, and in value."""
    common = [name for name in demo if name in real]
    pairs = np.array([(demo[name], real[name]) for name in common])
    ranks = [float(spearmanr(*np.delete(pairs, index, axis=0).T).statistic) for index in range(len(pairs))]
    return {
        "Spearman": float(spearmanr(*pairs.T).statistic),
        "Spearman without one of them, lowest": min(ranks),
        "Spearman without one of them, highest": max(ranks),
        "Pearson": float(pearsonr(*pairs.T).statistic),
    }


def follow_all(specs: Sequence[str], seeds: Sequence[int], root: Path, jobs: int) -> dict[str, dict[str, Any]]:
    """Each tracker's mean over the scenes of every seed, and each scene's figure on the first one."""
    os.environ["OMP_NUM_THREADS"] = "1"
    made_by = {spec: identity(spec) for spec in specs}
    targets = [Target("demo", scene.name, root / str(seed)) for seed in seeds for scene in SCENES]
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as executor:
        futures = {spec: [executor.submit(follow, spec, target) for target in targets] for spec in specs}
        figures = {
            spec: np.reshape([each.result().auc for each in row], (len(seeds), -1)) for spec, row in futures.items()
        }
    return {
        shown_spec(spec): {
            "made_by": made_by[spec],
            "mean": {str(seed): float(row.mean()) for seed, row in zip(seeds, table, strict=True)},
            "auc": {scene.name: float(value) for scene, value in zip(SCENES, table[0], strict=True)},
        }
        for spec, table in figures.items()
    }


@click.command()
@click.argument("specs", nargs=-1, required=True)
@click.option("--real", default=REAL, show_default=True, type=click.Path(path_type=Path, exists=True))
@click.option("--seeds", default="0", show_default=True, help="Of the rendered scenes, the demo's own first.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Folder of rendered scenes, made where they are missing; by itself they are rendered and go.",
)
@click.option("--jobs", default=os.cpu_count(), type=click.IntRange(min=1))
@click.option("--out", type=click.Path(path_type=Path), help="File that keeps the figures, those of others too.")
def main(specs: tuple[str, ...], real: Path, seeds: str, data: Path | None, jobs: int, out: Path | None) -> None:
    """Print each tracker's figures on real targets and on the demo, and how well their orders agree."""
    chosen = [int(seed) for seed in seeds.split(",")]
    with TemporaryDirectory() as folder:
        root = data or Path(folder)
        for seed in chosen:
            if not (root / str(seed)).is_dir():
                render(root / str(seed), seed)
        trackers = follow_all(specs, chosen, root, jobs)
        if out is not None:
            conditions = {"scenes": digest(root), "seeds": chosen}
            trackers = renew(out, conditions, trackers)["trackers"]
    means = {name: figures["mean"] for name, figures in read(real)["trackers"].items()}
    click.echo("\n".join(report(trackers, means, [str(seed) for seed in chosen])))


def report(trackers: Mapping[str, Mapping[str, Any]], real: Mapping[str, float], seeds: Sequence[str]) -> list[str]:
    """Lines of Markdown: trackers as they rank on real targets, then the correlations, a column a seed."""
    order = sorted((name for name in trackers if name in real), key=lambda name: -real[name])
    heads = ["real targets", *(f"demo, seed {seed}" for seed in seeds)]
    lines = [f"| tracker | {' | '.join(heads)} |", f"| :--- |{' ---: |' * len(heads)}"]
    rows = {name: (real[name], *trackers[name]["mean"].values()) for name in order}
    lines += [f"| {name} | {' | '.join(f'{value:.3f}' for value in row)} |" for name, row in rows.items()]
    columns = [verdicts({name: trackers[name]["mean"][seed] for name in order}, real) for seed in seeds]
    titles = {title: [f"{column[title]:.3f}" for column in columns] for title in columns[0]}
    return lines + [f"| {title} | | {' | '.join(row)} |" for title, row in titles.items()]


if __name__ == "__main__":
    main()
