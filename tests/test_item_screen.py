"""Loops that go over things by their bytes do so by their code; without what is left out, the sites are the same."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from textwrap import indent

import pytest

from retrylint.analysis import analyse
from retrylint.item_screen import goes_over_items
from retrylint.layout import LINE, bounds_of, code_of, end_of_block, heads_of
from retrylint.loops import items
from retrylint.screen import screened
from retrylint.sketch.lower import Lowering

FIXTURES = sorted((Path(__file__).parent.parent / "fixtures").rglob("*.py"))
LIBRARY = sorted(Path(ast.__file__).parent.glob("*.py"))

OVER_ITEMS = {
    "handed to a call": ("for url in urls:", "get(url)"),
    "not the first argument": ("for url in urls:", "get(1, url)"),
    "a part of it": ("for url in self.urls():", "get(url.path)"),
    "under a name": ("for url in urls:", "get(url=url)"),
    "a method of it": ("for url in urls:", "url.get()"),
    "called itself": ("for act in acts:", "act()"),
    "taken apart": ("for row in rows:", "total = row['total']"),
    "a key": ("for key in keys:", "total = rows[key]"),
    "one of two": ("for key, row in rows.items():", "save(row)"),
    "numbered": ("for number, row in enumerate(rows):", "save(row)"),
    "on several lines": ("for row in rows:", "save(\n    1,\n    row,\n)"),
    "in a test": ("for row in rows:", "if check(row):\n    break"),
    "behind a comment": ("for row in rows:  # all", "save(row)"),
}
NOT_SURELY = {
    "a count": ("for url in range(3):", "get(url)"),
    "a row of numbers": ("for url in (1, 2):", "get(url)"),
    "numbers in a row": ("for url in True, False:", "get(url)"),
    "attempts": ("for number in self.attempts():", "get(number)"),
    "counted attempts": ("for number, url in enumerate(range(3)):", "get(url)"),
    "not used": ("for url in urls:", "get(base)"),
    "another name": ("for url in urls:", "get(my_url, self.url)"),
    "the name of an option": ("for url in urls:", "get(url=1)"),
    "an option that steers": ("for url in urls:", "get(timeout=url)"),
    "logged": ("for url in urls:", "log.info(url.name())"),
    "logged on several lines": ("for url in urls:", "log.info(\n    get(url),\n)"),
    "of a text": ("for url in urls:", "text = ', '.join(url)"),
    "in a text": ("for url in urls:", "text = f'no get(url) for {base}'"),
    "in a comment": ("for url in urls:", "get(base)  # not get(url)"),
    "an error": ("for url in urls:", "raise UrlError(url)"),
    "later": ("for url in urls:", "then = lambda: get(url)"),
    "in a function": ("for url in urls:", "def then():\n    get(url)"),
    "a pattern": ("for url in urls:", "match base:\n    case Url(url):\n        get(base)"),
    "pausing": ("for url in urls:", "get(url)\ntime.sleep(1)"),
    "behind the loop": ("for url in urls:", "get(base)\nelse:\n    get(url)"),
}


def goes_over(source: str) -> Iterator[int]:
    """The lines of loops that go over things by their bytes."""
    code = code_of(source.encode("utf-8", "surrogatepass"))
    heads = heads_of(code)
    for head, bound in zip(heads, bounds_of(code, heads), strict=True):
        end = end_of_block(code, head.start, head.column, bound)
        if head.keyword == b"for" and goes_over_items(code, head, end):
            yield code.count(b"\n", 0, head.start + 1) + code.count(LINE, 0, head.start + 1)


def written(header: str, body: str) -> str:
    body, _, behind = body.partition("\nelse")
    return f"{header}\n{indent(body, '    ')}\n" + (f"else{behind}\n" if behind else "")


@pytest.mark.parametrize(("header", "body"), OVER_ITEMS.values(), ids=OVER_ITEMS)
def test_another_thing_in_each_round(header: str, body: str) -> None:
    assert list(goes_over(written(header, body))) == [1]


@pytest.mark.parametrize(("header", "body"), NOT_SURELY.values(), ids=NOT_SURELY)
def test_what_is_not_sure(header: str, body: str) -> None:
    assert not list(goes_over(written(header, body)))


@pytest.mark.parametrize("path", [*FIXTURES, *LIBRARY], ids=lambda path: path.name)
def test_it_is_so_by_the_code(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return  # the syntax of a newer Python
    lines = set(goes_over(source))
    loops = [each for each in ast.walk(tree) if isinstance(each, (ast.For, ast.AsyncFor)) and each.lineno in lines]
    spans = Lowering(source)
    assert {each.lineno for each in loops} == lines
    assert all(items.goes_over_items(spans.lower(each)) for each in loops)


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.name)
def test_sites_are_the_same_without_what_is_left_out(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    seen = screened(source.encode(), with_left_out=False)
    assert analyse(source, screened=seen, with_left_out=False) == replace(analyse(source), left_out=())


@pytest.mark.parametrize(
    ("body", "is_kept"),
    [
        ("try:\n    send(url)\nexcept OSError:\n    wait()\n", False),
        ("try:\n    send(url)\nexcept OSError:\n    if number == 2:\n        raise\n", True),
        ("try:\n    return send(url)\nexcept OSError:\n    wait()\n", True),
        ("try:\n    send(url)\n    break\nexcept OSError:\n    wait()\n", True),
        ("try:\n    send(url)\nexcept OSError:\n    sys.exit(number)\n", True),
        ("while not send(url):\n    time.sleep(1)\n", True),
        ("answer = send(url)\ntime.sleep(1)\n", False),
        ("if send(url).status_code != 500:\n    break\ntime.sleep(1)\n", True),
    ],
)
def test_a_loop_that_nothing_leaves_is_no_retry(body: str, is_kept: bool) -> None:
    source = f"import sys, time\n\ndef fetch(url):\n    for number in range(3):\n{indent(body, 8 * ' ')}"
    assert screened(source.encode(), with_left_out=False).loop == is_kept
    if not is_kept:
        assert not analyse(source).sites
