"use strict";
// A click on a heading sorts the rows, a second one the other way round. Cells
// have what they are sorted by in data-value, if it is a number. Rows with
// nothing there stay at the end.
for (const heading of document.querySelectorAll("th")) {
  const button = heading.querySelector("button");
  if (button)
    button.addEventListener("click", () => sortBy(heading));
}

function sortBy(heading) {
  const table = heading.closest("table"), rows = table.tBodies[0];
  const descends = heading.getAttribute("aria-sort") === "ascending";
  for (const other of heading.parentNode.cells)
    other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", descends ? "descending" : "ascending");
  const keyed = [...rows.rows].map(
    row => [keyOf(row.cells[heading.cellIndex]), row]);
  const order = descends ? -1 : 1;
  keyed.sort(([one], [two]) => one === two ? 0 : one === null ? 1
    : two === null ? -1 : order * compare(one, two));
  rows.append(...keyed.map(([, row]) => row));
}

function keyOf(cell) {
  const value = cell.dataset.value;
  return value === undefined ? cell.textContent : value === "" ? null
    : Number(value);
}

function compare(one, two) {
  return typeof one === "number" ? one - two
    : one.localeCompare(two, undefined, {numeric: true});
}
