// A table that is sorted by its heads, searched, whose columns hide, and that is
// copied as it is shown: CSV has the numbers, Markdown the words.

import { OK } from "report/words";
import { make } from "report/dom";

const missing = (value) => value === null || value === undefined;

/** Rows in the order of a column; those without a number come last. */
export function sorted(rows, of, downwards) {
  const known = rows.filter((row) => !missing(of(row)));
  const rest = rows.filter((row) => missing(of(row)));
  const order = (a, b) => typeof a === "number" ? a - b :
    a.localeCompare(b, "en", { numeric: true });
  known.sort((a, b) => order(of(a), of(b)) * (downwards ? -1 : 1));
  return [...known, ...rest];
}

/** What a cell says. */
function words([, of, write], row) {
  const value = of(row);
  return missing(value) ? "-" : write(value, row);
}

/** Rows in which each word of the text occurs, in any case. */
export function found(columns, rows, text) {
  const wanted = text.toLowerCase().split(/\s+/);
  return rows.filter((row) => {
    const said = columns.map((column) => words(column, row)).join("\n")
      .toLowerCase();
    return wanted.every((word) => said.includes(word));
  });
}

export function csv(columns, rows) {
  const quote = (value) => missing(value) ? "" :
    /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
  return [columns.map(([title]) => title),
    ...rows.map((row) => columns.map(([, of]) => of(row)))]
    .map((cells) => `${cells.map(quote).join(",")}\n`).join("");
}

export function markdown(columns, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |\n`;
  const rule = columns.map(([, of]) =>
    rows.some((row) => typeof of(row) === "number") ? "---:" : "---");
  return [columns.map(([title]) => title), rule,
    ...rows.map((row) => columns.map((column) =>
      words(column, row).replaceAll("|", "\\|")))].map(line).join("");
}

/** The elements of a table. columns: [title, the value to sort by, how it is
 * written]; those without any value are left out. chosen(row) is called when a
 * row is clicked. */
export function table(columns, rows, chosen) {
  return new Table(columns, rows, chosen).elements;
}

class Table {
  constructor(columns, rows, chosen) {
    this.columns = columns.filter(([, of]) =>
      rows.some((row) => !missing(of(row))));
    this.rows = rows;
    this.chosen = chosen;
    this.hidden = new Set();
    this.search = make("input", { type: "search", placeholder: "search",
      "aria-label": "search the rows" });
    this.search.addEventListener("input", () => { this.fill(); });
    this.said = make("span", { className: "small", role: "status" });
    this.head = make("tr");
    this.body = make("tbody");
    this.fill();
  }

  get elements() {
    return [
      make("div", { className: "tools" }, this.search, this.menu(),
        this.copier("CSV", csv), this.copier("Markdown", markdown), this.said),
      make("div", { className: "table" },
        make("table", {}, make("thead", {}, this.head), this.body)),
    ];
  }

  get shown() {
    return this.columns.filter((column) => !this.hidden.has(column));
  }

  /** The rows that are searched for, sorted. */
  get chosenRows() {
    const rows = found(this.columns, this.rows, this.search.value);
    return this.by ? sorted(rows, this.by[1], this.downwards) : rows;
  }

  fill() {
    const { shown, chosenRows } = this;
    this.head.replaceChildren(...shown.map((column) => this.title(column)));
    this.body.replaceChildren(...chosenRows.map((row) =>
      line(shown, row, this.chosen)));
    this.said.textContent = chosenRows.length === this.rows.length ? "" :
      `${chosenRows.length} of ${this.rows.length} rows`;
  }

  title(column) {
    const button = make("button", { type: "button", textContent: column[0] });
    button.addEventListener("click", () => { this.sort(column); });
    return make("th", { scope: "col", ...column === this.by &&
      { "aria-sort": this.downwards ? "descending" : "ascending" } }, button);
  }

  sort(column) {
    this.downwards = this.by === column && !this.downwards;
    this.by = column;
    this.fill();
    this.head.children[this.shown.indexOf(column)].firstChild.focus();
  }

  menu() {
    return make("details", { className: "menu" },
      make("summary", { textContent: "columns" }),
      make("div", {}, ...this.columns.map((column) => {
        const box = make("input", { type: "checkbox", checked: true });
        box.addEventListener("change", () => {
          if (box.checked) this.hidden.delete(column);
          else this.hidden.add(column);
          this.fill();
        });
        return make("label", {}, box, ` ${column[0]}`);
      })));
  }

  copier(name, write) {
    const button = make("button", { type: "button",
      textContent: `copy ${name}` });
    button.addEventListener("click", async () => {
      const rows = this.chosenRows;
      try {
        await navigator.clipboard.writeText(write(this.shown, rows));
        this.said.textContent = `copied ${rows.length} rows as ${name}`;
      } catch (error) {
        this.said.textContent = `the browser does not copy: ${error.message}`;
      }
    });
    return button;
  }
}

function line(columns, row, chosen) {
  const element = make("tr", {}, ...columns.map((column) => make("td", {
    textContent: words(column, row),
    className: typeof column[1](row) === "number" ? "number" : "",
  })));
  if (row.verdict && row.verdict !== OK) {
    element.classList.add("bad");
    element.title = row.message;
  }
  if (chosen) element.addEventListener("click", () => { chosen(row); });
  return element;
}
