"use strict";
// Text from outside (names of trackers, sequences, benchmarks) only ever becomes a text node or an attribute's value.
const data = JSON.parse(document.getElementById("data").textContent);
const state = { view: 0, hidden: new Set(), listeners: [] };
const SVG = "http://www.w3.org/2000/svg";

function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** Both colours of a tracker, of which the browser takes the one for the page's scheme. */
function colour(tracker) {
  const t = data.trackers[tracker];
  return `light-dark(${t.light}, ${t.dark})`;
}

function paint(node, tracker, ...properties) {
  for (const property of properties) {
    node.style.setProperty(property, data.trackers[tracker].light);
    node.style.setProperty(property, colour(tracker));
  }
  return node;
}

function marker(tracker, x, y, radius) {
  const path = svg("path", { d: data.trackers[tracker].marker, transform: `translate(${x} ${y}) scale(${radius})` });
  return paint(path, tracker, "fill");
}

function stroke(node, tracker) {
  node.setAttribute("stroke-dasharray", data.trackers[tracker].dash.join(" "));
  return paint(node, tracker, "stroke");
}

function swatch(tracker) {
  const line = stroke(svg("line", { x1: 0, x2: 24, y1: 6, y2: 6, "stroke-width": 2 }), tracker);
  return svg("svg", { class: "swatch", viewBox: "0 0 24 12", "aria-hidden": "true" }, line, marker(tracker, 12, 6, 4));
}

function label(tracker) {
  const mark = view().marks[tracker];
  const common = view().title.includes(mark);
  return data.trackers[tracker].label + (mark && !common ? ` (${mark})` : "");
}

function view() {
  return data.views[state.view];
}

function shown(tracker) {
  return !state.hidden.has(Number(tracker));
}

/** Everything that depends on the chosen view or on the trackers shown is drawn again by its listener. */
function onChange(listener) {
  state.listeners.push(listener);
}

function changed() {
  for (const listener of state.listeners) listener();
}

/** All trackers of the view, best first. */
function rankedTrackers() {
  const values = view().overall[view().headline] || {};
  const lower = metric(view().headline).lower;
  const score = (t) => (values[t] === null || values[t] === undefined ? -Infinity : lower ? -values[t] : values[t]);
  return Object.keys(values).map(Number).sort((a, b) => score(b) - score(a));
}

/** Trackers of the view that are shown, best first. */
function ranking() {
  return rankedTrackers().filter(shown);
}

function counted(count, thing) {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}

/** How a metric is called and printed; nothing of a view without figures. */
function metric(name) {
  return data.metrics[name] || { label: "", percent: false, digits: 3, lower: false };
}

/** A value as papers print this metric. */
function printed(name, value) {
  const { percent, digits } = metric(name);
  return figure(percent && typeof value === "number" ? 100 * value : value, digits);
}

function figure(value, digits = 3) {
  return value === null || value === undefined || Number.isNaN(value) ? "–" : value.toFixed(digits);
}

const tip = document.getElementById("tip");

function showTip(event, title, rows) {
  const list = el("ul");
  for (const [tracker, text] of rows) {
    list.append(el("li", {}, tracker === null ? null : swatch(tracker), el("span", {}, tracker === null ? "" : label(tracker)), el("span", {}, text)));
  }
  tip.replaceChildren(el("strong", {}, title), list);
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  const x = event.clientX + 16 + box.width > innerWidth ? event.clientX - 16 - box.width : event.clientX + 16;
  const y = Math.min(event.clientY + 12, innerHeight - box.height - 8);
  tip.style.left = `${Math.max(4, x)}px`;
  tip.style.top = `${Math.max(4, y)}px`;
}

function hideTip() {
  tip.hidden = true;
}
