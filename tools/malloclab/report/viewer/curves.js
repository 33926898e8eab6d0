// Payload, footprint, free bytes and the largest hole over the operations, as
// uPlot draws them beneath the panels, with their time and their cursor.

import { bytes, count } from "report/words";
import { make } from "report/dom";
import { lastUntil } from "report/heap";
import { GUTTER, MARGIN } from "report/panel";

const GROUP = 64;

/** The times at which a range's curves are drawn: two pixels or an op apart. */
export function grid({ lo, hi }, width) {
  const steps = Math.max(2, Math.min(width >> 1, Math.ceil(hi - lo)));
  return Float64Array.from({ length: steps + 1 },
                           (_, at) => lo + (hi - lo) * at / steps);
}

/** Numbers by operation, with the greatest of every GROUP of them. */
export function withPeaks(numbers) {
  const peaks = new Float64Array(Math.ceil(numbers.length / GROUP))
    .fill(-Infinity);
  for (let op = 0; op < numbers.length; op++) {
    const group = Math.floor(op / GROUP);
    if (numbers[op] > peaks[group]) peaks[group] = numbers[op];
  }
  return { numbers, peaks };
}

function greatestOf({ numbers, peaks }, from, to) {
  let most = numbers[from];
  for (let op = from + 1; op < to;) {
    const whole = op % GROUP === 0 && op + GROUP <= to;
    const next = whole ? peaks[op / GROUP] : numbers[op];
    if (next > most) most = next;
    op += whole ? GROUP : 1;
  }
  return most;
}

/** By time, the greatest number of the operations until the next time. */
export function greatest(grouped, times) {
  const { length } = grouped.numbers;
  return Float64Array.from(times, (time, at) => {
    const from = Math.min(length - 1, Math.floor(time));
    const next = at + 1 < times.length ? times[at + 1] : time;
    return greatestOf(grouped, from,
                      Math.min(length, Math.max(from + 1, Math.floor(next))));
  });
}

/** The same of numbers that hold from certain ops on; null after `end`. */
export function greatestStep(ops, numbers, times, end) {
  let row = lastUntil(ops, times[0]);
  return Array.from(times, (time, at) => {
    if (time > end) return null;
    while (row + 1 < ops.length && ops[row + 1] <= time) row++;
    const next = at + 1 < times.length ? times[at + 1] : time;
    let most = row < 0 ? 0 : numbers[row];
    for (let later = row + 1; later < ops.length && ops[later] < next; later++)
      if (numbers[later] > most) most = numbers[later];
    return most;
  });
}

/** What is drawn: [label, series of the theme, dashes, a function of times]. */
export function memoryLines(trace, panels) {
  const payload = withPeaks(trace.payload);
  const lines = [["payload", null, [], (times) => greatest(payload, times)]];
  for (const layout of panels) {
    const total = Float64Array.from(layout.heap, (heap, row) =>
      heap + layout.mapped[row]);
    if (!total.some((bytes) => bytes > 0)) continue; // too short to sample
    lines.push([`footprint ${layout.name}`, layout.series, [], (times) =>
      greatestStep(layout.changed, total, times, layout.done)]);
  }
  return lines;
}

export function holeLines(panels) {
  const lines = [];
  for (const layout of panels) {
    if (!layout.holes) continue;
    const of = (name) => (times) => greatestStep(
      layout.moments, layout.holes[name], times, layout.done);
    lines.push([`free ${layout.name}`, layout.series, [], of("free")]);
    lines.push([`largest hole ${layout.name}`, layout.series, [4, 3],
      of("largest")]);
  }
  return lines;
}

export class Curves {
  constructor(box, height) {
    this.box = box;
    this.height = height;
  }

  /** Other lines, another theme or another width: begin anew. */
  build(lines, theme, title) {
    this.plot?.destroy();
    this.plot = null;
    this.lines = lines;
    this.box.replaceChildren();
    this.box.hidden = lines.length === 0;
    if (!lines.length) return;
    this.box.append(make("h3", { textContent: title }));
    this.plot = new uPlot(this.options(theme), this.emptyData(), this.box);
  }

  emptyData() {
    return [[0, 1], ...this.lines.map(() => [null, null])];
  }

  options(theme) {
    const axis = { stroke: theme.soft, grid: { stroke: theme.rule, width: 1 },
      ticks: { stroke: theme.rule, width: 1 }, font: "11px system-ui" };
    return {
      width: this.box.clientWidth, height: this.height,
      padding: [8, MARGIN, 0, 0],
      cursor: { drag: { x: false, y: false }, y: false },
      scales: { x: { time: false } },
      axes: [
        { ...axis, size: 26, values: (_, at) => at.map(count) },
        { ...axis, size: GUTTER, values: (_, at) => at.map(bytes),
          splits: (_, __, lo, hi) => splitsOf(lo, hi, this.height) },
      ],
      series: [
        {}, // the time: panels say which operation the pointer is at
        ...this.lines.map(([label, at, dash]) => ({
          label, dash, width: at === null ? 1.5 : 1.2, spanGaps: false,
          stroke: at === null ? theme.ink : theme.series[at],
          value: (_, value) => value === null ? "-" : bytes(value),
          points: { show: false }, paths: uPlot.paths.stepped({ align: 1 }),
        })),
      ],
    };
  }

  draw(range, width) {
    if (!this.plot) return;
    const times = grid(range, width);
    const data = [times, ...this.lines.map(([, , , of]) => of(times))];
    this.plot.batch(() => {
      this.plot.setData(data, true);
      this.plot.setScale("x", { min: range.lo, max: range.hi });
    });
  }

  /** Put the cursor, and with it the legend's numbers, at a time. */
  point(time) {
    if (!this.plot) return;
    this.plot.setCursor({ left: this.plot.valToPos(time, "x"), top: 0 }, false);
  }
}

/** Some powers of two, or multiples of one, for an axis of bytes. */
function splitsOf(lo, hi, height) {
  const step = 2 ** Math.ceil(Math.log2(Math.max(1, hi - lo) * 30 / height));
  const found = [];
  for (let at = Math.ceil(lo / step) * step; at <= hi; at += step)
    found.push(at);
  return found;
}
