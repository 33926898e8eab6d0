"""./mdriver --bounds: what best fit and the best packing make of a trace.

The reference of best fit keeps live blocks and nothing else: holes are what
lies between them, looked for anew for every request. Packings are tested by
tests/unit/packing_test.c; here, that what is written of them is so.
"""
from __future__ import annotations

import csv
import io
import json
import os
import random
import re
import stat
import unittest
from pathlib import Path
from typing import Any

import samples
import support

support.of_the_judge()

Op = tuple[str, int, int, int]  # letter, id, size in bytes, alignment
Hole = tuple[int, int]          # where it begins and ends

TRACES = 200

# Parts of waste: the name of former versions, and that of today.
WASTE = {'padding': 'alignment', 'headers': 'metadata', 'policy': 'placement',
         'future': 'online_gap', 'shape': 'packing_gap'}


def round_up(size: int, align: int) -> int:
    return -(-size // align) * align


class BestFit:
    """A heap from 0 to the highest break."""

    def __init__(self, granule: int) -> None:
        self.granule = granule
        self.live: dict[int, Hole] = {}
        self.top = 0

    def holes(self) -> list[Hole]:
        edges = [0]
        for start, end in sorted(self.live.values()):
            edges += [start, end]
        edges.append(self.top)
        return [(start, end) for start, end in zip(edges[::2], edges[1::2])
                if start < end]

    def order(self, hole: Hole) -> tuple[int, int]:
        return hole[1] - hole[0], hole[0]

    def place_for(self, size: int, align: int) -> int:
        fits = [(start, end) for start, end in self.holes()
                if round_up(start, align) + size <= end]
        if fits:
            return round_up(min(fits, key=self.order)[0], align)
        return round_up(self.last_end(), align)

    def last_end(self) -> int:
        return max((end for _, end in self.live.values()), default=0)

    def put(self, block: int, start: int, size: int) -> None:
        self.live[block] = start, start + size
        self.top = max(self.top, start + size)

    def allocate(self, block: int, size: int, align: int) -> None:
        self.put(block, self.place_for(size, align), size)

    def resize(self, block: int, size: int) -> None:
        start = self.live[block][0]
        if all(start + size <= other for other, _ in self.live.values()
               if other > start):
            self.put(block, start, size)
        else:
            self.allocate(block, size, self.granule)

    def apply(self, op: Op) -> None:
        letter, block, size, align = op
        size = max(self.granule, round_up(size, self.granule))
        if letter == 'r' and op[2] == 0 or letter == 'f':
            self.live.pop(block, None)
        elif letter == 'r' and block in self.live:
            self.resize(block, size)
        else:
            self.allocate(block, size, max(align, self.granule))


class FirstFit(BestFit):
    def order(self, hole: Hole) -> tuple[int, int]:
        return hole


class WorstFit(BestFit):
    def order(self, hole: Hole) -> tuple[int, int]:
        return hole[0] - hole[1], hole[0]


class HighestOfEquals(BestFit):
    def order(self, hole: Hole) -> tuple[int, int]:
        return hole[1] - hole[0], -hole[0]


class GrowsFromTheBreak(BestFit):
    def last_end(self) -> int:
        return self.top


class AlwaysMoves(BestFit):
    def resize(self, block: int, size: int) -> None:
        start, end = self.live[block]
        if start + size <= end:
            self.put(block, start, size)
        else:
            self.allocate(block, size, self.granule)


class NeedsRoomToAlign(BestFit):
    """Asks for a hole that fits wherever it begins."""

    def place_for(self, size: int, align: int) -> int:
        start = super().place_for(size + align - self.granule, self.granule)
        return round_up(start, align)


class IgnoresAlignment(BestFit):
    def place_for(self, size: int, align: int) -> int:
        return super().place_for(size, self.granule)


WRONG = [FirstFit, WorstFit, HighestOfEquals, GrowsFromTheBreak, AlwaysMoves,
         NeedsRoomToAlign, IgnoresAlignment]


def peak_payload(ops: list[Op]) -> int:
    sizes: dict[int, int] = {}
    peak = 0
    for letter, block, size, _ in ops:
        sizes[block] = 0 if letter == 'f' else size
        peak = max(peak, sum(sizes.values()))
    return peak


def top_of(kind: type[BestFit], ops: list[Op], granule: int) -> int:
    heap = kind(granule)
    for op in ops:
        heap.apply(op)
    return heap.top


def bound_of(kind: type[BestFit], ops: list[Op], granule: int) -> float:
    return peak_payload(ops) / top_of(kind, ops, granule)


def line_of(op: Op) -> str:
    letter, block, size, align = op
    if letter == 'c':
        return f'c {block} {size // 2} 2'
    if letter == 'm':
        return f'm {block} {align} {size}'
    return f'f {block}' if letter == 'f' else f'{letter} {block} {size}'


def text_of(ops: list[Op]) -> str:
    """In the later form, where `r` may begin a block."""
    ids = len({block for _, block, _, _ in ops if block >= 0})
    return '\n'.join(['1', str(ids), str(len(ops)), '1',
                      *map(line_of, ops)]) + '\n'


class Dice(random.Random):
    """Makes traces. Few sizes, so that many holes are of the same."""

    def start(self) -> None:
        self.sizes = [self.randrange(0, 300, 2) for _ in range(6)]
        self.alignments = [1 << self.randrange(10) for _ in range(2)]

    def beginning(self, block: int) -> Op:
        letter = self.choice('aaaaacrm')
        size = self.choice(self.sizes)
        if letter == 'm':
            return letter, block, size, self.choice(self.alignments)
        return letter, block, size or int(letter == 'r'), 1

    def going_on(self, live: list[int]) -> Op:
        if self.random() < 0.02:
            return 'f', -1, 0, 1
        block = self.choice(live)
        if self.random() < 0.3:
            size = self.choice(self.sizes)
            if size == 0:
                live.remove(block)
            return 'r', block, size, 1
        live.remove(block)
        return 'f', block, 0, 1

    def trace(self) -> list[Op]:
        self.start()
        ops: list[Op] = []
        live: list[int] = []
        length, most = self.randint(2, 250), self.randint(1, 60)
        blocks = 0
        while len(ops) < length:
            if not live or len(live) < most and self.random() < 0.55:
                live.append(blocks)
                ops.append(self.beginning(blocks))
                blocks += 1
            else:
                ops.append(self.going_on(live))
        return ops


def parsed(text: str) -> list[Op]:
    """Of operations as a trace file has them, separated by commas."""
    ops: list[Op] = []
    for line in text.split(','):
        letter, *words = line.split()
        block, *numbers = map(int, words)
        align = numbers.pop(0) if letter == 'm' else 1
        size = numbers[0] if numbers else 0
        ops.append((letter, block, size, align))
    return ops


# What happens, the operations, the highest break (with 8 as the alignment).
EXAMPLES = [
    ('blocks follow one another', 'a 0 16, a 1 40', 64, 56),
    ('the least is a granule', 'a 0 1, a 1 0', 32, 16),
    ('the smaller hole, though the other is lower and fits',
     'a 0 64, a 1 16, a 2 32, a 3 16, f 0, f 2, a 4 32, a 5 64', 128, 128),
    ('the lower of equal holes: then 96 fit below',
     'a 0 32, a 1 16, a 2 32, a 3 64, a 4 16, f 0, f 2, a 5 32, f 3, a 6 96',
     160, 160),
    ('neighbours merge, whichever is freed last',
     'a 0 16, a 1 16, a 2 16, a 3 16, f 0, f 2, f 1, a 4 48', 64, 64),
    ('the break moves by what the hole before it lacks',
     'a 0 16, a 1 32, f 1, a 2 48', 64, 64),
    ('a hole at the break is a hole like others',
     'a 0 64, a 1 16, a 2 32, f 0, f 2, a 3 32, a 4 64', 112, 112),
    ('the break does not fall', 'a 0 160, f 0, a 1 16', 160, 160),
    ('realloc shrinks: its tail is free',
     'a 0 96, a 1 16, r 0 32, a 2 64', 112, 112),
    ('realloc grows into the hole behind',
     'a 0 32, a 1 64, a 2 16, f 1, r 0 64, a 3 32', 112, 112),
    ('realloc takes all of the hole behind',
     'a 0 32, a 1 64, a 2 16, f 1, r 0 96, a 3 16', 128, 128),
    ('realloc moves, and the old block is free only then',
     'a 0 32, a 1 32, a 2 16, f 0, r 1 64, a 3 64', 144, 144),
    ('realloc moves before the hole behind, too small, is merged',
     'a 0 32, a 1 16, a 2 16, f 1, r 0 64', 128, 128),
    ('realloc moves into the best hole',
     'a 0 32, a 1 96, a 2 16, a 3 64, a 4 16, a 5 16, f 1, f 3, r 4 64, '
     'a 6 96', 240, 240),
    ('the last block grows with the break', 'a 0 32, r 0 160, r 0 320', 320,
     320),
    ('the last but for a hole grows into it and beyond',
     'a 0 32, a 1 32, f 1, r 0 160', 160, 160),
    ('realloc to nothing frees', 'a 0 32, r 0 0, a 1 32', 32, 32),
    ('realloc of nothing allocates', 'r 0 32, r 1 16', 48, 48),
    ('calloc is malloc', 'c 0 48, a 1 16', 64, 64),
    ('memalign leaves a hole before', 'a 0 16, m 1 64 16, a 2 48', 80, 80),
    ('memalign into the lowest place that a hole has',
     'a 0 16, a 1 208, a 2 16, f 1, m 3 64 16, a 4 48, a 5 144', 240, 240),
    ('memalign takes a larger hole where the smaller has no such place',
     'a 0 16, a 1 64, a 2 16, a 3 128, a 4 16, f 1, f 3, m 5 64 64, a 6 64',
     240, 240),
    ('memalign raises the break', 'a 0 16, a 1 64, a 2 16, f 1, m 3 64 64',
     192, 192),
    ('memalign from the hole at the break',
     'a 0 16, a 1 64, f 1, m 2 64 64, a 3 48', 128, 128),
    ('memalign below the granule is malloc', 'a 0 16, m 1 8 16, m 2 1 16', 48,
     48),
    ('free of nothing', 'a 0 16, f -1, a 1 16', 32, 32),
]


class Bounds(samples.Samples):
    def bounds_with(self, *arguments: str | Path) -> dict[str, float]:
        finished = self.good('--bounds', '--no-timing', '--json', '-',
                             *arguments)
        return {result['trace']: result['bounds']['best_fit']
                for result in json.loads(finished.stdout)['results']}

    def bounds(self, *paths: Path) -> list[float]:
        files = [word for path in paths for word in ('-f', path)]
        found = self.bounds_with(*files)
        return [found[path.name] for path in paths]

    def agree(self, granule: int, traces: list[list[Op]]) -> None:
        """Of all of them in a folder, driver and reference say the same."""
        folder = f'all-{granule}'
        names = [self.write(f'{folder}/{i}.rep', text_of(ops)).name
                 for i, ops in enumerate(traces)]
        found = self.bounds_with('--align', str(granule), '-t',
                                 self.folder / folder)
        self.assertEqual(sorted(found), sorted(names))
        for name, ops in zip(names, traces):
            self.assertEqual(found[name], bound_of(BestFit, ops, granule),
                             text_of(ops))


class Examples(Bounds):
    def test_by_hand(self) -> None:
        for granule, column in (16, 2), (8, 3):
            for example in EXAMPLES:
                with self.subTest(example[0], granule=granule):
                    self.assertEqual(top_of(BestFit, parsed(example[1]),
                                            granule), example[column])
            self.agree(granule, [parsed(ops) for _, ops, _, _ in EXAMPLES])

    def test_first_fit_would_be_worse(self) -> None:
        ops = parsed(EXAMPLES[2][1])
        self.assertEqual(top_of(FirstFit, ops, 16), 192)
        path = self.write('first.rep', text_of(ops))
        self.assertEqual(self.bounds(path), [1.0])

    def test_nothing_asked_for(self) -> None:
        path = self.write('nothing.rep', samples.text_of(['f -1'], 0))
        empty = self.write('empty.rep', samples.text_of(['a 0 0'], 1))
        self.assertEqual(self.bounds(path, empty), [0, 0])

    def test_all_that_a_trace_can_have(self) -> None:
        # At 0, 112 and 320; then the first moves to 832 and ends at 1136.
        self.assertEqual(self.bounds(self.every),
                         [samples.EVERY_PEAK / 1136])

    def test_more_than_any_memory(self) -> None:
        """The walk ends before sums overflow; the driver goes on."""
        size = 2**47 - 1
        path = self.write('huge.rep', samples.text_of(
            [f'a {i} {size}' for i in range(65000)], 65000))
        finished = self.good('--bounds', '--no-timing', '--json', '-', '-f',
                             path, status=1)
        result = json.loads(finished.stdout)['results'][0]
        self.assertEqual(result['verdict'], 'no-memory')
        top = result['peak_payload'] / result['bounds']['best_fit']
        self.assertTrue(2**62 <= top < 2**62 + 2**49)
        self.assertIsNone(result['bounds']['packing'])
        self.assertIsNone(result['waste'])


class Random(Bounds):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.traces = [Dice(seed).trace() for seed in range(TRACES)]

    def test_as_the_reference(self) -> None:
        for granule in 8, 16:
            self.agree(granule, self.traces[::1 if support.IN_RELEASE else 8])

    def test_the_reference_is_never_beyond_the_sizes(self) -> None:
        for ops in self.traces:
            self.assertLessEqual(peak_payload(ops), top_of(BestFit, ops, 8))

    def test_other_rules_would_be_seen(self) -> None:
        for granule in 8, 16:
            right = [top_of(BestFit, ops, granule) for ops in self.traces]
            for kind in WRONG:
                wrong = [top_of(kind, ops, granule) for ops in self.traces]
                seen = sum(a != b for a, b in zip(right, wrong))
                with self.subTest(kind.__name__, granule=granule):
                    self.assertGreater(seen, 3)


class Shown(Bounds):
    """Where the bound is printed, and that nothing else changes."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.first = cls.write('first.rep', text_of(parsed(
            'a 0 160, f 0, a 1 80, a 2 80')))
        cls.second = cls.write('second.rep', text_of(parsed(
            'a 0 80, a 1 16, f 0, a 2 144')))

    def text(self, *words: str, status: int = 0) -> str:
        return self.good('--no-timing', '-f', self.first, '-f', self.second,
                         *words, status=status).stdout

    def test_table(self) -> None:
        text = self.text('--bounds')
        self.assertRegex(text, r'(?m)^trace .* bound  best fit  packing +ops$')
        self.assertRegex(text, r'(?m)^first\.rep .*% +100\.0% +100\.0% +100\.0%= +4$')
        self.assertRegex(text, r'(?m)^second\.rep .*% +66\.7% +100\.0%= +4$')
        self.assertRegex(text, r'(?m)^Total .*% +83\.3% +100\.0% +8$')
        self.assertRegex(text, r'(?m)^best fit: .* 16;')
        self.assertRegex(self.text('--bounds', '--align', '8'),
                         r'(?m)^best fit: .* 8;')

    def test_columns_stay_in_line(self) -> None:
        files = [word for i in range(3) for word in ('-f', self.write(
            f'{i}.rep', samples.random_trace(i, 300)))]
        for words in [], ['--perturb', '1']:
            lines = self.good('--bounds', '--no-timing', *files,
                              *words).stdout.splitlines()[1:6]
            self.assertEqual({len(line) for line in lines}, {len(lines[0])})

    def test_comparison(self) -> None:
        text = self.text('--bounds', '--allocator', 'mm,naive')
        self.assertRegex(text, r'(?m)^best fit +\S.* +- +83\.3%$')
        self.assertRegex(text, r'(?m)^packing +\S.* +- +100\.0%$')
        for name in 'mm', 'naive':
            line = re.search(rf'(?m)^{name}  +([-.0-9]+% *){{6}}$', text)
            self.assertIsNotNone(line, text)
        text = self.good('--bounds', '--reps', '1', '-l', '-v', '0', '-f',
                         self.first).stdout
        self.assertRegex(text, r'(?m)^best fit +\S.* 100\.0% +- +-$')

    def test_not_without_the_option(self) -> None:
        for words in [], ['--allocator', 'mm,naive']:
            self.assertNotIn('best fit', self.text(*words).lower())

    def test_csv(self) -> None:
        for words, wanted in ([], [('', '')] * 2), (
                ['--bounds'], [('1.000000', '1.000000'),
                               ('0.666667', '1.000000')]):
            rows = csv.DictReader(io.StringIO(self.text('--csv', '-',
                                                        *words)))
            self.assertEqual([(row['best_fit'], row['packing'])
                              for row in rows], wanted)

    def test_json(self) -> None:
        self.assertEqual(self.bounds(self.first, self.second),
                         [1.0, 160 / 240])
        results = json.loads(self.text('--json', '-'))['results']
        self.assertEqual([result['bounds']['best_fit'] for result in results],
                         [None, None])
        self.assertEqual([result['bounds']['packing'] for result in results],
                         [None, None])
        self.assertEqual([result['waste'] for result in results],
                         [None, None])

    def test_whatever_the_allocator_does(self) -> None:
        wrong = self.build('wrong', before=samples.SAME_BLOCK)
        text = self.text('--bounds', '--allocator', f'mm,wrong={wrong}',
                         '--json', '-', status=1)
        results = json.loads(text)['results']
        self.assertEqual([result['bounds']['best_fit'] for result in results],
                         [1.0, 160 / 240] * 2)

    def test_several_jobs(self) -> None:
        self.assertEqual(self.text('--bounds', '--jobs', '2'),
                         self.text('--bounds'))

    def test_packed_trace(self) -> None:
        packed = self.folder / 'second.repb'
        self.good('--pack', packed, '-f', self.second)
        self.assertEqual(self.bounds(packed), [160 / 240])

    def test_threads_are_one_order(self) -> None:
        threaded = self.write('threaded.rep', samples.text_of(
            ['a 0 80', 'a 1 16 1', 'f 0 2', 'a 2 144 1'], 3))
        self.assertEqual(self.bounds(threaded), [160 / 240])

    def test_progress(self) -> None:
        finished = self.good('-V', '--bounds', '--no-timing', '-f',
                             self.first)
        self.assertEqual(finished.stderr, 'first.rep: computing bounds\n'
                                          'first.rep: checking mm\n')


class Packings(Bounds):
    """What is computed for them, as events and as shares of a footprint."""

    GRANULE = 16

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.random = cls.write('random.rep', samples.random_trace(7, 400, 40))
        cls.dice = cls.write('dice.rep', text_of(Dice(11).trace()))

    def tape(self, option: str, trace: Path) -> dict[str, list[dict[str, str]]]:
        path = self.folder / 'tape.csv'
        self.good('--bounds', '--no-timing', option, path, '-f', trace,
                  '--allocator', 'mm,naive')
        rows: dict[str, list[dict[str, str]]] = {}
        with path.open() as file:
            for row in csv.DictReader(file):
                rows.setdefault(row['allocator'], []).append(row)
        return rows

    def result(self, trace: Path, *words: str) -> dict[str, Any]:
        return json.loads(self.good('--bounds', '--no-timing', '--json', '-',
                                    '-f', trace, *words).stdout)['results'][0]

    def tops(self, rows: list[dict[str, str]]) -> int:
        """No two live blocks overlap; returns how high they reach."""
        live: dict[str, tuple[int, int]] = {}
        base = min(int(row['address'], 16) for row in rows
                   if int(row['size']))
        top = 0
        for row in rows:
            live.pop(row['slot'], None)
            start, size = int(row['address'], 16), int(row['size'])
            end = start + round_up(size, self.GRANULE)
            if row['kind'] == 'f' or size == 0:
                continue
            self.assertEqual(start % self.GRANULE, 0)
            for other, other_end in live.values():
                self.assertFalse(start < other_end and other < end, row)
            live[row['slot']] = start, end
            top = max(top, end - base)
            self.assertLessEqual(end - base, int(row['heap']))
        return top

    def test_events(self) -> None:
        for trace in self.random, self.dice, self.every:
            rows = self.tape('--events', trace)
            bounds = self.result(trace)
            peak = bounds['peak_payload']
            self.assertEqual(list(rows),
                             ['mm', 'naive', 'best_fit', 'packing'])
            for name in 'best_fit', 'packing':
                height = peak / bounds['bounds'][name]
                self.assertAlmostEqual(int(rows[name][-1]['heap']), height)
                self.assertLessEqual(self.tops(rows[name]), height + 0.5)
                for column in 'op', 'kind', 'slot', 'size', 'payload':
                    self.assertEqual([row[column] for row in rows[name]],
                                     [row[column] for row in rows['mm']])
            self.assertEqual({row['heap'] for row in rows['packing']},
                             {rows['packing'][0]['heap']})

    def test_best_fit_is_the_references(self) -> None:
        ops = Dice(11).trace()
        rows = self.tape('--events', self.dice)['best_fit']
        heap = BestFit(self.GRANULE)
        base = min(int(row['address'], 16) for row in rows
                   if row['kind'] not in '-f')
        for op, row in zip(ops, rows):
            heap.apply(op)
            self.assertEqual(int(row['heap']), heap.top)
            if op[1] in heap.live:
                self.assertEqual(int(row['address'], 16) - base,
                                 heap.live[op[1]][0])

    def test_timeline(self) -> None:
        rows = self.tape('--timeline', self.random)
        self.assertEqual(list(rows), ['mm', 'naive', 'best_fit', 'packing'])
        self.assertEqual([row['payload'] for row in rows['packing']],
                         [row['payload'] for row in rows['mm']])

    def test_none_without_bounds(self) -> None:
        path = self.folder / 'tape.csv'
        self.good('--no-timing', '--events', path, '-f', self.random)
        self.assertNotIn('packing', path.read_text())

    def test_higher_than_the_heap(self) -> None:
        """Said, and left out; nothing else is."""
        trace = self.write('high.rep', samples.text_of(
            [f'a {i} 40000' for i in range(3)], 3))
        path = self.folder / 'tape.csv'
        finished = self.good('--bounds', '--no-timing', '--events', path, '-f',
                             trace, '--heap-limit', '64K', status=1)
        self.assertEqual(finished.stderr.count(
            'is not written: it is higher than --heap-limit'), 2)

    def test_waste_adds_up(self) -> None:
        for name in 'mm', 'naive', 'explicit':
            result = self.result(self.random, '--allocator', name)
            waste = result['waste']
            self.assertEqual(set(waste), {*WASTE, *WASTE.values()})
            for former, part in WASTE.items():
                self.assertEqual(waste[former], waste[part])
            self.assertEqual(result['peak_payload'] + sum(
                waste[part] or 0 for part in WASTE.values()),
                result['peak_footprint'])
            bounds = result['bounds']
            peak = result['peak_payload']
            self.assertAlmostEqual(peak + waste['alignment'],
                                   peak / bounds['aligned'])
            self.assertAlmostEqual(waste['online_gap'],
                                   peak / bounds['best_fit']
                                   - peak / bounds['packing'])
            self.assertAlmostEqual(waste['packing_gap'],
                                   peak / bounds['packing']
                                   - peak / bounds['aligned'])

    def test_headers_of_one_who_has_16_bytes(self) -> None:
        """samples.ALLOCATOR: CAP(size) is the rounded size and 16."""
        library = self.build('sixteen')
        trace = self.write('blocks.rep', samples.text_of(
            [f'a {i} {40 + i % 5}' for i in range(50)], 50))
        result = self.result(trace, '--allocator', str(library))
        self.assertEqual(result['waste']['metadata'], 50 * 16)
        self.assertEqual(result['waste']['placement'], 0)

    def test_no_waste_of_what_is_wrong(self) -> None:
        wrong = self.build('wrong', before=samples.SAME_BLOCK)
        finished = self.good('--bounds', '--no-timing', '--json', '-', '-f',
                             self.random, '--allocator', wrong, status=1)
        result = json.loads(finished.stdout)['results'][0]
        self.assertIsNone(result['waste'])
        self.assertIsNotNone(result['bounds']['packing'])


class Cache(Bounds):
    """Figures beside the trace: taken if they are right, else computed."""

    def setUp(self) -> None:
        self.trace = self.write(f'{self._testMethodName}/x.rep',
                                text_of(Dice(11).trace()))
        self.kept = self.trace.parent / '.bounds' / 'x.rep.16'
        self.right = self.figures()

    def figures(self, *words: str) -> dict[str, float]:
        text = self.good('--bounds', '--no-timing', '--json', '-', '-f',
                         self.trace, *words).stdout
        return json.loads(text)['results'][0]['bounds']

    def steps(self) -> str:
        return self.good('-V', '--bounds', '--no-timing', '-f',
                         self.trace).stderr

    def test_is_kept_and_taken(self) -> None:
        self.assertIn(str(round(self.top('packing'))), self.kept.read_text())
        self.assertNotIn('packing', self.steps())
        self.kept.unlink()
        self.assertIn('packing', self.steps())
        self.assertEqual(self.figures(), self.right)
        self.assertEqual([path.name for path in self.kept.parent.iterdir()],
                         ['x.rep.16'])

    def top(self, name: str) -> float:
        text = self.good('--no-timing', '--json', '-', '-f',
                         self.trace).stdout
        peak = json.loads(text)['results'][0]['peak_payload']
        return peak / self.right[name]

    @support.once
    def test_any_byte_changed_is_seen(self) -> None:
        whole = self.kept.read_bytes()
        for i in range(0, len(whole), 3):
            changed = bytes([whole[i] ^ 1])
            self.kept.write_bytes(whole[:i] + changed + whole[i + 1:])
            self.assertEqual(self.figures(), self.right, i)
            self.assertEqual(self.kept.read_bytes(), whole)

    def test_cut_short_or_more(self) -> None:
        whole = self.kept.read_bytes()
        for wrong in b'', whole[:-1], whole[:40], whole + b'x', b'\0' * 500:
            self.kept.write_bytes(wrong)
            self.assertEqual(self.figures(), self.right)
            self.assertEqual(self.kept.read_bytes(), whole)

    def test_another_trace_of_that_name(self) -> None:
        self.trace.write_text(samples.random_trace(3, 300))
        changed = self.figures()
        self.assertNotEqual(changed, self.right)
        self.kept.unlink()
        self.assertEqual(self.figures(), changed)

    def test_each_alignment_has_its_own(self) -> None:
        eight = self.figures('--align', '8')
        self.assertNotEqual(eight, self.right)
        other = self.kept.with_name('x.rep.8')
        other.write_bytes(self.kept.read_bytes())
        self.assertEqual(self.figures('--align', '8'), eight)
        self.assertEqual(self.figures(), self.right)

    @unittest.skipIf(os.getuid() == 0, 'root may write anywhere')
    def test_read_only_folder(self) -> None:
        folder = self.trace.parent
        self.kept.unlink()
        self.kept.parent.rmdir()
        folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
        self.addCleanup(folder.chmod, stat.S_IRWXU)
        self.assertEqual(self.figures(), self.right)

    def test_where_no_folder_can_be(self) -> None:
        self.kept.unlink()
        self.kept.parent.rmdir()
        self.kept.parent.write_text('in the way')
        finished = self.good('--bounds', '--no-timing', '-f', self.trace)
        self.assertEqual(finished.stderr, '')
        self.assertEqual(self.figures(), self.right)

    def test_events_are_computed(self) -> None:
        path = self.folder / 'tape.csv'
        self.good('--bounds', '--no-timing', '--events', path, '-f',
                  self.trace)
        self.assertIn('\npacking,', path.read_text())

    def test_it_is_no_trace(self) -> None:
        listed = support.mdriver('--list', '-t', self.trace.parent).stdout
        self.assertEqual(listed.count('x.rep'), 1)
