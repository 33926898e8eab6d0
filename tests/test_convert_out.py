"""tools/convert: what is made of traces, read by whom it is meant for."""
from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import support
from converting import (
    MIXED, SMALL, Converting, needs, without_realloc)
from malloclab.convert import frames, massif
from malloclab.traces import rep
from malloclab.traces.rep import Op

from rep_checker import check_text
from samples import EVERY, EVERY_PEAK

support.in_release_only('the tools are the same in every build')
support.only_with('numpy')


class Traces(Converting):
    """.rep and the binary form."""

    def test_our_own_form_stays_as_it_is(self) -> None:
        for path in sorted((support.TESTS / 'traces').glob('*.rep')):
            if int(path.read_text().split()[0]) <= 3:
                continue
            out, _ = self.good('x.rep', path)
            body = path.read_text().splitlines()[4:]
            self.assertEqual(out.read_text().splitlines()[4:], body)

    def test_every_variant(self) -> None:
        """The weight first, ids that are used again, realloc(NULL)."""
        path = self.written('x', '2\n2\n6\n99\nr 1 8\nf 1\na 1 16\na 0 4 \n'
                            '\nr 1 0\nf -1\n')
        self.assertEqual(self.lines(path),
                         'a 0 8, f 0, a 1 16, a 2 4, r 1 0, f -1')
        self.assertIn('weights other than 1, left out: 1', self.notes())
        self.assertIn('realloc(NULL), written as malloc: 1', self.notes())

    def test_binary_and_back(self) -> None:
        for source in (SMALL, MIXED, self.written('every.rep', EVERY)):
            rep_ops = self.ops(source)
            packed, _ = self.good('x.repb', source)
            self.assertEqual(self.ops(packed), rep_ops)

    def test_binary_is_that_of_mdriver(self) -> None:
        """Where no id is used again: such a one counts once there."""
        later = self.written('later.rep', '2\n3\n6\n1\nr 0 8\na 1 0\nr 0 99\n'
                             'f 1\nc 2 3000000 3 4\nr 0 0\n')
        wide = self.written('wide.rep', '4096\n2\n2\n1\nc 0 8589934592 3\n'
                            'm 1 1048576 5\n')
        threads = self.written('threads.rep', EVERY.replace('a 1 40', 'a 4 40')
                               .replace('f 1\n', 'f 4\n').replace('\n4\n',
                                                                  '\n5\n'))
        for source in (*sorted((support.TESTS / 'traces').glob('*.rep')), later, wide,
                       threads):
            with self.subTest(source.name):
                theirs = self.folder / 'theirs.repb'
                ended = support.mdriver('--pack', theirs, '-f', source)
                self.assertEqual(ended.returncode, 0, support.account(ended))
                ours, _ = self.good('ours.repb', source)
                self.assertEqual(ours.read_bytes(), theirs.read_bytes())

    def test_more_ids_than_operations(self) -> None:
        path, _ = self.good('x.repb', SMALL)
        data = bytearray(path.read_bytes())
        data[16:24] = (10 ** 6).to_bytes(8, 'little')
        self.refused(f'{self.folder}/y.repb: the header declares more ids than '
                     'operations', self.written('y.repb', bytes(data)))

    def test_packed_by_name(self) -> None:
        out, _ = self.good('x.rep.gz', SMALL)
        self.assertEqual(rep.read(str(out)).ops, rep.read(str(SMALL)).ops)
        again, _ = self.good('y.rep.gz', SMALL)
        self.assertEqual(out.read_bytes(), again.read_bytes())

    @needs('zstd')
    def test_packed_by_zstd(self) -> None:
        out, _ = self.good('x.repb.zst', SMALL)
        self.assertEqual(out.read_bytes()[:4], b'\x28\xb5\x2f\xfd')
        self.assertEqual(self.ops(out), rep.read(str(SMALL)).ops)

    def test_standard_output(self) -> None:
        ended = support.run(support.ROOT / 'tools/convert', '-o', '-', '--to',
                            'rep', SMALL)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        check_text(ended.stdout)


def peak_footprint(trace: Path) -> int:
    """mm's, of heap: of a build with sanitizers its own data count as well."""
    _, results = support.mdriver_json('--no-timing', '-f', trace)
    result = results['results'][0]
    return result['peak_footprint'] - result['static_data_counted']


