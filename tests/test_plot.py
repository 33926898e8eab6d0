"""tools/plot: what is computed, on traces made by hand, and files of pictures."""
from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

from support import (BUILD, ROOT, TESTS, in_release_only, mdriver, only_with,
                     run, wait_until)

in_release_only('the tools are the same in every build')
only_with('numpy', 'matplotlib')

import numpy
from PIL import Image
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from malloclab.plot import (bars, blocks, causes, command, correlation,
                            curves, distributions, heap, heap_map, holes, options,
                            pareto, raster, source, space, style, waste)
from malloclab.replays import Table

SMALL = str(TESTS / 'traces/small.rep')
BASE = 1 << 28
MAGIC = {'png': b'\x89PNG', 'svg': b'<?xml', 'pdf': b'%PDF'}


class Case(unittest.TestCase):
    """Runs where numpy and matplotlib are."""


def table(*rows: str, allocator: str = 'mm', trace: str = 'x.rep') -> Table:
    """Events: `kind slot address size payload heap mapped`, one a row.

    Addresses are from the heap's base on.
    """
    cells = [row.split() for row in rows]
    numbers = numpy.array([[int(word) for word in row[1:]] for row in cells],
                          dtype=numpy.int64).reshape(-1, 6)
    address = numpy.where(numbers[:, 1] >= 0, numbers[:, 1] + BASE, 0)
    return Table(allocator, trace, {
        'op': numpy.arange(1, len(cells) + 1),
        'kind': numpy.array([row[0] for row in cells], 'S1'),
        'slot': numbers[:, 0], 'address': address, 'size': numbers[:, 2],
        'payload': numbers[:, 3], 'heap': numbers[:, 4],
        'mapped': numbers[:, 5]})


def result(**more: Any) -> dict[str, Any]:
    """An entry of mdriver --json."""
    quartiles = {'median': 1.0, 'min': 1.0, 'p25': 0.9, 'p75': 1.1, 'rounds': 9}
    return {'allocator': 'mm', 'trace': 'x.rep', 'verdict': 'ok',
            'message': '', 'ops': 4, 'ops_done': 4, 'peak_payload': 80,
            'utilization': 0.5, 'ns_per_op': quartiles,
            'ratio_to_libc_spread': quartiles, 'instructions_per_op': 60.0,
            'bounds': {'aligned': 0.8, 'best_fit': None, 'packing': None},
            **more}


def replay(events: Table, **more: Any) -> source.Replay:
    return source.Replay(events.allocator, events.trace, result(**more), events)


# A block that realloc moves and grows, and one that is never freed.
MOVED = ('a 0 0 16 16 64 0', 'a 1 16 20 36 64 0', 'r 0 36 40 60 128 0',
         '- 0 -1 0 60 128 0', 'f 0 36 0 20 128 0')


class Blocks(Case):
    def test_pieces(self) -> None:
        p = blocks.placements_of(table(*MOVED))
        self.assertEqual(p.begin.tolist(), [1, 3, 2])
        self.assertEqual(p.end.tolist(), [3, 5, 6])
        self.assertEqual((p.address - BASE).tolist(), [0, 36, 16])
        self.assertEqual(p.size.tolist(), [16, 40, 20])
        self.assertEqual(p.block[0], p.block[1])
        self.assertNotEqual(p.block[1], p.block[2])

    def test_a_slot_is_used_again(self) -> None:
        p = blocks.placements_of(table('a 0 0 8 8 64 0', 'f 0 0 0 0 64 0',
                                   'a 0 32 8 8 64 0', 'r 0 32 0 0 64 0'))
        self.assertEqual(p.begin.tolist(), [1, 3])
        self.assertEqual(p.end.tolist(), [2, 4])
        self.assertEqual(len(set(p.block.tolist())), 2)

    def test_a_refused_realloc_leaves_the_block(self) -> None:
        p = blocks.placements_of(table('a 0 0 8 8 64 0', 'r 0 -1 99 8 64 0',
                                   'a 1 -1 99 8 64 0', 'f 0 0 0 0 64 0'))
        self.assertEqual((p.begin.tolist(), p.end.tolist(), p.size.tolist()),
                         ([1], [4], [8]))

    def test_a_block_at_the_address_0(self) -> None:
        p = blocks.placements_of(table('a 0 -1 8 8 64 0', 'a 1 -1 0 8 64 0',
                                   'f 0 -1 0 0 64 0'))
        self.assertEqual((p.address.tolist(), p.begin.tolist(),
                          p.end.tolist()), ([0], [1], [3]))

    def test_living(self) -> None:
        p = blocks.placements_of(table(*MOVED))
        self.assertEqual(sorted(p.at(2).size.tolist()), [16, 20])
        self.assertEqual(sorted(p.at(3).size.tolist()), [20, 40])
        self.assertEqual(p.at(5).size.tolist(), [20])
        self.assertEqual(len(p.living(1, 4)), 3)
        ops = numpy.arange(1, 6)
        self.assertEqual([len(q) for q in p.at_each(ops)], [1, 2, 2, 2, 1])
        many = numpy.sort(numpy.append(ops, numpy.full(40, 3)))
        self.assertEqual([len(q) for q in p.at_each(many)],
                         [1, 2] + [2] * 41 + [2, 1])

    def test_lives(self) -> None:
        lives = blocks.lifetimes_of(blocks.placements_of(table(*MOVED)))
        self.assertEqual(lives.size.tolist(), [16, 20])
        self.assertEqual(lives.length.tolist(), [4, 4])
        self.assertEqual(lives.freed.tolist(), [True, False])

    def test_no_events(self) -> None:
        self.assertEqual(len(blocks.placements_of(table())), 0)

    def test_rounded(self) -> None:
        self.assertEqual(blocks.rounded(numpy.array([0, 1, 16, 17]), 16)
                         .tolist(), [16, 16, 16, 32])


