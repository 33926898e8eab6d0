"""The pages of a grading: what they say, and how they behave in a browser."""
from __future__ import annotations

import functools
import html.parser
import io
import re
import struct
import tempfile
import time
import unittest
import zlib
from pathlib import Path
from typing import Any

from support import ROOT, in_release_only, mdriver, only_with

in_release_only('the pages are the same in every build')

import graded
from malloclab.grade import heap_picture, pages, student_page

VOID = {'meta', 'link', 'img', 'br'}


class Checker(html.parser.HTMLParser):
    """Every element is closed in order; keeps which there are, and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ''
        self.feed(page)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[Any]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID and not self.get_starttag_text().endswith('/>'):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[Any]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, tag

    def handle_data(self, data: str) -> None:
        self.text += data


class Folder(unittest.TestCase):
    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)

    def student(self, result: dict[str, Any]) -> Checker:
        pages.write_student(result, self.folder)
        return Checker((self.folder / 'index.html').read_text('utf-8'))

    def the_class(self, results: list[dict[str, Any]], *more: Any) -> Checker:
        pages.write_class(results, more[0] if more else [],
                          self.folder / 'index.html', *more[1:])
        return Checker((self.folder / 'index.html').read_text('utf-8'))


class StudentPage(Folder):
    def test_points_and_traces(self) -> None:
        page = self.student(graded.judged('naive'))
        for words in ('87.5 of 100 points', '52.1 of 60', 'structs',
                      'sqlite-bank', 'The malloc lab'):
            self.assertIn(words, page.text)
        self.assertEqual(page.tags.count('tr'), 2 + 1 + 10)
        self.assertNotIn('script', page.tags)

    def test_a_bad_verdict_is_explained(self) -> None:
        page = self.student(graded.wrong('bob'))
        for words in ('malloc(8) returned 0x10, over block 3',
                      'overlap: a block that shares bytes with a live one',
                      './mdriver --shrink small.rep -c structs\n'):
            self.assertIn(words, page.text)

    def test_a_fault_on_secret_traces_alone(self) -> None:
        result = graded.wrong('bob')
        result['traces'] = result['traces'][1:]
        page = self.student(result)
        self.assertIn('./mdriver --perturb 7 -f structs\n', page.text)
        self.assertNotIn('--shrink', page.text)

    def test_every_verdict_has_a_meaning(self) -> None:
        found = student_page.VERDICT.findall(
            student_page.VERDICTS.read_text())
        self.assertGreater(len(found), 15)
        for verdict, meaning in found[1:]:
            with self.subTest(verdict):
                result = graded.wrong('bob')
                result['traces'][0]['verdict'] = verdict
                self.assertIn(meaning, self.student(result).text)

    def test_what_was_not_judged_says_why(self) -> None:
        for result, words in (
                (graded.unbuilt('carol'), "mm.c:3: error: expected ';'"),
                (graded.ungraded('dave'), 'has to be graded again')):
            with self.subTest(result['student']):
                self.assertIn(words, self.student(result).text)

    def test_what_it_printed_is_cut(self) -> None:
        page = self.student(graded.result(output='x' * 100000))
        self.assertIn('more characters', page.text)
        self.assertLess(len(page.text), 40000)

    def test_the_map_is_in_the_page(self) -> None:
        (self.folder / 'map.png').write_bytes(b'\x89PNG')
        page = self.student(graded.result(
            worst={'trace': 'comb', 'map': 'map.png'}))
        self.assertIn(('src', 'data:image/png;base64,iVBORw=='),
                      page.attributes)

    def test_hostile_texts_are_texts(self) -> None:
        plain = set(self.student(graded.wrong('bob')).tags)
        for result in graded.hostile():
            with self.subTest(result['student'][:40]):
                page = self.student(result)
                self.assertLessEqual(set(page.tags), plain | {'ul', 'pre'})
                self.assertNotIn('onerror', dict(page.attributes))


class ClassPage(Folder):
    def test_every_student_is_in_the_table(self) -> None:
        results = graded.a_class(40)
        page = self.the_class(results)
        for result in results:
            self.assertIn(('href', f'{result["student"]}/index.html'),
                          page.attributes)
        self.assertIn('40 hand-ins:', page.text)

    def test_links_stay_in_the_folder(self) -> None:
        page = self.the_class(graded.hostile())
        for name, value in page.attributes:
            if name == 'href' and value != 'data:,':
                self.assertRegex(value, r'\A[^/:]+/index\.html\Z')

    def test_all_points_are_in_the_last_bar(self) -> None:
        points = graded.result()['points'] | {'total': 100}
        page = self.the_class([graded.result(points=points)])
        self.assertIn('95 to 100 points: 1', page.text)
        self.assertIn('0 to 5 points: 0', page.text)

    def test_folders_may_have_other_names(self) -> None:
        page = self.the_class(
            [graded.result('M\u00fcller, Ann'), graded.result('bob')],
            [('M\u00fcller, Ann', 'bob', .9, 20)],
            {'M\u00fcller, Ann': 'M_ller__Ann'})
        links = [value for name, value in page.attributes if name == 'href']
        self.assertEqual(links[1:].count('M_ller__Ann/index.html'), 3)
        self.assertEqual(links[1:].count('bob/index.html'), 3)

    def test_an_empty_class(self) -> None:
        page = self.the_class([])
        self.assertIn('0 hand-ins: none.', page.text)
        self.assertNotIn('svg', page.tags)

    def test_nobody_has_points(self) -> None:
        page = self.the_class([graded.ungraded('dave')])
        self.assertIn('1 not-graded', page.text)
        self.assertNotIn('svg', page.tags)

    def test_similar_pairs(self) -> None:
        page = self.the_class(graded.a_class(3),
                              [('student001', 'student002', .875, 40)])
        self.assertIn('87.5%', page.text)
        self.assertIn('a hint, not a verdict', page.text)

    def test_more_pairs_than_are_listed(self) -> None:
        page = self.the_class([], [('a', 'b', .9, 9)] * 500)
        self.assertIn('300 more pairs', page.text)

    def test_the_order_of_results_does_not_matter(self) -> None:
        results = graded.a_class(30)
        self.the_class(results)
        one = (self.folder / 'index.html').read_bytes()
        self.the_class(results[::-1])
        self.assertEqual((self.folder / 'index.html').read_bytes(), one)


# ---- The map. ----


def pixels(png: bytes) -> list[bytes]:
    """Rows of a file that png.py wrote, of the palette's numbers."""
    assert png.startswith(b'\x89PNG\r\n\x1a\n')
    at, chunks = 8, {}
    while at < len(png):
        size, name = struct.unpack('>I4s', png[at:at + 8])
        chunks[name] = png[at + 8:at + 8 + size]
        check, = struct.unpack('>I', png[at + 8 + size:at + 12 + size])
        assert check == zlib.crc32(name + chunks[name])
        at += 12 + size
    width, height = struct.unpack('>II', chunks[b'IHDR'][:8])
    raw = zlib.decompress(chunks[b'IDAT'])
    assert len(raw) == height * (width + 1)
    return [raw[n + 1:n + 1 + width]
            for n in range(0, len(raw), width + 1)]


