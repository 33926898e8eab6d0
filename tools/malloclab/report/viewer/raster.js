// The picture of a heap: time to the right, addresses upwards.
//
// Where few blocks are in view, each is drawn as a rectangle of whole pixels.
// Where many are, a pixel shows what share of its operations x bytes is payload
// (its alpha) and the mean class of that payload (its colour). A block's edges
// are noted as differences along its row, so that it costs the same however
// long it lives, and one sum over the row makes coverage of them. A picture
// that moved by whole pixels is shifted, and only what came into view is drawn.

export const LIMITS = { exact: 20000 };
const FAINT = 70; // the alpha of a pixel with next to nothing in it
const NOTHING = 1e-9; // what is left of sums that should be zero

const opsPerPixel = (window, width) => (window.t1 - window.t0) / width;
const bytesPerPixel = (window, height) => (window.a1 - window.a0) / height;

/**
 * Differences of coverage, and of coverage times value, of a window that is
 * width x height pixels: pairs, (width + 2) of them a row, the lowest first.
 */
export function cover(layout, values, window, width, height, sums) {
  const { trace, offset, done } = layout;
  const { birth, death, size, hits } = trace;
  const stride = 2 * (width + 2);
  const sx = 1 / opsPerPixel(window, width);
  const sy = 1 / bytesPerPixel(window, height);
  sums.fill(0, 0, stride * height);
  const count = layout.during(window);
  for (let at = 0; at < count; at++) {
    const i = hits[at], low = offset[i];
    if (low < 0 || low >= window.a1 || low + size[i] <= window.a0) continue;
    const y0 = Math.max(0, (low - window.a0) * sy);
    const y1 = Math.min(height, (low + size[i] - window.a0) * sy);
    const x0 = Math.max(0, (birth[i] - window.t0) * sx);
    const x1 = Math.min(width, (Math.min(death[i], done) - window.t0) * sx);
    const left = Math.floor(x0), right = Math.floor(x1);
    for (let y = Math.floor(y0); y < y1; y++) {
      const share = Math.min(y + 1, y1) - Math.max(y, y0);
      const row = y * stride, value = values[i];
      edge(sums, row + 2 * left, share, x0 - left, value);
      edge(sums, row + 2 * right, -share, x1 - right, value);
    }
  }
}

/** From here on coverage is more by share; `late` is the part of the pixel
 * that is before it. */
function edge(sums, at, share, late, value) {
  const now = share * (1 - late), next = share * late;
  sums[at] += now;
  sums[at + 1] += now * value;
  sums[at + 2] += next;
  sums[at + 3] += next * value;
}

/** Pixels of what cover() left, into a box of an image stride pixels wide. */
function shade(sums, width, height, colours, pixels, stride, left, top) {
  for (let y = 0; y < height; y++) {
    let share = 0, weighed = 0, at = 2 * (width + 2) * (height - 1 - y);
    let to = (top + y) * stride + left;
    for (let x = 0; x < width; x++, at += 2) {
      share += sums[at];
      weighed += sums[at + 1];
      pixels[to++] = share < NOTHING ? 0 :
        pixel(colours, weighed / share, share);
    }
  }
}

function pixel(colours, value, share) {
  const alpha = FAINT + (255 - FAINT) * Math.min(1, share);
  return alpha << 24 | colours[Math.min(255, Math.max(0, Math.round(value)))];
}

/** The placements in a window: how many, in `list`; -1 where they are more. */
export function inView(layout, window, list) {
  const { trace, offset } = layout;
  if (mustBeMore(layout, window, list.length)) return -1;
  const count = layout.during(window);
  let found = 0;
  for (let at = 0; at < count; at++) {
    const i = trace.hits[at], low = offset[i];
    if (low < 0 || low >= window.a1 ||
        low + Math.max(1, trace.size[i]) <= window.a0) continue;
    if (found === list.length) return -1;
    list[found++] = i;
  }
  return found;
}

/** Where all addresses are in view, births alone may tell so at once. */
function mustBeMore({ trace, span, done, nowhere }, { t0, t1, a0, a1 }, limit) {
  const born = trace.first(Math.min(t1, done)) - trace.first(t0);
  return a0 <= 0 && a1 >= span && born - nowhere > limit;
}

/** A placement's pixels, x from the left and y from the bottom: [from, to). */
export function box(layout, i, window, width, height) {
  const sx = opsPerPixel(window, width), sy = bytesPerPixel(window, height);
  const { trace } = layout, low = layout.offset[i];
  const x0 = Math.round((trace.birth[i] - window.t0) / sx);
  const x1 = Math.round((layout.until(i) - window.t0) / sx);
  const y0 = Math.round((low - window.a0) / sy);
  const y1 = Math.round((low + trace.size[i] - window.a0) / sy);
  return { x0, x1: Math.max(x0 + 1, x1), y0, y1: Math.max(y0 + 1, y1) };
}

export class Raster {
  constructor(width, height) {
    this.width = width;
    this.height = height;
    this.canvas = document.createElement("canvas");
    Object.assign(this.canvas, { width, height });
    this.context = this.canvas.getContext("2d");
    this.image = this.context.createImageData(width, height);
    this.pixels = new Uint32Array(this.image.data.buffer);
    this.sums = new Float64Array(2 * (width + 2) * height);
    this.list = new Int32Array(LIMITS.exact);
    this.window = null;
    this.cost = 0; // of the last whole drawing, in milliseconds
  }

