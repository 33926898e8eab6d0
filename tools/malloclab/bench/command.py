"""The command line of tools/bench."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Sequence

from .. import BUILD, ROOT
from ..arguments import Parser, add_subcommand
from ..columns import add_markdown
from . import (comparison, exchange, faults, judge, lookahead, memory_return,
               misuse, pareto, record, scaling, threads, worst)
from .part import Part
from .table import BenchError, warn

# In this order all parts are run when none is named.
PARTS: dict[str, Part] = {
    "table": comparison,
    "pareto": pareto,
    "worst": worst,
    "scaling": scaling,
    "threads": threads,
    "exchange": exchange,
    "memory-return": memory_return,
    "misuse": misuse,
    "judge": judge,
    "record": record,
    "lookahead": lookahead,
    "faults": faults,
}

# Then the table's figures are kept, and the picture is drawn from them.
KEPT, PICTURE = "bench/table.json", "bench/pareto.png"


def _words(name: str, build: Path) -> list[str]:
    return [name, f"--build={build}"] + {
        "table": [f"--json={build / KEPT}"],
        "pareto": [f"--from={build / KEPT}", f"--output={build / PICTURE}"],
    }.get(name, [])


EPILOG = """\
Without a PART, all parts are run with their defaults, which takes about fifteen
minutes. Times hold for this machine and this moment; quote ratios.
Exit status: 0; 1 where an allocator failed; 2 where it could not be measured;
130 interrupted: what was done is printed.
"""


def _common(build: object) -> argparse.ArgumentParser:
    """A parser of the options that may come before or after the part."""
    common = Parser(add_help=False)
    add_markdown(common)
    common.add_argument("--build", type=lambda text: ROOT / text,
                        default=build, metavar="FOLDER",
                        help="the build to measure (build/release)")
    return common


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="tools/bench", usage="%(prog)s [PART] [options]",
        parents=[_common(BUILD)], epilog=EPILOG,
        description="Measure allocators, and the lab itself.",
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = parser.add_subparsers(dest="part", metavar="PART", title="parts")
    for name, module in PARTS.items():
        module.add_options(add_subcommand(
            parts, "tools/bench", name, module.ABOUT, module.DETAILS,
            parents=[_common(argparse.SUPPRESS)]))
    return parser


def _run_all(parser: argparse.ArgumentParser, build: Path) -> int:
    """Run each part, even if one fails; return the highest exit status."""
    worst_status = 0
    for name, module in PARTS.items():
        print(f"== {name}: {module.ABOUT}\n", flush=True)
        try:
            status = module.run(parser.parse_args(_words(name, build)))
        except BenchError as error:
            warn(error)
            status = 2
        if status == 130:
            return status
        worst_status = max(worst_status, status)
        print(flush=True)
    return worst_status


def main(arguments: Sequence[str] | None = None) -> int:
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        if options.part is None:
            return _run_all(parser, options.build)
        return PARTS[options.part].run(options)
    except BenchError as error:
        warn(error)
        return 2
    except KeyboardInterrupt:
        return 130
