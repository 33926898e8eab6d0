"""Every allocator of the build: right on every trace and in every shortage."""
from __future__ import annotations


import samples
from support import (BUILD, IN_RELEASE, ROOT, TESTS, account, mdriver_json,
                     run)

from malloclab.record import corpus
from malloclab.traces import manifest

SOURCES = {path.stem: path for folder in ('.', 'variants', 'libraries/lab')
           for path in sorted(ROOT.glob(f'{folder}/*.c'))
           if folder != '.' or path.name == 'mm.c'}
NAMES = list(SOURCES)
SHORT = [TESTS / 'traces' / f'{name}.rep'
         for name in ('mixed', 'realloc', 'calloc', 'edge')]
MOST_REQUESTS = 2000  # a variant that makes more on a short trace is odd
NEVER_REUSE = 'naive', 'bump'
# To save time: operations of a trace, and of one of large blocks; and under the
# sanitizer, which is slow to begin, one request for memory of so many.
MOST_OPS = 30_000 if IN_RELEASE else 10_000
MOST_OF_LARGE = 13_000 if IN_RELEASE else 5_000
STEP = 1 if IN_RELEASE else 8

# The allocator itself, and a caller that uses all of every block.
USES_ALL = """\
#include <stdlib.h>
#define mm_malloc own_malloc
#define mm_realloc own_realloc
#include "SOURCE"
#undef mm_malloc
#undef mm_realloc

static void *use(char *ptr, size_t size)
{
    size_t usable = mm_usable_size(ptr);

    if (ptr ? usable < size : usable != 0)
        abort();
    if (ptr)
        memset(ptr + size, 0xa5, usable - size);
    return ptr;
}

void *mm_malloc(size_t size)
{
    return use(own_malloc(size), size);
}

void *mm_realloc(void *ptr, size_t size)
{
    return use(own_realloc(ptr, size), size);
}
"""


class Variants(samples.Samples):
    def test_each_is_built(self) -> None:
        for name in NAMES:
            with self.subTest(name):
                folder = SOURCES[name].relative_to(ROOT).parts[0]
                place = BUILD if name == 'mm' else BUILD / folder
                self.assertTrue((place / f'{name}.so').exists())

    def test_each_says_its_idea_on_its_first_lines(self) -> None:
        for name in NAMES:
            with self.subTest(name):
                start = SOURCES[name].read_text()[:200]
                self.assertRegex(start, rf'/\*\n \* {name}\.c - \w+')

    def sound_after_every_operation(self, name: str) -> None:
        files = [word for path in SHORT for word in ('-f', path)]
        finished, report = mdriver_json('--allocator', name, '-d', '2',
                                        '--no-timing', *files)
        for result in report['results']:
            self.assertEqual(result['verdict'], 'ok', result['message'])
        self.assertEqual(finished.returncode, 0, account(finished))

    def sound_on_every_trace(self, names: list[str], limit: str,
                             allowed: tuple[str, ...], *files: str) -> None:
        """All in one run, which reads the traces once."""
        _, report = mdriver_json('--allocator', ','.join(names), '--no-timing',
                                 '-s', limit, '--jobs', '2', *files)
        self.assertEqual({r['allocator'] for r in report['results']}, set(names))
        for result in report['results']:
            with self.subTest(result['allocator'], trace=result['trace']):
                self.assertIn(result['verdict'], allowed, result['message'])

    def test_mm_is_sound_on_every_trace(self) -> None:
        self.sound_on_every_trace(['mm'], '20', ('ok',))

    def test_others_are_sound_on_the_shorter_traces(self) -> None:
        """Where a list is too long for the time limit, that is its verdict. The
        shorter traces do. Who uses no memory again has no state that a longer
        trace would bring about, and takes the most time of all."""
        others = [name for name in NAMES if name not in ('mm', *NEVER_REUSE)]
        large = {work.file for work in corpus.LARGE_BLOCKS}
        listed = manifest.read(str(ROOT / 'traces/MANIFEST')).entries
        files = [f'--file={ROOT / "traces" / entry.name}' for entry in listed
                 if entry.ops < (MOST_OF_LARGE if entry.name in large else
                                 MOST_OPS)]
        self.sound_on_every_trace(others, '0.1', ('ok', 'too-slow'), *files)

    def sound_in_every_shortage(self, name: str) -> None:
        """Each request for memory is refused in turn: NULL, heap intact."""
        trace = TESTS / 'traces/shortage.rep'
        for request in range(1, MOST_REQUESTS, STEP):
            _, report = mdriver_json('--allocator', name, '-d', '2',
                                     '--fail-sbrk', str(request), '-f', trace)
            result = report['results'][0]
            self.assertEqual(result['verdict'], 'ok',
                             f'request {request}: {result["message"]}')
            if result['requests_refused'] == 0:
                self.assertGreater(request, 1, 'it asks for no memory at all')
                return
            self.assertEqual(result['requests_refused'], 1)
        self.fail(f'more than {MOST_REQUESTS} requests')

    def keeping_no_byte_that_is_usable(self, name: str) -> None:
        """mm_usable_size says the size or more; all of it is the caller's."""
        uses_all = self.write(f'{name}.c',
                              USES_ALL.replace('SOURCE', str(SOURCES[name])))
        library = uses_all.with_suffix('.so')
        finished = run('cc', '-O1', '-std=gnu11', *samples.bits_of_build(),
                       '-I', ROOT, '-DDRIVER', '-fPIC', '-shared',
                       '-Wl,-Bsymbolic', '-o', library, uses_all)
        self.assertEqual(finished.returncode, 0, account(finished))
        self.sound_after_every_operation(str(library))

    def null_when_the_heap_is_full(self, name: str) -> None:
        finished, report = mdriver_json(
            '--allocator', name, '--heap-limit', '64K', '--no-timing',
            '-f', TESTS / 'traces/mixed.rep')
        result = report['results'][0]
        self.assertEqual(result['verdict'], 'no-memory', result['message'])
        self.assertEqual(finished.returncode, 1)


def add_tests() -> None:
    """A test method for each allocator and each property."""
    for name in NAMES:
        for check in ('sound_after_every_operation', 'sound_in_every_shortage',
                      'keeping_no_byte_that_is_usable',
                      'null_when_the_heap_is_full'):
            def test(self: Variants, name: str = name,
                     check: str = check) -> None:
                getattr(self, check)(name)
            setattr(Variants, f'test_{name}_is_{check}', test)


add_tests()
