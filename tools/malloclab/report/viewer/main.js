// The page: tables and figure first, then the viewer and what drives it.

import { App } from "report/app";
import { KEYS, press } from "report/keys";
import { MODES } from "report/colours";
import {
  badVerdicts, resultsTable, summaryTable, tracesTable,
} from "report/tables";
import { fillSelect, find, make } from "report/dom";
import { LIMITS } from "report/raster";
import { measure } from "report/measure";

const report = JSON.parse(find("about").textContent);
const app = new App(report);

async function show(name) {
  await app.open(name);
  find("viewer").scrollIntoView({ block: "start" });
}

function fillTables() {
  find("summary").append(...summaryTable(report.traces));
  find("bad-verdicts").append(...badVerdicts(report.traces));
  find("results").append(...resultsTable(report.traces, show));
  find("traces").append(...tracesTable(report.traces, show));
  for (const group of document.querySelectorAll("#figure [data-trace]"))
    group.addEventListener("click", () => { show(group.dataset.trace); });
}

function fillHelp() {
  find("keys").append(...KEYS.filter(([, shown]) => shown)
    .flatMap(([, shown, meaning]) => [
      make("dt", {}, make("kbd", { textContent: shown })),
      make("dd", { textContent: meaning })]));
}

function fillTools() {
  fillSelect(find("trace"), report.traces.map(({ name }) => [name, name]));
  fillSelect(find("colour"), Object.entries(MODES).map(([name, { label }]) =>
    [name, label]));
  const on = (id, event, action) =>
    find(id).addEventListener(event, () => { action(find(id)); });
  on("trace", "change", ({ value }) => app.open(value));
  on("colour", "change", ({ value }) => app.setColour(value));
  on("linked", "change", () => app.link());
  on("goto", "change", ({ value }) => app.goto(Number(value) - 1));
  on("back", "click", () => app.step(-1));
  on("forth", "click", () => app.step(1));
  on("play", "click", () => app.play());
  on("all", "click", () => app.showAll());
  on("theme", "change", ({ value }) => app.setTheme(value));
  on("ask", "click", () => app.toggleHelp());
}

function listen() {
  document.addEventListener("keydown", (event) => {
    if (app.trace && press(app, event)) event.preventDefault();
  });
  document.addEventListener("pointerdown", () => { app.say(""); });
  addEventListener("hashchange", () => app.restore(location.hash));
  matchMedia("(prefers-color-scheme: dark)")
    .addEventListener("change", () => app.retheme());
  new ResizeObserver(() => { if (app.trace) app.resize(); })
    .observe(find("panels"));
}

// For tests and benchmarks.
globalThis.malloclab = { app, limits: LIMITS, measure: (n) => measure(app, n) };

fillTables();
fillHelp();
fillTools();
listen();
try {
  await app.restore(location.hash);
  document.body.dataset.ready = "yes";
} catch (error) {
  find("step").textContent = `this page cannot be shown: ${error.message}`;
  throw error;
}
