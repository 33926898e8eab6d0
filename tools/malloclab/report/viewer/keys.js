// The keyboard: a table of keys, which is also the help.

const pinned = (app, other) => app.pinned === null ?
  "no block is pinned: click one" : other;
const LAST = () => "this is the last operation";
const FIRST = () => "this is the first operation";
const PEAK = () => "this is the peak of payload";
const EDGE = () => "there is nothing beyond this edge";
const NEAREST = () => "it cannot be nearer";
const ALL = () => "everything is in view";
const ALONE = () => "there is no other panel";
const NONE = () => "no block is pinned";

// Keys, how the help names them and what it says, what they do, and what is
// said where that changed nothing.
export const KEYS = [
  [["."], ".", "a step of one operation (Shift: 100)",
    (app) => app.step(1), LAST],
  [[","], ",", "a step back (Shift: 100)", (app) => app.step(-1), FIRST],
  [[">", ":"], "", "", (app) => app.step(100), LAST],
  [["<", ";"], "", "", (app) => app.step(-100), FIRST],
  [["n"], "n", "to the next operation of the pinned block",
    (app) => app.stepPinned(),
    (app) => pinned(app, "the pinned block is never freed")],
  [["p"], "p", "play, and stop", (app) => app.play()],
  [["Home"], "Home", "to the first operation", (app) => app.goto(0), FIRST],
  [["End"], "End", "to the last operation",
    (app) => app.goto(app.trace.count - 1), LAST],
  [["m"], "m", "to the peak of payload", (app) => app.gotoPeak(), PEAK],
  [["ArrowLeft"], "← →", "move in time", (app) => app.panBy(-0.125, 0), EDGE],
  [["ArrowRight"], "", "", (app) => app.panBy(0.125, 0), EDGE],
  [["ArrowUp"], "↑ ↓", "move in addresses", (app) => app.panBy(0, 0.125), EDGE],
  [["ArrowDown"], "", "", (app) => app.panBy(0, -0.125), EDGE],
  [["+", "="], "+ −", "zoom time around the cursor",
    (app) => app.zoomTime(0.5), NEAREST],
  [["-", "_"], "", "", (app) => app.zoomTime(2), ALL],
  [["]"], "] [", "zoom addresses", (app) => app.zoomAddresses(0.5), NEAREST],
  [["["], "", "", (app) => app.zoomAddresses(2), ALL],
  [["0"], "0", "show everything", (app) => app.showAll(), ALL],
  [["f"], "f", "show the pinned block in every panel",
    (app) => app.showPinned(),
    (app) => pinned(app, "the pinned block is in view")],
  [["l"], "l", "link or part the panels' addresses",
    (app) => app.link(), ALONE],
  [["c"], "c", "the next meaning of colour", (app) => app.nextColour()],
  [["Escape"], "Esc", "forget the pinned block", (app) => app.pin(null), NONE],
  [["?", "h"], "?", "this help", (app) => app.toggleHelp()],
];

const TYPING = new Set(["INPUT", "SELECT", "TEXTAREA"]);

/** Do what the key is for; whether there is such a one. */
export function press(app, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  if (TYPING.has(event.target?.tagName)) return false;
  if (event.target?.closest?.("dialog")) return false; // closed by Esc
  if (event.key.startsWith("Arrow") && !event.target?.closest?.("#viewer"))
    return false; // elsewhere they scroll the page
  const found = KEYS.find(([keys]) => keys.includes(event.key));
  app.say(found ? perform(app, found) : event.key.length > 1 ||
    event.key === " " ? "" : `${event.key} is no key of this page: ? lists them`);
  return Boolean(found);
}

/** Why the key changed nothing, or "". */
function perform(app, [, , , act, why]) {
  const before = app.fragment;
  act(app);
  return why && app.fragment === before ? why(app) : "";
}
