"""A report in a real browser: what it draws, says and does.

What pixels should show is computed here from the tables that the exporter reads.
"""
from __future__ import annotations

import base64
import functools
import math
import random
import tempfile
import unittest
from pathlib import Path

from support import BUILD, ROOT, TESTS, in_release_only, only_with

in_release_only('the page is the same in every build')
only_with('numpy', 'selenium')
import numpy
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.actions.action_builder import ActionBuilder
from selenium.webdriver.common.actions.wheel_input import ScrollOrigin
from selenium.webdriver.common.keys import Keys
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.support.ui import Select, WebDriverWait

from malloclab.report import blocks, browser, command, gather

if browser.missing():
    raise unittest.SkipTest(browser.missing())

NAMES = ('small', 'realloc', 'calloc', 'memalign', 'edge')
TRACES = [*(TESTS / f'traces/{name}.rep' for name in NAMES),
          ROOT / 'traces/powerlaw.rep']  # more operations than pixels
BAD = BUILD / 'bad/overlap.reuses-a-live-block.so'
FAINT, NOTHING = 70, 1e-9  # as in raster.js

TO_TEXT = '''
function toText(pixels) {
  const bytes = new Uint8Array(pixels.buffer);
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}
'''
PIXELS = TO_TEXT + '''
const panel = malloclab.app.panels[arguments[0]], {raster} = panel;
return {width: raster.width, height: raster.height, exact: raster.exact,
        window: raster.window, text: toText(raster.pixels)};
'''
SHOWN = TO_TEXT + '''
const {base} = malloclab.app.panels[0], {width, height} = base;
const copy = new OffscreenCanvas(width, height)
  .getContext("2d", {willReadFrequently: true});
copy.drawImage(base, 0, 0);
return {width, height, text: toText(copy.getImageData(0, 0, width,
                                                      height).data)};
'''


def picture(found: dict) -> numpy.ndarray:
    """Rows of pixels, the highest first, as TO_TEXT sends them."""
    return numpy.frombuffer(base64.b64decode(found['text']), '<u4').reshape(
        found['height'], found['width'])


def expected_boxes(trace: blocks.Placements, put: blocks.HeapLayout,
                   window: dict, width: int, height: int
                   ) -> numpy.ndarray:
    """Which pixels have a block, top row first, drawn as whole pixels."""
    drawn = numpy.zeros((height, width), bool)
    sx = (window['t1'] - window['t0']) / width
    sy = (window['a1'] - window['a0']) / height
    near = lambda number: math.floor(number + 0.5)  # noqa: E731
    for birth, death, size, low in zip(trace.birth, trace.death, trace.size,
                                       put.offset):
        death = min(death, put.done)
        if low < 0 or low >= window['a1'] or birth >= window['t1'] or \
                low + max(1, size) <= window['a0'] or death <= window['t0']:
            continue
        x0, x1 = (near((time - window['t0']) / sx) for time in (birth, death))
        y0, y1 = (near((at - window['a0']) / sy) for at in (low, low + size))
        x1, y1 = max(x1, x0 + 1), max(y1, y0 + 1)
        drawn[max(0, height - y1):max(0, height - y0),
              max(0, x0):max(0, x1)] = True
    return drawn


def expected_shares(trace: blocks.Placements, put: blocks.HeapLayout,
                    window: dict, width: int, height: int
                   ) -> numpy.ndarray:
    """What share of each pixel is payload, top row first."""
    share = numpy.zeros((height, width))
    times = numpy.linspace(window['t0'], window['t1'], width + 1)
    places = numpy.linspace(window['a0'], window['a1'], height + 1)

    def overlaps(edges, begin, end):
        shared = numpy.minimum(edges[1:], end) - numpy.maximum(edges[:-1],
                                                               begin)
        return numpy.maximum(0, shared) / (edges[1] - edges[0])

    for birth, death, size, low in zip(trace.birth, trace.death, trace.size,
                                       put.offset):
        if low >= 0 and birth < put.done:
            share += numpy.outer(
                overlaps(places, low, low + size),
                overlaps(times, birth, min(death, put.done)))
    return share[::-1]


@functools.lru_cache(maxsize=None)
def replayed(name: str) -> gather.Replayed:
    path = next(path for path in TRACES if path.stem == name)
    return gather.replay(str(path), ['mm', 'tlsf', f'bad={BAD}'],
                         ['--no-timing'], BUILD)


def payload(name: str) -> list[int]:
    return replayed(name).events[0]['payload'].tolist()


def tables(name: str, allocator: str
           ) -> tuple[blocks.Placements, blocks.HeapLayout]:
    events = replayed(name).events
    trace = blocks.placements_of(max(events, key=len))
    return trace, next(blocks.layout_of(trace, one) for one in events
                       if one.allocator == allocator)


@functools.lru_cache(maxsize=None)
def running():
    """The browser of all tests, on a report of all traces, and its path."""
    folder = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(folder.cleanup)
    report = Path(folder.name) / 'r.html'
    status = command.main([
        '-o', str(report), '--allocator', f'mm,tlsf,bad={BAD}',
        '--build', str(BUILD), '--no-bounds', *map(str, TRACES)])
    if status != 1:  # one of the allocators is bad
        raise AssertionError(f'tools/report ended with {status}')
    started = browser.started(760, 1100)
    driver = started.__enter__()
    unittest.addModuleCleanup(started.__exit__, None, None, None)
    browser.show(driver, report)
    return driver, report


