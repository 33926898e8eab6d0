"""Call stacks: recorded, carried by every form of a trace, and weighed.

The programs are compiled without frame pointers, so their stacks are found by
unwind tables alone.
"""
from __future__ import annotations

import gzip
import tempfile
import unittest
from pathlib import Path

import support
import test_record
from malloclab.callers import flame, pprof, weighing
from malloclab.record import recording
from malloclab.traces import arrays, rep
from malloclab.traces.places import TraceError
from malloclab.traces.stacks import Stacks

support.in_release_only('the tools are the same in every build')

# Each size is asked for in another way.
WAYS = r'''
#include <dlfcn.h>
#define FAR __attribute__((noinline, noclone))

FAR static void *leaf(size_t size)
{
    void *block = malloc(size);

    __asm__ volatile("" : "+r"(block));
    return block;
}

FAR static void plain(void)
{
    free(leaf(1001));
}

FAR static void with_a_variable_frame(volatile int size)
{
    char *room = __builtin_alloca(size);

    memset(room, 1, size);
    free(leaf(1002 + room[0] - 1));
}

FAR static void with_an_aligned_frame(void)
{
    volatile _Alignas(64) char room[64] = {0};

    free(leaf(1003 + room[0]));
}

static inline __attribute__((always_inline)) void inlined(void)
{
    free(leaf(1004));
}

FAR static void outer(void)
{
    inlined();
    __asm__ volatile("");
}

static void handler(int number)
{
    free(leaf(1000 + number - SIGUSR1 + 5));
}

FAR static void interrupted(void)
{
    raise(SIGUSR1);
    __asm__ volatile("");
}

FAR static void deep(int n)
{
    if (n > 0)
        deep(n - 1);
    else
        free(leaf(1006));
    __asm__ volatile("");
}

FAR static void resizing(void)
{
    free(realloc(leaf(1), 1007));
}

static void *work(void *argument)
{
    free(leaf(1008));
    return argument;
}

FAR static void load(const char *path, size_t size)
{
    void *library = dlopen(path, RTLD_NOW);
    void *(*lent)(size_t) = (void *(*)(size_t))dlsym(library, "lent");

    free(lent(size));
    dlclose(library);
}

int main(int argc, char **argv)
{
    pthread_t thread;

    signal(SIGUSR1, handler);
    plain();
    with_a_variable_frame(argc * 100);
    with_an_aligned_frame();
    outer();
    interrupted();
    deep(200);
    resizing();
    pthread_create(&thread, NULL, work, NULL);
    pthread_join(thread, NULL);
    load(argv[1], 1009);
    load(argv[2], 1010);
    if (fork() == 0)
        return free(leaf(1011)), 0;
    wait(NULL);
    return 0;
}
'''
# A handler with the stack that SIGSTKSZ once left beyond the signal's own frame.
LITTLE_STACK = r'''
#include <sys/mman.h>

static void handler(int number)
{
    free(malloc(2000 + number - SIGUSR1));
}

int main(void)
{
    size_t page = sysconf(_SC_PAGESIZE);
    size_t size = sysconf(_SC_MINSIGSTKSZ) + 8192 - 2048;
    size_t pages = (size + page - 1) & -page;
    char *area = mmap(NULL, page + pages, PROT_NONE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    stack_t stack = {.ss_sp = area + page + pages - size, .ss_size = size};
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};

    if (mprotect(area + page, pages, PROT_READ | PROT_WRITE))
        return 1;
    memset(area + page, 'x', pages);
    if (sigaltstack(&stack, NULL) || sigaction(SIGUSR1, &action, NULL))
        return 2;
    raise(SIGUSR1);
    for (char *at = area + page; at < area + page + pages - size; at++)
        if (*at != 'x')
            return 3;
    return 0;
}
'''
LENDING = '''
#include <stdlib.h>

void *lent(size_t size);

__attribute__((noinline)) static void *NAME(size_t size)
{
    void *block = malloc(size);

    __asm__ volatile("" : "+r"(block));
    return block;
}

void *lent(size_t size)
{
    void *block = NAME(size);

    __asm__ volatile("" : "+r"(block));
    return block;
}
'''
# By size: the functions from the innermost one outwards.
EXPECTED = {
    1001: ['leaf', 'plain', 'main'],
    1002: ['leaf', 'with_a_variable_frame', 'main'],
    1003: ['leaf', 'with_an_aligned_frame', 'main'],
    1004: ['leaf', 'inlined', 'outer', 'main'],
    1005: ['leaf', 'handler'],
    1006: ['leaf', *['deep'] * 120],
    1007: ['resizing', 'main'],
    1008: ['leaf', 'work', 'start_thread'],
    1009: ['first_lender', 'lent', 'load', 'main'],
    1010: ['other_lender', 'lent', 'load', 'main']}