class Heap(Case):
    def test_base(self) -> None:
        self.assertEqual(heap.heap_base(table(*MOVED)), BASE)
        high = table('a 0 0 8 8 64 0')
        high.columns['address'][0] = (1 << 45) + 64
        self.assertEqual(heap.heap_base(high), 1 << 45)
        mapped = f'a 0 {1 << 30} 8 8 64 4096'
        self.assertEqual(heap.heap_base(table(mapped)), BASE)
        self.assertEqual(heap.heap_base(table(mapped, allocator='packing')),
                         1 << 30)
        self.assertEqual(heap.heap_base(table()), 0)

    def test_top_over_time(self) -> None:
        op, size = heap.heap_top(table(*MOVED), 2, 4)
        self.assertEqual((op.tolist(), size.tolist()),
                         ([2, 3, 5], [64, 128, 128]))

    def test_size_after(self) -> None:
        self.assertEqual(heap.size_after(
            table(*MOVED), 'heap', numpy.array([0, 1, 3, 9])).tolist(),
            [0, 64, 128, 128])


class Spaces(Case):
    def test_what_is_far_apart_is_folded(self) -> None:
        far = 1 << 40
        s = space.fold(numpy.array([far, 100, 0]),
                       numpy.array([far + 50, 200, 90]))
        self.assertEqual((s.begin.tolist(), s.end.tolist()),
                         ([0, far], [200, far + 50]))
        self.assertEqual(s.height_of(numpy.array([0, 150, far + 7])).tolist(),
                         [0, 150, 207])
        self.assertEqual(s.height, 250)

    def test_a_large_heap_keeps_large_gaps(self) -> None:
        large = 1 << 24
        s = space.fold(numpy.array([0, large + (large >> 4)]),
                       numpy.array([large, 3 * large]))
        self.assertEqual(len(s.begin), 1)

    def test_the_heap_is_part_of_it(self) -> None:
        events = table('a 0 32 16 16 4096 0')
        s = space.space_of(events, blocks.placements_of(events))
        self.assertEqual((s.begin.tolist(), s.end.tolist()),
                         ([BASE], [BASE + 4096]))


class Raster(Case):
    def test_halves(self) -> None:
        one = numpy.array([1.0])
        grid = raster.coverage(one / 2, one * 1.5, one * 0, one, 3, 2)
        self.assertTrue(numpy.allclose(grid, [[.5, .5, 0], [0, 0, 0]]))

    def test_against_a_sum_over_points(self) -> None:
        edges = numpy.random.default_rng(1).integers(-8, 40, (30, 4)) / 4
        x, y = numpy.sort(edges[:, :2]), numpy.sort(edges[:, 2:])
        grid = raster.coverage(x[:, 0], x[:, 1], y[:, 0], y[:, 1], 7, 6)
        at = numpy.arange(0.125, 7, 0.25)
        inside_x = (x[:, :1] <= at) & (at < x[:, 1:])
        inside_y = (y[:, :1] <= at[:24]) & (at[:24] < y[:, 1:])
        points = inside_y.T.astype(int) @ inside_x.astype(int)
        cells = points.reshape(6, 4, 7, 4).sum((1, 3)) / 16
        self.assertTrue(numpy.allclose(grid, cells))

    def test_nothing(self) -> None:
        none = numpy.zeros(0)
        self.assertFalse(raster.coverage(none, none, none, none, 3, 2).any())


