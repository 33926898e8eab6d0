"""What recorded programs of large blocks work on: pictures, pages, long lines.

As in inputs.py, each input is the same on every machine.
"""

from __future__ import annotations

from typing import Iterator

from ..portable_random import Random
from .inputs import prose, vocabulary


def photo(number: int) -> str:
    """A picture in plain PPM, waves of colour with some noise, the larger the
    higher its number."""
    rng = Random(20 + number)
    width, height = 120 + 30 * number, 100 + 20 * number
    across, down = rng.between(20, 90), rng.between(20, 90)
    rows = [f"P3 {width} {height} 255"]
    for y in range(height):
        rows.append(" ".join(
            f"{(x * across // 16 + y) % 256} {(y * down // 16 + x) % 256} "
            f"{rng.below(40) + (x ^ y) % 200}" for x in range(width)))
    return "\n".join(rows) + "\n"


def papers(part: int, count: int) -> str:
    """Lines of 30 to 300 KB."""
    rng = Random(30 + part)
    lines = (prose(rng.between(600, 6000), 900, 100 * part + n)
             for n in range(count))
    return "".join(line.replace("\n", " ") + "\n" for line in lines)


def points(count: int) -> str:
    """Points in space, one in a line."""
    rng = Random(40)
    return "".join(f"{rng.below(1000)} {rng.below(1000)} {rng.below(5000)}\n"
                   for _ in range(count))


def queens(size: int) -> str:
    """A formula in DIMACS form: queens on a board, none attacks another."""
    rows = [[1 + size * y + x for x in range(size)] for y in range(size)]
    clauses = [*rows]
    diagonals = [*_diagonals(rows), *_diagonals(rows[::-1])]
    for line in [*rows, *zip(*rows), *diagonals]:
        clauses += [[-a, -b] for at, a in enumerate(line) for b in line[:at]]
    text = "".join(" ".join(map(str, clause)) + " 0\n" for clause in clauses)
    return f"p cnf {size * size} {len(clauses)}\n{text}"


def _diagonals(rows: list[list[int]]) -> Iterator[list[int]]:
    for start in range(1 - len(rows), len(rows)):
        yield [row[start + y] for y, row in enumerate(rows)
               if 0 <= start + y < len(row)]


def _hexadecimal(rng: Random, width: int, height: int) -> str:
    """Bytes of a picture, one row in a line."""
    return "\n".join("".join(f"{(x * y + rng.below(60)) % 256:02x}"
                             for x in range(width)) for y in range(height))


def postscript(pages: int) -> str:
    """Pages of text, curves and a gray picture each."""
    rng = Random(50)
    words = vocabulary(rng, 200)
    lines = ["%!PS-Adobe-3.0", f"%%Pages: {pages}"]
    for number in range(1, pages + 1):
        lines += [f"%%Page: {number} {number}",
                  "/Times-Roman findfont 11 scalefont setfont"]
        for row in range(20):
            text = " ".join(rng.choose(words) for _ in range(8))
            lines.append(f"50 {760 - 14 * row} moveto ({text}) show")
        for _ in range(25):
            x, y = rng.between(60, 500), rng.between(60, 420)
            color = " ".join(f"0.{rng.below(9)}" for _ in range(3))
            lines.append(
                f"newpath {x} {y} moveto "
                f"{x + rng.below(90)} {y + rng.below(90)} {x - rng.below(50)} "
                f"{y + rng.below(80)} {x + rng.below(40)} {y - rng.below(50)} "
                f"curveto closepath {color} setrgbcolor "
                f"{rng.choose(('fill', 'stroke'))}")
        width, height = rng.between(40, 200), rng.between(40, 200)
        lines += ["gsave",
                  f"{rng.between(80, 300)} {rng.between(80, 300)} translate "
                  f"{rng.between(80, 250)} {rng.between(80, 200)} scale",
                  f"{width} {height} 8 [{width} 0 0 -{height} 0 {height}]",
                  f"{{currentfile {width} string readhexstring pop}} image",
                  _hexadecimal(rng, width, height), "grestore", "showpage"]
    return "\n".join(lines) + "\n%%EOF\n"