def with_footprint(out: Path, source: Path, allocator: str = 'mm'
                   ) -> support.Finished[str]:
    return support.run(support.ROOT / 'tools/convert', '-o', out,
                       '--allocator', allocator, '--build', support.BUILD,
                       source)


class Massif(Converting):
    def snapshots(self, path: Path) -> list[dict[str, str]]:
        head, *parts = path.read_text().split('#-----------\nsnapshot=')
        self.assertRegex(head, r'\Adesc: .*\ncmd: .*\ntime_unit: i\n\Z')
        self.assertEqual([part.split('\n')[0] for part in parts],
                         [str(i) for i in range(len(parts))])
        return [dict(re.findall(r'^(\w+)=(.*)$', part, re.M)) for part in parts]

    def test_payload(self) -> None:
        """Each snapshot is the payload then; the peak is one of them."""
        path, _ = self.good('x.massif', MIXED)
        payloads, live = [0], {}
        for op in rep.read(str(MIXED)).ops:
            live[op.id] = op.payload
            payloads.append(sum(live.values()))
        shots = self.snapshots(path)
        self.assertTrue(50 < len(shots) <= 100)
        for shot in shots:
            self.assertEqual(int(shot['mem_heap_B']),
                             payloads[int(shot['time'])])
            self.assertEqual(shot['mem_heap_extra_B'], '0')
        peak, = (shot for shot in shots if shot['heap_tree'] == 'peak')
        self.assertEqual(int(peak['mem_heap_B']), max(payloads))
        self.assertEqual(int(shots[-1]['time']), len(payloads) - 1)

    def test_tree(self) -> None:
        """Children sum up to their parents; what is small is put together."""
        stacks = {('t', 'malloc', 'a'): 600, ('t', 'malloc', 'b'): 5,
                  ('t', 'malloc', 'c'): 4, ('t', 'calloc', 'a'): 391}
        self.assertEqual(list(massif.tree(Counter(stacks))), [
            f'n1: 1000 {massif.TOP}\n',
            ' n2: 1000 0x0: t\n',
            '  n2: 609 0x0: malloc\n',
            '   n0: 600 0x0: a\n',
            "   n0: 9 in 2 places, all below massif's threshold (1.00%)\n",
            '  n1: 391 0x0: calloc\n',
            '   n0: 391 0x0: a\n'])

    @needs('ms_print')
    def test_ms_print(self) -> None:
        path, _ = self.good('massif.out.mixed', MIXED)
        ended = support.run('ms_print', path)
        self.assertEqual((ended.returncode, ended.stderr), (0, ''))
        peak = rep.read(str(MIXED)).account().peak_bytes
        self.assertRegex(ended.stdout, r'Detailed snapshots: \[\d+ \(peak\)\]')
        self.assertRegex(ended.stdout, rf'100\.00% \({peak:,}B\) \(heap alloc')
        self.assertRegex(ended.stdout, r'->\d+\.\d+% \([\d,]+B\) 0x0: malloc')

    def test_an_allocator(self) -> None:
        """Heap and extra are its footprint, at its peak too."""
        path = self.folder / 'x.massif'
        ended = with_footprint(path, MIXED)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        shots = self.snapshots(path)
        totals = [int(shot['mem_heap_B']) + int(shot['mem_heap_extra_B'])
                  for shot in shots]
        self.assertEqual(max(totals), peak_footprint(MIXED))
        self.assertIn(rep.read(str(MIXED)).account().peak_bytes,
                      [int(shot['mem_heap_B']) for shot in shots])

    def test_an_allocator_that_fails(self) -> None:
        for name, sentence in (
                (str(support.BUILD / 'bad/null.after-100-requests.so'),
                 'does not get through the trace: see what ./mdriver says of '
                 'it'), ('mm,libc', None)):
            ended = with_footprint(self.folder / 'x.massif', MIXED, name)
            self.assertEqual(ended.returncode, 2, ended.stderr)
            self.assertEqual(
                ended.stderr.splitlines()[-1], 'tools/convert: ' + (
                    f'{name} {sentence}' if sentence else
                    '--allocator takes one allocator'))


