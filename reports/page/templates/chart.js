"use strict";
// Small SVG charts: axes, lines with a cursor that follows the pointer or the arrow keys, bubbles.

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
    for (const m of [1, 2, 5]) if (m * 10 ** power >= low && m * 10 ** power <= high) found.push(m * 10 ** power);
  }
  return found;
}

/** Axes with ticks and labels; returns the drawing, its scales and the frame of the plot area. */
function axes(host, { width, height, x, y, description }) {
  const frame = { left: 46, right: width - 12, top: 8, bottom: height - 36 };
  const place = (axis, from, to) => {
    const f = axis.log ? Math.log10 : (v) => v;
    return (v) => from + ((f(v) - f(axis.low)) / (f(axis.high) - f(axis.low) || 1)) * (to - from);
  };
  const sx = place(x, frame.left, frame.right);
  const sy = place(y, frame.bottom, frame.top);
  const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, height, role: "img", "aria-label": description, tabindex: 0 });
  for (const t of x.ticks || (x.log ? logTicks(x.low, x.high) : ticks(x.low, x.high, width / 90))) {
    root.append(svg("line", { class: "grid", x1: sx(t), x2: sx(t), y1: frame.top, y2: frame.bottom }));
    root.append(svg("text", { class: "soft", x: sx(t), y: frame.bottom + 14, "text-anchor": "middle" }, String(t)));
  }
  for (const t of ticks(y.low, y.high, height / 50)) {
    root.append(svg("line", { class: "grid", x1: frame.left, x2: frame.right, y1: sy(t), y2: sy(t) }));
    root.append(svg("text", { class: "soft", x: frame.left - 6, y: sy(t) + 4, "text-anchor": "end" }, String(t)));
  }
  root.append(svg("line", { class: "axis", x1: frame.left, x2: frame.right, y1: frame.bottom, y2: frame.bottom }));
  root.append(svg("text", { x: (frame.left + frame.right) / 2, y: height - 5, "text-anchor": "middle" }, x.label));
  const middle = (frame.top + frame.bottom) / 2;
  root.append(svg("text", { x: 12, y: middle, "text-anchor": "middle", transform: `rotate(-90 12 ${middle})` }, y.label));
  host.append(root);
  return { root, sx, sy, frame };
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
  const box = el("figure", { class: "chart" }, el("figcaption", {}, title));
  host.append(box);
  return box;
}

/**
 * Lines over a shared x, drawn into a figure.
 * series: [{tracker, y: [number|null]}]; spans: shaded [from, to] in x; onCursor(index) follows the pointer.
 */
function lineChart(box, { title, x, xLabel, yLabel, yRange = [0, 1], series, spans = [], height = 280, markers = true, digits = 3, legend, onCursor }) {
  const width = Math.max(280, box.clientWidth || 420);
  const description = `${title}: ${series.length} trackers. Arrow keys move the cursor.`;
  const xAxis = { low: x[0], high: x.length > 1 ? x[x.length - 1] : x[0] + 1, label: xLabel };
  const { root, sx, sy, frame } = axes(box, { width, height, x: xAxis, y: { low: yRange[0], high: yRange[1], label: yLabel }, description });
  for (const [from, to] of spans) {
    root.append(svg("rect", { class: "absent", x: sx(from), width: Math.max(1, sx(to) - sx(from)), y: frame.top, height: frame.bottom - frame.top }));
  }
  const step = Math.max(1, Math.round(x.length / 8));
  [...series].reverse().forEach(({ tracker, y }, at) => {
    const points = y.map((v, i) => [sx(x[i]), v === null ? null : sy(Math.min(Math.max(v, yRange[0]), yRange[1]))]);
    root.append(stroke(svg("path", { class: "line", d: path(points) }), tracker));
    for (let i = at % step; (markers || x.length === 1) && i < points.length; i += step) {
      if (points[i][1] !== null) root.append(marker(tracker, points[i][0], points[i][1], 3.4));
    }
  });
  const cursor = svg("line", { class: "cursor", y1: frame.top, y2: frame.bottom, visibility: "hidden" });
  root.append(cursor);
  if (legend) box.append(legend);
  let index = -1;
  const move = (to, event) => {
    index = Math.min(Math.max(to, 0), x.length - 1);
    cursor.setAttribute("x1", sx(x[index]));
    cursor.setAttribute("x2", sx(x[index]));
    cursor.setAttribute("visibility", "visible");
    const rows = series.map(({ tracker, y }) => [tracker, y[index]]).sort((a, b) => (b[1] ?? -1) - (a[1] ?? -1));
    if (event) showTip(event, `${xLabel} ${x[index]}`, rows.slice(0, 16).map(([t, v]) => [t, figure(v, digits)]));
    if (onCursor) onCursor(index);
  };
  const nearest = (event) => {
    const rect = root.getBoundingClientRect();
    const at = ((event.clientX - rect.left) / rect.width) * width;
    let best = 0;
    for (let i = 1; i < x.length; i += 1) if (Math.abs(sx(x[i]) - at) < Math.abs(sx(x[best]) - at)) best = i;
    return best;
  };
  const corner = () => { const r = root.getBoundingClientRect(); return { clientX: r.left + (sx(x[index]) / width) * r.width, clientY: r.top + 20 }; };
  root.addEventListener("pointermove", (event) => move(nearest(event), event));
  root.addEventListener("pointerleave", () => { hideTip(); cursor.setAttribute("visibility", "hidden"); });
  root.addEventListener("blur", hideTip);
  root.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity };
    if (event.key === "Escape") hideTip();
    if (!(event.key in steps)) return;
    event.preventDefault();
    const to = index < 0 ? 0 : index + steps[event.key];
    index = Math.min(Math.max(to, 0), x.length - 1);
    move(index, corner());
  });
  return { move };
}

function legendOf(entries) {
  return el("ul", { class: "legend" }, ...entries.map(([tracker, text]) => el("li", {}, swatch(tracker), el("span", {}, text))));
}
