"""./mdriver --fuzz: random traces find what is wrong, and nothing that is right."""
from __future__ import annotations

import re
import signal
import subprocess
from pathlib import Path

import samples
from support import (BUILD, IN_RELEASE, MDRIVER, account, mdriver, mdriver_json,
                     once)

# Wrong allocators, and the most calls that are left when the trace is shrunk.
WRONG = {
    'bad-heap.buddy-merges-with-any-neighbour': 12,
    'crashed.free-of-null': 1,
    'data-lost.beyond-2-kib': 6,
    'data-lost.realloc-misses-the-last-byte': 2,
    'misaligned.memalign-over-a-page': 2,
    'not-zeroed.trusts-large-blocks': 4,
    'null.memalign': 1,
    'out-of-heap.by-one-byte': 1,
    'overlap.by-a-header': 12,
    'overlap.sound-in-the-first-replay': 4,
    'wrote-past-heap.uses-what-it-gave-back': 4,
}


class Fuzz(samples.Samples):
    def fuzz(self, allocator: str | Path, *more: str):
        return mdriver('--fuzz', '30', '--record', self.folder / 'found.rep',
                       '--allocator', allocator, *more)

    def test_what_is_wrong_is_found_and_made_small(self) -> None:
        found = self.folder / 'found.rep'
        for name, most in WRONG.items() if IN_RELEASE else [*WRONG.items()][:2]:
            with self.subTest(name):
                wrong = BUILD / f'bad/{name}.so'
                finished = self.fuzz(wrong, '--seed', '3')
                self.assertEqual(finished.returncode, 1, account(finished))
                left = int(re.search(r': (\d+) of \d+ operations are left',
                                     finished.stdout)[1])
                self.assertLessEqual(left, most, finished.stdout)
                self.fails_again(finished.stdout, found)

    def fails_again(self, told: str, found: Path) -> None:
        """With the options that are told, the verdict is the same."""
        verdict = re.search(r'\.so: ([a-z-]+): found\.rep', told)[1]
        words = re.search(r'(?:--in-process|-s 100000) (.*?)(?: --stop-at \d+)?'
                          r' -[cf] \S+$', told, re.M)[1].split()
        _, report = mdriver_json(*words, '-f', found)
        self.assertEqual(report['results'][0]['verdict'], verdict, told)

    @once
    def test_the_same_seed_gives_the_same_trace(self) -> None:
        wrong = BUILD / 'bad/data-lost.last-byte.so'
        texts = []
        for seed in '1', '1', '2':
            self.fuzz(wrong, '--seed', seed, '-V')
            texts.append((self.folder / 'found.rep').read_text())
        self.assertEqual(texts[0], texts[1])

    def test_nothing_is_found_where_nothing_is_wrong(self) -> None:
        for name in 'mm', 'segregated', 'libc':
            with self.subTest(name):
                finished = mdriver('--fuzz', '0.5', '--allocator', name,
                                   '--seed', '9')
                self.assertRegex(
                    finished.stdout, rf'\A{name}: \d+ traces, \d+ operations, '
                    r'seed 9: nothing was found\n\Z')
                self.assertEqual(finished.returncode, 0, account(finished))

    def test_an_interrupt_ends_it(self) -> None:
        process = subprocess.Popen([MDRIVER, '-V', '--fuzz', '100'], text=True,
                                   cwd=self.folder, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        while 'fuzzing: ' not in process.stderr.readline():
            pass
        while_it_ran = (self.folder / 'fuzz.rep').exists()
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate()
        self.assertEqual(process.returncode, 130)
        self.assertIn('nothing was found', out)
        self.assertFalse(while_it_ran)
        self.assertFalse((self.folder / 'fuzz.rep').exists())

    def test_an_interrupt_while_it_shrinks_keeps_the_best_so_far(self) -> None:
        wrong = BUILD / 'bad/null.after-100-requests.so'
        found = self.folder / 'found.rep'
        process = subprocess.Popen(
            [MDRIVER, '-V', '--fuzz', '100', '--record', found, '--allocator',
             wrong], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while ' left, ' not in process.stderr.readline():
            pass
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate()
        self.assertEqual(process.returncode, 130, out)
        self.assertIn('the search was not ended', out)
        self.fails_again(out, found)

    def test_a_file_that_cannot_be_written_is_told_before(self) -> None:
        process = subprocess.Popen(
            [MDRIVER, '--fuzz', '100', '--record', '/none/x.rep'], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(process.communicate(), (
            '', '/none/x.rep: cannot write it: No such file or directory\n'))
        self.assertEqual(process.returncode, 2)

    def test_refusals(self) -> None:
        for words, sentence in (
                (['--fuzz', '0'], "--fuzz takes a number of seconds, not '0'"),
                (['--fuzz=long'], 'takes a number of seconds'),
                (['--fuzz', '-f', 'comb'], '-f does not go with --fuzz'),
                (['--fuzz', '--allocator', 'mm,libc'], 'takes one allocator'),
                (['--fuzz', '--record', 'x.gz'], 'writes text, .rep'),
                (['--fuzz', '--watch=plain'], 'does not go with')):
            with self.subTest(sentence):
                finished = mdriver(*words)
                self.assertEqual(finished.returncode, 2, account(finished))
                self.assertIn(sentence, finished.stderr)
