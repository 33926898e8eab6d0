"""Profiles for pprof: profile.proto, packed by gzip, of weighed call stacks.

Written by hand, for a profile has few kinds of fields: a message is a row of
fields, a field its number and a number or bytes. The numbers are those of
https://github.com/google/pprof/blob/main/proto/profile.proto.
"""

from __future__ import annotations

import re
from typing import Any, Iterable, Mapping, Sequence

from ..traces.stacks import function_of, place_of

SAMPLE_TYPE, SAMPLE, LOCATION, FUNCTION, STRING = 1, 2, 4, 5, 6
NUMBER, BYTES = 0, 2
OWN = re.compile(r"\((after .*?|cut|no call stack)(\(.*)?\)")
ANONYMOUS = "(anonymous namespace)"


def encode(kinds: Sequence[tuple[str, str]],
           samples: Mapping[tuple[str, ...], Sequence[int]]) -> bytes:
    """The profile, not yet packed. kinds: type and unit of each value of a
    sample; samples: values by stack, outermost frame first."""
    strings = {"": 0}
    frames: dict[str, int] = {}
    functions: dict[tuple[str, str], int] = {}
    parts = []
    for kind in kinds:
        parts.append(_field(SAMPLE_TYPE, _message(
            (n, _number(strings, text)) for n, text in enumerate(kind, 1))))
    for stack, values in samples.items():
        calls = [_number(frames, frame, 1) for frame in reversed(stack)]
        parts.append(_field(SAMPLE, _message(
            ((1, _packed(calls)), (2, _packed(values))))))
    for frame, number in frames.items():
        file, _, line = place_of(frame).rpartition(":")
        if not line.isdecimal():
            file, line = place_of(frame), "0"
        function = _number(functions, (function_of(frame), file), 1)
        parts.append(_field(LOCATION, _message(
            ((1, number), (4, _message(((1, function), (2, int(line)))))))))
    for (name, file), number in functions.items():
        text = _number(strings, _kept(name))
        parts.append(_field(FUNCTION, _message(
            ((1, number), (2, text), (3, text),
             (4, _number(strings, file))))))
    parts += [_field(STRING, text.encode()) for text in strings]
    return b"".join(parts)


def _kept(name: str) -> str:
    """pprof takes what stands in parentheses for arguments, and omits it: a
    function without a name would be <unknown>, as all others without one."""
    own = OWN.fullmatch(name)
    return own[1] if own else name.replace(ANONYMOUS, "{anonymous}")


def _number(numbers: dict[Any, int], key: Any, first: int = 0) -> int:
    return numbers.setdefault(key, len(numbers) + first)


def _varint(value: int) -> bytes:
    data = bytearray()
    while value > 0x7f:
        data.append(value & 0x7f | 0x80)
        value >>= 7
    data.append(value)
    return bytes(data)


def _packed(values: Iterable[int]) -> bytes:
    return b"".join(map(_varint, values))


def _field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3 | NUMBER) + _varint(value)
    return _varint(number << 3 | BYTES) + _varint(len(value)) + value


def _message(fields: Iterable[tuple[int, int | bytes]]) -> bytes:
    return b"".join(_field(number, value) for number, value in fields)
