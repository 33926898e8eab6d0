"""What ./mdriver writes for programs: JSON, CSV, timelines and events.

Nothing is asserted of a time but that it is there.
"""
from __future__ import annotations

import csv
import io
import json
import unittest
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import samples
import support

RESULT_FIELDS = {'allocator', 'trace', 'verdict', 'message', 'reproduce',
                 'line', 'ops', 'peak_payload', 'peak_footprint',
                 'utilization', 'bounds', 'ns_per_op', 'ops_per_second',
                 'ratio_to_libc', 'perturbed', 'weight', 'waste', 'set'}
EVENT_FIELDS = ['allocator', 'trace', 'op', 'kind', 'slot', 'address', 'size',
                'thread', 'payload', 'heap', 'mapped']
MOMENT_FIELDS = ['allocator', 'trace', 'op', 'payload', 'footprint', 'heap',
                 'mapped', 'free_bytes', 'free_areas', 'largest_free']
CSV_FIELDS = ['allocator', 'trace', 'verdict', 'ops', 'peak_payload',
              'peak_footprint', 'utilization', 'ns_median', 'ns_min',
              'ns_p25', 'ns_p75', 'ops_per_second', 'ratio_to_libc',
              'best_fit', 'packing', 'perturbed_verdict',
               'perturbed_utilization', 'set', 'instructions',
               'instructions_per_op', 'instructions_ratio_to_libc']

Row = dict[str, str]


def rows_of(text: str) -> list[Row]:
    return list(csv.DictReader(io.StringIO(text)))


def numbers(rows: Iterable[Row], field: str) -> list[int]:
    return [int(row[field], 0) for row in rows]


class Exports(samples.Samples):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.long = cls.write('long.rep', samples.random_trace(2, 12000))

    def report(self, *arguments: str | Path, status: int = 0
               ) -> dict[str, Any]:
        """The object that --json writes, on every.rep or what is named."""
        files = [] if '-f' in arguments else ['-f', self.every]
        finished = self.good('--json', '-', *files, *arguments, status=status)
        return json.loads(finished.stdout)

    def tape(self, option: str, *arguments: str | Path, status: int = 0
             ) -> list[Row]:
        """The rows that --events or --timeline writes."""
        files = [] if '-f' in arguments else ['-f', self.every]
        path = self.folder / 'tape.csv'
        self.good('--no-timing', option, path, *files, *arguments,
                  status=status)
        return rows_of(path.read_text())


