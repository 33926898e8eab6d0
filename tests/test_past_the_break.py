"""In MODE=san each byte past the break is seen: an allocator that reads there is
ended by the sanitizer, which names the line. Elsewhere guard pages see whole pages
only.
"""
from __future__ import annotations

import unittest

import samples
from support import BUILD, account, mdriver

if BUILD.name != 'san':
    raise unittest.SkipTest('only the sanitizer sees single bytes')

PAST_IT = '(void)*(volatile char *)((char *)mem_heap_hi() + 1);'
WITHIN_IT = '(void)*(volatile char *)mem_heap_hi();'


class PastTheBreak(samples.Samples):
    def judge(self, name: str, **code: str):
        library = self.build(name, flags=['-fsanitize=address'], **code)
        return mdriver('--no-timing', '-v', '0', '--allocator', library, '-f',
                       self.every)

    def ended(self, name: str, where: str, **code: str) -> None:
        finished = self.judge(name, **code)
        self.assertIn(': exited: ', finished.stdout, account(finished))
        self.assertRegex(finished.stderr, rf'use-after-poison(?s:.*)'
                         rf' #0 0x\w+ in {where} ')

    def passes(self, name: str, **code: str) -> None:
        finished = self.judge(name, **code)
        self.assertEqual(finished.returncode, 0, account(finished))

    def test_a_read_in_an_operation(self) -> None:
        self.ended('malloc', 'mm_malloc', before=PAST_IT)

    def test_a_read_in_the_audit(self) -> None:
        self.ended('audit', 'mm_audit', more=f'int mm_audit(void) {{ {PAST_IT} '
                   'return 0; }')

    def test_a_read_in_init(self) -> None:
        self.ended('init', 'mm_init', init=f'mem_sbrk(16); {PAST_IT}')

    def test_a_break_that_is_no_multiple_of_8(self) -> None:
        self.ended('odd', 'mm_malloc',
                   before=f'mem_sbrk(3); {PAST_IT} mem_sbrk(-3);')

    def test_the_last_byte_is_the_heaps(self) -> None:
        self.passes('within', before=f'mem_sbrk(3); {WITHIN_IT} mem_sbrk(-3);')

    def test_memory_that_comes_back_is_the_heaps(self) -> None:
        use = 'memset(mem_sbrk({0}), 1, {0}); mem_sbrk(-{0}); '
        self.passes('again', before=use.format(5000) + use.format(9000))

    def test_a_reset_heap_is_empty(self) -> None:
        self.passes('reset', init='mem_sbrk(100); mem_reset_brk(); '
                    'memset(mem_sbrk(4096), 1, 4096);')


if __name__ == '__main__':
    unittest.main()
