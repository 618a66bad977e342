"use strict";
// Two trackers against each other: the difference of the headline metric on every sequence, sorted.

const NAMED_FROM = 9; // pixels of a bar, from which on its sequence is named

/** The rows of the table of sequences: what they say of each tracker. */
function valuesBySequence() {
  return currentRows().map((row) => {
    const values = {};
    for (const cell of row.querySelectorAll("td[data-column]")) if (cell.dataset.value !== "") values[cell.dataset.column] = parseFloat(cell.dataset.value);
    return { name: row.dataset.sequence, row, values };
  });
}

function difference() {
  const host = document.querySelector("[data-charts=difference]");
  const pair = ["difference-a", "difference-b"].map((id) => document.getElementById(id));
  let filled = -1;
  for (const select of pair) select.addEventListener("change", draw);
  document.getElementById("difference-swap").addEventListener("click", () => {
    [pair[0].value, pair[1].value] = [pair[1].value, pair[0].value];
    draw();
  });
  function fillSelects() {
    const there = rankedTrackers();
    const options = () => there.map((t) => el("option", { value: t }, label(t)));
    const kept = pair.map((select) => Number(select.value));
    const leader = there.find((t) => data.trackers[t].bold) ?? there[0];
    pair.forEach((select, at) => {
      const usual = at ? there.find((t) => t !== leader) : leader;
      const value = filled >= 0 && there.includes(kept[at]) ? kept[at] : usual;
      select.replaceChildren(...options());
      select.value = String(value ?? "");
    });
    filled = state.view;
  }
  function draw() {
    host.replaceChildren();
    const [a, b] = pair.map((select) => Number(select.value));
    const both = valuesBySequence().filter(({ values }) => a in values && b in values);
    if (a === b || !both.length || rankedTrackers().length < 2) {
      host.append(el("p", { class: "note" }, "Two trackers with results on one sequence at least are compared here."));
      return;
    }
    const lower = metric(view().headline).lower ? -1 : 1;
    const bars = both.map(({ name, row, values }) => ({ name, row, a: values[a], b: values[b], value: values[a] - values[b] }));
    differences(host, bars.sort((p, q) => lower * (q.value - p.value)), a, b);
  }
  onChange(() => { if (filled !== state.view) fillSelects(); draw(); });
}

function differences(host, bars, a, b) {
  const head = view().headline;
  const name = metric(head).label;
  const lower = metric(head).lower ? -1 : 1;
  const better = (sign) => bars.filter((bar) => lower * sign * bar.value > 0).length;
  const mean = bars.reduce((sum, bar) => sum + bar.value, 0) / bars.length;
  const signed = (value) => (value > 0 ? "+" : "") + printed(head, value);
  const equal = bars.length - better(1) - better(-1);
  const verdict = `${label(a)} is better on ${better(1)} of ${counted(bars.length, "sequence")}, ${label(b)} on ${better(-1)}${equal ? `, equal on ${equal}` : ""}; mean difference ${signed(mean)}`;
  host.append(el("p", { class: "note", role: "status" }, `${verdict}.`));
  const box = frameFor(host, `${name} of ${label(a)} minus ${label(b)}, by sequence`);
  const unit = metric(head).percent ? 100 : 1; // as the tables print it
  const most = unit * Math.max(1e-9, ...bars.map((bar) => Math.abs(bar.value))) * 1.05;
  let chosen = -1;
  let mark = null;
  const area = zoomable(box, {
    description: `${verdict}. Arrow keys go through the sequences, Enter opens one`,
    x: { low: -0.5, high: bars.length - 0.5, label: "sequences, sorted", ticks: [] },
    y: { low: -most, high: most, label: `${name} difference` }, height: 300, keepY: true,
    draw({ marks, sx, sy, frame }) {
      const wide = Math.abs(sx(1) - sx(0));
      marks.append(svg("line", { class: "axis", x1: frame.left, x2: frame.right, y1: sy(0), y2: sy(0) }));
      bars.forEach((bar, i) => {
        const [top, bottom] = [Math.min(sy(0), sy(unit * bar.value)), Math.max(sy(0), sy(unit * bar.value))];
        const winner = lower * bar.value >= 0 ? a : b;
        const x = sx(i - 0.5);
        marks.append(paint(svg("rect", { class: winner === b ? "bar second" : "bar", x: x + wide * 0.08, width: wide * 0.84, y: top, height: Math.max(1, bottom - top) }), winner, "fill", "stroke"));
        if (wide < NAMED_FROM) return;
        const below = bar.value >= 0;
        const y = sy(0) + (below ? 5 : -5);
        marks.append(svg("text", { class: "soft", x: sx(i) + 4, y, transform: `rotate(-90 ${sx(i) + 4} ${y})`, "text-anchor": below ? "end" : "start" }, bar.name));
      });
      mark = svg("rect", { class: "chosen", width: wide, y: frame.top, height: frame.bottom - frame.top, visibility: "hidden" });
      marks.append(mark);
      if (chosen >= 0) choose(chosen);
    },
    onPointer(event, at) { tell(Math.round(at.x), event); },
    onLeave: hideTip,
    onClick(event, at) { open(Math.round(at.x)); },
    onKey(key) {
      const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity };
      if (key === "Enter" && chosen >= 0) open(chosen);
      else if (key in steps) tell(chosen + steps[key]);
      else return false;
      return true;
    },
  });
  box.append(legendOf([[a, `${label(a)} better: ${better(1)}`], [b, `${label(b)} better (outlined): ${better(-1)}`]]));
  const within = (i) => Math.min(Math.max(i, 0), bars.length - 1);
  const choose = (i) => {
    chosen = within(i);
    mark.setAttribute("x", area.drawing().sx(chosen - 0.5));
    mark.setAttribute("visibility", "visible");
  };
  const tell = (i, event) => {
    choose(i);
    const bar = bars[chosen];
    showTip(event || area.corner(chosen), bar.name, [[a, printed(head, bar.a)], [b, printed(head, bar.b)], [null, `difference ${signed(bar.value)}`]]);
  };
  const open = (i) => { hideTip(); showSequence(bars[within(i)].name); };
  chartExports(box, area, () => [["sequence", label(a), label(b), "difference"], ...bars.map((bar) => [bar.name, bar.a, bar.b, bar.value])]);
}
