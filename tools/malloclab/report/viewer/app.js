// The heap viewer: its state, and the drawing of it.
//
// Every change ends in `invalidate`, which asks the browser for one frame. A
// frame draws panel after panel until its budget is used; panels that are left
// show their last picture, moved and stretched, until a frame has time.

import { OK } from "report/words";
import { load } from "report/loaded";
import { MODES, css, palette, shareOf } from "report/colours";
import { Panel, GUTTER } from "report/panel";
import { Curves, holeLines, memoryLines } from "report/curves";
import { fillSelect, find, make, theme, wear } from "report/dom";
import { clamp, pan, reveal, zoom } from "report/range";
import { format, parse } from "report/state";
import { gestures } from "report/gestures";
import * as about from "report/about";

const FRAME_BUDGET = 14; // milliseconds of a frame for rasters
const ZOOM_PAUSE = 120; // milliseconds from a zoom to a slow raster
const SHORTEST = 4, SMALLEST = 64; // operations and bytes that fill a picture
const PANELS = 4; // three allocators and the packing, as command.py names them
const NONE = "-";

export class App {
  constructor(report) {
    this.report = report;
    this.known = new Map();
    this.panels = [];
    this.colour = "size";
    this.chosenTheme = "";
    this.linked = true;
    this.hover = null;
    this.over = -1;
    this.pinned = null;
    this.drawn = 0;
    this.zoomed = -Infinity;
    this.slots = Array.from({ length: PANELS }, (_, at) => this.slot(at));
    this.memory = new Curves(find("memory"), 150);
    this.holes = new Curves(find("holes"), 120);
    this.retheme();
  }

  // ---- Traces and panels. ----

  slot(at) {
    const panel = new Panel(at);
    panel.select.addEventListener("change", () => { this.choose(); });
    find("panels").append(panel.root);
    this.listen(panel.over, GUTTER, panel);
    return panel;
  }

  /** Handle pointers on a panel, or on a curve, where panel is null. */
  listen(element, left, panel) {
    const at = () => panel ? Math.max(0, this.panels.indexOf(panel)) : 0;
    gestures(element, left, {
      zoom: (x, y, factor, shifted) =>
        this.zoomAt(at(), x, y, factor, shifted && panel !== null),
      pan: (dx, dy) => this.panPixels(at(), dx, panel ? dy : 0),
      hover: (x, y) => this.pointAt(panel, x, y),
      leave: () => this.pointAt(null, null, null),
      click: (x, y) => this.click(panel, x, y),
    });
  }

  get trace() { return this.loaded?.trace; }
  get entry() { return this.loaded.entry; }
  get layouts() { return this.loaded.layouts; }

  async open(name) {
    const at = this.report.traces.findIndex((trace) => trace.name === name);
    if (at < 0) return;
    if (!this.known.has(at))
      this.known.set(at, load(this.report.traces[at], find(`data-${at}`),
                              this.report.operations));
    this.opening = at;
    const known = await this.known.get(at);
    if (this.opening !== at || this.loaded === known) return;
    this.loaded = known;
    this.pinned = null;
    this.over = -1;
    this.hover = null;
    this.at = this.peak();
    this.arrange(this.wanted ?? this.report.panels);
  }

  /** Show these allocators, as far as the trace has them. */
  arrange(names) {
    this.wanted = names;
    const known = names.map((name) =>
      this.layouts.find((layout) => layout.name === name)).filter(Boolean);
    const shown = (known.length ? known : this.layouts).slice(0, PANELS);
    const options = this.layouts.map(({ name }) => [name, name]);
    this.slots.forEach((slot, at) => {
      const layout = shown[at];
      slot.root.classList.toggle("empty", !layout);
      fillSelect(slot.select, [...at ? [[NONE, "no panel"]] : [], ...options],
                 layout?.name ?? NONE);
      slot.swatch.className = `swatch series${layout?.series}`;
      slot.layout = layout;
    });
    this.panels = this.slots.filter((slot) => slot.layout);
    for (const panel of this.panels) panel.resize();
    this.lines();
    this.showAll();
    this.recolour();
    this.updateStatus();
  }

  /** Show the allocators that the panels' own menus name. */
  choose() {
    const { time, ranges, linked } = this;
    this.arrange(this.slots.map((slot) => slot.select.value)
      .filter((name) => name !== NONE));
    this.time = time;
    if (linked || ranges.length === this.panels.length)
      this.setRanges(ranges.slice(0, this.panels.length));
    this.invalidate();
  }

  /** "light", "dark", or as the system is. */
  setTheme(name) {
    this.chosenTheme = ["light", "dark"].includes(name) ? name : "";
    this.retheme();
  }

