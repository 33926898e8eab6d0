"""The command line of tools/handin."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Sequence

from .. import ROOT
from ..making import MakeError, make
from . import hints
from .building import build
from .labs import LABS, recognize
from .sources import HandinError, gather

NO_JSON = ("--list", "--watch", "--shrink", "--explain", "--pack", "--help",
           "-h", "--in-process", "--version")

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
    parser = argparse.ArgumentParser(
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
    parser.add_argument("--cc", default="gcc", help="compiler (gcc)")
    return parser


def _is_writable(path: Path) -> bool:
    while not path.exists():
        path = path.parent
    return os.access(path, os.W_OK)


def _judge_of(mode: str) -> Path:
    """The mode's mdriver, brought up to date where that is possible."""
    folder = ROOT / "build" / mode
    parts = [folder / name for name in ("mdriver", "worker", "profiles.json")]
    if _is_writable(folder):
        try:
            make(*parts, f"MODE={mode}")
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


def _wait(process: subprocess.Popen[bytes]) -> int:
    """Ctrl-C is mdriver's to answer: it reports what was done."""
    while True:
        try:
            status = process.wait()
            return status if status >= 0 else 128 - status
        except KeyboardInterrupt:
            continue


def _run(words: Sequence[str], options: Sequence[str], narrow: bool) -> int:
    """Judge. If the lab may be narrow, of 32 bits, the last line says what the
    verdicts hint at."""
    if not narrow or any(option.split("=")[0] in NO_JSON for option in options):
        return _wait(subprocess.Popen([*words, *options]))
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results.json"
        status = _wait(subprocess.Popen(
            [*words, "--json", str(results), *options]))
        hint = hints.of_32_bits(results)
    if status == 1 and hint:
        print(hint, flush=True)
    return status


def _judge(args: argparse.Namespace, options: Sequence[str]) -> int:
    if args.mode == "m32":
        hints.demand_32_bits()
    handin = gather(args.source)
    lab, why = recognize(handin.text)
    if args.lab:
        lab, why = LABS[args.lab], "by --lab"
    align = args.align or lab.align
    judge = _judge_of(args.mode)
    library = build(handin, lab, _build_folder(args.mode), args.cc, args.mode)
    files = f", from {' '.join(path.name for path in handin.paths)}" \
        if len(handin.paths) > 1 else ""
    print(f"{handin.given}: lab {lab.name} ({why}), {align}-byte alignment"
          f"{files}", flush=True)
    name = handin.given.replace("=", "_").replace(",", "_")
    return _run([str(judge), "--align", str(align), "--allocator",
                 f"{name}={library}"], options,
                lab.name == "csapp" and args.mode != "m32")


def main() -> int:
    words = sys.argv[1:]
    cut = words.index("--") if "--" in words else len(words)
    try:
        return _judge(_parser().parse_args(words[:cut]), words[cut + 1:])
    except HandinError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{error.filename or '-'}: {error.strerror}", file=sys.stderr)
        return 2
