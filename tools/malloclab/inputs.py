"""What recorded programs work on: texts, JSON, C, XML, graphs, a history.

All built from dice, so that each input is the same wherever it is built.
"""

from __future__ import annotations

import json

from .dice import Dice

SYLLABLES = ("ba be bi bo da de di do fa fe ga go ha he ka ke ki la le li lo "
             "ma me mi mo na ne ni no pa pe ra re ri ro sa se si so ta te ti to "
             "va ve wa we za").split()


def vocabulary(dice: Dice, size: int) -> list[str]:
    """Words of one to four syllables."""
    return ["".join(dice.choose(SYLLABLES) for _ in range(dice.between(1, 4)))
            for _ in range(size)]


def prose(lines: int, words: int = 900, seed: int = 1) -> str:
    """Lines of 3 to 16 words, of which the first are the most frequent."""
    dice = Dice(seed)
    known = vocabulary(dice, words)
    text = []
    for _ in range(lines):
        line = [known[dice.power(1, words) - 1]
                for _ in range(dice.between(3, 16))]
        text.append(" ".join(line).capitalize() + ".")
    return "\n".join(text) + "\n"


def orders(count: int) -> str:
    """A JSON array of orders with one to eight lines each."""
    dice = Dice(2)
    names = vocabulary(dice, 200)
    made = []
    for number in range(count):
        lines = [{"item": f"{dice.choose(names)}-{dice.below(50)}",
                  "count": dice.between(1, 12), "cents": dice.power(50, 90000)}
                 for _ in range(dice.between(1, 8))]
        customer = f"{dice.choose(names[:60])} {dice.choose(names[60:63])}"
        made.append({"number": number, "customer": customer.title(),
                     "paid": bool(dice.below(2)), "lines": lines})
    return json.dumps(made, indent=1)


def c_source(functions: int) -> str:
    """A C file of functions that loop, switch, call and compute."""
    dice = Dice(3)
    parts = ["#include <stdio.h>", "#include <stdlib.h>", "#include <string.h>",
             "struct node { struct node *next; int key; char name[24]; };"]
    for n in range(functions):
        call = f"f{dice.below(n)}(list, x - 1)" if n else "x"
        cases = "".join(
            f"    case {k}: y += x * {dice.between(2, 99)} ^ {dice.below(255)};"
            f" break;\n" for k in range(dice.between(2, 9)))
        parts.append(f"""
static int f{n}(struct node *list, int x)
{{
    int y = {dice.below(1000)};
    for (struct node *at = list; at; at = at->next) {{
        if (at->key % {dice.between(2, 17)} == 0)
            y += (int)strlen(at->name) * at->key;
        else
            at->key = y & {dice.between(1, 4095)};
    }}
    switch (x & 7) {{
{cases}    }}
    return x > 0 ? y + {call} : y;
}}""")
    calls = " + ".join(f"f{n}(0, {n})" for n in range(functions))
    parts.append(f"\nint main(void)\n{{\n    printf(\"%d\\n\", {calls});\n}}\n")
    return "\n".join(parts)


def catalogue(count: int) -> str:
    """An XML document with attributes, mixed content and entities."""
    dice = Dice(4)
    names = vocabulary(dice, 300)
    books = []
    for number in range(count):
        authors = "".join(f"<author>{dice.choose(names).title()}</author>"
                          for _ in range(dice.between(1, 3)))
        blurb = " ".join(dice.choose(names) for _ in range(dice.between(5, 40)))
        books.append(f'<book id="b{number}" lang="{dice.choose(names)[:2]}">'
                     f"{authors}<title>{dice.choose(names)} &amp; "
                     f"<em>{dice.choose(names)}</em></title>"
                     f"<blurb>{blurb}</blurb></book>")
    return "<catalogue>" + "\n".join(books) + "</catalogue>\n"


def graph(nodes: int) -> str:
    """A directed graph for dot: a random tree with some edges across."""
    dice = Dice(5)
    lines = ["digraph dependencies {", "  node [shape=box];"]
    for n in range(1, nodes):
        lines.append(f"  n{dice.below(n)} -> n{n};")
        if dice.percent(15):
            lines.append(f"  n{dice.below(n)} -> n{n} [label=\"x{n}\"];")
    return "\n".join(lines + ["}", ""])


def history(commits: int, files: int = 40) -> str:
    """A stream for git fast-import: edits of text files, one commit each."""
    dice = Dice(6)
    texts = [prose(dice.between(10, 80), 300, n).splitlines()
             for n in range(files)]
    stream = []
    for number in range(commits):
        changed = {dice.below(files) for _ in range(dice.between(1, 4))}
        message = prose(1, 100, 1000 + number)
        stream += ["commit refs/heads/main",
                   f"committer Ann Author <ann@example.org> "
                   f"{1600000000 + 3600 * number} +0000",
                   f"data {len(message)}", message]
        for file in sorted(changed if number else range(files)):
            text = texts[file]
            text[dice.below(len(text))] = prose(1, 300, 5000 + number).strip()
            body = "\n".join(text) + "\n"
            stream += [f"M 100644 inline d{file % 6}/file{file}.txt",
                       f"data {len(body)}", body]
    return "\n".join(stream) + "\n"


def makefile(targets: int) -> str:
    """Objects with headers, libraries of them, programs of libraries."""
    dice = Dice(7)
    lines = ["CFLAGS := -O2 $(foreach d,$(shell echo a b c),-I$(d))",
             "all: programs",
             "define rule", "$(1): $(2)", "\t@echo build $(1) from $(2)",
             "endef"]
    headers = [f"h{n}.h" for n in range(targets // 4)]
    lines.append(" ".join(headers) + ":")
    libraries = []
    for n in range(targets):
        needs = " ".join(dice.choose(headers)
                         for _ in range(dice.between(1, 6)))
        lines.append(f"o{n}.o: {needs}\n\t@echo $(CC) $(CFLAGS) -c "
                     f"$(patsubst %.o,%.c,$@) $(sort $^)")
        if n % 10 == 9:
            parts = " ".join(f"o{m}.o" for m in range(n - 9, n + 1))
            libraries.append(f"lib{n // 10}.a")
            lines.append(f"$(eval $(call rule,{libraries[-1]},{parts}))")
    lines.append(f"programs: {' '.join(libraries)}")
    return "\n".join(lines) + "\n"


def tree(files: int) -> dict[str, str]:
    """A directory of small files: path and content."""
    dice = Dice(8)
    names = vocabulary(dice, 60)
    return {f"tree/{dice.choose(names)}/{dice.choose(names)}/{n}.txt":
            prose(dice.between(1, 6), 100, n) for n in range(files)}
