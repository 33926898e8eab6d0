"""What recorded programs work on: texts, JSON, C, XML, graphs, a history.

All are built from portable_random, so that each input is the same on every
machine.
"""

from __future__ import annotations

import json
from typing import Callable, Sequence, Tuple

from ..portable_random import Random

SYLLABLES = ("ba be bi bo da de di do fa fe ga go ha he ka ke ki la le li lo "
             "ma me mi mo na ne ni no pa pe ra re ri ro sa se si so ta te ti to "
             "va ve wa we za").split()


def vocabulary(rng: Random, size: int) -> list[str]:
    """Words of one to four syllables."""
    return ["".join(rng.choose(SYLLABLES) for _ in range(rng.between(1, 4)))
            for _ in range(size)]


def prose(lines: int, words: int = 900, seed: int = 1) -> str:
    """Lines of 3 to 16 words, of which the first are the most frequent."""
    rng = Random(seed)
    known = vocabulary(rng, words)
    text = []
    for _ in range(lines):
        line = [known[rng.power(1, words) - 1]
                for _ in range(rng.between(3, 16))]
        text.append(" ".join(line).capitalize() + ".")
    return "\n".join(text) + "\n"


def orders(count: int) -> str:
    """A JSON array of orders with one to eight lines each."""
    rng = Random(2)
    names = vocabulary(rng, 200)
    made = []
    for number in range(count):
        lines = [{"item": f"{rng.choose(names)}-{rng.below(50)}",
                  "count": rng.between(1, 12), "cents": rng.power(50, 90000)}
                 for _ in range(rng.between(1, 8))]
        customer = f"{rng.choose(names[:60])} {rng.choose(names[60:63])}"
        made.append({"number": number, "customer": customer.title(),
                     "paid": bool(rng.below(2)), "lines": lines})
    return json.dumps(made, indent=1)


