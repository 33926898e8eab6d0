"""The recorder, and tools/record: programs with known calls, known traces.

Each program is compiled here, with -fno-builtin for every call to be made.
"""
from __future__ import annotations

import gzip
import os
import shutil
import signal
import tempfile
import unittest
from collections import Counter
from pathlib import Path

import support
from malloclab.record import recording
from malloclab.record.recording import (
    ALIGNED, CALLOC, FREE, MALLOC, NOTHING, RESIZE, RESIZED, Event)
from malloclab.traces import rep

from rep_checker import check_text
from terminal import Terminal

support.in_release_only('the tools are the same in every build')

CHECK = '-std=gnu11 -Wall -Wextra -Wshadow -Wstrict-prototypes -Werror'.split()

PRELUDE = r'''
#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
'''

EVERY_CALL = r'''
int main(void)
{
    void *p, *a = malloc(100), *b = calloc(3, 40), *c = realloc(NULL, 50);

    a = realloc(a, 2000);
    free(b);
    errno = 7;
    if (posix_memalign(&p, 64, 300) || errno != 7 || (uintptr_t)p % 64)
        return 1;
    void *d = aligned_alloc(256, 512), *e = memalign(48, 10);
    void *f = valloc(10), *g = pvalloc(10), *h = malloc(0);
    if (posix_memalign(&b, 3, 8) != EINVAL || errno != 7)
        return 2;
    c = reallocarray(c, 10, 20);
    if (realloc(a, 0))
        return 3;
    free(NULL);
    if (malloc(SIZE_MAX) || errno != ENOMEM || calloc(SIZE_MAX, 2) ||
        reallocarray(c, SIZE_MAX, 2) || realloc(c, SIZE_MAX / 2) ||
        pvalloc(SIZE_MAX) || memalign(64, SIZE_MAX / 2))
        return 4;
    a = malloc(7);
    free(p), free(d), free(e), free(f), free(g), free(h), free(c);
    return a ? 0 : 5;
}
'''

EVERY_CALL_OPS = '''
a 0 100
c 1 3 40
a 2 50
r 0 2000
f 1
m 3 64 300
m 4 256 512
m 5 64 10
m 6 4096 10
m 7 4096 4096
a 8 0
r 2 200
f 0
f -1
a 9 7
f 3
f 4
f 5
f 6
f 7
f 8
f 2
'''

KILLED = r'''
int main(void)
{
    void *blocks[20000];

    for (int i = 0; i < 20000; i++)
        blocks[i] = malloc(64);
    for (int i = 0; i < 20000; i += 2)
        free(blocks[i]);
    kill(getpid(), SIGKILL);
}
'''

FORKS = r'''
static void child(void *inherited, size_t size)
{
    free(inherited);
    free(malloc(size));
    _exit(0);
}

int main(void)
{
    void *before = malloc(111);

    if (fork() == 0)
        child(before, 222);
    wait(NULL);
    if (_Fork() == 0)
        child(before, 333);
    wait(NULL);
    if (vfork() == 0)
        _exit(0);
    wait(NULL);
    before = realloc(before, 444);
    return before == NULL;
}
'''

EXEC = r'''
int main(int argc, char **argv)
{
    void *block = malloc(argc == 1 ? 10 : 20);

    if (argc == 1) {
        unsetenv("MALLOC_RECORD_UNRELATED");
        execl(argv[0], argv[0], "again", NULL);
    }
    free(block);
    return 0;
}
'''

AROUND_MAIN = r'''
static void *kept;

__attribute__((constructor)) static void before(void)
{
    kept = malloc(31);
}

__attribute__((destructor)) static void after(void)
{
    free(kept);
    kept = malloc(32);
}

static void at_exit(void)
{
    free(malloc(33));
}

int main(void)
{
    atexit(at_exit);
    return 0;
}
'''

# Each thread allocates ROUNDS blocks and frees those that it draws from slots
# that all share, so that most blocks are freed by another thread.
THREADS = r'''
enum { THREADS = 4, ROUNDS = 5000, SLOTS = 64 };

static void *_Atomic slots[SLOTS];

static void *work(void *argument)
{
    unsigned random = (unsigned)(uintptr_t)argument;

    for (int i = 0; i < ROUNDS; i++) {
        void *block = malloc(24 + i % 8);

        random = random * 1664525u + 1013904223u;
        if (i % 3 == 0)
            block = realloc(block, 500);
        free(__atomic_exchange_n(&slots[(random >> 16) % SLOTS], block,
                                 __ATOMIC_ACQ_REL));
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];

    for (uintptr_t i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, work, (void *)(i + 1)))
            return 1;
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < SLOTS; i++)
        free(slots[i]);
    return 0;
}
'''

