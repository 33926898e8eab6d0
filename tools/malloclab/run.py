"""tools/run: a program with any allocator as its malloc."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn, Sequence

from . import BUILD, ROOT, handin, preloading
from .arguments import Parser
from .handin import object_code
from .making import MakeError, make

PRELOADS = BUILD / "preload"
LIBC = "libc.so.6"
FAMILY = {"malloc", "calloc", "realloc", "free"}
SYSTEM_MALLOCS = ("libjemalloc.so.2", "libmimalloc.so.2",
                  "libtcmalloc_minimal.so.4")

EPILOG = """\
ALLOCATOR is a name of the lab (mm, one of variants/, one of libraries/), the
C file of a hand-in, which is built first, a malloc's shared object by path or
by a soname that the loader finds, or libc, whose own malloc then stands before
one that the program is linked with.

examples:
  tools/run --allocator explicit -- python3 x.py
  tools/run --allocator path/to/mm.c -- git log
  tools/run --allocator libjemalloc.so.2 -- sort words
  LD_PRELOAD=$(tools/run --print --allocator tlsf) make

The command's children have the same malloc. Statically linked and setuid
programs keep their own. Exit status: the command's, 127 where it is not found,
2 where the allocator is not.
"""


class RunError(Exception):
    """Why the program cannot run on the allocator, in a sentence."""


def build(*targets: str | Path) -> None:
    """Bring targets of the Makefile up to date."""
    try:
        make(*targets)
    except MakeError as error:
        raise RunError(str(error)) from None


def names() -> list[str]:
    """The lab's own allocators, mm first."""
    found = {path.stem for folder in ("variants", "libraries")
             for path in (ROOT / folder).glob("*.c")}
    return ["mm", *sorted(found - {"hardened"} | {"mm_hardened"})]


def _of_handin(source: Path) -> str:
    """The shared object of the hand-in, linked with runtime/."""
    objects = [BUILD / f"real/runtime/{part}.o"
               for part in ("preload", "new_delete", "threads", "blocks",
                             "side_table", "mapping", "misuse", "oslib_low")]
    build("handin-runtime")
    found = handin.gather([str(source)])
    lab, _ = handin.recognize(found.text)
    more = [*map(str, objects), "-Wl,-z,now", "-Wl,-z,nodelete",
            f"-Wl,--version-script={ROOT / 'runtime/malloc.map'}"]
    return str(handin.build(found, lab, PRELOADS / "handin", more=more))


def _found_by_loader(soname: str) -> str | None:
    """Where the loader finds it: it lists what it would load, with
    `soname => path (address)` for what is preloaded."""
    variables = {**os.environ, "LD_TRACE_LOADED_OBJECTS": "1",
                 "LD_PRELOAD": soname}
    listing = subprocess.run(["/bin/sh"], env=variables, text=True,
                             stdin=subprocess.DEVNULL, capture_output=True)
    for line in listing.stdout.splitlines():
        words = line.split()
        if words[:2] == [soname, "=>"] and words[2].startswith("/"):
            return words[2]
    return None


def _object_of(allocator: str) -> str:
    """The allocator's shared object, by path or by soname."""
    if allocator == "libc":
        return LIBC
    if allocator.endswith(".c"):
        return _of_handin(Path(allocator))
    if allocator in names():
        built = PRELOADS / f"{allocator}.so"
        build(built)
        return str(built)
    if "/" in allocator and Path(allocator).exists():
        return _checked(allocator)
    found = _found_by_loader(allocator) if "/" not in allocator else None
    if found:
        return found
    known = ", ".join([*names(), "libc"])
    raise RunError(f"no allocator '{allocator:.200}': it is none of {known}, "
                   "no C file, no shared object that is found")


def _checked(path: str) -> str:
    """The loader only warns of what it cannot preload, and the program runs on
    the C library's malloc."""
    if not Path(path).is_file():
        raise RunError(f"{path}: it is no file")
    listed = subprocess.run([*object_code.READELF, path],
                            stdin=subprocess.DEVNULL, capture_output=True,
                            text=True, errors="replace")
    exported = object_code.read(listed.stdout).exported
    if listed.returncode != 0 or not exported:
        raise RunError(f"{path}: it is no shared object")
    if not FAMILY & exported:
        raise RunError(f"{path}: it has no malloc")
    return str(Path(path).resolve())


def preload_of(allocator: str) -> str:
    """The value of LD_PRELOAD for an allocator; a RunError if it is unknown."""
    try:
        return preloading.word(_object_of(allocator))
    except preloading.PreloadError as error:
        raise RunError(str(error)) from None


def split_installed(allocators: Sequence[str]
                    ) -> tuple[list[str], dict[str, str]]:
    """The allocators that can be preloaded, and why each other one cannot."""
    found, faults = [], {}
    for name in allocators:
        try:
            preload_of(name)
            found.append(name)
        except (RunError, handin.HandinError) as error:
            faults[name] = str(error)
    return found, faults


def environment(preload: str) -> dict[str, str]:
    """The environment with that preload, before the current LD_PRELOAD."""
    words = [preload, os.environ.get("LD_PRELOAD", "")]
    return {**os.environ, "LD_PRELOAD": ":".join(filter(None, words))}


def _execute(command: Sequence[str], preload: str) -> NoReturn:
    try:
        os.execvpe(command[0], list(command), environment(preload))
    except OSError as error:
        print(f"tools/run: {command[0]}: {error.strerror}", file=sys.stderr)
        raise SystemExit(127 if isinstance(error, FileNotFoundError)
                         else 126) from None


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="tools/run",
        usage="%(prog)s [--allocator ALLOCATOR] -- CMD [ARGS...]",
        description="Run a program with any allocator as its malloc.",
        epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-a", "--allocator", default="mm",
                        help="the allocator that is its malloc (mm)")
    parser.add_argument("--print", action="store_true",
                        help="print the value of LD_PRELOAD, and exit")
    parser.add_argument("--list", action="store_true",
                        help="list the lab's allocators, and exit")
    parser.add_argument("command", nargs=argparse.REMAINDER,
                        help=argparse.SUPPRESS)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    parser = _parser()
    options = parser.parse_args(arguments)
    command = options.command[options.command[:1] == ["--"]:]
    if options.list:
        print("\n".join([*names(), "libc"]))
        return 0
    if not any(command[:1]) and not options.print:
        parser.error("no command is given")
    try:
        preload = preload_of(options.allocator)
    except (RunError, handin.HandinError) as error:
        print(f"tools/run: {error}", file=sys.stderr)
        return 2
    if options.print:
        print(preload)
        return 0
    _execute(command, preload)
