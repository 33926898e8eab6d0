// The slack of a block: the least number of bytes, over the block's life, from
// the end of its payload to the next block above. It holds the allocator's
// headers and padding, and a hole that lay behind the block all its life.

const BITS = 32;

/** A set of numbers below a limit that finds neighbours in a few steps. */
export class Neighbours {
  constructor(limit) {
    this.levels = [];
    do {
      limit = Math.max(1, Math.ceil(limit / BITS));
      this.levels.push(new Uint32Array(limit));
    } while (limit > 1);
  }

  add(number) {
    for (const level of this.levels) {
      level[number >>> 5] |= 1 << (number & 31);
      number >>>= 5;
    }
  }

  remove(number) {
    for (const level of this.levels) {
      level[number >>> 5] &= ~(1 << (number & 31));
      if (level[number >>> 5]) return;
      number >>>= 5;
    }
  }

  /** The least member above a number, or -1. */
  above(number) {
    for (let depth = 0; depth < this.levels.length; depth++) {
      const bit = number & 31;
      const rest = bit === 31 ? 0 :
        this.levels[depth][number >>> 5] & (-2 << bit);
      if (rest) return this.descend(depth, number >>> 5, rest, lowest);
      number >>>= 5;
    }
    return -1;
  }

  /** The greatest member below a number, or -1. */
  below(number) {
    for (let depth = 0; depth < this.levels.length; depth++) {
      const rest = this.levels[depth][number >>> 5] &
        ((1 << (number & 31)) - 1);
      if (rest) return this.descend(depth, number >>> 5, rest, highest);
      number >>>= 5;
    }
    return -1;
  }

  descend(depth, word, bits, pick) {
    let number = word * BITS + pick(bits);
    while (depth-- > 0)
      number = number * BITS + pick(this.levels[depth][number]);
    return number;
  }
}

const lowest = (bits) => 31 - Math.clz32(bits & -bits);
const highest = (bits) => 31 - Math.clz32(bits);

/** Bytes by placement; Infinity if no block ever lay above it in its segment,
 * or if the allocator did not place it. */
export function slack(layout) {
  const { trace, offset } = layout;
  const rank = ranks(offset), ends = segmentEnds(layout);
  const found = new Float64Array(offset.length).fill(Infinity);
  const here = new Neighbours(offset.length);
  const owner = new Int32Array(offset.length);
  const limit = (low, high) => {
    const end = offset[low] + trace.size[low];
    if (offset[high] < ends(offset[low]))
      found[low] = Math.min(found[low], Math.max(0, offset[high] - end));
  };
  for (let op = 0; op < layout.done; op++) {
    const old = trace.ended[op], fresh = trace.began[op];
    if (old >= 0 && offset[old] >= 0) here.remove(rank[old]);
    if (fresh < 0 || offset[fresh] < 0) continue;
    const above = here.above(rank[fresh]), below = here.below(rank[fresh]);
    if (above >= 0) limit(fresh, owner[above]);
    if (below >= 0) limit(owner[below], fresh);
    here.add(rank[fresh]);
    owner[rank[fresh]] = fresh;
  }
  return found;
}

/** Each offset's number among the different ones, in ascending order. */
function ranks(offset) {
  const sorted = Float64Array.from(offset).sort();
  let kept = 0;
  for (let i = 0; i < sorted.length; i++)
    if (i === 0 || sorted[i] !== sorted[i - 1]) sorted[kept++] = sorted[i];
  return Int32Array.from(offset, (one) => search(sorted, kept, one));
}

function search(sorted, count, number) {
  let low = 0, high = count - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < number) low = middle + 1;
    else high = middle;
  }
  return low;
}

function segmentEnds({ segments }) {
  return (offset) => {
    for (const { start, length } of segments)
      if (offset < start + length) return start + length;
    return Infinity;
  };
}
