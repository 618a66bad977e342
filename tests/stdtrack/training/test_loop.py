"""The loop: resumes bit-exactly, on one process and on two; learns; skips what cannot be read."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from evalkit.errors import InputError
from stdtrack.checkpoints import load_model
from stdtrack.configs import NANO
from stdtrack.tensor_file import read_tensors
from stdtrack.training import loop
from stdtrack.training.checkpoint import list_checkpoints, save_checkpoint
from stdtrack.training.clips import Geometry
from stdtrack.training.config_file import load_config, shipped_config
from stdtrack.training.data import ClipDataset, Request, StepSampler, stage_at
from stdtrack.training.loop import Trainer, TrainingProgress, build_model, clips_left
from stdtrack.training.metrics_file import read_rows
from stdtrack.training.run import run_training
from stdtrack.training.sources import SyntheticSource, build_sources
from stdtrack.training.state_tree import restore


def train(folder: Path, *overrides: str, resume: bool = False, log: str = "") -> list[str]:
    """Run ``tiny.toml``; what it said."""
    said: list[TrainingProgress | str] = []
    run_training(load_config(folder / "tiny.toml", overrides), resume=resume, tell=said.append, log=log)
    return [str(event) for event in said]


def state_of(path: Path) -> dict[str, Any]:
    """What a checkpoint holds."""
    file = read_tensors(path)
    state: dict[str, Any] = restore(json.loads(file.metadata["state"]), file.tensors)
    return state


def leaves(value: Any, name: str = "") -> dict[str, Any]:
    """Tensors as (values, strides of axes longer than 1) and plain values, by their path."""
    if isinstance(value, torch.Tensor):
        strides = [value.stride(axis) for axis, size in enumerate(value.shape) if size > 1]
        return {name: (value.tolist(), strides)}
    if isinstance(value, list | dict):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return {path: leaf for key, item in items for path, leaf in leaves(item, f"{name}/{key}").items()}
    return {name: value}


def assert_same(first: Path, second: Path) -> None:
    """Weights, averages, moments, counts, settings and the generator's state, to the last bit."""
    states = [leaves(state_of(list_checkpoints(folder)[-1])) for folder in (first, second)]
    mine, theirs = (
        {name: leaf for name, leaf in state.items() if not name.startswith(("/config/out", "/seconds"))}
        for state in states
    )
    assert mine["/step"] == 4
    assert mine == theirs
    assert sum("exp_avg_sq" in name for name in mine) > 50


@pytest.mark.parametrize("predicted", [0.0, 1.0])
def test_a_stopped_run_goes_on_bit_exactly(tiny: Path, predicted: float) -> None:
    stage = f"stages.0.predicted={predicted}"
    train(tiny, stage, f"out={tiny / 'whole'}", "validation.names=[]")
    parts = [stage, f"out={tiny / 'parts'}", "validation.names=[]"]
    train(tiny, *parts)
    # As if it had been killed after step 3: the newest checkpoint is that of step 2, metrics had gone further.
    (tiny / "parts" / "step-00000004.safetensors").unlink()
    assert "resumed at step 2" in train(tiny, *parts, resume=True)
    assert_same(tiny / "whole", tiny / "parts")
    whole, parts = (
        [row for row in read_rows(tiny / name / "metrics.csv") if "clips_per_second" not in row[1]]
        for name in ("whole", "parts")
    )
    assert whole == parts
    assert {row[0] for row in whole} == {"1", "2", "3", "4"}


def test_losses_are_means_of_the_steps_since_the_last_line(tiny: Path) -> None:
    """A run that goes on between two lines has fewer steps before the next one, and so has the last line."""

    def totals(name: str, *options: str, resume: bool = False) -> dict[int, float]:
        train(tiny, f"out={tiny / name}", "validation.names=[]", *options, resume=resume)
        rows = read_rows(tiny / name / "metrics.csv")
        return {int(step): float(value) for step, metric, value in rows if metric == "train/total"}

    single = totals("single", "log_every=1")
    assert totals("last", "log_every=3") == pytest.approx({3: sum(single[s] for s in (1, 2, 3)) / 3, 4: single[4]})
    totals("parts", "log_every=4")
    (tiny / "parts" / "step-00000004.safetensors").unlink()
    assert totals("parts", "log_every=4", resume=True) == pytest.approx({4: (single[3] + single[4]) / 2})


