"""What is to be judged, and by what: RESULTS/.grade/plan.json.

Every unit of work reads the plan, on whichever machine it runs. The key of a
result is a hash of all that determines it: sources, assignment, traces, judge,
compiler, options. A result whose key is today's is not computed again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Sequence

from .. import BUILD, ROOT, assignment, output, version
from ..handin import building
from ..keys import compiler, hashed
from ..making import MakeError, make
from . import GradeError

FOLDER = ".grade"
PROFILE = "grading"  # its name for mdriver
JUDGE = (BUILD / "mdriver", BUILD / "worker", BUILD / "profiles.json")
COUNTER = BUILD / "counter"
CODE = (*building.CODE, *(ROOT / "tools/malloclab/grade" / name for name in (
    "archives.py", "heap_picture.py", "sources.py", "unit.py")))
RESERVED = {"gradebook.csv", "index.html", "junit.xml"}
LONGEST = 80  # bytes of a folder's name


@dataclass
class Task:
    """One hand-in, in RESULTS/folder."""

    student: str
    folder: str
    source: str
    files: list[str] = field(default_factory=list)
    refused: str = ""
    notes: list[str] = field(default_factory=list)


@dataclass
class Plan:
    results: Path
    assignment: Path
    traces: Path
    jail: str
    measure: str | None  # of speed; None: as the assignment has it
    shown: str = ""  # the assignment, as the instructor names it
    tasks: list[Task] = field(default_factory=list)

    @cached_property
    def wanted(self) -> assignment.Assignment:
        """Raises AssignmentError."""
        return assignment.read(self.shown or self.assignment)

    @cached_property
    def profile(self) -> dict[str, Any]:
        """The assignment's, with a measure: instructions, where it leaves that
        open. Points of operations per second can only be timed."""
        profile = self.wanted.profile
        can_count = profile["reference"] == "libc"
        own = profile.get("measure") or \
            ("instructions" if can_count else "time")
        measure = self.measure or own
        if measure != own and not can_count:
            raise GradeError(f"{self.shown}: its points are not of {measure}; "
                             "with \"reference\": \"libc\" they could be")
        return {**profile, "measure": measure}

    @property
    def judge(self) -> tuple[Path, ...]:
        """The files of the build that judge."""
        counts = self.profile["measure"] == "instructions"
        return (*JUDGE, COUNTER) if counts else JUDGE

    @property
    def profiles(self) -> Path:
        return self.results / FOLDER / "profiles.json"

    @cached_property
    def basis(self) -> str:
        """The hash of all but the sources."""
        return hashed([self.assignment, *self.trace_files, *self.judge, *CODE],
                      [version(), compiler(), self.jail,
                       json.dumps(self.profile)])

    @cached_property
    def trace_files(self) -> list[Path]:
        return [self.traces / name for name in sorted(self.wanted.traces)]

    def task(self, folder: str) -> Task:
        for task in self.tasks:
            if task.folder == folder:
                return task
        raise GradeError(f"{self.path}: there is no hand-in {folder}")

    def content(self, task: Task) -> str:
        """The hash of the sources, and of all that judges them."""
        sources = self.results / task.folder / "source"
        files = sorted(path for path in sources.rglob("*") if path.is_file())
        return hashed(files, [self.basis, *(str(path.relative_to(sources))
                                            for path in files)])

    def key(self, task: Task) -> str:
        return hashed([], [self.content(task), task.student, task.source,
                           task.refused, *task.notes])

    def result(self, task: Task) -> dict[str, Any] | None:
        """What became of it; None where that is of other sources, another
        assignment or another judge, or is not whole."""
        path = self.results / task.folder / "result.json"
        try:
            value = json.loads(path.read_bytes())
        except (OSError, ValueError):
            return None
        current = isinstance(value, dict) and value.get("key") == self.key(task)
        return value if current else None

    @property
    def path(self) -> Path:
        return self.results / FOLDER / "plan.json"

    @cached_property
    def bounds(self) -> dict[str, float | None]:
        """The best utilization that is known to be possible, by trace."""
        return json.loads(self.bounds_path.read_text())

    @property
    def bounds_path(self) -> Path:
        return self.results / FOLDER / "bounds.json"

    def find_bounds(self) -> None:
        """They are the same for every hand-in, and take seconds."""
        ended = subprocess.run(
            [BUILD / "mdriver", "--assignment", self.assignment, "-t",
             self.traces, "--allocator", "libc", "--no-timing", "--bounds",
             "--json", "-"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, errors="replace")
        if ended.returncode not in (0, 1):
            raise GradeError(ended.stderr.strip().split("\n")[-1])
        save_json(self.bounds_path, {
            row["trace"]: best_bound(row["bounds"])
            for row in json.loads(ended.stdout)["results"]})

    def save(self) -> None:
        save_json(self.profiles, {PROFILE: self.profile})
        save_json(self.path, {
            "assignment": str(self.assignment), "traces": str(self.traces),
            "jail": self.jail, "measure": self.measure,
            "tasks": [asdict(task) for task in self.tasks]})


def best_bound(bounds: dict[str, float | None] | None) -> float | None:
    known = [(bounds or {}).get(key) for key in ("best_fit", "packing")]
    return max((bound for bound in known if bound is not None), default=None)


def load(results: Path) -> Plan:
    path = results / FOLDER / "plan.json"
    try:
        data = json.loads(path.read_text())
        return Plan(results, Path(data["assignment"]), Path(data["traces"]),
                    data["jail"], data["measure"],
                    tasks=[Task(**task) for task in data["tasks"]])
    except OSError as error:
        raise GradeError(f"{path}: {error.strerror}: nothing was graded into "
                         "this folder") from None
    except (ValueError, KeyError, TypeError):
        raise GradeError(f"{path}: this is no plan of tools/grade") from None


def check(plan: Plan) -> None:
    """Whether the judge, the assignment and its traces are there."""
    bring_up_to_date(JUDGE)
    if plan.profile["measure"] == "instructions":
        if not shutil.which("valgrind"):
            raise GradeError("valgrind: not installed; it counts instructions, "
                             "and --measure time does without")
        bring_up_to_date([COUNTER])
    for path in plan.trace_files:
        if not path.is_file():
            raise GradeError(f"{plan.shown}: \"traces\": there is no "
                             f"{path}")


def bring_up_to_date(judge: Sequence[Path]) -> None:
    if not os.access(ROOT, os.W_OK):
        missing = [path for path in judge if not path.exists()]
        if missing:
            raise GradeError(f"{missing[0]}: the lab is not built, and you may "
                             "not write there")
        return
    try:
        make(*judge, "MODE=release")
    except MakeError as error:
        raise GradeError(str(error)) from None


def folder_name(student: str) -> str:
    """A name for a folder: the student's where that is one; else what is left
    of it, and a few digits that make it unique. A student's own has no ~."""
    safe = "".join(letter if letter.isalnum() or letter in " @.+-_" else "_"
                   for letter in student)
    safe = safe.encode()[:LONGEST].decode(errors="ignore").strip(" ")
    if safe == student and safe[:1] not in ("", ".", "-") \
            and safe not in RESERVED:
        return safe
    digits = hashlib.sha256(student.encode(errors="replace")).hexdigest()[:8]
    return f"{safe.lstrip('.-') or 'student'}~{digits}"


def save_json(path: Path, value: Any) -> None:
    output.save(str(path), json.dumps(value, indent=1).encode() + b"\n")
