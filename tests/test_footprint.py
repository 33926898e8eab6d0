"""What counts as memory: break, mappings, static data, resident pages."""
from __future__ import annotations

import resource

import samples
import support

ALLOWANCE = 2048
TABLE = 100_000


class Footprint(samples.Samples):
    def result(self, allocator: str, *more: str) -> dict:
        _, report = support.mdriver_json('--allocator', allocator,
                                         '--no-timing', *more)
        self.assertEqual(report['results'][0]['verdict'], 'ok',
                         report['results'][0]['message'])
        return report['results'][0]

    def test_break_only(self) -> None:
        library = self.build('plain')
        got = self.result(str(library), '-f', str(self.every))
        sizes = [112 + 16, 208 + 16, 512 + 16, 304 + 16, 16 + 16, 48 + 16]
        self.assertEqual(got['static_data_counted'], 0)
        self.assertEqual(got['peak_footprint'], sum(sizes) + 16)  # malloc(0)
        self.assertEqual(got['peak_payload'], samples.EVERY_PEAK)
        self.assertAlmostEqual(got['utilization'],
                               samples.EVERY_PEAK / got['peak_footprint'])

    def test_pages_of_libc(self) -> None:
        """A trace that touches 16 MiB makes about as much resident."""
        blocks = 64
        operations = [f'a {i} {256 << 10}' for i in range(blocks)]
        trace = self.write('large.rep', samples.text_of(operations, blocks))
        if support.BUILD.name == 'san':
            self.skipTest('malloc is the sanitizer\'s there')
        got = self.result('libc', '-f', str(trace))
        self.assertGreater(got['utilization'], 0.90)
        self.assertLess(got['utilization'], 1.01)

    def test_libc_keeps_its_pages_while_it_is_checked(self) -> None:
        """Two megabytes in turn: it would give them back each time, and fault
        them in again, some 500 pages a turn."""
        if support.BUILD.name == 'san':
            self.skipTest('malloc is the sanitizer\'s there')
        turns, blocks = 100, 4
        lines = [f'{what} {turn * blocks + i}' + ' 500000' * (what == 'a')
                 for turn in range(turns) for what in 'af'
                 for i in range(blocks)]
        trace = self.write('turns.rep', samples.text_of(lines, turns * blocks))
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_minflt
        self.result('libc', '-f', str(trace))
        after = resource.getrusage(resource.RUSAGE_CHILDREN).ru_minflt
        self.assertLess(after - before, 100 * turns)

    def test_mappings_count_while_they_last(self) -> None:
        """One block at a time, each mapped and unmapped: never two."""
        library = self.build(
            'mapper', before='if (last) mem_unmap(last, 1 << 20); '
            'return last = mem_map(1 << 20);')
        operations = [line for i in range(50)
                      for line in (f'a {i} 1000000', f'f {i}')]
        trace = self.write('turns.rep', samples.text_of(operations, 50))
        got = self.result(str(library), '-f', str(trace))
        self.assertEqual(got['peak_footprint'], 1 << 20)


class StaticData(samples.Samples):
    def test_it_is_counted(self) -> None:
        source = samples.ALLOCATOR.replace(
            'static void *last;',
            f'static void *last;\nstatic char table[{TABLE}];').replace(
            'BEFORE', 'table[size % sizeof table]++;').replace('INIT', '')
        path = self.write('hoarder.c', source)
        library = self.folder / 'hoarder.so'
        finished = support.run(
            'cc', '-O1', *samples.bits_of_build(), '-I', support.ROOT,
            '-DDRIVER', '-fPIC', '-shared', '-Wl,-Bsymbolic', '-o', library,
            path)
        self.assertEqual(finished.returncode, 0, support.account(finished))
        _, report = support.mdriver_json('--allocator', library,
                                         '--no-timing', '-f', self.every)
        got = report['results'][0]
        self.assertGreater(got['static_data_counted'], TABLE - ALLOWANCE)
        self.assertLess(got['static_data_counted'], TABLE + ALLOWANCE)
        self.assertGreater(got['peak_footprint'], TABLE - ALLOWANCE)
