"use strict";
// A sequence: opened from the heat-coloured table, played with its boxes, with time lines that show the same frame.

const viewer = document.getElementById("viewer");
let open = null; // name of the open sequence

function heat() {
  for (const table of document.querySelectorAll("table.heat")) {
    for (const cell of table.querySelectorAll("td[data-value]")) {
      const value = parseFloat(cell.dataset.value);
      if (!Number.isNaN(value)) {
        const share = Math.round(Math.min(Math.max(value, 0), 1) * 55);
        cell.style.background = `color-mix(in srgb, var(--accent) ${share}%, transparent)`;
      }
    }
    [...table.tBodies[0].rows].forEach((row, at) => {
      const name = row.cells[0].textContent.trim();
      row.tabIndex = at ? -1 : 0; // one stop of the Tab key, then the arrow keys
      row.setAttribute("aria-label", `Play ${name}`);
      row.dataset.sequence = name;
      row.addEventListener("click", () => showSequence(name));
      row.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === " ") { event.preventDefault(); showSequence(name); }
        const there = currentRows().filter((other) => !other.classList.contains("off"));
        const next = { ArrowDown: there[there.indexOf(row) + 1], ArrowUp: there[there.indexOf(row) - 1], Home: there[0], End: there.at(-1) }[event.key];
        if (next) { event.preventDefault(); [row.tabIndex, next.tabIndex] = [-1, 0]; next.focus(); }
      });
    });
  }
  viewer.addEventListener("keydown", viewerKey);
  onChange(() => {
    for (const node of document.querySelectorAll("[data-column]")) node.hidden = node.dataset.column !== "" && !shown(node.dataset.column);
    if (open && rowOf(open)) openSequence(open);
    else closeSequence();
  });
}

function currentRows() {
  const table = document.querySelector(`#sequences .view[data-view="${state.view}"] table.heat`);
  return table ? [...table.tBodies[0].rows] : [];
}

function rowOf(name) {
  return currentRows().find((row) => row.dataset.sequence === name);
}

let player = null;

/** Keys wherever the focus is in the viewer, but for what a button, a select or the slider does itself. */
function viewerKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("select, input, summary")) return;
  const acts = { " ": () => player && player.toggle(), n: () => neighbour(1), p: () => neighbour(-1), Escape: () => closeSequence(true), ",": () => player && player.step(-1), ".": () => player && player.step(1) };
  if (!(event.key in acts) || (event.key === " " && event.target.matches("button"))) return;
  event.preventDefault();
  acts[event.key]();
}

async function showSequence(name) {
  await openSequence(name);
  viewer.scrollIntoView({ block: "nearest" });
  viewer.focus({ preventScroll: true });
}

function neighbour(step) {
  const rows = currentRows().filter((row) => !row.classList.contains("off"));
  const at = rows.findIndex((row) => row.dataset.sequence === open);
  const next = rows[(at + step + rows.length) % rows.length];
  if (next) showSequence(next.dataset.sequence);
}

function closeSequence(back = false) {
  if (player) player.stop();
  const row = open && rowOf(open);
  [player, open] = [null, null];
  viewer.hidden = true;
  if (!row) return;
  row.setAttribute("aria-selected", "false");
  if (back) row.focus();
}

async function openSequence(name) {
  const before = player && open === name ? player.frame() : null;
  if (player) player.stop();
  open = name;
  for (const row of currentRows()) row.setAttribute("aria-selected", String(row.dataset.sequence === name));
  const chosen = view();
  const frames = await framesOf(chosen.benchmark, name);
  if (open !== name || view() !== chosen) return; // another one was opened meanwhile
  const button = (text, act) => el("button", { type: "button", onclick: act }, text);
  viewer.hidden = false;
  viewer.replaceChildren(el("header", {}, el("h3", {}, name),
    button("← previous", () => neighbour(-1)), button("next →", () => neighbour(1)), button("close", () => closeSequence(true))));
  player = null;
  if (!frames) {
    const old = typeof DecompressionStream === "undefined";
    viewer.append(el("p", { class: "note" }, old ? "This browser cannot unpack frames: one of 2023 or later can." : "No figures by frame were handed over for this sequence."));
    return;
  }
  const pictures = (data.pictures[chosen.benchmark] || {})[name] || [];
  const follow = [];
  const tell = (frame) => { for (const act of follow) act(frame); };
  if (frames.played.length) player = playerOf(frames, pictures, tell);
  if (player) addPlayer(name, frames, pictures, follow);
  timelines(name, frames, follow);
  if (player) player.showAt(before === null ? 0 : nearestIndex(frames.played, before));
}