  retheme() {
    wear(this.chosenTheme);
    find("theme").value = this.chosenTheme;
    this.theme = theme();
    this.palette = palette(this.theme.dark);
    if (!this.trace) return;
    this.recolour();
    this.lines();
  }

  resize() {
    const changed = this.panels.map((panel) => panel.resize());
    if (!changed.includes(true)) return;
    this.lines();
    this.invalidate();
  }

  lines() {
    const shown = this.panels.map(({ layout }) => layout);
    this.memory.build(memoryLines(this.trace, shown), this.theme,
                      "payload and footprint");
    this.holes.build(holeLines(shown), this.theme,
                     "free bytes and the largest hole");
    for (const { plot } of [this.memory, this.holes])
      if (plot) this.listen(plot.over, 0, null);
    this.curvesOf = null;
  }

  // ---- Colour. ----

  recolour() {
    for (const panel of this.panels)
      panel.values = this.loaded.valuesOf(this.colour, panel.layout);
    this.legend();
    this.invalidate();
  }

  legend() {
    const { title } = MODES[this.colour];
    const classes = MODES[this.colour].classes(this.trace);
    const used = this.loaded.classesOf(this.colour);
    find("colour").value = this.colour;
    find("legend").replaceChildren(...used.map((one, at) => {
      const swatch = make("i", { className: "key" });
      swatch.style.background = css(this.palette[shareOf(at, used.length)]);
      return make("span", { title }, swatch, classes[one]);
    }));
  }

  setColour(mode) {
    if (!(mode in MODES)) return;
    this.colour = mode;
    this.recolour();
  }

  nextColour() {
    const names = Object.keys(MODES);
    this.setColour(names[(names.indexOf(this.colour) + 1) % names.length]);
  }

  // ---- Time and addresses. ----

  get whole() { return { lo: 0, hi: Math.max(SHORTEST, this.trace.count) }; }

  /** Ranges begin where addresses do, and may show as much as the largest. */
  limits(at) {
    const spans = (this.linked ? this.panels : [this.panels[at]])
      .map(({ layout }) => layout.span);
    return { lo: 0, hi: Math.max(SMALLEST, ...spans) };
  }

  setTime(range) {
    this.time = clamp(range, this.whole);
    this.invalidate();
  }

  setRange(at, change) {
    this.ranges = this.ranges.map((range, other) =>
      this.linked || other === at ? change(range, this.limits(other)) : range);
    this.invalidate();
  }

  setRanges(ranges) {
    this.ranges = this.panels.map((_, at) =>
      clamp(ranges[this.linked ? 0 : at] ?? ranges[0], this.limits(at)));
  }

  showAll() {
    this.time = this.whole;
    this.ranges = this.panels.map((_, at) => this.limits(at));
    this.invalidate();
  }

  zoomAt(at, x, y, factor, addresses) {
    const panel = this.panels[at];
    this.zoomed = performance.now();
    if (addresses) {
      const where = panel.offset(y);
      this.setRange(at, (range, limits) =>
        zoom(range, where, factor, limits, SMALLEST));
    } else {
      this.time = zoom(this.time, panel.time(x), factor, this.whole, SHORTEST);
      this.invalidate();
    }
  }

  /** As if the picture was dragged by so many pixels. */
  panPixels(at, dx, dy) {
    const { width, height } = this.panels[at];
    const { lo, hi } = this.time;
    this.time = pan(this.time, -dx * (hi - lo) / width, this.whole);
    if (dy) this.setRange(at, (range, limits) =>
      pan(range, dy * (range.hi - range.lo) / height, limits));
    this.invalidate();
  }

  panBy(times, addresses) {
    const { width, height } = this.panels[0];
    this.panPixels(0, -Math.round(times * width),
                   Math.round(addresses * height));
  }

  zoomTime(factor) {
    const { lo, hi } = this.time;
    const at = this.at >= lo && this.at < hi ? this.at + 0.5 : (lo + hi) / 2;
    this.time = zoom(this.time, at, factor, this.whole, SHORTEST);
    this.zoomed = performance.now();
    this.invalidate();
  }

  zoomAddresses(factor) {
    const layout = this.panels[0].layout, { lo, hi } = this.ranges[0];
    const pin = this.pinned !== null && layout.has(this.pinned) ?
      layout.offset[this.pinned] : (lo + hi) / 2;
    const around = pin >= lo && pin < hi ? pin : (lo + hi) / 2;
    this.setRange(0, (range, limits) =>
      zoom(range, around, factor, limits, SMALLEST));
  }

  link() {
    this.linked = !this.linked;
    this.setRanges(this.linked ? [this.ranges[0]] : this.ranges);
    this.updateStatus();
    this.invalidate();
  }

