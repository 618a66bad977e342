"use strict";
// Tracker chips, sortable and filtered tables, curves, speed against accuracy, attributes.

function chips() {
  const host = document.getElementById("trackers");
  const buttons = data.trackers.map((t, i) => el("button", { type: "button", "aria-pressed": "true", onclick: () => toggle(i) }, swatch(i), t.label));
  const all = el("button", { type: "button", class: "all", onclick: () => { state.hidden = state.hidden.size ? new Set() : new Set(data.trackers.keys()); changed(); } }, "all / none");
  host.append(...buttons, all);
  onChange(() => buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(shown(i)))));
}

function toggle(tracker) {
  if (!state.hidden.delete(tracker)) state.hidden.add(tracker);
  changed();
}

function tables() {
  for (const table of document.querySelectorAll("table")) {
    for (const button of table.querySelectorAll("thead button")) button.addEventListener("click", () => sort(table, button));
  }
  for (const row of document.querySelectorAll("tr[data-tracker]")) {
    row.firstElementChild.prepend(swatch(Number(row.dataset.tracker)), " ");
  }
  for (const input of document.querySelectorAll(".filter")) {
    input.addEventListener("input", () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      for (const row of document.querySelectorAll(`#${input.dataset.target} tbody tr`)) {
        row.classList.toggle("off", !words.every((word) => row.textContent.toLowerCase().includes(word)));
      }
    });
  }
  onChange(() => {
    for (const node of document.querySelectorAll("main [data-tracker]")) node.hidden = !shown(node.dataset.tracker);
    document.querySelectorAll(".view").forEach((node) => { node.hidden = Number(node.dataset.view) !== state.view; });
    for (const node of document.querySelectorAll("[data-title]")) node.textContent = `${view().title}, protocol ${view().protocol}`;
  });
}

function sort(table, button) {
  const column = Number(button.dataset.sort);
  const head = button.parentElement;
  const ascending = head.getAttribute("aria-sort") === (head.classList.contains("number") ? "descending" : "none") ;
  for (const other of table.querySelectorAll("thead th")) other.setAttribute("aria-sort", "none");
  head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
  const key = (row) => {
    const cell = row.children[column];
    if (cell.dataset.value === undefined) return cell.textContent.trim().toLowerCase();
    return cell.dataset.value === "" ? null : parseFloat(cell.dataset.value);
  };
  const rows = [...table.tBodies[0].rows].map((row) => [key(row), row]);
  rows.sort(([a], [b]) => {
    if (a === null || b === null) return (a === null) - (b === null); // rows without a value stay at the end
    const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), undefined, { numeric: true });
    return ascending ? order : -order;
  });
  table.tBodies[0].append(...rows.map(([, row]) => row));
}

/**
 * Line charts of the view in a row. A chart's legend has its own values, or those of the metric that stands for it, the
 * best tracker first; of `lower` ones that is the lowest.
 */
function lineCharts(host, chartsOf, none) {
  onChange(() => {
    host.replaceChildren();
    const present = chartsOf();
    const boxes = present.map(({ title }) => frameFor(host, title));
    present.forEach((chart, at) => {
      const values = chart.values || view().overall[chart.metric] || {};
      const rank = (t) => (chart.lower ? -(values[t] ?? Infinity) : values[t] ?? -1);
      const order = Object.keys(chart.y).map(Number).filter(shown).sort((a, b) => rank(b) - rank(a));
      const text = (t) => (chart.values ? figure(values[t] ?? null, 3) : printed(chart.metric, values[t] ?? null));
      const series = order.map((tracker) => ({ tracker, y: chart.y[tracker] }));
      lineChart(boxes[at], { ...chart, series, legend: legendOf(order.map((t) => [t, `[${text(t)}] ${label(t)}`])) });
    });
    if (!present.length) host.append(el("p", { class: "note" }, none));
  });
}

function curves() {
  const host = document.querySelector("[data-charts=curves]");
  lineCharts(host, () => Object.values(view().curves), "This benchmark's rules draw no curves.");
}

function confidence() {
  const host = document.querySelector("[data-charts=confidence]");
  if (host) lineCharts(host, () => view().confidence, "No tracker's results have confidences here.");
}

function speed() {
  const host = document.querySelector("[data-charts=speed]");
  onChange(() => {
    host.replaceChildren();
    const points = view().bubbles.filter((b) => b.tracker === null || shown(b.tracker));
    if (!points.length) {
      host.append(el("p", { class: "note" }, "No speed is shown here; the table under Speed and profiling says why."));
      return;
    }
    bubbles(host, points);
  });
}

