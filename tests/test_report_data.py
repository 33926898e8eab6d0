"""What a report is made of: blocks, packed columns, lines, bars, the page."""
from __future__ import annotations

import base64
import contextlib
import html
import io
import random
import re
import tempfile
import unittest
import zlib
from pathlib import Path
from typing import Any
from unittest import mock

from support import BUILD, TESTS, in_release_only, only_with

in_release_only('the tools are the same in every build')
only_with('numpy')

import numpy

from malloclab import replays
from malloclab.traces import manifest, op_table, rep
from malloclab.replays import Table
from malloclab.report import before, blocks, command, figure, gather
from malloclab.report import lines, pack, page

NULL = -1


def table(rows: list[tuple], heap: int = 0, mapped: int = 0) -> Table:
    """Of (kind, slot, address, size) a row."""
    kind, slot, address, size = zip(*rows)
    count = len(rows)
    numbers = {'op': range(1, count + 1), 'slot': slot, 'address': address,
               'size': size, 'thread': [0] * count, 'heap': [heap] * count,
               'mapped': [mapped] * count}
    columns = {name: numpy.array(list(column), dtype=numpy.int64)
               for name, column in numbers.items()}
    columns['kind'] = numpy.array(kind, dtype='S1')
    return Table('x', 'x.rep', columns)


def random_rows(seed: int, count: int = 400) -> list[tuple]:
    """Sound operations on few slots, with all that is rare among them."""
    dice = random.Random(seed)
    live: dict[int, int] = {}
    rows = []
    while len(rows) < count:
        slot = dice.randrange(6)
        size = dice.choice([0, 1, 16, 300])
        if dice.random() < 0.1:
            rows.append(('f', NULL, 0, 0))
        elif slot not in live:
            live[slot] = 4096 * len(rows) + 4096
            rows.append((dice.choice('acmr'), slot, live[slot], size))
        elif dice.random() < 0.5:
            rows.append(('f', slot, live.pop(slot), 0))
        elif size == 0:
            rows.append(('r', slot, live.pop(slot), 0))
        else:
            rows.append(('r', slot, live[slot], size))
    return rows


def replayed(rows: list[tuple]) -> list[list[int]]:
    """[birth, death, size, block] of each placement, one row at a time."""
    live: dict[int, list[int]] = {}
    found, begun = [], 0
    for op, (kind, slot, _, size) in enumerate(rows):
        old = live.pop(slot, None)
        if old:
            old[1] = op
        if kind == 'f' or (kind == 'r' and old and size == 0):
            continue
        begun += 0 if old else 1
        live[slot] = [op, len(rows), size, old[3] if old else begun - 1]
        found.append(live[slot])
    return found


class Lives(unittest.TestCase):
    def test_as_one_after_the_other(self) -> None:
        for seed in range(40):
            rows = random_rows(seed)
            found = blocks.placements_of(table(rows))
            self.assertEqual(
                [list(row) for row in zip(*(
                    column.tolist() for column in (
                        found.birth, found.death, found.size, found.block)))],
                replayed(rows), f'seed {seed}')

    def test_kinds_tell_what_r_did_and_free_of_null(self) -> None:
        found = blocks.placements_of(table([
            ('r', 0, 16, 5), ('r', 0, 16, 9), ('r', 0, 16, 0),
            ('r', 0, 32, 0), ('r', 0, 32, 0), ('f', NULL, 0, 0),
            ('c', 0, 16, 1), ('f', 0, 16, 0)]))
        self.assertEqual(
            [op_table.BY_KIND[kind].title for kind in found.kind],
            ['realloc(NULL)', 'realloc', 'realloc(0)', 'realloc(NULL)',
             'realloc(0)', 'free(NULL)', 'calloc', 'free'])


