"""The class's page: points, memory against speed, a table, similar pairs."""

from __future__ import annotations

import statistics
from collections import Counter
from typing import Any, Callable, Iterator, Mapping, Sequence
from urllib.parse import quote

from . import charts, wording
from .markup import cell, escape, figure_cell, name
from .wording import OK

MOST_PAIRS = 200
HEADS = (("student", ""), ("status", ""), ("points", "number"),
         ("utilization points", "number"), ("throughput points", "number"),
         ("verdicts", ""), ("public utilization", "number"),
         ("secret utilization", "number"), ("throughput", "number"),
         ("comment", ""))


Link = Callable[[str], str]  # from a student to the address of the page


def body(title: str, results: Sequence[dict[str, Any]],
         similar: Sequence[tuple[str, str, float, int]],
         folders: Mapping[str, str]) -> list[str]:
    def link(student: str) -> str:
        folder = wording.text(folders.get(student, student))
        return escape(quote(folder, safe="") + "/index.html")

    ordered = sorted(results, key=lambda result: result["student"])
    return [f"<h1>{escape(wording.line(title))}</h1>", *_summary(ordered),
            '<div class="figures">', *_histogram(ordered),
            *_pareto(ordered, link), "</div>",
            *_students(ordered, link), *_traces(ordered),
            *_similar(similar, link)]


def _summary(results: Sequence[dict[str, Any]]) -> Iterator[str]:
    states = Counter(result["status"] for result in results)
    parts = [f"{states[state]} {state}" for state in sorted(states)]
    words = f"{len(results)} hand-ins: {', '.join(parts) or 'none'}."
    totals = _totals(results)
    if totals:
        words += (f" Points: mean {statistics.fmean(totals):.1f}, median "
                  f"{statistics.median(totals):.1f}, from {min(totals):.1f} "
                  f"to {max(totals):.1f}.")
    yield f"<p>{words}</p>"


def _totals(results: Sequence[dict[str, Any]]) -> list[float]:
    return [result["points"]["total"] for result in results
            if result["points"]]


# ---- Pictures. ----


def _histogram(results: Sequence[dict[str, Any]]) -> list[str]:
    totals = _totals(results)
    if not totals:
        return []
    of = max(result["points"]["of"] for result in results
             if result["points"])
    return ["<figure>", charts.histogram(totals, of),
            "<figcaption>How many hand-ins got how many points."
            "</figcaption></figure>"]


def _pareto(results: Sequence[dict[str, Any]], link: Link) -> list[str]:
    drawn = [result for result in results if _is_placed(result)]
    if not drawn:
        return []
    dots = [_dot(result, link(result["student"])) for result in drawn]
    caption = ("A dot is a hand-in: further right is faster, further up wastes "
               "less memory. No other is both faster and thriftier than those "
               "on the dashed line. A red ring has a bad verdict, so that its "
               "mean is lower.")
    if len(drawn) < len(results):
        caption += (f" {len(results) - len(drawn)} hand-ins have no "
                    "throughput, and are not drawn.")
    return ["<figure>", charts.pareto(dots, drawn[0]["throughput_unit"]),
            f"<figcaption>{caption}</figcaption></figure>"]


def _is_placed(result: dict[str, Any]) -> bool:
    return result["throughput"] is not None and \
        wording.mean_utilization(result) is not None


def _dot(result: dict[str, Any], link: str) -> charts.Dot:
    utilization = wording.mean_utilization(result) or 0
    student = wording.line(result["student"], 60)
    return charts.Dot(
        result["throughput"], utilization,
        f"{student}: utilization {wording.percent(utilization)}, throughput "
        f"{result['throughput']:.2f}",
        set(result["verdicts"]) <= {OK}, link)


# ---- Tables. ----


def _students(results: Sequence[dict[str, Any]], link: Link) -> list[str]:
    return ["<h2>Students</h2>",
            '<p class="soft screen">A click on a heading sorts.</p>',
            *_table(HEADS, (_student(result, link) for result in results))]


