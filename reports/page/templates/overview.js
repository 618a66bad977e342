"use strict";
// Curves, confidences and attributes of a view.

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
  const values = series.flatMap((s) => s.y).filter((v) => v !== null);
  const [low, high] = values.length ? [Math.max(0, Math.min(...values) - 0.05), Math.min(1, Math.max(...values) + 0.05)] : [0, 1];
  const rowsOfName = (i) => series.map((s) => [s.tracker, s.y[i]]).filter(([, v]) => v !== null).sort((a, b) => b[1] - a[1]);
  const area = zoomable(box, {
    description: "Values by attribute; the table below holds the figures",
    x: { low: -0.5, high: names.length - 0.5, label: "", ticks: [] }, y: { low, high, label: metric(view().headline).label }, height: 300,
    draw({ root, marks, sx, sy, frame }, [from, to]) {
      const narrow = (frame.right - frame.left) / (to - from) < 70;
      names.forEach((name, i) => {
        const x = sx(i);
        if (x < frame.left || x > frame.right) return;
        const at = narrow ? { x, y: frame.bottom + 10, transform: `rotate(-35 ${x} ${frame.bottom + 10})`, "text-anchor": "end" } : { x, y: frame.bottom + 16, "text-anchor": "middle" };
        root.append(svg("text", at, name));
        marks.append(svg("line", { class: "grid", x1: x, x2: x, y1: frame.top, y2: frame.bottom }));
        rowsOfName(i).forEach(([t, v], k) => marks.append(marker(t, x + ((k % 3) - 1) * 7, sy(v), 4.2)));
      });
    },
    onPointer(event, at) { tell(Math.round(at.x), event); },
    onLeave: hideTip,
    onKey(key) {
      if (key !== "ArrowLeft" && key !== "ArrowRight") return false;
      tell(chosen + (key === "ArrowLeft" ? -1 : 1));
      return true;
    },
  });
  let chosen = -1;
  const tell = (to, event) => {
    chosen = Math.min(Math.max(to, 0), names.length - 1);
    showTip(event || area.corner(chosen), names[chosen], rowsOfName(chosen).slice(0, 16).map(([t, v]) => [t, figure(v)]));
  };
  chartExports(box, area, () => [["attribute", ...series.map((s) => label(s.tracker))], ...names.map((name, i) => [name, ...series.map((s) => s.y[i])])]);
}
