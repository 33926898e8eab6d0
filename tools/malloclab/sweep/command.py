"""The command line of tools/sweep."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path
from typing import Sequence

from .. import engines
from ..arguments import Parser, names, positive
from ..columns import add_markdown
from ..engines import EngineError
from ..making import MakeError, make
from ..traces import manifest, places
from ..traces.places import TraceError
from ..versions import VersionError
from . import SweepError, search
from .outcome import WORTH, Outcome
from .space import MOST, Setting, Space, constant
from .work import JUDGE, Sweep, load, open_sweep

DETAILS = """\
SOURCE is a C file, or FILE@REVISION of git. A constant is a #define, an
enumerator or a const that gets a value there; each setting is built from a copy
with other values. All settings of the grid are measured on all traces, unless:

  --random N    N settings of the grid, chosen by --seed
  --halving     the better half of the settings goes on to twice as many traces

Instructions per operation and utilization are measured, which are the same on
every machine of one kind. TRACES are names as mdriver takes them, with commas;
generated, recorded and unseen stand for those kinds of traces/.

RESULTS gets results.json, results.csv, pareto.png and, of two constants,
heat.png. The same command goes on where it was interrupted; with more values or
traces it measures only what is new.

examples:
  tools/sweep variants/segregated.c -D MAX_PROBES=4,16,64 -f comb --into s
  tools/sweep mm.c -D MAX_PROBES=1,2,3,4 -D CLOSE_FIT=1,2,3 --halving --into s

Exit status: 0; 1 some settings could not be measured, or none is right; 2 the
input is wrong; 130 interrupted, and what was done is kept.
"""


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="tools/sweep",
        usage="%(prog)s [options] SOURCE -D NAME=VALUES... --into RESULTS",
        description="Try values of an allocator's constants.",
        epilog=DETAILS, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", metavar="SOURCE")
    parser.add_argument("-D", dest="constants", action="append", type=constant,
                        required=True, metavar="NAME=VALUES",
                        help="a constant, and its values with commas; again "
                        "for more constants")
    add_markdown(parser)
    parser.add_argument("--into", metavar="RESULTS", required=True, type=Path,
                        help="folder of the results")
    parser.add_argument("-f", "--traces", type=names, action="extend",
                        metavar="TRACES", help="what to measure on (generated "
                        "and recorded)")
    parser.add_argument("--held-out", type=names, default=[], metavar="TRACES",
                        help="then measure the best, the front and the "
                        "defaults on these")
    parser.add_argument("--by", choices=WORTH, default="both",
                        help="what makes a setting better: utilization, fewer "
                        "instructions, or the ratio of both (default)")
    parser.add_argument("--random", type=positive, metavar="N",
                        help="N settings of the grid")
    parser.add_argument("--halving", action="store_true",
                        help="successive halving")
    parser.add_argument("--seed", type=positive, default=1, metavar="N",
                        help="of --random, and of the traces' order in "
                        "--halving (1)")
    engines.add_options(parser, "settings", "the judge")
    return parser


def _arguments() -> argparse.Namespace:
    parser = _parser()
    args = parser.parse_args()
    given = [name for name, _ in args.constants]
    for name in given:
        if given.count(name) > 1:
            parser.error(f"-D {name} is given twice")
    engines.check_options(parser, args)
    return args


# ---- Traces and settings. ----


def _traces(wanted: Sequence[str]) -> list[str]:
    """The paths, each once."""
    folder = places.directory()
    listed = manifest.read(str(folder / "MANIFEST")) \
        if set(wanted) & set(manifest.KINDS) else None
    paths: list[Path] = []
    for name in wanted:
        if listed and name in manifest.KINDS:
            paths += [folder / entry.name for entry in listed.of_kind(name)]
        else:
            paths.append(places.found(name, folder))
    return [str(path) for path in dict.fromkeys(p.absolute() for p in paths)]


def _settings(args: argparse.Namespace, defaults: Setting) -> list[Setting]:
    """The defaults, and those that are to be tried."""
    space = Space(args.constants)
    if space.size > MOST:
        raise SweepError(f"-D: {space.size} settings are more than {MOST}")
    chosen = space.some(args.random, args.seed) if args.random \
        else list(space.grid())
    return [defaults, *(one for one in chosen if one != defaults)]


# ---- The sweep. ----


def _note(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _search(sweep: Sweep, args: argparse.Namespace, traces: list[str],
            others: list[str]) -> Outcome:
    engine = engines.chosen(args)

    def run(units: Sequence[str]) -> None:
        engines.do_all(engine, sweep, units, _note)

    settings = _settings(args, dict(sweep.defaults))
    points, dropped = \
        search.halving(sweep, run, settings, traces, args.by, args.seed) \
        if args.halving else search.grid(sweep, run, settings, traces)
    outcome = Outcome(sweep, args.by, traces, points, dropped, [])
    if others and outcome.right:
        chosen = [outcome.defaults, *outcome.right[:1], *outcome.front]
        outcome.held_out = search.held_out(
            sweep, run, [p.setting for number, p in enumerate(chosen)
                         if p not in chosen[:number]], others)
    return outcome


def _report(outcome: Outcome) -> int:
    print(outcome.table())
    if outcome.held_out:
        print(f"\nHeld-out traces:\n{outcome.held_out_table()}")
    print(f"\n{outcome.sentence()}")
    outcome.save()
    missing = [f"python3-{module}" for module in ("numpy", "matplotlib")
               if not importlib.util.find_spec(module)]
    if missing:
        _note(f"tools/sweep: no pictures: not installed: {' '.join(missing)}")
    elif outcome.right:
        from . import pictures
        for path in pictures.draw(outcome):
            print(path)
    return 0 if outcome.right and not any(
        point.comment.startswith("not measured") for point in
        [*outcome.points, *outcome.dropped, *outcome.held_out]) else 1


def sweep(args: argparse.Namespace) -> int:
    traces = _traces(args.traces or [manifest.GENERATED, manifest.RECORDED])
    others = _traces(args.held_out)
    for both in set(traces) & set(others):
        raise SweepError(f"--held-out: {Path(both).name} is one of the traces "
                         "to measure on")
    make(*JUDGE)
    plan = Sweep(args.into.absolute(), args.source, "", {})
    with engines.locked(plan):
        plan = open_sweep(plan.results, args.source,
                          [name for name, _ in args.constants])
        try:
            return _report(_search(plan, args, traces, others))
        except KeyboardInterrupt:
            done = len(plan.units) - len(engines.left(plan, list(plan.units)))
            _note(f"interrupted: {done} of {len(plan.units)} are measured; the "
                  "same command goes on")
            return 130


def unit(words: Sequence[str]) -> int:
    """What engines run on other machines; nobody types it."""
    parser = Parser(prog="tools/sweep unit")
    parser.add_argument("results", type=Path)
    parser.add_argument("--list", type=Path, required=True)
    args = parser.parse_args(words)
    return engines.do_listed(load(args.results), args.list)


def main() -> int:
    try:
        if sys.argv[1:2] == ["unit"]:
            return unit(sys.argv[2:])
        return sweep(_arguments())
    except (SweepError, EngineError, VersionError, MakeError, TraceError,
            manifest.ManifestError) as error:
        _note(str(error))
    except OSError as error:
        _note(f"{error.filename or '-'}: {error.strerror}")
    return 2
