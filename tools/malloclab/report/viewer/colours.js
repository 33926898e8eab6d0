// What a block's colour means: a class from 0 on, and its share of the scale.

import { count } from "report/words";

// Viridis, from dark to light: read alike by all eyes, and in gray.
const ANCHORS = [
  [68, 1, 84], [72, 40, 120], [62, 74, 137], [49, 104, 142], [38, 130, 142],
  [31, 158, 137], [53, 183, 121], [110, 206, 88], [181, 222, 43],
  [253, 231, 37],
];
const LIGHT = [0, 0.86], DARK = [0.12, 1]; // parts that stand out there

/** 256 colours as the pixels of an ImageData have them, without alpha. */
export function palette(dark) {
  const [begin, end] = dark ? DARK : LIGHT;
  return Uint32Array.from({ length: 256 }, (_, at) => {
    const [r, g, b] = mix(begin + (end - begin) * at / 255);
    return b << 16 | g << 8 | r;
  });
}

function mix(share) {
  const at = share * (ANCHORS.length - 1);
  const low = Math.min(Math.floor(at), ANCHORS.length - 2);
  return ANCHORS[low].map((c, k) =>
    Math.round(c + (ANCHORS[low + 1][k] - c) * (at - low)));
}

export function css(pixel) {
  return `rgb(${pixel & 255} ${pixel >> 8 & 255} ${pixel >> 16 & 255})`;
}

const powers = (from, to) =>
  Array.from({ length: to - from + 1 }, (_, at) => 2 ** (from + at));
const SIZES = powers(4, 20), AGES = 8;
const SHARES = [0, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2];

/** The class of a number: how many of the ascending bounds lie below it. */
export function classOf(number, bounds) {
  let at = 0;
  while (at < bounds.length && number > bounds[at]) at++;
  return at;
}

/** Ascending bounds that part the ages at which blocks of the trace end into
 * classes of about as many blocks each; the last is the greatest age. */
export function ageBounds(trace) {
  if (trace.ageBounds) return trace.ageBounds;
  const ages = [...trace.death.keys()].filter((i) =>
    trace.death[i] < trace.count).map((i) => trace.death[i] - trace.birth[i]);
  const sorted = Float64Array.from(ages).sort();
  const bounds = Array.from({ length: AGES }, (_, at) =>
    sorted[Math.ceil((at + 1) * sorted.length / AGES) - 1]);
  return trace.ageBounds = sorted.length ? [...new Set(bounds)] : [];
}

const bytes = (n) => n < 1024 ? `${n}` : n < 1 << 20 ? `${n >> 10}K` :
  `${n >> 20}M`;
const percent = (share) => `${Math.round(share * 1000) / 10}%`;

function scale(bounds, name, last) {
  return [...bounds.map((bound) => `≤ ${name(bound)}`), last];
}

/**
 * By name: what it is called, its classes, and the class of every placement.
 * The mode waste alone needs `slack`, which takes long to compute.
 */
export const MODES = {
  size: {
    label: "size", title: "bytes of payload",
    classes: () => scale(SIZES, bytes, `> ${bytes(SIZES.at(-1))}`),
    of: ({ trace }) => (i) => classOf(trace.size[i], SIZES),
  },
  life: {
    label: "age at its end", title: "operations from birth to death; the " +
      "classes have about as many blocks each",
    classes: (trace) => scale(ageBounds(trace), count, "never freed"),
    of: ({ trace }) => {
      const bounds = ageBounds(trace);
      return (i) => trace.death[i] >= trace.count ? bounds.length :
        classOf(trace.death[i] - trace.birth[i], bounds);
    },
  },
  born: {
    label: "birth", title: "when it was allocated: from old to new",
    classes: () =>
      ["first eighth", "2nd", "3rd", "4th", "5th", "6th", "7th", "last"],
    of: ({ trace }) => (i) => Math.floor(trace.birth[i] * 8 / trace.count),
  },
  waste: {
    label: "slack",
    title: "least bytes up to the next block, as a share of block and slack: " +
      "headers, padding, or a hole that was never filled",
    classes: () => scale(SHARES, percent, `> ${percent(SHARES.at(-1))}`),
    of: ({ trace, slack }) => (i) => slack[i] === Infinity ? 0 :
      classOf(slack[i] / Math.max(1, slack[i] + trace.size[i]), SHARES),
  },
};

/**
 * By placement: its class, as a share of 255. The scale is spread over the
 * classes that occur in the trace's panels: `used`, in ascending order.
 */
export function values(mode, layout, slack, used) {
  const classOfOne = MODES[mode].of({ trace: layout.trace, slack });
  const share = [];
  used.forEach((one, at) => { share[one] = shareOf(at, used.length); });
  return Uint8Array.from(layout.offset, (_, i) => share[classOfOne(i)]);
}

export const shareOf = (at, count) =>
  count < 2 ? 128 : Math.floor(at * 255 / (count - 1));

/** The classes that occur among some panels, ascending. */
export function usedClasses(mode, panels) {
  const seen = new Set();
  for (const { layout, slack } of panels) {
    const classOfOne = MODES[mode].of({ trace: layout.trace, slack });
    for (let i = 0; i < layout.offset.length; i++) seen.add(classOfOne(i));
  }
  return [...seen].sort((a, b) => a - b);
}