def forged(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """The checkpoint with its state changed."""
    state = state_of(path)
    change(state)
    save_checkpoint(path.parent, state["step"], state, keep=9)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda state: state["model"].update(start_11C=torch.ones(1)), r"'start_11C' has shape \(1,\)"),
        (lambda state: state["model"].pop("start_11C"), "'start_11C' is missing"),
        (lambda state: state["model"].update(start_11C=state["model"]["start_11C"].int()), "'start_11C' holds int32"),
        (lambda state: state["average"]["state"]["start_11C"].fill_(float("nan")), "'start_11C' holds values that"),
        (lambda state: state["average"].pop("updates"), "does not fit this run: KeyError"),
        (lambda state: state["optimizer"]["state"][0].update(exp_avg=torch.ones(7)), "does not fit.*optimiser keeps"),
        (lambda state: state["optimizer"]["state"][0].pop("exp_avg"), "does not fit.*optimiser keeps"),
        (lambda state: state.update(optimizer=[1]), "does not fit"),
        (lambda state: state.update(model=3), "does not fit"),
        (lambda state: state.update(rng=torch.ones(3, dtype=torch.uint8)), "does not fit"),
        (lambda state: state.update(best="high"), "does not fit"),
    ],
)
def test_a_forged_checkpoint_ends_in_one_line(
    tiny: Path, change: Callable[[dict[str, Any]], object], problem: str
) -> None:
    train(tiny, "validation.names=[]")
    forged(list_checkpoints(tiny / "run")[-1], change)
    with pytest.raises(InputError, match=problem) as caught:
        train(tiny, "validation.names=[]", resume=True)
    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_two_processes_train_and_resume(tiny: Path) -> None:
    command = [
        *(sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "--no-python"),
        *(str(Path(sys.executable).with_name("stdtrack")), "train", str(tiny / "tiny.toml")),
        *("--set", "validation.names=[]", "--set", "stages.0.predicted=1.0"),
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    for out in ("whole", "parts"):
        subprocess.run(
            [*command, "--set", f"out={tiny / out}"], check=True, capture_output=True, env=environment, timeout=600
        )
    (tiny / "parts" / "step-00000004.safetensors").unlink()
    options = ["--set", f"out={tiny / 'parts'}", "--resume"]
    done = subprocess.run(
        [*command, *options], check=True, capture_output=True, text=True, env=environment, timeout=600
    )
    assert done.stderr.count("resumed at step 2") == 1, "one process speaks"
    assert_same(tiny / "whole", tiny / "parts")


def test_validation_keeps_the_best_weights(tiny: Path) -> None:
    said = train(tiny)
    assert any("validation AUC" in line for line in said)
    assert load_model(tiny / "run" / "best.safetensors").config.name == "nano"
    names = {row[1] for row in read_rows(tiny / "run" / "metrics.csv")}
    assert {"validation/auc", "validation/quality_spearman", "train/total", "train/iou"} <= names


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tensorboard_has_what_the_metrics_file_has(tiny: Path) -> None:
    reader = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator", reason="an extra")
    train(tiny, f"out={tiny / 'run'}", log="tensorboard")
    read = reader.EventAccumulator(str(tiny / "run" / "tensorboard" / "run"))
    read.Reload()
    scalars = {(event.step, name): event.value for name in read.Tags()["scalars"] for event in read.Scalars(name)}
    rows = {(int(step), name): float(value) for step, name, value in read_rows(tiny / "run" / "metrics.csv")}
    finite = {key: value for key, value in rows.items() if math.isfinite(value)}
    assert len(finite) > 10
    assert scalars == pytest.approx(finite, rel=1e-6)  # float32


def test_an_unknown_logger_is_refused_before_anything_is_read(tiny: Path) -> None:
    with pytest.raises(InputError, match="no logger 'tensorbroad'"):
        train(tiny, f"out={tiny / 'run'}", log="tensorbroad")
    assert not (tiny / "run").exists()


def test_a_folder_with_a_run_needs_resume(tiny: Path) -> None:
    train(tiny, "validation.names=[]")
    with pytest.raises(InputError, match=r"already holds a run.*--resume"):
        train(tiny)
    with pytest.raises(InputError, match="another config: 'seed' was 1, now 2"):
        train(tiny, "validation.names=[]", "seed=2", resume=True)


def test_unreadable_images_are_skipped_counted_and_named(tiny: Path) -> None:
    bad = tiny / "got10k" / "train" / "a" / "00000005.jpg"
    bad.write_bytes(b"broken")
    said = train(tiny, "validation.names=[]", "sources.0.cache=true")
    assert "1 skipped in all" in said
    assert sum(str(bad) in line for line in said) >= 1
    for image in (tiny / "got10k" / "train").glob("[ab]/*.jpg"):
        image.write_bytes(b"broken")
    with pytest.raises(InputError, match="20 clips in a row could not be made"):
        train(tiny, "validation.names=[]", f"out={tiny / 'other'}")


def test_targets_are_cut_out_of_what_can_be_read(tiny: Path) -> None:
    config = load_config(
        tiny / "tiny.toml",
        ['sources=[{benchmark="got10k?split=train",root="got10k"},{kind="synthetic",limit=12}]', "validation.names=[]"],
    )
    whole = [source for source in build_sources(config)[0].sources if isinstance(source, SyntheticSource)]
    for bad in (tiny / "got10k" / "train" / "a").glob("*.jpg"):
        bad.write_bytes(b"broken")
    mixture, skipped = build_sources(config)
    made = [source for source in mixture.sources if isinstance(source, SyntheticSource)]
    assert [len(source.cut_outs) for source in made] == [len(source.cut_outs) for source in whole] == [12]
    assert skipped
    assert len(set(skipped)) == len(skipped)
    assert all(str(tiny / "got10k" / "train" / "a") in name for name in skipped)
    for bad in (tiny / "got10k" / "train").glob("*/*.jpg"):
        bad.write_bytes(b"broken")
    with pytest.raises(InputError, match="20 clips in a row could not be made"):
        build_sources(config)


def test_validation_takes_no_time_from_training(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]

    def taking(seconds: float, method: Callable[..., Any]) -> Callable[..., Any]:
        def slow(*arguments: Any) -> Any:
            now[0] += seconds
            return method(*arguments)

        return slow

    monkeypatch.setattr(loop, "time", SimpleNamespace(perf_counter=lambda: now[0]))
    monkeypatch.setattr(Trainer, "train_step", taking(1.0, Trainer.train_step))
    monkeypatch.setattr(Trainer, "validate", taking(50.0, lambda *arguments: None))
    train(tiny, "log_every=4", "validation.every=3")
    rates = [row[2] for row in read_rows(tiny / "run" / "metrics.csv") if row[1] == "train/clips_per_second"]
    assert [float(rate) for rate in rates] == [2.0]
    assert state_of(list_checkpoints(tiny / "run")[-1])["seconds"] == 4.0


def test_empty_lists_and_sources_are_errors(tiny: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the list is empty"):
        train(tiny, 'validation.names=["a", "b", "c"]')
    with pytest.raises(InputError, match="no sequence 'z'"):
        train(tiny, 'sources.0.names=["z"]')
    with pytest.raises(InputError, match="unknown variant 'mega'"):
        train(tiny, "variant=mega", "validation.names=[]")


def test_the_same_clip_whoever_makes_it(tiny: Path) -> None:
    config = load_config(tiny / "tiny.toml", ["stages.0.batch=4"])
    whole = [request.index for batch in StepSampler(config, 1, 0, 1, 2.0) for request in batch]
    halves = [[r.index for batch in StepSampler(config, 1, rank, 2, 2.0) for r in batch] for rank in (0, 1)]
    assert whole == list(range(4, 16))
    assert sorted(halves[0] + halves[1]) == whole
    assert len(StepSampler(config, 1, 0, 1, 2.0)) == 3


def test_stages_follow_each_other(tiny: Path) -> None:
    config = load_config(tiny / "tiny.toml", ["stages=[{steps=3,batch=2},{steps=2,batch=5,frames=4}]"])
    assert [stage_at(config, step)[0].frames for step in range(5)] == [1, 1, 1, 4, 4]
    assert stage_at(config, 4)[1] == 1
    assert clips_left(config, 0) == 16
    assert clips_left(config, 4) == 5
    frames = [request.frames for batch in StepSampler(config, 0, 0, 1, 2.0) for request in batch]
    assert frames == [1] * 6 + [4] * 10


def test_every_kind_of_source_can_be_mixed(tiny: Path, layouts: SimpleNamespace) -> None:
    layouts.coco(tiny / "coco", "images", "instances.json")
    made = '{kind="synthetic",limit=4},{kind="procedural"}'
    real = '{kind="stills",root="coco"},{benchmark="got10k?split=train",root="got10k"}'
    config = load_config(tiny / "tiny.toml", [f"sources=[{real},{made}]", "clips.sampling='sparse'"])
    mixture, skipped = build_sources(config)
    assert len(mixture.sources) == 4
    assert not skipped
    dataset = ClipDataset(mixture, config, Geometry.of(NANO))
    for index in range(12):
        clip = dataset[Request(index, 2, 2.0)].clip
        side = 2 * NANO.search_size
        assert clip.searches.shape == (2, side, side, 3)


def test_tokens_are_left_out_in_training_where_the_run_or_its_start_says_so(tiny: Path) -> None:
    train(tiny, "network.keep=0.5", "stages.0.steps=2", "validation.every=2")
    last = tiny / "run" / "last.safetensors"
    assert load_model(last).config == replace(NANO, keep=0.5)
    for overrides, keep in (((), 0.5), (("network.keep=0.8",), 0.8), (("network.keep=1.0",), 1.0)):
        config = load_config(tiny / "tiny.toml", [f"init={str(last)!r}", *overrides])
        model = build_model(config)
        assert model.config.keep == keep
        assert model.training
    with pytest.raises(InputError, match=r"network\.keep is 1\.5"):
        build_model(load_config(tiny / "tiny.toml", ["network.keep=1.5"]))


def test_a_network_learns_to_find_bright_squares(tiny: Path) -> None:
    train(
        tiny, "validation.names=[]", "stages.0.steps=40", "stages.0.learning_rate=3e-3", "save_every=40", "log_every=10"
    )
    rows = [row for row in read_rows(tiny / "run" / "metrics.csv") if row[1] == "train/total"]
    assert float(rows[-1][2]) < 0.7 * float(rows[0][2])


@pytest.mark.slow
def test_base_gpu_runs_on_tiny_data_in_the_same_layouts(tmp_path: Path, layouts: SimpleNamespace) -> None:
    names = tuple(f"GOT-10k_Train_{number:06d}" for number in (1, 2))
    layouts.got10k(tmp_path / "GOT-10k", names)
    layouts.lasot(tmp_path / "LaSOT", ("airplane-1", "airplane-2", "bear-1"))
    layouts.trackingnet(tmp_path / "TrackingNet" / "TRAIN_0", ("x_0",))
    layouts.coco(tmp_path / "COCO", "train2017", "annotations/instances_train2017.json")
    small = [f"stages.{index}.{key}" for index in range(3) for key in ("steps=1", "batch=2")]
    options = [
        f"data_root={tmp_path}",
        f"out={tmp_path / 'run'}",
        "device=cpu",
        "workers=1",
        'validation.names=["GOT-10k_Train_000001"]',
    ]
    config = load_config(shipped_config("base-gpu"), [*options, *small, "validation.frames=3", "log_every=1"])
    said: list[TrainingProgress | str] = []
    best = run_training(config, resume=False, tell=said.append)
    assert best is not None
    assert load_model(best).config.name == "base"
    assert not any("skipped" in str(event) for event in said)
