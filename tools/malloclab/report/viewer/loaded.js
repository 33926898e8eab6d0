// A trace of the report, read: its blocks, and what is computed of them when it
// is asked for first.

import { columns, inflate } from "report/codec";
import { usedClasses, values } from "report/colours";
import { SERIES } from "report/dom";
import { Places, Trace } from "report/heap";
import { rooms } from "report/rooms";

/** Of what the report says of the trace, and the element with its columns. */
export async function load(entry, element) {
  const bytes = await inflate(element.textContent.trim());
  return new Loaded(entry, columns(bytes, entry.columns));
}

class Loaded {
  constructor(entry, found) {
    this.entry = entry;
    this.trace = new Trace(entry, found);
    this.places = entry.panels.map((one, series) =>
      new Places(this.trace, { ...one, series: series % SERIES }, found));
    this.rooms = new Map();
    this.values = new Map();
    this.classes = new Map();
  }

  /** By placement, what its colour is in a mode. */
  valuesOf(mode, places) {
    return once(this.values, `${mode}/${places.name}`, () =>
      values(mode, places, this.roomsIf(mode, places), this.classesOf(mode)));
  }

  /** The classes that the trace has, whoever serves it. */
  classesOf(mode) {
    return once(this.classes, mode, () =>
      usedClasses(mode, this.places.map((places) =>
        ({ places, rooms: this.roomsIf(mode, places) }))));
  }

  roomsIf(mode, places) {
    return mode === "waste" ? this.roomsOf(places) : null;
  }

  roomsOf(places) {
    return once(this.rooms, places.name, () => rooms(places));
  }
}

function once(known, key, compute) {
  if (!known.has(key)) known.set(key, compute());
  return known.get(key);
}
