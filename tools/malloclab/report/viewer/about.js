// Texts about an operation, a block and a panel.

import { OK, bytes, count, hex, percent } from "report/words";
import { make } from "report/dom";

/** "line 17: a 3 100", or the operation alone where the file has no lines. */
export function quote(trace, op) {
  const text = trace.text(op);
  return trace.lines ? `line ${count(trace.lines.line[op])}: ${text}` : text;
}

export function operation(trace, op) {
  return `operation ${count(op + 1)} of ${count(trace.count)}, ` +
    `${quote(trace, op)} (${trace.operations[trace.kind[op]].title})`;
}

export function state(trace, op) {
  return `${bytes(trace.payload[op])} live in ${count(trace.live[op])} blocks`;
}

/** For each panel: its allocator, and where that has the placement. */
export function locations(panels, placement) {
  return panels.map((layout) => [layout.name, place(layout, placement)]);
}

function place(layout, placement) {
  if (!layout.has(placement)) return "not there";
  const { trace, offset } = layout, before = trace.before(placement);
  const at = hex(layout.address(offset[placement]));
  if (before < 0 || !layout.has(before)) return at;
  return offset[before] === offset[placement] ? `${at}, in place` :
    `${at}, moved from ${hex(layout.address(offset[before]))}`;
}

/** Of a placement: lines of [name, text]. slack(layout): by placement. */
export function block(trace, placement, panels, slack) {
  const birth = trace.birth[placement], death = trace.death[placement];
  const ended = death < trace.count;
  const lines = [
    ["block", `id ${trace.idOf(placement)}, ${count(trace.size[placement])} ` +
      "bytes of payload"],
    ["from", `operation ${count(birth + 1)}, ${quote(trace, birth)}`],
    ["until", ended ? `operation ${count(death + 1)}, ${quote(trace, death)}` :
      "never freed"],
    ["age then", ended ? `${count(death - birth)} operations` : "-"],
    ...locations(panels, placement),
  ];
  for (const layout of panels) {
    const bytesBehind = slack(layout)?.[placement];
    if (bytesBehind !== undefined && bytesBehind !== Infinity)
      lines.push([`slack in ${layout.name}`, `${count(bytesBehind)} bytes`]);
  }
  return lines;
}

// Panels that are no allocators: what they are, and their utilization.
const BOUNDS = { best_fit: "best fit without headers",
  packing: "packed off-line, all operations known" };

/** The text above a panel, from its result; without one, from any of the
 * trace. */
export function panel({ name, done }, result, any) {
  if (!result)
    return `${BOUNDS[name] ?? "not judged"}: util ` +
      percent(any.bounds?.[name]);
  return result.verdict === OK ? `util ${percent(result.utilization)}` :
    `${result.verdict} after ${count(done)} operations: ${result.message}`;
}

/** The lines as a list for people. */
export function list(lines) {
  return make("dl", {}, ...lines.flatMap(([name, text]) =>
    [make("dt", { textContent: name }), make("dd", { textContent: text })]));
}
