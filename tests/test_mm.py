"""mm.c in each way it can be built: right in all of them."""
from __future__ import annotations

import unittest

from support import BUILD, ROOT, TESTS, account, mdriver_json

BUILDS = {name: ['--align', '8'] if name.startswith('align8') else []
          for name in ('align8', 'hardened', 'fixed_map', 'align8_hardened')}
SHORT = [TESTS / 'traces' / f'{name}.rep'
         for name in ('mixed', 'realloc', 'calloc', 'edge')]


FLAGSHIP = 'MM_FIXED_MAP' in (ROOT / 'mm.c').read_text()


@unittest.skipUnless(FLAGSHIP, 'mm.c is not the flagship here')
class Builds(unittest.TestCase):
    def judge(self, name: str, *more: str) -> dict:
        finished, report = mdriver_json(
            '--allocator', str(BUILD / f'mm/{name}.so'), *BUILDS[name],
            '--no-timing', *more)
        for result in report['results']:
            with self.subTest(build=name, trace=result['trace']):
                self.assertEqual(result['verdict'], 'ok', result['message'])
        self.assertEqual(finished.returncode, 0, account(finished))
        return report

    def test_sound_on_every_trace(self) -> None:
        for name in BUILDS:
            self.judge(name)

    def test_sound_after_every_operation(self) -> None:
        files = [word for path in SHORT for word in ('-f', str(path))]
        for name in BUILDS:
            self.judge(name, '-d', '2', *files)

    def test_sound_in_every_shortage(self) -> None:
        trace = str(TESTS / 'traces/shortage.rep')
        for name in ('align8', 'hardened'):
            for request in range(1, 1000):
                report = self.judge(name, '-d', '2', '--fail-sbrk',
                                    str(request), '-f', trace)
                if report['results'][0]['requests_refused'] == 0:
                    break
            self.assertGreater(request, 3)

    def test_eight_is_not_sixteen(self) -> None:
        """Or the build for 8 would be the other one."""
        finished, report = mdriver_json(
            '--allocator', str(BUILD / 'mm/align8.so'), '--no-timing',
            '-f', str(SHORT[0]))
        self.assertEqual(report['results'][0]['verdict'], 'misaligned')
        self.assertEqual(finished.returncode, 1)
