"use strict";
// Per-sequence drill-down: heat-coloured table, strip of frames with boxes, time lines that follow the pointer.

const viewer = document.getElementById("viewer");
let open = null;

function heat() {
  for (const table of document.querySelectorAll("table.heat")) {
    for (const cell of table.querySelectorAll("td[data-value]")) {
      const value = parseFloat(cell.dataset.value);
      if (!Number.isNaN(value)) {
        const share = Math.round(Math.min(Math.max(value, 0), 1) * 55);
        cell.style.background = `color-mix(in srgb, var(--accent) ${share}%, transparent)`;
      }
    }
    for (const row of table.tBodies[0].rows) {
      const name = row.cells[0].textContent.trim();
      const show = () => { openSequence(name, row); viewer.scrollIntoView({ block: "nearest" }); };
      row.tabIndex = 0;
      row.setAttribute("aria-label", `Show frames and time line of ${name}`);
      row.dataset.sequence = name;
      row.addEventListener("click", show);
      row.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === " ") { event.preventDefault(); show(); }
        const next = event.key === "ArrowDown" ? row.nextElementSibling : event.key === "ArrowUp" ? row.previousElementSibling : null;
        if (next) { event.preventDefault(); next.focus(); }
      });
    }
  }
  onChange(() => {
    for (const node of document.querySelectorAll("[data-column]")) node.hidden = node.dataset.column !== "" && !shown(node.dataset.column);
    const rows = currentRows();
    const same = open && rows.find((row) => row.dataset.sequence === open);
    if (same) openSequence(open, same);
    else { viewer.hidden = true; open = null; }
  });
}

function currentRows() {
  const table = document.querySelector(`#sequences .view[data-view="${state.view}"] table.heat`);
  return table ? [...table.tBodies[0].rows] : [];
}

function unpack({ low, high, bytes }) {
  const raw = atob(bytes);
  return Array.from(raw, (c) => (c.charCodeAt(0) === 255 ? null : low + (c.charCodeAt(0) / 254) * (high - low)));
}

function openSequence(name, row) {
  open = name;
  for (const other of currentRows()) other.setAttribute("aria-selected", String(other === row));
  const strip = ((data.strips[view().benchmark] || {})[name] || []);
  const frames = (data.frames[view().benchmark] || {})[name];
  const go = (step) => {
    const rows = currentRows().filter((r) => !r.classList.contains("off"));
    const next = rows[(rows.indexOf(row) + step + rows.length) % rows.length];
    if (next) openSequence(next.dataset.sequence, next);
  };
  const close = () => { viewer.hidden = true; open = null; row.setAttribute("aria-selected", "false"); row.focus(); };
  const head = el("header", {}, el("h3", {}, name),
    el("button", { type: "button", onclick: () => go(-1) }, "← previous"),
    el("button", { type: "button", onclick: () => go(1) }, "next →"),
    el("button", { type: "button", onclick: close }, "close"));
  viewer.hidden = false;
  viewer.replaceChildren(head);
  const pictures = stripOf(strip);
  viewer.append(pictures.node);
  if (frames) timelines(frames, pictures.near);
  else viewer.append(el("p", { class: "note" }, "No figures by frame were handed over for this sequence."));
}

function stripOf(strip) {
  if (!strip.length) {
    return { node: el("p", { class: "note" }, "No frames: the report was made from annotations without images, or without --data."), near: () => {} };
  }
  const figures = strip.map((each) => {
    const root = svg("svg", { viewBox: `0 0 ${each.width} ${each.height}`, role: "img", "aria-label": `Frame ${each.frame}` });
    root.append(svg("image", { href: `data:image/jpeg;base64,${each.jpeg}`, width: each.width, height: each.height }));
    if (each.truth) root.append(rectangle(each.truth, { class: "truth" }), rectangle(each.truth, { class: "truth inner" }));
    const names = [];
    for (const tracker of ranking().reverse()) {
      if (!each.boxes[tracker]) continue;
      root.append(stroke(rectangle(each.boxes[tracker], {}), tracker));
      names.push(tracker);
    }
    return el("figure", {}, root, el("figcaption", {}, `frame ${each.frame}`));
  });
  const near = (frame) => {
    let best = 0;
    strip.forEach((each, i) => { if (Math.abs(each.frame - frame) < Math.abs(strip[best].frame - frame)) best = i; });
    figures.forEach((node, i) => node.classList.toggle("near", i === best));
    const host = figures[best].parentElement;
    const left = figures[best].offsetLeft - host.offsetLeft;
    if (left < host.scrollLeft || left + figures[best].offsetWidth > host.scrollLeft + host.clientWidth) host.scrollLeft = left - 40;
  };
  const key = el("p", { class: "note" }, "White and black, dashed: ground truth. Boxes have their tracker's colour and dash.");
  return { node: el("div", {}, el("div", { class: "strip", tabindex: 0, role: "group", "aria-label": "Frames" }, ...figures), key), near };
}

function rectangle([x, y, width, height], attributes) {
  return svg("rect", { x, y, width: Math.max(0, width), height: Math.max(0, height), ...attributes });
}

function timelines(frames, near) {
  const x = Array.from({ length: frames.length }, (_, i) => frames.first + i);
  const spans = frames.absent.map(([from, to]) => [frames.first + from - 0.5, frames.first + to - 0.5]);
  for (const [column, title] of [["iou", "Overlap (IoU)"], ["score", "Score that the tracker reports"]]) {
    const series = ranking().filter((t) => frames[column][t]).map((tracker) => ({ tracker, y: unpack(frames[column][tracker]), range: frames[column][tracker] }));
    if (!series.length) continue;
    const high = Math.max(1, ...series.map((s) => s.range.high));
    const low = Math.min(0, ...series.map((s) => s.range.low));
    const caption = title + (spans.length ? "; shaded: the target is absent" : "");
    const onCursor = (index) => near(x[index]);
    lineChart(frameFor(viewer, caption), { title: caption, x, xLabel: "frame", yLabel: column === "iou" ? "IoU" : "score", yRange: [low, high], series, spans, height: 190, markers: false, digits: 2, onCursor });
  }
  viewer.append(legendOf(ranking().map((t) => [t, label(t)])));
}