function addPlayer(name, frames, pictures, follow) {
  const png = () => savePng(`${name}-frame-${player.frame()}`, player.width, player.height, [standalone(player.root, { x: 0, y: 0, width: player.width, height: player.height })]);
  player.node.querySelector(".controls").append(el("button", { type: "button", title: "Save the frame as PNG", "aria-label": "Save the frame as PNG", onclick: png }, "PNG"));
  viewer.append(player.node);
  const gap = frames.length - frames.played.length;
  const notes = ["White and black, dashed: ground truth. Boxes have their tracker's colour and dash; beside the names: the frame's IoU."];
  if (gap > 0) notes.push(`The boxes of ${frames.played.length} of ${frames.length} frames are in the page.`);
  notes.push(pictures.length ? "Pale: the picture is of the nearest frame that the page has one of." : "No pictures: the report was made from annotations without images, or without --data.");
  viewer.append(el("p", { class: "note" }, notes.join(" ")));
  if (pictures.length < 2) return;
  const buttons = pictures.map((picture) => el("button", { type: "button", tabindex: -1, "aria-label": `Frame ${picture.frame}`, onclick: () => player.show(picture.frame, true) },
    el("img", { src: `data:image/jpeg;base64,${picture.jpeg}`, alt: "" }), el("span", {}, `frame ${picture.frame}`)));
  const strip = el("div", { class: "strip" }, ...buttons);
  follow.push((frame) => {
    const best = buttons[nearestIndex(pictures.map((p) => p.frame), frame)];
    for (const button of buttons) button.classList.toggle("near", button === best);
    if (best.offsetLeft < strip.scrollLeft || best.offsetLeft + best.offsetWidth > strip.scrollLeft + strip.clientWidth) strip.scrollLeft = best.offsetLeft - 40;
  });
  viewer.append(strip);
}

/** Overlap and score of every frame; their cursors and the player show one frame. */
function timelines(name, frames, follow) {
  const x = Array.from({ length: frames.length }, (_, i) => frames.first + i);
  const spans = frames.absent.map(([from, to]) => [frames.first + from - 0.5, frames.first + to - 0.5]);
  const charts = [];
  const linked = [];
  for (const [kind, title, unit] of [["iou", "Overlap (IoU)", "IoU"], ["score", "Score that the tracker reports", "score"]]) {
    const series = ranking().filter((t) => frames.lines[kind][t]).map((tracker) => ({ tracker, ...frames.lines[kind][tracker] }));
    if (!series.length) continue;
    const range = [Math.min(0, ...series.map((s) => s.low)), Math.max(1, ...series.map((s) => s.high))];
    const caption = `${name}: ${title}${spans.length ? "; shaded: the target is absent" : ""}`;
    const onCursor = (index) => {
      if (player) player.show(x[index]);
      for (const act of follow) act(x[index]);
    };
    const chart = lineChart(frameFor(viewer, caption), { title: caption, x, xLabel: "frame", yLabel: unit, yRange: range, series, spans, height: 190, markers: false, digits: 2, onCursor, linked });
    charts.push(chart);
    follow.push((frame) => chart.cursor(frame - frames.first));
  }
  if (!player) viewer.append(legendOf(ranking().map((t) => [t, label(t)])));
}
