"use strict";
// A chart whose window is zoomed: by dragging over it, Ctrl and wheel, its buttons, or the keys + - 0 and Shift+arrows.

const FINEST = 1e-4; // of an axis, below which it is not zoomed

/** Part of an axis: from and to as shares of what it shows, kept within the whole axis. */
function narrowed(now, whole, from, to) {
  const [f, g] = whole.log ? [Math.log10, (v) => 10 ** v] : [(v) => v, (v) => v];
  const [low, high] = [f(now.low), f(now.high)];
  const [least, most] = [f(whole.low), f(whole.high)];
  const span = Math.min(Math.max((to - from) * (high - low), FINEST * (most - least)), most - least);
  const start = Math.min(Math.max(low + from * (high - low), least), most - span);
  const isWhole = span > (most - least) * (1 - 1e-9);
  return isWhole ? whole : { ...whole, low: g(start), high: g(start + span) };
}

/**
 * A chart in a figure: draw(drawing, [lowest x, highest x]) adds the marks and is called again when the window changes.
 * x, y: axes when nothing is zoomed; keepY leaves y alone; linked: a list of charts that share their x with this one.
 * onPointer(event, {x, y}), onLeave(), onClick(event, {x, y}), onKey(key) answer pointer and keys.
 */
function zoomable(box, { description, x, y, height, draw, keepY = false, linked, onPointer, onLeave, onClick, onKey }) {
  const whole = { x, y };
  let now = whole;
  let drawing = null;
  const hint = "Drag, or press + and -, to zoom, 0 to see all";
  const plot = el("div", { class: "plot-area", tabindex: 0, role: "group", "aria-roledescription": "chart", "aria-label": `${description}. ${hint}.` });
  box.append(plot);
  const width = Math.max(280, plot.clientWidth || 420);
  const reset = el("button", { type: "button", "aria-label": "See all of the chart", title: "See all (0)", onclick: () => show(whole) }, "1:1");
  const buttons = [["+", "Zoom in", 0.6], ["−", "Zoom out", 1 / 0.6]].map(([text, name, factor]) => el("button", { type: "button", "aria-label": name, title: `${name} (${text === "+" ? "+" : "-"})`, onclick: () => zoom(factor) }, text));
  box.querySelector(".tools").append(...buttons, reset);

  function show(next, alone = false) {
    now = next;
    plot.replaceChildren();
    drawing = axes(plot, { width, height, ...now });
    draw(drawing, [now.x.low, now.x.high]);
    reset.disabled = now.x === x && now.y === y;
    if (!alone) for (const other of linked || []) if (other !== area) other.showX(now.x);
  }

  /** Shows `factor` times as much, around a place given in shares of the window. */
  function zoom(factor, atX = 0.5, atY = 0.5) {
    const part = (at) => [at * (1 - factor), at + (1 - at) * factor];
    show({ x: narrowed(now.x, x, ...part(atX)), y: keepY ? y : narrowed(now.y, y, ...part(atY)) });
  }

  function pan(shareX, shareY) {
    const moved = (axis, all, share) => (axis === all ? all : narrowed(axis, all, share, 1 + share));
    show({ x: moved(now.x, x, shareX), y: keepY ? y : moved(now.y, y, shareY) });
  }

  /** Where an event is: in the drawing's units, in shares of the plot area, and as values. */
  function placeOf(event) {
    const rect = drawing.root.getBoundingClientRect();
    const { frame, sx, sy } = drawing;
    const within = (value, from, to) => Math.min(Math.max(value, from), to);
    const px = within(((event.clientX - rect.left) / rect.width) * width, frame.left, frame.right);
    const py = within(((event.clientY - rect.top) / rect.height) * height, frame.top, frame.bottom);
    const share = { x: (px - frame.left) / (frame.right - frame.left), y: (frame.bottom - py) / (frame.bottom - frame.top) };
    return { px, py, share, x: sx.invert(px), y: sy.invert(py) };
  }

  let from = null;
  let band = null;
  plot.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.pointerType === "touch") return;
    from = placeOf(event);
    plot.setPointerCapture(event.pointerId);
  });
  plot.addEventListener("pointermove", (event) => {
    const to = placeOf(event);
    if (from === null || (band === null && Math.hypot(to.px - from.px, to.py - from.py) < 6)) {
      if (onPointer) onPointer(event, to);
      return;
    }
    if (band === null) { band = svg("rect", { class: "band" }); drawing.root.append(band); hideTip(); }
    const { frame } = drawing;
    const [top, bottom] = keepY ? [frame.top, frame.bottom] : [Math.min(from.py, to.py), Math.max(from.py, to.py)];
    const box = { x: Math.min(from.px, to.px), width: Math.abs(to.px - from.px), y: top, height: bottom - top };
    for (const [name, value] of Object.entries(box)) band.setAttribute(name, value);
  });
  plot.addEventListener("pointerup", (event) => {
    const [start, drawn] = [from, band];
    const to = placeOf(event);
    [from, band] = [null, null];
    if (drawn === null) { if (onClick) onClick(event, to); return; }
    drawn.remove();
    const part = (axis, all, name) => {
      const [a, b] = [start.share[name], to.share[name]].sort((one, other) => one - other);
      return b - a < 0.02 ? axis : narrowed(axis, all, a, b); // a band along one axis zooms that one
    };
    show({ x: part(now.x, x, "x"), y: keepY ? y : part(now.y, y, "y") });
  });
  plot.addEventListener("pointercancel", () => { if (band) band.remove(); [from, band] = [null, null]; });
  plot.addEventListener("pointerleave", () => { if (onLeave) onLeave(); });
  plot.addEventListener("blur", hideTip);
  plot.addEventListener("dblclick", () => show(whole));
  plot.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return; // else the page scrolls
    event.preventDefault();
    const { share } = placeOf(event);
    zoom(event.deltaY < 0 ? 0.8 : 1.25, share.x, share.y);
  }, { passive: false });
  plot.addEventListener("keydown", (event) => {
    const pans = { ArrowLeft: [-0.2, 0], ArrowRight: [0.2, 0], ArrowUp: [0, 0.2], ArrowDown: [0, -0.2] };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "+" || event.key === "=") zoom(0.6);
    else if (event.key === "-") zoom(1 / 0.6);
    else if (event.key === "0") show(whole);
    else if (event.key === "Escape" && !tip.hidden) { hideTip(); event.stopPropagation(); }
    else if (event.shiftKey && event.key in pans) pan(...pans[event.key]);
    else if (!onKey || !onKey(event.key)) return;
    event.preventDefault();
  });

  const area = {
    drawing: () => drawing,
    showX: (axis) => show({ x: axis.low === x.low && axis.high === x.high ? x : axis, y: now.y }, true),
    /** A place for a tip beside the value. */
    corner: (value) => { const r = drawing.root.getBoundingClientRect(); return { clientX: r.left + (drawing.sx(value) / width) * r.width, clientY: r.top + 20 }; },
  };
  if (linked) linked.push(area);
  show(whole, true);
  return area;
}
