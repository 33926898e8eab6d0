// The tables: a row per allocator and trace, a row per trace, and a summary.

import { OK, bytes, count, percent } from "report/words";
import { make } from "report/dom";

const dash = (value, write) => value === null || value === undefined ? "-" :
  write(value);
const nanoseconds = (value) => value.toFixed(1);

const shareOf = (part, whole) =>
  part === null || part === undefined || !whole ? null : part / whole;

// Parts of a footprint: the field of a result's `waste`, and the title.
const WASTE = [["alignment", "alignment"], ["metadata", "metadata"],
  ["placement", "placement"], ["online_gap", "on-line gap"],
  ["packing_gap", "packing gap"]];

/** Columns: title, the value to sort by, and how it is written. */
const RESULTS = [
  ["trace", (r) => r.shown, (v) => v],
  ["allocator", (r) => r.allocator, (v) => v],
  ["verdict", (r) => r.verdict, (v) => v],
  ["operations", (r) => r.ops, count],
  ["peak payload", (r) => r.peak_payload, bytes],
  ["peak footprint", (r) => r.peak_footprint || null, bytes],
  ["util", (r) => r.verdict === OK ? r.utilization : null, percent],
  ["best fit", (r) => r.bounds?.best_fit, percent],
  ["packing", (r) => r.bounds?.packing, percent],
  ["bound", (r) => r.bounds?.aligned, percent],
  ...WASTE.map(([part, title]) =>
    [title, (r) => shareOf(r.waste?.[part], r.peak_footprint), percent]),
  ["ns/op", (r) => r.ns_per_op?.median, nanoseconds],
  ["p25-p75", (r) => r.ns_per_op?.p25, (v, r) =>
    `${nanoseconds(v)}-${nanoseconds(r.ns_per_op.p75)}`],
  ["x libc", (r) => r.ratio_to_libc, (v) => v.toFixed(2)],
];

const TRACES = [
  ["trace", (t) => t.name, (v) => v],
  ["operations", (t) => t.facts.ops, count],
  ["blocks", (t) => t.facts.blocks, count],
  ["reallocs", (t) => t.facts.reallocs, count],
  ["frees", (t) => t.facts.frees, count],
  ["threads", (t) => t.facts.threads, count],
  ["peak payload", (t) => t.facts.peak_payload, bytes],
  ["median size", (t) => t.facts.median_size, count],
  ["largest", (t) => t.facts.largest, bytes],
  ["median age at free", (t) => t.facts.median_life, count],
  ["from", (t) => t.facts.provenance || null, (v) => v],
];

const SUMMARY = [
  ["allocator", (s) => s.allocator, (v) => v],
  ["valid", (s) => s.valid, (v, s) => `${v} of ${s.all}`],
  ["mean util", (s) => s.utilization, percent],
  ["ns/op", (s) => s.nanoseconds, nanoseconds],
  ["x libc", (s) => s.ratio, (v) => v.toFixed(2)],
];

/** mdriver's results, with the name that the trace has here. */
export function results(traces) {
  return traces.flatMap((trace) =>
    trace.results.map((result) => ({ ...result, shown: trace.name })));
}

/** A row per allocator: means over the traces whose verdict is ok. */
export function summary(rows) {
  const names = [...new Set(rows.map((row) => row.allocator))];
  return names.map((allocator) => {
    const own = rows.filter((row) => row.allocator === allocator);
    const good = own.filter((row) => row.verdict === OK);
    return {
      allocator, all: own.length, valid: good.length,
      utilization: mean(good.map((row) => row.utilization)),
      nanoseconds: geometric(good.map((row) => row.ns_per_op?.median)),
      ratio: geometric(good.map((row) => row.ratio_to_libc)),
    };
  });
}

function mean(numbers) {
  const known = numbers.filter((n) => n !== null && n !== undefined);
  return known.length ? known.reduce((a, b) => a + b) / known.length : null;
}

function geometric(numbers) {
  const logarithm = mean(numbers.map((n) => n ? Math.log(n) : null));
  return logarithm === null ? null : Math.exp(logarithm);
}

/** Rows in the order of a column; those without a number come last. */
export function sorted(rows, of, downwards) {
  const known = rows.filter((row) => of(row) !== null && of(row) !== undefined);
  const rest = rows.filter((row) => !known.includes(row));
  const order = (a, b) => typeof a === "number" ? a - b :
    a.localeCompare(b, "en", { numeric: true });
  known.sort((a, b) => order(of(a), of(b)) * (downwards ? -1 : 1));
  return [...known, ...rest];
}

/** A table that a click on a head sorts. Columns without numbers are left out;
 * chosen(row) is called when a row is clicked. */
function table(columns, rows, chosen) {
  const used = columns.filter(([, of]) =>
    rows.some((row) => of(row) !== null && of(row) !== undefined));
  const body = make("tbody");
  const fill = (ordered) => body.replaceChildren(
    ...ordered.map((row) => line(used, row, chosen)));
  const heads = used.map(([title, of]) => head(title, (downwards) =>
    fill(sorted(rows, of, downwards))));
  fill(rows);
  return make("table", {},
    make("thead", {}, make("tr", {}, ...heads)), body);
}

function head(title, sort) {
  const cell = make("th", { scope: "col" });
  const button = make("button", { type: "button", textContent: title });
  button.addEventListener("click", () => {
    const downwards = cell.getAttribute("aria-sort") === "ascending";
    for (const other of cell.parentElement.children)
      other.removeAttribute("aria-sort");
    cell.setAttribute("aria-sort", downwards ? "descending" : "ascending");
    sort(downwards);
  });
  cell.append(button);
  return cell;
}

function line(columns, row, chosen) {
  const element = make("tr", {}, ...columns.map(([, of, write]) => {
    const value = of(row);
    return make("td", {
      textContent: dash(value, (known) => write(known, row)),
      className: typeof value === "number" ? "number" : "",
    });
  }));
  if (row.verdict && row.verdict !== OK) {
    element.classList.add("bad");
    element.title = row.message;
  }
  if (chosen) element.addEventListener("click", () => { chosen(row); });
  return element;
}

export function summaryTable(traces) {
  return table(SUMMARY, summary(results(traces)), null);
}

export function resultsTable(traces, chosen) {
  return table(RESULTS, results(traces), (row) => chosen(row.shown));
}

export function tracesTable(traces, chosen) {
  return table(TRACES, traces, (trace) => chosen(trace.name));
}

/** Bad verdicts, with mdriver's messages. */
export function badVerdicts(traces) {
  return results(traces).filter((row) => row.verdict !== OK).map((row) =>
    make("p", { className: "bad" }, make("b", {
      textContent: `${row.allocator} on ${row.shown}: ${row.verdict}` }),
      ` ${row.message ?? ""}`));
}
