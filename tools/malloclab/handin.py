"""tools/handin: build a hand-in's mm.c, unmodified, and judge it."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Sequence

from . import ROOT

# An allocator's own calls stay its own; old C is no error. A compiler ignores a
# -Wno- that it does not know, but not a -Wno-error=.
FLAGS = """-std=gnu17 -O2 -g -w -fcommon -fno-strict-aliasing -DDRIVER -fPIC
    -fno-semantic-interposition -shared -Wl,-Bsymbolic
    -Wno-implicit-function-declaration -Wno-implicit-int -Wno-int-conversion
    -Wno-incompatible-pointer-types -Wno-return-mismatch -Wno-return-type
    -Wno-declaration-missing-parameter-type""".split()


class HandinError(Exception):
    """Why it cannot be built, in a sentence."""


@dataclass
class Style:
    """The contract that a hand-in was written to, from its text."""

    later: bool  # bool mm_init: CMU since 2015; else the classic int
    checkheap: str | None  # what its mm_checkheap returns, where it has one
    plain_names: bool  # it defines malloc itself, without renaming it

    @property
    def align(self) -> int:
        return 16 if self.later else 8

    def describe(self) -> str:
        return "CMU 2015+ (bool mm_init)" if self.later else \
            "classic (int mm_init)"


def strip_comments(text: str) -> str:
    """The C text without comments, so that examples in them do not count."""
    return re.sub(r"/\*.*?\*/|//[^\n]*", " ", text, flags=re.S)


def inspect(text: str) -> Style:
    code = strip_comments(text)
    checkheap = re.search(r"^\s*(?!static\b)(void|bool|int)\s+mm_checkheap"
                          r"\s*\(\s*int\b", code, re.M)
    return Style(
        later=re.search(r"\b(bool|_Bool)\s+mm_init\s*\(", code) is not None,
        checkheap=checkheap.group(1) if checkheap else None,
        plain_names="mm_malloc" not in code
        and re.search(r"\bmalloc\s*\(\s*size_t", code) is not None)


def label(path: Path) -> str:
    """A name for reports: the file's, or its folder's where it is mm.c."""
    name = path.parent.name if path.stem == "mm" and path.parent.name \
        else path.stem
    return re.sub(r"[^A-Za-z0-9_.-]", "_", name)


def command(cc: str, mode: str, source: Path, link: Path, target: Path,
            style: Style, more: Sequence[str] = ()) -> list[str]:
    """The compiler's command. The hand-in's folder comes last, so that a copy
    of the course's mm.h in it does not win over the contract here. `more` is
    what else is linked."""
    headers = [ROOT / "compat/cmu"] if style.later else []
    headers += [ROOT, ROOT / "compat"]
    flags = list(FLAGS) + (["-m32"] if mode == "m32" else [])
    for folder in [*headers, source.parent]:
        flags += ["-iquote", str(folder), "-I", str(folder)]
    if style.checkheap and style.later:
        flags.append(f"-DHANDIN_CHECKHEAP={style.checkheap}")
    if style.plain_names:
        flags += [f"-D{n}=mm_{n}" for n in
                  ("malloc", "free", "realloc", "calloc")]
    return [cc, *flags, f"-ffile-prefix-map={link}={source}", "-o",
            str(target), str(link), *more]


def build(source: Path, style: Style, folder: Path, cc: str = "gcc",
          mode: str = "release", more: Sequence[str] = ()) -> Path:
    """Compile a link to the file, in a folder without headers: the compiler
    looks for "mm.h" beside the file first, and a copy of the course's may lie
    there. Messages and debuggers are told the file's own name. The target
    appears whole: another may be loading it."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{label(source)}.so"
    with tempfile.TemporaryDirectory(dir=folder) as apart:
        link = Path(apart) / f"{label(source)}.c"
        link.symlink_to(source)
        built = link.with_suffix(".so")
        result = subprocess.run(
            command(cc, mode, source, link, built, style, more),
            stderr=subprocess.PIPE, text=True, errors="replace")
        sys.stderr.write(result.stderr.replace(str(link), str(source)))
        if result.returncode != 0:
            raise HandinError(
                f"{source}: does not compile as {style.describe()}")
        built.replace(target)
    return target


def read(path: Path) -> str:
    """The hand-in's text, whatever its encoding."""
    try:
        return path.read_bytes().decode(errors="surrogateescape")
    except OSError as error:
        raise HandinError(f"{path}: cannot read it: {error.strerror}") \
            from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tools/handin",
        usage="%(prog)s [options] source [-- mdriver options]",
        description="Build a hand-in's mm.c, unmodified, and judge it. Its "
        "text tells which lab it was written for: classic (int "
        "mm_init, 8-byte alignment) or CMU 2015 and later (bool mm_init, "
        "16-byte alignment).",
        epilog="Arguments after -- go to mdriver, such as -- -f x.rep -l.")
    parser.add_argument("source", type=Path, help="the hand-in's C file")
    parser.add_argument("--mode", default="release",
                        choices=["release", "san", "m32"],
                        help="the build to use; m32 for hand-ins that need "
                        "pointers of 4 bytes (default: release)")
    parser.add_argument("--align", type=int, choices=[8, 16],
                        help="alignment that payloads must have (default: by "
                        "style)")
    parser.add_argument("--cc", default="gcc", help="compiler (gcc)")
    return parser


def _judge(args: argparse.Namespace, options: Sequence[str]) -> int:
    style = inspect(read(args.source))
    align = args.align or style.align
    source = args.source.resolve()
    build_folder = ROOT / "build" / args.mode
    library = build(source, style, build_folder / "handin", args.cc, args.mode)
    print(f"{args.source}: {style.describe()}, {align}-byte alignment",
          flush=True)
    return subprocess.call(
        [str(build_folder / "mdriver"), "--align", str(align), "--allocator",
         f"{label(source)}={library}", *options])


def main() -> int:
    words = sys.argv[1:]
    cut = words.index("--") if "--" in words else len(words)
    try:
        return _judge(_parser().parse_args(words[:cut]), words[cut + 1:])
    except HandinError as error:
        print(error, file=sys.stderr)
        return 2
