// A trace's blocks, and where an allocator put them.
//
// A placement is a rectangle: from its birth (the operation that gave the block
// its address and size) until its death (the free or realloc that ended it),
// over the bytes of its payload. Placements are numbered by their births, and
// are the same for every allocator of a trace; only offsets differ. Time counts
// operations: number op, from 0, fills [op, op + 1).

const STRIDE = 64; // placements that share an entry of `reach`
export const NOWHERE = -1;

export class Trace {
  /** operations: by kind, as page.py describes them. */
  constructor(about, columns, operations) {
    this.about = about;
    this.operations = operations;
    this.count = about.ops;
    this.kind = columns.kind;
    this.thread = columns.thread;
    this.size = columns.size;
    this.block = columns.block;
    this.lines = columns.line && {
      line: columns.line, ident: columns.ident,
      extra: columns.extra, each: columns.each,
    };
    this.birth = births(this);
    this.death = this.birth.map((birth, i) => birth + columns.life[i]);
    this.began = inverse(this.birth, this.count);
    this.ended = inverse(this.death, this.count);
    this.reach = reach(this.death);
    this.hits = new Int32Array(this.birth.length);
    [this.payload, this.live] = sums(this);
  }

  /** The first placement whose birth is at or after a time. */
  first(time) {
    let low = 0, high = this.birth.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.birth[middle] < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Placements that live some time in [from, to): how many, in `hits`. */
  during(from, to) {
    const { hits, death, reach: far } = this;
    const begin = this.first(from), end = this.first(to);
    let count = 0;
    for (let group = 0; group * STRIDE < begin; group++) {
      if (far[group] <= from) continue;
      const last = Math.min(begin, (group + 1) * STRIDE);
      for (let i = group * STRIDE; i < last; i++)
        if (death[i] > from) hits[count++] = i;
    }
    for (let i = begin; i < end; i++) hits[count++] = i;
    return count;
  }

  /** The placement that a realloc's placement follows, or -1. */
  before(placement) {
    return this.ended[this.birth[placement]];
  }

  /** The placement that an operation is about: begun, or else ended; or -1. */
  subjectOf(op) {
    const began = this.began[op];
    return began >= 0 ? began : this.ended[op];
  }

  /** Operation number op as the trace's file has it. */
  text(op) {
    const { letter, words } = this.operations[this.kind[op]];
    const parts = [letter, ...words.map((word) => this.value(op, word, words))];
    if (this.thread) parts.push(this.thread[op]);
    return parts.filter((part) => part !== null).join(" ");
  }

  /** What stands for a word of op_table.py in the text of an operation; null
   * for a count or an alignment where the file has no lines. */
  value(op, word, words) {
    if (word === "ID") return this.idOf(this.subjectOf(op));
    if (word === "COUNT" || word === "ALIGN")
      return this.lines ? this.lines.extra[op] : null;
    if (word !== "SIZE") return word;
    return this.lines && words.includes("COUNT") ? this.lines.each[op] :
      this.size[this.began[op]];
  }

  /** A block's id in the file; its number where the file has no lines. */
  idOf(placement) {
    const block = this.block[placement];
    return this.lines ? this.lines.ident[block] : block;
  }
}

/** The operation that gave each placement its address and size. */
function births({ kind, size, operations }) {
  const found = new Uint32Array(size.length);
  let at = 0;
  for (let op = 0; op < kind.length; op++)
    if (operations[kind[op]].places) found[at++] = op;
  return found;
}

/** By operation: the index whose number it is; -1 where there is none. */
function inverse(numbers, count) {
  const found = new Int32Array(count).fill(-1);
  for (let i = 0; i < numbers.length; i++)
    if (numbers[i] < count) found[numbers[i]] = i;
  return found;
}

/** The latest death among each STRIDE placements. */
function reach(death) {
  const far = new Uint32Array(Math.ceil(death.length / STRIDE));
  for (let i = 0; i < death.length; i++) {
    const group = Math.floor(i / STRIDE);
    if (death[i] > far[group]) far[group] = death[i];
  }
  return far;
}

/** Bytes of payload and blocks that are live after each operation. */
function sums({ count, began, ended, size }) {
  const payload = new Float64Array(count), live = new Int32Array(count);
  let bytes = 0, blocks = 0;
  for (let op = 0; op < count; op++) {
    if (ended[op] >= 0) { bytes -= size[ended[op]]; blocks--; }
    if (began[op] >= 0) { bytes += size[began[op]]; blocks++; }
    payload[op] = bytes;
    live[op] = blocks;
  }
  return [payload, live];
}

/** Where one allocator put the placements of a trace: an offset for each. */
export class HeapLayout {
  constructor(trace, about, columns) {
    const column = (name) => columns[`${about.name}/${name}`];
    this.trace = trace;
    this.name = about.name;
    this.series = about.series;
    this.about = about;
    this.done = about.done;
    this.offset = Float64Array.from(column("offset"), (stored) => stored - 1);
    this.nowhere = this.offset.filter((offset) => offset < 0).length;
    this.segments = starts(about.segments);
    this.span = this.segments.reduce((sum, s) => sum + s.length, 0);
    this.changed = column("changed");
    this.heap = column("heap");
    this.mapped = column("mapped");
    this.moments = column("moment");
    this.holes = about.holes && {
      free: column("free_bytes"), largest: column("largest_free"),
    };
  }

  address(offset) {
    const { segments } = this;
    let at = segments.length - 1;
    while (at > 0 && segments[at].start > offset) at--;
    return at < 0 ? 0 : segments[at].base + offset - segments[at].start;
  }

  offsetOf(address) {
    for (const { base, length, start } of this.segments)
      if (address >= base && address <= base + length)
        return address - base + start;
    return NOWHERE;
  }

  /** The operation that ends the placement, or where this replay ended. */
  until(placement) {
    return Math.min(this.trace.death[placement], this.done);
  }

  has(placement) {
    return placement >= 0 && this.offset[placement] >= 0 &&
      this.trace.birth[placement] < this.done;
  }

  /** Trace.during, for the operations that this allocator carried out. */
  during({ t0, t1 }) {
    return t0 >= this.done ? 0 : this.trace.during(t0, Math.min(t1, this.done));
  }

  /** The placement that covers most of a window of time and offset, or -1. */
  hit({ t0, t1, a0, a1 }) {
    const { trace, offset } = this;
    const count = this.during({ t0, t1 });
    let best = -1, most = 0;
    for (let at = 0; at < count; at++) {
      const i = trace.hits[at], low = offset[i];
      const high = low + Math.max(1, trace.size[i]);
      if (low < 0 || low >= a1 || high <= a0) continue;
      const shared = (Math.min(high, a1) - Math.max(low, a0)) *
        (Math.min(this.until(i), t1) - Math.max(trace.birth[i], t0));
      if (shared > most) { most = shared; best = i; }
    }
    return best;
  }
}

function starts(segments) {
  let start = 0;
  return segments.map(([base, length]) => {
    const segment = { base, length, start };
    start += length;
    return segment;
  });
}

/** The last index whose number is at most `time`; -1 where none is. */
export function lastUntil(numbers, time) {
  let low = 0, high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
