"""Figures of a paper: the class's widths and letters; long titles wrap; other scripts find a font."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.text import Text

from evalkit.scoring.naming import Naming
from reports.inputs import ReportTables
from reports.labelled import with_labels
from reports.paper import PAPERS
from reports.plots import draw_all, fonts, pgf
from reports.plots.canvas import BOLD, Plot, render
from reports.plots.fonts import fallbacks
from reports.style import style
from reports.views import views

COLUMNS = {"cvpr": (3.28125, 6.875), "ieee": (3.487, 7.140), "beamer": (4.252, 4.252)}  # inches, of the classes
CJK = "跟踪"


def drawn(made: ReportTables, paper: str | None = None) -> dict[str, Plot]:
    (view,) = views(made)
    return {plot.name: plot for plot in draw_all(made, view, paper=PAPERS[paper] if paper else None)}


def texts(figure: Figure) -> set[str]:
    return {text.get_text() for text in figure.findobj(Text)}


def legend(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


@pytest.mark.parametrize("name", PAPERS)
def test_figures_have_the_widths_and_letters_of_the_class(tables: Callable[..., ReportTables], name: str) -> None:
    plots = drawn(tables(7, 4, 20, total=100), name)
    widths = {plot.name: plot.figure.get_figwidth() for plot in plots.values()}
    for plot, width in widths.items():
        assert min(abs(width - column) for column in COLUMNS[name]) < 0.01, plot
    assert widths["success"] == pytest.approx(COLUMNS[name][0], abs=0.01)
    assert widths["speed_accuracy"] == pytest.approx(COLUMNS[name][1], abs=0.01)
    success = plots["success"].figure
    assert success.axes[0].get_xlabel() == "overlap threshold"
    family = success.axes[0].xaxis.label.get_fontfamily()[0]
    assert family == ("DejaVu Sans" if name == "beamer" else "STIXGeneral")
    assert max(text.get_fontsize() for text in success.findobj(Text)) <= PAPERS[name].figure_size


def test_nothing_is_cut_off_and_the_legend_covers_no_curve(tables: Callable[..., ReportTables]) -> None:
    made = tables(["a long name of a tracker " + "x" * 30, *(f"tracker-{n}" for n in range(11))], 3, 20, total=100)
    figure = drawn(made, "cvpr")["success"].figure
    figure.draw_without_rendering()
    inside = figure.bbox.padded(1)
    box = figure.legends[0].get_window_extent()
    for extent in (box, figure.axes[0].get_tightbbox()):
        assert inside.contains(*extent.min)
        assert inside.contains(*extent.max)
    assert figure.axes[0].get_window_extent().y0 > box.y1
    assert figure.axes[0].get_window_extent().height > 0.25 * figure.bbox.height


def test_pdf_has_the_size_and_times(tables: Callable[..., ReportTables]) -> None:
    content = render(drawn(tables(2, 2, 10), "cvpr")["success"], ("pdf",))["pdf"]
    box = re.search(rb"/MediaBox \[\s*0 0 ([\d.]+) ", content)
    assert box is not None
    assert float(box[1]) / 72 == pytest.approx(3.28125, abs=0.01)
    assert b"STIXGeneral" in content
    assert b"/Type3" not in content


def test_pgf_escapes_names_and_needs_latex(
    tables: Callable[..., ReportTables], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = tables(["50%_a & \\input{x}", "b"], 2, 5)
    seen: list[set[str]] = []
    monkeypatch.setattr(Figure, "savefig", lambda self, *_, **__: seen.append(texts(self)))
    figure = drawn(made, "ieee")["success"].figure
    before = texts(figure)
    pgf.pgf(figure, "pdflatex")
    assert any(r"50\%\_a \& \textbackslash{}input\{x\}" in text for text in seen[0])
    assert texts(figure) == before
    monkeypatch.undo()
    monkeypatch.setattr("reports.plots.canvas.tex_program", lambda: "pdflatex")
    monkeypatch.setattr("reports.plots.canvas.pgf", lambda *_: b"pgf")
    written = {name: render(plot).keys() - {"png", "svg", "pdf"} for name, plot in drawn(made, "ieee").items()}
    assert {name for name, more in written.items() if not more} == {"heatmap"}, "images do not go into one PGF file"
    monkeypatch.setattr("reports.plots.canvas.tex_program", lambda: None)
    assert render(drawn(made, "ieee")["success"]).keys() == {"png", "svg", "pdf"}


def test_highlighted_trackers_are_bold_and_first_in_the_legend(tables: Callable[..., ReportTables]) -> None:
    made = with_labels(tables(4, 3, 20), Naming({"tracker-02": "Ours"}, highlight=("Ours",)))
    plots = drawn(made)
    assert legend(plots["success"].figure)[0].endswith("] Ours")
    assert legend(plots["attributes_radar"].figure)[0] == "Ours"
    assert legend(plots["timeline"].figure)[0] == "Ours"
    widths = [line.get_linewidth() for line in plots["success"].figure.axes[0].lines]
    assert widths[-1] == BOLD, "drawn last, on top"
    assert widths.count(BOLD) == 1
    assert plots["paired_difference"].caption.startswith("AUC of Ours minus")


def test_labels_change_neither_colour_nor_marker_and_stand_everywhere(tables: Callable[..., ReportTables]) -> None:
    made = with_labels(tables(["stdtrack:nano", "opencv:csrt"], 3, 20), Naming({"opencv:csrt": "CSRT"}))
    assert made.styles["CSRT"] == style("opencv:csrt")
    for plot in drawn(made).values():
        words = " ".join(texts(plot.figure)) + plot.caption
        assert "opencv:csrt" not in words, plot.name
        assert plot.name in ("success", "precision", "normalized_precision") or "CSRT" in words, plot.name


def test_order_rules_tables_and_legends(tables: Callable[..., ReportTables]) -> None:
    made = with_labels(tables(4, 3, 20), Naming(order=("tracker-03", "tracker-01")))
    assert views(made)[0].trackers == ("tracker-03", "tracker-01", "tracker-00", "tracker-02")
    names = [text.split("] ")[1] for text in legend(drawn(made)["success"].figure)]
    assert names == ["tracker-03", "tracker-01", "tracker-00", "tracker-02"]


def test_long_titles_wrap_and_short_ones_stay(tables: Callable[..., ReportTables]) -> None:
    name = "a-benchmark-with-a-very-long-name-" * 5
    for plot in drawn(tables(2, 3, 20, benchmarks=(name,), total=100)).values():
        plot.figure.draw_without_rendering()
        titles = [t for axes in plot.figure.axes for t in (axes.title, axes._left_title) if t.get_text()]
        assert all(title.get_window_extent().width <= plot.figure.bbox.width for title in titles), plot.name
        assert any(
            name.replace("-", "") in title.get_text().replace("\n", "").replace("-", "") for title in titles
        ) or (plot.name == "paired_difference")
    title = drawn(tables(2, 3, 20, total=100))["normalized_precision"].figure.axes[0].get_title("left")
    assert title == "Normalised precision, otb100 (3 of 100 sequences)\nprotocol: official"


@pytest.fixture
def own_font(tmp_path: Path) -> Iterator[str]:
    """A font of two Chinese characters."""
    builder = FontBuilder(1000, isTTF=True)
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    pen.lineTo((800, 0))
    pen.lineTo((800, 800))
    pen.closePath()
    names = [".notdef", "one", "two"]
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap(dict(zip(map(ord, CJK), names[1:], strict=True)))
    builder.setupGlyf(dict.fromkeys(names, pen.glyph()))
    builder.setupHorizontalMetrics(dict.fromkeys(names, (1000, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Own CJK", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(tmp_path / "own.ttf")
    fontlist = list(font_manager.fontManager.ttflist)
    font_manager.fontManager.addfont(tmp_path / "own.ttf")
    yield "Own CJK"
    font_manager.fontManager.ttflist[:] = fontlist


def test_letters_that_the_usual_font_lacks_come_from_one_that_has_them(
    tables: Callable[..., ReportTables], own_font: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = [entry for entry in font_manager.fontManager.ttflist if entry.name == own_font]
    monkeypatch.setattr(fonts, "_candidates", lambda: entries)
    assert fallbacks(["plain", f"{CJK} 1"]) == ((own_font,), frozenset())
    figure = drawn(tables([CJK, "b"], 2, 10))["success"].figure
    assert own_font in figure.legends[0].get_texts()[0].get_fontfamily()


def test_letters_of_no_font_are_told_and_warn_nobody(
    tables: Callable[..., ReportTables], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fonts, "_candidates", list)
    assert fallbacks([CJK]) == ((), frozenset(CJK))
    made = replace(tables([CJK, "b"], 2, 10))
    for plot in drawn(made).values():
        assert render(plot, ("png", "pdf"))
