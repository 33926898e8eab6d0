"""The labs that hand-ins come from, and what in a text tells them apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Callable


@dataclass(frozen=True)
class Lab:
    """The contract that a hand-in was written to."""

    name: str
    about: str
    align: int  # of payloads, in bytes
    headers: tuple[str, ...]  # folders of its headers, from the root
    sources: tuple[str, ...] = ()  # what is linked with each hand-in


LABS = {lab.name: lab for lab in (
    Lab("csapp", "the classic lab: int mm_init, a team structure, payloads at "
        "multiples of 8", 8, ("compat/csapp", "compat")),
    Lab("cmu", "CMU's lab since 2015: bool mm_init, payloads at multiples of "
        "16", 16, ("compat/cmu", "compat"), ("compat/cmu/returns_bool.c",)),
    Lab("house", "this project's mm.h: int mm_init, payloads at multiples of "
        "16", 16, (".", "compat")))}

# Names that no lab but this one has.
HOUSE = re.compile(r"\b(mm_idea|mem_map|mem_unmap|mem_remap|mem_discard|"
                   r"mem_deny|mem_allow)\b|"
                   r"^(?:int|void\s*\*|size_t)\s*(mm_audit|mm_memalign|"
                   r"mm_usable_size)\s*\(", re.M)
CLASSIC = ((re.compile(r"\bteam_t\s+team\b"), "a team structure"),
           (re.compile(r"#\s*define\s+ALIGNMENT\s+\(?8\b"), "ALIGNMENT is 8"))
BOOL = re.compile(r"\b(bool|_Bool)\s+mm_init\s*\(")
# Whatever the text is, each is searched in time that grows with its length.
STRINGS = r'"(?:\\.|[^"\\\n])*"?'
CHARACTERS = r"'(?:\\.|[^'\\\n]){1,8}'"
COMMENTS = r"/\*.*?(?:\*/|\Z)|//[^\n]*"
# The heap's own function, as a hand-in declares it: by the type it gives it.
SBRK = re.compile(r"\*\s{0,9}mem_sbrk\s{0,9}\(\s{0,9}((?:(?:unsigned|signed|int|"
                  r"long|short|size_t|ssize_t|u?int(?:32|64)_t)\b\s{0,9})"
                  r"{1,4})(?:\w{1,60}\s{0,9})?\)\s{0,9};")


def _to_lines(comment: str) -> str:
    return " " + "\n" * comment.count("\n")


def strip_comments(text: str, put: Callable[[str], str] = _to_lines) -> str:
    """The C text with something put for each comment, so that examples in them
    do not count; without put it keeps its lines."""
    def kept(match: re.Match[str]) -> str:
        found = match[0]
        return found if found[0] in "\"'" else put(found)

    return re.sub(f"{STRINGS}|{CHARACTERS}|{COMMENTS}", kept, text,
                  flags=re.S)


def recognize(text: str) -> tuple[Lab, str]:
    """The lab of a hand-in, and by what. Nothing that a judgement could say
    counts; where the text leaves a doubt, it is csapp, and the doubt is said."""
    code = strip_comments(text)
    if BOOL.search(code):
        return LABS["cmu"], "bool mm_init"
    own = HOUSE.search(code)
    if own:
        return LABS["house"], f"it has {own[1] or own[2]}"
    for pattern, evidence in CLASSIC:
        if pattern.search(code):
            return LABS["csapp"], evidence
    return LABS["csapp"], "int mm_init; if it is of this project, say " \
        "--lab house"


def definitions(code: str, lab: Lab) -> list[str]:
    """What the compiler is told of a text without comments, as options."""
    flags = []
    check = re.search(r"^[ \t]*(?!static\b)(void|bool|int)\s+mm_checkheap"
                      r"\s*\(\s*int\b", code, re.M)
    if check and lab.name == "cmu":
        flags.append(f"-DHANDIN_CHECKHEAP={check[1]}")
    if re.search(r"\b(typedef\b[^;]{0,400}\bbool\s*;|define\s+bool\b)", code):
        flags.append("-DHANDIN_OWN_BOOL")
    sbrk = SBRK.search(code)
    if sbrk and lab.name != "house":
        flags.append(f"-DHANDIN_SBRK={' '.join(sbrk[1].split())}")
    if not re.search(r"\bmm_(memset|memcpy|sbrk|heap_lo|heap_hi|heapsize|"
                     r"pagesize)\s*\([^;{}]{0,400}\)\s*\{", code):
        flags.append("-DHANDIN_MM_NAMES")
    if "mm_malloc" not in code and re.search(r"\bmalloc\s*\(\s*size_t", code):
        flags += [f"-D{name}=mm_{name}" for name in
                  ("malloc", "free", "realloc", "calloc")]
    return flags
