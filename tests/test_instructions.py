"""--measure instructions: exact, the same again, and not to be fooled."""
from __future__ import annotations

import json
import platform
import shutil
import unittest
from pathlib import Path
from typing import Any

import samples
import support
from support import account, mdriver_json

MEASURED = '--measure', 'instructions'
X86_64 = platform.machine() == 'x86_64'

# A block is 64 bytes. Each malloc takes 4 instructions and NOPS more, a free 1.
EXACT = r"""
#include "mm.h"
#include "memlib.h"

char *next_block;

int mm_init(void)
{
    next_block = mem_sbrk(1 << 20);
    return 0;
}

__asm__(".globl mm_malloc\n.type mm_malloc, @function\nmm_malloc:\n"
        ".rept " NOPS "\nnop\n.endr\n"
        "mov next_block@GOTPCREL(%rip), %rcx\nmov (%rcx), %rax\n"
        "addq $64, (%rcx)\nret\n"
        ".globl mm_free\n.type mm_free, @function\nmm_free:\nret\n");

void *mm_realloc(void *p, size_t size)
{
    return p ? p : mm_malloc(size);
}
"""

UNDER_VALGRIND = ('getenv("LD_PRELOAD") && '
                  'strstr(getenv("LD_PRELOAD"), "vgpreload")')

# A client request, spelled out at run time: one that valgrind answers.
ASKING = r"""
#include <sys/mman.h>
static const unsigned char code[] = {
    0xb7, 0x3e, 0x38, 0xfc, 0xb7, 0x3e, 0x38, 0xf2, 0xb7, 0x3e, 0x38, 0xc2,
    0xb7, 0x3e, 0x38, 0xcc, 0xb7, 0x78, 0x24, 0x3c};
static void (*request)(void);
void ask(void)
{
    unsigned long words[6] = {0x1001}; /* is this valgrind? */
    if (!request) {
        unsigned char *p = mmap(0, 4096, 7, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        for (unsigned i = 0; i < sizeof code; i++)
            p[i] = code[i] ^ 0xff;
        request = (void (*)(void))p;
    }
    __asm__ volatile("call *%2" : : "a"(words), "d"(0), "r"(request)
                     : "rbx", "rdi", "cc", "memory");
}
"""


# The page of the worker that mem_sbrk lies in is protected anew.
PROTECTING = r"""
#include <stdint.h>
#include <sys/mman.h>
void protect(void)
{
    mprotect((void *)((uintptr_t)mem_sbrk & -4096), 4096,
             PROT_READ | PROT_EXEC);
}
"""


# Three seconds of the kernel's, for few instructions.
KERNEL_WORKS = r"""
#include <sys/random.h>
#include <time.h>
static char noise[1 << 20];
void let_it_work(void)
{
    struct timespec used = {0, 0};
    while (used.tv_sec < 3) {
        (void)!getrandom(noise, sizeof noise, 0);
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    }
}
"""

SMALLEST = 1000  # bytes of a block that asks for a form
STORES = (
    '*(volatile long *)COUNT = 0;',
    '*(volatile char *)0x1002100000 = 0;',
    'memset((void *)COUNT, 0, 8);',
    '__asm__ volatile("lock addq $-100, COUNT" ::: "memory");',
    '__asm__ volatile("cmpxchg16b COUNT" ::: "rax", "rbx", "rcx", "rdx",'
    ' "memory");',
    '__asm__ volatile("fxsave COUNT" ::: "memory");',
    '__asm__ volatile("movl $COUNT, %%edi; movl $8, %%ecx; rep stosb"'
    ' ::: "rdi", "rcx", "memory");',
    '__asm__ volatile("movq %%rsp, %%rbx; movq $COUNT + 64, %%rsp; pushq $0;'
    ' movq %%rbx, %%rsp" ::: "rbx", "memory");',
)
CALLS_THAT_WRITE = (
    'clock_gettime(CLOCK_REALTIME, (struct timespec *)COUNT);',
    'mincore(mem_heap_lo(), 1, (unsigned char *)COUNT);',
    'madvise((void *)COUNT, 4096, MADV_REMOVE);',
    'madvise(mem_heap_lo(), COUNT, MADV_REMOVE);',
    'syscall(SYS_futex, mem_heap_lo(), FUTEX_WAKE_OP, 0, 0, COUNT, 0);',
    'mmap((void *)0x1003500000, 4096, PROT_READ | PROT_WRITE,'
    ' MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);',
)
WRITING = r"""
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
void write_where_it_may_not(size_t size)
{
    switch (size) {
        FORMS
    }
}
"""


