"""The unit of work: one hand-in becomes RESULTS/STUDENT/result.json.

Its sources are built apart, and one run of mdriver judges them. Whatever a
hand-in does, there is a result: "not-compiled" and "refused" are its own fault,
and cost it all points; "not-graded" is nobody's, and is tried again.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from .. import BUILD, bounded, output
from ..handin import HandinError, build, gather
from ..handin.labs import LABS
from ..jail import Jail
from . import heap_picture
from .archives import printable
from .plan import FOLDER, PROFILE, Plan, Task, save_json

VERSION = 1
ALLOCATOR = "hand-in"  # its name in mdriver's output
MOST_JSON = 64 << 20
MOST_EVENTS = 16 << 20
MOST_PRINTED = 16 << 10
LEAST_SPACE = 1 << 20  # bytes on a disk that is not full
BACKSTOP = 60  # seconds by the wall clock
MAP = "map.png"
UNFIT = re.compile(rf"no allocator '{ALLOCATOR}': \S+ (.*)")
SCARCE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
ENDLESS = ("hung", "too-slow")  # verdicts that take a trace's time limit
LONGEST_COMMENT = 300
SEED_DIGITS = 12
PER_KILO = "operations per 1,000 instructions"
PER_SECOND = "operations per second"


class NotGraded(Exception):
    """Why there is no judgement, in a sentence. It is no fault of the
    hand-in's."""


class Refused(Exception):
    """Why the hand-in gets no points, in a sentence."""

    def __init__(self, status: str, comment: str) -> None:
        super().__init__(comment)
        self.status = status


