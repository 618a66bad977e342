"""Benchmarks of other packages: found by their entry points, in any installed package, never in the current folder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from evalkit.benchmarks.installed import BENCHMARKS, ENTRY_POINT_GROUP, all_benchmarks
from evalkit.benchmarks.registry import open_benchmark, parse_spec, recognise
from evalkit.entry_points import not_installed, reinstall_hint
from evalkit.errors import InputError
from evalkit.imports import HOME
from evalkit.results.trees import read_tree
from evalkit.scoring.opening import Annotation
from evalkit.scoring.tracker import load_results, score_tracker
from tests.installed import install

MODULE = '''
"""A benchmark of somebody else's, in one file."""

from evalkit.benchmarks.attributes import Published
from evalkit.benchmarks.base import Benchmark, Source
from evalkit.benchmarks.layout import annotation_files


class Ponds(Benchmark):
    """Two ponds."""

    name = "ponds"
    title = "Ponds-2"
    origin = 0
    family = "otb"
    protocol = "pysot"
    listed = ("Duck", "Frog")
    folders = ("ponds", "pond2")
    spellings = {"ponds2": {}}
    prefix = "pond_"
    other_names = {"toad": "Frog"}
    attribute_tables = {"authors": Published("ponds.csv", "their authors", __name__.rpartition(".")[0])}

    def discover(self):
        return {name: Source(file) for name, file in annotation_files(self.root / "boxes").items()}
'''


def bring(site: Path, package: str, entry_points: str, **files: str) -> None:
    """A package that brings benchmarks, with these files."""
    by_path = {f"{package}/{name}": content for name, content in {"__init__.py": "", **files}.items()}
    install(site, package, f"[{ENTRY_POINT_GROUP}]\n{entry_points}\n", by_path)


@pytest.fixture
def ponds(site: Path, tmp_path: Path) -> Path:
    """The benchmark's package, and its data: two sequences of three frames."""
    table = {"lists/ponds.csv": "name,attributes\nDuck,FM LR\nFrog,\n"}
    bring(site, "pondpackage", "ponds = pondpackage.ponds:Ponds", **{"ponds.py": MODULE}, **table)
    boxes = tmp_path / "data" / "ponds" / "boxes"
    boxes.mkdir(parents=True)
    for name in ("Duck", "Frog"):
        (boxes / f"{name}.txt").write_text("10,10,20,20\n" * 3)
    return tmp_path / "data"


def test_a_package_brings_a_benchmark_in_one_file(ponds: Path, tmp_path: Path) -> None:
    """Results under pytracking's and another toolkit's names; the second tracker is half a box off in every frame."""
    results = tmp_path / "results" / "KCF"
    results.mkdir(parents=True)
    (results / "pond_Duck.txt").write_text("10,10,20,20\n" * 3)
    (results / "toad.txt").write_text("10,10,20,20\n" + "20,10,20,20\n" * 2)
    benchmark = open_benchmark("Ponds-2", data=ponds)
    assert benchmark.sequence("Duck").attributes == {"FM", "LR"}
    assert benchmark.inventory().verified
    annotation = Annotation(benchmark)
    (found,) = read_tree(tmp_path / "results", "ponds", annotation.inventory.present)
    score = score_tracker(load_results(found), annotation, benchmark.protocol)
    # 1 at every threshold but the last, 1; the other: 20 of 21 once, a third (7 thresholds of 21 below 1/3) twice.
    expected = np.mean([20 / 21, (20 / 21 + 2 * 7 / 21) / 3])
    assert score.metrics["auc"] == pytest.approx(expected, abs=1e-12)


def test_it_is_recognised_by_its_folder(ponds: Path) -> None:
    assert [benchmark.name for benchmark in recognise(ponds)] == ["ponds"]


@pytest.mark.usefixtures("ponds")
def test_it_stands_beside_ours() -> None:
    assert "ponds" in BENCHMARKS
    assert parse_spec("Ponds2").name == "ponds"
    assert [kind.name for kind in all_benchmarks()].count("ponds") == 1


def test_two_packages_with_one_name(site: Path, ponds: Path) -> None:
    bring(site, "another", "ponds = another.ponds:Ponds", **{"ponds.py": MODULE})
    with pytest.raises(InputError, match=r"'ponds' is brought by .*another.*\(uninstall one of the packages\)"):
        open_benchmark("ponds", data=ponds)


@pytest.mark.parametrize(
    ("entry_point", "problem"),
    [
        ("lakes = lakes.nowhere:Lakes", "lakes.nowhere:Lakes, cannot be imported"),
        ("lakes = lakes.module:Lakes", "lakes.module:Lakes, cannot be imported"),
        ("lakes = lakes.module:ponds", "lakes.module:ponds, is no class of a benchmark"),
    ],
)
def test_a_broken_package_is_named_and_stops_no_other(site: Path, entry_point: str, problem: str) -> None:
    bring(site, "lakes", entry_point, **{"module.py": "ponds = 1"})
    with pytest.raises(InputError, match=problem):
        open_benchmark("lakes", data=site)
    assert parse_spec("OTB-2015").name == "otb100"


def test_a_package_in_the_current_folder_is_not_installed(
    site: Path, ponds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(site)
    monkeypatch.setattr(sys, "path", [*sys.path[:-1], "", *sys.path[-1:]])
    with pytest.raises(InputError, match="unknown benchmark 'ponds'"):
        open_benchmark("ponds", data=ponds)


def test_our_installation_is_up_to_date() -> None:
    """If this fails: run ``pip install -e .`` again; ``pyproject.toml`` has more benchmarks than the metadata."""
    assert not_installed(ENTRY_POINT_GROUP) == ()
    assert reinstall_hint(ENTRY_POINT_GROUP) == ""


def test_a_benchmark_that_came_after_the_installation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    table = '[project.entry-points."stdtrack.benchmarks"]\notb100 = "a:B"\nnewest = "a:C"\n'
    (tmp_path / "pyproject.toml").write_text(table)
    monkeypatch.setattr("evalkit.entry_points.HOME", tmp_path)
    with pytest.raises(InputError, match=r"unknown benchmark 'newest' \(newest came after .* run `pip install -e .*`"):
        parse_spec("newest")
    with pytest.raises(InputError, match="unknown benchmark 'newer'") as error:
        parse_spec("newer")
    assert "pip install" not in str(error.value)


def test_without_any_metadata_the_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(HOME / "nowhere")])
    with pytest.raises(InputError, match=f"no installed package brings a benchmark.*run `pip install -e {HOME}` again"):
        parse_spec("otb100")


def test_one_that_is_named_is_imported_alone() -> None:
    code = "import sys; from evalkit.benchmarks.registry import parse_spec; parse_spec('uav20l'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {f"evalkit.benchmarks.{name}" for name in ("otb100", "lasot", "vot")} & set(done.stdout.split())
