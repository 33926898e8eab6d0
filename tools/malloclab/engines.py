"""Where units of work run: on this machine, by GNU parallel, or by Slurm.

An engine does the units that it is given, by their names. Each leaves a result;
a unit that has none, or a bad one, has failed, and do_all() tries it once more.
So engines need not tell what became of what.

On other machines the work is `tools/TOOL unit RESULTS --list FILE`, in a
checkout at the same path and with RESULTS at the same path. FILE names several
units, for a connection or a job of Slurm takes as long as doing some.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import shlex
import shutil
import signal
import subprocess
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator, Protocol, Sequence

from . import ROOT, output, pool
from .arguments import positive
from .progress import Progress

POLL = 0.5  # seconds
MOST_FAILED = 101  # parallel's status is how many jobs failed, up to this
MOST_JOBS = 1000  # of an array, as Slurm is set up unless told otherwise
CHUNK = 8


class EngineError(Exception):
    """Why the engine cannot do its work, in a sentence."""


class Work(Protocol):
    """Units of work. Each is idempotent: done again, it is the same."""

    tool: str  # its name in tools/
    failure: str  # what a unit is that has failed, in a word or two
    results: Path
    private: Path  # a folder in it, for lists and logs

    def do(self, unit: str) -> bool:
        """Do it in this process, and leave its result. Has it not failed?"""

    def is_done(self, unit: str) -> bool:
        """Is there a result of just this work, and not of a failure?"""

    def file(self, unit: str) -> Path:
        """The file that is written when it is done."""

    def name(self, unit: str) -> str:
        """What people call it."""


class Engine(Protocol):
    def run(self, work: Work, units: Sequence[str], progress: Progress
            ) -> None:
        """Do them. Raises EngineError where the engine itself fails."""


def left(work: Work, units: Sequence[str]) -> list[str]:
    return [unit for unit in units if not work.is_done(unit)]


def do_all(engine: Engine, work: Work, units: Sequence[str],
           note: Callable[[str], None]) -> None:
    """What is left to do; and once more what failed."""
    for attempt in "once", "twice":
        todo = left(work, units)
        if not todo:
            return
        if attempt == "twice":
            note(f"{work.failure}, tried once more: "
                 f"{', '.join(map(work.name, todo))}")
        progress = Progress(len(todo), work.failure)
        try:
            engine.run(work, todo, progress)
        finally:
            progress.end()


def do_listed(work: Work, path: Path) -> int:
    """What `tools/TOOL unit` does: the units of a list. The exit status."""
    pool.end_with_programs()
    status = 0
    for unit in path.read_text().splitlines():
        if not work.is_done(unit):
            status |= not work.do(unit)
    return status


@contextmanager
def locked(work: Work) -> Iterator[None]:
    """One command at a time writes there."""
    work.private.mkdir(parents=True, exist_ok=True)
    with open(work.private / "lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EngineError(f"{work.results}: another tools/{work.tool} "
                              "writes there") from None
        yield


# ---- Options. ----


def add_options(parser: argparse.ArgumentParser, units: str, what: str
                ) -> None:
    """units: what they are, in the plural; what: the program that does them."""
    parser.add_argument("--engine", default="local",
                        choices=["local", "parallel", "slurm"],
                        help=f"what runs {what}: this machine, GNU parallel "
                        "or Slurm (default: local)")
    parser.add_argument("--jobs", type=positive, metavar="N",
                        help=f"{units} at a time on each machine (default: one "
                        "for each processor)")
    others = parser.add_argument_group("engines of several machines")
    others.add_argument("--hosts", default="", metavar="LIST",
                        help="parallel: machines with commas, as its "
                        "--sshlogin has them")
    others.add_argument("--sshloginfile", default="", metavar="FILE",
                        help="parallel: a file of machines")
    others.add_argument("--chunk", type=positive, default=CHUNK, metavar="N",
                        help=f"{units} for each job ({CHUNK})")
    others.add_argument("--sbatch", action="append", default=[],
                        metavar="OPTION", help="slurm: an option of sbatch, "
                        "such as --sbatch=--partition=short")


def check_options(parser: argparse.ArgumentParser, args: argparse.Namespace
                  ) -> None:
    if (args.hosts or args.sshloginfile) and args.engine != "parallel":
        parser.error("machines go with --engine parallel")
    if args.sbatch and args.engine != "slurm":
        parser.error("--sbatch goes with --engine slurm")
    if args.sshloginfile and not os.path.isfile(args.sshloginfile):
        parser.error(f"--sshloginfile: there is no file {args.sshloginfile}")


def chosen(args: argparse.Namespace, waits: bool = True) -> Engine:
    if args.engine == "parallel":
        return Parallel(args.hosts, args.sshloginfile, args.jobs, args.chunk)
    if args.engine == "slurm":
        return Slurm(args.chunk, args.sbatch, waits)
    return Local(args.jobs or len(os.sched_getaffinity(0)))


# ---- This machine. ----


@dataclass
class Local:
    """A process for each processor. If one dies, its pool ends, and what was
    not done is begun anew; if nothing was, the first unit by itself."""

    jobs: int

    def run(self, work: Work, units: Sequence[str], progress: Progress
            ) -> None:
        todo = list(units)
        while todo:
            rest = self.until_one_dies(work, todo, progress)
            if rest == todo:  # the pool has ended before any of them
                self.until_one_dies(work, todo[:1], progress)
                rest = todo[1:]
            todo = rest

    def until_one_dies(self, work: Work, units: list[str],
                       progress: Progress) -> list[str]:
        """The units that are left."""
        rest = list(units)

        def ended(unit: str, good: bool) -> None:
            progress.add(work.name(unit), not good)
            rest.remove(unit)

        try:
            pool.each(work.do, units, self.jobs, ended)
        except BrokenProcessPool:
            pass
        return rest


# ---- Others' machines. ----


def demand(*programs: str) -> None:
    for program, package in zip(programs[::2], programs[1::2]):
        if not shutil.which(program):
            raise EngineError(f"{program}: not installed; it is in the package "
                             f"{package}")


@dataclass
class _Program:
    """Another program that has the work done, while results appear. What it
    prints goes to engine.log."""

    work: Work
    units: Sequence[str]
    progress: Progress

    def run(self, words: Sequence[str]) -> int:
        before = {unit: self.stamp(unit) for unit in self.units}
        with open(self.log, "wb") as log, subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=ROOT, start_new_session=True) as program:
            try:
                while True:
                    try:
                        return program.wait(POLL)
                    except subprocess.TimeoutExpired:
                        self.progress.at(sum(
                            self.stamp(unit) != before[unit]
                            for unit in self.units))
            except BaseException:
                os.killpg(program.pid, signal.SIGTERM)
                raise

    @property
    def log(self) -> Path:
        return self.work.private / "engine.log"

    def stamp(self, unit: str) -> int:
        try:
            return self.work.file(unit).stat().st_mtime_ns
        except OSError:
            return 0

    def last_line(self) -> str:
        lines = self.log.read_text(errors="replace").split("\n")
        return next((line for line in reversed(lines) if line.strip()), "-")


def _write_lists(folder: Path, units: Sequence[str], size: int) -> list[Path]:
    """Files with the names of so many units each."""
    for path in folder.glob("list-*"):
        path.unlink()
    paths = []
    for first in range(0, len(units), size):
        path = folder / f"list-{len(paths)}"
        output.save(str(path), "".join(
            f"{unit}\n" for unit in units[first:first + size]).encode())
        paths.append(path)
    return paths


def _unit(work: Work) -> str:
    """A shell's words, to which the path of a list is added."""
    return shlex.join([str(ROOT / "tools" / work.tool), "unit",
                       str(work.results), "--list"])


