"""The .rep text, in all the variants that docs/traces.md has."""

from __future__ import annotations

import re
from typing import Iterable, TextIO

from ..traces import rep
from ..traces.op_table import MALLOC, RESIZING
from .checked_trace import CheckedTrace
from .input_file import InputFile
from .write_options import WriteOptions


HEAD = re.compile(rb"\s*\d+(\s+-?\d|\s*\Z)")  # the header is of numbers


def recognise(head: bytes) -> bool:
    return bool(HEAD.match(head))


def read(source: InputFile) -> Iterable[rep.Op]:
    lines = (f"{text}\n" for _, text in source.lines(partial=True))
    header, ops = rep.scan(lines)
    source.weight, source.stacks = header.weight, header.stacks
    return ops


def write(trace: CheckedTrace, file: TextIO, options: WriteOptions) -> None:
    """The classic variant, which has no realloc of NULL."""
    if trace.weight != 1:
        options.notes["weights other than 1, left out"] += 1
    file.write(rep.header(trace.account, stacks=trace.stacks))
    threaded = trace.account.threaded
    begun = 0
    for op in trace:
        if op.kind in RESIZING and op.id == begun:
            options.notes["realloc(NULL), written as malloc"] += 1
            op = op._replace(kind=MALLOC)
        begun = max(begun, op.id + 1)
        file.write(rep.render(op, threaded) + "\n")
