// The keyboard: a table of keys, which is also the help.

export const KEYS = [
  [["."], ".", "a step of one operation (Shift: 100)", (app) => app.step(1)],
  [[","], ",", "a step back (Shift: 100)", (app) => app.step(-1)],
  [[">", ":"], "", "", (app) => app.step(100)],
  [["<", ";"], "", "", (app) => app.step(-100)],
  [["n"], "n", "to the next operation of the pinned block",
    (app) => app.stepPinned()],
  [["p"], "p", "play, and stop", (app) => app.play()],
  [["Home"], "Home", "to the first operation", (app) => app.goto(0)],
  [["End"], "End", "to the last operation",
    (app) => app.goto(app.trace.count - 1)],
  [["m"], "m", "to the peak of payload", (app) => app.gotoPeak()],
  [["ArrowLeft"], "← →", "move in time", (app) => app.panBy(-0.125, 0)],
  [["ArrowRight"], "", "", (app) => app.panBy(0.125, 0)],
  [["ArrowUp"], "↑ ↓", "move in addresses", (app) => app.panBy(0, 0.125)],
  [["ArrowDown"], "", "", (app) => app.panBy(0, -0.125)],
  [["+", "="], "+ −", "zoom time around the cursor",
    (app) => app.zoomTime(0.5)],
  [["-", "_"], "", "", (app) => app.zoomTime(2)],
  [["]"], "] [", "zoom addresses", (app) => app.zoomAddresses(0.5)],
  [["["], "", "", (app) => app.zoomAddresses(2)],
  [["0"], "0", "show everything", (app) => app.showAll()],
  [["f"], "f", "show the pinned block in every panel",
    (app) => app.showPinned()],
  [["l"], "l", "link or part the panels' addresses", (app) => app.link()],
  [["c"], "c", "the next meaning of colour", (app) => app.nextColour()],
  [["Escape"], "Esc", "forget the pinned block", (app) => app.pin(null)],
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
  if (!found) return false;
  found[3](app);
  return true;
}