def c_source(functions: int) -> str:
    """A C file of functions that loop, switch, call and compute."""
    rng = Random(3)
    parts = ["#include <stdio.h>", "#include <stdlib.h>", "#include <string.h>",
             "struct node { struct node *next; int key; char name[24]; };"]
    for n in range(functions):
        call = f"f{rng.below(n)}(list, x - 1)" if n else "x"
        cases = "".join(
            f"    case {k}: y += x * {rng.between(2, 99)} ^ {rng.below(255)};"
            f" break;\n" for k in range(rng.between(2, 9)))
        parts.append(f"""
static int f{n}(struct node *list, int x)
{{
    int y = {rng.below(1000)};
    for (struct node *at = list; at; at = at->next) {{
        if (at->key % {rng.between(2, 17)} == 0)
            y += (int)strlen(at->name) * at->key;
        else
            at->key = y & {rng.between(1, 4095)};
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
    rng = Random(4)
    names = vocabulary(rng, 300)
    books = []
    for number in range(count):
        authors = "".join(f"<author>{rng.choose(names).title()}</author>"
                          for _ in range(rng.between(1, 3)))
        blurb = " ".join(rng.choose(names) for _ in range(rng.between(5, 40)))
        books.append(f'<book id="b{number}" lang="{rng.choose(names)[:2]}">'
                     f"{authors}<title>{rng.choose(names)} &amp; "
                     f"<em>{rng.choose(names)}</em></title>"
                     f"<blurb>{blurb}</blurb></book>")
    return "<catalogue>" + "\n".join(books) + "</catalogue>\n"


def graph(nodes: int) -> str:
    """A directed graph for dot: a random tree with some edges across."""
    rng = Random(5)
    lines = ["digraph dependencies {", "  node [shape=box];"]
    for n in range(1, nodes):
        lines.append(f"  n{rng.below(n)} -> n{n};")
        if rng.percent(15):
            lines.append(f"  n{rng.below(n)} -> n{n} [label=\"x{n}\"];")
    return "\n".join(lines + ["}", ""])


def history(commits: int, files: int = 40, longest: int = 80) -> str:
    """A stream for git fast-import: edits of text files, one commit each."""
    rng = Random(6)
    texts = [prose(rng.between(longest // 8, longest), 300, n).splitlines()
             for n in range(files)]
    stream = []
    for number in range(commits):
        changed = {rng.below(files) for _ in range(rng.between(1, 4))}
        message = prose(1, 100, 1000 + number)
        stream += ["commit refs/heads/main",
                   f"committer Ann Author <ann@example.org> "
                   f"{1600000000 + 3600 * number} +0000",
                   f"data {len(message)}", message]
        for file in sorted(changed if number else range(files)):
            text = texts[file]
            text[rng.below(len(text))] = prose(1, 300, 5000 + number).strip()
            body = "\n".join(text) + "\n"
            stream += [f"M 100644 inline d{file % 6}/file{file}.txt",
                       f"data {len(body)}", body]
    return "\n".join(stream) + "\n"


def makefile(targets: int) -> str:
    """Objects with headers, libraries of them, programs of libraries."""
    rng = Random(7)
    lines = ["CFLAGS := -O2 $(foreach d,$(shell echo a b c),-I$(d))",
             "all: programs",
             "define rule", "$(1): $(2)", "\t@echo build $(1) from $(2)",
             "endef"]
    headers = [f"h{n}.h" for n in range(targets // 4)]
    lines.append(" ".join(headers) + ":")
    libraries = []
    for n in range(targets):
        needs = " ".join(rng.choose(headers)
                         for _ in range(rng.between(1, 6)))
        lines.append(f"o{n}.o: {needs}\n\t@echo $(CC) $(CFLAGS) -c "
                     f"$(patsubst %.o,%.c,$@) $(sort $^)")
        if n % 10 == 9:
            parts = " ".join(f"o{m}.o" for m in range(n - 9, n + 1))
            libraries.append(f"lib{n // 10}.a")
            lines.append(f"$(eval $(call rule,{libraries[-1]},{parts}))")
    lines.append(f"programs: {' '.join(libraries)}")
    return "\n".join(lines) + "\n"


def tree(files: int, longest: int) -> dict[str, str]:
    """A directory of files, path and content: all of 1 to 6 lines, or from there
    up to the longest by a power law."""
    rng = Random(8)
    names = vocabulary(rng, 60)
    return {f"tree/{rng.choose(names)}/{rng.choose(names)}/{n}.txt":
            prose(rng.between(1, 6) if longest == 6 else rng.power(2, longest),
                  100, n) for n in range(files)}


def page(articles: int) -> str:
    """An HTML page: headings, nested lists, tables, links and a form."""
    rng = Random(9)
    words = vocabulary(rng, 400)

    def text(most: int) -> str:
        parts = [rng.choose(words) for _ in range(rng.between(1, most))]
        at = rng.below(len(parts))
        parts[at] = f'<a href="/{parts[at]}.html#{rng.below(90)}">' \
                    f"{parts[at]}</a> &mdash; <b>{rng.choose(words)}</b>"
        return " ".join(parts)

    parts = ["<html><head><title>Articles</title></head><body>",
             "<form action=/find><input name=q><select name=kind>",
             *(f"<option>{word}" for word in words[:30]), "</select></form>"]
    for number in range(articles):
        rows = "".join(
            f"<tr><td>{rng.choose(words)}<td align=right>{rng.below(9999)}"
            for _ in range(rng.between(2, 9)))
        items = "".join(f"<li>{text(6)}<ol><li>{text(9)}</ol>"
                        for _ in range(rng.between(1, 5)))
        parts += [f'<h2 id="a{number}">{text(4)}</h2><p>{text(80)}<p>{text(40)}',
                  f"<ul>{items}</ul><table border=1>{rows}</table><hr>"]
    return "\n".join(parts + ["</body></html>", ""])


def drawing(shapes: int) -> str:
    """An SVG picture: groups, gradients, paths and labels."""
    rng = Random(10)
    words = vocabulary(rng, 100)
    lines = ['<svg xmlns="http://www.w3.org/2000/svg" width="400" height="300">',
             "<defs>",
             *(f'<linearGradient id="g{n}"><stop offset="0" stop-color='
               f'"#{rng.below(4096):03x}"/><stop offset="1" stop-color='
               f'"#{rng.below(4096):03x}"/></linearGradient>'
               for n in range(12)), "</defs>"]
    for _ in range(shapes):
        x, y, size = rng.below(400), rng.below(300), rng.between(3, 60)
        fill = f'fill="url(#g{rng.below(12)})" opacity="0.{rng.between(2, 9)}"'
        curves = " ".join(
            f"q{rng.below(40) - 20} {rng.below(40) - 20} "
            f"{rng.below(60) - 30} {rng.below(60) - 30}"
            for _ in range(rng.between(2, 8)))
        lines.append(rng.choose((
            f'<circle cx="{x}" cy="{y}" r="{size}" {fill}/>',
            f'<path d="M{x} {y} {curves}z" stroke="black" {fill}/>',
            f'<g transform="rotate({rng.below(360)} {x} {y})"><rect x="{x}" '
            f'y="{y}" width="{size}" height="{size}" rx="3" {fill}/></g>',
            f'<text x="{x}" y="{y}" font-size="{rng.between(6, 14)}">'
            f"{rng.choose(words)}</text>")))
    return "\n".join(lines + ["</svg>", ""])


def cmake_project(targets: int) -> str:
    """Targets with properties and dependencies, functions, loops, regexes."""
    rng = Random(11)
    words = vocabulary(rng, 80)
    lines = ["cmake_minimum_required(VERSION 3.18)",
             "project(things VERSION 1.2.3 LANGUAGES NONE)",
             "function(note name)",
             '  string(REGEX REPLACE "([aeiou])" "<\\\\1>" marked "${name}")',
             "  string(TOUPPER ${name} upper)",
             "  list(APPEND ARGN ${upper} ${marked})",
             "  list(SORT ARGN)",
             '  string(JOIN "," joined ${ARGN})',
             '  set(NOTE_${name} "${joined}" PARENT_SCOPE)',
             "endfunction()"]
    for n in range(targets):
        given = " ".join(rng.choose(words) for _ in range(rng.between(1, 8)))
        lines += [f"note({rng.choose(words)}{n} {given})",
                  f"add_custom_target(t{n} COMMAND echo ${{NOTE_{n}}} "
                  f"COMMENT \"make {given}\" VERBATIM)",
                  f"set_target_properties(t{n} PROPERTIES LABELS \"{given}\")"]
        if n and rng.percent(70):
            lines.append(f"add_dependencies(t{n} t{rng.below(n)})")
    lines += ["foreach(i RANGE 200)", "  math(EXPR x \"${i} * ${i} % 97\")",
              "  if(x GREATER 50 AND NOT i MATCHES \"7$\")",
              "    list(APPEND odd ${x})", "  endif()", "endforeach()",
              "configure_file(CMakeLists.txt copy.txt @ONLY)"]
    return "\n".join(lines) + "\n"


Choices = Sequence[Tuple[int, Callable[[], str]]]


class _Client:
    """Requests of a redis client: a method per phase, commands by weight."""

    def __init__(self, rng: Random, number: int) -> None:
        self.rng, self.number = rng, number
        self.words = vocabulary(rng, 300)

    def key(self, kind: str) -> str:
        """A random key; low numbers are the most frequent."""
        return f"{kind}:{self.rng.power(1, 4000)}"

    def value(self) -> str:
        return "-".join(self.word() for _ in range(self.rng.octaves(1, 200)))

    def many(self, most: int) -> str:
        return " ".join(self.word()
                        for _ in range(self.rng.between(1, most)))

    def word(self) -> str:
        return self.rng.choose(self.words)

    def fill(self) -> Choices:
        rng, key, value = self.rng, self.key, self.value
        return ((50, lambda: f"SET {key('page')} {value()}"),
                (20, lambda: f"SET {key('session')} {value()} EX "
                 f"{rng.between(100, 9000)}"),
                (20, lambda: f"HSET {key('user')} name {value()} mail "
                 f"{self.word()} age {rng.below(99)}"),
                (10, lambda: f"SADD {key('tags')} {self.many(8)}"))

    def serve(self) -> Choices:
        rng, key, value = self.rng, self.key, self.value
        return ((40, lambda: f"GET {key('page')}"),
                (10, lambda: f"SET {key('page')} {value()}"),
                (8, lambda: f"HGETALL {key('user')}"),
                (8, lambda: f"HINCRBY {key('user')} visits 1"),
                (8, lambda: f"LPUSH {key('queue')} {value()}"),
                (8, lambda: f"RPOP {key('queue')}"),
                (8, lambda: f"ZINCRBY best {rng.below(50)} "
                 f"{self.word()}{rng.below(20)}"),
                (4, lambda: f"APPEND {key('log')} {value()}"),
                (3, lambda: f"ZREVRANGE best 0 {rng.between(5, 40)}"),
                (3, lambda: f"DEL {key('session')}"))

    def batch(self) -> Choices:
        rng, key, mine = self.rng, self.key, self.number
        return ((20, lambda: f"MGET {key('page')} {key('page')} "
                 f"{key('session')} {key('log')}"),
                (20, lambda: f"SUNIONSTORE all{mine} {key('tags')} "
                 f"{key('tags')} {key('tags')}"),
                (20, lambda: f"RPUSH work{mine} {self.many(30)}"),
                (10, lambda: f"SORT {key('tags')} ALPHA LIMIT 0 20"),
                (5, lambda: f"LTRIM work{mine} -{rng.between(100, 900)} -1"),
                (5, lambda: "EVAL \"local t = {} for i = 1, 20 do t[i] = "
                 "redis.call('incr', KEYS[1]) .. ARGV[1] end return t\" 1 "
                 f"{key('count')} {self.word()}"))

    def clear(self) -> Choices:
        key = self.key
        return ((60, lambda: f"UNLINK {key('page')} {key('session')}"),
                (30, lambda: f"DEL {key('tags')} {key('queue')}"),
                (10, lambda: f"SET {key('page')} {self.word()}"))


def commands(phase: str, client: int, count: int) -> str:
    """A client's requests in a phase: fill, serve, batch or clear."""
    rng = Random(1000 + 10 * len(phase) + client)
    choices = getattr(_Client(rng, client), phase)()
    return "".join(rng.weighted(choices)() + "\r\n" for _ in range(count))
