// The state of the view, as text behind the # of the page's address.
//
//   #trace=x.rep&panels=mm,libc&t=0-10000&a=0-65536&at=17&pin=3&colour=size
//
// `a` has one range per panel, or one for all panels while they are linked.

const range = ({ lo, hi }) => `${round(lo)}-${round(hi)}`;
const round = (number) => Math.round(number * 1000) / 1000;

export function format(state) {
  const fields = [
    ["trace", state.trace], ["panels", state.panels.join(",")],
    ["t", range(state.time)],
    ["a", state.linked ? range(state.ranges[0]) :
      state.ranges.map(range).join(",")],
    ["at", state.at], ["pin", state.pin], ["colour", state.colour],
    ["theme", state.theme ?? ""],
  ];
  return fields.filter(([, value]) => value !== "" && value !== null)
    .map(([name, value]) => `${name}=${escape(value)}`).join("&");
}

/** Legible, and what has a meaning of its own in a fragment is encoded. */
function escape(value) {
  return encodeURIComponent(value).replace(/%2C/g, ",").replace(/%2F/g, "/");
}

/** The fields that the text has and that make sense, in format()'s form. */
export function parse(text) {
  const fields = new URLSearchParams(text.replace(/^#/, ""));
  const found = {};
  for (const name of ["trace", "colour", "theme"])
    if (fields.get(name)) found[name] = fields.get(name);
  if (fields.get("panels")) found.panels = fields.get("panels").split(",");
  const time = parseRange(fields.get("t") ?? "");
  if (time) found.time = time;
  const ranges = (fields.get("a") ?? "").split(",").map(parseRange);
  if (ranges.every(Boolean)) {
    found.ranges = ranges;
    found.linked = ranges.length === 1;
  }
  for (const name of ["at", "pin"])
    if (/^\d{1,15}$/.test(fields.get(name) ?? ""))
      found[name] = Number(fields.get(name));
  return found;
}

function parseRange(text) {
  const match = /^(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)$/.exec(text);
  if (!match) return null;
  const [lo, hi] = match.slice(1).map(Number);
  return hi > lo ? { lo, hi } : null;
}