  /** The pinned block in the middle of every panel, parted for that. */
  showPinned() {
    if (this.pinned === null) return;
    const { birth, death, size } = this.trace, i = this.pinned;
    const high = Math.max(16 * size[i], 1024);
    this.linked = false;
    this.ranges = this.panels.map(({ layout }, at) => {
      if (!layout.has(i)) return this.ranges[at];
      const middle = layout.offset[i] + size[i] / 2;
      return clamp({ lo: middle - high / 2, hi: middle + high / 2 },
                   this.limits(at));
    });
    const margin = Math.max(SHORTEST, death[i] - birth[i]) / 4;
    this.setTime({ lo: birth[i] - margin, hi: death[i] + margin });
    this.updateStatus();
  }

  // ---- The current operation, and the pinned block. ----

  peak() {
    const { payload } = this.trace;
    let best = 0;
    for (let op = 1; op < payload.length; op++)
      if (payload[op] > payload[best]) best = op;
    return best;
  }

  gotoPeak() { this.goto(this.peak()); }

  goto(op) {
    this.at = Math.min(Math.max(0, op), this.trace.count - 1);
    this.time = reveal(this.time, this.at + 0.5, this.whole);
    this.updateStatus();
    this.invalidate();
  }

  step(by) { this.goto(this.at + by); }

  stepPinned() {
    if (this.pinned === null) return;
    const death = this.trace.death[this.pinned];
    if (death >= this.trace.count) return;
    const next = this.trace.began[death];
    this.goto(death);
    if (next >= 0) this.pin(next);
  }

  play() {
    clearInterval(this.playing);
    this.playing = this.playing ? null : setInterval(() => {
      if (this.at >= this.trace.count - 1) return this.play();
      this.step(Math.max(1, Math.round((this.time.hi - this.time.lo) / 600)));
    }, 40);
    find("play").textContent = this.playing ? "stop" : "play";
  }

  pin(placement) {
    this.pinned = placement;
    this.updateStatus();
    this.invalidate();
  }

  pointAt(panel, x, y) {
    this.hover = x === null ? null : this.panels[0].time(x);
    this.over = panel && y !== null ? this.blockAt(panel, x, y) : -1;
    this.showTip(panel, x, y);
    this.invalidate();
  }

  /** The placement that covers most of a pixel, or lies next to it. */
  blockAt(panel, x, y) {
    for (const around of [0.5, 2]) {
      const found = panel.layout.hit({
        t0: panel.time(x - around), t1: panel.time(x + around),
        a0: panel.offset(y + around), a1: panel.offset(y - around),
      });
      if (found >= 0) return found;
    }
    return -1;
  }

  click(panel, x, y) {
    const found = panel ? this.blockAt(panel, x, y) : -1;
    if (panel) this.pinned = found >= 0 ? found : null;
    this.goto(Math.floor(this.panels[0].time(x)));
  }

  // ---- Words. ----

  /** The block under the pointer, beside it. */
  showTip(panel, x, y) {
    const box = find("tip");
    box.hidden = this.over < 0;
    if (this.over < 0) return;
    box.replaceChildren(about.list(about.block(
      this.trace, this.over, this.panels.map(({ layout }) => layout),
      (layout) => this.loaded.slacks.get(layout.name))));
    const rectangle = panel.over.getBoundingClientRect();
    const left = Math.min(rectangle.left + GUTTER + x + 18,
                          innerWidth - box.offsetWidth - 12);
    const top = rectangle.top + y + 18;
    box.style.left = `${left}px`;
    box.style.top = `${top + box.offsetHeight > innerHeight ?
      rectangle.top + y - box.offsetHeight - 12 : top}px`;
  }

  updateStatus() {
    const { trace, at } = this;
    const shown = this.panels.map(({ layout }) => layout);
    const touched = trace.subjectOf(at);
    find("step").textContent = about.operation(trace, at);
    find("state").textContent = about.state(trace, at);
    find("where").textContent = touched < 0 ? "" :
      about.locations(shown, touched)
        .map(([name, text]) => `${name} ${text}`).join("; ");
    find("goto").value = at + 1;
    find("trace").value = this.entry.name;
    find("linked").checked = this.linked;
    find("pinned").replaceChildren(...this.pinned === null ? [] : [
      about.list(about.block(trace, this.pinned, shown,
                             (layout) => this.loaded.slackOf(layout)))]);
    for (const panel of this.panels) this.summarize(panel);
  }

  summarize(panel) {
    const { name, about: { result: earlier } } = panel.layout;
    const result = earlier ??
      this.entry.results.find((one) => one.allocator === name);
    panel.describe(about.panel(panel.layout, result, this.entry.results[0]),
                   (result?.verdict ?? OK) === OK);
  }