@dataclass
class _Judging:
    """One hand-in on its way."""

    plan: Plan
    task: Task
    jail: Jail
    notes: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return self.plan.results / self.task.folder

    def run(self) -> dict[str, Any]:
        for name in "result.json", "judge.json", MAP:
            (self.folder / name).unlink(missing_ok=True)
        if self.task.refused:
            return self.zero("refused", self.task.refused)
        try:
            with tempfile.TemporaryDirectory(prefix="malloclab-") as place:
                library = self.build(Path(place))
                return self.judged(library, *self.judge(library))
        except Refused as refused:
            return self.zero(refused.status, str(refused))
        except NotGraded as why:
            return self.result("not-graded", str(why))

    # ---- Building. ----

    def build(self, place: Path) -> Path:
        begun = time.monotonic()
        try:
            handin = gather([str(self.folder / "source")])
            return build(handin, LABS[self.plan.wanted.lab], place,
                         note=self.notes.append, jail=self.jail,
                         allowed=self.plan.wanted.allowed)
        except HandinError as error:
            self.fail_to_build(error.said, str(error))
        finally:
            self.seconds["compile"] = time.monotonic() - begun

    def fail_to_build(self, said: str, why: str) -> NoReturn:
        """Where the disk is full, it is no fault of the hand-in's."""
        place = tempfile.gettempdir()
        if shutil.disk_usage(place).free < LEAST_SPACE:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), place)
        raise Refused("not-compiled" if said else "refused",
                      self.named(why.partition("\n")[0])
                      .removeprefix("the hand-in: "))

    def named(self, text: str) -> str:
        """A sentence with the student's names of files, on one line."""
        text = text.replace(f"{self.folder / 'source'}/", "")
        text = text.replace(str(self.folder / "source"), "the hand-in")
        return printable(" ".join(text.split()))[:LONGEST_COMMENT]

    # ---- Judging. ----

    @property
    def seed(self) -> int:
        """The same hand-in is judged in the same way, which its student cannot
        foresee."""
        return int(self.plan.content(self.task)[:SEED_DIGITS], 16)

    def run_judge(self, library: Path, *options: str, most: int
                  ) -> bounded.Ended:
        plan = self.plan
        words = [str(BUILD / "mdriver"), "--assignment", str(plan.assignment),
                 "-t", str(plan.traces), "--jail", plan.jail,
                 "--seed", str(self.seed), "-a",
                 "--allocator", f"{ALLOCATOR}={library}", *options]
        command = self.jail.command(words, read=[
            *plan.judge, plan.assignment, plan.traces, plan.profiles,
            library.parent])
        return bounded.run(command, self.wall, most, MOST_PRINTED)

    def judge(self, library: Path) -> tuple[dict[str, Any], str]:
        """mdriver's JSON, and what was printed."""
        begun = time.monotonic()
        ended = self.run_judge(
            library, "--profiles", str(self.plan.profiles), "--index", PROFILE,
            "--json", "-", most=MOST_JSON)
        self.seconds["judge"] = time.monotonic() - begun
        printed = _escaped(ended.errors)
        if not ended.in_time:
            raise NotGraded(f"the judge did not end within {self.wall:g} "
                            "seconds")
        unfit = UNFIT.search(printed)
        if ended.status == 2 and unfit:
            raise Refused("refused", self.named(f"it {unfit[1]}"))
        if ended.status not in (0, 1):
            last = printed.splitlines()[-1:] or ["it printed nothing"]
            raise NotGraded(f"the judge ended with {ended.status}: "
                            f"{last[0][:LONGEST_COMMENT]}")
        return self.parsed(ended.output), printed

    def draw(self, library: Path, trace: str) -> str | None:
        """The name of a picture of the heap while the trace is replayed, if
        there is something to see."""
        ended = self.run_judge(library, "--no-timing", "-f", trace,
                               "--events", "-", most=MOST_EVENTS)
        lines = ended.output.decode(errors="replace").splitlines()
        picture = heap_picture.draw(lines[:-1]) if ended.in_time else None
        if picture:
            output.save(str(self.folder / MAP), picture)
        return MAP if picture else None

    @property
    def wall(self) -> float:
        """Seconds that only a judge which hangs needs."""
        wanted = self.plan.wanted
        longest = BACKSTOP + 10 * wanted.time_limit  # of one replay
        return BACKSTOP + 4 * (wanted.budget
                               or longest * len(wanted.traces))

    def parsed(self, written: bytes) -> dict[str, Any]:
        try:
            data = json.loads(written)
            rows = [row for row in data["results"]
                    if row["allocator"] == ALLOCATOR]
            index = data["index"][ALLOCATOR]
        except (ValueError, KeyError, TypeError, UnicodeDecodeError):
            raise NotGraded("the judge wrote no valid results") from None
        if not rows or data["interrupted"]:
            raise NotGraded("the judge was interrupted")
        if index["total"] is None:
            raise NotGraded("its speed could not be measured: the interval is "
                            "too wide")
        output.save(str(self.folder / "judge.json"), written)
        return {**data, "results": rows}

    # ---- Results. ----

    def result(self, status: str, comment: str, **more: Any
               ) -> dict[str, Any]:
        task, wanted = self.task, self.plan.wanted
        return {"version": VERSION, "key": self.plan.key(task),
                "student": task.student, "source": task.source,
                "files": task.files, "assignment": wanted.name,
                "lab": wanted.lab, "status": status, "comment": comment,
                "points": None, "traces": [], "verdicts": {},
                "throughput": None, "throughput_unit": self.unit,
                "output": "", "notes": [*task.notes,
                                        *map(self.named, self.notes)],
                "worst": None, "seconds": self.seconds, **more}

    def zero(self, status: str, comment: str) -> dict[str, Any]:
        return self.result(status, comment, points=self.points({}))

    def points(self, index: dict[str, Any]) -> dict[str, float]:
        weight = self.plan.profile["utilization_weight"]
        got = {key: index.get(key, 0.0) for key in
               ("total", "utilization", "throughput")}
        return {**got, "of": 100, "utilization_of": 100 * weight,
                "throughput_of": 100 * (1 - weight)}

    @property
    def unit(self) -> str:
        counted = self.plan.profile["measure"] == "instructions"
        return PER_KILO if counted else PER_SECOND

    def judged(self, library: Path, data: dict[str, Any], printed: str
               ) -> dict[str, Any]:
        traces = [self.trace(row) for row in data["results"]]
        bad = [trace for trace in traces if trace["verdict"] != "ok"]
        self.notes += [f"{trace_name(row)}: {row['note']}"
                       for row in data["results"] if row["note"]]
        if all(trace["verdict"] == "load-failed" for trace in traces):
            return self.zero("refused", self.named(traces[0]["message"]))
        return self.result(
            "graded", _summary(bad, len(traces)),
            points=self.points(data["index"][ALLOCATOR]), traces=traces,
            verdicts=dict(Counter(trace["verdict"] for trace in traces)),
            throughput=self.throughput(data), output=_of_handin(printed),
            worst=self.worst(library, data["results"], traces))

    def worst(self, library: Path, rows: list[dict[str, Any]],
              traces: list[dict[str, Any]]) -> dict[str, str | None] | None:
        """Of the public traces, which alone are shown to students."""
        shown = [(row["trace"], trace) for row, trace in zip(rows, traces)
                 if trace["set"] == "public"]
        name, worst = min(shown, key=_share)
        ends = worst["verdict"] not in ENDLESS
        return {"trace": worst["trace"],
                "map": self.draw(library, name) if ends else None}

    def trace(self, row: dict[str, Any]) -> dict[str, Any]:
        counts = self.plan.wanted.counts
        return {"trace": trace_name(row), "set": row["set"],
                "weight": row["weight"],
                "counts": row["weight"] > 0 and counts in (row["set"], "both"),
                "verdict": row["verdict"],
                "message": self.named(row["message"]),
                "line": row["line"], "ops": row["ops"],
                "utilization": row["utilization"],
                "bound": self.plan.bounds.get(row["trace"]),
                "instructions_per_op": row["instructions_per_op"],
                "throughput": row["ops_per_second"]}

    def throughput(self, data: dict[str, Any]) -> float | None:
        """All operations over all that they cost, of traces that are ok."""
        if self.unit == PER_KILO:
            return data["index"][ALLOCATOR]["ops_per_1000_instructions"]
        good = [row for row in data["results"]
                if row["verdict"] == "ok" and row["ops_per_second"]]
        seconds = sum(row["ops"] / row["ops_per_second"] for row in good)
        return sum(row["ops"] for row in good) / seconds if good else None


