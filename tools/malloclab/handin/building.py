"""A hand-in becomes a shared object, in a jail."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Collection, Sequence

from .. import ROOT, bounded, jail as jails
from ..jail import Jail, Limits
from . import complaints, object_code
from .labs import Lab, definitions, strip_comments
from .sources import Copy, Handin, HandinError, check_links, printable

# An allocator's own calls stay its own; old C is no error. A compiler ignores a
# -Wno- that it does not know, but not a -Wno-error=.
FLAGS = """-x c -std=gnu17 -O2 -g -w -fcommon -fno-strict-aliasing -DDRIVER -fPIC
    -fno-semantic-interposition -fmax-errors=20
    -Wno-implicit-function-declaration -Wno-implicit-int -Wno-int-conversion
    -Wno-incompatible-pointer-types -Wno-return-mismatch -Wno-return-type
    -Wno-declaration-missing-parameter-type""".split()
# Without start files, only a hand-in's own code could run when it is loaded.
LINK = ["-shared", "-Wl,-Bsymbolic"]
ALONE = ["-nostartfiles"]
SBRK = ROOT / "compat/sbrk.c"
# The heap's functions, which the worker has.
CALLS = ("mm_init", "mm_malloc", "mm_free", "mm_realloc")
HEAP = {f"mem_{name}" for name in """sbrk heap_lo heap_hi heapsize pagesize map
    map_aligned unmap remap discard deny allow init deinit reset_brk set_limit
    footprint peak_footprint fail_request""".split()}
# Never a hand-in's own: memlib is the judge's. And what a course's copy may
# have otherwise than the compiler here takes it.
OURS = {"memlib.h", "memlib.c"}
REPLACEABLE = {"mm.h", "config.h", "contracts.h"}
# Of the lab, what a compiler may read.
HEADERS = [ROOT / "compat", *sorted(ROOT.glob("*.h"))]
# What decides of a library, besides its sources and the compiler.
CODE = (*sorted(Path(__file__).parent.glob("*.py")), Path(jails.__file__),
        Path(bounded.__file__), *sorted(ROOT.glob("*.h")),
        *sorted((ROOT / "compat").rglob("*.[ch]")))
MIB = 1 << 20
# Of each process of the compiler's; wall is of the whole build.
LIMITS = Limits(cpu=20, address_space=1024 * MIB, file_size=32 * MIB,
                processes=64, wall=60)
IN_WORDS = {"cpu": 20, "memory": 1024, "file": 32}
MOST_SAID = 64 << 10  # bytes kept of what a compiler prints
MOST_LISTED = 4 << 20  # and of readelf's table
# Which file an assembler quotes.
QUOTED = re.compile(r"^([^:\n]+):\d+: (?:Error|Warning|Info)", re.M)
SHORT = 16  # digits of a key


class Refused(Exception):
    """What the compiler or the linker says."""


class Unfit(Exception):
    """What is wrong with a hand-in, in whatever way it is compiled."""


def _path_of(cc: str) -> Path:
    found = shutil.which(cc)
    if not found:
        raise HandinError(f"{cc}: cannot run this compiler: "
                          "No such file or directory")
    return Path(found).absolute()


def _installed(path: Path) -> list[Path]:
    """What the compiler at path needs beside /usr: the prefix that it is in."""
    folder = path.parent.resolve()
    if jails.USR in folder.parents:
        return []
    beside = [folder.parent / name for name in
              ("lib", "lib32", "lib64", "libexec", "include")]
    return [path, *(part for part in [folder, *beside]
                    if folder.name == "bin" and part.is_dir())]


def _dependencies(rule: Path) -> list[str]:
    """The files in a rule for make."""
    text = rule.read_text(errors="surrogateescape")
    words = re.findall(r"(?:\\.|[^\s\\])+", text.replace("\\\n", " "))
    return [re.sub(r"\\(.)|\$(\$)", r"\1\2", word) for word in words
            if not word.endswith(":")]


@dataclass
class Compiler:
    """How one hand-in is compiled."""

    path: Path
    mode: str
    jail: Jail
    apart: Path  # the only folder that it can write to
    flags: list[str]
    deadline: float  # of time.monotonic()

    def run(self, *commands: Sequence[str]) -> str:
        """One after the other in one jail, until one fails; what the last one
        prints as its output."""
        *before, last = map(shlex.join, commands)
        script = "\n".join([  # what a killed compiler leaves goes with the folder
            "set -e", f"export TMPDIR={shlex.quote(str(self.apart))}",
            *(f"{line} >&2" for line in before), last])
        command = self.jail.command(
            ["sh", "-c", script], [*HEADERS, *_installed(self.path)],
            home=self.apart, limits=LIMITS, proc=False)
        left = max(0, self.deadline - time.monotonic())
        try:
            ended = jails.run(command, left, MOST_LISTED, MOST_SAID)
        except jails.TimeUp:
            raise Unfit(f"compiling it takes more than {LIMITS.wall} seconds") \
                from None
        if ended.status != 0:
            raise Refused(ended.errors)
        return ended.output

    def call(self, *words: str) -> list[str]:
        """The command that calls it."""
        return [str(self.path), *(["-m32"] if self.mode == "m32" else []), *words]

    def compile(self, source: Path, target: Path, *more: str) -> list[str]:
        """The command that makes an object of a source."""
        return self.call(*FLAGS, *self.flags, *more, "-c", "-o", str(target),
                         str(source))

    def look(self, source: Path, target: Path) -> None:
        """Where bubblewrap is not there to hide files, what is included is
        looked at first: a compiler quotes what it does not understand."""
        lists = [target.with_suffix(end) for end in (".d", ".as.d")]
        self.run(self.call(*FLAGS, *self.flags, "-E", "-MD", "-MF",
                           str(lists[0]), "-o", os.devnull, str(source)))
        self.check(_dependencies(lists[0]))
        try:
            self.run(self.compile(source, target, f"-Wa,--MD,{lists[1]}"))
        except Refused as refused:
            self.check(QUOTED.findall(str(refused)))
            raise
        self.check(_dependencies(lists[1]))

    def check(self, names: Sequence[str]) -> None:
        """Refuse what a jail would have hidden."""
        for name in names:
            real = (self.apart / name).resolve()
            seen = [self.apart.resolve(), *HEADERS, *_installed(self.path),
                    *([] if ROOT in real.parents else [jails.USR])]
            if not any(path == real or path in real.parents for path in seen):
                raise Unfit(f"includes {name}, which is not in its folder")


@dataclass
class _Attempt:
    """One way to build a hand-in, in a folder of its own."""

    handin: Handin
    lab: Lab
    compiler: Compiler
    hidden: set[str]
    allowed: Collection[str] | None

    def copies(self) -> dict[Path, Path]:
        """A copy of each folder with files of the hand-in."""
        folders = dict.fromkeys(path.absolute().parent
                                for path in self.handin.paths)
        return {folder: self.compiler.apart / str(number)
                for number, folder in enumerate(folders)}

    def prepare(self) -> list[Path]:
        """The sources, copied, and the compiler told where they are. Nothing
        in what it makes tells of a folder that will be gone."""
        self.compiler.flags.append(f"-ffile-prefix-map={self.compiler.apart}=.")
        for folder, place in self.copies().items():
            place.mkdir()
            copy = Copy(folder, place, self.hidden,
                        self.compiler.jail.mode == "off")
            for path in self.handin.paths:
                if path.absolute().parent == folder:
                    copy.add(path)
            self.compiler.flags.append(
                f"-ffile-prefix-map={place}={folder.resolve()}")
        for folder in [*(ROOT / name for name in self.lab.headers),
                       *self.copies().values()]:
            self.compiler.flags += ["-iquote", str(folder), "-I", str(folder)]
        return [self.copies()[path.absolute().parent] / path.name
                for path in self.handin.paths]

    def said(self, text: str) -> str:
        """What a compiler says, with the names that the user gave."""
        for path in self.handin.paths:
            place = self.copies()[path.absolute().parent]
            text = text.replace(f"{place}/{path.name}", str(path))
            text = text.replace(f"{place}/", f"{path.parent}/")
        text = re.sub(rf"{re.escape(str(self.compiler.apart))}/[\w.]+\.[os]\b",
                      "it", text)
        return "\n".join(map(printable, text.split("\n")))

    def build(self, more: Sequence[str]) -> Path:
        """With more, it is a part of something that has its own heap."""
        compiler = self.compiler
        objects = {compiler.apart / f"{number}.o": source
                   for number, source in enumerate(self.prepare())}
        target = compiler.apart / f"{self.handin.label}.so"
        if not compiler.jail.isolated and compiler.jail.mode != "off":
            if "clang" in compiler.path.name:
                compiler.flags.append("-no-integrated-as")
            for made, source in objects.items():
                compiler.look(source, made)
        listing = compiler.run(
            *(compiler.compile(source, made)
              for made, source in objects.items()),
            compiler.call(*LINK, *([] if more else ALONE), "-o", str(target),
                          *map(str, objects), *more, *self.sources_of_lab(),
                          "-lm"),
            [*object_code.READELF, str(target)])
        self.inspect(listing, alone=not more)
        return target

    def sources_of_lab(self) -> list[str]:
        """What is compiled and linked with it, and how."""
        names = [str(ROOT / name) for name in self.lab.sources]
        wrapped = [flag for flag in self.compiler.flags
                   if flag.startswith("-DHANDIN_SBRK=")]
        if wrapped:
            names += ["-Wl,--wrap=mem_sbrk", *wrapped, str(SBRK)]
        return [*FLAGS, *names, "-x", "none"] if names else []

    def inspect(self, listing: str, alone: bool) -> None:
        if len(listing) >= MOST_LISTED:
            raise Unfit("has too many symbols")
        code = object_code.read(listing)
        lacking = [name for name in CALLS if name in code.missing
                   or alone and name not in code.exported]
        if lacking:
            raise Unfit(f"has no {', '.join(lacking)}")
        missing = [name for name in code.missing if name not in HEAP]
        if missing:
            raise HandinError(complaints.of_missing(self.handin, missing[0]))
        loads = object_code.loads_code(code)
        if alone and loads and self.compiler.jail.mode != "off":
            raise Unfit(loads)
        call = self.allowed is not None and \
            object_code.forbidden(code, self.allowed)
        if call:
            raise Unfit(f"calls {call}, which the assignment does not allow")


@dataclass
class _Building:
    handin: Handin
    lab: Lab
    cc: str
    mode: str
    more: Sequence[str]
    note: Callable[[str], None]
    folder: Path
    jail: Jail
    allowed: Collection[str] | None
    deadline: float

    def attempt(self, cc: str, hidden: set[str], number: int) -> Path:
        apart = self.folder / str(number)
        apart.mkdir()
        flags = definitions(strip_comments(self.handin.text), self.lab)
        compiler = Compiler(_path_of(cc), self.mode, self.jail, apart, flags,
                            self.deadline)
        attempt = _Attempt(self.handin, self.lab, compiler, OURS | hidden,
                           self.allowed)
        try:
            return attempt.build(self.more)
        except Refused as refused:
            said = attempt.said(str(refused))
            limit = complaints.of_limits(said, **IN_WORDS)
            if limit:
                raise Unfit(limit) from None
            raise Refused(said) from None

    def ways(self) -> list[tuple[str, set[str], str]]:
        """Compiler, hidden headers, and what is to be said of it."""
        folder = self.handin.paths[0].parent
        ways: list[tuple[str, set[str], str]] = [(self.cc, set(), "")]
        own = sorted(name for name in REPLACEABLE
                     if (folder / name).exists())
        if own:
            ways.append((self.cc, REPLACEABLE, f"{folder / own[0]}: does not "
                         "fit here; this lab's is used in its place"))
        if Path(self.cc).name == "gcc" and shutil.which("clang"):
            ways.append(("clang", set(), f"{self.handin.given}: {self.cc} "
                         "refuses it; it is built with clang"))
        return ways

    def run(self) -> Path:
        if self.jail.mode != "off":
            for path in self.handin.paths:
                check_links(path, path.parent)
        first = None
        for number, (cc, hidden, note) in enumerate(self.ways()):
            try:
                built = self.attempt(cc, hidden, number)
                if note:
                    self.note(note)
                return built
            except Refused as refused:
                first = first or refused
            except Unfit as unfit:
                raise HandinError(f"{self.handin.given}: {unfit}") from None
        raise self.failure(str(first))

    def failure(self, said: str) -> HandinError:
        return HandinError(f"{complaints.of_compiler(self.handin, said)}\n"
                           f"{self.handin.given}: does not compile as "
                           f"{self.lab.name} ({self.lab.about})", said)


def _store(built: Path, folder: Path) -> Path:
    """Under a key of its bytes, which sources and flags determine: what is
    loaded under a name never changes. It appears there whole."""
    key = hashlib.sha256(built.read_bytes()).hexdigest()[:SHORT]
    target = folder / key / built.name
    target.parent.mkdir(parents=True, exist_ok=True)
    new = target.with_suffix(f".{os.getpid()}")
    shutil.copy(built, new)
    new.replace(target)
    return target


def _print_error(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def build(handin: Handin, lab: Lab, folder: Path, cc: str = "gcc",
          mode: str = "release", more: Sequence[str] = (),
          note: Callable[[str], None] = _print_error,
          jail: Jail | None = None,
          allowed: Collection[str] | None = None) -> Path:
    """Build it into the folder; more is what else is linked; allowed are the
    functions of the C library that it may call. The first line of a
    HandinError is the reason, its said what the compiler printed."""
    with tempfile.TemporaryDirectory() as apart:
        building = _Building(handin, lab, cc, mode, more, note, Path(apart),
                             jail or Jail("off", False), allowed,
                             time.monotonic() + LIMITS.wall)
        return _store(building.run(), folder)