class Json(Exports):
    def test_root(self) -> None:
        report = self.report('--reps', '3', '--seed', '5')
        self.assertEqual(report['schema'], 1)
        self.assertIn('system', report['machine'])
        self.assertIn('processors', report['machine'])
        self.assertEqual(report['build']['mode'], support.BUILD.name)
        self.assertIn('compiler', report['build'])
        self.assertEqual(report['seed'], 5)
        self.assertEqual(report['align'], 16)
        self.assertIs(report['interrupted'], False)
        self.assertEqual(len(report['results']), 1)

    def test_result(self) -> None:
        result = self.report('--reps', '3')['results'][0]
        self.assertLessEqual(RESULT_FIELDS, set(result))
        self.assertEqual(result['allocator'], 'mm')
        self.assertEqual(result['trace'], 'every.rep')
        self.assertEqual(result['verdict'], 'ok')
        self.assertEqual(result['message'], '')
        self.assertEqual(result['ops'], 13)
        self.assertEqual(result['weight'], 1)
        self.assertEqual(result['peak_payload'], samples.EVERY_PEAK)
        self.assertGreaterEqual(result['peak_footprint'], samples.EVERY_PEAK)
        self.assertAlmostEqual(
            result['utilization'],
            samples.EVERY_PEAK / result['peak_footprint'])

    def test_bounds(self) -> None:
        bounds = self.report('--no-timing')['results'][0]['bounds']
        self.assertLessEqual({'aligned', 'best_fit', 'packing'}, set(bounds))
        aligned = 304 + 208 + 512 + 16
        self.assertAlmostEqual(bounds['aligned'],
                               samples.EVERY_PEAK / aligned)
        self.assertIsNone(bounds['best_fit'])
        bounds = self.report('--no-timing', '--align',
                             '8')['results'][0]['bounds']
        aligned = 304 + 200 + 504 + 16
        self.assertAlmostEqual(bounds['aligned'],
                               samples.EVERY_PEAK / aligned)

    def test_times(self) -> None:
        result = self.report('--reps', '5', '-f', self.long)['results'][0]
        spread = result['ns_per_op']
        self.assertLessEqual({'median', 'min', 'p25', 'p75'}, set(spread))
        ordered = [spread[key] for key in ('min', 'p25', 'median', 'p75')]
        self.assertEqual(ordered, sorted(ordered))
        self.assertEqual(spread['rounds'], 5)
        self.assertIsInstance(result['ops_per_second'], float)
        self.assertIsInstance(result['ratio_to_libc'], float)

    def test_without_times(self) -> None:
        for words in ['--no-timing'], ['--fail-sbrk', '9999999']:
            report = self.report(*words)
            result = report['results'][0]
            for key in 'ns_per_op', 'ops_per_second', 'ratio_to_libc':
                self.assertIsNone(result[key])
            self.assertEqual(report['index'], {})

    def test_index(self) -> None:
        report = self.report('--reps', '3', '-l', '--index', 'cmu', '-f',
                             self.long)
        self.assertEqual(set(report['index']), {'mm', 'libc'})
        for index in report['index'].values():
            self.assertEqual(index['profile'], 'cmu')
            self.assertAlmostEqual(
                index['total'], index['utilization'] + index['throughput'])
            self.assertTrue(0 <= index['total'] <= 100)
        libc = next(result for result in report['results']
                    if result['allocator'] == 'libc')
        self.assertEqual(libc['ratio_to_libc'], 1)
        self.assertEqual(report['index']['libc']['throughput'], 40)

    def test_ideas(self) -> None:
        index = self.report('--reps', '1', '--allocator',
                            'implicit,libc')['index']
        self.assertEqual(index['implicit']['idea'], 'implicit list, first fit')
        self.assertIsNone(index['libc']['idea'])

    def test_every_pair_has_its_result(self) -> None:
        results = self.report('--no-timing', '-l', '-f', self.every, '-f',
                              self.long)['results']
        self.assertEqual(
            [(result['allocator'], result['trace']) for result in results],
            [('mm', 'every.rep'), ('mm', 'long.rep'),
             ('libc', 'every.rep'), ('libc', 'long.rep')])

    def test_fault(self) -> None:
        wrong = self.build('wrong', before=samples.SAME_BLOCK)
        report = self.report('--reps', '3', '--allocator', f'wrong={wrong}',
                             status=1)
        result = report['results'][0]
        self.assertEqual(result['verdict'], 'overlap')
        self.assertEqual(result['line'], 6)
        self.assertIn('every.rep:6: c 1 10 20 1', result['message'])
        self.assertIn('gdb ', result['reproduce'])
        self.assertIsNone(result['ns_per_op'])
        self.assertIsNone(result['utilization'])
        self.assertEqual(report['index']['wrong']['total'], 0)

    def test_nothing_but_json_on_stdout(self) -> None:
        for words in ['-V'], ['-g'], ['-A'], ['-p'], ['-v', '2']:
            self.report('--reps', '1', *words)

    def test_into_a_file(self) -> None:
        path = self.folder / 'result.json'
        finished = self.good('--no-timing', '--json', path, '-f', self.every)
        self.assertIn('Results for mm malloc:', finished.stdout)
        self.assertEqual(json.loads(path.read_text())['schema'], 1)

    def test_is_strict_json(self) -> None:
        def refuse(word: str) -> None:
            self.fail(f'{word} is no JSON')

        one = self.write('one.rep', samples.text_of(['a 0 8'], 1))
        for words in ['-s', '0.000001'], ['--reps', '1', '-f', str(one)]:
            files = [] if '-f' in words else ['-f', self.every]
            finished = support.mdriver('--json', '-', *files, *words)
            json.loads(finished.stdout, parse_constant=refuse)


