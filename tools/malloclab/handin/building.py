"""A hand-in becomes a shared object."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Sequence

from .. import ROOT
from .labs import Lab, definitions, strip_comments
from .sources import Handin, HandinError

# An allocator's own calls stay its own; old C is no error. A compiler ignores a
# -Wno- that it does not know, but not a -Wno-error=.
FLAGS = """-std=gnu17 -O2 -g -w -fcommon -fno-strict-aliasing -DDRIVER -fPIC
    -fno-semantic-interposition
    -Wno-implicit-function-declaration -Wno-implicit-int -Wno-int-conversion
    -Wno-incompatible-pointer-types -Wno-return-mismatch -Wno-return-type
    -Wno-declaration-missing-parameter-type""".split()
LINK = ["-shared", "-Wl,-Bsymbolic"]
# The heap's functions, which the worker has.
HEAP = """sbrk heap_lo heap_hi heapsize pagesize map unmap discard init deinit
    reset_brk set_limit footprint peak_footprint fail_request""".split()
# Never a hand-in's own: memlib is the judge's. And what a course's copy may
# have otherwise than the compiler here takes it.
OURS = {"memlib.h", "memlib.c"}
REPLACEABLE = {"mm.h", "config.h", "contracts.h"}
SHORT = 16  # digits of a key


class Refused(Exception):
    """What the compiler or the linker says."""


@dataclass
class Compiler:
    """How one hand-in is compiled."""

    cc: str
    mode: str
    lab: Lab
    flags: list[str]

    def words(self, more: Sequence[str]) -> list[str]:
        bits = ["-m32"] if self.mode == "m32" else []
        return [self.cc, *bits, *more]

    def run(self, more: Sequence[str]) -> None:
        try:
            ended = subprocess.run(
                self.words(more), stdin=subprocess.DEVNULL,
                stderr=subprocess.PIPE, text=True, errors="replace")
        except OSError as error:
            raise HandinError(f"{self.cc}: cannot run this compiler: "
                              f"{error.strerror}") from None
        if ended.returncode != 0:
            raise Refused(ended.stderr)

    def compile(self, source: Path, target: Path) -> None:
        self.run([*FLAGS, *self.flags, "-c", "-o", str(target), str(source)])


def _mirror(folder: Path, mirror: Path, hidden: set[str]) -> None:
    """Links to all that lies in the folder, but for hidden names. A compiler
    looks for a "mm.h" beside the file that includes it first."""
    mirror.mkdir()
    try:
        names = os.listdir(folder)
    except PermissionError:  # its files may be readable by their names
        return
    for name in names:
        if name not in hidden:
            (mirror / name).symlink_to(folder / name)


@dataclass
class _Attempt:
    """One way to build a hand-in, in a folder of its own."""

    handin: Handin
    compiler: Compiler
    apart: Path
    hidden: set[str]

    def mirrors(self) -> dict[Path, Path]:
        """A mirror for each folder with files of the hand-in."""
        folders = dict.fromkeys(path.absolute().parent
                                for path in self.handin.paths)
        return {folder: self.apart / str(number)
                for number, folder in enumerate(folders)}

    def prepare(self) -> None:
        for folder, mirror in self.mirrors().items():
            _mirror(folder, mirror, self.hidden)
            self.add_sources(folder, mirror)
            self.compiler.flags.append(
                f"-ffile-prefix-map={mirror}={folder.resolve()}")
        for folder in [*(ROOT / name for name in self.compiler.lab.headers),
                       *self.mirrors().values()]:
            self.compiler.flags += ["-iquote", str(folder), "-I", str(folder)]

    def add_sources(self, folder: Path, mirror: Path) -> None:
        """What was given is there, also where the folder cannot be listed."""
        for path in self.handin.paths:
            link = mirror / path.name
            if path.absolute().parent == folder and not link.is_symlink():
                link.symlink_to(path.absolute())

    def said(self, text: str) -> str:
        """What a compiler says, with the names that the user gave."""
        for path in self.handin.paths:
            mirror = self.mirrors()[path.absolute().parent]
            text = text.replace(f"{mirror}/{path.name}", str(path))
            text = text.replace(f"{mirror}/", f"{path.parent}/")
        return re.sub(rf"{re.escape(str(self.apart))}/\d+\.o", "it", text)

    def objects(self) -> list[Path]:
        self.prepare()
        sources = [self.mirrors()[path.absolute().parent] / path.name
                   for path in self.handin.paths]
        sources += [ROOT / name for name in self.compiler.lab.sources]
        targets = [self.apart / f"{number}.o"
                   for number in range(len(sources))]
        for source, target in zip(sources, targets):
            self.compiler.compile(source, target)
        return targets

    def link(self, more: Sequence[str]) -> Path:
        """The linker is asked first what is missing: the worker has the
        heap's functions, and nobody has others."""
        objects = [*map(str, self.objects()), *more, "-lm"]
        target = self.apart / f"{self.handin.label}.so"
        if not more:
            heap = [f"-Wl,--defsym=mem_{name}=0" for name in HEAP]
            self.compiler.run([*LINK, *heap, "-Wl,-z,defs", "-o",
                               str(self.apart / "probe.so"), *objects])
        self.compiler.run([*LINK, "-o", str(target), *objects])
        return target