def functions(trace: rep.Trace, number: int) -> list[str]:
    """Innermost first."""
    return [frame.partition(' @ ')[0]
            for frame in reversed(trace.stacks.frames(number))]


class Recorded(test_record.Programs):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        code = cls.place / 'ways.c'
        code.write_text(test_record.PRELUDE + WAYS)
        cls.libraries = []
        for name in 'first', 'other':
            library = cls.place / f'{name}.so'
            source = library.with_suffix('.c')
            source.write_text(LENDING.replace('NAME', f'{name}_lender'))
            cls.compile('-g', '-O1', '-fomit-frame-pointer', '-fPIC',
                        '-shared', '-o', library, source)
            cls.libraries.append(library)
        options = ('-O1', '-fomit-frame-pointer', '-fno-optimize-sibling-calls',
                   '-fno-builtin-malloc', code, '-pthread')
        cls.compile('-g', '-fPIE', '-pie', '-o', cls.place / 'ways', *options)
        cls.compile('-s', '-rdynamic', '-no-pie', '-o', cls.place / 'bare',
                    *options)

    def trace_of(self, *options: str | Path) -> rep.Trace:
        out = self.place / 'out.rep'
        self.record('-o', out, '--stacks', *options)
        return rep.read(str(out))

    def test_of_every_kind_of_frame(self) -> None:
        raw = self.place / 'raw'
        trace = self.trace_of('--keep', raw, '-p', 'main', '--',
                              self.place / 'ways', *self.libraries)
        stacks = {op.size: functions(trace, op.stack)
                  for op in trace.ops if op.stack}
        for size, wanted in EXPECTED.items():
            with self.subTest(size=size):
                self.assertEqual(stacks[size][:len(wanted)], wanted)
        self.assertIn('interrupted', stacks[1005])
        self.assertEqual(stacks[1006][-1], '(cut)')
        self.assertNotIn(1011, stacks)
        frames = [trace.stacks.frames(op.stack) for op in trace.ops
                  if op.size == 1001]
        self.assertRegex(frames[0][-1], r'\Aleaf @ ways\.c:\d+\Z')
        self._child_and_conversion(raw, trace)

    def _child_and_conversion(self, raw: Path, trace: rep.Trace) -> None:
        child = self.trace_of('--from', raw, '-p', '2')
        self.assertEqual([functions(child, op.stack)[:2] for op in
                          child.ops if op.size == 1011], [['leaf', 'main']])
        out = self.place / 'raw.rep'
        done = support.run(support.ROOT / 'tools/convert', '-o', out,
                           recording.load_all(str(raw))[0].path)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([op.stack for op in rep.read(str(out)).ops],
                         [op.stack for op in trace.ops])

    def test_how_many_calls(self) -> None:
        whole = EXPECTED[1004]
        for frames in 1, 2, 4:
            trace = self.trace_of(str(frames), '-p', 'main', '--',
                                  self.place / 'ways', *self.libraries)
            stacks = {op.size: functions(trace, op.stack)
                      for op in trace.ops if op.stack}
            self.assertEqual(len(stacks[1008]), min(frames, 3) + 1, stacks[1008])
            shown = stacks[1004]
            self.assertEqual(shown[-1], '(cut)')
            self.assertEqual(shown[:-1][:len(whole)], whole[:len(shown) - 1])

    def test_with_exported_names_alone(self) -> None:
        """No static function is given the name of the one before it; and the
        program is not relocated."""
        trace = self.trace_of('--', self.place / 'bare', *self.libraries)
        stack, = (op.stack for op in trace.ops if op.size == 1001)
        names = functions(trace, stack)
        for name in names[:names.index('main')]:
            self.assertRegex(name, r'\A(\(after \w+\)|0x[0-9a-f]+)\Z')

    def test_a_handler_with_little_stack(self) -> None:
        program = self.program(LITTLE_STACK)
        trace = self.trace_of('--', program)
        self.assertIn(2000, [op.size for op in trace.ops])

    def test_without_the_option_nothing_is_as_it_was_not(self) -> None:
        out = self.place / 'plain.rep'
        self.record('-o', out, '--', self.place / 'ways', *self.libraries)
        self.assertNotIn('@', out.read_text())


