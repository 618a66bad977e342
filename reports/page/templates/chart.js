"use strict";
// Small SVG charts: axes of a window, lines with a cursor that follows the pointer or the arrow keys, legends.

/** 1, 2 or 5 times a power of ten, about `count` of them from `low` to `high`. */
function ticks(low, high, count = 5) {
  const rough = (high - low) / count || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough);
  const found = [];
  for (let t = Math.ceil(low / step - 1e-9) * step; t <= high + step * 1e-6; t += step) found.push(Number(t.toPrecision(12)));
  return found;
}

function logTicks(low, high) {
  const found = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power += 1) {
    for (const m of [1, 2, 5]) if (m * 10 ** power >= low && m * 10 ** power <= high) found.push(Number((m * 10 ** power).toPrecision(12)));
  }
  return found.length > 1 ? found : ticks(low, high, 4);
}

/** Where a value of an axis stands between two places; `invert` is the way back. */
function scale({ low, high, log }, from, to) {
  const f = log ? Math.log10 : (v) => v;
  const [start, span] = [f(low), f(high) - f(low) || 1];
  const place = (v) => from + ((f(v) - start) / span) * (to - from);
  place.invert = (p) => { const v = start + ((p - from) / (to - from)) * span; return log ? 10 ** v : v; };
  return place;
}

/** Axes with ticks and labels: the drawing, its scales, the frame of the plot area, and the marks that are cut at it. */
function axes(host, { width, height, x, y }) {
  const frame = { left: 46, right: width - 12, top: 8, bottom: height - 36 };
  const sx = scale(x, frame.left, frame.right);
  const sy = scale(y, frame.bottom, frame.top);
  const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, height, "aria-hidden": "true" });
  for (const t of x.ticks || (x.log ? logTicks(x.low, x.high) : ticks(x.low, x.high, width / 90))) {
    root.append(svg("line", { class: "grid", x1: sx(t), x2: sx(t), y1: frame.top, y2: frame.bottom }));
    root.append(svg("text", { class: "soft", x: sx(t), y: frame.bottom + 14, "text-anchor": "middle" }, String(t)));
  }
  for (const t of y.ticks || ticks(y.low, y.high, height / 50)) {
    root.append(svg("line", { class: "grid", x1: frame.left, x2: frame.right, y1: sy(t), y2: sy(t) }));
    root.append(svg("text", { class: "soft", x: frame.left - 6, y: sy(t) + 4, "text-anchor": "end" }, String(t)));
  }
  root.append(svg("line", { class: "axis", x1: frame.left, x2: frame.right, y1: frame.bottom, y2: frame.bottom }));
  root.append(svg("text", { x: (frame.left + frame.right) / 2, y: height - 5, "text-anchor": "middle" }, x.label));
  const middle = (frame.top + frame.bottom) / 2;
  root.append(svg("text", { x: 12, y: middle, "text-anchor": "middle", transform: `rotate(-90 12 ${middle})` }, y.label));
  const [across, down] = [frame.right - frame.left, frame.bottom - frame.top];
  const place = { x: frame.left, y: frame.top, width: across, height: down };
  const marks = svg("svg", { ...place, viewBox: `${frame.left} ${frame.top} ${across} ${down}` });
  root.append(marks);
  host.append(root);
  return { root, marks, sx, sy, frame, width, height };
}

function path(points) {
  let text = "";
  let pen = "M";
  for (const [x, y] of points) {
    if (y === null) { pen = "M"; continue; }
    text += `${pen}${x.toFixed(1)} ${y.toFixed(1)}`;
    pen = "L";
  }
  return text;
}

/** An empty figure with its caption; charts are drawn once all figures of a row stand, when their width is known. */
function frameFor(host, title) {
  const box = el("figure", { class: "chart" }, el("figcaption", {}, el("span", {}, title), el("span", { class: "tools" })));
  host.append(box);
  return box;
}

