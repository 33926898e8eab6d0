"""The command line of tools/grade."""

from __future__ import annotations

import argparse
import fcntl
import os
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator, Sequence

from .. import ROOT
from ..arguments import positive
from ..assignment import AssignmentError
from ..jail import MODES, Jail, JailError
from . import GradeError, checking, engines, plan as plans, sources, summary
from .collecting import Handin, collect
from .plan import FOLDER, Plan, Task
from .progress import Progress
from .sources import Refused

DETAILS = """\
HANDINS are folders with an entry for each student (NAME.c, NAME/ with a mm.c,
NAME.zip or .tar and so on), archives of such folders, or single hand-ins.
Exports of Autolab, Gradescope, Moodle and GitHub Classroom are known by their
names. docs/grading.md says how.

RESULTS gets gradebook.csv, index.html, junit.xml, and a folder for each
student. The same command goes on where it was interrupted: a hand-in is judged
again only if it, the assignment, its traces or the judge have changed, or if it
could not be judged.

  tools/grade check ASSIGNMENT    what an assignment costs, and what the
                                  variants of this lab get for it
  tools/grade merge RESULTS       write gradebook and pages of what is there

Exit status: 0 every hand-in has its points; 1 some could not be judged, and are
named; 2 the input is wrong; 130 interrupted, and what was done is kept.
"""
CHUNK = 8


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tools/grade", description="Grade the hand-ins of a class.",
        usage="%(prog)s [options] ASSIGNMENT HANDINS... --into RESULTS",
        epilog=DETAILS, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("assignment", metavar="ASSIGNMENT")
    parser.add_argument("handins", metavar="HANDINS", nargs="+")
    parser.add_argument("--into", metavar="RESULTS", required=True, type=Path,
                        help="folder of the results")
    parser.add_argument("--again", action="store_true",
                        help="judge every hand-in anew")
    parser.add_argument("--jail", default="auto", choices=MODES,
                        help="protection from hand-ins: what the machine can "
                        "give (auto), all or nothing (require), none (off)")
    add_measure(parser)
    parser.add_argument("--engine", default="local",
                        choices=["local", "parallel", "slurm"],
                        help="what runs the judge: this machine, GNU parallel "
                        "or Slurm (default: local)")
    parser.add_argument("--jobs", type=positive, metavar="N",
                        help="hand-ins at a time on each machine (default: one "
                        "for each processor)")
    others = parser.add_argument_group("engines of several machines")
    others.add_argument("--hosts", default="", metavar="LIST",
                        help="parallel: machines with commas, as its "
                        "--sshlogin has them")
    others.add_argument("--sshloginfile", default="", metavar="FILE",
                        help="parallel: a file of machines")
    others.add_argument("--chunk", type=positive, default=CHUNK, metavar="N",
                        help=f"hand-ins for each job ({CHUNK})")
    others.add_argument("--sbatch", action="append", default=[],
                        metavar="OPTION", help="slurm: an option of sbatch, "
                        "such as --sbatch=--partition=short")
    others.add_argument("--no-wait", action="store_true",
                        help="slurm: end when the job is submitted; "
                        "tools/grade merge RESULTS does the rest")
    return parser


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = _parser()
    args = parser.parse_args(words)
    if args.no_wait and args.engine != "slurm":
        parser.error("--no-wait goes with --engine slurm")
    if (args.hosts or args.sshloginfile) and args.engine != "parallel":
        parser.error("machines go with --engine parallel")
    return args


def add_measure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--measure", choices=["time", "instructions"],
                        help="of speed (default: the assignment's, else "
                        "instructions, which do not depend on the machine's "
                        "load)")
    parser.add_argument("-t", "--traces", metavar="DIR", type=Path,
                        default=ROOT / "traces",
                        help="where the assignment's traces are (traces)")


def plan_of(args: argparse.Namespace, results: Path, jail: str) -> Plan:
    """Of what the command line says, without its hand-ins."""
    plan = Plan(results, Path(args.assignment).absolute(),
                args.traces.absolute(), jail, args.measure, args.assignment)
    plans.check(plan)
    return plan


# ---- What was handed in. ----


def _task(handin: Handin, plan: Plan) -> Task:
    """Its sources come to lie in RESULTS/STUDENT/source."""
    task = Task(handin.student, plans.folder_name(handin.student),
                handin.source, [], handin.refused, handin.notes)
    folder = plan.results / task.folder
    folder.mkdir(exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=".source-", dir=folder))
    try:
        if handin.path:
            task.files = sources.copy(handin.path, new / "source")
        else:
            (new / "source").mkdir()
    except Refused as refused:
        task.refused = str(refused)
    sources.replace(new / "source", folder / "source")
    new.rmdir()
    return task


