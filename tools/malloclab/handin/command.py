"""The command line of tools/handin."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import Sequence

from .. import ROOT, assignment, jail as jails
from ..arguments import Parser
from ..assignment import Assignment, AssignmentError
from ..jail import Jail, JailError
from ..making import MakeError, make
from . import hints
from .building import build
from .judging import JUDGE, judge
from .labs import LABS, Lab, recognize
from .sources import Handin, HandinError, gather, printable

NO_JSON = ("--list", "--watch", "--shrink", "--explain", "--pack", "--fuzz",
           "--help", "-h", "--in-process", "--version")

EPILOG = """\
Where no --lab is given, the text tells: bool mm_init is of cmu; mm_idea,
mem_map, mm_audit and other names that only this project has are of house; a
team structure is of csapp. Where nothing tells, it is csapp. The first line
says which, and by what.

A folder stands for its mm.c and the C files that mm.c needs. A mm.h and a
config.h of the hand-in's own come first; memlib is always the judge's.

Arguments after -- go to mdriver, such as -- -f x.rep -l.

Exit status: 0 it is right, 1 it is wrong, 2 it does not build, 130 interrupted.
make handin does the same, but make ends with 2 for every failure.
"""


def _parser() -> argparse.ArgumentParser:
    labs = "; ".join(f"{lab.name}, {lab.about}" for lab in LABS.values())
    parser = Parser(
        prog="tools/handin",
        usage="%(prog)s [options] source... [-- mdriver options]",
        description="Build a hand-in's mm.c, unmodified, and judge it.",
        epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", nargs="+",
                        help="the hand-in's C files, or its folder")
    parser.add_argument("--lab", choices=list(LABS),
                        help=f"the lab that it is from: {labs}")
    parser.add_argument("--mode", default="release",
                        choices=["release", "san", "m32"],
                        help="the build to use; m32 for hand-ins that need "
                        "pointers of 4 bytes (default: release)")
    parser.add_argument("--align", type=int, choices=[8, 16],
                        help="alignment that payloads must have (default: the "
                        "lab's)")
    parser.add_argument("--assignment", metavar="FILE",
                        help="take lab, alignment, traces, limits and the "
                        "functions that it may call from this assignment")
    parser.add_argument("--jail", default="auto", choices=jails.MODES,
                        help="compile and judge in a jail: off, no; auto, with "
                        "what the machine can give; require, all of it, or "
                        "refuse (default: auto)")
    parser.add_argument("--cc", default="gcc", help="compiler (gcc)")
    return parser


def _is_writable(path: Path) -> bool:
    while not path.exists():
        path = path.parent
    return os.access(path, os.W_OK)


def _judge_of(mode: str) -> Path:
    """The mode's mdriver, brought up to date where that is possible."""
    folder = ROOT / "build" / mode
    parts = [folder / name for name in JUDGE]
    if _is_writable(folder):
        try:
            make("judge", f"MODE={mode}")
        except MakeError as error:
            raise HandinError(str(error)) from None
    elif not all(part.exists() for part in parts):
        raise HandinError(f"{ROOT}: the lab is not built for mode {mode}, and "
                          "cannot be, for you may not write there")
    return parts[0]


def _build_folder(mode: str) -> Path:
    """In the lab; where that is another's, in a folder of the user's own."""
    folder = ROOT / "build" / mode / "handin"
    if _is_writable(folder):
        return folder
    own = Path(tempfile.gettempdir()) / f"malloclab-{os.getuid()}"
    own.mkdir(mode=0o700, exist_ok=True)
    if own.stat().st_uid != os.getuid():
        raise HandinError(f"{own}: this folder is somebody else's")
    return own / mode


def _run(jail: Jail, words: Sequence[str], options: Sequence[str],
         library: Path, narrow: bool) -> int:
    """Judge. If the lab may be narrow, of 32 bits, the last line says what the
    verdicts hint at."""
    if not narrow or any(option.split("=")[0] in NO_JSON for option in options):
        return judge(jail, words, options, [library])
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results.json"
        status = judge(jail, [*words, "--json", str(results)], options,
                       [library], [Path(folder)])
        hint = hints.of_32_bits(results)
    if status == 1 and hint:
        print(hint, flush=True)
    return status


def _lab_of(args: argparse.Namespace, handin: Handin,
            asked: Assignment | None) -> tuple[Lab, str]:
    if args.lab:
        return LABS[args.lab], "by --lab"
    if asked:
        return LABS[asked.lab], f"by {args.assignment}"
    return recognize(handin.text)


def _options(args: argparse.Namespace, mdriver: Path) -> list[str]:
    """What mdriver is told of it, before the user's own options."""
    words = []
    if args.assignment:
        words += ["--assignment", args.assignment]
    if args.jail != "off" and b"\0jail\0" in mdriver.read_bytes():
        words += ["--jail", args.jail]
    return words


def _judge(args: argparse.Namespace, options: Sequence[str]) -> int:
    if args.mode == "m32":
        hints.demand_32_bits()
    mdriver = _judge_of(args.mode)
    asked = assignment.read(args.assignment, mdriver) \
        if args.assignment else None
    handin = gather(args.source)
    lab, why = _lab_of(args, handin, asked)
    align = args.align or (asked.alignment if asked else lab.align)
    jail = Jail.open(args.jail, _print_error)
    library = build(handin, lab, _build_folder(args.mode), args.cc, args.mode,
                    jail=jail, allowed=asked and asked.allowed)
    files = f", from {' '.join(path.name for path in handin.paths)}" \
        if len(handin.paths) > 1 else ""
    print(f"{handin.given}: lab {lab.name} ({why}), {align}-byte alignment"
          f"{printable(files)}", flush=True)
    name = handin.given.replace("=", "_").replace(",", "_")
    words = [str(mdriver), "--align", str(align), "--allocator",
             f"{name}={library}"]
    return _run(jail, words, [*_options(args, mdriver), *options], library,
                lab.name == "csapp" and args.mode != "m32")


def _print_error(line: object) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> int:
    words = sys.argv[1:]
    cut = words.index("--") if "--" in words else len(words)
    try:
        return _judge(_parser().parse_args(words[:cut]), words[cut + 1:])
    except HandinError as error:
        sys.stderr.write(error.said)
        _print_error(error)
    except (AssignmentError, JailError) as error:
        _print_error(error)
    except OSError as error:
        _print_error(f"{error.filename or '-'}: {error.strerror}")
    return 2
