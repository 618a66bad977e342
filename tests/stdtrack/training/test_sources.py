"""Which sequences clips are drawn from, and how often."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from evalkit.errors import InputError
from stdtrack.configs import IMAGENET_MEAN, IMAGENET_STD, LITE_MEAN, LITE_STD, NANO
from stdtrack.training.config import TrainConfig, network_of
from stdtrack.training.config_file import load_config
from stdtrack.training.sources import SyntheticSource, VideoSource, build_sources
from stdtrack.training.validation import build_validation

NAMES = ("road_1", "road_2", "road_3", "desk_1", "pl_desk_2", "boat")


@pytest.fixture
def places(tmp_path: Path, layouts: SimpleNamespace) -> Path:
    """A config on six sequences of three places: a road, a desk (one with a pseudo-label) and a boat."""
    layouts.got10k(tmp_path / "got10k", NAMES)
    (tmp_path / "run.toml").write_text(
        f'variant = "nano"\ndata_root = "{tmp_path}"\n[[stages]]\nsteps = 1\n[[sources]]\nroot = "got10k"\n'
        'benchmark = "got10k?split=train"\nscenes = ["(?:pl_)?(desk)", "road"]\n'
    )
    return tmp_path / "run.toml"


def footage_of(config: TrainConfig) -> VideoSource:
    (source,) = build_sources(config)[0].sources
    assert isinstance(source, VideoSource)
    return source


def names_in(source: VideoSource) -> list[str]:
    return [item.name for scene in source.scenes for item in scene]


def test_scenes_are_as_likely_as_each_other_whatever_their_sequences(places: Path) -> None:
    source = footage_of(load_config(places))
    assert [[item.scene for item in scene] for scene in source.scenes] == [["road"] * 3, ["desk"] * 2, ["boat"]]
    rng = np.random.default_rng(0)
    counts: Counter[str] = Counter()
    owner = {id(item.frames): item.scene for scene in source.scenes for item in scene}
    for scene in source.scenes:
        for item in scene:
            item.frames.read = lambda index, own=item.frames: counts.update([owner[id(own)]])  # type: ignore[method-assign]
    for _ in range(300):
        source.draw(1, rng)
    shares = {scene: count / counts.total() for scene, count in counts.items()}
    assert shares == pytest.approx({"road": 1 / 3, "desk": 1 / 3, "boat": 1 / 3}, abs=0.08)


def test_no_sequence_of_a_left_out_scene_is_trained_on(places: Path) -> None:
    config = load_config(places, ['validation.names=["road_2"]'])
    assert names_in(footage_of(config)) == ["desk_1", "pl_desk_2", "boat"]
    assert [(item.name, item.scene) for item in build_validation(config).sequences] == [("road_2", "road")]


def test_excluded_sequences_are_not_trained_on(places: Path) -> None:
    assert names_in(footage_of(load_config(places, ['sources.0.exclude=["^pl_"]']))) == [
        name for name in NAMES if not name.startswith("pl_")
    ]
    with pytest.raises(InputError, match=r"sources\[0\]: exclude: '\(' is no regular expression"):
        load_config(places, ['sources.0.exclude=["("]'])
    with pytest.raises(InputError, match=r"'\[\[a\]' is no regular expression: Possible nested set"):
        load_config(places, ['sources.0.exclude=["[[a]"]'])


def test_excluded_sequences_can_still_be_validated_on(places: Path) -> None:
    config = load_config(places, ['sources.0.exclude=["^pl_"]', 'validation.names=["pl_desk_2"]'])
    assert [item.name for item in build_validation(config).sequences] == ["pl_desk_2"]
    assert names_in(footage_of(config)) == ["road_1", "road_2", "road_3", "boat"], "desk_1 shows the same scene"


def test_a_run_changes_parts_of_its_variant(places: Path) -> None:
    network = network_of(load_config(places, ['network={stem="fear_xs",depth=2,search_size=128,search_factor=3.2}']))
    assert (network.stem, network.depth, network.search_size, network.search_factor) == ("fear_xs", 2, 128, 3.2)
    assert (network.mean, network.std) == (IMAGENET_MEAN, IMAGENET_STD), "pixels go with the stem"
    assert network.template_size == NANO.template_size, "the rest is the variant's"
    lite = network_of(load_config(places, ['network.stem="efficientnet_lite0"']))
    assert (lite.mean, lite.std) == (LITE_MEAN, LITE_STD)
    assert network_of(load_config(places)) == NANO
    with pytest.raises(InputError, match="did you mean 'fear_xs'"):
        load_config(places, ['network.stem="fear_sx"'])


def test_things_on_white_join_the_synthetic_targets(places: Path, layouts: SimpleNamespace) -> None:
    layouts.coco(places.parent / "things", "images", "instances.json", count=2)
    for file in (places.parent / "things" / "images").iterdir():
        image = np.full((72, 96, 3), 255, np.uint8)
        cv2.circle(image, (40, 36), 20, (30, 60, 200), -1)
        cv2.imwrite(str(file), image)
    content = json.loads((places.parent / "things" / "instances.json").read_text())
    for item in content["annotations"]:
        item["bbox"] = [15, 11, 50, 50]
    (places.parent / "things" / "instances.json").write_text(json.dumps(content))
    real = '{benchmark="got10k?split=train",root="got10k"}'
    for root, count in (('root="things",', 5), ("", 3)):
        made = f'{{kind="synthetic",{root}limit=3}}'
        sources = build_sources(load_config(places, [f"sources=[{real},{made}]"]))[0].sources
        assert [len(source.cut_outs) for source in sources if isinstance(source, SyntheticSource)] == [count]
    made = '{kind="synthetic",root="nothing",limit=3}'
    with pytest.raises(InputError, match="nothing"):
        build_sources(load_config(places, [f"sources=[{real},{made}]"]))
