"""The page in a real browser, its policy in force: it draws, answers mouse and keys, and lets nothing foreign run."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from reports.page.render import render_page
from reports.published import published
from reports.views import views
from tests.reports.chromium import Browser, Page, installed

# What a test's script may say.
WORDS = """
const $ = (selector) => document.querySelector(selector);
const all = (selector) => [...document.querySelectorAll(selector)];
const visible = (node) => node.checkVisibility();
const choose = (node, value) => { node.value = value; node.dispatchEvent(new Event("change")); };
const until = async (check) => { while (!check()) await new Promise((done) => { setTimeout(done, 20); }); };
"""
NOTED = 'window.refused = []; addEventListener("securitypolicyviolation", (e) => refused.push(e.violatedDirective));'


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    program = installed()
    if program is None:
        pytest.skip("skipped: no Chromium; install Debian's package chromium")
    with Browser(program, tmp_path_factory.mktemp("profile")) as running:
        yield running


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Opens a report's page; it is to break no rule of its own policy."""
    pages = []

    def open_page(made: Any, width: int = 1300, height: int = 1000, change: Callable[[str], str] = str) -> Page:
        path = tmp_path / "report.html"
        path.write_text(change(made if isinstance(made, str) else page_of(made)), encoding="utf-8")
        page = browser.page(width, height)
        page.call("Page.addScriptToEvaluateOnNewDocument", source=NOTED)
        page.open(path)
        pages.append(page)
        return page

    yield open_page
    for page in pages:
        assert page.ask("return window.refused;") == []
        page.close()


def page_of(made) -> str:
    return render_page(made, views(made))


def ask(page: Page, script: str) -> Any:
    return page.ask(WORDS + script)


def test_it_draws_everything(show, tables) -> None:
    page = show(replace(tables(5, 30, 300, strips=True), published=published()))
    script = """return [all("figure.chart").length, all("figure.chart").filter((f) => f.querySelector("svg")).length,
        all("#trackers [aria-pressed=true]").length];"""
    assert ask(page, script) == [7, 7, 5]


@pytest.mark.timed
def test_it_opens_in_two_seconds(show, tables) -> None:
    page = show(tables(20, 100, 100))
    assert ask(page, "return Number(document.documentElement.dataset.ready);") < 2000


def test_names_from_outside_do_not_run(show, tables) -> None:
    evil = "document.documentElement.setAttribute('data-owned','1')"
    names = [f"<script>{evil}</script>", f'"><img src=x onerror="{evil}">', f"</script><script>{evil}</script>"]
    page = show(tables(names, 2, 20))
    shown = ask(
        page, 'return [all("#trackers .name").map((n) => n.textContent), { ...document.documentElement.dataset }];'
    )
    assert sorted(shown[0]) == sorted(names)
    assert "ready" in shown[1]
    assert "owned" not in shown[1]


def test_the_policy_stops_an_added_script(browser: Browser, tables, tmp_path: Path) -> None:
    added = "<script>document.documentElement.setAttribute('data-owned','1')</script>"
    path = tmp_path / "report.html"
    path.write_text(page_of(tables(2, 2, 20)).replace("</body>", added + "</body>"), encoding="utf-8")
    page = browser.page()
    page.call("Page.addScriptToEvaluateOnNewDocument", source=NOTED)
    page.open(path)
    assert page.ask("return [window.refused, document.documentElement.dataset.owned];") == [["script-src-elem"], None]
    page.close()


def test_hiding_a_tracker_hides_it_everywhere(show, tables) -> None:
    answer = ask(
        show(tables(3, 4, 30)),
        """const lines = () => all("#curves path.line").length;
        const rows = () => all("#overview tbody tr").filter(visible).length;
        const columns = () => all(".heat thead th").filter(visible).length;
        const before = [lines(), rows(), columns()];
        all("#trackers button")[1].click();
        return [before, [lines(), rows(), columns()]];""",
    )
    assert answer == [[9, 3, 4], [6, 2, 3]]


def test_another_view_shows_its_own_figures(show, tables) -> None:
    answer = ask(
        show(tables(2, 3, 30, benchmarks=("otb100", "got10k"))),
        """const shown = () => all(".view").filter(visible).map((v) => v.dataset.view);
        const before = shown(); choose($("#view"), "1");
        return [before, shown(), $("#curves [data-title]").textContent];""",
    )
    assert set(answer[0]) == {"0"}
    assert set(answer[1]) == {"1"}
    assert answer[2] == "got10k, protocol official"