class Csv(Exports):
    def test_to_stdout(self) -> None:
        finished = self.good('--csv', '-', '--reps', '3', '-l', '-f',
                             self.every, '-f', self.long)
        rows = rows_of(finished.stdout)
        self.assertEqual(list(rows[0]), CSV_FIELDS)
        self.assertEqual([(row['allocator'], row['trace'], row['verdict'])
                          for row in rows],
                         [('mm', 'every.rep', 'ok'), ('mm', 'long.rep', 'ok'),
                          ('libc', 'every.rep', 'ok'),
                          ('libc', 'long.rep', 'ok')])
        self.assertEqual(numbers(rows, 'ops'), [13, 12000] * 2)
        self.assertTrue(all(row['ns_median'] for row in rows[1::2]))

    def test_says_what_json_says(self) -> None:
        path = self.folder / 'result.csv'
        report = self.report('--no-timing', '--csv', path, '-f', self.long)
        row = rows_of(path.read_text())[0]
        result = report['results'][0]
        for key in 'allocator', 'trace', 'verdict':
            self.assertEqual(row[key], result[key])
        for key in 'ops', 'peak_payload', 'peak_footprint':
            self.assertEqual(int(row[key]), result[key])
        self.assertAlmostEqual(float(row['utilization']),
                               result['utilization'], places=5)

    def test_a_wrong_one_has_no_utilization(self) -> None:
        wrong = self.build('wrong', before=samples.SAME_BLOCK)
        text = self.good('--csv', '-', '--no-timing', '--allocator', wrong,
                         '-f', self.every, status=1).stdout
        self.assertEqual(rows_of(text)[0]['utilization'], '')

    def test_what_became_of_perturbed_sizes(self) -> None:
        path = self.folder / 'result.csv'
        report = self.report('--no-timing', '--perturb', '7', '--csv', path,
                             '-f', self.long)
        row = rows_of(path.read_text())[0]
        perturbed = report['results'][0]['perturbed']
        self.assertEqual(row['perturbed_verdict'], perturbed['verdict'])
        self.assertAlmostEqual(float(row['perturbed_utilization']),
                               perturbed['utilization'], places=5)
        self.assertNotEqual(row['perturbed_utilization'], row['utilization'])

    def test_without_times_those_are_empty(self) -> None:
        text = self.good('--csv', '-', '--no-timing', '-f',
                         self.every).stdout
        lines = text.splitlines()
        self.assertEqual({line.count(',') for line in lines},
                         {len(CSV_FIELDS) - 1})
        self.assertTrue(lines[1].endswith(',' * 10 + 'public,,,'))


