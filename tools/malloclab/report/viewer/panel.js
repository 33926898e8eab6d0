// A panel: the heap of one allocator, on two canvases. `base` has the heap's
// extent and the raster; `over`, in device pixels, has axes, breaks, cursor and
// outlines.

import { count, hex } from "report/words";
import { make } from "report/dom";
import { lastUntil } from "report/heap";
import { Raster } from "report/raster";
import { powerOfTwo, ticks } from "report/range";

export const GUTTER = 108, MARGIN = 14; // pixels left and right of the raster

export class Panel {
  constructor(at) {
    this.at = at;
    this.select = make("select",
                       { "aria-label": `allocator of panel ${at + 1}` });
    this.note = make("span", { className: "note" });
    this.base = make("canvas", { className: "base" });
    this.over = make("canvas", {
      className: "over", tabIndex: 0, role: "img",
    });
    this.box = make("div", { className: "heap" }, this.base, this.over);
    this.root = make("section", { className: "panel" },
      make("header", {}, this.swatch = make("i"),
        this.select, this.note), this.box);
  }

  /** Fit the canvases to the box; true where they had to change. */
  resize() {
    const width = Math.max(50, this.box.clientWidth - GUTTER - MARGIN);
    const height = Math.max(50, this.box.clientHeight);
    const dots = globalThis.devicePixelRatio || 1;
    if (this.raster?.width === width && this.raster.height === height &&
        this.dots === dots) return false;
    this.dots = dots;
    this.raster = new Raster(width, height);
    Object.assign(this.base, { width, height });
    this.over.width = Math.round(this.box.clientWidth * dots);
    this.over.height = Math.round(height * dots);
    return true;
  }

  get width() { return this.raster.width; }
  get height() { return this.raster.height; }

  /** Show this in the window from now on: {layout, values, colours}. */
  setView(subject, window) {
    this.subject = subject;
    this.window = window;
  }

  /** Draw the base: with a new raster if `anew`, else with the last one. */
  drawBase(theme, anew) {
    const context = this.base.getContext("2d");
    if (anew) this.raster.draw(this.subject, this.window);
    context.fillStyle = theme.ground;
    context.fillRect(0, 0, this.width, this.height);
    this.drawGround(context, theme);
    if (!this.raster.shows(this.subject)) return;
    const from = this.raster.window;
    context.imageSmoothingEnabled = false;
    context.drawImage(this.raster.canvas, this.x(from.t0), this.y(from.a1),
      this.x(from.t1) - this.x(from.t0), this.y(from.a0) - this.y(from.a1));
  }

  x(time) {
    const { t0, t1 } = this.window;
    return (time - t0) / (t1 - t0) * this.width;
  }

  y(offset) {
    const { a0, a1 } = this.window;
    return (a1 - offset) / (a1 - a0) * this.height;
  }

  time(x) {
    const { t0, t1 } = this.window;
    return t0 + x / this.width * (t1 - t0);
  }

  offset(y) {
    const { a0, a1 } = this.window;
    return a1 - y / this.height * (a1 - a0);
  }

  /** Fill the heap from its base to its break. */
  drawGround(context, theme) {
    const { layout } = this.subject;
    const base = layout.offsetOf(layout.about.heap_base);
    if (layout.about.heap_base < 0 || base < 0) return;
    context.fillStyle = theme.heap;
    const bottom = this.y(base), last = this.x(layout.done);
    let row = Math.max(0, lastUntil(layout.changed, this.window.t0));
    for (let x = 0; x < last && x < this.width && row < layout.heap.length;) {
      const height = layout.heap[row];
      while (layout.heap[row] === height) row++;
      const next = row < layout.heap.length ?
        Math.max(x, Math.round(this.x(layout.changed[row]))) : last;
      const top = Math.round(this.y(base + height));
      context.fillRect(x, top, Math.min(next, last) - x, bottom - top);
      x = next;
    }
  }