SMALL = '''20000
3
6
1
@1 0 main @ a.c:1
@2 1 make @ a.c:20
@3 1 std::vector<int>::grow() @ vector.tcc:9
a 0 100 @2
a 1 5000 @3
r 0 200 @2
a 2 50
f 1
f 2
'''
PLAIN = rep.parse(SMALL.splitlines(True))


class Carried(unittest.TestCase):
    """From form to form, by mdriver and by the tools."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.place = Path(folder.name)
        self.small = self.place / 'small.rep'
        self.small.write_text(SMALL)

    def run_tool(self, *words: str | Path) -> str:
        done = support.run(*words, cwd=support.ROOT)
        self.assertEqual(done.returncode, 0, support.account(done))
        return done.stdout

    def test_text_is_read_and_written(self) -> None:
        self.assertEqual(PLAIN.stacks.frames(PLAIN.ops[0].stack),
                         ('main @ a.c:1', 'make @ a.c:20'))
        data, _ = rep.encode(PLAIN.ops, False, PLAIN.stacks)
        self.assertEqual(data.decode().splitlines()[3:],
                         SMALL.splitlines()[3:])

    def test_with_threads(self) -> None:
        ops = [op._replace(thread=7) for op in PLAIN.ops]
        data, _ = rep.encode(ops, True, PLAIN.stacks)
        self.assertIn(b'\na 0 100 7 @2\n', data)
        self.assertEqual(rep.parse(data.decode().splitlines(True)).ops, ops)
        self.small.write_bytes(data)
        packed = self.place / 'threads.repb'
        self.run_tool(support.MDRIVER, '--pack', packed, '-f', self.small)
        self.assertEqual(arrays.load(packed, support.BUILD)
                         .operations.stack.tolist(), [2, 3, 2, 0, 0, 0])

    def test_binary_forms_are_the_same(self) -> None:
        by_judge, again, by_tool, text = (
            self.place / name for name in ('a.repb', 'b.repb', 'c.repb',
                                           'd.rep'))
        self.run_tool(support.MDRIVER, '--pack', by_judge, '-f', self.small)
        self.run_tool(support.MDRIVER, '--pack', again, '-f', by_judge)
        self.run_tool('tools/convert', '-o', by_tool, self.small)
        self.run_tool('tools/convert', '-o', text, by_judge)
        self.assertEqual(by_judge.read_bytes(), again.read_bytes())
        self.assertEqual(by_judge.read_bytes(), by_tool.read_bytes())
        self.assertEqual(text.read_text().splitlines()[4:],
                         SMALL.splitlines()[4:])

    def test_copies_have_the_stacks_of_their_original(self) -> None:
        """In both forms, in every session, and not at the frees that end one.
        """
        ops = ''.join(f'a {n} 64 @{2 + n % 2}\n' for n in range(40))
        self.small.write_text('9000\n40\n40\n1\n' + ''.join(
            SMALL.splitlines(True)[4:7]) + ops)
        text, binary, packed = (self.place / f'copy.{name}' for name in
                                ('rep', 'repb', 'packed.repb'))
        for out in text, binary:
            self.run_tool('tools/generate', '--like', self.small, '--ops',
                          '130', '-o', out, 'phases=1', 'run=8')
        self.run_tool(support.MDRIVER, '--pack', packed, '-f', text)
        self.assertEqual(packed.read_bytes(), binary.read_bytes())
        copy = rep.read(str(text))
        self.assertEqual([op.stack > 1 for op in copy.ops],
                         [op.kind == 'a' for op in copy.ops])
        self.assertEqual(list(copy.stacks.lines()),
                         SMALL.splitlines(True)[4:7])

    def test_the_judge_replays_it(self) -> None:
        said = self.run_tool(support.MDRIVER, '--no-timing', '-f', self.small)
        self.assertRegex(said, r'small\.rep +yes')

    def test_folded_stacks_are_the_callers(self) -> None:
        out = self.run_tool('tools/convert', '-o', '-', '--to', 'folded',
                            self.small)
        self.assertEqual(out.splitlines(), [
            'main;make 300', 'main;std::vector<int>::grow() 5000',
            'thread 0;malloc;33 to 64 bytes 50'])

    def test_massif_has_the_callers_innermost_first(self) -> None:
        out = self.run_tool('tools/convert', '-o', '-', '--to', 'massif',
                            self.small)
        self.assertRegex(out, r' n1: 200 0x0: make\n  n0: 200 0x0: main\n')

    def test_rows_that_are_wrong(self) -> None:
        for row, wrong in (
                ('@2 0 x', 'row of stack 1 is to be here, not of 2'),
                ('@1 1 x', 'caller 1 of stack 1 has no row before it'),
                ('@1 0', 'expected @NUMBER CALLER FRAME'),
                ('a 0 5 @1', 'there is no row of the stack 1'),
                ('a 0 5\n@1 0 x', 'stand before all operations')):
            text = f'9000\n1\n1\n1\n{row}\na 0 5\n'
            with self.subTest(row):
                with self.assertRaisesRegex(rep.RepError, wrong):
                    rep.parse(text.splitlines(True))


class Weighed(unittest.TestCase):
    def profile(self, text: str = SMALL, allocator: str = ''
                ) -> weighing.Profile:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / 'x.rep'
            path.write_text(text)
            return weighing.profile(arrays.load(path, support.BUILD), allocator,
                                   support.BUILD)

    def test_by_caller(self) -> None:
        name = weighing.namer(weighing.INSIDE, 1)
        rows = weighing.table(self.profile(), name, 'allocated')
        self.assertEqual(rows, [
            {'caller': 'main', 'at_peak': 5000, 'blocks': 1,
             'allocated': 5000, 'calls': 1},
            {'caller': 'make', 'at_peak': 200, 'blocks': 1,
             'allocated': 300, 'calls': 2},
            {'caller': '(no call stack)', 'at_peak': 50, 'blocks': 1,
             'allocated': 50, 'calls': 1}])

    def test_names(self) -> None:
        frames = 'main @ a.c:1', 'std::sort @ algo.h:9'
        for skip, count, wanted in (
                (weighing.INSIDE, 1, 'main'), ('', 1, 'std::sort'),
                ('', 2, 'std::sort < main'), ('.*', 1, 'std::sort')):
            self.assertEqual(weighing.namer(skip, count)(frames), wanted)

    def test_what_gives_memory_is_no_caller(self) -> None:
        name = weighing.namer(weighing.INSIDE, 1)
        for inner in 'calloc', 'malloc', 'operator new(unsigned long)':
            self.assertEqual(name(('_dl_map @ ld.so', f'{inner} @ ld.so')),
                             '_dl_map')
        self.assertEqual(name(('xmalloc @ a.c:1',)), 'xmalloc')

    def test_a_page_is_shared_by_bytes(self) -> None:
        import numpy
        shares = weighing.pins(numpy.array([0, 1000, 8000]),
                              numpy.array([300, 100, 1000]))
        self.assertEqual(shares.tolist(), [3072, 1024, 8192])

    def test_who_holds_a_heap_that_has_shrunk(self) -> None:
        """A thousand blocks of `short`, of which all are freed, between 10 of
        `long`, each of which keeps a page."""
        lines, live = ['@1 0 short @ s.c:1', '@2 0 long @ l.c:2'], []
        for n in range(1000):
            lines.append(f'a {n} 400 @{1 + (n % 100 == 0)}')
            live += [n] if n % 100 else []
        lines += [f'f {n}' for n in live]
        found = self.profile('\n'.join(
            ['4096', '1000', '1990', '1', *lines, '']), 'mm')
        rows = found.by_caller(weighing.namer('', 1))
        self.assertEqual(found.moment, 1990)
        self.assertEqual(rows['short']['pinned'], 0)
        self.assertEqual(rows['long']['at_peak'], 4000)
        pages = rows['long']['pinned'] + 10 * 400
        self.assertGreaterEqual(pages, 10 * 4096)
        self.assertEqual(pages % 4096, 0)

    def test_a_trace_without_stacks_is_refused(self) -> None:
        with self.assertRaisesRegex(TraceError, 'has no call stacks; tools/'
                                    'record --stacks records them'):
            self.profile('9000\n1\n1\n1\na 0 5\n')

    def test_command(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / 'x.rep'
            path.write_text(SMALL)
            done = support.run(
                support.ROOT / 'tools/callers', path, '--markdown',
                '--by', 'allocated', '--allocator', 'mm',
                *(f'--{what}={folder}/{what}.gz'
                  for what in ('folded', 'pprof', 'flame')))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn('| at peak | blocks | allocated | calls | pinned | '
                          'caller |\n| --: | --: | --: | --: | --: | :-- |\n'
                          '| 5,000 | 1 | 5,000 | 1 | ', done.stdout)
            texts = {what: gzip.decompress(Path(folder, f'{what}.gz')
                                           .read_bytes())
                     for what in ('folded', 'pprof', 'flame')}
            done = support.run(support.ROOT / 'tools/callers', path, '--top',
                               '1')
            self.assertIn('\n... and 2 more (--top)\n', done.stdout)
        self.assertEqual(texts['folded'].decode().splitlines()[1:],
                         ['main;make 300',
                          'main;std::vector<int>::grow() 5000'])
        self.assertIn(b'allocated', texts['pprof'])
        self.assertIn(b'make @ a.c:20', texts['flame'])


def fields(data: bytes) -> list[tuple[int, int | bytes]]:
    """The fields of a message of protobuf, read apart from the writer."""
    found: list[tuple[int, int | bytes]] = []
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value
    while at < len(data):
        key = varint()
        value: int | bytes = varint()
        if key & 7 == 2:
            value, at = data[at:at + value], at + value
        found.append((key >> 3, value))
    return found


class Exported(unittest.TestCase):
    def test_names_that_pprof_keeps(self) -> None:
        """It omits what stands in parentheses."""
        frames = ('(cut)', '(after a::b(int) const) @ x.so',
                  '(anonymous namespace)::f(int) @ f.cc:1')
        data = pprof.encode([('calls', 'count')], {frames: [1]})
        strings = [text for n, text in fields(data) if n == 6]
        for kept in b'cut', b'after a::b', b'{anonymous}::f(int)':
            self.assertIn(kept, strings)

    def test_a_profile_of_pprof(self) -> None:
        data = pprof.encode(
            [('allocated', 'bytes'), ('calls', 'count')],
            {('main @ a.c:1', 'make @ a.c:20'): [300, 2],
             ('main @ a.c:1',): [70000, 1]})
        parts = fields(data)
        strings = [text.decode() for n, text in parts if n == 6]
        self.assertEqual(strings[0], '')
        kinds = [[strings[i] for _, i in fields(kind)]
                 for n, kind in parts if n == 1]
        self.assertEqual(kinds, [['allocated', 'bytes'], ['calls', 'count']])
        names = {}
        for n, part in parts:
            if n == 5:
                one = dict(fields(part))
                names[one[1]] = strings[one[2]], strings[one[4]]
        self.assertEqual(set(names.values()),
                         {('main', 'a.c'), ('make', 'a.c')})
        lines = {}
        for n, part in parts:
            if n == 4:
                one = dict(fields(part))
                line = dict(fields(one[4]))
                lines[one[1]] = names[line[1]][0], line[2]
        samples = [dict(fields(part)) for n, part in parts if n == 2]
        self.assertEqual([[lines[i] for i in one[1]] for one in samples],
                         [[('make', 20), ('main', 1)], [('main', 1)]])
        self.assertEqual([n for _, n in fields(
            b''.join(b'\x08' + v for v in (b'\xac\x02', b'\x02')))],
            list(fields(b'\x08' + samples[0][2][:2])[0][1:]) + [2])
        self.assertEqual(samples[1][2], b'\xf0\xa2\x04\x01')

    def test_a_flame_graph_adds_up(self) -> None:
        root = flame.tree({('a', 'b'): 3, ('a', 'c'): 5, ('d',): 2})
        self.assertEqual(root, ['all', 10, [
            ['a', 8, [['c', 5, []], ['b', 3, []]]], ['d', 2, []]]])
        page = flame.page('x < y', {('a</script>', 'b') * 2000: 3})
        self.assertIn('x &lt; y', page)
        self.assertEqual(page.count('</script>'), 1)

    def test_frames_are_told_apart_by_their_place(self) -> None:
        stacks = Stacks()
        one = stacks.add(['main @ a.c:1', 'f\n g @ b.c:2'])
        self.assertEqual(stacks.add(['main @ a.c:1', 'f g @ b.c:2']), one)
        self.assertNotEqual(stacks.add(['main @ a.c:1', 'f g @ b.c:3']), one)
        self.assertEqual(''.join(stacks.lines()).count('\n'), 3)
