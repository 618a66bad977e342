"""Plots of other packages: found by their entry points, drawn with the others, and told apart from them."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from evalkit.errors import InputError
from evalkit.imports import HOME
from reports import plots as module
from reports.plots import GROUP, PLOTS, draw_all, figure_named, left_out
from reports.plots.canvas import Plot
from reports.report import write_report
from reports.views import views
from tests.installed import install

DRAW = """
from reports.plots.canvas import Plot, canvas

def draw(tables, view):
    if view is not None:
        yield Plot({name!r}, "One line.", canvas(2, 2))
"""


def bring(site: Path, package: str, entry: str, code: str) -> None:
    """A package of one file that brings a plot."""
    install(site, package, f"[{GROUP}]\n{entry}\n", {f"{package}.py": code})


def drawn(tables) -> list[Plot]:
    (view,) = views(tables)
    return list(draw_all(tables, view))


def test_metadata_and_source_tree_name_the_same_plots() -> None:
    source = tomllib.loads((HOME / "pyproject.toml").read_text())["project"]["entry-points"][GROUP]
    assert set(source) <= set(PLOTS)


def test_a_report_draws_the_plot_of_another_package(site: Path, tables, tmp_path: Path) -> None:
    bring(site, "wheels", "wheel = wheels:draw", DRAW.format(name="wheel"))
    files = write_report(tables(2, 2, 20), tmp_path / "out", parts=("plots",))
    assert {path.suffix for path in files.plots if path.stem == "wheel"} == {".png", ".svg", ".pdf"}
    assert "success" in {path.stem for path in files.plots}


@pytest.mark.parametrize("name", ["../success", "", "a b", "x" * 200, "nul\0"])
def test_a_name_that_no_file_can_have_is_refused(name: str, site: Path, tables) -> None:
    package = f"odd{len(name)}"
    bring(site, package, f"odd = {package}:draw", DRAW.format(name=name))
    with pytest.raises(InputError, match="'odd' names a figure"):
        drawn(tables(2, 2, 20))


def test_two_figures_of_one_name_are_refused(site: Path, tables) -> None:
    bring(site, "twins", "twin = twins:draw", DRAW.format(name="success"))
    with pytest.raises(InputError, match="two figures are named 'success', of 'curves' and of 'twin'"):
        drawn(tables(2, 2, 20))


@pytest.mark.parametrize(
    ("code", "problem"),
    [("import nowhere_to_be_found", "cannot be imported"), ("draw = 3", r"is no function draw\(tables, view\)")],
)
def test_a_broken_plot_is_left_out_and_named(code: str, problem: str, site: Path, tables) -> None:
    package = f"broken{len(code)}"
    bring(site, package, f"torn = {package}:draw", code)
    assert "success" in {plot.name for plot in drawn(tables(2, 2, 20))}
    (line,) = left_out()
    assert re.match(f"left out: the plot 'torn', {package}:draw, {problem}", line)
    with pytest.raises(InputError, match=f"the plot 'torn', {package}:draw, {problem}"):
        figure_named("torn_wheel", iter(drawn(tables(2, 2, 20))), "it")


def test_every_installed_plot_is_whole() -> None:
    assert left_out() == ()


def test_the_wanted_plot_is_drawn_without_the_others(tables) -> None:
    made = tables(2, 2, 20)
    (view,) = views(made)
    for name in ("success", "heatmap", "speed_accuracy"):
        first = next(iter(draw_all(made, view, name)))
        assert first.name == name
    with pytest.raises(InputError, match=r"there is no plot 'heatmop' of it \(did you mean 'heatmap'\?\)"):
        figure_named("heatmop", draw_all(made, view), "it")


def test_a_plot_that_gives_none_has_nothing_to_draw(site: Path, tables) -> None:
    bring(site, "mute", "mute = mute:draw", "def draw(tables, view):\n    return None")
    assert "success" in {plot.name for plot in drawn(tables(1, 1, 5))}


def test_a_plot_that_came_after_the_installation_is_named(tables, monkeypatch: pytest.MonkeyPatch) -> None:
    (view,) = views(tables(1, 1, 5))
    monkeypatch.setattr(module, "reinstall_hint", lambda group: f"{group}: run `pip install -e .` again")
    with pytest.raises(InputError, match=r"stdtrack.plots: run `pip install -e .` again"):
        figure_named("newest", draw_all(tables(1, 1, 5), view), "it")
