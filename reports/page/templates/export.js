"use strict";
// Any chart, table or frame as a file: CSV of its figures, PNG of what is seen. Nothing leaves the page but to the disk.

const DRAWN = [
  "fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "opacity", "visibility",
  "font-size", "font-family", "font-weight", "font-style", "text-anchor", "paint-order", "vector-effect",
]; // properties that a drawing outside of the page would lack
const SHARPNESS = 2; // pixels of a PNG for each of the page

/** Text that a spreadsheet takes for text, as evalkit.shown.spreadsheet has it. */
function plainText(text) {
  return /^[=+\-@\uff1d\uff0b\uff0d\uff20]/.test(text) ? `'${text}` : text;
}

function csvText(rows) {
  const cell = (value) => {
    if (value === null || value === undefined || Number.isNaN(value)) return "";
    const text = typeof value === "number" ? String(value) : plainText(String(value));
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return `${rows.map((row) => row.map(cell).join(",")).join("\n")}\n`;
}

/** A file's name of a view and a title. */
function fileName(title, extension) {
  const text = `${view().benchmark}-${view().protocol}-${title}`.replace(/[^A-Za-z0-9._-]+/g, "_").slice(0, 90);
  return `${text.replace(/[._-]+$/, "")}.${extension}`;
}

function save(name, blob) {
  const link = el("a", { href: URL.createObjectURL(blob), download: name, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function saveCsv(title, rows) {
  save(fileName(title, "csv"), new Blob(["\ufeff", csvText(rows)], { type: "text/csv" })); // the mark: spreadsheets guess otherwise
}

/** A copy of a drawing that looks the same without the page's style sheet. */
function standalone(drawing, attributes) {
  const copy = drawing.cloneNode(true);
  const [from, to] = [drawing, copy].map((root) => [root, ...root.querySelectorAll("*")]);
  from.forEach((node, at) => {
    const style = getComputedStyle(node);
    for (const name of DRAWN) to[at].style.setProperty(name, style.getPropertyValue(name));
  });
  for (const [name, value] of Object.entries(attributes)) copy.setAttribute(name, value);
  return copy;
}

function inkOf(node) {
  const style = getComputedStyle(node);
  return { "font-family": style.fontFamily, "font-size": style.fontSize, "font-weight": style.fontWeight, "font-style": style.fontStyle, "text-decoration": style.textDecorationLine, fill: style.color };
}

/** Parts of a drawing, on the page's ground, as a PNG file. */
async function savePng(title, width, height, parts) {
  const ground = svg("rect", { width, height, fill: getComputedStyle(document.body).backgroundColor });
  const root = svg("svg", { xmlns: SVG, width, height, viewBox: `0 0 ${width} ${height}` }, ground, ...parts);
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(root))}`;
  await image.decode();
  const canvas = el("canvas", { width: Math.round(width * SHARPNESS), height: Math.round(height * SHARPNESS) });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((done) => { canvas.toBlob(done, "image/png"); });
  if (blob) save(fileName(title, "png"), blob);
}

/** Words in lines of at most `width` pixels. */
function broken(text, width, font) {
  const context = el("canvas").getContext("2d");
  context.font = font;
  const lines = [""];
  for (const word of text.split(" ")) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (context.measureText(longer).width <= width || lines.at(-1) === "") lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

function textAt(x, y, text, ink, attributes = {}) {
  const node = svg("text", { x, y, ...attributes }, text);
  for (const [name, value] of Object.entries(ink)) node.style.setProperty(name, value);
  return node;
}

/** A chart's caption, the drawing and its whole legend below each other. */
function chartPicture(box, { root, width, height }) {
  const parts = [];
  const captionInk = inkOf(box.querySelector("figcaption span"));
  let y = 6;
  for (const line of broken(box.querySelector("figcaption span").textContent, width - 16, `600 14px ${captionInk["font-family"]}`)) {
    y += 18;
    parts.push(textAt(8, y, line, captionInk));
  }
  parts.push(standalone(root, { x: 0, y: y + 8, width, height }));
  y += height + 16;
  let x = 8;
  const context = el("canvas").getContext("2d");
  for (const entry of box.querySelectorAll(".legend li")) {
    const ink = { ...inkOf(entry), "font-size": "12px" };
    context.font = `12px ${ink["font-family"]}`;
    const wide = 32 + context.measureText(entry.textContent).width;
    if (x > 8 && x + wide > width) { x = 8; y += 18; }
    parts.push(standalone(entry.querySelector("svg"), { x, y, width: 24, height: 12 }), textAt(x + 28, y + 10, entry.textContent, ink));
    x += wide + 14;
  }
  return [width, y + 22, parts];
}

/** What is seen of a table, rows that are scrolled out too. */
function tablePicture(table) {
  table.parentElement.scrollTo(0, 0);
  const whole = table.getBoundingClientRect();
  const parts = [];
  for (const cell of table.querySelectorAll("caption span, th, td")) {
    const box = cell.getBoundingClientRect();
    if (!box.width) continue;
    const [x, y] = [box.left - whole.left, box.top - whole.top];
    const said = cell.querySelector("button") || cell;
    const [style, ink, isCaption] = [getComputedStyle(cell), inkOf(said), cell.matches("caption span")];
    parts.push(svg("rect", { x, y, width: box.width, height: box.height, fill: style.backgroundColor, stroke: style.borderTopColor, "stroke-opacity": 0.5, "stroke-width": isCaption ? 0 : 0.5 }));
    const mark = cell.querySelector("svg.swatch");
    if (mark) parts.push(standalone(mark, { x: x + 6, y: y + 6, width: 24, height: 12 }));
    const side = { right: "end", end: "end", center: "middle" }[getComputedStyle(said).textAlign] || "start";
    const at = { end: x + box.width - 9, middle: x + box.width / 2, start: x + (mark ? 36 : 9) }[side];
    const lines = isCaption ? broken(cell.textContent, box.width - 18, `${ink["font-size"]} ${ink["font-family"]}`) : [cell.textContent.trim()];
    lines.forEach((line, row) => parts.push(textAt(at, y + 16 + 19 * row, line, ink, { "text-anchor": side })));
  }
  return [Math.ceil(whole.width), Math.ceil(whole.height), parts];
}

function rowsOf(table) {
  const seen = (node) => node.getClientRects().length > 0;
  const value = (cell) => (cell.dataset.value ? Number(cell.dataset.value) : cell.dataset.value === "" ? "" : cell.textContent.trim());
  const known = (cell) => { const found = value(cell); return Number.isNaN(found) ? cell.dataset.value : found; };
  return [...table.rows].filter(seen).map((row) => [...row.cells].filter(seen).map(known));
}

function exportButtons(title, csv, png) {
  const button = (kind, act) => el("button", { type: "button", title: `Save as ${kind}`, "aria-label": `Save ${title} as ${kind}`, onclick: act }, kind);
  return [button("CSV", csv), button("PNG", png)];
}

/** Puts the buttons that save a chart into its caption. */
function chartExports(box, area, rows) {
  const title = box.querySelector("figcaption span").textContent;
  box.querySelector(".tools").append(...exportButtons(title, () => saveCsv(title, rows()), () => savePng(title, ...chartPicture(box, area.drawing()))));
}

/** The same above every table. */
function tableExports() {
  for (const table of document.querySelectorAll(".scroll > table")) {
    const title = table.parentElement.getAttribute("aria-label");
    const short = `${table.closest("section").id}-${title.split(/[.,;]/)[0]}`;
    table.parentElement.before(el("p", { class: "tools" }, ...exportButtons(title, () => saveCsv(short, rowsOf(table)), () => savePng(short, ...tablePicture(table)))));
  }
}
