// Ranges of a line: [lo, hi), moved and zoomed within limits.

/** Keep the range's length if the limits allow, and move it between them. */
export function clamp({ lo, hi }, limits) {
  const length = Math.min(hi - lo, limits.hi - limits.lo);
  const begin = Math.min(Math.max(lo, limits.lo), limits.hi - length);
  return { lo: begin, hi: begin + length };
}

/** Make it factor times as long; what is at `at` stays where it is. */
export function zoom({ lo, hi }, at, factor, limits, shortest) {
  const length = Math.max((hi - lo) * factor, shortest);
  const share = (at - lo) / (hi - lo);
  const begin = at - share * length;
  return clamp({ lo: begin, hi: begin + length }, limits);
}

export function pan({ lo, hi }, distance, limits) {
  return clamp({ lo: lo + distance, hi: hi + distance }, limits);
}

/** Move the range by the least that shows the point and a margin around it. */
export function reveal(range, at, limits) {
  const length = range.hi - range.lo, margin = length / 8;
  if (at < range.lo + margin && range.lo > limits.lo)
    return clamp({ lo: at - margin, hi: at - margin + length }, limits);
  if (at > range.hi - margin && range.hi < limits.hi)
    return clamp({ lo: at + margin - length, hi: at + margin }, limits);
  return range;
}

/** Round numbers in the range, at most `most` of them, in steps of base. */
export function ticks({ lo, hi }, most, steps) {
  const least = (hi - lo) / most;
  const step = steps(least);
  const found = [];
  for (let at = Math.ceil(lo / step) * step; at < hi; at += step)
    found.push(at);
  return found;
}

/** The least power of two that is not below. */
export const powerOfTwo = (least) =>
  Math.max(1, 2 ** Math.ceil(Math.log2(least)));
