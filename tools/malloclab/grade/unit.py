"""The unit of work: one hand-in becomes RESULTS/STUDENT/result.json.

Its sources are built apart, and one run of mdriver judges them. Whatever a
hand-in does, there is a result: "not-compiled" and "refused" are its own fault,
and cost it all points; "not-graded" is nobody's, and is tried again.
"""

from __future__ import annotations

import errno
import json
import re
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from .. import BUILD, ROOT
from ..handin import HandinError, build, gather
from ..handin.labs import LABS
from ..jail import Jail, Limits
from . import process
from .archives import printable
from .plan import PROFILE, Plan, Task, save, save_json

VERSION = 1
ALLOCATOR = "hand-in"  # its name in mdriver's output
MOST_JSON = 64 << 20
MOST_PRINTED = 16 << 10
LONGEST_COMMENT = 300
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
        (self.folder / "judge.json").unlink(missing_ok=True)
        if self.task.refused:
            return self.zero("refused", self.task.refused)
        try:
            with tempfile.TemporaryDirectory(prefix="malloclab-") as place:
                library = self.build(Path(place))
                return self.judged(*self.judge(library))
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
        """Of a compiler's messages the first error counts. Where the disk is
        full, it is no fault of the hand-in's."""
        if "No space left on device" in said:
            raise OSError(errno.ENOSPC, "No space left on device",
                          tempfile.gettempdir())
        found = re.search(r"^.*\b(?:fatal )?error: .*$", said, re.M)
        raise Refused("not-compiled" if said else "refused",
                      self.named(found[0] if found else why.split("\n")[0]))

    def named(self, text: str) -> str:
        """A sentence with the student's names of files, on one line."""
        text = text.replace(f"{self.folder / 'source'}/", "")
        text = text.replace(str(self.folder / "source"), "the hand-in")
        return printable(" ".join(text.split()))[:LONGEST_COMMENT]

    # ---- Judging. ----

    def words(self, library: Path) -> list[str]:
        plan = self.plan
        return [str(BUILD / "mdriver"), "--assignment", str(plan.assignment),
                "-t", str(plan.traces), "--jail", plan.jail,
                "--profiles", str(plan.profiles), "--index", PROFILE,
                "--bounds", "-a",
                "--allocator", f"{ALLOCATOR}={library}", "--json", "-"]

    def judge(self, library: Path) -> tuple[dict[str, Any], str]:
        """mdriver's JSON, and what was printed."""
        begun = time.monotonic()
        words = self.jail.command(
            self.words(library), read=[ROOT, self.plan.assignment,
                                       self.plan.traces, self.plan.profiles,
                                       library.parent],
            limits=Limits(wall=self.wall))
        ended = process.run(words, self.wall, MOST_JSON, MOST_PRINTED,
                            cwd=ROOT)
        self.seconds["judge"] = time.monotonic() - begun
        printed = _escaped(ended.errors)
        if not ended.in_time:
            raise NotGraded(f"the judge did not end within {self.wall:g} "
                            "seconds")
        if ended.status not in (0, 1):
            last = printed.splitlines()[-1:] or ["it printed nothing"]
            raise NotGraded(f"the judge ended with {ended.status}: "
                            f"{last[0][:LONGEST_COMMENT]}")
        return self.parsed(ended.output), printed

    @property
    def wall(self) -> float:
        """Only a judge that hangs needs as long."""
        return 60 + 4 * self.plan.wanted.budget

    def parsed(self, output: bytes) -> dict[str, Any]:
        try:
            data = json.loads(output)
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
        save(self.folder / "judge.json", output)
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

    def judged(self, data: dict[str, Any], printed: str) -> dict[str, Any]:
        traces = [self.trace(row) for row in data["results"]]
        bad = [trace for trace in traces if trace["verdict"] != "ok"]
        self.notes += [f"{trace_name(row)}: {row['note']}"
                       for row in data["results"] if row["note"]]
        self.seconds["replays"] = data.get("seconds", self.seconds["judge"])
        if all(trace["verdict"] == "load-failed" for trace in traces):
            return self.zero("refused", self.named(traces[0]["message"]))
        return self.result(
            "graded", _summary(bad, len(traces)),
            points=self.points(data["index"][ALLOCATOR]), traces=traces,
            verdicts=dict(Counter(trace["verdict"] for trace in traces)),
            throughput=self.throughput(data), output=printed,
            worst={"trace": _worst(traces)["trace"], "map": None})

    def trace(self, row: dict[str, Any]) -> dict[str, Any]:
        bounds = row["bounds"] or {}
        counts = self.plan.wanted.counts
        return {"trace": trace_name(row), "set": row["set"],
                "weight": row["weight"],
                "counts": row["weight"] > 0 and counts in (row["set"], "both"),
                "verdict": row["verdict"], "message": self.named(row["message"]),
                "line": row["line"], "ops": row["ops"],
                "utilization": row["utilization"],
                "bound": _bound(bounds),
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


def _bound(bounds: dict[str, float | None]) -> float | None:
    """The best utilization that is known to be possible."""
    known = [bounds.get(key) for key in ("best_fit", "packing")]
    return max((bound for bound in known if bound is not None), default=None)


def _worst(traces: list[dict[str, Any]]) -> dict[str, Any]:
    """The first that is wrong, or the farthest from its bound."""
    def share(trace: dict[str, Any]) -> tuple[bool, float]:
        return trace["verdict"] == "ok", \
            (trace["utilization"] or 0) / (trace["bound"] or 1)

    return min(traces, key=share)


def _summary(bad: list[dict[str, Any]], count: int) -> str:
    if not bad:
        return ""
    kinds = Counter(trace["verdict"] for trace in bad)
    listed = ", ".join(f"{kind} {number}" if number > 1 else kind
                       for kind, number in kinds.items())
    return (f"{len(bad)} of {count} traces: {listed}; {bad[0]['trace']}: "
            f"{bad[0]['message']}")[:LONGEST_COMMENT]


def _escaped(data: bytes) -> str:
    """What it printed, line by line, without the allocator's name."""
    lines = data.decode(errors="replace").split("\n")
    return "\n".join(printable(line.removeprefix(f"{ALLOCATOR}: "))
                     for line in lines).strip("\n")


def grade(plan: Plan, folder: str, jail: Jail) -> dict[str, Any]:
    """Judge one hand-in, and write its result."""
    result = _Judging(plan, plan.task(folder), jail).run()
    save_json(plan.results / folder / "result.json", result)
    return result
