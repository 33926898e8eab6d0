"""Logs that have the end of a block (its free) late, or not at all.

mtrace writes the line of a free, and mtrace and heaptrack both lines of a
realloc, when the call has returned. By then another thread may have been given
the address, and may have logged that first:

    thread A    free(p) ................. log "- p"
    thread B           malloc() = p, log "+ p"

So the log has a block that begins at p while another one is live there. Each
address therefore has a queue of live blocks, and an end at p ends the first of
them. Once the late lines have been read, the queue is empty.

With several threads mtrace also loses lines; such a queue would never be empty
again. A thread is late by a few lines only. So if a queue is older than
MAX_LATENESS, the next block that begins ends the first one of the queue, which is
counted like any block whose end is missing.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field

NOTE = "ends logged after the next beginning at their address"
MAX_LATENESS = 1000  # lines


@dataclass
class Queue:
    """Names of the blocks at an address; when there came to be several, and
    how many began too early."""

    names: deque[int]
    since: int
    early: int = 0


@dataclass
class Addresses:
    """Names for blocks whose ends may be logged late: mostly the address.

    A name that begins again while it is in use replaces what it stood for.
    """

    notes: Counter[str]
    _single: dict[int, int] = field(default_factory=dict)
    _queues: dict[int, Queue] = field(default_factory=dict)
    _lines: int = 0
    _aliases: int = 1 << 64  # no address is so high

    def begin(self, address: int) -> int:
        """The name of the block that begins there; 0 is none."""
        self._lines += 1
        if not address:
            return 0
        if address not in self._single and address not in self._queues:
            self._single[address] = address
            return address
        if address in self._single:
            first = self._single.pop(address)
            self._queues[address] = Queue(deque([first]), self._lines)
        queue = self._queues[address]
        if self._lines - queue.since > MAX_LATENESS:
            return self._replace(address, queue)
        self._aliases += 1
        queue.names.append(self._aliases)
        queue.early += 1
        return self._aliases

    def end(self, address: int) -> int:
        """The name of the block whose end this is."""
        self._lines += 1
        if address not in self._queues:
            return self._single.pop(address, address)
        queue = self._queues[address]
        if len(queue.names) == 1:
            self.notes[NOTE] += queue.early
            del self._queues[address]
        return queue.names.popleft()

    def _replace(self, address: int, queue: Queue) -> int:
        name = queue.names.popleft()
        queue.names.append(name)
        queue.since = self._lines
        queue.early -= 1
        if len(queue.names) == 1:
            self._single[address] = name
            del self._queues[address]
        return name
