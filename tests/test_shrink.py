"""./mdriver --shrink and --explain: from a long trace to the few calls that fail.

Wrong allocators of tests/bad fail on recorded traces; what is left of a trace is
known where the fault needs so many operations and no fewer.
"""
from __future__ import annotations

import re
import signal
import subprocess
import time
from pathlib import Path

import samples
from support import (BUILD, IN_RELEASE, MDRIVER, ROOT, TESTS, account, mdriver,
                     mdriver_json, of_the_judge, once)

of_the_judge()

LONG = ROOT / 'traces/git-log.rep.gz'  # 43,822 operations

# Wrong allocators, and the most calls that it takes to see what is wrong.
WRONG = {
    'bad-heap.kr-frees-out-of-order': 2,
    'crashed.null-in-realloc': 2,
    'data-lost.last-byte': 2,
    'data-lost.realloc-copies-nothing': 2,
    'data-lost.realloc-only-in-later-replays': 2,
    'misaligned.by-8': 1,
    'not-zeroed.recycled': 3,
    'null.realloc-shrinking': 4,
    'out-of-heap.by-one-byte': 1,
    'overlap.by-a-header': 4,
    'overlap.reuses-a-live-block': 20,
    'wrote-past-heap.far-away': 3,
}


def bad(name: str) -> Path:
    return BUILD / f'bad/{name}.so'


def options_of(name: str) -> list[str]:
    text = (TESTS / f'bad/{name}.c').read_text()
    return ' '.join(re.findall(r'/\* options: (.*?) \*/', text)).split()