def _complaint_of_linker(handin: Handin, said: str) -> str | None:
    """What a function that is nowhere means, in a sentence."""
    missing = re.search(r"undefined reference to [`']([\w.]+)'|"
                        r"undefined symbol: ([\w.]+)", said)
    if not missing:
        return None
    name = missing[1] or missing[2]
    code = [strip_comments(text) for text in handin.texts]
    for path, text in zip(handin.paths, code):
        found = re.search(rf"^(?!.*\b(?:static|extern)\b).*\binline\b[^;{{}}]*"
                          rf"\b{re.escape(name)}\s*\([^;{{}}]*\)\s*\{{", text,
                          re.M)
        if found:
            line = text[:found.start()].count("\n") + 1
            return (f"{path}:{line}: {name} is inline without static: such a "
                    f"function of C99 is not defined for the linker; write "
                    f"'static inline', or declare it once as extern")
    more = "; a folder in place of the file takes its other C files along" \
        if len(handin.paths) == 1 else ""
    return f"{handin.given}: {name} is used and defined nowhere{more}"


def _complaint_of_compiler(said: str) -> str | None:
    if "variably modified" not in said and "not constant" not in said:
        return None
    place = re.search(r"^(\S+?:\d+):\d+: error: (?:variably modified|.*not "
                      r"constant)", said, re.M)
    return (f"{place[1] if place else '-'}: a const variable is no constant "
            "expression of C, though clang takes it for one; write an enum or "
            "#define, or install clang")


@dataclass
class _Building:
    handin: Handin
    lab: Lab
    cc: str
    mode: str
    more: Sequence[str]
    note: Callable[[str], None]
    folder: Path

    def attempt(self, cc: str, hidden: set[str], number: int) -> Path:
        apart = self.folder / str(number)
        apart.mkdir()
        flags = definitions(strip_comments(self.handin.text), self.lab)
        compiler = Compiler(cc, self.mode, self.lab, flags)
        attempt = _Attempt(self.handin, compiler, apart, OURS | hidden)
        try:
            return attempt.link(self.more)
        except Refused as refused:
            raise Refused(attempt.said(str(refused))) from None

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
        first = None
        for number, (cc, hidden, note) in enumerate(self.ways()):
            try:
                built = self.attempt(cc, hidden, number)
                if note:
                    self.note(note)
                return built
            except Refused as refused:
                first = first or refused
        raise self.failure(str(first))

    def failure(self, said: str) -> HandinError:
        sys.stderr.write(said)
        why = _complaint_of_linker(self.handin, said) or \
            _complaint_of_compiler(said)
        if why:
            return HandinError(why)
        return HandinError(f"{self.handin.given}: does not compile as "
                           f"{self.lab.name} ({self.lab.about})")


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
          note: Callable[[str], None] = _print_error) -> Path:
    """Build it into the folder; more is what else is linked. The compiler's
    messages go to standard error, and the reason is in the HandinError."""
    with tempfile.TemporaryDirectory() as apart:
        building = _Building(handin, lab, cc, mode, more, note, Path(apart))
        return _store(building.run(), folder)

