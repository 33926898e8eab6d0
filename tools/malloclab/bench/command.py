"""The command line of tools/bench."""

from __future__ import annotations

import argparse
import sys
from typing import Sequence

from .. import run as tools_run
from . import comparison, judge, memory_return, scaling, threads, worst
from .table import BenchError, warn

# In the order in which they are run when none is named.
PARTS = {
    "table": comparison,
    "worst": worst,
    "scaling": scaling,
    "threads": threads,
    "memory-return": memory_return,
    "judge": judge,
}

EPILOG = """\
Without a part, all of them are run, with what is their default; that takes
some ten minutes. Times are of this machine, now; ratios are what to quote.
Exit status: 0; 1 where an allocator failed; 2 where it could not be measured;
130 interrupted: what was done is printed.
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tools/bench", usage="%(prog)s [PART] [options]",
        description="Measure allocators, and the lab itself.", epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--build", type=lambda text: tools_run.ROOT / text,
                        default=tools_run.BUILD, metavar="FOLDER",
                        help="the build to measure (build/release)")
    parts = parser.add_subparsers(dest="part", metavar="PART", title="parts")
    for name, module in PARTS.items():
        part = parts.add_parser(
            name, parents=[common], help=module.ABOUT.replace("%", "%%"),
            prog=f"tools/bench {name}",
            description=f"{module.ABOUT[0].upper()}{module.ABOUT[1:]}.",
            epilog=module.DETAILS,
            formatter_class=argparse.RawDescriptionHelpFormatter)
        module.add_options(part)
    return parser


def _run_all(parser: argparse.ArgumentParser, build: Sequence[str]) -> int:
    worst_status = 0
    for name, module in PARTS.items():
        print(f"{name}: {module.ABOUT}\n", flush=True)
        try:
            status = module.run(parser.parse_args([name, *build]))
        except BenchError as error:
            warn(error)
            status = 2
        worst_status = max(worst_status, status)
        print(flush=True)
    return worst_status


def main(arguments: Sequence[str] | None = None) -> int:
    words = list(sys.argv[1:] if arguments is None else arguments)
    parser = _parser()
    try:
        if not words or words[0].startswith("--build"):
            return _run_all(parser, words)
        options = parser.parse_args(words)
        return PARTS[options.part].run(options)
    except BenchError as error:
        warn(error)
        return 2
    except KeyboardInterrupt:
        return 130