# What the C library says of blocks small, mapped and aligned, on stdout.
USABLE = r'''
#include <stdio.h>

int main(void)
{
    printf("%zu", malloc_usable_size(NULL));
    for (size_t size = 0; size < 600000; size += 1 + size / 3) {
        void *p = malloc(size), *q = memalign(1024, size);

        printf(" %zu %zu", malloc_usable_size(p), malloc_usable_size(q));
        p = realloc(p, size + 100);
        printf(" %zu", malloc_usable_size(p));
    }
    return 0;
}
'''

# Which alignments aligned_alloc takes, a matter of the C library's version.
ALIGNMENTS = r'''
#include <stdio.h>

int main(void)
{
    for (volatile size_t align = 0; align < 50; align++) {
        errno = 0;
        printf("%d", aligned_alloc(align, 40) != NULL);
        printf(" %d\n", errno);
    }
    return 0;
}
'''

# For a C library that does not have them yet: they are the recorder's.
SECOND_NAMES = r'''
void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t);
void *__libc_memalign(size_t, size_t), *__libc_realloc(void *, size_t);
void __libc_free(void *);

int main(void)
{
    free(__libc_malloc(40));
    free(__libc_calloc(3, 30));
    free(__libc_memalign(64, 100));
    __libc_free(__libc_realloc(malloc(70), 700));
    return 0;
}
'''

HALF_A_GIB_AND_MORE = r'''
int main(void)
{
    return malloc(600 << 20) ? 0 : 1;
}
'''

SIZED = r'''
#pragma GCC diagnostic ignored "-Wbuiltin-declaration-mismatch"
void free_sized(void *, size_t) __attribute__((weak));
void free_aligned_sized(void *, size_t, size_t) __attribute__((weak));

int main(void)
{
    if (!free_sized || !free_aligned_sized)
        return 1;
    free_sized(malloc(40), 40);
    free_aligned_sized(aligned_alloc(64, 128), 64, 128);
    return 0;
}
'''

# All descriptors closed, those of the recorder too if it had any; then a file
# gets the lowest number; then there is much to record, and a child is spawned.
CLOSED = r'''
#include <fcntl.h>
#include <spawn.h>

int main(int argc, char **argv)
{
    pid_t child;
    int status;

    if (argc > 1)
        return malloc(7) == NULL;
    closefrom(3);
    if (open("/dev/null", O_RDONLY) != 3)
        return 1;
    closefrom(0);
    for (int i = 0; i < 60000; i++)
        free(malloc(16));
    if (posix_spawn(&child, argv[0], NULL, NULL,
                    (char *[]){argv[0], "child", NULL}, environ))
        return 2;
    waitpid(child, &status, 0);
    return WEXITSTATUS(status);
}
'''

LOADED = 'void *lent(void) { return malloc(77); }'

LOADING = r'''
#include <dlfcn.h>

int main(int argc, char **argv)
{
    void *library = dlopen("LIBRARY", RTLD_NOW | RTLD_LOCAL);
    void *(*lent)(void) = (void *(*)(void))dlsym(library, "lent");

    free(lent());
    dlclose(library);
    return argc + !argv - 1;
}
'''

ABORTED = r'''
int main(void)
{
    free(malloc(11));
    malloc(12);
    abort();
}
'''

# More threads than one sees in a program, many of them at a time.
CROWD = r'''
enum { THREADS = 64, TIMES = 20 };

static void *work(void *argument)
{
    free(malloc(30000 + (uintptr_t)argument));
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];

    for (uintptr_t n = 0; n < THREADS * TIMES; n++) {
        if (n >= THREADS)
            pthread_join(threads[n % THREADS], NULL);
        if (pthread_create(&threads[n % THREADS], NULL, work, (void *)n))
            return 1;
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
'''

OWN = r'''
static char heap[1 << 20];
static size_t used;

void *malloc(size_t size)
{
    used += (size + 15) / 16 * 16;
    return heap + used - (size + 15) / 16 * 16;
}

void free(void *block)
{
    (void)block;
}

int main(void)
{
    free(malloc(10));
    return 0;
}
'''

# A server that gives up its rights before its recording has grown.
DEMOTED = r'''
int main(void)
{
    if (setgid(65534) || setuid(65534))
        return 1;
    for (int i = 0; i < 60000; i++)
        free(malloc(16));
    return 0;
}
'''

# All ways to get memory and to give it back; with an argument, also not to get
# it.
NEW = (support.ROOT / 'tests/runtime/new.cc').read_text()