/** The place of the value nearest to `wanted` in rising numbers. */
function nearestIndex(numbers, wanted) {
  let [low, high] = [0, numbers.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  return low > 0 && wanted - numbers[low - 1] < numbers[low] - wanted ? low - 1 : low;
}

/**
 * Lines over a shared, rising x, drawn into a figure.
 * series: [{tracker, y: [number|null]}]; spans: shaded [from, to] in x; onCursor(index) follows pointer and keys.
 * Returns cursor(index), which moves the cursor alone, and the zoomable area.
 */
function lineChart(box, { title, x, xLabel, yLabel, yRange = [0, 1], series, spans = [], height = 280, markers = true, digits = 3, legend, onCursor, linked }) {
  let index = -1;
  let line = null;
  const xAxis = { low: x[0], high: x.length > 1 ? x[x.length - 1] : x[0] + 1, label: xLabel };
  const inside = (v) => Math.min(Math.max(v, yRange[0]), yRange[1]);
  const area = zoomable(box, {
    description: `${title}: ${counted(series.length, "tracker")}. Arrow keys move the cursor`,
    x: xAxis, y: { low: yRange[0], high: yRange[1], label: yLabel }, height, linked,
    draw({ marks, sx, sy, frame }, [low, high]) {
      for (const [from, to] of spans) {
        marks.append(svg("rect", { class: "absent", x: sx(from), width: Math.max(1, sx(to) - sx(from)), y: frame.top, height: frame.bottom - frame.top }));
      }
      const first = Math.max(0, nearestIndex(x, low) - 1);
      const last = Math.min(x.length, nearestIndex(x, high) + 2);
      const step = Math.max(1, Math.round((last - first) / 8));
      [...series].reverse().forEach(({ tracker, y }, at) => {
        const points = [];
        for (let i = first; i < last; i += 1) points.push([sx(x[i]), y[i] === null ? null : sy(inside(y[i]))]);
        marks.append(stroke(svg("path", { class: "line", d: path(points) }), tracker));
        for (let i = at % step; (markers || x.length === 1) && i < points.length; i += step) {
          if (points[i][1] !== null) marks.append(marker(tracker, points[i][0], points[i][1], 3.4));
        }
      });
      line = svg("line", { class: "cursor", y1: frame.top, y2: frame.bottom, visibility: "hidden" });
      marks.append(line);
      if (index >= 0) cursor(index);
    },
    onPointer(event, at) { follow(nearestIndex(x, at.x), event); },
    onLeave() { hideTip(); },
    onKey(key) {
      const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity };
      if (!(key in steps)) return false;
      follow(index + steps[key]);
      return true;
    },
  });
  if (legend) box.append(legend);
  const cursor = (to) => {
    index = Math.min(Math.max(to, 0), x.length - 1);
    const at = area.drawing().sx(x[index]);
    for (const end of ["x1", "x2"]) line.setAttribute(end, at);
    line.setAttribute("visibility", "visible");
  };
  const follow = (to, event) => {
    cursor(to);
    const rows = series.map(({ tracker, y }) => [tracker, y[index]]).sort((a, b) => (b[1] ?? -1) - (a[1] ?? -1));
    showTip(event || area.corner(x[index]), `${xLabel} ${x[index]}`, rows.slice(0, 16).map(([t, v]) => [t, figure(v, digits)]));
    if (onCursor) onCursor(index);
  };
  chartExports(box, area, () => [[xLabel, ...series.map((s) => label(s.tracker))], ...x.map((at, i) => [at, ...series.map((s) => s.y[i])])]);
  return { cursor, area };
}

const UNFOLDED = 16;

/** Swatches and names; many of them are folded after the first. */
function legendOf(entries) {
  const items = entries.map(([tracker, text]) => el("li", {}, swatch(tracker), el("span", {}, text)));
  const list = (some) => el("ul", { class: "legend" }, ...some);
  if (items.length <= UNFOLDED + 2) return list(items);
  const rest = el("details", {}, el("summary", {}, `${items.length - UNFOLDED} more`), list(items.slice(UNFOLDED)));
  return el("div", { class: "folded" }, list(items.slice(0, UNFOLDED)), rest);
}