  /** marks: {at, hover, op, pin}: two times, and placements to outline. */
  drawOver(theme, marks) {
    const context = this.over.getContext("2d");
    context.setTransform(this.dots, 0, 0, this.dots, 0, 0);
    context.clearRect(0, 0, this.over.width, this.over.height);
    context.font = "11px system-ui, sans-serif";
    this.drawAddresses(context, theme);
    context.save();
    context.translate(GUTTER, 0);
    context.beginPath();
    context.rect(0, 0, this.width, this.height);
    context.clip();
    this.drawEnd(context, theme);
    this.drawBreaks(context, theme);
    this.drawTime(context, marks.at + 0.5, theme.mark, []);
    if (marks.hover !== null) this.drawHover(context, marks.hover, theme);
    this.outline(context, marks.op, theme.mark, 1.5);
    this.outline(context, marks.over, theme.ink, 1.5);
    this.outline(context, marks.pin, theme.pin, 2.5);
    context.restore();
  }

  drawAddresses(context, theme) {
    const { layout } = this.subject, { a0, a1 } = this.window;
    context.fillStyle = theme.soft;
    context.textAlign = "right";
    context.textBaseline = "middle";
    const most = Math.max(2, Math.floor(this.height / 34));
    for (const at of ticks({ lo: a0, hi: a1 }, most, powerOfTwo)) {
      if (at > layout.span) break;
      const y = Math.min(Math.max(this.y(at), 7), this.height - 7);
      context.fillText(hex(layout.address(at)), GUTTER - 8, y);
      context.fillRect(GUTTER - 5, Math.round(this.y(at)), 4, 1);
    }
  }

  /** Mark where unused address space is left out. */
  drawBreaks(context, theme) {
    context.strokeStyle = theme.soft;
    context.fillStyle = theme.soft;
    context.textAlign = "left";
    context.setLineDash([7, 4]);
    for (const { start, base } of this.subject.layout.segments.slice(1)) {
      const y = Math.round(this.y(start)) + 0.5;
      if (y < 0 || y > this.height) continue;
      context.beginPath();
      context.moveTo(0, y);
      context.lineTo(this.width, y);
      context.stroke();
      context.fillText(`${hex(base)} and up`, 6, y < 16 ? y + 9 : y - 8);
    }
    context.setLineDash([]);
  }

  /** Shade the time after the allocator's last operation. */
  drawEnd(context, theme) {
    const { layout } = this.subject;
    if (layout.done >= this.subject.ops) return;
    const x = this.x(layout.done);
    context.fillStyle = theme.bad;
    context.globalAlpha = 0.18;
    context.fillRect(x, 0, this.width - x + 1, this.height);
    context.globalAlpha = 1;
    context.fillRect(x, 0, 1.5, this.height);
  }

  drawTime(context, time, colour, dashes) {
    const x = Math.round(this.x(time)) + 0.5;
    context.strokeStyle = colour;
    context.lineWidth = 1;
    context.setLineDash(dashes);
    context.beginPath();
    context.moveTo(x, 0);
    context.lineTo(x, this.height);
    context.stroke();
    context.setLineDash([]);
  }

  /** The time under the pointer; the first panel names its operation. */
  drawHover(context, time, theme) {
    this.drawTime(context, time, theme.soft, [3, 3]);
    if (this.at > 0) return;
    const text = count(Math.floor(time) + 1);
    const wide = context.measureText(text).width + 8;
    const left = Math.min(this.x(time) + 3, this.width - wide);
    context.fillStyle = theme.ground;
    context.fillRect(left, 2, wide, 15);
    context.fillStyle = theme.ink;
    context.textAlign = "left";
    context.fillText(text, left + 4, 10);
  }

  /** Around a placement, and a mark where it is too small to see. */
  outline(context, placement, colour, width) {
    const { layout } = this.subject;
    if (!layout.has(placement)) return;
    const low = layout.offset[placement];
    const x0 = this.x(layout.trace.birth[placement]);
    const x1 = this.x(layout.until(placement));
    const y1 = this.y(low), y0 = this.y(low + layout.trace.size[placement]);
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.strokeRect(x0 - 1, y0 - 1, Math.max(1, x1 - x0) + 2,
                       Math.max(1, y1 - y0) + 2);
  }

  describe(summary, good) {
    this.note.textContent = summary;
    this.root.classList.toggle("bad", !good);
    this.over.setAttribute("aria-label", `heap of ${this.layout.name}, time ` +
      `to the right, addresses upwards: ${summary}`);
  }
}