def test_tables_sort_by_number_and_filter(show, tables) -> None:
    answer = ask(
        show(tables(5, 3, 30)),
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


def opened(page: Page, row: int = 1) -> Page:
    """A page on which a sequence was opened from the keyboard."""
    page.ask(f"document.querySelectorAll('.heat tbody tr')[{row}].focus();")
    page.press("Enter")
    ask(page, 'await until(() => !$("#viewer").hidden && $("#viewer figure"));')
    return page


STATE = """const cursors = all("#viewer .cursor").map((c) => Math.round(c.getAttribute("x1")));
return { title: $("#viewer h3").textContent, said: $(".said").textContent, slider: Number($(".controls input").value),
    cursors, near: all(".strip button").map((b) => b.classList.contains("near")),
    truth: ["x", "y"].map((name) => Number($(".stage .truth").getAttribute(name))),
    box: ["x", "y"].map((name) => Number($(".stage rect:not(.truth)").getAttribute(name))),
    iou: all(".values .value").map((v) => Number(v.textContent)),
    pale: $(".stage").classList.contains("other"), playing: $(".play").textContent.includes("Pause") };"""


def test_frame_and_time_lines_show_one_frame(show, tables) -> None:
    made = tables(3, 4, 40, strips=True)
    page = opened(show(made))
    start = ask(page, STATE)
    assert start["said"] == "frame 0 of 0 to 39"
    page.ask("document.querySelector('#viewer .plot-area').focus();")
    page.press("ArrowRight", *["ArrowRight"] * 33)
    now = ask(page, STATE)
    assert now["title"] == "Sequence1"
    assert now["said"].startswith("frame 34 of 0 to 39; the picture is of frame 20")
    assert (now["slider"], now["near"], now["pale"]) == (34, [False, True], True)
    assert len(now["cursors"]) == 2
    assert len(set(now["cursors"])) == 1
    assert now["cursors"][0] > start["cursors"][0]
    rows = made.frames[(made.frames["sequence"] == "Sequence1") & (made.frames["frame"] == 34)]
    assert now["truth"] == pytest.approx(rows[["gt_x", "gt_y"]].iloc[0].tolist(), abs=0.26)
    assert sorted(now["iou"]) == pytest.approx(sorted(rows["iou"]), abs=0.01)
    assert ask(page, 'return [$("#tip").textContent.slice(0, 8), all("#viewer .absent").length];') == ["frame 34", 2]
    page.click(".strip button")
    now = ask(page, STATE)
    assert (now["said"], now["near"], now["pale"]) == (start["said"], [True, False], False)
    assert now["cursors"] == start["cursors"]


def test_it_plays_pauses_and_steps_by_keys(show, tables) -> None:
    page = opened(show(tables(2, 3, 400)))
    page.press(" ")
    assert ask(page, STATE)["playing"]
    ask(page, 'await until(() => Number($(".controls input").value) > 3);')
    page.press(" ")
    paused = ask(page, STATE)
    page.press(".", ".", ",")
    stepped = ask(page, STATE)
    assert not paused["playing"]
    assert stepped["slider"] == paused["slider"] + 1
    assert stepped["cursors"][0] >= paused["cursors"][0]
    page.press("n")
    ask(page, 'await until(() => $("#viewer h3").textContent === "Sequence2");')
    page.press("Escape")
    answer = 'return [$("#viewer").hidden, document.activeElement.dataset.sequence];'
    assert ask(page, answer) == [True, "Sequence2"]


def test_playing_stops_at_the_end(show, tables) -> None:
    page = opened(show(tables(1, 2, 12)))
    page.click(".play")
    ask(
        page, 'await until(() => Number($(".controls input").value) === 11 && $(".play").textContent.includes("Play"));'
    )


def test_the_slider_scrubs(show, tables) -> None:
    page = opened(show(tables(2, 3, 41)))
    page.click(".controls input")
    state = ask(page, STATE)
    assert state["slider"] == pytest.approx(20, abs=1)
    assert state["said"] == f"frame {state['slider']} of 0 to 40"
    page.press("ArrowRight")
    assert ask(page, STATE)["slider"] == state["slider"] + 1


def test_two_trackers_differences_are_sorted_and_open_a_sequence(show, tables, tmp_path: Path) -> None:
    made = tables(3, 12, 60)
    page = show(made)
    rows = made.scores.query("metric == 'auc' and sequence.notna()").pivot(
        index="sequence", columns="tracker", values="value"
    )
    expected = (rows["tracker-00"] - rows["tracker-02"]).sort_values(ascending=False)
    ask(page, 'choose($("#difference-a"), "0"); choose($("#difference-b"), "2");')
    written = csv_rows(page.download("#difference .tools button[title='Save as CSV']", tmp_path))
    assert written[0] == ["sequence", "tracker-00", "tracker-02", "difference"]
    assert [row[0] for row in written[1:]] == expected.index.tolist()
    assert [float(row[3]) for row in written[1:]] == pytest.approx(expected.tolist(), abs=1e-12)
    won = int((expected > 0).sum())
    assert f"tracker-00 is better on {won} of 12 sequences" in ask(page, 'return $("#difference .note").textContent;')
    assert len(ask(page, 'return all("#difference .bar").map((b) => b.getAttribute("x"));')) == 12
    page.ask("document.querySelector('#difference .plot-area').focus();")
    page.press("End", "Enter")
    ask(page, f'await until(() => !$("#viewer").hidden && $("#viewer h3").textContent === "{expected.index[-1]}");')


def csv_rows(path: Path) -> list[list[str]]:
    return list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))