class Events(Exports):
    def test_one_line_an_operation(self) -> None:
        rows = self.tape('--events')
        self.assertEqual(list(rows[0]), EVENT_FIELDS)
        self.assertEqual(numbers(rows, 'op'), list(range(1, 14)))
        self.assertEqual(''.join(row['kind'] for row in rows),
                         samples.EVERY_KINDS)
        self.assertEqual({(row['allocator'], row['trace']) for row in rows},
                         {('mm', 'every.rep')})

    def test_sizes_slots_and_threads(self) -> None:
        rows = self.tape('--events')
        self.assertEqual(numbers(rows, 'size'),
                         [100, 200, 500, 300, 0, 0, 16, 0, 0, 40, 0, 0, 0])
        self.assertEqual([row['slot'] for row in rows],
                         ['0', '1', '2', '0', '', '3', '3', '3', '1', '1',
                          '0', '2', '1'])
        self.assertEqual(numbers(rows, 'thread'),
                         [0, 1, 2, 0, 0, 1, 0, 0, 2, 0, 0, 0, 0])

    def test_payload(self) -> None:
        rows = self.tape('--events')
        payload = numbers(rows, 'payload')
        self.assertEqual(payload, [100, 300, 800, 1000, 1000, 1000, 1016,
                                   1000, 800, 840, 540, 40, 0])
        for row in rows:
            self.assertGreaterEqual(int(row['heap']) + int(row['mapped']),
                                    int(row['payload']))

    def test_addresses(self) -> None:
        live: dict[str, tuple[int, int]] = {}
        for row in self.tape('--events', '-f', self.long):
            address, slot = int(row['address'], 16), row['slot']
            if row['kind'] == 'f':
                self.assertEqual(live.pop(slot)[0], address)
                continue
            live.pop(slot, None)
            size = int(row['size'])
            self.assertEqual(address % 16, 0)
            for other, length in live.values():
                self.assertFalse(address < other + length and
                                 other < address + size)
            live[slot] = address, size

    def test_same_addresses_in_every_run(self) -> None:
        first = self.tape('--events', '--seed', '1', '-f', self.long)
        for words in ['--seed', '2'], ['-d', '2'], ['--jobs', '1', '-V']:
            self.assertEqual(self.tape('--events', *words, '-f', self.long),
                             first)

    @unittest.skipIf(support.BUILD.name == 'm32',
                     'a 32-bit allocator is no part of this process')
    def test_same_addresses_in_process(self) -> None:
        words = ['-f', self.long, '-f', self.every]
        self.assertEqual(self.tape('--events', '--in-process', *words),
                         self.tape('--events', *words))

    def test_packed_trace_gives_the_same(self) -> None:
        packed = self.folder / 'packed.repb'
        self.good('--pack', packed, '-f', self.every)
        first = self.tape('--events')
        second = self.tape('--events', '-f', packed)
        for row in first + second:
            del row['trace']
        self.assertEqual(first, second)

    def test_several_allocators_and_traces(self) -> None:
        rows = self.tape('--events', '--allocator', 'mm,implicit,libc', '-f',
                         self.every, '-f', self.long)
        counts: dict[tuple[str, str], int] = {}
        for row in rows:
            pair = row['allocator'], row['trace']
            counts[pair] = counts.get(pair, 0) + 1
        self.assertEqual(counts, {(name, trace): length for name in
                                  ('mm', 'implicit', 'libc')
                                  for trace, length in
                                  (('every.rep', 13), ('long.rep', 12000))})

    def test_ends_where_the_fault_is(self) -> None:
        wrong = self.build('wrong', before=samples.SAME_BLOCK)
        rows = self.tape('--events', '--allocator', wrong, status=1)
        self.assertEqual(numbers(rows, 'op'), [1])

    def test_timed_passes_add_nothing(self) -> None:
        path = self.folder / 'timed.csv'
        self.good('--reps', '2', '--events', path, '-f', self.every,
                  '--perturb', '1')
        self.assertEqual(len(rows_of(path.read_text())), 13)


class Timeline(Exports):
    def test_moments(self) -> None:
        rows = self.tape('--timeline', '-f', self.long)
        self.assertEqual(list(rows[0]), MOMENT_FIELDS)
        ops = numbers(rows, 'op')
        self.assertEqual(ops, sorted(set(ops)))
        self.assertEqual((ops[0], ops[-1]), (1, 12000))
        self.assertTrue(1000 < len(rows) < 3000)

    def test_short_traces_have_every_operation(self) -> None:
        rows = self.tape('--timeline')
        self.assertEqual(numbers(rows, 'op'), list(range(1, 14)))

    def test_peaks_are_there(self) -> None:
        path = self.folder / 'peaks.csv'
        report = self.report('--no-timing', '--timeline', path, '-f',
                             self.long)
        rows = rows_of(path.read_text())
        result = report['results'][0]
        self.assertEqual(max(numbers(rows, 'payload')),
                         result['peak_payload'])
        self.assertLessEqual(max(numbers(rows, 'footprint')),
                             result['peak_footprint'])

    def test_sums(self) -> None:
        for row in self.tape('--timeline', '-f', self.long):
            heap, free = int(row['heap']), int(row['free_bytes'])
            self.assertEqual(int(row['footprint']), heap + int(row['mapped']))
            self.assertLessEqual(int(row['payload']), int(row['footprint']))
            self.assertLessEqual(int(row['largest_free']), free)
            self.assertLessEqual(free, heap)
            self.assertEqual(int(row['free_areas']) == 0, free == 0)

    def test_together_with_events(self) -> None:
        path = self.folder / 'both.csv'
        events = self.tape('--events', '--timeline', path)
        moments = rows_of(path.read_text())
        for key in 'op', 'payload', 'heap', 'mapped':
            self.assertEqual([row[key] for row in events],
                             [row[key] for row in moments])


