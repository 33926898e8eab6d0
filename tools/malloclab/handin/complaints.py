"""Why a hand-in is not built, in a sentence: `path:line: sentence`."""

from __future__ import annotations

import re

from .labs import strip_comments
from .sources import Handin

# What a compiler, an assembler or a linker says at the end of a resource.
EXHAUSTED = (
    (r"out of memory allocating|memory exhausted|bad_alloc|"
     r"[Cc]annot allocate memory|LLVM ERROR: Alloc",
     "needs more than {memory} MiB of memory"),
    (r"CPU time limit exceeded|Killed signal terminated",
     "takes more than {cpu} seconds"),
    (r"File size limit exceeded|File too large|file truncated",
     "makes a file of more than {file} MiB"))
MOST_QUOTED = 300  # characters


def of_limits(said: str, **limits: int) -> str | None:
    for pattern, sentence in EXHAUSTED:
        if re.search(pattern, said):
            return "compiling it " + sentence.format(**limits)
    return None


def of_compiler(handin: Handin, said: str) -> str:
    """The first error in it."""
    if "variably modified" in said or "not constant" in said:
        return _of_constant(handin, said)
    found = re.search(r"^(.*?):(\d+):(?:\d+:)? (?:(?:fatal )?[Ee]rror: (.*)|"
                      r"(multiple definition of .*?);)", said, re.M)
    if not found:
        first = said.strip().partition("\n")[0][:MOST_QUOTED]
        return f"{handin.given}: the compiler fails: {first}"
    # A statement of the assembler has a line of the compiler's output.
    sentence = found[3] or found[4]
    return f"{_place(handin, found)}: {sentence[:MOST_QUOTED]}"


def _place(handin: Handin, found: re.Match[str]) -> str:
    """What #line says of other files is not believed."""
    own = any(found[1] == str(path) or found[1].startswith(f"{path.parent}/")
              for path in handin.paths)
    return f"{found[1]}:{found[2]}" if own else handin.given


def _of_constant(handin: Handin, said: str) -> str:
    found = re.search(r"^(\S+?):(\d+):\d+: error: (?:variably modified|.*not "
                      r"constant)", said, re.M)
    place = _place(handin, found) if found else "-"
    return (f"{place}: a const variable is no constant expression of C, though "
            "clang takes it for one; write an enum or #define, or install clang")


def of_missing(handin: Handin, name: str) -> str:
    """What a function that is nowhere means."""
    code = [strip_comments(text) for text in handin.texts]
    for path, text in zip(handin.paths, code):
        found = re.search(rf"^(?!.*\b(?:static|extern)\b).*\binline\b"
                          rf"[^;{{}}]{{0,200}}\b{re.escape(name)}\s*"
                          rf"\([^;{{}}]{{0,400}}\)\s*\{{", text, re.M)
        if found:
            line = text[:found.start()].count("\n") + 1
            return (f"{path}:{line}: {name} is inline without static: such a "
                    f"function of C99 is not defined for the linker; write "
                    f"'static inline', or declare it once as extern")
    more = "; a folder in place of the file takes its other C files along" \
        if len(handin.paths) == 1 else ""
    return f"{handin.given}: {name} is used and defined nowhere{more}"