def _table(heads: Sequence[tuple[str, str]], rows: Iterator[str]
           ) -> list[str]:
    return ['<div class="wide"><table><thead><tr>',
            *(f'<th class="{kind}"><button type="button">{words}</button></th>'
              if kind else f'<th><button type="button">{words}</button></th>'
              for words, kind in heads),
            "</tr></thead><tbody>", *rows, "</tbody></table></div>"]


def _student(result: dict[str, Any], link: Link) -> str:
    points = result["points"] or {}
    public = wording.utilization(result, "public")
    secret = wording.utilization(result, "secret")
    return "".join([
        f'<tr><td class="text"><a href="{link(result["student"])}">'
        f"{name(result['student'])}</a></td>",
        cell(escape(result["status"]), "word" if
             result["status"] == wording.GRADED else "word bad"),
        *(figure_cell(points.get(part), wording.number(points.get(part)))
          for part in ("total", "utilization", "throughput")),
        cell(escape(wording.verdicts(result))),
        figure_cell(public, wording.percent(public)),
        figure_cell(secret, wording.percent(secret)),
        figure_cell(result["throughput"], wording.number(
            result["throughput"])),
        cell(name(result["comment"], 160), "text"),
        "</tr>"])


def _traces(results: Sequence[dict[str, Any]]) -> list[str]:
    """What each trace found in the class."""
    of: dict[str, list[dict[str, Any]]] = {}
    for result in results:
        for trace in result["traces"]:
            of.setdefault(trace["trace"], []).append(trace)
    if not of:
        return []
    heads = (("trace", ""), ("judged", "number"), ("ok", "number"),
             ("median utilization", "number"), ("best", "number"),
             ("bound", "number"), ("bad verdicts", ""))
    return ["<h2>Traces</h2>",
            *_table(heads, (_trace(key, of[key]) for key in of))]


def _trace(key: str, rows: Sequence[dict[str, Any]]) -> str:
    right = [row["utilization"] for row in rows
             if row["verdict"] == OK and row["utilization"] is not None]
    bad = Counter(row["verdict"] for row in rows if row["verdict"] != OK)
    words = "; ".join(f"{verdict} {bad[verdict]}" for verdict in sorted(bad))
    shares = [statistics.median(right) if right else None,
              max(right, default=None), rows[0]["bound"]]
    return "".join([
        f"<tr>{cell(escape(key))}", figure_cell(len(rows), str(len(rows))),
        figure_cell(len(right), str(len(right))),
        *(figure_cell(share, wording.percent(share)) for share in shares),
        cell(escape(words)), "</tr>"])


def _similar(pairs: Sequence[tuple[str, str, float, int]], link: Link
             ) -> list[str]:
    found = ["<h2>Similar hand-ins</h2>",
             "<p>A pair is a hint, not a verdict: read both before you say "
             "anything. Names of variables, comments and layout are not "
             "compared, nor is what the laboratory hands out or what many of "
             "the class have.</p>"]
    if not pairs:
        return [*found, "<p>There are none.</p>"]
    heads = (("one", ""), ("other", ""), ("shared", "number"),
             ("fingerprints", "number"))
    found += _table(heads, (_pair(pair, link) for pair in pairs[:MOST_PAIRS]))
    if len(pairs) > MOST_PAIRS:
        found.append(f"<p>{len(pairs) - MOST_PAIRS} more pairs share "
                     "less.</p>")
    return found


def _pair(pair: tuple[str, str, float, int], link: Link) -> str:
    one, other, share, count = pair
    return "".join([
        "<tr>", *(f'<td class="text"><a href="{link(student)}">'
                  f"{name(student)}</a></td>" for student in (one, other)),
        figure_cell(share, wording.percent(share)),
        figure_cell(count, str(count)), "</tr>"])
