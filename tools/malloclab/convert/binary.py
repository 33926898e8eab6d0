"""The binary form, read and written operation by operation.

Unlike traces/arrays.py it needs neither numpy nor mdriver, and reads pipes. The
bytes are those of `mdriver --pack`.
"""

from __future__ import annotations

from typing import BinaryIO, Iterable, Iterator

from ..traces import op_table, packed, rep
from ..traces.stacks import of_text
from ..traces.op_table import (ALIGNED, BEGINS, BY_KIND, COUNTED, ENDS,
                               RESIZED, WITHOUT_BLOCK)
from .checked_trace import CheckedTrace
from .input_file import InputFile, read_up_to
from .write_options import WriteOptions

CHUNK = packed.RECORD.size << 14
MOST_WEIGHT = 3


def recognise(head: bytes) -> bool:
    return head.startswith(packed.MAGIC)


# ---- In. ----


def read(source: InputFile) -> Iterator[rep.Op]:
    with source.data() as file:
        head = read_up_to(file, packed.HEADER.size)
        if len(head) < packed.HEADER.size:
            raise rep.RepError("the file is cut short in its header")
        magic, weight, _, ids, count, slots, stacks = packed.HEADER.unpack(
            head)
        if magic != packed.MAGIC:
            raise rep.RepError("it does not begin as the binary form does")
        if weight > MOST_WEIGHT:
            raise rep.RepError(f"the weight {weight} is out of range 0..3")
        if ids > count > 0:
            raise rep.RepError("the header declares more ids than operations")
        if slots > min(count, packed.MAX_SLOT) and count:
            raise rep.RepError(f"the number of slots {slots} is out of range")
        source.weight = weight
        ops = _checked(_records(file, count), slots)
        if stacks:
            yield from _with_stacks(list(ops), file, source, stacks)
        else:
            yield from ops
        if file.read(1):
            raise rep.RepError("bytes after the last operation")


def _with_stacks(ops: list[rep.Op], file: BinaryIO, source: InputFile,
                 count: int) -> Iterator[rep.Op]:
    """The operations with what follows them, call stacks."""
    column = read_up_to(file, len(ops) * packed.STACK.size)
    if len(column) < len(ops) * packed.STACK.size:
        raise rep.RepError("the file is cut short in its call stacks")
    rows = b""
    while chunk := read_up_to(file, CHUNK):
        rows += chunk
    try:
        source.stacks = of_text(rows)
    except ValueError as error:
        raise rep.RepError(str(error)) from None
    if len(source.stacks) != count:
        raise rep.RepError(f"the header declares {count} call stacks, "
                           f"{len(source.stacks)} are there")
    for number, (op, (stack,)) in enumerate(
            zip(ops, packed.STACK.iter_unpack(column)), 1):
        if stack > count:
            raise rep.RepError(f"there is no row of the stack {stack}", number)
        yield op._replace(stack=stack)


def _records(file: BinaryIO, count: int) -> Iterator[tuple[int, int, int]]:
    left = count
    while left:
        chunk = read_up_to(file, min(CHUNK, left * packed.RECORD.size))
        whole = len(chunk) // packed.RECORD.size
        yield from packed.RECORD.iter_unpack(chunk[:whole * packed.RECORD.size])
        left -= whole
        if left and whole < CHUNK // packed.RECORD.size:
            raise rep.RepError("the file is cut short: the header declares "
                               f"{count} operations, {count - left} are there")


def _checked(records: Iterable[tuple[int, int, int]],
             slots: int) -> Iterator[rep.Op]:
    """Check the operations; an error has the operation's number as line."""
    live: set[int] = set()
    for number, (word, argument, detail) in enumerate(records, 1):
        kind, slot = word & packed.KIND_MASK, word >> packed.KIND_BITS
        size = detail & packed.SIZE_MASK
        fault = _fault(kind, slot, size, argument, slots, live)
        if fault:
            raise rep.RepError(fault, number)
        if kind in BEGINS:
            live.add(slot)
        elif kind in ENDS:
            live.remove(slot)
        yield rep.Op(BY_KIND[kind].letter,
                     rep.NULL_ID if kind in WITHOUT_BLOCK else slot,
                     0 if kind in ENDS else size, _extra(kind, argument),
                     detail >> packed.SIZE_BITS)


def _fault(kind: int, slot: int, size: int, argument: int, slots: int,
           live: set[int]) -> str:
    """Why the operation is malformed; "" if it is not."""
    if kind not in BY_KIND:
        return "an unknown operation"
    if size * (argument if kind in COUNTED else 1) > rep.MAX_SIZE:
        return "the size is over the limit"
    if slot >= (1 if kind in WITHOUT_BLOCK else slots):
        return "the slot is out of range"
    if kind in BEGINS and slot in live:
        return "the slot is allocated again while it is live"
    if kind in (*ENDS, *RESIZED) and slot not in live:
        return "the slot is not live"
    if kind in RESIZED and not size:
        return "a block is resized to 0 bytes"
    if kind in ALIGNED and argument >= packed.SIZE_BITS - 1:
        return "the alignment is over the limit"
    return ""


def _extra(kind: int, argument: int) -> int:
    if kind in ALIGNED:
        return 1 << argument
    return argument if kind in COUNTED else 0


# ---- Out. ----


def write(trace: CheckedTrace, file: BinaryIO, options: WriteOptions) -> None:
    account = trace.account
    file.write(packed.header(trace.weight, account.threaded, account.ids,
                             account.ops, account.peak_blocks,
                             len(trace.stacks)))
    slots: dict[int, int] = {}
    free: list[int] = []
    for op in trace:
        kind = _kind(op, op.id in slots)
        if kind in BEGINS:
            slots[op.id] = free.pop() if free else len(slots)
        slot = slots.get(op.id, 0)
        if kind in ENDS:
            free.append(slots.pop(op.id))
        argument, size = _argument(op)
        file.write(packed.RECORD.pack(
            slot << packed.KIND_BITS | kind, argument,
            op.thread << packed.SIZE_BITS | size))
    if len(trace.stacks):
        for op in trace:
            file.write(packed.STACK.pack(op.stack))
        file.write("".join(trace.stacks.lines()).encode())


def _kind(op: rep.Op, is_live: bool) -> int:
    if op.id == rep.NULL_ID:
        effect = "NOTHING"
    elif op.kind in op_table.FREEING or is_live and not op.size:
        effect = "ENDS"
    else:
        effect = "RESIZED" if is_live else "BEGINS"
    return op_table.kind_of(op.kind, effect)


def _argument(op: rep.Op) -> tuple[int, int]:
    """The field arg and the size. A count has 32 bits; a larger one is stored
    as the size, for only their product matters."""
    if op.kind in op_table.ALIGNING:
        return op.extra.bit_length() - 1, op.size
    if op.kind in op_table.COUNTING and op.extra > rep.MAX_COUNT:
        return op.size, op.extra
    return op.extra, op.size