class Maps(Case):
    def map(self, *rows: str, **more: Any) -> heap_map.Map:
        found = heap_map.map_of(replay(table(*rows)), options.Range(), **more)
        assert found
        return found

    def test_blocks_and_heap(self) -> None:
        m = self.map(*MOVED)
        self.assertEqual(m.low.tolist(), [0, 36, 16])
        self.assertEqual(m.high.tolist(), [16, 76, 36])
        [taken] = m.taken
        self.assertEqual((taken.op.tolist(), taken.high.tolist()),
                         ([1, 3, 6], [64, 128, 128]))

    def test_far_blocks_are_a_region(self) -> None:
        m = self.map('a 0 0 16 16 64 0', f'a 1 {1 << 29} 64 80 64 4096')
        self.assertEqual(m.low.tolist(), [0, 64])
        far = m.taken[1]
        self.assertEqual((far.op.tolist(), far.low.tolist(),
                          far.high.tolist()), ([2, 3], [64, 64], [128, 128]))

    def test_of_a_range(self) -> None:
        m = heap_map.map_of(replay(table(*MOVED)), options.Range(5, 9))
        assert m
        self.assertEqual((m.placements.size.tolist(), m.first, m.last),
                         ([20], 5, 5))

    def test_zero_bytes_have_no_rectangle(self) -> None:
        self.assertIsNone(heap_map.map_of(
            replay(table('a 0 0 0 0 64 0')), options.Range()))

    def test_ages(self) -> None:
        self.assertEqual(self.map(*MOVED, by='age').value.tolist(), [4, 4, 4])

    def test_classes(self) -> None:
        def classes_of(*values: int) -> heap_map.Classes:
            return heap_map.classes_of(numpy.array(values),
                                       numpy.array(values))

        c = classes_of(10, 40, 100)
        self.assertEqual((c.limits, c.last), ([16, 32, 64], 100))
        self.assertEqual(c.of(numpy.array([16, 17, 64, 100])).tolist(),
                         [0, 1, 2, 3])
        self.assertEqual(len(classes_of(48, 48)), 1)
        wide = classes_of(*(1 << power for power in range(20)), *[9] * 99999)
        self.assertLessEqual(len(wide), heap_map.CLASSES)
        self.assertEqual(classes_of(1, 1000, 2000).limits, [1024])

    def test_the_image_agrees_with_the_rectangles(self) -> None:
        m = self.map(*MOVED)
        classes = heap_map.classes_of(m.value, m.placements.size)
        image = heap_map.raster_of(m, classes, (5, 128), 128)
        cover = image[:, :, 3].sum(0)
        self.assertTrue(numpy.allclose(cover, [16, 36, 60, 60, 20]))
        colour = heap_map.to_rgb(heap_map.shade(int(classes.of(40)),
                                                len(classes)))
        self.assertTrue(numpy.allclose(image[50, 2, :3], colour))
        with style.settings():
            whole = heap_map.painted(m, classes, (5, 128), 128)
        self.assertTrue(numpy.allclose(whole[50, 2], colour))
        self.assertTrue(numpy.allclose(whole[100, 1], 1))
        self.assertTrue(numpy.allclose(whole[100, 2],
                                       heap_map.to_rgb(style.PALE)))


class Curves(Case):
    def timeline(self) -> Table:
        return Table('mm', 'x.rep', {
            'op': numpy.array([1, 2, 3, 4]),
            'payload': numpy.array([0, 40, 80, 10]),
            'footprint': numpy.array([0, 80, 100, 200])})

    def test_utilization_so_far(self) -> None:
        t = self.timeline()
        share = curves.utilization_so_far(t['payload'], t['footprint'])
        self.assertTrue(numpy.isnan(share[0]))
        self.assertEqual(share[1:].tolist(), [0.5, 0.8, 0.4])

    def test_a_range_keeps_what_was_before_in_mind(self) -> None:
        c = curves.curve_of(replay(self.timeline()), options.Range(4))
        assert c
        self.assertEqual((c.op.tolist(), c.share.tolist()), ([4], [0.4]))

    def test_levels(self) -> None:
        one = source.Replay('mm', 'x', result())
        self.assertEqual(curves.levels_of([one]),
                         {'bound: sizes rounded up': 100})
        self.assertEqual(curves.levels_of([source.Replay('mm', 'x')]), {})

    def test_finding(self) -> None:
        c = curves.curve_of(replay(self.timeline()), options.Range())
        assert c
        self.assertEqual(curves.finding('x', [c]),
                         'x: at its peak mm takes 2.50 times the payload')


class Holes(Case):
    def at(self, op: int, *rows: str) -> holes.Holes:
        return next(h for h in holes.holes_over(table(*rows), options.Range())
                    if h.op == op)

    def test_between_blocks_and_at_the_top(self) -> None:
        h = self.at(3, 'a 0 16 16 16 128 0', 'a 1 40 8 24 128 0',
                    'a 2 48 16 40 128 0')
        self.assertEqual(h.sizes.tolist(), [16, 8])
        self.assertEqual((h.top, h.payload), (64, 40))

    def test_an_empty_heap_is_one_hole(self) -> None:
        h = self.at(2, 'a 0 0 16 16 128 0', 'f 0 0 0 0 128 0')
        self.assertEqual((h.sizes.tolist(), h.top), ([], 128))

    def test_no_hole_between_regions(self) -> None:
        h = self.at(2, 'a 0 0 16 16 0 4096', f'a 1 {1 << 29} 16 32 0 4096')
        self.assertEqual((h.sizes.tolist(), h.top), ([], 0))

    def test_grid(self) -> None:
        g = holes.grid_of(replay(table(
            'a 0 0 16 16 128 0', 'a 1 24 8 24 128 0', 'a 2 40 8 32 128 0')),
            options.Range(2))
        assert g
        self.assertEqual(g.op.tolist(), [2, 3])
        self.assertEqual(g.bytes[3].tolist(), [8, 16])  # of 8 to 15 bytes
        self.assertEqual(g.bytes[6].tolist(), [96, 80])
        self.assertEqual(g.largest.tolist(), [96, 80])
        self.assertEqual(g.count.tolist(), [1, 1])


