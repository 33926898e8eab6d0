"""The command line of tools/grade."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any, Sequence

from .. import ROOT, engines
from ..arguments import Parser
from ..assignment import AssignmentError
from ..engines import EngineError
from ..jail import MODES, Jail, JailError
from ..progress import Progress
from . import GradeError, checking, plan as plans, sources, summary
from .collecting import Handin, collect
from .plan import Plan, Task
from .sources import Refused
from .unit import Grading

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


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
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
    parser.add_argument("--no-wait", action="store_true",
                        help="slurm: end when the job is submitted; "
                        "tools/grade merge RESULTS does the rest")
    engines.add_options(parser, "hand-ins", "the judge")
    return parser


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = _parser()
    args = parser.parse_args(words)
    if args.no_wait and args.engine != "slurm":
        parser.error("--no-wait goes with --engine slurm")
    engines.check_options(parser, args)
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


def _report(shown: Path, results: list[dict[str, Any]]) -> int:
    failed = [result for result in results
              if result["status"] == "not-graded"]
    for result in failed:
        _note(f"{result['source']}: not graded: {result['comment']}")
    print(f"{shown}: {len(results) - len(failed)} of {len(results)} "
          "hand-ins are graded")
    return 1 if failed else 0


def grade(args: argparse.Namespace) -> int:
    results = args.into.absolute()
    plan = plan_of(args, results, args.jail)
    work = Grading(plan, Jail.open(args.jail, _note))
    with engines.locked(work):
        _collect(args, plan)
        if args.again:
            for unit in _units(plan):
                work.file(unit).unlink(missing_ok=True)
        engine = engines.chosen(args, waits=not args.no_wait)
        if args.no_wait:
            return _submit(work, engine, args.into)
        try:
            engines.do_all(engine, work, _units(plan), _note)
        except KeyboardInterrupt:
            return _interrupted(work, args.into)
        return _report(args.into, summary.write(plan))


def _units(plan: Plan) -> list[str]:
    return [task.folder for task in plan.tasks]


def _submit(work: Grading, engine: engines.Engine, shown: Path) -> int:
    units = _units(work.plan)
    todo = engines.left(work, units)
    if todo:
        engine.run(work, todo, Progress(len(todo)))
    print(f"{len(todo)} of {len(units)} hand-ins are submitted; when "
          f"their jobs have ended, tools/grade merge {shown}")
    return 0


def _interrupted(work: Grading, shown: Path) -> int:
    units = _units(work.plan)
    _note(f"interrupted: {len(units) - len(engines.left(work, units))} of "
          f"{len(units)} hand-ins are graded; the same command goes on, "
          f"and tools/grade merge {shown} shows what there is")
    return 130


def merge(words: Sequence[str]) -> int:
    parser = Parser(
        prog="tools/grade merge", description="Write gradebook and pages of "
        "the results that are there.")
    parser.add_argument("results", metavar="RESULTS", type=Path)
    shown = parser.parse_args(words).results
    plan = plans.load(shown.absolute())
    with engines.locked(Grading(plan, Jail("off", False))):
        return _report(shown, summary.write(plan))


def unit(words: Sequence[str]) -> int:
    """What engines run on other machines; nobody types it."""
    parser = Parser(prog="tools/grade unit")
    parser.add_argument("results", type=Path)
    parser.add_argument("--list", type=Path, required=True)
    args = parser.parse_args(words)
    plan = plans.load(args.results)
    return engines.do_listed(Grading(plan, Jail.open(plan.jail, _note)),
                             args.list)


COMMANDS = {"check": checking.main, "merge": merge, "unit": unit}


def main() -> int:
    words = sys.argv[1:]
    try:
        if words and words[0] in COMMANDS:
            return COMMANDS[words[0]](words[1:])
        return grade(_arguments(words))
    except (GradeError, EngineError, AssignmentError, JailError) as error:
        _note(str(error))
    except OSError as error:
        _note(f"{error.filename or '-'}: {error.strerror}")
    return 2
