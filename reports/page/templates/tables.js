"use strict";
// Tables are complete without a script; with it they are sorted by a column, filtered, and follow the trackers shown.

function tables() {
  for (const table of document.querySelectorAll("table")) {
    for (const button of table.querySelectorAll("thead button")) button.addEventListener("click", () => sort(table, button));
  }
  for (const row of document.querySelectorAll("tr[data-tracker]")) {
    row.firstElementChild.prepend(swatch(Number(row.dataset.tracker)), " ");
  }
  for (const input of document.querySelectorAll(".filter")) {
    input.addEventListener("input", () => {
      const words = wordsOf(input.value);
      for (const row of document.querySelectorAll(`#${input.dataset.target} tbody tr`)) {
        row.classList.toggle("off", !hasAll(row.textContent, words));
      }
    });
  }
  onChange(() => {
    for (const node of document.querySelectorAll("main [data-tracker]")) node.hidden = !shown(node.dataset.tracker);
    document.querySelectorAll(".view").forEach((node) => { node.hidden = Number(node.dataset.view) !== state.view; });
    for (const node of document.querySelectorAll("[data-title]")) node.textContent = `${view().title}, protocol ${view().protocol}`;
  });
}

function sort(table, button) {
  const column = Number(button.dataset.sort);
  const head = button.parentElement;
  const ascending = head.getAttribute("aria-sort") === (head.classList.contains("number") ? "descending" : "none");
  for (const other of table.querySelectorAll("thead th")) other.setAttribute("aria-sort", "none");
  head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
  const key = (row) => {
    const cell = row.children[column];
    if (cell.dataset.value === undefined) return cell.textContent.trim().toLowerCase();
    return cell.dataset.value === "" ? null : parseFloat(cell.dataset.value);
  };
  const rows = [...table.tBodies[0].rows].map((row) => [key(row), row]);
  rows.sort(([a], [b]) => {
    if (a === null || b === null) return (a === null) - (b === null); // rows without a value stay at the end
    const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), undefined, { numeric: true });
    return ascending ? order : -order;
  });
  table.tBodies[0].append(...rows.map(([, row]) => row));
}