class Waste(Case):
    def split(self, *rows: str, in_lab: bool = True) -> dict[str, int]:
        events = table(*rows)
        living = blocks.placements_of(events).at(len(rows)).by_address()
        parts = waste.split_at(
            living, BASE if in_lab else None, int(events['heap'][-1]),
            int(events['mapped'][-1]), 16)
        return {name: size for name, size in zip(waste.PARTS, parts) if size}

    def test_of_a_heap(self) -> None:
        self.assertEqual(
            self.split('a 0 64 20 20 512 0', 'a 1 104 24 44 512 0',
                       'a 2 192 64 108 512 0', f'a 3 {1 << 28} 1000 1108 512 '
                       '4096'),
            {'payload': 1108, 'alignment': 12 + 8, 'metadata': 8,
             'holes': 64 + 56, 'top chunk': 256,
             'mapped, not payload': 3096})

    def test_parts_make_the_footprint(self) -> None:
        s = waste.split_of(replay(table(*MOVED)), options.Range(), 16)
        assert s
        self.assertEqual(s.footprint.tolist(), [64, 64, 128, 128, 128])

    def test_of_a_malloc_of_the_system(self) -> None:
        self.assertEqual(
            self.split('a 0 16 20 20 0 4096', 'a 1 64 16 36 0 4096',
                       in_lab=False),
            {'payload': 36, 'alignment': 12, 'metadata': 16,
             'other resident memory': 4096 - 64})

    def test_less_than_payload_is_resident(self) -> None:
        self.assertEqual(self.split('a 0 16 20 20 0 0', in_lab=False),
                         {'payload': 20})

    def test_the_peak_is_among_the_moments(self) -> None:
        footprint = numpy.zeros(5000, int)
        footprint[2345] = 1
        op = numpy.arange(1, 5001)
        self.assertIn(2346, waste._moments(op, footprint, options.Range()))


class Distributions(Case):
    def test_octaves(self) -> None:
        o = distributions.octaves_of(numpy.array([0, 1, 4, 7, 8]),
                                     numpy.array([0, 1, 4, 7, 8]))
        self.assertEqual((o.low, o.edges), (0, [1, 2, 4, 8]))
        self.assertEqual(o.count.tolist(), [0.4, 0, 0.4, 0.2])
        self.assertEqual(o.weight.tolist(), [1 / 20, 0, 11 / 20, 8 / 20])

    def test_of_a_trace(self) -> None:
        d = distributions.distribution_of(table(*MOVED), options.Range())
        assert d
        self.assertEqual((d.sizes.low, d.sizes.count.tolist()),
                         (4, [2 / 3, 1 / 3]))
        self.assertEqual((d.ages.low, d.ages.count.tolist()), (2, [0.5]))
        self.assertEqual(d.kept, (0.5, 1 - 16 / 36))
        self.assertEqual(d.both[2, 4], 1)
        self.assertEqual(d.both[3, 4], 1)  # never freed
        self.assertEqual((d.common, d.half), ((16, 1 / 3), 4))

    def test_never_freed(self) -> None:
        d = distributions.distribution_of(table('a 0 0 16 16 64 0'),
                                          options.Range())
        assert d
        self.assertIn('half of the blocks are never freed',
                      distributions.finding(d))


class Bars(Case):
    def test_groups(self) -> None:
        groups = bars.groups_of([
            result(trace='low.rep', utilization=0.25),
            result(trace='high.rep', utilization=0.75),
            result(trace='high.rep', allocator='b', verdict='hung')])
        self.assertEqual([g.name for g in groups], ['high', 'low'])
        self.assertEqual(groups[0].shares, {'mm': 0.75})
        self.assertEqual(groups[0].faults, {'b': 'hung'})
        self.assertEqual(groups[0].bounds, {'aligned': 0.8})

    def test_mean_of_what_all_did(self) -> None:
        groups = bars.groups_of([
            result(trace='x', utilization=0.2), result(trace='y'),
            result(trace='y', allocator='b', utilization=0.7),
            result(trace='x', allocator='b', verdict='hung'),
            result(trace='x', allocator='never', verdict='crashed')])
        mean = bars.mean_of(groups, ['mm', 'b', 'never'])
        assert mean
        self.assertEqual(mean.shares, {'mm': 0.5, 'b': 0.7})
        self.assertEqual(mean.name, 'mean of 1')
        self.assertIsNone(bars.mean_of(groups[:1], ['never']))

    def test_a_title_of_many_names_the_highest(self) -> None:
        groups = bars.groups_of([result(allocator=name, utilization=share)
                                 for name, share in zip('abcd', (.4, .9, .5,
                                                                 .6))])
        self.assertTrue(bars.finding(groups, None, 'abcd').endswith(
            'b 90.0 % is the highest, a 40.0 % the lowest'))