def place_of_the_counts() -> int:
    return next(int(line.split()[0], 16) for line in support.run(
        'nm', support.BUILD / 'counter').stdout.splitlines()
        if line.endswith(' shared'))


class Counting(samples.Samples):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.mixed = cls.write('mixed.rep', samples.random_trace(7, 20000))
        cls.small = cls.write('small.rep', samples.text_of(
            ['a 0 40', 'a 1 50', 'f 0', 'a 2 48', 'f 2', 'f 1'], 3))

    def judge(self, *words: str | Path, status: int = 0) -> dict[str, Any]:
        done, report = mdriver_json(*MEASURED, *words)
        self.assertEqual(done.returncode, status, account(done))
        return report

    def counts(self, *words: str | Path) -> list[int]:
        return [one['instructions'] for one in self.judge(*words)['results']]

    def exact(self, nops: int) -> Path:
        source = self.write(f'exact{nops}.c',
                            f'#define NOPS "{nops}"\n' + EXACT)
        library = source.with_suffix('.so')
        done = support.run('cc', '-O1', '-I', support.ROOT, '-fPIC', '-shared',
                           '-o', library, source)
        self.assertEqual(done.returncode, 0, account(done))
        return library


@unittest.skipUnless(support.BUILD.name == 'release' and X86_64,
                     'instructions of x86-64')
