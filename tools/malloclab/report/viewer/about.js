// What is said of an operation and of a block.

import { bytes, count, hex, percent } from "report/words";
import { KINDS } from "report/heap";
import { make } from "report/dom";

const CALLS = { a: "malloc", c: "calloc", m: "memalign", r: "realloc",
  f: "free", R: "realloc to nothing", 0: "free(NULL)" };

/** "line 17: a 3 100", or the operation alone where the file has no lines. */
export function quote(trace, op) {
  const text = trace.text(op);
  return trace.lines ? `line ${count(trace.lines.line[op])}: ${text}` : text;
}

export function operation(trace, op) {
  return `operation ${count(op + 1)} of ${count(trace.count)}, ` +
    `${quote(trace, op)} (${CALLS[KINDS[trace.kind[op]]]})`;
}

export function state(trace, op) {
  return `${bytes(trace.payload[op])} live in ${count(trace.live[op])} blocks`;
}

/** Where each of the panels' allocators has the placement. */
export function whereabouts(panels, placement) {
  return panels.map((places) => [places.name, place(places, placement)]);
}

function place(places, placement) {
  if (!places.has(placement)) return "not there";
  const { trace, offset } = places, before = trace.before(placement);
  const at = hex(places.address(offset[placement]));
  if (before < 0 || !places.has(before)) return at;
  return offset[before] === offset[placement] ? `${at}, in place` :
    `${at}, moved from ${hex(places.address(offset[before]))}`;
}

/** Of a placement: [name, text] a line. rooms is asked for by places. */
export function block(trace, placement, panels, rooms) {
  const birth = trace.birth[placement], death = trace.death[placement];
  const ended = death < trace.count;
  const lines = [
    ["block", `id ${trace.idOf(placement)}, ${count(trace.size[placement])} ` +
      "bytes of payload"],
    ["from", `operation ${count(birth + 1)}, ${quote(trace, birth)}`],
    ["until", ended ? `operation ${count(death + 1)}, ${quote(trace, death)}` :
      "never freed"],
    ["age then", ended ? `${count(death - birth)} operations` : "-"],
    ...whereabouts(panels, placement),
  ];
  for (const places of panels) {
    const room = rooms(places)?.[placement];
    if (room !== undefined && room !== Infinity)
      lines.push([`room in ${places.name}`, `${count(room)} bytes`]);
  }
  return lines;
}

// Panels that are no allocators: what they are, and their utilization.
const BOUNDS = { best_fit: "best fit without headers",
  packing: "packed off-line, all operations known" };

/** What stands above a panel: of its own result, or any of the trace. */
export function panel({ name, done }, result, any) {
  if (!result)
    return `${BOUNDS[name] ?? "not judged"}: util ` +
      percent(any.bounds?.[name]);
  return result.verdict === "ok" ? `util ${percent(result.utilization)}` :
    `${result.verdict} after ${count(done)} operations: ${result.message}`;
}

/** The lines as a list for people. */
export function list(lines) {
  return make("dl", {}, ...lines.flatMap(([name, text]) =>
    [make("dt", { textContent: name }), make("dd", { textContent: text })]));
}
