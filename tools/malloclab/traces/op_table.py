"""The operations of traces, read from driver/trace/operations.def.

That file is the judge's own table, and says what each column means. A row is an
Operation here; rows that are in no trace (OP_SKIP) are left out.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from .. import ROOT

TABLE = ROOT / "driver/trace/operations.def"
ROW = re.compile(r'^OPERATION\((\w+), "([^"]+)", (\w+), (\w+), (\w+)\)$', re.M)
REFUSED = "-"  # the letter, in events, of an operation on a refused block


FIELDS = {"ID": "{0}", "SIZE": "{1}", "COUNT": "{2}", "ALIGN": "{2}"}


class Operation(NamedTuple):
    """kind: its number in the binary form. letter, words: its line in a text.

    words are ID, SIZE, COUNT, ALIGN, or a number that stands for itself. call
    is the function's name, such as "malloc". effect is what becomes of the
    block: BEGINS, RESIZED, ENDS or NOTHING. argument is what the field arg of
    the binary form holds: COUNT, ALIGNMENT or NOTHING.
    """

    kind: int
    name: str
    letter: str
    words: tuple[str, ...]
    call: str
    effect: str
    argument: str

    @property
    def title(self) -> str:
        """The call, with the value that makes it an operation of its own."""
        if self.words[-1] == "0":
            return f"{self.call}(0)"
        on_null = self.effect != first_of(self.letter).effect
        return f"{self.call}(NULL)" if on_null else self.call

    @property
    def template(self) -> str:
        """Its line, for str.format with the id, the size, and the count or
        alignment."""
        return " ".join([self.letter, *(FIELDS.get(word, word)
                                        for word in self.words)])


def parse(table: str) -> tuple[Operation, ...]:
    """The operations of the table's text, ascending by kind."""
    rows = ROW.findall(table)
    assert len(rows) == table.count("\nOPERATION("), "a row is not understood"
    found = []
    for kind, (name, text, call, effect, argument) in enumerate(rows):
        letter, *words = text.split()
        if letter != REFUSED:
            found.append(Operation(kind, name, letter, tuple(words),
                                   call.lower(), effect, argument))
    return tuple(found)


OPERATIONS = parse(TABLE.read_text(encoding="ascii"))
BY_KIND = {one.kind: one for one in OPERATIONS}
BY_NAME = {one.name: one for one in OPERATIONS}


def first_of(letter: str) -> Operation:
    """The common operation of a letter."""
    return next(one for one in OPERATIONS if one.letter == letter)


def kinds_of(**values: str) -> tuple[int, ...]:
    """The kinds whose columns have these values."""
    return tuple(one.kind for one in OPERATIONS
                 if all(getattr(one, column) == value
                        for column, value in values.items()))


@lru_cache(maxsize=None)
def kind_of(letter: str, effect: str) -> int:
    """The kind of the operation that has the letter and this effect."""
    return kinds_of(letter=letter, effect=effect)[0]


EFFECTS = "BEGINS", "RESIZED", "ENDS", "NOTHING"

# ---- By kind, the number in the binary form. ----

BEGINS = kinds_of(effect="BEGINS")
RESIZED = kinds_of(effect="RESIZED")
ENDS = kinds_of(effect="ENDS")
WITHOUT_BLOCK = kinds_of(effect="NOTHING")
COUNTED = kinds_of(argument="COUNT")
ALIGNED = kinds_of(argument="ALIGNMENT")
KINDS = 1 + max(BY_KIND)  # above every kind

# ---- By letter, as in the text form and in rep.Op. ----

LETTERS = {one.letter: first_of(one.letter) for one in OPERATIONS}
FREEING = frozenset(letter for letter, one in LETTERS.items()
                    if one.effect == "ENDS")
RESIZING = frozenset(letter for letter, one in LETTERS.items()
                     if one.effect == "RESIZED")
COUNTING = frozenset(letter for letter, one in LETTERS.items()
                     if one.argument == "COUNT")
ALIGNING = frozenset(letter for letter, one in LETTERS.items()
                     if one.argument == "ALIGNMENT")

# What a program that makes a trace writes for these calls.
MALLOC, CALLOC, MEMALIGN, REALLOC, FREE = (
    BY_NAME[name].letter
    for name in ("ALLOC", "CALLOC", "ALIGNED", "REALLOC", "FREE"))
