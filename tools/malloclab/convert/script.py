"""The scripts of heap labs: operations of a trace without its header.

    # Three blocks, one of them resized.
    a 0 100
    a 1 24         # a comment may follow
    r 0 200
    f 1

The lines are those of a trace (docs/traces.md); an `r` of an id that is new is
realloc(NULL).
"""

from __future__ import annotations

import re
from typing import Iterator

from ..traces import rep
from .input_file import InputFile

HEAD = re.compile(rb"(?:[ \t\r]*(?:#[^\n]*)?\n)*[ \t]*[acfmr][ \t]+-?\d")


def recognise(head: bytes) -> bool:
    return bool(HEAD.match(head))


def read(source: InputFile) -> Iterator[rep.Op]:
    account = rep.Account()
    for number, text in source.lines(partial=True):
        line = text.split("#", 1)[0]
        if not line.strip():
            continue
        op = rep.parse_op(line, number)
        try:
            account.add(op)
        except rep.RepError as error:
            error.line = number
            raise
        yield op
    if not account.ops:
        raise rep.RepError("no operation in it")