class Reports(unittest.TestCase):
    """One report and one browser for all."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.driver, cls.report = running()

    def setUp(self) -> None:
        self.js('malloclab.limits.exact = 20000')
        self.js('document.activeElement?.blur()')  # keys are not for it
        pointer = ActionBuilder(self.driver, duration=0)
        pointer.pointer_action.move_to_location(0, 0)  # it is over no panel
        pointer.perform()
        self.open('')

    def tearDown(self) -> None:
        self.js('if (malloclab.app.playing) malloclab.app.play()')
        self.assertEqual(browser.console_errors(self.driver), [])

    def load(self, fragment: str = '') -> None:
        browser.show(self.driver, self.report, fragment)

    def open(self, fragment: str) -> None:
        """The same, without reading the page again."""
        self.js('return malloclab.app.restore(arguments[0])', fragment)

    def until(self, code: str) -> None:
        WebDriverWait(self.driver, 300, 0.02).until(
            lambda driver: driver.execute_script(f'return {code}'))
        browser.settle(self.driver)

    def repeat_until(self, act, holds) -> None:
        """Act until it shows: on a busy machine a browser that begins may
        lose a key."""
        for attempt in range(6):
            act()
            try:
                WebDriverWait(self.driver, 20, 0.02).until(
                    lambda driver: holds())
                return
            except TimeoutException:
                pass
        self.fail('it never showed')

    def js(self, code: str, *arguments):
        found = self.driver.execute_script(code, *arguments)
        browser.settle(self.driver)
        return found

    def text(self, name: str) -> str:
        return self.driver.find_element('id', name).text.replace('\u202f', '')

    def over(self, at: int = 0):
        return self.driver.find_elements('css selector', '.panel .over')[at]

    def mouse(self, x: float, y: float, at: int = 0) -> ActionChains:
        """Moved to a pixel of a panel's picture."""
        canvas = self.over(at)
        self.js('arguments[0].scrollIntoView({block: "center"})', canvas)
        size, gutter = canvas.size, 108
        return ActionChains(self.driver).move_to_element_with_offset(
            canvas, gutter + x - size['width'] // 2, y - size['height'] // 2)

    def perform(self, chain: ActionChains) -> None:
        chain.perform()
        browser.settle(self.driver)

    def press(self, *keys: str) -> None:
        self.perform(ActionChains(self.driver).send_keys(*keys))

    def pixels(self, at: int = 0) -> tuple[dict, numpy.ndarray]:
        found = self.js(PIXELS, at)
        return found, (picture(found) >> 24).astype(int)

    def shown(self) -> numpy.ndarray:
        """What one sees of the first panel, but for what lies over it."""
        return picture(self.js(SHOWN))


class Loads(Reports):
    def test_from_disk_and_asks_for_nothing(self) -> None:
        self.load()
        self.assertEqual(self.js(
            'return performance.getEntriesByType("resource")'
            '.filter((one) => !one.name.startsWith("data:")).length'), 0)
        self.assertTrue(self.driver.current_url.startswith('file://'))

    def test_every_line_of_every_trace(self) -> None:
        for path in TRACES:
            self.open(f'#trace={path.name}')
            found = self.js(
                'const {trace} = malloclab.app; return Array.from('
                'trace.kind, (_, op) => [trace.lines.line[op], '
                'trace.text(op)])')
            text = path.read_text().splitlines()
            wanted = [[n, ' '.join(line.split())] for n, line in
                      enumerate(text, 1) if line[:1].isalpha()]
            self.assertEqual(found, wanted, path.name)

    def test_payload_is_mdriver_s(self) -> None:
        for path in TRACES:
            self.open(f'#trace={path.name}')
            found = self.js('return Array.from(malloclab.app.trace.payload)')
            self.assertEqual(found, payload(path.stem), path.name)

    def test_summary_and_complaints(self) -> None:
        rows = [row.text.split() for row in self.driver.find_elements(
            'css selector', '#summary tbody tr')]
        self.assertEqual([row[:4] for row in rows],
                         [['mm', '6', 'of', '6'], ['tlsf', '6', 'of', '6'],
                          ['bad', '1', 'of', '6']])
        self.assertIn('bad on small.rep: overlap small.rep:',
                      self.text('bad-verdicts'))

    def test_a_head_sorts_both_ways(self) -> None:
        cells = '#results tbody td:nth-child(7)'
        for order in (sorted, lambda found: sorted(found, reverse=True)):
            head = next(one for one in self.driver.find_elements(
                'css selector', '#results th button') if one.text == 'util')
            self.js('arguments[0].click()', head)
            shares = [float(cell.text[:-1]) for cell in
                      self.driver.find_elements('css selector', cells)
                      if cell.text != '-']
            self.assertEqual(len(shares), 13)  # those that are right
            self.assertEqual(shares, order(shares))

    def column(self, number: int) -> list[str]:
        return [cell.text for cell in self.driver.find_elements(
            'css selector', f'#results tbody td:nth-child({number})')]

    def result_rows(self, *, search: str = '', hide: str = '') -> None:
        """Search the results, and take a column from them; reset after."""
        self.addCleanup(self.load)
        self.js('const [text, title] = arguments, input = document'
                '.querySelector("#results input[type=search]");'
                'input.value = text; input.dispatchEvent(new Event("input"));'
                'for (const label of document.querySelectorAll("#results '
                '.menu label")) if (label.textContent.trim() === title)'
                ' label.querySelector("input").click();', search, hide)

    def test_a_search_leaves_the_rows_with_all_words(self) -> None:
        self.result_rows(search='SMALL  tlsf')
        self.assertEqual((self.column(1), self.column(2)),
                         (['small.rep'], ['tlsf']))
        self.assertIn('1 of 18 rows', self.text('results'))

    def test_a_column_hides_and_comes_back(self) -> None:
        self.result_rows(hide='allocator')
        self.assertEqual(self.column(2).count('ok'), 13)
        self.result_rows(hide='allocator')
        self.assertEqual(self.column(2).count('tlsf'), 6)

    def copied(self, form: str) -> str:
        self.js('malloclab.copied = null; navigator.clipboard.writeText ='
                ' async (text) => { malloclab.copied = text; };'
                'for (const button of document.querySelectorAll("#results '
                'button")) if (button.innerText === arguments[0])'
                ' button.click();', f'copy {form}')
        return self.js('return malloclab.copied')

    def test_what_is_copied_is_what_is_shown(self) -> None:
        self.result_rows(search='small.rep mm', hide='verdict')
        peak = max(payload('small'))
        lines = self.copied('CSV').splitlines()
        self.assertEqual(len(lines), 2)
        self.assertTrue(lines[0].startswith('trace,allocator,operations,'))
        self.assertTrue(lines[1].startswith(f'small.rep,mm,330,{peak},'))
        lines = self.copied('Markdown').splitlines()
        self.assertTrue(lines[0].startswith('| trace | allocator | op'))
        self.assertTrue(lines[1].startswith('| --- | --- | ---: |'))
        self.assertTrue(lines[2].startswith('| small.rep | mm | 330 |'))
        self.assertIn('copied 1 rows as Markdown', self.text('results'))

    def test_the_switch_is_stronger_than_the_system(self) -> None:
        for scheme in ('dark', 'light'):
            Select(self.driver.find_element('id', 'theme')) \
                .select_by_visible_text(scheme)
            self.assertEqual(self.js('return malloclab.app.theme.dark'),
                             scheme == 'dark')
            self.assertIn(f'theme={scheme}',
                          self.js('return malloclab.app.fragment'))
            page = self.js('return getComputedStyle(document.body)'
                           '.backgroundColor')
            self.assertEqual(page == 'rgb(255, 255, 255)', scheme == 'light')

    def test_bars_are_as_readable_on_a_narrow_screen(self) -> None:
        self.addCleanup(self.driver.execute_cdp_cmd,
                        'Emulation.clearDeviceMetricsOverride', {})
        self.driver.execute_cdp_cmd('Emulation.setDeviceMetricsOverride', {
            'width': 400, 'height': 900, 'deviceScaleFactor': 1,
            'mobile': False})
        found = self.js('''
            const box = (one) => one.getBoundingClientRect();
            const figure = document.getElementById("figure");
            const own = [...figure.querySelectorAll(".group, .group *")];
            return {
              page: document.documentElement.scrollWidth,
              right: Math.max(...own.map((one) => box(one).right)),
              text: Math.min(...own.map((one) =>
                parseFloat(getComputedStyle(one).fontSize))),
              high: Math.min(...[...figure.querySelectorAll(".bar")]
                .map((one) => box(one).height)),
              wide: box(figure.querySelector(".bars")).width};''')
        self.assertLessEqual(max(found['page'], found['right']), 400)
        self.assertGreaterEqual(found['text'], 11)
        self.assertGreaterEqual(found['high'], 9)
        self.assertGreater(found['wide'], 300)

    def prefer(self, scheme: str) -> None:
        self.driver.execute_cdp_cmd('Emulation.setEmulatedMedia', {
            'features': [{'name': 'prefers-color-scheme', 'value': scheme}]})
        dark = 'true' if scheme == 'dark' else 'false'
        self.until(f'malloclab.app.theme.dark === {dark}')

    def test_dark_is_another_palette(self) -> None:
        light = self.shown()
        self.prefer('dark')
        self.addCleanup(self.prefer, 'light')
        dark = self.shown()
        self.assertFalse((light == dark).all())
        self.assertLess(max(dark[0, 0] & 255, dark[0, 0] >> 8 & 255), 64)


class Draws(Reports):
    WINDOWS = ('', '&t=40-200', '&t=17.5-90.25&a=500-4100',
               '&t=0-60&a=0-2000')

    def test_boxes_where_the_exporter_has_blocks(self) -> None:
        for name, allocator in (('small', 'mm'), ('realloc', 'tlsf'),
                                ('powerlaw', 'mm')):
            trace, put = tables(name, allocator)
            for window in self.WINDOWS:
                self.open(f'#trace={name}.rep&panels={allocator}{window}')
                found, alpha = self.pixels()
                self.assertTrue(found['exact'])
                wanted = expected_boxes(trace, put, found['window'],
                                        found['width'], found['height'])
                self.assertGreater(wanted.sum(), 100)
                self.assertTrue((wanted == (alpha > 0)).all(),
                                f'{name} {window}')

    def test_shares_where_boxes_are_too_many(self) -> None:
        for name, allocator in (('small', 'mm'), ('realloc', 'tlsf')):
            trace, put = tables(name, allocator)
            for window in self.WINDOWS:
                self.js('malloclab.limits.exact = 0')
                self.open(f'#trace={name}.rep&panels={allocator}{window}')
                found, alpha = self.pixels()
                self.assertFalse(found['exact'])
                share = expected_shares(trace, put, found['window'],
                                        found['width'], found['height'])
                wanted = numpy.where(share < NOTHING, 0, numpy.floor(
                    FAINT + (255 - FAINT) * numpy.minimum(1, share)))
                self.assertLessEqual(abs(wanted - alpha).max(), 1,
                                     f'{name} {window}')

    def test_what_is_shown_is_the_raster_on_the_ground(self) -> None:
        self.open('#trace=small.rep&panels=mm')
        found, alpha = self.pixels()
        shown = self.shown()
        ground = set(numpy.unique(shown[alpha == 0]))
        self.assertEqual(len(ground), 2)  # within the heap, and outside
        self.assertFalse(ground & set(numpy.unique(shown[alpha > 0])))

    def test_the_heap_s_ground_is_as_high_as_its_break(self) -> None:
        self.open('#trace=small.rep&panels=mm')
        _, alpha = self.pixels()
        shown = self.shown()
        heap = replayed('small').events[0]['heap']
        high, wide = alpha.shape
        outside = shown[0, 0]  # the picture's corner: before the first block
        span = self.js('return malloclab.app.ranges[0].hi')
        for x in range(5, wide - 5, 97):
            top = high - heap[int((x + 0.5) * len(heap) / wide)] / span * high
            column = shown[:, x]
            if round(top) > 2:
                self.assertTrue((column[:math.floor(top) - 1] == outside).all())
            self.assertTrue((column[math.ceil(top) + 1:] != outside).all())

    def test_a_shifted_picture_is_the_one_drawn_anew(self) -> None:
        self.js('malloclab.limits.exact = 0')
        for name in ('small', 'realloc'):
            self.open(f'#trace={name}.rep&panels=mm&t=50-190&a=900-9000')
            for dx, dy in ((13, 0), (-200, 0), (0, 31), (0, -9), (40, -17),
                           (-3, 5)):
                self.js('const {app} = malloclab, {raster} = app.panels[0];'
                        'const whole = raster.drawWhole;'
                        'raster.drawWhole = () => { throw "anew"; };'
                        'app.panPixels(0, arguments[0], arguments[1]);'
                        'app.draw(); raster.drawWhole = whole;', dx, dy)
                _, shifted = self.pixels()
                self.js('malloclab.app.panels[0].raster.window = null;'
                        'malloclab.app.draw()')
                _, anew = self.pixels()
                self.assertLessEqual(abs(shifted - anew).max(), 1,
                                     f'{name} {dx} {dy}')
                self.assertGreater((anew > 0).sum(), 1000)

    def test_nothing_after_the_end_of_a_bad_replay(self) -> None:
        trace, put = tables('small', 'bad')
        self.open('#trace=small.rep&panels=bad')
        found, alpha = self.pixels()
        self.assertLess(put.done, len(trace.kind))
        end = math.ceil(put.done / len(trace.kind) * found['width']) + 1
        self.assertTrue((alpha[:, end:] == 0).all())
        self.assertTrue((alpha[:, :end] > 0).any())
        self.assertIn('overlap after', self.driver.find_element(
            'css selector', '.panel.bad .note').text)

    def test_each_meaning_of_colour_is_another_picture(self) -> None:
        seen = []
        for mode in ('size', 'life', 'born', 'waste'):
            self.open(f'#trace=realloc.rep&panels=mm&colour={mode}')
            seen.append(self.shown().tobytes())
            self.assertGreater(len(self.driver.find_elements(
                'css selector', '#legend .key')), 1)
        self.assertEqual(len(set(seen)), 4)

    def test_colours_are_classes_of_sizes(self) -> None:
        self.open('#trace=small.rep&panels=mm&colour=size')
        shares, sizes = self.js(
            'const {app} = malloclab; return [Array.from('
            'app.panels[0].values), Array.from(app.trace.size)]')
        classes = [max(4, math.ceil(math.log2(max(1, s)))) for s in sizes]
        rank = {c: at for at, c in enumerate(sorted(set(classes)))}
        self.assertEqual(shares, [rank[c] * 255 // (len(rank) - 1)
                                  for c in classes])

    def test_ages_are_parted_into_classes_of_as_many_blocks(self) -> None:
        trace, _ = tables('powerlaw', 'mm')
        ended = trace.death < len(trace.kind)
        ages = (trace.death - trace.birth)[ended]
        self.open('#trace=powerlaw.rep&panels=mm&colour=life')
        shares = numpy.array(self.js(
            'return Array.from(malloclab.app.panels[0].values)'))[ended]
        self.assertEqual(len(set(shares)), 8)
        for n, share in enumerate(sorted(set(shares))):
            edge = numpy.quantile(ages, (n + 1) / 8, method='inverted_cdf')
            self.assertEqual(ages[shares == share].max(), edge)
        legend = self.text('legend').split()
        self.assertIn(str(ages.max()), legend)

    def test_three_allocators_are_shown_and_the_packing(self) -> None:
        self.assertEqual(self.js('return malloclab.app.panels.map('
                                 '(p) => p.layout.name)'),
                         ['mm', 'tlsf', 'bad'])
        self.open('#trace=realloc.rep&panels=mm,tlsf,bad,mm')
        self.assertEqual(self.js('return malloclab.app.panels.length'), 4)

    def test_an_earlier_heap_stands_beside_the_new_one(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        old, new = (Path(folder.name) / name for name in ('a.html', 'b.html'))
        small = str(TRACES[0])
        one = ['--build', str(BUILD), '--no-bounds', small]
        tlsf = BUILD / 'variants/tlsf.so'
        command.main(['-o', str(old), '-a', f'mm={tlsf}', *one])
        self.assertEqual(command.main(
            ['-o', str(new), '-a', 'mm', '--before', str(old), *one]), 0)
        self.open('#trace=small.rep&panels=mm,tlsf')
        known = [self.js(PIXELS, at) for at in range(2)]
        try:
            browser.show(self.driver, new)
            self.assertEqual(self.js('return malloclab.app.panels.map('
                                     '(p) => p.layout.name)'),
                             ['mm', 'mm (before)'])
            self.assertEqual([self.js(PIXELS, at) for at in range(2)], known)
            said = self.js('return [...document.querySelectorAll(".panel")]'
                           '.slice(0, 2).map((p) => p.innerText)')
            self.assertRegex(said[1], r'util \d+\.\d%')
            self.assertNotIn(said[1].split('util')[1], said[0])
        finally:
            self.load()

    def test_slack(self) -> None:
        for name in ('small', 'realloc', 'edge'):
            trace, put = tables(name, 'mm')
            self.open(f'#trace={name}.rep&panels=mm')
            found = self.js(
                'const {app} = malloclab; return Array.from(app.loaded.slackOf('
                'app.panels[0].layout), (n) => n === Infinity ? -1 : n)')
            self.assertEqual(found, self.brute_slack(trace, put), name)

    @staticmethod
    def brute_slack(trace: blocks.Placements, put: blocks.HeapLayout
                    ) -> list[int]:
        """At every birth, the gap of each live pair of neighbours."""
        least = [math.inf] * len(trace.birth)
        for now in trace.birth:
            live = sorted((put.offset[i], i) for i in range(len(trace.birth))
                          if trace.birth[i] <= now < trace.death[i]
                          and put.offset[i] >= 0)
            for (low, i), (high, _) in zip(live, live[1:]):
                least[i] = min(least[i], max(0, high - low - trace.size[i]))
        return [-1 if slack == math.inf else slack for slack in least]


class Answers(Reports):
    """The pointer, the keys, the choices, the fragment."""

    def time(self) -> dict:
        return self.js('return malloclab.app.time')

    def test_the_wheel_zooms_around_the_pointer(self) -> None:
        self.open('#trace=small.rep')
        width = self.js('return malloclab.app.panels[0].width')
        self.mouse(200, 60)  # scrolls it into view
        origin = ScrollOrigin.from_element(self.over(), 108 + 200 -
                                           self.over().size['width'] // 2, 0)
        self.perform(ActionChains(self.driver).scroll_from_origin(
            origin, 0, -400))
        time = self.time()
        self.assertAlmostEqual(time['hi'] - time['lo'],
                               330 * math.exp(-0.6), delta=1)
        at = time['lo'] + 200 / width * (time['hi'] - time['lo'])
        self.assertAlmostEqual(at, 330 * 200 / width, delta=1.5)

    def test_shift_and_the_wheel_zoom_addresses_of_all_panels(self) -> None:
        self.open('#trace=small.rep&panels=mm,tlsf')
        before = self.js('return malloclab.app.ranges')
        self.mouse(200, 60)
        origin = ScrollOrigin.from_element(self.over())
        self.perform(ActionChains(self.driver).key_down(Keys.SHIFT)
                     .scroll_from_origin(origin, 0, -400).key_up(Keys.SHIFT))
        after = self.js('return malloclab.app.ranges')
        self.assertEqual(after[0], after[1])
        self.assertAlmostEqual(after[0]['hi'] - after[0]['lo'],
                               before[0]['hi'] * math.exp(-0.6), delta=30)
        self.assertEqual(self.time(), {'lo': 0, 'hi': 330})

    def test_panels_apart(self) -> None:
        self.open('#trace=small.rep&panels=mm,tlsf')
        self.press('l')
        self.press(']')
        ranges = self.js('return malloclab.app.ranges')
        self.assertLess(ranges[0]['hi'] - ranges[0]['lo'],
                        0.6 * (ranges[1]['hi'] - ranges[1]['lo']))
        self.press('l')
        ranges = self.js('return malloclab.app.ranges')
        self.assertEqual(ranges[0], ranges[1])

    def test_dragging_moves_what_is_held(self) -> None:
        self.open('#trace=small.rep&t=100-200&a=1000-3000&at=7')
        per = 100 / self.js('return malloclab.app.panels[0].width')
        chain = self.mouse(300, 100)
        self.perform(chain.click_and_hold().move_by_offset(-40, 10).release())
        self.assertAlmostEqual(self.time()['lo'], 100 + 40 * per, places=6)
        high = self.js('return malloclab.app.panels[0].height')
        self.assertAlmostEqual(self.js('return malloclab.app.ranges[0].lo'),
                               1000 + 10 * 2000 / high, places=6)
        self.assertIn('operation 7 of', self.text('step'))  # no click

    def pixel_of(self, trace: blocks.Placements, put: blocks.HeapLayout, i: int,
                 at: int = 0) -> tuple[float, float]:
        return tuple(self.js(
            'const p = malloclab.app.panels[arguments[0]];'
            'return [p.x(arguments[1]), p.y(arguments[2])]', at,
            float(trace.birth[i] + min(trace.death[i], put.done)) / 2,
            float(put.offset[i] + trace.size[i] / 2)))

    def test_hovering_tells_of_the_block_there(self) -> None:
        trace, put = tables('small', 'tlsf')
        self.open('#trace=small.rep&panels=mm,tlsf')
        area = trace.size * (trace.death - trace.birth)
        address = {s.base: s for s in put.segments}
        self.assertEqual(len(address), 1)
        for i in numpy.argsort(area)[-3:]:
            self.perform(self.mouse(*self.pixel_of(trace, put, i, 1), at=1))
            tip = self.text('tip')
            line = TRACES[0].read_text().splitlines()[trace.birth[i] + 4]
            self.assertIn(f'operation {trace.birth[i] + 1}, '
                          f'line {trace.birth[i] + 5}: {line}', tip)
            self.assertIn(f'{put.segments[0].base + put.offset[i]:#x}', tip)

    def test_hovering_over_nothing(self) -> None:
        self.open('#trace=small.rep')
        self.perform(self.mouse(3, 3))
        self.assertFalse(self.driver.find_element('id', 'tip').is_displayed())

    def test_a_click_pins_and_goes_there(self) -> None:
        trace, put = tables('small', 'mm')
        self.open('#trace=small.rep&panels=mm')
        i = int(numpy.argmax(trace.size * (trace.death - trace.birth)))
        x, y = self.pixel_of(trace, put, i)
        self.perform(self.mouse(x, y).click())
        middle = (trace.birth[i] + trace.death[i]) / 2
        self.assertEqual(self.js('return malloclab.app.pinned'), i)
        self.assertAlmostEqual(self.js('return malloclab.app.at'), middle,
                               delta=2)
        self.assertIn(f'{trace.size[i]} bytes of payload', self.text('pinned'))
        self.press('n')
        self.assertEqual(self.js('return malloclab.app.at'), trace.death[i])
        self.press(Keys.ESCAPE)
        self.assertEqual(self.text('pinned'), '')

    def test_steps(self) -> None:
        text = TRACES[0].read_text().splitlines()
        self.open('#trace=small.rep&at=100')
        for keys, op in (('.', 101), ('.', 102), (',', 101), ('>', 201),
                         ('<', 101), (Keys.HOME, 1), (',', 1),
                         (Keys.END, 330), ('.', 330)):
            self.press(keys)
            self.assertIn(f'operation {op} of 330, line {op + 4}: '
                          f'{text[op + 3]} (', self.text('step'))
        self.driver.find_element('id', 'back').click()
        self.assertIn('operation 329 of', self.text('step'))

    def test_keys_move_and_zoom(self) -> None:
        self.open('#trace=small.rep&panels=mm,tlsf&t=100-200&a=0-4000&at=150')
        self.js('arguments[0].focus()', self.over())
        self.press(Keys.ARROW_RIGHT)
        self.assertAlmostEqual(self.time()['lo'], 112.5, delta=0.2)
        self.press(Keys.ARROW_UP)
        self.assertAlmostEqual(self.js('return malloclab.app.ranges[1].lo'),
                               500, delta=10)
        self.press('+')
        time = self.time()
        self.assertAlmostEqual(time['hi'] - time['lo'], 50)
        self.assertTrue(time['lo'] < 150 < time['hi'])
        self.press('0')
        self.assertEqual(self.time(), {'lo': 0, 'hi': 330})
        self.press('c')
        self.assertEqual(self.js('return malloclab.app.colour'), 'life')

    def test_the_pinned_block_is_shown_in_every_panel(self) -> None:
        self.open('#trace=small.rep&panels=mm,tlsf&pin=40')
        self.press('f')
        for at in range(2):
            self.assertEqual(self.js(
                'const {window, layout} = malloclab.app.panels[arguments[0]];'
                'return layout.hit(window) >= 0 && window.a0 <= '
                'layout.offset[40] && layout.offset[40] < window.a1 && '
                'window.t0 <= layout.trace.birth[40] && '
                'layout.trace.death[40] <= window.t1', at), True)

    def test_a_step_out_of_view_moves_the_view(self) -> None:
        self.open('#trace=small.rep&t=10-50&at=50')
        self.press('.')
        time = self.time()
        self.assertEqual(time['hi'] - time['lo'], 40)
        self.assertGreater(time['hi'], 51)

    def test_playing_goes_on_until_it_is_stopped(self) -> None:
        self.open('#trace=small.rep&at=10')
        self.press('p')
        self.until('malloclab.app.at > 12')
        self.press('p')
        at = self.js('return malloclab.app.at')
        self.driver.execute_async_script('setTimeout(arguments[0], 120)')
        self.assertEqual(self.js('return malloclab.app.at'), at)

    def test_another_trace_and_other_panels(self) -> None:
        Select(self.driver.find_element('id', 'trace')) \
            .select_by_value('realloc.rep')
        self.until('malloclab.app.entry.name === "realloc.rep"')
        selects = self.driver.find_elements('css selector', '.panel select')
        Select(selects[2]).select_by_value('bad')
        browser.settle(self.driver)
        self.assertEqual(self.js('return malloclab.app.panels.map('
                                 '(p) => p.layout.name)'),
                         ['mm', 'tlsf', 'bad'])
        Select(selects[1]).select_by_value('-')
        browser.settle(self.driver)
        self.assertEqual(self.js('return malloclab.app.panels.map('
                                 '(p) => p.layout.name)'), ['mm', 'bad'])

    def test_a_row_shows_its_trace(self) -> None:
        row = next(one for one in self.driver.find_elements(
            'css selector', '#traces tbody tr') if 'calloc.rep' in one.text)
        self.js('arguments[0].click()', row)
        self.until('malloclab.app.entry.name === "calloc.rep"')

    FRAGMENT = ('#trace=realloc.rep&panels=tlsf,mm&t=30-90.5&a=100-7000&'
                'at=44&pin=3&colour=born')

    def test_the_fragment_is_restored_and_written(self) -> None:
        self.load(self.FRAGMENT)
        self.assertEqual(self.js('return "#" + malloclab.app.fragment'),
                         self.FRAGMENT)
        self.press('.')
        self.until('location.hash.includes("&at=45&")')

    def test_another_fragment_on_the_same_page(self) -> None:
        self.js('location.hash = arguments[0]', self.FRAGMENT)
        self.until('malloclab.app.pinned === 3')
        self.assertEqual(self.js('return "#" + malloclab.app.fragment'),
                         self.FRAGMENT)

    def test_a_fragment_of_nonsense(self) -> None:
        self.open('#trace=none&panels=x&t=9-2&a=-&at=99999&pin=77777777'
                  '&colour=odd')
        found = self.js('return "#" + malloclab.app.fragment')
        self.assertIn('trace=small.rep', found)
        self.assertIn('at=330', found)
        self.assertNotIn('pin', found)

    def test_a_key_that_does_nothing_says_why(self) -> None:
        self.open('#trace=small.rep&panels=mm&at=330')
        for key, why in (
                ('n', 'no block is pinned: click one'), ('.', 'this is the last'),
                ('f', 'no block is pinned: click one'), ('l', 'no other panel'),
                ('0', 'everything is in view'), ('-', 'everything is in view'),
                ('x', 'x is no key of this page'), (Keys.HOME, None),
                (',', 'this is the first'), (Keys.ESCAPE, 'no block is pinned'),
                ('m', None), ('m', 'this is the peak')):
            self.press(key)
            if why:
                self.assertIn(why, self.text('said'))
            else:
                self.assertEqual(self.text('said'), '')
        self.open('#trace=small.rep&panels=mm&pin=40')
        self.press('f')
        self.assertEqual(self.text('said'), '')
        self.press('f')
        self.assertIn('is in view', self.text('said'))

    def test_help_has_the_keys(self) -> None:
        self.repeat_until(lambda: self.press('?'),
                          lambda: 'play, and stop' in self.text('help'))
        self.repeat_until(lambda: self.press(Keys.ESCAPE),
                          lambda: self.text('help') == '')

    def test_the_curves_share_time_and_cursor(self) -> None:
        self.open('#trace=small.rep&t=100-200&at=150')
        cursor = self.js('const {plot} = malloclab.app.memory; '
                         'return plot.posToVal(plot.cursor.left, "x")')
        self.assertAlmostEqual(cursor, 149.5, delta=0.3)
        found = self.js('const {plot} = malloclab.app.memory; return ['
                        'plot.scales.x.min, plot.scales.x.max]')
        self.assertEqual(found, [100, 200])
        drawn = self.js('const {app} = malloclab; return Array.from('
                        'app.memory.plot.data[1].slice(0, 100))')
        self.assertEqual(drawn, payload('small')[100:200])

    def test_the_bench_measures_every_view(self) -> None:
        self.open('#trace=small.rep')
        self.driver.set_script_timeout(300)
        found = self.driver.execute_async_script(
            'malloclab.measure(3).then(arguments[0])')
        self.assertEqual([one['share'] for one in found['pan']],
                         [0.75, 0.5, 0.25, 0.05, 0.005])
        for one in [*found['pan'], found['zoom']]:
            self.assertGreater(one['median'], 0)
            self.assertGreaterEqual(one['worst'], one['p95'])


class Modules(Reports):
    """The page's data functions, apart from drawing."""

    def call(self, module: str, code: str, *arguments):
        """The value of code, in which `m` is the module and `a` the rest."""
        self.driver.set_script_timeout(300)
        found = self.driver.execute_async_script(
            'const [a, done] = arguments;'
            f'import("report/{module}").then((m) => done(['
            f'(() => {{ {code} }})(), null]), (e) => done([null, `${{e}}`]))',
            list(arguments))
        self.assertIsNone(found[1])
        return found[0]

    def test_columns(self) -> None:
        numbers = [5, 300, 0, (1 << 47) - 1]
        planes = [n >> 8 * k & 255 for k in range(6) for n in numbers]
        self.assertEqual(self.call('codec', '''
            const found = m.columns(Uint8Array.from(a[0]), [
              {name: "none", count: 0, bytes: 1, delta: false},
              {name: "wide", count: 4, bytes: 6, delta: false},
              {name: "steps", count: 4, bytes: 1, delta: true}]);
            return Object.values(found).map((one) => Array.from(one));''',
            planes + [10, 1, 4, 0]), [[], numbers, [5, 4, 6, 6]])

    def test_neighbours(self) -> None:
        dice = random.Random(1)
        moves = [(dice.random() < 0.6, dice.randrange(3000), dice.randrange(
            3000)) for _ in range(800)]
        found = self.call('slack', '''
            const set = new m.Neighbours(3000);
            return a[0].map(([adds, number, asked]) => {
              if (adds) set.add(number); else set.remove(number);
              return [set.above(asked), set.below(asked)];
            });''', moves)
        members: set[int] = set()
        for (adds, number, asked), answer in zip(moves, found):
            (members.add if adds else members.discard)(number)
            self.assertEqual(answer, [
                min((n for n in members if n > asked), default=-1),
                max((n for n in members if n < asked), default=-1)])

    def test_ranges(self) -> None:
        limits = {'lo': 0, 'hi': 100}
        for code, wanted in [
                ('m.zoom({lo: 20, hi: 60}, 30, 0.5, a[0], 1)', (25, 45)),
                ('m.zoom({lo: 20, hi: 60}, 30, 0.01, a[0], 8)', (28, 36)),
                ('m.zoom({lo: 20, hi: 60}, 30, 10, a[0], 1)', (0, 100)),
                ('m.pan({lo: 20, hi: 60}, 70, a[0])', (60, 100)),
                ('m.pan({lo: 20, hi: 60}, -70, a[0])', (0, 40)),
                ('m.reveal({lo: 20, hi: 60}, 40, a[0])', (20, 60)),
                ('m.reveal({lo: 20, hi: 60}, 70, a[0])', (35, 75)),
                ('m.reveal({lo: 20, hi: 60}, 1, a[0])', (0, 40))]:
            found = self.call('range', f'return {code}', limits)
            self.assertEqual((found['lo'], found['hi']), wanted, code)
        self.assertEqual(self.call(
            'range', 'return m.ticks({lo: 5, hi: 70}, 4, m.powerOfTwo)'),
            [32, 64])

    def test_fragments_come_back(self) -> None:
        state = {'trace': 'a b&c.rep', 'panels': ['mm', 'x=y'],
                 'time': {'lo': 0.5, 'hi': 7}, 'at': 1, 'pin': 0,
                 'ranges': [{'lo': 0, 'hi': 64}, {'lo': 1, 'hi': 65}],
                 'linked': False, 'colour': 'size'}
        self.assertEqual(self.call(
            'state', 'return m.parse("#" + m.format(a[0]))', state), state)

    def test_curves_are_the_greatest_of_each_step(self) -> None:
        self.assertEqual(self.call('curves', '''
            return [Array.from(m.greatest(m.withPeaks([3, 9, 1, 4, 2, 5]),
                                          [0, 2, 4, 6])),
              m.greatestStep([0, 3, 4], [7, 2, 8], [0, 2, 3.5, 5, 9], 6),
              m.greatestStep([0, 3, 4], [7, 2, 8], [0, 3, 4, 6], 6)]'''),
            [[9, 4, 5, 5], [7, 7, 8, 8, None], [7, 2, 8, 8]])

    def test_the_greatest_of_many(self) -> None:
        dice = random.Random(2)
        numbers = [dice.randrange(10 ** 6) for _ in range(1000)]
        times = [0, 1, 63, 64, 65, 200, 448, 449, 900, 1000]
        self.assertEqual(
            self.call('curves', 'return Array.from(m.greatest('
                      'm.withPeaks(a[0]), a[1]))', numbers, times),
            [max(numbers[a:b]) for a, b in zip(times, times[1:])] +
            [numbers[-1]])

    def test_sizes_in_words(self) -> None:
        self.assertEqual(self.call('words', '''
            return [0, 1023, 1536, 20480, 1 << 28].map(m.bytes)'''),
            ['0 B', '1023 B', '1.50 KiB', '20.0 KiB', '256 MiB'])

    def test_cells_of_csv_and_markdown(self) -> None:
        self.assertEqual(self.call('table', '''
            const columns = [["a", (r) => r[0], (v) => v],
                             ["n", (r) => r[1], (v) => `${v} B`]];
            return [m.csv(columns, a[0]), m.markdown(columns, a[0])];''',
            [['x "y", z', 1.25], ['p|q', None]]), [
                'a,n\n"x ""y"", z",1.25\np|q,\n',
                '| a | n |\n| --- | ---: |\n| x "y", z | 1.25 B |\n'
                '| p\\|q | - |\n'])

    def test_summary_of_what_has_changed(self) -> None:
        def row(util: float, then: float | None, time: float) -> dict:
            return {'allocator': 'mm', 'verdict': 'ok', 'utilization': util,
                    'ns_per_op': {'median': time}, 'before': then and {
                        'utilization': then, 'nanoseconds': 10}}
        one, = self.call('tables', 'return m.summary(a[0])', [
            row(0.5, 0.25, 20), row(0.5, 0.75, 80), row(0.9, None, 1)])
        self.assertEqual(one['change'], 0)
        self.assertAlmostEqual(one['timeRatio'], 4)

    def test_rows_without_a_number_come_last(self) -> None:
        rows = [{'n': 3}, {'n': None}, {'n': 10}]
        for downwards, wanted in ((False, [3, 10, None]),
                                  (True, [10, 3, None])):
            self.assertEqual([row['n'] for row in self.call(
                'table', 'return m.sorted(a[0], (r) => r.n, a[1])', rows,
                downwards)], wanted)

    def test_what_fills_most_of_a_window_is_hit(self) -> None:
        self.open('#trace=small.rep&panels=mm')
        trace, put = tables('small', 'mm')
        dice = random.Random(3)
        for _ in range(30):
            t0, a0 = dice.uniform(0, 320), dice.uniform(0, put.offset.max())
            window = {'t0': t0, 't1': t0 + 9, 'a0': a0, 'a1': a0 + 150}
            found = self.js('return malloclab.app.panels[0].layout.hit('
                            'arguments[0])', window)
            areas = DrawnTables.areas(trace, put, window)
            self.assertEqual(areas[found] if found >= 0 else 0, max(areas))


class DrawnTables:
    @staticmethod
    def areas(trace: blocks.Placements, put: blocks.HeapLayout,
              window: dict) -> list[float]:
        """What each placement has of a window, in operations x bytes."""
        time = numpy.minimum(trace.death, window['t1']) - \
            numpy.maximum(trace.birth, window['t0'])
        high = numpy.minimum(put.offset + numpy.maximum(1, trace.size),
                             window['a1']) - \
            numpy.maximum(put.offset, window['a0'])
        return (numpy.maximum(0, time) * numpy.maximum(0, high)).tolist()
