"use strict";
// Contents and trackers beside the page: where the reader is, who is shown, best first; one stop of the Tab key each.

const FILTERED_FROM = 12; // trackers, from which on a filter and the choice of the best are offered
const BEST = 10;

function contents() {
  const folds = document.querySelectorAll("#contents > details");
  if (matchMedia("(max-width: 1099px)").matches) for (const fold of folds) fold.open = false;
  const links = new Map([...document.querySelectorAll("#contents nav a")].map((a) => [a.hash.slice(1), a]));
  const near = new Set();
  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) near[isIntersecting ? "add" : "delete"](target.id);
    const current = [...links.keys()].find((id) => near.has(id));
    for (const [id, link] of links) {
      if (id === current) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }, { rootMargin: "-15% 0px -60% 0px" });
  for (const id of links.keys()) observer.observe(document.getElementById(id));
}

function trackers() {
  const host = document.getElementById("trackers");
  const buttons = data.trackers.map((t, i) => el("button", {
    type: "button", "aria-pressed": "true", tabindex: i ? -1 : 0, title: t.label,
    onclick: () => toggle(i), ondblclick: () => only([i]),
  }, swatch(i), el("span", { class: "name" }, t.label), el("span", { class: "value" })));
  buttons.forEach((button, i) => button.addEventListener("keydown", (event) => {
    const there = [...host.children].filter((other) => !other.classList.contains("off"));
    const steps = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1, Home: -Infinity, End: Infinity };
    if (event.key === "o") only([i]);
    else if (event.key in steps) {
      const at = Math.min(Math.max(there.indexOf(button) + steps[event.key], 0), there.length - 1);
      enter(there[at]);
      there[at].focus();
    } else return;
    event.preventDefault();
  }));
  const enter = (button) => { for (const other of buttons) other.tabIndex = other === button ? 0 : -1; };
  for (const button of buttons) button.addEventListener("focus", () => enter(button));
  choices(host, buttons);
  let ordered = -1;
  onChange(() => {
    const ranked = rankedTrackers();
    buttons.forEach((button, i) => {
      const values = view().overall[view().headline] || {};
      button.setAttribute("aria-pressed", String(shown(i)));
      button.lastElementChild.textContent = i in values ? printed(view().headline, values[i]) : "";
    });
    if (ordered === state.view) return; // the order is that of the view: it does not change under the reader's hand
    ordered = state.view;
    const rest = buttons.filter((_, i) => !ranked.includes(i));
    host.replaceChildren(...ranked.map((i) => buttons[i]), ...rest);
    enter(host.firstElementChild);
  });
}

/** What chooses among many trackers: all or none, the best, a filter of the list. */
function choices(host, buttons) {
  const row = document.getElementById("choices");
  const button = (text, act) => el("button", { type: "button", onclick: act }, text);
  row.append(button("all / none", () => only(state.hidden.size ? data.trackers.keys() : [])));
  if (buttons.length <= FILTERED_FROM) return;
  row.append(button(`best ${BEST}`, () => only(rankedTrackers().slice(0, BEST))));
  const filter = el("input", { type: "search", placeholder: "part of a name", "aria-label": "Filter the trackers", oninput: () => {
    const words = wordsOf(filter.value);
    for (const each of buttons) each.classList.toggle("off", !hasAll(each.textContent, words));
    const first = [...host.children].find((each) => !each.classList.contains("off"));
    if (first) for (const each of buttons) each.tabIndex = each === first ? 0 : -1;
  } });
  row.append(filter);
}

function toggle(tracker) {
  if (!state.hidden.delete(tracker)) state.hidden.add(tracker);
  changed();
}

/** Shows these trackers and hides the others. */
function only(chosen) {
  const wanted = new Set(chosen);
  state.hidden = new Set([...data.trackers.keys()].filter((i) => !wanted.has(i)));
  changed();
}

function wordsOf(text) {
  return text.toLowerCase().split(/\s+/).filter(Boolean);
}

function hasAll(text, words) {
  const lower = text.toLowerCase();
  return words.every((word) => lower.includes(word));
}

/** The list of keys. */
function keys() {
  const dialog = document.getElementById("keys");
  document.getElementById("show-keys").addEventListener("click", () => dialog.showModal());
  dialog.querySelector("button").addEventListener("click", () => dialog.close());
}
