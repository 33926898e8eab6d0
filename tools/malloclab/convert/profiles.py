"""Profiles: recognised, to say why none of them is a trace.

They sum up who allocated how much. The order of the calls, and which block it
was that was freed, are gone.
"""

from __future__ import annotations

import re

MASSIF = re.compile(rb"desc: .*\ncmd: .*\ntime_unit: ")
DHAT = re.compile(rb'\{\s*"dhatFileVersion"')
PPROF_TEXT = re.compile(rb"heap profile: |heap_v2/")
# A protobuf Profile begins with its first field, of type 1: a ValueType that
# consists of numbers of fields 1 and 2.
PPROF = re.compile(rb"\x0a[\x02\x04\x06]\x08.\x10", re.S)


def is_massif(head: bytes) -> bool:
    return bool(MASSIF.match(head))


def is_dhat(head: bytes) -> bool:
    return bool(DHAT.match(head))


def is_pprof(head: bytes) -> bool:
    return bool(PPROF.match(head) or PPROF_TEXT.match(head))


def refusal(what: str, holds: str) -> str:
    return (f"{what} holds {holds}, not the order of the calls: it cannot be "
            "replayed")