TICKS = 'return all("#curves figure:first-child .plot-area > svg > text.soft").map((t) => Number(t.textContent));'


def test_plots_zoom_by_keys_and_by_dragging(show, tables) -> None:
    page = show(tables(2, 3, 30))
    whole = ask(page, TICKS)
    plot = "#curves .plot-area"
    page.ask(f"document.querySelector('{plot}').focus();")
    page.press("+", "+")
    closer = ask(page, TICKS)
    assert max(closer) < max(whole)
    page.press("ArrowRight", shift=True)
    assert ask(page, TICKS) != closer
    page.press("0")
    assert ask(page, TICKS) == whole
    start = page.centre(plot, 0.3, 0.3)
    page.drag(start, (start[0] + 40, start[1] + 30), (start[0] + 80, start[1] + 60))
    dragged = ask(page, TICKS)
    assert (min(dragged) > min(whole)) or (max(dragged) < max(whole))
    page.click("#curves .tools button:nth-of-type(3)")
    assert ask(page, TICKS) == whole


def test_the_time_lines_zoom_together(show, tables) -> None:
    page = opened(show(tables(2, 3, 200)))
    page.ask("document.querySelector('#viewer .plot-area').focus();")
    page.press("+")
    ticks = """const texts = (plot) => [...plot.querySelectorAll("text.soft[text-anchor=middle]")];
        return all("#viewer .plot-area").map((plot) => texts(plot).map((t) => t.textContent).join(" "));"""
    first, second = ask(page, ticks)
    assert first == second
    assert "200" not in first.split()


def test_the_pointer_reads_a_curve(show, tables) -> None:
    page = show(tables(2, 3, 30))
    page.hover(page.centre("#curves .plot-area", 0.5, 0.3))
    hidden, text, rows = ask(page, 'return [$("#tip").hidden, $("#tip").textContent, all("#tip li").length];')
    assert hidden is False
    assert re.match(r"overlap threshold 0\.(45|5|55)", text)
    assert rows == 2


def test_curves_and_tables_are_saved_as_csv(show, tables, tmp_path: Path) -> None:
    made = tables(["=HYPERLINK(1)", "b,c"], 3, 30)
    page = show(made)
    curve = csv_rows(page.download("#curves .tools button[title='Save as CSV']", tmp_path))
    assert [row[0] for row in curve[1:]] == [f"{x:g}" for x in np.linspace(0, 1, 21).round(6)]
    assert sorted(curve[0]) == ["'=HYPERLINK(1)", "b,c", "overlap threshold"]
    ask(page, 'all("#trackers button").find((b) => b.title === "b,c").click();')
    scores = csv_rows(page.download("#overview .tools button[title='Save as CSV']", tmp_path))
    (auc,) = made.scores.query("tracker == '=HYPERLINK(1)' and metric == 'auc' and sequence.isna()")["value"]
    assert [row[0] for row in scores] == ["Tracker", "'=HYPERLINK(1)"]
    assert float(scores[1][scores[0].index("AUC")]) == auc


@pytest.mark.parametrize("place", ["#curves", "#speed", "#attributes", "#difference", "#overview", "#sequences"])
def test_any_view_is_saved_as_png(show, tables, tmp_path: Path, place: str) -> None:
    page = show(tables(3, 6, 30))
    picture = Image.open(page.download(f"{place} .tools button[title='Save as PNG']", tmp_path)).convert("RGB")
    assert min(picture.size) > 100
    assert len(picture.getcolors(1 << 20) or []) > 20  # lines and letters, smoothed


def test_a_frame_is_saved_with_its_boxes(show, tables, tmp_path: Path) -> None:
    page = opened(show(tables(2, 3, 30, strips=True)))
    picture = Image.open(page.download("#viewer .controls button[title='Save the frame as PNG']", tmp_path))
    assert picture.size == (640, 480)
    colours = [colour for _, colour in picture.convert("RGB").getcolors(1 << 20) or []]
    assert any(np.abs(np.subtract(colour, (70, 90, 60))).max() < 8 for colour in colours)
    assert (0, 0, 0) in colours or (255, 255, 255) in colours


