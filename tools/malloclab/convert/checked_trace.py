"""A trace that was read in one format and is to be written in another.

Most writers need the number of ids and the peak before the first operation. So
the whole trace is kept in columns, about 35 bytes per operation; a list of Ops would
take 200.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import Iterable, Iterator

from ..terminal import with_progress
from ..traces import rep
from ..traces.op_table import FREEING
from ..traces.stacks import Stacks


@dataclass
class CheckedTrace:
    """Operations that were checked: each is valid after those before it.

    An id stands for one block, and ids count from 0 in the order in which
    blocks begin, whatever they were in the input. An `r` of a new id is
    realloc(NULL).
    """

    weight: int = 1
    account: rep.Account = field(default_factory=rep.Account)
    peak_at: int = 0  # operations until payload is highest
    stacks: Stacks = field(default_factory=Stacks)
    _kinds: bytearray = field(default_factory=bytearray)
    _ids: array[int] = field(default_factory=lambda: array("q"))
    _sizes: array[int] = field(default_factory=lambda: array("Q"))
    _extras: array[int] = field(default_factory=lambda: array("Q"))
    _threads: array[int] = field(default_factory=lambda: array("H"))
    _stacks: array[int] = field(default_factory=lambda: array("I"))

    def __len__(self) -> int:
        return len(self._kinds)

    def __iter__(self) -> Iterator[rep.Op]:
        ops = map(rep.Op, map(chr, self._kinds), self._ids, self._sizes,
                  self._extras, self._threads, self._stacks)
        return with_progress(ops, "operations written")

    def extend(self, ops: Iterable[rep.Op]) -> None:
        """Append the operations. A RepError where one cannot be."""
        account = self.account
        for op in self._renamed(with_progress(ops, "operations read")):
            peak = account.peak_bytes
            account.add(op)
            self._append(op)
            if account.peak_bytes > peak:
                self.peak_at = account.ops

    def _renamed(self, ops: Iterable[rep.Op]) -> Iterator[rep.Op]:
        """Between two of them the account has taken the first."""
        names: dict[int, int] = {}
        live = self.account.live
        for op in ops:
            kind, was, size, extra, thread, stack = op
            if kind in FREEING and was != rep.NULL_ID and was not in names:
                raise rep.RepError(f"id {was} is freed but not live")
            if kind not in FREEING and was not in names:
                names[was] = self.account.ids
            block = names.get(was, rep.NULL_ID)
            if op.payload > rep.MAX_SIZE:
                raise rep.RepError(f"a block of {op.payload} bytes: at most "
                                   f"{rep.MAX_SIZE} are possible")
            yield rep.Op(kind, block, size, extra, thread, stack)
            if block not in live:
                names.pop(was, None)

    def _append(self, op: rep.Op) -> None:
        self._kinds.append(ord(op.kind))
        self._ids.append(op.id)
        self._sizes.append(op.size)
        self._extras.append(op.extra)
        self._threads.append(op.thread)
        self._stacks.append(op.stack)