# Its own new gets nothing from malloc, its own delete adds a malloc to each.
REPLACED = r'''
#include <cstdlib>
#include <new>

static char heap[1 << 20];
static std::size_t used;

void *operator new(std::size_t size)
{
    used += (size + 15) / 16 * 16;
    if (used > sizeof heap)
        throw std::bad_alloc();
    return heap + used - (size + 15) / 16 * 16;
}

void operator delete(void *) noexcept
{
    std::free(std::malloc(5555));
}

int main()
{
    operator delete(operator new(7777), 7777);
    operator delete[](operator new[](7777), std::nothrow);
    operator delete(operator new(7777, std::nothrow));
    operator delete[](operator new[](7777, std::nothrow), 7777);
    return operator new(sizeof heap, std::nothrow) != nullptr;
}
'''

# Says that it is there, and serves.
SERVER = r'''
int main(void)
{
    free(malloc(40));
    dprintf(1, "%d\n", (int)getpid());
    pause();
}
'''

IDLE = 'int main(void) { return 0; }'

# A child that asks for nothing until it is told to.
DAEMON = r'''
int main(void)
{
    int told[2];

    free(malloc(40));
    if (pipe(told) != 0)
        return 1;
    pid_t child = fork();
    if (child == 0) {
        close(1), close(2), close(told[1]);
        pause();
    }
    dprintf(1, "%d\n", (int)child);
    return 0;
}
'''

MANY = r'''
int main(void)
{
    for (int i = 0; i < 60000; i++)
        free(malloc(16));
    return 0;
}
'''


class Programs(unittest.TestCase):
    """Compiles programs into a directory of the class."""

    place: Path
    recorder = support.BUILD / 'record.so'

    @classmethod
    def setUpClass(cls) -> None:
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        cls.place = Path(directory.name)

    @classmethod
    def compile(cls, *arguments: str | Path) -> None:
        done = support.run('cc', *CHECK, *arguments)
        if done.returncode:
            raise AssertionError(support.account(done))

    def program(self, source: str) -> Path:
        path = self.place / self.id().rpartition('.')[2]
        code = path.with_suffix('.c')
        code.write_text(PRELUDE + source)
        self.compile('-Wno-unused-result', '-Wno-alloc-size-larger-than',
                     '-fno-builtin', '-o', path, code, '-pthread')
        return path

    def record(self, *arguments: str | Path, status: int = 0,
               **environment: str) -> support.Finished[str]:
        """tools/record with the build's recorder."""
        done = support.run(support.ROOT / 'tools' / 'record', '--recorder',
                           self.recorder, *arguments,
                           env={**os.environ, **environment})
        self.assertEqual(done.returncode, status, support.account(done))
        return done

    def trace(self, source: str, *options: str, status: int = 0,
              **environment: str) -> list[str]:
        """The operations recorded from the source, checked for validity."""
        out = self.place / 'out.rep'
        done = self.record('-o', out, *options, '--', self.program(source),
                           status=status, **environment)
        self.notes = done.stderr.splitlines()
        return check_text(out.read_text()).lines

    def all_traces(self, source: str) -> list[list[str]]:
        """The operations of each process of the source, in order."""
        out = self.place / (self.id().rpartition('.')[2] + '.rep')
        self.record('-o', out, '-p', 'all', '--', self.program(source))
        paths = sorted(self.place.glob(out.stem + '.*-*.rep'))
        return [check_text(path.read_text()).lines for path in paths]


