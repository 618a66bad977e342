"use strict";
// Speed against accuracy, and how long frames take: median, 90th and 99th percentile.

function speed() {
  const host = document.querySelector("[data-charts=speed]");
  onChange(() => {
    host.replaceChildren();
    const points = view().bubbles.filter((b) => b.tracker === null || shown(b.tracker));
    const times = view().latencies.filter((row) => shown(row.tracker));
    const boxes = [points, times].map((found, at) => (found.length ? frameFor(host, [titleOfBubbles(points), TIMES][at]) : null));
    if (boxes[0]) bubbles(boxes[0], points);
    if (boxes[1]) ranges(boxes[1], times);
    if (!points.length && !times.length) host.append(el("p", { class: "note" }, "No speed is shown here; the table below says why."));
  });
}

const TIMES = "Milliseconds a frame: marker p50, tick p90, end p99; in brackets frames per second (1/p50)";

function titleOfBubbles(points) {
  const sized = points.some((p) => p.parameters) ? "; area grows with the number of parameters" : "";
  const hollow = points.some((p) => p.tracker === null) ? "; hollow, †: published" : "";
  return `${metric(view().headline).label} against median frames per second${sized}${hollow}`;
}

function bubbles(box, points) {
  const head = metric(view().headline).label;
  const nameOf = (p) => (p.tracker === null ? `${p.label} †` : label(p.tracker));
  const radius = (p) => Math.min(26, 5 + 2.6 * Math.sqrt((p.parameters || 0) / 1e6));
  const rank = (p) => (p.tracker === null ? 100 : 0) - radius(p); // measured ones are named first
  const scores = points.map((p) => p.score);
  const [slow, fast] = [Math.min(...points.map((p) => p.fps)) / 1.5, Math.max(...points.map((p) => p.fps)) * 1.8];
  const tell = (p, event) => showTip(event, nameOf(p), [[null, `${head} ${figure(p.score)}`], [null, `${figure(p.fps, 1)} FPS: ${p.setting}`], [null, p.parameters ? `${(p.parameters / 1e6).toFixed(2)} M parameters` : "parameters not known"]]);
  let inView = [];
  const area = zoomable(box, {
    description: `${head} against speed of ${counted(points.length, "tracker")}; the tables hold the figures`,
    x: { low: slow, high: fast, log: true, label: "median frames per second" },
    y: { low: Math.max(0, Math.min(...scores) - 0.04), high: Math.min(1, Math.max(...scores) + 0.04), label: head }, height: 360,
    draw({ marks, sx, sy, frame }) {
      const within = ({ x, y }) => x >= frame.left && x <= frame.right && y >= frame.top && y <= frame.bottom;
      inView = points.map((p) => ({ p, x: sx(p.fps), y: sy(p.score), r: radius(p) })).filter(within);
      const taken = inView.map(({ p, x, y, r }) => [x - r, y + 5, 2 * r, p]);
      for (const { p, x, y, r } of [...inView].sort((a, b) => rank(a.p) - rank(b.p))) {
        const disc = svg("circle", { cx: x, cy: y, r, fill: "transparent", stroke: "currentColor", "stroke-opacity": 0.45 });
        if (p.tracker !== null) { paint(disc, p.tracker, "fill", "stroke"); disc.style.fillOpacity = 0.35; }
        const text = svg("text", { x: x + r + 4, y: y + 4, class: p.tracker === null ? "soft" : "" }, nameOf(p));
        marks.append(svg("g", {}, disc, p.tracker === null ? null : marker(p.tracker, x, y, 4), text));
        settle(text, p, { x, y, r, frame, taken });
      }
    },
    onPointer(event, at) {
      const near = inView.map((each) => [Math.hypot(each.x - at.px, each.y - at.py) - each.r, each.p]).sort((a, b) => a[0] - b[0])[0];
      if (near && near[0] < 4) tell(near[1], event);
      else hideTip();
    },
    onLeave: hideTip,
  });
  chartExports(box, area, () => [["tracker", head, "FPS (1/median)", "parameters", "setting"], ...points.map((p) => [nameOf(p), p.score, p.fps, p.parameters, p.setting])]);
}

/** Moves a bubble's name to the first place around it that covers no other name; where there is none it stays unnamed. */
function settle(text, point, { x, y, r, frame, taken }) {
  const w = text.getComputedTextLength ? text.getComputedTextLength() : 60;
  const places = [];
  for (const dy of [4, -8, 16, -20, 28, -32, 40]) places.push([x + r + 4, y + dy], [x - r - 4 - w, y + dy]);
  const clear = ([px, py]) => px > frame.left && px + w < frame.right && py > frame.top + 10 && py < frame.bottom && !taken.some(([a, b, c, owner]) => owner !== point && px < a + c && a < px + w && Math.abs(b - py) < 12);
  const place = places.find(clear);
  if (!place) { text.remove(); return; }
  const [px, py] = place;
  text.setAttribute("x", px);
  text.setAttribute("y", py);
  taken.push([px, py, w]);
}

const ROW = 26; // pixels of a tracker in the chart of times

/** A line a tracker from the median to the 99th percentile, the fastest on top. */
function ranges(box, rows) {
  const edges = rows.flatMap((row) => [row.p50, row.p99]);
  const top = (i) => rows.length - 1 - i;
  const text = (row) => `${label(row.tracker)} [${figure(row.fps, 1)} FPS]`;
  const area = zoomable(box, {
    description: `Times of a frame of ${counted(rows.length, "tracker")}; the table below holds the figures. Arrow keys go through the trackers`,
    x: { low: Math.min(...edges) / 1.15, high: Math.max(...edges) * 1.15, log: true, label: "milliseconds a frame" },
    y: { low: -0.5, high: rows.length - 0.5, label: "", ticks: [] }, height: 50 + ROW * rows.length, keepY: true,
    draw({ marks, sx, sy, frame }) {
      rows.forEach((row, i) => {
        const y = sy(top(i)) + 6;
        const [from, tick, to] = [row.p50, row.p90, row.p99].map(sx);
        const line = stroke(svg("path", { class: "line", d: `M${from} ${y}H${to}` }), row.tracker);
        const ends = paint(svg("path", { class: "line", d: `M${tick} ${y - 4}v8M${to} ${y - 6}v12` }), row.tracker, "stroke");
        marks.append(svg("text", { x: frame.left + 3, y: y - 9 }, text(row)), line, ends, marker(row.tracker, from, y, 4));
      });
    },
    onPointer(event, at) { tell(Math.round(rows.length - 1 - at.y), event); },
    onLeave: hideTip,
    onKey(key) {
      if (key !== "ArrowUp" && key !== "ArrowDown") return false;
      tell(chosen + (key === "ArrowUp" ? -1 : 1));
      return true;
    },
  });
  let chosen = -1;
  const tell = (to, event) => {
    chosen = Math.min(Math.max(to, 0), rows.length - 1);
    const row = rows[chosen];
    const figures = [["p50", row.p50], ["p90", row.p90], ["p99", row.p99]].map(([name, value]) => [null, `${name} ${figure(value, 2)} ms`]);
    showTip(event || area.corner(row.p50), label(row.tracker), [...figures, [null, `${figure(row.fps, 1)} FPS (1/p50): ${row.setting}`]]);
  };
  chartExports(box, area, () => [["tracker", "p50 [ms]", "p90 [ms]", "p99 [ms]", "FPS (1/p50)", "setting"], ...rows.map((r) => [label(r.tracker), r.p50, r.p90, r.p99, r.fps, r.setting])]);
}
