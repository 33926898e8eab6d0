"""tools/handout: write what students get of an assignment, and no solution."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
import textwrap
from pathlib import Path
from typing import Callable, Iterator

from . import ROOT, assignment
from .arguments import Parser
from .assignment import Assignment, AssignmentError
from .making import MakeError, make

# Copied as they are. No variant, no library, not the mm.c of the lab.
COPIED = ("VERSION", "mdriver.c", "memlib.[ch]", "page_map.h", "mm.h",
          "driver/**/*.[ch]", "driver/**/*.def", "driver/**/*.json",
          "driver/**/*.sh", "driver/driver.mk", ".gitignore", ".clang-format")
PAGES = ("first-hour.md", "judge.md", "glossary.md")

MAKE_HELP = """\
# make             the driver and mm.c: then run ./mdriver -V
# make clean       delete build/
#
# MODE=release|san|m32   optimized (default), with sanitizers, of 32 bits
# V=1              print each command; all output lies in build/MODE
"""
END_OF_MAKEFILE = "\n# ---- What a handout does not have"

# mm.c is compiled through a link, in a folder without headers: the compiler
# looks for "mm.h" beside the file first, and that is the driver's.
CMU_MAKE = """
# The contract of mm.c is compat/cmu/mm.h; the driver's own is mm.h.
$(OUT)/apart/mm.c: mm.c
	@mkdir -p $(@D)
	$(QUIET)ln -sfn $(abspath $<) $@

$(OUT)/mm.so: $(OUT)/apart/mm.c
	$(call compile,$(WORKER_CC) $(filter-out -I.,$(WORKER_FLAGS)) \\
	    $(PLUGIN_FLAGS) -Icompat/cmu -I. -Icompat $< \\
	    compat/cmu/returns_bool.c)
"""

TEAM = """
/* Who wrote it. */
team_t team = {"team", "Your Name", "your@address", "", ""};
"""

PROTOTYPES = """\
    {init} mm_init(void);                        an empty heap; {result}
    void *mm_malloc(size_t size);             a block, or NULL
    void mm_free(void *ptr);
    void *mm_realloc(void *ptr, size_t size);
"""

COUNTS_FOR = ("nothing", "utilization and throughput", "utilization",
              "throughput")


# Of throughput, by a profile's measure and reference.
UNITS = {("time", "libc"): "times libc's",
         ("time", "absolute"): "operations per second",
         ("instructions", "libc"): "times libc's, by instructions",
         ("instructions", "absolute"): "operations per 1,000 instructions"}

COUNTED = (" Instructions are counted by valgrind, so that the same mm.c always "
           "gets the same points. Without valgrind, `./mdriver --measure time` "
           "judges everything else.")


class HandoutError(Exception):
    """Why it cannot be written, in a sentence."""


# ---- mm.c ----

def _replaced(text: str, old: str, new: str) -> str:
    if text.count(old) != 1:
        raise HandoutError(f"assignments/starter.c: it has no one '{old}'")
    return text.replace(old, new)


def starter(asked: Assignment) -> str:
    """The mm.c to start with, in the lab's contract."""
    text = (ROOT / "assignments/starter.c").read_text()
    text = _replaced(text, "ALIGN = 16,", f"ALIGN = {asked.alignment},")
    if asked.lab == "csapp":
        idea = '"uses no block twice";\n'
        text = _replaced(text, idea, idea + TEAM)
    if asked.lab == "cmu":
        text = _replaced(text, "int mm_init(void)", "bool mm_init(void)")
        text = _replaced(text, "== (void *)-1 ? -1 : 0", "!= (void *)-1")
    return text


# ---- The Makefile and the pages. ----

def makefile(asked: Assignment) -> str:
    """The lab's, with another help, up to the line where a handout ends."""
    text = (ROOT / "Makefile").read_text()
    lines = text[:text.index(END_OF_MAKEFILE)].splitlines(keepends=True)
    while lines[0].startswith("#"):
        lines.pop(0)
    return MAKE_HELP + "".join(lines) + (
        CMU_MAKE if asked.lab == "cmu" else "")


def _without_lab_parts(text: str) -> str:
    """What stands between <!-- lab --> and <!-- end --> is of the lab."""
    return re.sub(r"<!-- lab -->\n.*?<!-- end -->\n", "", text, flags=re.S)


def page(name: str) -> str:
    """A page of docs/, with links to none that is not copied."""
    def link(match: re.Match[str]) -> str:
        path = match[2].partition("#")[0]
        return match[0] if not path or path in PAGES else match[1]

    text = _without_lab_parts((ROOT / "docs" / name).read_text())
    return re.sub(r"\[([^\]]+)\]\(([^)]+)\)", link, text)


def packages(asked: Assignment) -> str:
    """What the build needs, as tools/start lists it, and what counts."""
    text = (ROOT / "tools/start").read_text()
    counter = ["valgrind"] if asked.measure == "instructions" else []
    return " ".join(re.search(r"^BUILD='([^']*)'", text, re.M)[1].split()
                    + counter)