class Shrink(samples.Samples):
    def shrink(self, name: str, *more: str | Path):
        """The finished run, and the path of the smaller trace."""
        small = self.folder / 'small.rep'
        small.unlink(missing_ok=True)
        finished = mdriver('--shrink', small, '--allocator', bad(name),
                           *options_of(name), *(more or ('-f', LONG)))
        return finished, small

    def test_to_the_calls_that_it_takes(self) -> None:
        for name, most in WRONG.items() if IN_RELEASE else [*WRONG.items()][:2]:
            with self.subTest(name):
                finished, small = self.shrink(name)
                self.assertEqual(finished.returncode, 1, account(finished))
                left = int(re.search(r': (\d+) of 43822 operations are left',
                                     finished.stdout)[1])
                self.assertLessEqual(left, most, finished.stdout)
                _, report = mdriver_json('--seed', '1', '--allocator',
                                         bad(name), '-f', small,
                                         *options_of(name))
                self.assertEqual(report['results'][0]['verdict'],
                                 name.partition('.')[0])
                self.assertEqual(report['results'][0]['ops'], left)

    def test_a_realloc_of_null_stays_one(self) -> None:
        """Only files that begin with the weight have it."""
        trace = self.write('null.rep', '1\n2\n3\n1\nr 0 5000\na 1 5\nf 1\n')
        small = self.folder / 'small.rep'
        mdriver('--shrink', small, '--allocator', bad('null.realloc'), '-f',
                trace)
        finished = mdriver('--explain', '--allocator', bad('null.realloc'),
                           '-f', small)
        self.assertTrue(finished.stdout.startswith(
            'p0 = realloc(NULL, '), account(finished))

    def test_calls_are_c_and_the_one_that_fails_is_marked(self) -> None:
        finished, _ = self.shrink('data-lost.realloc-copies-too-little')
        self.assertRegex(finished.stdout, r'(?m)^    p0 = malloc\(\d+\)\n'
                         r'    p0 = realloc\(p0, \d+\)    <- data-lost$')
        self.assertIn('--explain --seed 1 --allocator', finished.stdout)

    @once
    def test_the_same_again(self) -> None:
        texts = set()
        for _ in range(2):
            _, small = self.shrink('overlap.reuses-a-live-block')
            texts.add(small.read_text())
        self.assertEqual(len(texts), 1)

    def test_a_right_allocator_leaves_no_trace(self) -> None:
        small = self.folder / 'none.rep'
        finished = mdriver('--shrink', small, '-f', 'structs')
        self.assertEqual(finished.stdout, 'mm: structs.rep: ok\n')
        self.assertEqual(finished.returncode, 0)
        self.assertFalse(small.exists())

    def test_what_no_operation_decides(self) -> None:
        finished, small = self.shrink('load-failed.lacks-free')
        self.assertEqual(finished.returncode, 2)
        self.assertIn('--shrink: fewer operations cannot have the verdict '
                      'load-failed', finished.stderr)
        self.assertFalse(small.exists())

    def test_refusals(self) -> None:
        small = self.folder / 'small.rep'
        for words, sentence in (
                (['--shrink', small], 'needs one trace'),
                (['--shrink', small, '-f', 'comb', '--allocator', 'mm,libc'],
                 'takes one allocator'),
                (['--shrink', 'x.gz', '-f', 'comb'], 'writes text, .rep'),
                (['--shrink', '/none/x.rep', '-f', 'comb'],
                 '/none/x.rep: cannot write it'),
                (['--shrink', small, '--json', '-', '-f', 'comb'],
                 '--json does not go with --shrink'),
                (['--explain', '--watch', '-f', 'comb'], 'does not go with'),
                (['--explain'], 'needs one trace'),
                (['--explain', '-f', 'structs'],
                 'takes at most 200 operations, and structs.rep has 10000')):
            with self.subTest(sentence):
                finished = mdriver(*words)
                self.assertEqual(finished.returncode, 2, account(finished))
                self.assertIn(sentence, finished.stderr)

    def test_an_interrupt_keeps_the_best_so_far(self) -> None:
        small = self.folder / 'small.rep'
        process = subprocess.Popen(
            [MDRIVER, '-V', '--shrink', small, '-f', LONG, '--allocator',
             bad('null.after-100-requests')], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while ' left, ' not in process.stderr.readline():
            pass
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate()
        self.assertEqual(process.returncode, 130, out)
        self.assertIn('the search was not ended', out)
        _, report = mdriver_json('--seed', '1', '--allocator',
                                 bad('null.after-100-requests'), '-f', small)
        self.assertEqual(report['results'][0]['verdict'], 'null')

    @once
    def test_a_verdict_ends_with_the_command(self) -> None:
        finished = mdriver('--allocator', bad('overlap.by-a-header'), '-f',
                           LONG)
        command, = re.findall(r'^    (\S*mdriver --shrink .*)$',
                              finished.stdout, re.M)
        again = subprocess.run(['sh', '-c', command], text=True,
                               cwd=self.folder, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
        self.assertEqual(again.returncode, 1, account(again))
        self.assertTrue((self.folder / 'small.rep').exists())


class Explain(samples.Samples):
    def explain(self, allocator: str | Path, *lines: str):
        ids = sum(line[0] in 'acm' for line in lines)
        return mdriver('--explain', '--allocator', allocator, '-f', self.write(
            'short.rep', samples.text_of(lines, ids)))

    def test_the_heap_after_each_call(self) -> None:
        finished = self.explain('bump', 'a 0 64', 'a 1 100', 'f 0', 'f -1',
                                'r 1 200')
        text = re.sub(r'0x[0-9a-f]+', 'ADDRESS', finished.stdout)
        self.assertEqual(text.splitlines(), [
            'p0 = malloc(64) is ADDRESS',
            '        16 [p0 64] 4032',
            'p1 = malloc(100) is ADDRESS',
            '        16 [p0 64] 16 [p1 100] 3916',
            'free(p0)',
            '        16 (p0 64) 16 [p1 100] 3916',
            'free(NULL)',
            '        16 (p0 64) 16 [p1 100] 3916',
            'p1 = realloc(p1, 200) is ADDRESS',
            '        16 (p0 64) 16 [p1 200] 3816',
            'bump: short.rep: ok'])
        self.assertEqual(finished.returncode, 0)

    def test_every_call(self) -> None:
        finished = self.explain('mm', 'c 0 4 16', 'm 1 64 100', 'r 0 0',
                                'f 1')
        calls = [line.partition(' is ')[0] for line in
                 finished.stdout.splitlines() if line[0] in 'pf']
        self.assertEqual(calls, ['p0 = calloc(4, 16)', 'p1 = memalign(64, 100)',
                                 'p0 = realloc(p0, 0)', 'free(p1)'])

    def test_memory_that_is_mapped(self) -> None:
        finished = self.explain(bad('ok.maps-large-blocks'), 'a 0 8',
                                'a 1 300000')
        self.assertRegex(finished.stdout, r'; mapped:.* \[p1 300000\]')

    def test_the_call_that_goes_wrong(self) -> None:
        finished = self.explain(bad('data-lost.realloc-copies-nothing'),
                                'a 0 8', 'r 0 800')
        self.assertIn('p0 = realloc(p0, 800)    <- data-lost\n',
                      finished.stdout)
        self.assertEqual(finished.returncode, 1)

    def test_a_malloc_of_the_system(self) -> None:
        finished = self.explain('libc', 'a 0 64', 'a 1 64', 'f 0', 'f 1')
        self.assertRegex(finished.stdout, r'\[p0 64\] \d+ \[p1 64\]')
        self.assertEqual(finished.returncode, 0)
