"""The time limit: it counts what the allocator takes, and nothing else."""
from __future__ import annotations

import os
import subprocess
import unittest
from pathlib import Path

import samples
import support

# Its own CPU time before each malloc, in milliseconds.
SPIN = """
#include <time.h>
void spin(long ms)
{
    clock_t end = clock() + ms * CLOCKS_PER_SEC / 1000;
    while (clock() < end)
        ;
}
"""


@support.once
class TimeLimit(samples.Samples):
    @classmethod
    def spinning(cls, milliseconds: int) -> Path:
        """An allocator that takes so long for each malloc."""
        return cls.build(f'spins{milliseconds}', more=SPIN,
                         before=f'void spin(long); spin({milliseconds});')

    def verdict(self, *words) -> str:
        finished, report = support.mdriver_json('--no-timing', *words)
        result, = report['results']
        self.assertIn(finished.returncode, (0, 1), support.account(finished))
        return result['verdict']

    def test_payloads_are_filled_at_no_cost(self) -> None:
        """Each is 256 MiB, whose filling alone takes longer than the limit: all
        of them, where a sanitizer is loaded first."""
        limit = '0.02'
        lines = [line for i in range(4)
                 for line in (f'a {i} {1 << 28}', f'f {i}')]
        large = self.write('large.rep', samples.text_of(lines, 4))
        self.assertEqual(self.verdict('-s', limit, '-f', large,
                                      '--allocator', 'segregated'), 'ok')

    def test_a_busy_machine_costs_nothing(self) -> None:
        """The worker shares its processor with eight others."""
        here = os.sched_getaffinity(0)
        self.addCleanup(os.sched_setaffinity, 0, here)
        os.sched_setaffinity(0, {min(here)})
        lines = [f'a {i} 16' for i in range(50)]
        trace = self.write('fifty.rep', samples.text_of(lines, 50))
        others = [subprocess.Popen(['sh', '-c', 'while :; do :; done'])
                  for _ in range(8)]
        try:
            self.assertEqual(self.verdict(
                '-s', '0.5', '-f', trace, '--allocator', self.spinning(4)), 'ok')
        finally:
            for process in others:
                process.kill()
                process.wait()

    def test_what_the_allocator_takes_counts(self) -> None:
        lines = [f'a {i} 16' for i in range(1000)]
        trace = self.write('thousand.rep', samples.text_of(lines, 1000))
        self.assertEqual(self.verdict(
            '-s', '0.5', '-f', trace, '--allocator', self.spinning(4)),
            'too-slow')


class Hanging(samples.Samples):
    """Who hangs on trace after trace is not waited for on all of them."""

    def messages(self, *words: str) -> list[str]:
        hanging = self.build('hanging', before='if (size == 16) for (;;) ;',
                             flags=('-nostartfiles',))
        traces = [self.write(f'hang{i}.rep', samples.text_of(
            ['a 0 16' if i != 1 else 'a 0 8'], 1)) for i in range(6)]
        _, report = support.mdriver_json(
            '--no-timing', '-s', '0.3', '--allocator', hanging, *words,
            *traces)
        self.assertEqual([one['verdict'] for one in report['results']],
                         ['hung', 'ok', 'hung', 'hung', 'hung', 'hung'])
        return [one['message'] for one in report['results']]

    @unittest.skipIf(support.BUILD.name == 'san', 'has no jail')
    def test_three_in_a_row_end_it_if_it_is_not_trusted(self) -> None:
        messages = self.messages('--jail', 'auto')
        self.assertEqual(['was not begun' in one for one in messages],
                         [False] * 5 + [True])

    def test_all_are_run_if_it_is_trusted(self) -> None:
        self.assertNotIn('was not begun', ''.join(self.messages()))


class NoPlace(samples.Samples):
    """NULL is right where no memory could have held the block."""

    def verdict(self, line: str, *words: str) -> str:
        trace = self.write('one.rep', samples.text_of([line], 1))
        _, report = support.mdriver_json('--no-timing', '-f', trace, *words)
        return report['results'][0]['verdict']

    def test_for_an_alignment_larger_than_the_heap(self) -> None:
        for bits in (31, 38, 46):
            with self.subTest(bits=bits):
                self.assertEqual(self.verdict(f'm 0 {1 << bits} 64'),
                                 'no-memory')


class TooMuch(samples.Samples):
    def test_payloads_that_add_up_to_no_number(self) -> None:
        """2^64 and more: the sum would begin again at 0."""
        count = (1 << 17) + 8
        lines = [f'a {i} {(1 << 47) - 1}' for i in range(count)]
        trace = self.write('sum.rep', samples.text_of(lines, count))
        self.refused(f'{trace}:{4 + (1 << 16)}: the live blocks add up to '
                     f'more than {(1 << 63) - 1} bytes', '-f', trace)