def _contract(lab: str) -> str:
    init = ("bool", "true, or false") if lab == "cmu" else ("int", "0, or -1")
    return PROTOTYPES.format(init=init[0], result=init[1]).replace(
        "bool mm_init(void); ", "bool mm_init(void);")


def _allowed(asked: Assignment) -> str:
    if asked.allowed is None:
        return "- Any function of the C library may be called."
    names = ", ".join(f"`{name}`" for name in asked.allowed)
    return textwrap.fill(
        f"- Of the C library, `mm.c` may call {names or 'nothing'}.", 84,
        subsequent_indent="  ")


_TWINS = (" Grading has a twin of each trace as well, with other sizes and in "
          "another order, which nobody knows beforehand")
_SETS = {"both": f"{_TWINS}: both count.",
         "secret": f"{_TWINS}: only the twins count.",
         "public": f"{_TWINS}; the twins do not count."}


def _points(asked: Assignment) -> str:
    profile = asked.profile
    weight = 100 * profile["utilization_weight"]
    low, high = profile["utilization"]
    slow, fast = profile["throughput"]
    return textwrap.fill(
        f"Utilization gives up to {weight:g} points: none at {100 * low:g} %, "
        f"all at {100 * high:g} %. Throughput gives up to {100 - weight:g}: "
        f"none at {slow:g} {UNITS[asked.measure, profile['reference']]}, all "
        f"at {fast:g}. A trace that is not ok scores 0."
        + (_SETS[asked.counts] if asked.secret else "")
        + COUNTED * (asked.measure == "instructions"), 84)


def _traces(asked: Assignment) -> str:
    return "\n".join(f"| {name} | {COUNTS_FOR[weight]} |"
                     for name, weight in asked.traces.items())


def readme(asked: Assignment) -> str:
    words = {"NAME": asked.name, "PACKAGES": packages(asked),
             "CONTRACT": _contract(asked.lab),
             "ALIGNMENT": str(asked.alignment), "HEAP": asked.heap_limit,
             "SECONDS": f"{asked.time_limit:g}", "ALLOWED": _allowed(asked),
             "TRACES": _traces(asked), "POINTS": _points(asked)}
    text = (ROOT / "assignments/README.in").read_text()
    return re.sub(r"@([A-Z]+)@", lambda match: words[match[1]], text)


# ---- The folder. ----

def _copied(asked: Assignment) -> Iterator[Path]:
    """Paths of files, in the lab and in the handout."""
    patterns = COPIED + (("compat/**/*.[ch]",) if asked.lab == "cmu" else ())
    for pattern in patterns:
        yield from (path.relative_to(ROOT) for path in ROOT.glob(pattern))
    for name in asked.traces:
        yield Path("traces", name)


def _published(source: Path) -> str:
    """The assignment, without what makes the secret traces."""
    text = source.read_text()
    members = json.loads(text)
    if "secret" not in members:
        return text
    del members["secret"]
    return json.dumps(members, indent=4) + "\n"


def _write(folder: Path, source: Path, asked: Assignment) -> None:
    for name in _copied(asked):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)
        shutil.copymode(ROOT / name, folder / name)
    (folder / "assignment.json").write_text(_published(source))
    (folder / "docs").mkdir()
    for name in PAGES:
        (folder / "docs" / name).write_text(page(name))
    (folder / "mm.c").write_text(starter(asked))
    (folder / "Makefile").write_text(makefile(asked))
    (folder / "README.md").write_text(readme(asked))


def _check(source: Path, folder: Path, asked: Assignment) -> None:
    for name in asked.traces:
        if not (ROOT / "traces" / name).is_file():
            raise HandoutError(f"{source}: \"traces\": there is no "
                               f"traces/{name}")
    if os.path.lexists(folder) and not (folder.is_dir()
                                        and not os.listdir(folder)):
        raise HandoutError(f"{folder}: it is there already, and no empty "
                           "folder")


def _placed(folder: Path, write: Callable[[Path], None]) -> None:
    """The folder appears whole, or not at all."""
    parent = folder.absolute().parent
    parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(".part", ".", parent))
    try:
        write(temporary)
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o777 & ~umask)
        temporary.replace(folder.absolute())
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def handout(source: Path, folder: Path) -> None:
    make("judge", "MODE=release")
    asked = assignment.read(source)
    _check(source, folder, asked)
    _placed(folder, lambda place: _write(place, source, asked))


def main() -> int:
    parser = Parser(
        prog="tools/handout",
        description="Write what students get of an assignment: the driver, "
        "the contract, a mm.c to start with, the traces, pages. It builds "
        "with make, and needs nothing of this lab.")
    parser.add_argument("assignment", type=Path,
                        help="the file, JSON: docs/judge.md")
    parser.add_argument("folder", type=Path,
                        help="where to: a new folder, or an empty one")
    args = parser.parse_args()
    try:
        handout(args.assignment, args.folder)
    except (AssignmentError, HandoutError, MakeError) as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{error.filename or args.folder}: cannot write it: "
              f"{error.strerror}", file=sys.stderr)
        return 2
    print(f"{args.folder}: {len(list(args.folder.rglob('*')))} files and "
          "folders; there, make and ./mdriver -V judge mm.c")
    return 0
