"""mm.c in each way it can be built: right in all of them."""
from __future__ import annotations

import unittest

import samples
from support import (BUILD, IN_RELEASE, ROOT, TESTS, account, mdriver_json,
                     once)

# By alignment: builds that one run judges, so that traces are read once.
BUILDS = {'8': ('align8',), '16': ('fixed_map',)}
SHORT = [TESTS / 'traces' / f'{name}.rep'
         for name in ('mixed', 'realloc', 'calloc', 'edge')]


FLAGSHIP = 'MM_FIXED_MAP' in (ROOT / 'mm.c').read_text()


@unittest.skipUnless(FLAGSHIP, 'mm.c is not the flagship here')
class Builds(samples.Samples):
    def judge(self, align: str, names: tuple[str, ...], *more: str) -> dict:
        finished, report = mdriver_json(
            '--allocator', ','.join(str(BUILD / f'mm/{name}.so')
                                    for name in names),
            '--align', align, '--no-timing', *more)
        for result in report['results']:
            with self.subTest(build=result['allocator'], trace=result['trace']):
                self.assertEqual(result['verdict'], 'ok', result['message'])
        self.assertEqual(finished.returncode, 0, account(finished))
        return report

    @once
    def test_sound_on_every_trace(self) -> None:
        for align, names in BUILDS.items():
            self.judge(align, names)

    def test_sound_after_every_operation(self) -> None:
        files = [word for path in SHORT for word in ('-f', str(path))]
        for align, names in BUILDS.items():
            self.judge(align, names, '-d', '2', *files)

    def test_sound_in_every_shortage(self) -> None:
        trace = str(TESTS / 'traces/shortage.rep')
        for align, (name,) in BUILDS.items():
            for request in range(1, 1000, 1 if IN_RELEASE else 8):
                report = self.judge(align, (name,), '-d', '2', '--fail-sbrk',
                                    str(request), '-f', trace)
                if report['results'][0]['requests_refused'] == 0:
                    break
            self.assertGreater(request, 3)

    @once
    def test_a_heap_of_a_few_blocks_takes_little_besides_them(self) -> None:
        """Links of the bins, and marks for so few granules."""
        lines = [f'a {n} 32' for n in range(16)]
        trace = self.write('few.rep', samples.text_of(lines, 16))
        _, report = mdriver_json('--allocator', 'mm', '--no-timing', '-f', trace)
        result = report['results'][0]
        self.assertEqual(result['peak_payload'], 16 * 32)
        self.assertLess(result['peak_footprint'], 16 * 32 + 600)

    def test_eight_is_not_sixteen(self) -> None:
        """Or the build for 8 would be the other one."""
        finished, report = mdriver_json(
            '--allocator', str(BUILD / 'mm/align8.so'), '--no-timing',
            '-f', str(SHORT[0]))
        self.assertEqual(report['results'][0]['verdict'], 'misaligned')
        self.assertEqual(finished.returncode, 1)