def events(*rows: str) -> io.StringIO:
    """kind slot address size heap"""
    lines = ['allocator,trace,op,kind,slot,address,size,thread,payload,heap,'
             'mapped']
    for op, row in enumerate(rows, 1):
        kind, slot, address, size, heap = row.split()
        lines.append(f'a,t.rep,{op},{kind},{slot},{address},{size},0,0,'
                     f'{heap},0')
    return io.StringIO('\n'.join(lines) + '\n')


FULL = 1 + heap_picture.SHADES
ROW = -(-(1 << 16) // heap_picture.HEIGHT)  # bytes, of 64 KiB


class Map(unittest.TestCase):
    def test_payload_free_memory_and_nothing(self) -> None:
        half = ROW * 10
        rows = pixels(heap_picture.draw(events(
            f'a 0 0x10000000 {half} {half}',
            f'a 1 {0x10000000 + half:#x} {half} {2 * half}',
            f'f 0 0x10000000 0 {2 * half}')))
        bottom, above, top = rows[-5], rows[-15], rows[0]
        self.assertEqual(list(bottom), [FULL, FULL, 1])
        self.assertEqual(list(above), [0, FULL, FULL])
        self.assertEqual(list(top), [0, 0, 0])

    def test_realloc_moves_a_block(self) -> None:
        rows = pixels(heap_picture.draw(events(
            f'a 0 0x10000000 {ROW} {4 * ROW}',
            f'r 0 {0x10000000 + 3 * ROW:#x} {ROW} {4 * ROW}')))
        self.assertEqual([list(row) for row in rows[-4:]],
                         [[1, FULL], [1, 1], [1, 1], [FULL, 1]])

    def test_regions_far_apart(self) -> None:
        rows = pixels(heap_picture.draw(events(
            'a 0 0x10000000 65536 65536', 'a 1 0x7fff00000000 65536 65536')))
        self.assertEqual(rows[-1], bytes([FULL, FULL]))
        self.assertEqual(rows[0][0], 0)
        self.assertGreater(rows[0][1], FULL // 2)

    def test_a_long_trace_is_cut(self) -> None:
        many = events(*['a 0 0x10000000 8 4096', 'f 0 0x10000000 0 4096']
                      * 50000)
        rows = pixels(heap_picture.draw(many))
        self.assertEqual((len(rows), len(rows[0])),
                         (heap_picture.HEIGHT, heap_picture.WIDTH))
        self.assertTrue(many.readline(), 'all of the events were read')

    def test_no_block_no_picture(self) -> None:
        self.assertIsNone(heap_picture.draw([]))
        for rows in (), ('f - 0x0 0 0',), ('a 0 0x0 8 0',):
            self.assertIsNone(heap_picture.draw(events(*rows)))

    def test_of_a_real_replay(self) -> None:
        said = mdriver('--no-timing', '--allocator', 'naive', '-f',
                       ROOT / 'traces/structs.rep', '--events', '-').stdout
        found = {pixel for row in pixels(heap_picture.draw(
            said.splitlines())) for pixel in row}
        self.assertLessEqual({0, 1, FULL - 1}, found)

    def test_it_costs_little(self) -> None:
        """In CPU time, of the longest events that are read."""
        many = events(*[f'a {n} {0x10000000 + 64 * n:#x} 40 4000000'
                        for n in range(heap_picture.MOST_OPS)])
        begin = time.process_time()
        heap_picture.draw(many)
        self.assertLess(time.process_time() - begin, 2)


# ---- In a browser. ----


@functools.lru_cache(maxsize=None)
def running() -> tuple[Any, Path]:
    """The browser of all tests, and a folder with a class of 500."""
    only_with('selenium')
    from malloclab.report import browser

    if browser.missing():
        raise unittest.SkipTest(browser.missing())
    holder = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(holder.cleanup)
    folder = Path(holder.name)
    results = graded.a_class(487) + graded.hostile()
    pages.write_class(results, [('student001', graded.HOSTILE[0], .9, 20)],
                      folder / 'index.html')
    for n, result in enumerate([*graded.hostile(), graded.judged('naive')]):
        (folder / str(n)).mkdir()
        pages.write_student(result, folder / str(n))
    started = browser.started()
    driver = started.__enter__()
    unittest.addModuleCleanup(started.__exit__, None, None, None)
    return driver, folder


class InABrowser(unittest.TestCase):
    def setUp(self) -> None:
        self.driver, self.folder = running()

    def open(self, name: str) -> None:
        from malloclab.report import browser

        self.driver.get('about:blank')
        self.driver.get((self.folder / name).as_uri())
        self.assertEqual(browser.console_errors(self.driver), [])

    def column(self, table: int, column: int) -> list[str]:
        return self.driver.execute_script(
            'return [...document.querySelectorAll("table")[arguments[0]]'
            '.tBodies[0].rows].map(row => row.cells[arguments[1]].innerText)',
            table, column)

    def sort(self, column: int) -> str:
        """Click on a heading of the first table; what it then says."""
        return self.driver.execute_script(
            'const head = document.querySelectorAll("table th")[arguments[0]];'
            'head.querySelector("button").click();'
            'return head.getAttribute("aria-sort")', column)

    def test_a_click_sorts_numbers_and_those_without_are_last(self) -> None:
        self.open('index.html')
        for expected, reverse in ('ascending', False), ('descending', True):
            self.assertEqual(self.sort(2), expected)
            shown = self.column(0, 2)
            values = [float(value) for value in shown if value != '-']
            self.assertEqual(len(shown), 500)
            self.assertEqual(values, sorted(values, reverse=reverse))
            self.assertEqual(set(shown[len(values):]), {'-'})

    def test_a_click_sorts_names(self) -> None:
        self.open('index.html')
        for _ in range(2):
            self.sort(0)
        names = [name for name in self.column(0, 0)
                 if name.startswith('student')]
        self.assertEqual(names, sorted(names, reverse=True))
        self.assertEqual(len(names), 487)

    def test_one_heading_at_a_time_is_marked(self) -> None:
        self.open('index.html')
        self.sort(0)
        self.sort(2)
        marked = self.driver.execute_script(
            'return document.querySelectorAll("th[aria-sort]").length')
        self.assertEqual(marked, 1)

    def test_hostile_texts_do_nothing(self) -> None:
        for name in ('index.html', *(f'{n}/index.html' for n in
                                     range(len(graded.HOSTILE) + 1))):
            with self.subTest(name):
                self.open(name)
                self.assertNotIn('owned', self.driver.title.split(':')[0]
                                 if name == 'index.html' else '')
                found = self.driver.execute_script(
                    'return [document.scripts.length, document.querySelectorAll'
                    '("img[src=x]").length, document.body.scrollWidth]')
                self.assertEqual(found[:2],
                                 [1 if name == 'index.html' else 0, 0])
                self.assertLessEqual(found[2], 1280)

    def test_a_script_that_gets_into_the_page_does_not_run(self) -> None:
        """Were an escape forgotten, the page's policy would still hold."""
        page = (self.folder / 'index.html').read_text('utf-8')
        spoilt = self.folder / 'spoilt.html'
        spoilt.write_text(page.replace('<h1>', graded.HOSTILE[0]
                                       + '<h1 onclick="document.title=1">'))
        self.driver.get(spoilt.as_uri())
        self.assertNotEqual(self.driver.title, 'owned')
        self.driver.execute_script('document.querySelector("h1").click()')
        self.assertNotEqual(self.driver.title, '1')
        from malloclab.report import browser

        self.assertTrue(browser.console_errors(self.driver))

    def test_light_and_dark(self) -> None:
        grounds = []
        for scheme in 'light', 'dark':
            self.driver.execute_cdp_cmd('Emulation.setEmulatedMedia', {
                'features': [{'name': 'prefers-color-scheme',
                              'value': scheme}]})
            self.open('index.html')
            grounds.append(self.driver.execute_script(
                'return getComputedStyle(document.body).backgroundColor'))
        self.driver.execute_cdp_cmd('Emulation.setEmulatedMedia',
                                    {'features': []})
        self.assertEqual(grounds, ['rgb(255, 255, 255)', 'rgb(20, 24, 28)'])

    def test_the_pictures_have_what_the_table_has(self) -> None:
        self.open('index.html')
        bars, dots = self.driver.execute_script(
            'return [[...document.querySelectorAll("svg rect.fill title")]'
            '.map(title => Number(title.textContent.split(": ")[1])),'
            'document.querySelectorAll("svg a circle").length]')
        points = [value for value in self.column(0, 2) if value != '-']
        speeds = [value for value in self.column(0, 8) if value != '-']
        self.assertEqual(sum(bars), len(points))
        self.assertEqual(dots, len(speeds))

    def test_the_front_passes_through_those_that_nobody_beats(self) -> None:
        self.open('index.html')
        line, dots = self.driver.execute_script(
            'return [document.querySelector("svg .front").getAttribute("d"),'
            '[...document.querySelectorAll("svg circle.dot:not(.wrong)")]'
            '.map(dot => ["cx", "cy"].map(name => dot.getAttribute(name)))]')
        places = {(float(x), float(y)) for x, y in dots}
        best = sorted((x, y) for x, y in places
                      if not any(u >= x and v <= y and (u, v) != (x, y)
                                 for u, v in places))
        self.assertEqual(re.findall(r'V([\d.]+)H([\d.]+)', line),
                         [(f'{y:.1f}', f'{x:.1f}') for x, y in best])
        self.assertTrue(best)