def _collect(args: argparse.Namespace, plan: Plan) -> None:
    with tempfile.TemporaryDirectory(prefix="malloclab-") as scratch:
        handins = collect(args.handins, Path(scratch), _note)
        plan.tasks = [_task(handin, plan) for handin in handins]
    plan.save()
    plan.find_bounds()


def _note(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


# ---- Grading. ----


def _engine(args: argparse.Namespace, jail: Jail) -> engines.Engine:
    if args.engine == "parallel":
        return engines.Parallel(args.hosts, args.sshloginfile, args.jobs,
                                args.chunk)
    if args.engine == "slurm":
        return engines.Slurm(args.chunk, args.sbatch, not args.no_wait)
    return engines.Local(args.jobs or len(os.sched_getaffinity(0)), jail)


def _is_done(plan: Plan, task: Task) -> bool:
    result = plan.result(task)
    return result is not None and result["status"] != "not-graded"


def left(plan: Plan) -> list[Task]:
    return [task for task in plan.tasks if not _is_done(plan, task)]


def _grade(plan: Plan, engine: engines.Engine) -> None:
    """What is left to do; and once more what failed."""
    for attempt in "once", "twice":
        todo = left(plan)
        if not todo:
            return
        if attempt == "twice":
            _note(f"not judged, tried once more: {_names(todo)}")
        progress = Progress(len(todo))
        try:
            engine.run(plan, todo, progress)
        finally:
            progress.end()


def _names(tasks: Sequence[Task]) -> str:
    return ", ".join(task.student for task in tasks)


def _report(shown: Path, results: list[dict[str, Any]]) -> int:
    failed = [result for result in results
              if result["status"] == "not-graded"]
    for result in failed:
        _note(f"{result['source']}: not graded: {result['comment']}")
    print(f"{shown}: {len(results) - len(failed)} of {len(results)} "
          "hand-ins are graded")
    return 1 if failed else 0


@contextmanager
def _locked(results: Path) -> Iterator[None]:
    """One tools/grade at a time writes there."""
    (results / FOLDER).mkdir(parents=True, exist_ok=True)
    with open(results / FOLDER / "lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise GradeError(f"{results}: another tools/grade writes there") \
                from None
        yield


def grade(args: argparse.Namespace) -> int:
    results = args.into.absolute()
    plan = plan_of(args, results, args.jail)
    jail = Jail.open(args.jail, _note)
    with _locked(results):
        _collect(args, plan)
        if args.again:
            for task in plan.tasks:
                (results / task.folder / "result.json").unlink(missing_ok=True)
        engine = _engine(args, jail)
        if args.no_wait:
            return _submit(plan, engine, args.into)
        try:
            _grade(plan, engine)
        except KeyboardInterrupt:
            return _interrupted(plan, args.into)
        return _report(args.into, summary.write(plan))


def _submit(plan: Plan, engine: engines.Engine, shown: Path) -> int:
    todo = left(plan)
    if todo:
        engine.run(plan, todo, Progress(len(todo)))
    print(f"{len(todo)} of {len(plan.tasks)} hand-ins are submitted; when "
          f"their jobs have ended, tools/grade merge {shown}")
    return 0


def _interrupted(plan: Plan, shown: Path) -> int:
    _note(f"interrupted: {len(plan.tasks) - len(left(plan))} of "
          f"{len(plan.tasks)} hand-ins are graded; the same command goes on, "
          f"and tools/grade merge {shown} shows what there is")
    return 130


def merge(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="tools/grade merge", description="Write gradebook and pages of "
        "the results that are there.")
    parser.add_argument("results", metavar="RESULTS", type=Path)
    shown = parser.parse_args(words).results
    plan = plans.load(shown.absolute())
    with _locked(plan.results):
        return _report(shown, summary.write(plan))


def unit(words: Sequence[str]) -> int:
    """What engines run on other machines; nobody types it."""
    from .unit import grade as grade_one

    parser = argparse.ArgumentParser(prog="tools/grade unit")
    parser.add_argument("results", type=Path)
    parser.add_argument("--list", type=Path, required=True)
    args = parser.parse_args(words)
    plan = plans.load(args.results)
    engines.end_with_judge()
    jail = Jail.open(plan.jail, _note)
    status = 0
    for folder in args.list.read_text().splitlines():
        if not _is_done(plan, plan.task(folder)):
            result = grade_one(plan, folder, jail)
            status |= result["status"] == "not-graded"
    return status


COMMANDS = {"check": checking.main, "merge": merge, "unit": unit}


def main() -> int:
    words = sys.argv[1:]
    try:
        if words and words[0] in COMMANDS:
            return COMMANDS[words[0]](words[1:])
        return grade(_arguments(words))
    except (GradeError, AssignmentError, JailError) as error:
        _note(str(error))
    except OSError as error:
        _note(f"{error.filename or '-'}: {error.strerror}")
    return 2
