// The tables: a row per allocator and trace, a row per trace, and a summary.

import { OK, bytes, count, percent } from "report/words";
import { make } from "report/dom";
import { table } from "report/table";

const nanoseconds = (value) => value.toFixed(1);

const shareOf = (part, whole) =>
  part === null || part === undefined || !whole ? null : part / whole;

const points = (change) =>
  `${change < 0 ? "\u2212" : change > 0 ? "+" : ""}${(100 * Math.abs(change)).toFixed(1)} points`;

/** By how much utilization has changed; null without a report before. */
const changeOf = ({ verdict, utilization, before }) =>
  verdict === OK && before ? utilization - before.utilization : null;

const timeRatio = ({ ns_per_op: time, before }) =>
  time && before?.nanoseconds ? time.median / before.nanoseconds : null;

// Parts of a footprint: the field of a result's `waste`, and the title.
const WASTE = [["alignment", "alignment"], ["metadata", "metadata"],
  ["placement", "placement"], ["online_gap", "on-line gap"],
  ["packing_gap", "packing gap"]];

// Columns, as table() takes them.
const RESULTS = [
  ["trace", (r) => r.shown, (v) => v],
  ["allocator", (r) => r.allocator, (v) => v],
  ["verdict", (r) => r.verdict, (v) => v],
  ["operations", (r) => r.ops, count],
  ["peak payload", (r) => r.peak_payload, bytes],
  ["peak footprint", (r) => r.peak_footprint || null, bytes],
  ["util", (r) => r.verdict === OK ? r.utilization : null, percent],
  ["util before", (r) => r.before?.utilization, percent],
  ["change", changeOf, points],
  ["best fit", (r) => r.bounds?.best_fit, percent],
  ["packing", (r) => r.bounds?.packing, percent],
  ["bound", (r) => r.bounds?.aligned, percent],
  ...WASTE.map(([part, title]) =>
    [title, (r) => shareOf(r.waste?.[part], r.peak_footprint), percent]),
  ["ns/op", (r) => r.ns_per_op?.median, nanoseconds],
  ["p25-p75", (r) => r.ns_per_op?.p25, (v, r) =>
    `${nanoseconds(v)}-${nanoseconds(r.ns_per_op.p75)}`],
  ["ns/op before", (r) => r.before?.nanoseconds, nanoseconds],
  ["x before", timeRatio, (v) => v.toFixed(2)],
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
  ["change", (s) => s.change, points],
  ["ns/op", (s) => s.nanoseconds, nanoseconds],
  ["x before", (s) => s.timeRatio, (v) => v.toFixed(2)],
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
      change: mean(good.map(changeOf)), timeRatio: geometric(good.map(timeRatio)),
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
