"""The page in a real browser: it draws, answers mouse and keys, and lets nothing foreign run."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from reports.page.render import render_page
from reports.published import published
from reports.views import views

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--window-size=1300,1000"),
)
# Put behind the page's own script, in a copy without the policy that would forbid it.
DRIVER = """
<script>
const $ = (selector) => document.querySelector(selector);
const all = (selector) => [...document.querySelectorAll(selector)];
const visible = (node) => node.getClientRects().length > 0;
const key = (node, name) => node.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true }));
let answer;
try { answer = (() => { %s })(); } catch (error) { answer = { error: String(error) }; }
document.documentElement.setAttribute("data-answer", JSON.stringify(answer));
</script>
"""


@pytest.fixture(scope="session")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], str]:
    """Opens a page in headless Chromium and returns the document that came of it."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("skipped: no chromium")

    def open_page(page: Path) -> str:
        profile = tmp_path_factory.mktemp("profile")
        command = [browser, *FLAGS, f"--user-data-dir={profile}", "--dump-dom", page.as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=True)
        return done.stdout

    return open_page


@pytest.fixture
def ask(dump: Callable[[Path], str], tmp_path: Path) -> Callable[[str, str], Any]:
    """Runs a script in a page and returns its answer."""

    def run(page: str, script: str) -> Any:
        open_to_all = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
        path = tmp_path / "driven.html"
        path.write_text(open_to_all.replace("</body>", DRIVER % script + "</body>"), encoding="utf-8")
        found = re.search(r'data-answer="([^"]*)"', dump(path))
        assert found is not None, "the page's script did not come to its end"
        answer = json.loads(unescape(found.group(1)))
        assert not (isinstance(answer, dict) and "error" in answer), answer
        return answer

    return run


def page_of(made) -> str:
    return render_page(made, views(made))


