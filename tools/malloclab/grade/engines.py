"""Where units of work run: on this machine, by GNU parallel, or by Slurm.

An engine judges the hand-ins that it is given, by their folders. It leaves a
result.json for each; one that lacks it, or is "not-graded", has failed, and
command.py tries it once more. So engines need not tell what became of what.

On other machines the unit of work is `tools/grade unit RESULTS FOLDER...`, in a
checkout at the same path and with RESULTS at the same path. It is given several
hand-ins, for a connection or a job of Slurm takes as long as judging some.
"""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import os
import shlex
import shutil
import signal
import subprocess
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Sequence

from .. import ROOT, bounded
from ..jail import Jail
from . import GradeError, plan as plans
from .plan import FOLDER, Plan, Task
from .progress import Progress

TOOL = ROOT / "tools/grade"
POLL = 0.5  # seconds
MOST_FAILED = 101  # parallel's status is how many jobs failed, up to this
MOST_JOBS = 1000  # of an array, as Slurm is set up unless told otherwise


class Engine(Protocol):
    def run(self, plan: Plan, tasks: Sequence[Task], progress: Progress
            ) -> None:
        """Judge them. Raises GradeError where the engine itself fails."""


# ---- This machine. ----


@dataclass
class Local:
    """A process for each processor. If one dies, those that remain are begun
    anew, as long as that brings anything about."""

    jobs: int
    jail: Jail

    def run(self, plan: Plan, tasks: Sequence[Task], progress: Progress
            ) -> None:
        before, left = None, list(tasks)
        while left and left != before:
            before, left = left, self.until_one_dies(plan, left, progress)

    def until_one_dies(self, plan: Plan, tasks: list[Task],
                       progress: Progress) -> list[Task]:
        """The tasks that are left."""
        pool = concurrent.futures.ProcessPoolExecutor(
            min(self.jobs, len(tasks)), multiprocessing.get_context("fork"),
            _begin, (plan, self.jail))
        waiting = {pool.submit(_grade, task.folder): task for task in tasks}
        try:
            for future in concurrent.futures.as_completed(waiting):
                progress.add(waiting[future].student, not future.result())
                del waiting[future]
        except BrokenProcessPool:
            pass
        except BaseException:
            _stop(pool)
            raise
        pool.shutdown()
        return list(waiting.values())


def _stop(pool: concurrent.futures.ProcessPoolExecutor) -> None:
    pool.shutdown(wait=False, cancel_futures=True)
    for child in multiprocessing.active_children():
        child.terminate()
        child.join()


_shared: list[Any] = []  # of a process of the pool: its plan and jail


def _begin(plan: Plan, jail: Jail) -> None:
    _shared[:] = [plan, jail]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_judge()


def end_with_judge() -> None:
    """When this process is asked to end, its judge ends, too."""
    for number in signal.SIGTERM, signal.SIGHUP:
        signal.signal(number, _end)


def _end(number: int, frame: object) -> None:
    bounded.stop_all()
    os._exit(1)


def _grade(folder: str) -> bool:
    from .unit import grade
    return grade(_shared[0], folder, _shared[1])["status"] != "not-graded"


# ---- Others' machines. ----


def demand(*programs: str) -> None:
    for program, package in zip(programs[::2], programs[1::2]):
        if not shutil.which(program):
            raise GradeError(f"{program}: not installed; it is in the package "
                             f"{package}")