class Causes(Case):
    WASTE = {'alignment': 20, 'metadata': 10, 'placement': 30,
             'online_gap': 40, 'packing_gap': 20}

    def test_shares(self) -> None:
        self.assertEqual(causes.shares_of(result(waste=self.WASTE)),
                         [0.4, 0.1, 0.05, 0.15, 0.2, 0.1])

    def test_better_than_best_fit(self) -> None:
        waste = {**self.WASTE, 'placement': -10}
        self.assertEqual(causes.shares_of(result(waste=waste))[3:5],
                         [0, 30 / 160])
        waste = {**self.WASTE, 'placement': -50}
        self.assertEqual(causes.shares_of(result(waste=waste))[3:],
                         [0, 0, 10 / 120])

    def test_groups_and_their_mean(self) -> None:
        groups = causes.groups_of([
            result(waste=self.WASTE), result(allocator='b', verdict='hung'),
            result(trace='y', waste={**self.WASTE, 'packing_gap': 0}),
            result(trace='y', allocator='b', waste=self.WASTE),
            result(trace='y', allocator='c')])
        self.assertEqual([g.faults for g in groups],
                         [{'b': 'hung'}, {'c': 'unknown'}])
        mean = causes.mean_of(groups)
        assert mean
        self.assertEqual(mean.name, 'Mean of 1 trace')
        self.assertEqual([mean.bars[name][0] for name in ('mm', 'b')],
                         [80 / 180, 0.4])
        self.assertEqual(causes.finding(groups[0]),
                         'x: mm wastes 60 % of its memory, 20 % by on-line gap')


class Pareto(Case):
    def test_finding(self) -> None:
        def point(name: str, x: float, marked: bool) -> pareto.Point:
            return pareto.Point(name, x, 1, x, x, 1, 1, marked)

        self.assertEqual(
            pareto.finding([point('b', 1, True), point('a', 2, True),
                            point('c', 0, False)]),
            'None beats a or b in both memory and speed')
        self.assertEqual(pareto.finding([point('b', 1, True)]),
                         'b is both the tightest and the fastest')


class Correlation(Case):
    def test_ranks_share_their_mean(self) -> None:
        self.assertEqual(correlation.ranks([5, 1, 5, 9]), [2.5, 1, 2.5, 4])

    def test_spearman(self) -> None:
        self.assertEqual(correlation.spearman([(1, 1), (2, 50), (3, 51)]), 1)
        self.assertEqual(correlation.spearman([(1, 3), (2, 2), (9, 1)]), -1)
        self.assertAlmostEqual(correlation.spearman(
            [(1, 2), (2, 1), (3, 3), (4, 4)]), 0.8)
        self.assertIsNone(correlation.spearman([(1, 2)]))
        self.assertIsNone(correlation.spearman([(1, 2), (1, 3)]))

    def test_pairs_are_of_two_rows_and_common_traces(self) -> None:
        def both(name: str, trace: str, count: float, ns: float
                 ) -> list[dict[str, Any]]:
            names = {'allocator': name, 'trace': trace}
            return [result(**names, instructions_per_op=None,
                           ns_per_op={'median': ns}),
                    result(**names, ns_per_op=None, instructions_per_op=count)]

        rows = both('a', 'x', 50, 20) + both('b', 'x', 60, 30) \
            + both('a', 'y', 1, 1) + [result(allocator='c', verdict='hung')]
        self.assertEqual(correlation.pairs_of(rows),
                         {'a': {'x': (50, 20)}, 'b': {'x': (60, 30)}})
        self.assertEqual(correlation.mean_of([(1, 2), (4, 8)]), (2, 4))
        self.assertEqual(correlation.finding([(1, 1), (2, 2), (3, 3)]),
                         'Instructions rank 3 allocators as time does to 1.00 '
                         '(Spearman)')


class Numbers(Case):
    def test_sizes(self) -> None:
        for size, text in ((48, '48 bytes'), (1536, '1.5 KiB'),
                           (200 << 10, '200 KiB'), (5 << 20, '5 MiB')):
            self.assertEqual(style.size_text(size), text)

    def test_of_axes_are_written_out(self) -> None:
        axis = Figure().add_subplot().xaxis
        for unit, value, text in ((1, 1e5, '100,000'), (1, 0.1 + 0.2, '0.3'),
                                  (1024, 12345.5 * 1024, '12,345.5')):
            style.in_unit(axis, unit)
            self.assertEqual(axis.get_major_formatter()(value), text)

    def test_arrange(self) -> None:
        self.assertEqual(style.arrange([2, 3]),
                         ([(0, 0), (0, 1), (1, 0), (1, 1), (1, 2)], (2, 3)))
        places, shape = style.arrange([6])
        self.assertEqual((places[3], shape), ((1, 0), (2, 3)))

    def test_the_bound_s_colour_is_no_allocator_s(self) -> None:
        used = {style.bar_of(n)['color'] for n in range(20)}
        self.assertNotIn(bars.MARKS['aligned'][1]['color'], used)

    def test_a_theme_changes_what_colours_are(self) -> None:
        for theme, dark in (('dark', True), ('light', False)):
            with style.settings(theme):
                ink, paper = (sum(to_rgb(name)) for name in
                              (style.INK, style.PAPER))
                self.assertEqual(ink > paper, dark)

    def test_listed(self) -> None:
        self.assertEqual([style.listed(words) for words in
                          ([], ['a'], ['a', 'b'], ['a', 'b', 'c'])],
                         ['', 'a', 'a and b', 'a, b and c'])

    def test_ranges(self) -> None:
        for text, found in (('3:9', (3, 9)), (':9', (1, 9)), ('3:', (3, None)),
                            (':', (1, None)), ('0:0', None), ('9:3', None),
                            ('3', None), ('a:b', None)):
            with self.subTest(text):
                if found:
                    r = options.operations(text)
                    self.assertEqual((r.first, r.last), found)
                else:
                    with self.assertRaises(argparse.ArgumentTypeError):
                        options.operations(text)

    def test_labels(self) -> None:
        for name in ('x', 'x.rep', 'a/x.rep.gz', 'x.rep.zst', 'x.repb'):
            self.assertEqual(source.label(name), 'x')


