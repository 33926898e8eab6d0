"""A class: hand-ins made of the ladder's allocators, each changed by a seed.

    python3 tests/class_of.py 500 DIR

makes DIR/student-001/mm.c and so on; the same numbers make the same files. A
student renames functions, puts them into another order and changes constants.
Some have broken something: it does not compile, crashes, never ends, or returns
blocks that are not aligned.
"""
from __future__ import annotations

import argparse
import random
import re
from collections.abc import Callable
from pathlib import Path

VARIANTS = Path(__file__).resolve().parent.parent / 'variants'
LADDER = ('naive', 'kr', 'implicit', 'implicit_next', 'implicit_best',
          'explicit', 'explicit_address', 'segregated', 'buddy', 'slab',
          'tlsf', 'treap')
VERBS = ('find', 'take', 'make', 'do', 'get', 'try', 'my', 'the')
NOUNS = ('block', 'space', 'chunk', 'piece', 'node', 'part', 'area', 'cell')
FUNCTION = re.compile(r'(?:^/\*(?:(?!\*/).)*\*/\n)?'
                      r'^(?:static|void|int|size_t|struct)\b[^;{}=]*\)\n'
                      r'\{\n.*?^\}\n\n?', re.M | re.S)
OWN = re.compile(r'^static\b[^;{}=(]*?\b(\w+)\([^;{}]*\)\n\{', re.M)
POWER = re.compile(r'(?<==\s)(1024|2048|4096|8192|16384|32768|65536)\b|'
                   r'\b1 << (1[0-6])\b')


def source(variant: str) -> str:
    """In one file."""
    text = (VARIANTS / f'{variant}.c').read_text()
    header = (VARIANTS / 'boundary_tag.h').read_text()
    return text.replace('#include "boundary_tag.h"\n', header)


# ---- What an honest student changes. ----

def renamed(text: str, chance: random.Random) -> str:
    for number, name in enumerate(sorted(set(OWN.findall(text)))):
        if name.startswith('mm_') or chance.random() < 0.3:
            continue
        new = f'{chance.choice(VERBS)}_{chance.choice(NOUNS)}_{number}'
        text = re.sub(rf'\b{name}\b', new, text)
    return text


def reordered(text: str, chance: random.Random) -> str:
    """Functions that follow each other are shuffled, and declared before."""
    runs: list[list[re.Match[str]]] = []
    for match in FUNCTION.finditer(text):
        if runs and runs[-1][-1].end() == match.start():
            runs[-1].append(match)
        else:
            runs.append([match])
    for run in reversed(runs):
        functions = [match[0].rstrip('\n') + '\n\n' for match in run]
        declared = ''.join(declaration(function) for function in functions)
        chance.shuffle(functions)
        text = (text[:run[0].start()] + declared + '\n' + ''.join(functions)
                + text[run[-1].end():])
    return text


def declaration(function: str) -> str:
    head = re.sub(r'^/\*.*?\*/\n', '', function, flags=re.S)
    return head[:head.index('\n{')] + ';\n'


def resized(text: str, chance: random.Random) -> str:
    def other(match: re.Match[str]) -> str:
        if chance.random() < 0.6:
            return match[0]
        if match[2]:
            return f'1 << {int(match[2]) + 1}'
        return str(2 * int(match[1]))

    return POWER.sub(other, text)


# ---- What goes wrong. ----

def does_not_compile(text: str, chance: random.Random) -> str:
    places = [match.start() for match in re.finditer(r';\n', text)]
    place = chance.choice(places[len(places) // 2:])
    return text[:place] + text[place + 1:]


def in_malloc(text: str, code: str) -> str:
    return re.sub(r'^void \*mm_malloc\(size_t (\w+)\)\n\{\n',
                  lambda match: f'{match[0]}    static unsigned calls;\n\n'
                  f'    if (++calls % 700 == 699)\n        {code}\n',
                  text, flags=re.M)


def crashes(text: str, chance: random.Random) -> str:
    return in_malloc(text, f'*(volatile int *){chance.randrange(64) * 8} = 1;')


def never_ends(text: str, chance: random.Random) -> str:
    return in_malloc(text, 'for (;;) { volatile int again = 1; (void)again; }')


def misaligned(text: str, chance: random.Random) -> str:
    offset = chance.choice((4, 8))
    return re.sub(r'^void \*mm_malloc\(', 'static void *aligned(', text,
                  flags=re.M).replace('mm_malloc(', 'aligned(') + (
        '\nvoid *mm_malloc(size_t size)\n{\n'
        f'    char *block = aligned(size + {offset});\n\n'
        f'    return block ? block + {offset} : block;\n}}\n')


Change = Callable[[str, random.Random], str]
FAULTS: tuple[tuple[float, Change], ...] = (
    (0.04, does_not_compile), (0.03, crashes), (0.01, never_ends),
    (0.03, misaligned))


def handin(number: int, seed: int = 1) -> str:
    chance = random.Random(f'{seed} {number}')
    text = source(chance.choice(LADDER))
    for change in renamed, reordered, resized:
        text = change(text, chance)
    dice = chance.random()
    for share, fault in FAULTS:
        if dice < share:
            return fault(text, chance)
        dice -= share
    return text


def make(count: int, folder: Path, seed: int = 1) -> None:
    for number in range(1, count + 1):
        student = folder / f'student-{number:03}'
        student.mkdir(parents=True)
        (student / 'mm.c').write_text(handin(number, seed))


def main() -> None:
    parser = argparse.ArgumentParser(description='Make a class of hand-ins.')
    parser.add_argument('count', type=int)
    parser.add_argument('folder', type=Path)
    parser.add_argument('--seed', type=int, default=1)
    args = parser.parse_args()
    make(args.count, args.folder, args.seed)


if __name__ == '__main__':
    main()