class Exact(Counting):
    """The loop counts 0, and a function that does nothing 1: its return."""

    def test_each_instruction_of_the_calls(self) -> None:
        more = self.write('more.rep', samples.text_of(
            [f'a {i} 16' for i in range(6)], 6))
        few, twice = self.counts('--allocator', self.exact(10), self.small,
                                 more)
        many, = self.counts('--allocator', self.exact(1010), self.small)
        self.assertEqual(many - few, 3 * 1000)
        # Six mallocs in place of three of them and three frees.
        self.assertEqual(twice - few, 3 * 14 - 3)

    def test_an_instruction_that_stores_a_state(self) -> None:
        """It could copy. The part that is no vector is 160 bytes, and one for
        each eight of them."""
        plain, storing = (self.counts('--allocator', self.build(
            name, before, more='char state[512] __attribute__((aligned(16)));'),
            self.small)[0] for name, before in (
            ('loading-nothing', 'extern char state[]; __asm__ volatile("nop");'),
            ('storing', 'extern char state[]; __asm__ volatile('
             '"fxsave %0" : "=m"(*(char (*)[512])state));')))
        self.assertGreaterEqual(storing - plain, 3 * 160 // 8)
        self.assertLessEqual(storing - plain, 3 * (160 // 8 + 8))

    def test_mm_init_counts(self) -> None:
        plain = self.build('plain')
        slow = self.build('slow_init', more='''
            __attribute__((noinline)) int work(void)
            {
                for (volatile int i = 0; i < 100000; i++)
                    ;
                return 0;
            }''', init='int work(void); work();')
        one, other = (self.counts('--allocator', library, self.small)[0]
                      for library in (plain, slow))
        self.assertGreater(other - one, 100000)

    def test_a_free_that_does_nothing(self) -> None:
        operations = [op for i in range(5000) for op in (f'a {i} 8', f'f {i}')]
        allocs = self.write('allocs.rep', samples.text_of(
            [op for op in operations if op[0] == 'a'], 5000))
        both = self.write('both.rep', samples.text_of(operations, 5000))
        one, other = self.counts('--allocator', self.exact(20), allocs, both)
        self.assertEqual(other - one, 5000)

    def test_figures_of_a_result(self) -> None:
        report = self.judge('--allocator', self.exact(98), self.small)
        result, = report['results']
        self.assertEqual(result['instructions_per_op'],
                         result['instructions'] / 6)
        self.assertIsNone(result['ns_per_op'])
        self.assertIsNone(result['instructions_ratio_to_libc'])


@unittest.skipUnless(support.BUILD.name == 'release', 'one build is enough')
class Same(Counting):
    """Neither batches nor other traces nor jobs change a count."""

    def test_batches_come_from_the_seed(self) -> None:
        one, other = (self.counts('--seed', seed, '--allocator', 'mm',
                                  self.mixed) for seed in '12')
        self.assertEqual(one, other)

    def test_a_full_event_buffer_counts_nothing(self) -> None:
        traces = [self.write(f'events{count}.rep', samples.text_of(
            [f'a {i} 16' for i in range(count)], count))
            for count in (2000, 4000, 6000)]  # the buffer has 4096 events
        few, more, many = self.counts('--allocator', 'naive', *traces)
        self.assertAlmostEqual(many - more, more - few, delta=10)

    def test_other_traces_and_jobs(self) -> None:
        alone = self.counts('--allocator', 'segregated', self.mixed)
        more = self.counts('--allocator', 'segregated,mm', '--jobs', '2',
                           self.every, self.mixed, self.small)
        self.assertEqual(alone[0], more[1])

    def test_a_malloc_of_the_system_begins_anew(self) -> None:
        alone = self.counts('--allocator', 'libc', self.mixed)
        more = self.counts('--allocator', 'libc', self.every, self.small,
                           self.mixed)
        self.assertEqual(alone[0], more[2])

    def test_a_slow_allocator_is_counted_to_its_end(self) -> None:
        slow = self.build('slow', 'for (volatile int i = 0; i < 9000; i++);')
        traces = [self.write(f'long{count}.rep', samples.text_of(
            [f'a {i} 16' for i in range(count)], count))
            for count in (500, 6000, 11500)]
        few, more, many = self.counts('--allocator', slow, *traces)
        self.assertEqual(many - more, more - few)


@unittest.skipUnless(support.BUILD.name == 'release', 'one build is enough')
class Faults(Counting):
    def test_a_crash_ends_one_trace_only(self) -> None:
        crashing = self.build(
            'crashing', f'if (size == 4321 && {UNDER_VALGRIND}) abort();')
        trace = self.write('crash.rep', samples.text_of(
            ['a 0 16', 'a 1 4321', 'f 0'], 2))
        report = self.judge('--allocator', crashing, self.every, trace,
                            self.mixed, status=1)
        self.assertEqual([(one['verdict'], one['line'], one['instructions']
                           is None) for one in report['results']],
                         [('ok', 0, False), ('crashed', 6, True),
                          ('ok', 0, False)])
        self.assertIn('in the counted pass', report['results'][1]['message'])

    def test_addresses_are_verified(self) -> None:
        overlapping = self.build('overlapping', f'if (last && size == 50 && '
                                 f'{UNDER_VALGRIND}) return last;')
        report = self.judge('--allocator', overlapping, self.small, status=1)
        self.assertEqual(report['results'][0]['verdict'], 'overlap')

    def test_the_largest_footprint_counts(self) -> None:
        larger = self.build('larger', f'if ({UNDER_VALGRIND}) mem_sbrk(4096);')
        plain = self.build('plain')
        one, other = (self.judge('--allocator', library, self.small)
                      ['results'][0]['peak_footprint']
                      for library in (plain, larger))
        self.assertEqual(other - one, 3 * 4096)

    def test_work_of_the_kernel_does_not_fit_the_count(self) -> None:
        lazy = self.build('lazy', 'void let_it_work(void); '
                          f'if ({UNDER_VALGRIND}) let_it_work();',
                          more=KERNEL_WORKS)
        report = self.judge('--allocator', lazy, self.small, status=1)
        self.assertEqual(report['results'][0]['verdict'], 'tampered')
        self.assertIn('hides', report['results'][0]['message'])

    @unittest.skipUnless(support.BUILD.name == 'release' and X86_64,
                         'code and addresses of x86-64')
    def test_valgrinds_memory_cannot_be_written(self) -> None:
        """Each trace has a form of its own, by the size of its one block."""
        count = place_of_the_counts()
        forms = self.write('forms.h', '#define FORMS ' + ' '.join(
            f'case {SMALLEST + number}: {form} break;'.replace('COUNT', str(count))
            for number, form in enumerate((*STORES, *CALLS_THAT_WRITE))))
        library = self.build(
            'writing', 'void write_where_it_may_not(size_t); '
            f'if ({UNDER_VALGRIND}) write_where_it_may_not(size);',
            more=WRITING, flags=('-nostartfiles', '-mcx16', '-include', str(forms)))
        traces = [self.write(f'form{number}.rep',
                             samples.text_of([f'a 0 {SMALLEST + number}'], 1))
                  for number in range(len(STORES) + len(CALLS_THAT_WRITE))]
        report = self.judge('--jail', 'auto', '--allocator', library, *traces,
                            status=1)
        self.assertEqual([result['verdict'] for result in report['results']],
                         ['crashed'] * len(STORES)
                         + ['tampered'] * len(CALLS_THAT_WRITE), report)

    @unittest.skipUnless(X86_64, 'code of x86-64')
    def test_forged_counts(self) -> None:
        forging = self.build(
            'forging', f'if ({UNDER_VALGRIND}) '
            f'*(volatile long *){place_of_the_counts()} = 1000000;')
        report = self.judge('--allocator', forging, self.small, status=1)
        self.assertEqual(report['results'][0]['verdict'], 'crashed')

    def test_a_table_that_is_not_used_costs_nothing(self) -> None:
        library = self.build('sparse', 'extern char table[]; table[size]++;',
                             more='char table[1 << 20];\n',
                             flags=('-nostartfiles',))
        for words in (MEASURED, ('--no-timing',)):
            _, report = mdriver_json(*words, '--jail', 'auto', '--allocator',
                                     library, self.small, self.mixed)
            for result in report['results']:
                self.assertLess(result['static_data_counted'], 1 << 14)

    def test_code_in_the_place_of_the_workers(self) -> None:
        protecting = self.build('protecting', more=PROTECTING,
                                init='void protect(void); protect();')
        report = self.judge('--allocator', protecting, self.small, status=1)
        self.assertEqual(report['results'][0]['verdict'], 'exited')
        self.assertIn('in the counted pass', report['results'][0]['message'])

    def test_calls_that_leave_the_count(self) -> None:
        for number, call in enumerate((
                'fork()', 'alarm(1)', 'kill(getppid(), 0)',
                'setitimer(0, 0, 0)', 'unlink("no-such-file")',
                'open("no-such-file", 66, 384)', 'open("/etc/passwd", 0)',
                'open("/dev/null", O_WRONLY | O_APPEND)')):
            calling = self.build(
                f'calling{number}', f'if ({UNDER_VALGRIND}) leave();',
                flags=('-nostartfiles', '-include', self.write(
                    f'leave{number}.h', '''
                    #define _GNU_SOURCE
                    #include <fcntl.h>
                    #include <signal.h>
                    #include <sys/time.h>
                    #include <unistd.h>
                    static inline void leave(void) { (void)!(long)%s; }
                    ''' % call).as_posix()))
            report = self.judge('--jail', 'auto', '--allocator', calling,
                                self.small, status=1)
            self.assertEqual(report['results'][0]['verdict'], 'tampered',
                             report['results'][0]['message'])

    def test_contents_are_looked_at(self) -> None:
        losing = self.build('losing', f'if ({UNDER_VALGRIND} && last) '
                            'memset(last, 0, 8);')
        report = self.judge('--allocator', losing, self.mixed, status=1)
        self.assertEqual(report['results'][0]['verdict'], 'data-lost')

    @unittest.skipUnless(X86_64, 'code of x86-64')
    def test_client_requests_are_refused(self) -> None:
        asking = self.build('asking', more=r"""
            void toggle(void)
            {
                __asm__ volatile("rolq $3, %rdi; rolq $13, %rdi\n"
                                 "rolq $61, %rdi; rolq $51, %rdi\n"
                                 "xchgq %rbx, %rbx");
            }""")
        report = self.judge('--allocator', asking, self.small, status=1)
        result, = report['results']
        self.assertEqual(result['verdict'], 'tampered')
        self.assertIn('asks valgrind', result['message'])
        done, _ = mdriver_json('--no-timing', '--allocator', asking,
                               self.small)
        self.assertEqual(done.returncode, 0)

    @unittest.skipUnless(X86_64, 'code of x86-64')
    def test_client_requests_that_are_made_at_run_time(self) -> None:
        asking = self.build('asking-late', 'void ask(void); '
                            f'if ({UNDER_VALGRIND}) ask();', more=ASKING)
        report = self.judge('--allocator', asking, self.small, status=1)
        self.assertEqual(report['results'][0]['verdict'], 'crashed')
        self.assertIn('SIGTRAP', report['results'][0]['message'])


@unittest.skipUnless(support.BUILD.name == 'release', 'one build is enough')
class Points(Counting):
    def test_operations_per_1000_instructions(self) -> None:
        report = self.judge('--allocator', 'mm', self.mixed, self.every)
        index = report['index']['mm']
        self.assertEqual((index['profile'], index['measure']),
                         ('instructions', 'instructions'))
        costs = [one['instructions_per_op'] for one in report['results']]
        mean = (costs[0] * costs[1]) ** 0.5
        self.assertAlmostEqual(index['geometric_instructions_per_op'], mean)
        low, high = json.loads((support.ROOT / 'driver/measure/profiles.json')
                               .read_text())['instructions']['throughput']
        share = min(max((1000 / mean - low) / (high - low), 0), 1)
        self.assertAlmostEqual(index['throughput'], 40 * share)

    def profiles(self, **changes: Any) -> Path:
        profile = {'utilization_weight': 0.5, 'utilization': [0, 1],
                   'throughput': [0, 100], 'reference': 'libc',
                   'average': 'pooled', **changes}
        return self.write('profiles.json', json.dumps({'own': profile}))

    def test_beside_times(self) -> None:
        """--count adds a column, and points stay those of times."""
        done, report = mdriver_json('--count', '--reps', '1', self.mixed)
        result, = report['results']
        self.assertEqual([result['instructions']], self.counts(self.mixed))
        index = report['index']['mm']
        self.assertEqual((index['measure'], index['profile']),
                         ('time', 'classic'))
        self.assertAlmostEqual(index['geometric_instructions_per_op'],
                               result['instructions_per_op'])
        self.assertAlmostEqual(index['geometric_ns_per_op'],
                               result['ns_per_op']['median'])
        self.assertRegex(done.stdout, r'ns/op +p25-p75 +x libc +instr/op\n')

    def test_relative_to_libc(self) -> None:
        words = ('--profiles', self.profiles(measure='instructions'),
                 '--index', 'own', self.mixed)
        listed = self.judge('--allocator', 'mm,libc', *words)
        mm, libc = listed['results']
        ratio = libc['instructions'] / mm['instructions']
        self.assertAlmostEqual(mm['instructions_ratio_to_libc'], ratio)
        alone = self.judge('--allocator', 'mm', *words)
        self.assertAlmostEqual(alone['index']['mm']['throughput'], ratio / 2)

    def test_the_profile_chooses(self) -> None:
        path = self.profiles(measure='instructions', reference='absolute')
        words = '--profiles', path, '--index', 'own', self.small
        done, report = mdriver_json(*words)
        self.assertIsNotNone(report['results'][0]['instructions'])
        done, report = mdriver_json(*words, '--measure', 'time', '--reps', '1')
        self.assertIsNone(report['results'][0]['instructions'])
        self.assertIsNone(report['index']['mm']['throughput'])
        self.assertEqual(done.stderr, "mdriver: note: profile 'own' is of "
                         'instructions: there are no points for throughput\n')

    def test_unstable(self) -> None:
        path = self.profiles(measure='time', widest=1e-12)
        words = '--profiles', path, '--index', 'own', '-A', '-g', self.mixed
        for rounds, stable in ('1', True), ('9', False):
            done, report = mdriver_json(*words, '--reps', rounds)
            index = report['index']['mm']
            low, high = index['throughput_interval']
            self.assertEqual(index['stable'], stable)
            self.assertEqual(low == high, stable)
            self.assertEqual(index['total'] is None, not stable)
            self.assertEqual('unstable (thru)' in done.stdout, not stable)
            self.assertEqual('perfidx:unstable' in done.stdout, not stable)


class Refusals(Counting):
    def test_a_build_without_valgrind(self) -> None:
        build = self.folder / 'without'
        build.mkdir()
        for name in 'mdriver', 'worker', 'profiles.json', 'mm.so':
            if (support.BUILD / name).is_file():
                shutil.copy(support.BUILD / name, build)
        words = build / 'mdriver', *MEASURED, self.small
        done = support.run('/usr/bin/env', 'ASAN_OPTIONS=detect_leaks=0',
                           *words, cwd=support.ROOT)
        self.assertEqual((done.returncode, done.stdout), (2, ''))
        self.assertEqual(done.stderr.count('\n'), 1)
        if support.BUILD.name == 'release':
            self.assertIn('apt-get install valgrind', done.stderr)
            done = support.run(*words, '--no-timing', cwd=support.ROOT)
            self.assertEqual(done.returncode, 0, account(done))

    @unittest.skipUnless(support.BUILD.name in ('san', 'aarch64'),
                         'of builds that valgrind does not run')
    def test_a_build_that_valgrind_does_not_run(self) -> None:
        self.refused('mdriver: --measure instructions is not of MODE='
                     f'{support.BUILD.name}: valgrind does not run its worker '
                     '(--measure time does without)', *MEASURED, self.small)

    def test_other_words(self) -> None:
        self.refused("mdriver: --measure takes time or instructions, not "
                     "'cycles'", '--measure', 'cycles', self.small)
        self.refused('mdriver: --measure does not go with --explain, which '
                     'only shows one replay', *MEASURED, '--explain', '-f',
                     self.small)
