"""Benchmarks under variations: names, what is passed on from the benchmark below, results beside those of others."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from evalkit import InputError, baseline, check, open_benchmark, run, score
from evalkit.benchmarks.base import fingerprint
from evalkit.benchmarks.installed import BENCHMARKS
from evalkit.benchmarks.registry import canonical_specs, parse_spec
from evalkit.results.layout import benchmark_named


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("otb100+fog@3", "otb100+fog@3"),
        ("OTB2015+Gaussian-Noise@1", "otb100+gaussian_noise@1"),
        ("UAV123@10fps+fog@2", "uav123_10fps+fog@2"),
        ("GOT-10k_val+fog@2+sre", "got10k+fog@2+sre?split=val"),
        ("otb100+fog@3?seed=7", "otb100+fog@3?seed=7"),
        ("vot2015+tre", "vot2015+tre"),
    ],
)
def test_names(written: str, name: str) -> None:
    assert canonical_specs([written]) == (name,)
    assert parse_spec(name).name in BENCHMARKS


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("otb100+fogg@3", "did you mean 'fog'"),
        ("otb100+fog", "which 'fog'.*from 1 to 5"),
        ("otb100+fog@6", "no level '6'"),
        ("otb100+fog@03", "no level '03'"),
        ("otb100+sre@1", "'sre' has no levels"),
        ("otb100+", "unknown variation ''"),
        ("otb1000+fog@3", "unknown benchmark 'otb1000'"),
        ("otb100+sre+tre", r"'tre' begins on later ones \(write otb100\+tre\+sre\)$"),
        ("otb100+fog@1+hand_drawn+shake@2+tre", r"write otb100\+fog@1\+tre\+hand_drawn\+shake@2\)$"),
    ],
)
def test_wrong_names(written: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        parse_spec(written)
    assert written not in BENCHMARKS


@pytest.mark.parametrize("seed", ["-1", "x", "", "4294967296", "١"])
def test_wrong_seeds(seed: str, clips: Path) -> None:
    with pytest.raises(InputError, match="no seed"):
        open_benchmark(f"folder+fog@1?seed={seed}", data=clips)


def test_a_variation_is_listed_nowhere_and_found_by_name() -> None:
    assert not [name for name in BENCHMARKS if "+" in name]
    assert BENCHMARKS["otb100+fog@3"] is BENCHMARKS["otb100+fog@3"]
    assert BENCHMARKS["otb100+fog@3"].family == "otb"


def test_facts_are_those_of_the_benchmark_below(clips: Path) -> None:
    below, varied = open_benchmark("folder", data=clips), open_benchmark("folder+sre+fog@2", data=clips)
    names = varied.inventory().present
    assert len(names) == 12 * len(below.inventory().present)
    assert names[:2] == ("one@left", "one@right")
    assert {varied.clip_of(name) for name in names} == {"one", "two"}
    assert varied.inventory().total == 24
    sequence = varied.sequence("two@up")
    assert (sequence.name, sequence.benchmark) == ("two@up", "folder+sre+fog@2")
    assert fingerprint([sequence]) != fingerprint([varied.sequence("two@down")])
    with pytest.raises(InputError, match=r"no sequence 'two@upp'.*did you mean 'two@up'"):
        varied.sequence("two@upp")
    assert pickle.loads(pickle.dumps(varied)).sequence("two@up").name == "two@up"  # noqa: S301 - our own bytes


def test_results_lie_beside_each_other_and_are_told_apart(clips: Path, tmp_path: Path) -> None:
    out = tmp_path / "runs"
    run("pixel_trackers:Bright", on=["folder", "folder+gamma@5", "folder+fog@1"], data=clips, out=out)
    (tracker,) = (folder.name for folder in out.iterdir())
    assert {folder.name for folder in (out / tracker).iterdir()} == {"folder", "folder+gamma@5", "folder+fog@1"}
    for name in ("folder", "folder+fog@1", "folder+gamma@5"):
        assert [each.tracker for each in score(out, on=name, data=clips)] == ["pixel_trackers:Bright"]
    kept = baseline(out, data=clips).baseline
    assert {record.benchmark for record in kept.records} == {"folder", "folder+gamma@5", "folder+fog@1"}
    assert check(out, kept, data=clips).verdict.value == "same"
    assert benchmark_named(["t", "otb100+fog@3"], "otb100") == "otb100+fog@3"
    assert benchmark_named(["t", "otb100"], "otb100+fog@3") == "otb100"


def test_scores_do_not_depend_on_processes(clips: Path, tmp_path: Path) -> None:
    run({"a": "pixel_trackers:Bright", "b": "pixel_trackers:Checksum"}, on="folder+shake@2", data=clips, out=tmp_path)
    alone, shared = (score(tmp_path, on="folder+shake@2", data=clips, workers=n, cache=False) for n in (1, 2))
    assert alone.overall().equals(shared.overall())


def test_globs_name_clips_too(clips: Path, tmp_path: Path) -> None:
    summary = run("pixel_trackers:Bright", on="folder+sre", data=clips, out=tmp_path, sequences="one")
    assert summary.finished == 12
    scores = score(tmp_path, on="folder+sre", data=clips, exclude="two")
    assert scores.scores[0].sequences_scored == 12


def test_other_settings_do_not_go_on_with_results(clips: Path, tmp_path: Path) -> None:
    run("pixel_trackers:Checksum", on="folder+fog@1", data=clips, out=tmp_path)
    with pytest.raises(InputError, match="other options"):
        run("pixel_trackers:Checksum", on="folder+fog@1?seed=1", data=clips, out=tmp_path)
    with pytest.raises(InputError, match="replayed from those on folder"):
        run("pixel_trackers:Checksum", on="folder+real_time@30", data=clips, out=tmp_path)


def test_the_annotation_alone_is_enough_to_score(clips: Path, tmp_path: Path) -> None:
    out, bundle = tmp_path / "runs", tmp_path / "bundle"
    run("pixel_trackers:Bright", on=["folder+shake@3", "folder+sre"], data=clips, out=out)
    bundle.mkdir()
    for name in ("one", "two"):
        (bundle / f"{name}.txt").write_text((clips / name / "groundtruth.txt").read_text())
    for name in ("folder+shake@3", "folder+sre"):
        with_images, without = (score(out, on=name, cache=False, **where) for where in  # type: ignore[arg-type]
                                ({"data": clips}, {"annotations": bundle}))  # fmt: skip
        assert np.array_equal(with_images.overall()["auc"], without.overall()["auc"])