  /** Whether the picture is of these, wherever it is looking at. */
  shows(subject) {
    return this.window !== null && this.layout === subject.layout &&
      this.values === subject.values && this.colours === subject.colours;
  }

  /** Draw subject {layout, values, colours} as it is in the window. */
  draw(subject, window) {
    const known = this.shows(subject);
    if (known && same(this.window, window)) return;
    Object.assign(this, subject);
    const list = this.list.subarray(0, LIMITS.exact);
    const count = inView(subject.layout, window, list);
    const shift = known && count < 0 && !this.exact && this.shiftTo(window);
    if (shift) this.scroll(shift.x, shift.y);
    else this.drawWhole(window, list, count);
    this.context.putImageData(this.image, 0, 0);
  }

  /** About how many milliseconds draw() will take. */
  costOf(subject, window) {
    if (!this.shows(subject)) return this.cost;
    if (same(this.window, window) || this.exact) return 0;
    const shift = this.shiftTo(window);
    if (!shift) return this.cost;
    return this.cost * Math.min(1, Math.abs(shift.x) / this.width +
      Math.abs(shift.y) / this.height);
  }

  drawWhole(window, list, count) {
    const begin = performance.now();
    this.window = window;
    this.exact = count >= 0;
    if (this.exact) this.drawBoxes(list.subarray(0, count));
    else this.drawPart(0, this.width, 0, this.height);
    this.cost = performance.now() - begin;
  }

  /** How many whole pixels from its window to another one, or null. */
  shiftTo(window) {
    const sx = opsPerPixel(this.window, this.width);
    const sy = bytesPerPixel(this.window, this.height);
    const longer = (window.t1 - window.t0) / (this.window.t1 - this.window.t0);
    const higher = (window.a1 - window.a0) / (this.window.a1 - this.window.a0);
    const x = (window.t0 - this.window.t0) / sx;
    const y = (window.a0 - this.window.a0) / sy;
    const exact = Math.abs(longer - 1) < 1e-9 && Math.abs(higher - 1) < 1e-9 &&
      Math.abs(x - Math.round(x)) < 0.01 && Math.abs(y - Math.round(y)) < 0.01;
    if (!exact || Math.abs(x) >= this.width || Math.abs(y) >= this.height)
      return null;
    return { x: Math.round(x), y: Math.round(y) };
  }

  scroll(x, y) {
    const { width, height, pixels } = this;
    this.window = moved(this.window, x * opsPerPixel(this.window, width),
                        y * bytesPerPixel(this.window, height));
    const by = x - y * width; // pixels that the new first one was on from it
    if (by > 0) pixels.copyWithin(0, by);
    else pixels.copyWithin(-by, 0, pixels.length + by);
    if (x > 0) this.drawPart(width - x, width, 0, height);
    if (x < 0) this.drawPart(0, -x, 0, height);
    if (y > 0) this.drawPart(0, width, height - y, height);
    if (y < 0) this.drawPart(0, width, 0, -y);
  }

  /** Coverage of some pixels, x from the left and y from the bottom. */
  drawPart(x0, x1, y0, y1) {
    const { width, height, window } = this;
    const sx = opsPerPixel(window, width), sy = bytesPerPixel(window, height);
    const part = {
      t0: window.t0 + x0 * sx, t1: window.t0 + x1 * sx,
      a0: window.a0 + y0 * sy, a1: window.a0 + y1 * sy,
    };
    cover(this.layout, this.values, part, x1 - x0, y1 - y0, this.sums);
    shade(this.sums, x1 - x0, y1 - y0, this.colours, this.pixels, width, x0,
          height - y1);
  }

  drawBoxes(list) {
    this.pixels.fill(0);
    for (const i of list) {
      const { x0, x1, y0, y1 } = box(this.layout, i, this.window, this.width,
                                     this.height);
      const colour = 255 << 24 | this.colours[this.values[i]];
      this.fill(x0, x1, y0, y1, colour);
      if (x1 - x0 > 3 && y1 - y0 > 3) this.frame(x0, x1, y0, y1, colour);
    }
  }

  /** A darker line along the left and the lower edge. */
  frame(x0, x1, y0, y1, colour) {
    const darker = 255 << 24 | (colour >> 1 & 0x7f7f7f);
    this.fill(x0, x0 + 1, y0, y1, darker);
    this.fill(x0, x1, y0, y0 + 1, darker);
  }

  fill(x0, x1, y0, y1, colour) {
    const { width, height, pixels } = this;
    const left = Math.max(0, x0), right = Math.min(width, x1);
    if (left >= right) return;
    for (let y = Math.max(0, y0); y < Math.min(height, y1); y++) {
      const row = (height - 1 - y) * width;
      pixels.fill(colour, row + left, row + right);
    }
  }
}

function same(a, b) {
  return a.t0 === b.t0 && a.t1 === b.t1 && a.a0 === b.a0 && a.a1 === b.a1;
}

function moved({ t0, t1, a0, a1 }, time, bytes) {
  return { t0: t0 + time, t1: t1 + time, a0: a0 + bytes, a1: a1 + bytes };
}