function bubbles(host, points) {
  const head = metric(view().headline).label;
  const sized = points.some((p) => p.parameters) ? "; area grows with the number of parameters" : "";
  const hollow = points.some((p) => p.tracker === null) ? "; hollow, †: published" : "";
  const box = frameFor(host, `${head} against median frames per second${sized}${hollow}`);
  const range = (values, pad) => [Math.min(...values) - pad, Math.max(...values) + pad];
  const [low, high] = range(points.map((p) => p.score), 0.04);
  const [slow, fast] = [Math.min(...points.map((p) => p.fps)) / 1.5, Math.max(...points.map((p) => p.fps)) * 1.8];
  const width = Math.max(280, box.clientWidth || 700);
  const { root, sx, sy } = axes(box, { width, height: 360, x: { low: slow, high: fast, log: true, label: "median frames per second" }, y: { low: Math.max(0, low), high: Math.min(1, high), label: head }, description: `${head} against speed of ${points.length} trackers; the tables hold the figures` });
  const radius = (p) => Math.min(26, 5 + 2.6 * Math.sqrt((p.parameters || 0) / 1e6));
  const taken = points.map((p) => [sx(p.fps) - radius(p), sy(p.score) + 5, 2 * radius(p), p]);
  const rank = (p) => (p.tracker === null ? 100 : 0) - radius(p); // measured ones are named first
  for (const p of [...points].sort((a, b) => rank(a) - rank(b))) {
    const [x, y, r] = [sx(p.fps), sy(p.score), radius(p)];
    const name = p.tracker === null ? `${p.label} †` : label(p.tracker);
    const disc = svg("circle", { cx: x, cy: y, r, fill: "transparent", stroke: "currentColor", "stroke-opacity": 0.45 });
    if (p.tracker !== null) { paint(disc, p.tracker, "fill", "stroke"); disc.style.fillOpacity = 0.35; }
    const tell = (event) => showTip(event, name, [[null, `${head} ${figure(p.score)}`], [null, `${figure(p.fps, 1)} FPS: ${p.setting}`], [null, p.parameters ? `${(p.parameters / 1e6).toFixed(2)} M parameters` : "parameters not known"]]);
    const text = svg("text", { x: x + r + 4, y: y + 4, class: p.tracker === null ? "soft" : "" }, name);
    const group = svg("g", { onpointermove: tell, onpointerleave: hideTip }, disc, p.tracker === null ? null : marker(p.tracker, x, y, 4), text);
    root.append(group);
    settle(text, p, { x, y, r, width, taken });
  }
}

/** Moves a bubble's name to the first place around it that covers no other name; a published one may stay unnamed. */
function settle(text, point, { x, y, r, width, taken }) {
  const w = text.getComputedTextLength ? text.getComputedTextLength() : 60;
  const places = [];
  for (const dy of [4, -8, 16, -20, 28, -32, 40]) places.push([x + r + 4, y + dy], [x - r - 4 - w, y + dy]);
  const clear = ([px, py]) => px > 46 && px + w < width && !taken.some(([a, b, c, owner]) => owner !== point && px < a + c && a < px + w && Math.abs(b - py) < 12);
  const place = places.find(clear);
  if (!place && point.tracker === null) { text.remove(); return; }
  const [px, py] = place || places[0];
  text.setAttribute("x", px);
  text.setAttribute("y", py);
  taken.push([px, py, w]);
}

function attributes() {
  const host = document.querySelector("[data-charts=attributes]");
  onChange(() => {
    host.replaceChildren();
    const found = view().attributes;
    if (!found.length) return;
    const order = ranking();
    const names = found.map((a) => `${a.name} (${a.sequences})`);
    const series = order.map((tracker) => ({ tracker, y: found.map((a) => a.values[tracker] ?? null) }));
    const box = frameFor(host, `${metric(view().headline).label} by attribute; in brackets the number of sequences`);
    dots(box, names, series);
    box.append(legendOf(order.map((t) => [t, label(t)])));
  });
}

function dots(box, names, series) {
  const width = Math.max(280, box.clientWidth || 700);
  const values = series.flatMap((s) => s.y).filter((v) => v !== null);
  const [low, high] = values.length ? [Math.max(0, Math.min(...values) - 0.05), Math.min(1, Math.max(...values) + 0.05)] : [0, 1];
  const { root, sx, sy, frame } = axes(box, { width, height: 300, x: { low: -0.5, high: names.length - 0.5, label: "", ticks: [] }, y: { low, high, label: metric(view().headline).label }, description: "Values by attribute; the table below holds the figures" });
  names.forEach((name, i) => {
    const x = sx(i);
    const narrow = (frame.right - frame.left) / names.length < 70;
    const at = narrow ? { x, y: frame.bottom + 10, transform: `rotate(-35 ${x} ${frame.bottom + 10})`, "text-anchor": "end" } : { x, y: frame.bottom + 16, "text-anchor": "middle" };
    root.append(svg("line", { class: "grid", x1: x, x2: x, y1: frame.top, y2: frame.bottom }), svg("text", at, name));
    const rows = series.map((s) => [s.tracker, s.y[i]]).filter(([, v]) => v !== null).sort((a, b) => b[1] - a[1]);
    rows.forEach(([t, v], k) => root.append(marker(t, x + ((k % 3) - 1) * 7, sy(v), 4.2)));
    const tell = (event) => showTip(event, name, rows.slice(0, 16).map(([t, v]) => [t, figure(v)]));
    const half = (frame.right - frame.left) / names.length / 2;
    root.append(svg("rect", { x: x - half, width: 2 * half, y: frame.top, height: frame.bottom - frame.top, fill: "transparent", onpointermove: tell, onpointerleave: hideTip }));
  });
}
