"""Profiles of memory: they are recognised, and refused with the reason.

A profile has sums of what was allocated. It has neither the order of the calls nor
the block of each free, so no trace can be made from it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Iterable

from ..traces import rep
from .input_file import InputFile

HEAP_PROFILE = re.compile(rb"heap profile: |heap_v2/")
# A protobuf Profile begins with its first field, of type 1: a ValueType that
# consists of numbers of fields 1 and 2.
PROTOBUF = re.compile(rb"\x0a[\x02\x04\x06]\x08.\x10", re.S)


@dataclass(frozen=True)
class Profile:
    """A Reader that refuses: what holds the figures, and which."""

    what: str
    holds: str
    patterns: tuple[re.Pattern[bytes], ...]

    def recognise(self, head: bytes) -> bool:
        return any(pattern.match(head) for pattern in self.patterns)

    def read(self, source: InputFile) -> Iterable[rep.Op]:
        raise rep.RepError(f"{self.what} holds {self.holds}, not the order of "
                           "the calls: it cannot be replayed")


PPROF = Profile("a pprof profile", "sums by call stack",
                (PROTOBUF, HEAP_PROFILE))
DHAT = Profile("a profile of DHAT", "sums by call stack",
               (re.compile(rb'\{\s*"dhatFileVersion"'),))
MASSIF = Profile("a profile of massif", "sizes of the heap at some moments",
                 (re.compile(rb"desc: .*\ncmd: .*\ntime_unit: "),))