def trace_name(row: dict[str, Any]) -> str:
    return re.sub(r"\.repb?(\.gz|\.zst)?(?=~|$)", "", row["trace"])


def _share(shown: tuple[str, dict[str, Any]]) -> tuple[bool, float]:
    """The lowest is the worst: what is wrong, then what is far from its
    bound."""
    trace = shown[1]
    return trace["verdict"] == "ok", \
        (trace["utilization"] or 0) / (trace["bound"] or 1)


def _summary(bad: list[dict[str, Any]], count: int) -> str:
    if not bad:
        return ""
    kinds = Counter(trace["verdict"] for trace in bad)
    listed = ", ".join(f"{kind} {number}" if number > 1 else kind
                       for kind, number in kinds.items())
    return (f"{len(bad)} of {count} traces: {listed}; {bad[0]['trace']}: "
            f"{bad[0]['message']}")[:LONGEST_COMMENT]


def _escaped(data: bytes) -> str:
    """Line by line."""
    lines = data.decode(errors="replace").split("\n")
    return "\n".join(map(printable, lines)).strip("\n")


def _of_handin(printed: str) -> str:
    """What the hand-in printed, without the name that mdriver puts before."""
    before = f"[{ALLOCATOR}] "
    return "\n".join(line.removeprefix(before) for line in printed.splitlines()
                     if line.startswith(before))


def grade(plan: Plan, folder: str, jail: Jail) -> dict[str, Any]:
    """Judge one hand-in, and write its result. What goes wrong is its own,
    but for a disk that nothing can be written to."""
    judging = _Judging(plan, plan.task(folder), jail)
    try:
        result = judging.run()
    except Exception as error:
        if isinstance(error, OSError) and error.errno in SCARCE:
            raise
        result = judging.result(
            "not-graded", f"a fault of tools/grade: {error!r}")
    save_json(plan.results / folder / "result.json", result)
    return result


@dataclass
class Grading:
    """The work of engines: a unit is the folder of a hand-in."""

    plan: Plan
    jail: Jail
    tool = "grade"
    failure = "not graded"

    @property
    def results(self) -> Path:
        return self.plan.results

    @property
    def private(self) -> Path:
        return self.plan.results / FOLDER

    def do(self, unit: str) -> bool:
        return grade(self.plan, unit, self.jail)["status"] != "not-graded"

    def is_done(self, unit: str) -> bool:
        result = self.plan.result(self.plan.task(unit))
        return result is not None and result["status"] != "not-graded"

    def file(self, unit: str) -> Path:
        return self.plan.results / unit / "result.json"

    def name(self, unit: str) -> str:
        return self.plan.task(unit).student