def test_it_opens_in_two_seconds_and_draws_everything(dump, tables, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(page_of(replace(tables(5, 30, 300, strips=True), published=published())), encoding="utf-8")
    document = dump(path)
    ready = re.search(r'data-ready="(\d+)"', document)
    assert ready is not None
    assert int(ready.group(1)) < 2000
    assert document.count('<figure class="chart">') == 5
    assert document.count('aria-pressed="true"') == 5


def test_names_from_outside_do_not_run(dump, tables, tmp_path: Path) -> None:
    evil = "document.documentElement.setAttribute('data-owned','1')"
    names = [f"<script>{evil}</script>", f'"><img src=x onerror="{evil}">', f"</script><script>{evil}</script>"]
    path = tmp_path / "report.html"
    path.write_text(page_of(tables(names, 2, 20)), encoding="utf-8")
    document = dump(path)
    assert "data-ready" in document
    assert "data-owned=" not in document


def test_the_policy_stops_an_added_script(dump, tables, tmp_path: Path) -> None:
    page = page_of(tables(2, 2, 20))
    path = tmp_path / "report.html"
    added = "<script>document.documentElement.setAttribute('data-owned','1')</script>"
    path.write_text(page.replace("</body>", added + "</body>"), encoding="utf-8")
    assert 'data-owned="1"' not in dump(path)


def test_hiding_a_tracker_hides_it_everywhere(ask, tables) -> None:
    answer = ask(
        page_of(tables(3, 4, 30)),
        """const lines = () => all("#curves path.line").length;
        const rows = () => all("#overview tbody tr").filter(visible).length;
        const columns = () => all(".heat thead th").filter(visible).length;
        const before = [lines(), rows(), columns()];
        all("#trackers button")[1].click();
        return [before, [lines(), rows(), columns()]];""",
    )
    assert answer == [[9, 3, 4], [6, 2, 3]]


def test_another_view_shows_its_own_figures(ask, tables) -> None:
    answer = ask(
        page_of(tables(2, 3, 30, benchmarks=("otb100", "got10k"))),
        """const shown = () => all(".view").filter(visible).map((v) => v.dataset.view);
        const before = shown(); const s = $("#view"); s.value = "1"; s.dispatchEvent(new Event("change"));
        return [before, shown(), $("#curves [data-title]").textContent];""",
    )
    assert set(answer[0]) == {"0"}
    assert set(answer[1]) == {"1"}
    assert answer[2] == "got10k, protocol official"


def test_tables_sort_by_number_and_filter(ask, tables) -> None:
    answer = ask(
        page_of(tables(5, 3, 30)),
        """const column = () => all("#overview tbody tr").map((r) => parseFloat(r.lastElementChild.textContent));
        const button = all("#overview thead button").at(-1);
        button.click(); const down = column(); button.click(); const up = column();
        const box = $("#overview .filter"); box.value = "03"; box.dispatchEvent(new Event("input"));
        const rows = all("#overview tbody tr").filter(visible).length;
        return [down, up, rows, button.parentElement.getAttribute("aria-sort")];""",
    )
    assert answer[0] == sorted(answer[0], reverse=True)
    assert answer[1] == sorted(answer[1])
    assert answer[2:] == [1, "ascending"]


def test_a_sequence_opens_from_the_keyboard_and_its_time_line_follows(ask, tables) -> None:
    answer = ask(
        page_of(tables(3, 4, 40, strips=True)),
        """const row = all(".heat tbody tr")[1]; row.focus(); key(row, "Enter");
        const chart = $("#viewer figure.chart svg"); chart.focus();
        for (let i = 0; i < 35; i += 1) key(chart, "ArrowRight");
        const near = all("#viewer .strip figure").map((f) => f.classList.contains("near"));
        const boxes = $("#viewer .strip figure").querySelectorAll("rect").length;
        const shaded = all("#viewer .absent").length;
        return { title: $("#viewer h3").textContent, near, tip: $("#tip").textContent, shaded, boxes };""",
    )
    assert answer["title"] == "Sequence1"
    assert answer["near"] == [False, True]
    assert answer["tip"].startswith("frame 34")
    assert answer["shaded"] == 2
    assert answer["boxes"] == 3 + 2


def test_the_pointer_reads_a_curve(ask, tables) -> None:
    answer = ask(
        page_of(tables(2, 3, 30)),
        """const chart = $("#curves svg"); const box = chart.getBoundingClientRect();
        const place = { clientX: box.left + box.width / 2, clientY: box.top + 50 };
        chart.dispatchEvent(new PointerEvent("pointermove", place));
        return [$("#tip").hidden, $("#tip").textContent, all("#tip li").length];""",
    )
    assert answer[0] is False
    assert re.match(r"overlap threshold 0\.(45|5|55)", answer[1])
    assert answer[2] == 2


def test_colours_follow_the_chosen_scheme(ask, tables) -> None:
    answer = ask(
        page_of(tables(1, 1, 5)),
        """const choose = (v) => { const s = $("#theme"); s.value = v; s.dispatchEvent(new Event("change"));
          return [getComputedStyle(document.body).backgroundColor, getComputedStyle($("#curves path.line")).stroke]; };
        return [choose("light"), choose("dark")];""",
    )
    assert answer[0][0] == "rgb(255, 255, 255)"
    assert answer[0][0] != answer[1][0]
    assert answer[0][1] != answer[1][1]


@pytest.mark.parametrize(("trackers", "sequences", "frames"), [(1, 1, 1), (40, 3, 20)])
def test_smallest_and_largest(ask, tables, trackers: int, sequences: int, frames: int) -> None:
    page = page_of(tables(trackers, sequences, frames))
    script = """$(".heat tbody tr").click(); return [all("#curves path.line").length, all("#viewer path.line").length,
        document.documentElement.scrollWidth <= innerWidth];"""
    assert ask(page, script) == [3 * trackers, 2 * trackers, True]
