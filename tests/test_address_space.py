"""What a process may have under limits, and what its core file has: with each
malloc of the lab about as much as with the C library's."""
from __future__ import annotations

import json
import os
import resource
import unittest

from support import BUILD, account, in_release_only, run

in_release_only('preloads are of release only')

MIB = 1 << 20
ALLOCATORS = 'mm', 'slab', 'kr'

# Threads with stacks of 8 MiB until there are no more, under a limit that the
# program has, or sets for itself.
THREADS = """
import resource, sys, threading
if len(sys.argv) > 1:
    resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]),) * 2)
threading.stack_size(8 << 20)
go, started = threading.Event(), []
while len(started) < 200:
    thread = threading.Thread(target=go.wait)
    try:
        thread.start()
    except RuntimeError:
        break
    started.append(thread)
go.set()
for thread in started:
    thread.join()
print(len(started))
"""

# How much can be had in blocks of 1 MiB.
BLOCKS = """
blocks = []
try:
    while len(blocks) < 2000:
        blocks.append(bytes(1 << 20))
except MemoryError:
    count = len(blocks)
    blocks.clear()
print(count)
"""

# Bytes of addresses, and of private memory that a core file has.
SIZES = """
import json, re
text = open('/proc/self/smaps').read()
areas = re.findall(r'^[0-9a-f]+-[0-9a-f]+ (....) .*\\nSize: +([0-9]+) kB'
                   r'(?:\\n.*)*?\\nVmFlags: (.*)', text, re.M)
print(json.dumps([sum(int(kib) << 10 for _, kib, _ in areas),
                  sum(int(kib) << 10 for access, kib, flags in areas
                      if access[1] == 'w' and 'dd' not in flags.split())]))
"""

# How many blocks of 16 MiB there are, up to 18 GiB.
MANY = """
import ctypes
malloc = ctypes.CDLL(None).malloc
malloc.restype = ctypes.c_void_p
blocks = [malloc(16 << 20) for n in range(18 << 6)]
print(len(blocks) - blocks.count(None))
"""


def answer(allocator: str, script: str, *words: str, what: int = 0,
           limit: int = 0):
    """What the script prints under that allocator; none is the C library, with
    one arena: more of them take addresses that they do not use."""
    preload = str(BUILD / f'preload/{allocator}.so') if allocator else ''
    finished = run('python3', '-S', '-c', script, *words,
                   env={**os.environ, 'LD_PRELOAD': preload,
                        'MALLOC_ARENA_MAX': '1'},
                   preexec_fn=lambda: limit and resource.setrlimit(
                       what, (limit, limit)))
    assert finished.returncode == 0, account(finished)
    return json.loads(finished.stdout)


class AddressSpace(unittest.TestCase):
    def compare(self, script: str, *words: str, what: int = 0,
                limit: int = 0) -> None:
        least = answer('', script, *words, what=what, limit=limit) * 9 // 10
        self.assertGreater(least, 10)
        for name in ALLOCATORS:
            with self.subTest(name):
                self.assertGreaterEqual(
                    answer(name, script, *words, what=what, limit=limit),
                    least)

    def test_threads_under_a_limit(self) -> None:
        self.compare(THREADS, what=resource.RLIMIT_AS, limit=700 * MIB)

    def test_threads_under_a_limit_of_its_own(self) -> None:
        self.compare(THREADS, str(700 * MIB))

    def test_blocks_under_a_limit(self) -> None:
        for what in resource.RLIMIT_AS, resource.RLIMIT_DATA:
            self.compare(BLOCKS, what=what, limit=120 * MIB)

    def test_more_than_16_gib_of_blocks(self) -> None:
        """Of sizes that are not mapped one by one, and hardly touched."""
        self.compare(MANY)

    def test_size_of_process_and_core(self) -> None:
        space, core = answer('', SIZES)
        self.assertGreater(core, MIB)
        for name in ALLOCATORS:
            with self.subTest(name):
                more = answer(name, SIZES)
                self.assertLess(more[0], space + 16 * MIB)
                self.assertLess(more[1], core + 8 * MIB)