@dataclass
class Parallel:
    """GNU parallel. It gives a part of the work that fails to another machine
    once; the machine it fails on is in joblog."""

    hosts: str  # as parallel's --sshlogin; "": this machine
    file: str  # of such, as --sshloginfile, or ""
    jobs: int | None  # on each machine
    chunk: int

    def run(self, work: Work, units: Sequence[str], progress: Progress
            ) -> None:
        demand("parallel", "parallel", "ssh", "openssh-client")
        program = _Program(work, units, progress)
        lists = _write_lists(work.private, units, self.chunk)
        status = program.run([*self.words(work), ":::", *map(str, lists)])
        if status > MOST_FAILED:
            raise EngineError(f"parallel: {program.last_line()}")

    def words(self, work: Work) -> list[str]:
        words = ["parallel", "--will-cite", "--retries", "2", "--joblog",
                 str(work.private / "joblog")]
        for option, value in (("--sshlogin", self.hosts),
                              ("--sshloginfile", self.file),
                              ("--jobs", self.jobs)):
            words += [option, str(value)] if value else []
        return [*words, f"{_unit(work)} {{}}"]


@dataclass
class Slurm:
    """A job array of Slurm's, each of its jobs a part of the work."""

    chunk: int
    options: list[str]  # of sbatch
    waits: bool

    def run(self, work: Work, units: Sequence[str], progress: Progress
            ) -> None:
        demand("sbatch", "slurm-client", "scancel", "slurm-client")
        size = max(self.chunk, -(-len(units) // MOST_JOBS))
        lists = _write_lists(work.private, units, size)
        name = f"{work.tool}-{os.getpid()}-{os.urandom(4).hex()}"
        program = _Program(work, units, progress)
        try:
            program.run(self.words(work, name, len(lists)))
        except BaseException:
            subprocess.run(["scancel", "--name", name],
                           stdin=subprocess.DEVNULL)
            raise
        if not program.last_line().isdecimal():
            raise EngineError(program.last_line())

    def words(self, work: Work, name: str, count: int) -> list[str]:
        folder = work.private
        command = f"exec {_unit(work)} {shlex.quote(str(folder))}/list-" \
            "$SLURM_ARRAY_TASK_ID"
        return ["sbatch", "--parsable", *(["--wait"] if self.waits else []),
                "--job-name", name, "--array", f"0-{count - 1}",
                "--chdir", str(ROOT), "--output",
                f"{str(folder).replace('%', '%%')}/slurm-%a.log",
                *self.options, "--wrap", command]