class Places(unittest.TestCase):
    def test_null_for_no_bytes_is_nowhere_and_address_0_is_some(self) -> None:
        events = table([('a', 0, 0, 0), ('a', 1, 0, 8), ('a', 2, 16, 0)], 64)
        put = blocks.layout_of(blocks.placements_of(events), events)
        self.assertEqual(put.offset.tolist(), [blocks.NOWHERE, 0, 16])
        self.assertEqual(put.heap_base, 0)

    def test_what_a_shorter_replay_did_not_place(self) -> None:
        rows = [('a', 0, 16, 8), ('a', 1, 32, 8), ('a', 2, 48, 8)]
        put = blocks.layout_of(blocks.placements_of(table(rows)),
                               table(rows[:2]))
        self.assertEqual(put.offset.tolist(), [16, 32, blocks.NOWHERE])
        self.assertEqual(put.done, 2)

    def test_the_heap_s_base(self) -> None:
        low = 1 << 28
        for addresses, heap, base in [
                ([low + 900], 4096, low), ([low + 4096], 4096, -1),
                ([(1 << 45) + 5, 1 << 46], 8192, 1 << 45),
                ([low], 0, -1), ([5, low], 64, 0), ([], 64, -1)]:
            self.assertEqual(blocks.heap_base(
                numpy.array(addresses, dtype=numpy.int64),
                numpy.array([0, heap])), base)

    def test_wide_gaps_are_left_out_and_others_stay(self) -> None:
        begin = numpy.array([0x10000, 0x10100, 1 << 40, (1 << 40) + 60000])
        segments = blocks.segments_of(begin, begin + 16)
        self.assertEqual([(s.base, s.length) for s in segments],
                         [(0x10000, 0x110), (1 << 40, 60016)])
        self.assertEqual(blocks.offsets(begin, segments).tolist(),
                         [0, 0x100, 0x110, 0x110 + 60000])

    def test_offsets_keep_order_and_distance_within_a_segment(self) -> None:
        dice = random.Random(5)
        begin = numpy.array(sorted(
            dice.choice([1 << 28, 1 << 33, 1 << 45]) + 16 * dice.randrange(9999)
            for _ in range(500)))
        segments = blocks.segments_of(begin, begin + 100)
        offset = blocks.offsets(begin, segments)
        where = [max(i for i, s in enumerate(segments) if s.base <= a)
                 for a in begin]
        for k in range(1, len(begin)):
            if where[k] == where[k - 1]:
                self.assertEqual(offset[k] - offset[k - 1],
                                 begin[k] - begin[k - 1])
            else:
                self.assertGreater(offset[k], offset[k - 1])
        self.assertLessEqual(offset[-1] + 100, sum(s.length for s in segments))

    def test_no_block_at_all(self) -> None:
        events = table([('f', NULL, 0, 0)])
        put = blocks.layout_of(blocks.placements_of(events), events)
        self.assertEqual((len(put.offset), put.segments), (0, []))

    def test_changes(self) -> None:
        column = numpy.array([4, 4, 5, 5, 4])
        self.assertEqual(blocks.changes(column).tolist(), [0, 2, 4])
        self.assertEqual(blocks.changes(column, numpy.arange(5)).tolist(),
                         [0, 1, 2, 3, 4])
        self.assertEqual(blocks.changes(column[:0]).tolist(), [])


def unpacked(packer: pack.Packer) -> dict[str, list[int]]:
    data = zlib.decompress(base64.b64decode(packer.text()))
    found, at = {}, 0
    for entry in packer.index:
        count, width = entry['count'], entry['bytes']
        planes = [data[at + k * count:at + (k + 1) * count]
                  for k in range(width)]
        found[entry['name']] = [sum(p[i] << 8 * k for k, p in enumerate(planes))
                                for i in range(count)]
        at += count * width
    if at != len(data):
        raise AssertionError('bytes are left')
    return found


class Packing(unittest.TestCase):
    def test_columns_come_back(self) -> None:
        packer = pack.Packer()
        columns = {'none': [], 'byte': [0, 255], 'two': [256, 3],
                   'long': [0, (1 << 47) - 1, 1 << 45]}
        for name, column in columns.items():
            packer.add(name, numpy.array(column, dtype=numpy.int64))
        self.assertEqual(unpacked(packer), columns)
        self.assertEqual([entry['bytes'] for entry in packer.index],
                         [1, 1, 2, 6])

    def test_differences(self) -> None:
        packer = pack.Packer()
        packer.add('x', numpy.array([5, 6, 3, 3, -2]), delta=True)
        self.assertEqual(unpacked(packer), {'x': [10, 2, 5, 0, 9]})

    def test_what_does_not_fit_is_refused(self) -> None:
        for column in ([-1], [1 << 48]):
            with self.assertRaises(ValueError):
                pack.Packer().add('x', numpy.array(column))


