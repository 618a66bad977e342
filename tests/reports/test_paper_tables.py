"""LaTeX tables of a paper: none is wider than its column, by Adobe's metrics of Times and by TeX where there is one."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import matplotlib as mpl
import pytest

from evalkit.errors import InputError
from evalkit.scoring.naming import Naming
from reports.cells import Cell, Table, transposed, with_arrows
from reports.choice import chosen_metrics
from reports.inputs import ReportTables, with_shown_names
from reports.labelled import with_labels
from reports.paper import PAPERS, Paper, paper_named
from reports.paper_tables import paper_latex
from reports.published import parse_published, with_published
from reports.report import write_report
from reports.score_tables import column_names, score_table
from reports.views import views

SIZES = {"cvpr": {"footnotesize": 8, "scriptsize": 7}, "ieee": {"footnotesize": 8, "scriptsize": 7},
         "beamer": {"scriptsize": 8, "tiny": 6}}  # fmt: skip
WIDTHS = {"cvpr": (237.13, 496.85), "ieee": (252, 516), "beamer": (307.28, 307.28)}  # of the classes themselves
NAMES = ("onnx:nanotrack_v2?weights=/a/path/that/goes/on/and/on/to/somewhere", "50% & {x}_y", "n" * 70, "a b c " * 12)


@cache
def advances(bold: bool) -> dict[str, float]:
    """Widths of Times's characters, of the thousandth of its size, from Adobe's file of metrics."""
    file = Path(mpl.get_data_path()) / "fonts" / "afm" / ("ptmb8a.afm" if bold else "ptmr8a.afm")
    found = re.findall(r"^C (\d+) ; WX (\d+) ;", file.read_text(encoding="latin-1"), re.MULTILINE)
    return {chr(int(code)): int(width) / 1000 for code, width in found}


def width_of(cell: str) -> float:
    """Of a cell of one line, over the size of its letters."""
    bold = r"\textbf" in cell
    text = re.sub(r"\\(textbf|textit|underline|textsubscript)\{", "", cell)
    text = re.sub(r"\\(textbackslash|text[a-z]+|dag)\{\}", "W", text).replace("$\\uparrow$", "W").replace("~", " ")
    text = re.sub(r"\\([&%$#_{}])", r"\1", text.replace("}", "").replace("--", "W"))
    return sum(advances(bold).get(letter, 1.0) for letter in text)


def lines_of(cell: str) -> list[str]:
    inner = re.fullmatch(r"\\begin\{tabular\}\[c\]\{@\{\}[lr]@\{\}\}(.*)\\end\{tabular\}", cell)
    return inner[1].split(r" \\ ") if inner else [cell]


def floats(text: str) -> list[tuple[str, str, float, list[list[str]]]]:
    """Environment, size, gap and rows of cells of each float."""
    found = []
    for kind, body in re.findall(r"\\begin\{(table\*?)\}(.*?)\\end\{table\*?\}", text, re.DOTALL):
        command = re.search(r"\n\\(footnotesize|scriptsize|tiny)\n", body)
        gap = re.search(r"\\setlength\{\\tabcolsep\}\{([\d.]+)pt\}", body)
        assert command is not None
        assert gap is not None
        rows = [re.split(r"(?<!\\) & ", line[:-3]) for line in body.split("\n") if line.endswith(r" \\")]
        found.append((kind, command[1], 2 * float(gap[1]), rows))
    assert found
    return found


def assert_fits(text: str, paper: Paper) -> None:
    for kind, command, gap, rows in floats(text):
        size, limit = SIZES[paper.name][command], WIDTHS[paper.name][kind == "table*"]
        assert len({len(row) for row in rows}) == 1
        widths = [
            max(width_of(line) for cell in column for line in lines_of(cell)) for column in zip(*rows, strict=True)
        ]
        assert sum(widths) * size + gap * (len(widths) - 1) <= limit
        lines = sum(max(len(lines_of(cell)) for cell in row) for row in rows)
        assert 1.2 * size * lines <= paper.height


def scores(made: ReportTables) -> Table:
    return score_table(views(made)[0], made)


@pytest.mark.parametrize("style", PAPERS)
def test_every_table_of_a_report_fits(tables: Callable[..., ReportTables], tmp_path: Path, style: str) -> None:
    made = tables([*NAMES, *(f"tracker-{number}" for number in range(18))], 90, 3, total=100)
    made = replace(made, curves=made.curves.iloc[:0])
    files = write_report(made, tmp_path / "out", parts=("tables",), paper=PAPERS[style])
    written = {path.stem: path.read_text() for path in files.tables if path.suffix == ".tex"}
    assert written.keys() == {"scores", "speeds", "attributes", "sequences"}
    for text in written.values():
        assert_fits(text, PAPERS[style])
    labels = [label for text in written.values() for label in re.findall(r"\\label\{([^}]*)\}", text)]
    assert len(set(labels)) == len(labels)
    assert all(re.fullmatch(r"tab:[a-z0-9-]+", label) for label in labels)
    cells = written["sequences"]
    assert all(f"Sequence{number} &" in cells for number in range(90)), "what is split loses nothing"


def test_a_small_table_takes_one_column(tables: Callable[..., ReportTables]) -> None:
    made = replace(tables(["stdtrack:nano", "opencv:csrt"], 3, 5, total=100), metrics=("auc", "precision", "fps"))
    text = paper_latex(with_arrows(scores(made)), PAPERS["cvpr"], "otb100-scores")
    assert text.count(r"\begin{table}") == 1
    assert r"\footnotesize" in text
    assert r"Tracker & AUC~$\uparrow$ & P~$\uparrow$ & FPS~$\uparrow$ \\" in text
    assert r"\label{tab:otb100-scores}" in text
    assert r"\caption{otb100 (3 of 100 sequences), protocol official." in text


def test_arrows_follow_the_registry() -> None:
    rows = ((Cell("a"), Cell("0.5"), Cell("1")),)
    table = Table("t", "c", ("Tracker", "A", "R"), rows, (False, True, True), arrows=("", "↑", "↓"))
    assert r"A~$\uparrow$ & R~$\downarrow$" in paper_latex(with_arrows(table), PAPERS["ieee"], "t")


def test_metrics_are_chosen_by_name_or_label(tables: Callable[..., ReportTables]) -> None:
    assert chosen_metrics(["P_norm", "AUC", "auc", "SR0.5"]) == ("normalized_precision", "auc", "sr50")
    made = replace(tables(3, 2, 5), metrics=chosen_metrics(["parameters", "P_Norm", "auc"]))
    table = scores(made)
    assert table.columns == ("Tracker", "Params [M]", "P_Norm", "AUC")
    assert [row[1].text for row in table.rows] == ["1.00", "2.00", "3.00"]
    assert "FPS" not in table.caption
    with pytest.raises(InputError, match="did you mean 'precision'"):
        chosen_metrics(["precison"])
    with pytest.raises(InputError, match="did you mean 'beamer'"):
        paper_named("beamr")


def test_a_view_without_the_chosen_metrics_shows_its_own(tables: Callable[..., ReportTables]) -> None:
    assert "AUC" in scores(replace(tables(2, 2, 5), metrics=("eao",))).columns


def test_transposed_keeps_ranks_values_and_trackers(tables: Callable[..., ReportTables]) -> None:
    table = scores(tables(3, 4, 20))
    turned = transposed(table)
    assert turned.columns == ("Metric", *(row[0].text for row in table.rows))
    assert turned.rows[0][0].text == "AUC ↑"
    assert [row[1:] for row in turned.rows] == [
        tuple(row[at] for row in table.rows) for at in range(1, len(table.columns))
    ]
    assert turned.column_keys == ("", *table.keys)
    assert r"AUC~$\uparrow$ & \textbf" in paper_latex(turned, PAPERS["cvpr"], "t")


PUBLISHED = b"""tracker,quantity,benchmark,value,unit,device,note,source
HiT,auc,lasot,60.5,%,,,A
HiT,auc,lasot,60.4,%,,,B
HiT,parameters,,11.03,M,,,A
HiT,gpu_fps,,175,,RTX,,A
HiT,cpu_fps,,72,,i9,,A
Other,auc,otb100,70,%,,,A
Unstated,auc,lasot,not stated,%,,,A
"""


@pytest.mark.parametrize(("device", "fps"), [("Example CPU", "72.0"), ("NVIDIA RTX", "175.0")])
def test_published_rows_stand_below_measured_ones_with_their_mark(
    tables: Callable[..., ReportTables], device: str, fps: str
) -> None:
    made = replace(tables(2, 2, 5, benchmarks=("lasot",)), metrics=("auc", "precision", "parameters", "fps"))
    (view,) = views(made)
    table = with_published(scores(made), column_names(view, made), parse_published(PUBLISHED, "p"), "lasot", device)
    assert table.published == 1
    assert [cell.text for cell in table.rows[-1]] == ["HiT †", "60.5 / 60.4", "–", "11.03", fps]
    assert all(cell.rank is None for cell in table.rows[-1])
    assert table.caption.count("† Published figures of the whole benchmark, not measured here") == 1
    text = paper_latex(table, PAPERS["cvpr"], "t")
    assert text.index(r"\midrule", text.index("tracker-01")) < text.index(r"HiT \dag{}")
    assert "of those measured here" in text


def document(style: str, body: str) -> str:
    packages = r"\usepackage[T1]{fontenc}\usepackage{booktabs,times}"
    if style == "beamer":
        floats = "".join(
            rf"\begin{{frame}}{part}\end{{table}}\end{{frame}}" for part in body.split(r"\end{table}")[:-1]
        )
        return rf"\documentclass{{beamer}}\usepackage{{booktabs}}\begin{{document}}{floats}\end{{document}}"
    width, gap = (("6.875in", "0.3125in"), ("516pt", "12pt"))[style == "ieee"]
    page = rf"\setlength{{\textwidth}}{{{width}}}\setlength{{\columnsep}}{{{gap}}}\setlength{{\textheight}}{{8.875in}}"
    margins = r"\setlength{\oddsidemargin}{-.2in}\setlength{\topmargin}{-.5in}"
    return (
        rf"\documentclass[10pt,twocolumn]{{article}}{packages}{page}{margins}\begin{{document}}{body}\end{{document}}"
    )


@pytest.mark.slow
@pytest.mark.parametrize("style", PAPERS)
def test_tex_finds_no_overfull_box(tables: Callable[..., ReportTables], tmp_path: Path, style: str) -> None:
    program = next((name for name in ("pdflatex", "tectonic") if shutil.which(name)), None)
    if program is None:
        pytest.skip("no LaTeX is installed")
    made = tables([*NAMES, *(f"tracker-{number}" for number in range(9))], 20, 3, total=100)
    made = replace(made, curves=made.curves.iloc[:0])
    write_report(made, tmp_path / "out", parts=("tables",), paper=PAPERS[style])
    for file in sorted((tmp_path / "out").rglob("*.tex")):
        (tmp_path / "try.tex").write_text(document(style, file.read_text()))
        options = ["-interaction=nonstopmode", "-halt-on-error"] if program == "pdflatex" else ["--keep-logs"]
        done = subprocess.run([program, *options, "try.tex"], cwd=tmp_path, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stdout[-2000:]
        log = (tmp_path / "try.log").read_text(encoding="utf-8", errors="replace")
        assert "Overfull \\hbox" not in log, (file.name, log)
        assert "Float too large" not in log, (file.name, log)


def test_hostile_labels_are_text_in_latex(tables: Callable[..., ReportTables]) -> None:
    naming = Naming({"a": "\\input{/etc/passwd}\x1b[31m", "b": "$x$ & y"})
    made = with_shown_names(with_labels(tables(["a", "b"], 2, 5), naming))
    text = paper_latex(scores(made), PAPERS["cvpr"], "t")
    assert r"\input" not in text
    assert "\x1b" not in text
    assert r"\textbackslash{}" in text
    assert_fits(text, PAPERS["cvpr"])
