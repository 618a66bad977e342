"use strict";
// Plays a sequence: the nearest picture with the boxes of the frame, under it a slider; whoever listens follows.

const RATES = [5, 12.5, 25, 50, 100]; // frames of the sequence in a second
const USUAL_RATE = 25;

/**
 * A player of the played frames; onFrame(frame) is told the number of each frame that is shown.
 * Returns its node and drawing, show(frame), showAt(place among the played), toggle(), step(count), stop(), frame().
 */
function playerOf({ played, boxes, lines, first, length }, pictures, onFrame) {
  const [x, y, width, height] = stageOf(boxes[TRUTH] || [], pictures);
  const root = svg("svg", { class: "stage", viewBox: `${x} ${y} ${width} ${height}`, role: "img", "aria-label": "Frame with boxes" });
  const image = svg("image", { width, height, x, y, preserveAspectRatio: "none" });
  const truths = ["truth", "truth inner"].map((name) => svg("rect", { class: name }));
  const order = ranking().filter((t) => boxes[t]);
  const drawn = order.map((tracker) => stroke(svg("rect", {}), tracker));
  root.append(image, ...truths, ...[...drawn].reverse());
  const said = el("output", { class: "said", "aria-live": "off" });
  const slider = el("input", { type: "range", min: 0, max: Math.max(0, played.length - 1), value: 0, "aria-label": "Frame", oninput: () => { stop(); showAt(Number(slider.value)); } });
  const rate = el("select", { "aria-label": "Speed of playing" }, ...RATES.map((r) => el("option", { value: r, ...(r === USUAL_RATE ? { selected: "" } : {}) }, `${r} frames/s`)));
  const play = el("button", { type: "button", class: "play", onclick: () => toggle() }, "▶ Play");
  const one = (text, name, count) => el("button", { type: "button", "aria-label": name, title: name, onclick: () => step(count) }, text);
  const values = order.map((tracker) => [tracker, el("span", { class: "value" })]);
  const legend = el("ul", { class: "legend values" }, ...values.map(([tracker, node]) => el("li", {}, swatch(tracker), el("span", {}, label(tracker)), node)));
  const controls = el("div", { class: "controls" }, play, one("‹", "One frame back", -1), one("›", "One frame on", 1), slider, rate, said);
  const node = el("div", { class: "player" }, root, controls, legend);
  let at = 0;
  let timer = 0;

  function showAt(index, tell = true) {
    at = Math.min(Math.max(index, 0), played.length - 1);
    const frame = played[at];
    const picture = pictures.length ? pictures[nearestIndex(pictures.map((p) => p.frame), frame)] : null;
    if (picture && image.dataset.frame !== String(picture.frame)) {
      image.setAttribute("href", `data:image/jpeg;base64,${picture.jpeg}`);
      image.dataset.frame = picture.frame;
    }
    root.classList.toggle("other", picture !== null && picture.frame !== frame);
    for (const rect of truths) place(rect, boxes[TRUTH][at]);
    order.forEach((tracker, i) => place(drawn[i], boxes[tracker][at]));
    for (const [tracker, span] of values) span.textContent = lines.iou[tracker] ? figure(lines.iou[tracker].y[frame - first], 2) : "";
    const near = picture && picture.frame !== frame ? `; the picture is of frame ${picture.frame}` : "";
    said.textContent = `frame ${frame} of ${first} to ${first + length - 1}${near}`;
    slider.value = at;
    slider.setAttribute("aria-valuetext", said.textContent);
    if (tell) onFrame(frame);
  }
  function step(count) { stop(); showAt(at + count); }
  function stop() {
    cancelAnimationFrame(timer);
    timer = 0;
    play.textContent = "▶ Play";
  }
  function toggle() {
    if (timer) { stop(); return; }
    if (at >= played.length - 1) showAt(0);
    play.textContent = "❚❚ Pause";
    let [time, frame] = [performance.now(), played[at]];
    const tick = (now) => {
      if (!node.isConnected) { stop(); return; }
      frame += ((now - time) / 1000) * Number(rate.value);
      time = now;
      let next = at;
      while (next < played.length - 1 && played[next + 1] <= frame) next += 1;
      if (next !== at) showAt(next);
      if (at >= played.length - 1) stop();
      else timer = requestAnimationFrame(tick);
    };
    timer = requestAnimationFrame(tick);
  }
  const show = (frame, tell = false) => { stop(); showAt(nearestIndex(played, frame), tell); };
  return { node, root, show, showAt, toggle, step, stop, width, height, frame: () => played[at] };
}

function place(rect, box) {
  rect.setAttribute("visibility", box ? "visible" : "hidden");
  if (!box) return;
  const [x, y, width, height] = box;
  for (const [name, value] of Object.entries({ x, y, width: Math.max(0, width), height: Math.max(0, height) })) rect.setAttribute(name, value);
}

/** What is seen: the picture, or around all boxes of the ground truth where there is none. */
function stageOf(truth, pictures) {
  if (pictures.length) return [0, 0, pictures[0].width, pictures[0].height];
  const known = truth.filter(Boolean);
  if (!known.length) return [0, 0, 320, 180];
  const [left, top] = [0, 1].map((i) => Math.min(...known.map((b) => b[i])));
  const [right, bottom] = [0, 1].map((i) => Math.max(...known.map((b) => b[i] + b[i + 2])));
  const margin = 0.35 * Math.max(right - left, bottom - top, 1);
  return [left - margin, top - margin, right - left + 2 * margin, bottom - top + 2 * margin];
}