class Judging(Exports):
    """Options that change what is judged, seen through the JSON."""

    def verdicts(self, *arguments: str | Path, status: int = 0
                 ) -> list[tuple[Any, ...]]:
        report = self.report('--no-timing', *arguments, status=status)
        return [tuple(result[key] for key in
                      ('allocator', 'trace', 'verdict', 'utilization',
                       'peak_footprint', 'message'))
                for result in report['results']]

    def test_jobs_change_nothing(self) -> None:
        wrong = self.build('wrong', before=samples.SAME_BLOCK)
        words = ['--allocator', f'mm,implicit,wrong={wrong}', '-f',
                 self.every, '-f', self.long, '-f', self.every]
        alone = self.verdicts(*words, status=1)
        self.assertEqual(self.verdicts('--jobs', '2', *words, status=1),
                         alone)
        self.assertEqual(self.verdicts('--jobs', '9', *words, status=1),
                         alone)

    def test_jobs_with_timing(self) -> None:
        report = self.report('--jobs', '2', '--reps', '2', '-f', self.long,
                             '-f', self.long)
        for result in report['results']:
            self.assertEqual(result['verdict'], 'ok')
            self.assertIsNotNone(result['ns_per_op'])

    @unittest.skipIf(support.BUILD.name == 'm32',
                     'a 32-bit allocator is no part of this process')
    def test_in_process_judges_the_same(self) -> None:
        words = ['-f', self.every, '-f', self.long]
        self.assertEqual(self.verdicts('--in-process', *words),
                         self.verdicts(*words))

    def test_timing_does_not_change_utilization(self) -> None:
        maps = self.build('maps', more="""
            void *mm_calloc(size_t count, size_t size)
            {
                char *p = mem_map(4096);
                if (p)
                    mem_unmap(p, 4096);
                p = mm_malloc(count * size);
                if (p)
                    memset(p, 0, count * size);
                return p;
            }""")
        trace = self.write('maps.rep', samples.text_of(
            [f'{letter} {i}{rest}' for i in range(200)
             for letter, rest in (('c', ' 1 16'), ('f', ''))], 200))
        quiet, timed = [
            self.report('--allocator', f'maps={maps}', '-f', trace,
                        *words)['results'][0]
            for words in (['--no-timing'], ['--reps', '2'])]
        self.assertEqual(timed['peak_footprint'], quiet['peak_footprint'])
        self.assertEqual(timed['utilization'], quiet['utilization'])

    def test_shrinking_and_growing_again(self) -> None:
        """What realloc cut off is nobody's: no fault, in no kind of pass."""
        words = [f'a {i} 2000' for i in range(64)]
        for i in range(64, 3000):
            words += [f'r {i % 64} 16', f'a {i} 1900', f'r {i % 64} 2000',
                      f'f {i}']
        trace = self.write('vectors.rep', samples.text_of(words, 3000))
        for seed in '1', '2', '3':
            result = self.report('--reps', '1', '--seed', seed, '-f',
                                 trace)['results'][0]
            self.assertEqual(result['verdict'], 'ok', result['message'])

    def test_perturb(self) -> None:
        report = self.report('--no-timing', '--perturb', '7', '-f', self.long)
        perturbed = report['results'][0]['perturbed']
        self.assertEqual(perturbed['verdict'], 'ok')
        self.assertTrue(0 < perturbed['utilization'] <= 1)
        again = self.report('--no-timing', '--perturb', '7', '-f', self.long)
        self.assertEqual(again['results'][0]['perturbed'], perturbed)
        other = self.report('--no-timing', '--perturb', '8', '-f', self.long)
        self.assertNotEqual(other['results'][0]['perturbed'], perturbed)
        self.assertEqual(other['results'][0]['utilization'],
                         report['results'][0]['utilization'])

    def test_without_perturb_there_is_none(self) -> None:
        self.assertIsNone(self.report('--no-timing')['results'][0]
                          ['perturbed'])

    def test_perturb_finds_who_knows_the_sizes(self) -> None:
        knows = self.build('knows', before='if (size == 512) '
                           'return mem_sbrk(512); '
                           'if (size > 490 && size < 535) return last;',
                           init='mem_sbrk(4096);')
        trace = self.write('known.rep', samples.text_of(
            [f'a {i} 512' for i in range(50)], 50))
        finished = support.mdriver('--no-timing', '--perturb', '1', '--json',
                                   '-', '-f', trace, '--allocator', knows)
        result = json.loads(finished.stdout)['results'][0]
        self.assertEqual(result['verdict'], 'ok')
        self.assertNotEqual(result['perturbed']['verdict'], 'ok')
        self.assertIsNone(result['perturbed']['utilization'])

    def test_fail_sbrk(self) -> None:
        refused = 0
        for request in range(1, 12):
            result = self.report('--fail-sbrk', str(request), '--allocator',
                                 'naive')['results'][0]
            self.assertEqual(result['verdict'], 'ok', result['message'])
            refused += result['requests_refused']
            self.assertIn(result['ops_refused'], (0, 1))
        self.assertGreater(refused, 3)

    def test_fail_sbrk_with_a_null_that_nothing_explains(self) -> None:
        gives_up = self.build('gives_up', before='static int calls; '
                              'if (++calls == 3) return NULL;')
        for words in [], ['--fail-sbrk', '99']:
            self.assertEqual(
                self.verdicts(*words, '--allocator', f'up={gives_up}',
                              status=1)[0][:3], ('up', 'every.rep', 'null'))

    def test_heap_limit(self) -> None:
        trace = self.write('large.rep', samples.text_of(['a 0 100000'], 1))
        for limit in '64K', '65536', '0064k':
            verdicts = self.verdicts('--heap-limit', limit, '-f', trace,
                                     status=1)
            self.assertEqual(verdicts[0][2], 'no-memory')
        for limit in '1M', '1g', '128K':
            verdicts = self.verdicts('--heap-limit', limit, '-f', trace)
            self.assertEqual(verdicts[0][2], 'ok')

    @unittest.skipIf(support.BUILD.name != 'm32', 'it has the room')
    def test_heap_too_large_for_the_worker(self) -> None:
        finished = self.good('--heap-limit', '8G', '--no-timing', '-f',
                             self.every, status=2)
        self.assertEqual(finished.stdout, '')

    def test_align(self) -> None:
        eight = self.build('eight', init='mem_sbrk(8);')
        for words, status, verdict in (
                ([], 1, 'misaligned'), (['--align', '16'], 1, 'misaligned'),
                (['--align', '8'], 0, 'ok')):
            verdicts = self.verdicts('--allocator', f'eight={eight}', *words,
                                     status=status)
            self.assertEqual(verdicts[0][2], verdict)

    def test_traces_that_do_not_count(self) -> None:
        ignored = self.write('ignored.rep', '0\n1\n2\n8\na 0 8\nf 0\n')
        report = self.report('--reps', '2', '-f', ignored, '-f', self.long)
        alone = self.report('--reps', '2', '-f', self.long)
        self.assertEqual(report['results'][0]['weight'], 0)
        self.assertAlmostEqual(report['index']['mm']['utilization'],
                               alone['index']['mm']['utilization'])
