"use strict";
// Starts everything and answers the two selects of the header.

const chooser = document.getElementById("view");
chooser.addEventListener("change", () => { state.view = Number(chooser.value); changed(); });

const theme = document.getElementById("theme");
theme.addEventListener("change", () => { document.documentElement.style.colorScheme = theme.value; });

for (const start of [contents, keys, trackers, tables, tableExports, curves, speed, attributes, confidence, heat, difference]) start();
let width = innerWidth;
addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; changed(); } });
state.view = Number(chooser.value);
changed();
document.documentElement.dataset.ready = String(Math.round(performance.now()));
