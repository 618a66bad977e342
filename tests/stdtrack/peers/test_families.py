"""The peers as a set, and what a spec may say of one."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from evalkit.errors import InputError
from evalkit.trackers.spec import load_tracker
from profiling.latency.targets import WITH_OPTIONS
from stdtrack.cli.main import cli
from stdtrack.cli.profile import profile
from stdtrack.peers.families import HEAVY, families, fitting_spec, specs
from tests.stdtrack.peers.reference import VARIANTS


def test_the_set_holds_our_own_networks_every_peer_and_opencvs() -> None:
    everything = specs()
    assert {variant.spec for variant in VARIANTS} <= set(everything)
    assert {"stdtrack:nano", "opencv:csrt"} <= set(everything)
    assert len(everything) == len(set(everything))
    assert set(everything) - set(specs("lightweight")) == HEAVY


def test_every_family_is_among_the_reference_data() -> None:
    own = {f"{family.prefix}:{name}" for family in families() for name in family.variants}
    assert own == {variant.spec for variant in VARIANTS}


def test_the_profiler_passes_backend_and_device_on_to_every_family() -> None:
    assert {family.prefix for family in families()} == {*WITH_OPTIONS} - {"stdtrack"}


def test_only_goes_with_a_set(tmp_path: Path) -> None:
    arguments = ["opencv:kcf", "--only", "lightweight", "--out", str(tmp_path)]
    result = CliRunner().invoke(profile, arguments)
    assert isinstance(result.exception, InputError)
    assert "chooses among a set" in str(result.exception)


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ("hit:bas", "unknown variant 'hit:bas' (did you mean 'base'?)"),
        ("litetrack:b4?weight=a", "litetrack:b4 takes no option 'weight'"),
        ("hit:tiny?cached=perhaps", "option cached=perhaps is no"),
        ("hit:tiny?backend=nothing", "nothing"),
        ("hit:tiny?device=moon", "moon"),
        ("hit:tiny?weights=no-such-file.pth", "no-such-file.pth: cannot read the checkpoint"),
    ],
)
def test_wrong_specs_are_one_line(spec: str, problem: str) -> None:
    with pytest.raises(InputError) as error:
        load_tracker(spec)
    assert problem in str(error.value)


def test_a_checkpoint_of_another_variant_is_named(tmp_path: Path) -> None:
    (family,) = (family for family in families() if family.prefix == "hit")
    state = {key: tensor.clone() for key, tensor in family.random(family.variants["tiny"]).state_dict().items()}
    path = tmp_path / "HiT_ep1500.pth.tar"
    torch.save({"epoch": 1500, "net": state}, path)
    with pytest.raises(InputError, match=r"does not fit hit:small: .*\(it fits hit:tiny\)"):
        load_tracker(f"hit:small?weights={path}")
    assert fitting_spec(state) == "hit:tiny"
    assert "note" not in load_tracker(f"hit:tiny?weights={path}").describe()  # type: ignore[attr-defined]
    result = CliRunner().invoke(cli, ["convert-weights", str(path), "-o", str(tmp_path / "hit.safetensors")])
    assert result.exit_code == 0, result.output
    assert "use it as hit:tiny?weights=" in result.stderr + result.stdout
    assert load_tracker(f"hit:tiny?weights={tmp_path / 'hit.safetensors'}")


def test_a_bomb_of_a_checkpoint_ends_before_anything_is_built(tmp_path: Path) -> None:
    (tmp_path / "a.pth").write_bytes(b"\x80\x02cos\nsystem\nX\x02\x00\x00\x00id\x85R.")
    with pytest.raises(InputError, match="a pickle, but none that torch"):
        load_tracker(f"ostrack:256?weights={tmp_path / 'a.pth'}")


def test_random_weights_are_told_and_the_same_every_time() -> None:
    first, second = load_tracker("hit:tiny"), load_tracker("hit:tiny")
    assert first.describe()["note"] == "untrained: random weights"  # type: ignore[attr-defined]
    ours, theirs = (tracker.network.state_dict() for tracker in (first, second))  # type: ignore[attr-defined]
    assert all(torch.equal(ours[key], theirs[key]) for key in ours)


@pytest.mark.parametrize("spec", ["hit:tiny", "ostrack:256?cached=false", "redetect:hit:tiny?tiles=4"])
@pytest.mark.parametrize("command", ["run", "robustness"])
def test_run_refuses_random_weights(spec: str, command: str, tmp_path: Path) -> None:
    arguments = [command, spec, "--on", "demo", "--data", str(tmp_path), "--out", str(tmp_path / "runs")]
    result = CliRunner().invoke(cli, arguments)
    assert isinstance(result.exception, InputError)
    assert f"'{spec}' has random weights" in str(result.exception)
    allowed = CliRunner().invoke(cli, [*arguments, "--allow-untrained"])
    assert "random weights" not in str(allowed.exception)  # there are no data
