"""tools/compare: what another version of an allocator changes.

Both are built, and one run of mdriver has them take turns: it does the
statistics (driver/measure/difference.c), and prints.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Sequence

from . import BUILD, foreground, versions
from .arguments import Parser
from .making import MakeError, make
from .versions import VersionError

DETAILS = """\
A and B are C files, such as mm.c; mm.c@REVISION is the file as it was then,
with the headers beside it. Other names go to mdriver as they are: allocators of
the build, sonames, libc. Both are compiled as tools/handin does.

All rounds of both are interleaved, so that the machine's load is in both times.
Instructions are counted where valgrind is installed. docs/benchmarks.md says
what intervals and limits mean. Arguments after -- go to mdriver.

examples:
  tools/compare mm.c@HEAD mm.c -f structs
  tools/compare mm.c@HEAD~3 mm.c --fail-if 'util<-0.5%,instructions>+1%'

Exit status: 0; 1 a limit is exceeded, or a verdict is bad; 2 the input is
wrong; 130 interrupted.
"""

OWN = ("--allocator", "--baseline")  # of mdriver's options


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="tools/compare",
        usage="%(prog)s [options] A B [-- mdriver options]",
        description="Compare two versions of an allocator.", epilog=DETAILS,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("a", metavar="A", help="what it is compared with")
    parser.add_argument("b", metavar="B", help="the newer version")
    parser.add_argument("-f", "--trace", action="append", default=[],
                        metavar="TRACE", help="as mdriver takes them; again "
                        "for more (all of traces/)")
    parser.add_argument("--fail-if", metavar="LIMITS",
                        help="exit status 1 where a change is beyond a limit")
    parser.add_argument("--json", metavar="FILE",
                        help="write results and changes as JSON")
    parser.add_argument("--markdown", metavar="FILE",
                        help="write the changes as Markdown; - is standard "
                        "output")
    return parser


def _check(parser: Parser, args: argparse.Namespace, options: Sequence[str]
           ) -> None:
    if args.a == args.b and not versions.is_source(args.a):
        parser.error(f"A and B are both {args.a}")
    for name in (option.partition("=")[0] for option in options):
        if name in OWN:
            parser.error(f"{name} is what A and B are for")


def _allocator(given: str) -> tuple[str, int]:
    """What mdriver calls it, and the alignment that it is judged by."""
    if not versions.is_source(given):
        return given, 16
    with tempfile.TemporaryDirectory(prefix="malloclab-") as place:
        source = versions.fetch(given, Path(place))
        built = versions.build(source, given)
    return str(built.library), built.align


def _words(args: argparse.Namespace, options: Sequence[str]) -> list[str]:
    """The command of mdriver."""
    (a, align), (b, other) = _allocator(args.a), _allocator(args.b)
    names = [name.replace("=", "_").replace(",", "_")
             for name in (args.a, args.b)]
    if names[0] == names[1]:
        names[1] += "-again"
    listed = ",".join(
        name if path == given else f"{name}={path}"
        for name, path, given in zip(names, (a, b), (args.a, args.b)))
    words = [str(BUILD / "mdriver"), "-v", "0", "--align",
             str(min(align, other)), "--allocator", listed,
             "--baseline", names[0]]
    if (BUILD / "counter").exists():
        words.append("--count")
    for option in "fail_if", "json", "markdown":
        value = getattr(args, option)
        words += [f"--{option.replace('_', '-')}", value] if value else []
    for trace in args.trace:
        words += ["-f", trace]
    return [*words, *options]


def _compare(args: argparse.Namespace, options: Sequence[str]) -> int:
    make("lab")
    return foreground.run(_words(args, options)).returncode


def main() -> int:
    words = sys.argv[1:]
    cut = words.index("--") if "--" in words else len(words)
    parser = _parser()
    args = parser.parse_args(words[:cut])
    _check(parser, args, words[cut + 1:])
    try:
        return _compare(args, words[cut + 1:])
    except (VersionError, MakeError) as error:
        print(error, file=sys.stderr)
    return 2