class Lines(unittest.TestCase):
    def test_as_the_other_reader_has_them(self) -> None:
        for path in sorted((TESTS / 'traces').glob('*.rep')):
            with self.subTest(path.name):
                found = lines.read(path)
                text = path.read_text().splitlines()
                ops = rep.read(str(path)).ops
                self.assertEqual(list(found.ident), [op.id for op in ops])
                for op, line in zip(ops, found.line):
                    self.assertEqual(text[line - 1].split()[0], op.kind)
                self.assertEqual(
                    [op.extra for op in ops], list(found.extra))

    def test_blank_lines_and_a_header_of_one_line(self) -> None:
        found = lines.parse(b'1 2 2 0\n\na 0 8\n\n\nc 1 3 5\n')
        self.assertEqual((list(found.line), list(found.ident),
                          list(found.extra), list(found.each)),
                         ([3, 6], [0, 1], [0, 3], [0, 5]))

    def test_as_many_zeros_as_mdriver_takes(self) -> None:
        zeros = '0' * 5000
        found = lines.parse(f'1 2 2 0\na {zeros}1 8\nc 0 {zeros}3 5\nf -1\n'
                            .encode())
        self.assertEqual((list(found.ident), list(found.extra)),
                         ([1, 0, -1], [0, 3, 0]))

    def test_rows_of_call_stacks_are_no_operations(self) -> None:
        found = lines.parse(b'9000\n1\n2\n1\n@1 0 main\na 0 5 @1\nf 0\n')
        self.assertEqual((list(found.line), list(found.ident)),
                         ([6, 7], [0, 0]))

    def test_a_binary_trace_has_none(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / 'x.repb'
            path.write_bytes(b'mmtrace\1' + bytes(60))
            with self.assertRaisesRegex(lines.NoLines, 'binary'):
                lines.read(path)


class Manifests(unittest.TestCase):
    def test_one_that_is_malformed(self) -> None:
        fault = manifest.ManifestError('traces/MANIFEST:3: not a line')
        with tempfile.TemporaryDirectory() as folder, \
                mock.patch.object(manifest, 'read', side_effect=fault), \
                contextlib.redirect_stderr(io.StringIO()) as said:
            status = command.main(['-o', f'{folder}/x.html', '--build',
                                   str(BUILD), str(TESTS / 'traces/edge.rep')])
        self.assertEqual((status, said.getvalue()),
                         (2, f'tools/report: {fault}\n'))


RESULT = {'allocator': 'm<m', 'utilization': 0.5, 'verdict': 'ok',
          'bounds': {'aligned': 1.0, 'best_fit': 0.75, 'packing': None}}
BROKEN = {**RESULT, 'allocator': 'bad', 'verdict': 'overlap'}


class Bars(unittest.TestCase):
    def test_groups(self) -> None:
        self.assertEqual(
            figure.groups([('x.rep', [RESULT, BROKEN])]),
            [figure.Group('x.rep', [('m<m', 0.5), ('bad', None)],
                          [('bound', 1.0), ('best fit', 0.75)])])

    def test_lengths_and_marks_are_to_scale(self) -> None:
        text = figure.html(figure.groups([('x.rep', [RESULT, BROKEN])]))
        self.assertEqual(re.findall(r'class="bar [^>]*width:([\d.]+)%', text),
                         ['50.0'])
        self.assertEqual(re.findall(r'class="mark ([a-z-]+)" '
                                    r'style="left:([\d.]+)%', text),
                         [('bound', '100.0'), ('best-fit', '75.0')])
        self.assertIn('bad: not ok', text)
        self.assertIn('m&lt;m', text)
        self.assertNotIn('m<m', text)

    def test_the_legend_names_every_colour(self) -> None:
        text = figure.html(figure.groups([('x.rep', [RESULT, BROKEN])]))
        self.assertEqual(
            re.findall(r'swatch series(\d)"></i> ([^<]*)<', text),
            [('0', 'm&lt;m'), ('1', 'bad')])


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.found = gather.replay(
            str(TESTS / 'traces/small.rep'), ['mm', 'tlsf'],
            ['--no-timing', '--bounds'], BUILD)
        cls.one = gather.describe(cls.found, None)

    def text(self, title: str = 'x') -> str:
        return ''.join(page.parts(title, [self.one], ['mm']))

    def test_a_title_is_text(self) -> None:
        text = self.text('</script><b>&@')
        self.assertNotIn('</script><b>', text)
        self.assertIn('&lt;/script&gt;&lt;b&gt;&amp;@', text)

    def test_nothing_is_left_to_fill_or_to_fetch(self) -> None:
        text = self.text()
        self.assertIsNone(re.search(r'@[A-Z]+@', text))
        self.assertIsNone(re.search(r'(src|href)="(?!data:)', text))
        self.assertNotIn('@import', text)
        self.assertIn("default-src 'none'", text)

    def test_modules_are_those_of_the_folder(self) -> None:
        found = page.modules()
        for path in page.VIEWER.glob('*.js'):
            code = found[f'report/{path.stem}'].split(',', 1)[1]
            self.assertEqual(base64.b64decode(code), path.read_bytes())
            for name in re.findall(r'from "(.*?)"', path.read_text()):
                self.assertIn(name, found)

    def earlier(self, text: str) -> dict[str, before.Heaps]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / 'r.html'
            path.write_text(text)
            return before.read(path)

    def again(self, trace: str = 'small', allocator: str = 'buddy'
              ) -> dict[str, Any]:
        """A later description, with another allocator of the name mm."""
        found = gather.replay(
            str(TESTS / f'traces/{trace}.rep'),
            [f'mm={BUILD}/variants/{allocator}.so'], ['--no-timing'],
            BUILD)
        return {**gather.describe(found, None), 'name': 'small.rep'}

    def test_figures_of_an_earlier_report(self) -> None:
        later = self.again()
        self.assertEqual(before.add([later], self.earlier(self.text())), [])
        self.assertEqual(
            [one['before'] for one in later['results']],
            [{'utilization': self.one['results'][0]['utilization'],
              'nanoseconds': None}])

    def test_heaps_of_an_earlier_report(self) -> None:
        later = self.again()
        mine = later['panels'][0]
        before.add([later], self.earlier(self.text()))
        self.assertEqual([one['name'] for one in later['panels']],
                         ['mm', 'mm (before)', 'tlsf (before)'])
        self.assertEqual(command.first_panels([later]), ['mm', 'mm (before)'])
        self.assertEqual(later['panels'][0], mine)
        columns, old = (unpacked(pack.Packer.opened(one['columns'],
                                                    one['data']))
                        for one in (later, self.one))
        for name in 'offset', 'changed', 'heap', 'mapped', 'free_bytes':
            self.assertEqual(columns[f'mm (before)/{name}'], old[f'mm/{name}'])
        self.assertNotEqual(columns['mm/offset'], old['mm/offset'])
        again = self.again()
        text = ''.join(page.parts('x', [later], ['mm']))
        before.add([again], self.earlier(text))
        self.assertEqual([one['name'] for one in again['panels']],
                         ['mm', 'mm (before)'])

    def test_heaps_of_other_operations_are_not_shown(self) -> None:
        earlier = self.earlier(self.text())
        other = self.again('realloc')
        self.assertEqual(before.add([other], earlier), [
            'small.rep: its operations were others in the earlier report, '
            'whose heaps are not shown'])
        self.assertEqual(len(other['panels']), 1)
        self.assertEqual(before.add([{**other, 'name': 'x.rep'}], earlier),
                         ['x.rep: the earlier report does not have it'])
        self.assertIsNone(other['results'][0]['before'])

    def test_heaps_of_a_report_that_lacks_a_column(self) -> None:
        earlier = self.earlier(self.text().replace('"name":"kind"',
                                                   '"name":"kinds"'))
        later = self.again()
        self.assertEqual(len(before.add([later], earlier)), 1)
        self.assertEqual(len(later['panels']), 1)

    def test_what_is_no_report(self) -> None:
        text = self.text()
        for wrong in ('', 'x', text.replace('id="data-0">', 'id="data-0">!'),
                      text.replace('id="data-0">', 'id="data-0">AAAA'),
                      text.replace('"count":', '"count":1'),
                      '<script type="application/json" id="about">'
                      '{"traces":[{}]}</script>'):
            with self.assertRaises(gather.ReportError):
                self.earlier(wrong)

    def test_callers_of_a_trace_with_stacks(self) -> None:
        self.assertNotIn('<iframe', self.text())
        text = ''.join(page.parts('x', [{**self.one, 'callers': {
            ('main @ a.c:1', 'f<int>("x")'): 7}}], ['mm']))
        inner = re.search('<iframe class="callers" srcdoc="([^"]*)"', text)[1]
        self.assertIn('[["all",7,0],["main @ a.c:1",7,1],'
                      '["f\\u003cint>(\\"x\\")",7,2]]', html.unescape(inner))
        self.assertNotIn('srcdoc', page._json(page.about('x', [self.one], [])))

    def test_callers_are_none_without_stacks(self) -> None:
        self.assertEqual(gather.callers(str(TESTS / 'traces/small.rep'), BUILD),
                         {})

    def test_facts(self) -> None:
        facts = self.one['facts']
        trace = rep.read(str(TESTS / 'traces/small.rep'))
        account = trace.account()
        self.assertEqual(
            (facts['ops'], facts['blocks'], facts['peak_payload']),
            (account.ops, account.ids, account.peak_bytes))
        self.assertEqual(facts['frees'],
                         sum(op.kind == 'f' for op in trace.ops))

    def test_panels_are_the_allocators_and_then_the_bounds(self) -> None:
        self.assertEqual([panel['name'] for panel in self.one['panels']],
                         ['mm', 'tlsf', 'best_fit', 'packing'])
        self.assertEqual(command.first_panels([self.one]),
                         ['mm', 'tlsf', 'packing'])

    def test_no_bounds_no_packing(self) -> None:
        found = gather.replay(str(TESTS / 'traces/small.rep'),
                              ['mm', 'tlsf', 'buddy'], ['--no-timing'], BUILD)
        self.assertEqual(command.first_panels([gather.describe(found, None)]),
                         ['mm', 'tlsf', 'buddy'])

    def test_the_packing_is_as_high_as_mdriver_says(self) -> None:
        events = next(table for table in self.found.events
                      if table.allocator == 'packing')
        put = blocks.layout_of(blocks.placements_of(events), events)
        result = self.found.results[0]
        self.assertAlmostEqual(
            result['peak_payload'] / events['heap'].max(),
            result['bounds']['packing'], places=6)
        self.assertEqual([s.length for s in put.segments],
                         [events['heap'].max()])
        self.assertGreaterEqual(put.heap_base, 1 << 30)

    def test_no_operation_is_said_in_mdriver_s_words(self) -> None:
        found = gather.Replayed('x.rep', [
            {'allocator': 'a', 'verdict': 'crashed', 'message': 'in init'}],
            [], [])
        with self.assertRaisesRegex(gather.ReportError,
                                    '^x.rep: a is crashed: in init$'):
            gather.describe(found, None)


class FreeOfNull(unittest.TestCase):
    def test_its_slot_is_none(self) -> None:
        found = replays.events([str(TESTS / 'traces/edge.rep')], ['mm'],
                               build=BUILD)[0]
        nulls = [op.id for op in rep.read(str(TESTS / 'traces/edge.rep')).ops]
        self.assertEqual([slot < 0 for slot in found['slot']],
                         [one < 0 for one in nulls])
