"""tools/grade check: what an assignment costs and tells, before the term.

The allocators of variants/ stand for a class: an assignment is judged by what
it makes of them. Its cost is CPU time, which does not depend on the machine's
load.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Iterable, Sequence

from .. import BUILD, ROOT, pool
from ..arguments import Parser, positive
from ..columns import add_markdown, layout
from ..making import MakeError, make
from ..progress import Progress
from . import GradeError
from .plan import FOLDER, PROFILE, Plan, best_bound
from .unit import trace_name

WASTEFUL = {"naive", "bump", "hardened"}  # by design
TYPICAL = "segregated"  # whose cost is shown by trace
CLASS = 500
NARROW = 5.0  # points of utilization
DETAILS = f"""\
The first table has each trace: CPU seconds that judging it takes, the bound of
its utilization, and the best, the median and the worst of the variants, without
those that waste memory by design (naive, bump, hardened). If best and worst are
less than {NARROW:g} points apart, the trace cannot tell allocators apart. The second
table has the points of each variant.
"""


@dataclass
class Run:
    """One allocator on some traces."""

    allocator: str
    seconds: float
    rows: list[dict[str, Any]]
    index: dict[str, Any]


@dataclass
class TraceReport:
    trace: str
    set: str
    weight: int
    ops: int
    seconds: float | None  # None for a twin, which costs what its trace does
    bound: float | None
    best: float | None
    median: float | None
    worst: float | None
    spread: float | None  # in points


@dataclass
class Report:
    assignment: str
    seconds: float  # of CPU, a hand-in: the median
    most_seconds: float
    traces: list[TraceReport]
    allocators: list[dict[str, Any]]
    notes: list[str] = field(default_factory=list)


# ---- Running. ----


def _run(todo: tuple[str, tuple[str, ...]]) -> Run:
    """In a process of its own, whose children it counts."""
    allocator, words = todo
    before = _children()
    ended = subprocess.run(
        [str(BUILD / "mdriver"), "--allocator", allocator, "--seed", "1",
         "--json", "-", *words], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, text=True,
        errors="replace")
    if ended.returncode not in (0, 1):
        last = ended.stderr.strip().splitlines()[-1:] or ["it printed nothing"]
        raise GradeError(last[0])
    data = json.loads(ended.stdout)
    return Run(allocator, _children() - before, data["results"],
               data["index"].get(allocator, {}))


def _children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def ladder() -> list[str]:
    return ["mm", *sorted(path.stem for path in ROOT.glob("variants/*.c"))]


def _all_runs(plan: Plan, jobs: int) -> tuple[list[Run], dict[str, float]]:
    """A run of each allocator, and the seconds of each trace alone."""
    common = ("--assignment", str(plan.assignment), "-t", str(plan.traces),
              "--profiles", str(plan.profiles), "--index", PROFILE, "--bounds")
    whole = [(name, common) for name in ladder()]
    alone = [(TYPICAL, (*common, "-f", name)) for name in plan.wanted.traces]
    progress = Progress(len(whole + alone))
    runs: dict[tuple[str, tuple[str, ...]], Run] = {}

    def ended(todo: tuple[str, tuple[str, ...]], run: Run) -> None:
        runs[todo] = run
        progress.add(run.allocator, False)

    pool.each(_run, whole + alone, jobs, ended)
    progress.end()
    return [runs[todo] for todo in whole], {
        trace_name({"trace": name}): runs[todo].seconds
        for name, todo in zip(plan.wanted.traces, alone)}


# ---- What it tells. ----


def _trace_report(rows: list[dict[str, Any]], costs: dict[str, float]
                  ) -> TraceReport:
    """Rows are of one trace, by allocator."""
    first = rows[0]
    good = [row["utilization"] for row in rows if row["verdict"] == "ok"
            and row["allocator"] not in WASTEFUL]
    best, worst = (max(good), min(good)) if good else (None, None)
    name = trace_name(first)
    return TraceReport(
        name, first["set"], first["weight"], first["ops"], costs.get(name),
        best_bound(first["bounds"]), best,
        statistics.median(good) if good else None, worst,
        100 * (best - worst) if good else None)


def _allocator_report(run: Run) -> dict[str, Any]:
    bad = [f"{trace_name(row)}: {row['verdict']}" for row in run.rows
           if row["verdict"] != "ok"]
    return {"allocator": run.allocator, "points": run.index["total"],
            "utilization_points": run.index["utilization"],
            "throughput_points": run.index["throughput"],
            "instructions_per_op": run.index["geometric_instructions_per_op"],
            "seconds": run.seconds, "bad": bad}


def _notes(report: Report) -> Iterable[str]:
    for trace in report.traces:
        if trace.spread is None:
            yield f"{trace.trace}: no variant passes"
        elif trace.spread < NARROW:
            yield (f"{trace.trace}: cannot tell allocators apart: best and "
                   f"worst are {trace.spread:.1f} points apart")
    for one in report.allocators:
        for bad in one["bad"]:
            yield f"{one['allocator']}: {bad}"


def check(plan: Plan, jobs: int) -> Report:
    runs, costs = _all_runs(plan, jobs)
    seconds = [run.seconds for run in runs]
    count = len(runs[0].rows)
    report = Report(
        plan.wanted.name, statistics.median(seconds), max(seconds),
        [_trace_report([run.rows[number] for run in runs], costs)
         for number in range(count)],
        sorted(map(_allocator_report, runs),
               key=lambda one: -(one["points"] or 0)))
    report.notes = list(_notes(report))
    return report


# ---- Printing. ----


def _cell(value: float | None, digits: int = 1, scale: float = 1) -> str:
    return "-" if value is None else f"{scale * value:.{digits}f}"


def _print(report: Report) -> None:
    print(layout([["trace", "weight", "ops", "CPU s", "bound", "best",
                   "median", "worst", "spread"], *(
        [trace.trace, str(trace.weight), str(trace.ops),
         _cell(trace.seconds, 2),
         *(_cell(share, 1, 100) for share in (trace.bound, trace.best,
                                              trace.median, trace.worst)),
         _cell(trace.spread)] for trace in report.traces)], {0}))
    print()
    print(layout([["allocator", "points", "memory", "speed", "instr/op",
                   "CPU s"], *(
        [one["allocator"], _cell(one["points"]),
         _cell(one["utilization_points"]), _cell(one["throughput_points"]),
         _cell(one["instructions_per_op"]), _cell(one["seconds"], 2)]
        for one in report.allocators)], {0}))
    print(f"\nA hand-in takes {report.seconds:.1f} seconds of CPU time "
          f"(median; at most {report.most_seconds:.1f}); {CLASS} take "
          f"{CLASS * report.seconds / 60:.0f} minutes of one processor.")
    for note in report.notes:
        print(note)


def _parser() -> argparse.ArgumentParser:
    from .command import add_measure

    parser = Parser(
        prog="tools/grade check", description="What an assignment costs, "
        "whether its traces tell allocators apart, and how many points the "
        "variants of this lab get.", epilog=DETAILS,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("assignment", metavar="ASSIGNMENT")
    parser.add_argument("--json", action="store_true",
                        help="print all of it as JSON")
    add_markdown(parser)
    parser.add_argument("--jobs", type=positive, metavar="N",
                        default=len(os.sched_getaffinity(0)),
                        help="runs at a time (default: one for each processor)")
    add_measure(parser)
    return parser


def main(words: Sequence[str]) -> int:
    from .command import plan_of

    args = _parser().parse_args(words)
    with tempfile.TemporaryDirectory(prefix="malloclab-") as folder:
        (Path(folder) / FOLDER).mkdir()
        plan = plan_of(args, Path(folder), "off")
        plan.save()
        _build_ladder()
        report = check(plan, args.jobs)
    if args.json:
        json.dump(asdict(report) | {"notes": [*_notes(report)]}, sys.stdout,
                  indent=1)
        print()
    else:
        _print(report)
    return 0


def _build_ladder() -> None:
    try:
        make(BUILD / "mm.so", *(BUILD / f"variants/{name}.so"
                                for name in ladder()[1:]), "MODE=release")
    except MakeError as error:
        raise GradeError(str(error)) from None
