// A trace of the report, unpacked: its blocks, and values computed from them on
// first use.

import { columns, inflate } from "report/codec";
import { usedClasses, values } from "report/colours";
import { SERIES } from "report/dom";
import { HeapLayout, Trace } from "report/heap";
import { slack } from "report/slack";

/** entry: the report's description of the trace; element: holds its columns. */
export async function load(entry, element, operations) {
  const bytes = await inflate(element.textContent.trim());
  return new Loaded(entry, columns(bytes, entry.columns), operations);
}

class Loaded {
  constructor(entry, found, operations) {
    this.entry = entry;
    this.trace = new Trace(entry, found, operations);
    this.layouts = entry.panels.map((one, series) =>
      new HeapLayout(this.trace, { ...one, series: series % SERIES }, found));
    this.slacks = new Map();
    this.values = new Map();
    this.classes = new Map();
  }

  /** By placement, what its colour is in a mode. */
  valuesOf(mode, layout) {
    return once(this.values, `${mode}/${layout.name}`, () =>
      values(mode, layout, this.slackIf(mode, layout), this.classesOf(mode)));
  }

  /** The classes that occur in the trace, on any of its allocators. */
  classesOf(mode) {
    return once(this.classes, mode, () =>
      usedClasses(mode, this.layouts.map((layout) =>
        ({ layout, slack: this.slackIf(mode, layout) }))));
  }

  slackIf(mode, layout) {
    return mode === "waste" ? this.slackOf(layout) : null;
  }

  slackOf(layout) {
    return once(this.slacks, layout.name, () => slack(layout));
  }
}

function once(known, key, compute) {
  if (!known.has(key)) known.set(key, compute());
  return known.get(key);
}