class Recorder(Programs):
    def test_every_call_is_recorded_as_it_was_made(self) -> None:
        self.assertEqual(self.trace(EVERY_CALL),
                         EVERY_CALL_OPS.strip().split('\n'))

    def test_failed_calls_are_counted(self) -> None:
        done = self.record('-o', self.place / 'failed.rep', '--',
                           self.program(EVERY_CALL))
        self.assertIn('calls that failed, left out: 6', done.stderr)

    def test_kill_leaves_all_that_was_done(self) -> None:
        expected = [f'a {i} 64' for i in range(20000)]
        expected += [f'f {i}' for i in range(0, 20000, 2)]
        self.assertEqual(self.trace(KILLED, status=128 + signal.SIGKILL),
                         expected)

    def test_forked_children_have_files_of_their_own(self) -> None:
        parent, first, second = self.all_traces(FORKS)
        self.assertEqual(parent, ['a 0 111', 'r 0 444'])
        self.assertEqual(first, ['a 0 222', 'f 0'])
        self.assertEqual(second, ['a 0 333', 'f 0'])

    def test_frees_of_inherited_blocks_are_noted(self) -> None:
        done = self.record('-o', self.place / 'forked.rep', '-p', 'all', '--',
                           self.program(FORKS))
        note = 'frees of pointers never seen, dropped: 1'
        self.assertEqual(done.stderr.count(note), 2, done.stderr)
        self.assertEqual(done.stderr.count('a forked child'), 2, done.stderr)

    def test_exec_begins_a_new_file(self) -> None:
        first, second = self.all_traces(EXEC)
        self.assertEqual(first, ['a 0 10'])
        self.assertEqual(second, ['a 0 20', 'f 0'])

    def test_the_image_with_most_events_is_the_main_process(self) -> None:
        self.assertEqual(self.trace(EXEC), ['a 0 20', 'f 0'])

    def test_constructors_and_destructors_are_recorded(self) -> None:
        self.assertEqual(self.trace(AROUND_MAIN),
                         ['a 0 31', 'a 1 33', 'f 1', 'f 0', 'a 2 32'])

    def test_threads_are_told_apart_and_their_order_is_sound(self) -> None:
        # One arena and no caches: what one thread frees, another one gets.
        lines = self.trace(THREADS, GLIBC_TUNABLES='glibc.malloc.arena_max=1:'
                           'glibc.malloc.tcache_count=0')
        words = [line.split() for line in lines]
        begun = Counter(w[-1] for w in words if w[0] == 'a')
        moved = Counter(w[-1] for w in words if w[0] == 'r')
        ended = Counter(w[-1] for w in words if w[0] == 'f' and w[1] != '-1')
        for thread in '1234':
            self.assertEqual(begun[thread], 5000)
            self.assertEqual(moved[thread], 1667)
        self.assertEqual(set(begun + moved + ended), set('01234'))
        self.assertEqual(ended.total(), 20000)
        self.assertEqual(ended['0'], 64)
        self.assertEqual(len(self.notes), 1, self.notes)

    def test_a_full_disk_cuts_the_trace_short(self) -> None:
        out = self.place / 'full.rep'
        done = self.record(
            '-o', out, '--', 'bash', '-c', 'ulimit -f 600; exec "$0"',
            self.program(MANY))
        lines = check_text(out.read_text()).lines
        self.assertGreater(len(lines), 8000)
        self.assertEqual(lines[-1][0], 'f')
        missing = 120000 - len(lines)
        self.assertIn(f'no room for more (File too large): the last {missing} '
                      'events are missing', done.stderr)
        self.assertNotIn('left by _exit', done.stderr)

    def test_without_the_variable_nothing_is_recorded(self) -> None:
        done = support.run(self.program(MANY), cwd=self.place,
                           env={'LD_PRELOAD': str(self.recorder)})
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        self.assertEqual(list(self.place.glob('*.rec')), [])

    def test_a_directory_that_is_not_there_is_complained_of_once(self) -> None:
        done = support.run(self.program(MANY),
                           env={'LD_PRELOAD': str(self.recorder),
                                'MALLOC_RECORD': '/nowhere/at/all'})
        self.assertEqual((done.returncode, done.stderr),
                         (0, 'record.so: not recording: cannot write '
                          '/nowhere/at/all\n'))

    def test_usable_sizes_are_the_c_librarys(self) -> None:
        program = self.program(USABLE)
        plain = support.run(program)
        done = self.record('-o', self.place / 'usable.rep', '--', program)
        self.assertEqual(done.stdout, plain.stdout)

    def test_alignments_are_the_c_librarys(self) -> None:
        program = self.program(ALIGNMENTS)
        plain = support.run(program)
        done = self.record('-o', self.place / 'aligned.rep', '--', program)
        self.assertEqual(done.stdout, plain.stdout)

    def test_sized_frees(self) -> None:
        self.assertEqual(self.trace(SIZED),
                         ['a 0 40', 'f 0', 'm 1 64 128', 'f 1'])

    def test_second_names(self) -> None:
        self.assertEqual(self.trace(SECOND_NAMES), [
            'a 0 40', 'f 0', 'c 1 3 30', 'f 1', 'm 2 64 100', 'f 2',
            'a 3 70', 'r 3 700', 'f 3'])

    def test_little_address_space_is_left_to_the_program(self) -> None:
        program = self.program(HALF_A_GIB_AND_MORE)
        out = self.place / 'half.rep'
        self.record('-o', out, '-p', program.name, '--', 'sh', '-c',
                    f'ulimit -v 1048576; exec {program}')
        self.assertIn('a 0 629145600', out.read_text())

    def test_a_recorder_at_a_path_that_the_loader_would_split(self) -> None:
        place = self.place / 'a b'
        place.mkdir()
        shutil.copy(self.recorder, place)
        out = self.place / 'split.rep'
        self.record('--recorder', place / 'record.so', '-o', out, '--',
                    self.program(SECOND_NAMES))
        self.assertIn('a 0 40', out.read_text())

    def test_closed_descriptors_and_a_spawned_child(self) -> None:
        parent, child = self.all_traces(CLOSED)
        self.assertEqual(Counter(line[0] for line in parent)['f'], 60000)
        self.assertEqual(child, ['a 0 7'])

    def test_a_library_that_is_loaded_later(self) -> None:
        code = self.place / 'loaded.c'
        code.write_text(PRELUDE + LOADED)
        library = code.with_suffix('.so')
        self.compile('-Wno-missing-prototypes', '-fPIC', '-shared', '-o',
                     library, code)
        lines = self.trace(LOADING.replace('LIBRARY', str(library)))
        self.assertEqual(sum(line.endswith(' 77') for line in lines), 1)

    def test_abort_leaves_all_that_was_done(self) -> None:
        self.assertEqual(self.trace(ABORTED, status=128 + signal.SIGABRT),
                         ['a 0 11', 'f 0', 'a 1 12'])

    def test_a_crowd_of_threads(self) -> None:
        lines = [line.split() for line in self.trace(CROWD)]
        begun = {int(words[2]) - 30000: words[-1] for words in lines
                 if words[0] == 'a' and int(words[2]) >= 30000}
        self.assertEqual(sorted(begun), list(range(64 * 20)))
        self.assertEqual(len(set(begun.values())), 64 * 20)

    @unittest.skipIf(os.getuid(), 'only root can become another user')
    def test_one_that_may_not_go_on_says_why(self) -> None:
        out = self.place / 'demoted.rep'
        done = self.record('-o', out, '--', self.program(DEMOTED))
        kept = len(check_text(out.read_text()).lines)
        self.assertGreater(kept, 8000)
        self.assertIn('no room for more (Permission denied): the last '
                      f'{120000 - kept} events are missing', done.stderr)

    def cpp(self, source: str, *options: str, words: tuple[str, ...] = ()
            ) -> list[str]:
        """The operations of a C++ program."""
        code, program = self.place / 'new.cc', self.place / 'new'
        code.write_text(source)
        support.compile_cpp(program, code, *options)
        out = self.place / 'new.rep'
        self.record('-o', out, '--', program, *words)
        return check_text(out.read_text()).lines

    def check_new(self, lines: list[str]) -> None:
        sizes = [int(line.split()[2]) for line in lines if line[0] == 'a']
        self.assertEqual(sizes.count(70001), 4)
        self.assertEqual(sizes.count(60000), 8)
        self.assertEqual(sum(line.endswith(' 128 256') for line in lines), 5)
        gone = {line.split()[1] for line in lines if line[0] == 'f'}
        kept = [line for line in lines if line[0] in 'am'
                and line.split()[1] not in gone]
        self.assertEqual(sum(line.endswith(' 256') or line.endswith(' 60000')
                             for line in kept), 0)

    def test_cpp(self) -> None:
        self.check_new(self.cpp(NEW))

    def test_cpp_that_throws(self) -> None:
        for library in 'libstdc++.so.6', 'libjemalloc.so.2':
            with self.subTest(library):
                lines = self.cpp(NEW, f'-l:{library}', words=('fail',))
                self.check_new(lines)
                for shift in range(21):
                    self.assertEqual(sum(line.endswith(
                        f' {(1 << shift) + 90000}') for line in lines), 1)

    def test_cpp_with_a_malloc_of_its_own(self) -> None:
        for library in ('libjemalloc.so.2', 'libmimalloc.so.2',
                        'libtcmalloc_minimal.so.4'):
            with self.subTest(library):
                self.check_new(self.cpp(NEW, '-Wl,--no-as-needed',
                                        f'-l:{library}'))

    def test_cpp_that_replaces_new(self) -> None:
        lines = self.cpp(REPLACED)
        self.assertEqual([line for line in lines if ' 7777' in line], [])
        self.assertEqual(sum(line.endswith(' 5555') for line in lines), 4)

    def test_at_exit_the_file_is_cut_to_its_size(self) -> None:
        raw = self.place / 'raw'
        self.record('-o', self.place / 'cut.rep', '--keep', raw, '--',
                    self.program(MANY))
        path, = raw.glob('*.rec')
        size = 4096 + 120000 * 32
        page = os.sysconf('SC_PAGE_SIZE')
        self.assertEqual(path.stat().st_size, -(-size // page) * page)
        self.assertTrue(recording.load(str(path)).exited)


class Command(Programs):
    def test_gz_is_reproducible_and_holds_the_same(self) -> None:
        program = self.program(EVERY_CALL)
        raw = self.place / 'kept'
        plain, one, two = (self.place / n for n in
                           ('x.rep', 'x.rep.gz', 'y.rep.gz'))
        self.record('-o', plain, '--keep', raw, '--', program)
        self.record('-o', one, '--from', raw)
        self.record('-o', two, '--from', raw)
        self.assertEqual(one.read_bytes(), two.read_bytes())
        self.assertEqual(gzip.decompress(one.read_bytes()), plain.read_bytes())

    def test_max_ops_cuts(self) -> None:
        lines = self.trace(EVERY_CALL, '--max-ops', '5')
        self.assertEqual(lines, EVERY_CALL_OPS.split('\n')[1:6])

    def test_a_program_is_chosen_by_name(self) -> None:
        program = self.program(AROUND_MAIN)
        out = self.place / 'named.rep'
        self.record('-o', out, '-p', program.name, '--', 'sh', '-c',
                    f'{program}; exit 0')
        self.assertEqual(check_text(out.read_text()).lines[0], 'a 0 31')

    def test_list_shows_each_process(self) -> None:
        program = self.program(FORKS)
        done = self.record('--list', '--', program)
        self.assertEqual(len(done.stdout.splitlines()), 4)
        self.assertEqual(done.stdout.count(str(program)), 3)

    def test_of_several_processes_one_is_picked(self) -> None:
        """By name, or by its number in the list; the list says what they
        held, and what to do."""
        few = self.place / 'few'
        shutil.copy(self.program(AROUND_MAIN), few)
        many = self.program(KILLED)
        raw, out = self.place / 'wrapped', self.place / 'picked.rep'
        done = self.record('--keep', raw, '--', 'sh', '-c',
                           f'{many} & {few}; wait')
        title, *rows = done.stdout.splitlines()
        self.assertRegex(title, 'PID +PARENT +EVENTS +BYTES AT PEAK +AT END ')
        numbers = {row.split()[-1]: row.split() for row in rows}
        self.assertEqual([row.split()[0] for row in rows],
                         [str(n + 1) for n in range(len(rows))])
        self.assertEqual(numbers[str(many)][3:6],
                         ['30000', str(20000 * 64), str(10000 * 64)])
        self.assertEqual(numbers[str(few)][3:6], ['5', '64', '32'])
        self.assertIn(f'--from {raw} -p NUMBER -o FILE', done.stderr)
        for which in 'few', numbers[str(few)][0], numbers[str(few)][1]:
            self.record('-o', out, '--from', raw, '-p', which)
            self.assertEqual(check_text(out.read_text()).lines[0], 'a 0 31')
        done = self.record('-o', out, '--from', raw)
        self.assertIn(f'this is number 1 of {len(rows)} processes; -p takes '
                      'another', done.stderr)
        self.assertIn(title, done.stderr)

    def test_a_wrong_choice_loses_no_recording(self) -> None:
        few, out = self.program(AROUND_MAIN), self.place / 'few.rep'
        done = self.record('-o', out, '-p', 'nonesuch', '--', few, status=2,
                           TMPDIR=str(self.place))
        self.assertIn('no program nonesuch was recorded', done.stderr)
        self.assertIn(str(few), done.stderr)
        kept = done.stderr.partition('--from ')[2].split()[0]
        self.record('-o', out, '--from', kept, '-p', '1')

    def test_recordings_to_choose_from_are_kept(self) -> None:
        done = self.record('--', 'true', TMPDIR=str(self.place))
        kept = done.stderr.partition('--from ')[2].split()[0]
        self.assertEqual(Path(kept).parent, self.place)
        self.record('-o', self.place / 'kept.rep', '--from', kept, '-p', '1',
                    status=2)  # true asks nothing of malloc

    def test_a_process_that_still_runs_is_noted(self) -> None:
        out, pipe = self.place / 'server.rep', self.place / 'pipe'
        server = self.program(SERVER)
        os.mkfifo(pipe)
        done = self.record('-o', out, '-p', server.name, '--', 'sh', '-c',
                           f'{server} >{pipe} 2>&1 & read pid <{pipe}; '
                           'echo $pid')
        os.kill(int(done.stdout), signal.SIGTERM)
        self.assertIn(f'({done.stdout.strip()}) still runs: ', done.stderr)

    def test_a_process_that_has_asked_for_nothing_yet_is_noted(self) -> None:
        program = self.program(DAEMON)
        done = self.record('-o', self.place / 'daemon.rep', '--', program)
        daemon = done.stdout.strip()
        os.kill(int(daemon), signal.SIGTERM)
        self.assertIn(f'({daemon}) still runs, and has asked for nothing',
                      done.stderr)

    def test_programs_of_one_process_are_told_apart(self) -> None:
        program = self.program(EXEC)
        again = self.place / 'again'
        again.write_text(f'#!/bin/sh\nexec {program}\n')
        again.chmod(0o755)
        done = self.record('-o', self.place / 'again.rep', '--', again)
        name = program.name
        self.assertRegex(done.stderr,
                         r'this is \w+ \(\d+, events: \d+\); there are also '
                         rf'.*{name} \(\d+, events: [12]\)')

    def test_an_interrupt_while_it_converts_keeps_the_recording(self) -> None:
        program = self.program(MANY.replace('60000', '2000000'))
        words = [support.ROOT / 'tools/record', '--recorder', self.recorder,
                 '-o', self.place / 'half.rep', '--', program]
        with Terminal(words, columns=200, TMPDIR=str(self.place)) as terminal:
            self.assertTrue(terminal.shows(' operations'), terminal.text())
            terminal.press('\3')
            self.assertEqual(terminal.ends(), 130, terminal.text())
            self.assertIn('tools/record: interrupted', terminal.text())
            kept = terminal.text().partition('--from ')[2].split()[0]
        self.assertEqual(len(recording.load_all(kept)), 1)
        shutil.rmtree(kept)

    def test_the_status_is_that_of_the_command(self) -> None:
        program = self.program('int main(void) { return malloc(1) ? 3 : 0; }')
        self.record('-o', self.place / 'status.rep', '--', program, status=3)

    def test_one_that_goes_on_unrecorded_is_noted(self) -> None:
        done = self.record('-o', self.place / 'gone.rep', '--', 'env', '-i',
                           '/bin/true')
        self.assertIn('tools/record: env left by _exit, or by exec of a '
                      'program that was not recorded\n', done.stderr)

    def test_a_static_program_is_an_error(self) -> None:
        code = self.place / 'static.c'
        code.write_text(PRELUDE + MANY)
        if support.run('cc', '-static', '-o', self.place / 'static',
                       code).returncode:
            self.skipTest('no static C library')
        done = self.record('-o', self.place / 'never.rep', '--',
                           self.place / 'static', status=2)
        self.assertEqual(done.stderr, 'tools/record: nothing was recorded: is '
                         'the program linked statically, or setuid?\n')

    def test_a_program_with_its_own_malloc_is_an_error(self) -> None:
        done = self.record('-o', self.place / 'never.rep', '--',
                           self.program(OWN), status=2)
        self.assertRegex(done.stderr, r"asked nothing of the C library's "
                         r'malloc, no trace of it: has it a malloc of its own')

    def test_an_interrupt_is_the_programs(self) -> None:
        out = self.place / 'interrupted.rep'
        self.record('-o', out, '--', 'sh', '-c', 'kill -INT $PPID; sleep 0.1')
        self.assertTrue(out.exists())

    def test_errors_are_one_line_and_status_2(self) -> None:
        out = self.place / 'never.rep'
        for words in (['-o', out, '--', self.place / 'no-such-program'],
                      ['-o', out, '--recorder', 'none.so', '--', 'true'],
                      ['-o', out, '--', self.program(IDLE)],
                      ['-o', out, '--from', self.place / 'no-directory']):
            with self.subTest(words):
                done = self.record(*words, status=2)
                self.assertRegex(done.stderr, r'\Atools/record: [^\n]+\n\Z')
                self.assertFalse(out.exists())


class Conversion(unittest.TestCase):
    """From events, made by hand, to operations."""

    def convert(self, *events: tuple[int, ...]) -> str:
        converter = recording.Converter()
        ops = list(converter.convert(Event(*event) for event in events))
        self.notes = +converter.notes
        rep.measure(ops)
        return ', '.join(rep.render(op, rep.measure(ops).threaded)
                         for op in ops)

    def test_an_address_used_again_is_another_id(self) -> None:
        self.assertEqual(
            self.convert((64, 8, 0, 0, MALLOC), (64, 0, 0, 0, FREE),
                         (64, 9, 0, 0, MALLOC)),
            'a 0 8, f 0, a 1 9')
        self.assertEqual(self.notes, {})

    def test_a_block_in_the_middle_of_realloc_is_nobodys(self) -> None:
        self.assertEqual(
            self.convert((64, 8, 0, 1, MALLOC), (64, 99, 0, 1, RESIZE),
                         (64, 5, 0, 2, MALLOC), (128, 99, 64, 1, RESIZED),
                         (64, 0, 0, 1, FREE), (128, 0, 0, 2, FREE)),
            'a 0 8 1, a 1 5 2, r 0 99 1, f 1 1, f 0 2')
        self.assertEqual(self.notes, {})

    def test_a_realloc_that_failed_leaves_the_block(self) -> None:
        self.assertEqual(
            self.convert((64, 8, 0, 0, MALLOC), (64, 99, 0, 0, RESIZE),
                         (0, 99, 64, 0, RESIZED), (64, 0, 0, 0, FREE)),
            'a 0 8, f 0')
        self.assertEqual(self.notes, {'failed': 1})

    def test_a_realloc_that_never_returned_leaves_the_block(self) -> None:
        self.assertEqual(
            self.convert((64, 8, 0, 0, MALLOC), (64, 99, 0, 0, RESIZE)),
            'a 0 8')
        self.assertEqual(self.notes, {'unfinished': 1})

    def test_unknown_pointers(self) -> None:
        self.assertEqual(
            self.convert((64, 0, 0, 0, FREE), (96, 5, 0, 0, RESIZE),
                         (128, 5, 96, 0, RESIZED)),
            'a 0 5')
        self.assertEqual(self.notes, {'unknown_free': 1, 'unknown_realloc': 1})

    def test_a_free_that_was_lost_is_made_up_for(self) -> None:
        self.assertEqual(
            self.convert((64, 8, 0, 0, MALLOC), (0, 0, 0, 0, NOTHING),
                         (64, 9, 0, 0, MALLOC)),
            'a 0 8, f 0, a 1 9')
        self.assertEqual(self.notes, {'holes': 1, 'unseen_free': 1})

    def test_realloc_to_nothing_that_gives_a_block(self) -> None:
        """As other mallocs than glibc's do: the old one is gone all the same."""
        self.assertEqual(
            self.convert((64, 8, 0, 0, MALLOC), (64, 0, 0, 0, RESIZE),
                         (64, 0, 64, 0, RESIZED), (64, 0, 0, 0, FREE)),
            'a 0 8, f 0, a 1 0, f 1')
        self.assertEqual(self.notes, {})

    def test_alignments_and_counts(self) -> None:
        self.assertEqual(
            self.convert((64, 5, 8, 0, ALIGNED), (96, 5, 0, 0, ALIGNED),
                         (128, 5, 24, 0, ALIGNED), (192, 0, 7, 0, CALLOC),
                         (256, 1, 1 << 33, 0, CALLOC)),
            f'a 0 5, a 1 5, m 2 32 5, c 3 7 0, c 4 1 {1 << 33}')

    def test_a_thread_of_a_number_too_high(self) -> None:
        self.assertEqual(self.convert((64, 5, 0, 65536, MALLOC)), 'a 0 5 1')
        self.assertEqual(self.notes, {'folded': 1})


class RawFile(unittest.TestCase):
    """The file, written by hand as record.h says."""

    def recording(self, *events: tuple[int, ...], tail: bytes = b''
                  ) -> recording.Recording:
        header = recording.HEADER.pack(b'mallrec1', 4096, 32, 77, 1, 0, 1, 5,
                                       0, 7, 0)
        data = (header + b'cat\0-n\0').ljust(4096, b'\0')
        data += b''.join(recording.EVENT.pack(*event) for event in events)
        with tempfile.NamedTemporaryFile(delete=False) as file:
            file.write(data + tail)
        self.addCleanup(Path(file.name).unlink)
        return recording.load(file.name)

    def test_the_header(self) -> None:
        one = self.recording()
        self.assertEqual((one.pid, one.command, one.program, one.forked,
                          one.exited), (77, ('cat', '-n'), 'cat', True, False))

    def test_room_at_the_end_is_not_a_hole(self) -> None:
        one = self.recording((64, 8, 0, 0, MALLOC), (0, 0, 0, 0, NOTHING),
                             (64, 0, 0, 3, FREE), tail=bytes(32 * 9 + 5))
        kinds = [event.kind for event in one.events()]
        self.assertEqual(kinds, [MALLOC, NOTHING, FREE])
        self.assertEqual((one.threads(), one.event_count()), (4, 2))

    def test_other_files_are_refused(self) -> None:
        with self.assertRaisesRegex(recording.RecordingError, 'not a record'):
            recording.load(__file__)