  /** A sentence at the bottom of the window, until the next key or click. */
  say(text) { find("said").textContent = text; }

  toggleHelp() {
    const help = find("help");
    if (help.open) help.close();
    else help.showModal();
  }

  // ---- Drawing. ----

  invalidate() {
    if (this.asked || !this.trace) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      this.draw();
    });
  }

  /** When nothing is left to draw. */
  async settled() {
    while (this.asked || this.waiting)
      await new Promise((done) => { setTimeout(done, 0); });
  }

  draw() {
    const begin = performance.now();
    this.panels.forEach((panel, at) => panel.setView({
      layout: panel.layout, values: panel.values, colours: this.palette,
      ops: this.trace.count,
    }, this.window(at)));
    this.drawPanels(begin);
    this.drawCurves(performance.now() - begin);
    this.saveFragment();
    this.drawn = performance.now() - begin;
  }

  window(at) {
    const { lo, hi } = this.ranges[at];
    return { t0: this.time.lo, t1: this.time.hi, a0: lo, a1: hi };
  }

  /** Draw panels until the budget is spent; the longest wait comes first. */
  drawPanels(begin) {
    const order = [...this.panels].sort((a, b) =>
      (b.late ?? 0) - (a.late ?? 0));
    const marks = { at: this.at, hover: this.hover, over: this.over,
      op: this.trace.subjectOf(this.at), pin: this.pinned ?? -1 };
    let left = 0;
    for (const panel of order) {
      const now = this.hasTime(panel, performance.now() - begin);
      panel.late = now ? 0 : (panel.late ?? 0) + 1;
      left += now ? 0 : 1;
      panel.drawBase(this.theme, now);
      panel.drawOver(this.theme, marks);
    }
    if (left) this.later();
  }

  /** Is there time in this frame for the panel's raster? */
  hasTime(panel, spent) {
    const { raster } = panel;
    if (!raster.shows(panel.subject)) return true;
    const cost = raster.costOf(panel.subject, panel.window);
    if (cost === 0) return true;
    if (spent + cost <= FRAME_BUDGET) return true;
    return spent < 2 && performance.now() - this.zoomed > ZOOM_PAUSE;
  }

  /** Another frame for what is left, once the zooming has calmed down. */
  later() {
    if (this.waiting) return;
    this.waiting = setTimeout(() => {
      this.waiting = null;
      this.invalidate();
    }, Math.max(0, this.zoomed + ZOOM_PAUSE - performance.now()));
  }

  /** The curves wait for one frame at most if the panels used up this one. */
  drawCurves(spent) {
    const { width } = this.panels[0], { lo, hi } = this.time;
    const key = `${lo} ${hi} ${width}`;
    this.curvesWait = key !== this.curvesOf && spent > FRAME_BUDGET &&
      !this.curvesWait;
    if (this.curvesWait) return this.invalidate();
    for (const curves of [this.memory, this.holes]) {
      if (key !== this.curvesOf) curves.draw(this.time, width);
      curves.point(this.hover ?? this.at + 0.5);
    }
    this.curvesOf = key;
  }

  // ---- The fragment. ----

  get fragment() {
    return format({
      trace: this.entry.name, panels: this.panels.map(({ layout }) =>
        layout.name), time: this.time, ranges: this.ranges,
      linked: this.linked, at: this.at + 1, colour: this.colour,
      pin: this.pinned, theme: this.chosenTheme,
    });
  }

  /** Write the fragment into the address, 200 ms after the last change:
   * browsers limit how often a page may do so. */
  saveFragment() {
    clearTimeout(this.remembering);
    this.remembering = setTimeout(() => {
      history.replaceState(null, "", `#${this.fragment}`);
    }, 200);
  }

  /** What the fragment leaves out gets its initial value. */
  async restore(fragment) {
    const wanted = parse(fragment), { traces, panels } = this.report;
    const known = traces.find(({ name }) => name === wanted.trace);
    await this.open((known ?? traces[0]).name);
    const { trace } = this;
    this.setTheme(wanted.theme);
    this.linked = wanted.linked ?? true;
    this.arrange(wanted.panels ?? panels);
    this.setColour(wanted.colour in MODES ? wanted.colour : "size");
    this.setTime(wanted.time ?? this.whole);
    if (wanted.ranges) this.setRanges(wanted.ranges);
    this.pinned = wanted.pin < trace.birth.length ? wanted.pin : null;
    this.at = wanted.at ? Math.min(wanted.at, trace.count) - 1 : this.peak();
    this.updateStatus();
  }
}