class Kept(Case):
    """Pictures of files that were written once."""

    drawn: dict[tuple[str, ...], bytes] = {}

    @classmethod
    def setUpClass(cls) -> None:
        cls.scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.scratch.cleanup)
        cls.folder = Path(cls.scratch.name)
        cls.files = [cls.folder / name for name in ('r.json', 'x.csv', 't.csv')]
        mdriver('--allocator', 'mm,buddy', '--no-timing', '-f', SMALL,
                '-f', 'structs', '--json', cls.files[0],
                '--events', cls.files[1], '--timeline', cls.files[2])
        report = json.loads(cls.files[0].read_text())
        for entry in report['results']:
            entry.update({name: result()[name] for name in
                          ('ns_per_op', 'ratio_to_libc_spread',
                           'instructions_per_op')},
                         waste=Causes.WASTE)
        cls.files[0].write_text(json.dumps(report))

    def plot(self, *words: str | Path) -> tuple[int, str]:
        """Exit status, and all that was said."""
        said = io.StringIO()
        with contextlib.redirect_stdout(said), \
                contextlib.redirect_stderr(said):
            try:
                status = command.main([str(word) for word in words])
            except SystemExit as ended:
                status = int(ended.code or 0)
        return status, said.getvalue()

    def kept(self) -> list[str]:
        return [f'--from={path}' for path in self.files]

    def known(self, *words: str) -> bytes:
        """A picture that some test may have drawn already."""
        if words not in self.drawn:
            self.drawn[words] = self.picture(*words)
        return self.drawn[words]

    def picture(self, kind: str, ending: str, *more: str) -> bytes:
        path = self.folder / f'x.{ending}'
        status, said = self.plot(kind, '-o', path, *self.kept(), '--dpi=50',
                                 *more)
        self.assertEqual((status, said), (0, f'{path}\n'))
        return path.read_bytes()

    def fails(self, why: str, *words: str | Path) -> None:
        status, said = self.plot(*words)
        self.assertEqual(status, 2, said)
        self.assertRegex(said.splitlines()[-1], why)
        self.assertNotIn('Traceback', said)


class Formats(Kept):
    def test_every_kind_in_two_formats(self) -> None:
        for number, kind in enumerate(command.KINDS):
            others = [*MAGIC][1:]
            for ending in 'png', others[number % len(others)]:
                magic = MAGIC[ending]
                with self.subTest(f'{kind}.{ending}'):
                    self.assertTrue(self.known(kind, ending, 'small')
                                    .startswith(magic))

    def test_the_same_figures_give_the_same_bytes(self) -> None:
        for kind, ending in (('map', 'svg'), ('map', 'png'), ('waste', 'pdf'),
                             ('curves', 'svg')):
            with self.subTest(f'{kind}.{ending}'):
                self.assertEqual(self.picture(kind, ending, 'small'),
                                 self.known(kind, ending, 'small'))


class Pictures(Kept):
    def test_several_traces(self) -> None:
        for kind in ('curves', 'map', 'holes', 'waste', 'distributions'):
            with self.subTest(kind):
                self.assertGreater(len(self.picture(kind, 'png')),
                                   len(self.known(kind, 'png', 'small')))

    def test_options_of_kinds(self) -> None:
        for kind, word in (('map', '--by=age'), ('waste', '--bars'),
                           ('holes', '--log'), ('curves', '--log'),
                           ('distributions', '--log'), ('map', '--size=6x5'),
                           ('curves', '--range=10:50')):
            with self.subTest(f'{kind} {word}'):
                plain = self.known(kind, 'png', 'small')
                self.assertNotEqual(
                    self.picture(kind, 'png', 'small', word), plain)

    def test_a_title(self) -> None:
        self.assertNotEqual(self.known('map', 'svg', 'small'),
                            self.picture('map', 'svg', 'small', '--title=T'))

    def test_dark_pictures_have_dark_paper(self) -> None:
        for kind in ('bars', 'map'):
            picture = Image.open(io.BytesIO(
                self.picture(kind, 'png', 'small', '--style=dark')))
            self.assertLess(max(picture.convert('RGB').getpixel((0, 0))), 40)

    def test_small(self) -> None:
        small = self.picture('map', 'png', 'small', '--small')
        self.assertTrue(small.startswith(MAGIC['png']))
        self.assertLess(len(small), len(self.known('map', 'png', 'small')))

    def test_an_image_of_many_blocks(self) -> None:
        few = heap_map.RECTANGLES
        self.addCleanup(setattr, heap_map, 'RECTANGLES', few)
        heap_map.RECTANGLES = 0
        self.assertIn(b'<image', self.picture('map', 'svg', 'small'))


