"""A flame graph: one page for the browser, without network.

A box is a frame, as wide as the weight of all stacks through it; boxes below it
are what it called. The page has the tree as JSON, and flame.js draws it.
"""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any, Mapping

HERE = Path(__file__).parent
LEAST = 1 / 20000  # of all: a narrower box cannot be seen


def tree(weights: Mapping[tuple[str, ...], int]) -> list[Any]:
    """[frame, weight, callees], of which the first stands for all."""
    total = sum(weights.values())
    root: list[Any] = ["all", total, {}]
    for stack, weight in weights.items():
        node = root
        for frame in stack:
            node = node[2].setdefault(frame, [frame, 0, {}])
            node[1] += weight
    return _visible(root, total * LEAST)


def _visible(root: list[Any], least: float) -> list[Any]:
    """The tree with lists in place of dictionaries, largest callees first."""
    result: list[Any] = []
    todo = [(root, result)]
    while todo:
        (frame, weight, callees), into = todo.pop()
        children: list[Any] = []
        into += [frame, weight, children]
        for callee in sorted(callees.values(), key=lambda one: -one[1]):
            if callee[1] >= least:
                children.append([])
                todo.append((callee, children[-1]))
    return result


def page(title: str, weights: Mapping[tuple[str, ...], int]) -> str:
    data = _flat(tree(weights))
    script = (HERE / "flame.js").read_text("utf-8")
    style = (HERE / "flame.css").read_text("utf-8")
    title = html.escape(title)
    return (f"<!doctype html>\n<html lang=en><meta charset=utf-8>"
            f"<title>{title}</title>\n<style>\n{style}</style>\n"
            f"{title and f'<h1>{title}</h1>'}\n<p><input id=search type=search "
            f"placeholder='search a function'> <button id=reset>whole graph"
            f"</button> <output id=said></output></p>\n<div id=graph></div>\n"
            f"<script>\nconst rows = {data};\n{script}</script>\n")


def _flat(root: list[Any]) -> str:
    """Rows [frame, weight, depth] in the order of a walk from the root: nested
    lists would be as deep as the stacks, which JSON readers limit."""
    rows, todo = [], [(root, 0)]
    while todo:
        (frame, weight, callees), depth = todo.pop()
        rows.append([frame, weight, depth])
        todo += [(callee, depth + 1) for callee in reversed(callees)]
    return json.dumps(rows, separators=(",", ":")).replace("<", "\\u003c")
