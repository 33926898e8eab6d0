"""A student's page: points, each trace, what is wrong and how to see it."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any, Iterator

from .. import ROOT
from . import heap_picture, wording
from .markup import bar, cell, escape, figure_cell, name
from .wording import OK

VERDICTS = ROOT / "driver/base/verdicts.def"
VERDICT = re.compile(r'^VERDICT\(\w+, "([^"]+)", "([^"]+)"\)', re.M)
OUTPUT = 20000  # characters of what it printed

TERMS = """\
<h2>What the figures mean</h2>
<p><b>Utilization</b> of a trace is the most payload that was live at one time,
divided by the most memory that your allocator took. 100% would be no waste.
<b>Bound</b> is what the best known placement of the same blocks reaches,
without headers. <b>Instructions</b> are
those of your functions, for one operation of the trace; fewer is faster.
<b>Secret</b> traces are like the public ones, with other sizes and another
order. A trace whose verdict is not <code>ok</code> counts as 0.</p>"""


def body(result: dict[str, Any], folder: Path) -> list[str]:
    return [f"<h1>{name(result['student'])}</h1>",
            f'<p class="soft">{escape(wording.line(result["assignment"]))}, '
            f"{escape(', '.join(map(wording.line, result['files'])))}</p>",
            *_points(result), *_notes(result), *_traces(result),
            *_faults(result), *_map(result, folder), *_printed(result), TERMS]


def _points(result: dict[str, Any]) -> list[str]:
    points = result["points"]
    found = []
    if points:
        found.append(f'<p class="total">{points["total"]:.1f} of '
                     f'{points["of"]:g} points</p>')
    if result["status"] != wording.GRADED:
        found.append(f'<p class="bad">{escape(wording.sentence(result))}</p>')
    if points:
        found += ["<table><tbody>", *(_part(result, part) for part in
                                      ("utilization", "throughput")),
                  "</tbody></table>"]
    return found


def _part(result: dict[str, Any], part: str) -> str:
    got, of = result["points"][part], result["points"][f"{part}_of"]
    words = f"{got:.1f} of {of:g}"
    return (f"<tr>{cell(part)}{cell(bar(got / of if of else 0, None, words))}"
            f"{cell(words, 'number')}{cell(_reached(result, part))}</tr>")


def _reached(result: dict[str, Any], part: str) -> str:
    if part == "utilization":
        return f"mean {wording.percent(wording.mean_utilization(result))}"
    if result["throughput"] is None:
        return "not measured"
    return f"{result['throughput']:.2f} {escape(result['throughput_unit'])}"


def _notes(result: dict[str, Any]) -> list[str]:
    if not result["notes"]:
        return []
    return ["<ul>", *(f"<li>{escape(wording.line(note))}</li>"
                      for note in result["notes"]), "</ul>"]


# ---- Traces. ----


def _traces(result: dict[str, Any]) -> list[str]:
    if not result["traces"]:
        return []
    heads = ("trace", "verdict", "utilization", "", "bound",
             "instructions per operation", "message")
    numbers = heads[3:6]
    return ["<h2>Traces</h2>", '<div class="wide"><table><thead><tr>',
            *(f'<th class="number">{head}</th>' if head in numbers
              else f"<th>{head}</th>" for head in heads),
            "</tr></thead><tbody>", *map(_trace, result["traces"]),
            "</tbody></table></div>",
            '<p class="soft">The red line on a bar is the bound.</p>']


def _trace(trace: dict[str, Any]) -> str:
    right = trace["verdict"] == OK
    share = (trace["utilization"] or 0) if right else 0
    words = wording.percent(trace["utilization"])
    kind = escape(trace["verdict"])
    remark = "" if trace["counts"] and trace["weight"] else \
        ' <span class="soft">(no points)</span>'
    return "".join([
        f"<tr>{cell(escape(trace['trace']) + remark)}",
        cell(kind, "word" if right else "word bad"),
        cell(bar(share, trace["bound"], f"utilization {words}")),
        figure_cell(trace["utilization"], words),
        figure_cell(trace["bound"], wording.percent(trace["bound"])),
        figure_cell(trace["instructions_per_op"],
                    wording.number(trace["instructions_per_op"])),
        cell(escape(wording.line(trace["message"])), "text"), "</tr>"])


# ---- What is wrong. ----


def _faults(result: dict[str, Any]) -> list[str]:
    wrong = [trace for trace in result["traces"] if trace["verdict"] != OK]
    if not wrong:
        return []
    meanings = dict(VERDICT.findall(VERDICTS.read_text(encoding="utf-8")))
    found = ["<h2>What is wrong, and how to see it</h2>", "<ul>"]
    for verdict in sorted({trace["verdict"] for trace in wrong}):
        names = ", ".join(trace["trace"] for trace in wrong
                          if trace["verdict"] == verdict)
        found.append(f"<li><code>{escape(verdict)}</code>: "
                     f"{escape(meanings[verdict])}. Seen on {escape(names)}."
                     "</li>")
    return [*found, "</ul>", *_commands(wrong)]


def _commands(wrong: list[dict[str, Any]]) -> Iterator[str]:
    public = [trace for trace in wrong if trace["set"] == "public"]
    if public:
        trace = escape(public[0]["trace"])
        yield ("<p>Run these in the folder of the handout, with your mm.c in "
               "it. The first says what went wrong, and names a command of "
               "the debugger that stops there. The second makes the trace as "
               "small as the fault allows. The third shows the heap after "
               "each call.</p>")
        yield (f"<pre>make\n./mdriver -V -f {trace}\n"
               f"./mdriver --shrink small.rep -c {trace}\n"
               "./mdriver --explain -c small.rep</pre>")
        return
    like = escape(wrong[0]["trace"].split("~")[0])
    yield ("<p>Only secret traces show the fault. You do not have these. The "
           "first command tries a trace that you have with other sizes. The "
           "second looks for faults with random traces.</p>")
    yield (f"<pre>make\n./mdriver --perturb 7 -f {like}\n"
           "./mdriver --fuzz 30</pre>")


# ---- The heap, and what it printed. ----


def _map(result: dict[str, Any], folder: Path) -> list[str]:
    worst = result["worst"]
    if not worst or not worst["map"]:
        return []
    data = base64.b64encode((folder / worst["map"]).read_bytes()).decode()
    trace = escape(worst["trace"])
    return [f"<h2>Your heap on {trace}, the worst of the traces</h2>",
            f'<figure><img class="heap" alt="The heap on {trace}" '
            f'src="data:image/png;base64,{data}">',
            "<figcaption>Operations go from left to right, at most the first "
            f"{heap_picture.MOST_OPS:,}. Addresses go upwards. Blue is "
            "payload. Grey is memory that your allocator took and in which "
            "there is no payload: free blocks and headers. The less grey, the "
            "better.</figcaption></figure>"]


def _printed(result: dict[str, Any]) -> list[str]:
    if not result["output"]:
        return []
    return ["<h2>What it printed</h2>",
            f"<pre>{escape(wording.cut(result['output'], OUTPUT))}</pre>"]