class Command(Kept):
    def test_all(self) -> None:
        folder = self.folder / 'new/all'
        status, said = self.plot('all', '-o', folder, *self.kept(), 'small',
                                 '--dpi=50', '--format=svg')
        self.assertEqual(status, 0, said)
        self.assertEqual(
            {path.name for path in folder.iterdir()},
            {f'small-{kind}.svg' for kind in command.KINDS
             if kind not in command.OF_MANY}
            | {f'{kind}.svg' for kind in command.OF_MANY})

    def test_all_asks_mdriver_for_the_causes(self) -> None:
        """Without --bounds; what a picture of all kinds needs is there."""
        chosen = command._parser().parse_args(
            ['all', '-o', 'x', '-a', 'mm', 'small'])
        self.assertTrue(command._source(chosen, 'pareto').has(causes.NEEDS))

    def test_all_that_the_files_allow(self) -> None:
        folder = self.folder / 'some'
        status, said = self.plot('all', '-o', folder, self.kept()[2], 'small',
                                 '--dpi=50')
        self.assertEqual(status, 0, said)
        self.assertIn('map, holes, waste, distributions, bars, causes, pareto, '
                      'correlation: left out without figures of mdriver --events, --json',
                      said)
        self.assertEqual([path.name for path in folder.iterdir()],
                         ['small-curves.png'])

    def test_it_runs_mdriver(self) -> None:
        path = self.folder / 'live.png'
        status, said = self.plot('map', '-o', path, '--build', BUILD, '-a',
                                 'mm,buddy', SMALL, '--dpi=50')
        self.assertEqual((status, said), (0, f'{path}\n'))
        self.assertTrue(path.read_bytes().startswith(MAGIC['png']))

    def test_a_bad_verdict_is_said_and_drawn(self) -> None:
        bad = f'bad={BUILD}/bad/data-lost.link-in-the-next-block.so'
        for kind in ('map', 'bars'):
            path = self.folder / 'bad.svg'
            status, said = self.plot(kind, '-o', path, '--build', BUILD, '-a',
                                     f'mm,{bad}', SMALL)
            self.assertEqual(status, 1, said)
            self.assertRegex(said, r'\ntools/plot: bad: small\.rep: data-lost: '
                             r'small\.rep:39: f 3 finds')
            self.assertIn(b'<!-- bad: data-lost', path.read_bytes())

    def test_who_did_nothing_has_a_panel(self) -> None:
        bad = f'{BUILD}/bad/init-failed.returns-minus-one.so'
        for kind in ('map', 'curves', 'holes', 'waste', 'distributions'):
            status, said = self.plot(kind, '-o', self.folder / 'none.png',
                                     '--build', BUILD, '-a', bad, SMALL)
            self.assertEqual(status, 1, said)
            self.assertIn('init-failed', said)

    def test_refusals(self) -> None:
        out = self.folder / 'x.png'
        self.fails(r'^tools/plot: x\.bmp: it has to end in \.png, \.svg, '
                   r'\.pdf$', 'map', '-o', 'x.bmp', 'small')
        self.fails('^tools/plot: /none/x.png: No such file or directory$',
                   'map', '-o', '/none/x.png', 'small')
        self.fails('^tools/plot: which trace', 'map', '-o', out)
        self.fails("no trace 'nope' in .*: they have small, structs$",
                   'map', '-o', out, *self.kept(), 'nope')
        self.fails("no allocator 'nope' in .*: they have mm, buddy$",
                   'map', '-o', out, *self.kept(), '-a', 'nope')
        self.fails('none of the files is what mdriver --events writes$',
                   'map', '-o', out, self.kept()[2])
        self.fails('its last operation is 330, before --range$', 'map', '-o',
                   out, *self.kept(), 'small', '--range=400:')
        self.fails("'9:1' is not a range", 'map', '-o', out, 'x', '--range=9:1')
        self.fails("'5' is no size", 'map', '-o', out, 'x', '--size=5')
        self.fails('/none: No such file', 'map', '-o', out, '--from=/none')
        self.fails('x.csv/x: Not a directory$', 'all', '-o',
                   self.files[1] / 'x', *self.kept())
        self.fails('^tools/plot: two traces are called x: ', 'all', '-o',
                   self.folder, 'a/x.rep', 'b/x.rep')
        self.fails('--size: too small', 'map', '-o', out, *self.kept(),
                   '--size=3x1')

    def test_files_of_others(self) -> None:
        out = self.folder / 'x.png'
        for text in ('', 'x', '{}', '{"results":[{}]}', 'allocator,trace,op,x\n'
                     'mm,x\n'):
            with self.subTest(text):
                other = self.folder / 'other'
                other.write_text(text)
                self.fails('other: not what mdriver', 'map', '-o', out,
                           f'--from={other}')

    def test_what_mdriver_does_not_write(self) -> None:
        events, timeline = (file.read_text() for file in self.files[1:])
        report = self.files[0].read_text()
        first = 'mm,small.rep,1,a,0,'

        def events_with(row: str) -> str:
            return re.sub(f'{first}.*', row, events, count=1)

        for text, why in (
                (report.replace('"ok"', '"ok', 1), r':\d+: not what mdriver '
                 r"--json writes: Expecting ',' delimiter$"),
                (report.replace('"ops": 330', '"ops": 1e999', 1),
                 r': .*: results\[0\].ops is Infinity'),
                (report.replace('"ops": 330', f'"ops": {1 << 64}', 1),
                 f': .*: the number {1 << 64} is out of range'),
                (report.replace('"ops": 330', f'"ops": {1 << 53}', 1),
                 rf': .*: results\[0\].ops is {1 << 53}'),
                (report.replace('"ops": 330', f'"ops": {"7" * 5000}', 1),
                 f': .*: the number {"7" * 40}... is out of range'),
                (report.replace('"small.rep"', '"\\ud800"', 1),
                 r': .*: results\[0\].trace is "\\ud800"'),
                (re.sub('"utilization": [^,]*', '"utilization": NaN', report),
                 r': .*: results\[0\].utilization is NaN'),
                ('{"results":' + '[' * 100000, ': .*: it is nested too deeply'),
                (events_with(f'{first}0x10,8,0,8,{10**23},0'),
                 f':2: heap: the number {10**23} is out of range'),
                (events_with(f'{first}-0x10,8,0,8,8,0'),
                 ":2: address: '-0x10' is not a hexadecimal integer"),
                (events_with('mm,small.rep,1,ab,0,0x10,8,0,8,8,0'),
                 ":2: kind: 'ab' is not an operation"),
                (events_with('mm,small.rep,7,a,0,0x10,8,0,8,8,0'),
                 ':3: op: the operations of an allocator on a trace do not '
                 'ascend'),
                (events_with(f'{first}0x10'), ':2: 6 cells where the first '
                 'line has 11'),
                (timeline.replace('mm,', 'm\0m,', 1), ':2: NUL in a name'),
                (events_with('"' + 'x' * 200000), ': it is not CSV: field '
                 'larger than field limit'),
                (events_with('\udcff'), ': it is not in UTF-8')):
            with self.subTest(why):
                other = self.folder / 'other'
                other.write_bytes(text.encode(errors='surrogateescape'))
                self.fails(f'^tools/plot: {other}{why}', 'map', '-o',
                           self.folder / 'x.png', f'--from={other}')

    def test_payload_beyond_what_floats_count(self) -> None:
        trace = self.folder / 'huge.rep'
        trace.write_text('9\n99\n99\n1\n' + ''.join(
            f'a {i} {(1 << 47) - 1}\n' for i in range(99)))
        status, said = self.plot('bars', '-o', self.folder / 'x.png', '--build',
                                 BUILD, '-a', 'mm', trace)
        self.assertEqual(status, 1, said)
        self.assertIn('mm: huge.rep: no-memory', said)

    def test_files_that_are_cut(self) -> None:
        """Amid a number, which would be another one."""
        for file in self.files[1:]:
            cut = self.folder / 'cut.csv'
            cut.write_text(file.read_text()[:-2])
            self.fails('cut.csv: its last line is cut short', 'map', '-o',
                       self.folder / 'x.png', f'--from={cut}')

    def test_untimed(self) -> None:
        path = self.folder / 'untimed.json'
        path.write_text(json.dumps({'interrupted': False, 'results': [
            result(ns_per_op=None)]}))
        self.fails('--json with timing writes$', 'pareto', '-o',
                   self.folder / 'x.png', f'--from={path}')

    def test_mdriver_says_why(self) -> None:
        ended = run(sys.executable, ROOT / 'tools/plot', 'map', '--build',
                    BUILD, '-o', self.folder / 'x.png', 'nope')
        self.assertEqual(
            (ended.returncode, ended.stdout, ended.stderr),
            (2, '', 'nope: there is no such trace, here or in traces\n'))

    def test_interrupted(self) -> None:
        out = self.folder / 'interrupted.png'
        hung = next((BUILD / 'bad').glob('hung.*.so'))
        process = subprocess.Popen(
            [sys.executable, ROOT / 'tools/plot', 'map', '--build', BUILD,
             '-o', out, '-a', hung, SMALL], text=True, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        children = Path(f'/proc/{process.pid}/task/{process.pid}/children')
        wait_until(children.read_text)  # mdriver: the tool is at work
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate()
        self.assertEqual(process.returncode, 130, said)
        self.assertNotIn('Traceback', said)
        self.assertFalse(out.exists())