class Heaptrack(Converting):
    def test_and_back(self) -> None:
        """Sizes and lifetimes, but for which of blocks alike is freed."""
        for source in SMALL, MIXED:
            ops = [op for op in rep.read(str(source)).ops
                   if op.id != rep.NULL_ID]
            packed, _ = self.good('heaptrack.x', source)
            back = self.ops(packed)
            self.assertEqual(list(payloads(back)),
                             list(payloads(without_realloc(ops))))

    @needs('heaptrack_print')
    def test_heaptrack_print(self) -> None:
        account = rep.read(str(MIXED)).account()
        path, _ = self.good('heaptrack.mixed.gz', MIXED)
        ended = support.run('heaptrack_print', path)
        self.assertEqual(ended.returncode, 0, support.account(ended))
        self.assertNotIn('failed to parse', ended.stdout + ended.stderr)
        calls = sum(op.kind != 'f' for op in rep.read(str(MIXED)).ops)
        self.assertIn(f'\ncalls to allocation functions: {calls} ',
                      ended.stdout)
        self.assertIn('\npeak heap memory consumption: '
                      f'{account.peak_bytes / 1000:.2f}K\n', ended.stdout)
        self.assertRegex(ended.stdout, r'malloc\n +in trace\n +thread 0\n')


def payloads(ops: Iterable[Op]) -> Iterator[int]:
    """Live bytes after each operation, counted afresh each time."""
    live: dict[int, int] = {}
    for op in ops:
        live[op.id] = op.payload
        yield sum(live.values())


class Chrome(Converting):
    """The rules of the format: Trace Event Format, nestable async events."""

    KEYS = {'M': {'args'}, 'C': {'args'}, 'i': {'cat', 'args', 's'},
            'b': {'cat', 'id', 'args'}, 'n': {'cat', 'id', 'args'},
            'e': {'cat', 'id', 'args'}}

    def events(self, source: Path, *words: str) -> list[dict[str, Any]]:
        path, _ = self.good('x.json', source, *words)
        data = json.loads(path.read_text())
        self.assertEqual(set(data), {'displayTimeUnit', 'otherData',
                                     'traceEvents'})
        self.check(data['traceEvents'])
        return data['traceEvents']

    def check(self, events: list[dict[str, Any]]) -> None:
        open_names: dict[str, str] = {}
        seen: set[str] = set()
        last = 0
        for event in events:
            common = {'ph', 'name', 'pid', 'tid', 'ts'}
            self.assertEqual(set(event), common | self.KEYS[event['ph']])
            self.assertGreaterEqual(event['ts'], last)
            last = event['ts']
            for key in 'ts', 'pid', 'tid':
                self.assertIsInstance(event[key], int)
            if event['ph'] == 'b':
                self.assertNotIn(event['id'], seen)
                seen.add(event['id'])
                open_names[event['id']] = event['name']
            elif event['ph'] == 'n':
                self.assertIn(event['id'], open_names)
            elif event['ph'] == 'e':
                self.assertEqual(open_names.pop(event['id']), event['name'])
            elif event['ph'] == 'C':
                self.assertTrue(all(isinstance(value, int)
                                    for value in event['args'].values()))
        self.still_open = set(open_names)

    def decoded(self, events: list[dict[str, Any]]) -> list[Op]:
        ops = []
        for event in events:
            if event['ph'] in 'bnei':
                args = event['args']
                extra = args.get('count', args.get('alignment', 0))
                ops.append(Op(args['op'], int(event.get('id', '-1'), 0),
                              args.get('size', 0), extra, event['tid']))
        return ops

    def test_it_is_the_trace(self) -> None:
        for source in SMALL, MIXED, self.written('every.rep', EVERY):
            with self.subTest(source.name):
                ops = self.ops(source)
                events = self.events(source)
                self.assertEqual(self.decoded(events), ops)
                live = rep.measure(ops).live
                self.assertEqual(self.still_open, set(map(hex, live)))

    def test_counters(self) -> None:
        events = self.events(MIXED)
        counters = {event['ts']: event['args']['bytes'] for event in events
                    if event['ph'] == 'C'}
        true = dict(enumerate(payloads(rep.read(str(MIXED)).ops), 1))
        self.assertEqual(counters, {ts: true[ts] for ts in counters})
        self.assertEqual(max(counters.values()), max(true.values()))

    def test_threads_have_names(self) -> None:
        names = [event['args']['name'] for event in
                 self.events(self.written('every.rep', EVERY))
                 if event['name'] == 'thread_name']
        self.assertEqual(names, ['thread 0', 'thread 1', 'thread 2'])

    def test_footprint(self) -> None:
        path = self.folder / 'x.json'
        ended = with_footprint(path, SMALL)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        events = json.loads(path.read_text())['traceEvents']
        self.check(events)
        self.assertEqual(
            max(event['args']['bytes'] for event in events
                if event['name'] == 'footprint'), peak_footprint(SMALL))

    def test_the_check_can_fail(self) -> None:
        begin, end = ({'ph': ph, 'name': 'x', 'cat': 'block', 'id': '0x0',
                       'pid': 1, 'tid': 0, 'ts': 1, 'args': {}}
                      for ph in 'be')
        for wrong in ([end], [begin, begin], [begin, end, end],
                      [begin, {**end, 'ts': 0}], [begin, {**end, 'name': 'y'}]):
            with self.assertRaises((AssertionError, KeyError)):
                self.check(wrong)
        self.check([begin, end])