@dataclass
class _Program:
    """Another program that has the work done, while results appear. What it
    prints goes to RESULTS/.grade/engine.log."""

    plan: Plan
    tasks: Sequence[Task]
    progress: Progress

    def run(self, words: Sequence[str]) -> int:
        before = {task.folder: self.stamp(task) for task in self.tasks}
        with open(self.log, "wb") as log, subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=ROOT, start_new_session=True) as program:
            try:
                while True:
                    try:
                        return program.wait(POLL)
                    except subprocess.TimeoutExpired:
                        self.progress.at(sum(
                            self.stamp(task) != before[task.folder]
                            for task in self.tasks))
            except BaseException:
                os.killpg(program.pid, signal.SIGTERM)
                raise

    @property
    def log(self) -> Path:
        return self.plan.results / FOLDER / "engine.log"

    def stamp(self, task: Task) -> int:
        try:
            path = self.plan.results / task.folder / "result.json"
            return path.stat().st_mtime_ns
        except OSError:
            return 0

    def last_line(self) -> str:
        lines = self.log.read_text(errors="replace").split("\n")
        return next((line for line in reversed(lines) if line.strip()), "-")


def _write_lists(folder: Path, tasks: Sequence[Task], size: int) -> list[Path]:
    """Files with the folders of so many hand-ins each."""
    for path in folder.glob("list-*"):
        path.unlink()
    paths = []
    for first in range(0, len(tasks), size):
        path = folder / f"list-{len(paths)}"
        plans.save(path, "".join(f"{task.folder}\n" for task in
                                 tasks[first:first + size]).encode())
        paths.append(path)
    return paths


def _unit(plan: Plan) -> str:
    """A shell's words, to which the path of a list is added."""
    return shlex.join([str(TOOL), "unit", str(plan.results), "--list"])


@dataclass
class Parallel:
    """GNU parallel. It gives a part of the class that fails to another machine
    once; the machine it fails on is in .grade/joblog."""

    hosts: str  # as parallel's --sshlogin; "": this machine
    file: str  # of such, as --sshloginfile, or ""
    jobs: int | None  # on each machine
    chunk: int

    def run(self, plan: Plan, tasks: Sequence[Task], progress: Progress
            ) -> None:
        demand("parallel", "parallel", "ssh", "openssh-client")
        program = _Program(plan, tasks, progress)
        lists = _write_lists(plan.results / FOLDER, tasks, self.chunk)
        status = program.run([*self.words(plan), ":::", *map(str, lists)])
        if status > MOST_FAILED:
            raise GradeError(f"parallel: {program.last_line()}")

    def words(self, plan: Plan) -> list[str]:
        words = ["parallel", "--will-cite", "--retries", "2", "--joblog",
                 str(plan.results / FOLDER / "joblog")]
        for option, value in (("--sshlogin", self.hosts),
                              ("--sshloginfile", self.file),
                              ("--jobs", self.jobs)):
            words += [option, str(value)] if value else []
        return [*words, f"{_unit(plan)} {{}}"]


@dataclass
class Slurm:
    """A job array of Slurm's, each of its jobs a part of the class."""

    chunk: int
    options: list[str]  # of sbatch
    waits: bool

    def run(self, plan: Plan, tasks: Sequence[Task], progress: Progress
            ) -> None:
        demand("sbatch", "slurm-client", "scancel", "slurm-client")
        size = max(self.chunk, -(-len(tasks) // MOST_JOBS))
        lists = _write_lists(plan.results / FOLDER, tasks, size)
        name = f"grade-{os.getpid()}-{os.urandom(4).hex()}"
        program = _Program(plan, tasks, progress)
        try:
            program.run(self.words(plan, name, len(lists)))
        except BaseException:
            subprocess.run(["scancel", "--name", name],
                           stdin=subprocess.DEVNULL)
            raise
        if not program.last_line().isdecimal():
            raise GradeError(program.last_line())

    def words(self, plan: Plan, name: str, count: int) -> list[str]:
        folder = plan.results / FOLDER
        command = f"exec {_unit(plan)} {shlex.quote(str(folder))}/list-" \
            "$SLURM_ARRAY_TASK_ID"
        return ["sbatch", "--parsable", *(["--wait"] if self.waits else []),
                "--job-name", name, "--array", f"0-{count - 1}",
                "--chdir", str(ROOT), "--output",
                f"{str(folder).replace('%', '%%')}/slurm-%a.log",
                *self.options, "--wrap", command]
