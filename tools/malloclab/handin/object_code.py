"""What a built hand-in calls, and whether it runs code when it is loaded, by
what readelf prints of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Collection

READELF = ["readelf", "-dW", "--dyn-syms"]
# Entries of the dynamic section, and what the functions in them are.
BEFORE = {"INIT": "constructor", "INIT_ARRAY": "constructor",
          "PREINIT_ARRAY": "constructor",
          "FINI": "destructor", "FINI_ARRAY": "destructor"}
WHEN = {"constructor": "a function that runs before mm_init; "
        "__builtin_cpu_supports brings one, too",
        "destructor": "a function that runs when the process ends"}
# What a compiler calls on its own, and what macros of headers stand for.
COMPILERS = {"memcpy", "memmove", "memset", "memcmp", "strlen", "abort",
             "__stack_chk_fail", "__errno_location", "__tls_get_addr",
             "___tls_get_addr"}
ASSERTS = {"__assert_fail", "__assert", "__assert_perror_fail"}
STANDS_FOR = {
    "puts": {"printf"}, "putchar": {"printf"},
    "fputc": {"fprintf", "putc"}, "fputs": {"fprintf"},
    "fwrite": {"fprintf", "fputs"}, "putc": {"putchar"},
    "stpcpy": {"strcpy", "sprintf"}, "strcpy": {"sprintf"},
    "mempcpy": {"memcpy"}, "calloc": {"malloc"},
    **{name: {"assert"} for name in ASSERTS},
    "__ctype_b_loc": {"isdigit", "isspace", "isalpha", "isalnum", "isprint",
                      "isupper", "islower", "isxdigit", "ispunct"},
    "__sigsetjmp": {"sigsetjmp"}, "_setjmp": {"setjmp"}}
OF_THE_LINKER = {"__cxa_finalize"}  # of gcc's start files, weak
RENAMED = re.compile(r"^__(?:isoc\d+_(\w+)|(\w+)_chk|(\w+)_finite)$")


@dataclass(frozen=True)
class ObjectCode:
    tags: frozenset[str]  # of the dynamic section
    functions: tuple[str, ...]  # of a shared library, that it calls
    missing: tuple[str, ...]  # of no shared library
    exported: frozenset[str]  # what it defines


def read(listing: str) -> ObjectCode:
    """From what READELF prints of the shared object."""
    tags = re.findall(r"^ *0x[0-9a-f]+ \((\w+)\)", listing, re.M)
    functions, missing, exported = [], [], set()
    for line in listing.splitlines():
        words = line.split(None, 7)
        if len(words) < 8 or words[4] == "LOCAL":
            continue
        if words[6] != "UND":
            exported.add(words[7].partition("@")[0])
            continue
        name, versioned, _ = words[7].partition("@")
        if not versioned and words[4] == "WEAK":
            continue  # it may be missing
        if not versioned:
            missing.append(name)
        elif name not in OF_THE_LINKER and \
                words[3] in ("FUNC", "IFUNC", "NOTYPE"):
            functions.append(name)
    return ObjectCode(frozenset(tags), tuple(functions), tuple(missing),
                      frozenset(exported))


def loads_code(code: ObjectCode) -> str | None:
    """What of it runs outside of the calls that it is asked for."""
    kinds = {BEFORE[tag] for tag in code.tags if tag in BEFORE}
    return f"has a {min(kinds)} ({WHEN[min(kinds)]})" if kinds else None


def forbidden(code: ObjectCode, allowed: Collection[str]) -> str | None:
    """The first function in the alphabet that is called and not allowed; for
    assert, as the source has it."""
    first = min((name for name in code.functions
                 if not _is_allowed(name, set(allowed))), default=None)
    return "assert" if first in ASSERTS else first


def _is_allowed(name: str, allowed: set[str]) -> bool:
    renamed = RENAMED.match(name)
    plain = next(filter(None, renamed.groups())) if renamed else name
    return bool(plain in allowed | COMPILERS
                or STANDS_FOR.get(plain, set()) & allowed)