class Folded(Converting):
    EXPECTED = {
        'bytes': {'thread 0;malloc;65 to 128 bytes': 100,
                  'thread 1;calloc;129 to 256 bytes': 200,
                  'thread 2;memalign;257 to 512 bytes': 500,
                  'thread 0;realloc;257 to 512 bytes': 300,
                  'thread 0;realloc;1 to 16 bytes': 16,
                  'thread 0;malloc;33 to 64 bytes': 40},
        'calls': {'thread 0;malloc;65 to 128 bytes': 1,
                  'thread 1;calloc;129 to 256 bytes': 1,
                  'thread 2;memalign;257 to 512 bytes': 1,
                  'thread 0;realloc;257 to 512 bytes': 1,
                  'thread 1;malloc;0 bytes': 1,
                  'thread 0;realloc;1 to 16 bytes': 1,
                  'thread 0;realloc;0 bytes': 1,
                  'thread 0;malloc;33 to 64 bytes': 1},
        'peak': {'thread 0;realloc;257 to 512 bytes': 300,
                 'thread 1;calloc;129 to 256 bytes': 200,
                 'thread 2;memalign;257 to 512 bytes': 500,
                 'thread 0;realloc;1 to 16 bytes': 16}}

    def test_weights(self) -> None:
        self.assertEqual(sum(self.EXPECTED['peak'].values()), EVERY_PEAK)
        source = self.written('every.rep', EVERY)
        for weight, expected in self.EXPECTED.items():
            with self.subTest(weight):
                path, _ = self.good('x.folded', source, '--weight', weight)
                rows = [line.rsplit(' ', 1)
                        for line in path.read_text().splitlines()]
                self.assertEqual({stack: int(count) for stack, count in rows},
                                 expected)

    def test_options_that_would_change_nothing(self) -> None:
        source = self.written('every.rep', EVERY)
        self.refused('--weight is for folded stacks, not for rep',
                     '--weight', 'bytes', source)
        self.refused('rep has no place for a footprint: --allocator is for '
                     'others', '--allocator', 'mm', source)
        self.refused('--build is for --allocator', '--build', '/tmp', source)

    def test_size_classes(self) -> None:
        self.assertEqual(
            [frames.size_class(size) for size in (0, 1, 16, 17, 32, 33, 4097)],
            ['0 bytes', '1 to 16 bytes', '1 to 16 bytes', '17 to 32 bytes',
             '17 to 32 bytes', '33 to 64 bytes', '4097 to 8192 bytes'])


class Minimalloc(Converting):
    def test_rows(self) -> None:
        source = self.written('x.rep', '4096\n4\n8\n1\na 0 10\na 1 20\n'
                              'r 0 30\na 2 0\nf 1\na 3 40\nr 0 0\nf 2\n')
        path, said = self.good('x.csv', source)
        self.assertEqual(path.read_text(), 'id,lower,upper,size\n'
                         'b0,0,2,10\nb1,1,4,20\nb0.1,2,6,30\nb3,5,8,40\n')
        self.assertIn('blocks of 0 bytes, left out: 1\n', said)

    def test_they_sum_up_to_the_payload(self) -> None:
        path, _ = self.good('x.csv', MIXED)
        with open(path, newline='') as file:
            rows = [(row['id'], *(int(row[key]) for key in
                                  ('lower', 'upper', 'size')))
                    for row in csv.DictReader(file)]
        self.assertEqual(len({row[0] for row in rows}), len(rows))
        for time_, payload in enumerate(payloads(rep.read(str(MIXED)).ops)):
            self.assertEqual(sum(size for _, lower, upper, size in rows
                                 if lower <= time_ < upper), payload)
