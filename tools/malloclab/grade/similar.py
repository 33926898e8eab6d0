"""Similar hand-ins, by winnowing: a hint to a person, not a verdict.

S. Schleimer, D. Wilkerson, A. Aiken: Winnowing: local algorithms for document
fingerprinting, SIGMOD 2003. A hand-in is a sequence of tokens of C. Comments
and layout are dropped. All identifiers are the same token, as are all literals.
Each K tokens in a row have a hash. Of each WINDOW hashes in a row the smallest
is a fingerprint, the rightmost one of several. This guarantees:

    K + WINDOW - 1 tokens that two hand-ins share give at least one fingerprint
    that they share; fewer than K tokens give none.

So renaming, comments and functions in another order do not hide a copy. Two
things are left out: what the laboratory hands out or shows (the starter,
compat/, variants/), and what more than a third of the class has, such as code
of the course's book. A pair is listed if the smaller of both shares a good part
of what is left.

Debian's sim_c (similarity-tester) has the same kind of tokens. But it compares
every pair of files, says nothing of a minimal match, and can leave out neither
the starter nor what the class has in common. That is most of what is below.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from functools import cache
from itertools import islice
from typing import Iterable, Iterator

from .. import ROOT

K, WINDOW = 25, 26  # 50 tokens, some six lines of C, are found
SHARE, LEAST = 0.4, 6  # of the smaller hand-in's fingerprints; and how many
COMMON = 1 / 3  # of the class
FEW = 4  # hand-ins may always have a fingerprint in common
MOST_TOKENS = 1 << 18  # of a hand-in are read
GIVEN = ("assignments/*.c", "compat/**/*.h", "variants/*.[ch]")

TOKEN = re.compile(r"""
    (?P<dropped> \s+ | \\\n | //(?:\\\n|[^\n])* | /\*.*?(?:\*/|\Z) )
  | (?P<literal> L?"(?:\\.|[^"\\\n])*"? | L?'(?:\\.|[^'\\\n])*'?
               | \.?[0-9](?:[eEpP][+-]|[\w.])* )
  | (?P<word> \w+ )
  | (?P<other> <<=|>>=|\.\.\.|->|\+\+|--|<<|>>|[<>=!]=|&&|\|\|
             | [-+*/%&|^]=|\#\#|. )
    """, re.X | re.S)
KEYWORDS = frozenset("""auto break case char const continue default do double
    else enum extern float for goto if inline int long register restrict return
    short signed sizeof static struct switch typedef union unsigned void
    volatile while""".split())


def find(sources: dict[str, list[str]]) -> list[tuple[str, str, float, int]]:
    """Of each student's texts: pairs of students, the share of the smaller
    one's fingerprints that both have, and how many these are; the most
    similar first."""
    prints = {student: fingerprints(texts) - given()
              for student, texts in sorted(sources.items())}
    owners = _owners(prints)
    most = max(FEW, len(sources) * COMMON)
    common = {key for key, students in owners.items() if len(students) > most}
    left = {student: len(found - common) for student, found in prints.items()}
    pairs = [(one, other, count / min(left[one], left[other]), count)
             for (one, other), count in _shared(owners, common).items()
             if count >= LEAST]
    return sorted((pair for pair in pairs if pair[2] >= SHARE),
                  key=lambda pair: (-pair[2], -pair[3], pair[:2]))


def _owners(prints: dict[str, set[int]]) -> dict[int, list[str]]:
    owners: dict[int, list[str]] = {}
    for student, found in prints.items():
        for key in found:
            owners.setdefault(key, []).append(student)
    return owners


def _shared(owners: dict[int, list[str]], common: set[int]
            ) -> Counter[tuple[str, str]]:
    shared: Counter[tuple[str, str]] = Counter()
    for key, students in owners.items():
        if key not in common:
            shared.update((one, other) for n, one in enumerate(students)
                          for other in students[n + 1:])
    return shared


@cache
def given() -> frozenset[int]:
    """The fingerprints of what students are handed or shown."""
    return frozenset(fingerprints(
        path.read_text(encoding="utf-8", errors="replace")
        for pattern in GIVEN for path in sorted(ROOT.glob(pattern))))


def fingerprints(texts: Iterable[str]) -> set[int]:
    found: set[int] = set()
    left = MOST_TOKENS
    for text in texts:
        tokens = list(islice(_tokens(text), left))
        left -= len(tokens)
        found.update(_winnow(list(_hashes(tokens))))
    return found


def _winnow(hashes: list[int]) -> Iterator[int]:
    """The smallest of each window, and of a text shorter than a window."""
    at = -1  # of the smallest one
    for end in range(min(WINDOW, len(hashes)) or 1, len(hashes) + 1):
        begin = max(end - WINDOW, 0)
        if at < begin:
            at = min(range(begin, end), key=lambda n: (hashes[n], -n))
        elif hashes[end - 1] <= hashes[at]:
            at = end - 1
        else:
            continue
        yield hashes[at]


def _hashes(tokens: list[str]) -> Iterator[int]:
    """Of each K tokens in a row."""
    sums = [zlib.crc32(token.encode("utf-8", "replace")) for token in tokens]
    for begin in range(len(sums) - K + 1):
        yield hash(tuple(sums[begin:begin + K])) & (1 << 64) - 1


def _tokens(text: str) -> Iterator[str]:
    """Identifiers are `i`, literals `0`; keywords and operators themselves."""
    for found in TOKEN.finditer(text):
        word = found[0]
        match found.lastgroup:
            case "literal":
                yield "0"
            case "word":
                yield word if word in KEYWORDS else "i"
            case "other":
                yield word