def test_times_and_fps_stand_in_the_section_of_speed(show, tables) -> None:
    page = show(tables(3, 3, 30))
    row = tables(3, 3, 30).speeds.sort_values("p50_ms").iloc[0]
    text, table = ask(
        page,
        """return [$("#speed").textContent, all("#speed thead th").map((h) => h.textContent.trim())];""",
    )
    assert f"{row['tracker']} [{row['fps_median']:.1f} FPS]" in text
    assert {"p50 [ms]", "p90 [ms]", "p99 [ms]", "FPS (1/median)"} <= set(table)


def test_no_times_of_a_run_of_several_workers(show, tables) -> None:
    made = tables(2, 2, 20)
    figures = ["fps_median", "fps_mean", "p50_ms", "p90_ms", "p99_ms"]
    speeds = made.speeds.assign(**dict.fromkeys(figures, np.nan), note="left out: 4 workers shared the machine")
    text = ask(show(replace(made, speeds=speeds)), 'return [all("#speed figure").length, $("#speed").textContent];')
    assert text[0] == 0
    assert "the table below says why" in text[1]
    assert "4 workers shared the machine" in text[1]


def test_the_contents_of_50_trackers_fit_and_filter(show, tables) -> None:
    page = show(tables(50, 3, 20), 1400, 900)
    start = ask(
        page,
        """const box = $("#contents").getBoundingClientRect();
        return [box.bottom <= innerHeight + 1, all("#trackers button").length,
            all("#trackers button").filter((b) => b.tabIndex === 0).length,
            all("#curves figure:first-child .legend li").filter(visible).length];""",
    )
    assert start == [True, 50, 1, 16]
    page.ask("document.querySelector('#trackers button').focus();")
    page.press("End", "ArrowUp", "o")
    only = ask(page, 'return all("#trackers [aria-pressed=true]").map((b) => b.title);')
    assert len(only) == 1
    ask(page, 'all("#choices button").at(-1).click();')
    assert ask(page, 'return all("#trackers [aria-pressed=true]").length;') == 10
    page.ask("document.querySelector('#choices input').focus();")
    page.press("-", "4", "9")
    assert ask(page, 'return all("#trackers button").filter(visible).map((b) => b.title);') == ["tracker-49"]


def test_the_contents_mark_the_section_that_is_read(show, tables) -> None:
    page = show(tables(2, 3, 30), 1400, 700)
    ask(page, '$("#methods").scrollIntoView({ behavior: "instant" });')
    ask(page, "await until(() => !$(\"nav a[href='#overview'][aria-current]\"));")
    page.click("nav a[href='#sequences']")
    ask(page, "await until(() => $(\"nav a[href='#sequences'][aria-current]\"));")


def test_colours_follow_the_chosen_scheme(show, tables) -> None:
    page = show(tables(1, 1, 5))
    seen = 'return [getComputedStyle(document.body).backgroundColor, getComputedStyle($("#curves path.line")).stroke];'
    light, dark = (ask(page, f'choose($("#theme"), "{scheme}"); {seen}') for scheme in ("light", "dark"))
    assert light[0] == "rgb(255, 255, 255)"
    assert light[0] != dark[0]
    assert light[1] != dark[1]
    ask(page, 'choose($("#theme"), "light dark");')
    page.prefer(prefers_color_scheme="dark")
    assert ask(page, seen) == dark


def test_motion_is_reduced_where_that_is_preferred(show, tables) -> None:
    page = show(tables(1, 1, 5))
    behaviour = "return getComputedStyle(document.documentElement).scrollBehavior;"
    for preference, expected in (("no-preference", "smooth"), ("reduce", "auto")):
        page.prefer(prefers_reduced_motion=preference)
        assert page.ask(behaviour) == expected


def test_everything_has_a_name(show, tables) -> None:
    """Buttons, fields, charts and the viewer say what they are to who does not see them."""
    page = opened(show(tables(3, 4, 40, strips=True)))
    nodes = page.call("Accessibility.getFullAXTree")["nodes"]
    roles = {"button", "combobox", "slider", "searchbox", "textbox", "link", "img", "region", "dialog"}
    named = [node for node in nodes if not node["ignored"] and node["role"]["value"] in roles]
    assert len(named) > 40
    assert [node for node in named if not node.get("name", {}).get("value", "").strip()] == []


@pytest.mark.parametrize("width", [390, 1400])
@pytest.mark.parametrize(("trackers", "sequences", "frames"), [(1, 1, 1), (2, 3, 20), (50, 3, 20)])
def test_smallest_and_largest(show, tables, trackers: int, sequences: int, frames: int, width: int) -> None:
    page = opened(show(tables(trackers, sequences, frames, strips=frames > 1), width, 844), 0)
    script = """return [all("#curves path.line").length, all("#viewer path.line").length,
        document.documentElement.scrollWidth <= innerWidth];"""
    assert ask(page, script) == [3 * trackers, 2 * trackers, True]