def pdf(pages: int) -> str:
    """Pages of text, a picture, and a group that is laid over it, faded."""
    rng = Random(60)
    words = vocabulary(rng, 200)
    tree, font, faded = 2, 3, 4
    objects = [f"<</Type /Catalog /Pages {tree} 0 R>>", "",
               "<</Type /Font /Subtype /Type1 /BaseFont /Times-Roman>>",
               "<</ca 0.5 /CA 0.7 /BM /Multiply>>"]
    kids = []
    for _ in range(pages):
        first = len(objects) + 1
        objects += [_image(rng), _group(rng), _contents(rng, words),
                    f"<</Type /Page /Parent {tree} 0 R /MediaBox "
                    f"[0 0 {rng.between(400, 700)} {rng.between(500, 842)}] "
                    f"/Contents {first + 2} 0 R /Resources <<"
                    f"/Font <</F {font} 0 R>> "
                    f"/XObject <</Im {first} 0 R /Gr {first + 1} 0 R>> "
                    f"/ExtGState <</G {faded} 0 R>>>>>>"]
        kids.append(f"{first + 3} 0 R")
    objects[tree - 1] = (f"<</Type /Pages /Count {pages} /Kids "
                         f"[{' '.join(kids)}]>>")
    return _pdf_file(objects)


def _image(rng: Random) -> str:
    width, height = rng.between(60, 300), rng.between(60, 300)
    return _stream("/Type /XObject /Subtype /Image /ColorSpace /DeviceRGB "
                   f"/BitsPerComponent 8 /Width {width} /Height {height} "
                   "/Filter /ASCIIHexDecode",
                   _hexadecimal(rng, 3 * width, height) + ">")


def _group(rng: Random) -> str:
    shapes = []
    for _ in range(20):
        color = " ".join(f"0.{rng.below(9)}" for _ in range(3))
        start, curve = ([rng.below(300) for _ in range(n)] for n in (2, 6))
        shapes.append(f"{color} rg {' '.join(map(str, start))} m "
                      f"{' '.join(map(str, curve))} c f")
    return _stream("/Type /XObject /Subtype /Form /BBox [0 0 300 300] /Group "
                   "<</S /Transparency /I true>>", "\n".join(shapes))


def _contents(rng: Random, words: list[str]) -> str:
    text = ["(" + " ".join(rng.choose(words) for _ in range(8)) + ") Tj T*"
            for _ in range(30)]
    groups = [f"q /G gs 1 0.{rng.below(5)} 0 1 {rng.below(250)} "
              f"{rng.below(400)} cm /Gr Do Q" for _ in range(rng.between(1, 4))]
    return _stream("", "\n".join((
        "BT /F 11 Tf 14 TL 50 780 Td", *text, "ET",
        f"q {rng.between(100, 400)} 0 0 {rng.between(100, 400)} "
        f"{rng.below(200)} {rng.below(200)} cm /Im Do Q", *groups)))


def _stream(about: str, content: str) -> str:
    return (f"<<{about} /Length {len(content)}>>\nstream\n{content}\n"
            "endstream")


def _pdf_file(objects: list[str]) -> str:
    """The objects, numbered from 1, and the table of where they begin."""
    text, starts = "%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        starts.append(f"{len(text):010} 00000 n \n")
        text += f"{number} 0 obj\n{content}\nendobj\n"
    size = len(objects) + 1
    return (f"{text}xref\n0 {size}\n0000000000 65535 f \n{''.join(starts)}"
            f"trailer\n<</Size {size} /Root 1 0 R>>\nstartxref\n{len(text)}\n"
            "%%EOF\n")
